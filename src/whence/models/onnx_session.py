"""A running ONNX graph: rows in as the tensors it wants, one output out; nothing is rounded."""

from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any, final

import numpy as np
import onnxruntime as ort

from whence._core.errors import ModelError, ModelFileError, some
from whence.models.cells import Column
from whence.models.graph import external_files
from whence.models.routes import reason
from whence.models.table import Table
from whence.models.trees.damage import DamageError

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
    """An onnxruntime session on one thread, which travels to a worker as the bytes of its files.

    Attributes:
        open: the session.
        raw: the model's file; empty where it is not known.
        files: the files that the model keeps weights in, by the names that it has for them.
    """

    __slots__ = ("files", "open", "raw")

    def __init__(
        self, raw: bytes, given: Any = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        self.raw = raw
        self.files = dict(files or {})
        self.open = given if not raw else _opened(raw, self.files)

    @classmethod
    def of(cls, raw: bytes, folder: Path | None, given: Any = None) -> "Session":
        """A session of a model's bytes, whose other files lie in this folder.

        Raises:
            ModelFileError: they are not there, or would lie elsewhere.
            DamageError: no ONNX model.
        """
        if not raw:
            return cls(raw, given)
        return cls(raw, given, _weights(raw, folder))

    def __reduce__(self) -> tuple[type["Session"], tuple[bytes, None, dict[str, bytes]]]:
        if not self.raw:
            raise TypeError("this session does not know its file: give whence the path instead")
        return Session, (self.raw, None, self.files)


def _opened(raw: bytes, files: Mapping[str, bytes]) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if files:
        if "add_external_initializers_from_files_in_memory" not in dir(options):
            raise ModelFileError(
                f"the model keeps weights in {some(files)}, and onnxruntime {ort.__version__} does "
                "not take them from there safely. Update onnxruntime, or save it as one file."
            )
        options.add_external_initializers_from_files_in_memory(
            list(files), list(files.values()), [len(each) for each in files.values()]
        )
    return ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])


def _weights(raw: bytes, folder: Path | None) -> dict[str, bytes]:
    """The files that a model keeps weights in, read beside it and nowhere else."""
    if raw[4:8] == b"ORTM":
        raise DamageError("it is in onnxruntime's own format. Save it as ONNX")
    names = external_files(raw)
    if names and folder is None:
        raise ModelFileError(
            f"the model keeps weights in {some(names)}, and was given without its folder. Give "
            "whence the path of its file, or a model saved as one file."
        )
    return {name: _beside(folder or Path(), name) for name in names}


def _beside(folder: Path, name: str) -> bytes:
    parts = PureWindowsPath(name).parts  # splits at both slashes, and knows drives
    path, home = folder / name, folder.resolve()
    outside = not parts or PureWindowsPath(name).anchor or ".." in parts or "\\" in name
    if outside or not path.resolve().is_relative_to(home):
        raise ModelFileError(
            f"the model keeps weights in {name!r}, which is not in its own folder {folder}. Whence "
            "reads them from there alone: save the model again, with weights beside it."
        )
    if not path.is_file():
        raise ModelFileError(
            f"the model keeps weights in {name!r}, and there is no such file in {folder}."
        )
    return path.read_bytes()


def session_of(model: Any) -> Session:
    """A session for a path's bytes, a session of the user's, or a model of the onnx package."""
    if isinstance(model, Session):
        return model
    if isinstance(model, bytes):
        return Session.of(model, None)
    if isinstance(model, ort.InferenceSession):
        raw = getattr(model, "_model_bytes", None)
        path = getattr(model, "_model_path", None)
        if raw or not path or not Path(path).is_file():
            return _own(bytes(raw or b""), model)
        return Session.of(Path(path).read_bytes(), Path(path).parent, model)
    return Session.of(model.SerializeToString(), None)


def _own(raw: bytes, model: Any) -> Session:
    """The user's session of bytes: opened again, but where only theirs knows the weights."""
    return Session(b"", model) if raw and external_files(raw) else Session(raw, model)


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
    try:
        (answer,) = session.open.run([output], feed)
    except Exception as error:
        raise ModelError(f"the ONNX model cannot answer these rows: {reason(error)}") from error
    return answer
