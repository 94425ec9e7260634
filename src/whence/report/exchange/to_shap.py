"""An attribution as a `shap.Explanation`, shap's common tongue.

It keeps values, base values, data and names. shap has no place for the parts of an error, the
index, the question, the cost and the verdict; the 95 % intervals go where shap has intervals,
`lower_bounds` and `upper_bounds`, which its waterfall draws.
"""

from importlib import import_module
from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ResultError


def to_shap(att: Attribution) -> Any:
    """A `shap.Explanation`: values [cases, players], or [cases, players, outputs] for several.

    `data` has the explained rows where every player has a column. `lower_bounds` and `upper_bounds`
    are the 95 % interval, where the error is known.

    Raises:
        ResultError: shap is not installed.
    """
    try:
        shap = import_module("shap")
    except ModuleNotFoundError as error:
        raise ResultError(
            "this needs shap, which is not installed: pip install shap. "
            "The same numbers without it: att.to_frame()."
        ) from error
    one = len(att.outputs) == 1

    def turned(scores: np.ndarray) -> np.ndarray:
        moved = np.moveaxis(scores, 1, 2)  # case, player, output
        return moved[:, :, 0] if one else moved

    known = att.uncertainty != "unquantified"
    low, high = (turned(end) for end in att.ci()) if known else (None, None)
    return shap.Explanation(
        values=turned(att.values),
        base_values=att.empty[:, 0] if one else att.empty,
        data=_data(att),
        feature_names=list(att.players.names),
        output_names=att.outputs[0] if one else list(att.outputs),
        lower_bounds=low,
        upper_bounds=high,
    )


def _data(att: Attribution) -> np.ndarray | None:
    """[cases, players]; numbers where all columns are numbers."""
    if any(name not in att.data for name in att.players.names):
        return None
    columns = [att.data[name] for name in att.players.names]
    numeric = all(column.dtype.kind in "fiub" for column in columns)
    return np.stack([c.astype(float if numeric else object) for c in columns], axis=1)
