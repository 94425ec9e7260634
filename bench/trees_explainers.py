"""whence and its peers on local values, each through its own front door, model reading included."""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import shap
import xgboost
from trees_clock import Timed
from trees_data import raw
from trees_truth import enumerated
from woodelf import WoodelfExplainer

import whence as wh

WHENCE, WOODELF, SHAP = "whence", "woodelf", "shap"
_OFF = 1e-3  # of the spread of predictions: more than single precision explains


def whence(model: Any, X: pd.DataFrame, background: pd.DataFrame) -> np.ndarray:
    return wh.explain(model, X, background=background).values[:, 0]


def woodelf(model: Any, X: pd.DataFrame, background: pd.DataFrame) -> np.ndarray:
    return np.asarray(WoodelfExplainer(model, background).shap_values(X, verbose=False))


def shap_read(model: Any, background: pd.DataFrame) -> shap.TreeExplainer:
    """Before any row is explained."""
    rows = shap.maskers.Independent(background.to_numpy(), max_samples=len(background))
    return shap.TreeExplainer(model, data=rows, feature_perturbation="interventional")


def shap_pairs(model: Any, X: pd.DataFrame, background: pd.DataFrame) -> np.ndarray:
    return np.asarray(shap_read(model, background).shap_values(X, check_additivity=False))


def whence_by_cover(model: Any, X: pd.DataFrame) -> np.ndarray:
    return wh.explain(model, X, method=wh.methods.PathDependent()).values[:, 0]


def contributions(model: Any, X: pd.DataFrame) -> np.ndarray:
    """The library's own path-dependent values."""
    if isinstance(model, lightgbm.LGBMModel):
        return model.predict(X, pred_contrib=True)[:, :-1]
    return model.get_booster().predict(xgboost.DMatrix(X), pred_contribs=True)[:, :-1]


def shap_by_cover(model: Any, X: pd.DataFrame) -> np.ndarray:
    return shap.TreeExplainer(model).shap_values(X, check_additivity=False)


def checked(
    timed: Timed, model: Any, X: pd.DataFrame, background: pd.DataFrame, ours: Any
) -> dict[str, Any]:
    """A record of somebody's runs: its time is quoted only where its values add up.

    Args:
        timed: the runs; their answer may be of the first rows alone.
        model: what was explained.
        X: the rows.
        background: of the values.
        ours: whence's values, to compare; None where they failed.
    """
    record = timed.record()
    if timed.failed:
        return record
    few = X[: len(timed.answer)]
    due = raw(model, few) - raw(model, background).mean()
    gap = np.abs(timed.answer.sum(axis=1) - due)
    off = gap > _OFF * due.std()
    record |= {"largest gap of its sums": float(gap.max())}
    if ours is not None and timed.answer is not ours:
        apart = np.abs(timed.answer - ours[: len(few)])
        record |= {"largest difference from whence": float(apart.max())}
        if apart.max() > _OFF * due.std():
            row = int(apart.max(axis=1).argmax())
            record |= _judged(timed.answer[row], ours[row], model, X[row : row + 1], background)
    if off.any():
        wrong = f"its sums miss the prediction by up to {gap.max():.3g} in {off.sum():,} rows"
        record |= {"wrong": wrong, "seconds, not quoted": record.pop("seconds")}
    return record


def _judged(
    theirs: np.ndarray, ours: np.ndarray, model: Any, x: pd.DataFrame, background: pd.DataFrame
) -> dict[str, Any]:
    """How far both are from the model's own answers, in the row where they differ most."""
    truth = enumerated(model, x, background)
    if truth is None:
        return {}
    off = {name: float(np.abs(v - truth).max()) for name, v in (("it", theirs), (WHENCE, ours))}
    return {"there, distance from an enumeration": off}


def extrapolated(record: dict[str, Any], reading: float, few: int, rows: int) -> dict[str, Any]:
    """shap's time for all rows, from that for a few: but for the reading, it asks every pair."""
    if "seconds" not in record or rows <= few:
        return record
    measured = record["seconds"]
    record.pop("processor seconds")
    return record | {
        "seconds": reading + (measured - reading) * rows / few,
        "extrapolated": f"by rows, from {measured:.3g} s for {few}, {reading:.3g} s of it reading",
    }
