"""shap's explanations: read whatever their axes, and written."""

import types

import numpy as np
import pandas as pd
import pytest
from sameness import equal

import whence as wh
from whence._core.errors import OptionError, PlayersError, ResultError

shap = pytest.importorskip("shap")

RNG = np.random.default_rng(0)
NAMES = ["age", "bmi", "fee", "sex"]
X = RNG.normal(size=(6, 4)).round(2)


def explanation(rows=6, players=4, outputs=None, **more):
    """As shap's explainers make them."""
    shape = (rows, players) if outputs is None else (rows, players, outputs)
    base = np.full(rows, 0.5) if outputs is None else np.tile(np.arange(outputs) / 7, (rows, 1))
    given = {
        "values": RNG.normal(size=shape),
        "base_values": base,
        "data": RNG.normal(size=(rows, players)).round(2),
        "feature_names": [f"f{i}" for i in range(players)],
    }
    return shap.Explanation(**{**given, **more})


def agree(read, told, rows, outputs):
    """Values, base, sums and names, whatever axes shap had dropped."""
    values = np.asarray(told.values).reshape(rows, len(told.feature_names), outputs)
    assert np.array_equal(read.values, np.moveaxis(values, 2, 1))
    base = np.broadcast_to(
        np.asarray(told.base_values, float).reshape(-1, outputs), (rows, outputs)
    )
    assert np.array_equal(read.empty, base)
    assert np.allclose(read.full, base + values.sum(axis=1), atol=1e-14)
    assert np.allclose(read.gap, 0, atol=1e-14)
    assert list(read.players.names) == list(told.feature_names)


@pytest.mark.parametrize("outputs", [None, 2, 4, 6], ids="outputs={}".format)
@pytest.mark.parametrize("rows", [6, 4, 1])
def test_rows_and_outputs(rows, outputs):
    """Kills: outputs taken for features; as many rows as outputs, or as features."""
    told = explanation(rows, outputs=outputs)
    agree(wh.from_shap(told), told, rows, outputs or 1)


@pytest.mark.parametrize("outputs", [None, 2, 4])
def test_one_row_of_it(outputs):
    """Kills: [features, outputs] taken for [rows, features]."""
    told = explanation(outputs=outputs)[2]
    agree(wh.from_shap(told), told, 1, outputs or 1)


def test_one_row_without_its_data():
    """Kills: too few names taken for one row of several outputs."""
    values = RNG.normal(size=(4, 3))
    for said in ({"base_values": np.ones(3)}, {"output_names": list("xyz")}):
        told = {"base_values": np.ones(3), **said}
        assert wh.from_shap(values, feature_names=NAMES, **told).values.shape == (1, 3, 4)
    square = wh.from_shap(values[:3], output_names=list("xyz"), base_values=np.arange(3))
    assert square.values.shape == (1, 3, 3)
    assert wh.from_shap(values[:3], base_values=np.arange(3)).values.shape == (3, 1, 3)
    with pytest.raises(ResultError, match="4 feature names for 3 features"):
        wh.from_shap(values, feature_names=NAMES)


def test_one_output_of_it():
    told = explanation(outputs=3, output_names=["no", "perhaps", "yes"])
    one = told[:, :, 1]
    read = wh.from_shap(one)
    assert read.outputs == ("perhaps",)
    agree(read, one, 6, 1)
    assert wh.from_shap(told).outputs == ("no", "perhaps", "yes")
    assert wh.from_shap(explanation()).outputs == ("prediction",)
    assert wh.from_shap(told[2, :, "yes"]).outputs == ("yes",)
    agree(wh.from_shap(told[1:3]), told[1:3], 2, 3)


def test_what_is_known_of_it():
    read = wh.from_shap(explanation(compute_time=1.5), unit="log-odds")
    assert read.uncertainty == "unquantified"
    assert np.isnan(read.stderr).all()
    assert read.index == wh.Shapley()
    assert read.question.unit == "log-odds"
    assert read.cost.seconds == 1.5
    assert not read.converged
    assert wh.from_shap(explanation()).question.unit == "unknown units"
    assert "uncertainty not quantified" in repr(read)
    read.table()
    read.mean().table()
    assert "unknown units" in wh.from_shap(explanation()).to_html()


