"""Influence functions: what each training row did to what the model says, to first order.

    phi_i = d f / d w_i = - grad f' (G + D + n damping I)^-1 grad loss_i

at what was learned with all rows, where G is the Gauss-Newton matrix of the loss summed over n rows
and D the penalty. It is leave-one-out by a straight line: removing a row changes f by about -phi_i,
removing a group by about the sum. Where weights are scaled to their mean (`absent="scaled"`), what
a row adds is counted beside the mean row.

Gauss-Newton, not the Hessian: of a network the Hessian is indefinite where training stopped, and
its inverse answers nonsense. The damping is chosen on held-out subsets, since it decides more than
the method does; the whole curve is kept. Of linear models none is needed.

Source: Koh & Liang (2017); Bae et al. (2022) for Gauss-Newton and what damping means. Ours: the
choice of damping, and the refusal where training is far from its end.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import ModelError, OptionError, UnsupportedModelError
from whence._core.reading import EXACT
from whence._core.shaped import Float
from whence.methods._training import Scores, attributed
from whence.methods._tuning import chosen, tuning
from whence.models.trainer.curvature import Curvature, candidates, curvature
from whence.models.trainer.examples import Examples
from whence.models.trainer.gradient_trainer import GradientTrainer
from whence.models.trainer.linear import LinearTrainer

_FAR = 0.5  # of what training has gained, that one Newton step would gain more
_LITTLE = 1e-4  # of the mean curvature: it changes nothing but what has none


def influence(
    trainer: Any,
    test: Any,
    damping: float | str = "auto",
    solver: str = "auto",
    *,
    seeds: int = 1,
    keep: float = 0.5,
) -> Attribution:
    """What each training row did to each test example, to first order at what was learned.

    Args:
        trainer: whose rows are the players; one that gives gradients.
        test: (X, y), the cases.
        damping: added to the curvature of the mean loss; "auto" chooses it on held-out subsets, and
            takes none for linear models.
        solver: how the curvature is inverted: "auto", "dense", "cg", "arnoldi" or "ekfac".
        seeds: how many trained models the values are a mean over, from the trainer's own seed on:
            1, which says nothing of other runs, or at least 3, which give every value an error.
        keep: the share of rows that stays in the subsets that the damping is chosen by: what fits
            small removals best is not what fits large ones.

    Returns:
        values [tests, 1, rows], in the unit of the measurement for a weight of one.

    Raises:
        ModelError: training is far from its end, or the curvature is indefinite.
        UnsupportedModelError: a trainer without gradients.

    Source: Koh & Liang (2017), Bae et al. (2022).
    """
    needs_gradients(trainer, "influence")
    refuse_damping(damping)
    if seeds != 1 and not (isinstance(seeds, int) and seeds >= 3):
        raise OptionError(
            f"seeds is 1, or at least 3: of fewer nobody can say how far another run would differ; "
            f"given {seeds!r}"
        )

    def work(tests: Examples) -> Scores:
        first = fitted(trainer, tests, solver, damping)
        best, checked = choice(trainer, tests, first, keep)
        runs = [first.values[best]]
        for seed in range(trainer.seed + 1, trainer.seed + seeds):
            again = fitted(trainer.with_seed(seed), tests, solver, best)
            runs.append(again.values[best])
        return _scores(first, np.stack(runs), best, checked, len(trainer.rows) + len(tests))

    return attributed(trainer, test, "influence", work)


def refuse_damping(damping: Any) -> None:
    """Refuse what is no damping.

    Raises:
        OptionError: something else.
    """
    if damping != "auto" and not (isinstance(damping, (int, float)) and damping >= 0):
        raise OptionError(f"damping is 'auto' or a number from 0; given {damping!r}")


@final
@dataclass(frozen=True, slots=True)
class Found:
    """One trained model, its curvature, and what it says by damping."""

    model: Any
    bend: Curvature
    values: dict[float, np.ndarray]
    full: np.ndarray


def fitted(
    trainer: GradientTrainer[Any], tests: Examples, solver: str, damping: float | str
) -> Found:
    """Train, and ask for every damping that is offered."""
    model = trainer.fit()
    bend = curvature(trainer, model, solver)
    refuse_unfinished(trainer, model, bend)
    told = trainer.measured_gradients(model, tests)
    grid = _grid(trainer, bend, damping)
    every = values_of(trainer, model, np.stack([bend.solve(told, d) for d in grid]))
    full = trainer.measured([model], tests)[0]
    return Found(model, bend, dict(zip(grid, every, strict=True)), full)


def choice(
    trainer: GradientTrainer[Any], tests: Examples, found: Found, keep: float
) -> tuple[float, tuple[Certificate, ...]]:
    """The damping, and how it was chosen."""
    if len(found.values) == 1:
        return next(iter(found.values)), ()
    best, curve = chosen("damping", tuning(trainer, tests, keep), found.values)
    return best, (curve,)


def _scores(
    first: Found,
    runs: Float[np.ndarray, "seeds tests rows"],
    damping: float,
    checked: tuple[Certificate, ...],
    gradients: int,
) -> Scores:
    many = len(runs)
    models = "one trained model" if many == 1 else f"the mean of {many} trained models"
    return Scores(
        values=runs.mean(axis=0),
        full=first.full,
        verdict=f"to first order, at {models}; {said(first.bend)}, damping {damping:.3g}"
        + "".join(f": {c.words}" for c in checked),
        uncertainty="unquantified" if many == 1 else "sampled",
        stderr=None if many == 1 else runs.std(axis=0, ddof=1) / np.sqrt(many),
        freedom=EXACT if many == 1 else many - 1.0,
        certificates=checked,
        stamp={"damping": damping, "solver": first.bend.solver, "seeds": many},
        evaluations=many,
        gradients=many * gradients,
    )


def _grid(
    trainer: GradientTrainer[Any], bend: Curvature, damping: float | str
) -> tuple[float, ...]:
    if damping != "auto":
        return (float(damping),)
    return (
        (0.0,)
        if isinstance(trainer, LinearTrainer)
        else tuple(map(float, candidates(bend, trainer)))
    )


def values_of(
    trainer: GradientTrainer[Any], model: Any, solved: Float[np.ndarray, "settings tests p"]
) -> Float[np.ndarray, "settings tests rows"]:
    """- s' grad loss_i / n for each row; beside their mean where that counts."""
    n = len(trainer.rows)
    found = -trainer.against(model, solved.reshape(-1, solved.shape[-1])) / n
    return trainer.weighed(found).reshape(*solved.shape[:2], n)


