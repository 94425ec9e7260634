"""How few rows decide a prediction? The least number whose removal turns it, found by retraining.

For each test, rows are ranked by how much they hold up what the model says now (of a test that it
gets wrong: by how much they hold up the error), and the model is trained without the first k. The
least k that turns the sign, or moves the measurement by a stated amount, is looked for among counts
that grow by half, and then by halving the gap: tests advance together, so that a round is one batch
of trainings. Between two counts that were asked, turning is taken to be monotone.

The number is an upper bound on how many rows are needed, and so is the figure of every ranking: the
better the ranking, the smaller. Random rows and the nearest ones are ranked beside it.

Source: Ilyas et al. (2022) and Park et al. (2023) for the counterfactual. Ours: a fine search in
place of a coarse grid, both signs, and the controls.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.shaped import Bool, Float, Int
from whence.evaluate.removals import Order, by_value, check_seeds, controls, whole, without_first
from whence.evaluate.resample import resampled
from whence.evaluate.row_values import values_of
from whence.models.trainer.examples import Examples
from whence.models.trainer.trainer import Trainer

_SIGNED = ("margin",)
_LEVEL = 0.95


@check_arguments
def brittleness(
    trainer: Trainer[Any],
    attribution: Attribution,
    test: Any,
    *,
    moved: float | None = None,
    most: float = 0.5,
    seeds: int = 1,
    draws: int = 1,
    seed: int = 0,
) -> Certificate:
    """The least number of top rows whose removal turns each prediction, by real retraining.

    Args:
        trainer: what is trained again.
        attribution: values of its rows for each test.
        test: (X, y), as it was attributed.
        moved: how far down what is measured must go to count as turned; by default its sign must
            change, which asks for a margin.
        most: the share of rows that may leave.
        seeds: runs that each measurement is the mean of, from the trainer's own on.
        draws: of the random ranking, for each test; of several, the median.
        seed: of those draws.

    Returns:
        "brittleness": the counts by test are its table, -1 where nothing up to `most` turned the
        test. Of its numbers, `median` is the median count (NaN where fewer than half turn),
        `turned` the share that turns, and both again for the controls. It holds where fewer rows
        are needed than by random and by nearest rows: the mean difference of log counts over tests,
        beyond its interval, with tests that never turn counted one row beyond the most. Not judged
        of a single test, or where none turns.

    Raises:
        OptionError: a measurement without a sign and no `moved`, or a share outside (0, 1).
    """
    check_seeds(seeds, draws)
    tests, n = trainer.tests(test), len(trainer.rows)
    _check(trainer, moved, most, n)
    values = values_of(attribution, trainer.players, tests)
    before = whole(trainer, tests, seeds)
    sign = np.where(before < 0, -1.0, 1.0) if moved is None else np.ones(len(tests))
    below = np.zeros(len(tests)) if moved is None else before - moved
    turn = _Turn(trainer, tests, sign, below, round(most * n), seeds)
    plain = controls(trainer, tests, draws, seed)
    found = {"top": turn.least(by_value(sign[:, None] * values))}
    for name, orders in plain.items():
        found[name] = np.median([turn.least(order) for order in orders], axis=0)
    return _judged(found, tests, before, turn.most, seed)


def _check(trainer: Trainer[Any], moved: Any, most: Any, n: int) -> None:
    if moved is None and trainer.measurement not in _SIGNED:
        raise OptionError(
            f"the {trainer.measurement} has no sign that says which way the model decides: say how "
            "far it must fall, such as moved=0.5, or measure the margin"
        )
    if moved is not None and not (isinstance(moved, (int, float)) and moved > 0):
        raise OptionError(f"moved is a positive number; given {moved!r}")
    if not (isinstance(most, (int, float)) and 0 < most < 1 and 1 <= round(most * n) < n):
        raise OptionError(
            f"most is the share of the {n:,} rows that may leave, at least one of them and not "
            f"all; given {most!r}"
        )


@final
@dataclass(frozen=True, slots=True)
class _Turn:
    """When a prediction counts as turned, and how few rows turn it.

    Attributes:
        trainer: what is trained again.
        tests: of which.
        sign: of the side that each prediction is on, by test.
        below: what it must reach to be turned, by test.
        most: how many rows may leave.
        seeds: runs that each measurement is the mean of.
    """

    trainer: Trainer[Any]
    tests: Examples
    sign: Float[np.ndarray, " tests"]
    below: Float[np.ndarray, " tests"]
    most: int
    seeds: int

    def least(self, order: Order) -> Float[np.ndarray, " tests"]:
        """The least count that turns each test; one more than the most where none does."""
        many = len(order)
        low, high = np.zeros(many, dtype=int), np.full(many, self.most + 1)
        step = 1
        while True:  # counts that grow by half, until all have turned
            open_ = high > self.most
            if not open_.any() or (low[open_] == self.most).all():
                break
            self._ask(order, np.flatnonzero(open_), np.full(many, step), low, high)
            step = min(max(step + 1, step * 3 // 2), self.most)
        while True:
            gap = (high <= self.most) & (high - low > 1)
            if not gap.any():
                return high.astype(float)
            self._ask(order, np.flatnonzero(gap), (low + high) // 2, low, high)

    def _ask(
        self,
        order: Order,
        which: Int[np.ndarray, " asked"],
        counts: Int[np.ndarray, " tests"],
        low: Int[np.ndarray, " tests"],
        high: Int[np.ndarray, " tests"],
    ) -> None:
        turned = self._turned(order, which, counts[which])
        high[which[turned]] = counts[which[turned]]
        low[which[~turned]] = counts[which[~turned]]

    def _turned(
        self, order: Order, which: Int[np.ndarray, " asked"], counts: Int[np.ndarray, " asked"]
    ) -> Bool[np.ndarray, " asked"]:
        after = without_first(self.trainer, self.tests, order, which, counts, self.seeds)
        return np.asarray(self.sign[which] * (after - self.below[which]) <= 0)


def _judged(
    found: dict[str, Float[np.ndarray, " tests"]],
    tests: Examples,
    before: Float[np.ndarray, " tests"],
    most: int,
    seed: int,
) -> Certificate:
    numbers: dict[str, float] = {"tests": float(len(tests)), "most": float(most)}
    for name, counts in found.items():
        middle = float(np.median(counts))
        own = "" if name == "top" else f" of {name}"
        numbers[f"median{own}"] = middle if middle <= most else float("nan")
        numbers[f"turned{own}"] = float((counts <= most).mean())
    logs = resampled(np.log(np.stack(list(found.values()), axis=1)), _LEVEL, seed)
    fewer = [logs.difference(0, i)[2] < 0 for i in range(1, len(found))]
    turns = any((counts <= most).any() for counts in found.values())
    table: dict[str, tuple[object, ...]] = {"test": tests.names, "measured": tuple(before.tolist())}
    for name, counts in found.items():
        table[name] = tuple(int(k) if k <= most else -1 for k in counts)
    return Certificate(
        "brittleness",
        all(fewer) if turns and logs.known else None,
        _words(numbers, list(found), most),
        numbers,
        {},
        table,
    )


def _words(numbers: dict[str, float], names: list[str], most: int) -> str:
    said = []
    for name in names:
        own = "" if name == "top" else f" of {name}"
        middle, turned = numbers[f"median{own}"], numbers[f"turned{own}"]
        count = f"more than {most:,}" if np.isnan(middle) else f"{middle:,.0f}"
        said.append(f"{name} rows: {count} ({100 * turned:.0f} % turn)")
    return "the median test turns when so many leave - " + "; ".join(said)
