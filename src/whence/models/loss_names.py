"""The names of losses and metrics that people type, and what each is called here: once for all.

A name is known however it is spelt ("log_loss", "neg-log-loss", "LogLoss"), and scorers' names of
scikit-learn mean the loss that they are minus of, or one less. What is no mean over rows, or over
pairs of rows, cannot be asked about row by row: such names are answered with what to ask instead.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from whence._core.errors import OptionError, some

SQUARED, ABSOLUTE = "squared error", "absolute error"
LOG, BRIER, ZERO_ONE, AUC = "log-loss", "brier", "zero-one", "auc"

_SPELT = {
    SQUARED: "squared error, squared, mse, l2, mean squared error",
    ABSOLUTE: "absolute error, absolute, mae, l1, mean absolute error",
    LOG: "log loss, logloss, cross entropy, crossentropy, binary crossentropy, nll, "
    "binary logloss, multi logloss",
    BRIER: "brier, brier score, brier score loss, brier loss",
    ZERO_ONE: "zero one, 0 1, zero one loss, 0 1 loss, error rate, error, misclassification, "
    "accuracy, accuracy score, acc",
    AUC: "auc, roc auc, roc auc score, auroc",
}
KNOWN = {name: kind for kind, names in _SPELT.items() for name in names.split(", ")}

_RATIO = "is squared error as a share of the variance of the labels: ask loss='squared error', and "
_RANKS = "is no mean over rows, so no row has one. Of labels use 'zero-one', of ranks 'auc'."
INSTEAD = {
    "r2": _RATIO + "divide.",
    "r 2": _RATIO + "divide.",
    "r^2": _RATIO + "divide.",
    "r2 score": _RATIO + "divide.",
    "explained variance": _RATIO + "divide.",
    "rmse": "is the root of a mean over rows: use 'squared error', of which it is the root.",
    "root mean squared error": "is the root of a mean over rows: use 'squared error'.",
    "balanced accuracy": "is accuracy with classes that weigh the same: use 'zero-one', with such "
    "sample_weight.",
    **dict.fromkeys(
        ("f1", "f1 score", "f1 macro", "f1 micro", "precision", "recall", "mcc", "jaccard",
         "average precision", "average precision score", "pr auc", "ndcg", "map"),
        _RANKS,
    ),
    "hinge": "is not offered by name: give a function of (y, score) that gives one loss a row.",
}  # fmt: skip


def canonical(name: str) -> str | None:
    """What a name means here; None where it means nothing.

    >>> canonical("neg_log_loss"), canonical("MSE"), canonical("r2")
    ('log-loss', 'squared error', None)
    """
    return KNOWN.get(_plain(name))


def loss_named(name: str, offered: Mapping[str, str], what: str = "loss") -> str:
    """The canonical name of one that was typed, among those offered.

    Args:
        name: as typed.
        offered: canonical names, and what each is called there.
        what: "loss" or "metric", for the message.

    Raises:
        OptionError: a name that is not known, or not offered here; it says what to use.
    """
    kind, plain = canonical(name), _plain(name)
    if kind is not None and kind in offered:
        return kind
    if plain in INSTEAD:
        raise OptionError(f"the {what} {name!r} {INSTEAD[plain]}")
    near = get_close_matches(plain, [n for n, known in KNOWN.items() if known in offered], n=1)
    if near and kind is None:
        hint = f"Did you mean {offered[KNOWN[near[0]]]!r}?"
    else:
        hint = f"There are: {some(offered.values(), 12)}."
    raise OptionError(f"no {what} is called {name!r}. {hint}")


def _plain(name: str) -> str:
    words = name.strip().lower().replace("_", " ").replace("-", " ").split()
    return " ".join(words[1:] if words[:1] in (["neg"], ["negative"]) else words)
