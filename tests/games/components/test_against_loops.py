"""Worths are the numbers of plain loops with plain hooks: one coalition, one prompt at a time."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from models.hooked.odd import ODD, WIDE, Net, Separate, filled, ids, of  # noqa: E402

from games.components.oracle import answer, seen  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    PatchingGame,
    heads,
    logit_difference,
    mlps,
    nodes,
    units,
)
from whence.models.hooked import HookedModel  # noqa: E402

torch.set_num_threads(1)
EXACT = {"rtol": 1e-9, "atol": 1e-11}  # float64, sums of tens of terms


def measured(logits):
    return logits[:, -1, 1] - logits[:, -1, 2]


def looked(model, prompts, at):
    """What is at each place, in rows; of positions there is one row for all prompts."""
    found = seen(model, prompts, [place[:2] for place in at])
    return [x if x.ndim == 3 else x.expand(len(prompts), *x.shape) for x in found]


def every(n, most=5):
    """All coalitions of few players, or the first, the last and some between."""
    rows = np.array(list(itertools.product([False, True], repeat=n)) if n <= 4 else [])
    if n > 4:
        rows = np.random.default_rng(n).random((most, n)) < 0.5
        rows = np.concatenate([rows, np.zeros((1, n), bool), np.ones((1, n), bool)])
    return rows


def head(h):
    return (..., slice(h * WIDE, (h + 1) * WIDE))


def parts(kind, model, hooked):
    """Players, and for each the place and the piece of it: (module, end, index)."""
    layers = model.layers
    if kind == "heads":
        return heads(hooked), [(b.attention.wo, "in", head(h)) for b in layers for h in range(2)]
    if kind == "heads at positions":
        at = [
            (b.attention.wo, "in", (slice(None), p, *head(h)[1:]))
            for b in layers
            for h in range(2)
            for p in (0, -1)
        ]
        return heads(hooked, positions=[0, -1]), at
    if kind == "mlps":
        return mlps(hooked), [(b.feed, "out", ...) for b in layers]
    if kind == "units":
        return units(hooked, ["blocks.1.mlp.hook_post"]), [
            (layers[1].feed.down, "in", (..., u)) for u in range(12)
        ]
    if kind == "queries, keys and values":
        players = nodes(hooked, [f"blocks.1.attn.hook_{c}" for c in "qkv"])
        a = layers[1].attention
        return players, [(m, "out", head(h)) for m in (a.wq, a.wk, a.wv) for h in range(2)]
    if kind == "streams":
        return nodes(hooked, ["hook_embed", "hook_pos_embed", "blocks.1.hook_resid_pre"]), [
            (model.tok, "out", ...),
            (model.pos, "out", ...),
            (layers[1], "in", ...),
        ]
    raise AssertionError(kind)


KINDS = (
    "heads",
    "heads at positions",
    "mlps",
    "units",
    "queries, keys and values",
    "streams",
)
EACH = pytest.mark.parametrize("kind", KINDS)


def made(attention=Separate):
    model = filled(Net(of(attention)))
    return model, HookedModel(model)


def worths(game, rows, draw=0):
    """[coalitions, cases], asked all at once."""
    n = len(rows)
    asked = np.repeat(rows, game.n_cases, axis=0)
    cases = np.tile(np.arange(game.n_cases), n)
    return game.worth(asked, cases, np.full(len(asked), draw)).reshape(n, game.n_cases, -1)


def loop(model, prompts, at, rows, others, left=True):
    """The same, by hand: one prompt and one coalition at a time."""
    found = np.zeros((len(rows), len(prompts)))
    for i, row in enumerate(rows):
        for c in range(len(prompts)):
            gone = [
                (*place, others[j][c : c + 1] if len(others[j]) > 1 else others[j])
                for j, place in enumerate(at)
                if bool(row[j]) != left
            ]
            found[i, c] = measured(answer(model, prompts[c : c + 1], gone)).item()
    return found


@EACH
@pytest.mark.parametrize("mode", ["noising", "denoising"])
def test_patching(kind, mode):
    model, hooked = made()
    players, at = parts(kind, model, hooked)
    clean, corrupted = ids(), ids(seed=1)
    game = PatchingGame(
        hooked, clean, corrupted, players=players, behaviour=logit_difference(1, 2), mode=mode
    )
    base, other = (clean, corrupted) if mode == "noising" else (corrupted, clean)
    there = looked(model, other, at)
    rows = every(len(players))
    wanted = loop(model, base, at, rows, there, left=mode == "noising")
    np.testing.assert_allclose(worths(game, rows)[..., 0], wanted, **EXACT)


@EACH
@pytest.mark.parametrize("ablation", ["zero", "mean", "mean-positional", "resample"])
@pytest.mark.parametrize("own", [True, False], ids=["own prompts", "reference prompts"])
def test_ablation(kind, ablation, own):
    model, hooked = made()
    players, at = parts(kind, model, hooked)
    prompts, reference = ids(), ids(rows=4, seed=2)
    game = AblationGame(
        hooked,
        prompts,
        players=players,
        behaviour=logit_difference(1, 2),
        ablation=ablation,
        reference=None if own else reference,
    )
    there = looked(model, prompts if own else reference, at)
    rows = every(len(players))
    for draw in range(game.n_draws):
        if ablation == "zero":
            others = [torch.zeros_like(x[:1]) for x in there]
        elif ablation == "mean":
            others = [x.reshape(-1, x.shape[-1]).mean(0).expand_as(x[:1]) for x in there]
        elif ablation == "mean-positional":
            others = [x.mean(0, keepdim=True) for x in there]
        elif own:
            others = [x[[(c + 1 + draw) % 3 for c in range(3)]] for x in there]
        else:
            others = [x[draw : draw + 1] for x in there]
        wanted = loop(model, prompts, at, rows, others)
        np.testing.assert_allclose(worths(game, rows, draw)[..., 0], wanted, **EXACT)


@pytest.mark.parametrize("rows", [1, 2, 6])
@pytest.mark.parametrize("net", ["separate", "parameter", "sequential"])
def test_as_many_prompts_as_positions_confuse_nothing(rows, net):
    """Kills: a table of positions [6, d] taken for the rows of six prompts."""
    model = filled(ODD[net]())
    hooked = HookedModel(model)
    clean, corrupted = ids(rows), ids(rows, seed=1)
    game = PatchingGame(
        hooked, clean, corrupted, players=heads(hooked), behaviour=logit_difference(1, 2)
    )
    assert game.run.prefix.kept  # and it is trusted
    outs = [
        dict(model.named_modules())[a.output] for a in hooked.anatomy.attentions for _ in range(2)
    ]
    at = [(out, "in", head(i % 2)) for i, out in enumerate(outs)]
    some = every(4)
    wanted = loop(model, clean, at, some, looked(model, corrupted, at))
    np.testing.assert_allclose(worths(game, some)[..., 0], wanted, **EXACT)


@pytest.mark.parametrize("ablation", ["zero", "mean", "mean-positional", "resample"])
def test_units_and_channels_of_plain_networks(ablation):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3),
        torch.nn.ReLU(),
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 5),
        torch.nn.ReLU(),
        torch.nn.Linear(5, 2),
    )
    filled(net)
    images = torch.randn(4, 1, 7, 7, generator=torch.Generator().manual_seed(0)).double()
    hooked = HookedModel(net, example=images)
    game = AblationGame(
        hooked,
        images,
        players=units(hooked, ["1", "6"]),
        behaviour=lambda out: out[:, 1] - out[:, 0],
        ablation=ablation,
    )
    assert len(game.players) == 3 + 5
    at = [(net[1], "out", (slice(None), c)) for c in range(3)]
    at += [(net[6], "out", (slice(None), u)) for u in range(5)]
    there = seen(net, images, [place[:2] for place in at])
    rows = every(8)
    wanted = np.zeros((len(rows), 4))
    for (i, row), c in itertools.product(enumerate(rows), range(4)):
        others = {
            "zero": [torch.zeros_like(x[:1]) for x in there],
            "mean": [x.mean([0, *range(2, x.ndim)], keepdim=True) for x in there],
            "mean-positional": [x.mean(0, keepdim=True) for x in there],
            "resample": [x[[(c + 1) % 4]] for x in there],
        }[ablation]
        gone = [(*at[j], others[j]) for j in range(8) if not row[j]]
        out = answer(net, images[c : c + 1], gone)
        wanted[i, c] = (out[0, 1] - out[0, 0]).item()
    np.testing.assert_allclose(worths(game, rows)[..., 0], wanted, **EXACT)
