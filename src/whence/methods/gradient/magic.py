"""MAGIC: the exact derivative of a whole training by the weight of each row.

With start, order and rates held, training is a function of the weights of its rows, and

    phi_i = d f(train(w)) / d w_i at w = 1

is its derivative, by automatic differentiation backwards through every step: momentum, the memory
of Adam and weight decay included. It belongs to this one run. Rows that leave together are
predicted by the sum of their values, times n / rows left where the loss is a mean over the rows
that are there.

It tells what a small change does. How small is seen by retraining, which is part of the answer.

Source: Ilyas & Engstrom (2025), MAGIC; Engstrom et al. (2025), metagradients. Ours: all tests in
one sweep, replay that is checked, and a certificate by retraining at the size that is asked about.
"""

from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence.methods._training import Scores, attributed
from whence.methods.gradient._runs import network_of
from whence.models.trainer.examples import Examples
from whence.models.trainer.subsets import FITTING, drawn

_FEWEST = 5


def magic(
    trainer: Any,
    test: Any,
    *,
    keep: float = 0.95,
    retrainings: int = 20,
    memory: int = 2**30,
    seed: int = 0,
) -> Attribution:
    """The exact derivative of what a network's training measures, by the weight of each row.

    Two trainings to see that the run repeats, one sweep back through it for all tests, three
    trainings for its smoothness, and `retrainings` to see how far the derivative can be trusted.

    Args:
        trainer: `Trainer.torch`.
        test: (X, y).
        keep: the share of rows that stays where values are held against retraining: the size of
            change that you have in mind.
        retrainings: how many; 0 leaves the check out.
        memory: bytes that kept states may take; with less, parts of the run are run once more.
        seed: of the rows that leave in the check.

    Returns:
        values [tests, 1, rows]: positive where the row raises what is measured; removing it does
        about minus that. Where the loss is a mean over the rows that are there, they add up to 0.
        Certificates "smoothness" and "retraining".

    Raises:
        UnsupportedModelError: a trainer without a run.
        ModelError: a run that does not repeat.
        OptionError: too little memory for the run, or an argument outside its range.

    Source: Ilyas & Engstrom (2025).
    """
    network = network_of(trainer, "magic")
    _check(retrainings, memory)

    def work(tests: Examples) -> Scores:
        return _work(network, tests, keep, retrainings, int(memory), seed)

    return attributed(trainer, test, "magic", work)


def _check(retrainings: object, memory: object) -> None:
    whole = isinstance(retrainings, (int, np.integer)) and not isinstance(retrainings, bool)
    if not (whole and (retrainings == 0 or retrainings >= _FEWEST)):  # type: ignore[operator]
        raise OptionError(
            f"retrainings is a number of trainings, at least {_FEWEST}, or 0 for no check; given "
            f"{retrainings!r}"
        )
    if not (isinstance(memory, (int, float, np.integer)) and memory > 0):
        raise OptionError(f"memory is a number of bytes, such as 2**30; given {memory!r}")


def _work(
    trainer: Any, tests: Examples, keep: float, retrainings: int, memory: int, seed: int
) -> Scores:
    from whence.methods.gradient._replay import planned, run_twice, swept
    from whence.methods.gradient._replay_checks import come_true, smoothness

    if retrainings:
        drawn(len(trainer.rows), retrainings, keep, seed, FITTING)  # refuses before the work
    plan = planned(trainer, len(tests), memory)
    starts = run_twice(trainer, plan)
    slopes, apart = swept(trainer, tests, starts, plan)
    values = trainer.weighed(slopes)
    full = trainer.measured([{k: p[0] for k, p in starts[-1][0].items()}], tests)[0]
    certificates = [smoothness(trainer)]
    if retrainings:
        certificates.append(come_true(trainer, tests, values, full, keep, retrainings, seed))
    return Scores(
        values,
        full,
        _verdict(trainer, certificates, retrainings),
        certificates=tuple(certificates),
        stamp={
            "replay": "bit-equal when trained again",
            "differentiated step": f"within {apart:.1e} of the one that trains",
            "plan": plan.words,
            "keep": keep,
        },
        evaluations=2 + 3 + retrainings,
        gradients=len(tests),
    )


def _verdict(trainer: Any, certificates: Any, retrainings: int) -> str:
    steps = trainer.schedule.steps
    words = f"the exact derivative of this run of {steps:,} steps, and of no other seed's"
    if not retrainings:
        return f"{words}; how far it reaches was not checked by retraining"
    return f"{words}; {certificates[-1].words}"