def said(bend: Curvature) -> str:
    """Which curvature it was, in words."""
    return f"{bend.solver} Gauss-Newton"


def needs_gradients(trainer: Any, method: str) -> None:
    """Refuse what gives no gradients.

    Raises:
        UnsupportedModelError: something else.
    """
    if not isinstance(trainer, GradientTrainer):
        raise UnsupportedModelError(
            f"{method} needs gradients of training, and {type(trainer).__name__} gives none: it "
            "takes a ridge, logistic or torch trainer. For any estimator, train again: "
            "`data_shapley`, `datamodels`, or `wh.games.data.RetrainingGame`."
        )


def refuse_unfinished(trainer: GradientTrainer[Any], model: Any, bend: Curvature) -> None:
    """Refuse a model that one Newton step would still change much.

        1/2 g' (G + D)^-1 g  <=  half of F(start) - F(now),   g the gradient of F

    Far from the end of training nothing is stationary, and influence answers another question.

    Raises:
        ModelError: how far it is, and what to use.
    """
    if isinstance(trainer, LinearTrainer):
        return
    pull = trainer.total(model) + trainer.penalty * trainer.parameters(model)
    pull = pull / len(trainer.rows)
    more = 0.5 * float(pull @ bend.solve(pull[None], _LITTLE * bend.mean())[0])
    gained = trainer.objective(trainer.untrained()) - trainer.objective(model)
    if more > _FAR * gained:
        raise ModelError(
            f"training is far from its end: it has lowered its objective by {gained:.3g}, and one "
            f"Newton step would lower it by {more:.3g} more. Influence functions describe the end "
            "of training: train longer, or use `source`, `magic` or `tracin`."
        )
