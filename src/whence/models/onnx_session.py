"""A running ONNX graph: rows in as the tensors it wants, one output out; nothing is rounded."""

from pathlib import Path
from typing import Any, final

import numpy as np
import onnxruntime as ort

from whence._core.errors import ModelError
from whence.models.cells import Column
from whence.models.table import Table

FLOATS = {"tensor(float)", "tensor(double)", "tensor(float16)"}
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


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


def session_of(model: Any) -> Session:
    """A session for a path's bytes, a session of the user's, or a model of the onnx package."""
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


def ask(
    session: Session, output: str, labels: tuple[object, ...] | None, table: Table
) -> np.ndarray:
    """The output for these rows, [rows, outputs]; maps become columns in the order of labels."""
    answer = _run(session, output, table)
    if isinstance(answer, list):
        return np.array([[row[label] for label in labels or row] for row in answer], float)
    return np.asarray(answer)


def _tensor(wanted: Any, table: Table) -> np.ndarray:
    if wanted.type == "tensor(string)":
        columns = [_cells(wanted, table.raw(n)) for n in table.names]
        return np.concatenate(columns, axis=1)
    return np.ascontiguousarray(_exactly(table.numbers().frame(), wanted))


def _cells(wanted: Any, column: Column) -> np.ndarray:
    """One column as the tensor [rows, 1] that an input wants."""
    gone = int(column.missing.sum())
    if gone and wanted.type not in FLOATS:
        raise ModelError(
            f'column "{wanted.name}" has {gone} missing cells, and the model reads it as '
            f"{wanted.type}, which cannot hold them. Fill them as before the export."
        )
    if wanted.type == "tensor(string)":
        return np.array([str(v) for v in column.data], object)[:, None]
    if column.family not in {"number", "nothing"}:
        raise ModelError(f'column "{wanted.name}" holds text, and the model reads {wanted.type}.')
    return _exactly(column.readable(), wanted)[:, None]


def _exactly(cells: np.ndarray, wanted: Any) -> np.ndarray:
    """These numbers in the model's type; a whole-number type takes whole numbers only."""
    if wanted.type not in _TYPES:
        raise ModelError(f'the model reads "{wanted.name}" as {wanted.type}, not from a table.')
    if wanted.type not in FLOATS and not np.array_equal(cells, np.round(cells)):
        raise ModelError(
            f'the model reads "{wanted.name}" as {wanted.type}, and some cells are not whole.'
        )
    return np.asarray(cells.astype(_TYPES[wanted.type]))


def zipped_labels(session: Session, output: str, like: Table) -> tuple[object, ...]:
    """The labels of a map output: the keys of the first row's map."""
    return tuple(_run(session, output, like.take(np.array([0])))[0])


def _run(session: Session, output: str, table: Table) -> Any:
    inputs = session.open.get_inputs()
    if len(inputs) == 1:
        feed = {inputs[0].name: _tensor(inputs[0], table)}
    else:
        feed = {i.name: _cells(i, table.raw(i.name)) for i in inputs}
    (answer,) = session.open.run([output], feed)
    return answer
