"""SAGE: how much of a model's predictive power does each feature bring?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whence._attribute import attribute
from whence._core.account import Account, opened
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.errors import OptionError, TableError
from whence._core.progress import Listener
from whence._core.tails import CHECK, heavy, with_tails
from whence.models.threads import one_thread
from whence.recipes._judged import judged
from whence.recipes._large_tables import drawn, fewer, taken, with_drawn
from whence.recipes._repeated import repeated
from whence.recipes.aliases import as_budget, as_engine, one_of
from whence.recipes.background import background_part
from whence.recipes.trees import told, trees_or

if TYPE_CHECKING:
    from whence.engines.engine import Engine


@check_arguments
@one_thread(torch=False)
def importance(
    model: Any,
    X: Any,
    y: Any,
    *,
    background: Any = None,
    removal: Any = "marginal",
    loss: Any = None,
    average: str | None = None,
    groups: Any = None,
    sample_weight: Any = None,
    by_case: bool = False,
    budget: Budget | None = None,
    seed: int = 0,
    engine: "Engine | None" = None,
    keep: Any = None,
    progress: Listener | bool | None = None,
    random_state: int | None = None,
    n_jobs: int | None = None,
    max_evals: int | None = None,
    thresh: float | None = None,
) -> Attribution:
    """How much of the model's predictive power each feature brings, with honest intervals.

    The values are SAGE values: positive, a feature makes the model's predictions better. They sum
    to the loss of knowing nothing less the loss of the model.

    Args:
        model: whatever you have: a fitted estimator or pipeline, a booster, a torch module, a
            function of rows, a path to a model file, or a list of models (then the ensemble is
            explained, and how much its members disagree is reported as a second output).
        X: test rows; numpy, pandas or polars. Players are its columns.
        y: their labels.
        background: rows that removed features are drawn from; X itself by default.
        removal: how features leave: "marginal", "baseline", or a `Removal`.
        loss: "squared error", "absolute error", "log-loss", "brier", "zero-one", "auc" (of two
            labels: the share of pairs of rows that scores order wrongly), or a function of (y,
            prediction) that gives one loss for each row; the names of scikit-learn's scorers mean
            the same. By default squared error, and for classifiers log-loss: or the Brier
            score, or zero-one, where log-loss is infinite or worse than knowing nothing (the
            verdict says so), and zero-one for those without probabilities. Scores that only order
            rows are refused.
        average: what is averaged over the background before the loss: "probability", the model's
            own predictions (the default), or, for boosted classifiers, "raw": their log-odds. These
            are two different questions.
        groups: columns that leave together: {"size": ["height", "width"]}.
        sample_weight: how often each test row counts, as if it were there so many times (in the
            background too, where that is X itself). The error is that of the rows that there are.
        by_case: report every test row, rather than their mean.
        budget: when to stop. By default once the standard error is below 2.5 % of the range of the
            values, or below half of what the finite test set leaves open anyway. Of a table too
            large to be looked at in its seconds, or in memory, rows are drawn, and the verdict says
            how many.
        seed: of every random draw.
        engine: where the model runs, such as `wh.engines.Threads(4)`.
        keep: a file of worths, such as "run.db": a rerun goes on where the last one stopped.
        progress: True shows a bar with a forecast; a function hears of every step.
        random_state: scikit-learn's name for `seed`.
        n_jobs: scikit-learn's way to ask for processes.
        max_evals: shap's name for `Budget(evaluations=…)`.
        thresh: sage's name for `Budget(relative_error=…)`.

    Returns:
        Values [1, 1, players] (or [cases, 1, players]), in the unit of the loss.

    Raises:
        WhenceError: whatever does not fit; the message says what, where, and what to do.

    Source: Covert, Lundberg & Lee (2020); the estimator and its errors are ours.
    """
    from whence.games.features.removal import as_removal

    with opened(as_budget(budget, max_evals, thresh) or Budget()) as account:
        seed = one_of("seed", seed, "random_state", random_state, 0)  # type: ignore[assignment]
        kept, rows_drawn = keep is not None, ""
        if not by_case:
            X, y, sample_weight, rows_drawn = fewer(
                X, y, sample_weight, account.budget, seed, kept=kept
            )
        if background is not None:
            background = taken(background, drawn(background, account.budget, seed, 1, kept=kept))
        pool, copies = (X, 1.0) if background is None else (background, 1.0)
        if sample_weight is not None and background is None and removal == "marginal":
            pool, copies = repeated(X, sample_weight)
        options = {
            "removal": as_removal(removal, pool),
            "loss": loss,
            "groups": groups,
            "sample_weight": sample_weight,
        }
        game, why_not = _game(model, X, y, average, by_case, options)
        if background is None and len(game.X) == 1:
            raise TableError(
                "X has one row, and without a background it would leave for itself: nothing could "
                "change. Give background=, such as the training rows."
            )
        result = attribute(
            game,
            by_case=by_case,
            budget=account.budget,
            seed=seed,
            engine=as_engine(engine, n_jobs),
            keep=keep,
            progress=progress,
        )
        if not why_not and not by_case:
            result = _with_background(result, game, account)
        result = judged(_of_copies(told(result, why_not), copies), game)
    result = with_drawn(result, rows_drawn)
    data, names = (columns_of(game), game.X.row_names) if by_case else ({}, ())
    return replace(result, data=data, case_names=names)


def _with_background(result: Attribution, game: Any, account: Account) -> Attribution:
    """The answer, with the background's part of its error, if there is time to tell it."""
    if account.seconds_left <= 0:
        said = "the budget left no time to tell what the finite background leaves open"
        return replace(result, verdict=f"{result.verdict}; {said}")
    found = background_part(game, int(result.provenance["seed"]))
    if found is None:
        return result
    parts = with_tails({**result.parts, "background": found[0]}, "background", found[1])
    cost = replace(result.cost, seconds=account.elapsed)
    checks = (*(c for c in result.certificates if c.check != CHECK), *heavy(parts))
    return replace(result, parts=parts, cost=cost, certificates=checks)


