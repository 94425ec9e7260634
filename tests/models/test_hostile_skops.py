"""Skops files of an author who means harm: nothing that they name is called."""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from whence._core.errors import ModelFileError
from whence.models import Table, predictor
from whence.models.files import load
from whence.models.trees import read_trees

sio = pytest.importorskip("skops.io")
from lightgbm import LGBMClassifier  # noqa: E402
from sklearn.compose import make_column_selector, make_column_transformer  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestRegressor,
    StackingRegressor,
)
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler  # noqa: E402

X = np.arange(12.0).reshape(6, 2)
MARK = "PLACEHOLDER"


def rewritten(model, path, change, **files):
    """The file of a model, with its schema changed and other members added."""
    old = zipfile.ZipFile(io.BytesIO(sio.dumps(model)))
    with zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                content = json.dumps(change(json.loads(content)))
            new.writestr(name, content)
        for name, content in files.items():
            new.writestr(name, content)
    return path


def with_node(node):
    """A change that puts a node where the placeholder is."""

    def change(one):
        if isinstance(one, dict):
            if one.get("content") == json.dumps(MARK):
                return node
            return {key: change(value) for key, value in one.items()}
        return [change(value) for value in one] if isinstance(one, list) else one

    return change


def text(value):
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode",
            "content": json.dumps(value), "is_json": True}  # fmt: skip


def tuple_of(*nodes):
    return {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode",
            "content": list(nodes)}  # fmt: skip


def dict_of(**nodes):
    kinds = [
        {"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode"} for _ in nodes
    ]
    types = {
        "__class__": "list",
        "__module__": "builtins",
        "__loader__": "ListNode",
        "content": kinds,
    }
    return {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode",
            "content": nodes, "key_types": types}  # fmt: skip


def node(loader, name, **more):
    module, _, kind = name.rpartition(".")
    return {"__class__": kind, "__module__": module, "__loader__": loader, **more}


def called(name, *arguments):
    """What skops makes by calling a name with the file's own arguments."""
    return node("ConstructorFromReduceNode", name, content=tuple_of(*arguments))


def stacked(method="predict"):
    """An ensemble whose one member is the placeholder, asked by a method of the file's choice."""
    made = StackingRegressor([("a", LinearRegression())]).fit(X, X[:, 0])
    made.estimators_, made.stack_method_, made.named_estimators_ = [MARK], [method], {}
    return made


def attack_path(trace):
    return called("sklearn.datasets._base.Path", text(str(trace)))


def attack_gzip(trace):
    return called("sklearn.datasets._openml.GzipFile", text(str(trace)), text("w"))


def attack_thread(_trace):
    return called("sklearn.externals._packaging.version.Thread", text(None))


def attack_reexport(trace):
    return called("xgboost.core.Path", text(str(trace)))


def attack_torch(trace):
    return called("sklearn.utils._array_api.torch.FileStore", text(str(trace)), text(1))


def attack_os(trace):
    return node("FunctionNode", "sklearn.datasets._base.os.system")


def attack_os_dotted(_trace):
    return node("FunctionNode", "os.system")


def attack_loader(_trace):
    return node("FunctionNode", "sklearn.datasets._svmlight_format_io.load_svmlight_file")


def attack_joblib(trace):
    return node("ObjectNode", "joblib.memory.Memory", content=dict_of(location=text(str(trace))))


def attack_memmap(trace):
    return called("numpy.memmap", text(str(trace)), text("float64"), text("w+"))


def attack_memmap_as_array(trace):
    return node("NdArrayNode", "numpy.memmap", type="json", content=[text(str(trace))],
                shape=tuple_of(text(1)))  # fmt: skip


def attack_partial(trace):
    return node("PartialNode", "functools.partial", content={
        "func": node("FunctionNode", "sklearn.datasets._base.shutil.rmtree"),
        "args": tuple_of(text(str(trace))), "kwds": dict_of(), "namespace": text(None),
    })  # fmt: skip


def attack_methodcaller(trace):
    return node("OperatorFuncNode", "operator.methodcaller", attrs=tuple_of(text("tofile")))


