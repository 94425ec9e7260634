"""Exact interactions in tree ensembles, leaf by leaf.

As `trees`, for every two players: an interaction is a semivalue's difference, and a leaf's few
players make a game whose interactions are known in closed form (see `whence.kernels`).
"""

import numpy as np

from whence._core.errors import OptionError
from whence._core.index import Semivalue
from whence._core.leaf_game import LeafGame
from whence._core.progress import Shares
from whence._core.shaped import Float, Int

_MOST = 2**32  # bytes of one answer


def pairs_of(game: LeafGame) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of players who meet on a path, and so can interact.

    Raises:
        OptionError: so many that the answer would not fit into memory.
    """
    from whence.kernels.meeting import meeting

    pairs = meeting(game.trees, game.owner)
    size = 8 * game.n_cases * len(game.outputs) * len(pairs)
    if size > _MOST:
        raise OptionError(
            f"the interactions of {game.n_cases:,} rows, {len(game.outputs):,} outputs and "
            f"{len(pairs):,} pairs of {game.players.kind}s would fill {size / 2**30:.1f} GiB, and "
            f"{_MOST / 2**30:.0f} are the most. Explain fewer rows, one output (output=), or put "
            "columns into groups (groups=)."
        )
    return pairs


def interact(
    game: LeafGame, pairs: Int[np.ndarray, "pairs 2"], index: Semivalue
) -> Float[np.ndarray, "cases outputs pairs"]:
    """The interaction of each of these pairs, in each case."""
    from whence.kernels.interactions import interactions
    from whence.kernels.values import Job

    job = Job.of(game.trees, game.owner, game.rows, game.pool)
    return interactions(job, pairs, index.weight, Shares().done)
