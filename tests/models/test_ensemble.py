"""Ensembles: the mean of models that answer the same question, or a refusal."""

import numpy as np
import pytest

from whence._core.errors import ModelError
from whence._core.meter import metering
from whence.models import Ensemble, Table, predictor

pytest.importorskip("sklearn")
pd = pytest.importorskip("pandas")
from sklearn import ensemble, linear_model, tree  # noqa: E402


def logistic(X, y, c=1.0):
    return linear_model.LogisticRegression(C=c).fit(X, y)


def test_the_mean_of_members(numbers):
    X, _, y, _ = numbers
    models = [logistic(X, y), logistic(X, y, 0.01), tree.DecisionTreeClassifier().fit(X, y)]
    asked = predictor(models, like=Table.of(X))
    assert isinstance(asked, Ensemble)
    assert asked.name == "ensemble of 3: LogisticRegression, DecisionTreeClassifier"
    assert (asked.classes, asked.space) == ((0, 1), "probability")
    own = np.stack([m.predict_proba(X) for m in models])
    with metering() as meter:
        members = asked.members(X)
    assert meter.rows == 3 * len(X)
    assert np.allclose(members, own)
    assert np.allclose(asked(X), own.mean(axis=0))


def test_members_fitted_on_different_kinds(numbers):
    torch = pytest.importorskip("torch")
    X, t, _, _ = numbers
    frame = pd.DataFrame(X, columns=list("abcd"))
    models = [linear_model.LinearRegression().fit(f, t) for f in (X, frame, frame[list("dcba")])]
    for like in (Table.of(X), Table.of(frame)):
        asked = predictor(models, like=like)
        aligned = asked.aligned(like)
        assert asked.kind == "pandas"
        wanted = np.mean([models[0].predict(X), models[1].predict(frame), models[0].predict(X)], 0)
        assert np.allclose(asked(aligned.frame())[:, 0], wanted)
        assert asked.members(aligned.frame()).shape == (3, len(X), 1)
    raw = predictor([torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)], like=Table.of(frame))
    assert raw.space == "raw"


def test_labels_read_as_text_agree(numbers):
    X, _, y, _ = numbers
    asked = predictor((logistic(X, y), logistic(X, y.astype(str))), like=Table.of(X))
    assert asked.classes == (0, 1)


CASES = [
    (lambda X, t, y, y3: [logistic(X, y)], "needs two models or more, not 1"),
    (lambda X, t, y, y3: [], "needs two models or more, not 0"),
    (
        lambda X, t, y, y3: [logistic(X, y), logistic(X, y3)],
        "disagree on the classes: '0', '1'",
    ),
    (
        lambda X, t, y, y3: [logistic(X, y), logistic(X, np.array(["no", "yes"])[y])],
        "same labels in the same order",
    ),
    (
        lambda X, t, y, y3: [logistic(X, y), linear_model.LinearRegression().fit(X, t)],
        r"different spaces \(probability, value\)",
    ),
    (
        lambda X, t, y, y3: [lambda X: X[:, 0], lambda X: X[:, :2] * 9],
        "have 1 and 2 outputs",
    ),
    (
        lambda X, t, y, y3: (
            [
                ensemble.VotingClassifier(
                    [
                        ("a", linear_model.LogisticRegression()),
                        ("b", tree.DecisionTreeClassifier()),
                    ],
                    voting="hard",
                ).fit(X, y)
            ]
            * 2
        ),
        "VotingClassifier only names labels, and a mean of labels means nothing",
    ),
]


@pytest.mark.parametrize(("make", "says"), CASES)
def test_refusals(numbers, make, says):
    with pytest.raises(ModelError, match=says):
        predictor(make(*numbers), like=Table.of(numbers[0]))
