"""Two answers to one question."""

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence._core.errors import PlayersError, ResultError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3)).round(3)
Y = 2 * X[:, 0] + X[:, 1] + RNG.normal(size=80)
MORE = Budget(evaluations=6_000, relative_error=0.001, data_share=None)


def one(Z):
    return 2 * Z[:, 0] + Z[:, 1]


def two(Z):
    return 2 * Z[:, 0] + 0.6 * Z[:, 1]


def ask(model, rows=X, y=Y, **more):
    return wh.importance(model, rows, y, **({"budget": MORE, "background": X} | more))


def test_pairs_are_surer():
    """Kills: the difference of two answers on the same rows with the errors of two samples."""
    a, b = ask(one, by_case=True), ask(two, by_case=True)
    paired = wh.compare(a, b)
    apart = wh.compare(ask(one), ask(two))
    assert paired.paired
    assert not apart.paired
    assert np.allclose(paired.difference.values, apart.difference.values, atol=1e-9)
    for part in ("data",):
        told = paired.difference.parts[part][0, 0, :2]
        assert (told < 0.8 * apart.difference.parts[part][0, 0, :2]).all()
    # by its definition: the spread of the rows' differences
    spread = (a.values - b.values).std(axis=0, ddof=1) / np.sqrt(80)
    assert np.allclose(paired.difference.parts["data"][0], spread, rtol=0.2, atol=0.02)
    assert "background" in paired.difference.parts
    assert "case by case" in repr(paired)
    assert "independent" in repr(apart)


def test_what_is_real():
    got = wh.compare(ask(one, by_case=True), ask(lambda Z: -one(Z), by_case=True))
    assert got.real()["x0"]
    assert not got.real()["x2"]
    none = wh.compare(ask(one, by_case=True, seed=1), ask(one, by_case=True, seed=2))
    assert not any(none.real(0.999).values())
    assert got.real(output="predictive power") == got.real()
    assert got.to_dict()["paired"] is True


def test_other_rows_are_not_paired():
    a, b = ask(one, by_case=True), ask(one, X[::-1], Y[::-1], by_case=True)
    assert not wh.compare(a, b).paired
    assert not wh.compare(a, ask(one, X[:50], Y[:50], by_case=True)).paired
    assert not wh.compare(a, ask(one)).paired


def test_a_saved_answer_is_still_paired(tmp_path):
    """Kills: rows that are told apart once they went through a file."""
    pd = pytest.importorskip("pandas")
    words = RNG.choice(["a", "b", "c"], size=80).astype(object)
    words[::9] = None
    frame = pd.DataFrame({"n": X[:, 0], "word": words})
    frame.loc[::7, "n"] = np.nan

    def model(Z):
        return 2 * Z["n"].fillna(0.0).to_numpy() + (Z["word"] == "a").to_numpy()

    a, b = (ask(model, frame, background=frame, by_case=True, seed=s) for s in (1, 2))
    assert wh.compare(a, b).paired
    assert wh.compare(wh.load(a.save(tmp_path / "a")), b).paired


def test_refusals():
    a = ask(one)
    with pytest.raises(ResultError, match="the removal differ"):
        wh.compare(a, ask(one, background=X[:50]))
    with pytest.raises(ResultError, match="the unit differ"):
        wh.compare(a, ask(one, loss=lambda y, p: np.abs(y - p)))
    other = wh.FunctionGame(lambda stay: stay.sum(axis=1), ("nobody", "here"))
    with pytest.raises(PlayersError, match="no value for 'nobody', 'here'"):
        wh.compare(a, a, judge=other)


def test_a_judge_says_who_predicts_it_better():
    """Where few leave, an OR hardly ever fails: leave-one-out is the better prediction there."""
    game = wh.FunctionGame(
        lambda stay: stay[:, :2].any(axis=1) + 0.5 * stay[:, 2], ("a", "b", "c", "d")
    )
    shapley, alone = (wh.attribute(game, index=i) for i in (wh.Shapley(), wh.LeaveOneOut()))
    found = wh.compare(shapley, alone, judge=game)
    assert found.judgement.check == "judge"
    assert found.judgement.numbers["a"] < found.judgement.numbers["b"]
    assert found.judgement.holds is False
    assert "Sweep predicts it better" in found.judgement.words
    assert "judged by FunctionGame" in repr(found)
    same = wh.compare(shapley, shapley, judge=game)
    assert same.judgement.numbers["difference"] == 0.0
    assert same.judgement.holds is None
    assert "neither is better for sure" in same.judgement.words


def test_another_background_of_equal_size_is_another_question(tmp_path):
    """Kills: 40 low rows against 40 high ones, "real"."""
    order = np.argsort(X[:, 0])
    low, high = X[order[:40]], X[order[-40:]]
    a, b = (wh.explain(one, X[:3], background=rows) for rows in (low, high))
    with pytest.raises(ResultError, match="rows of the background differ"):
        wh.compare(a, b)
    with pytest.raises(ResultError, match="rows of the background differ"):
        wh.compare(wh.load(a.save(tmp_path / "a")), b)
    again = wh.explain(two, X[:3], background=low[::-1])
    assert wh.compare(a, again).paired


def test_answers_that_do_not_know_their_background_are_compared():
    from dataclasses import replace

    a, b = (wh.explain(one, X[:3], background=rows) for rows in (X[:40], X[40:]))
    old = replace(a, question=replace(a.question, background=""))
    assert wh.compare(old, b).paired
