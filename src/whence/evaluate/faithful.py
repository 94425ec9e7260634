"""The verdict on an effect that was split into a part that is read, and a part that is not.

It is taken beyond the interval on either side, or not at all; where effects came as one number each
there is no interval, and the numbers decide.
"""

from collections.abc import Mapping

import numpy as np

from whence.evaluate.resample import Resampled

Share = tuple[float, float, float]  # a ratio, and the ends of its interval


def judged(
    found: Resampled,
    shares: Mapping[str, Share],
    about: Mapping[str, float],
    kept: float,
) -> tuple[bool | None, str]:
    """Whether an effect is faithful, and why.

    Args:
        found: the effect of the subspace, as its first column.
        shares: "retention", "null" and "span", as shares of that effect where it is no noise;
            "null" where there is a part that is not read.
        about: figures that say why.
        kept: the share of the effect that the row part must keep.
    """
    if found.noise(0):
        value, low, high = found.mean(0)
        return None, f"the effect of the subspace is within noise ({value:.3g}{_within(low, high)})"
    null, retention = shares.get("null"), shares["retention"]
    if null is not None and _beyond(null, 1 - kept, found.known):
        return None, (
            f"the part that the reader cannot see has {_percent(null)} of the effect by itself, so "
            "the reader is not all that reads the site: give every reader, side by side"
        )
    if null is None:
        return True, "the subspace lies wholly in what is read, so nothing of it can hide there"
    for name, what in (("retention", "the part that is read"), ("span", "the span of both parts")):
        if _short(shares[name], kept, found.known):
            return False, (
                f"an illusion: {what} keeps {_percent(shares[name])} of the effect of the subspace"
                f"{_why(about)}"
            )
    if any(not _enough(shares[n], kept, found.known) for n in ("retention", "span")):
        return None, (
            f"undecided: the part that is read keeps {_percent(retention)} of the effect, and "
            f"{100 * kept:.0f} % is asked: more pairs would tell"
        )
    return True, f"faithful: the part that is read keeps {_percent(retention)} of the effect"


def _beyond(share: Share, bound: float, known: bool) -> bool:
    value, low, high = share
    return (low > bound or high < -bound) if known else abs(value) > bound


def _short(share: Share, kept: float, known: bool) -> bool:
    value, _, high = share
    return high < kept if known else value < kept


def _enough(share: Share, kept: float, known: bool) -> bool:
    value, low, _ = share
    return low >= kept if known else value >= kept


def _why(about: Mapping[str, float]) -> str:
    """What the patch did that no input does."""
    spread = about.get("row spread", np.nan)
    return (
        f" (along it, real inputs vary {spread:.2g} times as much as along a typical direction "
        f"that is read; {100 * about['outside']:.0f} % of what is read after the patch lies "
        "outside its usual range)"
        if np.isfinite(spread)
        else ""
    )


def _percent(share: Share) -> str:
    value, low, high = share
    return f"{100 * value:.0f} %{_within(100 * low, 100 * high)}"


def _within(low: float, high: float) -> str:
    return f" [{low:.3g}, {high:.3g}]" if np.isfinite(low) else ""
