"""What a proxy's own Shapley values are: exact for a prediction, asked in bulk for a loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from whence._core.account import seconds_left
from whence._core.enumeration import coalitions, gray, semivalues
from whence._core.errors import OutOfTimeError
from whence._core.index import Shapley
from whence._core.keyed import uniforms
from whence._core.orders import chain, gains
from whence._core.shaped import Bool, Float, Int
from whence._core.types import Scores
from whence.games.features.distilled import Distilled
from whence.games.features.sampling import blocks

if TYPE_CHECKING:
    from whence.kernels.means import Means

_PASSES, _MOST = 4, 128  # walks of each block between looks at the error, and in all
_TELLING = 15  # degrees of freedom that make an error known
_ENUMERATED = 12  # players, at most
_ORDERS = 43
Own = tuple[Scores, Scores, Float[np.ndarray, "1 outputs players"]]


def exact(proxy: Distilled, owner: Int[np.ndarray, " columns"]) -> Scores:
    """Of the proxy's predictions, [cases, outputs, players]."""
    from whence.kernels.values import Job, values

    job = Job.of(proxy.trees, owner, proxy.X, proxy.pool)
    return values(job, Shapley().weight, lambda _: None)[0]


def measured(
    proxy: Distilled,
    owner: Int[np.ndarray, " columns"],
    measure: Callable[[Int[np.ndarray, " rows"], np.ndarray], np.ndarray],
    seed: int,
    error: float,
) -> Own:
    """Of something measured of the proxy's mean predictions over the whole background.

    By random orders, forth and back, that blocks of rows share, so that the mean's error is
    measured between walks of a block; or all coalitions are asked, where those are fewer questions.

    Args:
        proxy: what is asked.
        owner: which player each column belongs to.
        measure: (rows, mean predictions [rows, outputs]) -> what is measured [rows, outputs].
        seed: of the orders.
        error: walks go on until the mean is known as well as this, or there were very many.

    Returns:
        Values by case, their standard errors, and that of their mean.

    Raises:
        OutOfTimeError: the budget has no time left for them.
    """
    from whence.kernels.compiled import spread
    from whence.kernels.means import Means

    means = Means.of(proxy.trees, owner, proxy.X, proxy.pool)
    asked = _Asked(means, measure, int(owner.max()) + 1, seed)
    parts = blocks(np.arange(len(proxy.X)), 1)
    walks: list[list[np.ndarray]] = [[] for _ in parts]  # row, output, player

    def block(b: int) -> None:
        walks[b] += [asked.walked(parts[b], order) for order in asked.orders(b, len(walks[b]))]

    while True:
        spread(block, range(len(parts)))
        many, together = len(walks[0]), _error(walks)
        if len(walks) * (many - 1) < _TELLING:
            continue
        if together.max() <= error or many >= _MOST:
            break
        if seconds_left() <= 0:
            raise OutOfTimeError
        left = min(many * (together.max() / error) ** 2, _MOST) - many if error > 0 else _MOST
        if asked.n <= _ENUMERATED and 2**asked.n < 2 * asked.n * left:
            return _certain(asked, parts)
    values = np.concatenate([np.mean(own, axis=0) for own in walks])
    errors = np.concatenate([np.std(own, axis=0, ddof=1) for own in walks]) / many**0.5
    return values, errors, together


def _certain(asked: "_Asked", parts: list[np.ndarray]) -> Own:
    from whence.kernels.compiled import spread

    each: list[np.ndarray] = [np.empty(0)] * len(parts)

    def block(b: int) -> None:
        each[b] = asked.enumerated(parts[b])

    spread(block, range(len(parts)))
    values = np.concatenate(each)
    return values, np.zeros_like(values), np.zeros_like(values[:1])


def _error(walks: list[list[np.ndarray]]) -> Float[np.ndarray, "1 outputs players"]:
    """Of the mean over cases: walks of a block differ by their orders alone."""
    cases = sum(len(own[0]) for own in walks)
    each = np.stack([np.var([w.sum(axis=0) for w in own], axis=0, ddof=1) for own in walks])
    return np.asarray(np.sqrt(each.sum(axis=0) / len(walks[0]))[None] / cases)


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    """What is measured of blocks of rows.

    Attributes:
        means: mean predictions.
        measure: of them.
        n: players.
        seed: of the orders.
    """

    means: "Means"
    measure: Callable[..., np.ndarray]
    n: int
    seed: int

    def orders(self, block: int, first: int) -> Int[np.ndarray, "walks players"]:
        """The next orders of a block that had so many."""
        walk = first + np.arange(_PASSES)
        chance = uniforms(self.n, self.seed, _ORDERS, np.full(_PASSES, block), walk)
        return np.asarray(chance.argsort(axis=1))

    def walked(self, rows: np.ndarray, order: np.ndarray) -> Float[np.ndarray, "rows _ players"]:
        """What each player adds along an order and its reverse, [rows, outputs, players]."""
        worth = self._worth(rows, chain(order[None])[0])
        return gains(worth, np.tile(order, (len(rows), 1)))

    def enumerated(self, rows: np.ndarray) -> Float[np.ndarray, "rows _ players"]:
        """The Shapley values, [rows, outputs, players]."""
        number = gray(self.n)  # so that one player comes or goes at each turn
        worth = self._worth(rows, coalitions(self.n)[number])
        return semivalues(worth[:, number.argsort()], Shapley())

    def _worth(
        self, rows: np.ndarray, asked: Bool[np.ndarray, "questions players"]
    ) -> Float[np.ndarray, "rows questions outputs"]:
        p = self.means(asked, rows)[0]  # question, row, output
        worth = self.measure(np.tile(rows, len(p)), p.reshape(-1, p.shape[2]))
        return np.asarray(worth.reshape(len(p), len(rows), -1).swapaxes(0, 1))
