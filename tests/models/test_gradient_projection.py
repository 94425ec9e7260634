"""Random projections of gradients: what they keep on average, and the same bits each time."""

import subprocess
import sys

import numpy as np
import pytest

from whence._core.errors import ModelError, OptionError
from whence._core.keyed import hashed

torch = pytest.importorskip("torch")
from whence.models.gradients import SJLT, Factored, Hadamard, Rademacher, projection  # noqa: E402
from whence.models.gradients._signs import hashes, order, signs  # noqa: E402
from whence.models.gradients._tiles import times  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
SHAPES = ((6, 9), (3, 40))
MAKE = {
    "rademacher": lambda seed: Rademacher(174, 16, seed),
    "sjlt": lambda seed: SJLT(174, 16, seed),
    "sjlt, 4 each": lambda seed: SJLT(174, 16, seed, per=4),
    "hadamard": lambda seed: Hadamard(174, 16, seed),
    "factored": lambda seed: Factored(SHAPES, (2, 4), seed),
}
each = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


def drawn(rows, size, seed=0, dtype=torch.float32):
    return torch.tensor(np.random.default_rng(seed).normal(size=(rows, size)), dtype=dtype)


def matrix(made):
    """The projection as a matrix, [dim, size]."""
    return made.project(torch.eye(made.size, dtype=torch.float64)).T


@each
def test_it_is_linear(make):
    made, x = make(3), drawn(5, 174, dtype=torch.float64)
    assert made.dim == matrix(made).shape[0]
    torch.testing.assert_close(made.project(x), x @ matrix(made).T)


@each
def test_a_row_has_the_same_bits_in_any_company(make):
    made, x = make(3), drawn(150, 174)
    whole = made.project(x)
    for start, stop in ((0, 1), (7, 8), (3, 70), (17, 150), (60, 130)):
        assert torch.equal(made.project(x[start:stop]), whole[start:stop])
    shuffled = torch.tensor(np.random.default_rng(1).permutation(150))
    assert torch.equal(made.project(x[shuffled]), whole[shuffled])


@pytest.mark.parametrize("make", [MAKE["rademacher"], MAKE["sjlt, 4 each"], MAKE["hadamard"]])
def test_inner_products_are_kept_on_average(make):
    """The mean over seeds lies within 4 standard errors of the bound on the variance."""
    g = drawn(2, 174, seed=5, dtype=torch.float64)
    g[1] += g[0]
    truth, seeds = float(g[0] @ g[1]), 300
    bound = (float(g[0] @ g[0]) * float(g[1] @ g[1]) + truth**2) / 16
    found = np.array([float(torch.prod(make(s).project(g), dim=0).sum()) for s in range(seeds)])
    assert abs(found.mean() - truth) < 4 * np.sqrt(bound / seeds)
    # the variance of a variance of near-normal numbers: 2 V^2 / seeds
    assert found.var() < bound * (1 + 4 * np.sqrt(2 / seeds))


def test_factors_keep_inner_products_on_average():
    """The Kronecker product of two projections: each side has its own part of the variance."""
    g = drawn(2, 174, seed=5, dtype=torch.float64)
    g[1] += g[0]
    truth, seeds = float(g[0] @ g[1]), 300
    found = np.array(
        [
            float(torch.prod(Factored(SHAPES, (2, 4), s).project(g), dim=0).sum())
            for s in range(seeds)
        ]
    )
    assert abs(found.mean() - truth) < 4 * found.std() / np.sqrt(seeds)


def test_signs_average_out_between_different_numbers():
    """A mutant that uses one sign for a whole stretch keeps no inner product."""
    for made in (SJLT(300, 10, 1, per=2), Rademacher(300, 10, 1), Hadamard(300, 10, 1)):
        p = matrix(made)
        lengths = (p**2).sum(dim=0)
        torch.testing.assert_close(lengths, torch.ones_like(lengths))
        off = p.T @ p - torch.eye(300, dtype=torch.float64)
        assert abs(float(off.mean())) < 4 * np.sqrt(1 / 10) / 300


def test_a_sparse_column_has_one_number_in_each_group():
    p = matrix(SJLT(500, 40, 2, per=4))
    groups = (p.reshape(4, 10, 500) != 0).sum(dim=1)
    assert bool((groups == 1).all())
    assert set(p.abs().unique().tolist()) == {0.0, 0.5}
    full = (p != 0).sum(dim=1)
    assert set(full.tolist()) == {50}  # buckets are equal


def test_stretches_of_a_long_gradient_are_turned(monkeypatch):
    """With short stretches, numbers of different ones still meet as often as chance says."""
    monkeypatch.setattr("whence.models.gradients.sjlt._STRETCH", 20)
    met = np.zeros((100, 100))
    for seed in range(200):
        p = matrix(SJLT(100, 10, seed)).abs().numpy()
        met += p.T @ p
    apart = met[:20, 20:] / 200  # other stretches: exactly 1 in 10
    assert abs(apart.mean() - 0.1) < 4 * np.sqrt(0.09 / 200 / 20)


def test_all_numbers_of_a_transform_lose_nothing():
    x = drawn(4, 64, dtype=torch.float64)
    y = Hadamard(64, 64, 9).project(x)
    torch.testing.assert_close(y @ y.T, x @ x.T)


