import numpy as np
import pytest
from models.trainer.rows import logistic, network, ridge

import whence as wh


def test_ridge_is_exact():
    trainer, test = ridge()
    closed = wh.methods.leave_one_out(trainer, test)
    full = trainer.measure(trainer.fit(), test)
    for i in range(30):
        less = trainer.measure(trainer.fit(np.delete(np.arange(30), i)), test)
        assert np.abs(closed.values[:, 0, i] - (full - less)).max() < 1e-12
    assert closed.uncertainty == "exact"
    assert closed.players.names == trainer.players.names
    assert np.allclose(closed.full[:, 0], full)


def test_groups_leave_as_a_whole():
    trainer, test = ridge()
    labels = [f"source {i % 3}" for i in range(30)]
    closed = wh.methods.leave_one_out(trainer, test, groups=labels)
    trained = wh.methods.leave_one_out(trainer, test, groups=labels, refit=True)
    assert closed.players.names == ("source 0", "source 1", "source 2")
    assert np.abs(closed.values - trained.values).max() < 1e-12


def test_logistic_is_one_newton_step_with_leverage():
    trainer, test = logistic()
    b, X, y = trainer.fit(), trainer.X, trainer.rows.y
    p = 1 / (1 + np.exp(-X @ b))
    H = (X * (p * (1 - p))[:, None]).T @ X + np.eye(4)
    h = p * (1 - p) * np.einsum("ij,jk,ik->i", X, np.linalg.inv(H), X)
    step = np.linalg.solve(H, X.T).T * ((p - y) / (1 - h))[:, None]
    tests = trainer.tests(test)
    sign = 2 * tests.y - 1
    want = -(step @ tests.X.T).T * sign[:, None]
    found = wh.methods.leave_one_out(trainer, test)
    assert np.abs(found.values[:, 0] - want).max() < 1e-12
    assert found.uncertainty == "unquantified"


def test_the_newton_step_is_nearer_to_the_refit_than_influence():
    trainer, test = logistic()
    trained = wh.methods.leave_one_out(trainer, test, refit=True).values
    step = wh.methods.leave_one_out(trainer, test).values
    influence = wh.methods.influence(trainer, test).values
    assert np.abs(step - trained).mean() < np.abs(influence - trained).mean() / 2


@pytest.mark.usefixtures("one_thread")
def test_of_a_network_each_row_is_trained_without():
    pytest.importorskip("torch")
    trainer, test = network(n=12)
    found = wh.methods.leave_one_out(trainer, test)
    full = trainer.measure(trainer.fit(), test)
    less = trainer.measure(trainer.fit(np.arange(1, 12)), test)
    assert np.allclose(found.values[:, 0, 0], full - less, atol=1e-10)
    with pytest.raises(wh.WhenceError, match="no closed form"):
        wh.methods.leave_one_out(trainer, test, refit=False)


def test_the_method_of_that_name_still_asks_any_game():
    game = wh.FunctionGame(lambda stay: stay @ [1.0, 2.0], ("a", "b"))
    found = wh.attribute(game, index=wh.LeaveOneOut(), method="leave_one_out")
    assert np.allclose(found.values[0, 0], [1, 2])
