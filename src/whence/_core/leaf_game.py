"""Games that are sums of leaves: what the exact methods for trees take apart."""

import abc

import numpy as np

from .forms import TreeEnsemble
from .game import Game, StatedGame
from .shaped import Float, Int
from .types import Ends


class LeafGame(StatedGame):
    """v_c(S) = the mean over the background b of f(x_c on S, b elsewhere), for a sum of trees f.

    A leaf is reached, or not, by a few players' conditions alone, so that its part of the game is a
    game of those few players, whose index is known in closed form. `n_draws` is 1.

    Attributes:
        trees: f.
        owner: which player each feature belongs to.
        rows: the explained rows, as the trees' numbers.
        pool: the background, likewise.
    """

    trees: TreeEnsemble
    owner: Int[np.ndarray, " features"]
    rows: Float[np.ndarray, "cases features"]
    pool: Float[np.ndarray, "members features"]

    @abc.abstractmethod
    def said(self) -> Ends:
        """The worth of everybody, as the model itself says it: float [cases, outputs]."""

    @abc.abstractmethod
    def asked(self) -> Game:
        """The same game on what the model answers, for samplers: where leaves are too many."""
