"""LightGBM's text, checked before LightGBM reads it: it trusts every count, index and length.

Every line must have the form that LightGBM writes, every list the length that its tree says, every
index its range, and the sizes of trees must be those of the text. Linear leaves and categories are
checked too, and what the file says of training, which LightGBM takes apart again.
Source: `GBDT::LoadModelFromString`, `Tree::Tree` and `GBDT::GetLoadedParam` of LightGBM 4.
"""

import json
import re
import warnings
from collections.abc import Sequence

import numpy as np

from whence.models.trees.damage import DamageError
from whence.models.trees.shape import check_trees

_DEEPEST = 400  # its dump of a tree is nested JSON, which Python reads by recursion
_NUMBER = r"-?(?:\d[\d.]*(?:[eE][-+]?\d+)?|inf|nan)"
_INFO = re.compile(rf"none|\[{_NUMBER}:{_NUMBER}\]|-?\d{{1,10}}(?::-?\d{{1,10}})*")
_OBJECTIVE = re.compile(r"[a-z_0-9]+(?: [a-z_0-9]+(?::[-+.\w]+)?)*")
_SETTING = re.compile(r"\[[a-z_0-9]+: [^\0\\\"\t]*\]")
_JSON = re.compile(r"[\"\\,:\[\]{}\x00-\x1f]")
_DIGITS = re.compile(r"[-0-9 ]*")
_NUMBERS = re.compile(r"[-+0-9.eEinfa ]*")
_SPLITS = {
    *("split_feature", "decision_type", "left_child", "right_child", "internal_count"),
    *("split_gain", "threshold", "internal_value", "internal_weight"),
}
_LEAVES = {"leaf_value", "leaf_weight", "leaf_count", "leaf_const"}
_WHOLE = {
    *("split_feature", "decision_type", "left_child", "right_child", "internal_count"),
    *("leaf_count", "num_features", "leaf_features", "cat_boundaries", "cat_threshold"),
}
_NEEDED = {
    *("num_leaves", "num_cat", "split_feature", "threshold", "decision_type", "left_child"),
    *("right_child", "leaf_value", "leaf_count", "internal_count", "shrinkage"),
}
_LINEAR = ("leaf_const", "num_features", "leaf_features", "leaf_coeff")
_KNOWN = _SPLITS | _LEAVES | _WHOLE | _NEEDED | {*_LINEAR, "is_linear"}
_LARGEST = 2**31 - 1


def check_lightgbm(raw: bytes) -> None:
    """Refuse a text that LightGBM could not read as it is meant.

    Raises:
        DamageError: what is wrong, and where.
    """
    if b"\0" in raw:
        raise DamageError("it holds bytes that are no text")
    if b"\r" in raw:
        raise DamageError("its lines end as on Windows, so that its trees have other sizes")
    body, end, rest = raw.decode().partition("end of trees\n")
    if not end:
        raise DamageError('it is cut off: it has no line "end of trees"')
    top, *parts = body.split("\nTree=")
    trees = [f"{part}\n" for part in parts[:-1]] + parts[-1:]
    features = _check_head(_head(top), trees)
    columns = _columns(trees)
    leaves, found = _check_splits(columns, features)
    _check_categories(columns, leaves, found)
    _check_linear(columns, leaves, features)
    _check_rest(rest)


def _head(text: str) -> dict[str, str]:
    head: dict[str, str] = {}
    for line in text.split("\n"):
        key, _, words = line.partition("=")
        if line and (key in head or not re.fullmatch(r"[a-z_]+", key)):
            raise DamageError(f"its head has the line {line[:40]!r}")
        head[key] = words
    return head


def _count(head: dict[str, str], key: str, most: int) -> int:
    words = head.get(key, "")
    if not re.fullmatch(r"\d{1,9}", words) or int(words) > most:
        raise DamageError(f"its head says {key}={words[:20]}")
    return int(words)


def _check_head(head: dict[str, str], trees: Sequence[str]) -> int:
    """How many features it has."""
    if next(iter(head)) != "tree":
        raise DamageError('it does not start with the line "tree"')
    words = head.get("feature_names", "").split(" ")
    features = _count(head, "max_feature_idx", len(words)) + 1
    infos = head.get("feature_infos", "").split(" ")
    if len(words) != features or len(set(words)) < features or not all(words):
        raise DamageError(f"it has {features} features, and other names of features")
    if _JSON.search(head["feature_names"]):
        raise DamageError("a name of a feature has signs of JSON, which LightGBM does not take")
    if len(infos) != features or not all(map(_INFO.fullmatch, infos)):
        raise DamageError(f"it has {features} features, and other feature_infos")
    _count(head, "label_index", features)
    constraints = head.get("monotone_constraints", " " * (features - 1))
    if not _DIGITS.fullmatch(constraints) or constraints.count(" ") != features - 1:
        raise DamageError("its monotone_constraints are not one for each feature")
    each = _count(head, "num_tree_per_iteration", max(len(trees), 1))
    if each < 1 or _count(head, "num_class", each) != each or len(trees) % each:
        raise DamageError(f"it has {len(trees)} trees, for {each} outputs in each round")
    if "objective" in head:
        _check_objective(head["objective"], each)
    sizes = [str(len(tree.encode()) + len("Tree=")) for tree in trees]
    if head.get("tree_sizes", " ".join(sizes)).split(" ") != (sizes or [""]):
        raise DamageError(
            "its tree_sizes are not those of its trees: bytes are missing, or were changed"
        )
    return features


