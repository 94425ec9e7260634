"""Judges say in one line what an argument must be, as verbs do."""

import numpy as np
import pytest

import whence as wh
from whence import evaluate

GAME = wh.FunctionGame(lambda stay: stay @ np.array([1.0, 2.0, 3.0]), ("a", "b", "c"))
ANSWER = wh.attribute(GAME)
FAMILIES = {"letters": (np.arange(5.0), np.arange(5.0) + 1)}
ODD = (None, "x", [1], {1}, np.zeros((2, 2)), 10**400)


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize(
    "ask",
    [
        lambda odd: evaluate.fit(GAME, ANSWER, masks=odd),
        lambda odd: evaluate.faithfulness_curve(odd, ANSWER),
        lambda odd: evaluate.faithfulness_curve(GAME, ANSWER, by=odd),
        lambda odd: evaluate.screen(GAME, theta=odd),
        lambda odd: evaluate.screen(odd, theta=0.5),
        lambda odd: evaluate.mutation(FAMILIES, share=odd),
        lambda odd: evaluate.calibration("abc", [1, 2, 3], [1, 2, 3], rank=odd),
        lambda odd: evaluate.reliability([], at_least=odd),
        wh.report.plot,
        wh.report.beside,
        wh.json_schema,
        ANSWER.players.column,
        lambda odd: ANSWER.players.take([odd]),
    ],
)
def test_one_line_says_what_it_must_be(ask, odd):
    with pytest.raises(wh.WhenceError) as caught:
        ask(odd)
    assert "\n" not in str(caught.value)


def test_a_case_beyond_what_machines_count():
    with pytest.raises(wh.WhenceError, match="case"):
        ANSWER.select(case=2**63)


def test_sizes_that_are_none():
    with pytest.raises(wh.WhenceError, match="leave them out"):
        evaluate.faithfulness_curve(GAME, ANSWER, sizes=[])


@pytest.mark.parametrize("path", ["\ud800.whence", "a\ud83d/b.whence"])
def test_half_a_character_is_no_path(path):
    with pytest.raises(wh.WhenceError, match="path of a file"):
        ANSWER.save(path)
    with pytest.raises(wh.WhenceError, match="path of a file"):
        wh.load(path)
