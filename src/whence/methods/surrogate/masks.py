"""Masks: which players stay, by a coin of each player's own; and on which draw they are asked.

Where draws differ, masks come in blocks of `BLOCK` that share one, so that what the draw alone
brings is the level of its block and no player's. Every mask, and its draw, is for all cases.

Masks that are fitted to are stratified player by player: in a round of m, each player leaves
(1 - keep) m times, rounded up or down, in an order of its own (a Latin hypercube: McKay, Beckman &
Conover 1979). Each mask by itself is still nothing but coins; but nobody is left out of none by bad
luck, and pairs of players are spread more evenly. Masks to judge by are plain coins.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.game import Game
from whence._core.keyed import hashed, uniforms
from whence._core.shaped import Bool, Float, Int

BLOCK = 8  # masks that share a draw: an eighth of them goes into the levels
_STAY, _COIN, _DRAW, _START = 11, 12, 13, 14
_CELLS = 2**22  # of uniforms at once


@final
@dataclass(frozen=True, slots=True)
class Masks:
    """Masks, their draws, and which of them share a level.

    Attributes:
        stay: which players are left.
        draws: on which draw each is asked.
        level: the number of its block; one for all where draws do not differ.
        blocks: draws differ, and masks of one block share one.
    """

    stay: Bool[np.ndarray, "masks players"]
    draws: Int[np.ndarray, " masks"]
    level: Int[np.ndarray, " masks"]
    blocks: bool

    def __len__(self) -> int:
        return len(self.stay)

    def then(self, other: "Masks") -> "Masks":
        """These, and others after them."""
        after = int(self.level.max(initial=-1)) + 1 if self.blocks else 0
        return Masks(
            np.concatenate([self.stay, other.stay]),
            np.concatenate([self.draws, other.draws]),
            np.concatenate([self.level, other.level + after]),
            self.blocks,
        )


def stratified(game: Game, keep: float, size: int, seed: int, number: int) -> Masks:
    """A round of masks to fit to.

    Args:
        game: whose players.
        keep: the chance that a player stays.
        size: how many masks.
        seed: of the run.
        number: of the round: others have other masks.
    """
    n = len(game.players)
    stay, some = np.empty((size, n), dtype=bool), max(1, _CELLS // size)
    for start in range(0, n, some):
        who = np.arange(start, min(start + some, n))
        place, within = np.split(uniforms(2 * size, seed, _STAY, number, who), 2, axis=1)
        ranks = place.argsort(axis=1).argsort(axis=1)
        stay[:, who] = ((ranks + within) / size < keep).T
    return _drawn(game, stay, seed, _STAY, number)


def coins(game: Game, keep: float, size: int, seed: int, number: int) -> Masks:
    """Masks to judge by: the arguments are those of `stratified`."""
    stay = uniforms(len(game.players), seed, _COIN, number, np.arange(size)) < keep
    return _drawn(game, stay, seed, _COIN, number)


def _drawn(game: Game, stay: np.ndarray, seed: int, stream: int, number: int) -> Masks:
    size = len(stay)
    if game.n_draws == 1:
        none = np.zeros(size, dtype=np.int64)
        return Masks(stay, none, none, blocks=False)
    level = np.arange(size) // BLOCK
    return Masks(stay, _draws(game.n_draws, seed, stream, number, level), level, blocks=True)


def _draws(
    k: int | None, seed: int, stream: int, number: int, block: np.ndarray
) -> Int[np.ndarray, " masks"]:
    """Of k draws each as often as the others, from a draw by chance on; of endless ones, any."""
    if k is None:
        own = hashed(seed, _DRAW, stream, number, block)
        return (own >> np.uint64(33)).astype(np.int64)
    start = uniforms(1, seed, _START, stream, number)[0, 0]
    return np.asarray((int(start * k) + block) % k, dtype=np.int64)


def centred(
    values: Float[np.ndarray, "masks columns"], level: Int[np.ndarray, " masks"]
) -> Float[np.ndarray, "masks columns"]:
    """What is left of each column once every level has lost its own mean."""
    start = np.flatnonzero(np.diff(level, prepend=-1))
    many = np.diff(np.append(start, len(level)))
    means = np.add.reduceat(values, start, axis=0) / many[:, None]
    return np.asarray(values - np.repeat(means, many, axis=0))