def test_error_std_is_no_standard_error():
    """Kills: shap's spread over passes, taken for what it is called."""
    read = wh.from_shap(explanation(error_std=np.ones((6, 4))))
    assert np.isnan(read.stderr).all()
    assert read.parts == {}
    assert "error_std is the spread over passes, no standard error, and is not used" in read.verdict
    assert "error_std" not in wh.from_shap(explanation()).verdict


def test_a_base_value_for_all_rows_or_none():
    for base in (0.5, [0.5], np.float32(0.5), np.full((6, 1), 0.5)):
        read = wh.from_shap(explanation(base_values=base))
        assert (read.empty == 0.5).all()
        assert read.empty.shape == (6, 1)
    unknown = wh.from_shap(explanation(base_values=None))
    assert np.isnan(unknown.empty).all()
    assert np.isnan(unknown.full).all()
    assert "what nobody or everybody is worth was not asked" in wh.report.wording.total(unknown)


def test_names_and_data_that_nobody_gave():
    read = wh.from_shap(explanation(feature_names=None, data=None))
    assert read.players.names == ("x0", "x1", "x2", "x3")
    assert read.data == {}


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_and_words(library):
    package = pytest.importorskip(library)
    frame = package.DataFrame(
        {"n": [1, 2], "x": [0.5, float("nan")], "word": ["a", "b"], "gap": ["no", None]}
    )
    read = wh.from_shap(np.ones((2, 4)), base_values=1.0, data=frame)
    assert read.players.names == ("n", "x", "word", "gap")
    assert read.data["n"].tolist() == [1, 2]
    assert read.data["word"].tolist() == ["a", "b"]
    assert read.data["x"].dtype == float
    assert (read.full == 5).all()
    words = wh.from_shap(explanation(2, data=np.array([[1, "a", True, None]] * 2, dtype=object)))
    assert [c.dtype.kind for c in words.data.values()] == ["i", "U", "b", "O"]


@pytest.mark.parametrize("exact", [True, False])
def test_of_a_real_explainer(exact):
    model = lambda Z: 2 * Z[:, 0] - Z[:, 1] * Z[:, 2] + np.tanh(Z[:, 3])  # noqa: E731
    masker = shap.maskers.Independent(X, 100)
    kind = shap.explainers.Exact if exact else shap.explainers.Permutation
    frame = pd.DataFrame(X, columns=NAMES)
    told = kind(lambda Z: model(np.asarray(Z)), masker)(frame)
    told.feature_names = NAMES
    read = wh.from_shap(told)
    ours = wh.explain(model, X, background=X)
    assert np.allclose(read.values, ours.values, atol=1e-9 if exact else 0.2)
    assert np.allclose(read.full, ours.full, atol=1e-6)
    assert np.array_equal(np.stack(list(read.data.values()), axis=1), X)


# -- there and back --


@pytest.mark.parametrize("outputs", [None, 3])
@pytest.mark.parametrize("words", [False, True])
def test_shap_to_whence_to_shap(outputs, words):
    """Kills: axes that are turned once; data that become words, or numbers."""
    data = {"data": np.array([[1.5, "a", None, 2.0]] * 6, dtype=object)} if words else {}
    names = {} if outputs is None else {"output_names": list("xyz")}
    told = explanation(outputs=outputs, **names, **data)
    back = wh.from_shap(told).to_shap()
    for field in ("values", "base_values", "data"):
        equal(np.asarray(getattr(told, field)), np.asarray(getattr(back, field)), field)
    assert list(back.feature_names) == list(told.feature_names)
    assert back.output_names == ("prediction" if outputs is None else ["x", "y", "z"])


def test_whence_to_shap_to_whence(rows60, make):
    many = make(np.sin(np.arange(24.0)).reshape(4, 2, 3), outputs=("no", "yes"))
    for att in (rows60, many, rows60.select(case=3), many.select(case=1), many.mean()):
        back = wh.from_shap(att.to_shap())
        for field in ("values", "empty"):
            equal(getattr(att, field), getattr(back, field), field)
        assert np.allclose(back.full, att.empty + att.values.sum(axis=2), atol=1e-14)
        assert (back.players.names, back.outputs) == (att.players.names, att.outputs)
        assert back.data.keys() == att.data.keys()
        for name, column in att.data.items():
            assert back.data[name].tolist() == column.tolist()


