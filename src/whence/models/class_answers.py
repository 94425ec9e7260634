"""A model's answers in the two forms in which a question about labels can judge them.

* votes: 1 for the label that the model names, 0 for the others. Whoever names labels has them: by a
  method of its own (`predict`), or else by its largest output, or the sign of its one output. With
  features removed each background row votes, and the label with most votes is named.
* probabilities: of raw outputs that may be log-odds, through the logistic or the softmax link.
"""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from whence.models.answers import answered
from whence.models.boosted import logistic, softmax
from whence.models.ensemble import Ensemble
from whence.models.predictor import Predictor


@final
@dataclass(frozen=True, slots=True, eq=False)
class Votes(Predictor):
    """A model of scores, asked which label they name."""

    inner: Predictor

    def _predict(self, frame: Any) -> np.ndarray:
        answer = answered(self.inner._predict(frame), len(frame), self.name)  # noqa: SLF001
        return np.asarray(np.eye(len(self.outputs))[largest(answer)])


@final
@dataclass(frozen=True, slots=True, eq=False)
class Linked(Predictor):
    """A model of log-odds, asked for probabilities."""

    inner: Predictor

    def _predict(self, frame: Any) -> np.ndarray:
        answer = answered(self.inner._predict(frame), len(frame), self.name)  # noqa: SLF001
        return logistic(answer) if answer.shape[1] == 1 else softmax(answer)


def largest(answer: np.ndarray) -> np.ndarray:
    """The position of the label that outputs name, int [rows]: of one output by its sign."""
    one = answer.shape[1] == 1
    return np.asarray((answer[:, 0] > 0) if one else answer.argmax(axis=1), np.int64)


def votes(model: Predictor) -> Predictor | None:
    """The model, asked which label it names; None where it names none.

    An ensemble counts the votes of its members.
    """
    if model.hard:
        return model
    if isinstance(model, Ensemble):
        return _members(model, [votes(member) for member in model.each])
    own = model.naming()
    if own is not None:
        return own
    labels = _labels(model)
    if labels is None:
        return None
    words = tuple(map(str, labels))
    return Votes(model.name, words, None, "raw", model.intake, True, model, labels=labels)


def probabilities(model: Predictor) -> Predictor | None:
    """The model, its outputs taken for log-odds; None where they can be none."""
    if model.scores != "logits":
        return None
    if isinstance(model, Ensemble):
        return _members(model, [probabilities(member) for member in model.each])
    labels = _labels(model)
    if labels is None:
        return None
    words = tuple(map(str, labels))
    return Linked(model.name, words, labels, "probability", model.intake, False, model)


def _labels(model: Predictor) -> tuple[object, ...] | None:
    """The labels that as many outputs can decide between: those known, else 0, 1, …."""
    if model.scores not in {"decision", "logits"}:
        return None
    many = max(len(model.outputs), 2)
    if model.labels is None:
        return tuple(range(many)) if model.scores == "logits" else None
    return model.labels if len(model.labels) == many else None


def _members(ensemble: Ensemble, each: list[Predictor | None]) -> Predictor | None:
    members = tuple(member for member in each if member is not None)
    if len(members) < len(each):
        return None
    first = members[0]
    return replace(
        ensemble,
        outputs=first.outputs,
        classes=first.classes,
        space=first.space,
        hard=first.hard,
        each=members,
        labels=first.labels,
        scores=first.scores,
    )
