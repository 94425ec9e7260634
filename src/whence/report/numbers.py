"""Numbers and names as people read them: as many digits as the error leaves, and no more.

A value is shown to two significant digits of its standard error; without one, to four significant
digits of the largest value beside it.
"""

import re
from math import floor, isfinite, log10
from unicodedata import bidirectional

import numpy as np

from whence._core.text import clean as clean  # noqa: PLC0414 - reports find it here
from whence._core.text import elide as elide  # noqa: PLC0414

MINUS = "\N{MINUS SIGN}"
_SIGN = re.compile(r"(?<!\w)-(?=\d)")
_SIGNIFICANT = 2
_UNSURE = 4
_TINY = 9  # decimals; beyond them powers of ten are shorter


def decimals(values: np.ndarray, errors: np.ndarray) -> list[int]:
    """How many decimals each value of a column deserves.

    Args:
        values: float [rows].
        errors: standard errors [rows]; NaN where nobody knows.
    """
    known = errors[np.isfinite(errors) & (errors > 0)]
    if not len(known):
        finite = np.abs(values[np.isfinite(values)])
        scale = float(finite.max()) if len(finite) else 0.0
        return [_places(scale, _UNSURE)] * len(values)
    widest = _places(float(known.max()), _SIGNIFICANT)
    return [
        min(_places(float(e), _SIGNIFICANT), widest + 2) if isfinite(e) and e > 0 else widest
        for e in errors
    ]


def _places(scale: float, digits: int) -> int:
    return max(digits - 1 - floor(log10(scale)), 0) if scale > 0 and isfinite(scale) else digits


def number(x: float, places: int, *, sign: bool = False) -> str:
    """A number with this many decimals; powers of ten where it would be too long.

    >>> number(-0.00001, 3), number(12345.678, 1), number(3e-12, 13), number(0.5, 2, sign=True)
    ('0.000', '12,345.7', '3.00e-12', '+0.50')
    """
    if not isfinite(x):
        return "unknown"
    if x != 0 and (places > _TINY or abs(x) >= 1e9):
        return f"{x:{'+' if sign else ''}.{_SIGNIFICANT}e}"
    places = min(places, _TINY)
    text = f"{x:{'+' if sign else ''},.{places}f}"
    return text[1:] if not float(text.replace(",", "")) and text[0] in "+-" else text


def plain(x: float) -> str:
    """A number that stands alone, to four significant digits.

    >>> plain(0.296123), plain(1234567.0), plain(0.0)
    ('0.2961', '1,234,567', '0')
    """
    return number(x, _places(abs(x), _UNSURE)) if x else "0"


def rough(x: float) -> str:
    """A size that stands alone, such as an error: two significant digits.

    >>> rough(0.005851), rough(77.97), rough(0.0), rough(float("nan"))
    ('0.0059', '78', '0', 'unknown')
    """
    return number(x, _places(abs(x), _SIGNIFICANT)) if x else "0"


def typeset(text: str) -> str:
    """A real minus, for pictures and pages; terminals keep the one that can be copied."""
    return text.replace("-", MINUS)


def signed(text: str) -> str:
    """As `typeset`, of a sentence: only where a hyphen stands before a number.

    >>> signed("-0.5 log-odds, 1.00e-12") == f"{MINUS}0.5 log-odds, 1.00e-12"
    True
    """
    return _SIGN.sub(MINUS, text)


def isolated(name: str) -> str:
    """A name inside a sentence of another direction, which keeps its place there.

    >>> isolated("age"), len(isolated("\N{HEBREW LETTER ALEF}"))
    ('age', 3)
    """
    if not any(bidirectional(c) in {"R", "AL"} for c in name):
        return name
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def percent(share: float) -> str:
    """A share in per cent, to two significant digits.

    >>> percent(0.0413), percent(0.0081), percent(1.5), percent(0.0)
    ('4.1 %', '0.81 %', '150 %', '0 %')
    """
    return f"{rough(100 * share)} %" if isfinite(share) else "unknown"


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(0.0123), duration(4.21), duration(75.0), duration(7384.0)
    ('0.012 s', '4.2 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 59.95:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def several(count: int, noun: str) -> str:
    """A count with its noun.

    >>> several(1, "case"), several(1200, "case"), several(2, "party"), several(2, "class")
    ('1 case', '1,200 cases', '2 parties', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """More than one of a noun, which may carry "of ..." behind it.

    >>> plural("group of features"), plural("head")
    ('groups of features', 'heads')
    """
    head, of, tail = noun.partition(" of ")
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        many = f"{head[:-1]}ies"
    else:
        many = f"{head}es" if head.endswith(("s", "x", "ch", "sh")) else f"{head}s"
    return many + of + tail