def test_intervals_go_where_shap_has_them(rows60, make):
    told = rows60.to_shap()
    low, high = rows60.ci()
    assert np.array_equal(told.lower_bounds, low[:, 0])
    assert np.array_equal(told[3].upper_bounds, high[3, 0])
    assert make([1.0, 2.0], np.nan, uncertainty="unquantified").to_shap().lower_bounds is None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("plot", ["waterfall", "bar", "beeswarm", "heatmap", "scatter"])
def test_pictures_of_shap_take_it(rows60, plot):
    told = rows60.select(players=["age", "fee"]).to_shap()
    chosen = {"waterfall": told[3], "scatter": told[:, "age"]}.get(plot, told)
    getattr(shap.plots, plot)(chosen, show=False)


# -- values alone --


def test_arrays_as_older_shap_gave_them():
    values = RNG.normal(size=(5, 4, 2))
    base = np.array([0.25, 0.75])
    one = wh.from_shap(values[:, :, 0], base_values=0.25, data=X[:5], feature_names=NAMES)
    assert one.values.shape == (5, 1, 4)
    assert np.array_equal(one.data["bmi"], X[:5, 1])
    for given in (values, [values[:, :, 0], values[:, :, 1]]):
        both = wh.from_shap(given, base_values=base, feature_names=NAMES)
        assert np.array_equal(both.values, np.moveaxis(values, 2, 1))
        assert both.outputs == ("Output 0", "Output 1")
        assert np.array_equal(both.empty, np.tile(base, (5, 1)))
    row = wh.from_shap(values[0, :, 0], base_values=0.25)
    assert row.values.shape == (1, 1, 4)
    frame = pd.DataFrame(values[:, :, 0], columns=NAMES)
    assert np.array_equal(wh.from_shap(frame, feature_names=NAMES).values, one.values)
    assert wh.from_shap(values[:, :, 0].tolist()).values.shape == (5, 1, 4)


def test_what_is_given_goes_before_what_is_said():
    read = wh.from_shap(explanation(), feature_names=NAMES, output_names="price", base_values=9.0)
    assert read.players.names == tuple(NAMES)
    assert read.outputs == ("price",)
    assert (read.empty == 9).all()


def test_without_shap():
    """What has the fields of an explanation is one, and shap need not be there."""
    told = types.SimpleNamespace(
        values=np.ones((2, 3)), base_values=1.0, data=None, feature_names=None, output_names=None
    )
    assert (wh.from_shap(told).full == 4).all()


# -- what is refused --

SQUARE = RNG.normal(size=(5, 4, 4))
SQUARE += SQUARE.transpose(0, 2, 1)
PAIRS = {
    "rows": lambda: shap.Explanation(SQUARE, np.ones(5), X[:5], feature_names=NAMES),
    "as many rows as features": lambda: shap.Explanation(SQUARE[:4], np.ones(4), X[:4]),
    "one row": lambda: PAIRS["rows"]()[1],
    "several outputs": lambda: shap.Explanation(
        np.stack([SQUARE, SQUARE, SQUARE], axis=-1), np.ones((5, 3)), X[:5]
    ),
    "one row of several": lambda: PAIRS["several outputs"]()[0],
    "an array": lambda: SQUARE,
    "a list of arrays": lambda: [SQUARE, SQUARE],
}


@pytest.mark.parametrize("how", PAIRS)
def test_interactions_are_refused(how):
    """Kills: pairs taken for outputs, which would be a plausible number each."""
    with pytest.raises(ResultError, match=r"interaction values, .*wh\.interactions has them"):
        wh.from_shap(PAIRS[how]())


WORKED = {
    "abs": lambda e: e.abs,
    "abs mean": lambda e: e.abs.mean(0),
    "mean": lambda e: e.mean(0),
    "max": lambda e: e.max(0),
    "times two": lambda e: e * 2,
    "sum over groups": lambda e: e.sum(1),
    "percentile": lambda e: e.percentile(50, 0),
}


@pytest.mark.parametrize("how", WORKED)
def test_what_was_worked_on_is_refused(how):
    """Kills: mean sizes taken for one row's values."""
    with pytest.raises(ResultError, match=r"was worked on .* no longer add up"):
        wh.from_shap(WORKED[how](explanation()))


PARTS = {
    "some features": lambda e: e[:, :2],
    "some features of a row": lambda e: e[2][:3],
    "a feature": lambda e: e[:, "f1"],
    "a feature by place": lambda e: e[:, 1],
}


