"""First-order methods on networks whose truth is known: what they see, and say they miss."""

import numpy as np
import pytest
import torch
from networks import trained
from networks.cancel import EFFECT, FROM, TO, Cancel
from networks.induction import ANSWERS, CLEAN, CORRUPTED, Induction, Sink, continued, repeated

import whence as wh
from whence._core.asking import draws_of
from whence.games import components as parts
from whence.games.synthetic import Multilinear
from whence.methods import AttributionPatching, EdgeAttributionPatching

PLAIN = AttributionPatching(qk_fix=False, grad_drop=False, verify=0)


pytestmark = pytest.mark.usefixtures("one_thread")


def induction(players, **more):
    hooked = wh.models.HookedModel(Induction())
    return parts.PatchingGame(
        hooked,
        CLEAN,
        CORRUPTED,
        players=players(hooked),
        behaviour=parts.logit_difference(*ANSWERS),
        **more,
    )


def keys(hooked):
    return parts.nodes(hooked, ["blocks.1.attn.hook_k", "blocks.1.attn.hook_q"])


def looking_back(ablation="mean"):
    """The trained network in which the most important head has a slope of the wrong sign."""
    ids, asked = trained.repeats(32, torch.Generator().manual_seed(9))
    hooked = wh.models.HookedModel(trained.kept("repeats"))
    return parts.AblationGame(
        hooked,
        ids,
        players=parts.heads(hooked),
        behaviour=lambda logits: trained.continued(logits, ids, asked),
        ablation=ablation,
    )


# -- past the softmax --


def test_a_saturated_key_is_seen_past_the_softmax():
    game = induction(keys)
    plain = wh.attribute(game, method=PLAIN)
    fixed = wh.attribute(game, method=AttributionPatching(verify=0))
    exact = wh.attribute(game, index=wh.LeaveOneOut())
    key = plain.players.names.index("blocks.1.attn.hook_k[0]")
    assert abs(plain.values[0, 0, key]) < 1e-8
    assert fixed.values[0, 0, key] == pytest.approx(10.0474, abs=1e-4)
    assert exact.values[0, 0, key] == pytest.approx(10.0474, abs=1e-4)


@pytest.mark.parametrize("letter", ["k", "q"])
@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
def test_single_positions_past_the_softmax(letter, kind):
    """One key in closed form, one query's row; in float32 too, where the textbook form is NaN."""
    hooked = wh.models.HookedModel(Induction(beta=30.0).to(kind))
    players = parts.nodes(hooked, [f"blocks.1.attn.hook_{letter}"], positions=range(9))
    behaviour = parts.logit_difference(*ANSWERS)
    game = parts.PatchingGame(hooked, CLEAN, CORRUPTED, players=players, behaviour=behaviour)
    exact = wh.attribute(game, index=wh.LeaveOneOut()).values
    seen = wh.attribute(game, method=AttributionPatching(verify=0)).values
    np.testing.assert_allclose(seen, exact, atol=1e-4)


# -- what slopes cancel --


def test_what_cancels_at_the_clean_point_is_screened_by_grad_drop():
    hooked = wh.models.HookedModel(Cancel())
    players = parts.nodes(hooked, ["layers.0"])
    game = parts.PatchingGame(
        hooked, FROM, TO, players=players, behaviour=lambda out: out.reshape(len(out), -1).sum(1)
    )
    assert wh.attribute(game, method=PLAIN).values.item() == pytest.approx(0.0, abs=1e-12)
    assert wh.attribute(game, index=wh.LeaveOneOut()).values.item() == pytest.approx(-EFFECT)
    rows = np.zeros(1, dtype=int)
    dropped = np.abs(game.slopes_without_layers(rows, rows)).ravel()
    assert sorted(dropped.round(6).tolist()) == [0.0, 0.0, 6.0]


def test_grad_drop_needs_two_layers():
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    hooked = wh.models.HookedModel(net)
    game = parts.AblationGame(
        hooked, torch.eye(3), players=parts.units(hooked, ["1"]), behaviour=lambda out: out[:, 0]
    )
    with pytest.raises(wh.WhenceError, match="leave grad_drop out"):
        wh.attribute(game, method=AttributionPatching(grad_drop=True))
    assert wh.attribute(game, method=AttributionPatching()).values.shape == (1, 1, 4)


