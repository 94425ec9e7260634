"""Single entries as strict JSON has them: words, numbers, yes, no, and nothing.

JSON has no NaN and no infinity: they are kept as {"whence:float": "nan"}. Whatever else JSON does
not have, such as a date, is kept in words.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

_TAG = "whence:float"


def plain(value: Any) -> Any:
    """As strict JSON has it; whatever is none of its kinds, in words."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(entry) for entry in value]
    return _entry(value.item() if isinstance(value, np.generic) else value)


def _entry(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return {_TAG: str(float(value))}
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


def restored(value: Any) -> Any:
    """What `plain` said, as it was; a tuple stays a list."""
    if isinstance(value, Mapping):
        return float(value[_TAG]) if value.keys() == {_TAG} else _each(value)
    return [restored(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _each(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: restored(entry) for name, entry in value.items()}
