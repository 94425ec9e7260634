"""Files: what is opened, what is refused, and that nothing runs unasked."""

import pickle
import sys

import numpy as np
import pytest

from whence._core.errors import ModelFileError
from whence.models import Table, predictor
from whence.models.files import load

LIKE = Table.of(np.arange(8.0).reshape(4, 2))
pytest.importorskip("sklearn")
from sklearn.linear_model import LinearRegression  # noqa: E402


@pytest.fixture(scope="module")
def model():
    return LinearRegression().fit(LIKE.frame(), np.arange(4))


class Bomb:
    """Opening it leaves a trace."""

    went_off = []

    def __reduce__(self):
        return (Bomb.went_off.append, (1,))


@pytest.mark.parametrize(
    "name", ["m.pkl", "m.pickle", "m.joblib", "m.json", "m.onnx", "m", "m.txt"]
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_a_pickle_under_any_name(tmp_path, name, protocol):
    (tmp_path / name).write_bytes(pickle.dumps(Bomb(), protocol))
    says = r"^this file would run code when opened \(pickle\). If you trust it: --unpickle. Safer: "
    with pytest.raises(ModelFileError, match=says):
        load(tmp_path / name)
    assert not Bomb.went_off


@pytest.mark.parametrize("name", ["m.pkl", "m.joblib", "m.json"])
def test_a_pickle_is_opened_when_spelt_out(tmp_path, model, name):
    import joblib

    if name == "m.joblib":
        joblib.dump(model, tmp_path / name, compress=3)
    else:
        (tmp_path / name).write_bytes(pickle.dumps(model))
    with pytest.raises(ModelFileError, match="would run code"):
        predictor(tmp_path / name, like=LIKE)
    asked = predictor(str(tmp_path / name), like=LIKE, unpickle=True)
    assert asked.name == f"LinearRegression ({name})"
    assert np.allclose(asked(LIKE.frame())[:, 0], np.arange(4))


def test_skops(tmp_path):
    sio = pytest.importorskip("skops.io")
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

    X = np.random.default_rng(0).normal(size=(60, 2))
    for made in (
        LinearRegression(),
        HistGradientBoostingRegressor(max_iter=3),
        RandomForestRegressor(3),
    ):
        made.fit(X, X[:, 0])
        sio.dump(made, tmp_path / "m.skops")
        asked = predictor(tmp_path / "m.skops", like=Table.of(X))
        assert np.allclose(asked(X)[:, 0], made.predict(X))


class Stranger(LinearRegression):
    """Not of a package that whence knows."""


@pytest.mark.parametrize("strange", [np.load, Stranger()])
def test_skops_of_strangers_is_refused(tmp_path, strange):
    sio = pytest.importorskip("skops.io")
    from sklearn.preprocessing import FunctionTransformer

    sio.dump(FunctionTransformer(strange), tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=r"types that whence does not trust.*--trust TYPE"):
        load(tmp_path / "m.skops")


@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.unknown"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_xgboost_files(tmp_path, numbers, name, wrapped):
    xgb = pytest.importorskip("xgboost")
    X, _, y, _ = numbers
    made = xgb.XGBClassifier(n_estimators=4, n_jobs=1).fit(X, y)
    path = tmp_path / ("m.json" if name == "m.unknown" else name)
    (made if wrapped else made.get_booster()).save_model(path)
    path = path.rename(tmp_path / name)
    asked = predictor(path, like=Table.of(X))
    assert asked.classes == (0, 1)
    assert np.allclose(asked(X), made.predict_proba(X))
    assert asked.name == f"{'XGBClassifier' if wrapped else 'XGBoost booster'} ({name})"


def test_catboost_files(tmp_path, numbers, mixed):
    cb = pytest.importorskip("catboost")
    X, y = mixed[0].assign(region=mixed[0]["region"].fillna("?").astype(str)), mixed[1]
    made = cb.CatBoostClassifier(
        4, verbose=0, cat_features=["region", "plan"], allow_writing_files=False, thread_count=1
    ).fit(X, y)
    made.save_model(str(tmp_path / "m.cbm"))
    asked = predictor(tmp_path / "m.cbm", like=Table.of(X))
    assert asked.classes == ("no", "yes")
    aligned = asked.aligned(Table.of(X))
    assert np.allclose(asked(aligned.frame()), made.predict_proba(X))
    regressor = cb.CatBoostRegressor(4, verbose=0, allow_writing_files=False, thread_count=1)
    regressor.fit(numbers[0], numbers[1]).save_model(str(tmp_path / "r.cbm"))
    assert predictor(tmp_path / "r.cbm", like=Table.of(numbers[0])).space == "value"


NOISE = b"\x08hello, this is no model"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.onnx", None, "there is no file .*gone.onnx"),
        ("empty.json", b"", "is empty"),
        (
            "j.json",
            b'{"alpha": 1, "beta": 2}',
            "JSON, but not an XGBoost model: it holds 'alpha'",
        ),
        ("j.json", b"[1, 2]", "it holds 'a list', and no 'learner'"),
        (
            "j.json",
            b'{"learner":',
            "should be an XGBoost model, and cannot be read: its JSON is broken",
        ),
        ("j.json", b'{"learner": {}}', "should be an XGBoost model, and cannot be read: it has no"),
        ("m.ubj", NOISE, "is not an XGBoost model: it starts with"),
        ("m.onnx", NOISE, "should be an ONNX model, and cannot be read"),
        ("m.cbm", NOISE, "is not a CatBoost model: it starts with b'.x08hello"),
        ("m.cbm", b"CBM1" + NOISE, "should be a CatBoost model, and cannot be read"),
        ("m.txt", b"notes\nmore", "is not a LightGBM model: it starts with 'notes'"),
        ("m.txt", b"tree\nnonsense", "should be a LightGBM model, and cannot be read"),
        ("m.skops", NOISE, "is not a skops file: it starts with"),
        ("m.pkl", b"\x80\x04", "should be a pickle, and cannot be read"),
        ("m.bin", NOISE, "is not a model that whence can read: it starts with b'.x08hello"),
    ],
)
def test_what_is_no_model(tmp_path, name, content, says):
    for package in {"m.ubj": ["xgboost"], "j.json": ["xgboost"], "m.onnx": ["onnxruntime"]}.get(
        name, ["lightgbm", "catboost", "skops"]
    ):
        pytest.importorskip(package)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=says) as caught:
        load(tmp_path / name, unpickle=True)
    assert "Stack trace" not in str(caught.value)


