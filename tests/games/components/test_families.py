"""Games on ten families of a library: heads against plain hooks, padding, two stacks."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
families = pytest.importorskip("networks.families")
from games.components.oracle import changed  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    PatchingGame,
    heads,
    logit_difference,
    mlps,
    nodes,
)
from whence.models.hooked import HookedModel  # noqa: E402

torch.set_num_threads(1)
# In the order in which attentions are computed: the modules that take heads side by side.
JOINS = {
    "gpt2": ["transformer.h.{}.attn.c_proj"],
    "llama": ["model.layers.{}.self_attn.o_proj"],
    "qwen3": ["model.layers.{}.self_attn.o_proj"],
    "gemma2": ["model.layers.{}.self_attn.o_proj"],
    "gpt-neox": ["gpt_neox.layers.{}.attention.dense"],
    "mixtral": ["model.layers.{}.self_attn.o_proj"],
    "bert": ["bert.encoder.layer.{}.attention.output.dense"],
    "vit": ["vit.layers.{}.attention.o_proj"],
    "t5": [
        "encoder.block.{}.layer.0.SelfAttention.o",
        "decoder.block.{}.layer.0.SelfAttention.o",
        "decoder.block.{}.layer.1.EncDecAttention.o",
    ],
}
SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # float32


def last(output):
    return output.logits.reshape(2, -1)[:, -1]


def joins(name, model):
    parts = dict(model.named_modules())
    first, *rest = JOINS[name]
    found = [parts[first.format(layer)] for layer in (0, 1)]
    return found + [parts[path.format(layer)] for layer in (0, 1) for path in rest]


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("name", JOINS)
def test_every_head_is_patched_where_plain_hooks_patch_it(name, attention):
    family = families.BY_NAME[name]
    if attention not in family.implementations:
        pytest.skip("this family has no such attention")
    model = family.build(attention=attention)
    clean, corrupted = family.inputs(0), family.inputs(1)
    hooked = HookedModel(model)
    players = heads(hooked)
    game = PatchingGame(hooked, clean, corrupted, players=players, behaviour=last)
    assert len(players) == family.total_heads
    assert game.run.prefix.kept
    modules, there = joins(name, model), {}
    with (
        torch.no_grad(),
        changed([(m, "in", lambda x, i=i: there.setdefault(i, x)) for i, m in enumerate(modules)]),
    ):
        model(**corrupted)

    def without(player):
        place, head = divmod(player, family.heads)

        def swap(x):
            wide = x.shape[-1] // family.heads
            x = x.clone()
            own = slice(head * wide, (head + 1) * wide)
            x[..., own] = there[place][..., own]
            return x

        with torch.no_grad(), changed([(modules[place], "in", swap)]):
            return last(model(**clean)).numpy()

    n = len(players)
    rows = np.repeat(~np.eye(n, dtype=bool), 2, axis=0)
    got = game.worth(rows, np.tile([0, 1], n), np.zeros(2 * n, int)).reshape(n, 2)
    np.testing.assert_allclose(got, [without(i) for i in range(n)], **SINGLE)


def padded(seed):
    """Two prompts of 8 and 5 tokens; the second is padded on the right."""
    given = families.BY_NAME["gpt2"].inputs(seed)["input_ids"]
    mask = torch.ones_like(given)
    mask[1, 5:] = 0
    return {"input_ids": given.masked_fill(mask == 0, 2), "attention_mask": mask}


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2"])
def test_padding_is_nobody(name):
    """Each prompt has the worths that it has alone, without padding."""
    hooked = HookedModel(families.BY_NAME[name].build())
    clean, corrupted = padded(0), padded(1)
    difference = logit_difference(5, 7, position=[7, 4])
    for players in (heads(hooked), mlps(hooked)):
        game = PatchingGame(hooked, clean, corrupted, players=players, behaviour=difference)
        n = len(players)
        rows = np.random.default_rng(0).random((6, n)) < 0.5
        for case, length in enumerate((8, 5)):
            alone = [
                {"input_ids": x["input_ids"][case : case + 1, :length]} for x in (clean, corrupted)
            ]
            single = PatchingGame(hooked, *alone, players=players, behaviour=logit_difference(5, 7))
            got = game.worth(rows, np.full(6, case), np.zeros(6, int))
            wanted = single.worth(rows, np.zeros(6, int), np.zeros(6, int))
            np.testing.assert_allclose(got, wanted, **SINGLE)


@pytest.mark.parametrize("ablation", ["mean", "mean-positional"])
def test_padding_is_in_no_mean(ablation):
    hooked = HookedModel(families.BY_NAME["gpt2"].build())
    site = "blocks.0.hook_mlp_out"
    game = AblationGame(
        hooked, padded(0), players=nodes(hooked, [site]), ablation=ablation,
        behaviour=logit_difference(5, 7, position=[7, 4]),
    )  # fmt: skip
    there = hooked.cache(padded(0), [site])[site]
    if ablation == "mean":
        wanted = torch.cat([there[0], there[1, :5]]).mean(0)
        torch.testing.assert_close(game.instead[site][0, 0], wanted)
    else:
        wanted = torch.cat([(there[0, :5] + there[1, :5]) / 2, there[0, 5:]])
        torch.testing.assert_close(game.instead[site][0], wanted)


@pytest.mark.parametrize("site", ["decoder.0.hook_mlp_out", "encoder.0.hook_mlp_out"])
def test_each_stack_has_its_own_mask(site):
    """Kills: the encoder's mask on the decoder's positions, where they are as many."""
    hooked = HookedModel(families.BY_NAME["t5"].build())
    given = padded(0)
    inputs = given | {"decoder_input_ids": given["input_ids"].flip(1)}
    game = AblationGame(
        hooked, inputs, players=nodes(hooked, [site]), behaviour=last, ablation="mean"
    )
    there = hooked.cache(inputs, [site])[site]
    some = torch.cat([there[0], there[1, :5]])
    wanted = (some if site.startswith("encoder") else there.flatten(0, 1)).mean(0)
    torch.testing.assert_close(game.instead[site][0, 0], wanted)


def test_a_mixture_of_experts_is_one_player():
    hooked = HookedModel(families.BY_NAME["mixtral"].build())
    assert mlps(hooked).names == ("mlp 0", "mlp 1")
    assert hooked.site("blocks.0.hook_mlp_out").module == "model.layers.0.mlp"
    assert "blocks.0.mlp.hook_post" not in hooked.points  # there is no one list of neurons