@pytest.mark.parametrize("how", PARTS)
def test_some_of_the_features_are_refused(how):
    """Kills: a sum of some values, called the prediction."""
    with pytest.raises(ResultError, match=r"att\.select\(players=\[...\]\)"):
        wh.from_shap(PARTS[how](explanation()))


def test_features_in_another_order_are_all_of_them():
    told = explanation()
    assert wh.from_shap(told[:, [3, 1, 0, 2]]).players.names == ("f3", "f1", "f0", "f2")
    assert wh.from_shap(told[told.values[:, 0].argsort()]).values.shape == (6, 1, 4)
    assert len(wh.from_shap(told.sample(3)).values) == 3


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (lambda: np.ones((2, 3, 4, 5)), "more axes than rows, features and outputs"),
        (lambda: RNG.normal(size=(2, 4, 4, 3)), "more axes than rows, features and outputs"),
        (lambda: np.ones((2, 4, 4, 3, 2)), "more axes than rows, features and outputs"),
        (lambda: explanation(data=np.ones((6, 2, 2))), "more axes than rows, features and outputs"),
        (lambda: [np.ones(3), np.ones(3)], "may be rows or outputs"),
        (lambda: [[1.0, 2.0], [3.0]], "one at a time"),
        (lambda: np.array([[1.0, 2.0], [3.0]], dtype=object), "one at a time"),
        (lambda: [["a", "b"]], "no table of numbers"),
    ],
)
def test_values_that_are_no_table(told, said):
    with pytest.raises(ResultError, match=said):
        wh.from_shap(told())


@pytest.mark.parametrize("told", [None, 3, "values", {}, {"a": 1}, [], np.zeros((0, 3)), object()])
def test_what_is_no_explanation(told):
    with pytest.raises(OptionError, match=r"from_shap takes a shap\.Explanation, or values"):
        wh.from_shap(told)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"base_values": np.ones(5)}, ResultError, r"base_values of shape \(5,\) for 6 rows and 1"),
        ({"feature_names": list("abc")}, ResultError, "3 feature names for 4 features"),
        ({"feature_names": ["a", "a", "b", "c"]}, PlayersError, "given more than once: 'a'"),
        ({"output_names": ["a", "b"]}, ResultError, "2 output names for 1 outputs of 6 rows"),
        ({"data": np.ones((6, 3))}, ResultError, r"data of shape \(6, 3\) for 6 rows and 4"),
        ({"data": np.ones((5, 4))}, ResultError, r"data of shape \(5, 4\) for 6 rows and 4"),
    ],
)
def test_what_does_not_fit(more, error, said):
    with pytest.raises(error, match=said):
        wh.from_shap(explanation(), **more)


def test_one_base_for_several_outputs_is_not_guessed():
    with pytest.raises(ResultError, match="for 6 rows and 3 outputs: give one for each output"):
        wh.from_shap(np.ones((6, 4, 3)), base_values=0.5)


def test_rows_with_features_of_their_own():
    """Kills: a way out that the refusal names, and that is refused too."""
    ragged = np.array([np.ones(3), np.ones(2)], dtype=object)
    told = shap.Explanation(ragged, np.array([0.5, 1.5]), (["a", "b", "c"], ["a", "b"]))
    with pytest.raises(ResultError, match="read one at a time"):
        wh.from_shap(told)
    for i, (words, full) in enumerate([("abc", 3.5), ("ab", 3.5)]):
        row = wh.from_shap(told[i], feature_names=list(words))
        assert row.players.names == tuple(words)
        assert row.full.item() == full


def test_cohorts_are_several_explanations():
    cohorts = explanation().cohorts(["a", "a", "a", "b", "b", "b"])
    with pytest.raises(OptionError, match=r"read one, from cohorts.cohorts"):
        wh.from_shap(cohorts)
    assert wh.from_shap(cohorts.cohorts["a"]).values.shape == (3, 1, 4)


def test_rows_with_names_of_their_own():
    told = explanation(2, 3, feature_names=np.array([["a", "b", "c"], ["d", "e", "f"]]))
    with pytest.raises(ResultError, match="feature names of its own"):
        wh.from_shap(told)


def test_output_names_that_are_said_for_each_row():
    assert wh.from_shap(np.ones((3, 2)), output_names=["spam"] * 3).outputs == ("spam",)
    with pytest.raises(ResultError, match="3 output names for 1 outputs"):
        wh.from_shap(np.ones((3, 2)), output_names=["spam", "ham", "spam"])
