import numpy as np
import pytest

import whence as wh
from models.trainer.rows import blobs, network, regression
from whence.models import Trainer

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("one_thread")


def by_hand(trainer, weights):
    """The same run with torch's own optimiser, one model at a time."""
    model = trainer.maker.module(trainer.seed)
    s = trainer.schedule
    kind = torch.optim.Adam if s.rule == "adam" else torch.optim.SGD
    more = {} if s.rule == "adam" else {"momentum": s.momentum}
    opt = kind(model.parameters(), lr=float(s.rates[0]), weight_decay=s.weight_decay, **more)
    w = torch.tensor(weights)
    w = w * len(w) / w.sum() if trainer.scaled else w
    X, y = trainer.X, torch.tensor(trainer.rows.y)
    for rows in s.order(trainer.seed):
        opt.zero_grad()
        each = torch.nn.functional.cross_entropy(model(X[rows]), y[rows], reduction="none")
        ((w[rows] * each).sum() / len(rows)).backward()
        opt.step()
    return torch.cat([p.detach().reshape(-1) for p in model.parameters()]).numpy()


@pytest.mark.parametrize("absent", ["scaled", "silent"])
@pytest.mark.parametrize(
    "rule",
    [{}, {"momentum": 0.9, "lr": 0.05}, {"optimizer": "adam", "lr": 0.02}, {"batch": 7}],
    ids=["sgd", "momentum", "adam", "uneven batches"],
)
def test_the_batched_program_trains_as_torch_does(rule, absent):
    trainer, _ = network(absent=absent, **rule)
    weights = np.random.default_rng(0).integers(0, 2, (3, 48)).astype(float)
    fits = trainer.fits(weights, np.zeros(3, dtype=int))
    for w, model in zip(weights, fits, strict=True):
        assert np.allclose(trainer.parameters(model), by_hand(trainer, w), atol=1e-10)


def test_a_run_repeats_to_the_last_bit():
    trainer, _ = network()
    one, two = (trainer.parameters(trainer.fit()) for _ in range(2))
    assert (one == two).all()


def test_other_seeds_start_elsewhere_and_see_other_orders():
    trainer, _ = network()
    seeds = np.array([0, 1, 0])
    a, b, c = (trainer.parameters(m) for m in trainer.fits(np.ones((3, 48)), seeds))
    assert np.allclose(a, c, atol=1e-12)
    assert np.abs(a - b).max() > 0.1
    assert np.allclose(b, trainer.parameters(trainer.with_seed(1).fit()), atol=1e-12)


def test_models_trained_in_smaller_batches_are_the_same(monkeypatch):
    trainer, _ = network()
    weights = np.random.default_rng(1).integers(0, 2, (5, 48)).astype(float)
    seeds = np.arange(5)
    together = trainer.fits(weights, seeds)
    monkeypatch.setattr("whence.models.trainer.network._CELLS", 1)
    for a, b in zip(together, trainer.fits(weights, seeds), strict=True):
        assert np.allclose(trainer.parameters(a), trainer.parameters(b), atol=1e-12)


def test_half_of_the_rows_train_as_long_as_all():
    trainer, _ = network()
    twice, _ = network(absent="silent")
    keep = np.arange(48) % 2 == 0
    scaled = trainer.parameters(trainer.fit(keep))
    assert np.allclose(scaled, twice.parameters(twice.fit(2.0 * keep)), atol=1e-12)


def test_states_are_those_of_the_run():
    trainer, _ = network()
    steps = trainer.schedule.steps
    start, end = trainer.states([0, steps])
    assert np.allclose(trainer.parameters(start), trainer.parameters(trainer.untrained()))
    assert (trainer.parameters(end) == trainer.parameters(trainer.fit())).all()
    assert len(trainer.states([3])) == 1


@pytest.mark.parametrize("measurement", ["margin", "probability", "loss"])
def test_gradients_are_slopes(measurement):
    trainer, test = network(measurement=measurement)
    model, tests = trainer.fit(), trainer.tests(test)
    direction = torch.Generator().manual_seed(0)
    turn = {k: torch.randn(p.shape, generator=direction, dtype=p.dtype) for k, p in model.items()}
    step = 1e-6
    ends = [{k: p + s * step * turn[k] for k, p in model.items()} for s in (1, -1)]
    flat = trainer.parameters(turn)
    rise = np.subtract(*trainer.measured(ends, tests)) / (2 * step)
    assert np.allclose(trainer.measured_gradients(model, tests) @ flat, rise, atol=1e-6)
    rise = (trainer.losses(ends[0]) - trainer.losses(ends[1])) / (2 * step)
    assert np.allclose(trainer.gradients(model) @ flat, rise, atol=1e-6)


def test_the_margin_is_the_log_odds_of_the_label():
    trainer, test = network()
    probable, _ = network(measurement="probability")
    p = probable.measure(probable.fit(), test)
    assert np.allclose(trainer.measure(trainer.fit(), test), np.log(p) - np.log1p(-p), atol=1e-9)


