"""Did a screen miss somebody? A bound on the effects of all players that were not asked one by one.

A cheap score picks whom to verify; this says what may still hide among the others. They leave
together in random subsets A, each with probability `rate`, and

    I(A) = v(N) - v(N minus A),    d_j = mean of I over A with j - mean over A without j.

"No d_j is theta or more" is the union of as many claims as there are players, so it is tested by
intersection and union: a one-sided Welch test of |d_j| >= theta for each, p the largest of all, and
no correction for their number. Inverted, the smallest theta that would be certified is

    bound = max_j |d_j| + t_{1 - alpha, freedom_j} stderr_j.

Source: Kramár et al. (2024, AtP*), for subsets and Welch's bound; Berger (1982) for the test. Ours:
both signs at once, the inversion, draws that v(N) and v(N minus A) share, and no verdict where all
I(A) are equal. What is bounded is the effect in an average context, where a share `rate` of the
others has left too (at a rate of one half it is Banzhaf's value), and not the effect of leaving
from everybody.
"""

from collections.abc import Iterable
from numbers import Real

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, positive, some
from whence._core.game import Game
from whence._core.keyed import hashed, uniforms
from whence._core.outputs import place
from whence._core.shaped import Bool, Float, Int
from whence._core.student import quantile
from whence._core.text import brief
from whence.evaluate.welch import Contrast, below, contrast

_LEAVE, _DRAW = 71, 72  # streams of chance
_SEEDS = 2**31
_CELLS = 2**22  # of the coalitions that are asked at a time
_NONE = 1e-12  # of the worths: what rounding leaves of no effect


@check_arguments
def screen(
    game: Game,
    *,
    theta: float,
    exclude: Iterable[str | int] | str = (),
    subsets: int = 600,
    rate: float = 0.1,
    alpha: float = 0.05,
    output: str | int = 0,
    case: int | None = None,
    seed: int = 0,
) -> Certificate:
    """Whether no player that was left unverified has an effect of theta or more.

    It asks `subsets` coalitions of every case. It passes when p <= alpha, and so is wrong with a
    probability of at most about alpha; that it fails says only that it could not be shown.

    Args:
        game: what is asked, of players that need no order.
        theta: the effect that nobody may have, in the unit of the worth.
        exclude: the players that were verified one by one, by name or position; they stay.
        subsets: how many. Fewer are a prefix of more.
        rate: the probability that a player leaves, in each subset. Choose it so that the worth does
            not saturate.
        alpha: the probability of a false certificate.
        output: the one that is judged, by name or position.
        case: the one that is judged; the mean over all cases by default.
        seed: of the subsets, and of the draws.

    Returns:
        "screen", with `p`, `theta`, `bound` (the smallest theta that would pass), `largest` (the
        largest difference that was seen), `subsets` and `rate`, and a table of the players with
        their `difference` (positive: staying raises the behaviour), `stderr` and `p`. Not judged
        where every I(A) is the same.

    Raises:
        OptionError: an argument outside what is offered, nobody left, or a player that leaves in
            too few of the subsets, or stays in too few.
        PlayersError: no such player.
        ResultError: no such output.
        BadQuestionError: no such case, or players with an order.
    """
    at, left = place(game.outputs, output), _left(game, exclude)
    _options(theta, subsets, rate, alpha)
    if case is not None and (isinstance(case, bool) or not isinstance(case, (int, np.integer))):
        raise OptionError(f"case is a whole number from 0, or None; given {brief(case)}")
    members = _members(len(game.players), left, subsets, rate, seed)
    _enough(members, [game.players.names[i] for i in left], rate)
    cases = np.arange(game.n_cases) if case is None else np.array([case])
    found, scale = _effects(game, members, left, cases, at, seed)
    numbers = {"theta": float(theta), "subsets": float(subsets), "rate": float(rate)}
    if np.ptp(found) <= _NONE * scale:
        return Certificate("screen", None, _silent(found, len(left)), numbers)
    seen = contrast(members, found)
    return _judged(seen, [game.players.names[i] for i in left], theta, alpha, numbers)


def _options(theta: object, subsets: object, rate: object, alpha: object) -> None:
    positive(subsets, "subsets", "how many random subsets leave")
    if not (_real(theta) and np.isfinite(theta) and theta > 0):  # type: ignore[operator, call-overload]
        raise OptionError(
            f"theta is the effect that nobody may have, above 0 and in the unit of the worth; "
            f"given {theta!r}"
        )
    if not (_real(rate) and 0 < rate < 1):  # type: ignore[operator]
        raise OptionError(f"rate is a probability between 0 and 1, such as 0.1; given {rate!r}")
    if not (_real(alpha) and 0 < alpha < 0.5):  # type: ignore[operator]
        raise OptionError(f"alpha lies between 0 and 0.5, such as 0.05; given {alpha!r}")


