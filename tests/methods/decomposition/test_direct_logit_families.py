"""Direct logit attribution of transformers as people have them, built from configurations."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from networks.families import BY_NAME  # noqa: E402

import whence as wh  # noqa: E402
from whence._core.errors import GameError, HookError  # noqa: E402
from whence.models.hooked import HookedModel  # noqa: E402

A, B = 1, 2
# Llama and Qwen3 take their norms in float32, whatever the model is: what is rounded off is a part.
ROUNDED = {"llama", "qwen3"}
SINGLE = {"mixtral"}  # its experts know no float64
PREFIX = {"t5": "decoder."}


pytestmark = pytest.mark.usefixtures("one_thread")


def build(name, attention="eager"):
    """In float64, with every parameter moved: biases that are zero would hide."""
    model = BY_NAME[name].build(attention=attention)
    model = model if name in ("mixtral", "mamba") else model.double()
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn(p.shape, generator=draws).to(p.dtype))
    return model


def inputs(name):
    given = BY_NAME[name].inputs(0)
    return {k: v.double() if v.is_floating_point() else v for k, v in given.items()}


@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen3", "gpt-neox", "mixtral", "vit", "t5"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_all_parts_add_up(name, attention):
    model, given = build(name, attention), inputs(name)
    hooked, at = HookedModel(model), 0 if name == "vit" else -1
    with torch.no_grad():
        logits = model(**given).logits
    logits = logits if name == "vit" else logits[:, -1]
    for by_source in (False, True):
        att = wh.methods.direct_logit(hooked, given, A, B, position=at, by_source=by_source)
        said = (logits[:, A] - logits[:, B]).double().numpy()
        np.testing.assert_allclose(att.full[:, 0], said, rtol=0, atol=1e-10 if name not in SINGLE
                                   else 1e-4)  # fmt: skip
        size = abs(att.values).sum(axis=2).max()
        assert abs(att.gap).max() < (1e-6 * size if name in SINGLE else 1e-10)
        heads = {n.partition(" <- ")[0] for n in
                 np.array(att.players.names)[att.players.where(part="head")]}  # fmt: skip
        family = BY_NAME[name]
        per = family.heads * (4 if name == "t5" else family.layers)
        assert len(heads) == per


def test_what_a_norm_rounds_off_is_a_part():
    for name in ("llama", "qwen3", "gpt2"):
        att = wh.methods.direct_logit(HookedModel(build(name)), inputs(name), A, B)
        assert ("norm rounding" in att.players.names) is (name in ROUNDED)
    model, given = build("llama"), inputs("llama")
    rounded = wh.methods.direct_logit(HookedModel(model), given, A, B)["norm rounding"].value
    assert 0 < abs(rounded) < 1e-6
    norm = torch.nn.RMSNorm(32, eps=1e-6).double()
    norm.weight = model.model.norm.weight
    model.model.norm = norm
    att = wh.methods.direct_logit(HookedModel(model), given, A, B)
    assert "norm rounding" not in att.players.names
    assert abs(att.gap).max() < 1e-10


def test_embeddings_are_told_apart():
    names = {name: direct(name).players.names for name in ("gpt2", "llama", "vit")}
    assert names["gpt2"][:3] == ("token embedding", "position embedding", "0.0")
    assert names["llama"][:2] == ("token embedding", "0.0")
    assert names["vit"][0] == "embed"
    assert {"0 bias", "mlp 0", "mlp 0 bias", "norm bias"} <= set(names["gpt2"])
    assert not [n for n in names["llama"] if "bias" in n]


def direct(name, **how):
    at = {"position": 0} if name == "vit" else {}
    return wh.methods.direct_logit(HookedModel(build(name)), inputs(name), A, B, **at, **how)


@pytest.mark.parametrize("name", ["bert", "gemma2"])
def test_norms_after_the_writing(name):
    with pytest.raises(HookError, match="is not a pre-norm network"):
        direct(name)


def test_padding():
    model, given = build("gpt2"), inputs("gpt2")
    mask = torch.ones_like(given["input_ids"])
    mask[1, 5:] = 0
    hooked, padded = HookedModel(model), given | {"attention_mask": mask}
    said = r"prompt '1' has padding at the position asked about.*last tokens are at \[7, 4\]"
    with pytest.raises(GameError, match=said):
        wh.methods.direct_logit(hooked, padded, A, B)
    att = wh.methods.direct_logit(hooked, padded, A, B, position=[7, 4])
    short = {"input_ids": given["input_ids"][1:, :5]}
    alone = wh.methods.direct_logit(hooked, short, A, B)
    np.testing.assert_allclose(att.values[1], alone.values[0], atol=1e-12)


def test_an_answer_cut_short():
    with pytest.raises(GameError, match=r"answers at 1 positions.*leave out what cuts its answer"):
        wh.methods.direct_logit(
            HookedModel(build("gpt2")), inputs("gpt2") | {"logits_to_keep": 1}, A, B
        )
