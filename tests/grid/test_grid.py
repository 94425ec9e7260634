"""Twelve kinds of models, three kinds of tables: names right, sums exact, the same numbers."""

import numpy as np
import pytest

import whence as wh

from .garage import GARAGE, NAMES, cells, labels, table

PACKAGES = "sklearn pandas polars xgboost lightgbm catboost torch skl2onnx onnxruntime skops"
for package in PACKAGES.split():
    pytest.importorskip(package)
KINDS = ("numpy", "pandas", "polars")
OTHER = {"numpy": "pandas", "pandas": "polars", "polars": "pandas"}
CLASSES = {
    "value": ("prediction",),
    "two": ("no", "yes"),
    "three": ("high", "low", "mid"),
    "codes": ("0", "1", "2"),
}


@pytest.fixture(scope="module")
def garage(tmp_path_factory):
    """(name, kind of table) -> the model, as the user gives it; fitted once."""
    made = {}

    def get(name, kind):
        if (name, kind) not in made:
            row = GARAGE[name]
            columns, target = cells(row.words)
            model = row.make(table(columns, kind), labels(row, target))
            if isinstance(model, bytes):
                path = tmp_path_factory.mktemp("onnx") / "model.onnx"
                path.write_bytes(model)
                model = path
            made[name, kind] = model
        return made[name, kind]

    return get


def asked(name, kind, rows=slice(None)):
    """The table and its labels, as the user has them."""
    columns, target = cells(GARAGE[name].words)
    return table({n: c[rows] for n, c in columns.items()}, kind), labels(GARAGE[name], target)[rows]


def named(kind):
    return tuple(f"x{j}" for j in range(4)) if kind == "numpy" else NAMES


def adds_up(got):
    base, full = got.empty[:, :, None], got.full[:, :, None]
    scale = max(np.ptp(got.full), np.ptp(got.values), 1e-12)
    assert np.abs(base[..., 0] + got.values.sum(axis=2) - full[..., 0]).max() <= 1e-6 * scale
    assert np.isfinite(got.values).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GARAGE)
def test_explain(garage, name, kind):
    X, _ = asked(name, kind, slice(0, 3))
    background, _ = asked(name, kind, slice(10, 26))
    got = wh.explain(garage(name, kind), X, background=background, output="prediction")
    assert got.players.names == named(kind)
    assert got.outputs == CLASSES[GARAGE[name].labels]
    assert got.values.shape == (3, len(got.outputs), 4)
    adds_up(got)
    if GARAGE[name].labels != "value":
        assert got.question.unit == "probability"
        assert np.allclose(got.full.sum(axis=1), 1)
        assert np.allclose(got.values.sum(axis=1), 0, atol=1e-6)
    assert np.ptp(got.values) > 1e-3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["forest", "boosting", "multi-class boosting", "xgboost", "lightgbm"]
)
def test_trees_are_explained_exactly_in_what_they_add_up_to(garage, name, kind):
    """Mutant: rows in another order of columns than the trees know."""
    X, _ = asked(name, kind, slice(0, 3))
    background, _ = asked(name, kind, slice(10, 26))
    model = garage(name, kind)
    got = wh.explain(model, X, background=background)
    assert got.uncertainty == "exact"
    assert got.players.names == named(kind)
    adds_up(got)
    assert np.abs(got.gap).max() <= 1e-12 * np.abs(got.full).max()
    games = wh.games.features
    raw = games.TreeGame(model, X, removal=games.Marginal(background))
    every = wh.attribute(raw, method=wh.methods.Exact(), by_case=True)
    assert np.abs(every.values - got.values).max() <= 1e-9 * np.ptp(got.values)


@pytest.mark.parametrize("name", GARAGE)
def test_importance_is_the_same_for_every_kind_of_table(garage, name):
    answers = []
    for kind in KINDS:
        X, y = asked(name, kind)
        got = wh.importance(garage(name, kind), X, y)
        assert got.players.names == named(kind)
        assert got.values.shape == (1, 1, 4)
        adds_up(got)
        answers.append(got.values)
    scale = np.ptp(answers[0])
    assert scale > 1e-3
    for other in answers[1:]:
        assert np.abs(other - answers[0]).max() <= 1e-6 * scale


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GARAGE)
def test_background_of_another_kind(garage, name, kind):
    X, y = asked(name, kind, slice(0, 12))
    same, other = (asked(name, k, slice(20, 40))[0] for k in (kind, OTHER[kind]))
    answers = [wh.importance(garage(name, kind), X, y, background=b) for b in (same, other)]
    assert np.array_equal(answers[0].values, answers[1].values)
    assert answers[0].players == answers[1].players


@pytest.mark.parametrize("fitted", KINDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GARAGE)
def test_a_model_fitted_on_another_kind(garage, name, kind, fitted):
    if kind == fitted:
        return  # what the others are compared with
    X, _ = asked(name, kind, slice(0, 3))
    background, _ = asked(name, kind, slice(10, 26))
    own, other = (wh.explain(garage(name, k), X, background=background) for k in (kind, fitted))
    assert other.outputs == own.outputs
    adds_up(other)
    assert np.abs(other.values - own.values).max() <= 1e-6 * np.ptp(own.values)


def files(folder):
    """Native files of three boosters, and skops; each beside the model that it was made from."""
    import skops.io

    made = {}
    for name, file in (
        ("xgboost", "model.json"),
        ("xgboost", "model.ubj"),
        ("lightgbm", "model.txt"),
        ("catboost", "model.cbm"),
        ("boosting", "model.skops"),
        ("pipeline", "pipeline.skops"),
    ):
        row = GARAGE[name]
        columns, target = cells(row.words)
        y = labels(row, target) if name != "lightgbm" else np.digitize(target, [-1.0, 1.0])
        model = row.make(table(columns, "pandas"), y)
        path = folder / file
        if file.endswith(".skops"):
            skops.io.dump(model, path)
        elif name == "lightgbm":
            model.booster_.save_model(path)
        else:
            model.save_model(path)
        made[file] = (model, path, columns, y)
    return made


def test_files_answer_as_their_models(tmp_path):
    for file, (model, path, columns, told_labels) in files(tmp_path).items():
        for kind in KINDS:
            X, y = table({n: c[:12] for n, c in columns.items()}, kind), told_labels[:12]
            told = [wh.importance(m, X, y) for m in (model, path, str(path))]
            assert file in told[1].question.model
            assert told[1].players.names == NAMES if kind != "numpy" else named(kind), file
            assert np.array_equal(told[1].values, told[2].values), file
            assert np.allclose(told[1].values, told[0].values, rtol=1e-6), (file, kind)


@pytest.mark.parametrize("name", GARAGE)
def test_an_ensemble(garage, name):
    X, y = asked(name, "pandas", slice(0, 20))
    model = garage(name, "pandas")
    alone, both = (wh.importance(m, X, y) for m in (model, [model, model]))
    assert np.allclose(both.values[:, 0], alone.values[:, 0], rtol=1e-9, atol=1e-12)
    assert np.allclose(both.values[:, 1], 0, atol=1e-12)  # nobody disagrees


def test_polars_columns_of_python_objects(garage):
    import polars as pl

    columns, _ = cells(words=True)
    columns = {n: c[:12] for n, c in columns.items()}
    as_objects, as_text = pl.DataFrame(columns), table(columns, "polars")
    assert as_objects["region"].dtype == pl.Object
    model = garage("pipeline", "polars")
    told = [wh.explain(model, X[:2], background=X) for X in (as_text, as_objects)]
    assert np.array_equal(told[0].values, told[1].values)
