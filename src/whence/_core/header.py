"""What must hold of a header that is read, before an answer is made of it.

Whatever is accepted here is used later without a question: printed, drawn, counted with.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from .errors import ResultError
from .kinds import Kind
from .scalars import restored

Test = Callable[[Any], bool]


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(column, list) and all(map(_is_scalar, column)) for column in value.values()
    )


def _or_none(test: Test) -> Test:
    return lambda value: value is None or test(value)


def _each(test: Test) -> Test:
    return lambda value: isinstance(value, (list, tuple)) and all(map(test, value))


def _pair(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_count, value))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


_PLAIN: Mapping[str, Test] = {
    "outputs": _each(_is_text),
    "method": _is_text,
    "uncertainty": lambda value: value in {"exact", "sampled", "unquantified"},
    "converged": _flag,
    "verdict": _is_text,
    "averaged": lambda value: _is_count(value) and value > 0,
    "held_out": _is_count,
    "order": _each(_is_text),
    "pairs": _each(_pair),
    "chosen": _each(_flag),
}
_PLAYERS: Mapping[str, Test] = {
    "names": _each(_is_text),
    "kind": _is_text,
    "ordered": _flag,
    "columns": _is_table,
}
_COST: Mapping[str, Test] = {
    **dict.fromkeys(("asked", "evaluations", "gradients", "found"), _is_count),
    "rows": _or_none(_is_count),
    "seconds": lambda value: _is_number(value) and 0 <= value < math.inf,
}
_QUESTION: Mapping[str, Test] = {
    **dict.fromkeys(("asks", "unit", "removal", "model"), _is_text),
    "classes": _each(_is_scalar),
    "loss": _flag,
}
_PROVENANCE: Mapping[str, Test] = {  # what code looks up; all else is only shown
    "seed": _or_none(_is_count),
    "merged seeds": _each(_or_none(_is_count)),
    "relative error asked": _or_none(_is_number),
}
_INDEX: Mapping[str, Test] = {
    "name": _is_text,
    "identity": _is_text,
    **dict.fromkeys(("a", "b", "keep"), _is_number),
}
_CERTIFICATE: Mapping[str, Test] = {
    "numbers": lambda value: all(map(_is_number, value.values())),
    "intervals": lambda value: all(map(_each(_is_number), value.values())),
    "table": _is_table,
}


def check_header(header: Mapping[str, Any], kind: Kind, source: object) -> None:
    """Refuse fields of another type than whence writes.

    Args:
        header: as JSON has it.
        kind: what it is the header of.
        source: where it comes from, in words.

    Raises:
        ResultError: which field, and what stands there.
    """
    wanted = {name: test for name, test in _PLAIN.items() if name in (*kind.plain, "chosen")}
    _fields(header, wanted, "its ", source)
    parts = {"players": _PLAYERS, "cost": _COST, "question": _QUESTION, "index": _INDEX}
    for name, tests in (parts | {"provenance": _PROVENANCE}).items():
        _fields(restored(header.get(name, {})), tests, f"its {name}: ", source)
    for told in header.get("certificates", []):
        _fields(restored(told), _CERTIFICATE, "its certificates: ", source)


def _fields(held: Any, tests: Mapping[str, Test], where: str, source: object) -> None:
    if not isinstance(held, Mapping):
        raise ResultError(f"{source} is damaged: {where}{str(held)[:40]!r} is no table of fields")
    for name in tests.keys() & held.keys():  # what is not there has a default, or is missed later
        try:
            fits = tests[name](held[name])
        except (AttributeError, TypeError):
            fits = False
        if not fits:
            raise ResultError(
                f"{source} is damaged: {where}{name} is {' '.join(repr(held[name]).split())[:80]}"
            )