# -- how wrong it is --


def test_a_wrong_sign_is_flagged_and_mended():
    """The head that matters most, called harmful: whoever is asked exactly has its exact value."""
    game = looking_back()
    exact = wh.attribute(game, index=wh.LeaveOneOut()).values[0, 0]
    plain = wh.attribute(game, method=PLAIN).values[0, 0]
    assert plain[0] < 0 < exact[0]
    found = wh.attribute(game, method=AttributionPatching(verify=4))
    told = found.certificate("calibration")
    assert told.holds is False
    assert "wrong sign on '0.0'" in told.words
    np.testing.assert_allclose(np.argsort(-found.values[0, 0])[:5], np.argsort(-exact)[:5])
    np.testing.assert_allclose(found.values[0, 0][exact > 0.2], exact[exact > 0.2], rtol=1e-5)


def test_what_the_first_pick_missed_is_found_in_its_group():
    """Two players are asked for their size; the largest is not among them: its group shows it."""
    game = looking_back()
    exact = wh.attribute(game, index=wh.LeaveOneOut()).values[0, 0]
    found = wh.attribute(game, method=AttributionPatching(verify=2))
    assert found.values[0, 0, 0] == pytest.approx(exact[0], rel=1e-5)
    assert "wrong sign on '0.0'" in found.certificate("calibration").words
    assert found.certificate("missed").numbers["worst"] > 1
    assert found.converged is False


def test_edges_that_slopes_call_nothing_are_found():
    """Plain edge attribution patching gives the two key edges 0; both are 10."""
    game = induction(parts.edges)
    plain = wh.attribute(game, method=EdgeAttributionPatching(verify=0))
    names = ("embed -> 0.0.v", "0.0 -> 1.0.k")
    at = [plain.players.names.index(name) for name in names]
    assert np.abs(plain.values[0, 0, at]).max() < 1e-3
    found = wh.attribute(game, method=EdgeAttributionPatching(verify=8))
    np.testing.assert_allclose(found.values[0, 0, at], [10.0464, 10.0474], atol=1e-4)
    assert found.certificate("missed").holds is True
    few = wh.attribute(game, method=EdgeAttributionPatching(verify=1))
    assert few.certificate("missed").holds is False
    assert "raise verify=" in few.certificate("missed").words


def test_the_error_of_the_rest_is_what_their_groups_did_beyond():
    """And covers what they are really off by; whoever was asked exactly has none."""
    game = looking_back()
    exact = wh.attribute(game, index=wh.LeaveOneOut()).values[0, 0]
    found = wh.attribute(game, method=AttributionPatching(grad_drop=False, verify=3))
    asked = found.certificate("calibration").table["players"]
    rest = np.array([name not in asked for name in found.players.names])
    error = found.parts["first order"][0, 0]
    assert (error[~rest] == 0).all()
    assert len(set(error[rest])) == 1
    miss = found.values[0, 0] - exact
    assert (np.abs(miss[rest]) <= 1.96 * error[rest]).all()
    assert error[rest].max() < 0.5 * exact.max()
    assert found.uncertainty == "sampled"
    assert "data" in found.parts


def test_intervals_of_the_rest_hold_the_truth():
    """Of players nobody asked: over random games, slopes off by noise of a known size.

    Kills: an error taken from the players that were picked for their size; one not shared out.
    """
    held, asked = 0, 0
    for seed in range(60):
        draws = np.random.default_rng(seed)
        slopes = draws.normal(size=40)
        off = draws.normal(size=40) * 0.3
        game = Bent(slopes, off)
        found = wh.attribute(game, method=AttributionPatching(verify=6), seed=seed)
        low, high = found.ci(0.95)
        told = found.certificate("calibration").table["players"]
        rest = np.array([name not in told for name in game.players.names])
        truth = slopes + off
        held += int(((low[0, 0] <= truth) & (truth <= high[0, 0]))[rest].sum())
        asked += int(rest.sum())
    assert held / asked > 0.92
    assert held / asked < 0.999


class Bent(wh.RelaxedGame):
    """Each player's slope at everybody present is off by a number of its own."""

    def __init__(self, slopes, off):
        self.slopes, self.off = slopes, off
        self.players = wh.Players(tuple(f"x{i}" for i in range(len(slopes))))

    def _worth(self, coalitions, cases, draws):
        return coalitions @ (self.slopes + self.off)

    def _gradient(self, weights, cases, draws):
        return np.broadcast_to(self.slopes, (len(weights), 1, len(self.slopes)))


