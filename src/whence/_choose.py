"""Which method by default: a policy, readable from top to bottom, with its reason.

What the budget does not pay for is not chosen; whether seconds are enough shows only when it is
asked, and then `in_its_place` says what can be stopped at any time.
"""

from typing import Any

from whence._core.account import Account, opened, rows_of_question
from whence._core.budget import Budget
from whence._core.errors import OutOfTimeError, UnsupportedGameError
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
from whence._core.meter import ENDLESS
from whence._core.method import Method, whole
from whence._core.wrap import question_of, units

_FEW = 2  # walks forth and back, of which at least so many are needed to know an error
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
    price, ordered = enumeration(game), game.players.ordered
    few = ordered or len(game.players) <= 16
    if price is not None and few and price <= EXACT and _paid(game, Exact(index), budget):
        asked = "prefixes are all that can be asked" if ordered else "are cheap to ask"
        return Exact(index), f"all {price:,} questions {asked}"
    return in_its_place(game, index, budget, by_case=by_case)


def in_its_place(
    game: Game, index: Index, budget: Budget, *, by_case: bool = False
) -> tuple[Method[Any], str]:
    """A method that can be stopped at any time, where an exact one is not paid for, and why."""
    from whence.methods.perturbation.leave_one_out import OnePlayer
    from whence.methods.perturbation.semivalue import SampledSemivalue

    if isinstance(index, (LeaveOneOut, FirstIn)):
        return OnePlayer(index), "one player at a time is all the index needs"
    if isinstance(index, Semivalue) and not isinstance(index, Shapley):
        return SampledSemivalue(index), "nothing is known of the game beyond its worths"
    return _orders(game, budget, by_case=by_case)


def affordable(game: Game, seconds: float, late: OutOfTimeError | None = None) -> tuple[Game, str]:
    """A sum of trees as what its model answers, where reading all leaves would take too long.

    Args:
        game: any; all others stay as they are.
        seconds: that are left; may be endless.
        late: reading them did take too long.

    Returns:
        The game, and why its trees are not read; empty where they are, or where there are none.

    Raises:
        OutOfTimeError: neither way ends in time, and how long it would take.
    """
    from whence.methods.perturbation._tree_prices import prices

    leaves = view(game, LeafGame)
    if leaves is None or (late is None and seconds == ENDLESS):
        return game, ""
    price = prices(leaves)
    why = price.why_not(seconds) if late is None else str(late)
    if why and not price.can_be_asked(seconds):
        raise late or OutOfTimeError(price.refusal(seconds))
    return (leaves.asked(), why) if why else (game, "")


def _one_by_one(
    game: Game, index: LeaveOneOut | FirstIn, budget: Budget
) -> tuple[Method[Any], str]:
    """One player at a time: on every case where that ends and is paid for, else on some."""
    from whence.methods.perturbation.sweep import Sweep

    price = sweep(game)
    if price is not None and price <= EXACT and _paid(game, Sweep(index), budget):
        return Sweep(index), "one player at a time, on every case: exact"
    return in_its_place(game, index, budget)


def _paid(game: Game, method: Any, budget: Budget) -> bool:
    """Whether the budget pays for a method that is whole or nothing, in questions and rows."""
    from whence.methods.perturbation import exact, sweep

    every = whole(game)
    module = exact if isinstance(method, exact.Exact) else sweep
    with opened(budget) as account:
        unknown = account.rows_left < ENDLESS and rows_of_question(every) is None
        return not unknown and module.questions(game) <= account.questions_left(every)


def _orders(game: Game, budget: Budget, *, by_case: bool) -> tuple[Method[Any], str]:
    """Shapley values of a game too large to enumerate: by random orders."""
    from whence.methods.perturbation.permutation import Permutation
    from whence.methods.surrogate.control_variate import ControlVariate

    if game.players.ordered:
        return Permutation(), "prefixes are all that can be asked, and their draws are many"
    if view(game, BlockGame) is not None:
        return Permutation(batch=8, antithetic=False), "a block of rows shares an order"
    with opened(budget) as account:
        paid = account.questions_left(game)
        if _long(game, budget, account, by_case=by_case):
            return ControlVariate(), "so many walks may be needed that a proxy pays"
    if paid < _FEW * 2 * len(game.players):
        return Permutation(antithetic=False), "the budget pays for few walks, so they go one way"
    return Permutation(), "nothing is known of the game beyond its worths"


def _long(game: Game, budget: Budget, account: Account, *, by_case: bool) -> bool:
    """Whether a run may be long enough for a lever: little error is asked, or of many cases."""
    can = view(game, LeverGame)
    if can is None or not can.lever_rows or account.rows_left < 2 * can.lever_rows:
        return False
    tight = budget.relative_error is not None and budget.relative_error < TIGHT
    each = by_case and not (question_of(game).loss and budget.data_share is not None)
    return tight or (each and game.n_cases >= MANY)


def enumeration(game: Game) -> int | None:
    """How many worths, times background rows, an enumeration would take; None if it never ends."""
    draws = _draws(game)
    dear = view(game, DearGame)
    price = 1 if dear is None else dear.price
    n = len(game.players)
    return (
        None
        if draws is None
        else (n + 1 if game.players.ordered else 2**n) * (units(game) * draws * price)
    )


def sweep(game: Game) -> int | None:
    """The same, of everybody (or nobody) and of each player's change to that."""
    draws = _draws(game)
    return None if draws is None else (len(game.players) + 1) * units(game) * draws


def _draws(game: Game) -> int | None:
    """How many draws, or background rows, there are in all; None if draws never end."""
    pooled = view(game, PooledGame)
    return pooled.n_pool if pooled is not None else game.n_draws
