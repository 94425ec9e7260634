"""EK-FAC: exact where its assumptions hold, near elsewhere, and never the transposed basis."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.curved import (  # noqa: E402
    SHAPES,
    Words,
    cosines,
    exact,
    matrix,
    named,
    network,
    queries,
)
from whence.models.trainer import Trainer  # noqa: E402
from whence.models.trainer.curvature import curvature  # noqa: E402
from whence.models.trainer.curvature.ekfac import EKFAC  # noqa: E402
from whence.models.trainer.curvature.kronecker import Kronecker  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


class TimeFirst(Words):
    """The same network, which turns rows and time about before its layers."""

    def forward(self, x):
        h = torch.tanh(self.norm(self.first(x.transpose(0, 1))))
        return self.last(h.mean(0))


class Twice(torch.nn.Module):
    """One layer that is called two times."""

    def __init__(self):
        super().__init__()
        self.first, self.last = torch.nn.Linear(5, 5), torch.nn.Linear(5, 3)

    def forward(self, x):
        return self.last(torch.tanh(self.first(torch.tanh(self.first(x)))))


class Aside(Twice):
    """A layer whose weight is also used without it."""

    def forward(self, x):
        return self.last(torch.tanh(self.first(x)) + x @ self.first.weight)


class Tied(torch.nn.Module):
    """Words by number, and the same matrix at the other end."""

    def __init__(self):
        super().__init__()
        self.embed, self.mix = torch.nn.Embedding(200, 4), torch.nn.Linear(4, 4)
        self.out = torch.nn.Linear(4, 200, bias=False)
        self.out.weight = self.embed.weight
        self.head = torch.nn.Linear(200, 3)

    def forward(self, x):
        return self.head(self.out(torch.tanh(self.mix(self.embed(x).mean(1)))))


def ekfac(trainer, model, **options):
    return EKFAC(trainer, [model], np.arange(len(trainer.penalty)), **options)


def dense_of(block):
    return block.scaled(block.values, np.eye(len(block.at)))


# -- exact where it must be --


def test_least_squares_of_one_layer_is_exact():
    """Slopes are independent of inputs: they are the same for every row."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)) @ rng.normal(size=(4, 4)), rng.normal(size=(30,))
    t = Trainer.torch(
        lambda: torch.nn.Linear(4, 1).double(),
        X,
        y,
        loss="squared error",
        epochs=5,
        lr=0.05,
        batch=10,
        weight_decay=0.01,
    )
    m = t.fit()
    v = rng.normal(size=(3, 5))
    assert np.allclose(curvature(t, m, "ekfac").solve(v, 0.1), exact(t, m, v, 0.1))


@pytest.mark.parametrize("bias", [True, False])
def test_one_row_is_exact(bias):
    make = lambda: torch.nn.Linear(4, 3, bias=bias)  # noqa: E731
    t, m = network(make, (4,), n=12)
    t.rows = t.rows.__class__(t.rows.X[:1], t.rows.y[:1], t.rows.names[:1], t.rows.labels[:1])
    t.X, t.y, t.penalty = t.X[:1], t.y[:1], t.penalty / 12
    v = np.random.default_rng(0).normal(size=(3, len(t.penalty)))
    assert np.allclose(curvature(t, m, "ekfac").solve(v, 0.1), exact(t, m, v, 0.1))


@pytest.mark.parametrize("kind", [*SHAPES, "twice"])
def test_eigenvalues_are_those_of_the_true_block(kind):
    """Mutants: places squared before they are summed; a basis by rows; A and S exchanged."""
    t, m = network(Twice, (5,)) if kind == "twice" else named(kind)
    H, made = matrix(t, m), ekfac(t, m)
    layers = [b for b in made.blocks if isinstance(b, Kronecker)]
    assert len(layers) == 2
    for block in layers:
        basis = np.kron(block.outputs, block.inputs)
        own = H[np.ix_(block.at, block.at)]
        assert np.allclose(np.diag(basis.T @ own @ basis), block.values, atol=1e-12)
        assert np.allclose(dense_of(block), basis @ np.diag(block.values) @ basis.T)
    assert made.mean() == pytest.approx(curvature(t, m, "dense").mean())


def test_the_basis_is_that_of_inputs_and_slopes():
    t, m = named("mlp")
    block = ekfac(t, m).blocks[0]
    a = np.column_stack([t.rows.X, np.ones(60)])
    inputs = block.inputs.T @ (a.T @ a) @ block.inputs
    assert np.allclose(inputs, np.diag(np.diag(inputs)), atol=1e-9)
    bias = t.roots(m)[:, 30:36]  # the slope by the bias is delta itself
    outputs = block.outputs.T @ (bias.T @ bias) @ block.outputs
    assert np.allclose(outputs, np.diag(np.diag(outputs)), atol=1e-9)


def test_rows_may_stand_on_any_axis():
    t, m = named("words")
    other, same = network(TimeFirst, (7, 4))
    assert np.allclose(t.parameters(m), other.parameters(same))
    v = queries(t, m)
    one, two = (curvature(a, b, "ekfac").solve(v, 0.01) for a, b in ((t, m), (other, same)))
    assert np.allclose(one, two)


