"""`whence show`: a saved result again, in the terminal or as a page."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from whence.cli import answer, screen
from whence.cli import options as o
from whence.cli.failures import DONE, told


@told
def show(
    file: o.Result,
    row: o.Rows = None,
    html: o.Html = None,
    csv: o.Csv = None,
    browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    json: o.Json = False,
    quiet: o.Quiet = False,
    top: o.Top = 20,
) -> int:
    """Show a saved result: a table, a page, or plain JSON."""
    from whence import load
    from whence.cli import files

    files.check({"--html": html, "--csv": csv}, [file])
    result = load(file)
    if not json:
        answer.tables(result, top, row or ())
    page = html or (Path(tempfile.mkdtemp(prefix="whence-")) / "page.html" if browser else None)
    written = files.save(result, None, page, csv)
    answer.kept(result, written, as_json=json, quiet=quiet)
    if browser and page is not None:
        _open(page)
    return DONE


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        screen.say(f"no browser answered: open {page} yourself")
