"""Any other model: how many model rows trees as a lever save; and its local values beside peers'.

Model rows count first: those that train the lever are among them.
"""

import itertools
import warnings
from collections.abc import Callable, Iterator
from math import comb
from typing import Any

import numpy as np
import shap
from shapiq.approximator import (
    SVARM,
    KernelSHAP,
    OwenSamplingSV,
    PermutationSamplingSV,
    StratifiedSamplingSV,
    UnbiasedKernelSHAP,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import LOG, SQUARED, Rows, real
from trees_data import bike

import whence as wh
from whence.games.features import Marginal, Prediction, PredictivePower
from whence.methods import Permutation

MODELS = ("network", "kernel model")
TABLES = {"bike": SQUARED, "california": SQUARED, "diabetes": SQUARED, "adult": LOG}
ERRORS = (0.005, 0.025)
MEMBERS, COALITIONS = 100, 200  # of the background; asked of each explained row
SHAPIQ = (
    KernelSHAP,
    UnbiasedKernelSHAP,
    PermutationSamplingSV,
    StratifiedSamplingSV,
    OwenSamplingSV,
    SVARM,
)


def levers(quick: bool) -> Iterator[dict]:
    """SAGE by table and model."""
    tables = list(TABLES)[:1] if quick else TABLES
    for table, kind in itertools.product(tables, MODELS):
        if TABLES[table] == SQUARED or kind == "network":
            yield from _sage(table, kind, quick)


def _sage(table: str, kind: str, quick: bool) -> Iterator[dict]:
    """To the same error of the estimation, with the lever wherever it is chosen, and without it."""
    rows = real(table, test=150 if quick or table == "diabetes" else 1_000)
    game = PredictivePower(
        _fitted(rows, kind), rows.X, rows.y, removal=Marginal(rows.background), loss=rows.loss
    )
    for error in ERRORS:
        budget = wh.Budget(relative_error=error, data_share=None)
        plain = wh.attribute(game, method=Permutation(), budget=budget)
        ours = wh.attribute(game, budget=budget)
        assert max(_ratio(plain), _ratio(ours)) <= error
        apart = np.abs(ours.values - plain.values) / np.hypot(_error(ours), _error(plain))
        yield {
            "job": f"SAGE, {table}, {kind}, {rows.loss}, to {error:.1%}",
            "test rows": len(rows.X),
            "model rows without the lever": plain.cost.rows,
            "model rows": ours.cost.rows,
            "times fewer": plain.cost.rows / ours.cost.rows,
            "seconds without the lever": plain.cost.seconds,
            "seconds": ours.cost.seconds,
            "most standard errors apart": float(apart.max()),
            "used": "distilled" in ours.verdict,
        }


def _error(found: wh.Attribution) -> np.ndarray:
    return found.parts["estimation"]


def _ratio(found: wh.Attribution) -> float:
    return float(_error(found).max() / np.ptp(found.values))


def _fitted(rows: Rows, kind: str) -> Any:
    most = 8_000 if kind == "network" else 1_500
    X, y = rows.X_train[:most], rows.y_train[:most]
    layers = {"hidden_layer_sizes": (64, 64), "max_iter": 200, "random_state": 0}
    if rows.loss == LOG:
        model = MLPClassifier(early_stopping=True, **layers)
    elif kind == "network":
        model = MLPRegressor(early_stopping=True, **layers)
    else:
        model = KernelRidge(kernel="rbf", alpha=0.1, gamma=0.1)
    return make_pipeline(StandardScaler(), model).fit(X, y)


def _network() -> Any:
    model = MLPRegressor(
        hidden_layer_sizes=(64, 64), max_iter=60, early_stopping=True, random_state=0
    )
    return make_pipeline(StandardScaler(), model).fit(bike().train.to_numpy(), bike().y_train)


def network(quick: bool) -> Iterator[dict]:
    """Squared errors at equal model rows, against an enumeration of all 2^12 coalitions."""
    model, X = _network(), bike().test.to_numpy(float)[: 10 if quick else 100]
    pool = bike().train.to_numpy(float)[:MEMBERS]
    truth = np.array([_enumerated(_worth(model, x, pool), X.shape[1]) for x in X])
    each = COALITIONS * MEMBERS
    for name, values in _explainers(model, X, pool).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, rows = values()
        yield {
            "job": f"local values of a network, {len(X)} rows, background {MEMBERS}",
            "explainer": name,
            "model rows a row": rows / len(X),
            "allowed": each,
            "mean squared error": float(((found - truth) ** 2).mean()),
        }


def _worth(model: Any, x: np.ndarray, pool: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The mean prediction of a row's hybrids with the background, by coalition."""

    def worth(coalitions: np.ndarray) -> np.ndarray:
        asked = np.atleast_2d(np.asarray(coalitions, bool))
        parts = np.array_split(asked, -(-len(asked) // 256))
        mixed = (np.where(c[:, None, :], x, pool[None]) for c in parts)
        return np.concatenate(
            [model.predict(m.reshape(-1, len(x))).reshape(m.shape[:2]).mean(axis=1) for m in mixed]
        )

    return worth


def _enumerated(worth: Callable[[np.ndarray], np.ndarray], n: int) -> np.ndarray:
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    v, size = worth(masks), masks.sum(axis=1)
    weight = np.array([1 / (n * comb(n - 1, s)) for s in range(n)])
    values = np.empty(n)
    for i in range(n):
        out = np.flatnonzero(~masks[:, i])
        values[i] = (weight[size[out]] * (v[out + (1 << i)] - v[out])).sum()
    return values


def _explainers(model: Any, X: np.ndarray, pool: np.ndarray) -> dict[str, Callable]:
    each, n = COALITIONS * len(pool), X.shape[1]

    def kernel() -> tuple[np.ndarray, int]:
        np.random.seed(0)
        explainer = shap.KernelExplainer(model.predict, pool)
        found = explainer.shap_values(X, nsamples=COALITIONS, l1_reg=False, silent=True)
        return np.asarray(found), each * len(X)

    def permutation() -> tuple[np.ndarray, int]:
        np.random.seed(0)
        masker = shap.maskers.Independent(pool, max_samples=len(pool))
        explainer = shap.PermutationExplainer(model.predict, masker)
        found = explainer(X, max_evals=COALITIONS, silent=True)
        return found.values, COALITIONS // (2 * n + 1) * (2 * n + 1) * len(pool) * len(X)

    def by_shapiq(kind: type) -> Callable[[], tuple[np.ndarray, int]]:
        def values() -> tuple[np.ndarray, int]:
            found = []
            for at, x in enumerate(X):
                worth = _worth(model, x, pool)
                nothing = float(worth(np.zeros((1, n), bool))[0])
                said = kind(n, random_state=at).approximate(
                    COALITIONS, lambda c, w=worth, v=nothing: w(c) - v
                )
                found.append([said[(i,)] for i in range(n)])
            return np.array(found), each * len(X)

        return values

    def ours(method: Any) -> Callable[[], tuple[np.ndarray, int]]:
        def values() -> tuple[np.ndarray, int]:
            game = Prediction(model, X, removal=Marginal(pool))
            budget = wh.Budget(rows=each * len(X), relative_error=1e-9, data_share=None)
            found = wh.attribute(game, method=method, by_case=True, budget=budget)
            return found.values[:, 0], found.cost.rows

        return values

    return {
        "shap KernelExplainer": kernel,
        "shap PermutationExplainer": permutation,
        **{f"shapiq {kind.__name__}": by_shapiq(kind) for kind in SHAPIQ},
        "whence, plain walks": ours(Permutation()),
        "whence": ours(None),
    }
