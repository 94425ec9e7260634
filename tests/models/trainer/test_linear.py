import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import whence as wh
from models.trainer.rows import classification, logistic, regression, ridge
from whence.models import Trainer


def test_ridge_is_scikit_learns():
    X, y = regression()
    own = Ridge(alpha=2.0, fit_intercept=False).fit(X, y).coef_
    assert np.allclose(Trainer.ridge(X, y, 2.0).fit(), own, atol=1e-12)


def test_ridge_with_an_intercept_is_scikit_learns():
    X, y = regression()
    own = Ridge(alpha=2.0).fit(X, y + 5)
    assert np.allclose(
        Trainer.ridge(X, y + 5, 2.0, intercept=True).fit(), [*own.coef_, own.intercept_], atol=1e-9
    )


def test_logistic_is_scikit_learns():
    X, y = classification()
    own = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-12, max_iter=10_000).fit(X, y)
    assert np.allclose(Trainer.logistic(X, y, 1.0).fit(), own.coef_[0], atol=1e-7)


def test_a_penalty_for_each_column():
    X, y = regression()
    D = np.array([0.0, 1.0, 10.0, 3.0])
    want = np.linalg.solve(X.T @ X + np.diag(D), X.T @ y)
    assert np.allclose(Trainer.ridge(X, y, D).fit(), want, atol=1e-12)


@pytest.mark.parametrize("made", [ridge, logistic])
def test_a_subset_is_trained_as_if_the_others_were_not_there(made):
    trainer, _ = made()
    some = np.arange(0, 30, 2)
    X, labels = trainer.rows.X[some], np.array(trainer.rows.labels)[some]
    alone = type(trainer)(
        X, labels, trainer.penalty, intercept=False, measurement=trainer.measurement, names=None
    )
    mask = np.zeros(30, dtype=bool)
    mask[some] = True
    for subset in (some, mask, mask.astype(float)):
        assert np.allclose(trainer.fit(subset), alone.fit(), atol=1e-10)


def test_one_row_leaves_a_ridge_exactly():
    trainer, _ = ridge()
    found = trainer.without([np.array([i]) for i in range(30)])
    refit = np.stack([trainer.fit(np.delete(np.arange(30), i)) for i in range(30)])
    assert np.abs(found - refit).max() < 1e-12


def test_a_group_leaves_a_ridge_exactly():
    trainer, _ = ridge(intercept=True)
    group = np.array([1, 5, 9, 20])
    found = trainer.without([group])[0]
    assert np.abs(found - trainer.fit(np.delete(np.arange(30), group))).max() < 1e-12


def test_a_group_leaves_a_logistic_by_one_newton_step():
    trainer, _ = logistic()
    group = np.array([1, 5, 9])
    X, y, b = trainer.X, trainer.rows.y, trainer.fit()
    stay = np.delete(np.arange(30), group)
    p = 1 / (1 + np.exp(-X @ b))
    pull = X[stay].T @ (p - y)[stay] + b
    bend = (X[stay] * (p * (1 - p))[stay, None]).T @ X[stay] + np.eye(4)
    assert np.abs(trainer.without([group])[0] - (b - np.linalg.solve(bend, pull))).max() < 1e-12


@pytest.mark.parametrize("measurement", ["prediction", "loss"])
def test_slopes_of_what_is_measured_ridge(measurement):
    _check_slopes(*ridge(measurement=measurement))


@pytest.mark.parametrize("measurement", ["margin", "probability", "loss"])
def test_slopes_of_what_is_measured_logistic(measurement):
    _check_slopes(*logistic(measurement=measurement))


def _check_slopes(trainer, test):
    b, tests, step = trainer.fit(), trainer.tests(test), 1e-6
    ends = [trainer.measured([b + s * step * e for e in np.eye(4)], tests) for s in (1, -1)]
    want = (ends[0] - ends[1]).T / (2 * step)
    assert np.allclose(trainer.measured_gradients(b, tests), want, atol=1e-7)
    ends = [np.stack([trainer.losses(b + s * step * e) for e in np.eye(4)]) for s in (1, -1)]
    assert np.allclose(trainer.gradients(b), (ends[0] - ends[1]).T / (2 * step), atol=1e-7)


def test_the_root_is_that_of_the_hessian():
    trainer, _ = logistic()
    b, step = trainer.fit(), 1e-5
    R = trainer.roots(b)
    slopes = [trainer.gradients(b + s * step * e).sum(axis=0) for e in np.eye(4) for s in (1, -1)]
    bend = (np.stack(slopes[::2]) - np.stack(slopes[1::2])) / (2 * step)
    assert np.allclose(R.T @ R, bend, atol=1e-6)


def test_a_row_that_alone_decides_a_direction_is_named():
    X, y = regression()
    X[:, 3] = 0.0
    X[7, 3] = 1.0
    trainer = Trainer.ridge(X, y, 0.0, names=[f"p{i}" for i in range(40)])
    with pytest.raises(wh.WhenceError, match=r"'p7' alone decide"):
        trainer.without([np.array([7])])


def test_classes_told_apart_without_error_and_no_penalty():
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    with pytest.raises(wh.WhenceError, match="larger l2"):
        Trainer.logistic(X, [0, 0, 1, 1], 0.0).fit()


def test_columns_that_are_the_same():
    X, y = regression()
    with pytest.raises(wh.WhenceError, match="not decided"):
        Trainer.ridge(np.column_stack([X, np.zeros(40)]), y, 0.0).fit()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda X, y: Trainer.logistic(X, np.zeros(40), 1.0), "one class only"),
        (lambda X, y: Trainer.logistic(X, np.arange(40) % 3, 1.0), "knows two classes"),
        (lambda X, y: Trainer.ridge(X, y, -1.0), "not negative"),
        (lambda X, y: Trainer.ridge(X, y, np.ones(3)), "one for each column"),
        (lambda X, y: Trainer.ridge(X[:, 0], y, 1.0), r"\[rows, columns\]"),
        (lambda X, y: Trainer.ridge(X, y[:-1], 1.0), "40"),
        (lambda X, y: Trainer.ridge(np.where(X > 2, np.nan, X), y, 1.0), "NaN"),
        (lambda X, y: Trainer.ridge(X, y, 1.0, measurement="margin"), "measurement is one of"),
        (lambda X, y: Trainer.ridge(X, y, 1.0, names=["a"]), "1 names"),
        (lambda X, y: Trainer.ridge(X, y, 1.0).tests(X), r"pair \(X, y\)"),
        (lambda X, y: Trainer.ridge(X, y, 1.0).tests((X[:, :3], y)), "3 columns"),
        (lambda X, y: Trainer.ridge(X, y, 1.0).fit([0, 99]), "numbered from 0 to 39"),
        (lambda X, y: Trainer.ridge(X, y, 1.0).fit(np.ones(3)), r"a weight for each"),
        (lambda X, y: Trainer.ridge(X, y, 1.0).fit(-np.ones(40)), "not negative"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(wh.WhenceError, match=words):
        call(*regression())
