"""Linear models, whose leave-one-out is a closed form.

    F(b) = sum_i w_i loss(y_i, x_i'b) + 1/2 sum_j D_j b_j^2,   H = X' diag(w c) X + D

with s and c the first and second derivative of the loss by x'b. Without the rows G, one Newton step
from b, with the leverage of the rows that leave, is

    b(-G) = b + H^-1 X_G' (I - C_G X_G H^-1 X_G')^-1 s_G,

which is exact where the loss is quadratic (ridge), and one step short of a refit where it is not
(logistic regression). Influence functions leave the bracket out: for one row they are smaller by
exactly 1 - h_i. D does not change when rows leave.

Source: Cook & Weisberg (1982) for least squares; Beirami et al. (2017), Rad & Maleki (2020) for the
step with leverage.
"""

import abc
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, OptionError, TableError, some
from whence._core.figures import figures
from whence._core.shaped import Float, Int
from whence.models.labels import refuse_other_rows
from whence.models.trainer.examples import Examples, classes_of, labelled, numbers, pair
from whence.models.trainer.gradient_trainer import GradientTrainer

_ALONE = 1e-8  # of leverage: below it, nothing but the row itself holds its direction
_STEPS = 100
_STILL = 1e-12  # of a Newton step, beside the size of what is learned
_HALVINGS = 30


