import numpy as np
import pytest
import torch
from models.trainer.rows import network, regression, ridge

import whence as wh
from whence._core.ranks import rank_correlations
from whence.methods.gradient._spectra import DenseSpectrum
from whence.methods.gradient.source import added_up, handed_on
from whence.models import Trainer
from whence.models.trainer.subsets import JUDGING, trained

pytestmark = pytest.mark.usefixtures("one_thread")


def line():
    return torch.nn.Linear(4, 1, bias=False).double()


def least_squares(**options):
    X, y = regression()
    settings = {"epochs": 40, "lr": 0.05, "batch": 30, "loss": "squared error"} | options
    return Trainer.torch(line, X[:30], y[:30], **settings), (X[30:], y[30:])


def source(trainer, test, **options):
    return wh.methods.source(trainer, test, **options).values[:, 0]


def exact(trainer, test):
    return wh.methods.magic(trainer, test, retrainings=0).values[:, 0]


class TestWhereItIsExact:
    @pytest.mark.parametrize(
        "options",
        [{}, {"weight_decay": 0.1}, {"absent": "silent"}, {"lr": lambda t: 0.1 / (1 + t / 9)}],
    )
    def test_least_squares_with_a_segment_for_each_step(self, options):
        """Kills: exp where there are products, a decay left out, a step off by one."""
        trainer, test = least_squares(**options)
        found = source(trainer, test, segments=40, checkpoints=40)
        want = exact(trainer, test)
        assert np.abs(found - want).max() < 1e-11 * np.abs(want).max()

    @pytest.mark.parametrize("segments", [1, 4])
    def test_pulls_that_hold_still_in_any_segments(self, segments):
        """A loss that is straight: its gradients never change, and the decay is all curvature."""
        trainer, test = least_squares(
            loss=lambda out, y: -(out[:, 0] * y), weight_decay=0.5,
            measurement=lambda out, _: out[:, 0],
        )  # fmt: skip
        found = source(trainer, test, segments=segments, checkpoints=4)
        want = exact(trainer, test)
        assert np.abs(found - want).max() < 1e-9 * np.abs(want).max()

    def test_a_mean_pull_over_a_segment_is_the_first_error(self):
        trainer, test = least_squares()
        want = exact(trainer, test)
        off = [
            np.abs(source(trainer, test, segments=k, checkpoints=k) - want).max()
            for k in (1, 4, 20)
        ]
        assert off[0] > off[1] > off[2]

    def test_one_step_is_its_gradients(self):
        trainer, test = network(epochs=1, batch=48, weight_decay=0.0, lr=0.05, absent="silent")
        found = source(trainer, test, segments=1, checkpoints=1)
        start, end = trainer.states([0, 1])
        asked = trainer.measured_gradients(end, trainer.tests(test))
        want = -0.05 / 48 * asked @ trainer.gradients(start).T
        assert np.abs(found - want).max() < 1e-12

    def test_a_long_run_is_influence(self):
        trainer, test = least_squares(epochs=600, lr=0.1, weight_decay=0.1)
        found = source(trainer, test, segments=1, checkpoints=[599])
        want = wh.methods.influence(trainer, test, damping=0.0).values[:, 0]
        assert np.allclose(found, want, rtol=1e-9, atol=1e-12)


def test_the_factors_of_a_segment():
    rates = np.array([0.1, 0.3, 0.3])
    sigma = np.array([0.0, 1e-14, 0.5, 2.0, 5.0])
    left = (1 - 0.1 * sigma) * np.maximum(1 - 0.3 * sigma, 0) ** 2
    assert np.allclose(handed_on(rates)(sigma), left, rtol=1e-14)
    want = np.append([1.0, 1.0], (1 - left[2:]) / sigma[2:] / 0.7)
    assert np.allclose(added_up(rates)(sigma), want, rtol=1e-12)
    assert added_up(np.zeros(2))(np.array([0.0, 3.0])).tolist() == [1.0, 1.0]


