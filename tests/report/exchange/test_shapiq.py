"""shapiq's interaction values, against shapiq's own exact computer."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

import whence as wh
from whence._core.errors import OptionError, ResultError

shapiq = pytest.importorskip("shapiq")

WORTHS = np.random.default_rng(0).normal(size=16)
EXACT = ("SV", "BV")


def worth(stay):
    return WORTHS[(np.atleast_2d(stay).astype(int) * [1, 2, 4, 8]).sum(axis=1)]


def theirs(index, order, game=worth):
    return shapiq.ExactComputer(game, 4)(index=index, order=order)


@pytest.fixture(scope="module")
def game():
    return wh.FunctionGame(worth, list("abcd"))


@pytest.mark.parametrize(("index", "name"), [(wh.Shapley(), "SV"), (wh.Banzhaf(), "BV")])
def test_as_they_compute_it(game, index, name):
    """Kills: another index under the name; an empty set that is not theirs."""
    att = wh.attribute(game, index=index)
    got, wanted = att.to_shapiq(), theirs(name, 1)
    assert isinstance(got, shapiq.InteractionValues)
    assert (got.index, got.max_order, got.n_players) == (name, 1, 4)
    assert got.baseline_value == wanted.baseline_value == WORTHS[0]
    assert not got.estimated
    assert got.estimation_budget == att.cost.asked == 16
    for place, value in got.dict_values.items():
        assert value == pytest.approx(wanted[place], abs=1e-12)
    assert [got[i,] for i in range(4)] == att.values[0, 0].tolist()
    assert (() in got.dict_values) == (name == "SV")
    assert wh.attribute(game, method="permutation").to_shapiq().estimated


def test_several_cases_and_outputs(make):
    """Kills: an output asked for by name that is another's; a mean that nobody asked for."""
    att = make(np.arange(12.0).reshape(2, 2, 3), outputs=("no", "yes"), empty=[[1, 2], [3, 4]])
    first = att.to_shapiq()
    assert [iv[1,] for iv in first] == [1.0, 7.0]
    second = att.to_shapiq(output="yes")
    assert [iv[2,] for iv in second] == [5.0, 11.0]
    assert [iv.baseline_value for iv in second] == [2.0, 4.0]
    assert att.select(case=1).to_shapiq(output=1).dict_values == second[1].dict_values
    with pytest.raises(ResultError, match="no output is called 'maybe'"):
        att.to_shapiq(output="maybe")


X = np.random.default_rng(1).normal(size=(60, 4))
TREE = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, X[:, 0] * X[:, 1] + X[:, 2])


@pytest.mark.parametrize(("index", "name"), [(wh.Shapley(), "k-SII"), (wh.Banzhaf(), "BII")])
def test_pairs_as_they_compute_them(index, name):
    """Kills: half an interaction for a whole one; main effects of another index."""
    found = wh.interactions(TREE, X[:2], background=X[5:9], index=index)

    def marginal(stay):
        rows = np.where(np.atleast_2d(stay)[:, None], X[1], X[5:9])  # coalition, background, player
        return TREE.predict(rows.reshape(-1, 4)).reshape(-1, 4).mean(axis=1)

    got, wanted = found.to_shapiq()[1], theirs(name, 2, marginal)
    assert (got.index, got.max_order) == (name, 2)
    for place in wanted.interaction_lookup:
        if place or name == "k-SII":
            assert got[place] == pytest.approx(wanted[place], abs=1e-9), place
    assert found.mean().to_shapiq(output="prediction").n_players == 4


@pytest.mark.parametrize(
    "index", [wh.LeaveOneOut(), wh.FirstIn(), wh.BetaShapley(4, 1), wh.Share("x")], ids=repr
)
def test_what_shapiq_has_no_name_for(make, index):
    with pytest.raises(ResultError, match=r"shapiq has no name for .*: to_frame\(\)"):
        make([1.0], index=index).to_shapiq()


def test_their_pictures_take_it(game):
    import matplotlib as mpl

    mpl.use("Agg")
    got = wh.attribute(game).to_shapiq()
    assert got.plot_force(feature_names=list("abcd"), show=False) is not None
    assert got.get_n_order(1).dict_values.keys() == {(0,), (1,), (2,), (3,)}


def test_without_shapiq(churn, monkeypatch):
    monkeypatch.setitem(sys.modules, "shapiq", None)
    with pytest.raises(OptionError, match="pip install shapiq"):
        churn.to_shapiq()
    with pytest.raises(OptionError, match="pip install shapiq"):
        replace(churn, uncertainty="unquantified").to_shapiq()
