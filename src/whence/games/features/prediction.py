"""The game of one prediction: what does each feature add to what the model says of this row?

    v_c(S) = mean_b f(x_c on S, background b elsewhere)

(Strumbelj & Kononenko 2010; SHAP: Lundberg & Lee 2017). A case is an explained row, a draw is one
background row; every class or target is an output of the same evaluation.
"""

from typing import Any, final

import numpy as np

from whence._core.errors import ResultError, did_you_mean
from whence._core.game import Question
from whence._core.text import brief
from whence._core.types import Cases, Scores, Worths
from whence.games.features.distilled import Distilled
from whence.games.features.groups import Groups
from whence.games.features.levers import exact
from whence.games.features.removal import Removal, digest
from whence.games.features.table_game import Predictions, TableGame


@final
class Prediction(TableGame):
    """What a model says of each row.

    Args:
        model: anything that `whence.models` can serve; a list of models is an ensemble.
        X: the rows to explain.
        removal: how features leave, such as `Marginal(X_train)`.
        output: one class or target, by name or position; all by default.
        groups: columns that leave together.
        sample_weight: how often each row counts, as if it were there so many times.

    Raises:
        WhenceError: rows, columns or predictions that do not fit; each says which.
    """

    def __init__(
        self,
        model: Any,
        X: Any,
        *,
        removal: Removal,
        output: str | int | None = None,
        groups: Groups = None,
        sample_weight: Any = None,
    ) -> None:
        self._read(model, X, removal, groups, sample_weight)
        self.columns = chosen(output, self.model.outputs)
        self.own = tuple(self.model.outputs[c] for c in self.columns)
        self.question = Question(
            asks="what each feature adds to the model's prediction",
            unit=self.model.space,
            removal=removal.words(self.pool),
            model=self.model.name,
            background=digest(self.pool),
            classes=tuple(str(c) for c in self.model.classes or ()),
        )
        self._settle(removal.sample or 1)

    def of_proxy(
        self, proxy: Distilled, seed: int, error: float
    ) -> tuple[Scores, Scores, np.ndarray]:
        """Exact."""
        del seed, error
        values = exact(proxy, self.hybrids.owner)[:, self.columns]
        none = np.zeros_like(values)
        return values, none, none[:1]

    def _measure(self, cases: Cases, p: Predictions, share: float) -> Worths:
        del cases, share  # a prediction's mean is its own best estimate, whatever the sample
        return np.asarray(p.mean(axis=(1, 2))[:, self.columns])


def chosen(output: str | int | None, names: tuple[str, ...]) -> list[int]:
    """Which outputs are asked about.

    Raises:
        ResultError: the model has no such output.
    """
    if output is None:
        return list(range(len(names)))
    if isinstance(output, (int, np.integer)) and str(output) not in names:
        if not isinstance(output, bool) and -len(names) <= output < len(names):
            return [int(output) % len(names)]
    elif str(output) in names:
        return [names.index(str(output))]
    raise ResultError(f"the model has no output {brief(output)}. {did_you_mean(output, names)}")
