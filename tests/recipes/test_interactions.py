"""The verb interactions, and its result."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

import whence as wh
from whence._core.errors import OptionError, PlayersError, ResultError, UnsupportedModelError
from whence.games.features.removal import Marginal
from whence.games.features.tree_game import TreeGame
from whence.methods.perturbation import tree_interactions
from whence.methods.perturbation.trees import TreeExact

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).round(3)
Y = 3 * (X[:, 0] > 0) * (X[:, 1] > 0) + np.sin(X[:, 2]) + 0.5 * X[:, 3]
BACKGROUND, ROWS = X[:50], X[50:62]
CELLS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
AND = DecisionTreeRegressor().fit(CELLS, CELLS.prod(axis=1))


@pytest.fixture(scope="module")
def model():
    return GradientBoostingRegressor(n_estimators=20, max_depth=4, random_state=0).fit(X, Y)


def values(model, groups=None, index=wh.Shapley()):
    game = TreeGame(model, ROWS, removal=Marginal(BACKGROUND), groups=groups)
    return wh.attribute(game, method=TreeExact(index), by_case=True).values


def test_two_that_must_both_be_there():
    """Kills: half an interaction; main effects that keep it.

    f = 1 where both are 1; on a background of zeros the two have all of it together.
    """
    got = wh.interactions(AND, CELLS[3:], background=CELLS[:1])
    assert got.values.tolist() == [[[1.0]]]
    assert np.allclose(got.main, 0)
    assert np.allclose(got.matrix(), [[[0, 0.5], [0.5, 0]]])
    spread = wh.interactions(AND, CELLS[3:], background=CELLS)
    assert np.allclose(spread.values, 0.25)
    assert np.allclose(spread.main, 0.25)
    assert np.allclose(spread.empty, 0.25)
    assert np.allclose(spread.full, 1)


def test_columns_that_only_add_up_do_not_interact():
    """Kills: pairs that never meet on a path, listed."""
    stumps = GradientBoostingRegressor(n_estimators=30, max_depth=1, random_state=0).fit(X, Y)
    got = wh.interactions(stumps, ROWS, background=BACKGROUND)
    assert got.pairs == ()
    assert got.values.shape == (12, 1, 0)
    assert np.allclose(got.main, values(stumps))
    assert got["x0", "x1"] == 0.0
    assert got.top() == []
    assert repr(got).endswith("top by mean size: nothing")
    assert np.allclose(got.matrix().sum(axis=2), got.main[:, 0])
    assert len(got.to_frame()) == 0


@pytest.mark.parametrize("groups", [None, {"pair": ["x1", "x2"]}])
def test_rows_of_the_matrix_are_shapley_values(model, groups):
    """Kills: halves in one cell alone; main effects of another player."""
    got = wh.interactions(model, ROWS, background=BACKGROUND, groups=groups)
    assert len(got.players) == (4 if groups is None else 3)
    matrix = got.matrix()
    assert np.array_equal(matrix, matrix.transpose(0, 2, 1))
    assert np.allclose(matrix.sum(axis=2), values(model, groups)[:, 0], rtol=0, atol=1e-9)
    assert np.allclose(got.gap, 0, atol=1e-9)
    assert np.allclose(got.full[:, 0], model.predict(ROWS))


def test_banzhaf_claims_no_sum(model):
    """Kills: main effects that are less than Banzhaf's values; the index ignored."""
    got = wh.interactions(model, ROWS, background=BACKGROUND, index=wh.Banzhaf())
    shapley = wh.interactions(model, ROWS, background=BACKGROUND)
    assert got.index == wh.Banzhaf()
    assert np.array_equal(got.main, values(model, index=wh.Banzhaf()))
    assert not np.allclose(got.values, shapley.values)
    assert repr(got).startswith("Banzhaf interactions of 6 pairs of 4 features: ")


def test_classes():
    """Kills: an output asked for by name that is another's."""
    classes = np.digitize(Y, [0.0, 2.0])
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, classes)
    every = wh.interactions(forest, ROWS, background=BACKGROUND)
    assert every.values.shape == (12, 3, 6)
    assert np.allclose(every.values.sum(axis=1), 0, atol=1e-12)
    last = wh.interactions(forest, ROWS, background=BACKGROUND, output=every.outputs[2])
    assert last.outputs == every.outputs[2:]
    assert np.allclose(last.values[:, 0], every.values[:, 2], atol=1e-14)
    raw = wh.interactions(forest, ROWS, background=BACKGROUND, output="raw")
    assert np.array_equal(raw.values, every.values)
    assert np.array_equal(every.matrix(every.outputs[2]), every.matrix(2))
    assert every.top(1, output=2)[0].size == np.abs(every.values[:, 2]).mean(axis=0).max()
    assert " and 2 others" in repr(every)
    with pytest.raises(ResultError, match="no output is called 'blue'"):
        every.matrix("blue")