def _check_objective(words: str, each: int) -> None:
    kind, *more = words.split(" ")
    said = {word for word in more if word.startswith("num_class:")}
    many = kind in {"multiclass", "multiclassova"}
    wrong = said != ({f"num_class:{each}"} if many else set()) or (each > 1 and not many)
    if wrong or not _OBJECTIVE.fullmatch(words):
        raise DamageError(f"its objective is {words[:40]!r}, with {each} trees a round")


def _columns(trees: Sequence[str]) -> dict[str, list[str]]:
    """What every tree says under each key; "" where it says nothing."""
    columns: dict[str, list[str]] = {key: [] for key in _KNOWN}
    for k, text in enumerate(trees):
        top, _, after = text.partition("\n\n")
        number, *lines = top.split("\n")
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        if number != str(k) or after.strip("\n") or len(said) < len(lines):
            raise DamageError(f"tree {k} is no list of lines, each of a key and its numbers")
        if not (said.keys() >= _NEEDED and said.keys() <= _KNOWN):
            odd = sorted(_NEEDED - said.keys()) or sorted(said.keys() - _KNOWN)
            raise DamageError(f"tree {k} lacks, or should not have, {odd[0][:40]!r}")
        for key, column in columns.items():
            column.append(said.get(key, ""))
    return columns


def _numbers(columns: dict[str, list[str]], key: str, many: np.ndarray) -> np.ndarray:
    """All trees' numbers under a key, of which each tree must have so many."""
    words = columns[key]
    pattern = _DIGITS if key in _WHOLE else _NUMBERS
    for k, (line, count) in enumerate(zip(words, many.tolist(), strict=True)):
        right = line.count(" ") + 1 == count if line else not count
        tight = "  " not in line and line.strip(" ") == line
        if not (right and tight and pattern.fullmatch(line)):
            raise DamageError(f"tree {k} should have {count} numbers as {key}")
    return _parsed(" ".join(line for line in words if line), int(many.sum()), key)


def _parsed(text: str, count: int, key: str) -> np.ndarray:
    """So many numbers: each word of the text is one, or at least one is left over."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            found = np.fromstring(text, np.float64, sep=" ") if text.strip() else np.empty(0)
        except (ValueError, DeprecationWarning) as error:
            raise DamageError(f"{key} holds what is no number") from error
    if len(found) != count:
        raise DamageError(f"{key} should be {count} numbers, and is {len(found)}")
    return found


def _check_splits(
    columns: dict[str, list[str]], features: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """How many leaves each tree has, and what all splits and leaves say."""
    for key in ("num_leaves", "num_cat", "is_linear"):
        if not all(re.fullmatch(r"\d{1,9}", word or "0") for word in columns[key]):
            raise DamageError(f"a tree says nothing sensible of its {key}")
    leaves = np.array(columns["num_leaves"], np.int64)
    if (leaves < 1).any():
        raise DamageError(f"tree {int((leaves < 1).argmax())} has no leaves")
    optional = {"split_gain", "internal_value", "internal_weight", "leaf_weight"}
    found = {}
    for key in sorted((_SPLITS | _LEAVES) - {"leaf_const"}):
        many = leaves - 1 if key in _SPLITS else leaves
        if key in optional or key == "leaf_count":
            many = np.where([bool(line) for line in columns[key]], many, 0)
        found[key] = _numbers(columns, key, many)
    _numbers(columns, "shrinkage", np.ones_like(leaves))
    _check_ranges(found, features)
    _check_children(found, leaves)
    return leaves, found


def _check_ranges(found: dict[str, np.ndarray], features: int) -> None:
    feature, kind = found["split_feature"], found["decision_type"].astype(np.int64)
    if ((feature < 0) | (feature >= features)).any():
        raise DamageError(f"a split asks of a feature that is none of its {features}")
    if ((kind < 0) | (kind > 11)).any():
        raise DamageError("a split has a decision_type that means nothing")
    if not np.isfinite(found["leaf_value"]).all() or np.isnan(found["threshold"]).any():
        raise DamageError("a leaf_value or threshold is not a number")
    if max(found[k].max(initial=0) for k in ("leaf_count", "internal_count")) > _LARGEST:
        raise DamageError("a leaf_count or internal_count is too large")


def _check_children(found: dict[str, np.ndarray], leaves: np.ndarray) -> None:
    """Splits first, then leaves, as positions in one tree."""
    size = 2 * leaves - 1
    root = np.cumsum(size) - size
    inside = np.arange(size.sum()) - np.repeat(root, size) < np.repeat(leaves - 1, size)
    many = np.repeat(leaves, leaves - 1)

    def child(key: str) -> np.ndarray:
        own = found[key].astype(np.int64)
        if (own >= many - 1).any() or (own < -many).any():
            raise DamageError(f"a {key} is no node of its tree")
        place = np.full(len(inside), -1, np.int64)
        place[inside] = np.where(own < 0, many - 1 + ~own, own)
        return place

    check_trees(child("left_child"), child("right_child"), inside, size, deepest=_DEEPEST)


def _check_categories(
    columns: dict[str, list[str]], leaves: np.ndarray, found: dict[str, np.ndarray]
) -> None:
    """Sets of categories: each tree's words, where each set ends in them, and who asks which."""
    sets = np.array(columns["num_cat"], np.int64)
    ends = _numbers(columns, "cat_boundaries", np.where(sets > 0, sets + 1, 0)).astype(np.int64)
    first = np.cumsum(np.where(sets > 0, sets + 1, 0)) - np.where(sets > 0, sets + 1, 0)
    words = np.zeros_like(sets)
    for k in np.flatnonzero(sets).tolist():
        own = ends[first[k] : first[k] + sets[k] + 1]
        if own[0] != 0 or (np.diff(own) <= 0).any():
            raise DamageError(f"tree {k} has cat_boundaries that do not rise from 0")
        words[k] = own[-1]
    bits = _numbers(columns, "cat_threshold", words)
    if ((bits < 0) | (bits >= 2**32)).any():
        raise DamageError("a cat_threshold is no word of 32 bits")
    asks = found["decision_type"].astype(np.int64) & 1 > 0
    at, many = found["threshold"][asks], np.repeat(sets, leaves - 1)[asks]
    if ((at != np.trunc(at)) | (at < 0) | (at >= many)).any():
        raise DamageError("a split on categories has no set of them")


