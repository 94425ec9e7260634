"""Edges: what one part of a network reads of what another wrote, and everybody else reads as it is.

    a part d reads   stream + sum over its edges that leave of share (s(other) - s(now))

before its norm, while all other readers see what s really wrote: the direct path alone (Wang et al.
2023; Goldowsky-Dill et al. 2023), in pre-norm networks, whose stream is a sum. Queries, keys and
values of a head read separately.
"""

from collections.abc import Callable, Mapping
from typing import final

import torch

from whence._core.errors import PlayersError, some
from whence._core.players import Players
from whence.games.components.node_wiring import Other
from whence.games.components.wires import Reader, Wires, Writer, projection
from whence.models.hooked.anatomy import Mlp, Projection
from whence.models.hooked.model import HookedModel
from whence.models.hooked.running import Edit
from whence.models.hooked.sites import Site
from whence.models.hooked.weights import affine

_Apart = Callable[[Site, torch.Tensor], torch.Tensor]  # of what is there now: what the other lacks
_Delta = Callable[[str], torch.Tensor]  # by target: what its edges change in what it reads


@final
class Edges:
    """All players that are edges.

    Args:
        hooked: the network.
        players: from `edges`.

    Raises:
        PlayersError: an edge that the network does not have.
    """

    def __init__(self, hooked: HookedModel, players: Players) -> None:
        wires = Wires(hooked)
        self.hooked, self.stream = hooked, wires.stream
        pairs = list(zip(players.column("source"), players.column("target"), strict=True))
        wrong = [
            name
            for name, (s, t) in zip(players.names, pairs, strict=True)
            if s not in wires.writers
            or t not in wires.readers
            or wires.writers[str(s)].moment >= wires.readers[str(t)].moment
        ]
        if wrong:
            raise PlayersError(
                f"{some(wrong)} cannot be edges of {hooked.name}: take players from edges(hooked)"
            )
        self.loose: frozenset[str] = frozenset()  # hook points without a row for each prompt
        self.parts = dict(hooked.module.named_modules())
        self.into: dict[str, list[tuple[int, Writer]]] = {}  # target -> edges into it
        for i, (s, t) in enumerate(pairs):
            self.into.setdefault(str(t), []).append((i, wires.writers[str(s)]))
        self.readers = {t: wires.readers[t] for t in self.into}
        self.maps = {a.output: self.stream.output(a)[0] for a in self.stream.attentions}
        made = {projection(r.part, r.channel) for r in self.readers.values() if r.head is not None}  # type: ignore[arg-type]
        self.columns = {one: self._columns(one) for one in made if one is not None}

    def check(self, here: Mapping[str, torch.Tensor]) -> None:
        """Refuse a network whose parts do not add up to its stream.

        Args:
            here: what is at each hook point.

        Raises:
            HookError: in some block something else is added, or a norm comes after the sum.
        """
        self.stream.check(here)

    @property
    def checked(self) -> list[Site]:
        """Where more is looked at, for `check`."""
        return self.stream.sites

    @property
    def sites(self) -> list[Site]:
        """Where something must be known of the other side: wherever is written."""
        return list(dict.fromkeys(w.site for into in self.into.values() for _, w in into))

    @property
    def places(self) -> dict[int, list[Site]]:
        """Where each player acts, by its number."""
        return {
            i: [writer.site, self._acts(self.readers[t])]
            for t, into in self.into.items()
            for i, writer in into
        }

    def edits(self, share: torch.Tensor, other: Other) -> dict[Site, Edit]:
        """The changes of a forward whose rows have these shares."""
        return self._edits(share, lambda site, now: other(site) - now)

    def shifts(self, share: torch.Tensor, by: Mapping[str, torch.Tensor]) -> dict[Site, Edit]:
        """The same, with differences that were measured elsewhere."""
        return self._edits(share, lambda site, _now: by[site.name])

    def _edits(self, share: torch.Tensor, apart: _Apart) -> dict[Site, Edit]:
        gone = torch.ones(len(share[0])) if share.requires_grad else (share != 0).any(dim=0)
        busy = {t: [(i, w) for i, w in into if gone[i]] for t, into in self.into.items()}
        busy = {t: into for t, into in busy.items() if into}
        seen: dict[str, torch.Tensor] = {}
        made: dict[Site, Edit] = {}
        for site in dict.fromkeys(w.site for into in busy.values() for _, w in into):
            made[site] = _noting(site.name, seen)

        def delta(target: str) -> torch.Tensor:
            return self._delta(busy[target], share, lambda s: apart(s, seen[s.name]))

        grouped: dict[Site, list[str]] = {}
        for target in busy:
            grouped.setdefault(self._acts(self.readers[target]), []).append(target)
        for site, targets in grouped.items():
            reader = self.readers[targets[0]]
            through = self._reads_at(reader)
            if through is not None:
                made[through] = _noting(through.name, seen)
            made[site] = self._edit(reader, targets, delta, through, seen)
        return made

    def _edit(
        self,
        reader: Reader,
        targets: list[str],
        delta: _Delta,
        through: Site | None,
        seen: Mapping[str, torch.Tensor],
    ) -> Edit:
        part = reader.part
        if part is None:
            return lambda here: here + delta(targets[0])
        norm = self.parts[part.norm].forward if part.norm else None
        if isinstance(part, Mlp):

            def read(here: torch.Tensor) -> torch.Tensor:
                stream = here if through is None else seen[through.name]
                changed = stream + delta(targets[0])
                return norm(changed) if norm is not None else changed

            return read
        made = projection(part, reader.channel)
        assert made is not None
        assert through is not None
        weight, bias = self.columns[made]

        def project(here: torch.Tensor) -> torch.Tensor:
            new = list(here.unbind(-2))
            for target in targets:
                head = self.readers[target].head
                assert head is not None
                changed = seen[through.name] + delta(target)
                changed = norm(changed) if norm is not None else changed
                new[head] = changed @ weight[:, head] + bias[head]
            return torch.stack(new, dim=-2)

        return project

    def _columns(self, made: Projection) -> tuple[torch.Tensor, torch.Tensor]:
        """A projection's weight [stream, heads, width] and bias [heads, width]."""
        part = self.parts[made.path]
        weight, bias = affine(part, self._stream_width())
        return made.cut.take(weight), made.cut.take(bias)

    def _stream_width(self) -> int:
        return int(next(iter(self.maps.values())).shape[-1])

    def _delta(
        self, into: list[tuple[int, Writer]], share: torch.Tensor, apart: Other
    ) -> torch.Tensor:
        """What a reader's edges change in what it reads: [rows, positions, stream]."""
        total: torch.Tensor | int = 0
        for site in dict.fromkeys(w.site for _, w in into):
            here = [(i, w.head) for i, w in into if w.site == site]
            difference = apart(site)
            if here[0][1] is None:
                own = share[:, here[0][0]].to(difference)
                total = total + own[:, None, None] * difference
                continue
            who, heads = [i for i, _ in here], [int(h or 0) for _, h in here]
            mask = difference.new_zeros((len(share), difference.shape[-2]))
            mask[:, heads] = share[:, who].to(difference)
            mixed = difference * mask[:, None, :, None]
            total = total + mixed.flatten(-2) @ self.maps[site.module].flatten(0, 1)
        assert isinstance(total, torch.Tensor)
        return total

    def _acts(self, reader: Reader) -> Site:
        """Where a reader's reading is changed."""
        part = reader.part
        if part is None:
            return self.stream.last
        if isinstance(part, Mlp):
            return Site(f"{part.reader} (input)", part.reader, "in", layer=reader.layer)
        made = projection(part, reader.channel)
        assert made is not None
        return Site(f"{made.path} {reader.channel}", made.path, "out", made.cut, reader.layer)

    def _reads_at(self, reader: Reader) -> Site | None:
        """Where a reader takes in the stream; None where that is where it is changed."""
        part = reader.part
        if part is None:
            return None
        if part.norm:
            return Site(f"{part.norm} (input)", part.norm, "in", layer=reader.layer)
        if isinstance(part, Mlp):
            return None
        made = projection(part, reader.channel)
        assert made is not None
        return Site(f"{made.path} (input)", made.path, "in", layer=reader.layer)


def _noting(name: str, seen: dict[str, torch.Tensor]) -> Edit:
    """Changes nothing; notes what is there."""

    def note(here: torch.Tensor) -> torch.Tensor:
        seen[name] = here
        return here

    return note