def test_near_names_and_folders(tmp_path):
    (tmp_path / "churn.json").write_bytes(b"{}")
    with pytest.raises(ModelFileError, match=r"Did you mean 'churn.json'"):
        load(tmp_path / "chrun.json")
    with pytest.raises(ModelFileError, match="is a folder"):
        load(tmp_path)


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "mine_abc.py").write_text(
        "class Box:\n    @staticmethod\n    def score(X):\n        return X[:, 0]\n"
        "def score(X):\n    return X[:, 0]\n"
    )
    (tmp_path / "broken_abc.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("mine_abc", "broken_abc"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("module")
def test_objects_by_name():
    for place in ("mine_abc:score", "mine_abc:Box.score"):
        asked = predictor(place, like=LIKE)
        assert asked.name == f"function score ({place})"
        assert asked(LIKE.frame())[:, 0].tolist() == [0, 2, 4, 6]


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nowhere_abc:model", "there is no module 'nowhere_abc'"),
        ("mine_abc:scor", "mine_abc has no 'scor'. Did you mean 'score'"),
        ("broken_abc:model", "broken_abc cannot be imported: ZeroDivisionError"),
    ],
)
def test_objects_that_are_not_there(place, says):
    with pytest.raises(ModelFileError, match=says):
        load(place)
