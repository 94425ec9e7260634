"""Answers as wide and as long as one likes, with data and a trace; no model is called."""

import numpy as np

from whence._core.attribution import Attribution, Cost
from whence._core.game import Question
from whence._core.index import Shapley
from whence._core.players import Players
from whence._core.trace import Trace

NAMES = ("bmi", "blood pressure", "log of the triglycerides in serum, at noon", "age", "sex")


def many(players, cases, seed=0):
    """Linear effects of both signs, each with the same error."""
    rng = np.random.default_rng(seed)
    size = np.sort(rng.exponential(1.0, players))[::-1] * rng.choice([1, -1], players)
    names = tuple(NAMES[i % 5] + (f" {i}" if i > 4 else "") for i in range(players))
    rows = rng.normal(size=(cases, players))
    values = (size * (0.3 + rows))[:, None, :]  # case, output, player
    empty = np.full((cases, 1), 2.0)
    return Attribution(
        values=values,
        parts={"estimation": np.full_like(values, 0.15)},
        freedom=np.full(cases, 1e9),
        players=Players(names, "feature"),
        outputs=("prediction",),
        index=Shapley(),
        method="Permutation",
        uncertainty="sampled",
        empty=empty,
        full=empty + values.sum(axis=2),
        cost=Cost(20_000, 20_000, 0, 600_000, 0, 2.0),
        converged=True,
        verdict="every error is small enough",
        question=Question("what each feature adds to the model's prediction", "log-odds"),
        data=dict(zip(names, rows.T, strict=True)),
        provenance={"relative error asked": 0.025},
        trace=_looks(rng, values.mean(axis=0), float(np.abs(size).max())),
    )


def _looks(rng, end, scale):
    asked = np.unique(np.geomspace(30, 20_000, 40).astype(int))
    root = np.sqrt(asked)[:, None, None]  # look, output, player
    error = scale / root * (0.5 + rng.random(end.shape))
    values = end + error * rng.normal(size=error.shape)
    return Trace(asked, 30 * asked, asked / 1e4, values, error)
