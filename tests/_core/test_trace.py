"""How an answer came to be."""

import numpy as np

import whence as wh
from whence import Budget
from whence._core import trace as tracing

from .toys import Scattered

GAME = Scattered([3.0, 1.0, -1.0, 0.0], 7)
RUN = Budget(evaluations=3000, relative_error=None, absolute_error=1e-9, data_share=None)


def test_a_run_ends_where_its_trace_ends():
    """Kills: a trace of some cases, or one that stops before the answer."""
    run = wh.attribute(GAME, budget=RUN, method="permutation")
    assert run.trace is not None
    assert run.trace.asked[-1] == run.cost.asked
    np.testing.assert_array_equal(run.trace.values[-1], run.values[0])
    np.testing.assert_array_equal(run.trace.stderr[-1], run.parts["estimation"][0])
    assert (np.diff(run.trace.asked) > 0).all()
    assert (np.diff(run.trace.seconds) >= 0).all()
    by_case = wh.attribute(GAME, budget=RUN, method="permutation", by_case=True)
    assert by_case.trace is not None
    np.testing.assert_allclose(by_case.trace.values[-1], run.values[0], atol=1e-12)


def test_looks_are_forgotten_evenly(monkeypatch):
    """Kills: a trace that grows with the run, or that keeps its beginning alone."""
    monkeypatch.setattr(tracing, "_LOOKS", 8)
    run = wh.attribute(GAME, budget=RUN, method=wh.methods.Permutation(batch=1))
    whole = run.trace
    assert whole is not None
    assert 4 <= len(whole) <= 9
    gaps = np.diff(whole.asked)[:-1]
    assert gaps.max() < 4 * gaps.min() + whole.asked[-1] / 4


def test_parts_of_an_answer_have_their_part_of_the_trace():
    run = wh.attribute(GAME, budget=RUN, method="permutation", by_case=True)
    assert run.trace is not None
    some = run.select(players=[1, 0])
    assert some.trace is not None
    np.testing.assert_array_equal(some.trace.values, run.trace.values[:, :, [1, 0]])
    assert run.select(case=0).trace is None
    assert run.group({"both": list(run.players.names[:2])}).trace is None
    assert (run - run).trace is None


def test_what_is_computed_at_one_go_has_no_trace():
    game = wh.FunctionGame(lambda stay: stay.sum(axis=1) * 1.0, ("a", "b"))
    assert wh.attribute(game, method="exact").trace is None
