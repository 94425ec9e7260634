"""Is it the same circuit again? Selections from other cases, splits or seeds, compared two by two.

    Jaccard(A, B) = |A and B| / |A or B|,   averaged over all pairs

Two empty circuits agree. Chance alone agrees too: of circuits of k among n players, drawn at
random, about k / (2 n - k) is shared, which stands beside the figure as `by chance`.

Source: Jaccard (1912); as the reliability of circuits, Harrasse et al. (2025, TinySQL).
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, ResultError, some
from whence._core.selection import Selection
from whence._core.shaped import Bool


@check_arguments
def reliability(selections: Sequence[Selection], *, at_least: float = 0.9) -> Certificate:
    """How much circuits found again and again have in common.

    Args:
        selections: of the same players: from resampled cases, other splits, or other seeds.
        at_least: the mean Jaccard index that passes.

    Returns:
        "reliability", with `jaccard` (the mean over pairs), `least`, `by chance`, `always` and
        `ever` (how many players all, or any, of them chose). Its table has the players that any of
        them chose, and the share of them that did.

    Raises:
        OptionError: fewer than two, no selections, or a share outside [0, 1].
        ResultError: they are about other players.
    """
    chosen = _chosen(selections, at_least)
    pairs = [_jaccard(a, b) for a, b in combinations(chosen, 2)]
    often = chosen.mean(axis=0)
    names = selections[0].players.names
    ever = np.flatnonzero(often)[np.argsort(-often[often > 0], kind="stable")]
    mean, many = float(np.mean(pairs)), len(chosen)
    words = (
        f"{many:,} circuits share {100 * mean:.0f} % of what any two of them chose; "
        f"{int((often == 1).sum()):,} of {len(ever):,} {selections[0].players.kind}s are in all"
    )
    return Certificate(
        "reliability",
        mean >= at_least,
        words,
        {
            "jaccard": mean,
            "least": float(np.min(pairs)),
            "by chance": _by_chance(chosen),
            "always": float((often == 1).sum()),
            "ever": float(len(ever)),
            "selections": float(many),
        },
        table={
            "player": tuple(names[i] for i in ever),
            "share": tuple(float(often[i]) for i in ever),
        },
    )


def _chosen(selections: Any, at_least: float) -> Bool[np.ndarray, "selections players"]:
    if not (isinstance(at_least, (int, float)) and 0 <= at_least <= 1):
        raise OptionError(f"at_least is a share between 0 and 1; given {at_least!r}")
    if not isinstance(selections, Sequence) or not all(
        isinstance(one, Selection) for one in selections
    ):
        raise OptionError("reliability compares selections: give a list of them")
    if len(selections) < 2:
        raise OptionError(
            f"reliability compares two selections or more; given {len(selections)}. Search again "
            "with other seeds, which hold out other cases."
        )
    names = selections[0].players.names
    for i, one in enumerate(selections):
        if one.players.names != names:
            raise ResultError(
                f"selection {i} is about {some(one.players.names, 3)}, and the first about "
                f"{some(names, 3)}: only circuits of the same players can be compared"
            )
    return np.stack([one.chosen for one in selections])


def _jaccard(a: Bool[np.ndarray, " players"], b: Bool[np.ndarray, " players"]) -> float:
    either = int((a | b).sum())
    return float((a & b).sum() / either) if either else 1.0


def _by_chance(chosen: Bool[np.ndarray, "selections players"]) -> float:
    """Of two random circuits of the typical size, about."""
    n, k = chosen.shape[1], float(chosen.sum(axis=1).mean())
    return float(k / (2 * n - k))
