"""Damaged model files: each is refused in a sentence, or answers as it says; none does harm.

`bench/fuzz.py` does the same with 20,000 files for each reader.
"""

import sys

import pytest
from fuzz import fuzz

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads /proc"),
]
FILES = {
    "lightgbm": ("lightgbm", 400),
    "xgboost_json": ("xgboost", 400),
    "xgboost_ubj": ("xgboost", 400),
    "catboost": ("catboost", 400),
    "catboost_categories": ("catboost", 300),
    "skops_trees": ("skops", 150),
    "skops_others": ("skops", 250),
    "onnx": ("skl2onnx", 400),
}


@pytest.mark.parametrize("name", FILES)
def test_damaged_files(name):
    package, count = FILES[name]
    pytest.importorskip(package)
    pytest.importorskip("pandas")
    if name == "skops_others":
        for more in ("xgboost", "lightgbm", "catboost"):
            pytest.importorskip(more)
    outcome = fuzz(f"fuzz.models:{name}", count, first=1_000_000)
    assert not outcome.faults, outcome.words()
    assert outcome.counts["answered"] > count / 100  # not all damage does harm
    assert outcome.counts["refused"] > count / 4
