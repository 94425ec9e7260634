"""Budgets."""

import numpy as np
import pytest

from whence import Budget
from whence._core.budget import affordable, spent
from whence._core.errors import BudgetError

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


def test_what_was_spent_is_said():
    b = Budget(evaluations=10_000, rows=2_000_000, seconds=1.5)
    assert spent(b, 9_999, 5, 1.4) == ""
    assert spent(b, 10_000, 5, 0.0) == "the budget of 10,000 evaluations was spent"
    assert spent(b, 1, 2_000_000, 0.0) == "the budget of 2,000,000 model rows was spent"
    assert spent(b, 1, 5, 1.5) == "the budget of 1.5 seconds was spent"
    assert spent(Budget(), 10**9, 0, 1e9) == ""


def test_rows_that_nobody_counts():
    with pytest.raises(BudgetError, match="nobody counts"):
        spent(Budget(rows=10), 5, 0, 0.0)


def test_what_is_left_pays_for_so_many_walks():
    """Kills: the price of all walks for that of one, and the bound that binds last."""
    b = Budget(evaluations=100, rows=1000)
    assert affordable(b, 40, 100, 1.0, 4) == pytest.approx(6)  # 60 left, 10 a walk
    assert affordable(b, 40, 900, 1.0, 4) == pytest.approx(400 / 900)
    # a little early
    assert affordable(Budget(seconds=10.0), 1, 1, 5.0, 2) == pytest.approx(1.8)
    assert affordable(Budget(), 5, 5, 5.0, 5) == float("inf")
    assert affordable(b, 0, 0, 0.0, 1) == float("inf")
