"""ONNX models: classifiers (labels and probabilities, zipped in maps or not) and regressors.

A model with one input receives one tensor; one with an input for each column (as skl2onnx makes
for frames) receives its columns by name. It runs on one thread, in a session of our own where the
file can be read again, so that its bits do not depend on the machine. A graph that ends in Softmax
gives probabilities; one that regresses, or that skl2onnx or onnxmltools made, a value; any other
single output is raw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import onnxruntime as ort

from whence._core.errors import ModelError, UnsupportedModelError
from whence.models.answers import are_probabilities, output_names
from whence.models.boosted import both, of_classes
from whence.models.cells import Column
from whence.models.graph import Graph, graph
from whence.models.intake import Intake, intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane
from whence.models.table import Table


@final
class Session:
    """An onnxruntime session on one thread, which travels to a worker as the file's bytes."""

    __slots__ = ("open", "raw")

    def __init__(self, raw: bytes, given: Any = None) -> None:
        self.raw = raw
        self.open = given if not raw else _opened(raw)

    def __reduce__(self) -> tuple[type["Session"], tuple[bytes]]:
        if not self.raw:
            raise TypeError("this session does not know its file: give whence the path instead")
        return Session, (self.raw,)


def _opened(raw: bytes) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])


@final
@dataclass(frozen=True, slots=True)
class Onnx(Predictor):
    """A session, the output that is read, and whether that is the probability of class 1."""

    session: Session
    output: str
    labels: tuple[object, ...] | None
    second: bool

    def _predict(self, frame: Any) -> np.ndarray:
        table = Table.of(frame, names=self.intake.names if self.kind == "numpy" else None)
        answer = ask(self.session, self.output, self.labels, table)
        return both(answer) if self.second else answer


def adapt(model: Any, like: Table) -> Predictor:
    """Decide which output of a graph is read, and what it means.

    Raises:
        UnsupportedModelError: no output holds numbers for each row.
    """
    session, name = _session(model), "ONNX model"
    given = _intake(session.open.get_inputs(), like)
    told = graph(session.raw) if session.raw else Graph("", ())
    zipped = [o for o in session.open.get_outputs() if o.type.startswith("seq(map")]
    floats = [o for o in session.open.get_outputs() if o.type in _FLOATS]
    if not (zipped or floats):
        gives = ", ".join(f"{o.name}: {o.type}" for o in session.open.get_outputs())
        raise UnsupportedModelError(
            f"{name} gives {gives}: no probabilities and no numbers. Export it with probabilities."
        )
    output = (zipped or floats)[0].name
    labels = _zipped_labels(session, output, given.aligned(like)) if zipped else told.labels()
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
    second = columns == 1 and (ends == "Sigmoid" or len(labels or ()) == 2)
    width = 2 if second else columns
    proper = second or ends == "Softmax" or _has_labels(session) or labels is not None
    if proper and width > 1 and (second or are_probabilities(answer)):
        known = labels if labels is not None and len(labels) == width else tuple(range(width))
        outputs, classes, space = of_classes(known)
        return Onnx(name, outputs, classes, space, given, False, session, output, classes, second)
    valued = told.regresses() or told.producer in {"skl2onnx", "onnxmltools", "OnnxMLTools"}
    space = "raw" if _has_labels(session) or not valued else "value"
    return Onnx(
        name, output_names(columns), None, space, given, False, session, output, None, False
    )


_FLOATS = {"tensor(float)", "tensor(double)", "tensor(float16)"}
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


def _has_labels(session: Session) -> bool:
    return any(o.type in {"tensor(int64)", "tensor(string)"} for o in session.open.get_outputs())


def _session(model: Any) -> Session:
    if isinstance(model, Session):
        return model
    if isinstance(model, bytes):
        return Session(model)
    if isinstance(model, ort.InferenceSession):
        raw = getattr(model, "_model_bytes", None)
        path = getattr(model, "_model_path", None)
        if not raw and path and Path(path).is_file():
            raw = Path(path).read_bytes()
        return Session(bytes(raw or b""), model)
    return Session(model.SerializeToString())


def _intake(inputs: Sequence[Any], like: Table) -> Intake:
    if len(inputs) > 1:
        return intake(like, tuple(i.name for i in inputs), like.kind)
    text = inputs[0].type == "tensor(string)"
    one_of_one = len(like.names) == 1 and inputs[0].name in like.names
    return intake(like, like.names if one_of_one else None, "numpy", numeric=not text)


def _table(frame: Any, given: Intake) -> Table:
    return Table.of(frame, names=given.names if given.kind == "numpy" else None)


def ask(
    session: Session, output: str, labels: tuple[object, ...] | None, table: Table
) -> np.ndarray:
    """The output for these rows, [rows, outputs]; maps become columns in the order of labels."""
    inputs = session.open.get_inputs()
    if len(inputs) == 1:
        feed = {inputs[0].name: _tensor(inputs[0], table)}
    else:
        feed = {i.name: _cells(i, table.raw(i.name)) for i in inputs}
    (answer,) = session.open.run([output], feed)
    if isinstance(answer, list):
        return np.array([[row[label] for label in labels or row] for row in answer], float)
    return np.asarray(answer)


def _tensor(wanted: Any, table: Table) -> np.ndarray:
    if wanted.type == "tensor(string)":
        columns = [_cells(wanted, table.raw(n)) for n in table.names]
        return np.concatenate(columns, axis=1)
    return np.ascontiguousarray(table.numbers().frame().astype(_TYPES[wanted.type]))


def _cells(wanted: Any, column: Column) -> np.ndarray:
    """One column as the tensor [rows, 1] that an input wants."""
    gone = int(column.missing.sum())
    if gone and wanted.type not in _FLOATS:
        raise ModelError(
            f'column "{wanted.name}" has {gone} missing cells, and the model reads it as '
            f"{wanted.type}, which cannot hold them. Fill them as before the export."
        )
    if wanted.type == "tensor(string)":
        return np.array([str(v) for v in column.data], object)[:, None]
    if column.family not in {"number", "nothing"}:
        raise ModelError(f'column "{wanted.name}" holds text, and the model reads {wanted.type}.')
    return column.readable().astype(_TYPES[wanted.type])[:, None]


def _zipped_labels(session: Session, output: str, like: Table) -> tuple[object, ...]:
    """The labels of a map output: the keys of the first row's map."""
    inputs = session.open.get_inputs()
    first = like.take(np.array([0]))
    feed = (
        {inputs[0].name: _tensor(inputs[0], first)}
        if len(inputs) == 1
        else {i.name: _cells(i, first.raw(i.name)) for i in inputs}
    )
    (answer,) = session.open.run([output], feed)
    return tuple(answer[0])
