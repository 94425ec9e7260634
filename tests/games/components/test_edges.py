"""Edges against a network whose stream was written out by hand, and where they are refused."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.random_prenorm import RandomPreNorm, sentences  # noqa: E402

from games.components.oracle import Edged  # noqa: E402
from whence._core.errors import HookError, PlayersError  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    PatchingGame,
    edges,
    heads,
    logit_difference,
)
from whence.models.hooked import HookedModel  # noqa: E402

torch.set_num_threads(1)
EXACT = {"rtol": 1e-8, "atol": 1e-9}  # float64; norms divide
DIFFERENCE = logit_difference(1, 2)


def coalitions(n, most=6):
    draws = np.random.default_rng(n)
    one = np.ones((n, n), bool) ^ np.eye(n, dtype=bool)
    some = draws.random((most, n)) < 0.5
    return np.concatenate([one[:: max(1, n // 12)], some, np.zeros((1, n), bool)])


def worths(game, rows):
    n = game.n_cases
    asked = np.repeat(rows, n, axis=0)
    return game.worth(asked, np.tile(np.arange(n), len(rows)), np.zeros(len(asked), int)).reshape(
        len(rows), n
    )


def made(norm="layer"):
    model = RandomPreNorm(norm=norm, n_heads=2, d_model=12)
    return model, HookedModel(model), sentences(model), sentences(model, seed=1)


def pairs(players):
    return list(zip(players.columns["source"], players.columns["target"], strict=True))


@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("mode", ["noising", "denoising"])
def test_patched_edges_are_the_direct_path_alone(norm, mode):
    """Kills: edges through which everybody reads; a forgotten bias; channels mixed up."""
    model, hooked, clean, corrupted = made(norm)
    players = edges(hooked)
    game = PatchingGame(hooked, clean, corrupted, players=players, behaviour=DIFFERENCE, mode=mode)
    base, other = (clean, corrupted) if mode == "noising" else (corrupted, clean)
    net = Edged(model)
    there = net.writes(other)
    rows = coalitions(len(players))
    wanted = []
    for row in rows:
        moved = row if mode == "denoising" else ~row
        gone = {
            p: lambda _, s=p[0]: there[s] for p, m in zip(pairs(players), moved, strict=True) if m
        }
        wanted.append(DIFFERENCE(net.run(base, gone)[0]).detach().numpy())
    np.testing.assert_allclose(worths(game, rows), wanted, **EXACT)


@pytest.mark.parametrize("ablation", ["zero", "mean", "mean-positional", "resample"])
def test_ablated_edges(ablation):
    model, hooked, prompts, _ = made()
    players = edges(hooked)
    game = AblationGame(hooked, prompts, players=players, behaviour=DIFFERENCE, ablation=ablation)
    net = Edged(model)
    there = net.writes(prompts)
    make = {
        # what a head mixes is nothing, so that it writes nothing; its bias stays
        "zero": torch.zeros_like,
        "mean": lambda x: x.mean((0, 1), keepdim=True),
        "mean-positional": lambda x: x.mean(0, keepdim=True),
        "resample": lambda x: x.flip(0),
    }[ablation]
    rows = coalitions(len(players), most=6)
    wanted = []
    for row in rows:
        gone = {
            p: lambda now, s=p[0]: make(there[s]).expand_as(now)
            for p, stays in zip(pairs(players), row, strict=True)
            if not stays
        }
        wanted.append(DIFFERENCE(net.run(prompts, gone)[0]).detach().numpy())
    np.testing.assert_allclose(worths(game, rows), wanted, **EXACT)


@pytest.mark.parametrize("parallel", [False, True], ids=["one after the other", "parallel"])
@pytest.mark.parametrize("fused", [False, True], ids=["apart", "fused"])
def test_who_can_read_whom(parallel, fused):
    model = RandomPreNorm(n_heads=2, d_model=12, parallel=parallel, fused=fused)
    found = set(pairs(edges(HookedModel(model))))
    writers = [("embed", -1, "")] + [
        part
        for n in (0, 1)
        for part in [(f"{n}.0", n, "a"), (f"{n}.1", n, "a"), (f"mlp {n}", n, "m")]
    ]
    wanted = set()
    for (source, at, half), layer in itertools.product(writers, (0, 1)):
        if at < layer:
            wanted |= {(source, f"{layer}.{h}.{c}") for h in (0, 1) for c in "qkv"}
        if at < layer or (at == layer and half == "a" and not parallel):
            wanted.add((source, f"mlp {layer}"))
    wanted |= {(source, "logits") for source, _, _ in writers}
    assert found == wanted


@pytest.mark.parametrize("parallel", [False, True], ids=["one after the other", "parallel"])
def test_every_edge_of_everybody_is_the_other_run(parallel):
    """The sum of all paths is the whole: with no edge left, the network reads the other prompt."""
    model = RandomPreNorm(n_heads=2, d_model=12, parallel=parallel, fused=True)
    hooked = HookedModel(model)
    clean, corrupted = sentences(model), sentences(model, seed=1)
    players = edges(hooked)
    game = PatchingGame(hooked, clean, corrupted, players=players, behaviour=DIFFERENCE)
    ends = worths(game, np.stack([np.zeros(len(players), bool), np.ones(len(players), bool)]))
    wanted = [DIFFERENCE(model(x)).detach().numpy() for x in (corrupted, clean)]
    np.testing.assert_allclose(ends, wanted, **EXACT)


def test_sources_and_targets_are_chosen_by_name():
    _, hooked, *_ = made()
    some = edges(hooked, sources=["embed", "0.1"], targets=["1.0", "logits"])
    assert set(pairs(some)) == {
        (s, t) for s in ("embed", "0.1") for t in ("1.0.q", "1.0.k", "1.0.v", "logits")
    }
    with pytest.raises(HookError, match=r"no part is called 'mpl 0'. Did you mean 'mlp 0'"):
        edges(hooked, sources=["mpl 0"])
    with pytest.raises(HookError, match=r"no part is called '9.0'"):
        edges(hooked, targets=["9.0"])


def test_edges_of_another_network_are_refused():
    _, hooked, prompts, _ = made()
    larger = HookedModel(RandomPreNorm(n_heads=4, d_model=12))
    with pytest.raises(PlayersError, match=r"'embed -> 0.2.q'.* cannot be edges of RandomPreNorm"):
        AblationGame(hooked, prompts, players=edges(larger), behaviour=DIFFERENCE)


families = pytest.importorskip("networks.families")


@pytest.mark.parametrize("name", ["bert", "gemma2"])
def test_edges_and_direct_effects_need_a_stream_that_is_a_sum(name):
    family = families.BY_NAME[name]
    hooked = HookedModel(family.build())

    def behaviour(output):
        return output.logits.reshape(2, -1)[:, 0]

    for mode in ("noising", "denoising"):
        with pytest.raises(HookError, match="is not a pre-norm network: what block 0 gives"):
            PatchingGame(
                hooked, family.inputs(0), family.inputs(1), players=edges(hooked),
                behaviour=behaviour, mode=mode,
            )  # fmt: skip
    with pytest.raises(HookError, match="is not a pre-norm network"):
        AblationGame(hooked, family.inputs(0), players=edges(hooked), behaviour=behaviour)
    with pytest.raises(HookError, match="Patch or ablate its heads instead"):
        PatchingGame(
            hooked, family.inputs(0), family.inputs(1), players=heads(hooked),
            behaviour=behaviour, mode="frozen",
        )  # fmt: skip


@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen3", "gpt-neox", "mixtral", "t5", "vit"])
def test_all_edges_of_a_family_are_its_other_run(name):
    """For t5, the decoder's edges: with all of them gone it reads the other decoder prompt."""
    family = families.BY_NAME[name]
    kind = torch.float32 if name == "mixtral" else torch.float64  # experts have no doubles
    hooked = HookedModel(family.build().to(kind))
    clean, corrupted = (
        {k: v.to(kind) if v.is_floating_point() else v for k, v in family.inputs(seed).items()}
        for seed in (0, 1)
    )
    if name == "t5":
        corrupted = corrupted | {"input_ids": clean["input_ids"]}

    def behaviour(output):
        return output.logits.reshape(2, -1)[:, -1]

    players = edges(hooked)
    game = PatchingGame(hooked, clean, corrupted, players=players, behaviour=behaviour)
    ends = worths(game, np.stack([np.zeros(len(players), bool), np.ones(len(players), bool)]))
    with torch.no_grad():
        wanted = [behaviour(hooked.run(x)).numpy() for x in (corrupted, clean)]
    single = {"rtol": 1e-4, "atol": 1e-5}  # float32 sums of a hundred edges
    np.testing.assert_allclose(ends, wanted, **(single if name == "mixtral" else EXACT))
    if name == "t5":
        assert ("0.0", "decoder.0.cross.0.q") not in set(pairs(players))
        assert ("decoder.0.0", "decoder.0.cross.0.q") in set(pairs(players))
