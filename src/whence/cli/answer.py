"""An answer on the screen: its table, what was kept, and what could be done next."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli import screen
from whence.cli.failures import DONE, UNSURE

if TYPE_CHECKING:
    from whence import Attribution, Interactions, Selection

FEW = 5  # explained rows that get a table each


def code(result: "Attribution") -> int:
    """The exit code: whether the error that was asked for was reached."""
    return DONE if result.converged else UNSURE


def tables(result: "Attribution", top: int, rows: Sequence[int] = ()) -> None:
    """A table for each of a few explained rows; for many, one of their mean.

    Raises:
        ResultError: a row that was not explained.
    """
    known = rows_of(result)
    wanted = list(rows) or known
    _refuse(wanted, known)
    if not wanted or len(wanted) > FEW:
        screen.show(result.table(top))
        return
    for place, row in enumerate(wanted):
        screen.tell(f"{chr(10) * bool(place)}Row {row}")
        screen.show(result.select(case=known.index(row)).table(top))


def rows_of(result: "Attribution") -> list[int]:
    """Which rows of the data the cases are; none for an average."""
    told = result.provenance.get("rows")
    if isinstance(told, list) and len(told) == len(result.values):
        return told
    return list(range(len(result.values))) if len(result.values) > 1 else []


def _refuse(wanted: Sequence[int], known: Sequence[int]) -> None:
    from whence._core.errors import ResultError, some

    strange = [row for row in wanted if row not in known]
    if strange:
        has = f"the rows {some(known)}" if known else "an average over rows"
        raise ResultError(f"this answer does not have row {strange[0]}: it is of {has}")


def kept(
    result: "Attribution | Interactions | Selection",
    written: Sequence[Path],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """What was written: a field of the JSON object, or a line."""
    if as_json:
        screen.dump({**result.to_dict(), "written": [str(path) for path in written]})
    elif written:
        screen.say(f"\nSaved {', '.join(map(str, written))}.", quiet=quiet)


def hint(*nexts: str, quiet: bool) -> None:
    """What could be done next."""
    said = "\n      ".join(n for n in nexts if n)
    screen.say(f"\nNext: {said}", quiet=quiet)