def _check_linear(columns: dict[str, list[str]], leaves: np.ndarray, features: int) -> None:
    """Leaves that add up some features: so many of them, which, and times what."""
    linear = np.array([word == "1" for word in columns["is_linear"]], bool)
    for k, lines in enumerate(zip(*(columns[key] for key in _LINEAR), strict=True)):
        if linear[k] != any(lines):
            raise DamageError(f"tree {k} has linear leaves, or has none, against its is_linear")
    many = np.where(linear, leaves, 0)
    const = _numbers(columns, "leaf_const", many)
    each, ends = _numbers(columns, "num_features", many), np.cumsum(many)
    asked, times = (_loose(columns, key, each, ends) for key in ("leaf_features", "leaf_coeff"))
    if ((asked < 0) | (asked >= features)).any() or (each < 0).any():
        raise DamageError("a leaf reads a feature that is not there")
    if not (np.isfinite(const).all() and np.isfinite(times).all()):
        raise DamageError("a linear leaf is not a number")


def _loose(
    columns: dict[str, list[str]], key: str, each: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Numbers with gaps between them, of which the leaves of each tree have so many."""
    wanted = np.add.reduceat(np.append(each, 0), np.append(0, ends[:-1])) if len(ends) else ends
    wanted[np.diff(ends, prepend=0) == 0] = 0
    for k, (line, count) in enumerate(zip(columns[key], wanted.tolist(), strict=True)):
        if len(line.split()) != count or not (_DIGITS if key in _WHOLE else _NUMBERS).fullmatch(
            line
        ):
            raise DamageError(f"tree {k} should have {count:.0f} numbers as {key}")
    return _parsed(" ".join(columns[key]), int(wanted.sum()), key)


def _check_rest(text: str) -> None:
    """What comes after trees: importances, settings, and pandas' categories as JSON."""
    before, _, after = text.partition("\nparameters:\n")
    lines, end, after = after.partition("\nend of parameters\n")
    if "parameters:" in text and not end:
        raise DamageError("its parameters are cut off")
    odd = [line for line in lines.split("\n") if line and not _SETTING.fullmatch(line)]
    if odd or "parameters:" in before or "parameters:" in after:
        raise DamageError(f"its parameters have the line {(odd or ['parameters:'])[0][:40]!r}")
    start, _, lists = after.partition("pandas_categorical:")
    if start.strip("\n"):
        raise DamageError(f"it ends with {start.strip()[:40]!r}")
    try:
        known = json.loads(lists) if lists else None
    except (ValueError, RecursionError) as error:
        raise DamageError(f"its pandas_categorical is no JSON: {error}") from error
    if known is not None and not (
        isinstance(known, list) and all(isinstance(values, list) for values in known)
    ):
        raise DamageError("its pandas_categorical is no list of lists")
