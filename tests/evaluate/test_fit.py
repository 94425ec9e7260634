"""Fits: what any answer says of coalitions that it has not seen."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import OptionError, PlayersError
from whence.evaluate import fit
from whence.games.synthetic import Gloves, Linear, Unanimity


def test_an_additive_game_is_predicted_without_fault():
    game = Linear([1.0, -2.0, 0.5], n_cases=3, n_draws=5)
    found = fit(game, wh.attribute(game, by_case=True))
    assert found.numbers["correlation"] == pytest.approx(1.0)
    assert found.holds is True


def test_known_correlation_of_a_product():
    """v = ab at keep 1/2: Banzhaf's slopes explain 2/3 of the variance, so r = sqrt(2/3)."""
    game = Unanimity({("a", "b"): 1.0}, ("a", "b"))
    found = fit(game, wh.attribute(game, index=wh.Banzhaf()), masks=20_000, keep=0.5)
    low, high = found.intervals["correlation"]
    assert low <= np.sqrt(2 / 3) <= high
    assert high - low < 0.02


def test_values_of_somebody_else_predict_nothing():
    """Kills: a judge that believes any numbers."""
    game = Linear([1.0, -2.0, 0.5, 3.0])
    wrong = wh.FunctionGame(lambda stay: stay @ [2.0, 1.0, -3.0, 0.5], game.players)
    found = fit(game, wh.attribute(wrong), masks=4000, keep=0.5)
    truth = np.array([1.0, -2.0, 0.5, 3.0]) @ [2.0, 1.0, -3.0, 0.5]
    size = np.linalg.norm([1.0, -2.0, 0.5, 3.0]) * np.linalg.norm([2.0, 1.0, -3.0, 0.5])
    low, high = found.intervals["correlation"]
    assert low <= truth / size <= high
    assert found.holds is False


def test_more_players_than_the_judge_has_are_left_out_of_account():
    small = wh.FunctionGame(lambda stay: stay @ [1.0, 2.0], ("b", "a"))
    large = wh.FunctionGame(lambda stay: stay @ [2.0, 1.0, 9.0], ("a", "b", "c"))
    assert fit(small, wh.attribute(large), keep=0.5).numbers["correlation"] == pytest.approx(1.0)


def test_a_mean_is_judged_on_the_mean_over_cases():
    game = Linear([1.0, -2.0, 0.5], n_cases=3)
    assert fit(game, wh.attribute(game)).numbers["correlation"] == pytest.approx(1.0)


def test_refusals():
    game = Gloves()
    answer = wh.attribute(game)
    with pytest.raises(OptionError, match="3 to 10,000,000 masks"):
        fit(game, answer, masks=2)
    with pytest.raises(OptionError, match=r"keep=1\.0"):
        fit(game, answer, keep=1.0)
    with pytest.raises(PlayersError, match="no value for 'x0'"):
        fit(Linear([1.0]), answer)
