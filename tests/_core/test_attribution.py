"""The result, and what can be done with it."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import whence as wh
from whence import Attribution, Budget, FunctionGame, Players
from whence._core.attribution import Contribution, Cost
from whence._core.errors import OptionError, PlayersError, ResultError
from whence._core.game import Question
from whence._core.student import quantile
from whence.methods.perturbation.permutation import Permutation
from whence.methods.perturbation.semivalue import SampledSemivalue

from .toys import NEVER, Scattered

HEADS = Players(("age", "bmi", "sex"), kind="feature", columns={"layer": (0, 1, 1)})


def made(cases=1, seed=0, **more):
    """An answer with every part, by hand."""
    rng = np.random.default_rng(seed)
    shape = (cases, 2, 3)
    given = {
        "values": rng.normal(size=shape),
        "parts": {"estimation": rng.random(shape), "data": rng.random(shape)},
        "freedom": np.full(cases, 12.0),
        "players": HEADS,
        "outputs": ("x", "y"),
        "index": wh.Shapley(),
        "method": "Permutation",
        "uncertainty": "sampled",
        "empty": rng.normal(size=(cases, 2)),
        "full": rng.normal(size=(cases, 2)),
        "cost": Cost(100, 90, 0, 300, 10, 1.5),
        "converged": True,
        "verdict": "done",
        "averaged": 1 if cases > 1 else 30,
        "provenance": {"seed": seed},
    }
    return Attribution(**{**given, **more})


# -- how sure --


def test_errors_add_in_squares():
    a = made()
    both = np.sqrt(a.parts["estimation"] ** 2 + a.parts["data"] ** 2)
    assert np.allclose(a.stderr, both)
    assert np.array_equal(a.error("data"), a.parts["data"])
    assert np.allclose(a.error("data", "estimation"), both)
    with pytest.raises(ResultError, match=r"no error part 'date'. Did you mean 'data'"):
        a.error("date")


def test_who_does_not_know_says_nan():
    """Kills: a zero for what nobody measured."""
    assert np.isnan(made(parts={}).stderr).all()
    vague = made(uncertainty="unquantified")
    assert np.isnan(vague.stderr).all()
    assert np.isfinite(vague.error("estimation")).all()
    none = {"estimation": np.zeros_like(vague.values), "data": vague.parts["data"]}
    unknown = made(uncertainty="unquantified", parts=none)
    with pytest.raises(ResultError, match="has no error part 'estimation'"):  # unknown is not zero
        unknown.error("estimation")
    assert np.isnan(vague.ci()[0]).all()


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_intervals_are_student_s(level):
    a = made()
    low, high = a.ci(level)
    t = quantile(level, np.array([12.0])).item()
    assert np.allclose(high - a.values, t * a.stderr)
    assert np.allclose(a.values - low, t * a.stderr)
    low, high = a.ci(level, "estimation")
    assert np.allclose(high - low, 2 * t * a.parts["estimation"])
    assert np.allclose(a.ci(level, ("estimation", "data"))[1], a.ci(level)[1])


def test_few_cases_widen_the_data_part_only():
    """Kills: the freedom of ten thousand walks for that of five cases."""
    a = made(averaged=5, freedom=np.array([10_000.0]))
    few, many = (quantile(0.95, np.array([f])).item() for f in (4.0, 10_000.0))
    assert np.allclose(a.ci()[1] - a.values, few * a.stderr)
    assert np.allclose(a.ci(parts="data")[1] - a.values, few * a.parts["data"])
    assert np.allclose(a.ci(parts="estimation")[1] - a.values, many * a.parts["estimation"])


def test_certain_is_certain():
    a = made(parts={"estimation": np.zeros((1, 2, 3))}, freedom=np.array([1.0]))
    assert np.array_equal(a.ci(0.999)[0], a.values)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_levels_lie_between(level):
    with pytest.raises(OptionError, match="between 0 and 1"):
        made().ci(level)


def test_gap():
    a = made()
    assert np.allclose(a.gap, a.full - a.empty - a.values.sum(axis=2))


# -- some of it --


def test_one_player():
    a = made()
    got = a["bmi"]
    assert isinstance(got, Contribution)
    low, high = a.ci()
    assert (got.player, got.value) == ("bmi", a.values[0, 0, 1])
    assert got.stderr == a.stderr[0, 0, 1]
    assert got.ci == (low[0, 0, 1], high[0, 0, 1])
    assert a[1] == a[-2] == got
    with pytest.raises(PlayersError, match="no feature is called 'bmj'"):
        a["bmj"]


def test_one_player_of_many_cases_is_the_mean():
    a = made(5)
    assert a["age"].value == pytest.approx(a.values[:, 0, 0].mean())


def test_top():
    a = made(values=np.array([[[1.0, -3.0, 2.0], [0.0, 1.0, 5.0]]]))
    assert [c.player for c in a.top(2)] == ["bmi", "sex"]
    assert [c.value for c in a.top(output="y")] == [5.0, 1.0, 0.0]
    assert [c.player for c in a.top(1, output=1)] == ["sex"]
    assert len(a.top(99)) == 3
    with pytest.raises(OptionError, match="given 0"):
        a.top(0)
    with pytest.raises(ResultError, match="no output is called 'z'"):
        a.top(output="z")


def test_the_mean_over_cases():
    a = made(5)
    m = a.mean()
    assert m.values.shape == (1, 2, 3)
    assert np.allclose(m.values[0], a.values.mean(axis=0))
    assert np.allclose(m.full[0], a.full.mean(axis=0))
    within = (a.parts["estimation"] ** 2).mean(axis=0)
    between = np.maximum(a.values.var(axis=0, ddof=1) - within, 0)
    assert np.allclose(m.parts["data"][0] ** 2, between / 5)
    assert np.allclose(m.parts["estimation"][0] ** 2, within / 5)
    assert m.averaged == 5
    assert m.mean() is m


def test_select():
    a = made(4, data={"age": np.arange(4)})
    got = a.select(case=[2, 0], output="y", players=["sex", 0])
    assert np.array_equal(got.values, a.values[[2, 0]][:, 1:, [2, 0]])
    assert np.array_equal(got.parts["data"], a.parts["data"][[2, 0]][:, 1:, [2, 0]])
    assert np.array_equal(got.full, a.full[[2, 0]][:, 1:])
    assert got.players.names == ("sex", "age")
    assert got.outputs == ("y",)
    assert got.data["age"].tolist() == [2, 0]
    assert a.select(case=-1).values.shape == (1, 2, 3)
    assert a.select(case=slice(1, 3)).values.shape == (2, 2, 3)
    assert a.select(layer=1).players.names == ("bmi", "sex")
    assert a.select(layer=1, players=["bmi", "age"]).players.names == ("bmi",)
    assert np.array_equal(a.select().values, a.values)


def test_select_keeps_what_cases_share_and_covary():
    square = np.random.default_rng(0).normal(size=(2, 3, 3))
    a = made(covariance={"data": square}, shared={"background": np.ones((1, 2, 3))})
    got = a.select(output=1, players=[2, 0])
    assert np.array_equal(got.covariance["data"], square[1:][:, [2, 0]][:, :, [2, 0]])
    assert got.shared["background"].shape == (1, 1, 2)


def test_what_all_cases_share_is_not_known_of_some():
    """Kills: the error of the mean over all cases reported for a mean over two of them."""
    a = made(4, shared={"background": np.full((1, 2, 3), 0.1)})
    assert np.allclose(a.select(case=[3, 2, 1, 0]).mean().parts["background"], 0.1)
    assert np.isnan(a.select(case=[0, 1]).mean().stderr).all()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"case": 4}, "cases 0 to 3"),
        ({"case": [0, -5]}, "cases 0 to 3"),
        ({"case": slice(9, 12)}, "cases 0 to 3"),
        ({"case": []}, "cases 0 to 3"),
        ({"output": "z"}, "no output is called 'z'"),
        ({"output": 2}, "no output"),
        ({"players": []}, "nobody is left"),
        ({"layer": 9}, "nobody is left"),
    ],
)
def test_selections_of_nothing(more, says):
    with pytest.raises(ResultError, match=says):
        made(4).select(**more)


def test_groups_by_name_and_column():
    a = made(covariance=covariance())
    got = a.group("layer")
    assert got.players.names == ("0", "1")
    assert got.players.kind == "group of features"
    assert np.allclose(got.values[..., 1], a.values[..., 1:].sum(axis=2))
    named = a.group({"body": ["bmi", "sex"]})
    assert named.players.names == ("body", "age")
    assert np.allclose(named.values[..., ::-1], got.values)
    assert np.allclose(got.gap, a.gap)
    c = a.covariance["data"]
    assert np.allclose(got.parts["data"][0, :, 1] ** 2, c[:, 1:, 1:].sum(axis=(1, 2)))
    assert np.allclose(got.covariance["data"][:, 0, 1], c[:, 0, 1:].sum(axis=1))


def covariance():
    root = np.random.default_rng(0).normal(size=(2, 3, 3))
    square = root @ np.swapaxes(root, 1, 2)
    return {"estimation": square, "data": 2 * square}


def test_the_error_of_a_group_is_never_wrong():
    """Kills: players taken for independent where nobody knows."""
    got = made().group("layer")
    assert np.allclose(got.parts["data"][..., 0], made().parts["data"][..., 0])
    assert np.isnan(got.parts["data"][..., 1]).all()
    sure = made(parts={"estimation": np.zeros((1, 2, 3))}).group("layer")
    assert (sure.stderr == 0).all()
    cases = made(4, covariance=covariance()).group("layer")
    assert np.isnan(cases.stderr[..., 1]).all()


def test_groups_that_make_no_sense():
    with pytest.raises(PlayersError, match="overlap: 'bmi'"):
        made().group({"a": ["bmi", "age"], "b": ["bmi"]})
    with pytest.raises(PlayersError, match="no column 'layers'"):
        made().group("layers")
    with pytest.raises(PlayersError, match="called 'bmj'"):
        made().group({"a": ["bmj"]})


@pytest.mark.slow
@pytest.mark.parametrize("method", [Permutation(), SampledSemivalue(wh.Shapley())], ids=repr)
def test_a_group_s_error_is_its_spread_over_runs(method):
    """Against brute force: the standard deviation of the group's value over seeds."""
    game = Scattered([1.0, 2.0, 0.0], 6, between=2.0, within=1.0)
    tied = FunctionGame(lambda s: (s[:, 0] & s[:, 1]) * 3.0 - s[:, 1] * s[:, 2], ("a", "b", "c"))
    for g, walks in ((game, 36), (tied, 60)):
        names = g.players.names
        budget = Budget(evaluations=walks * 6, **NEVER)
        runs = [method.attribute(g, budget, seed) for seed in range(150)]
        pair = [r.group({"pair": names[:2]}) for r in runs]
        spread = np.std([p.values[0, 0, 0] for p in pair], ddof=1)
        told = np.sqrt(np.mean([p.error("estimation")[0, 0, 0] ** 2 for p in pair]))
        assert told == pytest.approx(spread, rel=4 / np.sqrt(2 * 150), abs=1e-9)
        alone = [r.group({"one": names[:1]}).error("estimation")[0, 0, 0] for r in runs]
        own = [r.error("estimation")[0, 0, 0] for r in runs]
        assert np.mean(alone) == pytest.approx(np.mean(own), rel=0.05, abs=1e-9)


