"""ONNX models: classifiers (labels and probabilities, zipped in maps or not) and regressors.

A model with one input receives one tensor; one with an input for each column (as skl2onnx makes
for frames) receives its columns by name. It runs on one thread, in a session of our own where the
file can be read again, so that its bits do not depend on the machine. A graph that ends in Softmax
gives probabilities; one that regresses, or that skl2onnx or onnxmltools made, a value; any other
single output is raw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence.models.answers import are_probabilities, output_names
from whence.models.boosted import both, of_classes
from whence.models.graph import Graph, graph
from whence.models.intake import Intake, intake
from whence.models.onnx_session import FLOATS, Session, ask, session_of, zipped_labels
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Onnx(Predictor):
    """A session, the output that is read, and whether that is the probability of class 1."""

    session: Session
    output: str
    keys: tuple[object, ...] | None
    second: bool

    def _predict(self, frame: Any) -> np.ndarray:
        table = Table.of(frame, names=self.intake.names if self.kind == "numpy" else None)
        answer = ask(self.session, self.output, self.keys, table)
        return both(answer) if self.second else answer


def adapt(model: Any, like: Table) -> Predictor:
    """Decide which output of a graph is read, and what it means.

    Raises:
        UnsupportedModelError: no output holds numbers for each row.
    """
    session, name = session_of(model), "ONNX model"
    given = _intake(session.open.get_inputs(), like)
    told = graph(session.raw) if session.raw else Graph("", ())
    zipped = [o for o in session.open.get_outputs() if o.type.startswith("seq(map")]
    floats = [o for o in session.open.get_outputs() if o.type in FLOATS]
    if not (zipped or floats):
        gives = ", ".join(f"{o.name}: {o.type}" for o in session.open.get_outputs())
        raise UnsupportedModelError(
            f"{name} gives {gives}: no probabilities and no numbers. Export it with probabilities."
        )
    output = (zipped or floats)[0].name
    labels = zipped_labels(session, output, given.aligned(like)) if zipped else told.labels()
    route = Route("run", given, lambda frame: ask(session, output, labels, _table(frame, given)))
    _, answer = first_sane([route], like, name)
    return _made(name, session, output, labels, told, given, answer)


def _made(
    name: str,
    session: Session,
    output: str,
    labels: tuple[object, ...] | None,
    told: Graph,
    given: Intake,
    answer: np.ndarray,
) -> Onnx:
    columns, ends = answer.shape[1], told.writer(output)
    inside = bool(((answer >= 0) & (answer <= 1)).all())
    second = columns == 1 and inside and (ends == "Sigmoid" or len(labels or ()) == 2)
    width = 2 if second else columns
    proper = second or ends == "Softmax" or _has_labels(session) or labels is not None
    if proper and width > 1 and (second or are_probabilities(answer)):
        known = labels if labels is not None and len(labels) == width else tuple(range(width))
        outputs, classes, space = of_classes(known)
        return Onnx(name, outputs, classes, space, given, False, session, output, classes, second)
    valued = told.regresses() or told.producer in {"skl2onnx", "onnxmltools", "OnnxMLTools"}
    space = "raw" if _has_labels(session) or not valued else "value"
    named = _has_labels(session) and labels is not None
    scores = "" if space != "raw" else "decision" if named else "logits"
    return Onnx(
        name,
        output_names(columns),
        None,
        space,
        given,
        False,
        session,
        output,
        None,
        False,
        labels=labels if named else None,
        scores=scores,
    )


def _has_labels(session: Session) -> bool:
    return any(o.type in {"tensor(int64)", "tensor(string)"} for o in session.open.get_outputs())


def _intake(inputs: Sequence[Any], like: Table) -> Intake:
    if len(inputs) > 1:
        return intake(like, tuple(i.name for i in inputs), like.kind)
    text = inputs[0].type == "tensor(string)"
    one_of_one = len(like.names) == 1 and inputs[0].name in like.names
    return intake(like, like.names if one_of_one else None, "numpy", numeric=not text)


def _table(frame: Any, given: Intake) -> Table:
    return Table.of(frame, names=given.names if given.kind == "numpy" else None)
