"""Direct logit attribution: exact sums, known numbers, and what has no such sum."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.facts import ANSWERS as WORDS  # noqa: E402
from networks.facts import Facts, prompt  # noqa: E402
from networks.induction import ANSWERS, CLEAN, CORRUPTED, Induction  # noqa: E402
from networks.random_prenorm import RandomPreNorm, sentences  # noqa: E402
from torch import nn  # noqa: E402

import whence as wh  # noqa: E402
from whence._core.errors import GameError, HookError  # noqa: E402
from whence.models.hooked import HookedModel  # noqa: E402

A, B = 3, 5


pytestmark = pytest.mark.usefixtures("one_thread")


def direct(model, ids, *asked, **how):
    return wh.methods.direct_logit(HookedModel(model), ids, *asked, **how)


def plain(model, ids, a, b, at=-1):
    with torch.no_grad():
        logits = model(ids)[torch.arange(len(ids)), at]
    return (logits[:, a] - (logits[:, b] if b is not None else 0)).numpy()


def by_name(att, case=0):
    return dict(zip(att.players.names, att.values[case, 0].tolist(), strict=True))


# -- known numbers --


def test_the_induction_head_by_hand():
    """The sheet's numbers of T1: 4.982 of the head, read at position 2."""
    att = direct(Induction(), CLEAN, *ANSWERS)
    assert by_name(att) == pytest.approx(
        {"token embedding": 0.0, "position embedding": 0.0, "0.0": 0.0, "0.1": -0.011,
         "1.0": 4.982, "1.1": -0.031},
        abs=5e-4,
    )  # fmt: skip
    assert abs(att.gap).max() < 1e-12
    split = direct(Induction(decoy=0.0), CLEAN, *ANSWERS, by_source=True)
    loud = {name: v for name, v in by_name(split).items() if abs(v) > 1e-9}
    assert loud == pytest.approx({"1.0 <- 2": 5.0}, abs=1e-9)


def test_facts_by_hand():
    split = direct(Facts(), prompt("Colosseum", "is in the country of"), WORDS.index("Italy"),
                   by_source=True)  # fmt: skip
    loud = {name: v for name, v in by_name(split).items() if abs(v) > 1e-9}
    assert loud == pytest.approx({"0.0 <- 1": 3, "0.1 <- 2": 3, "0.2 <- 1": 1.5, "0.2 <- 2": 1.5})
    assert split.outputs == ("logit",)


def test_one_norm_a_part_would_be_wrong():
    """Kills: each part normed by itself, whose sum is off by whole logits."""
    model = RandomPreNorm()
    ids = sentences(model)
    hooked = HookedModel(model)
    att = wh.methods.direct_logit(hooked, ids, A, B)
    here = hooked.cache(ids, ["blocks.0.hook_mlp_out"])["blocks.0.hook_mlp_out"][:, -1]
    u = (model.unembed.weight[A] - model.unembed.weight[B]).detach()
    x = hooked.cache(ids, ["blocks.1.hook_resid_post"])["blocks.1.hook_resid_post"][:, -1]
    scale = (x.var(-1, correction=0, keepdim=True) + model.ln_f.eps).rsqrt()
    written = (here - here.mean(-1, keepdim=True)) * scale * model.ln_f.weight.detach() @ u
    names = att.players.names
    got = att.values[:, 0, names.index("mlp 0")] + att.values[:, 0, names.index("mlp 0 bias")]
    np.testing.assert_allclose(got, written.numpy(), atol=1e-12)
    alone = nn.functional.layer_norm(here, here.shape[-1:], model.ln_f.weight) @ u
    assert abs(got - alone.detach().numpy()).min() > 0.1


# -- exact sums --


@pytest.mark.parametrize(
    ("norm", "parallel", "fused"),
    list(itertools.product(["layer", "rms"], [False, True], [False, True])),
)
@pytest.mark.parametrize("by_source", [False, True])
def test_all_parts_add_up(norm, parallel, fused, by_source):
    model = RandomPreNorm(norm=norm, parallel=parallel, fused=fused)
    ids = sentences(model, 3)
    att = direct(model, ids, A, B, by_source=by_source)
    np.testing.assert_allclose(att.full[:, 0], plain(model, ids, A, B), atol=1e-10)
    assert abs(att.gap).max() < 1e-10
    constants = ["norm bias", "unembed bias", "0 bias", "1 bias", "mlp 0 bias", "mlp 1 bias"]
    assert set(constants) <= set(att.players.names)
    assert len(att.players) == (16 if not by_source else 10 + 6 * ids.shape[1])


