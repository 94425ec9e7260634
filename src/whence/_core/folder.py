"""The folder is the registry: what a package holds, read from its files, not imported.

A new method is one new file; no list is edited, and nothing optional is loaded to find it. Public
are classes, and, where a package says so, *namesakes*: functions called as their file is.
"""

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from .errors import did_you_mean


@lru_cache
def classes(package: str, root: str) -> dict[str, str]:
    """Public class names of every module under a package, with the module that defines each.

    Args:
        package: dotted name, such as "whence.methods".
        root: its folder.
    """
    return {
        node.name: module
        for module, tree in _modules(package, Path(root))
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


@lru_cache
def with_namesakes(package: str, root: str) -> dict[str, str]:
    """As `classes`, and the functions that have the name of their file.

    Args:
        package: dotted name, such as "whence.methods".
        root: its folder.
    """
    functions = {
        node.name: module
        for module, tree in _modules(package, Path(root))
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == module.rpartition(".")[2]
    }
    return functions | classes(package, root)


def _modules(package: str, root: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if not any(part.startswith("_") for part in parts):
            yield ".".join([package, *parts]), ast.parse(path.read_text(encoding="utf-8"))


def look_up(
    package: str, root: str, name: str, public: Callable[[str, str], dict[str, str]] = classes
) -> Any:
    """What is public in a package, or a subpackage of it: the body of its `__getattr__`.

    Args:
        package: dotted name.
        root: its folder.
        name: of what is looked up.
        public: what there is: `classes`, or `with_namesakes`.

    Raises:
        AttributeError: there is none of that name.
    """
    known = public(package, root)
    if name in known:
        return getattr(import_module(known[name]), name)
    plain = name.isidentifier() and not name.startswith("_")
    if plain and ((Path(root) / name).is_dir() or (Path(root) / f"{name}.py").is_file()):
        return import_module(f"{package}.{name}")
    raise AttributeError(f"{package} has no {name!r}. {did_you_mean(name, known)}")
