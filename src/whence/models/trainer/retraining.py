"""The game that judges training-data attribution: train again without some rows, and measure.

    v(S) = what is measured of a test example after training on the rows of S alone

A case is a test example, a draw is a training seed; one training answers every case. Players are
rows, or groups of them: a source, a labeller, a day. It stands beside the trainers because methods
ask it too; `games.data` is where it is looked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, some
from whence._core.game import JointGame, Question, StatedGame
from whence._core.players import Players
from whence._core.shaped import Bool, Float, Int
from whence._core.types import Coalitions, Draws
from whence.models.trainer.trainer import Trainer, same_rows


@final
class RetrainingGame(JointGame, StatedGame):
    """Train on the rows of a coalition, and measure the tests.

    Args:
        trainer: what is trained.
        test: (X, y), the cases.
        groups: names with the rows of each, or one label for each row: groups are then the players.
            Rows in no group are always there.
        seeds: how many runs the draws are taken from; 1 asks about the trainer's own run.
        nobody: what an empty coalition is worth, [tests] or a number: what is measured before
            anything is learned. 0 by default.

    Raises:
        OptionError: groups that overlap, or no seeds.
    """

    def __init__(
        self,
        trainer: Trainer[Any],
        test: Any,
        *,
        groups: Mapping[str, Any] | Sequence[object] | None = None,
        seeds: int = 1,
        nobody: Any = 0.0,
    ) -> None:
        if seeds < 1:
            raise OptionError(f"seeds is how many runs there are, at least 1; given {seeds!r}")
        self.trainer = trainer
        self.tests = trainer.tests(test)
        self.members, self.players = _members(trainer, groups)
        self.n_cases, self.n_draws = len(self.tests), seeds
        self.outputs = (trainer.measurement,)
        self.nobody = np.broadcast_to(np.asarray(nobody, dtype=float), len(self.tests))
        self.question = Question(
            asks="Which training rows made the model say this?",
            unit=trainer.unit,
            removal="retrained without them",
            model=trainer.name,
        )

    def _worths(self, coalitions: Coalitions, draws: Draws) -> Float[np.ndarray, "rows cases"]:
        keep = self._rows(coalitions)
        worths = np.repeat(self.nobody[None], len(keep), axis=0)
        some_rows = keep.any(axis=1)
        if some_rows.any():
            seeds = np.asarray(self.trainer.seed + draws[some_rows])
            worths[some_rows] = self.trainer.outputs(keep[some_rows], seeds, self.tests)
        return worths

    def _rows(self, coalitions: Coalitions) -> Bool[np.ndarray, "coalitions rows"]:
        if self.members is None:
            return coalitions
        own = np.hstack([coalitions, np.ones((len(coalitions), 1), dtype=bool)])
        return np.asarray(own[:, self.members])


def _members(
    trainer: Trainer[Any], groups: Mapping[str, Any] | Sequence[object] | None
) -> tuple[Int[np.ndarray, " rows"] | None, Players]:
    """Which group each row is in (the last: none), and the players."""
    if groups is None:
        return None, trainer.players
    n = len(trainer.rows)
    named = groups if isinstance(groups, Mapping) else by_label(groups, n)
    found = same_rows(named, n)
    place = np.full(n, len(found))
    for number, rows in enumerate(found.values()):
        place[rows] = number
    sizes = tuple(len(rows) for rows in found.values())
    return place, Players(tuple(found), "group of training rows", columns={"rows": sizes})


def by_label(labels: Sequence[object], n: int) -> dict[str, np.ndarray]:
    """One label for each row, as the rows of each label.

    Raises:
        OptionError: another number of labels.
    """
    given = [str(v) for v in labels]
    if len(given) != n:
        raise OptionError(
            f"groups has {len(given):,} labels ({some(dict.fromkeys(given))}) for {n:,} rows: give "
            "one for each row, or names with the rows of each"
        )
    return {name: np.flatnonzero(np.array(given) == name) for name in dict.fromkeys(given)}
