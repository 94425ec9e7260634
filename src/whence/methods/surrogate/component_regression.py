"""A linear surrogate over masks: which players stay is drawn by coins, and worths are fitted to it.

    v(S) ~ level + sum of the slopes of S's members

(COAR: Shah, Ilyas & Madry 2024; datamodels: Ilyas et al. 2022.) What a slope estimates is known:
the semivalue `LinearSurrogate(keep)`. Departures: the same masks serve every case, so that one
factorisation does (see `linear_fit`); masks are stratified (see `masks`), since mirrored ones are
of no use where most players stay; every slope has an error that does not believe in the line; the
fit is judged on masks of its own (see `held_out`); and rounds of masks go on until errors are small
enough (see `rounds`).
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.budget import Budget
from whence._core.errors import OptionError, positive
from whence._core.game import Game
from whence._core.held_out import HeldOut, judged
from whence._core.index import LinearSurrogate
from whence._core.method import Method, Outcome
from whence._core.moments import MOST
from whence._core.reading import Reading
from whence._core.refusals import refuse_ordered
from whence.methods.surrogate._linear_fit import Fit, fitted
from whence.methods.surrogate._plan import Plan, Taken
from whence.methods.surrogate._rounds import Rounds


@final
@dataclass(frozen=True, slots=True)
class ComponentRegression(Method[Game]):
    """Least squares of worths on random masks, the same for every case.

    Args:
        masks: how many to fit to; None takes as many as the budget's error asks for.
        keep: the chance that a player stays: near 1, players leave a nearly whole coalition.
        ridge: added to each player's sum of squares, so that fewer masks than players can be
            fitted; slopes then come out too small. None: least squares.
        held_out: how many masks more to judge the fit by, as a share of those it is fitted to.

    Raises:
        OptionError: an argument outside its range.

    Source: Shah, Ilyas & Madry (2024), COAR; Ilyas et al. (2022), datamodels.
    """

    masks: int | None = None
    keep: float = 0.95
    ridge: float | None = None
    held_out: float = 0.1
    index: LinearSurrogate = field(init=False)
    fits = True

    def __post_init__(self) -> None:
        if self.masks is not None:
            positive(self.masks, "masks", "how many to fit to; None: as many as it takes")
        if self.ridge is not None and not 0 < self.ridge < float("inf"):
            raise OptionError(f"ridge is a positive number, or None; given {self.ridge!r}")
        if not 0 <= self.held_out <= 1:
            raise OptionError(
                "held_out is a share of the masks, between 0 (no judgement) and 1, such as 0.1; "
                f"given {self.held_out!r}"
            )
        object.__setattr__(self, "index", LinearSurrogate(self.keep))
        Method.__post_init__(self)

    @property
    def needs(self) -> type[Game]:
        """Any game."""
        return Game

    def _run(self, game: Game, budget: Budget, seed: int, by_case: bool) -> Outcome:
        refuse_ordered(game, "ComponentRegression")
        plan = Plan(self.masks, self.keep, self.ridge is not None, self.held_out)
        run = Rounds(game, budget, plan, seed, by_case).taken(self._read)
        fit = self._fit(game, run.taken)
        told = self._judgement(run.taken, fit)
        words = told.words() if told is not None else "no mask was held out to judge the fit"
        said = [run.verdict, *self._doubts(game, run.taken, fit), words]
        quantified = fit.decided and len(run.taken.masks) >= plan.least(game)
        return Outcome(
            run.reading,
            "sampled" if quantified else "unquantified",
            run.converged and quantified,
            "; ".join(said),
            trace=run.trace,
            certificates=() if told is None else (told.certificate(),),
        )

    def _fit(self, game: Game, taken: Taken) -> Fit:
        return fitted(taken.masks, _columns(taken.worths), self.ridge or 0.0, game.players.names)

    def _read(self, game: Game, taken: Taken) -> Reading:
        """Slopes by case. Cases share masks, so their mean's error is measured on their mean."""
        fit = self._fit(game, taken)
        cases, outputs, n = game.n_cases, len(game.outputs), len(game.players)
        slopes, errors = (x.T.reshape(-1, outputs, n) for x in (fit.slopes, fit.stderr))
        unasked = np.full((cases, outputs), np.nan)
        mean = {} if cases == 1 else {"estimation": errors[-1:]}
        known = n <= MOST
        # the columns of the mean over cases are the last ones
        columns = range(len(fit.slopes.T) - outputs, len(fit.slopes.T))
        covariance = np.stack([fit.covariance(c) for c in columns]) if known else None
        return Reading(
            slopes[:cases],
            errors[:cases],
            fit.freedom.reshape(-1, outputs).min(axis=1)[:cases],
            unasked,
            unasked,
            mean,
            covariance=covariance if cases == 1 else None,
            shared_covariance=(
                {"estimation": covariance} if cases > 1 and covariance is not None else {}
            ),
            each=np.ones(cases),
        )

    def _doubts(self, game: Game, taken: Taken, fit: Fit) -> list[str]:
        said, n, m = [], len(game.players), len(taken.masks)
        if m < n + 2:
            said.append(f"{m:,} masks of {n:,} players: the ridge, not the game, decides the rest")
        if not fit.decided:
            said.append(f"the ridge takes away about {100 * fit.pull:.2g} % of each value")
        return said

    def _judgement(self, taken: Taken, fit: Fit) -> HeldOut | None:
        """What fresh masks say of the fit."""
        if not len(taken.judges):
            return None
        own = taken.judged.reshape(len(taken.judges), -1)
        return judged(taken.judges, own, fit.slopes[:, : own.shape[1]])


def _columns(worths: np.ndarray) -> np.ndarray:
    """[masks, cases x outputs], and after them the outputs of the mean over cases."""
    both = np.concatenate([worths, worths.mean(axis=1, keepdims=True)], axis=1)
    return both.reshape(len(worths), -1)
