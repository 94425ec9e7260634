"""Proponents and opponents: who stands where, with what, and what is refused."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import whence as wh
from whence.report.beside import sides


def told(n=6, square=False):
    """Nearest neighbours of two test rows; the rows of the answer are known."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 16 if square else 3))
    y = np.arange(n) % 2
    return X, y, wh.value(X, y, X[:2] + 0.01, [0, 1], k=1, scale=False, by_case=True)


def texts(ax):
    return " | ".join(t.get_text() for t in ax.texts)


def test_the_two_sides_are_the_largest_of_each_sign():
    X, _, att = told(20)
    found = sides(att, 1, 3)
    value = att.values[1, 0]
    assert [s.value for s in found.proponents] == sorted(value[value > 0])[::-1][:3]
    assert [s.value for s in found.opponents] == sorted(value[value < 0])[:3]
    assert found.proponents[0].name == "row 1"
    assert found.proponents[0].label == "1"
    assert found.proponents[0].cells.startswith(f"x0 {X[1, 0]:.4g}")
    assert (found.name, found.label, found.others) == ("case 1", "1", 14)
    assert found.said == "votes for the label 1.000"


def test_a_picture_of_both():
    _, _, att = told(20)
    ax = att.plot("proponents", case=1, max_display=2)
    said = texts(ax)
    assert "case 1, labelled 1" in said
    assert "proponents: without them it is lower" in said
    assert "opponents: without them it is higher" in said
    assert "row 1, labelled 1" in said
    assert len(ax.patches) == 4
    assert [bool(p.get_hatch()) for p in ax.patches] == [False, False, True, True]
    assert not ax.child_axes
    own = Figure().subplots()
    assert att.plot("opponents", ax=own, case=0) is own


def test_squares_are_pictures():
    X, _, att = told(square=True)
    ax = att.plot("proponents", case=0, max_display=2)
    small = ax.child_axes
    assert len(small) == 1 + len(ax.patches)
    assert np.array_equal(small[1].images[0].get_array(), X[0].reshape(4, 4))
    wide = att.plot("proponents", case=0, max_display=1, shape=(2, 8)).child_axes[1]
    assert wide.images[0].get_array().shape == (2, 8)
    with pytest.raises(wh.WhenceError, match="a picture of 3 x 5 pixels; rows have 16 columns"):
        att.plot("proponents", shape=(3, 5))


def test_rows_may_be_given_later():
    X, y, _ = told()
    trainer = wh.models.Trainer.ridge(X, y.astype(float), 1.0, names=[f"r{i}" for i in range(6)])
    att = wh.methods.leave_one_out(trainer, (X[:2], y[:2].astype(float)))
    assert sides(att, 1).proponents[0].cells == ""
    found = sides(att, 1, X=X, X_test=X[:2])
    assert found.cells.startswith(f"x0 {X[1, 0]:.4g}")
    assert found.proponents[0].cells.startswith("x0 ")
    with pytest.raises(wh.WhenceError, match="X has 5 rows, and the answer 6"):
        sides(att, X=X[:5])
    with pytest.raises(wh.WhenceError, match="X_test has 6 rows, and the answer 2"):
        sides(att, X_test=X)


def test_intervals_are_drawn_where_there_are_any():
    X, y, _ = told(12)
    trainer = wh.models.Trainer.ridge(X, y.astype(float), 1.0)
    budget = wh.Budget(evaluations=200)
    att = wh.methods.data_shapley(trainer, (X[:2], y[:2].astype(float)), budget=budget)
    ax = att.plot("proponents", max_display=2)
    assert "[" in texts(ax)
    assert len(ax.lines) == 2 + len(ax.patches)
    unsure = wh.methods.influence(trainer, (X[:2], y[:2].astype(float)))
    assert "not quantified" in unsure.plot("proponents").get_xlabel()


def test_one_side_may_be_empty():
    X, y = np.arange(4.0)[:, None], [1, 1, 1, 0]
    att = wh.value(X, y, [[0.1]], [1], k=1, by_case=True)
    ax = att.select(players=["row 0"]).plot("proponents")
    assert "no opponents" in texts(ax)


def test_one_selected_test_row_shows_its_proponents():
    _, _, att = told()
    assert "proponents" in texts(att.select(case=1).plot())


def test_columns_called_source_and_target_make_no_circuit():
    pd = pytest.importorskip("pandas")
    rows = pd.DataFrame({"source": ["a", "b"] * 4, "target": ["c", "d", "d", "c"] * 2, "layer": 1})
    att = wh.value(rows, [0, 1] * 4, rows, [0, 1] * 4, by_case=True)
    assert "source" in att.players.columns
    assert att.plot().get_xlabel()
    assert "source a" in sides(att, 0).proponents[0].cells


def test_the_terminal_has_them_side_by_side():
    _, _, att = told(20)
    said = str(wh.report.beside(att, 1, 2))
    assert "case 1: labelled 1; votes for the label 1.000" in said
    assert "proponents" in said.splitlines()[2]
    assert "opponents" in said.splitlines()[2]
    assert "16 more rows" in said


def test_the_page_has_those_that_come_off_worst():
    X, y, _ = told(30)
    asked = np.array([0, 1, 1, 1])
    att = wh.value(X, y, X[:4] + 0.01, asked, k=1, scale=False, by_case=True)
    page = att.to_html()
    worst = int(att.full[:, 0].argmin())
    assert "Proponents and opponents" in page
    assert f"As a table: case {worst}" in page
    assert page.count("As a table:") == 2
    assert "Proponents and opponents" not in att.mean().to_html()


def test_refusals():
    _, _, att = told()
    with pytest.raises(wh.WhenceError, match="by_case=True"):
        att.mean().plot("proponents")
    with pytest.raises(wh.WhenceError, match="no case 7"):
        att.plot("proponents", case=7)
    with pytest.raises(wh.WhenceError, match="max_display"):
        att.plot("proponents", max_display=0)
