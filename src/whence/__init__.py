"""Whence did this behaviour come, and how sure are we?

An attribution says who could be responsible (players), what is measured when some of them leave (a
game), how credit is defined (an index), how that was computed (a method), and how sure we are
(error, cost, verdict).
"""

from importlib import import_module
from types import ModuleType

from whence._attribute import attribute as attribute
from whence._core.attribution import Attribution as Attribution
from whence._core.budget import Budget as Budget
from whence._core.errors import WhenceError as WhenceError
from whence._core.game import FunctionGame as FunctionGame
from whence._core.game import Game as Game
from whence._core.game import RelaxedGame as RelaxedGame
from whence._core.index import AumannShapley as AumannShapley
from whence._core.index import Banzhaf as Banzhaf
from whence._core.index import BetaShapley as BetaShapley
from whence._core.index import FirstIn as FirstIn
from whence._core.index import LeaveOneOut as LeaveOneOut
from whence._core.index import Shapley as Shapley
from whence._core.index import Share as Share
from whence._core.method import AnytimeMethod as AnytimeMethod
from whence._core.method import Method as Method
from whence._core.players import Players as Players
from whence._core.progress import Progress as Progress
from whence._core.store import load as load
from whence.recipes.compare import compare as compare
from whence.recipes.explain import explain as explain
from whence.recipes.importance import importance as importance

_ROOMS = ("engines", "games", "methods", "models", "recipes", "report", "testing")


def __getattr__(name: str) -> ModuleType:
    """The rooms of the house are entered on first touch."""
    if name in _ROOMS:
        return import_module(f"whence.{name}")
    raise AttributeError(f"module 'whence' has no attribute {name!r}")
