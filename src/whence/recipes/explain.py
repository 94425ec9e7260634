"""SHAP: what does each feature add to what the model says of each row?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from whence._attribute import attribute, named
from whence._core.account import opened
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.errors import OptionError
from whence._core.index import Index
from whence._core.method import Method
from whence._core.progress import Listener
from whence.models.threads import one_thread
from whence.recipes._large_tables import refuse_large, unreached
from whence.recipes.aliases import as_budget, as_engine, one_of
from whence.recipes.importance import columns_of
from whence.recipes.trees import told, trees_or

if TYPE_CHECKING:
    from whence.engines.engine import Engine


@check_arguments
@one_thread(torch=False)
def explain(
    model: Any,
    X: Any,
    *,
    background: Any = None,
    output: str | int | None = None,
    removal: Any = "marginal",
    groups: Any = None,
    sample_weight: Any = None,
    index: Index | None = None,
    method: Method[Any] | str | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    engine: "Engine | None" = None,
    keep: Any = None,
    progress: Listener | bool | None = None,
    random_state: int | None = None,
    n_jobs: int | None = None,
    max_evals: int | None = None,
) -> Attribution:
    """What each feature adds to the model's prediction of each row.

    Base + values = prediction: `att.empty + att.values.sum(axis=2) == att.full`, to rounding.

    Args:
        model: whatever you have; see `importance`.
        X: the rows to explain; one case each.
        background: rows that removed features are drawn from (for `removal="baseline"`, one row).
            All of them count: for trees their number costs little.
        output: one class or target, by name or position; all of them, at no further cost, by
            default. Trees, forests and boosted models are explained by default in what their trees
            add up to ("raw": the log-odds of a boosted classifier), where values are exact;
            "prediction" asks for what the model predicts.
        removal: how features leave: "marginal", "baseline", or a `Removal`.
        groups: columns that leave together: {"size": ["height", "width"]}.
        sample_weight: how often each row counts in means over rows (the table, `att.mean()`), as if
            it were there so many times.
        index: what each number should mean; Shapley by default.
        method: how to compute it; for trees leaf by leaf, else enumeration where that is cheap,
            else permutations.
        budget: when to stop. By default once every standard error is below 2.5 % of the range of a
            typical row's values.
        seed: of every random draw.
        engine: where the model runs, such as `wh.engines.Threads(4)`.
        keep: a file of worths, such as "run.db": a rerun goes on where the last one stopped.
        progress: True shows a bar with a forecast; a function hears of every step.
        random_state: scikit-learn's name for `seed`.
        n_jobs: scikit-learn's way to ask for processes.
        max_evals: shap's name for `Budget(evaluations=…)`.

    Returns:
        Values [rows, outputs, players], in the model's own output space, which is recorded.

    Raises:
        WhenceError: whatever does not fit; the message says what, where, and what to do.

    Source: Strumbelj & Kononenko (2010); Lundberg & Lee (2017).
    """
    with opened(as_budget(budget, max_evals) or Budget()) as account:
        removed = _removal(removal, background, X, method)
        if groups is None:
            refuse_large(X)
        game, why_not = _game(model, X, removed, output, groups, sample_weight)
        refuse_large(X, len(game.players), len(game.outputs))
        result = attribute(
            game,
            index=index,
            method=method,
            by_case=True,
            budget=account.budget,
            seed=one_of("seed", seed, "random_state", random_state, 0),  # type: ignore[arg-type]
            engine=as_engine(engine, n_jobs),
            keep=keep,
            progress=progress,
        )
    told_of = unreached(told(result, why_not))
    return replace(told_of, data=columns_of(game), case_names=game.X.row_names)


def _removal(removal: Any, background: Any, X: Any, method: Any) -> Any:
    from whence.games.features.removal import Marginal, as_removal
    from whence.methods.perturbation.path_dependent import PathDependent

    if background is not None or not (isinstance(removal, str) and removal == "marginal"):
        return as_removal(removal, background)
    chosen = named(method, None) if isinstance(method, str) else method
    if isinstance(chosen, PathDependent):
        return Marginal(X)  # not looked at
    raise OptionError(
        "explain needs background=: the rows that removed features are drawn from, such as the "
        "training rows"
    )


def _game(
    model: Any,
    X: Any,
    removal: Any,
    output: str | int | None,
    groups: Any,
    sample_weight: Any,
) -> tuple[Any, str]:
    """The game on the sum of trees, if there is one; else on predictions, and why."""
    from whence.games.features.prediction import Prediction
    from whence.games.features.tree_game import TreeGame

    options = {"removal": removal, "groups": groups, "sample_weight": sample_weight}
    name = output if isinstance(output, str) else ""
    if name == "prediction":
        return Prediction(model, X, **options), ""
    raw = name == "raw"
    return trees_or(
        lambda: TreeGame(model, X, output=None if raw else output, **options),
        lambda: Prediction(model, X, output=output, **options),
        insist=raw,
    )
