"""Any scikit-learn estimator as a trainer: cloned, and fitted on the rows that are there.

The estimator that was given is never changed. `random_state` takes the seed of the run, wherever
the estimator or a part of it has one.
"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.dummy import DummyClassifier

from whence._core.errors import ModelError, OptionError, some
from whence._core.shaped import Float, Int
from whence.models.answers import answered, plain, refuse_improbable
from whence.models.routes import reason
from whence.models.trainer.examples import Examples, classes_of, labelled, pair, taken
from whence.models.trainer.trainer import Trainer

_UNITS = {
    "prediction": "prediction",
    "probability": "probability",
    "margin": "log-odds",
    "correct": "correct",
    "loss": "minus the loss",
}


@final
class EstimatorTrainer(Trainer[Any]):
    """A scikit-learn estimator: see `Trainer.sklearn`."""

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        measurement: str | None,
        weighted: bool,
        seed: int,
        names: Sequence[str] | None,
    ) -> None:
        self.estimator, self.weighted, self.seed = estimator, weighted, seed
        self.classes = classes_of(y) if is_classifier(estimator) else None
        self.rows = labelled(X, y, self.classes, "X", names)
        self.players, self.name = self.rows.players(), type(estimator).__name__
        self.measurement = _measurement(estimator, measurement)
        self.unit, self.remembered = _UNITS[self.measurement], {}

    def tests(self, test: Any) -> Examples:
        """(X, y), with labels that it was trained on."""
        X, y = pair(test, "test")
        return labelled(X, y, self.classes, "test")

    def _fits(
        self, weights: Float[np.ndarray, "runs rows"], seeds: Int[np.ndarray, " runs"]
    ) -> list[Any]:
        return [self._fitted(w, int(s)) for w, s in zip(weights, seeds, strict=True)]

    def _fitted(self, w: np.ndarray, seed: int) -> Any:
        model = seeded(clone(self.estimator), seed)
        there = np.arange(len(w)) if self.weighted else np.flatnonzero(w > 0)
        y = np.array(self.rows.labels, dtype=object)[there]
        labels = np.array(y.tolist())
        if self.classes and len({self.rows.y[i] for i in np.flatnonzero(w > 0)}) < 2:
            model = DummyClassifier()  # of one class there is one thing to learn
        return self._called(model, taken(self.rows.X, there), labels, w[there])

    def _called(self, model: Any, X: Any, y: np.ndarray, w: np.ndarray) -> Any:
        weights = {} if (w == 1).all() else {"sample_weight": w}
        try:
            model.fit(X, y, **weights)
        except Exception as error:
            if weights and isinstance(error, TypeError):
                raise ModelError(
                    f"{self.name} takes no weights of rows ({error}): rows leave by being taken "
                    "out; give weights of 0 and 1, and weighted=False"
                ) from error
            raise ModelError(
                f"{self.name} cannot be trained on {len(y):,} rows of X: {reason(error)}. Give a "
                "pipeline that takes the columns as they are, or mend them."
            ) from error
        return model

    def _measured(self, models: Sequence[Any], tests: Examples) -> Float[np.ndarray, "runs tests"]:
        return np.stack([self._one(m, tests) for m in models])

    def _one(self, model: Any, tests: Examples) -> np.ndarray:
        if self.measurement == "prediction":
            return _numbers(model, tests.X)
        if self.measurement == "loss":
            return -self._loss(model, tests)
        if self.measurement == "correct":
            named = _named(model, tests.X)
            return np.array([float(a == b) for a, b in zip(named, tests.labels, strict=True)])
        p = self._probability(model, tests)
        with np.errstate(divide="ignore"):
            return p if self.measurement == "probability" else np.log(p) - np.log1p(-p)

    def _probability(self, model: Any, rows: Examples) -> np.ndarray:
        """Of the true label; 0 for a class that the rows that were there did not have."""
        if not callable(getattr(model, "predict_proba", None)):
            raise ModelError(
                f"{self.name} gives no probabilities, so it has no margin and no loss: use one "
                'that has `predict_proba`, or measurement="correct"'
            )
        return likelihood(model, rows.X, rows.labels)

    def _loss(self, model: Any, rows: Examples) -> np.ndarray:
        if self.classes is None:
            return np.asarray((_numbers(model, rows.X) - rows.y) ** 2)
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(self._probability(model, rows)))

    def _losses(self, models: Sequence[Any], rows: Examples) -> Float[np.ndarray, "runs rows"]:
        return np.stack([self._loss(m, rows) for m in models])


def _measurement(estimator: Any, given: str | None) -> str:
    if is_classifier(estimator):
        sure = callable(getattr(estimator, "predict_proba", None))
        offered: list[str] = [*(("probability", "margin", "loss") if sure else ()), "correct"]
    else:
        offered = ["prediction", "loss"]
    if given is None:
        return offered[0]
    if given not in offered:
        raise OptionError(
            f"of {type(estimator).__name__} can be measured: {some(offered)}; given {given!r}"
        )
    return given


_SEEDS = 2**32  # of numpy's older generators, which scikit-learn takes


def seeded(model: Any, seed: int) -> Any:
    """The estimator, its `random_state` set wherever it or a part of it has one."""
    own = {k: seed % _SEEDS for k in model.get_params() if k.split("__")[-1] == "random_state"}
    return model.set_params(**own) if own else model


def likelihood(model: Any, X: Any, labels: Sequence[object]) -> Float[np.ndarray, " rows"]:
    """The probability of each row's label; 0 of a class that the model never saw.

    Raises:
        ModelError: it fails, or answers no probability for each of its classes.
    """
    name = type(model).__name__
    answer = answered(_asked(model, "predict_proba", X), len(X), name)
    if not np.isfinite(answer).all():
        raise ModelError(f"{name} answered NaN or infinity where a probability is asked for")
    refuse_improbable(answer, name)
    known = plain(getattr(model, "classes_", ()))
    if answer.shape[1] != len(known):
        raise ModelError(
            f"{name} answered {answer.shape[1]} probabilities for each row, and its classes_ are "
            f"{len(known)}: let it answer one for each class"
        )
    place = {label: j for j, label in enumerate(known)}
    at = [place.get(label, -1) for label in labels]
    return np.array([answer[i, j] if j >= 0 else 0.0 for i, j in enumerate(at)])


def _numbers(model: Any, X: Any) -> np.ndarray:
    name = type(model).__name__
    answer = answered(_asked(model, "predict", X), len(X), name)
    if answer.shape[1] > 1:
        raise ModelError(f"{name} answered {answer.shape[1]} numbers for each row, and not one")
    return answer[:, 0]


def _named(model: Any, X: Any) -> np.ndarray:
    """The label that it names for each row."""
    named = np.asarray(_asked(model, "predict", X))
    if named.size != len(X):
        name = type(model).__name__
        raise ModelError(
            f"{name} named {named.size} labels for {len(X)} rows: it must name one each"
        )
    return named.ravel()


def _asked(model: Any, way: str, X: Any) -> Any:
    try:
        return getattr(model, way)(X)
    except Exception as error:
        raise ModelError(
            f"{type(model).__name__} was trained, and {way} failed on {len(X)} rows: "
            f"{type(error).__name__}: {error}"
        ) from error
