"""A judgement: what was checked of an answer, what came of it, and the figures that say so.

A check passes, fails, or cannot be judged here. The third is an answer of its own: a test that
could not have failed says nothing, and whoever reads it must be able to tell.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, final

import numpy as np

from .errors import ResultError, some
from .scalars import plain, restored
from .text import printable

Verdict = Literal["passes", "FAILS", "not judged"]


@final
@dataclass(frozen=True, slots=True)
class Certificate:
    """What was checked, whether it holds, and why.

    Attributes:
        check: what was checked, in a word or two: "calibration", "illusion", "screen".
        holds: it passed; None where it cannot be judged here.
        words: the verdict in a sentence or two.
        numbers: figures by name; NaN where nobody knows.
        intervals: of some of those figures, at 95 % unless the words say otherwise.
        table: the details, in columns of one length.

    Raises:
        ResultError: fields of another kind, an interval of no figure, or columns that differ in
            length.

    >>> print(Certificate("steps", True, "the sum is within 0.1 % of the gap", {"gap": 0.0009}))
    steps: passes - the sum is within 0.1 % of the gap
      gap 0.0009
    """

    check: str
    holds: bool | None
    words: str
    numbers: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    table: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (isinstance(self.check, str) and self.check and isinstance(self.words, str)):
            raise ResultError(
                f"a certificate says in words what was checked, and what came of it; given "
                f"{self.check!r} and {self.words!r}"
            )
        if not (self.holds is None or isinstance(self.holds, (bool, np.bool_))):
            raise ResultError(
                f"the certificate {self.check!r} holds, or not, or cannot be judged: True, False "
                f"or None; given {self.holds!r}"
            )
        object.__setattr__(self, "holds", None if self.holds is None else bool(self.holds))
        try:
            numbers = {str(k): _figure(v) for k, v in self.numbers.items()}
            intervals = {
                str(k): (_figure(low), _figure(high)) for k, (low, high) in self.intervals.items()
            }
            table = {str(k): tuple(map(_cell, column)) for k, column in self.table.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise ResultError(
                f"the certificate {self.check!r} needs numbers by name, intervals of two numbers "
                f"by name, and columns by name: {error}"
            ) from error
        _check(self.check, numbers, intervals, table)
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "intervals", intervals)
        object.__setattr__(self, "table", table)

    @property
    def verdict(self) -> Verdict:
        """In a word or two: "passes", "FAILS", or "not judged"."""
        return "not judged" if self.holds is None else "passes" if self.holds else "FAILS"

    def to_dict(self) -> dict[str, Any]:
        """As plain numbers, lists and strings, ready for strict JSON."""
        told: dict[str, Any] = plain({f.name: getattr(self, f.name) for f in fields(self)})
        return told

    @staticmethod
    def from_dict(told: Mapping[str, Any]) -> "Certificate":
        """The certificate that `to_dict` wrote.

        Raises:
            ResultError: something else.
        """
        try:
            given = {f.name: restored(told[f.name]) for f in fields(Certificate)}
            for name in ("intervals", "table"):  # JSON has lists alone
                given[name] = {key: tuple(column) for key, column in given[name].items()}
            return Certificate(**given)
        except (AttributeError, KeyError, TypeError) as error:
            raise ResultError(f"this is no certificate: {error!r} is missing or wrong") from error

    def __repr__(self) -> str:
        figures = " · ".join(f"{k} {_said(self, k)}" for k in self.numbers)
        rows = len(next(iter(self.table.values()), ()))
        inside = f"  table of {rows:,} rows: {', '.join(self.table)}" if rows else ""
        lines = [f"{self.check}: {self.verdict} - {self.words}", f"  {figures}", inside]
        return printable("\n".join(line for line in lines if line.strip()))


def _check(
    check: str,
    numbers: Mapping[str, float],
    intervals: Mapping[str, object],
    table: Mapping[str, tuple[object, ...]],
) -> None:
    strangers = [name for name in intervals if name not in numbers]
    if strangers:
        raise ResultError(
            f"the certificate {check!r} has intervals of {some(strangers)}, and no such figures"
        )
    lengths = {name: len(column) for name, column in table.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise ResultError(
            f"the columns of the certificate {check!r} differ in length ({said}): give each as "
            "many entries"
        )


def _figure(value: Any) -> float:
    """A float; every NaN is the same one, so that certificates can be compared."""
    number = float(value)
    return math.nan if math.isnan(number) else number


def _cell(value: Any) -> object:
    """An entry that JSON can hold: a number, a word, yes, no, nothing; else what it is in words."""
    entry = value.item() if isinstance(value, np.generic) else value
    if isinstance(entry, float):
        return _figure(entry)
    return entry if entry is None or isinstance(entry, (int, str)) else str(entry)


def _said(certificate: Certificate, name: str) -> str:
    said = f"{certificate.numbers[name]:.4g}"
    if name not in certificate.intervals:
        return said
    low, high = certificate.intervals[name]
    return f"{said} [{low:.4g}, {high:.4g}]"
