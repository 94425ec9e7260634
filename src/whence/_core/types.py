"""Array vocabulary: the axis names, once. Scores are always [cases, outputs, players]."""

from typing import TypeAlias

import numpy as np

from .shaped import Bool, Float, Int

Coalitions: TypeAlias = Bool[np.ndarray, "rows players"]
Weights: TypeAlias = Float[np.ndarray, "rows players"]
Cases: TypeAlias = Int[np.ndarray, " rows"]
Draws: TypeAlias = Int[np.ndarray, " rows"]
Worths: TypeAlias = Float[np.ndarray, "rows outputs"]
Gradients: TypeAlias = Float[np.ndarray, "rows outputs players"]
Scores: TypeAlias = Float[np.ndarray, "cases outputs players"]
Ends: TypeAlias = Float[np.ndarray, "cases outputs"]
