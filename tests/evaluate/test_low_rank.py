"""How few directions carry the job, where the answer was planted."""

import itertools

import numpy as np
import pytest

from whence._core.errors import OptionError
from whence.evaluate import low_rank

BITS = np.array(list(itertools.product([-1.0, 1.0], repeat=3)))
SIZE = np.array([3.0, 2.0, 1.0])
D = 10
TURN = np.linalg.qr(np.random.default_rng(0).normal(size=(D, D)))[0]
VECTORS = (BITS * SIZE) @ TURN[:, :3].T + 5 * TURN[:, 4]
ASKED = np.repeat(BITS, 50, axis=0), np.tile(np.arange(3), 400)[:400]


def right(projector, mean):
    """Which bit is asked differs by example: with r directions r of the three are known."""
    bits, which = ASKED
    x = mean + ((bits * SIZE) @ TURN[:, :3].T + 5 * TURN[:, 4] - mean) @ projector
    said = ((x - mean) @ TURN[:, :3])[np.arange(400), which]
    told = np.where(np.abs(said) < 1e-9, 0.0, np.sign(said))
    return (1 + told * bits[np.arange(400), which]) / 2


def test_the_planted_curve():
    """1/2, 2/3, 5/6, 1, 1, ... for r = 0, 1, 2, 3, 4, ..."""
    found = low_rank(VECTORS, right, share=0.9)
    share = np.array([(ASKED[1] == i).mean() for i in range(3)])
    truth = 0.5 + 0.5 * np.cumsum(share)
    np.testing.assert_allclose(found.table["score"], [0.5, *truth, *[1.0] * 7])
    assert found.table["rank"] == tuple(range(11))
    np.testing.assert_allclose(found.table["variance"][:4], np.array([0, 9, 13, 14]) / 14)
    assert found.numbers == pytest.approx(
        {"elbow": 3, "kept": 1, "nothing": 0.5, "full": 1, "dimensions": 10}
    )
    assert found.holds is True
    assert found.words.startswith("3 directions keep 100 % [100, 100] of what all bring")


def test_what_is_enough_moves_the_elbow():
    """Kills: a share of the full score, half of which the mean alone has."""
    assert low_rank(VECTORS, right, share=0.6).numbers["elbow"] == 2
    assert low_rank(VECTORS, right, share=0.7).numbers["elbow"] == 3


def test_a_claim_is_judged():
    for rank, holds in ((0, False), (1, False), (3, True), (10, True)):
        assert low_rank(VECTORS, right, at_most=rank).holds is holds
    few = low_rank(VECTORS, lambda p, m: right(p, m)[::40], at_most=2, share=0.7)
    assert few.holds is None


def test_losses_count_too():
    """Minus the squared error keeps exactly the variance: the elbow is that of the spectrum."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 6)) * [5, 3, 2, 1, 0.5, 0.1] + 7

    def score(projector, mean):
        return -(((x - mean) @ (np.eye(6) - projector)) ** 2).sum(axis=1)

    found = low_rank(x, score, share=0.95)
    np.testing.assert_allclose(found.table["kept"], found.table["variance"])
    variance = np.sort(np.linalg.eigvalsh(np.cov(x.T)))[::-1]
    truth = 1 + int(np.argmax(np.cumsum(variance) / variance.sum() >= 0.95))
    assert found.numbers["elbow"] == truth


def test_a_lucky_rank_is_no_elbow():
    """Kills: the first rank that happens to do well."""
    curve = {0: 0.0, 1: 0.95, 2: 0.2, 3: 0.92, 4: 1.0}

    def score(projector, mean):
        return curve[round(np.trace(projector))]

    found = low_rank(np.random.default_rng(0).normal(size=(20, 4)), score)
    assert found.numbers["elbow"] == 3
    assert found.intervals == {}
    assert low_rank(np.random.default_rng(0).normal(size=(20, 4)), score, at_most=1).holds is True


def test_every_direction_is_needed():
    def score(projector, mean):
        return float(np.trace(projector) == 4)

    found = low_rank(np.random.default_rng(0).normal(size=(20, 4)), score)
    assert found.holds is False
    assert found.numbers["elbow"] == 4


def test_wide_sites_are_asked_at_powers_of_two():
    x = np.random.default_rng(0).normal(size=(30, 40))
    ranks = []

    def score(projector, mean):
        ranks.append(round(np.trace(projector)))
        return np.trace(projector)

    low_rank(x, score)
    assert ranks == [0, 1, 2, 4, 8, 16, 30, 40]  # 30 vectors have 30 directions, mean included
    ranks.clear()
    low_rank(x, score, ranks=[3, 5, 3], at_most=7)
    assert ranks == [0, 3, 5, 7, 40]


@pytest.mark.parametrize("sign", [0.0, -1.0])
def test_no_job_to_keep(sign):
    """Kills: a ratio of two noises, or of two losses of skill."""
    rng = np.random.default_rng(0)
    found = low_rank(VECTORS, lambda p, m: sign * right(p, m) + 0.01 * rng.normal(size=400))
    assert found.holds is None
    assert "there is no job to keep" in found.words


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"vectors": VECTORS[0]}, r"vectors of shape \(10,\)"),
        ({"vectors": VECTORS * np.inf}, "vectors has .* NaN or infinite"),
        ({"ranks": [11]}, "between 0 and the 10 dimensions; given 11"),
        ({"at_most": -1}, "given -1"),
        ({"share": 0.0}, "share and level"),
        ({"score": lambda p, m: np.ones((2, 2))}, "scores are .examples."),
        ({"score": lambda p, m: np.ones(2 + round(np.trace(p)))}, "same examples for each rank"),
        ({"score": lambda p, m: np.nan}, "the score of rank 0 has 1 NaN"),
    ],
)
def test_what_is_refused(more, message):
    with pytest.raises(OptionError, match=message):
        low_rank(**{"vectors": VECTORS, "score": right, **more})
