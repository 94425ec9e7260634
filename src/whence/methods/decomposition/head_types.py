"""What kind of head each is: by the tokens from which its direct effect is read.

    share(h, g) = |sum over s in g of phi(h <- s)| / (all groups' and what is read elsewhere)

A head is of the type of one group where that gives `ratio` times as much as any other, "mixed"
where several do, and "neither" where more is read outside the groups than in them, or where the
head adds next to nothing.

Source: Chughtai, Cooney and Nanda (2024), of subject and relation heads; the cut-offs are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError, some
from whence._core.shaped import Float
from whence._core.text import printable

_ARROW = " <- "


@final
@dataclass(frozen=True, slots=True)
class HeadTypes:
    """Heads, and where their direct effects come from.

    Attributes:
        names: of the heads.
        groups: of positions.
        effects: what each head adds by way of each group, and, last, by way of other positions.
        shares: the same without signs, as shares of their sum; zero for a silent head.
        types: a group's name, "mixed" or "neither".
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    effects: Float[np.ndarray, "heads groups_and_rest"]
    shares: Float[np.ndarray, "heads groups_and_rest"]
    types: tuple[str, ...]

    def of(self, kind: str) -> tuple[str, ...]:
        """The heads of a type."""
        return tuple(n for n, t in zip(self.names, self.types, strict=True) if t == kind)

    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each head: its type, and its effect and share by group.

        Args:
            backend: "pandas", "polars" or "pyarrow".

        Raises:
            OptionError: no such backend, or it is not installed.
        """
        import narwhals as nw

        columns: dict[str, Any] = {"head": list(self.names), "type": list(self.types)}
        for g, group in enumerate((*self.groups, "elsewhere")):
            columns[f"effect {group}"] = self.effects[:, g]
            columns[f"share {group}"] = self.shares[:, g]
        try:
            return nw.from_dict(columns, backend=backend).to_native()  # type: ignore[arg-type]
        except (ImportError, ValueError) as error:
            raise OptionError(f"no frames of {backend!r} can be made: {error}") from error

    def __repr__(self) -> str:
        lines = [["head", "type", *self.groups, "elsewhere", "adds"]]
        for name, kind, share, effect in zip(
            self.names, self.types, self.shares, self.effects, strict=True
        ):
            lines.append([name, kind, *(f"{s:.2f}" for s in share), f"{effect.sum():+.3g}"])
        wide = [max(len(line[c]) for line in lines) for c in range(len(lines[0]))]
        told = ["  ".join(x.ljust(w) for x, w in zip(line, wide, strict=True)) for line in lines]
        return printable("\n".join(line.rstrip() for line in told))


def head_types(
    att: Attribution,
    groups: Mapping[str, Sequence[int]],
    *,
    ratio: float = 10.0,
    least: float = 0.01,
) -> HeadTypes:
    """The type of each head, averaged over prompts.

    Args:
        att: from `direct_logit(..., by_source=True)`; its first output.
        groups: positions by name, such as {"subject": [1, 2], "relation": [3]}.
        ratio: how many times as much one group must give as any other.
        least: a head that adds less than this share of what the strongest head adds is "neither".

    Returns:
        A row for each head, in the order of the answer.

    Raises:
        ResultError: heads are not split by position.
        OptionError: no groups, a position in two of them or in none of the prompts, or a ratio
            below 1.

    Source: Chughtai, Cooney and Nanda (2024).
    """
    column = att.players.columns.get("source", ())
    sources = {i: int(s) for i, s in enumerate(column) if isinstance(s, (int, np.integer))}
    if not sources:
        raise ResultError(
            "types of heads need what each adds by the position that it reads: give "
            "direct_logit(..., by_source=True)"
        )
    _check(groups, set(sources.values()), ratio)
    heads = {i: att.players.names[i].partition(_ARROW)[0] for i in sources}
    names = tuple(dict.fromkeys(heads.values()))
    place = {int(s): g for g, members in enumerate(groups.values()) for s in members}
    one = att.values[:, 0].mean(axis=0)
    effects = np.zeros((len(names), len(groups) + 1))
    row = {name: r for r, name in enumerate(names)}
    for i, source in sources.items():
        effects[row[heads[i]], place.get(source, len(groups))] += one[i]
    size = np.abs(effects)
    total = size.sum(axis=1, keepdims=True)
    shares = np.divide(size, total, out=np.zeros_like(size), where=total > 0)
    loud = total[:, 0] >= least * total.max(initial=0.0)
    called = [
        _type(own, tuple(groups), ratio) if heard and own.any() else "neither"
        for own, heard in zip(size, loud, strict=True)
    ]
    return HeadTypes(names, tuple(groups), effects, shares, tuple(called))


def _type(size: Float[np.ndarray, " groups_and_rest"], groups: Sequence[str], ratio: float) -> str:
    own, elsewhere = size[:-1], size[-1]
    if own.sum() <= elsewhere:
        return "neither"
    first, *others = np.sort(own)[::-1]
    if not others or first >= ratio * others[0]:
        return groups[int(np.argmax(own))]
    return "mixed"


def _check(groups: Mapping[str, Sequence[int]], known: set[int], ratio: float) -> None:
    if not isinstance(groups, Mapping) or not groups:
        raise OptionError(
            "groups are positions by name, such as {'subject': [1, 2], 'relation': [3]}; given "
            f"{groups!r}"
        )
    every = [int(s) for members in groups.values() for s in members]
    twice = sorted({s for s in every if every.count(s) > 1})
    if twice:
        raise OptionError(f"position {some(twice)} stands in two groups: take it out of one")
    strangers = [s for s in every if s not in known]
    if strangers:
        raise OptionError(
            f"no head reads position {some(strangers)}: the answer has positions "
            f"{min(known)} to {max(known)}"
        )
    if not ratio >= 1:
        raise OptionError(f"ratio is a number from 1 upwards; given {ratio!r}")
