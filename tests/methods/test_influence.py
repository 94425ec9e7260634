import numpy as np
import pytest
from models.trainer.rows import classification, logistic, network, ridge
from sklearn.tree import DecisionTreeClassifier

import whence as wh
from whence._core.ranks import rank_correlations
from whence.models import Trainer
from whence.models.trainer.subsets import JUDGING, trained


def test_of_ridge_it_lacks_exactly_the_leverage():
    """Kills: a mean where a sum belongs, a penalty counted twice, a sign."""
    trainer, test = ridge()
    X, D = trainer.X, trainer.penalty
    h = np.einsum("ij,jk,ik->i", X, np.linalg.inv(X.T @ X + np.diag(D)), X)
    exact = wh.methods.leave_one_out(trainer, test).values
    assert np.abs(wh.methods.influence(trainer, test).values - exact * (1 - h)).max() < 1e-12


@pytest.mark.parametrize("made", [ridge, logistic])
def test_it_is_the_slope_of_retraining(made):
    trainer, test = made()
    found, step = wh.methods.influence(trainer, test).values[:, 0], 1e-4
    for i in (0, 7, 29):
        ends = [np.ones(30) + s * step * (np.arange(30) == i) for s in (1, -1)]
        up, down = (trainer.measure(trainer.fit(w), test) for w in ends)
        assert np.allclose(found[:, i], (up - down) / (2 * step), rtol=1e-5, atol=1e-8)


def test_damping_is_added_to_the_mean_curvature():
    trainer, test = ridge()
    X, n = trainer.X, 30
    H = X.T @ X / n + np.diag(trainer.penalty) / n + 0.3 * np.eye(4)
    want = -trainer.tests(test).X @ np.linalg.solve(H, trainer.gradients(trainer.fit()).T) / n
    assert np.allclose(wh.methods.influence(trainer, test, damping=0.3).values[:, 0], want)


@pytest.mark.usefixtures("one_thread")
class TestOfANetwork:
    def test_it_predicts_retraining(self):
        trainer, test = network(epochs=40)
        found = wh.methods.influence(trainer, test)
        subsets = trained(
            trainer, trainer.tests(test), subsets=60, seeds=1, keep=0.5, stream=JUDGING
        )
        told = subsets.predicted(found.values[:, 0])
        assert rank_correlations(told, subsets.truth).mean() > 0.75
        curve = found.certificate("choice of damping")
        assert curve.numbers["LDS"] == max(curve.table["LDS"])
        assert found.provenance["damping"] == curve.numbers["damping"]

    def test_rows_are_counted_beside_their_mean_where_weights_are_scaled(self):
        scaled, test = network(epochs=40)
        silent, _ = network(epochs=40, absent="silent")
        a, b = (wh.methods.influence(t, test, damping=0.1).values for t in (scaled, silent))
        assert np.allclose(a, b - b.mean(axis=2, keepdims=True), atol=1e-12)
        assert np.abs(a - b).max() > 1e-4

    def test_other_runs_give_every_value_an_error(self):
        trainer, test = network(epochs=40)
        found = wh.methods.influence(trainer, test, damping=0.1, seeds=4)
        each = [
            wh.methods.influence(trainer.with_seed(s), test, damping=0.1).values for s in range(4)
        ]
        assert np.allclose(found.values, np.mean(each, axis=0))
        assert np.allclose(found.stderr, np.std(each, axis=0, ddof=1) / 2)
        assert (found.freedom == 3).all()
        with pytest.raises(wh.WhenceError, match="at least 3"):
            wh.methods.influence(trainer, test, seeds=2)

    def test_training_that_has_hardly_begun(self):
        trainer, test = network(epochs=1, lr=0.01)
        with pytest.raises(wh.WhenceError, match="far from its end"):
            wh.methods.influence(trainer, test)

    def test_nothing_that_changes_chooses_no_damping(self):
        import torch

        trainer, test = network(epochs=40, measurement=lambda out, y: torch.zeros(len(y)).double())
        with pytest.raises(wh.WhenceError, match="cannot be chosen"):
            wh.methods.influence(trainer, test)


def test_refusals():
    X, y = classification()
    with pytest.raises(wh.WhenceError, match="needs gradients"):
        wh.methods.influence(Trainer.sklearn(DecisionTreeClassifier(), X, y), (X, y))
    with pytest.raises(wh.WhenceError, match="damping is 'auto'"):
        wh.methods.influence(*ridge(), damping=-1)
