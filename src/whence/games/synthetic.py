"""Games whose answers are known in closed form. Each knows its `truth(index)`.

Every semivalue is linear in the game, so sums of unanimity games carry all of them: a unanimity
game on T, u_T(S) = 1 when T is in S, gives a member i of T

    phi_i = sum_k C(n - t, k) weight(t - 1 + k),      t = |T|,

the chance that all the other members of T are already there.
"""

import abc
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import comb
from typing import final

import numpy as np

from whence._core.errors import PlayersError
from whence._core.game import AdditiveGame, Game, RelaxedGame
from whence._core.index import AumannShapley, Semivalue
from whence._core.keyed import uniforms
from whence._core.players import Players
from whence._core.shaped import Float
from whence._core.types import Cases, Coalitions, Draws, Weights, Worths

_NOISE = 31


class KnownGame(Game):
    """A game that knows the right answer."""

    @abc.abstractmethod
    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """The values of this index, of the first output, averaged over cases."""


def unanimity(index: Semivalue, t: int, n: int) -> float:
    """The value of a member of T in the unanimity game on T, of t among n players."""
    return sum(comb(n - t, k) * index.weight(t - 1 + k, n) for k in range(n - t + 1))


@final
class Unanimity(KnownGame):
    """A sum of unanimity games: v(S) = sum over T in S of its weight.

    Args:
        terms: coalition (tuple of names) -> weight.
        names: all players, those in no coalition (dummies) included.

    >>> from whence import Banzhaf
    >>> Unanimity({("a", "b"): 1.0}, ("a", "b", "c")).truth(Banzhaf()).tolist()
    [0.5, 0.5, 0.0]
    """

    def __init__(self, terms: Mapping[Sequence[str], float], names: Sequence[str]) -> None:
        self.players = Players(tuple(names))
        self.members = np.zeros((len(terms), len(names)), dtype=bool)  # term, player
        for row, coalition in enumerate(terms):
            self.members[row, [self.players.index(n) for n in coalition]] = True
        self.weights = np.array(list(terms.values()), dtype=float)

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        lacking = (~coalitions).astype(float) @ self.members.T.astype(float)
        return np.asarray((lacking == 0) @ self.weights)

    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """By linearity."""
        n = len(self.players)
        each = [
            unanimity(index, int(m.sum()), n) * w
            for m, w in zip(self.members, self.weights, strict=True)
        ]
        return np.asarray(np.array(each) @ self.members)


