"""When an estimate is good enough, and when it will be.

Rules, in order: never before the rule of three (64 identical walks look exact, and a rare outcome
is unseen), nor before two visits to each of the first cases (one visit cannot tell the parts of the
error apart, and intervals were measured to be too narrow); the estimation part within the asked
tolerance, or within a share of the data part; and, where the tolerance is relative, the zero rule,
so that noise ends: nobody can be told from zero by all parts of the error, and more work could not
change that much.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from .budget import Budget
from .reading import Averaged, Reading
from .shaped import Bool
from .student import normal
from .visits import TWICE
from .width import Width, error_in_all, spread, widest

TOLERANCE = 0.025  # stands in where no relative error is asked
TELLING = 32  # second visits, before the parts of the error are known well enough to forecast
NEGLIGIBLE = TOLERANCE  # of the loss with nobody present: too little to be called important
DOUBT = 0.05  # the chance, over all players, that noise alone looks like something


@final
@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether to stop, why, and how much is left to do.

    Attributes:
        enough: the estimate is good enough.
        why: in words; empty while it is not.
        excess: the widest error as a multiple of what is enough.
        walks: how many walks should be enough in all; infinite while unknown.
        width: of the widest interval; None while unknown.
        settled: cases that are known well enough by themselves, bool [cases]; None where cases are
            not judged one by one.
    """

    enough: bool
    why: str
    excess: float
    walks: float
    width: Width | None = None
    settled: Bool[np.ndarray, " cases"] | None = None


_UNKNOWN = Judgement(enough=False, why="", excess=float("inf"), walks=float("inf"))


def averaged(reading: Reading, n_cases: int, *, by_case: bool) -> Averaged:
    """What the answer will be made of: each case's own numbers, or the mean over cases."""
    if not by_case and n_cases > 1:
        return reading.over_cases(n_cases)
    parts = {"estimation": reading.stderr, **reading.parts}
    if n_cases == 1:  # what the mean over cases has is its own
        parts |= reading.shared
    return Averaged(reading.values, parts, reading.freedom, reading.empty, reading.full)


def judge(
    reading: Reading,
    budget: Budget,
    n_cases: int,
    walks: int,
    *,
    by_case: bool,
    loss: bool = False,
    n_twice: int = TWICE,
    n_units: int | None = None,
) -> Judgement:
    """Look at a reading after this many walks.

    Args:
        reading: what is known.
        budget: what is enough.
        n_cases: how many cases there are.
        walks: how many were walked.
        by_case: each case must be good enough, rather than their mean.
        loss: worths are minus a loss.
        n_twice: how many cases are visited twice first.
        n_units: how many there are of what the answer is about, where cases are blocks of it.
    """
    single = by_case or n_cases == 1
    if not reading.visited.any() or (single and not reading.visited.all()):
        return _UNKNOWN
    got = averaged(reading, n_cases, by_case=by_case)
    error = got.parts["estimation"]
    if not np.isfinite(error).all():
        return _UNKNOWN
    enough = sufficient(got, budget)
    together = by_case and loss and n_cases > 1
    if together:
        error, enough = _of_all(error), np.maximum(enough[:1], _apart(got, budget))
    needed = float("inf")
    if single or reading.freedom[reading.visited].sum() >= TELLING:
        needed = _walks_needed(error, got.parts.get("data"), enough, walks, n_cases)
    excess = float(np.divide(error, enough, out=np.zeros_like(error), where=error > 0).max())
    least = _LEAST["together" if together else "single" if single else "mean"]
    sure = got.freedom >= least
    why = ""
    unseen = 3 / (budget.relative_error or TOLERANCE) * n_cases / (n_units or n_cases)
    if not single:
        unseen = max(unseen, 2.0 * min(n_cases, n_twice))
    if walks >= unseen and sure.all():
        if together and (error <= enough).all():
            why = "the errors of the cases are small beside the differences between them"
        else:
            why = _why(got, budget, enough, walks, single=single, loss=loss)
    settled = None
    if by_case and not together and n_cases > 1:
        settled = sure & (error <= enough).all(axis=(1, 2))
    width = widest(got, 1 if by_case else n_units or n_cases)
    return Judgement(bool(why), why, excess, max(needed, unseen), width, settled)


# Degrees of freedom, from which an error is believed: of each case by itself, of each case where
# the errors of all are judged together, of the mean over cases. Fewer look exact by chance.
_LEAST = {"single": 7, "together": 2, "mean": 15}


def _of_all(error: np.ndarray) -> np.ndarray:
    """The root mean square over cases."""
    return np.asarray(np.sqrt((error**2).mean(axis=0, keepdims=True)))


