"""Every kind of model on every kind of table: its own answers, under the right names."""

import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")
pytest.importorskip("polars")


from whence._core.meter import metering
from whence.models import Table, predictor

from .zoo import MODELS, own_answer

KINDS = ("numpy", "pandas", "polars")


@pytest.fixture(scope="module")
def zoo(numbers, mixed):
    made = {}

    def get(name):
        if name not in made:
            made[name] = MODELS[name][0](numbers, mixed)
        return made[name]

    return get


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_same_answers_as_the_model_itself(zoo, name, kind):
    model, X, method = zoo(name)
    _, space, classes = MODELS[name]
    table = given(X, kind)
    asked = predictor(model, like=table)
    aligned = asked.aligned(table)
    with metering() as meter:
        answer = asked(aligned.frame())
    wanted = np.asarray(own_answer(model, X, method), float).reshape(len(X), -1)
    np.testing.assert_allclose(answer, wanted, rtol=1e-12, atol=0)
    assert meter.rows == len(X)
    assert asked.space == space
    assert asked.classes == classes
    assert asked.outputs == (tuple(map(str, classes)) if classes else ("prediction",))
    assert answer.shape[1] == len(asked.outputs)
    assert aligned.kind == asked.kind
    if isinstance(X, np.ndarray):
        assert asked.columns is None
        assert asked.kind == "numpy"
        assert aligned.names == table.names
    else:
        assert asked.columns == aligned.names == tuple(X.columns)
        assert asked.kind != "numpy"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_hybrids_of_rows_are_asked_in_the_models_kind(zoo, name, kind):
    model, X, method = zoo(name)
    asked = predictor(model, like=given(X, kind))
    rows = asked.aligned(given(X, kind)).take(np.arange(9))
    background = asked.aligned(Table.of(X, what="background")).take(np.arange(20, 60))
    pool = rows.above(background)
    plain = np.tile(np.arange(len(pool))[:, None], (1, len(pool.names)))
    own = np.asarray(own_answer(model, X, method), float).reshape(len(X), -1)
    wanted = own[[*range(9), *range(20, 60)]]
    np.testing.assert_allclose(asked(pool.mix(plain)), wanted, rtol=1e-12, atol=0)
    swapped = plain.copy()
    swapped[:, 0] = plain[::-1, 0]
    assert np.isfinite(asked(pool.mix(swapped))).all()


def given(X, kind):
    """The same cells as another kind of table; an array without its names."""
    table = Table.of(X).to(kind)
    return Table.of(table.frame()) if kind == "numpy" else table


def test_columns_are_matched_by_name(zoo):
    model, X, _ = zoo("lightgbm with categories")
    straight = predictor(model, like=Table.of(X))
    turned = Table.of(X[list(X.columns[::-1])])
    assert predictor(model, like=turned).aligned(turned).names == tuple(X.columns)
    answers = [straight(straight.aligned(t).frame()) for t in (Table.of(X), turned)]
    assert np.array_equal(*answers)


def test_a_model_without_names_keeps_the_order_it_was_shown(zoo):
    import pandas as pd

    model, X, _ = zoo("linear on numpy")
    frame = pd.DataFrame(X, columns=["p", "q", "r", "s"])
    asked = predictor(model, like=Table.of(frame))
    turned = asked.aligned(Table.of(frame[["s", "q", "p", "r"]]))
    assert turned.names == ("p", "q", "r", "s")
    assert np.allclose(asked(turned.frame())[:, 0], model.predict(X))


def test_threads_do_not_change_bits(zoo, numbers):
    from threadpoolctl import threadpool_limits

    for name in ("network", "forest", "linear on numpy"):
        model, X, _ = zoo(name)
        asked = predictor(model, like=Table.of(X))
        frame = asked.aligned(Table.of(X)).frame()
        answers = []
        for threads in (1, 2):
            with threadpool_limits(threads):
                answers.append(asked(frame))
        assert all(np.array_equal(answers[0], asked(frame)) for _ in range(5))
        assert np.array_equal(*answers)


def test_threads_are_restored(zoo):
    from threadpoolctl import threadpool_info

    model, X, _ = zoo("network")
    before = [i["num_threads"] for i in threadpool_info()]
    asked = predictor(model, like=Table.of(X))
    asked(X)
    with pytest.raises(Exception, match="failed on a numpy table"):
        asked(X[:, :2])
    assert [i["num_threads"] for i in threadpool_info()] == before


def test_predictors_travel_to_workers(zoo):
    import cloudpickle

    for name in ("pipeline", "xgboost with categories", "lightgbm on numpy", "catboost with text"):
        model, X, _ = zoo(name)
        asked = predictor(model, like=Table.of(X))
        again = cloudpickle.loads(cloudpickle.dumps(asked))
        frame = asked.aligned(Table.of(X)).frame()
        assert np.array_equal(asked(frame), again(frame))


def test_importing_models_is_light():
    import subprocess

    code = (
        "import sys, whence.models; heavy = {'pandas','polars','sklearn','torch','xgboost',"
        "'lightgbm','catboost','onnxruntime','scipy','skops','joblib'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