def _of_copies(result: Attribution, copies: float) -> Attribution:
    """With the background's part as of so many times fewer rows: copies tell nothing new."""
    if copies == 1 or "background" not in {*result.parts, *result.shared}:
        return result

    def wider(parts: Mapping[str, np.ndarray], factor: float) -> dict[str, np.ndarray]:
        return {n: part * factor if n == "background" else part for n, part in parts.items()}

    return replace(
        result,
        parts=wider(result.parts, copies**0.5),
        shared=wider(result.shared, copies**0.5),
        covariance=wider(result.covariance, copies),
    )


def _game(
    model: Any, X: Any, y: Any, average: str | None, by_case: bool, options: Mapping[str, Any]
) -> tuple[Any, str]:
    """The game on the sum of trees, if the loss is of one; else on predictions, and why."""
    from whence.games.features.predictive_power import PredictivePower
    from whence.games.features.ranking_power import RankingPower
    from whence.games.features.tree_power import TreePower
    from whence.models.loss_names import AUC, canonical

    if average not in {None, "probability", "raw"}:
        raise OptionError(
            "average is 'probability' or 'raw': what is averaged before the loss; "
            f"given {average!r}"
        )
    loss = options["loss"]
    if isinstance(loss, str) and canonical(loss) == AUC:
        if by_case or average == "raw":
            raise OptionError(
                "loss='auc' is of pairs of rows: no row has a worth of its own. Leave by_case= and "
                "average= out, or use loss='zero-one'."
            )
        rest = {name: option for name, option in options.items() if name != "loss"}
        return RankingPower(model, X, y, **rest), _NO_TREES
    return trees_or(
        lambda: TreePower(model, X, y, average=average, by_case=by_case, **options),
        lambda: PredictivePower(model, X, y, **options),
        insist=average == "raw",
    )


_NO_TREES = "loss='auc' asks the model for every row's score"


def columns_of(game: Any) -> dict[str, np.ndarray]:
    """The explained rows by player, for pictures; groups of columns have no one value."""
    names = [n for n in game.players.names if n in game.X.names]
    return {name: game.X.column(name) for name in names}
