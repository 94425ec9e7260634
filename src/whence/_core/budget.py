"""Budgets: when to stop. The first bound that is met wins, and none is exceeded."""

from dataclasses import dataclass, fields
from math import isfinite
from numbers import Real
from typing import Any, final

from .errors import BudgetError, OptionError


@final
@dataclass(frozen=True, slots=True)
class Budget:
    """What an attribution may cost, and how sure it must be.

    Never more is asked, set-up included. What cannot be done within the bounds is done by something
    that can (a sampler in place of an enumeration), or refused before the first question, with its
    price.

    Args:
        evaluations: questions asked of the game, answers found in a store and gradients included.
        rows: rows given to the model.
        seconds: wall-clock time; the step that is under way when it ends is finished.
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
            _refuse(name, bound)
            if name in {"evaluations", "rows"}:
                object.__setattr__(self, name, int(bound))
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


def _refuse(name: str, bound: Any) -> None:
    """Refuse a bound that is none.

    Raises:
        BudgetError: no number, one that is not positive, or a part of a question.
    """
    number = isinstance(bound, Real) and not isinstance(bound, bool)
    if not number or not (isinstance(bound, int) or isfinite(bound)):
        raise BudgetError(f"{name} must be a number; given {bound!r}")
    if bound <= 0:
        raise BudgetError(f"{name}={bound} buys nothing: give a positive bound, or None")
    if name in {"evaluations", "rows"} and bound != int(bound):
        raise BudgetError(f"{name} is a whole number; given {bound!r}")


def checked(budget: Any) -> Budget | None:
    """A budget, or None; the one place where what was given for one is judged.

    Raises:
        OptionError: it is neither.
    """
    if budget is None or isinstance(budget, Budget):
        return budget
    shown = f"{budget.__name__} (a class)" if isinstance(budget, type) else type(budget).__name__
    raise OptionError(f"budget must be a wh.Budget, such as wh.Budget(seconds=30); given {shown}")
