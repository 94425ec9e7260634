"""`whence store`: what a file of worths holds, and how to make it smaller."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from whence._core.text import clean
from whence.cli import options as o
from whence.cli import screen
from whence.cli.failures import DONE, told

if TYPE_CHECKING:
    from whence.engines.store import Shelf, Shelved

File = Annotated[
    Path, typer.Argument(metavar="FILE.db", help="A file of worths.", show_default=False)
]
_PRINT = 32  # letters of a fingerprint
_OLDEST = 36_500  # days: longer ago nobody had a computer
store = typer.Typer(
    no_args_is_help=True, help="Files of worths (--keep): look at them, prune them."
)


@store.command()
@told
def info(
    file: File,
    check: Annotated[bool, typer.Option("--check", help="Read all of it for damage.")] = False,
    json: o.Json = False,
) -> int:
    """What games a file holds, and how much was computed of each."""
    shelf = _opened(file)
    try:
        if check:
            shelf.check()
        games = shelf.games()
    finally:
        shelf.close()
    if json:
        screen.dump(_record(file, games))
    else:
        screen.show(_table(games))
        screen.tell(f"\n{file}: {_size(file)}{', all of it whole' if check else ''}")
    return DONE


@store.command()
@told
def prune(
    file: File,
    game: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="This game, by its name or how that begins. Repeatable."),
    ] = None,
    older: Annotated[
        float | None, typer.Option(metavar="DAYS", help="Games not asked for so many days.", min=0)
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and stop.")] = False,
    json: o.Json = False,
) -> int:
    """Forget games, and give their room back to the disk."""
    from whence._core.errors import OptionError

    if not game and older is None:
        raise OptionError("say what may go: --game NAME, or --older DAYS")
    shelf = _opened(file)
    try:
        gone = _chosen(shelf.games(), game or (), older)
        if not dry and gone:
            shelf.drop([one.id for one in gone])
    finally:
        shelf.close()
    if json:
        screen.dump({**_record(file, gone), "dry run": dry})
        return DONE
    screen.show(_table(gone))
    verb = "would be" if dry else "were"
    screen.tell(f"\n{len(gone)} of its games {verb} forgotten. {file}: {_size(file)}")
    return DONE


def _opened(file: Path) -> "Shelf":
    from whence.engines.store import Shelf

    return Shelf(file, new=False)


def _chosen(
    games: "list[Shelved]", names: "list[str] | tuple[str, ...]", older: float | None
) -> "list[Shelved]":
    from whence._core.errors import OptionError, did_you_mean

    for name in names:
        if not any(one.name.startswith(name) for one in games):
            known = [one.name for one in games]
            raise OptionError(f"no game here is called {name!r}. {did_you_mean(name, known)}")
    if older is not None and not 0 <= older <= _OLDEST:
        raise OptionError(f"--older is a number of days up to {_OLDEST:,}; given {older:g}")
    since = datetime.now(UTC) - timedelta(days=older or 0)
    return [
        one
        for one in games
        if (not names or one.name.startswith(tuple(names)))
        and (older is None or datetime.fromisoformat(one.used) <= since)
    ]


def _record(file: Path, games: "list[Shelved]") -> dict[str, Any]:
    from whence.engines.store_schema import FORMAT

    return {
        "file": str(file),
        "format": FORMAT,
        "bytes": file.stat().st_size,
        "worths": sum(one.worths for one in games),
        "games": [one.to_dict() for one in games],
    }


def _size(file: Path) -> str:
    from rich.filesize import decimal

    return decimal(file.stat().st_size)


def _unnamed(game: "Shelved") -> bool:
    """It goes by its fingerprint."""
    return len(game.name) == _PRINT


def _table(games: "list[Shelved]") -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for head in ("game", "asks", "players", "last used"):
        table.add_column(head, overflow="fold")
    for head in ("worths", "model rows"):
        table.add_column(head, justify="right")
    for one in games:
        table.add_row(
            *map(
                Text,
                (
                    f"{clean(one.kind)}\n{clean(one.name[:12] if _unnamed(one) else one.name)}",
                    clean(one.asks) or "worths of coalitions",
                    f"{len(one.players):,}",
                    one.used[:16].replace("T", " "),
                    f"{one.worths:,}",
                    f"{one.rows:,}" if one.rows else "not counted",
                ),
            )
        )
    return table
