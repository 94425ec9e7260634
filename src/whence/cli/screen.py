"""Two streams: the answer goes to stdout, words about the work to stderr."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import typer

_WIDTH = 110  # of tables in a file or a pipe, where nobody says how wide they may be


def say(text: str, *, quiet: bool = False) -> None:
    """Words about the work, on stderr."""
    if not quiet:
        typer.echo(text, err=True)


def tell(text: str, *, quiet: bool = False) -> None:
    """Words that belong to the answer, on stdout."""
    if not quiet:
        typer.echo(text)


def show(table: Any) -> None:
    """A table on stdout, as wide as there is room."""
    from rich.console import Console

    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    Console(width=None if told else _WIDTH, highlight=False).print(table)


def dump(record: Mapping[str, Any]) -> None:
    """One JSON object on stdout; in ASCII, which every pipe can carry."""
    typer.echo(json.dumps(record, indent=1, allow_nan=False))
