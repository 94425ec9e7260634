"""The illusion of patching, found in a network that was trained: its hidden units, not its stream.

One direction of the wide hidden layer, fitted so that patching it moves the answer, does so by a
way that the network does not use; one direction of the stream, fitted likewise, is the network's.
"""

import pytest

torch = pytest.importorskip("torch")
from networks import illusions  # noqa: E402

from whence.evaluate import illusion  # noqa: E402


def judged(place):
    site = illusions.site(place)
    return illusion(
        site.base,
        site.source,
        site.direction,
        site.reader,
        site.effect,
        site_effect=site.whole,
    )


def test_a_direction_of_hidden_units_is_an_illusion():
    found = judged("hidden")
    assert found.holds is False
    low, high = found.intervals["retention"]
    assert high < 0.5
    assert low < found.numbers["retention"] < high


def test_a_direction_of_the_stream_is_no_illusion():
    found = judged("stream")
    assert found.holds is True
    assert found.numbers["retention"] > 0.9
