"""`whence show`: a saved result again, in the terminal or as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli import answer, browsing, screen
from whence.cli import options as o
from whence.cli.failures import DONE, told

if TYPE_CHECKING:
    from whence import Interactions, Selection


@told
def show(
    file: o.Result,
    row: o.Rows = None,
    html: o.Html = None,
    csv: o.Csv = None,
    parquet: o.Parquet = None,
    browser: o.Open = False,
    json: o.Json = False,
    quiet: o.Quiet = False,
    top: o.Top = 20,
) -> int:
    """Show a saved result: a table, a page, or plain JSON."""
    from whence import Interactions, Selection, load
    from whence._core.lds import LDS
    from whence.cli import files

    targets = {"--html": html, "--csv": csv, "--parquet": parquet}
    files.check({**targets, "--json": files.STDOUT if json else None}, [file])
    result = load(file)
    if isinstance(result, LDS):
        tables = {"--row": row, "--html": html, "--csv": csv, "--parquet": parquet}
        _refuse([option for option, given in tables.items() if given], "an LDS", "--json has it")
        screen.dump(result.certificate().to_dict()) if json else screen.tell(repr(result))
        return DONE
    if isinstance(result, (Interactions, Selection)):
        wanted = {"--row": row, "--html": html, "--parquet": parquet, "--open": browser}
        held = "interactions" if isinstance(result, Interactions) else "a selection"
        _refuse([option for option, given in wanted.items() if given], held)
        return _other(result, csv, json=json, quiet=quiet)
    if not (json or files.on_stdout(html, csv)):
        answer.tables(result, top, row or ())
    page = browsing.place(html, browser=browser)
    written = files.save(result, None, page, csv, parquet)
    answer.kept(result, written, as_json=json, quiet=quiet)
    if browser and page is not None:
        browsing.show(page)
    return DONE


def _refuse(options: list[str], held: str, instead: str = "--csv and --json have them") -> None:
    from whence._core.errors import OptionError

    if options:
        raise OptionError(
            f"{options[0]} is for one number a player, and this file holds {held}: {instead}"
        )


def _other(result: "Interactions | Selection", csv: Path | None, *, json: bool, quiet: bool) -> int:
    from whence.cli import files

    if not (json or files.on_stdout(csv)):
        screen.tell(repr(result))
    makers = {} if csv is None else {csv: lambda path: files.numbers(result, path)}
    answer.kept(result, files.write(makers), as_json=json, quiet=quiet)
    return DONE
