"""Raw boosters: objectives become spaces, two columns and labels; categories survive any frame."""

import numpy as np
import pytest

from whence._core.errors import ModelError, TableError
from whence.models import Table, predictor

pd = pytest.importorskip("pandas")
pytest.importorskip("polars")
KINDS = ("numpy", "pandas", "polars")


@pytest.fixture(scope="module")
def frame(mixed):
    X, y = mixed
    return X.assign(region=X["region"].astype("category")), (y == "yes").astype(int)


def given(X, kind):
    table = Table.of(X).to(kind)
    return Table.of(table.frame()) if kind == "numpy" else table


XGB = {
    "binary:logistic": ("probability", ("0", "1")),
    "binary:logitraw": ("log-odds", ("prediction",)),
    "multi:softprob": ("probability", ("0", "1", "2")),
    "multi:softmax": ("probability", ("0", "1", "2")),
    "reg:squarederror": ("value", ("prediction",)),
    "reg:logistic": ("value", ("prediction",)),
    "count:poisson": ("value", ("prediction",)),
    "rank:pairwise": ("raw", ("prediction",)),
    "survival:cox": ("raw", ("prediction",)),
}


@pytest.mark.parametrize("objective", XGB)
def test_xgboost_objectives(numbers, objective):
    xgb = pytest.importorskip("xgboost")
    X, _, y, y3 = numbers
    labels = y3 if objective.startswith("multi") else y
    data = xgb.DMatrix(X, label=labels)
    if objective.startswith("rank"):
        data.set_group([100, 100])
    more = {"num_class": 3} if objective.startswith("multi") else {}
    booster = xgb.train({"objective": objective, "nthread": 1, **more}, data, 4)
    asked = predictor(booster, like=Table.of(X))
    space, outputs = XGB[objective]
    assert (asked.space, asked.outputs, asked.name) == (space, outputs, "XGBoost booster")
    assert (asked.classes is not None) == (space == "probability")
    answer, own = asked(X), booster.predict(xgb.DMatrix(X))
    if objective == "multi:softmax":
        assert (answer.argmax(axis=1) == own).all()
    elif objective == "binary:logistic":
        assert np.allclose(answer[:, 1], own)
    else:
        assert np.allclose(answer, own.reshape(len(X), -1))


@pytest.mark.parametrize("kind", KINDS)
def test_xgboost_booster_with_categories(frame, kind):
    xgb = pytest.importorskip("xgboost")
    X, y = frame
    data = xgb.DMatrix(X, label=y, enable_categorical=True)
    booster = xgb.train({"objective": "binary:logistic", "nthread": 1}, data, 5)
    asked = predictor(booster, like=given(X, kind))
    some = asked.aligned(given(X.iloc[::-3], kind))
    pool = some.above(asked.aligned(given(X, "pandas")))
    own = booster.predict(data)
    assert np.allclose(asked(some.frame())[:, 1], own[::-3])
    assert np.allclose(asked(pool.frame())[:, 1], np.concatenate([own[::-3], own]))


def test_xgboost_text_of_few_categories_means_the_same(frame):
    """Kills: codes by order of appearance. One row knows one category only."""
    xgb = pytest.importorskip("xgboost")
    X, y = frame
    model = xgb.XGBClassifier(n_estimators=5, n_jobs=1, enable_categorical=True).fit(X, y)
    whole = model.predict_proba(X)
    for row in range(0, 40, 7):
        one = given(X.iloc[[row]].astype(object), "pandas")
        one = Table.of(one.to("numpy").frame())
        asked = predictor(model, like=one)
        assert np.allclose(asked(asked.aligned(one).frame()), whole[row])


LGB = {
    "binary": ("probability", ("0", "1")),
    "multiclass": ("probability", ("0", "1", "2")),
    "regression": ("value", ("prediction",)),
    "quantile": ("value", ("prediction",)),
    "lambdarank": ("raw", ("prediction",)),
}


@pytest.mark.parametrize("objective", LGB)
def test_lightgbm_objectives(numbers, objective, tmp_path):
    lgb = pytest.importorskip("lightgbm")
    X, _, y, y3 = numbers
    group = [100, 100] if objective == "lambdarank" else None
    data = lgb.Dataset(X, label=y3 if objective == "multiclass" else y, group=group)
    more = {"num_class": 3} if objective == "multiclass" else {}
    options = {"objective": objective, "num_threads": 1, "verbose": -1, **more}
    booster = lgb.train(options, data, 4)
    booster.save_model(tmp_path / "model.txt")
    for model in (booster, tmp_path / "model.txt"):
        asked = predictor(model, like=Table.of(X))
        assert (asked.space, asked.outputs) == LGB[objective]
        own = booster.predict(X).reshape(len(X), -1)
        assert np.allclose(asked(X)[:, -own.shape[1] :], own)


@pytest.mark.parametrize("kind", KINDS)
def test_lightgbm_booster_with_categories(frame, kind, tmp_path):
    lgb = pytest.importorskip("lightgbm")
    X, y = frame
    booster = lgb.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(X, y).booster_
    booster.save_model(tmp_path / "churn.txt")
    for model, name in ((booster, ""), (tmp_path / "churn.txt", " (churn.txt)")):
        asked = predictor(model, like=given(X, kind))
        few = asked.aligned(given(X.iloc[:5], kind))
        assert np.allclose(asked(few.frame())[:, 1], booster.predict(X)[:5])
        assert asked.name == f"LightGBM booster{name}"