def test_a_dense_spectrum():
    matrix = np.array([[2.0, 1.0], [1.0, 2.0]])
    spectrum = DenseSpectrum(matrix)
    V = np.array([[1.0, 0.0], [3.0, -1.0]])
    assert np.allclose(spectrum.through(V, lambda s: 1 / s), np.linalg.solve(matrix, V.T).T)
    # what is below zero is taken for zero
    assert np.allclose(DenseSpectrum(-np.eye(2)).through(V, lambda s: s), 0.0)


class TestStages:
    def test_a_row_that_comes_later_owes_nothing_to_what_was_before(self):
        trainer, test = network(epochs=1, absent="silent")  # four steps, every row in one of them
        first, second = (
            source(trainer, test, segments=[0, 2], checkpoints=4, during=k) for k in (0, 1)
        )
        late = np.concatenate(trainer.schedule.order(trainer.seed)[2:])
        early = np.setdiff1d(np.arange(48), late)
        assert (first[:, late] == 0).all()
        assert (second[:, early] == 0).all()
        assert (np.abs(first[:, early]).max(0) > 0).all()

    def test_segments_add_up(self):
        trainer, test = network()
        whole = wh.methods.source(trainer, test)
        each = [source(trainer, test, during=k) for k in range(3)]
        assert np.allclose(sum(each), whole.values[:, 0], atol=1e-15)
        sizes = np.array([np.abs(e).sum() for e in each])
        assert np.allclose(whole.provenance["share of each segment"], sizes / sizes.sum())
        assert whole.provenance["segments begin at"] == [0, 8, 12]

    def test_a_rate_of_nothing_teaches_nothing(self):
        trainer, test = network(lr=lambda t: 0.3 * (t >= 8))
        assert (source(trainer, test, segments=[0, 8], checkpoints=[0, 8], during=0) == 0).all()


@pytest.mark.parametrize(
    "options", [{}, {"momentum": 0.9, "lr": 0.03}, {"optimizer": "adam", "lr": 0.02}]
)
def test_it_follows_the_exact_derivative(options):
    """Kills: momentum or Adam's division left out, in either direction."""
    trainer, test = network(epochs=10, **options)
    found, want = source(trainer, test), exact(trainer, test)
    rough = wh.methods.tracin(trainer, test).values[:, 0]

    def off(values):
        return np.linalg.norm(values - want) / np.linalg.norm(want)

    assert off(found) < 0.6
    assert off(found) < off(rough)
    assert 0.7 < (found * want).sum() / (found**2).sum() < 1.5  # in the unit of what is measured


def test_it_predicts_halves_of_the_rows():
    trainer, test = network(n=60, epochs=15)
    subsets = trained(trainer, trainer.tests(test), subsets=60, seeds=1, keep=0.5, stream=JUDGING)
    told = subsets.predicted(source(trainer, test))
    assert rank_correlations(told, subsets.truth).mean() > 0.75


class TestRefusals:
    def test_trainers_without_a_run(self):
        trainer, test = ridge()
        with pytest.raises(wh.WhenceError, match="source follows the steps"):
            wh.methods.source(trainer, test)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"segments": 4, "checkpoints": 3}, "4 segments and 3 checkpoints"),
            ({"segments": [5, 9]}, "the first at 0"),
            ({"segments": [0, 9, 5]}, "go upwards"),
            ({"segments": 2, "checkpoints": [9, 3]}, "go upwards"),
            ({"segments": 2, "checkpoints": [1, 3]}, "have no checkpoint"),
            ({"segments": "three"}, "segments is how many"),
            ({"segments": 0}, "positive whole number"),
            ({"checkpoints": "six"}, "checkpoints is how many"),
            ({"during": 3}, "from 0 to 2"),
        ],
    )
    def test_options(self, options, words):
        trainer, test = network()
        with pytest.raises(wh.WhenceError, match=words):
            wh.methods.source(trainer, test, **options)

    def test_too_many_parameters(self):
        trainer, test = network(width=1000)
        with pytest.raises(wh.WhenceError, match=r"6,003 parameters.*tracin"):
            wh.methods.source(trainer, test)
