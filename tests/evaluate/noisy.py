"""A trainer whose every run is known in closed form: a sum over the rows that stay, and noise."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.keyed import uniforms
from whence.methods._training import Scores, attributed
from whence.models.trainer.examples import Examples
from whence.models.trainer.trainer import Trainer


@final
@dataclass(frozen=True)
class Model:
    """What a run was given."""

    weights: np.ndarray
    seed: int


@final
class Noisy(Trainer[Any]):
    """f_t = sum_i w_i worth[t, i] + noise of a known size, its own for each seed and subset."""

    def __init__(self, worth, noise=0.0, measurement="prediction", names=None):
        n = worth.shape[1]
        self.worth, self.noise, self.calls = worth, noise, 0
        self.rows = Examples(
            np.arange(float(n))[:, None],
            np.arange(float(n)),
            names or tuple(f"row {i}" for i in range(n)),
            tuple(range(n)),
        )
        self.players, self.classes = self.rows.players(), None
        self.measurement, self.unit, self.name = measurement, measurement, "noisy sum"
        self.seed, self.remembered = 0, {}

    def tests(self, test):
        if isinstance(test, Examples):
            return test
        X, y = test
        y = np.asarray(y, float)
        return Examples(X, y, tuple(f"row {i}" for i in range(len(y))), tuple(y.tolist()))

    def _fits(self, weights, seeds):
        self.calls += len(weights)
        return [Model(w, int(s)) for w, s in zip(weights, seeds, strict=True)]

    def _measured(self, models, tests):
        return np.stack([self._one(m, len(tests)) for m in models])

    def _one(self, model, many):
        what = int.from_bytes(np.packbits(model.weights > 0).tobytes(), "little") % 2**61
        u = uniforms(2 * many, what, model.seed).ravel()
        chance = np.sqrt(-2 * np.log1p(-u[:many])) * np.cos(2 * np.pi * u[many:])
        return self.worth[:many] @ model.weights + self.noise * chance

    def _losses(self, models, rows):
        return np.stack([np.abs(rows.y) for _ in models])

    def about(self, many):
        return np.arange(float(many))[:, None], np.arange(float(many))


def noisy(n=60, tests=20, noise=0.0, seed=0, **options):
    """A trainer, its tests, and the spread of its truth over half-subsets of its rows."""
    rng = np.random.default_rng(seed)
    trainer = Noisy(rng.normal(size=(tests, n)), noise, **options)
    return trainer, trainer.about(tests)


def spread(trainer, keep=0.5):
    """Of sums over random subsets of one size, drawn without replacement: exact."""
    n = trainer.worth.shape[1]
    return np.sqrt(n * keep * (1 - keep) * n / (n - 1) * trainer.worth.var(axis=1))


def answer(trainer, test, values, method="given", **options) -> Attribution:
    """Values [tests, rows] as an answer."""
    full = np.zeros(len(values))
    return attributed(
        trainer, test, method, lambda tests: Scores(np.asarray(values, float), full, "", **options)
    )


def shuffled(attribution, seed=0):
    """The same answer, its rows in another order."""
    order = np.random.default_rng(seed).permutation(len(attribution.players))
    return attribution.select(players=[attribution.players.names[i] for i in order])
