"""Two streams: the answer goes to stdout, words about the work to stderr."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import typer

from whence._core.text import printable

_WIDTH = 110  # of tables in a file or a pipe, where nobody says how wide they may be


def say(text: str, *, quiet: bool = False) -> None:
    """Words about the work, on stderr."""
    if not quiet:
        typer.echo(printable(text), err=True)


def tell(text: str, *, quiet: bool = False) -> None:
    """Words that belong to the answer, on stdout."""
    if not quiet:
        typer.echo(printable(text))


def show(table: Any) -> None:
    """A table on stdout, as wide as there is room."""
    from rich.console import Console

    from whence.report.terminal import Shown

    console = Console(width=_width(), highlight=False, markup=False, emoji=False)
    console.print(Shown(table))


def _width() -> int | None:
    """What COLUMNS says, if it is a width; None leaves it to the terminal."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return None if sys.stdout.isatty() else _WIDTH


def dump(record: Mapping[str, Any]) -> None:
    """One JSON object on stdout; in ASCII, which every pipe can carry."""
    typer.echo(json.dumps(record, indent=1, allow_nan=False))
