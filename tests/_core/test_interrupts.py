"""Interrupts at every kind of moment: the answer is that of a run which ended there."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import whence as wh
from whence import Budget, Game
from whence._core import driver, interrupts, looking
from whence._core.interrupts import ECHO, heeded, held, welcoming
from whence._core.moments import Moments
from whence._core.pool import PoolMoments
from whence._core.stopping import Judgement
from whence._core.visits import Visits
from whence._core.walks import Walks
from whence._core.width import Width
from whence.games.features import Marginal, PredictivePower
from whence.methods import OnePlayer, Permutation, SampledSemivalue

from .toys import NEVER, Scattered

SIGNALS = (signal.SIGINT, signal.SIGTERM)
FREE = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


@pytest.fixture(autouse=True)
def handlers():
    """Whatever a test does, the handlers are back afterwards. Kills: handlers left behind."""
    assert {n: signal.getsignal(n) for n in SIGNALS} == FREE
    yield
    assert {n: signal.getsignal(n) for n in SIGNALS} == FREE


class Rings(Game):
    """Rings when it has been asked so many times; counts the questions that it answered."""

    def __init__(self, inner, ring=lambda: None, at=None):
        self.inner, self.ring, self.at, self.times = inner, ring, at, 0
        self.players, self.outputs = inner.players, inner.outputs
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws

    def _worth(self, coalitions, cases, draws):
        self.times += 1
        if self.times == self.at:
            self.ring()
        return self.inner.worth(coalitions, cases, draws)


def ringer(number):
    return lambda: os.kill(os.getpid(), number)


def ringing(monkeypatch, owner, name, ring, at):
    """The at-th call of owner.name rings, before or after it does its work."""
    calls, real = [0], getattr(owner, name)

    def rings(*args, **kwargs):
        calls[0] += 1
        if calls[0] == (at + 1) // 2 and at % 2:
            ring()
        got = real(*args, **kwargs)
        if calls[0] == at // 2 and not at % 2:
            ring()
        return got

    monkeypatch.setattr(owner, name, rings)


PLACES = {
    "ends taken in": (Walks, "_average_ends"),
    "gains taken in": (Moments, "add"),
    "moments": (Moments, "_take"),
    "pool": (PoolMoments, "add"),
    "state": (Walks, "add"),
    "read": (Walks, "reading"),
    "judged": (looking, "judge"),
    "told": (driver, "tell"),
    "taken down": (driver.Recorder, "add"),
    "walks chosen": (Visits, "chance"),
    "handlers set": (interrupts, "welcoming"),
}
RNG = np.random.default_rng(1)
X, POOL = RNG.normal(size=(12, 5)), RNG.normal(size=(30, 5))
POOLED = PredictivePower(
    lambda rows: rows[:, 0] * rows[:, 1] + rows[:, 2], X, X[:, 0], removal=Marginal(POOL)
)
GAMES = {"scattered": Scattered([3.0, 1.0, -1.0, 0.0], 40), "pooled": POOLED}
METHODS = (Permutation(), SampledSemivalue(wh.Banzhaf()), OnePlayer(), Permutation(batch=5))
LONG = Budget(evaluations=700, **NEVER)


def same(got, wanted):
    """Bit for bit."""
    assert np.array_equal(got.values, wanted.values, equal_nan=True)
    assert got.parts.keys() == wanted.parts.keys()
    for part in got.parts:
        assert np.array_equal(got.parts[part], wanted.parts[part], equal_nan=True), part
    for one, other in ((got.empty, wanted.empty), (got.full, wanted.full)):
        assert np.array_equal(one, other, equal_nan=True)
    assert np.array_equal(got.freedom, wanted.freedom)
    assert got.covariance.keys() == wanted.covariance.keys()
    for part in got.covariance:
        assert np.array_equal(got.covariance[part], wanted.covariance[part], equal_nan=True)


def prefixes(method, game, by_case):
    """The answers of this run after each of its steps."""
    answers, real = {}, driver.drive

    def noted(walk, *args, **options):
        done = 0

        def step(visits):
            nonlocal done
            walk(visits)
            done += len(visits)
            answers[done] = None

        return real(step, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whence._core.method.drive", noted)
        whole = method.attribute(game, LONG, 3, by_case)
    each = whole.cost.asked / max(answers)
    for walks in answers:
        budget = Budget(evaluations=round(each * walks), **NEVER)
        answers[walks] = method.attribute(game, budget, 3, by_case)
    return list(answers.values())


KNOWN = {}


def known(method, name, by_case):
    key = repr(method), name, by_case
    if key not in KNOWN:
        KNOWN[key] = prefixes(method, GAMES[name], by_case)
    return KNOWN[key]


def among(got, answers):
    """It is bit for bit one of these, and nothing else."""
    alike = [a for a in answers if np.array_equal(got.values, a.values, equal_nan=True)]
    assert len(alike) == 1
    same(got, alike[0])
    return alike[0]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    at=st.integers(3, 40),
    number=st.sampled_from(SIGNALS),
    method=st.sampled_from(METHODS),
    name=st.sampled_from(list(GAMES)),
    by_case=st.booleans(),
)
def test_at_any_moment(place, at, number, method, name, by_case):
    """Kills: an interrupt between the moments and the ends; a step taken in twice, or in part."""
    answers = known(method, name, by_case)
    with pytest.MonkeyPatch.context() as patch:
        ringing(patch, *PLACES[place], ringer(number), at)
        try:
            got = method.attribute(GAMES[name], LONG, 3, by_case)
        except KeyboardInterrupt:  # nothing was known yet
            return
    assert got.cost.asked <= 700
    alike = among(got, answers)
    if got.verdict.startswith("interrupted"):
        assert not got.converged
    else:
        assert alike is answers[-1]  # it came when all was done, or never


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("method", METHODS, ids=repr)
@pytest.mark.parametrize("name", GAMES)
def test_while_a_question_is_asked(number, method, name):
    """Kills: an interrupt that waits for the answer, or forgets the steps before."""
    answers = known(method, name, False)
    for at in (3, 4, 6):
        got = method.attribute(Rings(GAMES[name], ringer(number), at), LONG, 3)
        assert got.verdict.startswith("interrupted")
        assert not got.converged
        alike = among(got, answers) if name == "scattered" else None  # a pool is hidden by Rings
        assert alike is None or alike is not answers[-1]


def test_a_question_is_not_waited_for():
    """Kills: interrupts that come after the answer only."""

    def ring_and_wait():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(30)

    start = time.perf_counter()
    got = Permutation().attribute(Rings(GAMES["scattered"], ring_and_wait, 5), LONG)
    assert time.perf_counter() - start < 5
    assert got.verdict.startswith("interrupted")


@pytest.mark.parametrize("number", SIGNALS)
def test_before_anything_is_known(number):
    with pytest.raises(KeyboardInterrupt):
        Permutation().attribute(Rings(GAMES["scattered"], ringer(number), 1), LONG)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_one_waits_for_nothing(number, monkeypatch):
    """Kills: a run that cannot be left while it takes answers in; an answer that is half a step."""
    calls, real = [0], Moments.add

    def rings(*args):
        calls[0] += 1
        if calls[0] == 3:
            os.kill(os.getpid(), number)
            time.sleep(2 * ECHO)
            os.kill(os.getpid(), number)
            pytest.fail("it waited")
        return real(*args)

    monkeypatch.setattr(Moments, "add", rings)
    with pytest.raises(KeyboardInterrupt):
        Permutation().attribute(GAMES["scattered"], LONG)


def test_an_echo_is_no_second_one(monkeypatch):
    """Kills: `timeout`, which signals the process and then its group, taken for impatience."""

    def twice():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)

    ringing(monkeypatch, Moments, "add", twice, 7)
    got = Permutation().attribute(GAMES["scattered"], LONG, 3)
    assert got.verdict.startswith("interrupted")
    among(got, known(Permutation(), "scattered", False))


def test_a_foreign_interrupt_in_the_middle_is_no_answer(monkeypatch):
    """Kills: half a step in the answer where the handler is somebody else's, and raises at once."""

    def at_once(number, frame):
        raise KeyboardInterrupt

    monkeypatch.setattr(interrupts, "ECHO", 0.0)
    before = signal.signal(signal.SIGINT, at_once)
    try:
        ringing(monkeypatch, Walks, "_average_ends", ringer(signal.SIGINT), 6)
        with pytest.raises(KeyboardInterrupt):
            Permutation().attribute(GAMES["scattered"], LONG)
        assert signal.getsignal(signal.SIGINT) is at_once
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_run_inside_a_question_goes_on_to_the_outer_one():
    """Kills: what an inner run had by then, taken for its answer by the outer one."""
    seen = []

    class Outer(Scattered):
        def _worth(self, coalitions, cases, draws):
            at = len(seen) + 1
            inner = Rings(GAMES["scattered"], ringer(signal.SIGINT), 6 if at == 4 else None)
            seen.append(Permutation().attribute(inner, Budget(evaluations=400, **NEVER)))
            return Scattered._worth(self, coalitions, cases, draws)

    got = Permutation().attribute(Outer([1.0, 2.0], 5), LONG)
    assert got.verdict.startswith("interrupted")
    assert len(seen) == 3
    assert not [a for a in seen if "interrupted" in a.verdict]


