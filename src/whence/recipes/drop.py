"""Why did it drop? The change of a metric between two data sets, by the mechanisms that shifted."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whence._attribute import attribute
from whence._core.account import Account, opened
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.budget import Budget, checked
from whence._core.progress import Listener
from whence.models.threads import one_thread
from whence.recipes.aliases import as_engine, one_of

if TYPE_CHECKING:
    from whence.engines.engine import Engine
    from whence.games.shifts.mechanisms import MechanismShift

_ORDERS = Budget(relative_error=0.1)  # where mechanisms are too many to enumerate
_NAMED = 3


@check_arguments
@one_thread(torch=False)
def drop(
    model: Any,
    *,
    before: Any,
    after: Any,
    mechanisms: Any = None,
    metric: Any = "accuracy",
    label: str | None = None,
    beside: Sequence[str] = (),
    units: Any = None,
    weights: str = "ratio",
    ratios: str = "auto",
    clip: float | None = None,
    floor: float = 50.0,
    groups: int = 20,
    budget: Budget | None = None,
    seed: int = 0,
    engine: "Engine | None" = None,
    keep: Any = None,
    progress: Listener | bool | None = None,
    random_state: int | None = None,
    n_jobs: int | None = None,
) -> Attribution:
    """Whence came the change of a metric between two data sets?

    Each mechanism, such as P(region) or P(y | x), is given what the metric changes by when it
    becomes what it is after, averaged over all orders in which mechanisms could change (Shapley).
    Values are in the unit of the metric, and a drop is below zero. Losses count as minus the loss,
    so that there too a value below zero is a loss that grew.

    Args:
        model: whatever you have; see `importance`. It is asked, never fitted.
        before: (X, y), rows and labels of when all was well; numpy, pandas or polars.
        after: (X, y) of what is asked about, with the same columns.
        mechanisms: what the data come from: a graph {"region": [], "y": ["region"]} (child ->
            parents), texts ["P(region)", "P(y | region)"], or pairs of children and parents. "X"
            stands for the features that nobody names. None, where nobody knows: then P(x) of each
            feature alone, the dependence of the features (what is left of P(X) when each has its
            marginal), and P(y | X); a feature that moves because another did is moved once.
        metric: "accuracy", "balanced accuracy", "f1", "auc", "log-loss", "squared error", "absolute
            error", "r2", the name of a scikit-learn scorer, a scorer, or a function: of (y,
            prediction) to one number for each row, or of (y, prediction, weights) to one number,
            more being better. For a classifier the prediction is its probabilities [rows, classes].
        label: what mechanisms call the label; the name of y, or "y".
        beside: columns of X that mechanisms know and the model does not get.
        units: a column of X, or a pair of arrays, that says which rows belong together (customers).
        weights: "ratio" weighs rows by ratios of densities, "balance" by balancing means.
        ratios: how ratios that cannot be counted are modelled: "auto" (the best by held-out
            log-loss), "linear", "quadratic" or "boosted" (which needs scikit-learn).
        clip: ratios beyond this count as this; by default none is clipped.
        floor: how many rows the weights must be worth; a mechanism for which they are not is
            measured by difference, after all others, and the "overlap" certificate fails.
        groups: how many groups of units are left out in turn, to tell the error.
        budget: `seconds` (on which depends how many rows are weighed), `rows` given to the model,
            `evaluations` (mechanisms tried together), and how sure to be where there are too many
            mechanisms to try them all. Without seconds at most 20,000 rows of each data set are
            weighed; the metric is measured on all.
        seed: of every random draw.
        engine: where questions are answered, such as `wh.engines.Threads(4)`.
        keep: a file of worths, such as "run.db".
        progress: True shows a bar with a forecast; a function hears of every step.
        random_state: scikit-learn's name for `seed`.
        n_jobs: scikit-learn's way to ask for processes.

    Returns:
        Values [1, 1, mechanisms]; `empty` is the metric before, `full` what the mechanisms make of
        it. Values of a column that before never had are a mechanism of its own, "values of age
        never seen before". Certificates say whether before can speak for after ("overlap") and what
        the mechanisms do not explain ("unexplained gap").

    Raises:
        WhenceError: whatever does not fit.

    Source: Zhang, Singh, Ghassemi & Joshi (2023); errors, refusals and certificates are ours.
    """
    from whence.games.shifts.mechanisms import MechanismShift

    chance: int = one_of("seed", seed, "random_state", random_state, 0)  # type: ignore[assignment]
    with account(budget) as opened_here:
        game = MechanismShift(
            model,
            before=before,
            after=after,
            mechanisms=mechanisms,
            metric=metric,
            label=label,
            beside=beside,
            units=units,
            weights=weights,
            ratios=ratios,
            clip=clip,
            floor=floor,
            groups=groups,
            seed=chance,
        )
        return answered(
            game,
            budget=opened_here.budget,
            seed=chance,
            engine=as_engine(engine, n_jobs),
            keep=keep,
            progress=progress,
        )


def account(budget: Budget | None) -> AbstractContextManager[Account]:
    """The account that a game of shifts is made and asked in: making it asks the model."""
    return opened(checked(budget) or _ORDERS)


def answered(
    game: "MechanismShift",
    *,
    budget: Budget | None = None,
    seed: int = 0,
    engine: "Engine | None" = None,
    keep: Any = None,
    progress: Listener | bool | None = None,
) -> Attribution:
    """The answer of a game that is made already, with its certificates and its sentence.

    Args:
        game: what is asked.
        budget: when to stop, where there are too many mechanisms to try them all; the same whose
            account was open when the game was made, so that what it took counts.
        seed: of the orders of mechanisms, where they are drawn.
        engine: where questions are answered.
        keep: a file of worths.
        progress: True shows a bar; a function hears of every step.
    """
    asked = _ORDERS if budget is None else budget
    result = attribute(game, budget=asked, seed=seed, engine=engine, keep=keep, progress=progress)
    judged = game.certificates()
    result = replace(result, certificates=(*result.certificates, *judged))
    told = {
        "in words": sentence(result),
        "target sense": game.evidence.metric.sense,
        "gap_unexplained": result.certificate("unexplained gap").numbers["gap_unexplained"],
        "rows before": game.evidence.total[0],
        "rows after": game.evidence.total[1],
        "rows weighed": list(game.evidence.sizes),
        "groups left out": game.evidence.problem.groups,
        "weights": dict(game.weigher.words),
        "new values": {new.column: new.words for new in game.evidence.novelty.all},
    }
    return replace(result, provenance={**result.provenance, **told})


def sentence(result: Attribution) -> str:
    """The answer in one breath: what changed, who brought it, and what nobody explains."""
    gap, overlap = result.certificate("unexplained gap"), result.certificate("overlap")
    metric, unit = result.outputs[0], result.question.unit
    points = unit == "accuracy"
    sign = -1 if "worths are minus" in result.question.removal else 1
    start, end = (sign * gap.numbers[f"measured {when}"] for when in ("before", "after"))
    change = end - start

    def amount(x: float, *, signed: bool = True) -> str:
        said = f"{100 * x:.1f}" if points else f"{x:.3g}"
        said = said.replace("-", "\N{MINUS SIGN}")
        return f"+{said}" if signed and x > 0 else said

    def between(low: float, high: float) -> str:
        ends = sorted((sign * low, sign * high))
        return f"[{amount(ends[0])}, {amount(ends[1])}]"

    low, high = result.ci()
    named: list[str] = []
    least = max(abs(change), 1e-12) * 0.02
    order = np.argsort(-np.abs(result.values[0, 0]), kind="stable")
    for i in order:
        value = sign * result.values[0, 0, i]
        clear = low[0, 0, i] > 0 or high[0, 0, i] < 0
        if clear and abs(value) > least and len(named) < _NAMED:
            interval = between(low[0, 0, i], high[0, 0, i])
            named.append(f"{amount(value)} {interval} came with {result.players.names[i]}")
    scale = f"{amount(start, signed=False)} to {amount(end, signed=False)}"
    name = "AUC" if metric == "auc" else metric[:1].upper() + metric[1:]
    of = f"{name} went from {scale}" + " %" * points
    size = f"{amount(change)} {between(*gap.intervals['change'])}"
    what = f"{size} points" if points else f"{size} {unit}"
    rest = "nothing can be told from noise" if not named else ", ".join(named)
    if len(order) == 1:
        rest = f"nothing can be told apart: {', '.join(named) or rest}"
    if named and len(named) < len(order):
        rest += "; the rest is within noise or small"
    if gap.holds is not None:
        lost = sign * gap.numbers["gap_unexplained"]
        rest += f"; {amount(lost)} {between(*gap.intervals['gap_unexplained'])} is unexplained"
    worth = overlap.numbers["effective sample"]
    sample = "" if np.isnan(worth) else f" (effective sample {worth:,.0f})"
    return f"{of}. Of the {what}, {rest}{sample}"
