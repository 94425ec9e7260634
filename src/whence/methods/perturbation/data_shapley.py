"""Data Shapley and its kin: what a training row adds to the rows that chance puts before it.

    phi_i = sum over S without i of weight(|S|) (v(S + i) - v(S)),   v(S) = measured after training

One training answers every test example. Which semivalue is a choice: `Shapley()`,
`BetaShapley(a, b)`, `Banzhaf()`. Rows, or groups of rows: a data source, a labeller, a day.

Source: Ghorbani & Zou (2019); Kwon & Zou (2022), Beta; Wang & Jia (2023), Banzhaf. Ours: nothing is
truncated, since that biases every value by an amount that nobody knows; what no row is worth is the
best constant, so that small coalitions mean something; every value has its error.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from whence._core.account import Account, opened
from whence._core.attribution import Attribution
from whence._core.budget import Budget, checked
from whence._core.errors import OptionError, OutOfTimeError
from whence._core.game import Game
from whence._core.in_time import in_time
from whence._core.index import Index, Semivalue, Shapley
from whence._core.keyed import uniforms
from whence._core.meter import ENDLESS
from whence._core.method import Method
from whence._core.wrap import AllCases
from whence.methods.perturbation.exact import Exact, questions
from whence.methods.perturbation.permutation import Permutation
from whence.methods.perturbation.semivalue import SampledSemivalue
from whence.models.trainer.retraining import RetrainingGame
from whence.models.trainer.trainer import Trainer

_FEW = 10  # players, of whom every coalition is trained
_HALF = 37  # the stream of chance
_PROBE = 0.1  # of the seconds, or of a walk, to see how long trainings take


def data_shapley(
    trainer: Trainer[Any],
    test: Any,
    *,
    index: Index = Shapley(),
    groups: Any = None,
    seeds: int = 1,
    nobody: Any = None,
    sample_weight: Any = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> Attribution:
    """What each training row is worth to each test example, among random other rows.

    Args:
        trainer: any trainer.
        test: (X, y), the cases.
        index: which semivalue.
        groups: names with the rows of each, or one label for each row; then groups are the players,
            and ten or fewer are enumerated.
        seeds: runs that the draws are taken from.
        nobody: what is measured where no row is left; see `RetrainingGame`.
        sample_weight: how often each test example counts in their mean.
        budget: when to stop; by default after 20 passes over the players, or an error of 2.5 %.
        seed: of every random draw.

    Returns:
        values [tests, 1, players], with their errors.

    Raises:
        OptionError: an index that is no semivalue.
        OutOfTimeError: the seconds do not pay for one walk over the players.

    Source: Ghorbani & Zou (2019), Kwon & Zou (2022), Wang & Jia (2023).
    """
    if not isinstance(index, Semivalue):
        raise OptionError(f"index is a semivalue, such as wh.Shapley(); given {index!r}")
    game = RetrainingGame(
        trainer, test, groups=groups, seeds=seeds, nobody=nobody, sample_weight=sample_weight
    )
    n = len(game.players)
    few = n <= _FEW
    asked = checked(budget) or (Budget() if few else Budget(evaluations=40 * (n + 1)))
    every = AllCases(game)
    with opened(asked) as account:
        enumerated = few and questions(every) <= account.questions_left(every)
        try:
            method = Exact(index) if enumerated else _walks(index, every, account)
            found = method.attribute(every, asked, seed, by_case=True)
        except OutOfTimeError:
            if not enumerated:
                raise
            found = _walks(index, every, account).attribute(every, asked, seed, by_case=True)
    return replace(found, method=f"data_shapley ({found.method})", data=game.columns())


def _walks(index: Semivalue, game: Game, account: Account) -> Method[Any]:
    """Random coalitions; in orders that go one way, where few are paid for."""
    n, timed = len(game.players), account.seconds < ENDLESS
    trainings = _in_time(game, account) if timed else ENDLESS
    if not isinstance(index, Shapley):
        return SampledSemivalue(index)
    many = min(account.most - account.questions, trainings) >= 4 * n
    return Permutation(batch=1 if timed else None, antithetic=many)


def _in_time(game: Game, account: Account) -> float:
    """How many trainings there is time for, judged by a few on half of the rows.

    Nobody looks at the clock before the first walk is done, so what it takes must be known before.

    Raises:
        OutOfTimeError: it takes longer than there is.
    """
    n, start, left, enough = len(game.players), account.elapsed, ENDLESS, False
    half = uniforms(n, _HALF, 0)[0] < 0.5  # by chance, and so of several labels
    for block in in_time(account, n, n, f"{n:,} trainings, for one walk over the players,"):
        if enough:  # and believed, or else refused
            break
        many = block.stop - block.start
        account.ask(game, many)
        game.worth(np.tile(half, (many, 1)), *np.zeros((2, many), np.int64))
        spent = account.elapsed - start
        left = account.seconds_left * block.stop / max(spent, 1e-9)
        enough = block.start > 0 and (spent > _PROBE * account.seconds or block.stop > _PROBE * n)
    return left