def test_other_threads_are_left_alone():
    """Kills: handlers set outside the main thread, which Python refuses."""
    got = []
    work = threading.Thread(
        target=lambda: got.append(Permutation().attribute(GAMES["scattered"], LONG))
    )
    work.start()
    work.join()
    assert got[0].cost.asked > 600


def test_whoever_is_told_may_end_the_run():
    def enough(told):
        if told.asked > 200:
            raise KeyboardInterrupt

    got = wh.attribute(GAMES["scattered"], budget=LONG, progress=enough)
    assert got.verdict.startswith("interrupted")
    assert 200 < got.cost.asked < 600


def test_an_error_leaves_no_handler():
    class Broken(Scattered):
        def _worth(self, coalitions, cases, draws):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Permutation().attribute(Broken([1.0, 2.0]), LONG)


@pytest.mark.parametrize(
    ("budget", "at", "says"),
    [
        (Budget(), 2, "interrupted before its errors could be told"),
        (Budget(relative_error=1e-4, data_share=None), 12, " times what was asked"),
        (Budget(relative_error=9.0, data_share=None), 3, "small as they look"),
        (Budget(**NEVER, evaluations=10**6), 12, "interrupted: the widest 95 % interval is ±"),
    ],
)
def test_the_verdict_says_what_it_cost(budget, at, says):
    """Kills: a verdict in other units; a number that is no number where nothing was asked."""
    game = Rings(GAMES["scattered"], ringer(signal.SIGINT), at)
    got = Permutation().attribute(game, budget, by_case="told" in says)
    assert says in got.verdict
    if "times" in says:
        ratio = float(got.verdict.split()[5].replace(",", ""))
        range_ = np.ptp(np.append(got.values, 0.0))
        wanted = got.error("estimation").max() / (1e-4 * range_)
        assert ratio == pytest.approx(wanted, abs=0.06)
    if "±" in says:
        low, high = got.ci()
        share = (high - low).max() / 2 / np.ptp(np.append(got.values, 0.0))
        assert got.verdict.endswith(f"±{100 * share:.2g} % of the range")


