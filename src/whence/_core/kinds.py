"""The kinds of results, and what each is made of: the axes of every array, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

Axes = tuple[str, ...]
_EACH = ("cases", "outputs", "players")
_ENDS = ("cases", "outputs")


@final
@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of result is made of.

    Attributes:
        format: what its files say they are.
        plain: fields that JSON has as they are.
        arrays: field -> its axes.
        tables: field -> the axes of each of its arrays, or of each by name.
        cases: the array whose length is the number of cases.
    """

    format: str
    plain: tuple[str, ...]
    arrays: Mapping[str, Axes]
    tables: Mapping[str, Axes | Mapping[str, Axes]]
    cases: str

    @property
    def name(self) -> str:
        """In one word: "attribution"."""
        return self.format.removeprefix("whence ")


TRACE: Mapping[str, Axes] = {
    "asked": ("looks",),
    "rows": ("looks",),
    "seconds": ("looks",),
    "values": ("looks", "outputs", "players"),
    "stderr": ("looks", "outputs", "players"),
}

ATTRIBUTION = Kind(
    "whence attribution",
    ("outputs", "method", "uncertainty", "converged", "verdict", "averaged"),
    {"values": _EACH, "freedom": ("cases",), "empty": _ENDS, "full": _ENDS},
    {
        "parts": _EACH,
        "shared": ("one", "outputs", "players"),
        "covariance": ("outputs", "players", "players"),
        "data": ("cases",),
        "trace": TRACE,
    },
    "freedom",
)

INTERACTIONS = Kind(
    "whence interactions",
    ("outputs", "method", "uncertainty", "verdict", "averaged", "pairs"),
    {"values": ("cases", "outputs", "pairs"), "main": _EACH, "empty": _ENDS, "full": _ENDS},
    {},
    "main",
)

SELECTION = Kind(
    "whence selection",
    ("outputs", "method", "converged", "verdict", "order", "held_out"),
    {"worth": _ENDS, "empty": _ENDS, "full": _ENDS, "without": _ENDS, "less": _EACH},
    {"path": ("steps",)},
    "worth",
)

KINDS = {kind.format: kind for kind in (ATTRIBUTION, INTERACTIONS, SELECTION)}
