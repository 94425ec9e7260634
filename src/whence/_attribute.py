"""The front door: check the request, choose a method, open an engine, run, stamp provenance."""

import platform
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from inspect import signature
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from whence._choose import affordable, choose, in_its_place
from whence._core.account import Account, opened, rows_of_question
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.budget import Budget, checked
from whence._core.errors import OptionError, OutOfTimeError
from whence._core.game import Game, JointGame, view
from whence._core.index import Index, Shapley
from whence._core.method import Method, whole
from whence._core.network_game import NetworkGame
from whence._core.progress import Listener, listening
from whence._core.wrap import AllCases

if TYPE_CHECKING:
    from whence.engines.engine import Engine


@check_arguments
def attribute(
    game: Game,
    *,
    index: Index | None = None,
    method: Method[Any] | str | None = None,
    by_case: bool = False,
    budget: Budget | None = None,
    seed: int = 0,
    engine: "Engine | None" = None,
    keep: Any = None,
    progress: Listener | bool | None = None,
) -> Attribution:
    """Attribute any game: who was responsible for what it measures, and how sure are we?

    Ctrl-C and SIGTERM end a sampled run with the answer so far, whose verdict says "interrupted".

    Args:
        game: who plays, and what is measured.
        index: what each number should mean; Shapley by default, or what the method computes.
        method: how to compute it, as an instance or a name; chosen by `_choose` by default.
        by_case: report every case, rather than their mean.
        budget: when to stop; the first bound that is met wins, and none is exceeded.
        seed: of every random draw. The same seed gives the same bits, on every engine.
        engine: where questions are answered, such as `wh.engines.Threads(4)`.
        keep: a file of worths, such as "run.db": a rerun finds there what was answered before, so
            that an interrupted run goes on; or a `wh.engines.Store` with a name for the game.
        progress: True shows a bar; a function hears of every look (see `Progress`). One that fails
            is warned about, and told no more.

    Raises:
        KeyboardInterrupt: before the first step was done, or by a method with nothing to show yet.
        OptionError: an argument that is not what it should be.
        UnsupportedGameError: a method that cannot attribute this game.
        BudgetError: the budget does not pay for the least that can be asked; the price is told.
    """
    check(game, index, method, budget, seed, engine, keep, progress)
    with (
        opened(budget or Budget()) as account,
        shown(progress) as listener,
        listening(listener),
    ):

        def run(asked: Game, chosen: Method[Any], why: str) -> Attribution:
            return _run(asked, chosen, why, account, int(seed), engine, keep, by_case=by_case)

        asked, not_read = affordable(game, account.seconds_left) if method is None else (game, "")
        try:
            chosen, why = _method(asked, index, method, account.budget, by_case=by_case)
            result = run(asked, chosen, why)
        except OutOfTimeError as late:
            if method is not None:
                raise
            asked, now_known = affordable(asked, account.seconds_left, late)
            other, why = in_its_place(asked, index or Shapley(), account.budget, by_case=by_case)
            result, not_read = run(asked, other, f"{why}; {late}"), not_read or now_known
    stamp = {"not read as trees": not_read} if not_read else {}
    return replace(result, provenance={**result.provenance, **stamp})


def _run(
    game: Game,
    chosen: Method[Any],
    why: str,
    account: Account,
    seed: int,
    engine: "Engine | None",
    keep: Any,
    *,
    by_case: bool,
) -> Attribution:
    """Open an engine and a store, run, and stamp provenance."""
    from whence.engines.kept import kept, probes
    from whence.models.threads import one_thread

    asked = whole(game) if chosen.every_draw else game
    joint = view(asked, JointGame)
    asked = AllCases(joint) if joint is not None else asked
    budget, answers = account.budget, keep if chosen.needs is Game else None
    opened_game = _engine(engine, asked, budget).open(asked)
    with (
        one_thread(torch=view(game, NetworkGame) is None and joint is None),
        opened_game as answered,
        kept(answered, answers) as through,
    ):
        account.reserved = probes(through)
        result = chosen.attribute(through, budget, seed, by_case)
    told = {**_goal(result, budget), **_provenance(why), **_store(keep, chosen)}
    return replace(result, provenance={**result.provenance, **told})


def _engine(engine: "Engine | None", game: Game, budget: Budget) -> "Engine":
    """The engine; this thread where only counting tells how many rows a question takes.

    Elsewhere they are counted when all is done, and that would be too late.
    """
    unknown = budget.rows is not None and rows_of_question(game) is None
    return _serial() if engine is None or unknown else engine


