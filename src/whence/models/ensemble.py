"""Ensemble: models that answer the same question, averaged.

The ensemble is explained, not the average of explanations: a game on the mean and the mean of the
games are the same for linear indices on predictions, but not for losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, some
from whence.models.answers import answered
from whence.models.categories import Joint
from whence.models.intake import Intake
from whence.models.predictor import Predictor
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ensemble(Predictor):
    """The mean of several models that agree on columns, classes and space.

    Args:
        each: the models.
    """

    each: tuple[Predictor, ...]

    def _predict(self, frame: Any) -> np.ndarray:
        total = self._ask(self.each[0], frame)
        for member in self.each[1:]:
            total = total + self._ask(member, frame)
        return total / len(self.each)

    def members(self, frame: Any) -> np.ndarray:
        """Every model's own answer, float [members, rows, outputs]; rows count once for each."""
        return np.stack([member(self._given(member, frame)) for member in self.each])

    def _ask(self, member: Predictor, frame: Any) -> np.ndarray:
        return answered(member._predict(self._given(member, frame)), len(frame), member.name)  # noqa: SLF001

    def _given(self, member: Predictor, frame: Any) -> Any:
        """The frame as this member receives it: the same object if all agree."""
        if member.intake == self.intake:
            return frame
        names = self.intake.names if self.kind == "numpy" else None
        table = Table.of(frame, names=names)
        return member.intake.converted(member.intake.matched(table)).frame()


def ensemble(each: Sequence[Predictor]) -> Ensemble:
    """The mean of these models.

    Raises:
        ModelError: fewer than two, models that disagree, or models that only name labels.
    """
    if len(each) < 2:
        raise ModelError(f"an ensemble needs two models or more, not {len(each)}.")
    first, *rest = each
    for member in each:
        if member.hard:
            raise ModelError(
                f"{member.name} only names labels, and a mean of labels means nothing. Use models "
                "with predict_proba, or give whence a function that counts the votes."
            )
    for member in rest:
        _agree(first, member)
    names = list(dict.fromkeys(m.name for m in each))
    name = f"ensemble of {len(each)}: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
    return Ensemble(
        name,
        first.outputs,
        first.classes,
        first.space,
        _intake(each),
        False,
        tuple(each),
        labels=first.labels if all(m.labels == first.labels for m in rest) else None,
        scores=first.scores if all(m.scores == first.scores for m in rest) else "order",
    )


def _intake(each: Sequence[Predictor]) -> Intake:
    """That of the member that knows most: a frame before an array, names before none."""
    most = max((m.intake for m in each), key=lambda i: (i.known, i.kind != "numpy"))
    return replace(most, vocabulary=Joint(tuple(m.intake.vocabulary for m in each)))


def _agree(first: Predictor, other: Predictor) -> None:
    pair = f"{first.name} and {other.name}"
    if first.space != other.space:
        raise ModelError(
            f"{pair} answer in different spaces ({first.space}, {other.space}): "
            "their mean means nothing."
        )
    if [str(c) for c in first.classes or ()] != [str(c) for c in other.classes or ()]:
        raise ModelError(
            f"{pair} disagree on the classes: {some(first.classes or ('none',))} and "
            f"{some(other.classes or ('none',))}. Members need the same labels in the same order."
        )
    if len(first.outputs) != len(other.outputs):
        raise ModelError(
            f"{pair} have {len(first.outputs)} and {len(other.outputs)} outputs: "
            "their mean means nothing."
        )
    if first.columns and other.columns and set(first.columns) != set(other.columns):
        only = sorted(set(first.columns) ^ set(other.columns))
        raise ModelError(f"{pair} read different columns: only one of them reads {some(only)}.")
