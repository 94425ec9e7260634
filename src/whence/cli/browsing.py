"""A page in a browser: where it is written, and how it is opened."""

import tempfile
from pathlib import Path

from whence.cli import screen


def place(html: Path | None, *, browser: bool) -> Path | None:
    """Where the page goes: where it was asked for, or a folder of its own to look at it.

    Raises:
        OptionError: to be looked at, and on standard output.
    """
    from whence._core.errors import OptionError
    from whence.cli.files import on_stdout

    if browser and on_stdout(html):
        raise OptionError("--open shows a file, and --html - is none: name one")
    if html is not None or not browser:
        return html
    return Path(tempfile.mkdtemp(prefix="whence-")) / "page.html"


def show(page: Path) -> None:
    """Open a page; where no browser answers, say which file it is."""
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        screen.say(f"no browser answered: open {page} yourself")
