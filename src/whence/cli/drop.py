"""`whence drop`: which mechanisms a metric's change between two files came with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from whence.cli import options as o
from whence.cli.failures import DONE, UNSURE, told

if TYPE_CHECKING:
    from whence import Attribution
    from whence.cli.tables import Rows
    from whence.games.shifts import MechanismShift
    from whence.models.predictor import Predictor
    from whence.models.table import Table


@told
def drop(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE", help="Rows of when all was well, labelled.", show_default=False
        ),
    ],
    after: Annotated[
        Path,
        typer.Argument(
            metavar="AFTER", help="Rows that are asked about, labelled.", show_default=False
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="A model file (.json .ubj .onnx .txt .cbm .skops), or pkg.mod:object.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column to predict.", show_default=False)
    ],
    mechanism: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'P(child | parent)'",
            help="What the rows come from. Repeatable, one for each column; X is all the others. "
            "Without any: each feature, their dependence, and the label given all.",
        ),
    ] = None,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="'accuracy', 'f1', 'auc', 'log-loss', 'squared error', 'absolute error', 'r2', a "
            "scikit-learn scorer, or pkg.mod:function of (y, prediction, weights).",
        ),
    ] = "accuracy",
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Rows with the same value belong together (a customer)."
        ),
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="A column that mechanisms know and the model does not get."
        ),
    ] = None,
    weights: Annotated[
        str, typer.Option(metavar="ratio|balance", help="How rows are weighed.")
    ] = "ratio",
    floor: Annotated[
        float,
        typer.Option(
            metavar="N", help="Rows that weights must be worth, else: measured by difference."
        ),
    ] = 50.0,
    drop: o.Drop = None,
    unpickle: o.Unpickle = False,
    trust: o.Trust = None,
    seed: o.Seed = 0,
    error: o.Error = None,
    seconds: o.Seconds = None,
    evaluations: o.Evaluations = None,
    rows: o.ModelRows = None,
    out: o.Out = None,
    html: o.Html = None,
    csv: o.Csv = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    top: o.Top = 20,
) -> int:
    """Why did it drop? Which mechanisms a metric's change from BEFORE to AFTER came with."""
    from whence.cli import answer, files, modelarg, screen, tables, values
    from whence.games.shifts import MechanismShift
    from whence.recipes.drop import account, answered

    targets = {"--out": out, "--html": html, "--csv": csv}
    targets["--json"] = files.STDOUT if json else None
    files.check(targets, [model, before, after])
    bounds = (error, seconds, evaluations, rows)
    budget = values.budget(*bounds) if any(b is not None for b in bounds) else None
    loaded = modelarg.load_models([model], unpickle=unpickle, trust=tuple(trust or ()))
    kinds = tables.same_kinds((before, after), modelarg.kinds(loaded, target))
    old, new = (
        tables.read(path, None, target=target, drop=tuple(drop or ()), kinds=kinds)
        for path in (before, after)
    )
    aside = (*(beside or ()), *((unit,) if unit is not None else ()))
    asked = modelarg.opened(loaded, _shown(old.X, aside))
    screen.say(_about(asked, old, new, metric), quiet=quiet)
    with account(budget) as opened:
        game = MechanismShift(
            asked,
            before=(old.X, old.y),
            after=(new.X, new.y),
            mechanisms=mechanism or None,
            metric=_metric(metric),
            label=target,
            beside=tuple(beside or ()),
            units=unit,
            weights=weights,
            floor=floor,
            seed=seed,
        )
        progress = None if quiet else True
        result = answered(game, budget=opened.budget, seed=seed, progress=progress)
    result = _with_places(result, model, before, after)
    written = files.save(result, out, html, csv)
    if not (json or files.on_stdout(html, csv)):
        answer.tables(result, top)
        screen.tell(_carriers(game, result, before, after))
    answer.kept(result, written, as_json=json, quiet=quiet)
    kept = "--out FILE.whence keeps the answer, to show and to compare"
    answer.hint(kept if out is None else f"whence show {out} --open", quiet=quiet)
    failed = any(c.holds is False for c in result.certificates)
    return UNSURE if failed or not result.converged else DONE


def _metric(typed: str) -> Any:
    """A metric's name, or the function that "pkg.mod:function" names."""
    from whence.cli import modelarg
    from whence.models.files import load

    if ":" not in typed:
        return typed
    modelarg.look_here(typed, unpickle=False)
    return load(typed)


def _shown(table: "Table", aside: tuple[str, ...]) -> "Table":
    """Without the columns that the model does not get; strangers among them are refused later."""
    return table.select([n for n in table.names if n not in aside])


def _about(model: "Predictor", old: "Rows", new: "Rows", metric: str) -> str:
    return (
        f"{model.name}: whence the change of its {metric}, from {len(old.X):,} rows of "
        f"{old.X.what} to {len(new.X):,} of {new.X.what}?"
    )


def _with_places(result: "Attribution", model: str, before: Path, after: Path) -> "Attribution":
    from dataclasses import replace

    told: dict[str, Any] = {"asked of": [model], "before": str(before), "after": str(after)}
    return replace(result, provenance={**result.provenance, **told})


def _carriers(game: "MechanismShift", result: "Attribution", before: Path, after: Path) -> str:
    """The rows and values that carry the leading mechanism; nothing for a metric of pairs."""
    import numpy as np

    values, told = result.values[0, 0], []
    if game.roles.by_difference:
        values = values[:-1]
    if game.evidence.metric.each is None or not len(values):
        return ""
    found = game.rows(int(np.argmax(np.abs(values))))
    for path, rows in ((before, found.before), (after, found.after)):
        if len(rows):
            first = ", ".join(str(int(r)) for r in rows[:8])
            told.append(
                f"  rows of {path}, counted from 0: {first}{', …' if len(rows) > 8 else ''}"
            )
    return "\n".join(["", repr(found), *told])
