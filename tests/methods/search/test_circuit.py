"""Circuits: known coalitions, found by few questions, and reported where they were not chosen."""

import numpy as np
import pytest

import whence as wh
from whence._core.attribution import Cost
from whence._core.errors import GameError, OptionError, ResultError, UnsupportedGameError
from whence._core.game import Game
from whence._core.players import Players
from whence.games.synthetic import Gloves, Linear, Noisy, Unanimity
from whence.methods import Exact, Permutation
from whence.methods.search._growing import rungs
from whence.methods.search._halves import halves
from whence.methods.search.circuit import _check, circuit


class Table(Game):
    """Coefficients of each case and player that add up."""

    def __init__(self, table, names=None):
        self.table = np.array(table, dtype=float)
        self.n_cases = len(self.table)
        self.players = Players(names or tuple(f"x{i}" for i in range(self.table.shape[1])))

    def _worth(self, coalitions, cases, draws):
        del draws
        return (coalitions * self.table[cases]).sum(axis=1)


def ranked(game, values):
    """An answer with these values."""
    values = np.array(values, float).reshape(-1, 1, len(game.players))  # case, output, player
    ends, n = np.zeros(values.shape[:2]), len(values)
    return wh.Attribution(
        values, {}, np.ones(n), game.players, ("worth",), wh.LeaveOneOut(), "by hand",
        "unquantified", ends, ends, Cost(0, 0, 0, None, 0, 0.0), True, "",
    )  # fmt: skip


def test_a_known_coalition():
    game = Unanimity({("c", "g"): 3.0, ("a",): 1.0, ("b", "e", "f"): 0.05}, tuple("abcdefgh"))
    found = circuit(game, Exact())
    assert set(found.kept) == {"a", "c", "g"}
    assert found.converged
    assert found.faithfulness.value == pytest.approx(4 / 4.05)
    assert found.completeness.value == pytest.approx(0.05 / 4.05)
    assert found.minimality["c"].value == pytest.approx(3 / 4.05)
    assert found.minimality["a"].value == pytest.approx(1 / 4.05)
    assert "nothing could be held out of one case" in found.verdict
    assert found.held_out == 0


def test_one_of_those_that_stand_in_for_one_another():
    """Gloves: any right glove will do, so two of the three leave. Kills: leaving all at once."""
    found = circuit(Gloves(1, 3, 1), ranked(Gloves(1, 3, 1), [1, 4, 3, 2, 5]), faithfulness=1.0)
    assert found.kept == ("right 0", "left 0")
    assert found.faithfulness.value == 1.0
    assert found.completeness.value == 0.0  # no left glove is left
    kept = circuit(Gloves(1, 3, 1), ranked(Gloves(1, 3, 1), [1, 4, 3, 2, 5]), prune=False)
    assert set(kept.kept) == set(Gloves(1, 3, 1).players.names)
    assert kept.minimality["right 1"].value == 0.0
    assert found.order == kept.order


def test_the_size_is_found_by_few_questions():
    """Kills: asking every size. 300 players, of whom the first 41 are needed."""
    n = 300
    game = Unanimity({(f"p{i}",): 1.0 for i in range(41)}, tuple(f"p{i}" for i in range(n)))
    found = circuit(game, ranked(game, -np.arange(n) + 2.0 * n), faithfulness=1.0)
    assert found.kept == tuple(f"p{i}" for i in range(41))
    # two ends, ten rungs, five bisections, 42 to prune by, and 45 to report
    assert found.cost.asked == 2 + len(rungs(n)) + 5 + 42 + 45
    assert found.cost.asked == found.cost.evaluations
    assert found.path["size"][:3].tolist() == [1.0, 2.0, 4.0]


def test_by_value_and_by_size():
    """Kills: a player that works against the behaviour, taken for its size."""
    game = Table([[-5.0, 4.0, 2.0, 2.0]] * 4)
    ranking = wh.attribute(game, method=Exact())
    by_size = circuit(game, ranking, faithfulness=1.0, prune=False)
    by_value = circuit(game, ranking, faithfulness=1.0, by="value")
    assert by_size.order == ("x0", "x1", "x2", "x3")
    assert by_value.kept == ("x1",)
    assert by_value.faithfulness.value == pytest.approx(4 / 3)
    less = Table([[5.0, -4.0, -2.0, -2.0]] * 4)
    turned = circuit(less, wh.attribute(less, method=Exact()), faithfulness=1.0, by="value")
    assert turned.kept == ("x1",)  # what lowers it helps, where everybody lowers it


def test_cases_are_held_out_by_the_seed():
    parts = halves(11, 0.5, 7)
    assert sorted([*parts.search, *parts.report]) == list(range(11))
    assert parts.held_out == len(parts.report) == 6
    assert any(halves(11, 0.5, s).report.tolist() != parts.report.tolist() for s in range(5))
    assert halves(2, 0.01, 0).held_out == halves(2, 0.99, 0).held_out == 1
    assert halves(11, 0.0, 7).held_out == 0
    game = Noisy(Unanimity({("a",): 3.0, ("b",): 2.0}, ("a", "b", "c")), spread=0.1, n_cases=11)
    found = circuit(game, Permutation(), seed=7)
    assert found.provenance["cases of the report"] == parts.report.tolist()
    assert len(found.worth) == found.held_out == 6
    again = circuit(game, Permutation(), seed=7)
    assert np.array_equal(found.worth, again.worth)


