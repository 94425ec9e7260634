"""The solvers: each against the inverse by definition, and one another."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.curved import exact, matrix, mlp, named, network, queries  # noqa: E402
from whence._core.errors import ModelError, OptionError, UnsupportedModelError  # noqa: E402
from whence.models.trainer import Trainer  # noqa: E402
from whence.models.trainer.curvature import (  # noqa: E402
    ConjugateGradients,
    Dense,
    Lanczos,
    candidates,
    curvature,
    mean_curvature,
)
from whence.models.trainer.curvature.network_product import NetworkProduct  # noqa: E402
from whence.models.trainer.curvature.products import Given, RootsProduct  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
DAMPINGS = [0.0, 1e-4, 1e-2, 1.0]


@pytest.fixture(scope="module")
def learned():
    return named("mlp")


def spd(size=8, seed=0, rank=None):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(size, rank or size))
    return A @ A.T, rng.normal(size=(5, size))


# -- H itself --


@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_of_a_linear_module_gauss_newton_is_the_hessian(loss):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)), rng.integers(0, 3, 12)
    y = y if loss == "cross-entropy" else rng.normal(size=(12, 1))[:, 0]
    width = 3 if loss == "cross-entropy" else 1
    t = Trainer.torch(
        lambda: torch.nn.Linear(3, width).double(),
        X,
        y,
        loss=loss,
        epochs=2,
        lr=0.1,
        batch=6,
        weight_decay=0.01,
    )
    m = t.fit()
    flat = torch.as_tensor(t.parameters(m))

    def objective(b):
        params = {"weight": b[: 3 * width].reshape(width, 3), "bias": b[3 * width :]}
        out = torch.func.functional_call(t.module, params, (t.X,))
        return t.each(out, t.y).mean() + 0.01 / 2 * (b * b).sum()

    hessian = torch.func.jacrev(torch.func.jacrev(objective))(flat).numpy()
    assert np.allclose(curvature(t, m, "dense").apply(lambda s: s, np.eye(len(flat))), hessian)


@pytest.mark.parametrize("trainer", ["ridge", "logistic"])
@pytest.mark.parametrize("solver", ["dense", "cg", "arnoldi"])
def test_linear_trainers_have_their_own_hessian(trainer, solver):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(30, 5)), rng.normal(size=30)
    l2 = np.array([0.0, 1.0, 2.0, 0.5, 0.1])
    made = Trainer.ridge(X, y, l2) if trainer == "ridge" else Trainer.logistic(X, y > 0, l2)
    b = made.fit()
    bend = np.ones(30) if trainer == "ridge" else (p := 1 / (1 + np.exp(-X @ b))) * (1 - p)
    H = ((X * bend[:, None]).T @ X + np.diag(l2)) / 30
    v = rng.normal(size=(4, 5))
    found = curvature(made, b, solver).solve(v, 0.01)
    assert np.allclose(found, np.linalg.solve(H + 0.01 * np.eye(5), v.T).T, atol=1e-9)


def test_products_of_a_network_are_those_of_its_roots(learned):
    t, m = learned
    at, v = np.arange(3, 40), np.random.default_rng(0).normal(size=(3, 37))
    one, two = NetworkProduct(t, [m], at), RootsProduct(t, [m], at)
    assert np.allclose(one(v), two(v), atol=1e-12)
    assert np.allclose(one(v), v @ matrix(t, m)[np.ix_(at, at)], atol=1e-12)
    assert one.trace() == pytest.approx(two.trace())


# -- the inverse --


@pytest.mark.parametrize("damping", DAMPINGS)
def test_dense_is_the_inverse(learned, damping):
    t, m = learned
    v = queries(t, m)
    assert np.allclose(curvature(t, m).solve(v, damping), exact(t, m, v, damping), rtol=1e-8)


@pytest.mark.parametrize("damping", DAMPINGS)
@pytest.mark.parametrize("solver", ["cg", "arnoldi"])
def test_the_exact_solvers_agree(learned, solver, damping):
    t, m = learned
    v = queries(t, m)
    wanted = exact(t, m, v, damping)
    error = np.abs(curvature(t, m, solver).solve(v, damping) - wanted).max()
    assert error <= 1e-8 * np.abs(wanted).max() / min(1.0, 1e-3 + damping)  # times 1 / least


@pytest.mark.parametrize("solver", ["dense", "cg", "arnoldi"])
def test_a_damping_is_added(solver):
    """Mutant: a solver that leaves the damping out, or divides by n another time."""
    H, v = spd()
    made = {
        "dense": Dense(H),
        "cg": ConjugateGradients(Given(H)),
        "arnoldi": Lanczos(Given(H)),
    }[solver]
    for damping in DAMPINGS:
        assert np.allclose(
            made.solve(v, damping), np.linalg.solve(H + damping * np.eye(8), v.T).T, rtol=1e-6
        )


@pytest.mark.parametrize("solver", ["dense", "cg", "arnoldi", "ekfac"])
def test_single_precision_modules(solver):
    t, m = named("mlp", double=False)
    v = queries(t, m)
    wanted = exact(t, m, v, 0.1)
    found = curvature(t, m, solver).solve(v, 0.1)
    if solver == "ekfac":
        assert np.isfinite(found).all()
    else:  # the roots of the yardstick have seven digits themselves
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("solver", ["dense", "cg", "arnoldi", "ekfac"])
def test_a_scope_holds_the_others(learned, solver):
    t, m = learned
    v, at = queries(t, m), np.arange(36, 57)
    found = curvature(t, m, solver, scope=["2"])
    H = matrix(t, m)[np.ix_(at, at)] + 0.1 * np.eye(21)
    answer = found.solve(v, 0.1)
    assert (answer[:, :36] == 0).all()
    if solver != "ekfac":
        assert np.allclose(answer[:, at], np.linalg.solve(H, v[:, at].T).T, atol=1e-8)
    same = curvature(t, m, solver, scope=at).solve(v, 0.1)
    assert np.array_equal(same, answer)


@pytest.mark.parametrize("solver", ["dense", "cg", "arnoldi", "ekfac"])
def test_the_mean_of_checkpoints(learned, solver):
    t, last = learned
    first = t.states([0])[0]
    v = queries(t, last)
    both = mean_curvature(t, [first, last], solver)
    alone = [curvature(t, m, "dense").mean() for m in (first, last)]
    assert both.mean() == pytest.approx(np.mean(alone))
    if solver != "ekfac":
        H = (matrix(t, first) + matrix(t, last)) / 2 + 0.1 * np.eye(57)
        assert np.allclose(both.solve(v, 0.1), np.linalg.solve(H, v.T).T, atol=1e-7)


@pytest.mark.parametrize("solver", ["dense", "arnoldi", "ekfac"])
def test_spectral_functions(learned, solver):
    t, m = learned
    v, made = queries(t, m), curvature(t, m, solver)
    assert np.allclose(made.apply(np.ones_like, v), v)
    assert np.allclose(made.apply(lambda s: 1 / (s + 0.1), v), made.solve(v, 0.1))
    half = made.apply(lambda s: np.exp(-s), v)
    assert np.allclose(
        made.apply(lambda s: np.exp(-s), half), made.apply(lambda s: np.exp(-2 * s), v)
    )
    with pytest.raises(OptionError, match="not finite"):
        made.apply(lambda s: s * np.nan, v)


# -- conjugate gradients --


def test_the_tolerance_is_queries():
    """Mutants: a fixed number of steps; a residual that is believed and not looked at."""
    H, v = spd(30)
    tight, loose = (ConjugateGradients(Given(H), tolerance=x).solved(v, 0.1) for x in (1e-10, 1e-2))
    for found, wanted in ((tight, 1e-10), (loose, 1e-2)):
        left = v - found.answer @ H - 0.1 * found.answer
        sizes = np.linalg.norm(left, axis=1) / np.linalg.norm(v, axis=1)
        assert np.allclose(sizes, found.residuals, atol=1e-14)
        assert (found.residuals <= wanted).all()
    assert (loose.iterations < tight.iterations).all()


def test_the_identity_takes_one_step():
    """A start at v, or a step after the answer is there, makes 0/0 of it."""
    v = spd()[1]
    found = ConjugateGradients(Given(np.eye(8))).solved(v, 0.0)
    assert np.allclose(found.answer, v)
    assert (found.iterations == 1).all()


def test_a_vector_of_zeros_takes_none():
    H, v = spd()
    v[2] = 0
    found = ConjugateGradients(Given(H)).solved(v, 0.0)
    assert found.iterations[2] == 0
    assert (found.answer[2] == 0).all()


def test_indefinite_is_refused():
    H, v = np.diag([1.0, -0.5, 2.0, 3.0]), np.ones((1, 4))
    with pytest.raises(ModelError, match=r"indefinite.*damping"):
        ConjugateGradients(Given(H)).solve(v, 0.0)
    with pytest.raises(ModelError, match=r"smallest eigenvalue is -0\.5"):
        Dense(H)
    with pytest.raises(ModelError, match="indefinite"):
        Lanczos(Given(H))
    assert np.allclose(ConjugateGradients(Given(H)).solve(v, 1.0), 1 / (np.diag(H) + 1.0))


def test_too_few_steps_are_refused():
    H, v = spd(30)
    with pytest.raises(ModelError, match="after 2 steps with residual"):
        ConjugateGradients(Given(H), steps=2).solve(v, 0.0)


@pytest.mark.parametrize("options", [{"tolerance": 0}, {"tolerance": 2.0}, {"steps": 0}])
def test_options_of_conjugate_gradients(options):
    with pytest.raises(OptionError):
        ConjugateGradients(Given(np.eye(2)), **options)


# -- Arnoldi --


def test_a_singular_matrix_has_a_pseudo_inverse():
    """Mutant: eigenvalues that are zero but for rounding, inverted."""
    H, v = spd(9, rank=4)
    found = Lanczos(Given(H))
    assert len(found.values) == 4
    assert np.allclose(found.solve(v, 0.0), v @ np.linalg.pinv(H, rcond=1e-10), atol=1e-9)
    damped = np.linalg.solve(H + 0.1 * np.eye(9), v.T).T
    assert np.allclose(found.solve(v, 0.1), damped, atol=1e-9)


def test_eigenvalues_come_as_often_as_they_are():
    """One start alone finds one vector for each different eigenvalue."""
    H = np.diag([3.0, 3.0, 1.0, 1.0, 1.0, 0.0])
    found = Lanczos(Given(H))
    assert np.allclose(np.sort(found.eigenvalues()), np.sort(np.diag(H)), atol=1e-12)


def test_few_steps_of_few_rows_and_a_penalty_are_exact():
    """What no row knows has the penalty for curvature: the mean of the rest."""
    H, v = spd(40, rank=3)
    found = Lanczos(Given(H + 0.2 * np.eye(40)), steps=6)
    assert np.allclose(found.solve(v, 0.0), np.linalg.solve(H + 0.2 * np.eye(40), v.T).T)


def test_more_steps_are_nearer():
    H, v = spd(60)
    wanted = np.linalg.solve(H + 5 * np.eye(60), v.T).T
    errors = [np.abs(Lanczos(Given(H), steps=k).solve(v, 5.0) - wanted).max() for k in (5, 20, 60)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-10


def test_arnoldi_by_its_seed(learned):
    t, m = learned
    product = NetworkProduct(t, [m], np.arange(57))
    one, again, other = (Lanczos(product, steps=9, seed=s).values for s in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    with pytest.raises(OptionError, match="least"):
        Lanczos(product, least=1.0)


# -- the front door --


def test_auto(learned):
    t, m = learned
    assert curvature(t, m).provenance["why"].startswith("57 parameters: few")
    wide, params = network(lambda: torch.nn.Linear(1100, 3), (1100,), n=8, epochs=1)
    made = curvature(wide, params)
    assert (made.solver, made.provenance["layers"]) == ("ekfac", [""])
    rng = np.random.default_rng(0)
    ridge = Trainer.ridge(rng.normal(size=(4, 3001)), rng.normal(size=4), 1.0)
    assert curvature(ridge, np.zeros(3001)).solver == "cg"


def test_singular_is_refused_without_damping():
    t, m = network(mlp, (5,), weight_decay=0.0)
    made = curvature(t, m)
    with pytest.raises(ModelError, match="singular"):
        made.solve(queries(t, m), 0.0)
    assert np.allclose(made.solve(queries(t, m), 0.1), exact(t, m, queries(t, m), 0.1))


@pytest.mark.parametrize(
    ("v", "damping"),
    [
        (np.ones((1, 3)), 0.1),
        (np.full((1, 8), np.nan), 0.1),
        (np.ones((1, 8)), -0.1),
        (np.ones((1, 8)), np.nan),
    ],
)
@pytest.mark.parametrize("made", [Dense(np.eye(8)), ConjugateGradients(Given(np.eye(8)))])
def test_questions_that_are_refused(made, v, damping):
    with pytest.raises(OptionError):
        made.solve(v, damping)


def test_choices_that_are_refused(learned):
    t, m = learned
    with pytest.raises(OptionError, match="solver is one of"):
        curvature(t, m, "lissa")
    with pytest.raises(OptionError, match="at least one"):
        mean_curvature(t, [])
    ridge = Trainer.ridge(np.ones((3, 2)), np.ones(3), 1.0)
    with pytest.raises(OptionError, match="networks"):
        curvature(ridge, ridge.fit(), "ekfac")
    for scope in (["3"], [], [57], [1, 1]):
        with pytest.raises(OptionError, match="scope"):
            curvature(t, m, scope=scope)
    with pytest.raises(OptionError, match="scope"):
        curvature(ridge, ridge.fit(), scope=["x"])


def test_a_trainer_without_gradients():
    sklearn = pytest.importorskip("sklearn.tree")
    rng = np.random.default_rng(0)
    t = Trainer.sklearn(
        sklearn.DecisionTreeRegressor(), rng.normal(size=(9, 2)), rng.normal(size=9)
    )
    with pytest.raises(UnsupportedModelError, match="no gradients"):
        curvature(t, None)


# -- dampings --


def test_candidates(learned):
    t, m = learned
    made = curvature(t, m)
    found = candidates(made, t)
    assert len(found) == 10
    assert (np.diff(found) > 0).all()
    assert np.isclose(found, 1 / t.schedule.rates.sum()).any()
    assert found[0] == pytest.approx(made.mean() * 1e-3)
    adam, b = network(mlp, (5,), optimizer="adam", lr=0.01)
    assert len(candidates(curvature(adam, b), adam)) == 9
    ridge = Trainer.ridge(np.eye(3), np.ones(3), 1.0)
    assert len(candidates(curvature(ridge, ridge.fit()), ridge)) == 9
    with pytest.raises(ModelError, match="zero everywhere"):
        candidates(Dense(np.zeros((2, 2))))


def test_momentum_lengthens_the_training():
    t, m = network(mlp, (5,), momentum=0.5, lr=0.1)
    plain = 1 / t.schedule.rates.sum()
    assert np.isclose(candidates(curvature(t, m), t), plain / 2).any()


# -- what cannot be done --


def test_what_is_small_beside_the_largest_is_zero():
    """Mutant: the mean of the rest, inverted however small it is."""
    H, v = np.diag([10.0, 5.0, 0.5, 0.5]), np.ones((1, 4))
    found = Lanczos(Given(H), least=0.1)
    assert np.allclose(found.solve(v, 0.0), [[0.1, 0.2, 0.0, 0.0]])
    assert np.allclose(found.solve(v, 1.0), [[1 / 11, 1 / 6, 1.0, 1.0]])


def test_a_matrix_that_is_too_large():
    rng = np.random.default_rng(0)
    ridge = Trainer.ridge(rng.normal(size=(2, 8193)), np.ones(2), 1.0)
    with pytest.raises(OptionError, match="8,193 parameters"):
        curvature(ridge, np.zeros(8193), "dense")


class Single(torch.nn.Module):
    """It makes single precision of whatever comes."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 3)

    def forward(self, x):
        return self.layer(x.float())


