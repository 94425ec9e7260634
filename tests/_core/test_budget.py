"""Budgets."""

import numpy as np
import pytest

from whence import Budget
from whence._core.budget import checked
from whence._core.errors import BudgetError, OptionError

BOUNDS = ("rows", "evaluations", "seconds", "relative_error", "absolute_error", "data_share")


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("bound", [0, -1, float("nan"), float("inf"), True, "60", np.True_, 1j])
def test_bounds_that_mean_nothing(name, bound):
    """Kills: True taken for one evaluation, and infinity for a bound."""
    with pytest.raises(BudgetError, match=name):
        make(name, bound)


def make(name, bound):
    """Without the tests' type checks, as a user meets it."""
    budget = object.__new__(Budget)
    for field in BOUNDS:
        object.__setattr__(budget, field, None)
    object.__setattr__(budget, name, bound)
    budget.__post_init__()


@pytest.mark.parametrize("bound", [1, 0.5, np.float64(3.0), np.int64(4)])
def test_any_kind_of_number_will_do(bound):
    make("seconds", bound)


def test_nothing_would_ever_stop():
    with pytest.raises(BudgetError, match="every bound is None"):
        Budget(relative_error=None, data_share=None)
    with pytest.raises(BudgetError, match="data_share alone"):
        Budget(relative_error=None)


@pytest.mark.parametrize("name", [n for n in BOUNDS if n != "data_share"])
def test_one_bound_is_enough(name):
    bound = 1 if name in {"rows", "evaluations"} else 1.0
    budget = Budget(**{"relative_error": None, "data_share": None, name: bound})
    assert not budget.only_data_share


@pytest.mark.parametrize("name", ["evaluations", "rows"])
def test_questions_and_rows_are_whole(name):
    assert Budget(**{name: 10**400})  # larger than any float
    with pytest.raises(BudgetError, match=f"{name} is a whole number; given 2.5"):
        make(name, 2.5)
    make(name, 1e6)


@pytest.mark.parametrize("budget", [-1, {"seconds": 3}, "60", Budget])
def test_what_is_no_budget(budget):
    assert checked(None) is None
    assert checked(Budget()) == Budget()
    with pytest.raises(OptionError, match=r"budget must be a wh\.Budget"):
        checked(budget)