def test_catboost_categories_in_an_array_of_floats(numbers):
    cb = pytest.importorskip("catboost")
    X = np.column_stack([numbers[0][:, 0], np.arange(200) % 3]).astype(object)
    X[:, 1] = X[:, 1].astype(int)
    model = cb.CatBoostRegressor(
        5, verbose=0, cat_features=[1], thread_count=1, allow_writing_files=False
    ).fit(X, numbers[1])
    for rows in (X, X.astype(float)):
        asked = predictor(model, like=Table.of(rows))
        assert np.allclose(asked(asked.aligned(Table.of(rows)).frame())[:, 0], model.predict(X))
    wrong = X.astype(float)
    wrong[0, 1] = 0.5
    with pytest.raises(ModelError, match="CatBoostRegressor failed"):
        asked(wrong)


@pytest.mark.parametrize(
    ("loss", "space"), [("RMSE", "value"), ("Quantile", "value"), ("Logloss", "probability")]
)
def test_catboost_without_a_wrapper(numbers, loss, space):
    cb = pytest.importorskip("catboost")
    X, t, y, _ = numbers
    options = {"loss_function": loss, "iterations": 4, "verbose": 0, "thread_count": 1}
    model = cb.CatBoost({**options, "allow_writing_files": False})
    model.fit(X, y if loss == "Logloss" else t)
    asked = predictor(model, like=Table.of(X))
    assert (asked.space, asked.name) == (space, "CatBoost model")
    kind = "Probability" if loss == "Logloss" else "RawFormulaVal"
    own = model.predict(X, prediction_type=kind).reshape(len(X), -1)
    assert np.allclose(asked(X), own)


def test_catboost_ranker_is_raw(numbers):
    cb = pytest.importorskip("catboost")
    X, _, y, _ = numbers
    model = cb.CatBoostRanker(iterations=4, verbose=0, allow_writing_files=False, thread_count=1)
    model.fit(X, y, group_id=np.repeat([0, 1], 100))
    assert predictor(model, like=Table.of(X)).space == "raw"


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("xgboost", "XGBClassifier"),
        ("lightgbm", "LGBMRegressor"),
        ("catboost", "CatBoostClassifier"),
    ],
)
def test_unfitted(package, name):
    kind = getattr(pytest.importorskip(package), name)
    with pytest.raises(ModelError, match=rf"{name} is not fitted: call .fit\(X, y\)"):
        predictor(kind(), like=Table.of(np.ones((3, 2))))


def test_columns_are_refused_by_name(frame):
    lgb = pytest.importorskip("lightgbm")
    X, y = frame
    model = lgb.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, y)
    with pytest.raises(TableError, match="X lacks 'plan'"):
        predictor(model, like=Table.of(X.drop(columns="plan")))
    with pytest.raises(TableError, match="X has 'churned', and the model was fitted with other"):
        predictor(model, like=Table.of(X.assign(churned=1)))


def test_old_xgboost_is_refused_where_it_would_guess(frame, monkeypatch):
    xgb = pytest.importorskip("xgboost")
    X, y = frame
    model = xgb.XGBClassifier(n_estimators=2, n_jobs=1, enable_categorical=True).fit(X, y)
    monkeypatch.setattr(xgb, "__version__", "2.1.4")
    with pytest.raises(ModelError, match=r"'region', 'plan' are categories, and XGBoost 2.1.4"):
        predictor(model, like=Table.of(X))


def test_xgboost_whole_numbers_as_categories_from_an_array_of_floats(numbers):
    xgb = pytest.importorskip("xgboost")
    X = pd.DataFrame({"a": numbers[0][:, 0], "k": pd.Categorical(np.arange(200) % 4)})
    model = xgb.XGBRegressor(n_estimators=6, n_jobs=1, enable_categorical=True)
    model.fit(X, numbers[1] + np.arange(200) % 4)
    rows = Table.of(np.column_stack([X["a"], np.arange(200) % 4]))
    asked = predictor(model, like=rows)
    assert np.allclose(asked(asked.aligned(rows).frame())[:, 0], model.predict(X))


def test_a_sum_of_catboost_models_says_what_it_was_fitted_to_in_its_metadata(frame):
    cb = pytest.importorskip("catboost")
    X, y = frame
    X, like = X[["age", "visits"]], Table.of(X[["age", "visits"]])
    settings = {"iterations": 3, "verbose": 0, "thread_count": 1}
    fits = {
        "probability": [cb.CatBoostClassifier(**settings, random_seed=s).fit(X, y) for s in (0, 1)],
        "value": [cb.CatBoostRegressor(**settings, random_seed=s).fit(X, y) for s in (0, 1)],
    }
    for space, models in fits.items():
        total = cb.sum_models(models, weights=[0.5, 0.5])
        asked = predictor(total, like=like)
        assert asked.space == space
        raw = total.predict(X, prediction_type="RawFormulaVal")
        want = 1 / (1 + np.exp(-raw)) if space == "probability" else raw
        assert np.allclose(asked(X)[:, -1], want)
