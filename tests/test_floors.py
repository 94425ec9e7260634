"""The floors of the house: a folder may import only from the floors below it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "whence"
WINGS = {"games", "methods", "concepts", "evaluate", "report", "engines"}
BELOW = {"_core", "models", "kernels"}
ALLOWED = {"_core": set(), "models": {"_core"}, "kernels": {"_core"}} | dict.fromkeys(WINGS, BELOW)
ALLOWED |= {"recipes": {*BELOW, *WINGS, "_attribute", "_choose"}}
# results are shown by calling upwards, inside the functions that show them
SANCTIONED = {
    (f"_core/{name}.py", "report") for name in ("attribution", "interactions", "lens", "selection")
}


def edges(root, source=None):
    for path in sorted(root.rglob("*.py")):
        here = path.relative_to(root).parts
        if len(here) < 2 or here[0] not in ALLOWED:
            continue
        for name in imported(source or path.read_text(), ("whence", *here)):
            if len(name) > 1 and name[0] == "whence" and name[1] != here[0]:
                yield "/".join(here), here[0], name[1]


def imported(source, here):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else ()
            module = (*base, *(node.module or "").split("."))
            yield from (tuple(p for p in (*module, a.name) if p) for a in node.names)
        elif isinstance(node, ast.Import):
            yield from (tuple(a.name.split(".")) for a in node.names)


def forbidden(root, source=None):
    return [
        (path, target)
        for path, floor, target in edges(root, source)
        if target not in ALLOWED[floor] and (path, target) not in SANCTIONED
    ]


def test_no_floor_looks_up():
    assert forbidden(ROOT) == []


@pytest.mark.parametrize(
    "line", ["from whence.games import x", "import whence.report.table", "from ..games import y"]
)
def test_a_mutant_import_is_caught(line):
    caught = {path for path, _ in forbidden(ROOT, line)}
    assert "methods/__init__.py" in caught or "_core/game.py" in caught
