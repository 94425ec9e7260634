"""Linear surrogates over masks: closed forms, honest errors, and a network that reads digits."""

import numpy as np
import pytest

import whence as wh
from whence import Budget, FunctionGame, Game, Players
from whence._core.errors import BudgetError, OptionError, UnsupportedGameError
from whence._core.game import JointGame
from whence._core.held_out import judged
from whence._core.masks import BLOCK, Masks, centred, coins, stratified
from whence.games.synthetic import Airport, Gloves, Linear, Noisy, Unanimity, Voting
from whence.methods import ComponentRegression, Sweep
from whence.methods.surrogate._linear_fit import fitted

NEVER = {"relative_error": None, "data_share": None}
SURE = 0.9999
RNG = np.random.default_rng(0)


def plain(stay):
    none = np.zeros(len(stay), dtype=int)
    return Masks(np.asarray(stay), none, none, blocks=False)


def additive(n=64, cases=1, dtype=float):
    """A network that is linear in its mask, of this many units."""
    weights = RNG.normal(size=(cases, n))

    class Layer(Game):
        players, n_cases = Players(tuple(f"unit {i}" for i in range(n)), "unit"), cases

        def _worth(self, coalitions, cases, draws):
            return ((coalitions * weights[cases]).astype(dtype)).sum(axis=1, dtype=dtype) + 3.0

    return Layer(), weights


@pytest.mark.parametrize(("masks", "keep"), [(66, 0.7), (200, 0.7), (2000, 0.95)])
@pytest.mark.parametrize(("dtype", "within"), [(float, 1e-9), (np.float32, 1e-4)])
def test_what_is_linear_is_read_off(masks, keep, dtype, within):
    """From n + 2 masks on. Float32 worths are good to 1e-6, and 66 masks magnify that."""
    game, weights = additive(cases=3, dtype=dtype)
    got = ComponentRegression(masks=masks, keep=keep).attribute(game, by_case=True)
    assert np.abs(got.values[:, 0] - weights).max() < within
    assert got.parts["estimation"].max() < 100 * within
    assert "held-out correlation 1.000 [1.000, 1.000]" in got.verdict


def test_fewer_masks_than_players_are_refused():
    """Mutant: the least-norm fit of 60 masks of 64 players, which is far off."""
    game, weights = additive()
    with pytest.raises(OptionError, match=r"64 players need at least 66 masks, and masks=60.*0.36"):
        ComponentRegression(masks=60).attribute(game)
    got = ComponentRegression(masks=60, keep=0.7, ridge=1e-6).attribute(game)
    assert np.abs(got.values[0, 0] - weights[0]).max() > 0.1
    assert got.uncertainty == "unquantified"
    assert not got.converged
    assert "60 masks of 64 players: the ridge, not the game, decides the rest" in got.verdict


def test_a_ridge_says_what_it_takes():
    game, weights = additive()
    light = ComponentRegression(masks=600, keep=0.5, ridge=1e-3).attribute(game)
    assert np.allclose(light.values[0, 0], weights[0], atol=1e-4)
    assert light.uncertainty == "sampled"
    heavy = ComponentRegression(masks=600, keep=0.5, ridge=150.0).attribute(game)
    assert "the ridge takes away about 50 % of each value" in heavy.verdict
    assert heavy.uncertainty == "unquantified"
    slope = (heavy.values[0, 0] @ weights[0]) / (weights[0] @ weights[0])
    assert 0.4 < slope < 0.6


@pytest.mark.parametrize(
    "game",
    [
        Gloves(2, 3, 1),
        Airport(),
        Voting(),
        Unanimity({("a", "b", "c"): 2.0, ("d",): 1.0, ("a", "d"): -3.0}, tuple("abcde")),
    ],
    ids=lambda g: type(g).__name__,
)
@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_the_index_it_names(game, keep):
    """At 1/2 that is Banzhaf."""
    got = ComponentRegression(masks=8_000, keep=keep).attribute(game)
    assert got.index == wh.LinearSurrogate(keep)
    low, high = got.ci(SURE)
    truth = game.truth(wh.Banzhaf() if keep == 0.5 else got.index)
    assert ((low[0, 0] <= truth) & (truth <= high[0, 0])).all()
    assert (got.stderr[0, 0] < 0.05).all()


