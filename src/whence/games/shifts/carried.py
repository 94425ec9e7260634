"""Which rows, and which values, carry a mechanism's part of a change.

A value is a mean over orders of differences between weighted means, so it is a sum over rows:

    phi_m = sum_i a_i,    a_i = psi_i (m_i - v(nobody)),

where psi_i is the mechanism's Shapley value in the game of row i's own (normalised) weight. Rows
that became more frequent and do badly carry a drop, and rows that became rarer and did well. Rows
of both data sets are weighed, so rows of both carry.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, final

import numpy as np

from whence._core.enumeration import coalitions
from whence._core.errors import OptionError
from whence._core.index import Shapley
from whence._core.shaped import Float, Int
from whence._core.text import printable
from whence.games.shifts.columns import MISSING, Shared

if TYPE_CHECKING:
    from whence.games.shifts.mechanisms import MechanismShift

_ORDERS = 8  # players up to which every coalition is asked
_BINS = 5


@final
@dataclass(frozen=True, slots=True)
class Carried:
    """Who carries a mechanism's value.

    Attributes:
        mechanism: its name.
        value: the sum over all rows of what each carries.
        rows: the rows that carry `share` of its side, heaviest first, as positions in `each`.
        each: what every row carries that is weighed, before's rows first.
        share: see `rows`.
        before: those of `rows` that are of before, as positions in before, heaviest first.
        after: those that are of after, as positions in after.
        table: values of columns in columns of one length: "column", "value", "before", "after"
            (shares of the rows, as they were and as the mechanism makes them), "metric" (their
            mean), "carries" (the sum over them), largest first.
        exact: the sum is the Shapley value; otherwise it is the mean of coming first and last.
    """

    mechanism: str
    value: float
    rows: Int[np.ndarray, " carriers"]
    each: Float[np.ndarray, " rows"]
    share: float
    before: Int[np.ndarray, " some"]
    after: Int[np.ndarray, " others"]
    table: dict[str, tuple[object, ...]]
    exact: bool

    def __repr__(self) -> str:
        first = (
            f"{self.mechanism} carries {self.value:+.4g}: {len(self.rows):,} of {len(self.each):,} "
            f"rows carry {100 * self.share:g} % of its side of it ({len(self.before):,} of before, "
            f"{len(self.after):,} of after)"
        )
        lines = [first]
        shown = zip(*self.table.values(), strict=True)
        for column, value, before, after, metric, carries in list(shown)[:5]:
            lines.append(
                f"  {column} = {value}: {carries:+.4g} ({100 * float(str(before)):.1f} % of rows, "
                f"as after {100 * float(str(after)):.1f} %; mean {metric:.4g})"
            )
        return printable("\n".join(lines))


def carried(game: "MechanismShift", mechanism: str | int, share: float) -> Carried:
    """See `MechanismShift.rows`."""
    if isinstance(share, bool) or not isinstance(share, float) or not 0 < share < 1:
        raise OptionError(f"share lies between 0 and 1, such as 0.5; given {share!r}")
    own, player = game.evidence, game.players.index(mechanism)
    m = own.metric.each
    if m is None:
        how = "it compares pairs" if own.metric.name == "auc" else "it is no mean over rows"
        raise OptionError(
            f"no row has a part of the {own.metric.name}: {how}. Ask with metric='accuracy' or "
            "'log-loss'."
        )
    if game.roles.by_difference and player == len(game.players) - 1:
        raise OptionError(
            f"{game.players.names[player]} is measured by difference, after all others: no row has "
            "a part of it"
        )
    psi = _own_weight(game, player)
    nobody = game.weights(np.zeros(len(game.players), bool))[:, 0]
    each = psi * (m - nobody @ m)
    side = np.sign(each.sum()) or 1.0
    order = np.argsort(-side * each, kind="stable")
    along = np.maximum(side * each[order], 0)
    many = int(np.searchsorted(np.cumsum(along), share * along.sum())) + 1
    heavy, first = order[:many], own.sizes[0]
    return Carried(
        game.players.names[player],
        float(each.sum()),
        heavy,
        each,
        share,
        own.rows[0][heavy[heavy < first]],
        own.rows[1][heavy[heavy >= first] - first],
        _table(game, player, each, psi),
        len(game.players) <= _ORDERS,
    )


def _own_weight(game: "MechanismShift", player: int) -> Float[np.ndarray, " rows"]:
    """What the mechanism adds to each row's share of the weight."""
    n = len(game.players)

    def shares(coalition: np.ndarray) -> np.ndarray:
        return np.asarray(game.weights(coalition)[:, 0])

    total = np.zeros(len(game.evidence.kept))
    if n > _ORDERS:
        one, every = np.eye(n, dtype=bool)[player], np.ones(n, bool)
        first = shares(one) - shares(np.zeros(n, bool))
        last = shares(every) - shares(every & ~one)
        return np.asarray((first + last) / 2)
    last = game.roles.by_difference  # whoever is measured by difference moves no weight
    for others in coalitions(n - last):
        without = np.append(others, np.zeros(int(last), bool))
        if not without[player]:
            joined = without.copy()
            joined[player] = True
            weight = Shapley().weight(int(without.sum()), n - last)
            total += weight * (shares(joined) - shares(without))
    return total


def _table(
    game: "MechanismShift", player: int, each: np.ndarray, psi: np.ndarray
) -> dict[str, tuple[object, ...]]:
    own, m, lines = game.evidence, game.evidence.metric.each, []
    nobody = game.weights(np.zeros(len(game.players), bool))[:, 0]
    for name in game.columns(player):
        codes, labels = _values(own.columns[name])
        for code, value in enumerate(labels):
            at = codes == code
            if at.any() and m is not None:
                was = float(nobody[at].sum())
                becomes = was + float(psi[at].sum())
                lines.append(
                    (name, value, was, becomes, float(m[at].mean()), float(each[at].sum()))
                )
    lines.sort(key=lambda line: -abs(line[5]))
    titles = ("column", "value", "before", "after", "metric", "carries")
    return {title: tuple(line[i] for line in lines) for i, title in enumerate(titles)}


def _values(column: Shared) -> tuple[np.ndarray, list[str]]:
    """The values of a column; numbers by fifths."""
    if column.numbers is None:
        return column.codes, [str(v) for v in column.levels]
    x, known = column.numbers, ~column.missing
    edges = np.unique(np.quantile(x[known], np.linspace(0, 1, _BINS + 1)))
    ends = [column.said(edge) for edge in edges]
    labels = [f"{a} to {b}" for a, b in pairwise(ends)] or ends
    codes = np.searchsorted(edges[1:-1], x, side="right")
    return np.where(known, codes, len(labels)), [*labels, MISSING]
