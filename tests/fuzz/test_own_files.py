"""Whence's own files, damaged: refused in one line, or the answer that was there."""

import sys

import pytest

from fuzz import fuzz

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads /proc"),
]
COUNTS = {
    "fuzz.answers:zips": 600,
    "fuzz.answers:texts": 600,
    "fuzz.answers:tables": 300,
    "fuzz.answers:judgements": 300,
    "fuzz.answers:zips_before": 100,
    "fuzz.answers:texts_before": 100,
    "fuzz.stores:worths": 150,
    "fuzz.stores:gradients": 300,
}


@pytest.mark.parametrize("target", COUNTS)
def test_damage_is_refused_or_harmless(target):
    outcome = fuzz(target, COUNTS[target])
    assert not outcome.faults, outcome.words()
    assert outcome.counts["refused"] > COUNTS[target] / 5
    assert outcome.counts["answered"] > 0