@pytest.mark.parametrize("cases", [1, 40])
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_noisy_draws(keep, cases):
    """Mutants: levels of draws left in; masks of a draw taken as independent."""
    game = Noisy(Gloves(), 1.0, cases)
    got = ComponentRegression(keep=keep).attribute(game, Budget(evaluations=40_000, **NEVER))
    low, high = got.ci(SURE, "estimation")
    truth = game.truth(got.index)
    assert ((low[0, 0] <= truth) & (truth <= high[0, 0])).all()


class Tangled(Game):
    """Players that help and hinder one another, more in some cases than in others."""

    def __init__(self, cases, n=6, noise=0.0, draws=1):
        self.players, self.n_cases, self.n_draws = Players(tuple("abcdefgh"[:n])), cases, draws
        rng = np.random.default_rng(5)
        self.pairs = rng.normal(size=(cases, n, n))
        self.noise = noise

    def _worth(self, coalitions, cases, draws):
        s = coalitions.astype(float)
        pairs = np.einsum("ri,rij,rj->r", s, self.pairs[cases], s)
        wobble = 1 + self.noise * np.sin(
            draws[:, None] * np.arange(1, s.shape[1] + 1) + cases[:, None]
        )
        return pairs + (s * wobble * (self.noise > 0)).sum(axis=1)


@pytest.mark.slow
@pytest.mark.parametrize(("keep", "masks"), [(0.5, 128), (0.5, 400), (0.8, 400)])
@pytest.mark.parametrize("draws", [1, None])
def test_intervals_hold_the_truth(keep, masks, draws):
    """As often as they say, by case and for the mean. Mutants: HC1; errors of cases added up."""
    cases, runs = 6, 150
    game = Tangled(cases, noise=0.5 if draws is None else 0.0, draws=draws)
    exact = (
        wh.methods.Exact(wh.LinearSurrogate(keep)).attribute(game, by_case=True).values
        if draws == 1
        else None
    )
    method = ComponentRegression(masks=masks, keep=keep, held_out=0)
    got = [method.attribute(game, seed=s, by_case=True) for s in range(runs)]
    if exact is None:  # the noise has mean zero over endless draws, as good as
        plainly = Tangled(cases)
        exact = wh.methods.Exact(wh.LinearSurrogate(keep)).attribute(plainly, by_case=True).values
        exact = exact + 1.0
    held = np.mean([_within(g.ci(0.95, "estimation"), exact) for g in got], axis=0)
    least = 0.95 - 4 * np.sqrt(0.95 * 0.05 / runs)
    assert (held >= least).all()
    assert held.mean() < 0.999  # and not by being endless
    mean = [g.mean() for g in got]
    of_all = np.mean([_within(m.ci(0.95, "estimation"), exact.mean(axis=0)) for m in mean], axis=0)
    assert (of_all >= least).all()
    spread = np.std([m.values for m in mean], axis=0)
    told = np.sqrt(np.mean([m.parts["estimation"] ** 2 for m in mean], axis=0))
    assert (told / spread).mean() < 1.6


def _within(interval, truth):
    low, high = interval
    return (low <= truth) & (truth <= high)


def test_cases_share_masks():
    """So their errors do not average out. Mutant: the cases' errors added in squares."""
    game = Tangled(30)
    game.pairs[:] = game.pairs[0]  # thirty times the same case
    got = ComponentRegression(masks=200, keep=0.5).attribute(game)
    one = ComponentRegression(masks=200, keep=0.5).attribute(game, by_case=True)
    assert np.allclose(got.parts["estimation"], one.parts["estimation"][0])
    assert np.allclose(got.parts["data"], 0, atol=1e-12)
    assert np.allclose(one.mean().parts["estimation"], got.parts["estimation"])


def test_the_spread_of_cases_is_told():
    game = Tangled(30)
    got = ComponentRegression(masks=3_000, keep=0.5).attribute(game)
    known = wh.methods.Exact(wh.Banzhaf()).attribute(game)
    assert np.allclose(got.parts["data"], known.parts["data"], rtol=0.05)


