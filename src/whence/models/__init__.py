"""Models as whence sees them: a table in, float [rows, outputs] out.

`predictor` takes whatever the user has and decides how it is asked; `Table` holds rows in the kind
of frame that they came in. Nothing is imported that the model did not bring with it.
"""

from typing import Any

from whence._core.folder import look_up
from whence.models.ensemble import Ensemble as Ensemble
from whence.models.labels import as_classes as as_classes
from whence.models.labels import as_targets as as_targets
from whence.models.predictor import Predictor as Predictor
from whence.models.predictor import predictor as predictor
from whence.models.table import Table as Table
from whence.models.trainer import Trainer as Trainer
from whence.models.trees import read_trees as read_trees


def __getattr__(name: str) -> Any:
    """What needs an optional package (`HookedModel`, `Adapter`) is loaded on first touch."""
    try:
        return look_up(__name__, __path__[0], name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"wh.models.{name} needs torch: pip install 'whence[networks]'"
        ) from error
