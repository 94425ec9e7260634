"""What separates two sets of rows, in predicates that a person can read, and how sure that is.

Predicates are proposed and ranked by AUROC on half of the rows, and tested on the other half, which
has not seen them: what was picked because it looked good is judged by rows that it was not picked
on. P-values are corrected for the number of predicates tested.

Source: Dunlap et al. (2024), VisDiff, whose predicates come from a language model and are each
tested at 5 %. Ours come from columns, words or the caller; the halves and the correction are ours.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.errors import OptionError, TableError, did_you_mean, positive
from whence._core.keyed import uniforms
from whence._core.ranks import auc
from whence._core.shaped import Bool
from whence.evaluate.two_sets import effect, verified
from whence.models.entry import kind_of
from whence.models.table import Table
from whence.models.threads import one_thread
from whence.recipes._predicates import Rows, proposed
from whence.recipes.differences import CORRECTIONS, Differences, Finding

_HALVES = 29  # the stream of chance that splits the rows
_LEAST = 10


@check_arguments
@one_thread(torch=False)
def describe_difference(
    A: Any,
    B: Any,
    *,
    predicates: Mapping[str, Callable[[Any], Any]] | None = None,
    most: int = 20,
    rate: float = 0.05,
    correction: str = "benjamini-hochberg",
    permutations: int = 4999,
    seed: int = 0,
) -> Differences:
    """Say what separates two sets of rows, and test it on rows that did not propose it.

    The rows are split in halves by chance. One half makes predicates (cuts of numbers, values,
    missing cells, words) and keeps those of the largest AUROC; the other tests them.

    Args:
        A: a table (an array, a pandas or polars frame) or a list of texts; at least 20 rows.
        B: another, of the same columns. No row may stand in both.
        predicates: your own, by name: a function of rows (a frame of the kind given, or a list of
            texts) that gives each yes or no, or a score. They are asked of each half apart.
        most: how many predicates are tested. Fewer leave more certainty to each.
        rate: of false discoveries.
        correction: "benjamini-hochberg" (the share of false discoveries, where p-values depend
            positively) or "westfall-young" (the chance of any, whatever the dependence).
        permutations: of who is in A: the tests of scores, and Westfall and Young's, rest on them.
        seed: of the halves and the permutations.

    Returns:
        A `Differences`: `.found` are the discoveries, `.table()` shows all that was tested.

    Raises:
        TableError: too few rows, or sets of other columns.
        OptionError: no such correction, a rate outside (0, 1), or nothing that varies.
        ModelError: a predicate of yours that gave no number for each row.

    Source: after VisDiff, Dunlap et al. (2024); see the module for what is ours.
    """
    _check(most, rate, correction, permutations, seed)
    rows, in_a = _together(A, B)
    proposes = _halves(in_a, seed)
    found = proposed(rows, in_a, proposes, predicates, most)
    scores, a = np.stack([c.scores for c in found], axis=1)[~proposes], in_a[~proposes]
    p, adjusted = verified(
        scores,
        a,
        family_wise=correction == CORRECTIONS[1],
        permutations=permutations,
        seed=seed,
    )
    findings = []
    for j, candidate in enumerate(found):
        score = scores[:, j]
        gap, low, high = effect(score, a, 0.95)
        findings.append(
            Finding(
                predicate=candidate.name,
                in_a=float(score[a].mean()),
                in_b=float(score[~a].mean()),
                effect=gap,
                ci=(low, high),
                auroc=auc(score, a),
                proposed_auroc=candidate.auroc,
                p=float(p[j]),
                adjusted=float(adjusted[j]),
                found=bool(adjusted[j] <= rate),
            )
        )
    findings.sort(key=lambda f: (f.adjusted, f.p, -abs(f.auroc - 0.5)))
    sizes = [(int((h & in_a).sum()), int((h & ~in_a).sum())) for h in (proposes, ~proposes)]
    return Differences(tuple(findings), float(rate), correction, sizes[0], sizes[1], int(seed))


def _check(most: int, rate: float, correction: str, permutations: int, seed: int) -> None:
    positive(most, "most", "how many predicates are tested")
    positive(permutations, "permutations", "of who is in A")
    if correction not in CORRECTIONS:
        raise OptionError(
            f"there is no correction {correction!r}. {did_you_mean(correction, CORRECTIONS)}"
        )
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < 1:
        raise OptionError(f"rate is a share between 0 and 1, such as 0.05; given {rate!r}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise OptionError(f"seed must be an integer from 0; given {seed!r}")


def _together(A: Any, B: Any) -> tuple[Rows, Bool[np.ndarray, " rows"]]:
    """The rows of both, A's first, and which are A's."""
    texts = [_texts(A), _texts(B)]
    if any(t is None for t in texts):
        if any(t is not None for t in texts):
            raise TableError("one of A and B is a table, and the other a list of texts")
        upper, lower = Table.of(A, what="A"), Table.of(B, what="B")
        sizes, rows = (len(upper), len(lower)), None
    else:
        upper, lower, rows = None, None, [t for each in texts for t in (each or [])]
        sizes = (len(texts[0] or []), len(texts[1] or []))
    for name, size in zip("AB", sizes, strict=True):
        if size < 2 * _LEAST:
            raise TableError(
                f"{name} has {size} rows: its halves need {_LEAST} each, one to propose and one "
                f"to test. Give at least {2 * _LEAST}."
            )
    in_a = np.arange(sum(sizes)) < sizes[0]
    if upper is not None and lower is not None:
        return upper.above(lower), in_a
    return rows or [], in_a


def _texts(rows: Any) -> list[str] | None:
    """The texts, or None where these are no texts."""
    if kind_of(rows) in {"pandas.Series", "polars.Series"} or (
        isinstance(rows, np.ndarray) and rows.ndim == 1
    ):
        rows = rows.tolist() if isinstance(rows, np.ndarray) else rows.to_list()
    if isinstance(rows, (list, tuple)) and rows and all(isinstance(t, str) for t in rows):
        return list(rows)
    return None


def _halves(in_a: Bool[np.ndarray, " rows"], seed: int) -> Bool[np.ndarray, " rows"]:
    """Which rows propose: half of A, and half of B."""
    chance = uniforms(len(in_a), _HALVES, seed)[0]
    proposes = np.zeros(len(in_a), bool)
    for side in (in_a, ~in_a):
        at = np.flatnonzero(side)
        proposes[at[np.argsort(chance[at])[: len(at) // 2]]] = True
    return proposes
