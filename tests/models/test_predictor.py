"""Routes, names and every refusal of `predictor`."""

import functools

import numpy as np
import pytest

from whence._core.errors import ModelError, TableError, UnsupportedModelError
from whence._core.meter import metering
from whence.models import Table, predictor

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

ROWS = np.arange(12.0).reshape(6, 2)
FRAME = pd.DataFrame(ROWS, columns=["age", "bmi"])


def first(X):
    return X[:, 0]


def by_name(X):
    return X["age"] * 2


@pytest.mark.parametrize("data", [ROWS, FRAME, pl.DataFrame(ROWS, schema=["age", "bmi"])])
def test_functions_receive_what_they_can_take(data):
    like = Table.of(data)
    asked = predictor(first, like=like)
    # polars reads X[:, 0] as well as numpy does: as given comes first
    assert asked.kind == {"pandas": "numpy"}.get(like.kind, like.kind)
    assert asked(asked.aligned(like).frame())[:, 0].tolist() == ROWS[:, 0].tolist()
    assert (asked.name, asked.outputs, asked.space) == ("function first", ("prediction",), "value")
    if like.kind != "numpy":
        named = predictor(by_name, like=like)
        assert named.kind == like.kind
        assert named(like.frame())[:, 0].tolist() == (2 * ROWS[:, 0]).tolist()


def test_an_array_with_names_reaches_a_function_on_frames():
    like = Table.of(ROWS, names=["age", "bmi"])
    asked = predictor(by_name, like=like)
    assert asked.kind == "pandas"
    assert asked(asked.aligned(like).frame()).shape == (6, 1)


def test_a_polars_function_on_a_pandas_table():
    asked = predictor(lambda X: X.select(pl.col("age") + 1), like=Table.of(FRAME))
    assert asked.kind == "polars"
    assert asked(asked.aligned(Table.of(FRAME)).frame())[0, 0] == 1.0


@pytest.mark.parametrize(
    "function",
    [
        lambda X: [[0.25, 0.75]] * len(X),
        lambda X: pd.DataFrame({"a": np.full(len(X), 0.25), "b": 0.75}),
    ],
)
def test_two_columns_that_sum_to_one_are_probabilities(function):
    asked = predictor(function, like=Table.of(ROWS))
    assert (asked.space, asked.classes, asked.outputs) == ("probability", (0, 1), ("0", "1"))


def test_more_columns_that_do_not_are_values():
    asked = predictor(lambda X: X * 3, like=Table.of(ROWS))
    assert asked.outputs == ("prediction 0", "prediction 1")
    assert asked.classes is None


class Duck:
    classes_ = np.array(["no", "yes"])

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-X[:, 0]))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        raise AssertionError


def test_a_duck_with_predict_proba():
    asked = predictor(Duck(), like=Table.of(FRAME))
    assert asked.classes == ("no", "yes")
    assert asked.name == "Duck"


def test_a_bound_predict_proba_is_its_owner():
    asked = predictor(Duck().predict_proba, like=Table.of(ROWS))
    assert asked.classes == ("no", "yes")


def test_partial_and_lambda_have_names():
    assert predictor(functools.partial(first), like=Table.of(ROWS)).name == "function first"
    assert predictor(lambda X: X[:, 0], like=Table.of(ROWS)).name == "function <lambda>"


def test_a_predictor_is_itself():
    asked = predictor(first, like=Table.of(ROWS))
    assert predictor(asked, like=Table.of(ROWS)) is asked


def test_every_route_is_named_when_none_works():
    def picky(X):
        raise KeyError("no such column: bmj")

    with pytest.raises(UnsupportedModelError) as caught:
        predictor(picky, like=Table.of(FRAME))
    said = str(caught.value)
    for kind in ("pandas", "numpy", "polars"):
        assert f"the call on {kind}: KeyError: 'no such column: bmj'" in said
    assert said.startswith("function picky could not be asked. Tried the call on pandas")


class Broken:
    def predict_proba(self, X):
        raise RuntimeError("cuda is on fire")

    def predict(self, X):
        return np.zeros(len(X))


def test_labels_are_no_substitute_for_failing_probabilities():
    with pytest.raises(UnsupportedModelError, match="predict_proba on numpy: RuntimeError: cuda"):
        predictor(Broken(), like=Table.of(ROWS))


