"""Arguments that users of scikit-learn, shap and sage would type, in our words."""

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from whence._core.budget import Budget
from whence._core.errors import OptionError

if TYPE_CHECKING:
    from whence.engines.engine import Engine


def one_of(ours: str, own: object, alias: str, other: object, default: object) -> object:
    """Our argument, or the alias in its place.

    Raises:
        OptionError: both were given.
    """
    if other is None:
        return own
    if own != default:
        raise OptionError(f"{ours} and {alias} mean the same: give one of them")
    return other


def as_budget(
    budget: Budget | None, max_evals: int | None = None, thresh: float | None = None
) -> Budget | None:
    """A budget, with shap's `max_evals` (questions) and sage's `thresh` (relative error).

    What is no budget goes through as it is: `attribute` says so.

    Raises:
        OptionError: the budget has that bound already.
    """
    if not isinstance(budget, Budget | None):
        return budget
    own, plain = budget or Budget(), Budget()
    if max_evals is not None:
        bound = one_of("budget's evaluations", own.evaluations, "max_evals", max_evals, None)
        budget = own = replace(own, evaluations=bound)  # type: ignore[arg-type]
    if thresh is not None:
        error, usual = own.relative_error, plain.relative_error
        bound = one_of("budget's relative_error", error, "thresh", thresh, usual)
        budget = replace(own, relative_error=bound)  # type: ignore[arg-type]
    return budget


def since(start: float, budget: Budget | None) -> Budget | None:
    """The budget that is left, when its seconds began to run at `start` (`perf_counter`)."""
    if not isinstance(budget, Budget) or budget.seconds is None:
        return budget
    return replace(budget, seconds=max(budget.seconds - (perf_counter() - start), 1e-3))


def as_engine(engine: "Engine | None", n_jobs: int | None) -> "Engine | None":
    """An engine from scikit-learn's `n_jobs`; -1 is every core.

    Raises:
        OptionError: both were given, or no such number of jobs.
    """
    if n_jobs is None or one_of("engine", engine, "n_jobs", n_jobs, None) is engine:
        return engine
    from joblib import effective_n_jobs

    from whence.engines.local import Processes

    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0:
        raise OptionError(f"n_jobs is a number of processes, or -1 for every core; given {n_jobs}")
    return Processes(effective_n_jobs(n_jobs))
