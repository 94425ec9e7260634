"""Trainers: a model that can be trained again, on some of its rows, and asked about a test.

    outputs(w, seed)[t] = what is measured of test example t after training with weights w

A weight of 1 is a row as it is, 0 a row that is not there. What a trainer can do beyond this is a
narrower type: `GradientTrainer` gives gradients and curvature at what it learned, `LinearTrainer`
leave-one-out in closed form, `NetworkTrainer` the whole of its run.

Higher is better in everything that is measured: a loss is measured as minus itself.
"""

import abc
import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

import numpy as np

from whence._core.errors import OptionError, TableError
from whence._core.meter import count
from whence._core.players import Players
from whence._core.shaped import Bool, Float, Int
from whence.models.threads import one_thread
from whence.models.trainer.examples import Examples

if TYPE_CHECKING:
    from whence.models.trainer.estimator import EstimatorTrainer
    from whence.models.trainer.linear import Logistic, Ridge
    from whence.models.trainer.network import NetworkTrainer

M = TypeVar("M")
T = TypeVar("T", bound="Trainer[Any]")
Keep = Bool[np.ndarray, "runs rows"]


class Trainer(abc.ABC, Generic[M]):
    """A model that can be trained again on some of its rows.

    Attributes:
        rows: what it is trained on.
        players: the rows, as players.
        classes: the labels, where labels are classes.
        measurement: what is read off a test example: "prediction", "margin", "loss" …
        unit: of the measurement.
        name: of the model.
        seed: of the run that is asked about; other runs have other seeds.
        remembered: outputs of trainings that were asked for before, by what was asked.
        large: one call is work for several threads.
    """

    rows: Examples
    players: Players
    classes: tuple[object, ...] | None
    measurement: str
    unit: str
    name: str
    seed: int
    remembered: dict[object, Any]
    large: bool = False

    # -- what a trainer does --

    @abc.abstractmethod
    def tests(self, test: Any) -> Examples:
        """(X, y) as this model reads it.

        Raises:
            TableError: rows or labels that do not fit.
        """

    @abc.abstractmethod
    def _fits(
        self, weights: Float[np.ndarray, "runs rows"], seeds: Int[np.ndarray, " runs"]
    ) -> Sequence[M]:
        """One model for each run."""

    @abc.abstractmethod
    def _measured(self, models: Sequence[M], tests: Examples) -> Float[np.ndarray, "runs tests"]:
        """What each model makes of each test example."""

    @abc.abstractmethod
    def _losses(self, models: Sequence[M], rows: Examples) -> Float[np.ndarray, "runs rows"]:
        """What each model loses on each row: what training makes small."""

    # -- what everybody asks --

    @final
    def fit(self, subset: Any = None, seed: int | None = None) -> M:
        """Train once.

        Args:
            subset: the rows that are there: bool [rows], their numbers, or a weight for each, float
                [rows]; all of them by default.
            seed: of the run; the trainer's own by default.
        """
        seeds = np.array([self.seed if seed is None else seed])
        return self.fits(self.weights(subset)[None], seeds)[0]

    @final
    def fits(
        self, weights: Float[np.ndarray, "runs rows"], seeds: Int[np.ndarray, " runs"]
    ) -> Sequence[M]:
        """Train one model for each run, many at once where that is quicker."""
        if len(weights) != len(seeds):
            raise OptionError(f"{len(weights)} rows of weights for {len(seeds)} seeds")
        count(rows=int((weights > 0).sum()))
        with one_thread(torch=not self.large):
            return self._fits(weights, seeds)

    @final
    def measure(self, model: M, test: Any) -> Float[np.ndarray, " tests"]:
        """What a model makes of each test example."""
        return np.asarray(self.measured([model], self.tests(test))[0])

    @final
    def measured(self, models: Sequence[M], tests: Examples) -> Float[np.ndarray, "runs tests"]:
        """What each model makes of each test example.

        Raises:
            TableError: a measurement that is not finite.
        """
        with one_thread(torch=not self.large):
            answer = np.asarray(self._measured(models, tests), dtype=float)
        if not np.isfinite(answer).all():
            run, case = (int(i) for i in np.argwhere(~np.isfinite(answer))[0])
            raise TableError(
                f"the {self.measurement} of {tests.names[case]!r} is {answer[run, case]} in run "
                f"{run}: training diverged, or the measurement has no value there. Lower the "
                "learning rate, or measure something that is finite."
            )
        return answer

    @final
    def losses(self, model: M, rows: Any = None) -> Float[np.ndarray, " rows"]:
        """The training loss of each row (of its own, or of a test)."""
        asked = self.rows if rows is None else self.tests(rows)
        with one_thread(torch=not self.large):
            return np.asarray(self._losses([model], asked)[0])

    @final
    def outputs(
        self,
        keep: Keep,
        seeds: Int[np.ndarray, " runs"],
        tests: Examples,
    ) -> Float[np.ndarray, "runs tests"]:
        """Train on each subset, and measure."""
        return self.measured(self.fits(keep.astype(float), seeds), tests)

    @final
    def weights(self, subset: Any = None) -> Float[np.ndarray, " rows"]:
        """A subset, or weights, as one weight for each row.

        Raises:
            OptionError: rows that are not there, or another number of weights.
        """
        n = len(self.rows)
        if subset is None:
            return np.ones(n)
        given = np.asarray(subset)
        if given.dtype.kind in "iu" and given.ndim == 1:
            if len(given) and not (given.min() >= 0 and given.max() < n):
                raise OptionError(f"rows are numbered from 0 to {n - 1}; given {given.max()}")
            weights = np.zeros(n)
            weights[given] = 1.0
            return weights
        if given.shape != (n,) or given.dtype.kind not in "bf":
            raise OptionError(
                f"a subset is bool [{n}], the numbers of its rows, or a weight for each, float "
                f"[{n}]; given {given.dtype} of shape {given.shape}"
            )
        weights = given.astype(float)
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise OptionError("weights are finite and not negative")
        return weights

    @final
    def with_seed(self: T, seed: int) -> T:  # noqa: PYI019 (beartype knows no Self)
        """The same trainer, asked about another run."""
        other = copy.copy(self)
        other.seed = int(seed)
        return other

    # -- the trainers that there are --

    @staticmethod
    def ridge(
        X: Any,
        y: Any,
        l2: Any,
        *,
        intercept: bool = False,
        measurement: str = "prediction",
        names: Sequence[str] | None = None,
    ) -> "Ridge":
        """Least squares with a penalty: sum of (y - x'b)^2, and l2 |b|^2 with l2 held.

        Args:
            X: float [rows, columns]. No column is added unless `intercept` asks for it.
            y: float [rows].
            l2: the penalty, a number, or one for each column of X.
            intercept: add a column of ones that is not penalised.
            measurement: "prediction", or "loss" (minus the squared error).
            names: of the rows.
        """
        from whence.models.trainer.linear import Ridge

        return Ridge(X, y, l2, intercept=intercept, measurement=measurement, names=names)

    @staticmethod
    def logistic(
        X: Any,
        y: Any,
        l2: Any,
        *,
        intercept: bool = False,
        measurement: str = "margin",
        names: Sequence[str] | None = None,
    ) -> "Logistic":
        """Two classes: sum of log(1 + exp(-margin)), and l2/2 |b|^2 with l2 held.

        Args:
            X: float [rows, columns]. No column is added unless `intercept` asks for it.
            y: two classes.
            l2: the penalty, a number, or one for each column of X.
            intercept: add a column of ones that is not penalised.
            measurement: "margin" (log-odds of the true label), "probability" of it, or "loss"
                (minus the log-loss).
            names: of the rows.
        """
        from whence.models.trainer.linear import Logistic

        return Logistic(X, y, l2, intercept=intercept, measurement=measurement, names=names)

    @staticmethod
    def sklearn(
        estimator: Any,
        X: Any,
        y: Any,
        *,
        measurement: str | None = None,
        weighted: bool = False,
        seed: int = 0,
        names: Sequence[str] | None = None,
    ) -> "EstimatorTrainer":
        """Any scikit-learn estimator, cloned and trained again; retraining only.

        Args:
            estimator: fitted or not; it is never changed.
            X: rows.
            y: labels.
            measurement: "prediction", "probability" of the true label, "margin", "correct" or
                "loss"; by what the estimator answers, if not given.
            weighted: rows leave by a weight of zero, not by being taken out.
            seed: set as the estimator's `random_state`, where it has one.
            names: of the rows.
        """
        from whence.models.trainer.estimator import EstimatorTrainer

        return EstimatorTrainer(estimator, X, y, measurement, weighted, seed, names)

    @staticmethod
    def torch(
        make_model: Callable[..., Any],
        X: Any,
        y: Any,
        *,
        loss: Any = "cross-entropy",
        epochs: int,
        lr: float | Sequence[float] | Callable[[int], float],
        batch: int,
        optimizer: str = "sgd",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        measurement: Any = None,
        absent: str = "scaled",
        seed: int = 0,
        names: Sequence[str] | None = None,
        device: str | None = None,
    ) -> "NetworkTrainer":
        """A torch module and how it is trained; many runs are one batched program.

        Args:
            make_model: makes a fresh module from torch's own randomness, which is seeded here; or a
                function of the seed.
            X: rows; the first axis of whatever the module takes.
            y: labels, or numbers.
            loss: "cross-entropy", "squared error", or a function of outputs [rows, …] and labels
                [rows] such as `torch.nn.functional.cross_entropy`.
            epochs: passes over the rows.
            lr: the learning rate: a number, one for each step, or a function of the step.
            batch: rows in a step.
            optimizer: "sgd" or "adam".
            momentum: of "sgd".
            weight_decay: times the parameters, added to the gradient.
            measurement: "margin", "probability", "prediction", "loss", or a function of outputs
                [rows, …] and labels [rows] -> [rows]; by the loss, if not given.
            absent: "scaled": each step's loss is a mean over the rows that are there, on average,
                so that half of the rows train as long as all of them; "silent": absent rows lose
                nothing, and nothing else changes.
            seed: of the run that is asked about: where it starts, and in which order rows come.
            names: of the rows.
            device: where it is trained; by default where the module is made.
        """
        from whence.models.trainer.network import NetworkTrainer
        from whence.models.trainer.schedule import Schedule

        schedule = Schedule.of(epochs, batch, lr, optimizer, momentum, weight_decay, len(X))
        return NetworkTrainer(
            make_model,
            X,
            y,
            schedule,
            loss=loss,
            measurement=measurement,
            absent=absent,
            seed=seed,
            names=names,
            device=device,
        )
