"""What becomes of a prediction when the rows that are said to hold it up are really taken away?

    change(k) = mean over tests of  f without the first k rows of the test's ranking  -  f with all

beside the same for k random rows, and for the k nearest: removing any rows changes a model, and
near ones more.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.shaped import Float
from whence.evaluate.removals import Order, by_value, check_seeds, controls, whole, without_first
from whence.evaluate.resample import Resampled, resampled
from whence.evaluate.row_values import values_of
from whence.models.trainer.trainer import Trainer

_LEVEL = 0.95


@check_arguments
def top_removal(
    trainer: Trainer[Any],
    attribution: Attribution,
    test: Any,
    counts: Iterable[int] = (1, 5, 20),
    *,
    seeds: int = 1,
    draws: int = 3,
    seed: int = 0,
) -> Certificate:
    """The mean change of what is measured after training without each test's top rows.

    Args:
        trainer: what is trained again: tests x counts x (2 + draws) x seeds models.
        attribution: values of its rows for each test.
        test: (X, y), as it was attributed.
        counts: how many rows leave.
        seeds: runs that each mean is over, from the trainer's own on.
        draws: of the random rows, for each test.
        seed: of those draws.

    Returns:
        "top removal", with the changes and their intervals over tests as its table. It holds where,
        at the largest count, the fall is deeper than that of random and of nearest rows, beyond the
        interval of the difference; not judged of a single test.

    Raises:
        OptionError: a count that leaves no row, or takes none.
    """
    check_seeds(seeds, draws)
    tests, n = trainer.tests(test), len(trainer.rows)
    asked = sorted({int(k) for k in counts})
    if not asked or asked[0] < 1 or asked[-1] >= n:
        raise OptionError(
            f"counts are numbers of rows between 1 and {n - 1:,}, of the {n:,} there are; given "
            f"{asked}"
        )
    values = values_of(attribution, trainer.players, tests)
    orders = {"top": [by_value(values)], **controls(trainer, tests, draws, seed)}
    before = whole(trainer, tests, seeds)
    changes = {
        name: np.mean(
            [_after(trainer, tests, order, asked, seeds) for order in several], axis=0
        ) - before[:, None]
        for name, several in orders.items()
    }  # fmt: skip
    return _judged(changes, asked, len(tests), seed)


def _after(
    trainer: Trainer[Any], tests: Any, order: Order, asked: list[int], seeds: int
) -> Float[np.ndarray, "tests counts"]:
    which = np.repeat(np.arange(len(tests)), len(asked))
    counts = np.tile(np.array(asked), len(tests))
    found = without_first(trainer, tests, order, which, counts, seeds)
    return found.reshape(len(tests), len(asked))


def _judged(
    changes: dict[str, Float[np.ndarray, "tests counts"]], asked: list[int], many: int, seed: int
) -> Certificate:
    table: dict[str, tuple[object, ...]] = {"count": tuple(asked)}
    for name, change in changes.items():
        found = resampled(change, _LEVEL, seed)
        means, lows, highs = zip(*(found.mean(i) for i in range(len(asked))), strict=True)
        table |= {name: means, f"{name} low": lows, f"{name} high": highs}
    last = np.stack([change[:, -1] for change in changes.values()], axis=1)
    found = resampled(last, _LEVEL, seed)
    numbers: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    deeper = []
    for i, name in enumerate(changes):
        value, low, high = found.mean(i)
        numbers[name] = value
        if found.known:
            intervals[name] = (low, high)
        if name != "top":
            deeper.append(_deeper(found, i))
    said = ", ".join(f"{value:+.3g} without {asked[-1]:,} {_WHO.get(name, name)}"
                     for name, value in numbers.items())  # fmt: skip
    return Certificate(
        "top removal",
        all(deeper) if found.known else None,
        f"mean change over {many:,} tests: {said}",
        numbers,
        intervals,
        table,
    )


_WHO = {"top": "top rows", "random": "random rows", "nearest": "nearest rows"}


def _deeper(found: Resampled, other: int) -> bool:
    return found.difference(0, other)[2] < 0
