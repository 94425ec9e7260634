"""Slopes against finite differences, in every mode, and what does not change an answer."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from models.hooked.odd import ODD, Net, Separate, filled, ids, of  # noqa: E402
from networks.random_prenorm import RandomPreNorm, sentences  # noqa: E402

import whence as wh  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    Basis,
    PatchingGame,
    directions,
    edges,
    heads,
    logit_difference,
    mlps,
    nodes,
    units,
)
from whence.models.hooked import HookedModel  # noqa: E402
from whence.testing import check_game  # noqa: E402

torch.set_num_threads(1)
DRAWS = np.random.default_rng(0)
BASIS = Basis("blocks.0.hook_resid_post", np.linalg.qr(DRAWS.normal(size=(8, 8)))[0][:5])
TOO_MANY = Basis(
    "blocks.1.attn.hook_z",  # each head's four numbers
    DRAWS.normal(size=(6, 4)),
    readers=DRAWS.normal(size=(4, 6)),
)
PLAYERS = {
    "heads": heads,
    "heads at positions": lambda h: heads(h, positions=[1, -1]),
    "mlps": mlps,
    "edges": lambda h: edges(h, sources=["embed", "0.1", "mlp 0"], targets=["1.0", "mlp 1"]),
    "queries, keys, values, streams": lambda h: nodes(
        h, ["hook_embed", "blocks.0.attn.hook_q", "blocks.1.attn.hook_k", "blocks.1.attn.hook_v"]
    ),
    "units": lambda h: units(h, ["blocks.0.mlp.hook_post"]),
    "directions": lambda h: directions(h, BASIS, TOO_MANY),
}
EACH = pytest.mark.parametrize("who", PLAYERS)


def made(who, mode, behaviour=None, rows=3):
    hooked = HookedModel(filled(Net(of(Separate))))
    settings = {
        "players": PLAYERS[who](hooked),
        "behaviour": behaviour or logit_difference(1, 2),
        "bases": [BASIS, TOO_MANY] if who == "directions" else (),
    }
    if mode in ("noising", "denoising"):
        return PatchingGame(hooked, ids(rows), ids(rows, seed=1), mode=mode, **settings)
    return AblationGame(hooked, ids(rows), ablation=mode, **settings)


def between(game, weights):
    """What is measured with players there to these shares: the game's own relaxation."""
    share = torch.as_tensor(weights)
    share = share if game.mode == "denoising" else 1 - share
    n = torch.arange(len(weights)) % game.n_cases
    with torch.no_grad():
        return game._measured(n, torch.zeros_like(n), share, -1.0).numpy()


