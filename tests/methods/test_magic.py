import itertools

import numpy as np
import pytest
import torch
from models.trainer.rows import classification, network, regression, ridge
from sklearn.tree import DecisionTreeClassifier

import whence as wh
from whence._core.ranks import rank_correlations
from whence.methods.gradient._replay import planned
from whence.models import Trainer
from whence.models.trainer.subsets import JUDGING, trained

pytestmark = pytest.mark.usefixtures("one_thread")

RULES = {
    "sgd": {},
    "momentum": {"momentum": 0.9, "lr": 0.05},
    "adam": {"optimizer": "adam", "lr": 0.02},
    "no decay": {"weight_decay": 0.0},
    "partial batches": {"batch": 13},
    "silent": {"absent": "silent"},
    "falling rate": {"lr": lambda t: 0.5 / (1 + t)},
}


def alone(trainer, test, **options):
    return wh.methods.magic(trainer, test, retrainings=0, **options)


def slope(trainer, test, i, h):
    """Central differences, freed of their first error (Richardson)."""

    def central(step):
        moved = [trainer.weights(), trainer.weights()]
        moved[0][i] += step
        moved[1][i] -= step
        up, down = (trainer.measure(trainer.fit(w), test) for w in moved)
        return (up - down) / (2 * step)

    return (4 * central(h / 2) - central(h)) / 3


@pytest.mark.parametrize("name", RULES)
def test_it_is_the_slope_of_training(name):
    """Kills: a memory that is forgotten, a decay left out, a batch's size, a total not held."""
    trainer, test = network(**RULES[name])
    found = alone(trainer, test).values[:, 0]
    for i in (0, 17, 47):
        want = slope(trainer, test, i, 2e-3)
        assert np.abs(found[:, i] - want).max() < 1e-8 * np.abs(found).max()


def test_values_add_up_to_zero_where_the_loss_is_a_mean_over_who_is_there():
    trainer, test = network()
    silent, _ = network(absent="silent")
    a, b = (alone(t, test).values for t in (trainer, silent))
    assert np.abs(a.sum(axis=2)).max() < 1e-12
    assert np.allclose(a, b - b.mean(axis=2, keepdims=True), atol=1e-13)
    assert np.abs(a - b).max() > 1e-3


def test_trained_to_its_end_it_is_influence():
    X, y = regression()

    def line():
        return torch.nn.Linear(4, 1, bias=False).double()

    trainer = Trainer.torch(
        line, X[:30], y[:30], loss="squared error", epochs=400, lr=0.1, batch=30,
        weight_decay=0.1, absent="silent",
    )  # fmt: skip
    found = alone(trainer, (X[30:], y[30:])).values[:, 0]
    H = 2 * X[:30].T @ X[:30] / 30 + 0.1 * np.eye(4)
    b = np.linalg.solve(H, 2 * X[:30].T @ y[:30] / 30)
    pull = 2 * (X[:30] @ b - y[:30])[:, None] * X[:30] / 30
    assert np.abs(found + X[30:] @ np.linalg.solve(H, pull.T)).max() < 1e-10


def test_it_predicts_what_the_same_run_does_without_a_few_rows():
    trainer, test = network(n=100, epochs=10)
    found = wh.methods.magic(trainer, test)
    subsets = trained(trainer, trainer.tests(test), subsets=60, seeds=1, keep=0.95, stream=JUDGING)
    told = subsets.predicted(found.values[:, 0])
    assert rank_correlations(told, subsets.truth).mean() > 0.97
    checked = found.certificate("retraining")
    assert checked.holds
    assert checked.numbers["correlation"] > 0.9
    assert 0.8 < checked.numbers["slope"] < 1.5
    assert len(checked.table["correlation"]) == 6
    assert "without 5 random rows of 100" in found.verdict


def test_kept_block_by_block_it_is_the_same():
    trainer, test = network(momentum=0.5, lr=0.1)
    tests = trainer.tests(test)
    whole, size = planned(trainer, 6, 2**30), planned(trainer, 6, 2**30).states
    assert whole.block == 20
    thrifty = planned(trainer, 6, size - 1)
    assert thrifty.block == 5
    assert thrifty.states * 21 == size * 9
    assert thrifty.together == 6
    found = [alone(trainer, test, memory=m) for m in (2**30, size - 1)]
    assert np.array_equal(found[0].values, found[1].values)
    assert "blocks of 5 steps" in found[1].provenance["plan"]
    assert len(tests) == 6


