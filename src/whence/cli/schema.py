"""`whence schema`: what the JSON of an answer looks like, for programs that read it."""

from typing import Annotated

import typer

from whence.cli import screen
from whence.cli.failures import DONE, told


@told
def schema(
    kind: Annotated[
        str, typer.Argument(metavar="attribution|interactions", help="Of which kind of result.")
    ] = "attribution",
) -> int:
    """Print the JSON Schema of what --json prints."""
    from whence import json_schema

    screen.dump(json_schema(kind))
    return DONE
