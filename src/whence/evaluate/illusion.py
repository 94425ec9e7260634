"""Is the effect of patching a subspace an illusion?

Patching a direction v = (a + b) / sqrt(2) can move the output although the model does not use it:
a varies with the concept and nobody reads it, b is read and never varies. The patch carries the
variation of a into b, and wakes a pathway that sleeps on real inputs. So split the subspace by the
row space of what reads the site, V = V_row + V_null, patch each part alone, and ask

    retention    E(V_row) / E(V)                   near 1: faithful;  far below: an illusion
    span         E(span{V_row, V_null}) / E(V)     more freedom, so it may not fall
    null         E(V_null) / E(V)                  near 0, or something else reads the site
    row spread   standard deviation along V_row over that of a typical direction that is read
    outside      how much of what is read lies outside its usual range after the patch

Only the first three decide; the last two say why. Source: Makelov, Lange & Nanda (2024), from whom
come the anatomy, the split and the toy of the tests. Ours: the verdict by intervals; the refusal to
judge where the row part would be all that is read, as its effect is then that of the whole site,
whatever V is; and the span as a ratio. What is not done here: whether V predicts this concept and
no other one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.figures import figures
from whence._core.shaped import Float
from whence.evaluate.faithful import judged
from whence.evaluate.resample import Resampled, resampled
from whence.evaluate.subspaces import Basis, Split, orthonormal, split

Effect = Callable[[Basis], Any]
_NAMES = ("subspace", "row part", "null part", "span of both", "whole site")
_SUBSPACE, _ROW, _NULL, _SPAN, _SITE = range(5)
_USUAL = (0.01, 0.99)  # quantiles of what is read, over base and source


@final
@dataclass(frozen=True, slots=True)
class _Site:
    """What was given, as arrays that fit."""

    base: Float[np.ndarray, "pairs d"]
    source: Float[np.ndarray, "pairs d"]
    reader: Float[np.ndarray, "d r"]


@check_arguments
def illusion(
    base: Any,
    source: Any,
    subspace: Any,
    reader: Any,
    effect: Effect,
    *,
    site_effect: Any = None,
    kept: float = 0.8,
    tolerance: float = 1e-5,
    level: float = 0.95,
    seed: int = 0,
) -> Certificate:
    """Whether the effect of patching a subspace survives in the part of it that is read.

    It passes when the row part keeps at least `kept` of the effect, and is an illusion when it
    keeps less, either of them beyond the interval.

    Args:
        base: activations of the site that are patched, float [pairs, d].
        source: activations that the patch takes from, float [pairs, d].
        subspace: one direction [d], or several [d, k]; trained or chosen.
        reader: the linear maps that read the site, one a column: float [d, r], so that h @ reader
            is what is read. Stack all of them side by side.
        effect: patches the span of orthonormal columns [d, k] from source into base,
            h = base + (source - base) V V^T, and returns the effect of each pair, float [pairs], or
            one number. Positive is towards the source in every pair: effects of both signs cancel.
        site_effect: the effect of patching the whole site, likewise: an upper bound.
        kept: the share of the effect that the row part must keep.
        tolerance: singular values of the reader below this share of the largest read nothing, and
            parts of unit directions that are shorter than this are nothing.
        level: of the intervals, by the bootstrap over pairs.
        seed: of the bootstrap.

    Returns:
        "illusion": it passes where the effect is faithful, and FAILS where it is an illusion. Not
        judged: the reader sees every direction; the row part is all that the reader sees; the
        subspace is not read at all; an effect within noise; a null part with an effect of its own;
        an interval on both sides of `kept`.

    Raises:
        OptionError: shapes that do not fit, directions that are zero or depend on one another, or
            numbers that are not finite.
    """
    site, columns = _given(base, source, subspace, reader, tolerance, kept, level)
    parts = split(columns, site.reader, tolerance)
    about = _numbers(site, parts)
    silent = _untestable(parts, len(columns))
    if silent:
        return Certificate("illusion", None, silent, about)
    measured = _effects(site, parts, effect, site_effect)
    found = resampled(np.stack(list(measured.values()), axis=1), level, seed)
    place = {name: i for i, name in enumerate(measured)}
    shares = {
        name: found.ratio(place[part], _SUBSPACE)
        for name, part in (("retention", _ROW), ("null", _NULL), ("span", _SPAN))
        if part in place and not found.noise(_SUBSPACE)
    }
    holds, words = judged(found, shares, about, kept)
    every = {"effect": found.mean(_SUBSPACE), **shares}
    return Certificate(
        "illusion",
        holds,
        words + _flag(found, place, level),
        {name: value for name, (value, _, _) in every.items()} | about,
        {name: (low, high) for name, (_, low, high) in every.items()} if found.known else {},
        _table(found, place, parts),
    )


# -- what was given --


def _given(
    base: Any,
    source: Any,
    subspace: Any,
    reader: Any,
    tolerance: float,
    kept: float,
    level: float,
) -> tuple[_Site, Basis]:
    real = isinstance(level, Real)
    if not (real and 0 < kept <= 1 and 0 < level < 1 and 0 < tolerance < 1):
        raise OptionError(
            "kept, level and tolerance are shares between 0 and 1; given "
            f"kept={kept!r}, level={level!r}, tolerance={tolerance!r}"
        )
    b, s = figures(base, "base", "[pairs, d]"), figures(source, "source", "[pairs, d]")
    v, w = figures(subspace, "subspace", "[d, k]"), figures(reader, "reader", "[d, r]")
    if b.ndim != 2 or b.shape != s.shape or not b.size:
        raise OptionError(
            f"base of shape {b.shape} and source of shape {s.shape}: both are activations of the "
            "same site, [pairs, d], row by row of the same pairs"
        )
    d = b.shape[1]
    v = v[:, None] if v.ndim == 1 else v
    if v.ndim != 2 or v.shape[0] != d or not 0 < v.shape[1] <= d:
        raise OptionError(
            f"subspace of shape {np.shape(subspace)} for a site of {d} dimensions: give one "
            f"direction [{d}], or several as columns [{d}, k]"
        )
    if w.ndim != 2 or w.shape[0] != d or not w.any():
        hint = "transpose it: torch keeps weights as [out, in]" if w.shape[-1:] == (d,) else ""
        raise OptionError(
            f"reader of shape {w.shape} for a site of {d} dimensions: reader is [d, r] = [{d}, r], "
            f"one column for each map that reads the site, and not all zero. {hint}".rstrip(". ")
        )
    return _Site(b, s, w), orthonormal(v, "subspace", tolerance)


def _untestable(parts: Split, d: int) -> str:
    """Why no effect could tell; empty where one can."""
    rank = parts.reader.shape[1]
    if rank == d:
        return (
            f"not testable here: the reader sees all {d} directions of the site, so nothing of the "
            "subspace can hide from it"
        )
    if not parts.read.shape[1]:
        return "the subspace lies wholly in what the reader cannot see: it has no part to keep"
    if parts.unread.shape[1] and parts.read.shape[1] == rank:
        return (
            f"not testable here: the row part of the subspace is all {rank} that the reader sees, "
            "so that patching it patches the whole site, whatever the subspace is"
        )
    return ""


def _effects(
    site: _Site, parts: Split, effect: Effect, site_effect: Any
) -> dict[int, Float[np.ndarray, " pairs"]]:
    """Each part's effect, pair by pair, or one number; a part of no dimensions has none."""
    bases = {_SUBSPACE: parts.whole, _ROW: parts.read, _NULL: parts.unread, _SPAN: parts.both}
    told = {i: effect(v) for i, v in bases.items() if v.shape[1]}
    if site_effect is not None:
        told[_SITE] = site_effect
    pairs = len(site.base)
    found = {
        i: np.atleast_1d(figures(e, f"the effect of the {_NAMES[i]}", "[pairs]"))
        for i, e in told.items()
    }
    shapes = {e.shape for e in found.values()}
    if not shapes <= {(pairs,), (1,)} or len(shapes) > 1:
        said = ", ".join(f"{_NAMES[i]} {e.shape}" for i, e in found.items())
        raise OptionError(
            f"effects of these shapes for {pairs} pairs: {said}. All are numbers for each pair, "
            f"[{pairs}], or all are one number"
        )
    return found


