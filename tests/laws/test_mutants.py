"""Every law kills the mutant it names: a law that nothing can break is no law."""

from dataclasses import dataclass, field
from typing import final

import numpy as np
import pytest

from whence import Banzhaf, Budget, Game, Method, Shapley, testing
from whence._core.enumeration import coalitions
from whence._core.errors import LawBrokenError
from whence._core.index import Semivalue
from whence._core.reading import Reading
from whence._core.visits import Visits
from whence._core.wrap import bare
from whence.games.synthetic import Gloves, Noisy
from whence.methods import AnytimeMethod, Walks
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.permutation import Permutation


@dataclass(frozen=True, slots=True)
class Mutant(AnytimeMethod[Walks]):
    """A permutation walk, with something wrong in it."""

    batch: int | None = None
    index: Semivalue = field(default=Shapley())

    def init(self, game):
        return Walks(game, self.index)

    def step(self, game, state, visits):
        return Permutation().step(game, state, self.wrong(visits))

    def wrong(self, visits):
        return visits

    def read(self, state):
        return state.reading()


@final
class Miscredited(Mutant):
    def step(self, game, state, visits):
        inner = Permutation().step(game, Walks(game, self.index), visits)
        gains = np.roll(inner.moments.mean[visits.cases], 1, axis=2)
        return state.add(gains, visits)


@final
class Misnamed(Mutant):
    """Computes Shapley, and says Banzhaf."""

    def __init__(self):
        object.__setattr__(self, "batch", None)
        object.__setattr__(self, "index", Banzhaf())


@final
class Overconfident(Mutant):
    def read(self, state):
        got = state.reading()
        return Reading(got.values, got.stderr / 20, got.freedom, got.empty, got.full, each=got.each)


@final
class Ghost(Mutant):
    """Asks the coalition without a player of another draw."""

    def step(self, game, state, visits):
        n, b = len(game.players), len(visits)
        gains = np.empty((b, len(game.outputs), n))
        for i in range(n):
            stay = visits.chance(n, stream=i) < 0.5
            without = visits.chance(n, stream=n + i) < 0.5
            stay[:, i], without[:, i] = True, False
            gains[:, :, i] = game.worth(stay, visits.cases, visits.draws) - game.worth(
                without, visits.cases, visits.draws
            )
        return state.add(gains, visits)


@final
class Lopsided(Mutant):
    """Orders that favour the first players."""

    def step(self, game, state, visits):
        n, b = len(game.players), len(visits)
        orders = (visits.chance(n) + 0.3 * np.arange(n)).argsort(axis=1)
        stay = orders.argsort(axis=1)[:, None, :] < np.arange(n + 1)[:, None]
        cases, draws = (np.repeat(x, n + 1) for x in (visits.cases, visits.draws))
        worth = game.worth(stay.reshape(-1, n), cases, draws).reshape(b, n + 1, -1)
        gains = np.empty((b, worth.shape[2], n))
        gains[np.arange(b)[:, None], :, orders] = np.diff(worth, axis=1)
        return state.add(gains, visits)


@final
class Short(Mutant):
    def step(self, game, state, visits):
        got = Permutation().step(game, Walks(game, self.index), visits)
        gains = got.moments.mean[visits.cases].copy()
        gains[:, :, -1] = 0.0
        ends = got.ends[:, visits.cases]
        return state.add(gains, visits, ends)


@final
class Unshared(Mutant):
    def step(self, game, state, visits):
        return Permutation().step(Scattered(game), state, visits)


class Scattered(Game):
    """The walk's questions are answered in cases of their own."""

    def __init__(self, inner):
        self.inner = inner
        self.players, self.outputs = inner.players, inner.outputs
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws

    def _worth(self, coalitions, cases, draws):
        elsewhere = (cases + np.arange(len(cases))) % self.n_cases
        return self.inner.worth(coalitions, elsewhere, draws)


@final
class Swapped(Mutant):
    def read(self, state):
        got = state.reading()
        return Reading(got.values[:, ::-1], got.stderr, got.freedom, got.empty, got.full)


@final
class Global(Mutant):
    def wrong(self, visits):
        seed = int(np.random.randint(2**31))
        return Visits(visits.cases, visits.draws, visits.passes, seed)


@final
class Crowded(Mutant):
    """A walk's order depends on its place in the batch."""

    def wrong(self, visits):
        return Visits(visits.cases, visits.draws, np.arange(len(visits)), visits.seed)


@dataclass(frozen=True, slots=True)
class Heedless(Method[Game]):
    """Asks everything, one coalition after the other, whatever the budget."""

    index: Semivalue = field(default=Shapley())

    @property
    def needs(self):
        return Game

    def _run(self, game, budget, seed, by_case):
        for coalition in coalitions(len(game.players)):
            game.worth(coalition[None], np.zeros(1, int), np.zeros(1, int))
        return Exact()._run(game, budget, seed, by_case)


