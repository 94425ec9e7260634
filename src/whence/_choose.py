"""Which method by default: a policy, readable from top to bottom, with its reason."""

from typing import Any

from whence._core.budget import Budget
from whence._core.errors import UnsupportedGameError
from whence._core.game import BlockGame, DearGame, Game, PooledGame, RelaxedGame, view
from whence._core.index import (
    AumannShapley,
    FirstIn,
    Index,
    LeaveOneOut,
    Semivalue,
    Shapley,
)
from whence._core.leaf_game import LeafGame
from whence._core.lever import LeverGame
from whence._core.method import Method
from whence._core.wrap import units

TIGHT, MANY = 0.02, 64  # relative error below, and cases from, which a lever may pay
EXACT = 2**17  # worths (times background rows) that are cheaper to enumerate than to argue about


def choose(
    game: Game, index: Index, budget: Budget = Budget(), *, by_case: bool = False
) -> tuple[Method[Any], str]:
    """A method for this game and index, and why.

    Raises:
        UnsupportedGameError: no method here computes this index from worths.
    """
    from whence.methods.gradient.integrated_gradients import IntegratedGradients
    from whence.methods.perturbation.exact import Exact
    from whence.methods.perturbation.semivalue import SampledSemivalue
    from whence.methods.perturbation.trees import TreeExact

    if isinstance(index, AumannShapley) and view(game, RelaxedGame) is not None:
        return IntegratedGradients(), "the game has a gradient, and the path is a line"
    if not isinstance(index, Semivalue):
        raise UnsupportedGameError(
            f"no method here computes {index} from worths alone. Offered: Shapley, Banzhaf, "
            "BetaShapley, LinearSurrogate, LeaveOneOut and FirstIn."
        )
    if view(game, LeafGame) is not None:
        return TreeExact(index), "each leaf of a tree has its values in closed form"
    if isinstance(index, (LeaveOneOut, FirstIn)):
        return _one_by_one(game, index, budget)
    price = enumeration(game)
    if price is not None and len(game.players) <= 16 and price <= EXACT:
        return Exact(index), f"all {price:,} questions are cheap to ask"
    if isinstance(index, Shapley):
        return _orders(game, budget, by_case=by_case)
    return SampledSemivalue(index), "nothing is known of the game beyond its worths"


def _one_by_one(
    game: Game, index: LeaveOneOut | FirstIn, budget: Budget
) -> tuple[Method[Any], str]:
    """One player at a time: on every case where that ends and is paid for, else on some."""
    from whence.methods.perturbation.leave_one_out import OnePlayer
    from whence.methods.perturbation.sweep import Sweep

    price, unbounded = sweep(game), budget.rows is None and budget.seconds is None
    most = EXACT if budget.evaluations is None else min(EXACT, budget.evaluations)
    if price is not None and unbounded and price <= most:
        return Sweep(index), "one player at a time, on every case: exact"
    return OnePlayer(index), "one player at a time is all the index needs"


def _orders(game: Game, budget: Budget, *, by_case: bool) -> tuple[Method[Any], str]:
    """Shapley values of a game too large to enumerate: by random orders."""
    from whence.methods.perturbation.permutation import Permutation
    from whence.methods.surrogate.control_variate import ControlVariate

    if view(game, BlockGame) is not None:
        return Permutation(batch=8, antithetic=False), "a block of rows shares an order"
    if _long(game, budget, by_case=by_case):
        return ControlVariate(), "so many walks may be needed that a proxy pays"
    return Permutation(), "nothing is known of the game beyond its worths"


def _long(game: Game, budget: Budget, *, by_case: bool) -> bool:
    """Whether a run may be long enough for a lever: little error is asked, or of many cases."""
    can = view(game, LeverGame)
    if can is None or not can.lever_rows:
        return False
    tight = budget.relative_error is not None and budget.relative_error < TIGHT
    return tight or (by_case and game.n_cases >= MANY)


def enumeration(game: Game) -> int | None:
    """How many worths, times background rows, an enumeration would take; None if it never ends."""
    draws = _draws(game)
    dear = view(game, DearGame)
    price = 1 if dear is None else dear.price
    return None if draws is None else 2 ** len(game.players) * units(game) * draws * price


def sweep(game: Game) -> int | None:
    """The same, of everybody (or nobody) and of each player's change to that."""
    draws = _draws(game)
    return None if draws is None else (len(game.players) + 1) * units(game) * draws


def _draws(game: Game) -> int | None:
    """How many draws, or background rows, there are in all; None if draws never end."""
    pooled = view(game, PooledGame)
    return pooled.n_pool if pooled is not None else game.n_draws
