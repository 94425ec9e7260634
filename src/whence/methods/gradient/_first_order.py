"""What methods of first order share: estimates, exact answers for a few players, a judgement.

A slope says nothing of how wrong it is. So the players that look largest are asked exactly, and the
others leave in groups, in which what was missed shows (see `_missed`). Exact answers stand in the
result in place of estimates; what the groups did beyond their estimates is the error of the others.
"""

import numpy as np

from whence._core.account import opened
from whence._core.budget import Budget
from whence._core.calibration import calibration
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.game import Game
from whence._core.method import Outcome
from whence._core.reading import EXACT, Reading
from whence._core.shaped import Float
from whence.methods.gradient._losses import Losses
from whence.methods.gradient._missed import Search
from whence.methods.gradient._rows import Rows

PART = "first order"  # of the error: what slopes are off by


def largest(screen: np.ndarray, many: int) -> np.ndarray:
    """The players of the largest sizes, averaged over rows after their signs are taken away.

    Args:
        screen: sizes [rows, outputs, players].
        many: how many players.
    """
    return np.argsort(-np.abs(screen).mean(axis=(0, 1)), kind="stable")[:many]


def require(game: Game, budget: Budget, rows: Rows, gradients: int) -> None:
    """Refuse, before the first question, slopes that are not paid for.

    Args:
        game: what is asked.
        budget: what pays.
        rows: where slopes are taken.
        gradients: in each of the rows.

    Raises:
        BudgetError: with the price.
    """
    with opened(budget) as account:
        many = len(rows.cases)
        what = f"{gradients} gradient{'s' * (gradients > 1)} and an end in each of {many:,} rows"
        account.require(game, (gradients + 1) * many, what)


def affordable(verify: int, game: Game, budget: Budget, rows: Rows) -> int:
    """How many players can be asked exactly with what is left of the budget.

    Args:
        verify: how many are wanted.
        game: what is asked.
        budget: what pays.
        rows: where slopes were taken; a question takes no longer than a slope did.

    Raises:
        OptionError: a number that is none.
    """
    if isinstance(verify, bool) or not isinstance(verify, (int, np.integer)) or verify < 0:
        raise OptionError(f"verify is how many players are asked exactly, from 0; given {verify!r}")
    most = min(int(verify), len(game.players))
    with opened(budget) as account:
        asked, used, seconds = account.used()
        paid = account.questions_left(game)
        if account.rows_left < np.inf and asked:
            paid = min(paid, account.rows_left * asked / max(used, asked))
        if account.seconds_left < np.inf:
            paid = min(paid, account.seconds_left * max(asked, 1) / seconds)
    if paid == np.inf:
        return most
    left = paid // len(rows.cases) - 2  # the ends
    return int(max(min(most, left // 3), 0))  # each is asked, and pays for a group and its halving


def concluded(
    game: Game,
    rows: Rows,
    estimate: Float[np.ndarray, "cases outputs players"],
    noise: Float[np.ndarray, "cases outputs players"],
    who: np.ndarray,
    seed: int,
    others: tuple[Certificate, ...] = (),
) -> Outcome:
    """The answer: exact where it was asked exactly, estimates elsewhere, and how good they are.

    Args:
        game: what was asked.
        rows: where.
        estimate: by slopes.
        noise: standard errors of the estimates, from their draws.
        who: the numbers of the players to ask exactly.
        seed: of the groups in which the others leave.
        others: what else was checked.
    """
    losses = Losses.of(game, both=len(who) > 0)
    lost, rest = losses.alone(who), np.setdiff1d(np.arange(len(game.players)), who)
    if not len(who):
        said = "first order only: nobody was asked exactly, so how far off it is is not known"
        found = _reading(rows, losses, estimate, noise, who, lost)
        return Outcome(found, "unquantified", False, said, certificates=others)
    search = None
    if len(rest):
        search = _search(losses, estimate, lost, rest, seed)
        others = (*others, search.certificate(len(rest)))
        who = np.concatenate([who, np.array(list(search.found), dtype=int)])
        lost = np.concatenate([lost, *(one[None] for one in search.found.values())])
    found = _reading(rows, losses, estimate, noise, who, lost, search)
    names = [game.players.names[i] for i in who]
    exact = losses.over_draws(lost)[0]
    checks = (calibration(names, estimate[:, 0, who], exact[:, 0]), *others)
    if len(who) == len(game.players) and rows.all:
        return Outcome(found, "exact", True, "every player was asked exactly", certificates=checks)
    passed = all(check.holds is not False for check in checks)
    said = f"{len(who)} players were asked exactly; the others are of first order"
    return Outcome(found, "sampled", passed, said, certificates=checks)


def _search(
    losses: Losses, estimate: np.ndarray, lost: np.ndarray, rest: np.ndarray, seed: int
) -> Search:
    """As many groups as players were asked exactly, and as many questions again to halve them."""
    groups = len(lost)
    scale = float(np.abs(lost[..., 0].mean(axis=(1, 2))).max())
    return Search(losses, estimate, scale, 2 * groups).run(rest, groups, seed)


def _reading(
    rows: Rows,
    losses: Losses,
    estimate: Float[np.ndarray, "cases outputs players"],
    noise: Float[np.ndarray, "cases outputs players"],
    who: np.ndarray,
    lost: Float[np.ndarray, "asked cases draws outputs"],
    search: Search | None = None,
) -> Reading:
    """Exact where it was asked exactly, else the estimate, with what its kind is off by.

    Args:
        rows: where slopes were taken.
        losses: of the worths of nobody and everybody.
        estimate: by slopes.
        noise: standard errors of the estimates, from their draws.
        who: the numbers of the players who were asked exactly.
        lost: what is lost without each.
        search: what the others did in groups.
    """
    values, stderr = estimate.copy(), noise.copy()
    values[:, :, who], stderr[:, :, who] = losses.over_draws(lost)
    parts, shared = {}, {}
    if search is not None:
        rest = np.ones(values.shape[2], dtype=bool)
        rest[who] = False
        each, mean = search.error()
        parts[PART], shared[PART] = each[:, :, None] * rest, mean[None, :, None] * rest
    free = np.full(len(values), EXACT if rows.all else rows.many - 1.0)
    empty, full = (end.mean(axis=1) for end in (losses.empty, losses.full))
    return Reading(values, stderr, free, empty, full, shared=shared, parts=parts)
