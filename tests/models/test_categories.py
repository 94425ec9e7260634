"""Columns that hold no category that the model knows are refused, and only those."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import ModelError, TableError
from whence.models import Table, predictor
from whence.models.categories import Listed, refuse_unknown
from whence.models.encoders import known_categories, numeric_columns

pd = pytest.importorskip("pandas")

ZIPS = ("00123", "02144", "10115")
CITIES = ("Aarhus", "Berlin")


def refused(cells, known, words):
    table = Table.of(pd.DataFrame({"zip": cells}))
    with pytest.raises(TableError) as error:
        refuse_unknown(table, Listed({"zip": known}))
    for word in ('column "zip" of X', *words):
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("cells", "known", "words"),
    [
        ([10115], ZIPS, ["numbers (such as 10115)", "text ('00123'"]),
        ([10115.0, np.nan], ZIPS, ["numbers (such as 10115.0)"]),
        (pd.Categorical([123, 10115]), ZIPS, ["numbers (such as 123)"]),
        ([True, False] * 9, ("False", "True"), ["numbers (such as True)", "'False'"]),
        (["1", "2"], (1, 2), ["text (such as '1')", "numbers (1, 2)"]),
        (["123", "10115"], ZIPS, ["'123'", "'00123'", "leading zeros"]),
        (["Berlin "], CITIES, ["'Berlin '", "'Berlin'", "0 of 1 cells"]),
        (["1.0"], ("1", "2"), ["'1.0' is not '1'"]),
        (["Oslo"] * 5, CITIES, ["'Oslo'", "'Aarhus'", "0 of 5 cells"]),
        (["Oslo"] * 39 + ["Berlin"], CITIES, ["1 of 40 cells"]),
    ],
)
def test_what_the_model_would_take_for_missing(cells, known, words):
    refused(cells, known, words)


@pytest.mark.parametrize(
    ("cells", "known"),
    [
        (["Oslo"], CITIES),  # one row of a new place
        (["Oslo"] * 4, CITIES),
        (["Oslo"] * 38 + ["Berlin"] * 2, CITIES),
        ([None, None, None, None, None], CITIES),
        ([1.0, 2.0, np.nan], (1, 2)),
        ([True, False], (0, 1)),
        ([0, 1], (False, True)),
        ([1, "a"] * 9, (1, "a")),
        (["a"] * 9, ("a", None, np.nan)),
    ],
)
def test_what_is_left_alone(cells, known):
    refuse_unknown(Table.of(pd.DataFrame({"zip": cells})), Listed({"zip": known}))


@pytest.fixture(scope="module")
def shop():
    """Codes that decide, a second category, and an amount."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "zip": rng.choice(ZIPS, 200),
            "plan": rng.choice(["basic", "plus"], 200),
            "amount": rng.normal(size=200).round(2),
        }
    )
    return X, (X.amount + 2 * (X.zip == "00123") > 1).astype(int)


def categorical(X):
    return X.assign(zip=X.zip.astype("category"), plan=X.plan.astype("category"))


def lightgbm(X, y):
    lgb = pytest.importorskip("lightgbm")
    return lgb.LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1).fit(categorical(X), y)


def xgboost(X, y):
    xgb = pytest.importorskip("xgboost")
    pytest.importorskip("pyarrow")
    model = xgb.XGBClassifier(n_estimators=5, enable_categorical=True, n_jobs=1)
    return model.fit(categorical(X), y)


def catboost(X, y):
    cb = pytest.importorskip("catboost")
    settings = {"iterations": 5, "depth": 3, "verbose": 0, "thread_count": 1}
    model = cb.CatBoostClassifier(**settings, cat_features=["zip", "plan"])
    return model.fit(X, y)


def histogram(X, y):
    ensemble = pytest.importorskip("sklearn.ensemble")
    model = ensemble.HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype")
    return model.fit(categorical(X), y)


def pipeline(X, y):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encoder = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer((encoder, ["zip", "plan"]), remainder=StandardScaler())
    return make_pipeline(columns, LogisticRegression()).fit(X, y)


FITTED = [lightgbm, xgboost, catboost, histogram, pipeline]


@pytest.fixture(scope="module", params=FITTED, ids=lambda fit: fit.__name__)
def fitted(request, shop):
    return request.param(*shop)


@pytest.mark.parametrize("kind", ["pandas", "polars", "numpy"])
def test_codes_that_were_read_as_numbers(fitted, shop, kind):
    """Mutant killed: unknown categories become missing, and zip matters to nobody."""
    X, _ = shop
    wrong = Table.of(X.assign(zip=X.zip.astype(int))).to(kind)
    with pytest.raises(TableError, match='"zip" of X') as error:
        predictor(fitted, like=wrong)
    assert "leading zeros" in str(error.value)
    assert "'00123'" in str(error.value) or "'02144'" in str(error.value)


