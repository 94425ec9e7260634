"""Arguments are of the kind that their signature says, or one line says what they must be.

`check_arguments` stands at the public doors. It reads the annotations of a function once, and
refuses what is of another kind before anything is computed: a word where a flag is meant is no yes,
True is no number, and a set has no order that names could follow. What a number may be (how many
neighbours, which share) is the function's own business, and what an annotation leaves open (`Any`:
frames, models) goes through.

Numpy's numbers and flags are taken for Python's, and sequences become tuples.
"""

import collections.abc
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, wraps
from inspect import Parameter, signature, unwrap
from numbers import Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, final, get_args, get_origin

import numpy as np

from .errors import OptionError
from .text import brief

P = ParamSpec("P")
R = TypeVar("R")

_SEEDS = {"seed", "random_state"}
# arguments that are refused where they are used, in words that say more
_ELSEWHERE = {
    "batch", "case", "engine", "index", "k", "level", "max_evals", "method", "more",
    "most", "n_jobs", "output", "permutations", "player", "progress", "repeats", "thresh",
}  # fmt: skip
_ORDERED = (collections.abc.Sequence, collections.abc.Iterable, list, tuple)
_ARRAYS = 2**63
_LONGEST = 255  # bytes of a file's name, on nearly every disk
_PATHS = (Path, os.PathLike)
_SEVERAL = "a list, such as ['a', 'b']"
_SAMPLES = {
    "Attribution": "an answer, such as wh.explain gives",
    "Budget": "a wh.Budget, such as wh.Budget(seconds=30)",
    "Game": "a Game, such as wh.FunctionGame(function, names)",
    "Index": "an index, such as wh.Banzhaf()",
}


@final
class _OtherError(Exception):
    """A value of another kind."""


@final
@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values.

    Attributes:
        words: what it is, in words that fit "must be".
        take: the value, as Python has it.
    """

    words: str
    take: Callable[[Any], Any]
    shown: Callable[[Any], str] = brief

    def __call__(self, value: Any, name: str) -> Any:
        """The value, as Python has it.

        Raises:
            OptionError: it is of another kind.
        """
        try:
            return self.take(value)
        except _OtherError:
            raise OptionError(f"{name} must be {self.words}; given {self.shown(value)}") from None


def check_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which refuses arguments of another kind than its annotations say.

    Raises:
        OptionError: when it is called; the message names the argument, and what was given.
    """

    @wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature(function).bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # Python says best what is missing or unknown
        for name, kind, many in _kinds(function):
            if name in given.arguments:
                value = given.arguments[name]
                taken = tuple(kind(one, name) for one in value) if many else kind(value, name)
                given.arguments[name] = taken
        return function(*given.args, **given.kwargs)

    return door


def check_fields(made: Any) -> None:
    """As `check_arguments`, of the fields of a dataclass: for its `__post_init__`.

    Raises:
        OptionError: a field of another kind than its annotation says.
    """
    for name, kind in _field_kinds(type(made)):  # type: ignore[arg-type]  # classes have hashes
        object.__setattr__(made, name, kind(getattr(made, name), name))


# -- kinds --


