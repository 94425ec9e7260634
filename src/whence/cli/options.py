"""Arguments and options that verbs share: one word per idea, the same words as in Python."""

from pathlib import Path
from typing import Annotated

import typer

from whence.cli.values import positive

_BUDGET = "When to stop: once the error is reached, or the rows allow no better, or a bound is met"
_FILES = "What to keep"

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A model file (.json .ubj .onnx .txt .cbm .skops), or pkg.mod:object.",
        show_default=False,
    ),
]
Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="Rows by named columns: .csv, .tsv or .parquet.", show_default=False
    ),
]
Also = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="A further member of an ensemble. Repeatable."),
]
Background = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Rows that removed features are drawn from, such as train."),
]
Removal = Annotated[
    str, typer.Option(metavar="marginal|baseline", help="How features leave.", show_default=True)
]
Group = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=COLUMN,COLUMN", help="Columns that leave together. Repeatable."),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column that is not the model's (an id). Repeatable."),
]
Weight = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="How often each row counts; no feature. By default all count alike."
    ),
]
Unpickle = Annotated[
    bool, typer.Option("--unpickle", help="Open .pkl and .joblib files, which runs their code.")
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TYPE",
        help="A type that a .skops file may rebuild, as pkg.mod.Type. Repeatable.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of every random draw.")]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="How many work at once. The bits stay the same."),
]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", metavar="threads|processes|ray", help="Where the model runs."),
]
Address = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Of a Ray cluster; 'auto' is the one on this machine."),
]
Error = Annotated[
    float | None,
    typer.Option(
        "--error",
        metavar="SHARE",
        callback=positive,
        help="Standard error, as a share of the spread of the values (default: 0.025).",
        rich_help_panel=_BUDGET,
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(metavar="S", callback=positive, help="Wall-clock time.", rich_help_panel=_BUDGET),
]
Evaluations = Annotated[
    int | None,
    typer.Option(metavar="N", callback=positive, help="Questions asked.", rich_help_panel=_BUDGET),
]
ModelRows = Annotated[
    int | None,
    typer.Option(
        "--rows",
        metavar="N",
        callback=positive,
        help="Rows given to the model.",
        rich_help_panel=_BUDGET,
    ),
]
Keep = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.db",
        help="Keep what is computed as it comes: the same command goes on where it stopped.",
        rich_help_panel=_FILES,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.whence",
        help="Save the result, to show or compare later.",
        rich_help_panel=_FILES,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", help="Write a page.", rich_help_panel=_FILES),
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]
Csv = Annotated[
    Path | None,
    typer.Option(metavar="FILE.csv", help="Write the numbers.", rich_help_panel=_FILES),
]
Parquet = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.parquet",
        help="Write the whole result as one table.",
        rich_help_panel=_FILES,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout, and nothing else there.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="The answer only: no words around it.")]
Top = Annotated[int, typer.Option(metavar="N", min=1, help="How many players the table shows.")]
Rows = Annotated[
    list[int] | None,
    typer.Option(
        "--row", metavar="N", min=0, help="One row, counted from 0. Repeatable; all by default."
    ),
]
Result = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.whence", help="A saved result (or its .parquet, .json).", show_default=False
    ),
]
