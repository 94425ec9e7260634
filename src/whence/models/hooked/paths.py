"""Paths of modules: lists, their elements, and what is inside what."""

from collections.abc import Sequence
from itertools import takewhile


def numbered(path: str) -> bool:
    """Whether it is an element of a list of modules."""
    return path.rpartition(".")[2].isdigit()


def common(paths: Sequence[str]) -> str:
    """The innermost module in which all of these are."""
    pieces = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(piece[0] for piece in takewhile(lambda p: len(set(p)) == 1, pieces))


def container(path: str, *, named: bool) -> str | None:
    """The list that this is an element of: "h" of "h.3", or by its name "layer" of "layer3"."""
    before, _, last = path.rpartition(".")
    stem = last.rstrip("0123456789")
    if stem == last or bool(stem) != named:
        return None
    return ".".join(filter(None, [before, stem]))


def within(path: str, other: str) -> bool:
    """Whether one is inside the other, either way, or they are the same."""
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


def prefixes(path: str) -> list[str]:
    """Of a path, from the shortest."""
    pieces = path.split(".")
    return [".".join(pieces[:k]) for k in range(1, len(pieces) + 1)]


def containers(paths: Sequence[str], *, named: bool) -> set[str]:
    """The outermost lists in which attentions stand: of two or more elements, else of one."""
    elements: dict[str, set[str]] = {}
    for path in paths:
        for prefix in prefixes(path):
            found = container(prefix, named=named)
            if found is not None:
                elements.setdefault(found, set()).add(prefix)
    many = {c for c, inside in elements.items() if len(inside) > 1}
    outer = many | {c for c in elements if not any(within(c, other) for other in many)}
    return {c for c in outer if not any(c != o and within(o, c) and len(o) < len(c) for o in outer)}


def stack_names(stacks: Sequence[str]) -> dict[str, str]:
    """What tells stacks apart: "encoder" and "decoder"; nothing where there is one."""
    if len(stacks) < 2:
        return dict.fromkeys(stacks, "")
    pieces = [stack.split(".") for stack in stacks]
    for place in range(min(map(len, pieces))):
        names = [piece[place] for piece in pieces]
        if len(set(names)) == len(names):
            return dict(zip(stacks, names, strict=True))
    return {stack: stack for stack in stacks}
