"""Edits: which players to remove so that some cases change, and others stay as they are.

By case attributions of a target T and a reference R tell players apart by

    score_i = (mean_T w_i - mean_R w_i) / sqrt(var_T w_i / |T| + var_R w_i / |R|)

(COAR-Edit: Shah, Ilyas & Madry 2024; variances of the population, so that one case will do).
Removing players with the most negative scores raises what is measured of T more than of R;
removing those with the most positive ones lowers it. How many to remove is chosen by what the
caller measures on rows of its own: the scores rank players, and know nothing of their sum.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError, positive
from whence._core.outputs import place
from whence._core.shaped import Bool, Float, Int

_ROUNDING = 1e-12  # of the largest value
Validate = Callable[[Bool[np.ndarray, " players"]], float]
Side: TypeAlias = Sequence[int] | Int[np.ndarray, " cases"]


@final
@dataclass(frozen=True, slots=True)
class Edit:
    """Players to remove, and what that was measured to do.

    Attributes:
        removed: their names, the first to go first.
        keep: who stays.
        scores: of every player; the larger its size, the surer that T and R differ in it.
        curve: (players removed, what was measured) for every number tried; empty where the number
            was given and nothing measured.
    """

    removed: tuple[str, ...]
    keep: Bool[np.ndarray, " players"]
    scores: Float[np.ndarray, " players"]
    curve: tuple[tuple[int, float], ...] = ()


def edit_scores(
    attribution: Attribution,
    target: Side,
    reference: Side,
    *,
    output: str | int = 0,
) -> Float[np.ndarray, " players"]:
    """How surely each player adds more to the target cases than to the reference cases.

    Args:
        attribution: by case.
        target: cases that are to change.
        reference: cases that are to stay.
        output: whose values.

    Returns:
        float [players]; infinite where the cases of each side agree, and the sides do not.

    Raises:
        OptionError: no cases, cases that there are not, or cases on both sides.
        ResultError: the attribution has one case, or no such output.
    """
    sides = _sides(attribution, target, reference)
    values = attribution.values[:, place(attribution.outputs, output)]
    t, r = (values[side] for side in sides)
    apart = t.mean(axis=0) - r.mean(axis=0)
    error = np.sqrt(t.var(axis=0) / len(t) + r.var(axis=0) / len(r))
    none = _ROUNDING * np.abs(values).max(initial=0.0)
    agreed = error <= none
    certain = np.where(np.abs(apart) > none, np.copysign(np.inf, apart), 0.0)
    return np.where(agreed, certain, apart / np.where(agreed, 1.0, error))


def edit(
    attribution: Attribution,
    target: Side,
    reference: Side,
    *,
    lower: bool = False,
    k: int | None = None,
    validate: Validate | None = None,
    output: str | int = 0,
) -> Edit:
    """Players whose removal raises (or lowers) the target cases, and leaves the others alone.

    Args:
        attribution: by case.
        target: cases that are to change.
        reference: cases that are to stay.
        lower: lower what is measured of the target, rather than raise it.
        k: how many players to remove; None: the number of the ladder 0, 1, 2, 3, 4, 6, 8, 11, ...
            up to half of the players that `validate` likes best, the smallest of equals.
        validate: bool [players], True who stays -> how good that is; the more the better. Measure
            it on cases that are in neither side.
        output: whose values.

    Raises:
        OptionError: neither k nor validate, more players than there are, or as `edit_scores`.
        ResultError: as `edit_scores`; or `validate` answered no finite number.
    """
    scores = edit_scores(attribution, target, reference, output=output)
    order = np.argsort(-scores if lower else scores, kind="stable")
    tried = _tried(k, validate, len(scores))
    curve = tuple((n, _measured(validate, _without(order, n))) for n in tried if validate)
    best = max(curve, key=lambda step: step[1])[0] if k is None else k
    names = attribution.players.names
    return Edit(tuple(names[int(i)] for i in order[:best]), _without(order, best), scores, curve)


def ladder(players: int) -> tuple[int, ...]:
    """Numbers of players to try: none, then about half as many again each time, up to half.

    >>> ladder(40)
    (0, 1, 2, 3, 5, 8, 12, 18, 20)
    """
    steps, most = [0, 1], players // 2
    while (more := -(-3 * steps[-1] // 2)) <= most:
        steps.append(more)
    return tuple(sorted({*(n for n in steps if n <= most), most}))


def _tried(k: int | None, validate: Validate | None, players: int) -> tuple[int, ...]:
    if k is None and validate is None:
        raise OptionError(
            "how many players to remove? Give k=, or validate=, a function of who stays that says "
            "how good that is"
        )
    if k is None:
        return ladder(players)
    positive(k, "k", "how many players to remove")
    if k >= players:
        raise OptionError(f"there are {players} players, and somebody must stay; given k={k}")
    return (k,)


def _without(order: Int[np.ndarray, " players"], k: int) -> Bool[np.ndarray, " players"]:
    keep = np.ones(len(order), dtype=bool)
    keep[order[:k]] = False
    return keep


def _measured(validate: Validate, keep: Bool[np.ndarray, " players"]) -> float:
    told = float(validate(keep.copy()))
    if not np.isfinite(told):
        raise ResultError(
            f"validate said {told} without {int((~keep).sum())} players: a finite number is needed "
            "to choose by"
        )
    return told


def _sides(
    attribution: Attribution, target: Side, reference: Side
) -> tuple[np.ndarray, np.ndarray]:
    cases = len(attribution.values)
    if cases < 2:
        raise ResultError(
            "an edit compares cases, and this attribution has one: ask for by_case=True"
        )
    sides = [np.atleast_1d(np.asarray(side)) for side in (target, reference)]
    for name, side in zip(("target", "reference"), sides, strict=True):
        whole = side.ndim == 1 and len(side) and np.issubdtype(side.dtype, np.integer)
        if not whole or side.min() < 0 or side.max() >= cases or len(set(side)) < len(side):
            raise OptionError(
                f"{name} is a list of different cases, numbered 0 to {cases - 1}; "
                f"given {side.tolist()}"
            )
    both = sorted(set(sides[0].tolist()) & set(sides[1].tolist()))
    if both:
        raise OptionError(
            f"cases {both[:5]} are both target and reference: what is to change cannot also stay"
        )
    return sides[0], sides[1]
