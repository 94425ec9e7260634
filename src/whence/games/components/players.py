"""Players that are parts of a network, as a table: where each is, and which part of what is there.

site       the hook point
layer      in which layer
head       which head of what is there; None for all of it
unit       which unit (neuron, channel)
position   which position
direction  which direction of a basis
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from whence._core.errors import HookError, PlayersError
from whence._core.players import Players
from whence.games.components.basis import Basis
from whence.models.hooked.model import HookedModel, check_hooked
from whence.models.hooked.points import mlp_out, z
from whence.models.hooked.sites import Site
from whence.models.hooked.stream import head_names

COLUMNS = ("site", "layer", "head", "unit", "position", "direction")


def heads(hooked: HookedModel, *, positions: Sequence[int] | None = None) -> Players:
    """Every attention head: what it mixes, before the output projection.

    Args:
        hooked: the network.
        positions: a player for each head and position, rather than for each head.

    Raises:
        HookError: no attention was seen in it.
    """
    check_hooked(hooked)
    found = hooked.anatomy.attentions
    if not found:
        why = hooked.watched or (
            "no softmax met values in it. Attention inside one function, as in "
            "torch.nn.MultiheadAttention, cannot be taken apart either"
        )
        raise HookError(
            f"{hooked.name} has no attention heads that whence can see: {why}. Its other parts can "
            "play: see mlps(hooked), nodes(hooked, [...]) and hooked.hook_names."
        )
    rows = [
        {"names": name, "site": z(a), "layer": a.block.layer, "head": h}
        for a in found
        for h, name in enumerate(head_names(a, found))
    ]
    return _players(_at(rows, positions), "head")


def mlps(hooked: HookedModel, *, positions: Sequence[int] | None = None) -> Players:
    """Every layer's MLP, or what stands in its place: what it writes.

    Args:
        hooked: the network.
        positions: a player for each MLP and position, rather than for each MLP.

    Raises:
        HookError: none was seen in it.
    """
    check_hooked(hooked)
    found = hooked.anatomy.mlps
    if not found:
        raise HookError(
            f"{hooked.name} has no MLPs inside layers that whence can see. The units of a plain "
            'network play by units(hooked, ["path of a module"]).'
        )
    rows = [
        {
            "names": ".".join(filter(None, [m.block.stack, f"mlp {m.block.layer}"])),
            "site": mlp_out(m),
            "layer": m.block.layer,
        }
        for m in found
    ]
    return _players(_at(rows, positions), "mlp")


def nodes(
    hooked: HookedModel, names: Sequence[str], *, positions: Sequence[int] | None = None
) -> Players:
    """What is at some hook points: a player for each head where heads lie there, else for each.

    Args:
        hooked: the network.
        names: hook points, such as "blocks.1.attn.hook_k", or paths of modules.
        positions: a player for each of these and position.

    Raises:
        HookError: no such hook point.
    """
    check_hooked(hooked)
    rows: list[Mapping[str, Any]] = []
    for name in _listed(names):
        site = _site(hooked, name)
        plain = {"site": site.name, "layer": site.layer}
        if site.heads is None:
            rows.append({"names": site.name, **plain})
        else:
            rows += [{"names": f"{site.name}[{h}]", **plain, "head": h} for h in range(site.heads)]
    return _players(_at(rows, positions), "node")


def units(hooked: HookedModel, names: Sequence[str], *, inputs: Any = None) -> Players:
    """Every unit at some hook points: the neurons of a layer, the channels of a convolution.

    Args:
        hooked: the network.
        names: hook points or paths of modules, such as ["1", "3"] or "blocks.0.mlp.hook_post".
        inputs: what the network takes, where whence could not try it by itself.

    Raises:
        HookError: no such hook point, or no inputs to see how many units there are.
    """
    check_hooked(hooked)
    given = inputs if inputs is not None else hooked.tried
    if given is None:
        raise HookError(
            "whence cannot tell how many units there are without a forward: give inputs= "
            f"({hooked.watched})"
        )
    found = [_site(hooked, name) for name in _listed(names)]
    seen = hooked.cache(given, [site.name for site in found])
    rows = [
        {"names": f"{site.name}[{u}]", "site": site.name, "layer": site.layer, "unit": u}
        for site in found
        for u in range(seen[site.name].shape[1 if seen[site.name].ndim == 4 and site.cut is None
                                             else -1])
    ]  # fmt: skip
    return _players(rows, "unit")


def directions(hooked: HookedModel, *bases: Basis) -> Players:
    """Every direction of some bases: give the bases to the game too.

    Args:
        hooked: the network.
        *bases: each at a hook point.

    Raises:
        HookError: no such hook point.
        PlayersError: no basis, or two at one hook point.
    """
    check_hooked(hooked)
    if not bases:
        raise PlayersError("directions are those of a Basis: give at least one")
    twice = [b.site for i, b in enumerate(bases) if b.site in {o.site for o in bases[:i]}]
    if twice:
        raise PlayersError(f"there are two bases at {twice[0]}: give all directions there in one")
    rows = []
    for basis in bases:
        site = _site(hooked, basis.site)
        rows += [
            {"names": name, "site": site.name, "layer": site.layer, "direction": d}
            for d, name in enumerate(basis.names)
        ]
    return _players(rows, "direction")


def _players(rows: Iterable[Mapping[str, Any]], kind: str) -> Players:
    every = list(rows)
    columns = {name: tuple(row.get(name) for row in every) for name in COLUMNS}
    return Players(tuple(str(row["names"]) for row in every), kind, columns=columns)


def _at(
    rows: list[Mapping[str, Any]] | list[dict[str, Any]], positions: Sequence[int] | None
) -> list[Mapping[str, Any]]:
    if positions is None:
        return list(rows)
    places = list(positions) if isinstance(positions, Iterable) else [positions]
    if not places or any(isinstance(p, bool) or int(p) != p for p in places):
        raise PlayersError(
            f"positions are whole numbers, such as [0, -1] (-1 is the last); given {positions!r}"
        )
    return [
        {**row, "names": f"{row['names']} @ {position}", "position": int(position)}
        for row in rows
        for position in places
    ]


def _listed(names: Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _site(hooked: HookedModel, name: str) -> Site:
    site = hooked.site(name)
    if site.end in ("scores", "pattern"):
        raise HookError(f"{name} can be read, and not changed: take hook_q, hook_k or hook_z")
    return site
