"""Scores that anybody has without attributing anything: what an attribution must do better than.

    random          chance
    same class      1 where the labels of row and test are equal      (classes)
    nearest label   - |y_i - y_t|                                     (numbers)
    loss            the row's own training loss
    nearest         - the distance between the inputs
    gradient norm   of the row's own training loss

Of classes, the loss and the gradient norm count for tests of the row's class and against all others
(a row teaches its own class); of numbers they say the same of every test.
"""

from typing import Any

import numpy as np

from whence._core.errors import ModelError, OptionError
from whence._core.figures import figures
from whence._core.keyed import uniforms
from whence._core.shaped import Float
from whence.models.trainer.examples import Examples
from whence.models.trainer.gradient_trainer import GradientTrainer
from whence.models.trainer.trainer import Trainer

_STREAM = 44
_MOST = float(-np.log(np.finfo(float).eps))  # nats: a probability of 0 is no infinite lesson

PerRow = Float[np.ndarray, "tests rows"]


def plain_scores(trainer: Trainer[Any], tests: Examples, seed: int = 0) -> dict[str, PerRow]:
    """Each plain score that this trainer and these inputs have, by name.

    Args:
        trainer: trained once, with all rows there, under its own seed.
        tests: of which the scores are.
        seed: of chance.
    """
    rows, model = trainer.rows, trainer.fit()
    found = {"random": uniforms(len(rows), seed, _STREAM, np.arange(len(tests)))}
    if trainer.classes:
        same = (tests.y[:, None] == rows.y).astype(float)
        found["same class"], side = same, 2 * same - 1
    else:
        found["nearest label"], side = _near(rows.y, tests.y), np.ones((len(tests), len(rows)))
    for name, own in (("loss", _loss(trainer, model)), ("gradient norm", _norm(trainer, model))):
        if own is not None:
            found[name] = side * own
    near = nearness(rows.X, tests.X)
    return found if near is None else found | {"nearest": near}


def nearness(X: Any, asking: Any) -> PerRow | None:
    """Minus the Euclidean distances of inputs; None where inputs are not all numbers."""
    try:
        return _near(figures(X, "X", ""), figures(asking, "the X of test", ""))
    except OptionError:  # text and categories have no distance
        return None


def _near(rows: np.ndarray, asking: np.ndarray) -> PerRow:
    own, other = (x.reshape(len(x), -1).astype(float) for x in (rows, asking))
    squares = (own**2).sum(axis=1) + (other**2).sum(axis=1)[:, None] - 2 * other @ own.T
    return np.asarray(-np.sqrt(np.maximum(squares, 0.0)))


def _loss(trainer: Trainer[Any], model: Any) -> Float[np.ndarray, " rows"] | None:
    try:
        return np.minimum(trainer.losses(model), _MOST) if trainer.classes else _own(trainer, model)
    except ModelError:  # it answers with labels alone
        return None


def _own(trainer: Trainer[Any], model: Any) -> Float[np.ndarray, " rows"]:
    return np.asarray(trainer.losses(model), dtype=float)


def _norm(trainer: Trainer[Any], model: Any) -> Float[np.ndarray, " rows"] | None:
    if not isinstance(trainer, GradientTrainer):
        return None
    return np.concatenate([np.linalg.norm(g, axis=1) for _, g in trainer.blocks(model)])