class LinearTrainer(GradientTrainer[Float[np.ndarray, " columns"]]):
    """A model of x'b, trained by Newton's method to the last digit."""

    def __init__(
        self,
        X: Any,
        y: Any,
        l2: Any,
        *,
        intercept: bool,
        measurement: str,
        names: Sequence[str] | None,
    ) -> None:
        known = self._measurements()
        if measurement not in known:
            raise OptionError(f"measurement is one of {some(known)}; given {measurement!r}")
        self.intercept = intercept
        self.classes = self._classes(y)
        refuse_other_rows(X, y)
        self.rows = labelled(numbers(X, "X"), y, self.classes, "X", names)
        self.players, self.name = self.rows.players(), type(self).__name__.lower()
        self.measurement, self.unit, self.seed, self.remembered = measurement, "", 0, {}
        self.unit = known[measurement]
        self.X = self._design(self.rows.X)
        self.penalty = self._penalty(l2)
        self.scaled = False

    # -- the loss and its derivatives by x'b --

    @abc.abstractmethod
    def _classes(self, y: Any) -> tuple[object, ...] | None:
        """The labels, where labels are classes."""

    @abc.abstractmethod
    def _measurements(self) -> dict[str, str]:
        """What can be measured, with its unit."""

    @abc.abstractmethod
    def _loss(self, eta: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The loss."""

    @abc.abstractmethod
    def _slope(self, eta: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Its first derivative."""

    @abc.abstractmethod
    def _bend(self, eta: np.ndarray) -> np.ndarray:
        """Its second derivative."""

    @abc.abstractmethod
    def _read(self, eta: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is measured, and its derivative."""

    # -- training --

    @final
    def tests(self, test: Any) -> Examples:
        """(X, y) with as many columns as it was trained on."""
        X, y = pair(test, "test")
        refuse_other_rows(X, y, "y of test", "X of test")
        found = labelled(numbers(X, "the X of test"), y, self.classes, "test")
        if found.X.shape[1] != self.rows.X.shape[1]:
            raise TableError(
                f"test has {found.X.shape[1]} columns, and the model was trained on "
                f"{self.rows.X.shape[1]}"
            )
        return found

    def _design(self, X: np.ndarray) -> Float[np.ndarray, "rows columns"]:
        return np.column_stack([X, np.ones(len(X))]) if self.intercept else X

    def _penalty(self, l2: Any) -> Float[np.ndarray, " columns"]:
        given, width = figures(l2, "l2", "a number, or [columns]"), self.rows.X.shape[1]
        if given.shape not in {(), (width,)} or (given < 0).any():
            raise OptionError(
                f"l2 is a number that is not negative, or {width} of them, one for each column; "
                f"given shape {given.shape}, least {given.min()}"
            )
        own = np.broadcast_to(given, width).astype(float)
        return np.append(own, 0.0) if self.intercept else own

    def _fits(
        self, weights: Float[np.ndarray, "runs rows"], seeds: Int[np.ndarray, " runs"]
    ) -> list[np.ndarray]:
        del seeds  # nothing here is left to chance
        return [self._newton(w) for w in weights]

    def _newton(self, w: np.ndarray) -> Float[np.ndarray, " columns"]:
        limit = self._limit(w)
        if limit is not None:
            return limit
        b: np.ndarray = np.zeros(self.X.shape[1])
        for _ in range(_STEPS):
            step = self._solve(self._hessian(b, w), self._pull(b, w))
            b = b - self._shortened(b, step, w)
            if np.abs(step).max() <= _STILL * max(1.0, float(np.abs(b).max())):
                return np.asarray(b)
        raise ModelError(
            f"the {self.name} did not converge in {_STEPS} Newton steps on {int((w > 0).sum()):,} "
            "rows: the classes can be told apart without error, or nearly. Give a larger l2."
        )

    def _limit(self, w: np.ndarray) -> Float[np.ndarray, " columns"] | None:
        """What training approaches without an end, where it does: one class under an intercept.

        Nothing holds an intercept back, so that a single class is predicted with certainty.
        """
        there = self.rows.y[w > 0]
        if not (self.classes and self.intercept and len(there)) or (there != there[0]).any():
            return None
        return np.append(np.zeros(self.X.shape[1] - 1), np.inf if there[0] else -np.inf)

    def _shortened(self, b: np.ndarray, step: np.ndarray, w: np.ndarray) -> np.ndarray:
        """The step, halved until it does not lead upwards."""
        start = self._objective(b, w)
        for _ in range(_HALVINGS):
            if self._objective(b - step, w) <= start + 1e-9 * abs(start):
                return step
            step = step / 2
        return step

    def _objective(self, b: np.ndarray, w: np.ndarray) -> float:
        return float(w @ self._loss(self.X @ b, self.rows.y) + (self.penalty * b) @ b / 2)

    def _pull(self, b: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.asarray(self.X.T @ (w * self._slope(self.X @ b, self.rows.y)) + self.penalty * b)

    def _hessian(self, b: np.ndarray, w: np.ndarray) -> np.ndarray:
        bend = w * self._bend(self.X @ b)
        return np.asarray((self.X * bend[:, None]).T @ self.X + np.diag(self.penalty))

    def _solve(self, hessian: np.ndarray, right: np.ndarray) -> np.ndarray:
        try:
            return np.asarray(np.linalg.solve(hessian, right))
        except np.linalg.LinAlgError as error:
            raise ModelError(
                f"the {self.name} is not decided by these rows: some combination of columns is the "
                "same in all of them. Drop a column, or give l2 above 0."
            ) from error

    def _measured(
        self, models: Sequence[np.ndarray], tests: Examples
    ) -> Float[np.ndarray, "runs tests"]:
        return self.read(np.stack(list(models)), tests)[0]

    def _losses(
        self, models: Sequence[np.ndarray], rows: Examples
    ) -> Float[np.ndarray, "runs rows"]:
        return np.asarray(self._loss(np.stack(list(models)) @ self._design(rows.X).T, rows.y))

    @final
    def read(self, models: np.ndarray, tests: Examples) -> tuple[np.ndarray, np.ndarray]:
        """What models [runs, columns] measure, and its slope by x'b, each [runs, tests]."""
        return self._read(models @ self._design(tests.X).T, tests.y)

    # -- gradients, curvature and the closed form --

    def gradients(
        self, model: np.ndarray, rows: slice = slice(None)
    ) -> Float[np.ndarray, "rows p"]:
        """Slopes times rows."""
        X = self.X[rows]
        return np.asarray(X * self._slope(X @ model, self.rows.y[rows])[:, None])

    def measured_gradients(
        self, model: np.ndarray, tests: Examples
    ) -> Float[np.ndarray, "tests p"]:
        """Of what is measured."""
        return np.asarray(self._design(tests.X) * self.read(model[None], tests)[1].T)

    def roots(self, model: np.ndarray, rows: slice = slice(None)) -> Float[np.ndarray, "roots p"]:
        """Rows times the root of their curvature: here Gauss-Newton is the Hessian itself."""
        X = self.X[rows]
        return np.asarray(X * np.sqrt(self._bend(X @ model))[:, None])

    def parameters(self, model: np.ndarray) -> Float[np.ndarray, " p"]:
        """The coefficients."""
        return model

    def untrained(self) -> Float[np.ndarray, " columns"]:
        """All coefficients zero."""
        return np.zeros(self.X.shape[1])

    @final
    def without(
        self, groups: Sequence[Int[np.ndarray, " members"]]
    ) -> Float[np.ndarray, "groups columns"]:
        """The coefficients without each group of rows, by the closed form.

        Raises:
            OptionError: rows that alone decide a direction.
        """
        b = self.fit()
        eta = self.X @ b
        slope, bend = self._slope(eta, self.rows.y), self._bend(eta)
        through = self._solve(self._hessian(b, np.ones(len(self.X))), self.X.T).T  # rows of X H^-1
        return np.stack([b + self._leaving(g, slope[g], bend[g], through[g]) for g in groups])

    def _leaving(
        self, rows: np.ndarray, slope: np.ndarray, bend: np.ndarray, through: np.ndarray
    ) -> np.ndarray:
        """H^-1 X' (I - C X H^-1 X')^-1 s, for the rows of one group."""
        left = np.eye(len(rows)) - bend[:, None] * (through @ self.X[rows].T)
        if np.linalg.svd(left, compute_uv=False)[-1] <= _ALONE:
            raise OptionError(
                f"{some([self.rows.names[i] for i in rows])} alone decide a direction of the "
                f"{self.name}: without them it has no answer. Give l2 above 0, or leave them in."
            )
        return np.asarray(np.linalg.solve(left, slope) @ through)


@final
class Ridge(LinearTrainer):
    """Least squares with a penalty: see `Trainer.ridge`. Its loss is half the squared error."""

    def _classes(self, y: Any) -> tuple[object, ...] | None:
        del y
        return None

    def _measurements(self) -> dict[str, str]:
        return {"prediction": "prediction", "loss": "minus the squared error"}

    def _loss(self, eta: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray((eta - y) ** 2 / 2)

    def _slope(self, eta: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(eta - y)

    def _bend(self, eta: np.ndarray) -> np.ndarray:
        return np.ones_like(eta)

    def _read(self, eta: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.measurement == "prediction":
            return eta, np.ones_like(eta)
        return -((eta - y) ** 2), -2 * (eta - y)


@final
class Logistic(LinearTrainer):
    """Logistic regression of two classes: see `Trainer.logistic`."""

    def _classes(self, y: Any) -> tuple[object, ...] | None:
        found = classes_of(y)
        if len(found) != 2:
            raise TableError(
                f"a logistic trainer knows two classes, and y has {len(found)}: {some(found)}. For "
                "more, give Trainer.torch a linear module."
            )
        return found

    def _measurements(self) -> dict[str, str]:
        return {"margin": "log-odds", "probability": "probability", "loss": "minus the log-loss"}

    def _loss(self, eta: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(np.logaddexp(0.0, eta) - y * eta)

    def _slope(self, eta: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(_sigmoid(eta) - y)

    def _bend(self, eta: np.ndarray) -> np.ndarray:
        p = _sigmoid(eta)
        return np.asarray(p * (1 - p))

    def _read(self, eta: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sign = 2.0 * y - 1
        if self.measurement != "probability" and not np.isfinite(eta).all():
            raise ModelError(
                "trained on rows of one class alone, a logistic regression is certain, and its "
                f"{self.unit} has no end: measure the probability (measurement='probability')"
            )
        if self.measurement == "margin":
            return eta * sign, np.broadcast_to(sign, eta.shape)
        p = _sigmoid(eta * sign)
        if self.measurement == "probability":
            return p, p * (1 - p) * sign
        return -self._loss(eta, y), (1 - p) * sign


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-np.logaddexp(0.0, -x)))