# -- two of them --


def test_differences():
    a, b = made(seed=1), made(seed=2, freedom=np.array([5.0]), averaged=7)
    d = a - b
    assert np.allclose(d.values, a.values - b.values)
    for part in ("estimation", "data"):
        assert np.allclose(d.parts[part] ** 2, a.parts[part] ** 2 + b.parts[part] ** 2)
    assert d.freedom.tolist() == [5.0]
    assert d.averaged == 7
    assert np.allclose(d.gap, a.gap - b.gap)
    assert d.uncertainty == "sampled"
    assert (a - replace(b, converged=False)).converged is False
    assert np.isnan((a - replace(b, uncertainty="unquantified")).stderr).all()
    exact = replace(a, uncertainty="exact")
    assert (exact - exact).uncertainty == "exact"
    assert (exact - b).uncertainty == "sampled"


def test_a_part_that_only_one_knows():
    a, b = made(seed=1), made(seed=2, parts={"estimation": np.ones((1, 2, 3))})
    assert np.allclose((a - b).parts["data"], a.parts["data"])
    assert np.allclose((b - a).parts["data"], a.parts["data"])


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"players": Players(("age", "bmi", "height"))}, "players"),
        ({"outputs": ("x", "z")}, "outputs"),
        ({"index": wh.Banzhaf()}, "index"),
        ({"question": Question(removal="baseline (age=3)")}, "removal"),
        ({"question": Question(unit="nats")}, "unit"),
    ],
)
def test_other_questions_are_not_compared(more, what):
    with pytest.raises(ResultError, match=f"the {what} differ"):
        made() - made(**more)
    with pytest.raises(ResultError, match=f"the {what} differ"):
        Attribution.merge([made(seed=1), made(**more)])


