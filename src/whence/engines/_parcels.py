"""Blocks on their way: some travel together, a fixed number is under way, answers keep their order.

A parcel is a few blocks. How many is a matter of time alone: the way must cost little beside the
work, and the last parcel of a call must not keep everybody waiting. What is computed is the block,
always the same one, so nothing here can change a bit.
"""

import abc
from collections import deque
from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from typing import Generic, TypeVar, final

from whence.engines._worker import Reply
from whence.engines.engine import Answer, Block

SECONDS = 0.05  # of work in a parcel, about: sending one takes 1 to 3 ms
TOLL = 0.001  # seconds of the driver that a parcel takes, about
MOST = 64  # blocks in a parcel: memory is bounded, however fast the game
AHEAD = 4  # parcels a worker: one at work, one waiting there, two answered out of turn

Ticket = TypeVar("Ticket")


@final
class Pace:
    """How many blocks make a parcel, by how long the last ones took.

    Args:
        workers: how many there are to share with.
    """

    __slots__ = ("block", "parcel", "workers")

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.parcel = max(SECONDS, 2 * TOLL * workers)
        self.block = float("inf")  # seconds; nobody knows yet

    def size(self, left: int) -> int:
        """Blocks in the next parcel, when so many are left to send."""
        fair = ceil(left / (2 * self.workers))
        # P parcels keep the driver busy for P TOLL, and each of so many workers for left / P blocks
        served = int(sqrt(left * TOLL / self.block))
        return max(1, min(max(fair, served), MOST, int(self.parcel / self.block)))

    def learn(self, blocks: int, seconds: float) -> None:
        """So many blocks took so long."""
        self.block = max(seconds / blocks, 1e-6)


class Crew(abc.ABC, Generic[Ticket]):
    """Those who answer parcels.

    Args:
        workers: how many they are.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pace = Pace(workers)

    @abc.abstractmethod
    def send(self, blocks: Sequence[Block]) -> Ticket:
        """Hand a parcel over, and do not wait."""

    @abc.abstractmethod
    def fetch(self, ticket: Ticket) -> Reply:
        """Wait for one parcel.

        Raises:
            EngineError: it will never come.
        """

    @abc.abstractmethod
    def drop(self, ticket: Ticket) -> None:
        """Nobody waits for this parcel any more."""

    @final
    def run(self, blocks: Sequence[Block]) -> Iterator[Answer]:
        """Answer the blocks, in order, as they come. Closed early, it drops what is under way."""
        sent, under_way = 0, deque[Ticket]()
        try:
            while sent < len(blocks) or under_way:
                while sent < len(blocks) and len(under_way) < AHEAD * self.workers:
                    size = self.pace.size(len(blocks) - sent)
                    under_way.append(self.send(blocks[sent : sent + size]))
                    sent += size
                reply = self.fetch(under_way[0])
                under_way.popleft()
                self.pace.learn(len(reply.answers), reply.seconds)
                yield from reply.answers
        finally:
            for ticket in under_way:
                self.drop(ticket)
