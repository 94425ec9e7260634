"""Self-influence: what each training row does to what the model says of that very row.

    phi_i = - grad f_i' (G + D + n damping I)^-1 grad loss_i

the diagonal of `influence` on the training rows themselves. A row that the others already explain
has little of it; a row that is there only because it was learned by heart, such as one with a wrong
label, has much. It is memorisation to first order (Feldman & Zhang 2020). The plain loss often
finds wrong labels as well: show it beside this.

Source: Koh & Liang (2017); Zheng & Jiang (2022), memorisation in language models.
"""

from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence.methods._training import Scores, attributed
from whence.methods.gradient.influence import (
    choice,
    fitted,
    needs_gradients,
    refuse_damping,
    said,
)
from whence.models.trainer.examples import Examples
from whence.models.trainer.gradient_trainer import GradientTrainer

_ASKED = 64  # rows that the damping is chosen on


def self_influence(
    trainer: Any, damping: float | str = "auto", solver: str = "auto", *, keep: float = 0.5
) -> Attribution:
    """What each training row does to what is measured of itself.

    Args:
        trainer: whose rows are the players; one that gives gradients.
        damping: as in `influence`; "auto" chooses it on held-out subsets, by 64 of the rows.
        solver: as in `influence`.
        keep: as in `influence`.

    Returns:
        one case; values [1, 1, rows]: large where the model holds a row by heart.

    Raises:
        ModelError: training is far from its end, or the curvature is indefinite.
        UnsupportedModelError: a trainer without gradients.

    Source: Koh & Liang (2017).
    """
    needs_gradients(trainer, "self_influence")
    refuse_damping(damping)

    def work(rows: Examples) -> Scores:
        return _scores(trainer, rows, damping, solver, keep)

    return attributed(trainer, None, "self_influence", work)


def _scores(
    trainer: GradientTrainer[Any],
    rows: Examples,
    damping: float | str,
    solver: str,
    keep: float,
) -> Scores:
    asked = rows.take(np.unique(np.linspace(0, len(rows) - 1, _ASKED).astype(int)))
    found = fitted(trainer, asked, solver, damping)
    best, checked = choice(trainer, asked, found, keep)
    n, model = len(rows), found.model
    mean = trainer.total(model) / n if trainer.scaled else 0.0
    values = np.empty(n)
    for some, gradients in trainer.blocks(model):
        told = trainer.measured_gradients(model, rows.take(np.arange(n)[some]))
        pulled = found.bend.solve(told, best)
        values[some] = -(pulled * (gradients - mean)).sum(axis=1) / n
    return Scores(
        values[None],
        np.array([float(trainer.measured([model], rows).mean())]),
        f"to first order, at one trained model; {said(found.bend)}, damping {best:.3g}",
        certificates=checked,
        stamp={"damping": best, "solver": found.bend.solver},
        evaluations=1,
        gradients=3 * n,
    )
