"""What every report is made of: players in order of size, each with its value and interval."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.text import clean, elide, told_apart


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One player's line.

    Attributes:
        player: its position among the players.
        name: its name, on one line.
        given: its value in the one case that is explained; empty where unknown.
        value: what it brings or adds.
        stderr: NaN where nobody knows.
        low: lower end of the 95 % interval.
        high: upper end.
        size: the mean over cases of the absolute value; NaN for an average that lost its cases.
        every: the names of all players, which it is to be told apart from.
    """

    player: int
    name: str
    given: str
    value: float
    stderr: float
    low: float
    high: float
    size: float
    every: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name, with its value where there is one."""
        return f"{self.name} = {self.given}" if self.given else self.name

    def short(self, most: int) -> str:
        """The name in so many letters, as no other player is called."""
        return told_apart(self.every, most)[self.player] if self.every else elide(self.name, most)

    def fitted(self, most: int) -> str:
        """The label in so many letters: the name keeps what sets it apart."""
        if not self.given:
            return self.short(most)
        plain = elide(self.label, most)
        if sum(name.startswith(plain.partition("…")[0]) for name in self.every) < 2:
            return plain  # it begins as no other does
        tail = f" = {elide(self.given, max(most - 3 - len(self.name), most // 3))}"
        return self.short(most - len(tail)) + tail

    @property
    def apart(self) -> bool:
        """The interval excludes zero."""
        return self.low > 0 or self.high < 0

    @property
    def half(self) -> float:
        """Half of the 95 % interval; NaN without one."""
        return (self.high - self.low) / 2 if self.sure else np.nan

    @property
    def sure(self) -> bool:
        """There is an interval."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


@final
@dataclass(frozen=True, slots=True)
class Ranking:
    """The players that are shown, and what is said of the others.

    Attributes:
        shown: in order.
        others: how many are left out.
        unclear: how many of those cannot be told from nothing; None where nobody knows.
        bound: the largest absolute value among those left out.
    """

    shown: tuple[Row, ...]
    others: int
    unclear: int | None
    bound: float


def averaged(att: Attribution) -> Attribution:
    """The mean over cases; never fails, also where no case was visited."""
    if len(att.values) == 1:
        return att
    if np.isfinite(att.values).all(axis=(1, 2)).any():
        return att.mean()
    unknown = np.full((1, *att.values.shape[1:]), np.nan)
    ends = unknown[:, :, 0] if len(att.players) else np.full((1, len(att.outputs)), np.nan)
    return replace(
        att,
        values=unknown,
        parts={},
        freedom=np.ones(1),
        empty=ends,
        full=ends,
        shared={},
        covariance={},
        data={},
        case_names=(),
        averaged=max(len(att.values), 1),
    )


def sizes(att: Attribution) -> np.ndarray:
    """The mean over cases of the absolute values: float [outputs, players]."""
    known = np.isfinite(att.values).all(axis=(1, 2))
    weights = None if att.weights is None else att.weights[known]
    if not known.any() or (weights is not None and not weights.any()):
        return np.full(att.values.shape[1:], np.nan)
    return np.asarray(np.average(np.abs(att.values[known]), axis=0, weights=weights))


def order(keys: np.ndarray) -> np.ndarray:
    """Positions by falling absolute value [players]; unknown ones last, ties as they stand."""
    known = np.where(np.isfinite(keys), np.abs(keys), -1.0)
    return np.argsort(-known, kind="stable")


def rows(att: Attribution, output: int = 0) -> tuple[Row, ...]:
    """Every player's line for one output, as the players stand."""
    one = averaged(att)
    low, high = one.ci()
    error, size, given = one.stderr, sizes(att), given_values(att)
    every = tuple(map(clean, att.players.names))
    return tuple(
        Row(
            p,
            every[p],
            given.get(name, ""),
            float(one.values[0, output, p]),
            float(error[0, output, p]),
            float(low[0, output, p]),
            float(high[0, output, p]),
            float(size[output, p]) if one.averaged == 1 or len(att.values) > 1 else np.nan,
            every,
        )
        for p, name in enumerate(att.players.names)
    )


def ranking(att: Attribution, output: int, most: int, *, by_size: bool = False) -> Ranking:
    """The `most` largest players of one output, and what is left."""
    return cut(_ranked(att, output, by_size=by_size), most)


def ranking_of(
    att: Attribution, output: int, kept: np.ndarray, *, by_size: bool = False
) -> Ranking:
    """The players at these positions, by falling size, and what is left.

    Args:
        att: the answer.
        output: its position.
        kept: positions, int [kept].
        by_size: by the mean of the absolute values.
    """
    here = set(kept.tolist())
    ranked = _ranked(att, output, by_size=by_size)
    return cut(sorted(ranked, key=lambda r: r.player not in here), len(here))


def _ranked(att: Attribution, output: int, *, by_size: bool) -> list[Row]:
    every = rows(att, output)
    keys = np.array([r.size if by_size else r.value for r in every])
    return [every[i] for i in order(keys)]


def cut(ranked: list[Row], most: int) -> Ranking:
    """The first rows of a list, and a summary of the others."""
    shown, left = ranked[:most], ranked[most:]
    known = all(r.sure for r in left)
    bound = max((abs(r.value) for r in left if np.isfinite(r.value)), default=0.0)
    return Ranking(
        tuple(shown), len(left), sum(not r.apart for r in left) if known else None, bound
    )


def given_values(att: Attribution) -> dict[str, str]:
    """Player -> its value in the one case that is explained."""
    if len(att.values) != 1 or att.averaged > 1:
        return {}
    return {name: shown(column[0]) for name, column in att.data.items() if len(column)}


def shown(value: object) -> str:
    """A cell of a table as people write it.

    >>> shown(39.0), shown(0.123456789), shown("blue"), shown(float("nan"))
    ('39', '0.1235', 'blue', 'missing')
    """
    if value is None or value != value:  # noqa: PLR0124 - NaN of any kind, pandas' and numpy's too
        return "missing"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}" if float(value).is_integer() else f"{value:.4g}"
    return clean(value)