@EACH
@pytest.mark.parametrize("mode", ["noising", "denoising", "resample"])
def test_gradients_are_finite_differences(who, mode):
    game = made(who, mode)
    n, h = len(game.players), 1e-5
    cases, draws = np.arange(3), np.zeros(3, int)
    weights = np.random.default_rng(1).uniform(size=(3, n))
    got = game.gradient(weights, cases, draws)[:, 0]
    some = range(0, n, max(1, n // 5))
    for i in some:
        up, down = weights.copy(), weights.copy()
        up[:, i] += h
        down[:, i] -= h
        slope = (between(game, up) - between(game, down))[:, 0] / (2 * h)
        # central differences: h^2 of truncation, and 1e-16 / h of rounding
        np.testing.assert_allclose(got[:, i], slope, rtol=1e-5, atol=1e-8)


@EACH
@pytest.mark.parametrize("mode", ["noising", "denoising"])
def test_shares_of_nothing_and_all_are_coalitions(who, mode):
    """Kills: a relaxation that is not the game at its corners."""
    game = made(who, mode)
    n = len(game.players)
    rows = np.random.default_rng(2).random((6, n)) < 0.5
    cases = np.arange(6) % 3
    wanted = game.worth(rows, cases, np.zeros(6, int))
    np.testing.assert_allclose(between(game, rows.astype(float)), wanted, rtol=1e-9, atol=1e-11)


@EACH
def test_passing_over_what_is_known_changes_no_number(who):
    for mode in ("denoising", "zero"):
        game = made(who, mode)
        n = len(game.players)
        rows = np.random.default_rng(3).random((9, n)) < 0.7
        cases = np.arange(9) % 3
        assert game.run.prefix.kept
        fast = game.worth(rows, cases, np.zeros(9, int))
        game.run.prefix.keep({}, 0)
        slow = game.worth(rows, cases, np.zeros(9, int))
        np.testing.assert_allclose(fast, slow, rtol=1e-12, atol=1e-13)


@EACH
def test_the_laws_of_games(who):
    for mode in ("denoising", "resample"):
        check_game(made(who, mode), questions=8)


@pytest.mark.parametrize("mode", ["noising", "denoising"])
def test_directions_that_span_everything_are_the_node(mode):
    """Kills: coordinates that do not add up to what is there."""
    hooked = HookedModel(filled(Net(of(Separate))))
    site = "blocks.0.hook_mlp_out"
    turned = np.linalg.qr(np.random.default_rng(4).normal(size=(8, 8)))[0]
    pair = (ids(), ids(seed=1))
    basis = Basis(site, turned)
    whole = PatchingGame(
        hooked, *pair, players=nodes(hooked, [site]), behaviour=logit_difference(1, 2), mode=mode
    )
    apart = PatchingGame(
        hooked, *pair, players=directions(hooked, basis), bases=[basis],
        behaviour=logit_difference(1, 2), mode=mode,
    )  # fmt: skip
    for present in (False, True):
        one, all_ = (
            g.worth(np.full((3, len(g.players)), present), np.arange(3), np.zeros(3, int))
            for g in (whole, apart)
        )
        np.testing.assert_allclose(one, all_, rtol=1e-9)


def test_frozen_is_the_direct_path_to_the_logits():
    """Every other part holds, so that only the edge from each part to the logits is left."""
    model = RandomPreNorm(n_heads=2, d_model=12)
    hooked = HookedModel(model)
    clean, corrupted = sentences(model), sentences(model, seed=1)
    for players in (heads(hooked), mlps(hooked)):
        frozen = PatchingGame(
            hooked, clean, corrupted, players=players, behaviour=logit_difference(1, 2),
            mode="frozen",
        )  # fmt: skip
        direct = PatchingGame(
            hooked, clean, corrupted,
            players=edges(hooked, sources=players.names, targets=["logits"]),
            behaviour=logit_difference(1, 2),
        )  # fmt: skip
        n = len(players)
        rows = np.repeat(np.random.default_rng(5).random((8, n)) < 0.5, 2, axis=0)
        cases = np.arange(16) % 2
        one, other = (g.worth(rows, cases, np.zeros(16, int)) for g in (frozen, direct))
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


# -- behaviours --


def test_one_number_for_all_prompts_is_their_one_case():
    each = made("heads", "noising", lambda o: o[:, -1, 1])
    whole = made("heads", "noising", lambda o: o[:, -1, 1].mean())
    assert (each.n_cases, whole.n_cases) == (3, 1)
    rows = np.eye(4, dtype=bool)
    got = whole.worth(rows, np.zeros(4, int), np.zeros(4, int))
    parts = [each.worth(rows, np.full(4, c), np.zeros(4, int)) for c in range(3)]
    np.testing.assert_allclose(got, np.mean(parts, axis=0), rtol=1e-9)
    weights = np.random.default_rng(6).uniform(size=(1, 4))
    slopes = [each.gradient(weights, np.array([c]), np.zeros(1, int)) for c in range(3)]
    np.testing.assert_allclose(
        whole.gradient(weights, np.zeros(1, int), np.zeros(1, int)), np.mean(slopes, axis=0)
    )


def test_several_numbers_and_targets_of_each_prompt():
    targets = torch.tensor([1, 4, 7])

    def several(output):
        own = output[torch.arange(3), -1, targets]
        return torch.stack([own, output[:, -1, 2], own - output[:, -1, 2]], dim=1)

    game = made("heads", "noising", several)
    assert game.outputs == ("behaviour 0", "behaviour 1", "behaviour 2")
    same = made("heads", "noising", logit_difference(targets, 2))
    rows = np.random.default_rng(7).random((20, 4)) < 0.5
    cases = np.random.default_rng(8).integers(0, 3, 20)  # the same prompt several times in a batch
    got = game.worth(rows, cases, np.zeros(20, int))
    np.testing.assert_allclose(got[:, 0] - got[:, 1], got[:, 2])
    np.testing.assert_allclose(got[:, 2], same.worth(rows, cases, np.zeros(20, int))[:, 0])
    slopes = game.gradient(rows.astype(float), cases, np.zeros(20, int))
    np.testing.assert_allclose(slopes[:, 0] - slopes[:, 1], slopes[:, 2], atol=1e-12)
    values = wh.attribute(game, by_case=True).values
    assert values.shape == (3, 3, 4)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_the_numbers(kind):
    hooked = HookedModel(filled(Net(of(Separate))).to(kind))
    exact = HookedModel(filled(Net(of(Separate))))
    for who in (heads, mlps, edges):
        got, wanted = (
            PatchingGame(
                h, ids(), ids(seed=1), players=who(h), behaviour=logit_difference(1, 2)
            ).worth(np.zeros((3, len(who(h))), bool), np.arange(3), np.zeros(3, int))
            for h in (hooked, exact)
        )
        np.testing.assert_allclose(got, wanted, atol=0.05)  # of logits of 3, to 3 digits


@pytest.mark.parametrize("name", ODD)
def test_every_arrangement_has_games_whose_ends_are_its_runs(name):
    hooked = HookedModel(filled(ODD[name]()))

    def behaviour(output):
        return (output[0] if isinstance(output, tuple) else output)[:, -1, 1]

    clean, corrupted = ids(), ids(seed=1)
    kinds = [nodes(hooked, ["blocks.0.hook_resid_pre"])]
    kinds += [edges(hooked)] if name != "list of heads" else []
    for players in kinds:
        game = PatchingGame(hooked, clean, corrupted, players=players, behaviour=behaviour)
        empty = game.worth(np.zeros((3, len(players)), bool), np.arange(3), np.zeros(3, int))
        with torch.no_grad():
            wanted = behaviour(hooked.run(corrupted)).numpy()
        np.testing.assert_allclose(empty[:, 0], wanted, rtol=1e-8, atol=1e-9)
