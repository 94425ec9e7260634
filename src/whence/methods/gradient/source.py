"""SOURCE: a training, unrolled through a few segments in which curvature and gradients are held.

A step that moved b by -rate (H b + g) hands on what was there before it times 1 - rate sigma, along
each eigenvector of H. Over a segment of the run that leaves, and adds up, by eigenvalue,

    F_S(sigma) = product over its steps of (1 - rate sigma),    F_r(sigma) = (1 - F_S) / sigma,

and with q the gradient of what is measured, walked back through the segments,

    phi_i = - sum over segments l of q_l' F_r(H_l) g_l(i),      q_(l-1) = F_S(H_l) q_l,

where g_l(i) is the mean gradient of row i over the checkpoints of the segment, times how much the
segment used the row (`use` of `tracin`, over the sum of its rates). A segment that never saw a row
learned nothing from it. F_r of a long run is 1 / sigma: then this is influence, and for a short one
the damping that influence needs is derived, not chosen.

H is the Gauss-Newton matrix with the weight decay, a mean over the segment's checkpoints. Momentum
makes rates 1 / (1 - momentum) times as large. For "adam", whose step is -rate P g,

    M = P^(1/2) H P^(1/2),   F_r(H) -> P^(1/2) F_r(M) P^(1/2),   F_S(H) -> P^(-1/2) F_S(M) P^(1/2).

Source: Bae et al. (2024). Ours: products of steps, where they have exp(-rates sigma), the limit of
small rates: so one step is exactly its gradient, and a quadratic loss with one segment a step is
exactly its training. Where rate sigma is above 1, which would overshoot, nothing is handed on.
Checkpoints lie in the middle of what they stand for, and rows count as often as they were used.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence._core.shaped import Float
from whence.methods._training import Scores, attributed
from whence.methods.gradient._runs import network_of
from whence.methods.gradient._stretch import stretch
from whence.models.trainer.examples import Examples

Change = Callable[[np.ndarray], np.ndarray]


def source(
    trainer: Any,
    test: Any,
    *,
    segments: Any = 3,
    checkpoints: Any = 6,
    during: int | None = None,
) -> Attribution:
    """How a network's training used each row, segment by segment; converged or not.

    Args:
        trainer: `Trainer.torch`, with a convex loss; beyond 4,000 parameters curvature is taken
            layer by layer (EK-FAC), which "adam" does not allow.
        test: (X, y).
        segments: how many; or the steps at which they begin, the first at 0: stages of a training,
            or where its rate drops.
        checkpoints: how many in all, or the steps before which they are taken, in order.
        during: only what was learned in this segment, from 0; the whole run by default. The values
            of all segments add up to the whole.

    Returns:
        values [tests, 1, rows], in the unit of what is measured; positive where the row raises it.

    Raises:
        UnsupportedModelError: a trainer without a run.
        OptionError: more segments than checkpoints, steps out of order, or too many parameters for
            "adam".
        ModelError: a loss that is not convex in the outputs.

    Source: Bae et al. (2024).
    """
    network = network_of(trainer, "source")

    def work(tests: Examples) -> Scores:
        return _work(network, tests, segments, checkpoints, during)

    return attributed(trainer, test, "source", work)


def _work(trainer: Any, tests: Examples, segments: Any, checkpoints: Any, during: Any) -> Scores:
    from whence.models.trainer.checkpoints import looks

    starts = _starts(trainer.schedule, segments, checkpoints)
    steps, borders = _placed(trainer.schedule, starts, checkpoints)
    if not (during is None or (isinstance(during, int) and 0 <= during < len(steps))):
        raise OptionError(
            f"during is a segment from 0 to {len(steps) - 1}, or None for all; given {during!r}"
        )
    *flat, end = looks(trainer, [*(s for own in steps for s in own), trainer.schedule.steps])
    at = np.cumsum([0, *map(len, steps)])
    seen = [flat[a:b] for a, b in pairwise(at)]
    model, n = end.params, len(trainer.rows)
    parts = _segments(trainer, trainer.measured_gradients(model, tests), seen, borders)
    size = np.abs(parts).sum(axis=(1, 2))
    values = parts.sum(axis=0) if during is None else parts[during]
    words = "the whole run" if during is None else f"segment {during} alone"
    return Scores(
        values,
        trainer.measured([model], tests)[0],
        f"{words}, unrolled through {len(steps)} segments of held curvature with "
        f"{len(flat)} checkpoints; no error is known",
        stamp={
            "segments begin at": starts[:-1],
            "checkpoints before steps": [s for own in steps for s in own],
            "share of each segment": (size / max(size.sum(), np.finfo(float).tiny)).tolist(),
        },
        evaluations=1,
        gradients=len(flat) * n + len(tests),
    )


def _starts(schedule: Any, segments: Any, checkpoints: Any) -> list[int]:
    """Where segments begin, and the end."""
    from whence.models.trainer.checkpoints import in_order, parted

    if isinstance(segments, (int, np.integer)):
        found: list[int] = parted(schedule, int(segments)).tolist()
    elif isinstance(segments, (list, tuple)) and segments and segments[0] == 0:
        found = [*in_order(schedule, segments), schedule.steps]
    else:
        raise OptionError(
            "segments is how many, or the steps at which they begin, the first at 0; given "
            f"{segments!r}"
        )
    if not isinstance(checkpoints, (int, np.integer, list, tuple)):
        raise OptionError(
            "checkpoints is how many in all, or the steps before which they are taken; given "
            f"{checkpoints!r}"
        )
    many = len(checkpoints) if isinstance(checkpoints, (list, tuple)) else checkpoints
    if len(found) - 1 > many:
        raise OptionError(
            f"{len(found) - 1} segments and {many} checkpoints: each segment needs at least one. "
            "Ask for more checkpoints, or fewer segments."
        )
    return found


def _placed(
    schedule: Any, starts: list[int], checkpoints: Any
) -> tuple[list[list[int]], list[np.ndarray]]:
    """For each segment its checkpoints, and the borders of what they stand for."""
    from whence.models.trainer.checkpoints import in_order, middles, nearest, parted

    spans = list(pairwise(starts))
    if isinstance(checkpoints, (int, np.integer)):
        each = [len(own) for own in np.array_split(np.arange(checkpoints), len(spans))]
        borders = [parted(schedule, k, a, b) for k, (a, b) in zip(each, spans, strict=True)]
        return [middles(own) for own in borders], borders
    listed = in_order(schedule, checkpoints)
    steps = [[s for s in listed if a <= s < b] for a, b in spans]
    empty = [a for (a, _), own in zip(spans, steps, strict=True) if not own]
    if empty:
        raise OptionError(f"the segments that begin at {empty} have no checkpoint: add one in each")
    return steps, [nearest(own, a, b) for own, (a, b) in zip(steps, spans, strict=True)]


def _segments(
    trainer: Any,
    asked: Float[np.ndarray, "tests p"],
    seen: list[list[Any]],
    borders: list[np.ndarray],
) -> Float[np.ndarray, "segments tests rows"]:
    """What each segment adds, from the last to the first."""
    from whence.models.trainer.checkpoints import pull, reaches, uses

    found = np.zeros((len(seen), len(asked), len(trainer.rows)))
    for number in reversed(range(len(seen))):
        looks, own = seen[number], borders[number]
        by_part = reaches(trainer.schedule, own)
        sums = np.array([r.sum() for r in by_part])
        far = np.concatenate(by_part)
        shares = sums / sums.sum() if sums.sum() else np.full(len(sums), 1 / len(sums))
        seconds = [k.second for k in looks]
        scale = None if seconds[0] is None else pull(shares @ np.stack(seconds))
        spectrum = stretch(trainer, [k.params for k in looks], shares, scale)
        root = np.ones(asked.shape[1]) if scale is None else np.sqrt(scale)
        added = spectrum.apply(added_up(far), asked * root) * root
        for look, use in zip(looks, uses(trainer, own), strict=True):
            found[number] -= use * trainer.against(look.params, added)
        asked = spectrum.apply(handed_on(far), asked * root) / root
    return np.stack([trainer.weighed(part) for part in found])


def handed_on(rates: Float[np.ndarray, " steps"]) -> Change:
    """F_S: what is left of a change after steps of these rates, by eigenvalue."""
    return lambda sigma: np.exp(_log_left(sigma, rates))


def added_up(rates: Float[np.ndarray, " steps"]) -> Change:
    """F_r, over the sum of the rates: what a held pull comes to; 1 at eigenvalue 0."""
    total = float(rates.sum())

    def change(sigma: np.ndarray) -> np.ndarray:
        run = sigma * total
        left = -np.expm1(_log_left(sigma, rates))
        return np.asarray(np.divide(left, run, out=np.ones_like(run), where=run > 0))

    return change


def _log_left(sigma: np.ndarray, rates: np.ndarray) -> np.ndarray:
    different, often = np.unique(rates, return_counts=True)
    with np.errstate(divide="ignore"):  # a step that goes all the way leaves nothing: exp(-inf)
        each = np.log1p(-np.minimum(different * sigma[..., None], 1.0))
    return np.asarray((each * often).sum(axis=-1))
