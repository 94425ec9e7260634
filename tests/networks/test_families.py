"""Ten families build offline, answer, and have the heads that they are said to have."""

import socket

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from networks.families import BY_NAME, FAMILIES  # noqa: E402

EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    def refuse(*args):
        raise AssertionError("a test reached for the network")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket.socket, "connect", refuse)


@EACH
@torch.no_grad()
def test_it_answers_the_same_from_the_same_seed(family):
    model = family.build()
    assert not model.training
    assert 15_000 < sum(p.numel() for p in model.parameters()) < 60_000
    inputs = family.inputs(0)
    answer = model(**inputs).logits
    assert answer.shape == family.outputs
    assert torch.equal(answer, family.build()(**inputs).logits)
    assert not torch.equal(answer, family.build(seed=1)(**inputs).logits)
    assert not torch.equal(answer, model(**family.inputs(1)).logits)


@EACH
@torch.no_grad()
def test_it_has_the_heads_it_says(family):
    model = family.build()
    if not family.attentions:
        assert "Attention" not in repr(model)
        return
    answer = model(**family.inputs(0), output_attentions=True)
    kinds = ("attentions", "encoder_attentions", "decoder_attentions", "cross_attentions")
    found = [a for kind in kinds for a in answer.get(kind) or ()]
    assert len(found) == family.attentions
    assert {a.shape[1] for a in found} == {family.heads}
    assert sum(a.shape[1] for a in found) == family.total_heads


@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen3", "gemma2", "gpt-neox", "mixtral"])
@torch.no_grad()
def test_it_has_the_key_heads_it_says(name):
    family = BY_NAME[name]
    kept = family.build()(**family.inputs(0), use_cache=True).past_key_values
    assert [layer.keys.shape[1] for layer in kept.layers] == [family.kv_heads] * family.layers


@pytest.mark.parametrize(
    "family", [f for f in FAMILIES if "sdpa" in f.implementations], ids=lambda f: f.name
)
@torch.no_grad()
def test_both_kinds_of_attention_agree(family):
    inputs = family.inputs(0)
    one, other = (family.build(attention=kind) for kind in ("eager", "sdpa"))
    assert other.config._attn_implementation == "sdpa"
    assert (one(**inputs).logits - other(**inputs).logits).abs().max() < 1e-5


def test_building_leaves_the_global_generator_as_it_was():
    before = torch.get_rng_state()
    FAMILIES[0].build()
    assert torch.equal(torch.get_rng_state(), before)
