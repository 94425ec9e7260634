"""Mean predictions over a background, prepared once and asked often."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, final

import numpy as np

from whence._core.deadline import check_deadline
from whence._core.errors import UnsupportedGameError
from whence._core.forms import TreeEnsemble
from whence._core.shaped import Bool, Float, Int, UInt
from whence.kernels.codes import encode
from whence.kernels.patterns import seen
from whence.kernels.twigs import Twigs, cut
from whence.kernels.worths import Kept, ask, kept

_TREES, _CUT = 256, 16  # cut at a time: to be kept, and to see how large they are
_BYTES = 2**28  # of what is kept, at most: without each fold of a background it is eight times that
_SEEN = 2**27  # patterns of the explained rows that are kept, at most
_LANES = 32  # rows that are asked together


@final
@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """f_S of explained rows: the mean over the background of f, with the players S present.

    Attributes:
        parts: what is kept of the trees.
        seen: the patterns of the explained rows, part by part; none where they are too many.
        codes: of the explained rows.
        pool: of the background.
        base: of the ensemble.
    """

    parts: tuple[Kept, ...]
    seen: tuple[UInt[np.ndarray, "_ rows"], ...]
    codes: UInt[np.ndarray, "features rows"]
    pool: UInt[np.ndarray, "features members"]
    base: Float[np.ndarray, " outputs"]

    @staticmethod
    def of(
        ensemble: TreeEnsemble,
        owner: Int[np.ndarray, " features"],
        rows: Float[np.ndarray, "rows features"],
        pool: Float[np.ndarray, "members features"],
    ) -> "Means":
        """From cells as numbers.

        Raises:
            UnsupportedGameError: trees so wide that their tables would not fit into memory.
        """
        _refuse_wide(ensemble, owner)
        pooled, whole = encode(ensemble, pool), np.zeros(len(pool), dtype=np.int64)
        parts = [
            kept(cut(ensemble, owner, trees), ensemble, pooled, whole)
            for trees in _some(ensemble, _TREES)
        ]
        codes, patterns = encode(ensemble, rows), len(rows) * sum(len(p.twigs.path) for p in parts)
        every = tuple(_seen(part, codes) for part in parts) if patterns <= _SEEN else ()
        return Means(tuple(parts), every, codes, pooled, ensemble.base)

    def without_each(self, fold: Int[np.ndarray, " members"]) -> "Means":
        """The same, and beside it over the background without each of its folds."""
        parts = [kept(part.twigs, part.ensemble, self.pool, fold) for part in self.parts]
        return replace(self, parts=tuple(parts))

    def __call__(
        self,
        coalitions: Bool[np.ndarray, "questions players"],
        rows: Int[np.ndarray, " rows"],
    ) -> Float[np.ndarray, "backgrounds questions rows outputs"]:
        """f_S of these rows, for each coalition S, over the background and without each fold."""
        walk, reached = _walk(coalitions)
        wanted = -(-len(rows) // _LANES) * _LANES  # whole groups of rows: odd ones cost as much
        span = _span(rows)
        backgrounds = self.parts[0].share.shape[1] if self.parts else 1
        total = np.tile(self.base[:, None], (len(walk) + 1, backgrounds, 1, wanted))
        for part, every in zip_longest(self.parts, self.seen):
            patterns = _seen(part, self.codes[:, rows]) if every is None else every[:, span]
            padded = np.zeros((len(patterns), wanted), np.uint16)
            padded[:, : len(rows)] = patterns
            total += ask(part, padded, walk)
        return total[reached, ..., : len(rows)].transpose(1, 0, 3, 2)


def _some(ensemble: TreeEnsemble, most: int) -> Iterator[Int[np.ndarray, " trees"]]:
    """So many trees at a time."""
    for start in range(0, len(ensemble.root), most):
        yield np.arange(start, min(start + most, len(ensemble.root)))


def _refuse_wide(ensemble: TreeEnsemble, owner: Int[np.ndarray, " features"]) -> None:
    """Refuse trees whose tables would not fit, before any is made.

    Raises:
        UnsupportedGameError: with the first tree that is too much.
    """
    held = 0
    for trees in _some(ensemble, _CUT):
        twigs = cut(ensemble, owner, trees)
        held += _bytes(twigs)
        if twigs.wide.any() or held > _BYTES:
            raise UnsupportedGameError(
                f"{ensemble.name} has trees too wide for tables of their leaves "
                f"(tree {trees[0]} and after). Ask by sampling: give a method such as "
                "Permutation()."
            )
        check_deadline()


def _seen(part: Kept, codes: UInt[np.ndarray, "features rows"]) -> UInt[np.ndarray, "twigs rows"]:
    return seen(part.twigs, part.ensemble, codes)


def _span(rows: np.ndarray) -> Any:
    """Rows side by side as a slice, which is much faster."""
    return slice(rows[0], rows[-1] + 1) if len(rows) and (np.diff(rows) == 1).all() else rows


def _walk(
    coalitions: Bool[np.ndarray, "questions players"],
) -> tuple[Int[np.ndarray, " turns"], Int[np.ndarray, " questions"]]:
    """A walk by these coalitions, a player at a turn; and after how many turns each is reached."""
    before = np.concatenate([np.zeros_like(coalitions[:1]), coalitions[:-1]])
    question, player = np.nonzero(coalitions != before)
    reached = np.searchsorted(question, np.arange(len(coalitions)), side="right")
    return player, reached


def _bytes(twigs: Twigs) -> int:
    conditions = np.diff(twigs.first_cell)
    return int(8 * (1 << np.minimum(conditions, 40)).sum() + 4 * twigs.table[-1])