def test_other_words_and_other_spellings(fitted, shop):
    X, _ = shop
    for cells in ("z" + X.zip, X.zip + " "):
        with pytest.raises(TableError, match='"zip" of X'):
            predictor(fitted, like=Table.of(X.assign(zip=cells)))
    with pytest.raises(TableError, match='"plan" of X'):
        predictor(fitted, like=Table.of(X.assign(plan=X.plan.str.upper() + "!")))


def test_the_background_is_judged_too(fitted, shop):
    X, _ = shop
    with pytest.raises(TableError, match='"zip" of background'):
        wh.explain(fitted, X[:2], background=X.assign(zip="z" + X.zip))


def test_right_rows_of_any_kind_are_answered_alike(fitted, shop):
    X, _ = shop
    pl = pytest.importorskip("polars")
    right = predictor(fitted, like=Table.of(X))
    want = right(right.aligned(Table.of(X)).frame())
    for rows in (categorical(X), pl.from_pandas(X), X[["amount", "plan", "zip"]]):
        asked = predictor(fitted, like=Table.of(rows))
        assert np.allclose(asked(asked.aligned(Table.of(rows)).frame()), want)


def test_catboost_knows_what_it_was_fitted_to_and_nothing_else(shop):
    """Against hashes that CatBoost makes; 40 codes, every one of them and no other."""
    cb = pytest.importorskip("catboost")
    from whence.models.catboost_categories import vocabulary

    rng = np.random.default_rng(1)
    codes = [f"{c:05d}" for c in rng.choice(99_999, 80, replace=False)]
    X = pd.DataFrame({"amount": rng.normal(size=400), "zip": rng.choice(codes[:40], 400)})
    settings = {"iterations": 3, "depth": 2, "verbose": 0, "thread_count": 1}
    model = cb.CatBoostRegressor(**settings, cat_features=[1]).fit(X, X.zip == codes[0])
    table = Table.of(pd.DataFrame({"zip": codes, "amount": 0.0}))
    known = vocabulary(model, ["amount", "zip"]).known(table)
    assert set(known["zip"]) == set(X.zip)


def test_a_column_that_a_model_failed_on_is_named(shop):
    X, y = shop
    model = pipeline(X, y)
    with pytest.raises(TypeError, match=r'does not fit is column "amount" \(such as \'x'):
        predictor(model, like=Table.of(X.assign(amount="x" + X.amount.astype(str))))
    amount = X.amount.astype(object)
    amount[57] = "abc"
    with pytest.raises(ModelError, match=r'column "amount" holds float .* and str \(\'abc\'\)'):
        wh.explain(model, X[:2], background=X.assign(amount=amount))


def test_an_unknown_category_that_a_model_fails_on_is_named(shop):
    X, y = shop
    model = pipeline(X, y).set_params(columntransformer__onehotencoder__handle_unknown="error")
    strange = X.assign(plan=X.plan.where(X.index != 57, "gold"))
    with pytest.raises(ModelError, match="column \"plan\" holds 'gold'"):
        wh.explain(model.fit(X, y), X[:2], background=strange)


def test_a_function_that_wants_text_is_told_the_column():
    X = pd.DataFrame({"zip": [1, 2, 3, 4], "amount": [0.0, 1.0, 2.0, 3.0]})
    with pytest.raises(TypeError, match=r'column "zip" \(such as 1\): with text'):
        predictor(lambda f: f["zip"].str.len() + f["amount"], like=Table.of(X))


def test_encoders_are_found_inside_searches_and_ensembles(shop):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import OrdinalEncoder

    X, y = shop
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OrdinalEncoder())
    text = make_column_selector(dtype_include=["object", "str"])
    line = make_pipeline(
        make_column_transformer((words, text), remainder="passthrough"), LogisticRegression()
    )
    search = GridSearchCV(line, {"logisticregression__C": [1.0]}, cv=2)
    want = {"zip": ZIPS, "plan": ("basic", "plus")}
    for model in (search, CalibratedClassifierCV(line, cv=2), make_union(words)):
        rows = X[["zip", "plan"]] if model.__class__.__name__ == "FeatureUnion" else X
        model.fit(rows, y)
        assert known_categories(model, list(rows)) == want
    assert known_categories(line, list(X)) == {}  # not fitted: it knows nothing
    assert numeric_columns(pipeline(X, y), list(X)) == {"amount"}


@pytest.mark.filterwarnings("error")
def test_cells_that_no_category_holds_are_missing_and_nothing_warns():
    from whence.models._pandas import PandasCells, categorised

    frame = pd.DataFrame({"zip": ["a", "w", None, "b"]})
    made = categorised(PandasCells(frame), {0: ("a", "b")}).native()["zip"]
    assert made.cat.categories.tolist() == ["a", "b"]
    assert made.cat.codes.tolist() == [0, -1, -1, 1]
