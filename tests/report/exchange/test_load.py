"""Results from files: what a file is, its first bytes say."""

import json

import pytest
from sameness import same

import whence as wh
from whence._core.errors import ResultError


def test_the_suffix_means_nothing(rows60, tmp_path):
    """Kills: a format that is guessed from a name."""
    a, b, c = (tmp_path / name for name in ("a.json", "b.whence", "c"))
    rows60.save(a)
    rows60.to_parquet(b)
    c.write_text("\n " + json.dumps(rows60.to_dict(), allow_nan=False))
    for path in (a, b, c, str(c)):
        same(rows60, wh.load(path))


@pytest.mark.parametrize(
    "content", [b"PAR1", b"PAR1 and then nothing PAR1", b"{", b"[1]", b'{"a": 1}', b"\xff", b"PK"]
)
def test_what_only_begins_like_a_result(content, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(ResultError, match="not a whence result, or it is damaged"):
        wh.load(path)


def test_numbers_of_json_that_were_cut(rows60, tmp_path):
    path = tmp_path / "a.json"
    told = rows60.to_dict()
    path.write_text(json.dumps(told | {"values": told["values"][:-1]}))
    with pytest.raises(ResultError, match=r"a\.json is damaged"):
        wh.load(path)
