"""A boosted model distilled from any other: fitted to the hybrid rows that a game asks about.

It works on codes, integers that keep the order of a column's values, so that it takes any table.
Coalitions are of every size alike, as along a walk.
"""

from dataclasses import dataclass
from math import isfinite
from time import perf_counter
from typing import final

import numpy as np

from whence._core.account import seconds_left
from whence._core.errors import OutOfTimeError
from whence._core.forms import TreeEnsemble
from whence._core.keyed import uniforms
from whence._core.quantised import tree_ensemble
from whence._core.shaped import Float
from whence.games.features.hybrids import Hybrids
from whence.models.threads import one_thread
from whence.models.trees import read_trees

ROWS = 20_000  # hybrid rows that a proxy is fitted to
_TREES, _TRIAL = 300, 5  # of each output; and of a first fit, that tells how long one takes
_FIT = 41


@final
@dataclass(frozen=True, slots=True, eq=False)
class Distilled:
    """A proxy of a model's outputs.

    Attributes:
        trees: an output for each of the model's.
        X: the explained rows, as codes.
        pool: the background, likewise.
    """

    trees: TreeEnsemble
    X: Float[np.ndarray, "cases columns"]
    pool: Float[np.ndarray, "members columns"]

    def predict(
        self, codes: Float[np.ndarray, "rows columns"]
    ) -> Float[np.ndarray, "rows 1 outputs"]:
        """What it says of these rows, as one model."""
        from whence.kernels.codes import encode
        from whence.kernels.predict import predict

        return predict(self.trees, encode(self.trees, codes))[:, None, :]


def distilled(hybrids: Hybrids, cases: int, seed: int) -> Distilled:
    """Fit a proxy to random hybrid rows.

    Args:
        hybrids: how rows are made and the model is asked.
        cases: explained rows; the rest of the hybrids' table is the background.
        seed: of the rows.

    Raises:
        OutOfTimeError: fitting would take more than half of the time that the budget has left.
    """
    codes = hybrids.table.codes.astype(float)
    members = len(codes) - hybrids.first
    n = int(hybrids.owner.max()) + 1
    chance = uniforms(n + 3, seed, _FIT, np.arange(ROWS))
    case, member = ((u * k).astype(np.int64) for u, k in zip(chance.T, (cases, members)))  # noqa: B905
    stay = chance[:, 3:].argsort(axis=1).argsort(axis=1) < np.round(chance[:, 2] * n)[:, None]
    answers = hybrids.predict(stay, case, member[:, None])[:, 0].mean(axis=1)  # row, output
    owned = stay[:, hybrids.owner]
    rows = np.where(owned, codes[case], codes[hybrids.first + member])
    return Distilled(_fitted(rows, answers), codes[:cases], codes[hybrids.first :])


def _fitted(rows: np.ndarray, answers: np.ndarray) -> TreeEnsemble:
    from sklearn.ensemble import HistGradientBoostingRegressor

    def fit(answer: np.ndarray, trees: int) -> HistGradientBoostingRegressor:
        model = HistGradientBoostingRegressor(
            max_iter=trees, learning_rate=0.2, min_samples_leaf=10, early_stopping=False
        )
        with one_thread():  # scikit-learn may have come in since somebody else said so
            return model.fit(rows, answer)

    if isfinite(left := seconds_left()):
        start = perf_counter()
        fit(answers[:, 0], _TRIAL)
        forecast = (perf_counter() - start) * _TREES / _TRIAL * answers.shape[1]
        if 2 * forecast > left:
            raise OutOfTimeError
    return _beside([read_trees(fit(answer, _TREES)) for answer in answers.T])


def _beside(each: list[TreeEnsemble]) -> TreeEnsemble:
    """Ensembles of one output each as one of many."""
    count = [len(one.feature) for one in each]
    shift = np.repeat(np.cumsum(count) - count, count)
    threshold = [
        np.array(
            [one.grid[j][c] if j >= 0 else 0.0 for j, c in zip(one.feature, one.cut, strict=True)]
        )
        for one in each
    ]
    return tree_ensemble(
        feature=np.concatenate([one.feature for one in each]),
        threshold=np.concatenate(threshold),
        left=np.concatenate([one.left for one in each]) + shift,
        right=np.concatenate([one.right for one in each]) + shift,
        value=np.concatenate([one.value for one in each]),
        kind=np.concatenate([one.kind for one in each]),
        root=np.concatenate(
            [one.root + start for one, start in zip(each, np.cumsum(count) - count, strict=True)]
        ),
        target=np.repeat(np.arange(len(each)), [len(one.root) for one in each]),
        base=np.concatenate([one.base for one in each]),
        names=each[0].names,
        outputs=[f"output {k}" for k in range(len(each))],
        name="distilled trees",
    )
