import copy

import numpy as np
import pytest
from models.trainer.rows import logistic, network

import whence as wh
from whence.models.trainer.subsets import JUDGING, trained

pytestmark = pytest.mark.usefixtures("one_thread")


def by_hand(trainer, test, steps, factors):
    """Sums of products of gradients; factors [checkpoints] of the sum of their rates over n."""
    tests, found = trainer.tests(test), 0.0
    for params, factor in zip(trainer.states(steps), factors, strict=True):
        found -= (
            factor / 48 * trainer.measured_gradients(params, tests) @ trainer.gradients(params).T
        )
    return found - found.mean(axis=1, keepdims=True)


def test_every_checkpoint_stands_for_its_steps():
    trainer, test = network(epochs=6)
    found = wh.methods.tracin(trainer, test, checkpoints=3)
    want = by_hand(trainer, test, [3, 11, 19], [8 * 0.3] * 3)
    assert np.allclose(found.values[:, 0], want, rtol=1e-10, atol=1e-13)
    assert found.provenance["parts begin at"] == [0, 8, 16]


def test_momentum_takes_every_pull_further():
    trainer, test = network(epochs=6, momentum=0.75, lr=0.1)
    found = wh.methods.tracin(trainer, test, checkpoints=3)
    want = by_hand(trainer, test, [3, 11, 19], [8 * 0.4] * 3)
    assert np.allclose(found.values[:, 0], want, rtol=1e-10, atol=1e-13)


def test_adam_divides_what_it_divided():
    trainer, test = network(epochs=2, batch=48, optimizer="adam", lr=0.01, weight_decay=0.0)
    found = wh.methods.tracin(trainer, test, checkpoints=[0])
    start = trainer.states([0])[0]
    rows, tests = trainer.gradients(start), trainer.tests(test)
    per = trainer.measured_gradients(start, tests) / (np.abs(rows.mean(0)) + 1e-8)
    want = -2 * 0.01 / 48 * per @ rows.T
    assert np.allclose(found.values[:, 0], want - want.mean(1, keepdims=True), rtol=1e-6)


def test_one_small_step_is_what_it_says():
    """Kills: a sign, a missing 1 / n, a rate left out."""
    trainer, test = network(epochs=1, batch=48, lr=1e-4, weight_decay=0.0)
    found = wh.methods.tracin(trainer, test, checkpoints=1)
    exact = wh.methods.magic(trainer, test, retrainings=0)
    assert np.allclose(found.values, exact.values, rtol=1e-3, atol=1e-10)


def test_a_row_counts_where_it_was_seen():
    trainer, test = network(epochs=1, absent="silent")
    found = wh.methods.tracin(trainer, test, checkpoints=4).values[:, 0]
    order = trainer.schedule.order(trainer.seed)
    tests = trainer.tests(test)
    for step, params in enumerate(trainer.states(range(4))):
        rows = order[step]
        pulls = trainer.measured_gradients(params, tests) @ trainer.gradients(params)[rows].T
        assert np.allclose(found[:, rows], -0.3 / 12 * pulls)


def test_state_dicts_stand_for_equal_parts():
    trainer, test = network(epochs=6)
    states = [copy.deepcopy(s) for s in trainer.states([3, 11, 19])]
    a = wh.methods.tracin(trainer, test, checkpoints=states)
    b = wh.methods.tracin(trainer, test, checkpoints=3)
    assert np.allclose(a.values, b.values, atol=1e-14)


def test_self_influence_is_the_diagonal():
    trainer, _ = network(epochs=6, measurement="loss", absent="silent")
    X, y = trainer.rows.X, trainer.rows.labels
    found = wh.methods.tracin(trainer, (X, list(y)), checkpoints=3).values[:, 0]
    want = sum(
        8 * 0.3 / 48 * (trainer.gradients(s) ** 2).sum(1) for s in trainer.states([3, 11, 19])
    )
    assert np.allclose(np.diagonal(found), want)


def test_it_predicts_something():
    trainer, test = network(epochs=10)
    found = wh.methods.tracin(trainer, test)
    subsets = trained(trainer, trainer.tests(test), subsets=40, seeds=1, keep=0.5, stream=JUDGING)
    told = subsets.predicted(found.values[:, 0])
    assert np.corrcoef(told.ravel() - told.mean(), subsets.truth.ravel())[0, 1] > 0
    assert np.isnan(found.stderr).all()
    assert "no error is known" in found.verdict


def test_refusals():
    trainer, test = logistic()
    with pytest.raises(wh.WhenceError, match="tracin follows the steps"):
        wh.methods.tracin(trainer, test)
    trainer, test = network(optimizer="adam", lr=0.01)
    with pytest.raises(wh.WhenceError, match="what adam divides by"):
        wh.methods.tracin(trainer, test, checkpoints=trainer.states([0, 9]))
    with pytest.raises(wh.WhenceError, match="go upwards"):
        wh.methods.tracin(trainer, test, checkpoints=[9, 3])
    model = trainer.module
    with pytest.raises(wh.WhenceError, match=r"copy\.deepcopy each"):
        wh.methods.tracin(trainer, test, checkpoints=[model.state_dict(), model.state_dict()])
