"""Is an answer a sum of parts none of which would give it alone?

Given what each part adds to every candidate answer, the motif holds where

    several     at least two parts raise the right answer
    different   they raise different competitors with it
    together    their sum prefers the right answer, and at most half of them do so alone
    exact       the parts add up to the logits

A competitor is raised with the answer when a part gives it at least `share` of what it gives the
answer. Source: Chughtai, Cooney and Nanda (2024), the additive motif; the cut-offs are ours.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, ResultError, did_you_mean, some

_EXACT = 1e-4  # of the largest logit: networks compute in float32


def additive_motif(
    answers: Mapping[str, Attribution],
    right: str,
    *,
    share: float = 0.5,
    least: float = 0.05,
) -> Certificate:
    """Whether the right answer wins by a sum of independent parts, averaged over prompts.

    Args:
        answers: by candidate, what `direct_logit(hooked, inputs, target=its token)` found; with
            by_source=True a head that reads two things counts as two parts.
        right: the candidate that is the right answer.
        share: of what a part gives the answer, from which a competitor counts as raised too.
        least: parts that raise the answer by less than this share of the most are not counted.

    Returns:
        A certificate "additive motif"; its table has the parts that raise the answer.

    Raises:
        OptionError: fewer than two candidates, or none of that name.
        ResultError: candidates that were not asked of the same parts.

    Source: Chughtai, Cooney and Nanda (2024).
    """
    names, adds, total, gap = _gathered(answers, right)
    own = adds[:, 0]
    raising = np.flatnonzero(own >= least * max(own.max(), np.finfo(float).tiny))
    sets = [tuple(np.array(names[1:])[adds[p, 1:] >= share * own[p]].tolist()) for p in raising]
    alone = [_wins(adds[p]) for p in raising]
    players = answers[right].players.names
    numbers = {
        "parts": float(len(raising)),
        "competitor sets": float(len(set(sets))),
        "right alone": float(np.mean(alone)) if alone else 0.0,
        "margin": float(total[0] - total[1:].max()),
        "gap": gap,
    }
    failed = _failed(numbers, exact=gap <= _EXACT * max(1.0, float(np.abs(total).max())))
    words = (
        f"{len(raising)} parts raise {right}, {sum(alone)} of them would answer it alone, and "
        f"their sum does by {numbers['margin']:.3g} logits"
    )
    if failed:
        words = f"no additive motif: {'; '.join(failed)}"
    table: dict[str, tuple[Any, ...]] = {
        "part": tuple(players[p] for p in raising),
        "adds": tuple(float(own[p]) for p in raising),
        "raises too": tuple(", ".join(s) for s in sets),
        "right alone": tuple(alone),
    }
    return Certificate("additive motif", not failed, words, numbers, table=table)


def _wins(logits: np.ndarray) -> bool:
    """The first is larger than all others, by more than rounding."""
    return bool(logits[0] - logits[1:].max() > 1e-6 * np.abs(logits).max())


def _failed(numbers: Mapping[str, float], *, exact: bool) -> list[str]:
    found = []
    if numbers["margin"] <= 0:
        found.append("the sum does not prefer the right answer")
    if numbers["parts"] < 2:
        found.append("fewer than two parts raise it")
    elif numbers["competitor sets"] < 2:
        found.append("all parts raise the same competitors")
    if numbers["right alone"] > 0.5:
        found.append("most parts would give the right answer alone")
    if not exact:
        found.append(f"the parts do not add up to the logits (off by {numbers['gap']:.3g})")
    return found


def _gathered(
    answers: Mapping[str, Attribution], right: str
) -> tuple[list[str], np.ndarray, np.ndarray, float]:
    """Candidates, the right one first; what parts add [parts, candidates]; their sums; the gap."""
    if not isinstance(answers, Mapping) or len(answers) < 2:
        raise OptionError(
            "answers are direct logit attributions by candidate, at least two: "
            "{'Rome': direct_logit(hooked, ids, rome), 'Italy': ...}"
        )
    if right not in answers:
        raise OptionError(f"there is no candidate {right!r}. {did_you_mean(right, answers)}")
    names = [right, *(name for name in answers if name != right)]
    one = answers[right]
    for name in names:
        if answers[name].players.names != one.players.names:
            raise ResultError(f"candidate {some([name])} was asked of other parts than {right!r}")
        if len(answers[name].values) != len(one.values):
            raise ResultError(f"candidate {some([name])} was asked of other prompts than {right!r}")
    adds = np.stack([answers[name].values[:, 0].mean(axis=0) for name in names], axis=1)
    total = np.array([float(answers[name].full[:, 0].mean()) for name in names])
    gap = max(float(np.abs(answers[name].gap).max()) for name in names)
    return names, adds, total, gap
