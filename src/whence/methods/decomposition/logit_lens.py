"""What a network would answer, were it to stop after each layer.

    p_l = softmax(unembed(final norm(h_l))),     h_l the stream after block l

The network itself is run from there: h_l is put where its last stream is read, and everything after
that is its own. Nothing is assumed of that part, and the last row is the network's own answer.

Source: the logit lens, nostalgebraist (2020). Early rows need not mean anything: blocks may keep
what they know in other directions until the end (Belrose et al. 2023, who learn a map for each).
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError, positive, some
from whence._core.lens import Lens
from whence.methods.decomposition._asked import padding_mask, token_ids
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.logits import logits_of
from whence.models.hooked.model import HookedModel, check_hooked
from whence.models.hooked.points import stem
from whence.models.hooked.running import Edit, Forward
from whence.models.hooked.sites import Site
from whence.models.hooked.stream import Stream

Decode = Callable[[int], str]


def logit_lens(
    hooked: HookedModel,
    inputs: Any,
    target: Any = None,
    *,
    positions: Sequence[int] | None = None,
    prompt: int = 0,
    decode: Decode | None = None,
    top: int = 1,
) -> Lens:
    """What the embeddings, and then each layer, would answer at each position of a prompt.

    Args:
        hooked: the network.
        inputs: prompts: ids [prompts, positions], or whatever the network takes.
        target: a token whose rank is to be told, or one for each position.
        positions: which positions; all by default.
        prompt: the prompt that is shown. `agreement` is over all prompts, less their padding.
        decode: text of a token id, such as `tokenizer.decode`; the id itself by default.
        top: how many of a layer's most probable tokens are named.

    Raises:
        HookError: no blocks.
        GameError: no such prompt, position or token, or no logits at every position.
    """
    check_hooked(hooked)
    positive(top, "top", "how many tokens are named")
    given, stream = Inputs.of(inputs), Stream(hooked)
    layers = _Layers(stream, given)
    answer = layers.final
    at = _positions(positions, answer.shape[1])
    _check(prompt, target, answer, at)
    say = decode or str
    own = answer[prompt, at].double().log_softmax(-1)
    best, real = answer[:, at].argmax(-1), _real(given, stream.stack, answer)[:, at]
    tokens, chance, kl, agreed, ranks = [], [], [], [], []
    for layer in range(len(layers.streams)):
        logits = layers.logits(layer)
        here = logits[prompt, at].double()
        said = here.log_softmax(-1)
        first = here.topk(min(top, here.shape[-1]), dim=-1).indices
        tokens.append(tuple(" | ".join(say(int(t)) for t in row) for row in first))
        chance.append(said.max(-1).values.exp())
        kl.append((own.exp() * (own - said)).nan_to_num(0.0).sum(-1))
        agreed.append(float((logits[:, at].argmax(-1) == best)[real].double().mean()))
        ranks.append(_rank(here, target))
    return Lens(
        layers=("embed", *(stem(b) if stream.stack else str(b.layer) for b in stream.blocks)),
        positions=tuple(at),
        tokens=tuple(tokens),
        probability=torch.stack(chance).cpu().numpy(),
        kl=torch.stack(kl).clamp(min=0.0).cpu().numpy(),
        agreement=np.array(agreed),
        rank=None if target is None else torch.stack(ranks).cpu().numpy(),
        text=_text(given, stream.stack, prompt, at, say),
    )


@final
class _Layers:
    """The network, run on from the stream after any layer."""

    def __init__(self, stream: Stream, inputs: Inputs) -> None:
        self.stream, self.inputs = stream, inputs
        paths = [block.path for block in stream.hooked.anatomy.blocks]
        after = [stream.hooked.points[f"{stem(b)}.hook_resid_post"] for b in stream.blocks]
        reads = list(dict.fromkeys([stream.first, *after, stream.last]))
        run = Forward(stream.hooked.module, reads=reads, keep=paths)
        self.final = self._logits(run)
        self.streams = [run.seen[site.name] for site in (stream.first, *after)]
        # what lies between the last block and the norm, if anything, is not passed through again
        self.streams[-1] = run.seen[stream.last.name]
        self.known = run.kept
        if not torch.equal(self.logits(-1), self.final):
            self.known = {}  # blocks that cannot be passed over: everything is run again

    def logits(self, layer: int) -> torch.Tensor:
        """[prompts, positions, tokens]."""
        new = self.streams[layer]
        edits: dict[Site, Edit] = {self.stream.last: lambda _here: new}
        return self._logits(Forward(self.stream.hooked.module, edits=edits, known=self.known))

    def _logits(self, run: Forward) -> torch.Tensor:
        with torch.no_grad():
            logits = logits_of(self.stream.hooked.forward(run, self.inputs))
        if logits.ndim != 3:
            raise GameError(
                "a lens needs logits at every position [prompts, positions, tokens]; the answer of "
                f"{self.stream.hooked.name} is {tuple(logits.shape)}"
            )
        return logits


def _positions(given: Sequence[int] | None, length: int) -> list[int]:
    at = list(range(length)) if given is None else [int(p) for p in given]
    wrong = [p for p in at if not -length <= p < length]
    if wrong or not at:
        raise GameError(f"position {some(wrong)} is outside prompts of {length} positions")
    return [p % length for p in at]


def _check(prompt: int, target: Any, final: torch.Tensor, at: list[int]) -> None:
    rows, _, many = final.shape
    if not 0 <= prompt < rows:
        raise GameError(f"there is no prompt {prompt}: there are {rows}, from 0")
    ids = np.asarray(-1 if target is None else target)
    if target is None:
        return
    if ids.dtype.kind not in "iu" or ids.ndim > 1 or (ids.ndim == 1 and len(ids) != len(at)):
        raise GameError(
            f"target is a token, or one for each of the {len(at)} positions; given {target!r}"
        )
    if ids.min() < 0 or ids.max() >= many:
        raise GameError(
            f"target {some(ids.reshape(-1).tolist())} is no token of this network, which knows "
            f"tokens 0 to {many - 1}"
        )


def _rank(logits: torch.Tensor, target: Any) -> torch.Tensor:
    """How many tokens are more probable: [positions]."""
    ids = torch.as_tensor(np.asarray(0 if target is None else target), device=logits.device)
    own = logits.gather(-1, ids.long().expand(len(logits))[:, None])
    return (logits > own).sum(-1)


def _real(inputs: Inputs, stack: str, final: torch.Tensor) -> torch.Tensor:
    """Where there is no padding: bool [prompts, positions]."""
    mask = padding_mask(inputs, stack)
    if mask is None or mask.shape != final.shape[:2]:
        return torch.ones(final.shape[:2], dtype=torch.bool, device=final.device)
    return mask.to(final.device) != 0


def _text(
    inputs: Inputs, stack: str, prompt: int, at: list[int], say: Decode
) -> tuple[str, ...] | None:
    """The tokens of the prompt, where the inputs are ids."""
    ids = token_ids(inputs, stack)
    if ids is None or ids.shape[1] <= max(at):
        return None
    return tuple(say(int(ids[prompt, p])) for p in at)