@pytest.mark.parametrize(
    "loss",
    ["cross-entropy", torch.nn.functional.cross_entropy, torch.nn.CrossEntropyLoss(),
     torch.nn.CrossEntropyLoss(label_smoothing=0.1),
     torch.nn.CrossEntropyLoss(torch.ones(3).double())],
    ids=["word", "function", "module", "smoothed", "weighted"],
)  # fmt: skip
def test_the_root_is_that_of_gauss_newton(loss):
    """Of a linear module Gauss-Newton is the Hessian."""
    X, y = blobs(20)
    trainer = Trainer.torch(
        lambda: torch.nn.Linear(2, 3).double(), X, y, loss=loss, epochs=2, lr=0.1, batch=10,
        measurement="loss",
    )  # fmt: skip
    model, step = trainer.fit(), 1e-5
    R = trainer.roots(model)
    names = list(trainer.start)
    bend = []
    for name in names:
        for i in range(model[name].numel()):
            slopes = []
            for s in (1, -1):
                moved = {k: p.clone() for k, p in model.items()}
                moved[name].view(-1)[i] += s * step
                slopes.append(trainer.gradients(moved).sum(axis=0))
            bend.append((slopes[0] - slopes[1]) / (2 * step))
    assert np.allclose(R.T @ R, np.stack(bend), atol=1e-6)


def test_squared_error_and_its_residuals():
    X, y = regression()
    trainer = Trainer.torch(
        lambda: torch.nn.Linear(4, 1).double(), X, y, loss="squared error", epochs=3, lr=0.1,
        batch=10,
    )  # fmt: skip
    model = trainer.fit()
    made = trainer.measure(model, (X, y))
    assert np.allclose(trainer.losses(model), (made - y) ** 2)
    assert np.allclose(trainer.pulls(model), 2 * (y - made))
    R = trainer.roots(model)
    Z = np.column_stack([X, np.ones(40)])
    assert np.allclose(R.T @ R, 2 * Z.T @ Z)


def test_a_measurement_of_ones_own_sees_labels_as_they_are():
    own, test = network(measurement=torch.nn.functional.cross_entropy)
    plain, _ = network(measurement="loss")
    assert np.allclose(own.measure(own.fit(), test), -plain.measure(plain.fit(), test))


def test_a_loss_that_is_not_convex_has_no_gauss_newton():
    X, y = blobs(20)
    trainer = Trainer.torch(
        lambda: torch.nn.Linear(2, 3).double(), X, y,
        loss=lambda out, y: torch.sin(3 * out).sum(-1).mean(), epochs=1, lr=0.1, batch=10,
        measurement="loss",
    )  # fmt: skip
    with pytest.raises(wh.WhenceError, match="indefinite"):
        trainer.roots(trainer.fit())


def linear(**options):
    X, y = blobs(20)
    settings = {"epochs": 1, "lr": 0.1, "batch": 10} | options
    make = settings.pop("make", lambda: torch.nn.Linear(2, 3).double())
    return Trainer.torch(make, X, settings.pop("y", y), **settings)


LOOSE = np.random.default_rng()


def restless():
    module = torch.nn.Linear(2, 3)
    with torch.no_grad():
        module.weight += torch.tensor(LOOSE.normal(size=(3, 2)))
    return module


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"make": restless}, "elsewhere each time"),
        ({"make": lambda: torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Dropout())},
         "non-deterministic replay"),
        ({"make": lambda: torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 3))},
         "mixes the rows"),
        ({"make": lambda: torch.nn.Linear(2, 2)}, "a logit for each class"),
        ({"make": torch.nn.Tanh}, "nothing to learn"),
        ({"make": lambda: 3}, "fresh torch module"),
        ({"y": np.zeros(20)}, "one class only"),
        ({"lr": -1.0}, "lr is a positive number"),
        ({"lr": [0.1]}, "one for each of the 2 steps"),
        ({"epochs": 0}, "epochs is a positive"),
        ({"momentum": 1.5}, "momentum is below 1"),
        ({"momentum": 0.5, "optimizer": "adam"}, "adam has its own"),
        ({"optimizer": "lion"}, "'sgd' or 'adam'"),
        ({"absent": "gone"}, "'scaled' or 'silent'"),
        ({"loss": "hinge"}, "the loss 'hinge' is not offered by name"),
        ({"loss": 3}, "a word or a function"),
        ({"measurement": "size"}, "can be measured"),
    ],
)  # fmt: skip
def test_refusals(options, words):
    with pytest.raises(wh.WhenceError, match=words):
        linear(**options)


def test_training_that_diverges_is_named():
    X, y = regression()
    trainer = Trainer.torch(
        lambda: torch.nn.Linear(4, 1).double(), X, y, loss="squared error", epochs=3, lr=1e200,
        batch=10,
    )  # fmt: skip
    with pytest.raises(wh.WhenceError, match="diverged"):
        trainer.measure(trainer.fit(), (X, y))


def test_a_checkpoint_of_another_module():
    trainer = linear()
    good = trainer.fit()
    assert trainer.loaded(good)["weight"] is not good["weight"]
    with pytest.raises(wh.WhenceError, match="missing or wrong"):
        trainer.loaded({"w": good["weight"]})
    with pytest.raises(wh.WhenceError, match="other shapes"):
        trainer.loaded({"weight": torch.zeros(5, 5), "bias": good["bias"]})


def test_nobody_left_and_rows_of_another_shape():
    trainer = linear()
    with pytest.raises(wh.WhenceError, match="no row is left"):
        trainer.fit(np.zeros(20, dtype=bool))
    with pytest.raises(wh.WhenceError, match=r"shape \(3,\)"):
        trainer.tests((np.zeros((2, 3)), [0, 1]))


def test_rates_by_step_and_makers_that_take_the_seed():
    def make(seed):
        torch.manual_seed(seed + 100)
        return torch.nn.Linear(2, 3).double()

    fast = linear(make=make, lr=lambda step: 0.1 / (1 + step))
    listed = linear(make=make, lr=[0.1, 0.05])
    assert (fast.parameters(fast.fit()) == listed.parameters(listed.fit())).all()