def _flag(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise _OtherError


def _whole(value: Any) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise _OtherError


def _seed(value: Any) -> int:
    if _whole(value) < 0:
        raise _OtherError
    return int(value)


def _number(value: Any) -> Any:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise _OtherError
    try:
        size = float(value)
    except OverflowError:  # an integer beyond what floats hold
        raise _OtherError from None
    if math.isnan(size):
        raise _OtherError
    number = value.item() if isinstance(value, np.generic) else value
    return size if abs(size) >= _ARRAYS else number  # numpy takes larger integers for objects


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise _OtherError


def _path(value: Any) -> Any:
    if not isinstance(value, (str, os.PathLike)):
        raise _OtherError
    said = os.fspath(value)
    if not isinstance(said, str) or not said or "\0" in said:
        raise _OtherError
    try:
        too_long = any(len(os.fsencode(part)) > _LONGEST for part in Path(said).parts)
    except UnicodeEncodeError:  # half a character
        raise _OtherError from None
    if too_long:
        raise _OtherError
    return value


def _nothing(value: Any) -> None:
    if value is not None:
        raise _OtherError


def _function(value: Any) -> Any:
    if not callable(value) or isinstance(value, type):
        raise _OtherError
    return value


def _mapping(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise _OtherError
    return value


def _ordered(entry: Kind | None, count: int | None = None) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if isinstance(value, (str, bytes, set, frozenset, Mapping)):
            raise _OtherError
        if not isinstance(value, Iterable) or getattr(value, "ndim", 1) != 1:
            raise _OtherError
        entries = tuple(value)
        if count is not None and len(entries) != count:
            raise _OtherError
        return entries if entry is None else tuple(entry.take(one) for one in entries)

    return take


def _instance(kind: type) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if not isinstance(value, kind):
            raise _OtherError
        return value

    return take


FLAG = Kind("True or False", _flag)
WHOLE = Kind("a whole number", _whole)
SEED = Kind("an integer from 0", _seed)
NUMBER = Kind("a number", _number)
TEXT = Kind("text", _text)
PATH = Kind('the path of a file, such as "a.whence"', _path)
NOTHING = Kind("None", _nothing)
FUNCTION = Kind("a function", _function)
MAPPING = Kind("a mapping by name, such as {'a': …}", _mapping)

_PLAIN: dict[Any, Kind] = {
    bool: FLAG,
    int: WHOLE,
    float: NUMBER,
    str: TEXT,
    Path: PATH,
    os.PathLike: PATH,
    None: NOTHING,
    NoneType: NOTHING,
    collections.abc.Callable: FUNCTION,
    collections.abc.Mapping: MAPPING,
    dict: MAPPING,
    slice: Kind("a slice", _instance(slice)),
}


def one_of(words: Iterable[str]) -> Kind:
    """One of a few words."""
    known = list(words)

    def take(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise _OtherError
        return value

    return Kind(" or ".join(map(repr, known)), take)


def either(kinds: Iterable[Kind]) -> Kind:
    """Of one of several kinds: the first that takes it."""
    every = list(kinds)

    def take(value: Any) -> Any:
        for kind in every:
            try:
                return kind.take(value)
            except _OtherError:
                continue
        raise _OtherError

    said = [kind.words for kind in every if kind is not NOTHING]
    shown = next((kind.shown for kind in every if kind.shown is not brief), brief)
    return Kind(" or ".join(dict.fromkeys(said)) or NOTHING.words, take, shown)


# -- annotations --


@cache
def _kinds(function: Callable[..., Any]) -> tuple[tuple[str, Kind, bool], ...]:
    """The arguments that have a kind: their names, it, and whether several are given."""
    found = []
    for name, one in signature(function).parameters.items():
        hint = _hint(one.annotation, unwrap(function).__globals__)
        kind = _seeds(hint) if name in _SEEDS else _kind(hint)
        if kind is not None and name not in _ELSEWHERE and one.kind is not Parameter.VAR_KEYWORD:
            found.append((name, kind, one.kind is Parameter.VAR_POSITIONAL))
    return tuple(found)


@cache
def _field_kinds(made: Any) -> tuple[tuple[str, Kind], ...]:
    """The fields that have a kind, and are given by whoever makes one."""
    known = vars(sys.modules[made.__module__])
    found = ((f.name, _kind(_hint(f.type, known))) for f in fields(made) if f.init)
    return tuple((name, kind) for name, kind in found if kind and name not in _ELSEWHERE)


def _hint(annotation: Any, known: dict[str, Any]) -> Any:
    """An annotation; Any where only type checkers know its names."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, known)  # noqa: S307 - it is our own source
    except NameError:
        return Any


def _seeds(hint: Any) -> Kind:
    return either([SEED, NOTHING]) if NoneType in get_args(hint) else SEED


def _kind(hint: Any) -> Kind | None:
    """What an annotation says; None where it leaves the kind open."""
    origin = get_origin(hint)
    if origin is Literal:
        return one_of(get_args(hint))
    if origin in (Union, UnionType):
        return _union(get_args(hint))
    if origin in _ORDERED:
        return _several(get_args(hint))
    base = hint if origin is None else origin
    if base in _PLAIN:
        return _PLAIN[base]
    if isinstance(base, type) and base.__module__.startswith("whence."):
        return Kind(_SAMPLES.get(base.__name__, f"a {base.__name__}"), _instance(base), _class)
    return None


def _several(hints: tuple[Any, ...]) -> Kind | None:
    """Any number of one kind; or, as in `tuple[str, str]`, so many."""
    if len(set(hints) - {Ellipsis}) != 1:
        return None
    any_number = Ellipsis in hints or len(hints) == 1
    words = _SEVERAL if any_number else f"{len(hints)} of them, such as ('a', 'b')"
    return Kind(words, _ordered(_kind(hints[0]), None if any_number else len(hints)))


def _union(hints: tuple[Any, ...]) -> Kind | None:
    if any(hint in _PATHS for hint in hints):  # then text is a path too
        hints = tuple(hint for hint in hints if hint is not str)
    kinds = [_kind(hint) for hint in hints]
    return None if None in kinds else either(kind for kind in kinds if kind is not None)


def _class(value: object) -> str:
    return brief(value) if isinstance(value, type) else type(value).__name__
