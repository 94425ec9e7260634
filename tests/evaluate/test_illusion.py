"""Illusions of patching, on a site whose truth is known.

The site is h = (x, 0, x) and the output y = h3 + 2 h2: h1 varies and nobody reads it, h2 is read
and sleeps. Patching (1, 1, 0) makes y = x' by waking h2; what the model uses is (0, 0, 1).
"""

import numpy as np
import pytest

from whence._core.errors import OptionError
from whence.evaluate import illusion

SEES = np.array([1, 2])  # h2 and h3 are read
OUT = np.array([0.0, 2.0, 1.0])
FALSE, ROW, NULL, TRUE = (np.array(v, float) for v in ([1, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]))


class Site:
    """The toy turned into d dimensions, with noise in all of them."""

    def __init__(self, d=3, noise=0.0, seed=0, pairs=200):
        rng = np.random.default_rng(seed)
        self.turn = np.linalg.qr(rng.normal(size=(d, d)))[0] if d > 3 else np.eye(3)
        self.x = rng.normal(size=(2, pairs))
        flat = np.zeros((2, pairs, d))
        flat[:, :, 0] = flat[:, :, 2] = self.x
        self.base, self.source = (flat + noise * rng.normal(size=flat.shape)) @ self.turn.T
        self.reader = self.turn[:, SEES]

    def at(self, *directions):
        return self.turn[:, :3] @ np.array(directions).T

    def read(self, h):
        return h @ self.turn[:, :3] @ OUT

    def effect(self, v):
        np.testing.assert_allclose(v.T @ v, np.eye(v.shape[1]), atol=1e-9)
        patched = self.base + (self.source - self.base) @ v @ v.T
        return (self.read(patched) - self.read(self.base)) * np.sign(self.x[1] - self.x[0])

    def whole(self):
        return (self.read(self.source) - self.read(self.base)) * np.sign(self.x[1] - self.x[0])

    def judge(self, *directions, **more):
        given = (self.base, self.source, self.at(*directions), self.reader, self.effect)
        return illusion(*given, **more)


def test_the_toy_s_numbers():
    """[31]'s distilled example: 1, 0, 0, and 0 for the span of both."""
    site = Site()
    found = site.judge(FALSE, site_effect=site.whole())
    table = dict(zip(found.table["patched"], found.table["effect"], strict=True))
    whole = table.pop("whole site")
    shares = {name: effect / whole for name, effect in table.items()}
    assert shares == pytest.approx(
        {"subspace": 1.0, "row part": 0.0, "null part": 0.0, "span of both": 0.0}, abs=1e-12
    )
    assert found.holds is False
    assert found.numbers["retention"] == pytest.approx(0.0, abs=1e-12)
    assert found.numbers["row norm"] == pytest.approx(np.sqrt(0.5))
    assert found.numbers["row spread"] == 0
    assert found.numbers["outside"] == pytest.approx(0.5, abs=0.02)  # h2, of h2 and h3
    assert "an illusion: the part that is read keeps 0 % [0, 0]" in found.words
    assert "Red flag" not in found.words


def test_the_true_direction_is_faithful():
    """Kills: a judge that calls every direction an illusion."""
    found = Site().judge(TRUE)
    assert found.holds is True
    assert found.words.startswith("the subspace lies wholly in what is read")
    both = Site().judge(np.array([1.0, 0, 1.0]))
    assert both.holds is True
    assert both.numbers["retention"] == pytest.approx(1.0)
    assert both.numbers["span"] == pytest.approx(1.0)
    assert both.words.startswith("faithful: the part that is read keeps 100 %")


def test_a_turned_and_noisy_site_has_the_same_verdicts():
    """Kills: a verdict that rests on the axes."""
    wanted = {
        (1, 1, 0): False,
        (0, 0, 1): True,
        (1, 0, 1): True,
        (0.5, 0, 1): True,
        (1, 0, 0): None,
    }
    for seed in range(50):
        site = Site(4 + seed % 9, 0.05, seed, pairs=100)
        for v, holds in wanted.items():
            assert site.judge(np.array(v, float)).holds is holds, (seed, v)


@pytest.mark.parametrize("seed", range(5))
def test_planes(seed):
    """A plane of an illusion and a direction that does nothing is an illusion still."""
    site = Site(10, 0.05, seed)
    idle = np.eye(10)[5]
    rng = np.random.default_rng(seed)
    for v, holds in ((FALSE, False), (TRUE, True)):
        plane = np.stack([site.at(v)[:, 0], site.turn @ idle], axis=1) @ rng.normal(size=(2, 2))
        found = illusion(site.base, site.source, plane, site.reader, site.effect)
        assert found.holds is holds
        assert found.table["dimensions"][0] == 2


def test_the_same_example_by_another_hand():
    """The fixture with base 1 and source 3, out = z0 + 2 z1, and one number for each effect."""
    base, source = np.array([[1.0, 0, 1]]), np.array([[3.0, 0, 3]])
    out = np.array([1.0, 2.0, 0.0])

    def effect(v):
        return float(((source - base) @ v @ v.T @ out)[0])

    found = illusion(base, source, [0.0, 1.0, 1.0], np.eye(3)[:, :2], effect)
    assert found.holds is False
    assert found.table["effect"] == pytest.approx((2.0, 0.0, 0.0, 0.0))
    assert found.intervals == {}
    assert np.isnan(found.table["low"][0])
    true = illusion(base, source, [1.0, 0.0, 1.0], np.eye(3)[:, :2], effect)
    assert true.holds is True