def _apart(got: Averaged, budget: Budget) -> np.ndarray:
    """The error of losses by case that is small beside their differences, [1, outputs, players].

    What each row brings is asked to compare models and rows, and the mean over rows is then as sure
    as that of a run that asks for the mean alone. A tolerance for each row by itself would cost a
    thousand times as much: one row's loss is mostly its own noise.
    """
    if budget.data_share is None:
        return np.zeros((1, *got.values.shape[1:]))
    noise = _of_all(got.parts["estimation"]) ** 2
    between = got.values.var(axis=0, ddof=1, keepdims=True) - noise
    return np.asarray(budget.data_share * np.sqrt(np.maximum(between, 0)))


def sufficient(got: Averaged, budget: Budget) -> np.ndarray:
    """The error that is enough, for each value."""
    error = got.parts["estimation"]
    bound = np.zeros_like(error)
    if budget.relative_error is not None:
        bound = np.maximum(bound, budget.relative_error * spread(got.values))
    if budget.absolute_error is not None:
        bound = np.maximum(bound, budget.absolute_error)
    if budget.data_share is not None and "data" in got.parts:
        bound = np.maximum(bound, budget.data_share * got.parts["data"])
    return np.asarray(np.maximum(bound, 1e-150))  # squared, it is still a number


def _why(
    got: Averaged, budget: Budget, enough: np.ndarray, walks: int, *, single: bool, loss: bool
) -> str:
    error = got.parts["estimation"]
    if (error == 0).all():
        return "the estimate has no spread left"
    if (error <= enough).all():
        return _reason(got, budget)
    if budget.relative_error is None:  # other bounds are meant as they are
        return ""
    per = got.freedom.min() + 1 if single else walks
    many = per >= budget.relative_error**-2
    small = loss and negligible(got)
    if (many or small or _data_dominates(got)) and nothing(got):
        return f"no player can be told from zero after {walks:,} walks{_among(got)}"
    return ""


def _among(got: Averaged) -> str:
    """A word where an interval by itself excludes zero, as one among many will by chance."""
    alone = np.abs(got.values) > normal(1 - DOUBT / 2) * error_in_all(got)
    return f", allowing for there being {got.values.shape[2]}" if alone.any() else ""


def _data_dominates(got: Averaged) -> bool:
    data = got.parts.get("data")
    return data is not None and bool((got.parts["estimation"] ** 2).sum() <= (data**2).sum())


def _reason(got: Averaged, budget: Budget) -> str:
    error = got.parts["estimation"]
    relative = budget.relative_error
    if relative is not None and (error <= relative * spread(got.values)).all():
        return f"every error is within {100 * relative:.3g} % of the spread of the values"
    if budget.absolute_error is not None and (error <= budget.absolute_error).all():
        return f"every error is within {budget.absolute_error:g}"
    return "more computing would not help: the finite sample of cases dominates the error"


def nothing(got: Averaged) -> bool:
    """Nobody can be told from zero, nor can all together, by all parts of the error.

    On either side: a player that clearly makes a loss larger is told from zero too.
    """
    alone = np.abs(got.values) <= _doubt(got) * error_in_all(got)
    together = np.abs(got.values.sum(axis=2)) <= normal(1 - DOUBT / 2) * error_of_sum(got)
    return bool(alone.all() and together.all())


def negligible(got: Averaged) -> bool:
    """Nobody can be bringing more than `NEGLIGIBLE` of the loss with nobody present."""
    bound = NEGLIGIBLE * np.abs(got.empty)[:, :, None]
    return bool((got.values + _doubt(got) * error_in_all(got) <= bound).all())


def _doubt(got: Averaged) -> float:
    many = got.values.shape[1] * got.values.shape[2]
    return normal(1 - DOUBT / 2 / many)


def error_of_sum(got: Averaged) -> np.ndarray:
    """The standard error of the players' sum, [cases, outputs].

    Where the covariance of a part is unknown, the players' errors are taken as independent.
    """
    squares = np.zeros(got.values.shape[:2])
    for name, part in got.parts.items():
        covariance = got.covariance.get(name)
        known = (part**2).sum(axis=2) if covariance is None else covariance.sum(axis=(1, 2))[None]
        squares += np.maximum(known, 0)
    return np.sqrt(squares)


def _walks_needed(
    error: np.ndarray, data: np.ndarray | None, enough: np.ndarray, walks: int, n_cases: int
) -> float:
    """Solve error(walks) = enough, where error^2 = (w + b)/m - b/N inside a pass, w/m beyond it."""
    if data is None:
        return float((walks * (error / enough) ** 2).max())
    between = data**2 * n_cases
    within = walks * (error**2 - np.maximum(1 / walks - 1 / n_cases, 0) * between)
    within = np.maximum(within, 0)
    inside = (within + between) / (enough**2 + between / n_cases)
    return float(np.where(inside <= n_cases, inside, within / enough**2).max())
