"""Parcels: how many blocks travel together, how many are under way, in which order they come."""

import numpy as np
import pytest

from whence._core.meter import Meter
from whence.engines._parcels import AHEAD, MOST, SECONDS, TOLL, Crew, Pace
from whence.engines._worker import Reply


def numbered(n):
    """Blocks that can be told apart."""
    return [(np.array([[i]]), np.array([i]), np.array([i])) for i in range(n)]


def numbers(answers):
    return [int(worths[0, 0]) for worths, _ in answers]


class Inside(Crew):
    """Answers when asked for, and takes notes."""

    def __init__(self, workers, seconds=1.0, bad=-1):
        Crew.__init__(self, workers)
        self.seconds, self.bad = seconds, bad
        self.sent, self.most, self.dropped = [], 0, []

    def send(self, blocks):
        self.sent.append(list(blocks))
        self.most = max(self.most, sum(map(len, self.sent)))
        return self.sent[-1]

    def fetch(self, ticket):
        assert ticket is self.sent.pop(0)
        if self.bad in (block[1][0] for block in ticket):
            raise ZeroDivisionError
        return Reply([(block[0], Meter()) for block in ticket], self.seconds * len(ticket))

    def drop(self, ticket):
        self.dropped.append(ticket)


@pytest.mark.parametrize("seconds", [1e-7, 1e-3, 1.0])
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_every_block_once_and_in_order(workers, seconds):
    """Kills: answers in the order in which they were ready; a last parcel that is left out."""
    for n in (0, 1, 2, 63, 500):
        crew = Inside(workers, seconds)
        assert numbers(crew.run(numbered(n))) == list(range(n))
        assert crew.sent == crew.dropped == []


@pytest.mark.parametrize("seconds", [1e-7, 1.0])
def test_what_is_under_way_is_bounded(seconds):
    """Kills: sending every block at once, which takes as much memory as there are questions."""
    crew = Inside(2, seconds)
    answers = crew.run(numbered(10_000))
    for _ in range(9_000):
        next(answers)
    assert crew.most <= AHEAD * 2 * (MOST if seconds < 1 else 1)


def test_slow_blocks_travel_alone_and_fast_ones_together():
    pace = Pace(2)
    assert pace.size(1000) == 1  # nobody knows how slow they are
    pace.learn(10, 10 * SECONDS / 5)
    assert pace.size(1000) == 5
    pace.learn(10, 20 * SECONDS)
    assert pace.size(1000) == 1
    pace.learn(10, 0.0)
    assert pace.size(1000) == MOST


def test_the_last_parcels_of_a_call_are_small():
    """Kills: one worker that holds the last blocks while the others wait for it."""
    pace = Pace(4)
    pace.learn(10, 10 * TOLL)
    assert [pace.size(left) for left in (400, 80, 16, 8, 2, 1)] == [50, 10, 4, 2, 1, 1]


def test_many_workers_get_larger_parcels():
    """Kills: a driver that is asked for more parcels a second than it can send."""
    pace = Pace(1000)
    assert pace.parcel == 2000 * TOLL > SECONDS
    pace.learn(1, 0.006)  # of 1,600 blocks: one by one they would take the driver 1.6 s
    size = pace.size(1600)
    assert 1600 / size * TOLL == pytest.approx(size * 0.006, rel=0.1)


@pytest.mark.parametrize("how", ["closed", "failed"])
def test_what_is_under_way_is_dropped(how):
    crew = Inside(2, bad=2)
    answers = crew.run(numbered(100))
    assert numbers([next(answers), next(answers)]) == [0, 1]
    if how == "closed":
        answers.close()
    else:
        with pytest.raises(ZeroDivisionError):
            next(answers)
    assert crew.sent
    assert crew.dropped[-len(crew.sent) :] == crew.sent
