"""The result for pairs: what each two players add together, beyond what each adds alone.

Sparse: only pairs that can interact are listed; all others are exactly zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import numpy as np

from . import as_dict, store
from .arguments import check_arguments
from .attribution import Cost, Uncertainty
from .errors import PlayersError, positive
from .frozen import freeze
from .game import Question
from .index import Index
from .outputs import place
from .players import Players
from .shaped import Float
from .text import printable
from .types import Ends, Scores


@final
@dataclass(frozen=True, slots=True)
class Interaction:
    """Two players' number, over the cases: the mean, and the mean without signs."""

    players: tuple[str, str]
    value: float
    size: float


@final
@dataclass(frozen=True, slots=True)
class Interactions:
    """What each two players add together, beyond what each adds alone.

    Positive: together they raise the behaviour by more than alone.

    Attributes:
        values: the whole interaction of each pair; a matrix has half of it in either cell.
        main: what is left of each player's Shapley value once half of each of its interactions is
            taken away: `empty + main.sum(axis=2) + values.sum(axis=2) == full`. For Banzhaf, whose
            numbers need not add up, the Banzhaf values as they are.
        pairs: positions of the two players, the lower first. Pairs that are not here do not
            interact.
        players: who could be responsible.
        outputs: what was read off.
        index: what each number means.
        method: the name of what computed it.
        empty: the worth of nobody, [cases, outputs].
        full: the worth of everybody.
        cost: what it took.
        verdict: why it stopped, and what that means.
        averaged: how many cases the one reported case is the mean of.
        uncertainty: there is none: "exact".
        question: what was asked, in words.
        provenance: where the answer comes from: versions, hashes.

    Source: Grabisch & Roubens (1999); main effects: Lundberg et al. (2020).
    """

    values: Float[np.ndarray, "cases outputs pairs"]
    main: Scores
    pairs: tuple[tuple[int, int], ...]
    players: Players
    outputs: tuple[str, ...]
    index: Index
    method: str
    empty: Ends
    full: Ends
    cost: Cost
    verdict: str
    averaged: int = 1
    uncertainty: Uncertainty = "exact"
    question: Question = Question()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def gap(self) -> Ends:
        """What the numbers leave of v(everybody) - v(nobody): zero for an efficient index."""
        told = self.main.sum(axis=2) + self.values.sum(axis=2)
        return np.asarray(self.full - self.empty - told)

    def matrix(self, output: str | int = 0) -> Float[np.ndarray, "cases players players"]:
        """Main effects on the diagonal, and half of each interaction in either cell, as in shap.

        For Shapley each row adds up to its player's Shapley value.

        Raises:
            ResultError: no such output.
        """
        at, n = self.output(output), len(self.players)
        cells = np.zeros((len(self.values), n, n))
        i, j = np.array(self.pairs, dtype=int).reshape(-1, 2).T
        cells[:, i, j] = cells[:, j, i] = self.values[:, at] / 2
        cells[:, np.arange(n), np.arange(n)] = self.main[:, at]
        return cells

    def __getitem__(self, pair: Any) -> float:
        """The interaction of two players, for the first output, averaged over cases.

        Raises:
            PlayersError: nobody has that name, or they are not two.
        """
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise PlayersError(f"ask for two {self.players.kind}s, as [a, b]; given {pair!r}")
        i, j = sorted(self.players.index(name) for name in pair)
        if i == j:
            raise PlayersError(
                f"{self.players.names[i]!r} is one {self.players.kind}, and two interact. What it "
                "adds alone is in `main`."
            )
        if (i, j) not in self.pairs:
            return 0.0
        return float(self.values[:, 0, self.pairs.index((i, j))].mean())

    def top(self, k: int = 10, *, output: str | int = 0) -> list[Interaction]:
        """The k strongest pairs, by the mean over cases of their absolute values.

        Raises:
            OptionError: k is not positive.
            ResultError: no such output.
        """
        positive(k, "k", "how many pairs")
        values = self.values[:, self.output(output)]
        value, size, names = values.mean(axis=0), np.abs(values).mean(axis=0), self.players.names
        order = np.argsort(-size, kind="stable")[:k]
        found = [(*self.pairs[p], float(value[p]), float(size[p])) for p in order]
        return [Interaction((names[i], names[j]), v, s) for i, j, v, s in found]

    def mean(self) -> "Interactions":
        """The mean over cases, signs and all."""
        if len(self.values) == 1:
            return self
        arrays = ("values", "main", "empty", "full")
        means = {name: getattr(self, name).mean(axis=0, keepdims=True) for name in arrays}
        return replace(self, **means, averaged=len(self.values))

    def output(self, name: str | int) -> int:
        """Where an output stands.

        Raises:
            ResultError: no such output.
        """
        return place(self.outputs, name)

    @check_arguments
    def save(self, path: str | Path) -> Path:
        """Write a JSON header and plain arrays; never pickle. `wh.load` reads them."""
        return store.save(self, path)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, lists and strings, ready for JSON: see `wh.from_dict`."""
        return as_dict.to_dict(self)

    def to_shapiq(self, *, output: str | int = 0) -> Any:
        """One output as shapiq's `InteractionValues`; of several cases a list, one for each."""
        from whence.report.exchange.to_shapiq import pairs_to_shapiq

        return pairs_to_shapiq(self, output)

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each case, output and listed pair; a pandas, polars or pyarrow frame."""
        from whence.report.interactions import to_frame

        return to_frame(self, backend)

    @check_arguments
    def plot(self, ax: Any = None, **options: Any) -> Any:
        """A heat map of pairs on `ax` (new axes by default), which is returned.

        Args:
            ax: matplotlib axes.
            **options: max_display (players), output.

        Raises:
            OptionError: no such option.
            ResultError: nobody interacts.
        """
        from whence.report.interactions import plot

        return plot(self, ax, **options)

    def __repr__(self) -> str:
        from whence.report.interactions import words

        return printable(words(self))
