"""Skops files: what is said in them is checked before skops rebuilds anything from it.

A skops file is a zip of arrays and a schema, a tree of nodes in JSON, each of which names a type
and the kind of node that rebuilds it. All of it is read here first: sizes against the file's, every
type in its kind of node, arrays against their headers, trees and boosters with whence's own readers
of them. What was read is then given to skops as a new zip that holds that and nothing else, without
the numbers by which a file may say that one node is another.
"""

import io
import json
import zipfile
from collections.abc import Collection, Iterator
from typing import Any

from whence._core.errors import ModelFileError, some
from whence.models.skops_members import check_member, check_sizes
from whence.models.skops_parts import check_part
from whence.models.skops_types import name_of, trusted_by_default
from whence.models.trees.damage import DamageError

_WORDS = ("__loader__", "__module__", "__class__")


def read_skops(raw: bytes, trust: Collection[str], path: object) -> object:
    """The object that a skops file holds.

    Args:
        raw: the file's bytes.
        trust: further types that may be rebuilt, "module.name", whatever rebuilding them does.
        path: the file, for messages.

    Raises:
        ModelFileError: types that nobody trusts.
        DamageError: a file that is not what it says.
    """
    from skops.io import get_untrusted_types, loads

    from whence.models.skops_object import check_object

    with zipfile.ZipFile(io.BytesIO(raw)) as members:
        check_sizes(members, len(raw))
        schema = json.loads(members.read("schema.json"))
        nodes = list(_nodes(schema))
        _refuse_strangers(schema, nodes, trust, path)
        files = {name: members.read(name) for name in _files(nodes)}
    for node in nodes:
        check_member(node, files)
    for node in nodes:
        check_part(node, files)
    clean = _packed(schema, files)
    made = loads(clean, trusted=get_untrusted_types(data=clean))
    check_object(made)
    return made


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every node of a schema, freed of the number by which others may name it."""
    if not isinstance(schema, dict) or "__loader__" not in schema:
        raise DamageError("its schema is no tree of nodes")
    stack = [schema]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend(one.values())
            if "__loader__" in one:
                if not all(isinstance(one.get(word), str) and one[word] for word in _WORDS):
                    raise DamageError("a node of its schema has no type")
                one.pop("__id__", None)
                yield one
        elif isinstance(one, list):
            stack.extend(one)


def _refuse_strangers(
    schema: dict[str, Any], nodes: list[dict[str, Any]], trust: Collection[str], path: object
) -> None:
    strange = {name_of(n) for n in nodes if not trusted_by_default(n)} - set(trust)
    if schema.get("protocol") == 0:  # its functions are named elsewhere, and some are not audited
        old = {"FunctionNode", "RandomGeneratorNode"}
        strange |= {name_of(n) for n in nodes if n["__loader__"] in old} - set(trust)
    if strange:
        raise ModelFileError(
            f"{path} holds types that whence does not trust by itself: "
            f"{some(sorted(strange), 12)}. Rebuilding them may run code. If you trust them: "
            "--trust TYPE, once for each (in Python, trust=[...] where the model is read)."
        )


def _files(nodes: list[dict[str, Any]]) -> set[str]:
    names = {node["file"] for node in nodes if "file" in node}
    if not all(isinstance(name, str) for name in names):
        raise DamageError("a node of its schema names no file")
    return names


def _packed(schema: dict[str, Any], files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as members:
        for name, content in files.items():
            members.writestr(name, content)
        members.writestr("schema.json", json.dumps(schema))
    return made.getvalue()