def test_masks_are_the_same_for_every_case():
    asked = []

    class Spy(Game):
        players, n_cases, n_draws = Players(tuple("abc")), 4, None

        def _worth(self, coalitions, cases, draws):
            each = map(tuple, coalitions.tolist()), cases.tolist(), draws.tolist()
            asked.extend(zip(*each, strict=True))
            return coalitions.sum(axis=1) * 1.0

    got = ComponentRegression(masks=64, keep=0.5, held_out=0.25).attribute(Spy())
    assert got.cost.asked == len(asked) == (64 + 16) * 4
    mask, case, draw = (list(x) for x in zip(*asked, strict=True))
    assert case == [0, 1, 2, 3] * 80
    assert all(len(set(mask[i : i + 4])) == 1 for i in range(0, 320, 4))
    each = np.array(draw).reshape(-1, BLOCK * 4)  # a block of masks shares a draw
    assert (each == each[:, :1]).all()
    assert len(set(each[:, 0])) == 10


def test_one_evaluation_of_every_case():
    """A joint game is asked once a mask, and comes back by case."""
    weights = RNG.normal(size=(5, 4))

    class Joint(JointGame):
        players, n_cases = Players(tuple("abcd")), 5

        def _worths(self, coalitions, draws):
            return coalitions @ weights.T

    got = wh.attribute(Joint(), method=ComponentRegression(masks=100, held_out=0.1), by_case=True)
    assert np.allclose(got.values[:, 0], weights)
    assert got.cost.asked == 110


# -- how many masks --


def test_rounds_go_on_until_errors_are_small():
    game = Gloves(2, 3, 1)
    loose, tight = (
        ComponentRegression(keep=0.5).attribute(game, Budget(relative_error=e)) for e in (0.1, 0.01)
    )
    assert loose.converged
    assert tight.converged
    assert loose.cost.asked < tight.cost.asked / 8
    assert tight.parts["estimation"].max() < 0.01 * np.ptp([*tight.values[0, 0], 0.0])
    assert "within 1 % of the spread" in tight.verdict
    assert len(tight.trace) > 3


@pytest.mark.parametrize("evaluations", [700, 1_000, 12_345])
@pytest.mark.parametrize("draws", [1, None])
def test_the_budget_is_kept(evaluations, draws):
    game = Noisy(Gloves(), 1.0, 5) if draws is None else Linear((1.0, 2.0, 0.5), 5)
    budget = Budget(evaluations=evaluations, **NEVER)
    got = ComponentRegression(keep=0.5).attribute(game, budget)
    assert evaluations / 2 < got.cost.asked <= evaluations
    asked = ComponentRegression(masks=5_000, keep=0.5).attribute(game, budget)
    assert evaluations / 2 < asked.cost.asked <= evaluations
    assert "budget" in asked.verdict


def test_a_budget_that_pays_for_too_little():
    game, _ = additive()
    with pytest.raises(BudgetError, match=r"at least 66 masks.*pays for 70 masks"):
        ComponentRegression(keep=0.5).attribute(game, Budget(evaluations=70))
    got = ComponentRegression(keep=0.5).attribute(game, Budget(evaluations=80))
    assert got.cost.asked <= 80
    with pytest.raises(BudgetError, match="pays for 1 masks"):
        ComponentRegression(ridge=1.0).attribute(game, Budget(evaluations=1))


def test_masks_that_were_asked_for_are_asked():
    got = ComponentRegression(masks=1_000, keep=0.5).attribute(Gloves(2, 3, 1))
    assert got.cost.asked == 1_100
    assert got.verdict.startswith("1,000 masks, as asked")
    tight = Budget(relative_error=0.001)
    got = ComponentRegression(masks=300, keep=0.5).attribute(Gloves(2, 3, 1), tight)
    assert not got.converged
    assert "times what is enough" in got.verdict


class Impatient(Game):
    """Somebody loses patience at the third round."""

    players, asked = Players(tuple("abcde")), 0

    def _worth(self, coalitions, cases, draws):
        self.asked += 1
        if self.asked > 4:
            raise KeyboardInterrupt
        return coalitions[:, 0] * coalitions[:, 1] + coalitions[:, 2] * 1.0


