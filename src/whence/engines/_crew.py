"""Actors that answer parcels: who is free gets the next one, who is lost is replaced."""

import re
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import ray
from ray.exceptions import RayError

from whence._core.errors import EngineError
from whence.engines._parcels import Crew
from whence.engines._worker import Failure, Keeper, Reply, failure
from whence.engines.engine import Block

TRIES = 4  # times that a parcel, or the start of a worker, is lost before it is given up
HELD = 2  # parcels that a worker has: one at work, one that waits there
START = 120.0  # seconds without any worker


@final
@dataclass(eq=False, slots=True)
class Parcel:
    """A parcel, wherever it is."""

    blocks: Sequence[Block]
    tries: int = 0
    got: Reply | Failure | None = None


@final
@dataclass(eq=False, slots=True)
class Hand:
    """One actor.

    Attributes:
        tries: how many before it were lost before they held the game.
        held: parcels that it has.
    """

    actor: Any
    tries: int
    ready: bool = False
    held: list[Parcel] = field(default_factory=list)


@final
class Actors(Crew[Parcel]):
    """Actors on the cluster that this process is connected to.

    Args:
        data: the game, pickled.
        workers: how many.
    """

    def __init__(self, data: bytes, workers: int) -> None:
        Crew.__init__(self, workers)
        self.game = ray.put(np.frombuffer(data, dtype=np.uint8))
        self.kind = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Keeper)
        self.queue: deque[Parcel] = deque()
        self.under_way: dict[Any, tuple[Hand, Parcel | None]] = {}  # None: getting ready
        self.hands: list[Hand] = []
        for _ in range(workers):
            self._hire(0)

    def send(self, blocks: Sequence[Block]) -> Parcel:
        parcel = Parcel(blocks)
        self.queue.append(parcel)
        self._hand_out()
        return parcel

    def fetch(self, ticket: Parcel) -> Reply:
        while ticket.got is None:
            self._wait()
        return ticket.got.raised() if isinstance(ticket.got, Failure) else ticket.got

    def drop(self, ticket: Parcel) -> None:
        if ticket in self.queue:
            self.queue.remove(ticket)
        ticket.tries = TRIES  # not sent again

    def end(self) -> None:
        """End the actors, whatever they are doing."""
        for hand in self.hands:
            ray.kill(hand.actor)
        self.hands.clear()

    def _hire(self, tries: int) -> None:
        hand = Hand(self.kind.remote(self.game, sys.path), tries)
        self.hands.append(hand)
        self.under_way[hand.actor.ready.remote()] = hand, None

    def _hand_out(self) -> None:
        """Fill every worker's hands, the emptiest first."""
        for has in range(HELD):
            for hand in self.hands:
                if self.queue and hand.ready and len(hand.held) <= has:
                    parcel = self.queue.popleft()
                    hand.held.append(parcel)
                    self.under_way[hand.actor.reply.remote(parcel.blocks)] = hand, parcel

    def _wait(self) -> None:
        """Until something has happened; then see to everything that has."""
        refs = list(self.under_way)
        done, _ = ray.wait(refs, timeout=START)
        if not done and not any(hand.ready for hand in self.hands):
            raise EngineError(
                f"no worker could start within {START:g} s: the cluster has no free core for one. "
                "`ray status` shows what its cores do."
            )
        if done:
            done, _ = ray.wait(refs, num_returns=len(refs), timeout=0)
        for ref in done:
            self._settle(ref)
        self._hand_out()

    def _settle(self, ref: Any) -> None:
        """One thing has happened: an answer, a worker that is ready, or a loss."""
        hand, parcel = self.under_way.pop(ref, (None, None))
        if hand is None:  # lost with its worker, and seen to
            return
        try:
            got = ray.get(ref)
        except RayError as error:
            self._lose(hand, error)
            return
        if parcel is not None:
            parcel.got = got
            hand.held.remove(parcel)
        elif isinstance(got, Failure):
            got.raised()
        else:
            hand.ready = True

    def _lose(self, hand: Hand, error: RayError) -> None:
        """Send a lost worker's parcels to others, and put another in its place."""
        self.hands.remove(hand)
        self.under_way = {r: at for r, at in self.under_way.items() if at[0] is not hand}
        ray.kill(hand.actor)
        tries = 0 if hand.ready else hand.tries + 1
        if tries == TRIES:
            raise EngineError(
                f"{TRIES} workers in a row died before they held the game. Is whence installed on "
                f"every node, and is there memory for the game? Ray says: {_short(error)}"
            )
        for parcel in reversed(hand.held):
            parcel.tries += 1
            if parcel.tries < TRIES:
                self.queue.appendleft(parcel)
            else:
                parcel.got = failure(_given_up(error))
        self._hire(tries)


def _given_up(error: RayError) -> EngineError:
    return EngineError(
        f"the same questions were lost with their worker {TRIES} times: the model crashes it, or "
        f"takes more memory than there is. wh.engines.Serial() shows where. Ray says: "
        f"{_short(error)}"
    )


def _short(error: RayError) -> str:
    """The error at the end of a trace; what else Ray says, where there is none."""
    lines = str(error).splitlines()
    raised = [line for line in lines if re.match(r"\w+(\.\w+)*(Error|Exception)\b", line)]
    return raised[-1] if raised else " ".join(" ".join(lines).split())[:300]
