"""The published form of a result as JSON: a schema for each kind of result and version."""

import json
from importlib.resources import files
from typing import Any

from whence._core.arguments import check_arguments
from whence._core.errors import OptionError, did_you_mean
from whence._core.kinds import KINDS
from whence._core.record import VERSION

NAMES = tuple(kind.name for kind in KINDS.values())


@check_arguments
def json_schema(kind: str = "attribution", *, version: int = VERSION) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `to_dict()`, and of the command line's `--json`.

    Args:
        kind: "attribution", "interactions" or "selection".
        version: of the format, as its `version` says; the one that is written by default.

    Raises:
        OptionError: no such kind, or no schema of that version.

    >>> json_schema()["title"]
    'whence attribution, version 3'
    """
    if kind not in NAMES:
        raise OptionError(f"no schema of {kind!r} is published. {did_you_mean(kind, NAMES)}")
    published = files("whence") / "schema" / f"{kind}-{version}.json"
    if not published.is_file():
        raise OptionError(f"no schema of version {version!r} is published: the last is {VERSION}")
    schema: dict[str, Any] = json.loads(published.read_text(encoding="utf-8"))
    return schema