def _method(
    game: Game,
    index: Index | None,
    method: Method[Any] | str | None,
    budget: Budget = Budget(),
    *,
    by_case: bool = False,
) -> tuple[Method[Any], str]:
    if method is None:
        return choose(game, index or Shapley(), budget, by_case=by_case)
    if isinstance(method, str):
        method = named(method, index)
    if index is not None and method.index != index:
        raise OptionError(
            f"{type(method).__name__} computes {method.index}, and {index} was asked for: "
            "give one of them"
        )
    return method, "asked for"


def named(name: str, index: Index | None) -> Method[Any]:
    """A method by the name of its class or file here, or as "pkg.mod:Class" anywhere.

    Raises:
        OptionError: there is none.
    """
    from whence import methods
    from whence._core.errors import did_you_mean
    from whence._core.folder import classes, with_namesakes

    if ":" in name:
        return _instance(_imported(name), index)
    root, plain = methods.__path__[0], name.replace("-", "_")
    known = classes("whence.methods", root)
    functions = with_namesakes("whence.methods", root).keys() - known.keys()
    files = {module.rsplit(".", 1)[-1]: cls for cls, module in known.items()}
    cls = name if name in files.values() else files.get(plain)
    kind = None if cls is None else getattr(import_module(known[cls]), cls)
    if plain in functions and not _is_method(kind):
        raise OptionError(
            f"{plain} asks no game: it is a function, to be called as wh.methods.{plain}(...)"
        )
    if cls is None:
        known_words = [file for file in files if file not in functions]
        raise OptionError(f"no method is called {name!r}. {did_you_mean(name, known_words)}")
    return _instance(kind, index)


def _is_method(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Method)


def _imported(place: str) -> Any:
    """The class at "pkg.mod:Class"."""
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise OptionError(f"there is no method at {place!r}: {error}") from error


def _instance(kind: Any, index: Index | None) -> Method[Any]:
    if not _is_method(kind):
        raise OptionError(f"{kind!r} is not a method")
    settings = {"index": index} if index and "index" in signature(kind).parameters else {}
    method: Method[Any] = kind(**settings)
    return method


def check(
    game: Any,
    index: Any,
    method: Any,
    budget: Any,
    seed: Any,
    engine: Any,
    keep: Any,
    progress: Any,
) -> None:
    _is(game, Game, "game", "a Game, such as wh.FunctionGame(function, names)")
    check_run(index, method, budget, seed, engine, keep, progress)


def check_run(
    index: Any, method: Any, budget: Any, seed: Any, engine: Any, keep: Any, progress: Any
) -> None:
    """Refuse what a run cannot be asked for, before a game is made for it.

    Raises:
        OptionError: says which argument, what it must be, and what was given.
    """
    _is(index, Index, "index", "an index, such as wh.Banzhaf()")
    _is(method, (Method, str), "method", "a method, such as wh.methods.Permutation(), or its name")
    checked(budget)
    _is_engine(engine)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise OptionError(f"seed must be an integer from 0; given {seed!r}")
    _is_keep(keep)
    if progress is not None and not isinstance(progress, bool) and not callable(progress):
        raise OptionError(f"progress is True, or a function of a Progress; given {progress!r}")


def _is(thing: Any, kinds: Any, name: str, wanted: str) -> None:
    if thing is None and name != "game":
        return
    if not isinstance(thing, kinds):
        shown = thing.__name__ + " (a class)" if isinstance(thing, type) else type(thing).__name__
        raise OptionError(f"{name} must be {wanted}; given {shown}")


def _is_engine(engine: Any) -> None:
    if engine is not None:
        from whence.engines.engine import Engine

        _is(engine, Engine, "engine", "an engine, such as wh.engines.Threads(4)")


def _is_keep(keep: Any) -> None:
    if keep is not None:
        from whence.engines.store import Store

        _is(keep, (str, PathLike, Store), "keep", 'the path of a file, such as "run.db"')


def _store(keep: Any, method: Method[Any]) -> dict[str, Any]:
    """Where worths were kept."""
    if keep is None:
        return {}
    if method.needs is not Game:
        return {"kept in": f"no file: {type(method).__name__} asks no worths"}
    return {"kept in": str(keep if isinstance(keep, (str, PathLike)) else keep.path)}


def _serial() -> "Engine":
    from whence.engines.local import Serial

    return Serial()


def shown(progress: Listener | bool | None) -> Any:
    if progress is True:
        from whence.report.progress import bar

        return bar()
    listener: Callable[..., None] | None = progress if callable(progress) else None
    return nullcontext(listener)


def _goal(result: Attribution, budget: Budget) -> dict[str, Any]:
    """What a run was to come down to, where there was a run."""
    return {} if result.trace is None else {"relative error asked": budget.relative_error}


def _provenance(why: str) -> dict[str, Any]:
    from whence._core.version import __version__

    return {
        "chosen because": why,
        "whence": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
