"""How wide an answer is."""

import numpy as np
import pytest

from whence._core.reading import Averaged
from whence._core.width import error_in_all, spread, widest


def got(values, parts, freedom=(1e9,)):
    n = (len(values), len(values[0]))
    return Averaged(
        np.array(values, float),
        {name: np.array(part, float) for name, part in parts.items()},
        np.array(freedom),
        np.zeros(n),
        np.zeros(n),
    )


TWO = got(
    [[[4.0, -1.0], [0.2, 0.1]]],
    {"estimation": [[[0.3, 0.1], [0.03, 0.0]]], "data": [[[0.4, 0.0], [0.0, 0.0]]]},
)


def test_the_widest_is_the_one_that_is_wide_for_its_output():
    """Kills: outputs of other sizes on one scale; one part of the error in place of all."""
    half = 1.959964 * 0.03
    found = widest(TWO, 1)
    assert found.share == pytest.approx(half / 0.2, rel=1e-5)
    assert found.half == pytest.approx(half, rel=1e-5)
    assert np.allclose(error_in_all(TWO)[0, 0], [0.5, 0.1])
    assert np.allclose(spread(TWO.values)[0, :, 0], [5.0, 0.2])


def test_few_cases_make_it_wider():
    """Kills: normal quantiles; degrees of freedom that forget how few the cases are."""
    few, many = widest(TWO, 3), widest(TWO, 10**6)
    assert few.half / many.half == pytest.approx(4.302653 / 1.959964, rel=1e-4)
    alone = got([[[1.0, 2.0]]], {"estimation": [[[0.1, 0.1]]]}, (1.0,))
    assert widest(alone, 3).half == pytest.approx(1.2706205, rel=1e-5)


def test_no_range_no_share():
    flat = got([[[0.0, 0.0]]], {"estimation": [[[0.1, 0.2]]]})
    assert widest(flat, 1).share is None
    assert widest(flat, 1).half == pytest.approx(0.2 * 1.959964, rel=1e-5)
    one = got([[[0.0], [2.0]]], {"estimation": [[[9.0], [0.1]]]})
    assert widest(one, 1).share == pytest.approx(0.1959964 / 2, rel=1e-5)


@pytest.mark.parametrize("error", [np.inf, np.nan])
def test_not_known_yet(error):
    assert widest(got([[[1.0]]], {"estimation": [[[error]]]}), 1) is None
