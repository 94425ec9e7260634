"""How an index is computed: one method a file; the folder is the registry.

A class is public, and so is a function with the name of its file.
Authors of methods take their tools from here.
"""

from typing import Any

from whence._core.folder import look_up, with_namesakes
from whence._core.method import AnytimeMethod as AnytimeMethod
from whence._core.method import Method as Method
from whence._core.method import Outcome as Outcome
from whence._core.moments import Moments as Moments
from whence._core.reading import Reading as Reading
from whence._core.visits import Visits as Visits
from whence._core.walks import Walks as Walks


def __getattr__(name: str) -> Any:
    return look_up(__name__, __path__[0], name, with_namesakes)


def __dir__() -> list[str]:
    return sorted([*globals(), *with_namesakes(__name__, __path__[0])])
