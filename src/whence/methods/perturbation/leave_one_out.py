"""Leave-one-out and first-in: one player at a time, against everybody or against nobody.

`OnePlayer` asks any game; coalitions are made in blocks, so that a hundred thousand players need
little memory. `leave_one_out` asks a trainer: of linear models the answer is a closed form, exact
where the loss is quadratic, and one Newton step from it where it is not (see
`whence.models.trainer.linear`); of others each row's model is really trained.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.account import Account, opened
from whence._core.attribution import Attribution
from whence._core.budget import Budget, checked
from whence._core.errors import OptionError
from whence._core.game import Game
from whence._core.in_time import in_time
from whence._core.index import FirstIn, LeaveOneOut
from whence._core.method import AnytimeMethod
from whence._core.reading import Reading
from whence._core.refusals import refuse_ordered
from whence._core.visits import Visits
from whence._core.walks import Walks
from whence.methods._training import Scores, attributed
from whence.models.trainer.examples import Examples
from whence.models.trainer.linear import LinearTrainer, Ridge
from whence.models.trainer.retraining import owners
from whence.models.trainer.trainer import Trainer

_CELLS = 2**24  # of a block's boolean matrix


@final
@dataclass(frozen=True, slots=True)
class OnePlayer(AnytimeMethod[Walks]):
    """What one player adds to everybody else, or to nobody.

    Args:
        index: `LeaveOneOut()` or `FirstIn()`.
        batch: visits a step; None lets steps grow.
    """

    index: LeaveOneOut | FirstIn = LeaveOneOut()
    batch: int | None = None
    computes = (LeaveOneOut, FirstIn)

    def init(self, game: Game) -> Walks:
        """No visit yet.

        Raises:
            UnsupportedGameError: the players are ordered.
        """
        refuse_ordered(game, f"{self.index}")
        return Walks(game, self.index)

    def step(self, game: Game, state: Walks, visits: Visits) -> Walks:
        """Ask the base coalition, then each player's own."""
        n, b = len(game.players), len(visits)
        first = isinstance(self.index, FirstIn)
        base = game.worth(np.full((b, n), not first), visits.cases, visits.draws)
        gains = np.empty((b, len(game.outputs), n))
        block = max(1, _CELLS // (n * b))
        for start in range(0, n, block):
            who = np.arange(start, min(start + block, n))
            worth = self._changed(game, visits, who, first=first)
            gains[:, :, who] = np.swapaxes(worth - base[:, None], 1, 2) * (1 if first else -1)
        return state.add(gains, visits)

    def _changed(self, game: Game, visits: Visits, who: np.ndarray, *, first: bool) -> np.ndarray:
        """Worths with each of these players changed: [visits, who, outputs]."""
        masks = np.full((len(who), len(game.players)), not first)
        masks[np.arange(len(who)), who] = first
        cases, draws = (np.repeat(x, len(who)) for x in (visits.cases, visits.draws))
        worth = game.worth(np.tile(masks, (len(visits), 1)), cases, draws)
        return worth.reshape(len(visits), len(who), -1)

    def read(self, state: Walks) -> Reading:
        """Means over visits, and their errors."""
        return state.reading()


def leave_one_out(
    trainer: Trainer[Any],
    test: Any,
    *,
    groups: Any = None,
    refit: bool | None = None,
    budget: Budget | None = None,
) -> Attribution:
    """What each training row adds to all the others, for each test example.

    Args:
        trainer: whose rows are the players.
        test: (X, y), the cases.
        groups: names with the rows of each, or one label for each row: each group then leaves as a
            whole.
        refit: train once for each row, rather than by the closed form; by default where there is
            none.
        budget: what the trainings may cost: each is a question, and takes its rows.

    Returns:
        values [tests, 1, rows]: measured with all rows, less measured without the row.

    Raises:
        OptionError: rows that alone decide what is learned, or a closed form that is not there.
        BudgetError: the budget does not pay for one training for each row.

    Source: Cook & Weisberg (1982); Rad & Maleki (2020) for the step of logistic regression.
    """
    linear = isinstance(trainer, LinearTrainer)
    if refit is False and not linear:
        raise OptionError(
            f"{type(trainer).__name__} has no closed form for leave-one-out: leave refit out, and "
            f"{len(trainer.rows):,} models are trained; or use `influence`, which trains one"
        )
    players, owner = owners(trainer, groups)
    found = [np.flatnonzero(owner == i) for i in range(len(players))]

    def work(tests: Examples) -> Scores:
        if not linear or refit:
            many = 1 + len(found)
            what = f"leave-one-out trains {many:,} models"
            account.require_each(many, len(trainer.rows), what, "or groups=")
            account.asked += many
        full = trainer.measured([trainer.fit()], tests)[0]
        closed = isinstance(trainer, LinearTrainer) and not refit
        if isinstance(trainer, LinearTrainer) and closed:
            left = trainer.read(trainer.without(found), tests)[0]
            words = "exact: a closed form" if isinstance(trainer, Ridge) else _STEP
        else:
            left = _refitted(trainer, found, tests, account)
            words = f"exact: {len(found):,} models trained, each without one, in the same run"
        return Scores(
            (full - left).T,
            full,
            words,
            "exact" if words != _STEP else "unquantified",
            players=players,
            evaluations=1 if closed else 1 + len(found),
        )

    with opened(checked(budget) or Budget()) as account:
        return attributed(trainer, test, "leave_one_out", work)


_STEP = "one Newton step from the model with all rows, with the leverage of what leaves"


def _refitted(
    trainer: Trainer[Any], groups: list[np.ndarray], tests: Examples, account: Account
) -> np.ndarray:
    """Measured without each group, by training again: [groups, tests]."""
    keep = np.ones((len(groups), len(trainer.rows)), dtype=bool)
    for without, rows in zip(keep, groups, strict=True):
        without[rows] = False
    seeds = np.full(len(keep), trainer.seed)
    blocks = in_time(account, len(keep), len(keep), f"{len(keep):,} trainings")
    return np.concatenate([trainer.outputs(keep[at], seeds[at], tests) for at in blocks])
