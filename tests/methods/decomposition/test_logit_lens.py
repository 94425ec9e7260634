"""The logit lens: its last row is the network, and the others are its head on earlier streams."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.induction import CLEAN, Induction  # noqa: E402
from networks.random_prenorm import RandomPreNorm, sentences  # noqa: E402
from torch import nn  # noqa: E402

import whence as wh  # noqa: E402
from whence._core.errors import GameError, HookError, OptionError  # noqa: E402
from whence.models.hooked import HookedModel  # noqa: E402


def lens(model, ids, *asked, **how):
    return wh.methods.logit_lens(HookedModel(model), ids, *asked, **how)


@torch.no_grad()
def by_hand(model, ids):
    """Logits of the embeddings, and after each block: [layer, prompt, position, token]."""
    x = model.embed(ids) + model.pos(torch.arange(ids.shape[1]))
    found = [model.unembed(model.ln_f(x))]
    for block in model.blocks:
        x = block(x)
        found.append(model.unembed(model.ln_f(x)))
    return torch.stack(found)


@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("parallel", [False, True])
def test_each_row_by_hand(norm, parallel):
    model = RandomPreNorm(norm=norm, parallel=parallel, n_layers=3)
    ids = sentences(model, 4)
    found, logits = lens(model, ids, 3, prompt=1), by_hand(model, ids)
    said = logits[:, 1].log_softmax(-1)
    kl = (said[-1].exp() * (said[-1] - said)).sum(-1)
    np.testing.assert_allclose(found.kl, kl.numpy(), atol=1e-12)
    np.testing.assert_allclose(found.probability, said.max(-1).values.exp().numpy(), atol=1e-12)
    best = logits.argmax(-1)
    assert found.tokens == tuple(tuple(map(str, row)) for row in best[:, 1].tolist())
    np.testing.assert_allclose(found.agreement, (best == best[-1]).double().mean((1, 2)).numpy())
    rank = (logits[:, 1] > logits[:, 1, :, 3:4]).sum(-1)
    assert found.rank.tolist() == rank.tolist()
    assert found.layers == ("embed", "0", "1", "2")
    assert found.text == tuple(map(str, ids[1].tolist()))


def test_the_last_row_is_the_network_itself():
    model = RandomPreNorm()
    ids = sentences(model)
    found = lens(model, ids)
    assert found.kl[-1].tolist() == [0.0] * 7
    assert found.agreement[-1] == 1.0
    own = model(ids)[0].detach().softmax(-1).max(-1).values
    np.testing.assert_allclose(found.probability[-1], own.numpy(), rtol=1e-14)
    assert found.rank is None


def test_without_a_norm():
    """Induction is found by the last layer, and by no earlier one."""
    found = lens(Induction(decoy=0.0), CLEAN, 2, positions=[-1])
    assert found.layers == ("embed", "0", "1")
    assert found.tokens[-1] == ("2",)
    assert found.kl[0, 0] > 1
    assert found.probability[0, 0] == pytest.approx(1 / 7)


def test_some_positions_and_the_words():
    model = RandomPreNorm()
    ids = sentences(model)
    found = lens(model, ids, [1, 2], positions=[0, -1], decode=lambda t: f"w{t}", top=3)
    assert found.positions == (0, 6)
    logits = by_hand(model, ids)[:, 0, [0, 6]]
    first = logits.topk(3, -1).indices[0, 1].tolist()
    assert found.tokens[0][1] == " | ".join(f"w{t}" for t in first)
    assert found.rank[0, 1] == int((logits[0, 1] > logits[0, 1, 2]).sum())
    assert found.text == (f"w{int(ids[0, 0])}", f"w{int(ids[0, 6])}")


class Restless(RandomPreNorm):
    """Whose last block's answer is not all that comes after it."""

    def forward(self, ids):
        x = self.embed(ids) + self.pos(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.unembed(self.ln_f(x + self.blocks[0].ln1.bias))


def test_the_stream_is_put_where_it_is_read():
    model = Restless()
    ids = sentences(model)
    found = lens(model, ids)
    assert found.kl[-1].max() == 0.0
    own = model(ids)[0].detach().softmax(-1).max(-1).values
    np.testing.assert_allclose(found.probability[-1], own.numpy(), rtol=1e-14)


@pytest.mark.parametrize("name", ["gpt2", "llama", "gpt-neox", "gemma2", "mamba", "t5"])
def test_families(name):
    pytest.importorskip("transformers")
    from networks.families import BY_NAME

    model, given = BY_NAME[name].build(), BY_NAME[name].inputs(0)
    found = lens(model, given, 5)
    with torch.no_grad():
        own = model(**given).logits[0].double()
    assert found.kl[-1].max() == 0.0
    assert found.rank[-1].tolist() == (own > own[:, 5:6]).sum(-1).tolist()
    assert found.kl[0].min() > 0
    prefix = "decoder." if name == "t5" else ""
    assert found.layers == ("embed", f"{prefix}0", f"{prefix}1")


def test_padding_does_not_count():
    pytest.importorskip("transformers")
    from networks.families import BY_NAME

    model, given = BY_NAME["llama"].build(), BY_NAME["llama"].inputs(0)
    mask = torch.ones_like(given["input_ids"])
    mask[1, 3:] = 0
    both = lens(model, given | {"attention_mask": mask})
    alone = [lens(model, {"input_ids": ids}).agreement[0] * ids.shape[1]
             for ids in (given["input_ids"][:1], given["input_ids"][1:, :3])]  # fmt: skip
    assert both.agreement[0] == pytest.approx(sum(alone) / 11)


def test_what_is_refused():
    model = RandomPreNorm()
    ids = sentences(model)
    with pytest.raises(GameError, match="position '7' is outside prompts of 7 positions"):
        lens(model, ids, positions=[7])
    with pytest.raises(GameError, match="there is no prompt 2: there are 2, from 0"):
        lens(model, ids, prompt=2)
    with pytest.raises(GameError, match="target '11' is no token"):
        lens(model, ids, 11)
    with pytest.raises(GameError, match="one for each of the 7 positions"):
        lens(model, ids, [1, 2])
    with pytest.raises(OptionError, match="top is a positive whole number"):
        lens(model, ids, top=0)
    with pytest.raises(HookError, match="no layers that whence can see"):
        lens(nn.Sequential(nn.Linear(4, 3)), torch.ones(2, 4))


def test_one_answer_for_a_whole_prompt():
    pytest.importorskip("transformers")
    from networks.families import BY_NAME

    with pytest.raises(GameError, match=r"logits at every position.*is \(2, 3\)"):
        lens(BY_NAME["vit"].build(), BY_NAME["vit"].inputs(0))
