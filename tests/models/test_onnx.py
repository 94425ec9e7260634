"""ONNX: labels, probabilities zipped or not, one input or one for each column."""

import pickle
import warnings

import numpy as np
import pytest

from whence._core.errors import ModelError, ModelFileError, TableError
from whence.models import Table, predictor

ort = pytest.importorskip("onnxruntime")
pytest.importorskip("sklearn")
skl2onnx = pytest.importorskip("skl2onnx")
pd = pytest.importorskip("pandas")
pytest.importorskip("polars")
KINDS = ("numpy", "pandas", "polars")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")

    def save(name, model, X=None, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = skl2onnx.to_onnx(model, None if X is None else X[:1], **options)
        (folder / name).write_bytes(made.SerializeToString())
        return folder / name

    return save


@pytest.fixture(scope="module")
def small(numbers):
    return numbers[0].astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("labels", [["lo", "mid", "hi"], [-1, 5, 7]])
def test_classifiers(saved, small, numbers, kind, zipped, labels):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(small, np.array(labels)[numbers[3]])
    path = saved("c.onnx", model, small, options={id(model): {"zipmap": zipped}})
    table = Table.of(small).to(kind)
    asked = predictor(path, like=table)
    assert asked.classes == tuple(model.classes_.tolist())
    assert (asked.space, asked.kind) == ("probability", "numpy")
    assert asked.name == "ONNX model (c.onnx)"
    answer = asked(asked.aligned(table).frame())
    assert np.allclose(answer, model.predict_proba(small), atol=1e-5)


def test_forests_and_regressors(saved, small, numbers):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPRegressor

    model = RandomForestClassifier(5, random_state=0).fit(small, numbers[2])
    asked = predictor(saved("f.onnx", model, small), like=Table.of(small))
    assert asked.classes == (0, 1)
    assert np.allclose(asked(small), model.predict_proba(small), atol=1e-5)
    for model in (
        LinearRegression(),
        MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, solver="lbfgs"),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(small, numbers[1])
        asked = predictor(saved("r.onnx", model, small), like=Table.of(small))
        assert (asked.space, asked.outputs, asked.classes) == ("value", ("prediction",), None)
        assert np.allclose(asked(small)[:, 0], model.predict(small), atol=1e-4)


@pytest.fixture(scope="module")
def by_column(saved, mixed):
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    X, y = mixed
    X = X.assign(region=X["region"].fillna("north").astype(str), plan=X["plan"].astype(str))
    columns = make_column_transformer(
        (SimpleImputer(), ["age"]),
        ("passthrough", ["visits"]),
        (OneHotEncoder(handle_unknown="ignore"), ["region", "plan"]),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=2000)).fit(X, y)
    types = {"age": FloatTensorType, "visits": Int64TensorType}
    inputs = [(n, types.get(n, StringTensorType)([None, 1])) for n in X]
    return saved("p.onnx", model, initial_types=inputs), model, X


@pytest.mark.parametrize("kind", KINDS)
def test_one_input_for_each_column(by_column, kind):
    path, model, X = by_column
    table = Table.of(X).to(kind)
    table = Table.of(table.frame()) if kind == "numpy" else table
    asked = predictor(path, like=table)
    assert asked.columns == tuple(X.columns)
    assert asked.classes == ("no", "yes")
    aligned = asked.aligned(table)
    mixed_rows = aligned.mix(np.tile(np.arange(len(X))[:, None], (1, 4)))
    assert np.allclose(asked(mixed_rows), model.predict_proba(X), atol=1e-5)


def test_cells_that_no_tensor_holds_are_refused(by_column):
    path, _, X = by_column
    asked = predictor(path, like=Table.of(X))
    with pytest.raises(ModelError, match='column "region" has 1 missing cells'):
        asked(X.head(3).assign(region=["north", None, "east"]))
    with pytest.raises(ModelError, match=r'"visits" as tensor.int64., and some cells are'):
        asked(X.head(2).assign(visits=[1.5, 2.0]))
    with pytest.raises(ModelError, match='column "age" holds text'):
        asked(X.head(2).assign(age=["a", "b"]))


def test_a_session_of_the_users(saved, small, numbers):
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(small, numbers[1])
    path = saved("s.onnx", model, small)
    for session in (ort.InferenceSession(path), ort.InferenceSession(path.read_bytes())):
        asked = predictor(session, like=Table.of(small))
        assert np.allclose(asked(small)[:, 0], model.predict(small), atol=1e-4)


def test_the_onnx_packages_own_model(saved, small, numbers):
    onnx = pytest.importorskip("onnx")
    from sklearn.linear_model import LinearRegression

    path = saved("m.onnx", LinearRegression().fit(small, numbers[1]), small)
    assert predictor(onnx.load(path), like=Table.of(small)).space == "value"