class Jealous(Game):
    """Refuses to be asked of some cases until it is told that it may."""

    def __init__(self, closed):
        self.players, self.n_cases, self.closed = Players(("a", "b")), 6, closed
        self.seen = []

    def _worth(self, coalitions, cases, draws):
        del draws
        self.seen.append(np.unique(cases).tolist())
        return coalitions @ [2.0, 0.1]


def test_a_method_is_asked_on_the_cases_of_the_search_alone():
    """Kills: a ranking that has seen the held-out cases."""
    closed = halves(6, 0.5, 0).report.tolist()
    game = Jealous(closed)
    circuit(game, Exact())
    *before, last = game.seen
    assert not set(closed) & {c for cases in before for c in cases}
    assert last == closed


def test_of_an_answer_by_case_the_cases_of_the_search_rank():
    """Kills: the mean over all cases. Here the held-out cases would put x1 first."""
    report = halves(4, 0.5, 0).report
    table = np.full((4, 2), [2.0, 1.0])
    table[report] = [1.0, 9.0]
    game = Table(table)
    by_case = wh.attribute(game, method=Exact(), by_case=True)
    assert circuit(game, by_case, most=1).order == ("x0",)
    assert "has seen" not in circuit(game, by_case).verdict
    mean = circuit(game, wh.attribute(game, method=Exact()), most=1)
    assert mean.order == ("x1",)
    assert "the ranking has seen the held-out cases" in mean.verdict


def test_a_target_out_of_reach_is_said():
    found = circuit(Gloves(2, 2, 0), Exact(), faithfulness=1.0, most=2)
    assert not found.converged
    assert found.faithfulness.value == 0.5 or found.faithfulness.value == 0.0
    assert "come nearest" in found.verdict
    assert repr(found).count("not converged: ") == 1


def noise(seed, cases=24, n=40):
    """Everybody is worth 1 in each case; one player brings half, the others 1/2n, and noise."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(cases, n)) * 0.3
    table -= table.mean(axis=1, keepdims=True)
    return Table(np.hstack([np.full((cases, 1), 0.5), table + 0.5 / n]))


def bias(held_out, seeds=range(60)):
    """How much more faithful circuits look than they are, and its standard error."""
    apart = []
    for seed in seeds:
        game = noise(seed)
        by_case = ranked(game, game.table)
        found = circuit(game, by_case, held_out=held_out, by="value", prune=False)
        true = 0.5 * ("x0" in found) + 0.5 / 40 * found.chosen[1:].sum()
        apart.append(found.faithfulness.value - true)
    return np.mean(apart), np.std(apart) / np.sqrt(len(apart))


def test_held_out_cases_do_not_flatter():
    """Kills: a report on the cases that the choice was made on."""
    fair, error = bias(0.5)
    assert abs(fair) < 3 * error
    flattered, error = bias(0.0)
    assert flattered > 0.15 > 10 * error / 3


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"faithfulness": 0.0}, OptionError, "faithfulness is a share above 0"),
        ({"faithfulness": 1.5}, OptionError, "given 1.5"),
        ({"faithfulness": True}, OptionError, "given True"),
        ({"most": 0}, OptionError, "most is a positive whole number"),
        ({"held_out": 1.0}, OptionError, "at least 0 and below 1"),
        ({"by": "size"}, OptionError, "by='size' is not offered"),
        ({"ranking": "other"}, ResultError, "the ranking is about 'x0'"),
        ({"ranking": "nan"}, ResultError, "no value for 'idle 0'"),
        ({"game": "flat"}, GameError, "everybody is worth 0 and nobody 0"),
        ({"game": "ordered"}, UnsupportedGameError, "players are ordered"),
    ],
)
def test_what_makes_no_sense(given, error, message):
    game = Gloves(1, 1, 1)
    games = {"flat": Gloves(1, 0, 2)}
    games["ordered"] = wh.FunctionGame(lambda s: s.sum(axis=1), Players(("a", "b"), ordered=True))
    rankings = {
        "other": wh.attribute(Linear([1.0]), method=Exact()),
        "nan": ranked(game, [1.0, 2.0, np.nan]),
    }
    given = dict(given)
    ranking = given.pop("ranking", Exact())
    asked = games.get(given.pop("game", None), game)
    with pytest.raises(error, match=message):
        circuit(asked, rankings.get(ranking, ranking) if isinstance(ranking, str) else ranking,
                **given)  # fmt: skip


def test_what_is_no_game_and_no_ranking():
    """The checker of types would be quicker than these; users have none."""
    with pytest.raises(OptionError, match="players of a Game; given str"):
        _check("game", Exact(), 0.9, None)
    with pytest.raises(OptionError, match=r"a method such as .*; given list"):
        _check(Gloves(), [1, 2], 0.9, None)
