"""What methods that take a trainer have in common: the clock, and how scores become an answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution, Cost, Uncertainty
from whence._core.certificate import Certificate
from whence._core.game import Question
from whence._core.index import Index, LeaveOneOut
from whence._core.meter import metering
from whence._core.players import Players
from whence._core.reading import EXACT
from whence._core.shaped import Float
from whence.models.threads import one_thread
from whence.models.trainer.examples import Examples
from whence.models.trainer.trainer import Trainer


@final
@dataclass(frozen=True, slots=True)
class Scores:
    """What a method found of each test example and training row.

    Attributes:
        values: positive where the row raises what is measured.
        full: what the model trained on all rows measures.
        verdict: in words.
        uncertainty: "exact", "sampled" or "unquantified".
        stderr: of the values, where it is known.
        freedom: of the errors.
        certificates: what was checked on the way.
        stamp: where the answer comes from, further to the trainer.
        players: who they are, where they are not the rows.
        evaluations: how many models were trained.
        gradients: how many gradients were taken.
    """

    values: Float[np.ndarray, "tests players"]
    full: Float[np.ndarray, " tests"]
    verdict: str
    uncertainty: Uncertainty = "unquantified"
    stderr: Float[np.ndarray, "tests players"] | None = None
    freedom: float = EXACT
    certificates: tuple[Certificate, ...] = ()
    stamp: Mapping[str, Any] = field(default_factory=dict)
    players: Players | None = None
    evaluations: int = 0
    gradients: int = 0


def attributed(
    trainer: Trainer[Any],
    test: Any,
    method: str,
    work: Callable[[Examples], Scores],
    index: Index = LeaveOneOut(),
) -> Attribution:
    """Do the work, and wrap what it found: cases are the test examples.

    Args:
        trainer: whose rows are the players.
        test: (X, y); None asks about the training rows themselves, as one case.
        method: its name.
        work: finds the scores, of the tests or of the rows.
        index: what they mean.
    """
    start = time.perf_counter()
    tests = trainer.rows if test is None else trainer.tests(test)
    with metering() as meter, one_thread(torch=not trainer.large):
        found = work(tests)
    m = len(found.values)
    error = np.zeros_like(found.values) if found.stderr is None else found.stderr  # 0: exact
    return Attribution(
        values=found.values[:, None],
        parts={"estimation": error[:, None]},
        freedom=np.full(m, found.freedom),
        players=found.players or trainer.players,
        outputs=(trainer.measurement,),
        index=index,
        method=method,
        uncertainty=found.uncertainty,
        empty=np.full((m, 1), np.nan),
        full=found.full[:, None],
        cost=Cost(
            found.evaluations,
            found.evaluations,
            found.gradients,
            meter.rows or None,
            0,
            time.perf_counter() - start,
        ),
        converged=True,
        verdict=found.verdict,
        question=Question(
            asks="Which training rows made the model say this?",
            unit=trainer.unit,
            removal="training without them",
            model=trainer.name,
        ),
        data={} if test is None else tests.columns(),
        provenance={"trainer": type(trainer).__name__, "seed": trainer.seed, **found.stamp},
        certificates=found.certificates,
    )
