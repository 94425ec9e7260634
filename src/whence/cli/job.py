"""What every question asked of files has in common: open, announce, keep, show, and say what next.

Whatever can be refused is refused before the work, and nothing is written before it is done.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from whence._core.interrupts import held
from whence.cli import answer, files, modelarg, screen, tables
from whence.models.predictor import Predictor
from whence.models.table import Table

if TYPE_CHECKING:
    from whence import Attribution


@final
@dataclass(frozen=True, slots=True)
class Job:
    """A question asked of files.

    Args:
        places: the model, and further members of an ensemble.
        data: the rows asked about.
        background: rows that removed features come from; those of data, if not given.
        target: the column to predict.
        drop: columns that are not the model's.
        weight: the column that says how often a row counts.
        unpickle: open files that run code.
        trust: types that a .skops file may rebuild.
        keep: a file of worths, to go on from.
        out: where to save the result.
        html: where to write a page.
        csv: where to write the numbers.
        json: stdout gets one JSON object.
        quiet: no words.
        top: how many players the table shows.
    """

    places: tuple[str, ...]
    data: Path
    background: Path | None
    target: str | None
    drop: tuple[str, ...]
    weight: str | None
    unpickle: bool
    trust: tuple[str, ...]
    keep: Path | None
    out: Path | None
    html: Path | None
    csv: Path | None
    json: bool
    quiet: bool
    top: int

    def check(self) -> None:
        """Refuse what could not be written.

        Raises:
            OptionError: says what and why.
        """
        targets = {"--keep": self.keep, "--out": self.out, "--html": self.html, "--csv": self.csv}
        targets["--json"] = files.STDOUT if self.json else None
        files.check(targets, [*self.places, self.data, self.background])

    def opened(self, question: str, removal: str, rows: Sequence[int] = ()) -> "Opened":
        """Read the files, and announce the question.

        Raises:
            WhenceError: whatever does not fit.
        """
        loaded = modelarg.load_models(self.places, unpickle=self.unpickle, trust=self.trust)
        kinds = modelarg.kinds(loaded, self.target)
        given = tables.read(
            self.data,
            self.background,
            target=self.target,
            drop=self.drop,
            kinds=kinds,
            weight=self.weight,
        )
        given = replace(given, X=tables.chosen(given.X, rows))
        if rows and given.weight is not None:
            given = replace(given, weight=given.weight[list(rows)])
        model = modelarg.opened(loaded, given.X)
        screen.say(_about(model, given, question, removal), quiet=self.quiet)
        return Opened(model, given)

    @property
    def progress(self) -> bool | None:
        """A bar on stderr, unless nothing is wanted there."""
        return None if self.quiet else True

    def finish(self, result: "Attribution", *nexts: str, rows: Sequence[int] = ()) -> int:
        """Keep the result, show it, and give the exit code; an interrupt waits for that.

        Raises:
            WhenceError: a file could not be written; then none is.
        """
        with held():
            return self._finish(result, nexts, rows)

    def _finish(self, result: "Attribution", nexts: Sequence[str], rows: Sequence[int]) -> int:
        told: dict[str, Any] = {"asked of": list(self.places), "data": str(self.data)}
        told |= {"background": str(self.background)} if self.background else {}
        told |= {"rows": list(rows)} if rows else {}
        result = replace(result, provenance={**result.provenance, **told})
        written = files.save(result, self.out, self.html, self.csv)
        if not (self.json or files.on_stdout(self.html, self.csv)):
            answer.tables(result, self.top)
        answer.kept(result, written, as_json=self.json, quiet=self.quiet)
        answer.hint(self._longer(result), self._kept(), *nexts, quiet=self.quiet)
        return answer.code(result)

    def again(self, verb: str, *options: str) -> str:
        """A command on the same files."""
        also = [word for place in self.places[1:] for word in ("--also", place)]
        drops = [word for name in self.drop for word in ("--drop", name)]
        drops += [] if self.weight is None else ["--weight", self.weight]
        trust = ["--unpickle"] if self.unpickle else []
        trust += [word for name in self.trust for word in ("--trust", name)]
        words = ["whence", verb, self.places[0], str(self.data), *also, *drops, *trust, *options]
        return shlex.join(words)

    def _longer(self, result: "Attribution") -> str:
        if result.converged:
            return ""
        return "surer with a larger budget: --seconds, --evaluations, or neither of them"

    def _kept(self) -> str:
        if self.out is None:
            return "--out FILE.whence keeps the answer, to show and to compare"
        return f"{shlex.join(['whence', 'show', str(self.out)])} --open"


@final
@dataclass(frozen=True, slots=True)
class Opened:
    """A model and the rows to ask it about."""

    model: Predictor
    rows: tables.Rows


def _about(model: Predictor, rows: tables.Rows, question: str, removal: str) -> str:
    classes = [repr(str(c)) for c in model.classes or ()]
    more = f", … {len(classes)} classes" if len(classes) > 4 else ""
    known = f", classes {', '.join(classes[:4])}{more}" if classes else ""
    return (
        f"{model.name}, {len(rows.X.names)} features{known}: {question}\n"
        f"{_counted(rows.X)}; features leave by {removal} removal ({_counted(rows.background)})."
    )


def _counted(table: Table) -> str:
    return f"{len(table):,} row{'s' * (len(table) != 1)} of {table.what}"