def test_splitting_heads_moves_nothing():
    model = RandomPreNorm()
    ids = sentences(model, 3)
    whole, split = (direct(model, ids, A, B, by_source=s) for s in (False, True))
    together = split.group({
        name: [n for n in split.players.names if n.partition(" <- ")[0] == name]
        for name in whole.players.names
    })  # fmt: skip
    for name in whole.players.names:
        a, b = (x.values[:, 0, x.players.index(name)] for x in (whole, together))
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_constants_are_what_they_say():
    model = RandomPreNorm()
    found = by_name(direct(model, sentences(model), A, B))
    with torch.no_grad():
        u = model.unembed.weight[A] - model.unembed.weight[B]
        assert found["norm bias"] == pytest.approx(float(model.ln_f.bias @ u), abs=1e-12)
        assert found["unembed bias"] == pytest.approx(
            float(model.unembed.bias[A] - model.unembed.bias[B]), abs=1e-12
        )


def test_each_prompt_its_own_question():
    model = RandomPreNorm()
    ids, a, b, at = sentences(model, 3), [3, 4, 0], torch.tensor([5, 1, 2]), np.array([2, -1, 4])
    att = direct(model, ids, a, b, position=at, by_source=True)
    for i in range(3):
        alone = direct(model, ids[i : i + 1], a[i], int(b[i]), position=int(at[i]), by_source=True)
        wide = by_name(att, i)
        narrow = by_name(alone)
        assert narrow == pytest.approx({n: wide[n] for n in narrow}, abs=1e-12)
        assert abs(alone.full - att.full[i]).max() < 1e-12
    assert att.data["position"].tolist() == [2, 6, 4]
    assert att.data["target"].tolist() == a


def test_one_logit_alone():
    model = RandomPreNorm()
    ids = sentences(model)
    att = direct(model, ids, A)
    np.testing.assert_allclose(att.full[:, 0], plain(model, ids, A, None), atol=1e-10)
    assert abs(att.gap).max() < 1e-10


def test_embeddings_that_are_no_sum_are_one_part():
    model = Scaled()
    att = direct(model, sentences(model), A, B)
    assert att.players.names[0] == "embed"
    assert att.players.where(part="embed").tolist() == [0]
    assert abs(att.gap).max() < 1e-10


def test_a_weight_that_counts_from_one():
    """Kills: a gain of 1 + weight read as the weight, as in Gemma."""
    model = RandomPreNorm(norm="rms")
    model.ln_f = OneNorm(24)
    att = direct(model, sentences(model), A, B)
    assert abs(att.gap).max() < 1e-10
    assert att.provenance["final norm"] == "mean kept; 1 + weight"


def test_a_stream_of_mean_zero_does_not_hide_the_mean():
    """Kills: a norm's form told from a stream whose mean is zero anyway."""
    for norm, words in (("layer", "mean taken off"), ("rms", "mean kept")):
        model = RandomPreNorm(norm=norm)
        with torch.no_grad():
            for _ in range(2):  # the last MLP's bias takes the mean off, for this prompt
                x = HookedModel(model).cache(CENTRED)["blocks.1.hook_resid_post"][0, -1]
                model.blocks[1].mlp.down.bias -= x.mean()
        att = direct(model, CENTRED, A, B)
        assert att.provenance["final norm"].startswith(words)
        assert abs(att.gap).max() < 1e-10


CENTRED = torch.tensor([[1, 2, 3, 4, 5, 6, 7]])


def test_float32_is_as_good_as_float32():
    model = RandomPreNorm().float()
    att = direct(model, sentences(model), A, B)
    assert abs(att.gap).max() < 1e-4


# -- what it says of itself --


def test_the_mean_over_prompts_has_their_spread():
    model = RandomPreNorm()
    one = direct(model, sentences(model, 5), A, B).mean()
    assert set(one.parts) == {"estimation", "data"}
    assert one.averaged == 5
    assert one.parts["data"].max() > 0
    assert abs(one.gap).max() < 1e-10


def test_columns_and_provenance():
    model = RandomPreNorm()
    ids = sentences(model)
    ids[:, 2] = 4
    att = direct(model, ids, A, B, by_source=True)
    one = att.players.index("1.2 <- 2")
    columns = {name: att.players.column(name)[one] for name in att.players.columns}
    assert columns == {
        "layer": 1, "head": 2, "part": "head", "site": "blocks.1.attn.hook_z", "source": 2,
        "token": "4",
    }  # fmt: skip
    assert att.players.column("token")[att.players.index("1.2 <- 3")] is None
    assert att.uncertainty == "exact"
    assert "direct effects only" in att.provenance["effects"]
    assert att.provenance["parity"] == "bit-equal with hooks on"
    assert (att.cost.rows, att.cost.gradients) == (4, 2)
    assert att.empty.max() == 0


def test_pictures():
    mpl = pytest.importorskip("matplotlib")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    model = RandomPreNorm()
    ids = sentences(model)
    direct(model, ids, A, B).plot("heads")
    direct(model, ids, A, B, by_source=True).plot("sources")
    plt.close("all")


def test_nothing_of_the_model_changes():
    model = RandomPreNorm()
    ids = sentences(model)
    before = model(ids)
    direct(model, ids, A, B, by_source=True)
    assert torch.equal(model(ids), before)
    assert torch.is_grad_enabled()
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_a_new_prompt_can_be_compared():
    model = Induction(decoy=0.0)
    change = direct(model, CLEAN, *ANSWERS) - direct(model, CORRUPTED, *ANSWERS)
    assert by_name(change)["1.0"] == pytest.approx(10.0, abs=1e-6)


