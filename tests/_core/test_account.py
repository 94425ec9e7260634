"""Accounts: what is spent, what is left, and what is refused before it is asked."""

import time

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence._core import account as accounts
from whence._core.account import opened, shared
from whence._core.errors import BudgetError, OutOfTimeError
from whence._core.game import PricedGame
from whence._core.in_time import in_time
from whence._core.meter import OverBudgetError, count, metering

from .toys import Blank


class Priced(Blank, PricedGame):
    most_rows = 5


def test_the_first_who_opens_pays_for_everything():
    """Kills: an account of each call, whose verdict quotes what was left of the budget."""
    budget = Budget(seconds=50.0, rows=100)
    with opened(budget) as outer:
        count(rows=30)
        with opened(budget) as inner:
            assert inner is outer
        with opened(Budget(seconds=50.0, rows=100)) as other:
            assert other is not outer
            assert other.rows == 0
        assert outer.rows_left == 70
        assert outer.spent() == ""
        count(rows=70)
        assert outer.spent() == "the budget of 100 model rows was spent"


def test_questions_are_bounded_by_their_rows():
    with opened(Budget(evaluations=100, rows=42)) as account:
        assert account.questions_left(Priced()) == 8  # eight of five rows, and two rows are left
        assert account.questions_left(Blank()) == 100  # nobody knows
        account.ask(Priced(), 8)
        assert account.questions_left(Blank()) == 92
    with opened(Budget(evaluations=100)) as account:
        account.reserved = 3
        count(probes=1)
        assert account.questions_left(Blank()) == 97  # one probe was asked, and two may be


def test_what_is_not_paid_for_is_refused_with_its_price():
    with opened(Budget(evaluations=20)) as account:
        with pytest.raises(
            BudgetError,
            match=r"^a walk needs at least 41 questions, and the budget has 20: give "
            r"evaluations=41 or more, or put players into groups$",
        ):
            account.require(Blank(), 41, "a walk")
        account.ask(Blank(), 15)
        with pytest.raises(OverBudgetError, match=r"20, of which 5 are left: give evaluations=21"):
            account.ask(Blank(), 6)
        assert account.asked == 15
    with (
        opened(Budget(rows=20)) as account,
        pytest.raises(BudgetError, match=r"9 questions of up to 5 model rows.*give rows=45"),
    ):
        account.require(Priced(), 9, "a walk")


def test_questions_that_a_store_will_ask_are_part_of_the_price():
    """Kills: a refusal of rows nobody bounded, where the probes of a store are what is too many."""
    with opened(Budget(evaluations=20)) as account:
        account.reserved = 3
        with pytest.raises(
            BudgetError,
            match=r"needs at least 18 questions, 3 more to check the store, and the budget has 20: "
            r"give evaluations=21 or more",
        ):
            account.require(Blank(), 18, "a walk")


def test_a_part_asks_of_the_whole():
    """Kills: questions asked behind the wrappers by a part, which the whole never heard of."""
    with opened(Budget(evaluations=20)) as account:
        with shared(account.budget, 0.5), opened(account.budget) as part:
            part.look_behind()
            count(evaluations=4)
        assert account.questions == 4


def test_rows_beyond_the_limit_are_never_run():
    """Kills: rows counted after the model ran; a worker in this thread that does not hear of it."""
    with opened(Budget(rows=10)) as account:
        count(rows=8)
        with pytest.raises(OverBudgetError, match="3 model rows more would be 11 in all"):
            count(rows=3)
        assert account.rows == 8
        with metering(alone=True), pytest.raises(OverBudgetError):
            count(rows=3)
        count(found=1, spared=9)  # in a store: nobody ran them
    count(rows=10**9)  # nobody's account


def test_parts_of_a_budget():
    budget = Budget(evaluations=100, rows=60, seconds=1e4)
    with opened(budget) as account:
        with shared(budget, 1 / 2):
            with opened(budget) as part:
                assert part.most == 50
                assert part.rows_left == 30
                assert 4_000 < part.seconds <= 5_000
                part.ask(Blank(), 40)
                count(rows=7)
            with pytest.raises(BudgetError, match="of which 10 are left: give evaluations=140"):
                part.require(Blank(), 50, "a walk")
        assert account.asked == 40
        assert account.rows == 7
    with shared(None, 0.1):
        count(rows=10**9)


class Clock:
    """Time that passes when the test says so."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(accounts.time, "perf_counter", lambda: self.now)


def test_what_cannot_be_done_in_time_is_told_early(monkeypatch):
    """Kills: a forecast that is never looked at; one by the first block, which is dear."""
    clock, asked = Clock(monkeypatch), []

    def ask(account):
        for block in in_time(account, 1_000, 2**14, "1,000 questions"):
            clock.now += 0.1 * (block.stop - block.start)
            asked.append(block.stop)

    with opened(Budget(seconds=10.0)) as account:
        with pytest.raises(OutOfTimeError, match=r"1,000 questions would take about 1e\+02 s"):
            ask(account)
        assert asked[-1] < 20
        assert account.elapsed < 2.0
    clock.now, sizes = 0.0, []
    with opened(Budget(seconds=10.0)) as account:
        for block in in_time(account, 1_000, 256, "1,000 questions"):
            first = 0.5 if block.start == 0 else 0.0  # what is met for the first time
            clock.now += first + 0.001 * (block.stop - block.start)
            sizes.append(block.stop - block.start)
        assert sizes[:4] == [2, 4, 8, 16]
        assert max(sizes) == 256
        assert sum(sizes) == 1_000
    with opened(Budget()) as account:
        assert [b.stop for b in in_time(account, 100, 64, "")] == [64, 100]


class Slow(wh.Game):
    """A model of so many seconds a question; it answers cheap questions at once."""

    players = wh.Players(tuple("abcdefghij"))

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def _worth(self, coalitions, cases, draws):
        self.clock.now += self.seconds * len(coalitions)
        return coalitions @ np.arange(10.0) + coalitions[:, 0] * coalitions[:, 1]


def test_a_sampler_takes_over_where_time_is_short(monkeypatch):
    """Kills: an enumeration that cannot be stopped, and one that is never tried."""
    clock = Clock(monkeypatch)
    got = wh.attribute(Slow(clock, 0.01), budget=Budget(seconds=2.0))
    assert got.method == "Permutation"
    assert clock.now < 2.0 + 0.2  # a walk takes 0.2
    assert got.verdict in (
        "the budget of 2 seconds was spent",
        "the budget does not pay for another walk",
    )
    assert "would take about" in got.provenance["chosen because"]
    clock.now = 0.0
    got = wh.attribute(Slow(clock, 0.001), budget=Budget(seconds=2.0))
    assert got.method == "Exact"
    clock.now = 0.0
    with pytest.raises(OutOfTimeError, match="about 10 seconds, and the budget has 2"):
        wh.attribute(Slow(clock, 0.01), method="exact", budget=Budget(seconds=2.0))
    assert clock.now < 1.0


def test_seconds_are_those_of_the_user():
    """Kills: time that begins when the model was met already."""
    started = time.perf_counter()

    def model(rows):
        if len(rows) == 2:  # the first rows that it is asked about
            time.sleep(0.05)
        return rows[:, 0]

    X = np.random.default_rng(0).normal(size=(20, 3))
    got = wh.explain(model, X[:1], background=X)
    assert 0.05 < got.cost.seconds <= time.perf_counter() - started
