import numpy as np
import pytest
from models.trainer.rows import classification, logistic, regression
from sklearn.tree import DecisionTreeClassifier

import whence as wh
from whence.models import Trainer


@pytest.mark.parametrize("index", [wh.Shapley(), wh.Banzhaf(), wh.BetaShapley(4, 1)])
def test_few_players_are_enumerated(index):
    X, y = regression()
    trainer, test = Trainer.ridge(X[:7], y[:7], 1.0), (X[7:10], y[7:10])
    found = wh.methods.data_shapley(trainer, test, index=index)
    game = wh.games.data.RetrainingGame(trainer, test)
    exact = wh.attribute(game, index=index, method=wh.methods.Exact(index), by_case=True)
    assert np.abs(found.values - exact.values).max() < 1e-12
    assert found.uncertainty == "exact"


def test_values_add_up_to_what_training_brought():
    trainer, test = logistic()
    found = wh.methods.data_shapley(trainer, test, budget=wh.Budget(evaluations=300))
    assert np.abs(found.gap).max() < 1e-9
    assert np.allclose(found.full[:, 0], trainer.measure(trainer.fit(), test))
    assert (found.stderr > 0).all()


def test_sampled_values_are_within_their_errors():
    X, y = regression()
    trainer, test = Trainer.ridge(X[:12], y[:12], 1.0), (X[12:14], y[12:14])
    found = wh.methods.data_shapley(trainer, test, budget=wh.Budget(evaluations=3000))
    game = wh.games.data.RetrainingGame(trainer, test)
    exact = wh.attribute(game, method=wh.methods.Exact(wh.Shapley()), by_case=True)
    assert np.abs((found.values - exact.values) / found.stderr).max() < 4.5


def test_sources_are_valued_as_wholes():
    X, y = classification(n=200)
    other = np.where(y == "yes", "no", "yes")
    labels = np.array(["good", "also good", "wrong labels"] * 20)
    trainer = Trainer.logistic(X[:60], np.where(labels == "wrong labels", other[:60], y[:60]), 1.0)
    found = wh.methods.data_shapley(trainer, (X[60:], y[60:]), groups=labels).mean()
    assert found["wrong labels"].ci[1] < 0
    assert min(found["good"].ci[0], found["also good"].ci[0]) > 0
    assert found.data == {}


def test_one_class_before_any_other_is_no_error():
    X, y = classification()
    trainer = Trainer.sklearn(DecisionTreeClassifier(max_depth=2), X[:12], y[:12])
    budget = wh.Budget(evaluations=200)
    found = wh.methods.data_shapley(trainer, (X[12:15], y[12:15]), budget=budget)
    assert np.abs(found.gap).max() < 1e-9


def test_an_index_that_is_no_semivalue():
    with pytest.raises(wh.WhenceError, match="semivalue"):
        wh.methods.data_shapley(*logistic(), index=wh.AumannShapley())
