import numpy as np
import pytest

import whence as wh
from models.trainer.rows import ridge
from whence.models.trainer.subsets import JUDGING, TUNING, drawn, trained


def test_subsets_are_of_one_size_and_streams_differ():
    keep = drawn(20, 50, 0.25, 0, JUDGING)
    assert (keep.sum(axis=1) == 5).all()
    assert (keep != drawn(20, 50, 0.25, 0, TUNING)).any()


def test_every_row_is_as_likely():
    often = drawn(10, 4000, 0.3, 0, JUDGING).mean(axis=0)
    assert np.abs(often - 0.3).max() < 4 * np.sqrt(0.3 * 0.7 / 4000)


def test_what_was_trained_is_remembered():
    trainer, test = ridge()
    tests = trainer.tests(test)
    asked = {"subsets": 5, "seeds": 1, "keep": 0.5, "stream": JUDGING}
    assert trained(trainer, tests, **asked) is trained(trainer, tests, **asked)
    assert trained(trainer, tests, **asked) is not trained(trainer, tests, **asked, seed=1)


def test_outputs_are_those_of_the_subsets():
    trainer, test = ridge()
    found = trained(trainer, trainer.tests(test), subsets=4, seeds=2, keep=0.5, stream=JUDGING)
    want = [trainer.measure(trainer.fit(k), test) for k in found.keep]
    assert np.allclose(found.outputs, np.stack([want, want]), atol=1e-12)
    assert np.allclose(found.truth, want, atol=1e-12)


@pytest.mark.parametrize("keep", [0.0, 1.0, 0.001])
def test_shares_that_leave_nobody_or_everybody(keep):
    with pytest.raises(wh.WhenceError, match="share of the 20 rows"):
        drawn(20, 5, keep, 0, JUDGING)
