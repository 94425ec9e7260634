"""The result: numbers, their error in parts, what they mean, what they cost. Frozen; it is data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, final

import numpy as np

from . import as_dict, regroup, store
from .arguments import check_arguments
from .certificate import Certificate
from .errors import OptionError, ResultError, did_you_mean, positive
from .frozen import freeze
from .game import Question
from .index import Index
from .outputs import place
from .players import Players
from .reading import Covariance, Reading
from .shaped import Float
from .student import quantile
from .text import printable
from .trace import Trace
from .types import Ends, Scores
from .weights import Weights

Uncertainty = Literal["exact", "sampled", "unquantified"]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Cost:
    """What the answer cost.

    Attributes:
        asked: questions that the method asked of the game.
        evaluations: questions really computed.
        gradients: gradients computed.
        rows: rows given to the model; None when nobody counted them.
        found: answers found in a store.
        seconds: wall-clock time.
    """

    asked: int
    evaluations: int
    gradients: int
    rows: int | None
    found: int
    seconds: float


@final
@dataclass(frozen=True, slots=True)
class Contribution:
    """One player's number: its value, its standard error, and its interval."""

    player: str
    value: float
    stderr: float
    ci: tuple[float, float]


@final
@dataclass(frozen=True, slots=True)
class Attribution:
    """Who was responsible for what was measured, and how sure we are.

    Positive: adding this player raises the behaviour (for a loss: reduces the loss).

    Attributes:
        values: float [cases, outputs, players].
        parts: the standard error by what it comes from, each as `values`: "estimation" (walks and
            draws), "data" (a finite sample of cases), "background" (a finite pool), "model". A part
            that nobody knows is not there: it is not zero.
        freedom: degrees of freedom of each case's estimation part.
        players: who could be responsible.
        outputs: what was read off.
        index: what each number means.
        method: the name of what computed it.
        uncertainty: "exact", "sampled", or "unquantified".
        empty: the worth of nobody, [cases, outputs].
        full: the worth of everybody.
        cost: what it took.
        converged: the error asked for was reached.
        verdict: why it stopped, and what that means.
        averaged: how many cases the one reported case is the mean of.
        shared: parts of the error of the mean over cases that the cases share.
        covariance: by part, between players: [outputs, players, players].
        question: what was asked, in words.
        data: columns of the explained cases, for pictures: name -> [cases].
        provenance: where the answer comes from: versions, seed, hashes.
        trace: how the mean over cases came to be, look by look; None where there was no such way.
        certificates: what was checked of this very answer, and what came of it. They judge the
            whole of it: whatever cuts, sums or combines answers leaves them out.
        case_names: what the cases are called, such as the labels of X's index; empty where they are
            0, 1, 2, …. `select` takes positions all the same.
        weights: how often each case counts in the mean over cases; None: all alike.
    """

    values: Scores
    parts: Mapping[str, Scores]
    freedom: Float[np.ndarray, " cases"]
    players: Players
    outputs: tuple[str, ...]
    index: Index
    method: str
    uncertainty: Uncertainty
    empty: Ends
    full: Ends
    cost: Cost
    converged: bool
    verdict: str
    averaged: int = 1
    shared: Mapping[str, Float[np.ndarray, "1 outputs players"]] = field(default_factory=dict)
    covariance: Mapping[str, Covariance] = field(default_factory=dict)
    question: Question = Question()
    data: Mapping[str, np.ndarray] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace | None = None
    certificates: tuple[Certificate, ...] = ()
    case_names: tuple[object, ...] = ()
    weights: Weights | None = None

    def __post_init__(self) -> None:
        if self.uncertainty == "unquantified":  # then a part of zero is one that nobody knows
            for name in ("parts", "shared", "covariance"):
                known = {
                    k: v for k, v in getattr(self, name).items() if k != "estimation" or v.any()
                }
                object.__setattr__(self, name, known)
        freeze(self)

    # -- how sure --

    @property
    def stderr(self) -> Scores:
        """The standard error, all known parts together; NaN where nobody knows."""
        return self.error()

    @check_arguments
    def error(self, *parts: str) -> Scores:
        """The standard error of the named parts together (all known parts by default).

        Raises:
            ResultError: no such part.
        """
        for part in parts:
            if part not in self.parts:
                raise ResultError(
                    f"this answer has no error part {part!r}. {did_you_mean(part, self.parts)}"
                )
        chosen = parts or tuple(self.parts)
        if not chosen or (not parts and self.uncertainty == "unquantified"):
            return np.full_like(self.values, np.nan)
        return np.asarray(np.sqrt(sum(self.parts[p] ** 2 for p in chosen)))

    @check_arguments
    def ci(
        self, level: float = 0.95, parts: Sequence[str] | str | None = None
    ) -> tuple[Scores, Scores]:
        """Lower and upper ends of the intervals, by Student's t.

        Args:
            level: the nominal coverage, between 0 and 1.
            parts: the parts of the error to include; all known parts by default.

        Raises:
            OptionError: a level outside (0, 1).
            ResultError: no such part.
        """
        chosen = (parts,) if isinstance(parts, str) else () if parts is None else tuple(parts)
        if parts is not None and not chosen:
            raise OptionError("parts= names no part of the error: leave it out for all known ones")
        free = self.freedom
        if self.averaged > 1 and "data" in (chosen or self.parts):
            free = np.minimum(free, self.averaged - 1.0)
        error = self.error(*chosen)
        half = np.where(error == 0, 0.0, quantile(level, free)[:, None, None] * error)
        return self.values - half, self.values + half

    @property
    def gap(self) -> Ends:
        """v(everybody) - v(nobody) - the sum of the values: zero for an efficient index."""
        return np.asarray(self.full - self.empty - self.values.sum(axis=2))

    @check_arguments
    def certificate(self, check: str) -> Certificate:
        """What came of a check; of several of one name, the last.

        Raises:
            ResultError: nobody checked that.
        """
        known = {c.check: c for c in self.certificates}
        if check not in known:
            hint = did_you_mean(check, known) if known else "Nothing was checked of it."
            raise ResultError(f"this answer has no certificate {check!r}. {hint}")
        return known[check]

    # -- looking at some of it --

    def __getitem__(self, player: str | int) -> Contribution:
        """One player's contribution, for the first output, averaged over cases.

        Raises:
            PlayersError: nobody has that name.
        """
        i, one = self.players.index(player), self.mean()
        low, high = one.ci()
        return Contribution(
            self.players.names[i],
            float(one.values[0, 0, i]),
            float(one.stderr[0, 0, i]),
            (float(low[0, 0, i]), float(high[0, 0, i])),
        )

    def top(self, k: int = 10, *, output: str | int = 0) -> list[Contribution]:
        """The k players with the largest absolute values, averaged over cases.

        Raises:
            OptionError: k is not positive.
            ResultError: no such output.
        """
        positive(k, "k", "how many players")
        one = self.mean().select(output=self.output(output))
        order = np.argsort(-np.abs(one.values[0, 0]), kind="stable")[:k]
        return [one[int(i)] for i in order]

    def mean(self) -> "Attribution":
        """The mean over cases, by their weights, with their spread as the data part of the error.

        It is the same answer, read as one: its certificates stay.
        """
        if len(self.values) == 1:
            return self
        estimation = self.parts.get("estimation", np.zeros_like(self.values))
        got = Reading(
            self.values,
            estimation,
            self.freedom,
            self.empty,
            self.full,
            self.shared,
            weights=self.weights,
        ).over_cases(len(self.values))
        return replace(
            self,
            values=got.values,
            parts=got.parts,
            freedom=got.freedom,
            empty=got.empty,
            full=got.full,
            averaged=len(self.values),
            shared={},
            covariance={},
            data={},
            case_names=(),
            weights=None,
        )

    def output(self, name: str | int) -> int:
        """Where an output stands.

        Raises:
            ResultError: no such output.
        """
        return place(self.outputs, name)

    def select(
        self,
        *,
        output: str | int | None = None,
        case: int | slice | Sequence[int] | None = None,
        players: Iterable[str | int] | None = None,
        **columns: object,
    ) -> "Attribution":
        """Some of the cases, outputs or players. What is left out stays out of `gap` too.

        Certificates judge the whole: they stay only where nothing is left out.

        Args:
            output: one output, by name or position.
            case: one case, a slice, or several.
            players: by name or position.
            **columns: players whose columns have these values, such as layer=3.

        Raises:
            ResultError: no such output or case, or nobody left.
            PlayersError: no such player or column.
        """
        return regroup.select(self, output, case, players, columns)

    def group(self, by: str | Mapping[str, Sequence[str]]) -> "Attribution":
        """Sums over groups of players: by a column of the players, or by names given here.

        The error needs the covariance between players; where it is unknown it is NaN, never wrong.

        Raises:
            PlayersError: no such column or player, or groups that overlap.
        """
        return regroup.group(self, by)

    def __sub__(self, other: "Attribution") -> "Attribution":
        """Differences, with the errors of two independent answers added in squares.

        Raises:
            ResultError: other players, outputs, index or question.
        """
        return regroup.difference(self, other)

    @staticmethod
    def merge(runs: Sequence["Attribution"]) -> "Attribution":
        """Independent runs of one question (other seeds), as one longer run.

        Raises:
            ResultError: no runs, another question, or a seed given twice.
        """
        return regroup.merge(runs)

    # -- keeping and showing it --

    @check_arguments
    def save(self, path: str | Path) -> Path:
        """Write a JSON header and plain arrays; never pickle. Readable without the model."""
        return store.save(self, path)

    @staticmethod
    @check_arguments
    def load(path: str | Path) -> "Attribution":
        """Read what `save`, `to_parquet` or `to_dict` wrote.

        Raises:
            ResultError: no such file, not such a file, or a damaged one.
        """
        from whence.report.exchange.load import load_attribution

        return load_attribution(path)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, lists and strings, ready for JSON: see `wh.from_dict`."""
        return as_dict.to_dict(self)

    @check_arguments
    def to_parquet(self, path: str | Path) -> Path:
        """A table of the numbers for any tool, which holds all of it: see `wh.load`."""
        from whence.report.exchange.to_parquet import to_parquet

        return to_parquet(self, path)

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each case, output and player; a pandas, polars or pyarrow frame."""
        from whence.report.exchange.to_frame import to_frame

        return to_frame(self, backend)

    def to_shap(self) -> Any:
        """The same numbers as a `shap.Explanation` (needs shap): see `wh.from_shap`."""
        from whence.report.exchange.to_shap import to_shap

        return to_shap(self)

    @check_arguments
    def to_shapiq(self, *, output: str | int = 0) -> Any:
        """One output as shapiq's `InteractionValues`; of several cases a list, one for each."""
        from whence.report.exchange.to_shapiq import to_shapiq

        return to_shapiq(self, output)

    @check_arguments
    def to_dot(self, path: str | Path | None = None, *, most: int = 40) -> str:
        """The strongest edges as Graphviz DOT text; also written to `path` when it is given."""
        from whence.report.exchange.to_dot import to_dot

        return to_dot(self, path, most=most)

    @check_arguments
    def table(self, most: int = 20) -> Any:
        """A table for the terminal (rich), and in words wherever it is printed."""
        from whence.report.table import table

        return table(self, most)

    @check_arguments
    def plot(self, kind: str | None = None, ax: Any = None, **options: Any) -> Any:
        """A picture on `ax` (new axes by default), which is returned; nothing is shown."""
        from whence.report import plot

        return plot(self, kind, ax, **options)

    @check_arguments
    def to_html(self, path: str | Path | None = None) -> str:
        """One self-contained page; also written to `path` when it is given."""
        from whence.report.page.html import to_html

        page: str = to_html(self, path)
        return page

    def _repr_html_(self) -> str:
        from whence.report.page.html import fragment

        return fragment(self)

    def __repr__(self) -> str:
        from whence.report.table import words

        return printable(words(self))