# -- what is known without an effect --


def _numbers(site: _Site, parts: Split) -> dict[str, float]:
    row, null = parts.shares
    found = {"row norm": row, "null norm": null}
    return found | {name: value for name, value in _usual(site, parts) if np.isfinite(value)}


def _usual(site: _Site, parts: Split) -> Iterator[tuple[str, float]]:
    data = np.vstack([site.base, site.source])
    typical = float((data @ parts.reader).var(axis=0).mean())
    if parts.read.shape[1] and typical:
        yield "row spread", float(np.sqrt((data @ parts.read).var(axis=0).mean() / typical))
    low, high = np.quantile(data @ site.reader, _USUAL, axis=0)
    change = (site.source - site.base) @ parts.whole @ parts.whole.T
    patched = (site.base + change) @ site.reader  # pair, map
    slack = 1e-9 * np.abs(patched).max(initial=0.0)  # rounding of what never varies
    yield "outside", float(((patched < low - slack) | (patched > high + slack)).mean())


def _flag(found: Resampled, place: dict[int, int], level: float) -> str:
    """A part that does more than the whole site."""
    if _SITE not in place:
        return ""
    sign = np.sign(found.means[_SUBSPACE])
    value, *ends = found.difference(_SUBSPACE, place[_SITE])
    if not (min(sign * e for e in ends) > 0 if found.known else sign * value > 0):
        return ""
    sure = f", beyond the {100 * level:.0f} % interval" if found.known else ""
    return f". Red flag: the subspace does more than the whole site ({value:+.3g}{sure})"


def _table(found: Resampled, place: dict[int, int], parts: Split) -> dict[str, tuple[object, ...]]:
    each = [found.mean(at) for at in place.values()]
    bases = (parts.whole, parts.read, parts.unread, parts.both)
    dims = {i: v.shape[1] for i, v in enumerate(bases)} | {_SITE: len(parts.whole)}
    value, low, high = (tuple(e[i] for e in each) for i in range(3))
    return {
        "patched": tuple(_NAMES[i] for i in place),
        "dimensions": tuple(dims[i] for i in place),
        "effect": value,
        "low": low,
        "high": high,
    }
