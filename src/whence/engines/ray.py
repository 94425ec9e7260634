"""An engine on a cluster (Ray): actors hold the game, parcels of blocks go to whoever is free.

Departures from Ray's own retries: a parcel that was lost with its worker goes to another one, at
most `TRIES` times in all, and the lost worker is replaced wherever there is room. So a node may
die or join in mid-run, and a model that kills its worker ends the run instead of the cluster.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, final

from whence._core.errors import EngineError, positive
from whence._core.game import Game
from whence.engines.engine import Engine, Sharded

if TYPE_CHECKING:
    from whence.engines._crew import Actors


@final
@dataclass(frozen=True, slots=True)
class Ray(Engine):
    """Blocks on a Ray cluster. The game is stored there once, and loaded once by each worker.

    A cluster that is there is left as it was found; one that is started here ends with the run.

    Args:
        address: of the head node, such as "10.0.0.1:6379"; "auto" is the cluster of this machine.
            None is the one that this process is connected to, else the one that `RAY_ADDRESS`
            names, else one of its own on this machine.
        workers: how many actors, of one core each; None is one for each core of the cluster.

    Raises:
        OptionError: not a positive number.
        EngineError: Ray is not installed. When opened: the game cannot be pickled. When asked: no
            cluster answers, workers cannot be started, or a parcel was lost too often.
    """

    address: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None:
            positive(self.workers, "workers", "actors")
        if find_spec("ray") is None:
            raise EngineError(
                "Ray is not installed: pip install 'whence[ray]', on every node. "
                "wh.engines.Processes needs nothing else on one machine."
            )

    @contextmanager
    def open(self, game: Game) -> Iterator[Game]:
        """Actors that hold the game, from the first question on: some games are never asked."""
        from whence.engines._packing import packed

        data = packed(game, self)
        with ExitStack() as stack:

            @cache
            def actors() -> "Actors":
                from whence.engines._cluster import connected, cores
                from whence.engines._crew import Actors

                stack.enter_context(connected(self.address, self.workers))
                hired = Actors(data, self.workers or cores())
                stack.callback(hired.end)
                return hired

            yield Sharded(game, lambda blocks: actors().run(blocks))
