"""Arguments that users of scikit-learn, shap and sage would type, in our words."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from whence._core.budget import Budget, checked
from whence._core.errors import OptionError
from whence._core.text import brief

if TYPE_CHECKING:
    from whence.engines.engine import Engine


_JOBS = 1000  # processes


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

    Raises:
        OptionError: no budget, or it has that bound already.
    """
    checked(budget)
    own, plain = budget or Budget(), Budget()
    if max_evals is not None:
        bound = one_of("budget's evaluations", own.evaluations, "max_evals", max_evals, None)
        budget = own = replace(own, evaluations=bound)  # type: ignore[arg-type]
    if thresh is not None:
        error, usual = own.relative_error, plain.relative_error
        bound = one_of("budget's relative_error", error, "thresh", thresh, usual)
        budget = replace(own, relative_error=bound)  # type: ignore[arg-type]
    return budget


def as_engine(engine: "Engine | None", n_jobs: int | None) -> "Engine | None":
    """An engine from scikit-learn's `n_jobs`; -1 is every core.

    Raises:
        OptionError: both were given, or no such number of jobs.
    """
    if n_jobs is None or one_of("engine", engine, "n_jobs", n_jobs, None) is engine:
        return engine
    from joblib import effective_n_jobs

    from whence.engines.local import Processes

    whole = isinstance(n_jobs, (int, np.integer)) and not isinstance(n_jobs, bool)
    if not whole or n_jobs == 0 or abs(n_jobs) > _JOBS:
        said = n_jobs if isinstance(n_jobs, str) else brief(n_jobs)
        raise OptionError(f"n_jobs is a number of processes, or -1 for every core; given {said}")
    return Processes(effective_n_jobs(int(n_jobs)))
