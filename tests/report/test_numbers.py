"""As many digits as the error leaves."""

import doctest

import numpy as np
import pytest

from whence.report import numbers, progress, rows, terminal, wording
from whence.report.numbers import decimals, elide, number


@pytest.mark.parametrize("module", [numbers, rows, wording, terminal, progress])
def test_the_examples_hold(module):
    assert doctest.testmod(module).failed == 0


def test_two_significant_digits_of_the_error():
    values, errors = np.array([0.1124, 12.3, 5.0]), np.array([0.027, 0.31, 0.0026])
    assert decimals(values, errors) == [3, 2, 4]


def test_a_far_smaller_error_does_not_make_a_far_longer_number():
    assert decimals(np.ones(2), np.array([0.1, 1e-9])) == [2, 4]


def test_without_errors_four_digits_of_the_largest():
    assert decimals(np.array([123.456, 0.001]), np.full(2, np.nan)) == [1, 1]
    assert decimals(np.array([0.0123]), np.zeros(1)) == [5]
    assert decimals(np.array([np.nan]), np.zeros(1)) == [4]


def test_zero_has_no_sign():
    assert number(-1e-9, 3) == "0.000"
    assert number(0.0, 2, sign=True) == "0.00"


def test_what_is_not_finite_is_unknown():
    assert [number(x, 2) for x in (np.nan, np.inf, -np.inf)] == ["unknown"] * 3


def test_elided_names_keep_head_and_tail():
    assert elide("short", 10) == "short"
    long = elide("a_rather_long_name_of_2021", 12)
    assert len(long) == 12
    assert long.startswith("a_rat")
    assert long.endswith("2021")
