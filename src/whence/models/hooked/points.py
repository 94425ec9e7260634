"""The hook points of a network, under the names that TransformerLens made known.

Where a network has one stack of layers they are `blocks.0.attn.hook_z` and so on; where it has
several, `encoder.0.…` and `decoder.0.…`. Any module's path is a hook point too: its output.
"""

from collections.abc import Iterator
from typing import Literal

from whence.models.hooked.anatomy import Anatomy, Attention, Block, Mlp, Projection
from whence.models.hooked.sites import Cut, Site


def points(found: Anatomy) -> dict[str, Site]:
    """Every hook point with a name, in the order of the layers."""
    made = [*_embeddings(found)]
    for block in found.blocks:
        made += _block(block, found)
    made += [Site("ln_final.hook_normalized", found.final_norm)] if found.final_norm else []
    return {site.name: site for site in made}


def stem(block: Block) -> str:
    """What the names of a layer's hook points begin with."""
    return f"{block.stack or 'blocks'}.{block.layer}"


def z(attention: Attention) -> str:
    """The hook point of what heads mix, before the output projection."""
    return f"{stem(attention.block)}.{attention.name}.hook_z"


def mlp_out(mlp: Mlp) -> str:
    """The hook point of what an MLP writes."""
    return f"{stem(mlp.block)}.hook_mlp_out"


def _embeddings(found: Anatomy) -> Iterator[Site]:
    names = ["hook_embed", "hook_pos_embed"]
    tokens, *others = found.embeddings or ("",)
    if tokens:
        yield Site(names[0], tokens)
    position = next((path for path in others if "pos" in path.rpartition(".")[2].lower()), None)
    position = position or (others[0] if others else None)
    if position is not None:
        yield Site(names[1], position)


def _block(block: Block, found: Anatomy) -> Iterator[Site]:
    name = stem(block)
    attentions = [a for a in found.attentions if a.block == block]
    mlp = next((m for m in found.mlps if m.block == block), None)
    if block.whole:
        yield Site(f"{name}.hook_resid_pre", block.path, "in", None, block.layer, block.stack)
    for attention in attentions:
        yield from _attention(attention)
    if mlp is not None:
        yield from _mlp(mlp, attentions)
    after = _after(block, found) if block.whole else None
    if after is not None:
        yield Site(f"{name}.hook_resid_post", *after, None, block.layer, block.stack)


def _after(block: Block, found: Anatomy) -> tuple[str, Literal["in", "out"]] | None:
    """Where the stream is seen after a block: what it gives, else what the next in line takes."""
    if not block.adds:
        return block.path, "out"
    following = [b for b in found.blocks if b.stack == block.stack and b.layer == block.layer + 1]
    if following:
        return following[0].path, "in"
    last = found.final_norm or found.unembed
    return (last, "in") if last else None


def _attention(attention: Attention) -> Iterator[Site]:
    block, name = attention.block, f"{stem(attention.block)}.{attention.name}"
    layer, stack = block.layer, block.stack
    if attention.norm and attention.name == "attn":
        yield Site(f"{stem(block)}.ln1.hook_normalized", attention.norm, layer=layer, stack=stack)
    made = {"q": attention.query, "k": attention.key, "v": attention.value}
    for letter, projection in made.items():
        if projection is not None:
            yield _projected(f"{name}.hook_{letter}", projection, block)
    whole = Cut(1, attention.heads, 0, attention.heads)
    for what in ("scores", "pattern"):
        hook = f"{name}.hook_{'attn_scores' if what == 'scores' else what}"
        yield Site(hook, attention.output, what, None, layer, stack)
    yield Site(f"{name}.hook_z", attention.output, "in", whole, layer, stack)
    out = "hook_attn_out" if attention.name == "attn" else f"hook_{attention.name}_out"
    yield Site(f"{stem(block)}.{out}", attention.output, "out", None, layer, stack)


def _projected(name: str, projection: Projection, block: Block) -> Site:
    return Site(name, projection.path, "out", projection.cut, block.layer, block.stack)


def _mlp(mlp: Mlp, attentions: list[Attention]) -> Iterator[Site]:
    name, layer, stack = stem(mlp.block), mlp.block.layer, mlp.block.stack
    if mlp.norm:
        if attentions and not mlp.parallel:
            yield Site(f"{name}.hook_resid_mid", mlp.norm, "in", None, layer, stack)
        yield Site(f"{name}.ln2.hook_normalized", mlp.norm, "out", None, layer, stack)
    if mlp.first and mlp.first != mlp.last:
        yield Site(f"{name}.mlp.hook_pre", mlp.first, "out", None, layer, stack)
        yield Site(f"{name}.mlp.hook_post", mlp.last, "in", None, layer, stack)
    yield Site(mlp_out(mlp), mlp.path, "out", None, layer, stack)
