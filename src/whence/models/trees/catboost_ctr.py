"""What CatBoost keeps of categories: tables from hashes to counts, checked before it looks them up.

A table is a field of buckets, each a hash and the number of a row of counts; a search goes on to
the next bucket until it meets the hash or an empty one. So there must be empty ones, and every
number must have its row. A statistic names its table, and which class it counts.
Source: `ctr_data.fbs`, `TCtrValueTable` and `TStaticCtrProvider` in catboost/libs/model.
"""

import numpy as np

from whence.models.trees.damage import DamageError
from whence.models.trees.flatbuffer import Table

PROVIDER = "static_provider_v1"
_BUCKET = np.dtype([("hash", "<u8"), ("row", "<u4")])
_EMPTY = 2**64 - 1
_MEANS, _COUNTS = {2, 3}, {4, 5}  # kinds of statistics: a sum and a count, a count; else by class
_MOST = 2**16  # classes


def check_statistics(trees: Table, tail: bytes, categories: int, numbers: int) -> None:
    """Refuse statistics of categories that lead out of their tables.

    Args:
        trees: the model's trees.
        tail: what lies behind them in the file.
        categories: how many columns of categories the model has.
        numbers: how many columns of numbers.

    Raises:
        DamageError: they do.
    """
    tables = _tables(tail)
    for feature in trees.tables(7):
        borders = feature.numbers(1, "<f4")
        if np.isnan(borders).any() or (np.diff(borders) < 0).any():
            raise DamageError("the borders of a statistic do not rise")
        statistic = feature.table(0)
        base = statistic.table(0)
        _check_combination(base.table(0), categories, numbers)
        key = _key(base)
        if key not in tables:
            raise DamageError("a statistic of categories has no table")
        target = statistic.number(1, "<i4")
        if not 0 <= target < max(tables[key], 1):
            raise DamageError(f"a statistic counts class {target}, and there are {tables[key]}")
        if not np.isfinite([statistic.number(k, "<f4") for k in (2, 3, 4, 5)]).all():
            raise DamageError("a statistic of categories is scaled by what is no number")


def _tables(tail: bytes) -> dict[tuple[object, ...], int]:
    """How many classes each table counts, by what it is a table of."""
    found, at = {}, 4
    for _ in range(int.from_bytes(tail[:4], "little")):
        size = int.from_bytes(tail[at : at + 4], "little")
        blob = tail[at + 4 : at + 4 + size]
        if len(blob) < size or not size:
            raise DamageError("its tables of categories are cut off")
        table = Table.root(blob)
        found[_key(table.table(0))] = _classes(table)
        at += 4 + size
    if at != len(tail):
        raise DamageError(f"it has {len(tail) - at} bytes behind its tables of categories")
    return found


def _key(base: Table) -> tuple[object, ...]:
    """What a table is of: a combination of columns and splits, and a kind of statistic."""
    combination = base.table(0)
    splits = [
        tuple(
            (table.number(0, "<i4"), table.number(1, kind)) for table in combination.tables(field)
        )
        for field, kind in ((1, "<f4"), (2, "<i4"))
    ]
    return (combination.numbers(0, "<i4").tobytes(), *splits, base.number(1, "<i1"))


def _check_combination(combination: Table, categories: int, numbers: int) -> None:
    columns = combination.numbers(0, "<i4")
    floats = [table.number(0, "<i4") for table in combination.tables(1)]
    values = [table.number(0, "<i4") for table in combination.tables(2)]
    for places, count in ((columns, categories), (floats, numbers), (values, categories)):
        if any(not 0 <= place < count for place in places):
            raise DamageError("a statistic is of a column that is not there")


def _classes(table: Table) -> int:
    kind, classes = table.table(0).number(1, "<i1"), table.number(4, "<i4")
    if not 0 <= kind <= 5 or not 0 <= classes <= _MOST:
        raise DamageError(f"a table of categories is of kind {kind}, with {classes} classes")
    width = 8 if kind in _MEANS else 4 if kind in _COUNTS else 4 * classes
    rows = table.count(2) // width if width else 0
    size = table.count(1)
    buckets = np.frombuffer(table.numbers(1, "u1").tobytes(), _BUCKET, size // _BUCKET.itemsize)
    many = len(buckets)
    if size % _BUCKET.itemsize or not many or many & (many - 1):
        raise DamageError(f"a table of categories has {size} bytes of buckets")
    full = buckets["hash"] != _EMPTY
    if full.all() or (buckets["row"][full] >= rows).any():
        raise DamageError("a table of categories has no room, or leads beyond its counts")
    return classes if width == 4 * classes and kind not in _COUNTS | _MEANS else 1
