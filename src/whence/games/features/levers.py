"""What a proxy's own Shapley values are: exact for a prediction, walked in bulk for a loss."""

from collections.abc import Callable

import numpy as np

from whence._core.index import Shapley
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence._core.types import Scores
from whence.games.features.distilled import Distilled

_ROWS, _PASSES = 64, 8  # rows of a block, and walks of each
_ORDERS = 43


def exact(proxy: Distilled, owner: Int[np.ndarray, " columns"]) -> Scores:
    """Of the proxy's predictions, [cases, outputs, players]."""
    from whence.kernels.values import Job, values

    job = Job.of(proxy.trees, owner, proxy.X, proxy.pool)
    return values(job, Shapley().weight, lambda done: None)[0]


def walked(
    proxy: Distilled,
    owner: Int[np.ndarray, " columns"],
    measure: Callable[[Int[np.ndarray, " rows"], np.ndarray], np.ndarray],
    seed: int,
) -> tuple[Scores, Scores, Float[np.ndarray, "1 outputs players"]]:
    """Of something measured of the proxy's mean predictions, by random orders, forth and back.

    Blocks of rows share an order, so that the mean's error is measured between walks of a block.

    Args:
        proxy: what is asked.
        owner: which player each column belongs to.
        measure: (rows, mean predictions [questions x rows, outputs]) -> [questions x rows, outputs].
        seed: of the orders.

    Returns:
        Values by case, their standard errors, and that of their mean.
    """
    from whence.kernels.compiled import spread
    from whence.kernels.means import Means

    means = Means.of(proxy.trees, owner, proxy.X, proxy.pool)
    cases, n = len(proxy.X), int(owner.max()) + 1
    blocks = np.array_split(np.arange(cases), -(-cases // _ROWS))
    gains: list[np.ndarray] = [np.empty(0)] * len(blocks)

    def block(b: int) -> None:
        walks = [_gains(means, blocks[b], order, measure) for order in _orders(n, seed, b)]
        gains[b] = np.stack(walks)  # walk, row, output, player

    spread(block, range(len(blocks)))
    values = np.concatenate([g.mean(axis=0) for g in gains])
    errors = np.concatenate([g.std(axis=0, ddof=1) for g in gains]) / _PASSES**0.5
    each = np.stack([g.sum(axis=1).var(axis=0, ddof=1) for g in gains])  # block, output, player
    return values, errors, np.sqrt(each.sum(axis=0) / _PASSES)[None] / cases


def _orders(n: int, seed: int, block: int) -> Int[np.ndarray, "walks players"]:
    chance = uniforms(n, seed, _ORDERS, np.full(_PASSES, block), np.arange(_PASSES))
    return np.asarray(chance.argsort(axis=1))


def _gains(
    means: Callable[..., np.ndarray],
    rows: np.ndarray,
    order: np.ndarray,
    measure: Callable[..., np.ndarray],
) -> np.ndarray:
    """What each player adds along an order and its reverse, [rows, outputs, players]."""
    n = len(order)
    up = order.argsort() < np.arange(n + 1)[:, None]
    p = means(np.concatenate([up, ~up[1:n]]), rows)[0]  # question, row, output
    worth = measure(np.tile(rows, len(p)), p.reshape(-1, p.shape[2]))
    worth = worth.reshape(len(p), len(rows), -1)
    back = np.concatenate([worth[n : n + 1], worth[n + 1 :], worth[:1]])
    gains = np.empty((n, *worth.shape[1:]))
    gains[order] = (np.diff(worth[: n + 1], axis=0) - np.diff(back, axis=0)) / 2
    return gains.transpose(1, 2, 0)
