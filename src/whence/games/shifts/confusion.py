"""Metrics of labels: which class a row has, and which the model says; F1, recall and their kin."""

from collections.abc import Callable, Sequence

import numpy as np

from whence._core.errors import ModelError
from whence.games.shifts.metric import HIGHER, Judged, Mean, Metric, OfMeans, stacked
from whence.models.labels import as_classes, as_targets, refuse_length
from whence.models.predictor import Predictor

Maker = Callable[[Sequence[Judged], Predictor], Metric]


def classes_of(model: Predictor, part: Judged) -> Sequence[object] | None:
    """The labels that a model chooses among; None where it answers numbers."""
    if model.classes is not None:
        return model.classes
    known = getattr(model.source, "classes_", None)
    if known is not None and np.ndim(known) == 1:
        return [v.item() if isinstance(v, np.generic) else v for v in np.asarray(known)]
    return tuple(range(part.p.shape[1])) if part.p.shape[1] > 1 else None


def truth_of(part: Judged, classes: Sequence[object]) -> np.ndarray:
    """The class of each row, as it is labelled.

    Raises:
        TableError: labels that the model does not know.
    """
    codes: np.ndarray = as_classes(part.y, classes, f"y of {part.where}")
    refuse_length(codes, len(part.p), f"y of {part.where}")
    return codes


def labelled(
    what: str, parts: Sequence[Judged], model: Predictor
) -> tuple[Sequence[object], np.ndarray, np.ndarray]:
    """The classes, and the class of each row as labelled and as the model says."""
    classes = classes_of(model, parts[0])
    if classes is None:
        return _numbers_as_labels(what, parts, model)
    truth = stacked([truth_of(part, classes) for part in parts])
    return classes, truth, stacked([_choice(part.p, len(classes), what, model) for part in parts])


def _choice(p: np.ndarray, classes: int, what: str, model: Predictor) -> np.ndarray:
    """The class that has the most; of two, by one score, the second where that is above zero."""
    if p.shape[1] == classes:
        return np.asarray(p.argmax(axis=1))
    if p.shape[1] == 1 and classes == 2:
        return (p[:, 0] > 0).astype(np.int64)
    raise ModelError(
        f"{what} needs labels, and {model.name} answers {p.shape[1]} numbers for {classes} "
        "classes. Give a function that returns its labels."
    )


def _numbers_as_labels(
    what: str, parts: Sequence[Judged], model: Predictor
) -> tuple[Sequence[object], np.ndarray, np.ndarray]:
    targets = [as_targets(part.y, len(part.p), f"y of {part.where}") for part in parts]
    said, truth = stacked([part.p[:, 0] for part in parts]), stacked(targets)
    known = np.unique(truth)
    whole = bool(np.isin(np.unique(said), np.r_[known, 0.0, 1.0]).all())
    binary = bool(np.isin(known, (0.0, 1.0)).all())
    if not whole and not (binary and said.min() >= 0 and said.max() <= 1):
        raise ModelError(
            f"{what} needs labels or probabilities, and {model.name} answers numbers such as "
            f"{said[0]:.6g}. Use metric='squared error', or give a classifier."
        )
    said = said if whole else (said > 0.5).astype(float)
    classes, codes = np.unique(
        np.r_[truth, said, [0.0, 1.0] if binary else []], return_inverse=True
    )
    rows = len(truth)
    return classes.tolist(), codes[:rows], codes[rows : 2 * rows]


def accuracy(parts: Sequence[Judged], model: Predictor) -> Metric:
    """The share of rows whose class the model says."""
    _, truth, said = labelled("accuracy", parts, model)
    right = (truth == said).astype(float)
    return Mean("accuracy", "accuracy", right, loss=False, sense=HIGHER)


def _of_confusion(name: str, function: Callable[[np.ndarray], np.ndarray]) -> Maker:
    """A metric of the table of classes: [as labelled, as said, replicates], in shares of rows."""

    def make(parts: Sequence[Judged], model: Predictor) -> Metric:
        classes, truth, said = labelled(name, parts, model)
        many = len(classes)
        cell = np.zeros((len(truth), many * many))
        cell[np.arange(len(truth)), truth * many + said] = 1.0

        def worth(means: np.ndarray) -> np.ndarray:
            return function(means.reshape(many, many, -1))

        return OfMeans(name, cell, worth)

    return make


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0))


def _hits(table: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("kkr->kr", table))


def _recalls(table: np.ndarray) -> np.ndarray:
    return _share(_hits(table), table.sum(axis=1))


def _precisions(table: np.ndarray) -> np.ndarray:
    return _share(_hits(table), table.sum(axis=0))


def _f1s(table: np.ndarray) -> np.ndarray:
    return _share(2 * _hits(table), table.sum(axis=0) + table.sum(axis=1))


def _present(each: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The mean over the classes that rows are labelled with."""
    there = table.sum(axis=1) > 0
    return np.asarray((each * there).sum(axis=0) / there.sum(axis=0))


def _averaged(each: Callable[[np.ndarray], np.ndarray], how: str) -> Callable[..., np.ndarray]:
    def worth(table: np.ndarray) -> np.ndarray:
        of_class = each(table)
        if how == "weighted":
            return np.asarray((of_class * table.sum(axis=1)).sum(axis=0) / table.sum(axis=(0, 1)))
        if how == "macro":
            there = table.sum(axis=1) + table.sum(axis=0) > 0
            return np.asarray((of_class * there).sum(axis=0) / there.sum(axis=0))
        if len(of_class) != 2:
            raise ModelError(
                f"f1, precision and recall are of two classes, and there are {len(of_class)}: ask "
                "for their mean, such as metric='f1_macro' or 'f1_weighted'"
            )
        return np.asarray(of_class[1])

    return worth


MAKERS: dict[str, Maker] = {
    "accuracy": accuracy,
    "balanced accuracy": _of_confusion(
        "balanced accuracy", lambda table: _present(_recalls(table), table)
    ),
}
for _word, _each in (("f1", _f1s), ("precision", _precisions), ("recall", _recalls)):
    for _how in ("", "macro", "weighted"):
        _name = f"{_word} {_how}".strip()
        MAKERS[_name] = _of_confusion(_name, _averaged(_each, _how))