@pytest.mark.parametrize(
    ("last", "columns", "space", "classes"),
    [
        ("Softmax", 3, "probability", (0, 1, 2)),
        ("Sigmoid", 1, "probability", (0, 1)),
        ("Sigmoid", 3, "raw", None),
        ("Identity", 3, "raw", None),
        ("Identity", 1, "raw", None),
    ],
)
def test_networks(small, last, columns, space, classes):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(size=(4, columns)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["X", "W"], ["z"]),
            helper.make_node(last, ["z"], ["Y"]),
        ],
        "net",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, columns])],
        [numpy_helper.from_array(weights, "W")],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    asked = predictor(model, like=Table.of(small))
    assert (asked.space, asked.classes) == (space, classes)
    assert asked(small).shape == (200, 2 if classes == (0, 1) else columns)


def test_text_for_a_model_of_numbers(saved, small, numbers):
    from sklearn.linear_model import LinearRegression

    path = saved("t.onnx", LinearRegression().fit(small, numbers[1]), small)
    with pytest.raises(TableError, match="X holds 'w', not numbers"):
        predictor(path, like=Table.of(pd.DataFrame({"a": [1], "b": [1], "c": [1], "w": ["x"]})))


def test_it_travels_to_workers(saved, small, numbers):
    import cloudpickle
    from sklearn.linear_model import LinearRegression

    path = saved("w.onnx", LinearRegression().fit(small, numbers[1]), small)
    asked = predictor(path, like=Table.of(small))
    again = cloudpickle.loads(cloudpickle.dumps(asked))
    assert np.array_equal(asked(small), again(small))


def _linear(path, weights, location):
    """A linear map whose weights lie in another file."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    held = numpy_helper.from_array(np.array(weights, np.float32)[:, None], "W")
    size = len(weights)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["X", "W"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [held],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(
        made, str(path), save_as_external_data=True, location="data.bin", size_threshold=0
    )
    if location != "data.bin":  # of the same length
        raw = path.read_bytes().replace(b"data.bin", location.encode())
        path.write_bytes(raw)
    return path


SMALL = np.eye(3, dtype=np.float32)


def test_weights_in_another_file_are_those_beside_the_model(tmp_path, monkeypatch):
    paths = {w: _linear(tmp_path / str(w) / "m.onnx", [w, 2, 3], "data.bin") for w in (1, 9)}
    (tmp_path / "empty").mkdir()
    for folder in ("1", "9", "empty"):
        monkeypatch.chdir(tmp_path / folder)
        for weight, path in paths.items():
            for model in (path, ort.InferenceSession(path)):
                asked = predictor(model, like=Table.of(SMALL))
                assert asked(SMALL)[:, 0].tolist() == [weight, 2, 3]


def test_weights_travel_to_workers(tmp_path):
    from whence.models.files import load

    session = load(_linear(tmp_path / "m.onnx", [1, 2, 3], "data.bin"))
    (tmp_path / "data.bin").unlink()
    again = pickle.loads(pickle.dumps(session))
    assert predictor(again, like=Table.of(SMALL))(SMALL)[:, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("location", ["../d.bin", "/tmp/d.b", "a/../../", "C:\\d.bin", "..\\d.bin"])
def test_weights_elsewhere_are_refused(tmp_path, location):
    path = _linear(tmp_path / "model" / "m.onnx", [1, 2, 3], location)
    (tmp_path / "d.bin").write_bytes(bytes(12))
    with pytest.raises(ModelFileError, match="which is not in its own folder"):
        predictor(path, like=Table.of(SMALL))


def test_weights_behind_a_link_that_leads_away_are_refused(tmp_path):
    path = _linear(tmp_path / "model" / "m.onnx", [1, 2, 3], "data.bin")
    (path.parent / "data.bin").rename(tmp_path / "away.bin")
    (path.parent / "data.bin").symlink_to(tmp_path / "away.bin")
    with pytest.raises(ModelFileError, match="which is not in its own folder"):
        predictor(path, like=Table.of(SMALL))


@pytest.mark.parametrize("location", ["gone.bin", "*/_ORT_MEM_ADDR_/*"])
def test_weights_that_are_not_there(tmp_path, location):
    path = _linear(tmp_path / "m.onnx", [1, 2, 3], "data.bin")
    if location == "gone.bin":
        (tmp_path / "data.bin").rename(tmp_path / "other.bin")
    else:
        onnx = pytest.importorskip("onnx")
        made = onnx.load(path, load_external_data=False)
        made.graph.initializer[0].external_data[0].value = location
        path.write_bytes(made.SerializeToString())
    with pytest.raises(ModelFileError, match=r"there is no such file|not in its own folder"):
        predictor(path, like=Table.of(SMALL))


def test_weights_of_a_model_that_came_without_its_folder(tmp_path):
    onnx = pytest.importorskip("onnx")
    path = _linear(tmp_path / "m.onnx", [1, 2, 3], "data.bin")
    bare = onnx.load(path, load_external_data=False)
    with pytest.raises(ModelFileError, match="was given without its folder"):
        predictor(bare, like=Table.of(SMALL))
    whole = onnx.load(path)
    assert predictor(whole, like=Table.of(SMALL))(SMALL)[:, 0].tolist() == [1, 2, 3]
