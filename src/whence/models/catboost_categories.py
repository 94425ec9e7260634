"""Which categories a CatBoost model knows: it keeps hashes of them, so that cells are hashed too.

A table of statistics ("CTR") on one column alone has a key for every category of its training rows:

    key = c * c * hash(text) mod 2^64,   c = 0x4906ba494954cb65,   hash signed, of 32 bits

A column with two categories is split on directly, and its hashes are those that splits ask for:
perhaps not both, so that one value that is not found there may be the other. Of a column that is
only in tables together with others nothing is known.
Source: `calc_hash` in the Python code that CatBoost 1.2 exports; hashes are CatBoost's own.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, final

import catboost

from whence.models.categories import Known, Vocabulary
from whence.models.table import Table

_FACTOR, _WORD, _SIGN = 0x4906BA494954CB65, 2**64, 2**31
_WIDEST = 10  # digits of a code that lost its leading zeros
_VALUES = 2000  # different cells of a column that are looked up


@final
@dataclass(frozen=True, slots=True)
class Hashed(Vocabulary):
    """Categories by their hashes.

    Args:
        keys: column -> the key of every category that it had.
        splits: column -> signed hashes of some categories that it had.
    """

    keys: Mapping[str, frozenset[int]]
    splits: Mapping[str, frozenset[int]]

    def known(self, table: Table) -> Known:
        """Of the cells of a table, and what they would be in another spelling, those it knows."""
        found: dict[str, Sequence[object]] = {}
        for name in (self.keys.keys() | self.splits.keys()) & set(table.names):
            column = table.raw(name)
            cells = list(dict.fromkeys(column.data[~column.missing].tolist()))[:_VALUES]
            others = [s for cell in cells for s in _spellings(_text(cell))]
            hashed = hashes([*map(_text, cells), *others])
            mine = [c for c in cells if self._has(name, hashed[_text(c)])]
            theirs = [c for c in others if self._has(name, hashed[c])]
            if name in self.keys or (not mine and (theirs or len(cells) > 1)):
                found[name] = [*mine, *theirs]
        return found

    def _has(self, name: str, value: int) -> bool:
        signed = _signed(value)
        if name in self.splits:
            return signed in self.splits[name]
        return _FACTOR * (_FACTOR * signed % _WORD) % _WORD in self.keys[name]


def vocabulary(model: Any, names: Sequence[str]) -> Vocabulary:
    """What a fitted model knows.

    Args:
        model: of CatBoost.
        names: its columns, in their order.
    """
    places = model.get_cat_feature_indices()
    if not places:
        return Hashed({}, {})
    columns = [names[j] for j in places]
    told = _exported(model, None)
    keys: dict[str, frozenset[int]] = {}
    for key, table in told.get("ctr_data", {}).items():
        parts = json.loads(key)["identifier"]
        if len(parts) == 1 and parts[0]["combination_element"] == "cat_feature_value":
            name = columns[parts[0]["cat_feature_index"]]
            keys[name] = frozenset(map(int, table["hash_map"][:: table["hash_stride"]]))
    listed = {
        columns[f["feature_index"]]: frozenset(map(_signed, f["values"]))
        for f in told["features_info"].get("categorical_features", ())
        if f.get("values")
    }
    return Hashed(keys, {name: v for name, v in listed.items() if name not in keys})


def _signed(value: int) -> int:
    return (value + _SIGN) % (2 * _SIGN) - _SIGN


def _text(cell: object) -> str:
    """A cell as CatBoost gets it: whence gives whole numbers in an array of floats as integers."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def hashes(texts: Iterable[str]) -> dict[str, int]:
    """CatBoost's own hash of each text."""
    rows = [[text] for text in dict.fromkeys(texts)]
    if not rows:
        return {}
    told = _exported(_hasher(), catboost.Pool(rows, cat_features=[0]))
    return {e["value"]: e["hash"] for e in told["features_info"]["cat_features_hash"]}


@cache
def _hasher() -> Any:
    """A model of one category, which hashes any rows that it is saved with."""
    settings = {"iterations": 1, "depth": 1, "thread_count": 1, "verbose": False}
    model = catboost.CatBoost({**settings, "allow_writing_files": False})
    return model.fit(catboost.Pool([["a"], ["b"]], [0, 1], cat_features=[0]))


def _exported(model: Any, rows: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json", pool=rows)
        return json.loads(path.read_text(encoding="utf-8"))


def _spellings(text: str) -> list[str]:
    """What a cell may have been: a code with leading zeros, a whole number, or in another case."""
    bare = text.strip()
    forms = {bare, bare.casefold(), bare.title(), bare.upper(), bare.removesuffix(".0")}
    if text.isascii() and text.isdecimal():
        forms |= {text.zfill(width) for width in range(len(text) + 1, _WIDEST + 1)}
        forms |= {f"{text}.0", text.lstrip("0")}
    return sorted(forms - {text, ""})
