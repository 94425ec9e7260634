"""Does an explanation survive a change of wording? The same job, on families of mutated prompts.

An explanation (a circuit with all else ablated, a head cut to few directions) was found on one
family of prompts. If it is right about the algorithm, the explained model does what the full one
does on others too: random letters for labels, numbers for letters, another order. For each family

    kept = (mean explained - nothing) / (mean full - nothing),

and only where the full model does the job: where it does not, there is nothing to keep. Source:
Lieberum et al. (2023), the mutated prompts. Ours: the share with its interval, resampled over
prompts in pairs, and that a family passes or fails beyond it or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, did_you_mean, some
from whence._core.figures import figures
from whence._core.student import refuse_level
from whence._core.text import brief
from whence.evaluate.resample import resampled

Fate = Literal["passes", "FAILS", "undecided", "not asked"]


@final
@dataclass(frozen=True, slots=True)
class _Family:
    """One family: what of the full model's score is kept, and what follows."""

    name: str
    fate: Fate
    explained: float
    full: float
    kept: tuple[float, float, float]

    def __str__(self) -> str:
        value, low, high = self.kept
        within = f" [{100 * low:.3g}, {100 * high:.3g}]" if np.isfinite(low) else ""
        return f"{self.name!r} {100 * value:.0f} %{within}"


@check_arguments
def mutation(
    families: Mapping[str, Any],
    *,
    share: float = 0.8,
    nothing: float | Mapping[str, float] = 0.0,
    level: float = 0.95,
    seed: int = 0,
) -> Certificate:
    """Whether the explained model does what the full one does, on every family of prompts.

    It passes when every family does on which the full model does the job, and fails when one fails.

    Args:
        families: by name, the scores (explained, full) of the same prompts, float [prompts] each
            or one number each; or a function that returns them. Higher is better.
        share: what the explained model must keep of the full one's score.
        nothing: the score of who knows nothing, such as the accuracy of a guess; by family where
            it differs.
        level: of the intervals, by the bootstrap over prompts.
        seed: of the bootstrap.

    Returns:
        "mutation", with `families` (how many were judged), `passed` and `worst` (the smallest share
        that was kept), and a table of the families. Not judged where the full model does the job on
        none, or a family is undecided and none fails.

    Raises:
        OptionError: no family, scores that do not fit, or numbers that are not finite.

    >>> print(mutation({"letters": ([1, 1, 1], [1, 1, 1]), "numbers": ([0, 0, 0], [1, 1, 1])}))
    mutation: FAILS - the explanation fails on 'numbers' 0 % [0, 0]; it passes on 1 of 2
      families 2 · passed 1 · worst 0 [0, 0]
      table of 2 rows: family, verdict, explained, full, kept, low, high
    """
    if not (isinstance(families, Mapping) and families):
        raise OptionError("families are given by name: {'letters': (explained, full), ...}")
    refuse_level(level)
    if not 0 < share <= 1:
        raise OptionError(f"share and level lie between 0 and 1; given {share!r} and {level!r}")
    base = _nothing(nothing, families)
    found = [
        _judged(str(name), told, base[name], share, level, seed) for name, told in families.items()
    ]
    asked = [f for f in found if f.fate != "not asked"]
    fates = {f.fate for f in asked}
    holds = False if "FAILS" in fates else None if not asked or "undecided" in fates else True
    worst = min(asked, key=lambda f: f.kept[0], default=None)
    numbers = {
        "families": float(len(asked)),
        "passed": float(sum(f.fate == "passes" for f in asked)),
        "worst": worst.kept[0] if worst else np.nan,
    }
    known = worst is not None and bool(np.isfinite(worst.kept[1]))
    return Certificate(
        "mutation",
        holds,
        _words(found, share),
        numbers,
        {"worst": worst.kept[1:]} if worst and known else {},
        _table(found),
    )


def _nothing(
    nothing: float | Mapping[str, float], families: Mapping[str, object]
) -> Mapping[str, float]:
    if not isinstance(nothing, Mapping):
        return dict.fromkeys(families, float(nothing))
    strangers = [name for name in nothing if name not in families]
    if strangers:
        hint = did_you_mean(strangers[0], families)
        raise OptionError(f"nothing= names {some(strangers)}, which is no family. {hint}")
    for name, worth in nothing.items():
        if not isinstance(worth, Real) or isinstance(worth, bool):
            raise OptionError(f"nothing= gives {brief(worth)} for {name!r}, and must give a number")
    return {name: float(nothing.get(name, 0.0)) for name in families}


def _judged(
    name: str,
    told: Any,
    nothing: float,
    share: float,
    level: float,
    seed: int,
) -> _Family:
    pair = told() if callable(told) else told
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
        raise OptionError(f"family {name!r}: give its scores as a pair, (explained, full)")
    both = [
        np.atleast_1d(figures(scores, f"the scores of family {name!r}", "[prompts]"))
        for scores in pair
    ]
    if both[0].shape != both[1].shape or both[0].ndim != 1 or not both[0].size:
        raise OptionError(
            f"family {name!r}: explained {both[0].shape} and full {both[1].shape} are scores of "
            "the same prompts, one number for each"
        )
    found = resampled(np.stack(both, axis=1) - nothing, level, seed)
    explained, full = (float(scores.mean()) for scores in both)
    if found.noise(1) or full <= nothing:
        return _Family(name, "not asked", explained, full, (np.nan, np.nan, np.nan))
    kept = found.ratio(0, 1)
    low, high = kept[1:] if found.known else (kept[0], kept[0])
    fate: Fate = "passes" if low >= share else "FAILS" if high < share else "undecided"
    return _Family(name, fate, explained, full, kept)


def _words(found: list[_Family], share: float) -> str:
    by = {fate: [f for f in found if f.fate == fate] for fate in ("passes", "FAILS", "undecided")}
    idle = [f.name for f in found if f.fate == "not asked"]
    judged = len(found) - len(idle)
    told = [
        f"the explanation {what} {', '.join(map(str, by[fate]))}"
        for fate, what in (("FAILS", "fails on"), ("undecided", "is undecided on"))
        if by[fate]
    ]
    if told:
        told.append(f"it passes on {len(by['passes'])} of {judged}")
    elif judged:
        worst = min(by["passes"], key=lambda f: f.kept[0])
        told.append(
            f"the explanation keeps {100 * share:.0f} % or more on {judged} of {judged} families; "
            f"the least on {worst}"
        )
    if idle:
        told.append(f"the full model itself does not do the job on {some(idle)}")
    return "; ".join(told)


def _table(found: list[_Family]) -> dict[str, tuple[object, ...]]:
    kept, low, high = zip(*(f.kept for f in found), strict=True)
    return {
        "family": tuple(f.name for f in found),
        "verdict": tuple(f.fate for f in found),
        "explained": tuple(f.explained for f in found),
        "full": tuple(f.full for f in found),
        "kept": kept,
        "low": low,
        "high": high,
    }