@final
class Multilinear(RelaxedGame, KnownGame):
    """A sum of unanimity games for players who are present in part: each term is their product.

    v(w) = sum over T of its weight times the product of w_i over T, so that along the path from
    nobody to everybody each member of T gets weight / |T|: its Shapley value (Owen 1972).

    Args:
        terms: coalition (tuple of names) -> weight.
        names: all players, those in no coalition (dummies) included.

    >>> from whence import AumannShapley
    >>> Multilinear({("a", "b"): 1.0}, ("a", "b", "c")).truth(AumannShapley()).tolist()
    [0.5, 0.5, 0.0]
    """

    def __init__(self, terms: Mapping[Sequence[str], float], names: Sequence[str]) -> None:
        self.whole = Unanimity(terms, names)
        self.players = self.whole.players

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        return self.whole._worth(coalitions, cases, draws)  # noqa: SLF001 - asked once, counted once

    def _gradient(self, weights: Weights, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        slopes = np.zeros((len(weights), 1, len(self.players)))
        for members, weight in zip(self.whole.members, self.whole.weights, strict=True):
            for i in np.flatnonzero(members):
                others = members.copy()
                others[i] = False
                slopes[:, 0, i] += weight * weights[:, others].prod(axis=1)
        return slopes

    def truth(self, index: Semivalue | AumannShapley) -> Float[np.ndarray, " players"]:
        """Of a semivalue as in `Unanimity`; along the path, each term in equal shares."""
        if isinstance(index, Semivalue):
            return self.whole.truth(index)
        sizes = self.whole.members.sum(axis=1)
        return np.asarray((self.whole.weights / sizes) @ self.whole.members)


@final
class Gloves(KnownGame):
    """Left and right gloves: a coalition is worth its pairs.

    Args:
        left: how many own a left glove.
        right: how many own a right glove.
        idle: how many own nothing: dummies.
    """

    def __init__(self, left: int = 1, right: int = 3, idle: int = 1) -> None:
        hands = ("left", left), ("right", right), ("idle", idle)
        self.players = Players(tuple(f"{hand} {i}" for hand, k in hands for i in range(k)))
        self.left, self.right = left, right

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        left = coalitions[:, : self.left].sum(axis=1)
        right = coalitions[:, self.left : self.left + self.right].sum(axis=1)
        return np.asarray(np.minimum(left, right), dtype=float)

    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """Count the coalitions in which one more glove makes one more pair."""
        n = len(self.players)
        idle = n - self.left - self.right

        def gains(own: int, others: int) -> float:
            return sum(
                comb(own - 1, a) * comb(others, b) * comb(idle, c) * index.weight(a + b + c, n)
                for a in range(own)
                for b in range(a + 1, others + 1)
                for c in range(idle + 1)
            )

        left = [gains(self.left, self.right)] * self.left if self.left else []
        right = [gains(self.right, self.left)] * self.right if self.right else []
        return np.array(left + right + [0.0] * idle)


@final
class Airport(KnownGame):
    """A runway is as long as its largest plane needs: v(S) = -max of the costs in S.

    Args:
        costs: one for each plane, all positive.
    """

    def __init__(self, costs: Sequence[float] = (1.0, 2.0, 2.0, 5.0)) -> None:
        self.costs = np.array(costs, dtype=float)
        self.players = Players(tuple(f"plane {i}" for i in range(len(costs))))

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        return np.asarray(-np.where(coalitions, self.costs, 0.0).max(axis=1))

    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """Each stretch of runway is paid for when the first of the planes that need it comes."""
        n, steps = len(self.costs), np.unique(np.append(self.costs, 0.0))
        values = np.zeros(n)
        for low, high in pairwise(steps):
            users = self.costs >= high
            u = int(users.sum())
            alone = sum(comb(n - u, k) * index.weight(k, n) for k in range(n - u + 1))
            values -= np.where(users, (high - low) * alone, 0.0)
        return values


@final
class Voting(KnownGame):
    """Weighted voting: a coalition is worth 1 when its votes reach the quota.

    Args:
        votes: one whole number for each player.
        quota: votes that pass.
    """

    def __init__(self, votes: Sequence[int] = (4, 3, 2, 1), quota: int = 6) -> None:
        self.votes, self.quota = np.array(votes), quota
        self.players = Players(tuple(f"party {i}" for i in range(len(votes))))

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        return np.asarray(coalitions @ self.votes >= self.quota, dtype=float)

    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """Count pivots by dynamic programming over (size, votes) of the others."""
        n, total = len(self.votes), int(self.votes.sum())
        values = np.zeros(n)
        for i, own in enumerate(self.votes):
            ways = np.zeros((n, total + 1))
            ways[0, 0] = 1.0
            for other in np.delete(self.votes, i):
                ways[1:, other:] += ways[:-1, : total + 1 - other].copy()
            pivot = ways[:, max(self.quota - own, 0) : self.quota].sum(axis=1)
            values[i] = sum(pivot[s] * index.weight(s, n) for s in range(n))
        return values


@final
class Linear(AdditiveGame):
    """Coefficients that add up, with cases and noisy draws whose own worth is large.

    Args:
        weights: one for each player.
        n_cases: cases, each with a worth of its own that no player brings.
        n_draws: draws, likewise.
    """

    def __init__(self, weights: Sequence[float], n_cases: int = 1, n_draws: int | None = 1) -> None:
        self.weights = np.array(weights, dtype=float)
        self.players = Players(tuple(f"x{i}" for i in range(len(self.weights))))
        self.n_cases, self.n_draws = n_cases, n_draws

    def coefficients(
        self, cases: Cases, draws: Draws
    ) -> tuple[Worths, Float[np.ndarray, "rows outputs players"]]:
        """The same weights in every case and draw."""
        empty = 100.0 * np.sin(cases) + 50.0 * np.cos(draws % 1000)
        weights = np.broadcast_to(self.weights, (len(cases), 1, len(self.weights)))
        return empty[:, None], weights

    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """The weights, for every semivalue."""
        del index
        return self.weights


@final
class Noisy(KnownGame):
    """A known game, seen through noise: each (case, draw) adds noise of its own to every answer.

    Args:
        game: the known game.
        spread: standard deviation of each draw's change to each player's part.
        n_cases: cases that differ from one another by noise of the same size.
    """

    def __init__(self, game: KnownGame, spread: float = 1.0, n_cases: int = 1) -> None:
        if spread < 0:
            raise PlayersError(f"spread cannot be negative; given {spread}")
        self.game, self.spread = game, spread
        self.players, self.n_cases, self.n_draws = game.players, n_cases, None

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        n = len(self.players)
        own = self.game.worth(coalitions, np.zeros_like(cases), np.zeros_like(draws))[:, 0]
        u = uniforms(n, _NOISE, cases, draws) - 0.5
        return np.asarray(own + self.spread * np.sqrt(12) * (coalitions * u).sum(axis=1))

    def truth(self, index: Semivalue) -> Float[np.ndarray, " players"]:
        """The noise has mean zero."""
        return self.game.truth(index)
