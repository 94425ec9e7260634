"""Answers made by hand, and figures that are closed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from whence._core.attribution import Attribution, Cost
from whence._core.game import Question
from whence._core.index import Shapley
from whence._core.players import Players
from whence.games.synthetic import Noisy, Unanimity
from whence.methods.perturbation.permutation import Permutation

mpl.use("Agg")

POWER = Question(
    "how much of the model's predictive power each feature brings",
    "nats",
    "marginal (100 background rows)",
    "XGBClassifier",
    loss=True,
)
PREDICTION = Question(
    "what each feature adds to the model's prediction", "log-odds", "baseline (a=1)", "a function"
)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def build(
    values,
    stderr=0.02,
    *,
    parts=None,
    names=None,
    outputs=("worth",),
    empty=None,
    full=None,
    kind="feature",
    **more,
) -> Attribution:
    values = np.asarray(values, dtype=float)
    values = values.reshape((1,) * (3 - values.ndim) + values.shape)
    cases, _, players = values.shape
    spread = lambda e: np.broadcast_to(np.asarray(e, dtype=float), values.shape).copy()  # noqa: E731
    empty = np.zeros(values.shape[:2]) if empty is None else np.asarray(empty, dtype=float)
    given = {
        "index": Shapley(),
        "method": "Permutation",
        "uncertainty": "sampled",
        "cost": Cost(1200, 1200, 0, 98000, 0, 4.2),
        "converged": True,
        "verdict": "every error is small enough",
        "freedom": np.full(cases, 1e9),
        **more,
    }
    return Attribution(
        values=values,
        parts={p: spread(e) for p, e in (parts or {"estimation": stderr}).items()},
        players=Players(tuple(names or [f"x{i}" for i in range(players)]), kind),
        outputs=tuple(outputs),
        empty=empty,
        full=empty + values.sum(axis=2) if full is None else np.asarray(full, dtype=float),
        **given,
    )


@pytest.fixture(scope="session")
def make() -> Callable[..., Attribution]:
    return build


@pytest.fixture(scope="session")
def churn(make):
    """The table of the design's first story."""
    return make(
        [0.1124, 0.0833, 0.0312, -0.0021, 0.0004],
        parts={
            "estimation": [0.001, 0.001, 0.001, 0.0004, 0.0004],
            "data": [0.0025, 0.0020, 0.0012, 0.0003, 0.0009],
        },
        names=["tenure_months", "contract", "monthly_fee", "region", "noise"],
        outputs=("predictive power",),
        empty=[[-0.6973]],
        full=[[-0.4721]],
        averaged=3000,
        question=POWER,
        provenance={"game": "PredictivePower", "seed": 7},
    )


@pytest.fixture(scope="session")
def rows60(make):
    """Sixty explained rows: one strong feature of both signs, one weak, one of strings."""
    rng = np.random.default_rng(0)
    age = rng.normal(40, 9, 60)
    values = np.stack([(age - age.mean()) / 9, np.full(60, 0.3), rng.normal(0, 0.1, 60)], axis=1)
    return make(
        values[:, None, :],
        0.01,
        names=["age", "fee", "colour"],
        outputs=("yes",),
        empty=np.full((60, 1), -0.5),
        question=PREDICTION,
        data={"age": age, "fee": np.full(60, 2.0), "colour": np.array(["red", "blue"] * 30)},
    )


@pytest.fixture(scope="session")
def one_row(rows60):
    """The fourth of the sixty rows alone."""
    at = slice(3, 4)
    return replace(
        rows60,
        values=rows60.values[at],
        parts={k: v[at] for k, v in rows60.parts.items()},
        freedom=rows60.freedom[at],
        empty=rows60.empty[at],
        full=rows60.full[at],
        data={k: v[at] for k, v in rows60.data.items()},
    )


@pytest.fixture(scope="session")
def many(make):
    """Eighty cases of three players and two outputs: numbers, a category, something missing."""
    rng = np.random.default_rng(5)
    age = rng.normal(40, 9, 80).round(1)
    age[7] = np.nan
    values = rng.normal(0, [1.0, 0.4, 0.1], (80, 2, 3)) + np.array([0.2, -0.1, 0.0])
    return make(
        values,
        0.05,
        names=["age", "fee", "colour"],
        outputs=("yes", "no"),
        empty=np.full((80, 2), -0.5),
        question=PREDICTION,
        data={"age": age, "fee": np.full(80, 2), "colour": np.array(["red", "blue"] * 40)},
        provenance={"rows": list(range(100, 180))},
        freedom=np.full(80, 9.0),
    )


@pytest.fixture(scope="session")
def traced():
    """An answer that remembers how it came to be."""
    game = Noisy(Unanimity({("a", "b"): 2.0, ("c",): 5.0}, ("a", "b", "c", "d")), 0.5)
    return Permutation().attribute(game)


@pytest.fixture(scope="session")
def page(churn):
    return churn.to_html()


@pytest.fixture(scope="session")
def page60(rows60):
    return rows60.to_html()


ODD = {
    "one player": lambda: build([1.5], 0.1),
    "eighty": lambda: build(
        np.linspace(-1, 2, 80), names=[f"{'long ' * 20}{i}" for i in range(80)]
    ),
    "all negative": lambda: build([-1.0, -0.5, -0.2]),
    "all zero": lambda: build(np.zeros(8), 0.0, uncertainty="exact"),
    "no errors": lambda: build([1.0, -2.0], np.nan, uncertainty="unquantified"),
    "no parts": lambda: build([1.0, -2.0], parts={"data": np.nan}),
    "infinite errors": lambda: build([1.0, -2.0], np.inf),
    "NaN values": lambda: build([np.nan, 1.0, np.nan]),
    "one NaN end": lambda: build([1.0, 2.0], empty=[[np.nan]]),
    "unvisited cases": lambda: build(np.full((3, 2, 2), np.nan), outputs=("a", "b")),
    "half visited": lambda: build(
        np.where(np.arange(4)[:, None, None] < 3, np.arange(8.0).reshape(4, 1, 2), np.nan)
    ),
    "nine outputs": lambda: build(np.ones((1, 9, 3)), outputs=[f"o{i}" for i in range(9)]),
    "many of everything": lambda: build(
        np.sin(np.arange(40 * 3 * 6)).reshape(40, 3, 6), outputs="abc"
    ),
    "tiny": lambda: build([1e-12, -3e-12], 1e-13),
    "huge": lambda: build([1e12, -3e5], 1e10),
    "hostile names": lambda: build(
        [1.0, -0.5, 0.2, 0.1],
        names=["<script>alert(1)</script>", "[bold]$x^$", "two\nlines\x1b[31m", '--> "&'],
        outputs=("[red]",),
    ),
    "nobody said": lambda: build([1.0], verdict="", converged=False, method=""),
    "no cases": lambda: build(np.zeros((0, 1, 2)), empty=np.zeros((0, 1)), full=np.zeros((0, 1))),
}


@pytest.fixture(params=ODD)
def odd(request):
    return ODD[request.param]()
