import numpy as np
import pytest
from models.trainer.rows import logistic, ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import whence as wh
from whence.models import Trainer
from whence.models.trainer.subsets import FITTING, drawn


def test_a_row_that_nobody_else_explains():
    """One neighbour: a row is right while it is there; without it, as its nearest row says."""
    X = np.array([[0.0], [0.1], [0.2], [0.3], [5.0], [5.1], [5.2], [5.3]])
    y = np.array([0, 0, 0, 0, 1, 1, 1, 0])  # the last is at odds with its neighbours
    trainer = Trainer.sklearn(KNeighborsClassifier(1), X, y, measurement="correct")
    found = wh.methods.memorisation(trainer, subsets=300).values[0, 0]
    assert np.abs(found[:3]).max() < 0.1
    assert found[7] > 0.8
    assert wh.methods.memorisation(trainer, subsets=300).full[0, 0] == 1.0


def test_it_is_the_difference_of_two_means():
    trainer, _ = logistic()
    found = wh.methods.memorisation(trainer, subsets=60, seed=3)
    keep = drawn(30, 60, 0.7, 3, FITTING)
    own = trainer.rows
    right = np.array([trainer.measure(trainer.fit(k), own) > 0 for k in keep])
    for i in range(30):
        inside, outside = right[keep[:, i], i], right[~keep[:, i], i]
        assert found.values[0, 0, i] == pytest.approx(inside.mean() - outside.mean())
    assert found.players.names == trainer.players.names
    assert (found.values.shape, found.outputs) == ((1, 1, 30), ("right",))
    assert found.cost.evaluations == 60


@pytest.mark.slow
def test_intervals_cover_the_law_of_many_subsets():
    """Truth by 6,000 subsets; intervals of 60, over rows and seeds: 93 % at the least."""
    trainer, _ = logistic()
    truth = wh.methods.memorisation(trainer, subsets=6000, seed=99).values[0, 0]
    hits = []
    for seed in range(20):
        low, high = wh.methods.memorisation(trainer, subsets=60, seed=seed).ci()
        hits.append((low[0, 0] <= truth) & (truth <= high[0, 0]))
    assert np.mean(hits) > 0.93


def test_errors_do_not_vanish_where_all_trainings_agree():
    trainer, _ = logistic()
    found = wh.methods.memorisation(trainer, subsets=40)
    agreed = found.values[0, 0] == 0
    assert agreed.any()
    assert (found.stderr[0, 0] > 0.02).all()


def test_wrong_labels_are_memorised():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    y = (X[:, 0] > 0).astype(int)
    wrong = np.zeros(120, bool)
    wrong[rng.choice(np.flatnonzero(np.abs(X[:, 0]) > 0.5), 8, replace=False)] = True
    labels = np.where(wrong, 1 - y, y)
    trainer = Trainer.sklearn(
        DecisionTreeClassifier(min_samples_leaf=1), X, labels, measurement="correct"
    )
    found = wh.methods.memorisation(trainer, subsets=100)
    assert wh.evaluate.mislabels(found, wrong, suspect="high").intervals["AUC"][0] > 0.9


def test_a_prediction_with_a_tolerance():
    trainer, _ = ridge()
    found = wh.methods.memorisation(trainer, subsets=60, tolerance=0.5)
    left_out, there = found.empty[0, 0], found.full[0, 0]
    assert left_out < there
    assert found.values.mean() == pytest.approx(there - left_out)


def test_held_out_errors_of_ridge_are_those_of_its_leverage():
    """r^2 ((1 - h)^-2 - 1): what a row's own error gains by its being there, in closed form."""
    trainer, _ = ridge(measurement="loss")
    X, y = trainer.X, trainer.rows.y
    H = np.linalg.inv(X.T @ X + np.diag(trainer.penalty))
    h, r = np.einsum("ij,jk,ik->i", X, H, X), y - X @ trainer.fit()
    own = wh.methods.leave_one_out(trainer, (trainer.rows.X, y))
    assert np.allclose(np.diag(own.values[:, 0]), r**2 * ((1 - h) ** -2 - 1))


def test_seeds_are_averaged():
    trainer, _ = logistic()
    one, two = (wh.methods.memorisation(trainer, subsets=40, seeds=s) for s in (1, 2))
    assert np.allclose(one.values, two.values)  # nothing of it is left to chance
    assert two.cost.evaluations == 80


@pytest.mark.parametrize(
    ("made", "options", "said"),
    [
        (lambda: ridge()[0], {}, "how far off"),
        (lambda: ridge()[0], {"tolerance": -1.0}, "positive number"),
        (lambda: logistic()[0], {"tolerance": 1.0}, "leave tolerance out"),
        (lambda: logistic(measurement="loss")[0], {}, "says of no answer"),
        (lambda: logistic()[0], {"subsets": 3}, "give more subsets"),
    ],
)
def test_refusals(made, options, said):
    with pytest.raises(wh.WhenceError, match=said):
        wh.methods.memorisation(made(), **options)
