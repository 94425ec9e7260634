"""What is found in networks as people write them, and in ten families of a library."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from models.hooked.odd import (  # noqa: E402
    HEADS,
    ODD,
    WORDS,
    Attributes,
    Block,
    Feed,
    ListOfHeads,
    Named,
    Net,
    Separate,
    SequentialFeed,
    filled,
    ids,
    of,
)
from whence._core.errors import HookError  # noqa: E402
from whence.games.components import edges, heads, mlps, units  # noqa: E402
from whence.models.hooked import Adapter, HookedModel  # noqa: E402

torch.set_num_threads(1)
EACH = pytest.mark.parametrize("name", ODD)


@EACH
def test_heads_and_mlps_are_found_in_every_arrangement(name):
    model = filled(ODD[name]())
    hooked = HookedModel(model)
    found = hooked.anatomy
    assert heads(hooked).names == ("0.0", "0.1", "1.0", "1.1")
    assert mlps(hooked).names == ("mlp 0", "mlp 1")
    assert [b.layer for b in found.blocks] == [0, 1]
    assert found.final_norm
    assert found.unembed
    assert all(a.norm for a in found.attentions)
    assert all(m.norm and m.first and m.last for m in found.mlps)
    assert not any(m.parallel for m in found.mlps)


@EACH
def test_what_is_read_is_what_was_computed(name):
    """z is pattern times values, in every layout: queries, keys and values are told apart."""
    model = filled(ODD[name]())
    hooked = HookedModel(model)
    seen = hooked.cache(ids())
    for layer in range(2):
        at = f"blocks.{layer}.attn"
        pattern, z = seen[f"{at}.hook_pattern"], seen[f"{at}.hook_z"].transpose(1, 2)
        assert pattern.shape == (3, HEADS, 6, 6)
        torch.testing.assert_close(seen[f"{at}.hook_attn_scores"].softmax(-1), pattern)
        if name == "list of heads":  # whose queries are in modules of their own
            assert f"{at}.hook_q" not in seen
            continue
        q, k, v = (seen[f"{at}.hook_{c}"].transpose(1, 2) for c in "qkv")
        k, v = (x.repeat_interleave(HEADS // x.shape[1], 1) for x in (k, v))
        torch.testing.assert_close(pattern @ v, z)
        scores = q @ k.transpose(2, 3) / 2.0  # the root of a head's width
        below = torch.ones(6, 6, dtype=torch.bool).tril()
        torch.testing.assert_close(seen[f"{at}.hook_attn_scores"][..., below], scores[..., below])


def test_a_network_without_layers_has_the_paths_of_its_modules():
    """Kills: the smallest of no stacks."""
    plain = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).eval()
    hooked = HookedModel(plain)
    assert hooked.hook_names == ("0", "1", "2")
    assert len(units(hooked, ["1"])) == 8
    image = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)).eval()
    image(torch.zeros(1, 1, 8, 8))
    hooked = HookedModel(image, example=torch.zeros(2, 1, 8, 8))
    assert len(units(hooked, ["1"])) == 5
    for none in (heads, mlps, edges):
        with pytest.raises(HookError, match="Sequential has no"):
            none(hooked)


def test_attention_in_one_function_is_no_mlp():
    """Kills: torch's own attention, whose two matrices pass for those of an MLP."""

    class Torch(nn.Module):
        def __init__(self):
            super().__init__()
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
            self.tok, self.head = nn.Embedding(WORDS, 8), nn.Linear(8, WORDS)
            self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

        def forward(self, ids):
            return self.head(self.layers(self.tok(ids)))

    hooked = HookedModel(filled(Torch()))
    assert [m.path for m in hooked.anatomy.mlps] == [f"layers.layers.{i}.linear2" for i in (0, 1)]
    with pytest.raises(HookError, match=r"Attention inside one function, as in torch\.nn\.Multi"):
        heads(hooked)


def test_attention_that_is_in_no_layer_has_no_stream():
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.tok, self.attn = nn.Embedding(WORDS, 8), Separate()
            self.head = nn.Linear(8, WORDS)

        def forward(self, ids):
            x = self.tok(ids)
            return self.head(x + self.attn(x))

    hooked = HookedModel(filled(Bare()))
    assert heads(hooked).names == ("0.0", "0.1")
    assert not [name for name in hooked.hook_names if "resid" in name]
    with pytest.raises(HookError, match="has no layers that whence can see"):
        edges(hooked)


def test_one_layer_of_modules_of_heads_is_one_layer():
    class One(Net):
        def __init__(self):
            super().__init__(of(ListOfHeads))
            self.layers = self.layers[:1]

    assert heads(HookedModel(filled(One()))).names == ("0.0", "0.1")


def test_an_adapter_says_what_cannot_be_seen():
    model = filled(Net(of(Separate)))
    said = Adapter(
        "layers.{}",
        output="attention.wo",
        heads=2,
        query="attention.wq",
        key="attention.wk",
        value="attention.wv",
        mlp="feed",
        mlp_first="feed.up",
        mlp_last="feed.down",
        norm_attention="ln_1",
        norm_mlp="ln_2",
        embeddings=("tok", "pos"),
        final_norm="norm",
        unembed="head",
    )
    told, found = HookedModel(model, said), HookedModel(model)
    assert told.anatomy == found.anatomy
    assert told.points == found.points


def test_paths_are_those_of_the_module_that_was_given():
    inner = Net(lambda: Block(Separate, SequentialFeed))
    hooked = HookedModel(filled(nn.ModuleDict({"net": inner})["net"]))
    assert hooked.site("blocks.0.hook_mlp_out").module == "layers.0.feed"
    named = HookedModel(filled(Named(inner)), example={"tokens": ids()})
    assert named.site("blocks.0.hook_mlp_out").module == "net.layers.0.feed"
    assert Attributes(of(Separate, Feed)).layer0 is not None


families = pytest.importorskip("networks.families")


@pytest.mark.parametrize("family", families.FAMILIES, ids=lambda f: f.name)
def test_families(family):
    hooked = HookedModel(family.build())
    found = hooked.anatomy
    assert len(found.blocks) == len(found.mlps) == family.layers
    assert len(found.attentions) == family.attentions
    assert {a.heads for a in found.attentions} <= {family.heads}
    assert {a.key.cut.heads for a in found.attentions} <= {family.kv_heads}
    assert {a.value.cut.heads for a in found.attentions} <= {family.kv_heads}
    assert found.unembed
    assert bool(found.final_norm) == (family.name != "bert")
    assert "hook_embed" in hooked.points
    parallel = {m.parallel for m in found.mlps} if found.attentions else {False}
    assert parallel == {family.name == "gpt-neox"}
