"""Who leaves first: rankings of training rows for each test example, and models trained without.

A ranking has the rows that hold the measurement up first. Beside that of an answer stand two that
need none: chance, and the nearest rows (of the test's own label, where labels are classes: rows of
other labels hold nothing up).
"""

from typing import Any

import numpy as np

from whence._core.errors import OptionError
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence.evaluate.plain_scores import nearness
from whence.models.trainer.examples import Examples
from whence.models.trainer.trainer import Trainer

_STREAM = 45
_CELLS = 2**24  # of a block's weights

Order = Int[np.ndarray, "tests rows"]


def controls(
    trainer: Trainer[Any], tests: Examples, draws: int, seed: int
) -> dict[str, list[Order]]:
    """Rankings that need no attribution: several by chance, and one by distance if there is one."""
    n, m = len(trainer.rows), len(tests)
    chance = [
        uniforms(n, seed, _STREAM, draw, np.arange(m)).argsort(axis=1) for draw in range(draws)
    ]
    near = nearness(trainer.rows.X, tests.X)
    if near is None:
        return {"random": chance}
    if trainer.classes:
        far = np.ptp(near) + 1.0
        near = near - far * (tests.y[:, None] != trainer.rows.y)
    return {"random": chance, "nearest": [by_value(near)]}


def by_value(values: Float[np.ndarray, "tests rows"]) -> Order:
    """From the largest value on; equal values keep the order of the rows."""
    return np.argsort(-values, axis=1, kind="stable")


def without_first(
    trainer: Trainer[Any],
    tests: Examples,
    order: Order,
    which: Int[np.ndarray, " asked"],
    counts: Int[np.ndarray, " asked"],
    seeds: int,
) -> Float[np.ndarray, " asked"]:
    """What is measured of a test after training without the first rows of its ranking.

    Args:
        trainer: what is trained.
        tests: of which.
        order: the ranking of each test.
        which: test of each question.
        counts: how many rows leave.
        seeds: runs that the mean is over, from the trainer's own on.
    """
    n = len(trainer.rows)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(n), order.shape), axis=1)
    found, size = np.empty(len(which)), max(1, _CELLS // n)
    for at in range(0, len(which), size):
        here = slice(at, at + size)
        keep = place[which[here]] >= counts[here, None]
        found[here] = np.mean(
            [
                trainer.outputs(keep, np.full(len(keep), trainer.seed + s), tests)[
                    np.arange(len(keep)), which[here]
                ]
                for s in range(seeds)
            ],
            axis=0,
        )
    return found


def whole(trainer: Trainer[Any], tests: Examples, seeds: int) -> Float[np.ndarray, " tests"]:
    """What is measured with every row there: the mean over runs."""
    keep = np.ones((seeds, len(trainer.rows)), dtype=bool)
    return np.asarray(trainer.outputs(keep, trainer.seed + np.arange(seeds), tests).mean(axis=0))


def check_seeds(seeds: Any, draws: Any) -> None:
    """Refuse what is no number of runs.

    Raises:
        OptionError: not a positive whole number.
    """
    for value, name in ((seeds, "seeds"), (draws, "draws")):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise OptionError(f"{name} is a positive whole number; given {value!r}")
