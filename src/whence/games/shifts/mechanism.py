"""Mechanisms: what the joint law of a table's columns is a product of.

    P(all columns) = product over mechanisms of P(children | parents)

They are given as a graph (child -> parents), as text ("P(y | x, z)"), or as pairs of children and
parents. Every column is the child of exactly one, and no column comes before itself.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from whence._core.errors import OptionError, did_you_mean, some

_TEXT = re.compile(r"P\s*\(\s*([^|()]+?)\s*(?:\|\s*([^|()]*?)\s*)?\)", re.IGNORECASE)
_MOST = 3  # parents that a name spells out


@final
@dataclass(frozen=True, slots=True)
class Mechanism:
    """How some columns come about, given others.

    Attributes:
        children: the columns that it makes.
        parents: the columns that it looks at; none for a root.
        called: its name.
    """

    children: tuple[str, ...]
    parents: tuple[str, ...]
    called: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Parents and children."""
        return (*self.parents, *self.children)

    def among(self, columns: Collection[str]) -> "Mechanism":
        """The same mechanism, of some columns only."""
        children, parents = (
            tuple(n for n in side if n in columns) for side in (self.children, self.parents)
        )
        return Mechanism(children, parents, self.called)


def named(children: Sequence[str], parents: Sequence[str]) -> str:
    """A mechanism in a few words.

    >>> named(["y"], ["a", "b", "c", "d", "e"]), named(["a"], [])
    ('P(y | a, b, c, and 2 more)', 'P(a)')
    """
    return f"P({_few(children)} | {_few(parents)})" if parents else f"P({_few(children)})"


def _few(names: Sequence[str]) -> str:
    rest = len(names) - _MOST
    more = f", and {rest} more" if rest > 1 else ""
    return ", ".join(names[:_MOST] if more else names) + more


def as_mechanisms(given: Any, features: Sequence[str], label: str) -> tuple[Mechanism, ...]:
    """Whatever a user gives for mechanisms, checked.

    Args:
        given: child -> parents, texts such as "P(y | x)", or (children, parents) pairs.
        features: the columns there are.
        label: what the label is called.

    Returns:
        one for each, in the order given. "X" stands for the features that nobody names, and "y"
        for the label, where no column is called so.

    Raises:
        OptionError: a column that is not there, is made twice or never, or comes before itself.
    """
    pairs, known = _pairs(given), (*features, label)
    rest = [f for f in features if f not in {n for pair in pairs for side in pair for n in side}]
    aliases = {"X": rest, "x": rest, "y": [label], "Y": [label]}
    full = [
        (_meant(children, known, aliases), _meant(parents, known, aliases))
        for children, parents in pairs
    ]
    _refuse_odd(full, known)
    _refuse_cycles(full)
    return tuple(
        Mechanism(tuple(c), tuple(p), named(*pair))
        for (c, p), pair in zip(full, pairs, strict=True)
    )


def _pairs(given: Any) -> list[tuple[list[str], list[str]]]:
    if isinstance(given, Mapping):
        return [(_names(child), _names(parents)) for child, parents in given.items()]
    if isinstance(given, str) or getattr(given, "ndim", 1) == 0 or not isinstance(given, Iterable):
        raise OptionError(
            "mechanisms are a graph such as {'region': [], 'y': ['region']}, texts such as "
            f"['P(region)', 'P(y | region)'], or None; given {given!r}"
        )
    pairs = [_one(item) for item in given]
    if not pairs:
        raise OptionError("mechanisms are empty: leave them out, or name one for each column")
    return pairs


def _one(item: Any) -> tuple[list[str], list[str]]:
    if isinstance(item, str):
        found = _TEXT.fullmatch(item.strip())
        if found is None:
            raise OptionError(
                f"no mechanism is written {item!r}: write 'P(child)', 'P(child | parent, parent)' "
                "or 'P(child, child | parent)'"
            )
        return _split(found[1]), _split(found[2] or "")
    if isinstance(item, Sequence) and len(item) == 2:
        return _names(item[0]), _names(item[1])
    raise OptionError(
        f"a mechanism is a text such as 'P(y | x)', or a pair (children, parents); given {item!r}"
    )


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _names(side: Any) -> list[str]:
    if side is None:
        return []
    if isinstance(side, str):
        return [side]
    if isinstance(side, Iterable):
        return [str(name) for name in side]
    return [str(side)]


def _meant(names: list[str], known: Sequence[str], aliases: Mapping[str, list[str]]) -> list[str]:
    found: list[str] = []
    for name in names:
        meant = [name] if name in known else aliases.get(name)
        if not meant:
            raise OptionError(
                f"mechanisms name a column {name!r} that is not there. {did_you_mean(name, known)}"
            )
        found += meant
    return found


def _refuse_odd(pairs: list[tuple[list[str], list[str]]], known: Sequence[str]) -> None:
    made = [c for children, _ in pairs for c in children]
    twice = sorted({c for c in made if made.count(c) > 1})
    if twice:
        raise OptionError(
            f"{some(twice)} is the child of more than one mechanism: each column comes about in "
            "one way. Take it out of all but one."
        )
    never = [c for c in known if c not in made]
    if never:
        raise OptionError(
            f"no mechanism makes {some(never)}: give each column one, such as "
            f"'P({never[0]})', or leave mechanisms out"
        )
    if any(not children for children, _ in pairs):
        raise OptionError("a mechanism without children makes nothing: leave it out")


def _refuse_cycles(pairs: list[tuple[list[str], list[str]]]) -> None:
    owner = {c: m for m, (children, _) in enumerate(pairs) for c in children}
    needs = {m: {owner[p] for p in parents} for m, (_, parents) in enumerate(pairs)}
    while needs:
        free = [m for m, before in needs.items() if not before & needs.keys()]
        if not free:
            names = [named(*pairs[m]) for m in needs]
            raise OptionError(
                f"these mechanisms go round in a circle: {some(names)}. No column can come before "
                "itself: take out a parent."
            )
        needs = {m: before for m, before in needs.items() if m not in free}
