"""Damaged files: whence says what is wrong before a library gets them, and takes nothing for it."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from whence._core.errors import ModelFileError, UnsupportedModelError
from whence.models import Table, predictor
from whence.models.files import load

ROWS = np.random.default_rng(0)
X = ROWS.normal(size=(80, 4))
Y = X[:, 0] + X[:, 1]


def refused(path, says):
    with pytest.raises(ModelFileError, match=says) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def lightgbm():
    lgb = pytest.importorskip("lightgbm")
    made = lgb.LGBMRegressor(
        n_estimators=3, num_leaves=5, min_child_samples=5, verbose=-1, n_jobs=1
    ).fit(X, Y)
    return made.booster_.model_to_string()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (r"num_leaves=5", "num_leave=5", "tree_sizes"),
        (r"tree_sizes=\d+ \d+ \d+\n", "", None),
        (r"left_child=\d+", "left_child=9", "tree_sizes|a left_child is no node of its tree"),
        (r"left_child=1", "left_child=0", "tree 0 has a split that leads to node 0"),
        (r"right_child=\d", "right_child=1", "tree 0 has a node with two parents"),
        (r"split_feature=\d", "split_feature=4", "a feature that is none of its 4"),
        (r"decision_type=2", "decision_type=1", "a split on categories has no set of them"),
        (r"leaf_value=-?0", "leaf_value=nan", "tree_sizes"),
        (r"num_class=1", "num_class=2", "its head says num_class=2"),
        (r"max_feature_idx=3", "max_feature_idx=900000000", "its head says max_feature_idx"),
        (r"feature_infos=\[", "feature_infos=(", "other feature_infos"),
        (r"objective=regression", "objective=multiclass num_class:7", "its objective is"),
        (r"\[skip_drop: 0.5\]", "[ski\0\0\0op: 0.5]", "bytes that are no text"),
        (r"\[skip_drop: 0.5\]", "skip_drop", "its parameters have the line 'skip_drop'"),
        (r"end of trees", "end of tree", 'it has no line "end of trees"'),
        (r"pandas_categorical:null", "pandas_categorical:[", "pandas_categorical is no JSON"),
    ],
)
def test_lightgbm(tmp_path, lightgbm, old, new, says):
    text, many = re.subn(old, new.replace("\\", ""), lightgbm, count=1)
    assert many == 1
    (tmp_path / "m.txt").write_text(text)
    if says is None:
        assert load(tmp_path / "m.txt").num_trees() == 3
    else:
        refused(tmp_path / "m.txt", says)


def test_lightgbm_cut_off_anywhere(tmp_path, lightgbm):
    whole = lightgbm.encode()
    until = whole.index(b"end of parameters")
    for end in range(5, until, 331):
        (tmp_path / "m.txt").write_bytes(whole[:end])
        refused(tmp_path / "m.txt", "should be a LightGBM model, and cannot be read")


@pytest.fixture(scope="module")
def xgboost(tmp_path_factory):
    xgb = pytest.importorskip("xgboost")
    made = xgb.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(X, Y > 0)
    path = tmp_path_factory.mktemp("xgboost") / "m.json"
    made.save_model(path)
    return json.loads(path.read_text())


def _put(*keys, to):
    def change(model):
        for key in keys[:-1]:
            model = model[key]
        model[keys[-1]] = to

    return change


TREES = ("learner", "gradient_booster", "model", "trees", 0)
PARAMETERS = ("learner", "learner_model_param")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_put(*TREES, "left_children", 0, to=900_000_000), "a split that leads to node 900000000"),
        (_put(*TREES, "right_children", 0, to=0), "a split that leads to node 0"),
        (_put(*TREES, "left_children", 1, to=1), "leads to node 1|two parents"),
        (_put(*TREES, "parents", 1, to=77), "nodes whose parents are not theirs"),
        (_put(*TREES, "split_indices", 0, to=4), "a feature that is none of its 4"),
        (_put(*TREES, "split_conditions", 0, to=float("inf")), "not a number"),
        (_put(*TREES, "sum_hessian", to=[]), "another number of sum_hessian"),
        (_put(*TREES, "split_type", 0, to=1), "splits on categories, and has none"),
        (_put(*TREES, "tree_param", "num_nodes", to="70000000"), "70000000 nodes"),
        (_put(*PARAMETERS, "num_feature", to="2000000000"), "its num_feature is '2000000000'"),
        (_put(*PARAMETERS, "base_score", to="[1E0,2E0]"), "its base_score is not one number"),
        (_put("learner", "feature_names", to=["a"]), "4 features and 1 feature_names"),
        (_put(*TREES[:3], "tree_info", 0, to=1), "its tree_info does not say"),
        (_put(*TREES[:3], "iteration_indptr", 1, to=9), "its iteration_indptr"),
        (_put("learner", "objective", to={}), "its objective has no name"),
        (_put("learner", "attributes", to={"best_iteration": "9"}), "its best_iteration is '9'"),
        (_put("learner", "attributes", to={"scikit_learn": "{"}), "its estimator is no JSON"),
        (_put("learner", to=[]), "it has no learner"),
    ],
)
def test_xgboost(tmp_path, xgboost, change, says):
    model = json.loads(json.dumps(xgboost))
    change(model)
    (tmp_path / "m.json").write_text(json.dumps(model))
    refused(tmp_path / "m.json", says)


def test_xgboost_whose_json_is_read_in_two_ways(tmp_path, xgboost):
    text = json.dumps(xgboost)
    (tmp_path / "m.json").write_text(text.replace('"id": 0', '"id": 0, "id": 0', 1))
    refused(tmp_path / "m.json", "its JSON has a key twice")


def test_json_that_is_nested_deeply(tmp_path):
    (tmp_path / "m.json").write_text('{"learner":' + "[" * 100_000 + "]" * 100_000 + "}")
    refused(tmp_path / "m.json", "its JSON is nested too deeply")


def test_ubjson_that_is_nested_deeply(tmp_path):
    pytest.importorskip("xgboost")
    deep = b"[#L" + (1).to_bytes(8, "big")
    key = b"L" + (7).to_bytes(8, "big") + b"learner"
    (tmp_path / "m.ubj").write_bytes(b"{" + key + deep * 100_000)
    refused(tmp_path / "m.ubj", "should be an XGBoost model, and cannot be read")


@pytest.fixture(scope="module")
def catboost(tmp_path_factory):
    cb = pytest.importorskip("catboost")
    path = str(tmp_path_factory.mktemp("catboost") / "m.cbm")
    made = cb.CatBoostRegressor(2, depth=2, verbose=0, allow_writing_files=False, thread_count=1)
    made.fit(X, Y).save_model(path)
    return Path(path).read_bytes()


def test_catboost_cut_off_anywhere(tmp_path, catboost):
    for end in range(5, len(catboost), 701):
        (tmp_path / "m.cbm").write_bytes(catboost[:end])
        refused(tmp_path / "m.cbm", "should be a CatBoost model, and cannot be read")


def test_catboost_whose_trees_are_damaged(tmp_path, catboost):
    from whence.models.trees.flatbuffer import Table

    trees = Table.root(catboost[8:]).table(1)
    places = {"splits": 1, "sizes": 2, "starts": 3, "values": 8, "packed": 17}
    for what, field in places.items():
        start, _ = trees._vector(field)
        damaged = bytearray(catboost)
        damaged[8 + start : 8 + start + 8] = b"\xff" * 8
        (tmp_path / "m.cbm").write_bytes(damaged)
        refused(tmp_path / "m.cbm", "ask of borders|after each other|number|packed|deeper"), what


def test_catboost_of_text_is_not_taken_on_trust(tmp_path):
    cb = pytest.importorskip("catboost")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0], "t": ROWS.choice(["one two", "two three"], len(X))})
    made = cb.CatBoostClassifier(
        2, verbose=0, allow_writing_files=False, thread_count=1, text_features=["t"]
    ).fit(frame, Y > 0)
    made.save_model(str(tmp_path / "m.cbm"))
    with pytest.raises(UnsupportedModelError, match="whence cannot see whether its file is sound"):
        load(tmp_path / "m.cbm")


def test_catboost_of_categories_is_read(tmp_path):
    cb = pytest.importorskip("catboost")
    pd = pytest.importorskip("pandas")
    kind = ROWS.choice(list("uvwxyz"), len(X))
    frame = pd.DataFrame({"a": X[:, 0], "k": kind})
    made = cb.CatBoostRegressor(
        4, verbose=0, allow_writing_files=False, thread_count=1, cat_features=["k"]
    ).fit(frame, Y + 3 * np.isin(kind, ["u", "w"]))
    made.save_model(str(tmp_path / "m.cbm"))
    asked = predictor(tmp_path / "m.cbm", like=Table.of(frame))
    assert np.allclose(asked(frame)[:, 0], made.predict(frame))


@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.txt", "m.cbm", "m.skops", "m.onnx", "m.x"])
def test_a_large_file_of_another_kind_is_not_read(tmp_path, name):
    """6 GB of zeros, which the disk does not hold."""
    with (tmp_path / name).open("wb") as file:
        file.truncate(6 << 30)
    refused(tmp_path / name, "is not an? .* it starts with|is not a model that whence can read")


@pytest.mark.parametrize(
    ("name", "start"),
    [("m.json", b"{"), ("m.txt", b"tree\n"), ("m.cbm", b"CBM1"), ("m.onnx", b"\x08")],
)
def test_a_large_file_of_its_kind_is_not_read(tmp_path, name, start):
    with (tmp_path / name).open("wb") as file:
        file.write(start)
        file.truncate(6 << 30)
    refused(tmp_path / name, "has 6,442,450,944 bytes, and whence reads models of up to")


def test_devices_and_pipes_are_no_models(tmp_path):
    os.mkfifo(tmp_path / "m.json")
    refused(tmp_path / "m.json", "is a device or a pipe")
    refused(Path(os.devnull), "is a device or a pipe")
