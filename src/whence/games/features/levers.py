"""What a proxy's own Shapley values are: exact for a prediction, walked in bulk for a loss."""

from collections.abc import Callable

import numpy as np

from whence._core.index import Shapley
from whence._core.keyed import uniforms
from whence._core.orders import chain, gains
from whence._core.shaped import Float, Int
from whence._core.types import Scores
from whence.games.features.distilled import Distilled
from whence.games.features.sampling import blocks

_PASSES, _MOST = 4, 32  # walks of each block between looks at the error, and in all
_ORDERS = 43


def exact(proxy: Distilled, owner: Int[np.ndarray, " columns"]) -> Scores:
    """Of the proxy's predictions, [cases, outputs, players]."""
    from whence.kernels.values import Job, values

    job = Job.of(proxy.trees, owner, proxy.X, proxy.pool)
    return values(job, Shapley().weight, lambda _: None)[0]


def walked(
    proxy: Distilled,
    owner: Int[np.ndarray, " columns"],
    measure: Callable[[Int[np.ndarray, " rows"], np.ndarray], np.ndarray],
    seed: int,
    error: float,
) -> tuple[Scores, Scores, Float[np.ndarray, "1 outputs players"]]:
    """Of something measured of the proxy's mean predictions, by random orders, forth and back.

    Blocks of rows share an order, so that the mean's error is measured between walks of a block.

    Args:
        proxy: what is asked.
        owner: which player each column belongs to.
        measure: (rows, mean predictions [rows, outputs]) -> what is measured [rows, outputs].
        seed: of the orders.
        error: walks go on until the mean is known as well as this, or there were very many.

    Returns:
        Values by case, their standard errors, and that of their mean.
    """
    from whence.kernels.compiled import spread
    from whence.kernels.means import Means

    means = Means.of(proxy.trees, owner, proxy.X, proxy.pool)
    cases, n = len(proxy.X), int(owner.max()) + 1
    parts = blocks(np.arange(cases))
    walks: list[list[np.ndarray]] = [[] for _ in parts]  # row, output, player

    def block(b: int) -> None:
        for order in _orders(n, seed, b, len(walks[b])):
            walks[b].append(_gains(means, parts[b], order, measure))

    while True:
        spread(block, range(len(parts)))
        many = len(walks[0])
        each = np.stack([np.var([w.sum(axis=0) for w in own], axis=0, ddof=1) for own in walks])
        together = np.sqrt(each.sum(axis=0) / many)[None] / cases
        if together.max() <= error or many >= _MOST:
            break
    values = np.concatenate([np.mean(own, axis=0) for own in walks])
    errors = np.concatenate([np.std(own, axis=0, ddof=1) for own in walks]) / many**0.5
    return values, errors, together


def _orders(n: int, seed: int, block: int, first: int) -> Int[np.ndarray, "walks players"]:
    walk = first + np.arange(_PASSES)
    chance = uniforms(n, seed, _ORDERS, np.full(_PASSES, block), walk)
    return np.asarray(chance.argsort(axis=1))


def _gains(
    means: Callable[..., np.ndarray],
    rows: np.ndarray,
    order: np.ndarray,
    measure: Callable[..., np.ndarray],
) -> np.ndarray:
    """What each player adds along an order and its reverse, [rows, outputs, players]."""
    p = means(chain(order[None])[0], rows)[0]  # question, row, output
    worth = measure(np.tile(rows, len(p)), p.reshape(-1, p.shape[2]))
    by_row = worth.reshape(len(p), len(rows), -1).swapaxes(0, 1)
    return gains(by_row, np.tile(order, (len(rows), 1)))
