"""What options mean: budgets, groups and engines from what was typed."""

import csv
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from whence import Budget
    from whence._core.index import Index
    from whence.engines import Engine


def positive(value: float | int | None) -> float | int | None:  # noqa: PYI041 - beartype tells them apart
    """An amount that can buy something.

    Raises:
        BadParameter: zero, less, or no number.
    """
    if value is not None and not 0 < value < float("inf"):
        raise typer.BadParameter(f"{value:g} is not a positive amount.")
    return value


def budget(
    error: float | None, seconds: float | None, evaluations: int | None, rows: int | None
) -> "Budget":
    """When to stop, by the bounds that were typed; the default error stays a bound beside them."""
    from whence import Budget

    relative = Budget().relative_error if error is None else error
    return Budget(relative_error=relative, seconds=seconds, evaluations=evaluations, rows=rows)


def groups(typed: Sequence[str] | None) -> dict[str, list[str]] | None:
    """`size=height,width` as {"size": ["height", "width"]}; quotes keep commas inside names.

    Raises:
        OptionError: no name, no columns, or a name given twice.
    """
    from whence._core.errors import OptionError

    found: dict[str, list[str]] = {}
    for text in typed or ():
        name, equals, listed = text.partition("=")
        columns = [c.strip() for c in next(csv.reader([listed]), []) if c.strip()]
        if not (equals and name.strip() and columns):
            raise OptionError(f"--group {text!r}: write it as NAME=COLUMN,COLUMN")
        if name.strip() in found:
            raise OptionError(f"--group {name.strip()!r} is given twice: one group, one option")
        found[name.strip()] = columns
    return found or None


def engine(name: str | None, workers: int | None, address: str | None = None) -> "Engine | None":
    """Processes, unless something else is asked for; as many as there are cores, unless told.

    Raises:
        OptionError: no such engine, or an address for one that has none.
        EngineError: Ray is not installed.
    """
    if name is None and workers is None and address is None:
        return None
    from joblib import cpu_count

    from whence._core.errors import OptionError, did_you_mean
    from whence.engines import Processes, Ray, Threads

    name = name or ("processes" if address is None else "ray")
    if name == "ray":
        return Ray(address, workers)
    kinds = {"threads": Threads, "processes": Processes}
    kind = kinds.get(name)
    if kind is None:
        raise OptionError(f"no engine is called {name!r}. {did_you_mean(name, [*kinds, 'ray'])}")
    if address is not None:
        raise OptionError(f"--address is where a Ray cluster is: --engine {name} takes none")
    return kind(workers or cpu_count())


def index(name: str | None) -> "Index | None":
    """An index by its name, however it is spelt: "leave-one-out" is `LeaveOneOut`.

    Raises:
        OptionError: no such index, or one that needs settings.
    """
    if name is None:
        return None
    import whence
    from whence._core.errors import OptionError, did_you_mean

    kinds = {k.lower(): k for k in ("Shapley", "Banzhaf", "LeaveOneOut", "FirstIn")}
    known = kinds.get("".join(c for c in name.lower() if c.isalnum()))
    if known is None:
        raise OptionError(f"no index is called {name!r}. {did_you_mean(name, kinds.values())}")
    made: Index = getattr(whence, known)()
    return made
