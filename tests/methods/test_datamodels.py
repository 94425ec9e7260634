from itertools import product

import numpy as np
import pytest
from models.trainer.rows import network, regression, ridge

import whence as wh
from whence.models import Trainer


@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_the_best_linear_fit_over_all_subsets_is_the_semivalue(keep):
    """Kills: slopes of a fit without its level; weights of sizes in place of subsets."""
    X, y = regression()
    trainer, test = Trainer.ridge(X[:6], y[:6], 1.0), (X[6:9], y[6:9])
    masks = np.array(list(product([False, True], repeat=6)))
    outputs = trainer.outputs(masks, np.zeros(64, dtype=int), trainer.tests(test))
    chance = np.prod(np.where(masks, keep, 1 - keep), axis=1)
    root = np.sqrt(chance)[:, None]
    design = np.column_stack([np.ones(64), masks])
    slopes = np.linalg.lstsq(design * root, outputs * root, rcond=None)[0][1:]
    game = wh.games.data.RetrainingGame(trainer, test)
    exact = wh.attribute(game, index=wh.LinearSurrogate(keep), by_case=True)
    assert np.abs(exact.values[:, 0] - slopes.T).max() < 1e-9


def test_sampled_slopes_are_within_their_errors():
    X, y = regression()
    trainer, test = Trainer.ridge(X[:8], y[:8], 1.0), (X[8:12], y[8:12])
    found = wh.methods.datamodels(trainer, test, subsets=400)
    game = wh.games.data.RetrainingGame(trainer, test)
    exact = wh.attribute(game, index=wh.Banzhaf(), by_case=True)
    off = (found.values - exact.values) / found.stderr
    assert found.uncertainty == "sampled"
    assert np.abs(off).max() < 4.5  # of 32 values, near normal
    assert np.abs(off).mean() > 0.2  # errors are no larger than they must be


def test_of_more_rows_than_trainings_a_ridge_is_chosen_and_nothing_is_claimed():
    trainer, test = ridge()
    found = wh.methods.datamodels(trainer, test, subsets=25)
    assert found.certificate("choice of ridge").numbers["ridge"] > 0
    assert found.uncertainty == "unquantified"
    assert np.isnan(found.stderr).all()


def test_refusals():
    trainer, test = ridge()
    with pytest.raises(wh.WhenceError, match="subsets is a positive"):
        wh.methods.datamodels(trainer, test, subsets=0)
    with pytest.raises(wh.WhenceError, match="keep is the chance"):
        wh.methods.datamodels(trainer, test, keep=1.0)
    with pytest.raises(wh.WhenceError, match="ridge is 'auto'"):
        wh.methods.datamodels(trainer, test, ridge=-1.0)


@pytest.mark.usefixtures("one_thread")
def test_a_measurement_of_ones_own_needs_no_worth_of_nobody():
    torch = pytest.importorskip("torch")
    trainer, test = network(n=12, measurement=torch.nn.functional.cross_entropy)
    found = wh.methods.datamodels(trainer, test, subsets=30)
    assert np.allclose(found.full[:, 0], trainer.measure(trainer.fit(), test))