@final
@dataclass(frozen=True, slots=True)
class Sneaky(Heedless):
    """Looks behind whoever counts."""

    def _run(self, game, budget, seed, by_case):
        return Heedless()._run(bare(game), Budget(), seed, by_case)


@final
class Spendthrift(Mutant):
    def step(self, game, state, visits):
        for _ in range(1 + 5 * int(visits.passes.max())):  # dearer and dearer
            state = Permutation().step(game, state, visits)
        return state


@final
class Hasty(Mutant):
    """Takes in the first half of a step before it has asked the second."""

    def step(self, game, state, visits):
        half = len(visits) // 2
        for some in (slice(0, half), slice(half, None)) if half else (slice(None),):
            each = (visits.cases[some], visits.draws[some], visits.passes[some])
            state = Permutation().step(game, state, Visits(*each, visits.seed))
        return state


@final
class Disordered(Mutant):
    """Hides from the game that its players are ordered."""

    def step(self, game, state, visits):
        return Permutation().step(Unordered(game), state, visits)


class Unordered(Game):
    def __init__(self, inner):
        self.inner, self.outputs = inner, inner.outputs
        self.players = type(inner.players)(inner.players.names)
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws

    def _worth(self, coalitions, cases, draws):
        return coalitions[:, 0] * 5.0 + coalitions[:, 1]


KILLS = {
    testing.reads_off_an_additive_game: Miscredited(),
    testing.estimates_its_index: Misnamed(),
    testing.covers_a_noisy_truth: Overconfident(),
    testing.gives_a_dummy_nothing: Ghost(),
    testing.treats_twins_alike: Lopsided(),
    testing.closes_the_gap: Short(),
    testing.forgets_what_cases_and_draws_bring: Unshared(),
    testing.answers_outputs_together: Swapped(),
    testing.repeats_itself: Global(),
    testing.ignores_its_batch: Crowded(),
    testing.keeps_its_budget: Spendthrift(),
    testing.ends_in_time: Heedless(),
    testing.survives_an_interrupt: Hasty(),
    testing.keeps_order: Disordered(),
}


@pytest.mark.parametrize("law", testing.METHOD_LAWS, ids=lambda law: law.__name__)
def test_the_law_kills_its_mutant(law):
    with pytest.raises(LawBrokenError):
        law(KILLS[law])


@final
class Biased(Mutant):
    """Says that it fits, and gives everybody more than its errors allow."""

    fits = True

    def read(self, state):
        got = state.reading()
        more = got.values + 7 * np.maximum(got.stderr, 1e-3)
        return Reading(more, got.stderr, got.freedom, got.empty, got.full)


@pytest.mark.parametrize("mutant", [Heedless(), Sneaky()], ids=repr)
def test_nobody_can_but_look_at_the_budget(mutant):
    """Who does not look is stopped before the question that is one too many; who hides is seen."""
    with pytest.raises(LawBrokenError):
        testing.keeps_its_budget(mutant)


def test_what_gets_dearer_keeps_its_answer_so_far():
    got = Spendthrift().attribute(Noisy(Gloves(), 1.0, 5), Budget(evaluations=1000))
    assert 0 < got.cost.asked <= 1000
    assert np.isfinite(got.values).all()


def test_a_fit_is_no_excuse():
    with pytest.raises(LawBrokenError, match="a dummy got"):
        testing.gives_a_dummy_nothing(Biased())


def test_the_honest_walk_passes():
    testing.check_method(Mutant())
    testing.check_method(Exact())


class Neighbourly(Game):
    """A worth that depends on the batch."""

    def __init__(self):
        self.players = testing.Players(("a", "b"))

    def _worth(self, coalitions, cases, draws):
        return coalitions.sum(axis=1) * 1.0 + len(coalitions)


class Moody(Neighbourly):
    def _worth(self, coalitions, cases, draws):
        return coalitions.sum(axis=1) + np.random.default_rng().normal(size=len(cases))


class Scribbler(Neighbourly):
    def _worth(self, coalitions, cases, draws):
        worth = coalitions.sum(axis=1) * 1.0
        coalitions[:] = False
        return worth


@pytest.mark.parametrize(
    ("law", "mutant"),
    list(zip(testing.GAME_LAWS, (Neighbourly(), Moody(), Scribbler()), strict=True)),
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_game_law_kills_its_mutant(law, mutant):
    with pytest.raises(LawBrokenError):
        law(mutant, testing._questions(mutant, 64, 0))


def test_examined_games_pass():
    from whence.games.synthetic import Airport, Gloves, Linear, Noisy, Voting

    for game in (Gloves(), Airport(), Voting(), Linear((1.0, 2.0), 3, None), Noisy(Gloves())):
        testing.check_game(game)
