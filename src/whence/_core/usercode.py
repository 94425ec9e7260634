"""What tells code from other code: its name and version where it is installed, else itself.

A function is its instructions, its defaults, what it closes over and the globals that it reads; a
class is its bases and what stands in its body; a module of the user's own is its file.
"""

import dis
import sys
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from .errors import UnnamedGameError

_BORN = {"__dict__", "__weakref__", "__module__", "__doc__", "__annotations__", "__annotate__"}
_BORN |= {"__annotations_cache__", "__static_attributes__", "__firstlineno__", "_abc_impl"}
_BORN |= {"__parameters__", "__orig_bases__", "__abstractmethods__", "__type_params__"}
_PLACES = {"site-packages", "dist-packages"}


def named_or_read(thing: FunctionType | BuiltinFunctionType | type | ModuleType) -> object:
    """Something plain that differs where the code does.

    Raises:
        UnnamedGameError: there is nothing to read.
    """
    if isinstance(thing, ModuleType):
        return _module(thing)
    module = thing.__module__ or "builtins"
    top = module.split(".")[0]
    if is_installed(top) and "<" not in thing.__qualname__:
        return [f"{module}.{thing.__qualname__}", _version(top)]
    if isinstance(thing, FunctionType):
        return _function(thing)
    if isinstance(thing, type):
        return _class(thing)
    raise UnnamedGameError(f"{module}.{thing.__qualname__} has no contents to read: name the game")


def unwrapped(thing: object) -> object:
    """The function that a cache or a compiler was made from; anything else as it is."""
    for name in ("__wrapped__", "py_func"):
        inner = vars(type(thing)).get(name) or getattr(thing, "__dict__", {}).get(name)
        if inner is not None and isinstance(getattr(thing, name), FunctionType):
            found: FunctionType = getattr(thing, name)
            return found
    return thing


def code_parts(code: CodeType) -> list[object]:
    """Instructions, constants (functions inside among them) and names; not lines, nor files."""
    return [code.co_code, code.co_consts, code.co_names, code.co_varnames, code.co_freevars]


def _function(function: FunctionType) -> list[object]:
    known = function.__globals__
    reads = sorted(name for name in set(_globals_of(function.__code__)) if name in known)
    return [
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)],
        [[name, known[name]] for name in reads],
    ]


def _filled(cell: object) -> bool:
    """A function that closes over itself is made before its cell is filled."""
    try:
        cell.cell_contents  # type: ignore[attr-defined]  # noqa: B018
    except ValueError:
        return False
    return True


def _globals_of(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


def _class(kind: type) -> list[object]:
    body = {n: v for n, v in vars(kind).items() if n not in _BORN and not _made_by_slots(v)}
    return [kind.__qualname__, list(kind.__bases__), [[n, _plain(body[n])] for n in sorted(body)]]


def _plain(entry: object) -> object:
    """What a descriptor holds."""
    if isinstance(entry, property):
        return [entry.fget, entry.fset, entry.fdel]
    if isinstance(entry, cached_property):
        return entry.func
    if isinstance(entry, staticmethod | classmethod):
        return entry.__func__
    return entry


def _made_by_slots(entry: object) -> bool:
    return type(entry).__name__ in {"member_descriptor", "getset_descriptor", "_abc_data"}


def _module(module: ModuleType) -> list[object]:
    top = module.__name__.split(".")[0]
    if is_installed(top):
        return [module.__name__, _version(top)]
    file = module.__file__
    return [module.__name__, Path(file).read_bytes() if file else b""]


@cache
def is_installed(top: str) -> bool:
    """Not the user's own: of Python, of ours, or of a package in the place for packages."""
    if top in {*sys.stdlib_module_names, *sys.builtin_module_names, "whence"}:
        return True
    module = sys.modules.get(top)
    if module is None or top == "__main__":
        return False
    places = [module.__file__ or "", *getattr(module, "__path__", ())]
    return any(_PLACES & set(Path(place).parts) for place in places)


def _version(top: str) -> str:
    if top == "whence":
        from .version import __version__

        return __version__
    return str(getattr(sys.modules.get(top), "__version__", ""))
