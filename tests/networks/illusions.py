"""A direction that flips an answer and is not how the network answers: an illusion of patching.

Of the network of agreement.py, train one direction v to flip whether the subject is plural,
h' = h_b + v v'(h_s - h_b), at two sites:

- in the stream behind the MLP it is the direction that the unembedding reads;
- among the MLP's 256 hidden units it is half what varies with the number and is read by nothing
  (the null space of `down`), half what is read and does not vary: it flips the answer, its readable
  part alone hardly moves it, and neither does the whole site.

After Makelov, Lange and Nanda (2024), "Is this the subspace you are looking for?".
The weights and both directions are in tests/fixtures; `python -m networks.illusions` in tests/
makes them anew, in eight seconds.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from networks.agreement import SUBJECTS, Agreement, sentences, train

KEPT = pathlib.Path(__file__).parents[1] / "fixtures" / "illusions.npz"


def pairs(n, seed):
    """Base ids, other sentences with subjects of the other number, and the bases' numbers."""
    draws = torch.Generator().manual_seed(seed)
    base, plural, _ = sentences(n, draws)
    source, number, _ = sentences(n, draws)
    half = SUBJECTS // 2
    source[:, 0] = torch.where(number == plural, (source[:, 0] + half) % SUBJECTS, source[:, 0])
    return base, source, plural


def swapped(logits, plural):
    """At END, how much the other number is preferred to the sentence's own; [n]."""
    lead = logits[:, -1, 1] - logits[:, -1, 0]
    return torch.where(plural == 1, -lead, lead)


def sites(model):
    """The linear layers that read each site."""
    return {"stream": model.unembed, "hidden": model.mlp.down}


def patched(model, reader, base, change):
    """The logits when what a layer reads at END, h [n, d], is change(h)."""

    def hook(_, args):
        return (torch.cat([args[0][:, :-1], change(args[0][:, -1])[:, None]], 1),)

    handle = reader.register_forward_pre_hook(hook)
    try:
        return model(base)
    finally:
        handle.remove()


@torch.no_grad()
def activations(model, reader, ids):
    """What a layer reads at END; [n, d]."""
    found = []
    patched(model, reader, ids, lambda h: found.append(h) or h)
    return found[0]


@torch.enable_grad()
def direction(model, site, *, seed=0, steps=200):
    """The unit vector [d] whose coordinate, swapped between sentences, best swaps the number.

    Distributed alignment search (Geiger et al., 2024) with one dimension.
    """
    reader, (base, source, plural) = sites(model)[site], pairs(512, seed)
    target = activations(model, reader, source)
    draws = torch.Generator().manual_seed(seed)
    v = torch.randn(target.shape[1], generator=draws, dtype=target.dtype).requires_grad_()
    adam = torch.optim.Adam([v], lr=0.05)
    for _ in range(steps):
        u = v / v.norm()
        logits = patched(model, reader, base, lambda h, u=u: h + ((target - h) @ u)[:, None] * u)
        loss = nn.functional.cross_entropy(logits[:, -1, :2], 1 - plural)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return (v / v.norm()).detach()


@dataclasses.dataclass(frozen=True)
class Site:
    """A site, a direction that was trained there, and what patching does; numpy, float64.

    Attributes:
        base: activations at END, [pairs, d].
        source: the same of sentences with the other number, [pairs, d].
        reader: what reads the site, [d, r].
        direction: the trained direction, [d].
        effect: of a subspace with orthonormal columns [d, k]: how much putting the source's part
            into the base raises the other number over the base's own, [pairs].
        whole: the same of the whole site, [pairs].
        total: the same of the whole sentence, [pairs].
    """

    base: np.ndarray
    source: np.ndarray
    reader: np.ndarray
    direction: np.ndarray
    effect: Callable[[np.ndarray], np.ndarray]
    whole: np.ndarray
    total: np.ndarray


@torch.no_grad()
def site(name, *, model=None, trained=None, n=256, seed=1):
    """The `Site` "stream" or "hidden": of the model that is kept, or of another one."""
    if model is None or trained is None:
        model, kept_directions = kept()
        trained = kept_directions[name]
    reader, (base, source, plural) = sites(model)[name], pairs(n, seed)
    was, would = activations(model, reader, base), activations(model, reader, source)
    before = swapped(model(base), plural)

    def change(h):
        return (swapped(patched(model, reader, base, lambda _: h), plural) - before).numpy()

    @torch.no_grad()
    def effect(subspace):
        v = torch.from_numpy(np.asarray(subspace, dtype=float).reshape(was.shape[1], -1))
        return change(was + (would - was) @ v @ v.T)

    return Site(
        base=was.numpy(),
        source=would.numpy(),
        reader=reader.weight.T.numpy(),
        direction=trained.numpy(),
        effect=effect,
        whole=change(would),
        total=(swapped(model(source), plural) - before).numpy(),
    )


@functools.cache
def kept():
    """The model that is kept, in float64, and its directions {site: [d]}: leave them unchanged."""
    with np.load(KEPT) as file:
        found = {name: torch.from_numpy(file[name]).double() for name in file.files}
    directions = {name: found.pop(f"direction {name}") for name in ("stream", "hidden")}
    model = Agreement().double().eval()
    model.load_state_dict(found)
    return model, {name: v / v.norm() for name, v in directions.items()}


def main():
    model = train()
    found = {name: p.numpy() for name, p in model.state_dict().items()}
    found |= {f"direction {name}": direction(model, name).numpy() for name in sites(model)}
    np.savez(KEPT, **found)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