def _real(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


# -- who leaves --


def _left(game: Game, exclude: Iterable[str | int] | str) -> Int[np.ndarray, " left"]:
    """Positions of the players that may leave."""
    named = [exclude] if isinstance(exclude, str) else list(exclude)
    stays = {game.players.index(name) for name in named}
    found = [i for i in range(len(game.players)) if i not in stays]
    if not found:
        raise OptionError(
            "exclude= names every player: they were all verified, and nobody is left to bound"
        )
    return np.array(found)


def _members(
    players: int, left: Int[np.ndarray, " left"], subsets: int, rate: float, seed: int
) -> Bool[np.ndarray, "subsets left"]:
    """Who leaves in each subset: a function of (seed, subset, player), whoever else is left."""
    found = np.empty((subsets, len(left)), dtype=bool)
    size = max(_CELLS // players, 1)
    for first in range(0, subsets, size):
        number = np.arange(first, min(first + size, subsets))
        found[number] = uniforms(players, seed, _LEAVE, number)[:, left] < rate
    return found


def _enough(members: Bool[np.ndarray, "subsets left"], names: list[str], rate: float) -> None:
    subsets, inside = len(members), members.sum(axis=0)
    few = np.flatnonzero((inside < 2) | (inside > subsets - 2))
    if len(few):
        raise OptionError(
            f"{some(names[i] for i in few)} left in fewer than two, or stayed in fewer than two, "
            f"of {subsets} subsets at a rate of {rate}: take more subsets, or another rate"
        )


# -- what that does --


def _effects(
    game: Game,
    members: Bool[np.ndarray, "subsets left"],
    left: Int[np.ndarray, " left"],
    cases: Int[np.ndarray, " cases"],
    output: int,
    seed: int,
) -> tuple[Float[np.ndarray, " subsets"], float]:
    """I(A) of each subset, mean over cases; and the scale of the worths."""
    draws = _draws(game, len(members), seed)
    different, back = np.unique(draws, return_inverse=True)
    everybody = np.ones((1, len(game.players)), dtype=bool)
    size = max(_CELLS // (len(game.players) * len(cases)), 1)

    def means(coalitions: np.ndarray, draws: np.ndarray) -> np.ndarray:
        worth = game.worth(
            np.repeat(coalitions, len(cases), axis=0),
            np.tile(cases, len(coalitions)),
            np.repeat(draws, len(cases)),
        )
        return np.asarray(worth[:, output].reshape(-1, len(cases)).mean(axis=1))

    def blocks(rows: int) -> list[slice]:
        return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]

    def without(here: slice) -> np.ndarray:
        stay = np.repeat(everybody, here.stop - here.start, axis=0)
        stay[:, left] = ~members[here]
        return means(stay, draws[here])

    whole = [
        means(np.repeat(everybody, b.stop - b.start, axis=0), different[b])
        for b in blocks(len(different))
    ]
    full = np.concatenate(whole)[back]
    cut = np.concatenate([without(b) for b in blocks(len(members))])
    return full - cut, float(max(np.abs(full).max(), np.abs(cut).max()))


def _draws(game: Game, subsets: int, seed: int) -> Int[np.ndarray, " subsets"]:
    """A draw for each subset, which all cases share: a joint game answers them in one go."""
    if game.n_draws == 1:
        return np.zeros(subsets, dtype=np.int64)
    most = np.uint64(_SEEDS if game.n_draws is None else game.n_draws)
    return (hashed(seed, _DRAW, np.arange(subsets)) % most).astype(np.int64)


# -- the verdict --


def _judged(
    seen: Contrast, names: list[str], theta: float, alpha: float, numbers: dict[str, float]
) -> Certificate:
    size = np.abs(seen.difference)
    each = below((size - theta) / seen.stderr, seen.freedom)
    # t_{1 - alpha} is what a central interval of 1 - 2 alpha has on either side
    ends = size + quantile(1 - 2 * alpha, seen.freedom) * seen.stderr
    p, who = float(each.max()), int(each.argmax())
    bound = float(ends.max())
    figures = {"p": p, "bound": bound, "largest": float(size.max())}
    told = f"{names[who]!r} ({seen.difference[who]:+.3g} with a standard error of "
    told += f"{seen.stderr[who]:.2g})"
    return Certificate(
        "screen",
        p <= alpha,
        _words(len(names), told, p, bound, alpha, numbers),
        figures | numbers,
        {},
        {
            "players": tuple(names),
            "difference": tuple(seen.difference.tolist()),
            "stderr": tuple(seen.stderr.tolist()),
            "p": tuple(each.tolist()),
        },
    )


def _words(
    count: int, told: str, p: float, bound: float, alpha: float, numbers: dict[str, float]
) -> str:
    theta, rate, subsets = numbers["theta"], 100 * numbers["rate"], int(numbers["subsets"])
    where = f"where {rate:.3g} % of the others have left too"
    said = (
        f"none of the {count:,} players has an average effect of {theta:.3g} or more {where}"
        if p <= alpha
        else f"an average effect of {theta:.3g} {where} cannot be ruled out for {told}"
    )
    return (
        f"{said} (p = {p:.2g}, {subsets:,} subsets); they show that none has more than "
        f"{bound:.3g}. This bounds the effect in an average such context, and not that of leaving "
        "from everybody."
    )


def _silent(found: Float[np.ndarray, " subsets"], count: int) -> str:
    return (
        f"every one of {len(found):,} random subsets of {count:,} players changed the worth by the "
        f"same {found[0]:.3g}, so there is no spread to test: either they do nothing in such "
        "contexts, or what is measured cannot show it. Try a larger rate, or a finer measure"
    )