# -- near elsewhere --


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(("damping", "least"), [(1e-1, 0.8), (1e-2, 0.7)])
def test_near_the_exact_inverse(kind, damping, least):
    """The smaller damping is a fifth of the mean eigenvalue, where no block is enough.

    What lies between layers is lost to any solver by layers: each layer's exact block comes first.
    """
    t, m = named(kind)
    v = queries(t, m)
    wanted = exact(t, m, v, damping)
    made, H = ekfac(t, m), matrix(t, m)
    layers = np.zeros_like(H)
    for block in made.blocks:
        layers[np.ix_(block.at, block.at)] = H[np.ix_(block.at, block.at)]
    best = np.linalg.solve(layers + damping * np.eye(len(H)), v.T).T
    found = cosines(made.solve(v, damping), wanted).mean()
    assert cosines(best, wanted).mean() > found >= least
    assert found > cosines(v, wanted).mean() + 0.05


def test_transposed_eigenvectors_are_far():
    """The mutant that is easiest to make: `eigh` has its vectors in columns."""
    t, m = named("mlp")
    v = queries(t, m)
    wanted, made = exact(t, m, v, 1e-2), ekfac(t, m)
    right = cosines(made.solve(v, 1e-2), wanted).mean()
    for block in made.blocks:
        block.outputs, block.inputs = block.outputs.T, block.inputs.T
    assert cosines(made.solve(v, 1e-2), wanted).mean() < right - 0.2


def test_digits():
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    rows, asked = order[:200], order[500:520]
    X = (X / 16).astype("float32")
    make = lambda: torch.nn.Sequential(  # noqa: E731
        torch.nn.Linear(64, 8), torch.nn.Tanh(), torch.nn.Linear(8, 10)
    )
    t = Trainer.torch(make, X[rows], y[rows], epochs=20, lr=0.3, batch=50, weight_decay=1e-3)
    m = t.fit()
    v = t.measured_gradients(m, t.tests((X[asked], y[asked])))
    true, made = curvature(t, m, "dense"), curvature(t, m, "ekfac")
    for damping, least in ((1e-1, 0.8), (1e-2, 0.8), (1e-3, 0.7)):  # a smaller one shows more
        found = cosines(made.solve(v, damping), true.solve(v, damping)).mean()
        assert found >= least
        assert found > cosines(v, true.solve(v, damping)).mean() + 0.1


# -- labels --


@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_labels_drawn_tend_to_the_expectation(loss):
    options = {} if loss == "cross-entropy" else {"loss": loss}
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 4))
    y = rng.integers(0, 3, 20) if loss == "cross-entropy" else rng.normal(size=20)
    width = 3 if loss == "cross-entropy" else 1
    t = Trainer.torch(
        lambda: torch.nn.Linear(4, width).double(), X, y, epochs=2, lr=0.1, batch=10, **options
    )
    m = t.fit()
    wanted = sum(dense_of(b) for b in ekfac(t, m).blocks)
    errors = []
    for draws in (1, 2000):
        drawn = ekfac(t, m, draws=draws, seed=3)
        assert str(draws) in drawn.provenance["labels"]
        errors.append(np.abs(sum(dense_of(b) for b in drawn.blocks) - wanted).max())
    # one output has one direction, and its sign does not show; else 5 errors of 1/sqrt(40,000)
    assert errors[1] <= 0.025 * np.abs(wanted).max()


def test_draws_by_their_seed():
    t, m = named("mlp")
    one, again, other = (ekfac(t, m, draws=2, seed=s).eigenvalues() for s in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


# -- what is no linear layer --


def test_a_norm_keeps_its_block():
    t, m = named("words")
    made = ekfac(t, m)
    assert made.provenance["layers"] == ["first", "last"]
    assert made.provenance["whole blocks"] == ["norm"]
    at = np.arange(30, 42)
    assert np.allclose(dense_of(made.blocks[-1]), matrix(t, m)[np.ix_(at, at)])


def test_a_shared_weight_is_no_layer():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 200, (30, 5)), rng.integers(0, 3, 30)
    t = Trainer.torch(lambda: Tied().double(), X, y, epochs=2, lr=0.1, batch=10, weight_decay=1e-3)
    m = t.fit()
    made = curvature(t, m, "ekfac")
    assert made.provenance["layers"] == ["mix", "head"]
    assert made.provenance["diagonal"] == ["embed"]
    H = matrix(t, m)
    assert np.allclose(made.blocks[-1].values, np.diag(H)[:800])
    assert np.isfinite(made.solve(queries(t, m), 0.1)).all()


def test_a_weight_used_aside_is_found_out():
    t, m = network(Aside, (5,))
    made = ekfac(t, m)
    assert made.provenance["layers"] == ["last"]
    assert made.provenance["whole blocks"] == ["first"]
    at = np.arange(30)
    assert np.allclose(dense_of(made.blocks[-1]), matrix(t, m)[np.ix_(at, at)])


def test_the_module_stays_as_it_is():
    t, m = named("convolution")
    before = copy.deepcopy(t.module.state_dict())
    curvature(t, m, "ekfac")
    assert all(torch.equal(p, before[k]) for k, p in t.module.state_dict().items())
    for part in t.module.modules():
        assert not part._forward_hooks


def test_no_hook_is_left_on_the_copy():
    t, m = named("mlp")
    made = ekfac(t, m)
    assert not any(part._forward_hooks for part in made._copy.module.modules())