def test_everybody_asked_is_exact():
    game = looking_back()
    found = wh.attribute(game, method=AttributionPatching(verify=8), by_case=True)
    exact = wh.attribute(game, index=wh.LeaveOneOut(), by_case=True)
    assert found.uncertainty == "exact"
    np.testing.assert_allclose(found.values, exact.values, atol=1e-5)


def test_nobody_asked_is_not_quantified():
    found = wh.attribute(looking_back(), method=AttributionPatching(verify=0))
    assert found.uncertainty == "unquantified"
    assert np.isnan(found.stderr).all()
    assert "nobody was asked exactly" in found.verdict


def test_draws_are_averaged_and_their_spread_is_told():
    game = looking_back("resample")
    assert game.n_draws == 31
    found = wh.attribute(game, method=AttributionPatching(verify=0, grad_drop=False))
    draws = draws_of(game)
    rows = np.repeat(np.arange(32), 16), np.tile(draws, 32)
    each = game.slopes(*rows).reshape(32, 16, -1)
    np.testing.assert_allclose(found.values[0, 0], each.mean(axis=(0, 1)), rtol=1e-6)
    assert (found.parts["estimation"] > 0).all()


def test_a_budget_is_kept():
    game = looking_back()
    budget = wh.Budget(evaluations=32 * 8)
    found = wh.attribute(game, method=AttributionPatching(verify=8), budget=budget)
    assert found.cost.evaluations <= 32 * 8
    assert len(found.certificate("calibration").table["players"]) < 8


@pytest.mark.parametrize("verify", [-1, True])
def test_verify_is_a_number(verify):
    with pytest.raises(
        wh.WhenceError,
        match="verify ",
    ):
        wh.attribute(looking_back(), method=AttributionPatching(verify=verify))


# -- edges along the way --


@pytest.mark.parametrize(("steps", "value", "holds"), [(5, 29.997, False), (30, 10.0621, True)])
def test_steps_that_have_not_settled_are_told(steps, value, holds):
    """Half as many steps as are averaged: 5 midpoints say 30 where the edge does 10."""
    game = induction(parts.edges)
    at = game.players.names.index("0.0 -> 1.0.k")
    zero = np.zeros(1, dtype=int)
    mine = [game.slopes(zero, zero, (k + 0.5) / steps)[0, 0, at] for k in range(steps)]
    assert np.mean(mine) == pytest.approx(value, abs=1e-3)
    found = wh.attribute(game, method=EdgeAttributionPatching(steps=steps, verify=0))
    assert found.certificate("steps").holds is holds
    assert ("take more" in found.certificate("steps").words) is not holds


def test_an_ablation_has_no_way_between_prompts():
    with pytest.raises(wh.WhenceError, match="has no corrupted prompt"):
        wh.attribute(looking_back(), method=EdgeAttributionPatching(steps=4))


# -- games that are no networks --


def test_slopes_of_a_game_in_closed_form():
    game = Multilinear({("a",): 2.0, ("a", "b"): 3.0, ("b", "c"): -1.0}, ("a", "b", "c", "d"))
    found = wh.attribute(game, method=AttributionPatching(verify=0))
    np.testing.assert_allclose(found.values[0, 0], game.truth(wh.LeaveOneOut()))
    checked = wh.attribute(game, method=AttributionPatching(verify=4))
    assert checked.certificate("calibration").holds is True


def test_a_saturated_and_gate_is_seen_only_by_asking():
    """Both heads are needed; at everybody present their slopes are nearly nothing."""
    ids = repeated()
    hooked = wh.models.HookedModel(Sink())
    game = parts.AblationGame(
        hooked,
        ids,
        players=parts.heads(hooked),
        behaviour=lambda logits: continued(logits, ids),
        ablation="zero",
    )
    plain = wh.attribute(game, method=PLAIN).values[0, 0]
    np.testing.assert_allclose(plain, [0, 0, 0.00499, 0], atol=1e-4)
    found = wh.attribute(game, method=AttributionPatching(verify=2))
    np.testing.assert_allclose(found.values[0, 0], [2.48441, 0, 2.48441, 0], atol=1e-4)
