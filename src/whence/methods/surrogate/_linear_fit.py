"""Least squares of worths on who stayed, for all cases at once, with errors that assume little.

With X the presences and Y the worths, both less the mean of their level (the intercept),

    slopes = P Y,   P = (X'X + r I)^-1 X',

one factorisation (X = QR) for every case and output. A linear fit leaves what players do together:
its residuals differ in size from mask to mask, and repeat in all masks that share a draw. So the
errors are those of a sandwich, with each residual over what the fit left of it (HC3; CR3 where
masks come in blocks):

    Var(slopes) = sum over blocks g of P_g f_g f_g' P_g',   f_g = (I - H_gg)^-1 e_g.

f is what a fit without the block would have missed it by, so this is the jackknife. HC1 is too
small where few masks carry a player, and few do where most players stay; HC3 is rather too large.

Source: White (1980); MacKinnon & White (1985); Bell & McCaffrey (2002).
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import OptionError, some
from whence._core.masks import Masks, centred
from whence._core.shaped import Float, Int

_PULL = 0.01  # of a slope
_DEGENERATE = 1e-7  # of the largest pivot: players that come and go together


@final
@dataclass(frozen=True, slots=True)
class Fit:
    """Slopes and their errors.

    Attributes:
        slopes: of each column.
        stderr: as `slopes`.
        freedom: degrees of freedom of the errors.
        pull: the share of a slope that a ridge takes away.
        solver: P, what each mask's worth counts for in each slope.
        missed: f, what a fit without the mask (or its block) would have missed it by.
        start: where blocks start; where masks do, if there are none.
    """

    slopes: Float[np.ndarray, "players columns"]
    stderr: Float[np.ndarray, "players columns"]
    freedom: Float[np.ndarray, " columns"]
    pull: float
    solver: Float[np.ndarray, "players masks"]
    missed: Float[np.ndarray, "masks columns"]
    start: Int[np.ndarray, " blocks"]

    @property
    def decided(self) -> bool:
        """A ridge takes so little away that the errors still tell how wrong the slopes are."""
        return bool(self.pull <= _PULL)

    def covariance(self, column: int) -> Float[np.ndarray, "players players"]:
        """Of one column's slopes."""
        moves = np.add.reduceat(self.solver * self.missed[:, column], self.start, axis=1)
        return np.asarray(moves @ moves.T)


def fitted(
    masks: Masks, worths: Float[np.ndarray, "masks columns"], ridge: float, names: tuple[str, ...]
) -> Fit:
    """Fit each column of worths.

    Args:
        masks: who stayed.
        worths: a column for each case and output.
        ridge: added to the sum of squares of each player's presence; 0 for least squares.
        names: of the players.

    Raises:
        OptionError: players who never left, never stayed, or always came and went together.
    """
    _refuse_constant(masks, names, ridge)
    x = centred(masks.stay.astype(float), masks.level)
    y = centred(worths, masks.level)
    q, solver = _factors(x, ridge, names)
    slopes = solver @ y
    missed = _missed(q, y - x @ slopes, masks)
    squares, fourths = _moves(solver, missed, masks)
    pull = ridge / (float((x**2).sum(axis=0).mean()) + ridge)
    freedom = _freedom(masks, squares, fourths)
    return Fit(slopes, np.sqrt(squares), freedom, pull, solver, missed, _starts(masks))


def _starts(masks: Masks) -> Int[np.ndarray, " blocks"]:
    each = masks.level if masks.blocks else np.arange(len(masks))
    return np.flatnonzero(np.diff(each, prepend=-1))


def _factors(x: np.ndarray, ridge: float, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Q, whose rows tell how much of its own worth each mask predicts, and P."""
    m, n = x.shape
    padded = np.vstack([x, np.sqrt(ridge) * np.eye(n)]) if ridge else x
    q, r = np.linalg.qr(padded)
    pivots = np.abs(np.diag(r))
    if pivots.min() <= _DEGENERATE * pivots.max():
        raise OptionError(
            f"with {m} masks {some([names[int(pivots.argmin())]])} comes and goes with others, and "
            "nobody can tell them apart: ask more masks, or give ridge="
        )
    return q[:m], np.linalg.solve(r, q[:m].T)


def _missed(q: np.ndarray, rest: np.ndarray, masks: Masks) -> Float[np.ndarray, "masks columns"]:
    """What a fit without the mask, or without its block, would have missed it by."""
    if not masks.blocks:
        left = 1 - 1 / len(q) - (q**2).sum(axis=1)
        return np.asarray(rest / np.maximum(left, 1e-12)[:, None])
    missed = np.empty_like(rest)
    for at in _slices(masks):
        missed[at] = np.linalg.solve(np.eye(len(q[at])) - q[at] @ q[at].T, rest[at])
    return missed


def _moves(solver: np.ndarray, missed: np.ndarray, masks: Masks) -> tuple[np.ndarray, np.ndarray]:
    """By how much each mask (or block) moves each slope: sums of squares and of fourth powers."""
    if not masks.blocks:
        return solver**2 @ missed**2, solver**4 @ missed**4
    squares, fourths = np.zeros((2, len(solver), missed.shape[1]))
    for at in _slices(masks):
        moved = (solver[:, at] @ missed[at]) ** 2
        squares += moved
        fourths += moved**2
    return squares, fourths


def _slices(masks: Masks) -> list[slice]:
    start = _starts(masks)
    return [slice(a, b) for a, b in zip(start, np.append(start[1:], len(masks)), strict=True)]


def _freedom(
    masks: Masks, squares: np.ndarray, fourths: np.ndarray
) -> Float[np.ndarray, " columns"]:
    """How many masks an error really rests on, at the median player.

    At most as many as leave out (or keep) the player whom fewest do, less one, since a slope is no
    surer than the smaller group that it compares (Welch 1947). And where few masks carry most of an
    error, such as those that two players leave together, no more than (sum s^2)^2 / sum s^4 of
    their moves s (Kish 1965).
    """
    left = (~masks.stay).sum(axis=0)
    fewest = int(np.minimum(left, len(masks) - left).min())
    levels = int(masks.level[-1]) + 1 if masks.blocks else len(masks)
    rest = len(masks) - masks.stay.shape[1] - 1
    most = float(max(min(fewest - 1, levels - 1, rest), 1))
    carry = np.divide(squares**2, fourths, out=np.full_like(squares, most), where=fourths > 0)
    return np.asarray(np.clip(np.median(carry, axis=0), 1.0, most))


def _refuse_constant(masks: Masks, names: tuple[str, ...], ridge: float) -> None:
    left = (~masks.stay).sum(axis=0)
    for fewer, did in ((left, "left"), (len(masks) - left, "stayed in")):
        rare = np.flatnonzero(fewer == 0)
        if len(rare) and not ridge:
            who = some([names[i] for i in rare])
            raise OptionError(
                f"in {len(masks)} masks {who} never {did}: nothing is known of what that player "
                "adds. Ask more masks, or bring keep nearer to 1/2"
            )