def test_looking_at_it(model):
    """Kills: pairs in the order of their signs; names that depend on their order."""
    got = wh.interactions(model, ROWS, background=BACKGROUND)
    strongest = got.top(1)[0]
    assert strongest.players == ("x0", "x1")
    column = got.pairs.index((0, 1))
    assert got["x0", "x1"] == got["x1", "x0"] == got[1, 0]
    assert np.isclose(got["x0", "x1"], strongest.value, rtol=1e-12)
    assert np.isclose(strongest.value, got.values[:, 0, column].mean())
    assert np.isclose(strongest.size, np.abs(got.values[:, 0, column]).mean())
    sizes = [one.size for one in got.top()]
    assert len(sizes) == len(got.pairs) == 6
    assert sizes == sorted(sizes, reverse=True)
    one = got.mean()
    assert one.averaged == 12
    assert one.mean() is one
    assert np.isclose(one["x0", "x1"], strongest.value)
    assert np.allclose(one.gap, 0, atol=1e-9)
    for wrong, said in (
        (("x0", "x9"), "no feature is called 'x9'"),
        (("x0", "x0"), "'x0' is one feature, and two interact"),
        ("x0", "ask for two features"),
    ):
        with pytest.raises(PlayersError, match=said):
            got[wrong]
    with pytest.raises(OptionError, match="k is a positive whole number"):
        got.top(0)


def test_five_lines(model):
    got = wh.interactions(model, ROWS, background=BACKGROUND)
    what, method, cost, verdict, top = repr(got).splitlines()
    assert what == (
        "Shapley interactions of 6 pairs of 4 features: prediction, in units of the target; "
        "12 cases"
    )
    assert method == "method: TreeExact, exact"
    assert cost.startswith("cost: 0 questions, 12 model rows, ")
    assert verdict.startswith("verdict: exact: ")
    assert top.startswith("top by mean size: x0 \N{MULTIPLICATION SIGN} x1 0.")
    assert top.endswith(" more")
    assert repr(got.mean()).splitlines()[-1].startswith("top: x0 ")
    assert "each two features" in got.question.asks
    assert "50 background rows" in got.question.removal
    assert got.provenance["game"] == "TreeGame"


def test_frames(model):
    got = wh.interactions(model, ROWS, background=BACKGROUND)
    frame = got.to_frame()
    assert list(frame.columns) == ["case", "output", "player", "other", "value"]
    assert len(frame) == got.values.size
    again = frame.query("player == 'x0' and other == 'x1'")["value"]
    assert np.array_equal(again, got.values[:, 0, got.pairs.index((0, 1))])
    with pytest.raises(OptionError, match="Did you mean 'polars'"):
        got.to_frame("polar")


def test_baseline_and_progress(model):
    heard = []
    row = np.zeros(4)
    got = wh.interactions(
        model, ROWS, background=row, removal="baseline", progress=heard.append
    )  # fmt: skip
    assert np.allclose(got.empty, model.predict(row[None]))
    assert heard[-1].share > 0.99


def test_refusals(model, monkeypatch):
    """Kills: work that begins before it is refused."""
    ask = {"X": ROWS, "background": BACKGROUND}
    with pytest.raises(UnsupportedModelError, match=r"sums of trees only.* wh\.explain"):
        wh.interactions(LinearRegression().fit(X, Y), **ask)
    with pytest.raises(OptionError, match=r"index=wh.Shapley\(\) and wh.Banzhaf\(\); given Beta"):
        wh.interactions(model, **ask, index=wh.BetaShapley(4, 1))
    monkeypatch.setattr(tree_interactions, "_MOST", 8 * 12 * 6 - 1)
    monkeypatch.setattr(tree_interactions, "interact", None)
    with pytest.raises(OptionError, match=r"12 rows, 1 outputs and 6 pairs.*put columns into gr"):
        wh.interactions(model, **ask)
