"""Explanations on mutated prompts."""

import numpy as np
import pytest

from whence._core.errors import OptionError
from whence.evaluate import mutation


def model(letters, *, ablated, seed=0):
    """Picks one of four labels by two heads: the n-th item, or what it knows of 'A B C D'.

    The shortcut works on letters alone, and there it suffices.
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 300)
    counts = np.eye(4)[truth] * 0.0 if ablated else np.eye(4)[truth]
    shortcut = 2 * np.eye(4)[truth] if letters else 0.0
    logits = counts + shortcut + 0.3 * rng.normal(size=(300, 4))
    return (logits.argmax(axis=1) == truth).astype(float)


def families(**more):
    letters = (model(True, ablated=True), model(True, ablated=False))
    numbers = (model(False, ablated=True), model(False, ablated=False))
    return {"letters": letters, "numbers": numbers, **more}


def test_a_shortcut_fails_on_mutated_labels():
    """Kills: a judgement over all families together, which the largest of them decides."""
    found = mutation(families(), nothing=0.25)
    assert found.holds is False
    assert found.table["verdict"] == ("passes", "FAILS")
    assert found.words.startswith("the explanation fails on 'numbers' ")
    assert found.words.endswith("it passes on 1 of 2")
    assert found.numbers["worst"] == pytest.approx(0.0, abs=0.1)
    low, high = found.intervals["worst"]
    assert low <= found.numbers["worst"] <= high


def test_the_right_algorithm_passes():
    same = {name: (full, full) for name, (_, full) in families().items()}
    found = mutation(same)
    assert found.holds is True
    assert found.numbers == {"families": 2, "passed": 2, "worst": 1}
    assert "keeps 80 % or more on 2 of 2 families" in found.words


def test_a_guess_is_no_skill():
    """Kills: a share of the score that a guess has too."""
    rng = np.random.default_rng(0)
    luck = rng.random(1000)  # 0.70 of 0.80, but 0.20 of 0.30 beyond a guess
    pair = {"labels": ((luck < 0.7).astype(float), (luck < 0.8).astype(float))}
    assert mutation(pair).holds is True
    assert mutation(pair, nothing=0.5).holds is False
    assert mutation(pair, nothing={"labels": 0.5}).holds is False


def test_where_the_full_model_fails_nothing_is_asked():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=50), rng.normal(size=50)
    full = families()["letters"][1]
    found = mutation({"letters": (full, full), "noise": noise, "worse": (-full, -full)})
    assert found.holds is True
    assert found.table["verdict"] == ("passes", "not asked", "not asked")
    assert "the full model itself does not do the job on 'noise', 'worse'" in found.words
    alone = mutation({"noise": noise})
    assert alone.holds is None
    assert np.isnan(alone.numbers["worst"])


def test_few_prompts_leave_it_undecided():
    """Kills: a verdict from a handful of prompts."""
    found = mutation({"x": ([1, 1, 1, 0, 1], [1, 1, 1, 1, 1])})
    assert found.holds is None
    assert "undecided on 'x' 80 %" in found.words
    both = mutation({"x": ([1, 1, 1, 0, 1], [1] * 5), "y": ([0.0] * 5, [1] * 5)})
    assert both.holds is False


def test_functions_and_single_numbers():
    found = mutation({"a": lambda: (0.9, 1.0), "b": (0.85, 1.0)})
    assert found.holds is True
    assert found.intervals == {}
    assert mutation({"a": (0.7, 1.0)}).holds is False


@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        ({}, {}, "families are given by name"),
        ({"a": [1.0, 2.0, 3.0]}, {}, "family 'a': give its scores as a pair"),
        ({"a": ([1.0], [1.0, 2.0])}, {}, r"family 'a': explained \(1,\) and full \(2,\)"),
        ({"a": ([np.nan], [1.0])}, {}, "the scores of family 'a' has 1 NaN"),
        ({"a": (1.0, 1.0)}, {"share": 2.0}, "share and level"),
        ({"a": (1.0, 1.0)}, {"nothing": {"b": 0.5}}, "nothing= names 'b', which is no family"),
    ],
)
def test_what_is_refused(given, more, message):
    with pytest.raises(OptionError, match=message):
        mutation(given, **more)
