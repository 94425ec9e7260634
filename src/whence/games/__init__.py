"""What is measured when only some players stay: one kind of player a folder."""

from typing import Any

from whence._core.folder import classes, look_up
from whence._core.game import FunctionGame as FunctionGame
from whence._core.game import Game as Game


def __getattr__(name: str) -> Any:
    return look_up(__name__, __path__[0], name)


def __dir__() -> list[str]:
    return sorted([*globals(), *classes(__name__, __path__[0])])
