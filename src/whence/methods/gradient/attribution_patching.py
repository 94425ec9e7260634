"""Attribution patching: what each part of a network does, to first order, in one backward pass.

    Ihat(i) = dv/dw_i at everybody present,   for all players at once

approximates leave-one-out. AtP* looks past its two blind spots: queries and keys are taken past the
softmax, whose slope is flat where attention is saturated; and GradDrop holds each layer in turn
fixed, for effects that cancel at the clean point and not at the patch. GradDrop is biased upwards:
it chooses who is asked exactly, and is never a value.

Source: Nanda (2023); Syed et al. (2023); Kramar, Lieberum, Shah & Nanda (2024), AtP*. Departures:
the estimates keep their signs; the players that are asked exactly are given their exact values, and
the others' error is what the estimates of those were off by.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.account import opened
from whence._core.budget import Budget
from whence._core.errors import UnsupportedGameError
from whence._core.game import Game, RelaxedGame, view
from whence._core.index import LeaveOneOut
from whence._core.method import Method, Outcome
from whence._core.network_game import NetworkGame
from whence.methods.gradient._first_order import affordable, concluded, largest, require
from whence.methods.gradient._rows import Rows


@final
@dataclass(frozen=True, slots=True)
class AttributionPatching(Method[RelaxedGame]):
    """Slopes at everybody present, and exact answers for the players that look largest.

    Args:
        qk_fix: take queries and keys past the softmax.
        grad_drop: choose whom to verify by GradDrop; None: where there are two layers or more.
        verify: how many players are asked exactly; 0 leaves the estimates unjudged.

    Source: Nanda (2023); Kramar et al. (2024).
    """

    qk_fix: bool = True
    grad_drop: bool | None = None
    verify: int = 8
    index: LeaveOneOut = field(default=LeaveOneOut(), init=False)

    @property
    def needs(self) -> type[RelaxedGame]:
        """A game that knows its slopes."""
        return RelaxedGame

    def _run(self, game: RelaxedGame, budget: Budget, seed: int, by_case: bool) -> Outcome:
        del by_case
        rows, network = Rows.of(game), view(game, NetworkGame)
        past = network is not None and self.qk_fix
        drops = network is not None and self._drops(network)
        if self.grad_drop is None and drops and network is not None:
            drops = _pays(network, budget, rows, 1 + past + network.n_layers)
        layers = network.n_layers if drops and network is not None else 0
        require(game, budget, rows, 1 + past + layers)
        slopes, screen = self._slopes(game, rows, drops=drops)
        estimate, noise = rows.mean(slopes), rows.stderr(slopes)
        who = largest(screen, affordable(self.verify, game, budget, rows))
        return concluded(game, rows, estimate, noise, who, seed)

    def _slopes(
        self, game: RelaxedGame, rows: Rows, *, drops: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Estimates [rows, outputs, players], and what says who is asked exactly."""
        network = view(game, NetworkGame)
        if network is None:
            ones = np.ones((len(rows.cases), len(game.players)))
            slopes = game.gradient(ones, rows.cases, rows.draws)
            return slopes, slopes
        slopes = network.slopes(rows.cases, rows.draws)
        screen = slopes
        if drops:
            each = network.slopes_without_layers(rows.cases, rows.draws)
            screen = np.abs(each).sum(axis=0) / (network.n_layers - 1)
        if self.qk_fix:
            past = network.slopes_past_softmax(rows.cases, rows.draws)
            there = np.isfinite(past)
            slopes, screen = np.where(there, past, slopes), np.where(there, past, screen)
        return slopes, screen

    def _drops(self, network: NetworkGame) -> bool:
        if self.grad_drop and network.n_layers < 2:
            raise UnsupportedGameError(
                "GradDrop holds one layer fixed at a time and looks at the others, and this "
                f"network has {network.n_layers} that whence can see: leave grad_drop out"
            )
        return network.n_layers >= 2 if self.grad_drop is None else self.grad_drop


def _pays(game: Game, budget: Budget, rows: Rows, gradients: int) -> bool:
    """Whether the budget pays for so many gradients in each row, and for the ends."""
    with opened(budget) as account:
        return (gradients + 2) * len(rows.cases) <= account.questions_left(game)