def test_an_interrupt_leaves_the_rounds_before_it():
    method = ComponentRegression(keep=0.5)
    got = method.attribute(Impatient(), Budget(relative_error=0.001))
    assert got.verdict.startswith("interrupted: the widest error is")
    assert not got.converged
    known = [0.5, 0.5, 1.0, 0.0, 0.0]
    low, high = got.ci(SURE)
    assert ((low[0, 0] <= known) & (known <= high[0, 0])).all()
    game = Impatient()
    game.asked = 4
    with pytest.raises(KeyboardInterrupt):
        method.attribute(game)


# -- masks, fits and judgements by themselves --


def test_masks_are_stratified():
    game, _ = additive()
    stay = stratified(game, 0.9, 205, 0, 0).stay
    left = (~stay).sum(axis=0)
    assert set(left.tolist()) <= {20, 21}
    pairs = np.corrcoef(stay.T.astype(float))
    assert np.abs(pairs[np.triu_indices(64, 1)]).mean() < 0.08
    again = stratified(game, 0.9, 205, 0, 1).stay
    assert (stay == again).mean() < 0.9
    assert np.array_equal(stay, stratified(game, 0.9, 205, 0, 0).stay)
    assert abs(coins(game, 0.9, 205, 0, 0).stay.mean() - 0.9) < 0.01


def test_each_mask_by_itself_is_nothing_but_coins():
    """Mutant: ranks without a place of their own within the stratum."""
    game, _ = additive(n=2)
    stay = np.concatenate([stratified(game, 0.7, 5, s, 0).stay for s in range(4_000)])
    both = [(stay == np.array(pair)).all(axis=1).mean() for pair in ((1, 1), (1, 0), (0, 0))]
    assert np.allclose(both, [0.49, 0.21, 0.09], atol=4 * 0.5 / np.sqrt(20_000))


def test_players_that_nobody_can_tell_apart():
    stay = RNG.random((40, 3)) < 0.5
    worths = RNG.normal(size=(40, 1))
    stay[:, 2] = stay[:, 0]
    with pytest.raises(OptionError, match="'c' comes and goes with others"):
        fitted(plain(stay), worths, 0.0, ("a", "b", "c"))
    stay[:, 2] = True
    with pytest.raises(OptionError, match="in 40 masks 'c' never left: nothing is known"):
        fitted(plain(stay), worths, 0.0, ("a", "b", "c"))
    stay[:, 2] = False
    with pytest.raises(OptionError, match="'c' never stayed in"):
        fitted(plain(stay), worths, 0.0, ("a", "b", "c"))
    assert fitted(plain(stay), worths, 1.0, ("a", "b", "c")).slopes[2, 0] == 0


@pytest.mark.parametrize("blocks", [False, True])
def test_a_fit_and_its_errors_are_least_squares_and_a_jackknife(blocks):
    """Against refits without each mask, or each block. Mutants: HC1; no leverage of the level."""
    m, n = 48, 5
    stay, worths = RNG.random((m, n)) < 0.6, RNG.normal(size=(m, 2))
    level = np.arange(m) // BLOCK if blocks else np.zeros(m, dtype=int)
    masks = Masks(stay, np.zeros(m, dtype=int), level, blocks=blocks)
    got = fitted(masks, worths, 0.0, tuple("abcde"))
    levels = np.eye(level.max() + 1)[level]

    def slopes(at):
        design = np.hstack([stay[at], levels[at]])
        return np.linalg.lstsq(design, worths[at], rcond=None)[0][:n]

    assert np.allclose(got.slopes, slopes(np.arange(m)))
    groups = level if blocks else np.arange(m)
    moves = [slopes(np.flatnonzero(groups != g)) - got.slopes for g in np.unique(groups)]
    assert np.allclose(got.stderr, np.sqrt((np.array(moves) ** 2).sum(axis=0)))
    assert np.allclose(np.sqrt(np.diag(got.covariance(1))), got.stderr[:, 1])


def test_levels_are_taken_away():
    level = np.array([0, 0, 0, 1, 1])
    values = np.array([[1.0], [2.0], [3.0], [10.0], [20.0]])
    assert centred(values, level)[:, 0].tolist() == [-1, 0, 1, -5, 5]


