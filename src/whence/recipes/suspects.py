"""Which training rows are most likely mislabelled, by the best of several scores.

    value        what the row is worth to others (its lowest values)
    model loss   1 - p(its label), by a model that never saw the row, fold by fold
    distance     to the mean of the rows that have its label
    random       chance

Values of nearest neighbours find wrong labels where neighbours predict labels well (pixels), and
miss them where they do not: among rare classes every row's neighbours have another label. So rows
are ranked by the value or by the model loss, whichever predicts labels that it has not seen with
the smaller mean square of 1 - p(label); `by=` asks for one of them. A high score is no probability
of a wrong label: no threshold is set and no rate of false discoveries claimed, since nothing here
knows how many labels are wrong. `Suspects.verdict` says what can be said.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import ModelError, OptionError, ResultError, did_you_mean, positive
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence._core.text import brief
from whence.models.labels import refuse_other_rows
from whence.models.nearest import rankings
from whence.models.table import Table
from whence.models.threads import one_thread
from whence.models.training_rows import flat_labels
from whence.recipes._comparable import Points, comparable
from whence.recipes._folds import dealt
from whence.recipes.flagged import OURS, SCORES, Suspect, Suspects

_CHANCE, _JUDGED = 37, 41  # streams of chance
_ENOUGH = 2000  # rows on which neighbours and models are compared


@check_arguments
@one_thread(torch=False)
def suspects(
    attribution: Attribution,
    X: Any,
    y: Any,
    *,
    model: Any = None,
    by: str = "auto",
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
        by: the score that ranks the rows: "value", "model loss", "distance" or "random". "auto":
            of values of nearest neighbours, the value or the model loss, as said above; of other
            values, the value.
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
    refuse_other_rows(X, y)
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
    by, reason = _chosen(by, attribution, points, labels, scores["model loss"], k, seed)
    ranks = {name: _ranks(score) for name, score in scores.items()}
    worst = np.argsort(ranks[by])[:most]
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
    agreement = {n: float((ranks[n][worst] <= among).mean()) for n in ranks if n != by}
    sure = bool(np.isfinite(high).all())
    below = int((high < 0).sum()) if sure else None
    way = attribution.method
    return Suspects(flagged, scores, agreement, among, below, len(labels), way, by, reason)


def _chosen(
    by: str,
    attribution: Attribution,
    points: Points,
    labels: np.ndarray,
    loss: np.ndarray,
    k: int,
    seed: int,
) -> tuple[str, str]:
    """The score that ranks the rows, and what is known of how well it serves."""
    if by != "auto" and by not in SCORES:
        raise OptionError(f"by={by!r} is no score. {did_you_mean(by, ['auto', *SCORES])}")
    if attribution.provenance.get("way") != "knn":  # only neighbours can be judged cheaply
        return (OURS if by == "auto" else by), ""
    best, reason = _better(points, labels, loss, k, seed)
    if by in {"auto", best}:
        return best, f"since {reason}"
    return by, f"although {reason}: look at by={best!r} too"


def _better(
    points: Points, labels: np.ndarray, loss: np.ndarray, k: int, seed: int
) -> tuple[str, str]:
    """Which predicts labels that it has not seen better: neighbours, or the model."""
    judged = np.sort(np.argsort(uniforms(len(labels), _JUDGED, seed)[0])[:_ENOUGH])
    near = np.array([own for _, _, own in _neighbours(points, labels, judged, k)])
    by_value, by_loss = float(np.mean((1 - near) ** 2)), float(np.mean(loss[judged] ** 2))
    words = f"mean square of 1 - p(label): {min(by_value, by_loss):.3g} against "
    words += f"{max(by_value, by_loss):.3g}"
    if by_value <= by_loss:
        return OURS, f"the {k} nearest neighbours predict labels better than a model ({words})"
    return "model loss", f"a model predicts labels better than the {k} nearest neighbours ({words})"


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
    if labels.dtype.kind == "f" and (labels % 1 != 0).any():
        raise OptionError("suspects are of labels that are classes; y holds numbers with fractions")
    if "squared error" in attribution.question.unit:
        raise OptionError(
            "suspects are of labels that are classes, and these values are of numbers: "
            "value(..., task='classes') if y holds codes"
        )
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
    every = list(_neighbours(points, labels, asking, k))
    return [best for best, _, _ in every], [share for _, share, _ in every]


def _neighbours(
    points: Points, labels: np.ndarray, asking: np.ndarray, k: int
) -> Iterator[tuple[object, float, float]]:
    """Of each row asked: its k nearest others' commonest label, its share, and the own label's."""
    for here, order in rankings(Table.of(points), Table.of(points[asking])):
        for own, ranked in zip(asking[here], order, strict=True):
            near = labels[ranked[ranked != own][:k]].tolist()
            mine = labels[own : own + 1].tolist()[0]
            best = max(dict.fromkeys(near), key=lambda v: (near.count(v), v == mine))
            yield best, near.count(best) / len(near), near.count(mine) / len(near)


def _cloned(model: Any) -> Any:
    from sklearn.base import clone

    try:
        return clone(model)
    except Exception as error:  # what is no estimator, or one of another making
        raise OptionError(
            "model= is a scikit-learn classifier with predict_proba, which can be cloned; "
            f"given {brief(model)} ({type(error).__name__})"
        ) from error


def _loss(
    model: Any, table: Table, points: Points, labels: np.ndarray, fold: np.ndarray, seed: int
) -> Float[np.ndarray, " rows"]:
    """1 - the probability of each row's label, by a model of the other folds."""
    try:
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
        fresh = own if model is None else _cloned(model)
        rows = [points[at] if model is None else table.take(at).frame() for at in (train, test)]
        try:
            with one_thread():
                seeded(fresh, seed).fit(rows[0], labels[train])
                doubt[test] = 1 - likelihood(fresh, rows[1], labels[test].tolist())
        except Exception as error:
            raise ModelError(
                f"{type(fresh).__name__} failed on fold {f}: {type(error).__name__}: {error}. Give "
                "model= a classifier with predict_proba."
            ) from error
    return doubt
