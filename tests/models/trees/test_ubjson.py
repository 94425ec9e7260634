"""UBJSON by hand: what XGBoost's own JSON says, and bytes that are not whole."""

import json
import struct

import numpy as np
import pytest

from whence._core.errors import ModelFileError
from whence.models.trees.ubjson import loads


def key(word):
    return b"L" + struct.pack(">q", len(word)) + word.encode()


@pytest.mark.parametrize(
    ("mark", "code", "value"),
    [
        ("i", ">b", -7), ("U", ">B", 200), ("I", ">h", -300), ("u", ">H", 60000),
        ("l", ">i", -70000), ("m", ">I", 2**32 - 1), ("L", ">q", -(2**40)), ("M", ">Q", 2**64 - 1),
        ("d", ">f", 0.5), ("D", ">d", 0.1),
    ],
)  # fmt: skip
def test_numbers_alone_and_side_by_side(mark, code, value):
    number = struct.pack(code, value)
    assert loads(mark.encode() + number) == value
    several = b"[$" + mark.encode() + b"#" + b"L" + struct.pack(">q", 3) + 3 * number
    assert loads(b"{" + key("many") + several + b"}")["many"].tolist() == [value] * 3


def test_words_and_lists():
    held = b"[#L" + struct.pack(">q", 4) + b"TFZS" + key("no")
    assert loads(held) == [True, False, None, "no"]
    assert loads(b"{}") == {}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"X", b"[i", b"{" + key("a") + b"d\0", b"[$?#L" + b"\0" * 8]
)
def test_bytes_that_are_not_whole(raw):
    with pytest.raises(ModelFileError, match="not XGBoost's UBJSON"):
        loads(raw)


def test_it_says_what_the_json_says():
    xgb = pytest.importorskip("xgboost")
    X = np.arange(40.0).reshape(20, 2)
    booster = xgb.train({"max_depth": 3}, xgb.DMatrix(X, label=X[:, 0] % 7), 2)
    told = json.loads(booster.save_raw("json"))

    def same(a, b):
        if isinstance(b, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in b)
        if isinstance(b, list) and b and isinstance(b[0], dict):
            return all(same(x, y) for x, y in zip(a, b, strict=True))
        return np.allclose(a, b, rtol=1e-6) if isinstance(b, list) else a == b

    assert same(loads(booster.save_raw("ubj")), told)
