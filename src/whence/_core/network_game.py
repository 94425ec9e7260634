"""Games on the inside of a network, which know their slopes: what first-order methods ask for.

    Ihat(i) = dv/dw_i at w = 1,   with every node n = w n(clean) + (1 - w) n(reference)

is attribution patching (Nanda 2023): one backward pass for all players. It errs where the way from
clean to reference is not straight, in two known places, and a network game can look past both.
"""

import abc
from collections.abc import Mapping
from typing import Any

import numpy as np

from .game import RelaxedGame, StatedGame
from .shaped import Float
from .types import Cases, Draws, Ends, Gradients


class NetworkGame(RelaxedGame, StatedGame):
    """A game whose players are parts of a network.

    Attributes:
        n_layers: how many layers there are, each of which adds to what came before it.
    """

    n_layers: int

    @abc.abstractmethod
    def slopes(self, cases: Cases, draws: Draws, along: float = 1.0) -> Gradients:
        """What each player adds, to first order: float [rows, outputs, players].

        Args:
            cases: int [rows].
            draws: int [rows].
            along: where the slope is taken: on inputs this share of the way from the reference's
                to the clean ones. What players differ by is measured from end to end.
        """

    @abc.abstractmethod
    def slopes_past_softmax(self, cases: Cases, draws: Draws) -> Gradients:
        """As `slopes`, with attention taken as it really changes and the rest to first order.

        NaN for players that are no query and no key. (AtP*: Kramar et al. 2024.)
        """

    @abc.abstractmethod
    def slopes_without_layers(
        self, cases: Cases, draws: Draws
    ) -> Float[np.ndarray, "layers rows outputs players"]:
        """As `slopes`, with what one layer adds held fixed, for each layer in turn."""

    @abc.abstractmethod
    def stamp(self, empty: Ends, full: Ends) -> Mapping[str, Any]:
        """What belongs to the provenance of every answer: mediators, mode, what is uncovered.

        Args:
            empty: the worth of nobody, as the method found it.
            full: the worth of everybody.
        """