def test_other_cases_are_not_subtracted():
    with pytest.raises(ResultError, match=r"number of cases differ \(4 and 5\)"):
        made(4) - made(5)


def test_merged_runs_are_one_longer_run():
    """Kills: runs weighed alike, whatever they cost."""
    game = Scattered([3.0, 1.0, -1.0, 0.0], 40)
    few, many = (
        wh.attribute(game, seed=s, budget=Budget(evaluations=8 * 40 * n, **NEVER))
        for s, n in ((1, 10), (2, 30))
    )
    got = Attribution.merge([few, many])
    assert np.allclose(got.values, (few.values + 3 * many.values) / 4)
    one = wh.attribute(game, seed=3, budget=Budget(evaluations=8 * 40 * 40, **NEVER))
    assert np.allclose(got.parts["estimation"], one.parts["estimation"], rtol=0.15)
    assert np.allclose(got.parts["data"], one.parts["data"], rtol=0.15)
    assert got.cost.asked == one.cost.asked == got.cost.rows
    assert got.freedom == pytest.approx(one.freedom, rel=0.03)
    z = (got.values - one.values) / np.hypot(got.error("estimation"), one.error("estimation"))
    assert np.abs(z).max() < 4.5
    assert got.provenance["merged seeds"] == [1, 2]
    assert "2 runs merged" in got.verdict


