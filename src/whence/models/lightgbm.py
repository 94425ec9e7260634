"""LightGBM: the estimators of its scikit-learn API, and raw boosters.

A booster's own dump says its objective: `binary` gives the probabilities of classes 0 and 1,
`multiclass` those of 0, 1, …; others are values, but for ranking and objectives of the user's own,
which are raw. Of a classifier these may be log-odds, between labels that it knows.
LightGBM does not look at the names of columns when it predicts: whence matches them first, in the
spelling in which LightGBM keeps them, and players keep the names of the user's table.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import lightgbm as lgb
import numpy as np

from whence._core.errors import ModelError
from whence.models.answers import plain
from whence.models.boosted import Meaning, both, of_classes, of_numbers
from whence.models.categories import Listed, kinds_of
from whence.models.cells import Column
from whence.models.intake import intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Boosted(Predictor):
    """A booster, or an estimator around one: the booster is asked, so that nothing warns."""

    booster: Any
    objective: str

    @property
    def source(self) -> object:
        """The model itself."""
        return self.booster

    def _predict(self, frame: Any) -> np.ndarray:
        return ask(self.booster, self.objective, frame)


def adapt(model: Any, like: Table) -> Predictor:
    """Decide how a LightGBM model is asked.

    Raises:
        ModelError: it is not fitted.
    """
    name = "LightGBM booster" if isinstance(model, lgb.Booster) else type(model).__name__
    booster = _booster(model, name)
    known = _names(booster, like)
    lists = {} if known is None else _categories(booster, known, like)
    given = intake(
        like,
        known,
        "numpy" if known is None else "pandas",
        numeric=known is None,
        categories=None if known is None else lists,
        vocabulary=Listed(lists or _codes(booster, known or like.names)),
    )
    objective = _objective(booster)
    route = Route("predict", given, lambda frame: ask(booster, objective, frame))
    _, answer = first_sane([route], like, name)
    outputs, classes, space = _meaning(model, objective, answer.shape[1])
    return Boosted(
        name,
        outputs,
        classes,
        space,
        given,
        False,
        booster,
        objective,
        labels=_labels(model, space),
        scores="" if space != "raw" else "order" if objective in _RANKING else "logits",
    )


def _booster(model: Any, name: str) -> Any:
    if isinstance(model, lgb.Booster):
        return model
    try:
        return model.booster_
    except Exception as error:
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error


def _names(booster: Any, like: Table) -> tuple[str, ...] | None:
    """The names that it was fitted with, as the user's table spells them.

    LightGBM writes blanks as `_`. Its users write what it refuses otherwise too ("price [EUR]" as
    "price_EUR"), so that names are compared by their letters and digits where nothing else fits. An
    array's columns are called Column_0, Column_1, …: those are no names.
    """
    names = spelt(booster)
    if names is None or not like.named:
        return names
    return _respelt(_respelt(names, like.names, _underscored), like.names, _bare)


def _respelt(
    names: tuple[str, ...], theirs: tuple[str, ...], spelling: Callable[[str], str]
) -> tuple[str, ...]:
    """Names that the table lacks, as the table's one other name of the same spelling."""
    lost = _alone([n for n in names if n not in theirs], spelling)
    free = _alone([n for n in theirs if n not in names], spelling)
    pairs = {lost[s]: free[s] for s in lost.keys() & free.keys() if s}
    return tuple(pairs.get(n, n) for n in names)


def _alone(names: Sequence[str], spelling: Callable[[str], str]) -> dict[str, str]:
    """Spelling -> name, where no two have the same."""
    many = Counter(map(spelling, names))
    return {spelling(n): n for n in names if many[spelling(n)] == 1}


def spelt(booster: Any) -> tuple[str, ...] | None:
    """The names of columns as LightGBM spells them; None where an array had none."""
    names = tuple(booster.feature_name())
    return None if names == tuple(f"Column_{j}" for j in range(len(names))) else names


def _underscored(name: str) -> str:
    return name.replace(" ", "_")


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _objective(booster: Any) -> str:
    words = str(booster.dump_model(num_iteration=1).get("objective", "")).split()
    return words[0] if words else ""


def _categories(
    booster: Any, names: tuple[str, ...], like: Table
) -> Mapping[str, tuple[object, ...]]:
    """Which columns were pandas categories, and which values each had.

    LightGBM keeps the values in the order of columns, without names. Columns that it split into
    categories have them; where these are more or fewer (one was ordered, or constant), the columns
    of text and categories are taken in their order, as LightGBM does when it predicts.
    """
    lists = booster.pandas_categorical or []
    found = _split_lists(booster, names)
    if len(found) < len(lists):
        words = [n for n in names if n in like.names and _is_category(like.raw(n))]
        found = dict(zip(words, lists, strict=True)) if len(words) == len(lists) else {}
    return {n: tuple(values) for n, values in found.items()}


def _split_lists(booster: Any, names: tuple[str, ...]) -> dict[str, list[object]]:
    """The values of the columns that it split into categories; nothing where it does not add up."""
    lists = booster.pandas_categorical or []
    infos = booster.dump_model(num_iteration=1)["feature_infos"]
    own = booster.feature_name()
    split = [n for n, o in zip(names, own, strict=True) if infos.get(o, {}).get("values")]
    return dict(zip(split, lists, strict=True)) if len(split) == len(lists) else {}


def _codes(booster: Any, names: tuple[str, ...]) -> Mapping[str, tuple[object, ...]]:
    """The whole numbers that it knows of columns that it was told are categories."""
    infos = booster.dump_model(num_iteration=1)["feature_infos"]
    told = zip(names, booster.feature_name(), strict=False)
    values = {n: infos.get(own, {}).get("values") for n, own in told}
    return {n: tuple(v for v in codes if v >= 0) for n, codes in values.items() if codes}


def _is_category(column: Column) -> bool:
    return column.categories is not None or column.family == "text"


def ask(booster: Any, objective: str, frame: Any) -> np.ndarray:
    """A booster's answer, as probabilities where it has classes."""
    answer = np.asarray(booster.predict(frame))
    return both(answer) if objective == "binary" else answer


def _meaning(model: Any, objective: str, columns: int) -> Meaning:
    if objective in {"binary", "multiclass", "multiclassova"}:
        if isinstance(model, lgb.LGBMClassifier):
            return of_classes(plain(model.classes_))
        return of_classes(range(columns))
    raw = objective in _RANKING or objective in {"", "custom", "none"}
    return of_numbers(columns, "raw" if raw else "value")


def _labels(model: Any, space: str) -> tuple[object, ...] | None:
    """Those of a classifier whose objective is the user's own: it gives no probabilities."""
    known = space == "raw" and isinstance(model, lgb.LGBMClassifier)
    return plain(model.classes_) if known else None


_RANKING = {"lambdarank", "rank_xendcg"}


def kinds(model: Any) -> Mapping[str, str]:
    """What each column holds, by LightGBM's spelling of its name: "text" or "number"."""
    booster = _booster(model, type(model).__name__)
    names, lists = spelt(booster), booster.pandas_categorical or []
    if names is None:
        return {}
    found = _split_lists(booster, names)
    if len(found) < len(lists):
        return {}
    return dict.fromkeys(names, "number") | kinds_of(found)
