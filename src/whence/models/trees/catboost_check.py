"""CatBoost's binary file, checked before CatBoost reads it.

CatBoost sees to it that its flatbuffer is one, and trusts what stands in it: how deep trees are,
which borders they ask, how many leaves they have, and how these were packed into bytes.
Source: `model.fbs`, `TModelTrees::CalcBinFeatures` and the evaluators in catboost/libs/model.
"""

from struct import error

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence.models.trees.catboost_ctr import PROVIDER, check_statistics
from whence.models.trees.damage import DamageError
from whence.models.trees.flatbuffer import Table

_BIN = np.dtype([("feature", "<u2"), ("mask", "u1"), ("split", "u1")])
_STEP = np.dtype([("left", "<u2"), ("right", "<u2")])
_BORDERS = 254  # that fit into one byte, beside "below all"
_DEEPEST = 16
_NO_LEAF = 2**32 - 1


def check_catboost(raw: bytes) -> None:
    """Refuse a file that CatBoost could not read as it is meant.

    Raises:
        DamageError: what is wrong.
        UnsupportedModelError: a model of text or embeddings, of which whence knows too little.
    """
    if not raw.startswith(b"CBM1"):
        raise DamageError(f"it starts with {raw[:8]!r}, not with CBM1")
    try:
        _check(raw)
    except (IndexError, OverflowError, error) as problem:
        raise DamageError("it is cut off, or its tables lead beyond its end") from problem


def _check(raw: bytes) -> None:
    size = int.from_bytes(raw[4:8], "little")
    core = raw[8 : 8 + size]
    root = Table.root(core)
    parts = [text.decode(errors="replace") for text in root.texts(3)]
    if len(core) < size or (len(raw) > 8 + size and not parts):
        raise DamageError(f"it should have {8 + size:,} bytes, and has {len(raw):,}")
    if root.text(0) != "FlabuffersModel_v1":
        raise DamageError(f"its format is {root.text(0)[:40]!r}")
    trees = root.table(1)
    if parts not in ([], [PROVIDER]) or any(trees.count(field) for field in (12, 13, 18)):
        raise UnsupportedModelError(
            "the model reads text or embeddings, and whence cannot see whether its file is sound. "
            "Load it yourself, and give whence the model (on the command line, as pkg.mod:object)."
        )
    _check_columns(trees)
    if trees.count(7):
        check_statistics(trees, raw[8 + size :], trees.count(4), trees.count(5))
    bins = _bins(trees)
    width = trees.number(0, "<i4")
    value, weight = trees.numbers(8, "<f8"), trees.numbers(9, "<f8")
    if width < 1 or len(value) % width:
        raise DamageError(f"it has {len(value)} values of leaves, for {width} outputs")
    leaves = _check_trees(trees, len(bins), width, len(value))
    if len(value) != leaves * width or len(weight) not in {0, leaves}:
        raise DamageError(
            f"it has {leaves} leaves, and {len(value)} values and {len(weight)} weights"
        )
    scale, bias = trees.number(14, "<f8", 1.0), trees.number(15, "<f8")
    more = trees.numbers(16, "<f8")
    if not (np.isfinite(value).all() and np.isfinite([scale, bias, *more]).all()):
        raise DamageError("a leaf, its scale or its bias is not a number")
    if len(more) not in {0, width}:
        raise DamageError(f"it has {len(more)} biases, for {width} outputs")
    _check_packed(trees, bins)


def _check_columns(trees: Table) -> None:
    """Every column is one feature, counted within its kind and over all."""
    kinds = [(trees.tables(field), own, flat) for field, own, flat in _COLUMNS]
    places = [table.number(flat, "<i4") for tables, _, flat in kinds for table in tables]
    if sorted(places) != list(range(len(places))):
        raise DamageError("its features are not one for each column")
    for tables, own, _ in kinds:
        if [table.number(own, "<i4") for table in tables] != list(range(len(tables))):
            raise DamageError("its features are not in the order of their numbers")


_COLUMNS = ((4, 0, 1), (5, 1, 2))  # categories, numbers


