"""`whence methods`: how indices can be computed. The folder is the registry: nothing lists them."""

from dataclasses import dataclass, fields
from importlib import import_module
from types import UnionType
from typing import Any, final, get_args

from whence.cli import options as o
from whence.cli import screen
from whence.cli.failures import DONE, told


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """One method.

    Attributes:
        name: of the class.
        option: what --method takes.
        index: what it computes: a family, or several.
        needs: the narrowest type of game that it can attribute.
        about: the first line of its docstring.
        file: where it is.
    """

    name: str
    option: str
    index: str
    needs: str
    about: str
    file: str


@told
def methods(json: o.Json = False) -> int:
    """List the methods: what they compute, what they need, and where they are."""
    found = entries()
    if json:
        screen.dump({"methods": [{f.name: getattr(e, f.name) for f in fields(e)} for e in found]})
        return DONE
    screen.show(_table(found))
    return DONE


def entries() -> list[Entry]:
    """Every method in the folder, by its file."""
    from whence import methods as room
    from whence._core.folder import classes

    known = classes(room.__name__, room.__path__[0])
    made = [_entry(module, name) for name, module in known.items()]
    return sorted((e for e in made if e is not None), key=lambda e: e.file)


def _entry(module: str, name: str) -> Entry | None:
    from whence._core.method import Method

    try:
        kind: Any = getattr(import_module(module), name)
    except ModuleNotFoundError as error:  # an optional package
        return Entry(
            name, _option(module), "", "", f"needs pip install {error.name}", _file(module)
        )
    if not (isinstance(kind, type) and issubclass(kind, Method)) or kind.__abstractmethods__:
        return None
    about = (kind.__doc__ or "").strip().splitlines()[0]
    return Entry(name, _option(module), _index(kind), _needs(kind), about, _file(module))


def _option(module: str) -> str:
    return module.rsplit(".", 1)[-1].replace("_", "-")


def _file(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _index(kind: Any) -> str:
    typed = next((f.type for f in fields(kind) if f.name == "index"), None)
    if isinstance(typed, UnionType):
        return ", ".join(t.__name__ for t in get_args(typed))
    return (
        typed.__name__ if isinstance(typed, type) else type(getattr(kind, "index", typed)).__name__
    )


def _needs(kind: Any) -> str:
    try:
        needed: str = kind().needs.__name__
    except TypeError:  # it cannot be made without arguments
        return "see its file"
    return {"Game": "any game"}.get(needed, needed)


def _table(found: list[Entry]) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for head in ("method", "computes", "needs", "how"):
        table.add_column(head, overflow="fold")
    for e in found:
        table.add_row(e.option, e.index, e.needs, f"{e.about}\n{e.file} · {e.name}")
    return table
