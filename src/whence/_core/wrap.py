"""Games around a game: counting, laying cases out as outputs, subtracting a proxy; and back."""

from dataclasses import replace
from typing import final

import numpy as np

from .account import Account, closed, rows_of_question
from .errors import BadQuestionError
from .game import (
    BlockGame,
    ComposedGame,
    Game,
    JointGame,
    PricedGame,
    Question,
    ReplicatedGame,
    StatedGame,
    Through,
    WeightedGame,
    view,
)
from .interrupts import welcoming
from .reading import Reading
from .types import Cases, Coalitions, Draws, Worths
from .weights import Weights


@final
class Metered(Through):
    """Counts the questions asked, wherever their answers come from; each may be interrupted.

    Args:
        inner: the game.
        account: what questions are spent from; one that it does not pay for is never asked.
    """

    def __init__(self, inner: Game, account: Account | None = None) -> None:
        Through.__init__(self, inner)
        self.asked, self.account = 0, account

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        if self.account is not None:
            self.account.ask(self, len(coalitions))
        self.asked += len(coalitions)
        with welcoming(), closed():
            return self.inner.worth(coalitions, cases, draws)


@final
class AllCases(PricedGame):
    """A joint game with its cases laid out as outputs, and their mean after them.

    The driver folds the answer back into cases. The mean is an output of its own because the
    errors of the cases are shared: its standard error must be measured, not added up.
    """

    def __init__(self, game: JointGame) -> None:
        self.game, self.players, self.n_draws = game, game.players, game.n_draws
        self.most_rows = rows_of_question(game)
        each = tuple(f"case {c}: {o}" for c in range(game.n_cases) for o in game.outputs)
        self.outputs = each + tuple(f"mean: {o}" for o in game.outputs)

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases
        worths = np.asarray(self.game._worths(coalitions, draws), dtype=float)  # noqa: SLF001
        worths = worths.reshape(len(coalitions), self.game.n_cases, -1)  # row, case, output
        mean = np.average(worths, axis=1, weights=weights_of(self.game), keepdims=True)
        both = np.concatenate([worths, mean], axis=1)
        return both.reshape(len(worths), -1)


@final
class Difference(ComposedGame):
    """What a proxy leaves unexplained: game - proxy, on the same case and draw.

    Raises:
        BadQuestionError: the proxy has other players, outputs or cases.
    """

    def __init__(self, game: Game, proxy: Game) -> None:
        if game.players != proxy.players or len(game.outputs) != len(proxy.outputs):
            raise BadQuestionError("a proxy needs the game's own players and outputs")
        if proxy.n_cases not in (1, game.n_cases):
            raise BadQuestionError("a proxy needs one case, or the game's own cases")
        self.game, self.proxy = game, proxy
        self.players, self.outputs = game.players, game.outputs
        self.n_cases, self.n_draws = game.n_cases, game.n_draws

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        where = cases if self.proxy.n_cases > 1 else np.zeros_like(cases)
        what = draws if self.proxy.n_draws == self.n_draws else np.zeros_like(draws)
        own = self.game.worth(coalitions, cases, draws)
        return np.asarray(own - self.proxy.worth(coalitions, where, what))


def bare(game: Game) -> Game:
    """The game without its wrappers."""
    while isinstance(game, Through):
        game = game.inner
    return game


def question_of(game: Game) -> Question:
    """What a game asks, in words; nothing where it cannot say."""
    stated = view(game, StatedGame)
    return stated.question if stated is not None else Question()


def weights_of(game: Game) -> Weights | None:
    """How often each case counts; None where all count alike."""
    weighted = view(game, WeightedGame)
    return None if weighted is None else weighted.weights


def units(game: Game) -> int:
    """How many there are of what the answer is about: cases, or what blocks of them hold."""
    blocks = view(game, BlockGame)
    return game.n_cases if blocks is None else blocks.n_units


def unfolded(game: Game, reading: Reading) -> tuple[Game, tuple[str, ...], Reading]:
    """The game that the answer is about, its own outputs, and the reading of those.

    An `AllCases` game's outputs are the cases of a joint game; a `ReplicatedGame`'s further outputs
    are a part of the error.
    """
    flat = view(game, AllCases)
    if flat is not None:
        folded = reading.fold(flat.game.n_cases)
        return flat.game, flat.game.outputs, replace(folded, weights=weights_of(flat.game))
    reading = replace(reading, weights=weights_of(game))
    many = view(game, ReplicatedGame)
    if many is not None:
        own = len(many.outputs) // (1 + sum(many.replicates.values()))
        return game, many.outputs[:own], reading.leave_out(own, many.replicates)
    return game, game.outputs, reading
