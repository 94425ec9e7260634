"""Readers of model files, and small good files of every kind.

A damaged file that is still read must be asked without harm; where whence reads its trees itself,
they must say what the library says.
"""

import io
import os
import re
import tempfile
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from fuzz.damage import Reader
from whence import WhenceError
from whence.models import Table, predictor
from whence.models.files import load
from whence.models.trees import read_trees
from whence.models.trees.faithful import raw as margins

ROWS = np.random.default_rng(7).normal(size=(12, 4))
ROWS[3, 1] = np.nan
_CHANCE = np.random.default_rng(8)
_X = _CHANCE.normal(size=(160, 4))
_Y = _X[:, 0] + _X[:, 1] * (_X[:, 2] > 0)
_SEVERAL = np.digitize(_Y, [-0.5, 0.5])


def _asks(suffix, *, trees=True, rows=ROWS):
    """A function of a file's bytes that reads it, asks it, and compares its trees with it."""
    path = Path(tempfile.gettempdir()) / f"fuzz-{os.getpid()}"

    def read(raw):
        place = path.with_suffix(f".{os.getpid()}{suffix}")
        place.write_bytes(raw)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _ask(place, rows, trees)
        finally:
            place.unlink()

    return read


def _ask(place, rows, trees):
    model = load(place)
    frame = rows
    if not isinstance(rows, np.ndarray):
        frame = rows.copy()
    asked = predictor(model, like=Table.of(frame))
    with suppress(WhenceError):  # a damaged model may answer nonsense, as long as that is said
        asked(asked.aligned(Table.of(frame)).frame())
    if not trees:
        return
    try:
        ensemble = read_trees(model)
        said = ensemble.predict(frame)
    except WhenceError:
        return
    answers = margins(model, frame)
    assert said.shape == answers.shape
    with np.errstate(over="ignore", invalid="ignore"):
        close = np.isclose(said, answers, rtol=1e-4, atol=1e-5, equal_nan=True)
    assert close.all(), f"{said[:3]} is not {answers[:3]}"


def lightgbm():
    import lightgbm as lgb

    shared = {"n_estimators": 3, "num_leaves": 6, "verbose": -1, "n_jobs": 1}
    made = [
        lgb.LGBMRegressor(**shared).fit(_X, _Y),
        lgb.LGBMClassifier(**shared).fit(_X, _SEVERAL),
        lgb.LGBMClassifier(**shared).fit(_X, _Y > 0),
        lgb.LGBMRegressor(**shared, linear_tree=True).fit(_X, _Y),
        lgb.LGBMRegressor(**shared, boosting="rf", bagging_fraction=0.5, bagging_freq=1).fit(
            _X, _Y
        ),
    ]
    coded = _X.copy()
    coded[:, 3] = _CHANCE.integers(0, 40, len(coded))
    made.append(
        lgb.LGBMRegressor(
            **shared, max_cat_to_onehot=1, cat_smooth=1, min_data_per_group=2, min_child_samples=2
        ).fit(coded, _Y + (coded[:, 3] % 3), categorical_feature=[3])
    )
    return Reader([m.booster_.model_to_string().encode() for m in made], _asks(".txt"))


def _xgboosts():
    import xgboost as xgb

    shared = {"n_estimators": 3, "max_depth": 3, "n_jobs": 1}
    frame = _frame()
    made = [
        xgb.XGBRegressor(**shared).fit(_X, _Y),
        xgb.XGBClassifier(**shared).fit(_X, _SEVERAL),
        xgb.XGBClassifier(**shared).fit(_X, _Y > 0),
        xgb.XGBRegressor(**shared, booster="dart", rate_drop=0.5).fit(_X, _Y),
        xgb.XGBRegressor(**shared, multi_strategy="multi_output_tree").fit(_X, _X[:, :2]),
        xgb.XGBRegressor(**shared, gamma=3, tree_method="exact").fit(_X, _Y),
        xgb.XGBRegressor(**shared, booster="gblinear").fit(np.nan_to_num(_X), _Y),
        xgb.XGBRegressor(**shared, enable_categorical=True, max_cat_to_onehot=1).fit(frame, _Y),
    ]
    return [m.get_booster() for m in made], made


def _frame():
    import pandas as pd

    frame = pd.DataFrame(_X, columns=list("abcd"))
    return frame.assign(d=pd.Categorical(_CHANCE.choice(list("uvwxyz"), len(frame))))


