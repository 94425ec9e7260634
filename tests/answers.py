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


def heads(layers, across, cases=1, *, mlps=False, error=0.05, seed=0):
    """Every head of a network; with MLPs, those of each layer too."""
    where = [(at, h) for at in range(layers) for h in [*range(across), *([None] if mlps else [])]]
    names = [f"{at}.{h}" if h is not None else f"mlp {at}" for at, h in where]
    columns = dict(zip(("layer", "head"), zip(*where, strict=True), strict=True))
    return inside(names, "head", columns, cases, error, seed)


def sources(heads, tokens, cases=1, *, named=True, error=0.05, seed=0):
    """Heads by the position that they read, and one player that reads none."""
    where = [(h // 4, h % 4, s) for h in range(heads) for s in range(tokens)]
    names = [*(f"{at}.{h} <- {s}" for at, h, s in where), "bias"]
    text = ("The", " capital", " of", " Liechtenstein", " is", "\n")
    columns = dict(
        zip(("layer", "head", "source"), zip(*where, (None,) * 3, strict=True), strict=True)
    )
    if named:
        columns["token"] = (*(text[s % 6] for *_, s in where), None)
    return inside(names, "source", columns, cases, error, seed)


def edges(count, cases=1, *, layers=6, across=8, error=0.05, seed=0):
    """Edges between heads and MLPs, from the embedding to the logits."""
    rng = np.random.default_rng(seed)
    where = [("embed", -1.0, ""), ("logits", float(layers), "")]
    where += [(f"{at}.{h}", float(at), "qkv") for at in range(layers) for h in range(across)]
    where += [(f"mlp {at}", at + 0.5, "") for at in range(layers)]
    ways = [(a, b, c) for a, i, _ in where for b, j, letters in where if i < j
            for c in letters or [None]]  # fmt: skip
    picked = [ways[i] for i in rng.permutation(len(ways))[:count]]
    names = [f"{a} -> {b}" + (f" ({c})" if c else "") for a, b, c in picked]
    columns = dict(zip(("source", "target", "channel"), zip(*picked, strict=True), strict=True))
    return inside(names, "edge", columns, cases, error, seed)


def inside(names, kind, columns, cases, error, seed):
    """An answer about parts of a network: a few of them matter."""
    rng = np.random.default_rng(seed)
    size = rng.standard_t(2, len(names)) * 0.1
    values = (size * (1.0 + 0.2 * rng.normal(size=(cases, len(names)))))[:, None, :]
    empty = np.zeros((cases, 1))
    return Attribution(
        values=values,
        parts={"estimation": np.full_like(values, error / 2)},
        freedom=np.full(cases, 1e9),
        players=Players(tuple(names), kind, columns=columns),
        outputs=("prediction",),
        index=Shapley(),
        method="Permutation",
        uncertainty="sampled",
        empty=empty,
        full=empty + values.sum(axis=2),
        cost=Cost(20_000, 20_000, 0, 600_000, 0, 2.0),
        converged=True,
        verdict="every error is small enough",
        question=Question(f"what each {kind} adds to the model's prediction", "log-odds"),
    )
