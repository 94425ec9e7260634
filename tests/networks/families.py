"""Ten families of transformers, built from their configurations: small, random, never downloaded.

They say what a real model's modules look like and what is counted where; nothing about meaning.
Every id that a generation would need lies within the vocabulary, so that nothing is warned of.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
import transformers as tf

WORDS, WIDTH, LENGTH = 64, 32, 8
IDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}


@dataclasses.dataclass(frozen=True)
class Family:
    """How to build one, and what is in it."""

    name: str
    make: Callable[..., Any]
    inputs: Callable[[int], dict]
    layers: int  # of the encoder and the decoder together
    heads: int  # query heads in each attention; 0: no attention
    kv_heads: int
    attentions: int  # one a layer, and one more where a decoder's layer reads an encoder
    outputs: tuple[int, ...]  # shape of the logits, of two inputs
    implementations: tuple[str, ...] = ("eager", "sdpa")

    @property
    def total_heads(self):
        return self.heads * self.attentions

    def build(self, *, seed=0, attention="eager"):
        """A model that evaluates, in float32; the same seed, the same weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.make(attention).eval()


def _ids(seed):
    draws = torch.Generator().manual_seed(seed)
    return {"input_ids": torch.randint(3, WORDS, (2, LENGTH), generator=draws)}


def _pixels(seed):
    draws = torch.Generator().manual_seed(seed)
    return {"pixel_values": torch.randn(2, 3, 16, 16, generator=draws)}


def _pair(seed):
    return _ids(seed) | {"decoder_input_ids": _ids(seed + 1)["input_ids"][:, :5]}


def _usual(config, model, **own):
    def make(attention):
        settings = {
            "vocab_size": WORDS,
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 32,
            "attn_implementation": attention,
        }
        return model(config(**(settings | IDS | own)))

    return make


def _gpt2(attention):
    return tf.GPT2LMHeadModel(
        tf.GPT2Config(
            vocab_size=WORDS,
            n_embd=WIDTH,
            n_layer=2,
            n_head=4,
            n_positions=32,
            attn_implementation=attention,
            **IDS,
        )
    )


def _mamba(attention):
    return tf.MambaForCausalLM(
        tf.MambaConfig(
            vocab_size=WORDS, hidden_size=WIDTH, state_size=8, num_hidden_layers=2, **IDS
        )
    )


def _vit(attention):
    return tf.ViTForImageClassification(
        tf.ViTConfig(
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=2 * WIDTH,
            image_size=16,
            patch_size=4,
            num_labels=3,
            attn_implementation=attention,
        )
    )


def _t5(attention):
    return tf.T5ForConditionalGeneration(
        tf.T5Config(
            vocab_size=WORDS,
            d_model=WIDTH,
            d_kv=8,
            d_ff=2 * WIDTH,
            num_layers=2,
            num_decoder_layers=2,
            num_heads=4,
            decoder_start_token_id=2,
            eos_token_id=1,
            pad_token_id=2,
            attn_implementation=attention,
        )
    )


LM = (2, LENGTH, WORDS)
GROUPED = {"num_key_value_heads": 2}
EAGER = ("eager",)

llama = _usual(tf.LlamaConfig, tf.LlamaForCausalLM, **GROUPED)
qwen3 = _usual(tf.Qwen3Config, tf.Qwen3ForCausalLM, head_dim=16, **GROUPED)
gemma2 = _usual(tf.Gemma2Config, tf.Gemma2ForCausalLM, head_dim=8, sliding_window=4, **GROUPED)
neox = _usual(tf.GPTNeoXConfig, tf.GPTNeoXForCausalLM)
mixtral = _usual(tf.MixtralConfig, tf.MixtralForCausalLM, num_local_experts=4, **GROUPED)
bert = _usual(tf.BertConfig, tf.BertForSequenceClassification, num_labels=3)

FAMILIES = (
    # name, make, inputs, layers, heads, kv_heads, attentions, outputs
    Family("gpt2", _gpt2, _ids, 2, 4, 4, 2, LM),
    Family("llama", llama, _ids, 2, 4, 2, 2, LM),
    Family("qwen3", qwen3, _ids, 2, 4, 2, 2, LM),  # heads wider than the stream's share
    Family("gemma2", gemma2, _ids, 2, 4, 2, 2, LM, EAGER),  # soft caps; norms after, too
    Family("gpt-neox", neox, _ids, 2, 4, 4, 2, LM),  # in parallel; q, k, v by head
    Family("mixtral", mixtral, _ids, 2, 4, 2, 2, LM),
    Family("mamba", _mamba, _ids, 2, 0, 0, 0, LM, EAGER),
    Family("bert", bert, _ids, 2, 4, 4, 2, (2, 3)),  # norms after
    Family("vit", _vit, _pixels, 2, 4, 4, 2, (2, 3)),
    Family("t5", _t5, _pair, 4, 4, 4, 6, (2, 5, WORDS)),
)
BY_NAME = {family.name: family for family in FAMILIES}