def attack_bound_method(trace):
    return node("MethodNode", "sklearn.linear_model._base.LinearRegression", content={
        "func": "fit", "obj": node("ObjectNode", "sklearn.linear_model._base.LinearRegression"),
    })  # fmt: skip


def attack_list(trace):
    return node("ListNode", "sklearn.datasets._base.Path", content=[text(str(trace))])


def attack_key(trace):
    made = dict_of(**{str(trace): text(1)})
    made["key_types"]["content"] = [node("TypeNode", "sklearn.datasets._base.Path")]
    return made


def attack_tree(_trace):
    return called("sklearn.tree._tree.Tree", text(1), text(1), text(1))


def attack_booster(trace):
    return called("xgboost.core.Booster", text(None), text([]), text(str(trace)))


def attack_loss(trace):
    return node("LossNode", "sklearn.datasets._base.Path", content=dict_of(),
                __reduce__={"args": tuple_of(text(str(trace)))})  # fmt: skip


ATTACKS = [value for name, value in sorted(globals().items()) if name.startswith("attack_")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_file_names_is_not_called(tmp_path, attack):
    trace = tmp_path / "trace"
    trace.write_text("here")
    path = rewritten(stacked(), tmp_path / "m.skops", with_node(attack(trace)))
    with pytest.raises(ModelFileError, match=r"does not trust by itself.*--trust TYPE"):
        load(path)
    assert trace.read_text() == "here"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.skops", "trace"]


@pytest.mark.parametrize("function", [np.load, np.save, np.fromfile, Path.touch, exec, print])
def test_functions_are_not_trusted_because_they_are_there(tmp_path, function):
    made = make_pipeline(FunctionTransformer(validate=False), LinearRegression()).fit(X, X[:, 0])
    made[0].func = MARK
    name = f"{function.__module__}.{function.__name__}"
    path = rewritten(made, tmp_path / "m.skops", with_node(node("FunctionNode", name)))
    with pytest.raises(ModelFileError, match="does not trust by itself"):
        load(path)


@pytest.mark.parametrize("protocol", [0, 1])
def test_an_older_protocol_opens_no_door(tmp_path, protocol):
    inside = node("FunctionNode", "numpy.exp", content={"module_path": "os", "function": "system"})
    if protocol:
        inside["__module__"], inside["__class__"] = "os", "system"

    def change(schema):
        return with_node(inside)(schema) | {"protocol": protocol}

    with pytest.raises(ModelFileError, match="does not trust by itself"):
        load(rewritten(stacked(), tmp_path / "m.skops", change))


def test_a_number_cannot_say_that_one_node_is_another(tmp_path):
    """A harmless node with the number of a hostile one is read as it stands."""
    made = LinearRegression().fit(X, X[:, 0])
    made.note = MARK
    harmless = node("JsonNode", "builtins.str", content='"x"', is_json=True, __id__=7)

    def change(schema):
        changed = with_node(harmless)(schema)
        changed["content"]["content"]["again"] = {"__id__": 7, **text("y")}
        changed["content"]["key_types"]["content"].append(text("str") | {"__id__": 8})
        changed["content"]["key_types"]["content"][-1] = node("TypeNode", "builtins.str")
        return changed

    found = load(rewritten(made, tmp_path / "m.skops", change))
    assert (found.note, found.again) == ("x", "y")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: setattr(m, "predict", "x"), "in the place of its predict"),
        (lambda m: setattr(m, "memory", "cache"), "keeps what it computes in files"),
        (lambda m: setattr(m, "stack_method_", ["tofile"]), "asks its members"),
        (lambda m: setattr(m, "estimators_", [np.zeros(3)]), "members that are no estimators"),
        (lambda m: setattr(m, "estimators_", ["text"]), "members that are no estimators"),
        (lambda m: setattr(m, "final_estimator_", {"a": 1}), "members that are no estimators"),
    ],
)
def test_attributes_are_what_estimators_expect(tmp_path, change, says):
    made = StackingRegressor([("a", LinearRegression())]).fit(X, X[:, 0])
    change(made)
    sio.dump(made, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=says):
        load(tmp_path / "m.skops")