def test_held_and_welcome():
    """Kills: one that is forgotten, or that comes too early."""
    passed = []
    with pytest.raises(KeyboardInterrupt), held() as watch:  # noqa: PT012
        with welcoming():
            passed.append("in")
        os.kill(os.getpid(), signal.SIGTERM)
        passed.append("held")  # nothing came of it so far
        with welcoming():
            passed.append("too far")
    assert passed == ["in", "held"]
    assert watch.harmless
    with welcoming():  # nobody holds anything
        pass


@pytest.mark.parametrize("number", SIGNALS)
def test_a_program_heeds_both(number):
    with pytest.raises(KeyboardInterrupt), heeded():  # noqa: PT012
        os.kill(os.getpid(), number)
        time.sleep(1)


def test_a_program_forgives_an_echo():
    """Kills: the second half of one signal, which ends the work of saving the answer."""
    with heeded():
        got = Permutation().attribute(Rings(GAMES["scattered"], ringer(signal.SIGTERM), 5), LONG)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ECHO / 10)
    assert got.verdict.startswith("interrupted")


@pytest.mark.parametrize(
    ("half", "share", "says"),
    [
        (3.0, 1.7, "±170 % of the range"),
        (3.0, 0.0123, "±1.2 % of the range"),
        (3.0, 12.5, "±1,250 % of the range"),
        (0.123, None, "±0.12"),
    ],
)
def test_a_width_in_words(half, share, says):
    """Kills: powers of ten in a sentence."""
    seen = Judgement(False, "", np.inf, np.inf, Width(half, share))
    assert looking.cut_short(seen, LONG).endswith(says)


def test_an_answer_that_was_enough_says_so():
    seen = Judgement(True, "every error is within 1", 0.9, 10.0, Width(1.0, 0.1))
    assert looking.cut_short(seen, Budget()) == "interrupted, though every error is within 1"
