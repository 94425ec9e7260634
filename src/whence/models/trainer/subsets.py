"""What becomes of a model that is trained on random subsets of its rows.

That is the truth that scores must predict. Each subset keeps the same number of rows, so that no
score can win by predicting how many rows there are. Subsets to tune by and subsets to judge by are
drawn from different streams: nothing is ever judged on what it was chosen by.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, positive
from whence._core.keyed import uniforms
from whence._core.shaped import Bool, Float, Int
from whence.models.trainer.examples import Examples
from whence.models.trainer.trainer import Trainer

TUNING, JUDGING, FITTING = 1, 2, 3


@final
@dataclass(frozen=True, slots=True, eq=False)
class Subsets:
    """Random subsets, and what models trained on them make of the tests.

    Attributes:
        keep: which players stayed: rows, or groups of them.
        seeds: of the runs.
        outputs: float [seeds, subsets, tests].
    """

    keep: Bool[np.ndarray, "subsets players"]
    seeds: Int[np.ndarray, " seeds"]
    outputs: Float[np.ndarray, "seeds subsets tests"]

    @property
    def truth(self) -> Float[np.ndarray, "subsets tests"]:
        """The mean over seeds."""
        return np.asarray(self.outputs.mean(axis=0))

    def predicted(
        self, values: Float[np.ndarray, "tests players"]
    ) -> Float[np.ndarray, "subsets tests"]:
        """What scores say: the sum over who stayed."""
        return np.asarray(self.keep.astype(float) @ values.T)


def drawn(
    rows: int, subsets: int, keep: float, seed: int, stream: int
) -> Bool[np.ndarray, "subsets rows"]:
    """Subsets of round(keep rows) rows, each by itself equally likely.

    Raises:
        OptionError: subsets that would be empty or whole, or too few of them.
    """
    positive(subsets, "subsets", "how many random subsets the model is trained on")
    if not (isinstance(keep, (int, float)) and 0 < keep < 1 and 0 < round(keep * rows) < rows):
        raise OptionError(
            f"keep is the share of the {rows:,} rows that stays, such as 0.5, and neither none nor "
            f"all of them; given {keep!r}"
        )
    ranks = uniforms(rows, seed, stream, np.arange(subsets)).argsort(axis=1).argsort(axis=1)
    return np.asarray(ranks < round(keep * rows))


def trained(
    trainer: Trainer[Any],
    tests: Examples,
    *,
    subsets: int,
    seeds: int,
    keep: float,
    stream: int,
    seed: int = 0,
    owner: Int[np.ndarray, " rows"] | None = None,
) -> Subsets:
    """Train on random subsets and measure; what was trained before is remembered.

    Args:
        trainer: what is trained.
        tests: what is measured.
        subsets: how many.
        seeds: runs of each subset: the trainer's own seed, and those after it.
        keep: the share of rows that stays.
        stream: `TUNING`, `JUDGING` or `FITTING`.
        seed: of the subsets.
        owner: which player each row belongs to, where groups of rows stay or leave together.
    """
    positive(seeds, "seeds", "runs of each subset")
    own = np.arange(len(trainer.rows)) if owner is None else owner
    key = (subsets, seeds, keep, stream, seed, trainer.seed, own.tobytes(), _print(tests))
    if key not in trainer.remembered:
        masks = drawn(int(own.max()) + 1, subsets, keep, seed, stream)
        runs = trainer.seed + np.arange(seeds)
        outputs = [trainer.outputs(masks[:, own], np.full(subsets, s), tests) for s in runs]
        trainer.remembered[key] = Subsets(masks, runs, np.stack(outputs))
    found: Subsets = trainer.remembered[key]
    return found


def _print(tests: Examples) -> tuple[object, ...]:
    """Tells tests apart by what is in them."""
    from whence._core.fingerprint import fingerprint

    return tests.names, fingerprint(np.asarray(tests.X)), fingerprint(tests.y)
