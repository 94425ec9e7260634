"""Fitted models, one maker each: the model, the frame it was fitted on, and what to ask it."""

import numpy as np
import pytest


def numbered(numbers, *, named):
    import pandas as pd

    X, t, y, y3 = numbers
    return (pd.DataFrame(X, columns=["a", "b", "c", "d"]) if named else X), t, y, y3


def encoded():
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    words = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "visits"]),
        (words, ["region", "plan"]),
    )


def linear(numbers, mixed, *, named):
    from sklearn.linear_model import LinearRegression

    X, t, _, _ = numbered(numbers, named=named)
    return LinearRegression().fit(X, t), X, "predict"


def forest(numbers, mixed):
    from sklearn.ensemble import RandomForestClassifier

    X, _, _, y3 = numbered(numbers, named=True)
    labels = np.array(["low", "mid", "high"])[y3]
    return RandomForestClassifier(12, random_state=0, n_jobs=2).fit(X, labels), X, "predict_proba"


def boosting(numbers, mixed):
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, _, _, y3 = numbered(numbers, named=True)
    return HistGradientBoostingClassifier(max_iter=8).fit(X, y3), X, "predict_proba"


def network(numbers, mixed):
    from sklearn.neural_network import MLPClassifier

    X, _, y, _ = numbered(numbers, named=False)
    model = MLPClassifier((40, 40), max_iter=20, random_state=0, early_stopping=True)
    model.n_iter_no_change = 3
    return model.fit(X, y == 1), X, "predict_proba"


def pipeline(numbers, mixed):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(encoded(), LogisticRegression()).fit(*mixed), mixed[0], "predict_proba"


def search(numbers, mixed):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(encoded(), LogisticRegression())
    grid = GridSearchCV(model, {"logisticregression__C": [0.1, 1.0]}, cv=2)
    return grid.fit(*mixed), mixed[0], "predict_proba"


def categories(mixed):
    X, y = mixed
    return X.assign(region=X["region"].astype("category")), y


def xgb_plain(numbers, mixed):
    xgb = pytest.importorskip("xgboost")
    X, _, _, y3 = numbered(numbers, named=False)
    return xgb.XGBClassifier(n_estimators=5, n_jobs=1).fit(X, y3), X, "predict_proba"


def xgb_categories(numbers, mixed):
    xgb = pytest.importorskip("xgboost")
    X, y = categories(mixed)
    model = xgb.XGBClassifier(n_estimators=5, n_jobs=1, enable_categorical=True)
    return model.fit(X, (y == "yes").astype(int)), X, "predict_proba"


def xgb_regressor(numbers, mixed):
    xgb = pytest.importorskip("xgboost")
    X, t, _, _ = numbered(numbers, named=True)
    return xgb.XGBRegressor(n_estimators=5, n_jobs=1).fit(X, t), X, "predict"


def lgb_plain(numbers, mixed):
    lgb = pytest.importorskip("lightgbm")
    X, _, _, y3 = numbered(numbers, named=False)
    return lgb.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(X, y3), X, "booster"


def lgb_categories(numbers, mixed):
    lgb = pytest.importorskip("lightgbm")
    X, y = categories(mixed)
    return lgb.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(X, y), X, "predict_proba"


def lgb_regressor(numbers, mixed):
    lgb = pytest.importorskip("lightgbm")
    X, t, _, _ = numbered(numbers, named=True)
    return lgb.LGBMRegressor(n_estimators=5, n_jobs=1, verbose=-1).fit(X, t), X, "predict"


def cat_text(numbers, mixed):
    cb = pytest.importorskip("catboost")
    X, y = mixed
    X = X.assign(region=X["region"].fillna("?").astype(str), plan=X["plan"].astype(str))
    model = cb.CatBoostClassifier(
        5, verbose=0, thread_count=1, allow_writing_files=False, cat_features=["region", "plan"]
    )
    return model.fit(X, y), X, "predict_proba"


def cat_plain(numbers, mixed):
    cb = pytest.importorskip("catboost")
    X, t, _, _ = numbered(numbers, named=False)
    model = cb.CatBoostRegressor(5, verbose=0, thread_count=1, allow_writing_files=False)
    return model.fit(X, t), X, "predict"


MODELS = {
    "linear on numpy": (lambda n, m: linear(n, m, named=False), "value", None),
    "linear on pandas": (lambda n, m: linear(n, m, named=True), "value", None),
    "forest": (forest, "probability", ("high", "low", "mid")),
    "boosting": (boosting, "probability", (0, 1, 2)),
    "network": (network, "probability", (False, True)),
    "pipeline": (pipeline, "probability", ("no", "yes")),
    "search": (search, "probability", ("no", "yes")),
    "xgboost on numpy": (xgb_plain, "probability", (0, 1, 2)),
    "xgboost with categories": (xgb_categories, "probability", (0, 1)),
    "xgboost regressor": (xgb_regressor, "value", None),
    "lightgbm on numpy": (lgb_plain, "probability", (0, 1, 2)),
    "lightgbm with categories": (lgb_categories, "probability", ("no", "yes")),
    "lightgbm regressor": (lgb_regressor, "value", None),
    "catboost with text": (cat_text, "probability", ("no", "yes")),
    "catboost on numpy": (cat_plain, "value", None),
}


def own_answer(model, X, method):
    """What the model itself says on what it was fitted on."""
    if method == "booster":
        return model.booster_.predict(X)
    return getattr(model, method)(X)
