import numpy as np
import pytest
from models.trainer.rows import logistic, network, ridge
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

import whence as wh
from whence.models import Trainer


@pytest.mark.parametrize("made", [ridge, logistic])
def test_it_is_the_diagonal_of_influence(made):
    trainer, _ = made()
    every = wh.methods.influence(trainer, (trainer.rows.X, trainer.rows.labels)).values[:, 0]
    own = wh.methods.self_influence(trainer)
    assert np.allclose(own.values[0, 0], np.diag(every), atol=1e-12)
    assert own.values.shape == (1, 1, 30)
    assert own.data == {}  # one case about all rows: there is no test to name


@pytest.mark.usefixtures("one_thread")
def test_it_is_the_diagonal_of_influence_of_a_network():
    trainer, _ = network(epochs=40)
    rows = trainer.rows.X, trainer.rows.labels
    every = wh.methods.influence(trainer, rows, damping=0.1).values[:, 0]
    own = wh.methods.self_influence(trainer, damping=0.1).values[0, 0]
    assert np.allclose(own, np.diag(every), atol=1e-12)


@pytest.mark.usefixtures("one_thread")
def test_wrong_labels_are_held_by_heart():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    X, y = X[:400] / 16, y[:400].copy()
    planted = np.arange(400) < 40
    y[planted] = (y[planted] + rng.integers(1, 10, 40)) % 10
    import torch

    trainer = Trainer.torch(
        lambda: torch.nn.Linear(64, 10), X.astype(np.float32), y,
        epochs=40, lr=0.5, batch=50, weight_decay=1e-3,
    )  # fmt: skip
    found = wh.methods.self_influence(trainer)
    assert roc_auc_score(planted, found.values[0, 0]) > 0.95
    assert found.certificate("choice of damping").numbers["LDS"] > 0.5
