"""`whence compare`: which differences between two saved answers are real."""

from pathlib import Path
from typing import Annotated

import typer

from whence.cli import options as o
from whence.cli import screen
from whence.cli.failures import DONE, told


@told
def compare(
    a: Annotated[Path, typer.Argument(metavar="A.whence", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B.whence", show_default=False)],
    json: o.Json = False,
    top: o.Top = 20,
) -> int:
    """Which differences between two saved results are real?"""
    from whence import Attribution
    from whence import compare as between

    found = between(Attribution.load(a), Attribution.load(b))
    if json:
        real = {name: found.real(output=name) for name in found.difference.outputs}
        screen.dump({"a": str(a), "b": str(b), "real": real, **found.to_dict()})
        return DONE
    screen.show(found.table(top))
    how = "row by row" if found.paired else "as independent answers"
    screen.tell(f"\nCompared {how}: a is {a}, b is {b}.")
    return DONE