def test_a_direction_that_was_trained_is_judged_alike():
    """The best direction by effect alone, which DAS trains, may be an illusion on wide sites."""
    rng = np.random.default_rng(0)
    d, pairs = 40, 400
    reader = np.linalg.qr(rng.normal(size=(d, 6)))[0]
    x = rng.normal(size=(2, pairs))
    null = np.linalg.svd(reader.T)[2][6:].T
    used, asleep = reader[:, 0], reader[:, 1]
    h = x[..., None] * (0.3 * used + 3 * null[:, 0]) + 0.01 * rng.normal(size=(2, pairs, d))
    out = used + 4 * asleep
    sign, delta = np.sign(x[1] - x[0]), h[1] - h[0]

    def effect(v):
        return delta @ v @ v.T @ out * sign

    moved = (delta * sign[:, None]).mean(axis=0)
    # max over |v| = 1 of (v . moved)(v . out): the sum of the two unit vectors
    best = moved / np.linalg.norm(moved) + out / np.linalg.norm(out)
    assert effect(best[:, None] / np.linalg.norm(best)).mean() > 3 * (delta @ out * sign).mean()
    found = illusion(h[0], h[1], best, reader, effect, site_effect=delta @ out * sign)
    assert found.holds is False
    assert "Red flag: the subspace does more than the whole site" in found.words
    assert illusion(h[0], h[1], used, reader, effect).holds is True


# -- not judged --


def test_a_reader_that_sees_everything():
    site = Site()
    found = illusion(site.base, site.source, FALSE, np.eye(3), site.effect)
    assert found.holds is None
    assert "not testable here: the reader sees all 3 directions" in found.words


def test_a_reader_of_one_direction_keeps_everything():
    """Kills: a retention of 1 that every direction has, the illusion among them."""
    site = Site()
    found = illusion(site.base, site.source, FALSE, OUT[:, None], site.effect)
    assert found.holds is None
    assert "is all 1 that the reader sees" in found.words


def test_what_is_not_read_at_all():
    found = Site(8, 0.1).judge(NULL)
    assert found.holds is None
    assert "lies wholly in what the reader cannot see" in found.words


def test_an_effect_within_noise():
    """Kills: a ratio of two noises."""
    found = Site(8, 0.1).judge(ROW)
    assert found.holds is None
    assert "within noise" in found.words
    assert Site().judge(ROW).holds is None


def test_another_reader_that_was_left_out():
    """Kills: an illusion that is only a reader nobody gave."""
    site = Site(6, 0.02)
    reader = site.turn[:, [0, 1]]
    found = illusion(site.base, site.source, site.at([0, 1.0, 1.0]), reader, site.effect)
    assert found.holds is None
    assert "give every reader" in found.words


def test_few_pairs_leave_it_undecided():
    rng = np.random.default_rng(3)
    site = Site(8, 0.05, pairs=8)

    def vague(v):
        return site.effect(v) + 0.3 * rng.normal(size=8)

    v = site.at([1.0, 0.7, 1.0])
    found = illusion(site.base, site.source, v, site.reader, vague)
    assert found.holds is None
    assert "undecided" in found.words


# -- what is refused --

GOOD = Site(5, 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": GOOD.base[:, :4]}, r"base of shape \(200, 4\) and source of shape \(200, 5\)"),
        ({"base": GOOD.base[0], "source": GOOD.base[0]}, r"base of shape \(5,\)"),
        ({"subspace": np.ones(4)}, r"subspace of shape \(4,\) for a site of 5 dimensions"),
        ({"subspace": np.ones((2, 5))}, r"subspace of shape \(2, 5\)"),
        ({"subspace": np.zeros(5)}, "direction 0 is zero"),
        ({"subspace": np.ones((5, 2))}, "its 2 directions span only 1 dimensions"),
        ({"reader": GOOD.reader.T}, r"reader is \[d, r\] = \[5, r\].*transpose it: torch keeps"),
        ({"reader": np.zeros((5, 2))}, "not all zero"),
        ({"reader": GOOD.reader[:, 0]}, r"reader of shape \(5,\)"),
        ({"source": GOOD.source * np.nan}, "source has 1,000 NaN or infinite"),
        (
            {"effect": lambda v: np.ones(3)},
            r"effects of these shapes for 200 pairs: subspace \(3,\)",
        ),
        ({"effect": lambda v: np.nan}, "the effect of the subspace has 1 NaN"),
        ({"site_effect": 1.0}, r"whole site \(1,\)"),
        ({"kept": 1.5}, "shares between 0 and 1"),
        ({"level": 0.0}, "shares between 0 and 1"),
    ],
)
def test_what_is_refused(change, message):
    given = {
        "base": GOOD.base,
        "source": GOOD.source,
        "subspace": GOOD.at(FALSE),
        "reader": GOOD.reader,
        "effect": GOOD.effect,
    }
    with pytest.raises(OptionError, match=message):
        illusion(**{**given, **change})


def test_tensors_are_taken():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    base, source, reader = (torch.tensor(a) for a in (GOOD.base, GOOD.source, GOOD.reader))
    v = torch.tensor(GOOD.at(FALSE))
    found = illusion(base, source, v, reader, lambda v: torch.tensor(GOOD.effect(v)))
    assert found == GOOD.judge(FALSE)
    with pytest.raises(OptionError, match="requires grad"):
        illusion(base.requires_grad_(), source, v, reader, GOOD.effect)


def test_the_same_seed_gives_the_same_certificate():
    assert GOOD.judge(FALSE, seed=3) == GOOD.judge(FALSE, seed=3)
    assert GOOD.judge(FALSE, seed=3) != GOOD.judge(FALSE, seed=4)