def test_a_module_that_holds_to_single_precision():
    t, m = network(Single, (4,), double=False)
    with pytest.raises(ModelError, match="double precision"):
        curvature(t, m, "cg").solve(queries(t, m), 0.1)


@pytest.mark.parametrize("product", [NetworkProduct, RootsProduct])
def test_a_product_of_no_model(learned, product):
    with pytest.raises(OptionError, match="at least one model"):
        product(learned[0], [], np.arange(57))(np.ones((1, 57)))


@pytest.mark.parametrize("solver", ["cg", "arnoldi", "ekfac"])
def test_frozen_parameters_and_buffers(solver):
    def make():
        net = mlp()
        net[0].bias.requires_grad_(requires_grad=False)
        net.register_buffer("unused", torch.ones(2))
        return net

    t, m = network(make, (5,))
    v = queries(t, m)
    wanted = exact(t, m, v, 1.0)
    found = curvature(t, m, solver).solve(v, 1.0)
    if solver == "ekfac":
        assert curvature(t, m, solver).provenance["layers"] == ["2"]
    else:
        assert np.allclose(found, wanted, atol=1e-8)


def test_large_matrices_have_the_same_eigenvalues_whoever_finds_them(monkeypatch):
    from whence.models.trainer.curvature import eigen

    root = np.random.default_rng(0).normal(size=(300, 300))
    values, vectors = eigen.eigh(root @ root.T)
    assert np.allclose((vectors * values) @ vectors.T, root @ root.T)
    monkeypatch.setattr(eigen, "_LARGE", 1000)
    assert np.allclose(values, eigen.eigh(root @ root.T)[0])