def test_the_same_evidence_is_not_counted_twice():
    a, b = made(seed=1), made(seed=2)
    with pytest.raises(ResultError, match=r"seeds \[1, 1\]"):
        Attribution.merge([a, made(seed=1)])
    with pytest.raises(ResultError, match="twice"):
        Attribution.merge([Attribution.merge([a, b]), a])
    with pytest.raises(ResultError, match="nothing to merge"):
        Attribution.merge([])
    assert Attribution.merge([Attribution.merge([a, b]), made(seed=3)]).cost.asked == 300


def test_merging_runs_on_other_rows():
    """Kills: this month's 30 rows merged with last month's 40."""
    with pytest.raises(ResultError, match="number of cases"):
        Attribution.merge([made(seed=1), made(seed=2, averaged=40)])
    with pytest.raises(ResultError, match="error parts"):
        Attribution.merge([made(seed=1), made(seed=2, parts={"data": np.ones((1, 2, 3))})])


def test_merged_rows_that_nobody_counted():
    cost = Cost(1, 1, 0, None, 0, 0.0)
    assert Attribution.merge([made(seed=1, cost=cost), made(seed=2, cost=cost)]).cost.rows is None
    assert Attribution.merge([made(seed=1), made(seed=2, cost=cost)]).cost.rows == 300


# -- it is data --


def test_frozen():
    with pytest.raises(FrozenInstanceError):
        made().verdict = "sure"
    with pytest.raises(TypeError):
        len(made())


def test_a_frozen_answer_is_frozen_all_through():
    """Kills: arrays of an answer that somebody can write to, and an answer that freezes the user's.

    What computed an answer may keep what it gave; a user's own columns are copied.
    """
    column = np.arange(30.0)
    att = made(data={"age": column})
    arrays = [att.values, att.freedom, att.empty, att.full, *att.parts.values(), att.data["age"]]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    column[0] = 7.0
    assert att.data["age"][0] == 0.0
    assert not att.mean().values.flags.writeable
