"""Curves of faithfulness: areas in closed form, their intervals, and what makes no sense."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import GameError, OptionError, ResultError, UnsupportedGameError
from whence._core.game import Game
from whence._core.players import Players
from whence.evaluate import faithfulness_curve
from whence.games.synthetic import Gloves, Linear, Unanimity
from whence.methods import Exact


class Table(Game):
    """Coefficients of each case and player that add up."""

    def __init__(self, table):
        self.table = np.array(table, dtype=float)
        self.n_cases = len(self.table)
        self.players = Players(tuple(f"x{i}" for i in range(self.table.shape[1])))

    def _worth(self, coalitions, cases, draws):
        del draws
        return (coalitions * self.table[cases]).sum(axis=1)


def curve(game, **options):
    return faithfulness_curve(game, wh.attribute(game, method=Exact()), **options)


def test_areas_in_closed_form():
    """4, 3, 2, 1 of 10: f = .4, .7, .9, 1; the area is 1/4 (.4 + .7 + .9 + .5)."""
    found = curve(Linear([2.0, 1.0, 4.0, 3.0]), sizes=range(5))
    assert found.faithfulness.tolist() == pytest.approx([0.0, 0.4, 0.7, 0.9, 1.0])
    assert found.cpr.value == pytest.approx(0.625)
    assert found.cmd.value == pytest.approx(0.375)
    assert np.isnan(found.cpr.stderr)
    assert found.smallest(0.7) == 2
    assert repr(found).startswith("faithfulness of the first players\nCPR 0.625, CMD 0.375\n")


def test_circuits_that_do_more_than_the_whole():
    """f = 5/3, 1/3, 2/3, 1: only CPR counts the first in its favour."""
    found = curve(Linear([5.0, -4.0, 1.0, 1.0]), sizes=range(5))
    f = np.array([0, 5, 1, 2, 3]) / 3
    assert found.faithfulness == pytest.approx(f)
    assert found.cpr.value == pytest.approx(np.trapezoid(f, dx=0.25))
    assert found.cmd.value == pytest.approx(np.trapezoid(np.abs(1 - f), dx=0.25))


def test_a_ladder_of_few_sizes():
    names = tuple(f"p{i}" for i in range(12))
    game = Unanimity({(names[0],): 1.0, (names[1], names[2]): 1.0}, names)
    found = curve(game)
    assert found.sizes.tolist() == [0, 1, 2, 5, 10, 12]
    assert found.faithfulness.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0, 1.0]


def test_intervals_come_from_the_cases():
    """What cases have in common cancels; what they do not is in all three numbers."""
    alike = curve(Table([[2.0, 1.0], [4.0, 2.0], [8.0, 4.0]]))
    assert alike.stderr[1] == pytest.approx(0.0, abs=1e-12)
    assert alike.cpr.stderr == pytest.approx(0.0, abs=1e-12)
    apart = curve(Table([[2.0, 1.0], [3.0, 1.0], [1.0, 1.5]]))
    top, whole = np.array([2.0, 3.0, 1.0]), np.array([3.0, 4.0, 2.5])
    spread = np.std(top - top.sum() / whole.sum() * whole, ddof=1) / np.sqrt(3) / whole.mean()
    assert apart.stderr[1] == pytest.approx(spread)
    assert apart.cpr.stderr == pytest.approx(spread / 2)  # half of the way goes to size 1
    assert apart.cmd.stderr == pytest.approx(spread / 2)
    assert apart.cpr.ci[0] < apart.cpr.value < apart.cpr.ci[1]


@pytest.mark.slow
def test_intervals_of_areas_hold_the_truth():
    """Of 400 at 95 %, 380 +- 4.4 (one standard deviation) would."""
    held = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        game = Table(np.array([3.0, 2.0, 1.0]) + 0.5 * rng.normal(size=(15, 3)))
        found = faithfulness_curve(game, wh.attribute(Linear([3.0, 2.0, 1.0]), method=Exact()))
        held += found.cpr.ci[0] <= (0.5 + 5 / 6 + 0.5) / 3 <= found.cpr.ci[1]
    assert 366 <= held <= 394


def test_what_makes_no_sense():
    game = Linear([1.0, 2.0])
    ranking = wh.attribute(game, method=Exact())
    with pytest.raises(OptionError, match="sizes lie between 0 and the 2 players; given 3"):
        faithfulness_curve(game, ranking, [3])
    with pytest.raises(OptionError, match="given -1"):
        faithfulness_curve(game, ranking, [-1])
    with pytest.raises(OptionError, match="by='most' is not offered"):
        faithfulness_curve(game, ranking, by="most")
    with pytest.raises(ResultError, match="both need the same players"):
        faithfulness_curve(Gloves(), ranking)
    with pytest.raises(GameError, match="everybody is worth 0 and nobody 0"):
        curve(Gloves(1, 0, 2))
    steps = wh.FunctionGame(lambda s: s.sum(axis=1), Players(("x0", "x1"), ordered=True))
    with pytest.raises(UnsupportedGameError, match="players are ordered"):
        faithfulness_curve(steps, ranking)
    with pytest.raises(OptionError, match=r"no size reaches 1\.5: the most is 1"):
        curve(game).smallest(1.5)