def test_a_flag_is_yes_whatever_its_number():
    """Kills: a flag of 6 for missing cells, read as the flag of a split by categories beside it."""
    boosted = HistGradientBoostingRegressor(max_iter=2).fit(X, X[:, 0])
    forest = RandomForestRegressor(3, random_state=0).fit(X, X[:, 0])
    for (tree,) in boosted._predictors:
        tree.nodes["missing_go_to_left"] = 6
    for each in forest.estimators_:
        each.tree_.missing_go_to_left[:] = 6
        assert each.tree_.missing_go_to_left.min() == 6
    for made in (boosted, forest):
        assert np.allclose(read_trees(made).predict(X)[:, 0], made.predict(X))


def test_trees_of_histograms_have_what_their_readers_ask(tmp_path):
    made = HistGradientBoostingRegressor(max_iter=2).fit(X, X[:, 0])
    del made.is_categorical_
    sio.dump(made, tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match="has no is_categorical_"):
        load(tmp_path / "m.skops")


def test_what_estimators_leave_out_or_exchange_is_refused(tmp_path):
    """Kills: trees read with features that an isolation forest, taking all, never looks up."""
    forest = IsolationForest(n_estimators=3).fit(X)
    forest.estimators_features_[0] = np.zeros_like(forest.estimators_features_[0])
    boosted = LGBMClassifier(n_estimators=2, verbose=-1).fit(X, X[:, 0] > 0)
    del boosted._classes
    for made, says in ((forest, "other features than all"), (boosted, "_classes")):
        sio.dump(made, tmp_path / "m.skops")
        with pytest.raises(ModelFileError, match=says):
            load(tmp_path / "m.skops")


def test_a_zip_that_swells_is_refused(tmp_path):
    made = LinearRegression().fit(X, X[:, 0])
    path = rewritten(made, tmp_path / "m.skops", lambda schema: schema)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as new:
        new.writestr("more.npy", bytes(20_000_000))
    assert path.stat().st_size < 200_000
    with pytest.raises(ModelFileError, match=r"its members would take 20,\d+,\d+ bytes, and the"):
        load(path)


def test_an_array_is_as_large_as_its_header_says(tmp_path):
    made = LinearRegression().fit(X, X[:, 0])

    def swell(path):
        old = zipfile.ZipFile(io.BytesIO(sio.dumps(made)))
        with zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith(".npy"):
                    content = content.replace(b"(2,), }             ", b"(10000000000000,), }", 1)
                new.writestr(name, content)

    swell(tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=r"shape \(10000000000000,\) has 16 bytes"):
        load(tmp_path / "m.skops")


def test_pipelines_with_selectors_of_columns(tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": list("xyxyzx")})
    made = make_pipeline(
        make_column_transformer(
            (StandardScaler(), make_column_selector(dtype_include=np.number)),
            (OneHotEncoder(), make_column_selector(pattern="^c$")),
        ),
        RandomForestRegressor(3, random_state=0),
    ).fit(frame, X[:, 0])
    sio.dump(made, tmp_path / "m.skops")
    asked = predictor(tmp_path / "m.skops", like=Table.of(frame))
    assert np.allclose(asked(frame)[:, 0], made.predict(frame))


def test_types_that_the_user_trusts(tmp_path, monkeypatch):
    (tmp_path / "mine_skops.py").write_text(
        "from sklearn.base import BaseEstimator, RegressorMixin\n"
        "class Twice(RegressorMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n        self.n_features_in_ = 2\n        return self\n"
        "    def predict(self, X):\n        return 2 * X[:, 0]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from mine_skops import Twice

    sio.dump(Twice().fit(X, X[:, 0]), tmp_path / "m.skops")
    with pytest.raises(ModelFileError, match=r"does not trust by itself: 'mine_skops\.Twice'"):
        predictor(tmp_path / "m.skops", like=Table.of(X))
    asked = predictor(tmp_path / "m.skops", like=Table.of(X), trust=["mine_skops.Twice"])
    assert asked(X)[:, 0].tolist() == (2 * X[:, 0]).tolist()
    sys.modules.pop("mine_skops")
