"""Path-dependent values of tree ensembles, for parity with other libraries.

At a node whose feature is absent, a row goes both ways, in proportion to the training rows that
came by. It needs no background, but features do not leave for those of real rows, and the answer
depends on the order of the splits: it is neither marginal removal nor a conditional expectation.
The result says so in its question.
"""

from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from whence._core.account import opened
from whence._core.budget import Budget
from whence._core.errors import UnsupportedGameError
from whence._core.index import Semivalue, Shapley
from whence._core.leaf_game import LeafGame
from whence._core.method import Method, Outcome
from whence.methods.perturbation.trees import exactly


@final
@dataclass(frozen=True, slots=True)
class PathDependent(Method[LeafGame]):
    """Any semivalue of the path-dependent game, exact. The game's background is not looked at.

    Args:
        index: which semivalue.

    Source: Lundberg et al. (2020).
    """

    index: Semivalue = Shapley()
    every_draw: bool = field(default=True, init=False, repr=False)
    computes = (Semivalue,)

    @property
    def needs(self) -> type[LeafGame]:
        """A sum of leaves."""
        return LeafGame

    def _run(self, game: LeafGame, budget: Budget, seed: int, by_case: bool) -> Outcome:
        from whence.kernels.values import Job

        del seed, by_case
        with opened(budget) as account:
            seconds = account.seconds_left
        if not np.isfinite(game.trees.cover).all():
            raise UnsupportedGameError(
                f"{game.trees.name} does not keep how many training rows came by each node, and "
                "path-dependent values need it. Use TreeExact(), with background rows."
            )
        job = Job.of(game.trees, game.owner, game.rows, None)
        leaves = int((game.trees.feature < 0).sum())
        verdict = f"exact for its own game: {leaves:,} leaves"
        outcome = exactly(game, job, self.index, verdict, seconds)
        words = "path-dependent (both ways at a split, by training rows; no background)"
        return replace(outcome, asked=replace(game.question, removal=words, background=""))
