"""`whence compare`: which differences between two saved answers are real."""

from pathlib import Path
from typing import Annotated

import typer

from whence.cli import browsing, screen
from whence.cli import options as o
from whence.cli.failures import DONE, told


@told
def compare(
    a: Annotated[Path, typer.Argument(metavar="A.whence", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B.whence", show_default=False)],
    html: o.Html = None,
    browser: o.Open = False,
    json: o.Json = False,
    top: o.Top = 20,
) -> int:
    """Which differences between two saved results are real?"""
    from whence import Attribution
    from whence import compare as between
    from whence.cli import files

    files.check({"--html": html, "--json": files.STDOUT if json else None}, [a, b])
    found = between(Attribution.load(a), Attribution.load(b))
    page = browsing.place(html, browser=browser)
    names = (a.stem, b.stem) if a.stem != b.stem else (str(a), str(b))
    written = files.write({page: lambda at: found.to_html(at, names=names)} if page else {})
    if json:
        real = {name: found.real(output=name) for name in found.difference.outputs}
        record = {"a": str(a), "b": str(b), "real": real, **found.to_dict()}
        screen.dump({**record, "written": [str(path) for path in written]})
    elif not files.on_stdout(html):
        screen.show(found.table(top))
        how = "row by row" if found.paired else "as independent answers"
        screen.tell(f"\nCompared {how}: a is {a}, b is {b}.")
        screen.say("".join(f"\nSaved {path}." for path in written), quiet=not written)
    if browser and page is not None:
        browsing.show(page)
    return DONE