def test_factors_are_what_their_gradient_is():
    made, rows, places = Factored(SHAPES, (2, 4), 5), 7, 3
    pairs = [
        (drawn(rows * places, out, 1).view(rows, places, out).double(),
         drawn(rows * places, into, 2).view(rows, places, into).double())
        for out, into in SHAPES
    ]  # fmt: skip
    whole = [torch.einsum("rto,rti->roi", d, a).flatten(1) for d, a in pairs]
    torch.testing.assert_close(made.project_pairs(pairs), made.project(torch.cat(whole, dim=1)))
    flat = [(d[:, 0], a[:, 0]) for d, a in pairs]
    whole = [torch.einsum("ro,ri->roi", d, a).flatten(1) for d, a in flat]
    torch.testing.assert_close(made.project_pairs(flat), made.project(torch.cat(whole, dim=1)))


def test_a_short_side_is_left_as_it_is():
    made = Factored(((2, 3),), (8, 8))
    x = drawn(4, 6)
    assert made.dim == 6
    assert torch.equal(made.project(x), x)


def test_another_process_draws_the_same(tmp_path):
    code = (
        "import sys, torch\nfrom whence.models.gradients import projection\n"
        "torch.set_num_threads(1)\n"
        "x = torch.arange(300.).sin().view(2, 150)\n"
        "for kind in ('sjlt', 'hadamard', 'rademacher'):\n"
        "    sys.stdout.write(projection(kind, 150, 9, -4).project(x).numpy().tobytes().hex())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    x = torch.arange(300.0).sin().view(2, 150)
    kinds = ("sjlt", "hadamard", "rademacher")
    here = [projection(kind, 150, 9, -4).project(x).numpy().tobytes().hex() for kind in kinds]
    assert done.stdout == "".join(here)


def test_hashes_are_those_of_numpy():
    key, numbers = (-3, 2**63 + 5, 11), np.arange(50)
    ours = hashes(torch.device("cpu"), *key, torch.tensor(numbers)).numpy()
    assert np.array_equal(ours, hashed(*key, numbers).view(np.int64))


def test_signs_are_fair_and_of_their_row():
    found = signs(torch.arange(200), 300, torch.float32, 1, 2)
    assert set(found.unique().tolist()) == {-1.0, 1.0}
    assert abs(float(found.mean())) < 4 / np.sqrt(60_000)
    assert torch.equal(signs(torch.tensor([150]), 300, torch.float32, 1, 2)[0], found[150])
    assert sorted(order(100, torch.device("cpu"), 4).tolist()) == list(range(100))


def test_products_by_tiles_are_products():
    x, m = drawn(130, 20, dtype=torch.float64), drawn(20, 5, 3, dtype=torch.float64)
    torch.testing.assert_close(times(x, m), x @ m)


def test_shorter_floats_are_computed_as_float32():
    made, x = SJLT(30, 5), drawn(3, 30)
    assert made.project(x.half()).dtype == torch.float32
    assert torch.equal(made.project(x.bfloat16()), made.project(x.bfloat16().float()))
    assert made.project(x.double()).dtype == torch.float64


def test_names():
    assert projection("sjlt", 30, 5, 2) == SJLT(30, 5, 2)
    assert repr(SJLT(30, 5, 2)) == "SJLT(size=30, dim=5, seed=2, per=1)"
    with pytest.raises(OptionError, match=r"Did you mean 'hadamard'.*Factored"):
        projection("hadamrd", 30, 5)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: SJLT(0, 1), "size is a positive"),
        (lambda: Rademacher(5, 6), "at most size, 5"),
        (lambda: Hadamard(5, 2, 1.5), "seed is a whole number"),
        (lambda: SJLT(30, 10, per=3), "per divides dim, 10"),
        (lambda: Factored(()), "shapes are"),
        (lambda: Factored(((2, 3),), (2,)), "shapes are"),
        (lambda: Factored(((2, 0),)), "positive whole number"),
    ],
)
def test_sizes_that_cannot_be(make, says):
    # the types are checked before, while tests run: either refuses
    with pytest.raises(Exception, match=f"{says}|violates type hint|Type-check"):
        make()


def test_what_is_no_gradient_is_refused():
    made = SJLT(30, 5)
    with pytest.raises(OptionError, match=r"shape \[rows, 30\].*\(2, 31\)"):
        made.project(drawn(2, 31))
    with pytest.raises(OptionError, match=r"shape \[rows, 30\].*\(30,\)"):
        made.project(drawn(1, 30)[0])
    with pytest.raises(OptionError, match="tensor of floats"):
        made.project(torch.ones((2, 30), dtype=torch.int64))


@each
def test_a_gradient_that_is_not_finite_is_named(make):
    x = drawn(4, 174)
    x[2, 171] = float("nan")
    with pytest.raises(ModelError, match="first row 2"):
        make(0).project(x)


def test_other_factors_are_refused():
    made = Factored(SHAPES, (2, 4))
    good = [(drawn(4, 6), drawn(4, 9)), (drawn(4, 3), drawn(4, 40))]
    assert made.project_pairs(good).shape == (4, made.dim)
    with pytest.raises(OptionError, match="2 layers"):
        made.project_pairs(good[:1])
    for wrong in ((drawn(4, 3), drawn(4, 41)), (drawn(5, 3), drawn(5, 40)), (drawn(4, 3)[0],) * 2):
        with pytest.raises(OptionError, match="layer"):
            made.project_pairs([good[0], wrong])