# -- what is refused --


class OneNorm(nn.Module):
    """RMSNorm whose weight says how far from one the gain is."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-0.3, 0.4, width).double())

    def forward(self, x):
        return x * (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt() * (1 + self.weight)


class WarmNorm(nn.Module):
    """No norm that is known: the scale is of each number."""

    def forward(self, x):
        return torch.tanh(x)


class Scaled(RandomPreNorm):
    def forward(self, ids):
        x = 4.0 * self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.unembed(self.ln_f(x))


class Capped(RandomPreNorm):
    def forward(self, ids):
        return 30.0 * torch.tanh(super().forward(ids) / 30.0)


class Pooled(RandomPreNorm):
    def forward(self, ids):
        return super().forward(ids).mean(1)


class PostNorm(RandomPreNorm):
    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.unembed(x)


class After(nn.Module):
    """A norm after the sum."""

    def __init__(self, block):
        super().__init__()
        self.attn, self.ln1, self.mlp, self.ln2 = block.attn, block.ln1, block.mlp, block.ln2

    def forward(self, x):
        x = self.ln1(x + self.attn(x))
        return self.ln2(x + self.mlp(x))


@pytest.mark.parametrize(
    ("asked", "how", "said"),
    [
        ((99, B), {}, r"target '99' is no token of this network, which knows tokens 0 to 10"),
        ((A, -1), {}, r"versus '-1' is no token"),
        ((A, A), {}, r"target and versus are the same token for prompt '0', '1'"),
        ((A, [B, A]), {}, r"same token for prompt '1'"),
        (([[1, 2], [3]], B), {}, r"target has several tokens for one prompt.*first token of each"),
        ((torch.ones(2, 2, dtype=int), B), {}, r"target has several tokens"),
        (([1, 2, 3], B), {}, r"target has 3 entries for 2 prompts"),
        ((1.5, B), {}, r"target is a whole number"),
        ((A, B), {"position": 7}, r"position '7' is outside prompts of 7 positions"),
        ((A, B), {"position": [0, -8]}, r"position '-8' is outside"),
    ],
)
def test_questions_that_make_no_sense(asked, how, said):
    model = RandomPreNorm()
    with pytest.raises(GameError, match=said):
        direct(model, sentences(model), *asked, **how)


def test_bent_logits():
    model = Capped()
    with pytest.raises(HookError, match=r"are not a linear map of its last stream.*soft cap"):
        direct(model, sentences(model), A, B)
    model = RandomPreNorm()  # homogeneous: f(y) = u . y holds, and f(-y) = -u . y does not
    first, last = nn.Linear(24, 24, bias=False), nn.Linear(24, 11, bias=False)
    with torch.no_grad():
        for part in (first, last):
            part.weight.copy_(torch.arange(part.weight.numel()).sin().reshape(part.weight.shape))
    model.unembed = nn.Sequential(first, nn.ReLU(), last).double()
    with pytest.raises(HookError, match="a head with a layer of its own"):
        direct(model, sentences(model), A, B)


def test_norms_after_the_sum():
    model = PostNorm()
    model.blocks = nn.ModuleList(After(block) for block in model.blocks)
    with pytest.raises(HookError, match="is not a pre-norm network"):
        direct(model, sentences(model), A, B)


def test_a_norm_of_another_kind():
    model = RandomPreNorm()
    model.ln_f = WarmNorm()
    with pytest.raises(HookError, match=r"\(ln_f, WarmNorm\) is no LayerNorm and no RMSNorm"):
        direct(model, sentences(model), A, B)


def test_logits_of_several_positions():
    model = Pooled()
    with pytest.raises(GameError, match="read the stream at position 0, 1, 2, 3, 4 and more"):
        direct(model, sentences(model), A, B)


def test_no_blocks():
    with pytest.raises(HookError, match="no layers that whence can see"):
        direct(nn.Sequential(nn.Linear(4, 3)), torch.ones(2, 4), 0, 1)


def test_heads_that_are_gated():
    """Kills: a split of what is no mixture of values."""
    from whence.methods.decomposition._asked import Asked
    from whence.methods.decomposition._final_stream import final_stream
    from whence.methods.decomposition._parts import _sources
    from whence.models.hooked.inputs import Inputs
    from whence.models.hooked.stream import Stream

    model = RandomPreNorm()
    ids = sentences(model)
    stream = Stream(HookedModel(model))
    seen = final_stream(stream, Inputs.of(ids), Asked.of(A, B, -1, 2), keep=[], attend=[0])
    seen.here["blocks.0.attn.hook_z"].mul_(1.5)
    with pytest.raises(HookError, match=r"blocks.0.attn.hook_z: .*leave by_source out"):
        _sources(stream, stream.attentions[0], seen, seen.head.slope)
