"""Where the questions are answered: the same bits on every engine, with any number of workers."""

from typing import Any

from whence._core.folder import classes, look_up


def __getattr__(name: str) -> Any:
    return look_up(__name__, __path__[0], name)


def __dir__() -> list[str]:
    return sorted([*globals(), *classes(__name__, __path__[0])])
