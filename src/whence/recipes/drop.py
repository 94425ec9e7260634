"""Why did it drop? The change of a metric between two data sets, by the mechanisms that shifted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whence._attribute import attribute
from whence._core.account import opened
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.budget import Budget, checked
from whence._core.errors import OptionError
from whence._core.progress import Listener
from whence.recipes.aliases import as_engine, one_of

if TYPE_CHECKING:
    from whence.engines.engine import Engine
    from whence.games.shifts.mechanisms import MechanismShift

_ORDERS = Budget(relative_error=0.1)  # where mechanisms are too many to enumerate
_NAMED = 3


@check_arguments
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
        metric: "accuracy", "log-loss", "squared error", "auc", or a function of (y, prediction)
            that gives one number for each row, more being better.
        label: what mechanisms call the label; the name of y, or "y".
        beside: columns of X that mechanisms know and the model does not get.
        units: a column of X, or a pair of arrays, that says which rows belong together (customers).
        weights: "ratio" weighs rows by ratios of densities, "balance" by balancing means.
        ratios: how ratios that cannot be counted are modelled: "auto" (the best by held-out
            log-loss), "linear", "quadratic" or "boosted" (which needs scikit-learn).
        clip: ratios beyond this count as this; by default none is clipped.
        floor: how many rows the weights must be worth; below it the question is refused.
        groups: how many groups of units are left out in turn, to tell the error.
        budget: when to stop, where there are too many mechanisms to try them all.
        seed: of every random draw.
        engine: where questions are answered, such as `wh.engines.Threads(4)`.
        keep: a file of worths, such as "run.db".
        progress: True shows a bar with a forecast; a function hears of every step.
        random_state: scikit-learn's name for `seed`.
        n_jobs: scikit-learn's way to ask for processes.

    Returns:
        Values [1, 1, mechanisms]; `empty` is the metric before, `full` what the mechanisms make of
        it. Certificates say whether before can speak for after ("overlap") and what the mechanisms
        do not explain ("unexplained gap").

    Raises:
        OverlapError: before cannot speak for after; the message names the values.
        WhenceError: whatever else does not fit.

    Source: Zhang, Singh, Ghassemi & Joshi (2023); errors, refusals and certificates are ours.
    """
    from whence.games.shifts.mechanisms import MechanismShift

    chance = one_of("seed", seed, "random_state", random_state, 0)
    if isinstance(chance, bool) or not isinstance(chance, (int, np.integer)) or chance < 0:
        raise OptionError(f"seed must be an integer from 0; given {chance!r}")
    with opened(checked(budget) or _ORDERS) as account:
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
            seed=int(chance),
        )
        return answered(
            game,
            budget=account.budget,
            seed=int(chance),
            engine=as_engine(engine, n_jobs),
            keep=keep,
            progress=progress,
        )


def answered(
    game: "MechanismShift",
    *,
    budget: Budget | None = None,
    seed: int = 0,
    engine: "Engine | None" = None,
    keep: Any = None,
    progress: Listener | bool | None = None,
) -> Attribution:
    """The answer of a game that is made already, with its certificates and its sentence."""
    asked = _ORDERS if budget is None else budget
    result = attribute(game, budget=asked, seed=seed, engine=engine, keep=keep, progress=progress)
    judged = game.certificates()
    result = replace(result, certificates=(*result.certificates, *judged))
    told = {
        "in words": sentence(result),
        "target sense": game.evidence.before.sense,
        "gap_unexplained": result.certificate("unexplained gap").numbers["gap_unexplained"],
        "rows before": game.evidence.sizes[0],
        "rows after": game.evidence.sizes[1],
        "groups left out": game.evidence.problem.groups,
        "weights": dict(game.weigher.words),
    }
    return replace(result, provenance={**result.provenance, **told})


def sentence(result: Attribution) -> str:
    """The answer in one breath: what changed, who brought it, and what nobody explains."""
    gap, overlap = result.certificate("unexplained gap"), result.certificate("overlap")
    metric, unit = result.outputs[0], result.question.unit
    points = unit == "accuracy"
    sign = -1 if gap.numbers["measured before"] < 0 and "minus" in result.question.removal else 1
    start, end = (sign * gap.numbers[f"measured {when}"] for when in ("before", "after"))
    change = end - start

    def amount(x: float, *, signed: bool = True) -> str:
        said = f"{100 * x:.1f}" if points else f"{x:.3g}"
        said = said.replace("-", "\N{MINUS SIGN}")
        return f"+{said}" if signed and x > 0 else said

    low, high = result.ci()
    named: list[str] = []
    least = max(abs(change), 1e-12) * 0.02
    order = np.argsort(-np.abs(result.values[0, 0]), kind="stable")
    for i in order:
        value, ends = (
            sign * result.values[0, 0, i],
            sorted((sign * low[0, 0, i], sign * high[0, 0, i])),
        )
        if (ends[0] > 0 or ends[1] < 0) and abs(value) > least and len(named) < _NAMED:
            between = f"[{amount(ends[0])}, {amount(ends[1])}]"
            named.append(f"{amount(value)} {between} came with {result.players.names[i]}")
    scale = f"{amount(start, signed=False)} to {amount(end, signed=False)}"
    name = "AUC" if metric == "auc" else metric[:1].upper() + metric[1:]
    of = f"{name} went from {scale}" + " %" * points
    what = f"{amount(change)} points" if points else f"{amount(change)} {unit}"
    rest = "nothing can be told from noise" if not named else ", ".join(named)
    if named and len(named) < len(order):
        rest += "; the rest is within noise or small"
    lost = sign * gap.numbers["gap_unexplained"]
    left = [sign * x for x in gap.intervals["gap_unexplained"]]
    unexplained = f"{amount(lost)} [{amount(min(left))}, {amount(max(left))}] is unexplained"
    size = f"effective sample {overlap.numbers['effective sample']:,.0f}"
    return f"{of}. Of the {what}, {rest}; {unexplained} ({size})"
