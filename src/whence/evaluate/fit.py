"""Do the numbers predict what happens when several players leave at once?

    correlation, over random coalitions S, of   sum of phi_i over S   with   v(S)

for each case, averaged over cases: the linear datamodelling score, with players of any kind (Park
et al. 2023; for components Shah, Ilyas & Madry 2024). It judges any answer by the same game,
whatever computed it: another index, a slope, or a direct effect that no game was asked for.
"""

from collections.abc import Sequence

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, PlayersError, positive, some
from whence._core.game import Game
from whence._core.held_out import HeldOut, judged
from whence._core.masks import coins
from whence._core.shaped import Float

_MASKS = 10**7
_BLOCK = 2**14  # questions asked at once


@check_arguments
def fit(
    game: Game, attribution: Attribution, *, masks: int = 200, keep: float = 0.9, seed: int = 0
) -> Certificate:
    """How well an answer predicts the game on coalitions that it has not seen.

    Args:
        game: the judge.
        attribution: values for the game's players (and others, who are left out of account), by
            case or averaged.
        masks: how many coalitions are asked, in every case.
        keep: the chance that a player stays.
        seed: of the coalitions.

    Returns:
        "held-out fit": it holds where the interval of the correlation is above 0.8.

    Raises:
        PlayersError: a player of the game has no value.
        OptionError: masks below 3, or keep outside (0, 1).
    """
    return fits(game, [attribution], masks=masks, keep=keep, seed=seed)[0].certificate()


def fits(
    game: Game,
    attributions: Sequence[Attribution],
    *,
    masks: int = 200,
    keep: float = 0.9,
    seed: int = 0,
) -> list[HeldOut]:
    """Several answers, judged on the same coalitions: see `fit`."""
    positive(masks, "masks", "coalitions to judge by")
    if not 3 <= masks <= _MASKS or not 0 < keep < 1:
        raise OptionError(
            f"a fit is judged on 3 to {_MASKS:,} masks, in which players stay with a chance "
            f"between 0 and 1; given masks={masks}, keep={keep}"
        )
    values = [_values(game, attribution) for attribution in attributions]
    drawn = coins(game, keep, masks, seed, 0)
    cases = np.tile(np.arange(game.n_cases), masks)
    stay, draws = (np.repeat(x, game.n_cases, axis=0) for x in (drawn.stay, drawn.draws))
    worth = np.concatenate(
        [
            game.worth(stay[at : at + _BLOCK], cases[at : at + _BLOCK], draws[at : at + _BLOCK])
            for at in range(0, len(stay), _BLOCK)
        ]
    ).reshape(masks, game.n_cases, -1)  # mask, case, output
    return [judged(drawn, *_columns(worth, value)) for value in values]


def _values(game: Game, attribution: Attribution) -> Float[np.ndarray, "own outputs players"]:
    """The answer's values, in the order of the game's players."""
    lacking = [name for name in game.players.names if name not in attribution.players.names]
    if lacking:
        raise PlayersError(
            f"the answer has no value for {some(lacking)}, who plays in the game that is to judge "
            "it: judge by a game of the same players"
        )
    outputs = len(game.outputs)
    if attribution.values.shape[1] not in (1, outputs):
        raise PlayersError(
            f"the answer has {attribution.values.shape[1]} outputs, and the game {outputs}"
        )
    own = attribution.players.names
    order = [own.index(name) for name in game.players.names]
    values = attribution.values[:, :, order]
    if len(values) not in (1, game.n_cases):
        raise PlayersError(
            f"the answer has {len(values)} cases, and the game {game.n_cases}: judge the answer "
            "by the game of its own cases, or its mean"
        )
    return np.broadcast_to(values, (len(values), outputs, len(order)))


def _columns(
    worth: Float[np.ndarray, "masks cases outputs"],
    values: Float[np.ndarray, "own outputs players"],  # as many cases, or their mean
) -> tuple[Float[np.ndarray, "masks columns"], Float[np.ndarray, "players columns"]]:
    """Case by case where the answer has cases; else the mean over cases."""
    if len(values) == 1:
        worth = worth.mean(axis=1, keepdims=True)
    return worth.reshape(len(worth), -1), values.reshape(-1, values.shape[2]).T