def test_tests_that_do_not_fit_are_swept_in_turns():
    trainer, test = network(epochs=1, batch=48)  # one step: what is kept is small
    few = planned(trainer, 6, 2 * planned(trainer, 1, 2**30).sweep)
    assert few.together == 2
    memory = 2 * planned(trainer, 1, 2**30).sweep
    assert np.allclose(
        alone(trainer, test, memory=memory).values, alone(trainer, test).values, atol=1e-15
    )


def test_a_certificate_may_fail():
    """A far-reaching momentum: smooth by its score, and half of the rows do something else."""
    trainer, test = network(epochs=30, lr=0.3, momentum=0.9, weight_decay=0.0)
    found = wh.methods.magic(trainer, test, keep=0.5)
    assert found.certificate("smoothness").numbers["smoothness"] > 0.99
    checked = found.certificate("retraining")
    assert checked.holds is False
    assert checked.numbers["correlation"] < 0.5
    assert "of no other seed's" in found.verdict


def test_rough_training_is_not_smooth():
    trainer, test = network(epochs=10, lr=6.0, weight_decay=0.0)
    assert alone(trainer, test).certificate("smoothness").holds is False


def test_answers_are_kept_as_they_are():
    trainer, test = network()
    for found in (wh.methods.magic(trainer, test, retrainings=5), wh.methods.source(trainer, test)):
        again = wh.from_dict(found.to_dict())
        assert np.array_equal(again.values, found.values)
        assert again.certificates == found.certificates
        assert again.provenance == found.provenance


def test_smoothness_passes_nothing_by_itself():
    trainer, test = network()
    smooth = alone(trainer, test).certificate("smoothness")
    assert smooth.holds is None
    assert smooth.numbers["smoothness"] > 0.9
    assert "not enough" in smooth.words


def test_nothing_that_changes_is_not_judged():
    trainer, test = network(measurement=lambda out, y: (out * 0).sum(-1))
    found = wh.methods.magic(trainer, test, retrainings=5)
    assert found.certificate("retraining").holds is None
    assert (found.values == 0).all()


class Counting(torch.nn.Module):
    """Remembers how often it was called."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(2, 3).double()
        self.calls = itertools.count()

    def forward(self, x):
        return self.line(x) * (1 + 1e-3 * next(self.calls))


class TestRefusals:
    def test_a_run_that_does_not_repeat(self):
        X, y = network()[0].rows.X, network()[0].rows.labels
        trainer = Trainer.torch(Counting, X, list(y), epochs=2, lr=0.1, batch=12)
        with pytest.raises(wh.WhenceError, match=r"non-deterministic replay.*line\.weight"):
            alone(trainer, (X[:2], list(y)[:2]))

    def test_trainers_without_a_run(self):
        trainer, test = ridge()
        with pytest.raises(wh.WhenceError, match="closed form, and `influence`"):
            wh.methods.magic(trainer, test)
        X, y = classification()
        tree = Trainer.sklearn(DecisionTreeClassifier(), X, y)
        with pytest.raises(wh.WhenceError, match="RetrainingGame"):
            wh.methods.magic(tree, (X, y))
        with pytest.raises(wh.WhenceError, match="takes a trainer"):
            wh.methods.magic(DecisionTreeClassifier(), (X, y))

    def test_too_little_memory(self):
        trainer, test = network()
        with pytest.raises(wh.WhenceError, match="in blocks of 5 steps"):
            alone(trainer, test, memory=1000)

    @pytest.mark.parametrize(
        "wrong", [{"retrainings": 2}, {"retrainings": True}, {"memory": 0}, {"keep": 1.0}]
    )
    def test_options(self, wrong):
        trainer, test = network()
        with pytest.raises(wh.WhenceError, match=next(iter(wrong))):
            wh.methods.magic(trainer, test, **wrong)
