"""Budgets: when to stop. The first bound that is met wins; bounds are looked at between steps."""

from dataclasses import dataclass, fields
from math import isfinite
from numbers import Real
from typing import final

from .errors import BudgetError


@final
@dataclass(frozen=True, slots=True)
class Budget:
    """What an attribution may cost, and how sure it must be.

    Args:
        evaluations: questions asked of the game, answers found in a store included.
        rows: rows given to the model.
        seconds: wall-clock time.
        relative_error: standard error, as a share of the spread of the values and 0 (root mean
            square over cases), for each output.
        absolute_error: standard error, in the unit of the worth.
        data_share: stop too once the estimation part is at most this share of the data part: more
            computing would not make the answer surer.

    Raises:
        BudgetError: a bound that is not positive, or no bound at all.
    """

    evaluations: int | None = None
    rows: int | None = None
    seconds: float | None = None
    relative_error: float | None = 0.025
    absolute_error: float | None = None
    data_share: float | None = 0.5

    def __post_init__(self) -> None:
        bounds = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, bound in bounds.items():
            if bound is None:
                continue
            if isinstance(bound, bool) or not isinstance(bound, Real) or not isfinite(bound):
                raise BudgetError(f"{name} must be a number; given {bound!r}")
            if bound <= 0:
                raise BudgetError(f"{name}={bound} buys nothing: give a positive bound, or None")
        if all(bound is None for bound in bounds.values()):
            raise BudgetError("every bound is None, so nothing would ever stop: give at least one")
        if self.only_data_share:
            raise BudgetError(
                "data_share alone may never be met (one case has no data part): "
                "give another bound beside it, such as seconds=60"
            )

    @property
    def asks_for_errors(self) -> bool:
        """The run is to go on until errors are small enough."""
        return any(b is not None for b in (self.relative_error, self.absolute_error))

    @property
    def only_data_share(self) -> bool:
        """Nothing but the data share bounds the run."""
        others = (self.evaluations, self.rows, self.seconds, self.relative_error)
        return all(b is None for b in (*others, self.absolute_error))


def spent(budget: Budget, asked: int, rows: int, seconds: float) -> str:
    """Why the allowance is used up; empty while it is not.

    Raises:
        BudgetError: model rows are bounded, and nobody counts them.
    """
    if budget.evaluations is not None and asked >= budget.evaluations:
        return f"the budget of {budget.evaluations:,} evaluations was spent"
    if budget.rows is not None and rows == 0:
        raise BudgetError("nobody counts this game's model rows: bound its evaluations instead")
    if budget.rows is not None and rows >= budget.rows:
        return f"the budget of {budget.rows:,} model rows was spent"
    if budget.seconds is not None and seconds >= budget.seconds:
        return f"the budget of {budget.seconds:g} seconds was spent"
    return ""


def affordable(budget: Budget, asked: int, rows: int, seconds: float, walks: int) -> float:
    """How many more walks the allowance pays for, at the price of the walks so far."""
    left = [
        (limit - used) * walks / used
        for limit, used in (
            (budget.evaluations, asked),
            (budget.rows, rows),
            # a step may be slower than those before it; better to end a little early
            (None if budget.seconds is None else 0.95 * budget.seconds, seconds),
        )
        if limit is not None and used > 0
    ]
    return min(left, default=float("inf"))
