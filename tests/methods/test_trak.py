import numpy as np
import pytest
from models.trainer.rows import network, regression, ridge

import whence as wh
from whence._core.ranks import rank_correlations
from whence.models import Trainer
from whence.models.trainer.subsets import JUDGING, trained

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("one_thread")


def score(trainer, test, values):
    subsets = trained(trainer, trainer.tests(test), subsets=60, seeds=1, keep=0.5, stream=JUDGING)
    return np.nanmean(rank_correlations(subsets.predicted(values[:, 0]), subsets.truth))


def test_of_a_linear_module_it_is_influence_without_leverage():
    """Phi is X, Q is twice the residual, and Newton's step is exact: the closed form of ridge."""
    X, y = regression()
    trainer = Trainer.torch(
        lambda: torch.nn.Linear(4, 1, bias=False).double(), X[:30], y[:30], loss="squared error",
        epochs=400, lr=0.05, batch=30, weight_decay=2 * 2.0 / 30,
    )  # fmt: skip
    found = wh.methods.trak(trainer, (X[30:], y[30:]), ridge=2.0)
    plain = Trainer.ridge(X[:30], y[:30], 2.0)
    want = wh.methods.influence(plain, (X[30:], y[30:]))
    assert np.allclose(found.values, 2 * want.values, atol=1e-6)  # the loss is not halved here


def test_it_predicts_retraining_better_than_its_ridge_left_out():
    trainer, test = network(epochs=20)
    auto = wh.methods.trak(trainer, test, checkpoints=3, dim=16)
    bare = wh.methods.trak(trainer, test, checkpoints=3, dim=16, ridge=0.0)
    assert score(trainer, test, auto.values) > 0.6
    assert score(trainer, test, auto.values) > score(trainer, test, bare.values) + 0.03
    curve = auto.certificate("choice of ridge")
    assert curve.numbers["LDS"] == max(curve.table["LDS"])


def test_brackets_are_averaged_over_models_that_may_be_given():
    trainer, test = network()
    asked = {"ridge": 3.0, "dim": 1000}
    models = [dict(trainer.with_seed(s).fit()) for s in range(3)]
    one = [wh.methods.trak(trainer, test, checkpoints=[m], **asked).values for m in models]
    pulls = [trainer.pulls(m) for m in models]
    want = np.mean([v / p for v, p in zip(one, pulls, strict=True)], axis=0) * np.mean(
        pulls, axis=0
    )
    found = wh.methods.trak(trainer, test, checkpoints=3, **asked)
    given = wh.methods.trak(trainer, test, checkpoints=models, **asked)
    assert np.allclose(found.values, want, atol=1e-10)
    assert np.allclose(given.values, want, atol=1e-10)


def test_another_feature_takes_the_place_of_the_measurement():
    trainer, test = network()
    found = wh.methods.trak(trainer, test, feature=lambda out, y: (out**2).mean(-1), dim=1000)
    assert score(trainer, test, found.values) > 0.1


def test_more_directions_than_rows():
    trainer, test = network(width=30, n=24)
    with pytest.raises(wh.WhenceError, match="no inverse"):
        wh.methods.trak(trainer, test, ridge=0.0, dim=1000)
    found = wh.methods.trak(trainer, test, ridge=1.0, dim=1000)
    g = trainer.feature_gradients(trainer.fit(), trainer.read, slice(None)).numpy()
    q = trainer.measured_gradients(trainer.fit(), trainer.tests(test))
    want = q @ np.linalg.solve(g.T @ g + np.eye(g.shape[1]), g.T) * trainer.pulls(trainer.fit())
    assert np.allclose(found.values[:, 0], want, atol=1e-8)


def test_gradients_are_kept_for_the_next_question(tmp_path, monkeypatch):
    trainer, test = network()
    asked = {"dim": 16, "ridge": 1.0, "store": tmp_path / "kept"}
    one = wh.methods.trak(trainer, test, **asked)
    plain = wh.methods.trak(trainer, test, dim=16, ridge=1.0)
    assert np.allclose(one.values, plain.values, rtol=1e-4, atol=1e-5)  # kept in single precision
    monkeypatch.setattr("whence.methods.surrogate.trak.fill", lambda *_: None)  # nothing is made
    again = wh.methods.trak(trainer, (test[0][:2], test[1][:2]), **asked)
    assert np.allclose(again.values, one.values[:2], rtol=1e-9)
    monkeypatch.undo()
    with pytest.raises(wh.WhenceError, match="model"):
        wh.methods.trak(trainer.with_seed(1), test, **asked)


def test_references_to_one_state_dict():
    trainer, test = network()
    model = dict(trainer.fit())
    with pytest.raises(wh.WhenceError, match="one and the same"):
        wh.methods.trak(trainer, test, checkpoints=[model, model])


def test_refusals():
    trainer, test = network()
    with pytest.raises(wh.WhenceError, match="is none"):
        wh.methods.trak(*ridge())
    with pytest.raises(wh.WhenceError, match="dim is a positive"):
        wh.methods.trak(trainer, test, dim=0)
    with pytest.raises(wh.WhenceError, match="ridge is 'auto'"):
        wh.methods.trak(trainer, test, ridge="none")
    with pytest.raises(wh.WhenceError, match="not finite"):
        wh.methods.trak(trainer, test, feature=lambda out, y: out.sum(-1) * torch.nan)
    bent, _ = network(measurement="probability")
    with pytest.raises(wh.WhenceError, match="what is left to learn"):
        wh.methods.trak(bent, test)
