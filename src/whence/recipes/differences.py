"""Findings: which predicates separate two sets of rows, by how much, and how sure that is."""

from dataclasses import dataclass, fields
from typing import Any, final

from whence._core.arguments import check_arguments
from whence._core.errors import positive
from whence._core.text import printable

CORRECTIONS = ("benjamini-hochberg", "westfall-young")


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """One predicate, as the rows that did not propose it have it.

    Attributes:
        predicate: in words.
        in_a: the share of A for which it holds, or its mean score there.
        in_b: the same of B.
        effect: in_a - in_b.
        ci: of the effect, by itself, at 95 %.
        auroc: the chance that a row of A scores above a row of B.
        proposed_auroc: the same on the rows that proposed it, which flatters it.
        p: of no difference.
        adjusted: the same, corrected for the number of predicates.
        found: adjusted is at most the rate asked for.
    """

    predicate: str
    in_a: float
    in_b: float
    effect: float
    ci: tuple[float, float]
    auroc: float
    proposed_auroc: float
    p: float
    adjusted: float
    found: bool


@final
@dataclass(frozen=True, slots=True)
class Differences:
    """What separates A from B.

    Attributes:
        findings: every predicate that was tested, the surest first.
        rate: of false discoveries (or of any, by Westfall and Young).
        correction: "benjamini-hochberg" or "westfall-young".
        proposed_on: rows of A and of B that proposed.
        tested_on: rows of A and of B that tested.
        seed: of the halves and the permutations.
    """

    findings: tuple[Finding, ...]
    rate: float
    correction: str
    proposed_on: tuple[int, int]
    tested_on: tuple[int, int]
    seed: int

    @property
    def found(self) -> tuple[Finding, ...]:
        """The discoveries, the surest first."""
        return tuple(f for f in self.findings if f.found)

    @property
    def verdict(self) -> str:
        """In a sentence."""
        what = (
            "false discoveries at most"
            if self.correction == CORRECTIONS[0]
            else "the chance of any false discovery at most"
        )
        return (
            f"{len(self.found)} of {len(self.findings)} predicates differ ({what} "
            f"{100 * self.rate:g} %, {self.correction}); proposed on {_pair(self.proposed_on)} "
            f"rows of A and B, tested on {_pair(self.tested_on)} others"
        )

    @check_arguments
    def table(self, most: int = 20) -> Any:
        """A table for the terminal (rich), and in words wherever it is printed.

        Raises:
            OptionError: `most` is not positive.
        """
        from rich.console import Group
        from rich.table import Table as Lines
        from rich.text import Text

        from whence.report.terminal import Shown

        positive(most, "most", "how many predicates are shown")
        lines = Lines(box=None, padding=(0, 2, 0, 1), pad_edge=False)
        for head in ("predicate", "A", "B", "A - B", "95 % interval", "AUROC", "adjusted p", ""):
            left = head in {"predicate", "95 % interval", ""}
            lines.add_column(head, justify="left" if left else "right", no_wrap=not left)
        for one in self.findings[:most]:
            lines.add_row(*map(Text, _cells(one)))
        return Shown(Group(lines, Text(), Text(self.verdict)))

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each predicate.

        Args:
            backend: "pandas", "polars" or "pyarrow".

        Raises:
            OptionError: no such backend, or it is not installed.
        """
        from whence.report.exchange.to_frame import framed

        names = [f.name for f in fields(Finding) if f.name != "ci"]
        columns: dict[str, Any] = {n: [getattr(f, n) for f in self.findings] for n in names}
        columns["low"], columns["high"] = ([f.ci[end] for f in self.findings] for end in (0, 1))
        return framed(columns, backend)

    def __repr__(self) -> str:
        lines = [
            f"  {f.predicate}: {f.in_a:.3g} of A, {f.in_b:.3g} of B; {f.effect:+.3g} "
            f"[{f.ci[0]:.3g}, {f.ci[1]:.3g}], adjusted p {f.adjusted:.2g}"
            for f in self.found[:10]
        ]
        more = [f"  and {len(self.found) - 10} more"] if len(self.found) > 10 else []
        return printable("\n".join([f"Differences: {self.verdict}", *lines, *more]))


def _pair(sizes: tuple[int, int]) -> str:
    return f"{sizes[0]:,} + {sizes[1]:,}"


def _cells(one: Finding) -> tuple[str, ...]:
    return (
        one.predicate,
        f"{one.in_a:.3g}",
        f"{one.in_b:.3g}",
        f"{one.effect:+.3g}",
        f"{one.ci[0]:.3g} … {one.ci[1]:.3g}",
        f"{one.auroc:.3f}",
        f"{one.adjusted:.2g}",
        "found" if one.found else "",
    )
