"""Direct logit attribution: what each part of a network wrote into the logits, without detours.

    logit(a) - logit(b) = sum over parts c of phi_c,     phi_c = c . reader,
    reader = s (gain u - mean(gain u))

where c runs over the embeddings, what each head and each MLP wrote and every output bias, u is the
slope of the difference at what the final norm gives, and s the norm's scale on this very prompt,
held. What is left over is constant: the norm's bias and the unembedding's; and, where a norm works
in fewer digits than the model has, what it rounds off. The sum is exact.

It is an account, and no experiment: a part that acts through later parts has no direct effect,
and a part that is taken away would change the norm's scale too. `AblationGame` asks that.

Source: Elhage et al. (2021); by the position read, Chughtai, Cooney and Nanda (2024). Ours: norms,
constants and the bias of MLPs are told from numbers, so that nothing is left over, and networks
whose logits are no sum are refused. Nothing is folded or centred: the weights stay as they are.
"""

import time
from typing import Any

import numpy as np
import torch

from whence._core.attribution import Attribution, Cost
from whence._core.game import Question
from whence._core.index import Share
from whence._core.meter import count, metering
from whence._core.players import Players
from whence._core.reading import EXACT
from whence._core.shaped import Float
from whence.methods.decomposition._asked import Asked, token_ids
from whence.methods.decomposition._final_norm import FrozenNorm, frozen_norm, no_norm
from whence.methods.decomposition._final_stream import FinalStream, final_stream
from whence.methods.decomposition._parts import Part, looked_at, parts
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel, check_hooked
from whence.models.hooked.stream import Stream

IDENTITY = "residual stream at fixed norm"
_ROUNDING = 1e3  # units in the last place, beyond which a norm's own rounding is a part
_WORDS = (
    "direct effects only, with the final norm's scale held: a part that acts through later parts "
    "has none of that here, and taking a part away would change the scale too"
)


def direct_logit(
    hooked: HookedModel,
    inputs: Any,
    target: Any,
    versus: Any = None,
    position: Any = -1,
    by_source: bool = False,
) -> Attribution:
    """What each part of a pre-norm network adds to a logit, or to the difference of two; exact.

    One forward, and one backward through the unembedding.

    Args:
        hooked: the network.
        inputs: prompts: ids [prompts, positions], or whatever the network takes.
        target: the token asked about, or one for each prompt.
        versus: the token that it is compared with, or one for each prompt; none by default.
        position: where the logits are read, or one place for each prompt; the last by default.
        by_source: heads are split by the position that they read: "1.0 <- 2".

    Returns:
        values [prompts, 1, players] in logits. `gap` is what rounding leaves, and `mean()` has the
        spread over prompts as its error.

    Raises:
        HookError: no blocks, norms after the writing, logits that are no linear map of the stream.
        GameError: no such token or position, or padding there.

    Source: Elhage et al. (2021), Chughtai, Cooney and Nanda (2024).
    """
    check_hooked(hooked)
    given = Inputs.of(inputs)
    asked = Asked.of(target, versus, position, given.rows())
    start = time.perf_counter()
    with metering() as meter:
        if hooked.tried is None:
            hooked.check_parity(given)
        stream = Stream(hooked)
        attend = [a.number for a in stream.attentions] if by_source else []
        seen = final_stream(stream, given, asked, keep=looked_at(stream), attend=attend)
        norm = _norm(stream, seen)
        found = _all(stream, seen, norm, by_source=by_source)
        count(gradients=given.rows())
    tokens = _tokens(stream, given) if by_source else ()
    rows, seconds = given.rows(), time.perf_counter() - start
    cost = Cost(rows, rows, meter.gradients, meter.rows or None, 0, seconds)
    players, values = _players(found, tokens), _values(found)
    exact = np.zeros_like(values)
    full = seen.head.full.cpu().double().numpy()[:, None]
    return Attribution(
        values=values,
        parts={"estimation": exact},
        freedom=np.full(rows, EXACT),
        players=players,
        outputs=("logit" if asked.versus is None else "logit difference",),
        index=Share(IDENTITY),
        method="direct_logit",
        uncertainty="exact",
        empty=np.zeros_like(full),
        full=full,
        cost=cost,
        converged=True,
        verdict=f"exact: the {len(players):,} parts add up to the logits; {_WORDS}",
        question=Question(
            asks="What did each part write into the logits?",
            unit="logit",
            removal="none: an account of the real run",
            model=hooked.name,
        ),
        data={**asked.columns(), "position": seen.at.numpy()},
        provenance=_provenance(hooked, norm, len(players)),
    )


def _norm(stream: Stream, seen: FinalStream) -> FrozenNorm:
    path = stream.hooked.anatomy.final_norm
    if not path:
        return no_norm(seen.taken.cpu().double())
    part = dict(stream.hooked.module.named_modules())[path]
    return frozen_norm(part, path, seen.taken, seen.given)


def _all(stream: Stream, seen: FinalStream, norm: FrozenNorm, *, by_source: bool) -> list[Part]:
    """The parts of the stream, and what is there whatever the stream is."""
    slope = seen.head.slope.cpu().double()
    found = parts(stream, seen, norm.reader(slope), by_source=by_source)
    if bool(norm.bias.any()):
        found.append(Part("norm bias", "constant", slope @ norm.bias))
    rounding = norm.rounding(seen.taken, seen.given)[: len(slope)]
    if float(rounding.abs().max()) > _ROUNDING * float(seen.given.abs().max()) * _eps(seen.given):
        found.append(Part("norm rounding", "constant", (slope * rounding).sum(-1)))
    if seen.fixed:
        found.append(Part("unembed bias", "constant", seen.head.constant.cpu().double()))
    return found


def _eps(x: torch.Tensor) -> float:
    return float(torch.finfo(x.dtype).eps)


def _players(found: list[Part], tokens: tuple[str | None, ...]) -> Players:
    columns: dict[str, tuple[object, ...]] = {
        name: tuple(getattr(part, name) for part in found)
        for name in ("layer", "head", "part", "site")
    }
    if any(part.source is not None for part in found):
        columns["source"] = tuple(part.source for part in found)
        columns["token"] = tuple(
            None if part.source is None or part.source >= len(tokens) else tokens[part.source]
            for part in found
        )
    return Players(tuple(part.name for part in found), "component", columns=columns)


def _values(found: list[Part]) -> Float[np.ndarray, "prompts 1 parts"]:
    return np.asarray(torch.stack([part.adds for part in found], dim=-1)[:, None].numpy())


def _tokens(stream: Stream, inputs: Inputs) -> tuple[str | None, ...]:
    """The id at each position, where it is the same in all prompts and there is one stack."""
    if stream.stack:
        return ()
    ids = token_ids(inputs, stream.stack)
    if ids is None:
        return ()
    return tuple(str(int(c[0])) if bool((c == c[0]).all()) else None for c in ids.T)


def _provenance(hooked: HookedModel, norm: FrozenNorm, players: int) -> dict[str, Any]:
    return {
        "mediator": "component",
        "mediator search": "exhaustive",
        "candidates": players,
        "mode": "frozen",
        "effects": _WORDS,
        "final norm": norm.words,
        "parity": "bit-equal with hooks on",
        "model": hooked.name,
    }
