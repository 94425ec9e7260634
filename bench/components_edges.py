"""Edge attribution patching from its definitions, of the small attention-only networks.

    score(s -> d) = mean over prompts of | (s(corrupted) - s(clean)) . dm/d(what d reads) |

What d reads is the stream before d's norm, as if each of its queries, keys and values had a norm of
its own. EAP-IG averages the slope over m runs whose embeddings lie between the prompts, at shares
0, 1/m, ..., (m - 1)/m of the way from corrupted to clean (Hanna et al. 2024, its code).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from components_nets import Net


@dataclass(frozen=True)
class Wiring:
    """Where an attention-only network keeps what it needs: paths of modules.

    Attributes:
        layers: of its layers, whose input is the stream.
        norms: of their norms; empty where there are none.
        reads: for each layer, of each of queries, keys and values: the projection and its first
            row there.
        outs: of the output projections.
        last: what reads the stream in the end.
        heads: in each layer.
        width: of a head.
    """

    layers: tuple[str, ...]
    norms: tuple[str, ...]
    reads: tuple[dict[str, tuple[str, int]], ...]
    outs: tuple[str, ...]
    last: str
    heads: int
    width: int


def wiring(net: Net) -> Wiring:
    """Of the two that have one."""
    if net.name == "trained names":
        blocks = tuple(f"blocks.{layer}" for layer in (0, 1))
        reads = tuple({c: (f"{b}.attn.qkv", 32 * i) for i, c in enumerate("qkv")} for b in blocks)
        outs = tuple(f"{b}.attn.out" for b in blocks)
        return Wiring(blocks, tuple(f"{b}.ln" for b in blocks), reads, outs, "ln_f", 4, 8)
    layers = tuple(f"layers.{layer}" for layer in (0, 1))
    reads = tuple({c: (f"{b}.attn.{c}_proj", 0) for c in "qkv"} for b in layers)
    outs = tuple(f"{b}.attn.o_proj" for b in layers)
    return Wiring(layers, (), reads, outs, "unembed", 2, net.module.layers[0].attn.d_head)


def eap(net: Net, steps: int | None = None) -> dict[str, float]:
    """Sizes of every edge's score, by name: "0.1 -> 1.0.k"."""
    how = wiring(net)
    clean, corrupted = (_run(net, how, ids) for ids in (net.inputs, net.other))
    moved = {s: (corrupted[0][s] - clean[0][s]) for s in clean[0]}
    if steps is None:
        slopes = _slopes(net, how, net.inputs, None)
    else:
        ends = (corrupted[1], clean[1])
        each = [_slopes(net, how, net.inputs, torch.lerp(*ends, k / steps)) for k in range(steps)]
        slopes = {d: sum(e[d] for e in each) / steps for d in each[0]}
    return {
        f"{s} -> {d}": float((step * slope).sum((1, 2)).abs().mean())
        for s, step in moved.items()
        for d, slope in slopes.items()
        if _layer(s) < _layer(d)
    }


def _layer(name: str) -> int:
    if name in ("embed", "logits"):
        return -1 if name == "embed" else 1_000
    return int(name.partition(".")[0])


@torch.no_grad()
def _run(net: Net, how: Wiring, ids: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """What each part writes, and the embedding."""
    seen = _seen(net, [how.layers[0], *how.outs], ids)
    written = {"embed": seen[how.layers[0]]}
    for layer, out in enumerate(how.outs):
        weight = net.module.get_submodule(out).weight
        for h in range(how.heads):
            at = slice(h * how.width, (h + 1) * how.width)
            written[f"{layer}.{h}"] = seen[out][..., at] @ weight[:, at].T
    return written, seen[how.layers[0]]


def _seen(net: Net, paths: list[str], ids: torch.Tensor) -> dict[str, torch.Tensor]:
    seen: dict[str, torch.Tensor] = {}
    hooks = [
        net.module.get_submodule(path).register_forward_pre_hook(
            lambda _m, args, path=path: _note(seen, path, args[0])
        )
        for path in paths
    ]
    net.module(ids)
    for hook in hooks:
        hook.remove()
    return seen


def _note(seen: dict[str, torch.Tensor], path: str, x: torch.Tensor) -> None:
    seen[path] = x


def _slopes(
    net: Net, how: Wiring, ids: torch.Tensor, start: torch.Tensor | None
) -> dict[str, torch.Tensor]:
    """The slope of the behaviour at what each part reads: one backward pass."""
    streams: dict[str, torch.Tensor] = {}
    given: dict[str, torch.Tensor] = {}
    with torch.enable_grad():

        def enter(path: str):
            def hook(_m, args):
                x = args[0]
                if path == how.layers[0]:
                    x = (x if start is None else start).detach().requires_grad_()
                streams[path] = x
                return (x, *args[1:])

            return hook

        def leave(path: str):
            def hook(_m, _a, out):
                given[path] = out

            return hook

        paths = dict.fromkeys(p for reads in how.reads for p, _ in reads.values())
        part = net.module.get_submodule
        ends = (*how.layers, how.last)
        hooks = [part(path).register_forward_pre_hook(enter(path)) for path in ends]
        hooks += [part(path).register_forward_hook(leave(path)) for path in paths]
        measured = net.behaviour(net.module(ids)).sum()
        for hook in hooks:
            hook.remove()
        wanted = [*given.values(), streams[how.last]]
        *found, final = torch.autograd.grad(measured, wanted)
    return {"logits": final} | _before_norms(
        net, how, streams, dict(zip(given, found, strict=True))
    )


def _before_norms(
    net: Net, how: Wiring, streams: dict[str, torch.Tensor], slopes: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """From what each projection gives back to the stream that it reads, through a norm each."""
    leaves, total = {}, torch.zeros(())
    with torch.enable_grad():
        for layer, reads in enumerate(how.reads):
            norm = _norm(net.module.get_submodule(how.norms[layer])) if how.norms else torch.clone
            for c, (path, first) in reads.items():
                weight = net.module.get_submodule(path).weight
                for h in range(how.heads):
                    at = slice(first + h * how.width, first + (h + 1) * how.width)
                    x = streams[how.layers[layer]].detach().requires_grad_()
                    leaves[f"{layer}.{h}.{c}"] = x
                    total = total + (norm(x) * (slopes[path][..., at] @ weight[at])).sum()
        found = torch.autograd.grad(total, list(leaves.values()))
    return dict(zip(leaves, found, strict=True))


def _norm(layer: torch.nn.LayerNorm) -> Callable[[torch.Tensor], torch.Tensor]:
    """As a function: the counter of operations follows modules, and not to a second backward."""
    given = layer.normalized_shape, layer.weight, layer.bias, layer.eps
    return lambda x: torch.nn.functional.layer_norm(x, *given)
