"""How few directions carry the job? Vectors of a site, cut to their first principal directions.

Vectors (queries, keys, a residual stream) have mean mu and principal directions u_1, u_2, ... Each
is replaced by what r of them leave of it,

    x' = mu + P_r (x - mu),    P_r = sum over i <= r of u_i u_i^T,

and the model is scored again. Kept is (score_r - score_0) / (score_d - score_0): rank 0 leaves the
mean alone, and only what the vectors bring beyond their mean is theirs to keep. The elbow is the
smallest rank from which on every rank that was asked keeps at least `share`.

Source: Lieberum et al. (2023, section on low-rank queries and keys). Ours: the share beyond rank 0,
as a job done by the mean alone needs no direction; and that a lucky low rank is no elbow.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.figures import figures
from whence._core.shaped import Float
from whence._core.student import refuse_level
from whence.evaluate.resample import Resampled, resampled

Score = Callable[[Float[np.ndarray, "d d"], Float[np.ndarray, " d"]], Any]
_FEW = 16  # dimensions of which every rank is asked


@check_arguments
def low_rank(
    vectors: Any,
    score: Score,
    *,
    ranks: Iterable[int] | None = None,
    at_most: int | None = None,
    share: float = 0.9,
    level: float = 0.95,
    seed: int = 0,
) -> Certificate:
    """Whether a few principal directions of a site's vectors do the job of all.

    Args:
        vectors: float [vectors, d], of the site that is cut, over data like that of the score.
        score: (projector [d, d], mean [d]) -> how well the model does with x' = mean + P (x - mean)
            in place of each vector: float [examples], the same examples each time, or one number.
            Higher is better: give minus a loss.
        ranks: which are asked, besides 0 and d; all of them up to 16 dimensions, else powers of 2.
        at_most: the claim: so many directions are enough. Without one: fewer than d are.
        share: what counts as enough, of what all directions bring beyond the mean.
        level: of the intervals, by the bootstrap over examples.
        seed: of the bootstrap.

    Returns:
        "low rank", with `elbow`, `kept` (by the rank that was claimed, or the elbow's), `nothing`
        and `full` (the scores of rank 0 and d) and `dimensions`, and the curve as its table. Not
        judged where all directions bring nothing beyond the mean, or the interval of what is kept
        at the claim has `share` inside.

    Raises:
        OptionError: shapes that do not fit, numbers that are not finite, or a rank that is not
            there.
    """
    x = figures(vectors, "vectors", "[vectors, d]")
    if x.ndim != 2 or len(x) < 2 or not x.shape[1]:
        raise OptionError(f"vectors of shape {x.shape}: give two or more, one a row, [vectors, d]")
    refuse_level(level)
    if not 0 < share <= 1:
        raise OptionError(f"share and level lie between 0 and 1; given {share!r} and {level!r}")
    d, mean = x.shape[1], x.mean(axis=0)
    asked = _ranks(ranks, at_most, d)
    _, spread, directions = np.linalg.svd(x - mean, full_matrices=False)
    scores = _scores(score, directions, mean, asked)
    found = resampled(scores - scores[:, :1], level, seed)
    raw = resampled(scores, level, seed)
    last = len(asked) - 1
    numbers = {"nothing": float(raw.means[0]), "full": float(raw.means[-1]), "dimensions": float(d)}
    table = _curve(raw, asked, spread)
    if found.noise(last) or found.means[last] < 0:
        words = (
            f"all {d} directions bring {found.means[last]:+.3g} beyond their mean, which is not "
            "more than noise: there is no job to keep"
        )
        return Certificate("low rank", None, words, numbers, {}, table)
    kept = [found.ratio(i, last) for i in range(len(asked))]
    elbow = _elbow([value for value, _, _ in kept], share)
    at = elbow if at_most is None else asked.index(at_most)
    holds = asked[elbow] < d if at_most is None else _claim(kept[at], share, known=found.known)
    return Certificate(
        "low rank",
        holds,
        _words(asked[at], asked[elbow], kept[at], share, known=found.known),
        {"elbow": float(asked[elbow]), "kept": kept[at][0], **numbers},
        {"kept": kept[at][1:]} if found.known else {},
        {**table, "kept": tuple(value for value, _, _ in kept)},
    )


def _ranks(ranks: Iterable[int] | None, at_most: int | None, d: int) -> list[int]:
    usual = range(d) if d <= _FEW else [2**i for i in range(d.bit_length())]
    asked = [0, d, *(usual if ranks is None else ranks), *([] if at_most is None else [at_most])]
    for rank in asked:
        whole = isinstance(rank, (int, np.integer)) and not isinstance(rank, bool)
        if not (whole and 0 <= rank <= d):
            raise OptionError(f"ranks lie between 0 and the {d} dimensions; given {rank!r}")
    return sorted({int(rank) for rank in asked})


def _scores(
    score: Score,
    directions: Float[np.ndarray, "most d"],
    mean: Float[np.ndarray, " d"],
    asked: list[int],
) -> Float[np.ndarray, "examples ranks"]:
    found = []
    for rank in asked:
        top = directions[:rank]
        projector = np.eye(len(mean)) if rank == len(mean) else top.T @ top
        told = figures(score(projector, mean.copy()), f"the score of rank {rank}", "[examples]")
        found.append(np.atleast_1d(told))
    if any(told.ndim != 1 or told.shape != found[0].shape for told in found):
        shapes = ", ".join(f"{r}: {told.shape}" for r, told in zip(asked, found, strict=True))
        raise OptionError(
            f"scores are [examples], of the same examples for each rank; given {shapes}"
        )
    return np.stack(found, axis=1)


def _elbow(kept: list[float], share: float) -> int:
    """The place of the first rank from which on all keep enough; the full rank keeps all."""
    short = [i for i, value in enumerate(kept) if value < share]
    return short[-1] + 1


def _claim(kept: tuple[float, float, float], share: float, *, known: bool) -> bool | None:
    value, low, high = kept
    if not known:
        return value >= share
    return True if low >= share else False if high < share else None


def _curve(
    raw: Resampled, asked: list[int], spread: Float[np.ndarray, " most"]
) -> dict[str, tuple[object, ...]]:
    value, low, high = zip(*(raw.mean(i) for i in range(len(asked))), strict=True)
    squares = np.concatenate([[0.0], np.cumsum(spread**2)])
    variance = squares[np.minimum(asked, len(spread))] / (squares[-1] or 1.0)
    return {
        "rank": tuple(asked),
        "score": value,
        "low": low,
        "high": high,
        "variance": tuple(variance.tolist()),
    }


def _words(
    rank: int, elbow: int, kept: tuple[float, float, float], share: float, *, known: bool
) -> str:
    value, low, high = kept
    within = f" [{100 * low:.3g}, {100 * high:.3g}]" if known else ""
    said = f"{rank} direction{'' if rank == 1 else 's'} keep{'s' if rank == 1 else ''}"
    return (
        f"{said} {100 * value:.0f} %{within} of what all bring beyond their mean; of the ranks "
        f"that were asked, {elbow} is the first from which on {100 * share:.0f} % is kept"
    )
