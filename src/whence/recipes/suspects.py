"""Which training rows are most likely mislabelled: the lowest values, beside cheaper scores.

Whoever ranks rows by a value should know what less would have found. Beside the value stand

    model loss   1 - p(its label), by a model that never saw the row, fold by fold
    distance     to the mean of the rows that have its label
    random       chance

and the label that the k nearest other rows would give. A low value is no probability of a wrong
label: no threshold is set and no rate of false discoveries claimed, since nothing here knows how
many labels are wrong. `Suspects.verdict` says what can be said.
"""

from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ModelError, OptionError, ResultError, positive
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence.models.nearest import rankings
from whence.models.table import Table
from whence.models.training_rows import flat_labels, task_of
from whence.recipes._comparable import Points, comparable
from whence.recipes._folds import dealt
from whence.recipes.flagged import OURS, Suspect, Suspects

_CHANCE = 37  # the stream of the random score


def suspects(
    attribution: Attribution,
    X: Any,
    y: Any,
    *,
    model: Any = None,
    most: int = 20,
    k: int = 5,
    folds: int = 5,
    scale: bool = True,
    seed: int = 0,
) -> Suspects:
    """Training rows whose labels should be looked at first.

    Args:
        attribution: what each row is worth, such as `wh.value(X, y)`.
        X: the training rows that it is about.
        y: their labels: classes.
        model: a scikit-learn classifier for the model loss; logistic regression by default.
        most: how many rows are flagged.
        k: how many neighbours suggest a label.
        folds: of the model loss.
        scale: measure columns in standard deviations, for neighbours and distances.
        seed: of the folds and the random score.

    Raises:
        ResultError: an answer about groups, or about other rows.
        OptionError: labels that are numbers, or an option that is none.
        ModelError: a model that cannot be fitted to a fold.
    """
    positive(most, "most", "how many rows are flagged")
    positive(k, "k", "how many neighbours suggest a label")
    table = Table.of(X)
    labels = flat_labels(y, len(table))
    _refuse(attribution, labels)
    points, _ = comparable(table, scale=scale)
    one = attribution.mean()
    value, (low, high) = one.values[0, 0], (end[0, 0] for end in one.ci())
    scores = {
        OURS: -value,
        "model loss": _loss(model, table, points, labels, dealt(labels, folds, seed), seed),
        "distance": _distance(points, labels),
        "random": uniforms(len(labels), _CHANCE, seed)[0],
    }
    ranks = {name: _ranks(score) for name, score in scores.items()}
    worst = np.argsort(ranks[OURS])[:most]
    suggested, votes = _votes(points, labels, worst, k)
    flagged = tuple(
        Suspect(
            row=attribution.players.names[i],
            position=int(i),
            label=labels[i : i + 1].tolist()[0],
            suggested=said,
            votes=float(share),
            value=float(value[i]),
            ci=(float(low[i]), float(high[i])),
            ranks={name: int(rank[i]) for name, rank in ranks.items()},
        )
        for i, said, share in zip(worst, suggested, votes, strict=True)
    )
    among = max(len(worst), -(-len(labels) // 10))  # few flagged rows are few anywhere
    agreement = {n: float((ranks[n][worst] <= among).mean()) for n in ranks if n != OURS}
    sure = bool(np.isfinite(high).all())
    below = int((high < 0).sum()) if sure else None
    return Suspects(flagged, scores, agreement, among, below, len(labels), attribution.method)


def _refuse(attribution: Attribution, labels: np.ndarray) -> None:
    if len(attribution.players) != len(labels):
        raise ResultError(
            f"the answer is about {len(attribution.players):,} {attribution.players.kind}s, and X "
            f"has {len(labels):,} rows: give the rows that it is about, each by itself"
        )
    if "label" in attribution.players.columns:
        told = list(map(str, attribution.players.column("label")))
        if told != list(map(str, labels.tolist())):
            raise ResultError("y is not what the answer was computed with: its labels differ")
    if task_of(labels, None) == "numbers":
        raise OptionError("suspects are of labels that are classes; y holds numbers with fractions")
    if len(set(labels.tolist())) < 2:
        raise OptionError("y has one label only: no row can have a wrong one")


def _ranks(score: Float[np.ndarray, " rows"]) -> Int[np.ndarray, " rows"]:
    """1 for the highest; ties as they stand."""
    ranks = np.empty(len(score), np.int64)
    ranks[np.argsort(-score, kind="stable")] = np.arange(1, len(score) + 1)
    return ranks


def _distance(points: Points, labels: np.ndarray) -> Float[np.ndarray, " rows"]:
    far = np.empty(len(points))
    for label in set(labels.tolist()):
        here = labels == label
        far[here] = np.linalg.norm(points[here] - points[here].mean(axis=0), axis=1)
    return far


def _votes(
    points: Points, labels: np.ndarray, asking: np.ndarray, k: int
) -> tuple[list[object], list[float]]:
    """The commonest label among the k nearest others, and its share; the own one in a draw."""
    said: list[object] = []
    shares: list[float] = []
    for here, order in rankings(Table.of(points), Table.of(points[asking])):
        for own, ranked in zip(asking[here], order, strict=True):
            near = labels[ranked[ranked != own][:k]].tolist()
            mine = labels[own : own + 1].tolist()[0]
            best = max(dict.fromkeys(near), key=lambda v: (near.count(v), v == mine))
            said.append(best)
            shares.append(near.count(best) / len(near))
    return said, shares


def _loss(
    model: Any, table: Table, points: Points, labels: np.ndarray, fold: np.ndarray, seed: int
) -> Float[np.ndarray, " rows"]:
    """1 - the probability of each row's label, by a model of the other folds."""
    try:
        from sklearn.base import clone
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        from whence.models.trainer.estimator import likelihood, seeded
    except ImportError as error:
        raise OptionError(
            "the model loss beside the values needs scikit-learn: pip install 'whence[demo]'"
        ) from error
    own = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    doubt = np.empty(len(labels))
    for f in range(int(fold.max()) + 1):
        train, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        fresh = own if model is None else clone(model)
        rows = [points[at] if model is None else table.take(at).frame() for at in (train, test)]
        try:
            seeded(fresh, seed).fit(rows[0], labels[train])
            doubt[test] = 1 - likelihood(fresh, rows[1], labels[test].tolist())
        except Exception as error:
            raise ModelError(
                f"{type(fresh).__name__} failed on fold {f}: {type(error).__name__}: {error}. Give "
                "model= a classifier with predict_proba."
            ) from error
    return doubt