@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        (3, UnsupportedModelError, "int cannot be called"),
        (None, UnsupportedModelError, "NoneType cannot be called"),
        (Duck, UnsupportedModelError, "class Duck is a class: give an instance"),
        (lambda X: 3.0, UnsupportedModelError, r"shape \(\) for 3 rows"),
        (lambda X: [1.0], UnsupportedModelError, r"shape \(1,\) for 3 rows"),
        (lambda X: np.ones((len(X), 2, 2)), UnsupportedModelError, r"shape \(3, 2, 2\)"),
        (lambda X: np.ones((len(X), 0)), UnsupportedModelError, r"shape \(3, 0\)"),
        (lambda X: ["yes"] * len(X), UnsupportedModelError, "first: 'yes'.*scores instead of lab"),
        (lambda X: {"logits": X}, UnsupportedModelError, "answered a dict"),
        (lambda X: (X, X), UnsupportedModelError, "answered a tuple"),
        (lambda X: [X, X], UnsupportedModelError, "list of 2 arrays, one for each target"),
    ],
)
def test_what_cannot_be_asked(model, error, says):
    with pytest.raises(error, match=says):
        predictor(model, like=Table.of(ROWS))


def asked_with(answer, probe=None):
    """A function whose answer to more than three rows is `answer`."""

    def model(X):
        return (first(X) if probe is None else probe(X)) if len(X) < 4 else answer(X)

    return predictor(model, like=Table.of(ROWS, names=["age", "bmi"]))


def test_nan_is_refused_with_its_row():
    asked = asked_with(lambda X: np.where(X[:, 0] > 5, np.nan, 1.0))
    says = r"NaN or infinity for 3 of 6 rows. The first is row 3: age=6.0, bmi=7.0."
    with pytest.raises(ModelError, match=says):
        asked(ROWS)
    with pytest.raises(ModelError, match="NaN or infinity"):
        asked_with(lambda X: np.where(X[:, 0] > 5, np.inf, 1.0))(ROWS)


def test_nan_of_a_frame_is_refused_with_its_row():
    asked = predictor(by_name, like=Table.of(FRAME))
    with pytest.raises(ModelError, match=r"1 of 2 rows. The first is row 1: age=nan, bmi=3"):
        asked(pd.DataFrame({"age": [1.0, np.nan], "bmi": [2, 3]}))


def half(X):
    return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda X: np.full((len(X), 2), 0.6), "sum to 1.2; over the classes they must sum to 1"),
        (lambda X: np.tile([1.5, -0.5], (len(X), 1)), r"from -0.5 to 1.5; they must lie in \[0, 1"),
        (lambda X: np.full((len(X), 3), 1 / 3), "answered 3 outputs.*there were 2"),
        (lambda X: np.ones(3), r"shape \(3,\) for 6 rows"),
    ],
)
def test_probabilities_are_checked(answer, says):
    with pytest.raises(ModelError, match=says):
        asked_with(answer, half)(ROWS)


def test_a_float32_softmax_passes():
    asked_with(lambda X: np.full((len(X), 2), 0.50002), half)(ROWS)


def test_the_models_own_words_are_kept():
    def fails(X):
        raise RuntimeError("out of\nmemory")

    with pytest.raises(ModelError, match=r"model failed on a numpy table of shape \(6, 2\)") as e:
        asked_with(fails)(ROWS)
    assert "RuntimeError: out of memory" in str(e.value)
    assert isinstance(e.value.__cause__, RuntimeError)


def test_rows_are_counted_where_they_run():
    asked = predictor(first, like=Table.of(ROWS))
    with metering() as meter:
        asked(ROWS)
        asked(ROWS[:2])
    assert meter.rows == 8


class TestNames:
    @pytest.fixture
    def model(self):
        linear_model = pytest.importorskip("sklearn.linear_model")
        return linear_model.LinearRegression().fit(FRAME, ROWS[:, 0])

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (FRAME[["age"]], "X lacks 'bmi', which the model was fitted with"),
            (FRAME.rename(columns={"bmi": "bmj"}), "X lacks 'bmi'.*Did you mean 'bmj'"),
            (FRAME.assign(y=1), "X has 'y', and the model was fitted with other columns only"),
            (ROWS[:, :1], "X has 1 columns, and the model was fitted with 2: 'age', 'bmi'"),
        ],
    )
    def test_columns_that_do_not_match(self, model, data, says):
        with pytest.raises(TableError, match=says):
            predictor(model, like=Table.of(data))

    def test_an_array_takes_the_models_names(self, model):
        asked = predictor(model, like=Table.of(ROWS))
        assert asked.aligned(Table.of(ROWS)).names == ("age", "bmi") == asked.columns

    def test_an_array_with_names_is_matched_by_them(self, model):
        turned = Table.of(ROWS[:, ::-1], names=["bmi", "age"])
        aligned = predictor(model, like=turned).aligned(turned)
        assert aligned.column("age").tolist() == ROWS[:, 0].tolist()
        assert aligned.names == ("age", "bmi")

    def test_a_function_knows_the_names_it_was_shown(self):
        asked = predictor(first, like=Table.of(FRAME))
        assert asked.columns is None
        with pytest.raises(TableError, match="background lacks 'bmi', which whence was first show"):
            asked.aligned(Table.of(FRAME[["age"]], what="background"))