def _bins(trees: Table) -> np.ndarray:
    """How each border is packed; of those of categories, which features they may be of."""
    packed, feature = [], 0
    for table in trees.tables(5):
        borders = table.numbers(3, "<f4")
        if not np.isfinite(borders).all() or (np.diff(borders) <= 0).any():
            raise DamageError("the borders of a feature do not rise")
        if table.number(5, "<i1") not in {0, 1, 2}:
            raise DamageError("a feature treats missing cells in a way that is not known")
        at = np.arange(len(borders))
        own = np.zeros(len(borders), _BIN)
        own["feature"], own["split"] = feature + at // _BORDERS, at % _BORDERS + 1
        feature += -(-len(borders) // _BORDERS)
        packed.append(own)
    for table in trees.tables(6):
        if not 0 <= table.number(0, "<i4") < trees.count(4):
            raise DamageError("a split asks of a column of categories that is not there")
    others = [table.count(1) for table in (*trees.tables(6), *trees.tables(7))]
    unknown = np.zeros(sum(others), _BIN)
    most = feature + sum(-(-count // _BORDERS) for count in others)
    if most > np.iinfo(np.uint16).max:
        raise DamageError("it has more borders than can be packed")
    unknown["feature"], unknown["mask"], unknown["split"] = most, 255, 255
    return np.concatenate([np.zeros(0, _BIN), *packed, unknown])


def _check_trees(trees: Table, bins: int, width: int, values: int) -> int:
    """How many leaves the trees have."""
    split, size = trees.numbers(1, "<i4"), trees.numbers(2, "<i4").astype(np.int64)
    start, step = trees.numbers(3, "<i4"), trees.numbers(10, _STEP)
    if (size < 0).any() or not np.array_equal(start, np.cumsum(size) - size):
        raise DamageError("its trees do not lie after each other")
    if size.sum() != len(split) or ((split < 0) | (split >= max(bins, 1))).any():
        raise DamageError(f"its trees ask of borders that are none of its {bins}")
    if len(step):
        _check_steps(step, trees.numbers(11, "<u4").astype(np.int64), size, width, values)
        return values // width
    if trees.count(11) or (size > _DEEPEST).any() or (len(split) and not bins):
        raise DamageError(f"a tree is deeper than {_DEEPEST} splits")
    return int((2**size).sum())


def _check_steps(
    step: np.ndarray, leaf: np.ndarray, size: np.ndarray, width: int, values: int
) -> None:
    """Trees that are not symmetric: all steps lead on, inside the tree, to each node once."""
    if len(step) != size.sum() or len(leaf) != len(step) or (size < 1).any():
        raise DamageError("its trees have other nodes than they say")
    here, root = np.arange(len(step)), np.cumsum(size) - size
    end = np.repeat(root + size, size)
    below = []
    for side in ("left", "right"):
        far = step[side].astype(np.int64)
        if (here + far >= end).any():
            raise DamageError("a split leads out of its tree")
        below.append((here + far)[far > 0])
    parents = np.bincount(np.concatenate(below), minlength=len(step))
    wanted = np.ones(len(step), np.int64)
    wanted[root] = 0
    if not np.array_equal(parents, wanted):
        raise DamageError("a node of a tree has no parent, or two")
    ends = (step["left"] == 0) | (step["right"] == 0)
    named = leaf[ends]
    if (named % width).any() or (named >= values).any() or (leaf[~ends] != _NO_LEAF).any():
        raise DamageError("a tree names leaves that are not there")


def _check_packed(trees: Table, bins: np.ndarray) -> None:
    """The borders that trees ask, as CatBoost packed them to compare bytes."""
    packed = trees.numbers(17, _BIN)
    split = trees.numbers(1, "<i4")
    if not len(packed):
        return
    if len(packed) != len(split):
        raise DamageError("its packed splits are not one for each split")
    wanted = bins[split] if len(bins) else np.zeros(len(split), _BIN)
    unknown = wanted["mask"] == 255
    if len(bins) and (packed[~unknown] != wanted[~unknown]).any():
        raise DamageError("its packed splits are not its splits")
    if (packed["feature"][unknown] >= wanted["feature"][unknown]).any():
        raise DamageError("its packed splits ask of features that are not there")