def test_a_judgement_is_a_correlation():
    """And its interval a jackknife, by refits without each mask."""
    stay, slopes = RNG.random((60, 4)) < 0.5, RNG.normal(size=(4, 3))
    worths = stay @ slopes + RNG.normal(size=(60, 3))
    got = judged(plain(stay), worths, slopes)

    def mean(at):
        told = stay[at] @ slopes
        return np.mean([np.corrcoef(told[:, c], worths[at][:, c])[0, 1] for c in range(3)])

    assert got.correlation == pytest.approx(mean(np.arange(60)))
    without = np.array([mean(np.delete(np.arange(60), j)) for j in range(60)])
    error = np.sqrt(59 / 60 * ((without - without.mean()) ** 2).sum())
    assert np.ptp(got.interval) / 2 == pytest.approx(2.001 * error, rel=1e-3)
    still = judged(plain(stay), np.ones((60, 3)), slopes)
    assert still.words() == "no worth changed over 60 held-out masks"
    one = judged(plain(stay), np.stack([worths[:, 0], np.ones(60)], 1), slopes[:, :2])
    assert np.isnan(one.by_case[1])
    assert one.correlation == pytest.approx(one.by_case[0])


def test_refusals():
    with pytest.raises(OptionError, match="ridge is a positive number, or None; given 0"):
        ComponentRegression(ridge=0.0)
    with pytest.raises(OptionError, match=r"held_out is a share.*given 1\.5"):
        ComponentRegression(held_out=1.5)
    with pytest.raises(OptionError, match="masks is a positive whole number"):
        ComponentRegression(masks=0)
    with pytest.raises(OptionError, match="keep is the chance that a player stays"):
        ComponentRegression(keep=1.0)
    steps = Players(("a", "b"), kind="step", ordered=True)
    with pytest.raises(UnsupportedGameError, match="ordered"):
        ComponentRegression().attribute(FunctionGame(lambda s: s.sum(axis=1), steps))
    game, _ = additive(20)
    with pytest.raises(OptionError, match=r"never left.*more masks, or bring keep nearer to 1/2"):
        ComponentRegression(masks=22, keep=0.99).attribute(game)
    with pytest.raises(wh.WhenceError, match="not finite with 'a'"):
        ComponentRegression().attribute(
            FunctionGame(lambda s: np.where(s[:, 1], 1.0, np.nan), ("a", "b"))
        )


def test_no_judge():
    got = ComponentRegression(masks=100, held_out=0).attribute(Gloves())
    assert got.cost.asked == 100
    assert got.verdict.endswith("no mask was held out to judge the fit")


def test_a_store_has_it_all(tmp_path):
    got = ComponentRegression(keep=0.5).attribute(Tangled(4), by_case=True)
    back = wh.load(got.save(tmp_path / "a.whence"))
    assert back.index == wh.LinearSurrogate(0.5)
    assert np.array_equal(back.values, got.values)
    assert "LinearSurrogate(keep=0.5)" in repr(back)


# -- a network that reads digits --


@pytest.mark.parametrize(
    ("leave", "wanted"),
    [
        (0.05, (0.968, 0.955, 0.925)),
        (0.3, (0.893, 0.831, 0.806)),
        pytest.param(0.1, (0.949, 0.925, 0.895), marks=pytest.mark.slow),
        pytest.param(0.5, (0.846, 0.753, 0.729), marks=pytest.mark.slow),
    ],
)
def test_units_of_a_network(leave, wanted):
    """Fresh masks are told better by the surrogate than by leave-one-out, and by the gradient."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from .digits import Units, reader

    layers, rows, right = reader()
    some = slice(0, 150 if leave in {0.05, 0.3} else 450)
    game = Units(layers, rows[some], right[some])
    every = np.arange(game.n_cases)
    got = ComponentRegression(masks=2_000, keep=1 - leave).attribute(game, by_case=True)
    alone = Sweep().attribute(game, by_case=True)
    gradient = game.gradient(np.ones((len(every), 128)), every, np.zeros_like(every))
    fresh = coins(game, 1 - leave, 200, 1, 0)
    at = np.arange(200).repeat(len(every))
    worths = game.worth(fresh.stay[at], np.tile(every, 200), np.zeros_like(at)).reshape(200, -1)
    told = [
        judged(fresh, worths, values[:, 0].T).correlation
        for values in (got.values, alone.values, gradient)
    ]
    assert told[0] > told[1] > told[2]
    # which of the test digits are asked, and the luck of the training, move them by as much
    assert np.allclose(told, wanted, atol=0.02)
