"""`whence value`: which training rows, or which sources of them, help; and which to look at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, final

import typer

from whence._core.interrupts import held
from whence.cli import answer, files, screen, values
from whence.cli import options as o
from whence.cli.failures import told

if TYPE_CHECKING:
    import numpy as np

    from whence import Attribution
    from whence.models.table import Table
    from whence.recipes.flagged import Suspects

_FILES = "What to keep"


@told
def value(
    train: Annotated[
        Path,
        typer.Argument(
            metavar="TRAIN", help="Training rows: .csv, .tsv or .parquet.", show_default=False
        ),
    ],
    target: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column of labels.", show_default=False)
    ],
    test: Annotated[
        Path | None,
        typer.Argument(
            metavar="TEST",
            help="Test rows; without them, folds of TRAIN are asked of each other.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A scikit-learn estimator to train again: pkg.mod:object or .skops.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Value its values (a source, a day), and not rows."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="auto|knn|oob|shapley|loo", help="How rows are valued.", show_default=True
        ),
    ] = "auto",
    task: Annotated[
        str | None,
        typer.Option(
            metavar="classes|numbers", help="What the labels are, where whole numbers may be both."
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", metavar="K", min=1, help="Neighbours who vote.")] = 5,
    as_they_are: Annotated[
        bool,
        typer.Option("--no-scale", help="Columns share a unit (pixels): measure them as they are."),
    ] = False,
    suspects: Annotated[
        int, typer.Option(metavar="N", min=0, help="Flag the N rows likeliest to be mislabelled.")
    ] = 0,
    suspects_by: Annotated[
        str,
        typer.Option(
            metavar="auto|value|model loss|distance", help="The score that ranks the suspects."
        ),
    ] = "auto",
    suspects_csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Write the rows that are flagged.", rich_help_panel=_FILES
        ),
    ] = None,
    by_case: Annotated[
        bool,
        typer.Option("--by-case", help="Keep every test row: proponents and opponents."),
    ] = False,
    drop: o.Drop = None,
    weight: o.Weight = None,
    unpickle: o.Unpickle = False,
    trust: o.Trust = None,
    seed: o.Seed = 0,
    seconds: o.Seconds = None,
    evaluations: o.Evaluations = None,
    out: o.Out = None,
    html: o.Html = None,
    csv: o.Csv = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    top: o.Top = 20,
) -> int:
    """Which training rows, or sources of them, help; and which labels look wrong?"""
    from whence.recipes.value import value as ask

    _refuse(by, suspects, suspects_csv)
    targets = {"--out": out, "--html": html, "--csv": csv, "--suspects-csv": suspects_csv}
    targets["--json"] = files.STDOUT if json else None
    files.check(targets, [train, test, model])
    own = _model(model, unpickle=unpickle, trust=tuple(trust or ()))
    rows = _read(train, test, target, by, weight, tuple(drop or ()))
    screen.say(_about(rows, by), quiet=quiet)
    budget = values.budget(None, seconds, evaluations, None) if seconds or evaluations else None
    result = ask(
        rows.X.frame(),
        rows.y,
        None if rows.X_test is None else rows.X_test.frame(),
        rows.y_test,
        model=own,
        method=method,
        groups=rows.source,
        sample_weight=rows.weight,
        task=task,
        k=k,
        scale=not as_they_are,
        by_case=by_case,
        budget=budget,
        seed=seed,
    )
    files_read = {"training rows": str(train)} | ({"test rows": str(test)} if test else {})
    result = replace(result, provenance={**result.provenance, **files_read})
    found = _flagged(result, rows, suspects, suspects_by, scale=not as_they_are, k=k, seed=seed)
    with held():
        written = _save(result, found, out, html, csv, suspects_csv)
        if not files.on_stdout(html, csv, suspects_csv):
            _show(result, found, top, written, as_json=json, quiet=quiet)
        answer.hint(*_nexts(result, found, by, out), quiet=quiet)
    return answer.code(result)


@final
@dataclass(frozen=True, slots=True)
class _Rows:
    """What the files hold."""

    X: "Table"
    y: "np.ndarray"
    X_test: "Table | None"
    y_test: "np.ndarray | None"
    source: "np.ndarray | None"
    weight: "np.ndarray | None"


def _refuse(by: str | None, suspects: int, suspects_csv: Path | None) -> None:
    from whence._core.errors import OptionError

    if by is not None and suspects:
        raise OptionError("--suspects flags single rows, and --by values groups: ask one of them")
    if suspects_csv is not None and not suspects:
        raise OptionError("--suspects-csv writes what --suspects N flags: say how many")


def _model(place: str | None, *, unpickle: bool, trust: tuple[str, ...]) -> Any:
    """The estimator itself, which is to be trained again."""
    if place is None:
        return None
    from whence.cli.modelarg import look_here
    from whence.models.files import load

    look_here(place, unpickle=unpickle, trust=trust)
    return load(place, unpickle=unpickle, trust=trust)


def _read(
    train: Path,
    test: Path | None,
    target: str,
    by: str | None,
    weight: str | None,
    drop: tuple[str, ...],
) -> _Rows:
    from whence.cli import tables

    kinds = tables.same_kinds([p for p in (train, test) if p is not None], {})
    own = tables.opened(train, kinds)
    source = None if by is None else tables.labels(own, by, "--by")
    y, out = tables.labels(own, target), {target, by, weight, *drop}
    tables.refuse_strangers(drop, own)
    X = tables.without(own, out)
    asked = own if test is None else tables.opened(test, kinds)
    counts = None if weight is None else tables.labels(asked, weight, "the weight")
    if test is None:
        return _Rows(X, y, None, None, source, counts)
    return _Rows(X, y, tables.without(asked, out), tables.labels(asked, target), source, counts)


def _about(rows: _Rows, by: str | None) -> str:
    who = "each row" if by is None else f"each {by}"
    asked = (
        "folds of them are asked of the others"
        if rows.X_test is None
        else f"asked by {len(rows.X_test):,} rows of {rows.X_test.what}"
    )
    return (
        f"{len(rows.X):,} rows of {rows.X.what}, {len(rows.X.names)} features: what is {who} "
        f"worth?  {asked[:1].upper()}{asked[1:]}."
    )


def _flagged(
    result: "Attribution",
    rows: _Rows,
    most: int,
    by: str,
    *,
    scale: bool,
    k: int,
    seed: int,
) -> "Suspects | None":
    if not most:
        return None
    from whence.recipes.suspects import suspects

    return suspects(result, rows.X.frame(), rows.y, by=by, most=most, k=k, scale=scale, seed=seed)


def _save(
    result: "Attribution",
    found: "Suspects | None",
    out: Path | None,
    html: Path | None,
    csv: Path | None,
    suspects_csv: Path | None,
) -> list[Path]:
    makers: dict[Path, Callable[[Path], object]] = files.makers(result, out, html, csv)
    if suspects_csv is not None and found is not None:
        makers[suspects_csv] = found.to_csv
    return files.write(makers)


def _show(
    result: "Attribution",
    found: "Suspects | None",
    top: int,
    written: list[Path],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    if as_json:
        flagged = {} if found is None else {"suspects": found.to_dict(), "flagged": found.verdict}
        screen.dump({**result.to_dict(), **flagged, "written": [str(path) for path in written]})
        return
    screen.show(result.mean().table(top))
    if found is not None:
        screen.tell("")
        screen.show(found.table(max(top, 1)))
    answer.kept(result, written, as_json=False, quiet=quiet)


def _nexts(
    result: "Attribution", found: "Suspects | None", by: str | None, out: Path | None
) -> list[str]:
    kept = f"whence show {out} --open" if out else "--out FILE.whence keeps the answer, to show"
    classes = "squared error" not in result.question.unit
    look = "--suspects 20 flags the labels to look at first"
    longer = "" if result.converged else "surer with a larger budget: --seconds, --evaluations"
    return [longer, look if found is None and by is None and classes else "", kept]
