"""Datamodels: what is measured, as a linear function of which training rows were there.

    f(S) ~ level + sum of the slopes of S's rows,   rows staying by coins of probability keep

The slope is known: it is the semivalue `LinearSurrogate(keep)`, a p-Banzhaf value. One training
answers every test example, so all of them share one fit (see `_linear_fit`); of more rows than
trainings it takes a ridge, which is chosen on held-out subsets.

Source: Ilyas et al. (2022). Ours: the name of what is estimated, ridge in place of the lasso (one
factorisation for all tests), and coins stratified row by row (see `masks`).
"""

from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, positive
from whence._core.index import LinearSurrogate
from whence._core.masks import stratified
from whence.methods._training import Scores, attributed
from whence.methods._tuning import chosen, tuning
from whence.methods.surrogate._linear_fit import Fit, fitted
from whence.models.trainer.examples import Examples
from whence.models.trainer.retraining import RetrainingGame
from whence.models.trainer.trainer import Trainer

GRID = tuple(10.0**k for k in np.arange(-1, 3.5, 0.5))


def datamodels(
    trainer: Trainer[Any],
    test: Any,
    *,
    subsets: int = 400,
    keep: float = 0.5,
    ridge: float | str | None = "auto",
    seed: int = 0,
) -> Attribution:
    """A linear fit of what models trained on random subsets make of each test example.

    Args:
        trainer: whose rows are the players; any trainer.
        test: (X, y), the cases.
        subsets: how many models are trained.
        keep: the chance that a row stays.
        ridge: added to each row's sum of squares; "auto" chooses it on held-out subsets where there
            are fewer subsets than rows, and takes none where there are more.
        seed: of the subsets.

    Returns:
        values [tests, 1, rows]; their errors where the ridge does not decide them.

    Raises:
        OptionError: an argument outside its range, or subsets that cannot tell rows apart.

    Source: Ilyas et al. (2022).
    """
    positive(subsets, "subsets", "models to train")
    index = LinearSurrogate(keep)
    if ridge not in ("auto", None) and not (isinstance(ridge, (int, float)) and ridge > 0):
        raise OptionError(f"ridge is 'auto', a positive number, or None; given {ridge!r}")

    def work(tests: Examples) -> Scores:
        return _scores(trainer, tests, subsets, keep, ridge, seed)

    return attributed(trainer, test, "datamodels", work, index)


def _scores(
    trainer: Trainer[Any], tests: Examples, subsets: int, keep: float, ridge: Any, seed: int
) -> Scores:
    game = RetrainingGame(trainer, tests, nobody=0.0)  # whose masks; it is never asked
    masks = stratified(game, keep, subsets, seed, 0)
    outputs = trainer.outputs(masks.stay, trainer.seed + masks.draws, tests)
    names, n = trainer.players.names, len(trainer.players)

    def fit(value: float) -> Fit:
        return fitted(masks, outputs, value, names)

    checked: tuple[Certificate, ...] = ()
    best = 0.0 if ridge in ("auto", None) else float(ridge)
    if ridge == "auto" and subsets < 2 * n:
        found = tuning(trainer, tests, keep)
        best, curve = chosen("ridge", found, {r: fit(r).slopes.T for r in GRID})
        checked = (curve,)
    done = fit(best)
    sure = done.decided
    words = f"{subsets:,} trainings of {n:,} rows"
    words += f", ridge {best:.3g} takes away {100 * done.pull:.2g} % of each value" if best else ""
    return Scores(
        done.slopes.T,
        trainer.measured([trainer.fit()], tests)[0],
        words + "".join(f": {c.words}" for c in checked),
        "sampled" if sure else "unquantified",
        done.stderr.T if sure else None,
        float(done.freedom.min()),
        checked,
        {"ridge": best, "subsets": subsets},
        evaluations=subsets + 1,
    )