def _saved(models, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        files = []
        for model in models:
            model.save_model(str(path))
            files.append(path.read_bytes())
    return files


def xgboost_json():
    boosters, estimators = _xgboosts()
    return Reader([*_saved(boosters, ".json"), *_saved(estimators, ".json")], _asks(".json"))


def xgboost_ubj():
    boosters, estimators = _xgboosts()
    return Reader([*_saved(boosters, ".ubj"), *_saved(estimators, ".ubj")], _asks(".ubj"))


def catboost():
    import catboost as cb

    shared = {"iterations": 3, "depth": 3, "verbose": 0, "allow_writing_files": False,
              "thread_count": 1}  # fmt: skip
    made = [
        cb.CatBoostRegressor(**shared).fit(_X, _Y),
        cb.CatBoostClassifier(**shared).fit(_X, _SEVERAL),
        cb.CatBoostClassifier(**shared).fit(_X, _Y > 0),
        cb.CatBoostRegressor(**shared, grow_policy="Lossguide", max_leaves=5).fit(_X, _Y),
        cb.CatBoostRegressor(**shared, border_count=600).fit(_X, _Y),
    ]
    return Reader(_saved(made, ".cbm"), _asks(".cbm"))


def catboost_categories():
    import catboost as cb

    shared = {"iterations": 3, "depth": 3, "verbose": 0, "allow_writing_files": False,
              "thread_count": 1}  # fmt: skip
    frame = _frame().assign(d=_CHANCE.choice(list("uvwxyz"), len(_X)))
    effect = _Y + 2 * frame["d"].isin(["u", "w"])
    made = [
        cb.CatBoostRegressor(**shared, cat_features=["d"]).fit(frame, effect),
        cb.CatBoostRegressor(**shared, cat_features=["d"], one_hot_max_size=9).fit(frame, effect),
        cb.CatBoostClassifier(**shared, cat_features=["d"], one_hot_max_size=1).fit(
            frame, frame["d"].isin(["u", "w"])
        ),
    ]
    rows = frame.iloc[:12].reset_index(drop=True)
    return Reader(_saved(made, ".cbm"), _asks(".cbm", trees=False, rows=rows))


def skops_trees():
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        IsolationForest,
        RandomForestRegressor,
    )
    from sklearn.tree import DecisionTreeRegressor

    made = [
        DecisionTreeRegressor(max_depth=3),
        RandomForestRegressor(3, max_depth=3, random_state=0),
        ExtraTreesClassifier(3, max_depth=3, random_state=0),
        GradientBoostingClassifier(n_estimators=2, max_depth=2),
        HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=5, categorical_features=[3]),
        IsolationForest(n_estimators=3, max_samples=20, random_state=0),
    ]
    coded = _X.copy()
    coded[:, 3] = np.abs(np.round(coded[:, 3]))
    rows = np.nan_to_num(ROWS)
    rows[:, 3] = np.abs(np.round(rows[:, 3]))
    return Reader([_skops(m.fit(coded, _SEVERAL)) for m in made], _asks(".skops", rows=rows))


def skops_others():
    import catboost as cb
    import lightgbm as lgb
    import xgboost as xgb
    from sklearn.cluster import KMeans
    from sklearn.ensemble import StackingRegressor
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
    from sklearn.svm import SVC, SVR

    small = {"n_estimators": 2, "max_depth": 2, "n_jobs": 1}
    made = [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(KBinsDiscretizer(3), SVC()),
        make_pipeline(OneHotEncoder(handle_unknown="ignore"), Ridge()),
        SVR(),
        KNeighborsClassifier(3, algorithm="kd_tree", leaf_size=10),
        KNeighborsClassifier(3, algorithm="brute"),
        make_pipeline(KMeans(3, n_init=1, random_state=0), Ridge()),
        StackingRegressor([("a", Ridge()), ("b", SVR())]),
        MLPRegressor(hidden_layer_sizes=(4,), max_iter=3),
        GaussianProcessRegressor(),
        xgb.XGBClassifier(**small),
        lgb.LGBMClassifier(**small, verbose=-1),
        cb.CatBoostClassifier(2, depth=2, verbose=0, allow_writing_files=False, thread_count=1),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = [_skops(m.fit(_X[:60], _SEVERAL[:60])) for m in made]
    return Reader(files, _asks(".skops", trees=False, rows=np.nan_to_num(ROWS)))


def _skops(model):
    """A model's file, whose numbers of objects and names of members are the same in every run."""
    from skops.io import dumps

    with zipfile.ZipFile(io.BytesIO(dumps(model))) as old:
        schema = old.read("schema.json").decode()
        names = dict.fromkeys(re.findall(r'"file": "([^"]+)"', schema))
        numbers = dict.fromkeys(re.findall(r'"__id__": (\d+)', schema))
        for k, number in enumerate(numbers):
            schema = re.sub(rf'"__id__": {number}\b', f'"__id__": {k}', schema)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as new:
            for k, name in enumerate(names):
                place = f"{k}.{name.rpartition('.')[2]}"
                schema = schema.replace(f'"file": "{name}"', f'"file": "{place}"')
                new.writestr(zipfile.ZipInfo(place), old.read(name))
            new.writestr(zipfile.ZipInfo("schema.json"), schema)
    return made.getvalue()


def onnx():
    from skl2onnx import to_onnx
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    X = _X.astype(np.float32)
    made = [
        make_pipeline(StandardScaler(), LogisticRegression()).fit(X, _SEVERAL),
        GradientBoostingClassifier(n_estimators=2, max_depth=2).fit(X, _SEVERAL),
        RandomForestRegressor(2, max_depth=2).fit(X, _Y),
        LinearRegression().fit(X, _Y),
        KNeighborsClassifier(3).fit(X[:20], _SEVERAL[:20]),
        SVC().fit(X[:40], _SEVERAL[:40]),
    ]
    files = [to_onnx(m, X[:1]).SerializeToString() for m in made]
    rows = np.nan_to_num(ROWS).astype(np.float32)
    return Reader(files, _asks(".onnx", trees=False, rows=rows))


EVERY = (
    *("lightgbm", "xgboost_json", "xgboost_ubj", "catboost", "catboost_categories"),
    *("skops_trees", "skops_others", "onnx"),
)
