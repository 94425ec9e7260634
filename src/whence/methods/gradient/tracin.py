"""TracIn: gradients that point the same way, added up along the run.

    phi_i = - sum over checkpoints c of use(c, i) grad f(b_c)' P_c grad loss_i(b_c)

where c stands for a part of the run, and use(c, i) is the sum, over the steps of that part whose
batch held row i, of rate / rows in the batch, over 1 - momentum. For "adam", P_c is what it
multiplies gradients by there. So values have the unit of what is measured: to first order, what the
row's own pulls did to it. What later steps made of them is left out: see `source` and `magic`.

Asked about the training rows themselves, with measurement="loss", the diagonal is self-influence.

Source: Pruthi et al. (2020), who sum over all steps or checkpoints with one rate. Ours: what a
checkpoint stands for, momentum, and Adam.
"""

from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence.methods._training import Scores, attributed
from whence.methods.gradient._runs import network_of
from whence.models.trainer.examples import Examples


def tracin(trainer: Any, test: Any, *, checkpoints: Any = 5) -> Attribution:
    """What each row's own steps did to each test, to first order, along a network's training.

    Args:
        trainer: `Trainer.torch`.
        test: (X, y).
        checkpoints: how many looks at the run; the steps before which they are taken, in order; or
            a list of state dicts, in order, that stand for equal parts of the run.

    Returns:
        values [tests, 1, rows], in the unit of what is measured; positive where the row raises it.

    Raises:
        UnsupportedModelError: a trainer without a run.
        OptionError: checkpoints that are none, out of order, or more than there are steps.
        ModelError: state dicts that are one and the same, or another module's.

    Source: Pruthi et al. (2020).
    """
    network = network_of(trainer, "tracin")

    def work(tests: Examples) -> Scores:
        return _work(network, tests, checkpoints)

    return attributed(trainer, test, "tracin", work)


def _work(trainer: Any, tests: Examples, given: Any) -> Scores:
    from whence.models.trainer.checkpoints import looked, pull, uses

    found, borders = looked(trainer, given)
    if trainer.schedule.rule == "adam" and any(look.second is None for look in found):
        raise OptionError(
            "state dicts do not hold what adam divides by: give checkpoints=5, or their steps"
        )
    n = len(trainer.rows)
    slopes = np.zeros((len(tests), n))
    for look, use in zip(found, uses(trainer, borders), strict=True):
        asked, scale = trainer.measured_gradients(look.params, tests), pull(look.second)
        asked = asked if scale is None else asked * scale
        slopes -= use * trainer.against(look.params, asked)
    return Scores(
        trainer.weighed(slopes),
        trainer.measured([trainer.fit()], tests)[0],
        f"{len(found)} checkpoints of {trainer.schedule.steps:,} steps; what later steps make of "
        "a row's pull is left out, and no error is known",
        stamp={"checkpoints": len(found), "parts begin at": borders[:-1].tolist()},
        evaluations=2,
        gradients=len(found) * (n + len(tests)),
    )
