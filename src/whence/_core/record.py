"""A result taken apart: what JSON can say of it, and its arrays. Every format is made of these.

The file, the dictionary and the Parquet metadata all come from here, and are of one `VERSION`.

**When `VERSION` goes up.** When a reader of the version before would refuse, or misread, what is
written now: a field that is renamed, moved, gone, or of another meaning. A field that an older
reader may leave out of account changes nothing: it is read where it is, and has a default where it
is not. Whoever raises the version first writes fixtures with the code as it was
(`tests/fixtures/*-v<old>.whence`, beside what each means as JSON), keeps them readable, and
publishes the new schema beside the old ones (`whence/schema/`).

    1   the first
    2   the trace of a run; interactions; the dictionary holds everything; since then: selections
    3   a digest, which every reader must check
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np

from . import index as indices
from .certificate import Certificate
from .damage import check
from .digest import digest
from .errors import ResultError
from .game import Question
from .header import check_header
from .kinds import ATTRIBUTION, INTERACTIONS, KINDS, SELECTION, Kind
from .players import Players
from .scalars import plain, restored
from .trace import Trace

if TYPE_CHECKING:
    from .attribution import Attribution
    from .interactions import Interactions
    from .selection import Selection

VERSION = 3
_SEALED = 3  # the first version with a digest

_FIELDS = (
    *("format", "version", "players", "index", "chosen", "cost", "question", "provenance"),
    "certificates",
)

Answer: TypeAlias = "Attribution | Interactions | Selection"
Arrays: TypeAlias = Mapping[str, np.ndarray]


@final
@dataclass(frozen=True, slots=True)
class Record:
    """A result taken apart.

    Attributes:
        header: words, names and settings, as JSON has them.
        arrays: by field.
        tables: by field, then by name: the parts of the error, columns of data, looks of a run.
    """

    header: Mapping[str, Any]
    arrays: Arrays
    tables: Mapping[str, Arrays]


def take_apart(result: Answer) -> Record:
    """The record of a result; `put_together` is its way back."""
    kind = kind_of(result)
    tables = {name: dict(getattr(result, name)) for name in kind.tables if name != "trace"}
    trace = result.trace if kind is ATTRIBUTION else None  # type: ignore[union-attr]
    looks = {} if trace is None else {f.name: getattr(trace, f.name) for f in fields(Trace)}
    tables |= {"trace": looks} if kind is ATTRIBUTION else {}
    made = Record(
        _header(result, kind), {name: getattr(result, name) for name in kind.arrays}, tables
    )
    return replace(made, header={**made.header, "digest": _digest(made)})


def _digest(record: Record) -> str:
    """Of the fields that are read back, and of none that somebody added."""
    kind = KINDS[str(record.header["format"])]
    told = {*_FIELDS, *kind.plain} & record.header.keys()
    arrays = {name: record.arrays[name] for name in kind.arrays}
    return digest({name: record.header[name] for name in told}, arrays, record.tables)


def kind_of(result: Answer) -> Kind:
    """What a result is made of."""
    from .interactions import Interactions
    from .selection import Selection

    if isinstance(result, Selection):
        return SELECTION
    return INTERACTIONS if isinstance(result, Interactions) else ATTRIBUTION


def _header(result: Answer, kind: Kind) -> dict[str, Any]:
    players, question = result.players, asdict(result.question)
    background = question.pop("background")
    header: dict[str, Any] = {
        "format": kind.format,
        "version": VERSION,
        **{name: getattr(result, name) for name in kind.plain},
        "players": {
            "names": players.names,
            "kind": players.kind,
            "ordered": players.ordered,
            "columns": players.columns,
        },
        **_meaning(result),
        "cost": asdict(result.cost),
        "question": question,
        "provenance": result.provenance,
    }
    judged = () if kind is INTERACTIONS else result.certificates  # type: ignore[union-attr]
    if judged:
        header["certificates"] = [c.to_dict() for c in judged]
    if background:  # beside the question, where a reader that knows of none leaves it alone
        header["background"] = background
    if kind is ATTRIBUTION and result.case_names:  # type: ignore[union-attr]
        header["case_names"] = list(result.case_names)  # type: ignore[union-attr]
    weights = result.weights if kind is ATTRIBUTION else None  # type: ignore[union-attr]
    if weights is not None:
        header["weights"] = weights.tolist()
    as_json: dict[str, Any] = plain(header)
    return as_json


def _meaning(result: Answer) -> dict[str, Any]:
    """What numbers mean, by their index; of a selection, who was chosen."""
    from .selection import Selection

    if isinstance(result, Selection):
        return {"chosen": result.chosen}
    return {"index": {"name": type(result.index).__name__, **_settings(result.index)}}


def _settings(index: indices.Index) -> dict[str, Any]:
    return {f.name: getattr(index, f.name) for f in fields(index) if f.init}  # type: ignore[arg-type]


def kind_named(header: Any, source: object) -> Kind:
    """What a header says it is the header of.

    Raises:
        ResultError: nothing of whence's, or of a version that this whence cannot read.
    """
    kind = KINDS.get(str(header.get("format"))) if isinstance(header, Mapping) else None
    if kind is None:
        raise ResultError(f"{source} is not a whence result")
    refuse_newer(header, VERSION, source)
    return kind


def refuse_newer(header: Mapping[str, Any], most: int, source: object) -> None:
    """Refuse a version that nobody wrote, or that a later whence did.

    Raises:
        ResultError: which it is, and up to which one this whence reads.
    """
    version = header.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ResultError(f"{source} is damaged: its version is {version!r}")
    if version > most:
        raise ResultError(
            f"{source} was written by a newer whence (format {version}, this one reads "
            f"up to {most}): upgrade whence to read it"
        )


@contextmanager
def reading(source: object) -> Iterator[None]:
    """Whatever a record that was tampered with may bring about is said to be damage.

    Raises:
        ResultError: something is missing or wrong.
    """
    try:
        yield
    except ResultError:
        raise
    except Exception as error:
        said = " ".join(repr(error).split())[:200]
        raise ResultError(f"{source} is damaged: {said} is missing or wrong") from error


def put_together(record: Record, source: object) -> Answer:
    """The result of a record.

    Args:
        record: what was read.
        source: where from, in words.

    Raises:
        ResultError: not a result, of a newer version, or damaged.
    """
    kind = kind_named(record.header, source)
    with reading(source):
        check_header(record.header, kind, source)
        if kind is INTERACTIONS:
            result: Answer = _interactions(record, kind)
        elif kind is SELECTION:
            result = _selection(record, kind, source)
        else:
            result = _attribution(record, kind, source)
        check(result, kind, source)
        _check_digest(record, source)
    return result


def _check_digest(record: Record, source: object) -> None:
    """Files of before have none. Last, since whatever else is wrong says more of what it is."""
    if record.header["version"] < _SEALED and "digest" not in record.header:
        return
    if record.header["digest"] != _digest(record):
        raise ResultError(
            f"{source} is damaged: it is not as whence wrote it. Numbers that somebody changed "
            "are no result: ask again, or read it with another tool"
        )


def _attribution(record: Record, kind: Kind, source: object) -> "Attribution":
    from .attribution import Attribution

    tables: dict[str, Any] = dict(record.tables)
    looks = tables.pop("trace", None)
    trace = Trace(**looks) if looks else None  # since version 2, and only of what was sampled
    judged = _certificates(record.header.get("certificates", []), source)
    return Attribution(
        **_common(record, kind),
        **tables,
        index=_index(**restored(record.header["index"])),
        trace=trace,
        certificates=judged,
        case_names=tuple(restored(record.header.get("case_names", ()))),
        weights=_weights(record.header.get("weights")),
    )


def _weights(told: Any) -> np.ndarray | None:
    """There are none in files of whoever knew of none, or had none."""
    return None if told is None else np.array(restored(told), dtype=float)


def _certificates(told: list[Mapping[str, Any]], source: object) -> tuple[Certificate, ...]:
    """There are none in files of whoever knew of none, or had none."""
    try:
        return tuple(Certificate.from_dict(one) for one in told)
    except ResultError as error:
        raise ResultError(f"{source} is damaged: {error}") from error


def _selection(record: Record, kind: Kind, source: object) -> "Selection":
    from .selection import Selection

    common = _common(record, kind)
    chosen = np.array(record.header["chosen"])
    if chosen.dtype != bool:
        raise ResultError(f"{source} is damaged: `chosen` is yes or no for each player")
    judged = _certificates(record.header.get("certificates", []), source)
    common |= {"order": tuple(common["order"]), "path": dict(record.tables["path"])}
    try:
        return Selection(**common, chosen=chosen, certificates=judged)
    except ResultError as error:
        raise ResultError(f"{source} is damaged: {error}") from error


def _interactions(record: Record, kind: Kind) -> "Interactions":
    from .interactions import Interactions

    common = _common(record, kind) | {"index": _index(**restored(record.header["index"]))}
    pairs = tuple((int(i), int(j)) for i, j in common.pop("pairs"))
    return Interactions(**common, pairs=pairs)


def _common(record: Record, kind: Kind) -> dict[str, Any]:
    from .attribution import Cost

    header = record.header
    players, question = restored(header["players"]), header["question"]
    columns = {name: tuple(column) for name, column in players["columns"].items()}
    return {
        **{name: header[name] for name in kind.plain},
        **{name: record.arrays[name] for name in kind.arrays},
        "outputs": tuple(header["outputs"]),
        "players": Players(tuple(players["names"]), players["kind"], players["ordered"], columns),
        "cost": Cost(**restored(header["cost"])),
        "question": Question(
            **{**question, "classes": tuple(question["classes"])},
            background=str(header.get("background", "")),
        ),
        "provenance": restored(header["provenance"]),
    }


def _index(name: str, **settings: Any) -> indices.Index:
    kind = getattr(indices, name, None)
    if not isinstance(kind, type) or not issubclass(kind, indices.Index):
        raise TypeError(f"the index {name!r}")
    index: indices.Index = kind(**settings)
    return index
