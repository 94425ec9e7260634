"""What a finite background leaves open, where every question is asked of all of it.

Folds of the background are left out in turn (the grouped jackknife) for a few blocks of cases. What
blocks have in common is the background's doing, the rest is the luck of the few: so squares are
made of products between different blocks.
"""

import numpy as np

from whence._core.tails import FOLDS, widening
from whence._core.visits import visits
from whence.games.features.tree_power import TreePower
from whence.methods.perturbation.permutation import Permutation


def background_part(game: TreePower, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The standard error [1, 1, players] that comes from a finite background, and its tails.

    None where it cannot be told. The tails are how much wider intervals must be, [1, 1].
    """
    if len(game.pool) < 2 or len(game.blocks) < 2:
        return None
    few, method = game.folded(), Permutation(antithetic=False)
    state = method.step(few, method.init(few), visits(few, seed, 0, few.n_cases))
    values = method.read(state).values  # block, the whole and without each fold, player
    apart = values[:, 1:] - values[:, 1:].mean(axis=1, keepdims=True)
    if game.weights is not None:
        apart = apart * (game.weights[: len(apart)] / game.weights.mean())[:, None, None]
    m, k = apart.shape[:2]
    square = apart.mean(axis=0) ** 2  # fold, player
    if m < len(game.blocks):
        square = (m**2 * square - (apart**2).sum(axis=0)) / (m * (m - 1))
    error = np.sqrt(np.maximum((k - 1) / k * square.sum(axis=0), 0))[None, None]
    return error, widening(apart.mean(axis=0)[:, None], FOLDS)[None]
