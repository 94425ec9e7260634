"""How nodes leave: at its hook point, what is there gives way to what would be there.

    x' = x + share (other - x)

for the heads, units or positions that are players, and nothing else; in a basis, for coordinates.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import torch

from whence._core.errors import PlayersError, some
from whence._core.players import Players
from whence.games.components.basis import Basis
from whence.models.hooked.model import HookedModel
from whence.models.hooked.running import Edit
from whence.models.hooked.sites import Site

Other = Callable[[Site], torch.Tensor]  # what takes the place of what is at a hook point
_WITHIN = ("position", "head", "unit", "direction")


@final
class Plan:
    """The players at one hook point.

    Args:
        site: the hook point.
        who: their numbers.
        players: all players.
        basis: directions there.

    Raises:
        PlayersError: players that overlap, or parts that are not there.
    """

    def __init__(self, site: Site, who: list[int], players: Players, basis: Basis | None) -> None:
        self.site, self.who, self.basis = site, torch.tensor(who), basis
        self.names = [players.names[i] for i in who]
        part: dict[str, list[Any]] = {
            c: [players.columns[c][i] for i in who] for c in _WITHIN if c in players.columns
        }
        self.part = {c: column for c, column in part.items() if any(x is not None for x in column)}
        cells = list(zip(*self.part.values(), strict=True)) if self.part else [()] * len(who)
        mixed = any(None in cell for cell in cells)
        if mixed or len(set(cells)) < len(cells):
            raise PlayersError(
                f"at {site.name} the players {some(self.names)} overlap: no two may hold the same "
                "thing, nor one a part of what another holds"
            )
        if "direction" in self.part and basis is None:
            raise PlayersError(
                f"the players at {site.name} are directions: give the game bases=[the Basis there]"
            )

    def mix(self, here: torch.Tensor, other: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        """What is there once players have left to their shares, [rows, ...].

        Args:
            here: what is there.
            other: what would be there.
            share: [rows, players]; bool where players leave entirely or not at all.
        """
        if self.basis is not None:
            return here + self._in_basis(other - here, share)
        left = self.mask(share, here)
        if left.dtype == torch.bool:
            return torch.where(left, other.to(here.dtype), here)
        return here + left * (other - here)

    def shift(self, here: torch.Tensor, by: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        """As `mix`, with a given difference to what would be there."""
        if self.basis is not None:
            return here + self._in_basis(by, share)
        return here + self.mask(share, here) * by

    def mask(self, share: torch.Tensor, here: torch.Tensor) -> torch.Tensor:
        """The shares where the players are: broadcasts over what is there."""
        own = share[:, self.who]
        own = own.to(here.device) if own.dtype == torch.bool else own.to(here)
        if not self.part:
            return own.reshape(len(own), *[1] * (here.ndim - 1))
        axes = {self._axis(column, here): column for column in self.part}
        shape = [here.shape[a] if a in axes else 1 for a in range(1, here.ndim)]
        index = tuple(
            self._places(axes[a], here.shape[a]) if a in axes else torch.zeros_like(self.who)
            for a in range(1, here.ndim)
        )
        mask = own.new_zeros((len(own), *shape))
        mask[(slice(None), *index)] = own
        return mask

    def check(self, here: torch.Tensor) -> None:
        """Refuse parts that are not there, or that are the same: the last position, and -1."""
        if self.basis is not None and self.basis.vectors.shape[1] != here.shape[-1]:
            raise PlayersError(
                f"the directions of the basis are {self.basis.vectors.shape[1]} numbers, and at "
                f"{self.site.name} there are {here.shape[-1]}"
            )
        cells = list(
            zip(
                *(
                    self._places(column, here.shape[self._axis(column, here)]).tolist()
                    for column in self.part
                    if column != "direction"
                ),
                *([self.part["direction"]] if "direction" in self.part else []),
                strict=True,
            )
        )
        if len(set(cells)) < len(cells):
            raise PlayersError(
                f"at {self.site.name} the players {some(self.names)} overlap: no two may hold the "
                f"same thing (position -1 is position {here.shape[1] - 1} here)"
            )

    def _in_basis(self, difference: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        assert self.basis is not None
        like = {"dtype": difference.dtype, "device": difference.device}
        which = torch.tensor(self.part["direction"])
        readers = torch.as_tensor(self.basis.readers, **like)[:, which]
        vectors = torch.as_tensor(self.basis.vectors, **like)[which]
        left = share[:, self.who].to(difference)
        along = difference @ readers  # row, ..., direction
        return (along * left.reshape(len(left), *[1] * (along.ndim - 2), -1)) @ vectors

    def _axis(self, column: str, here: torch.Tensor) -> int:
        if column == "position":
            return 1
        if column == "head":
            return int(here.ndim - 2)
        image = here.ndim == 4 and self.site.cut is None
        return 1 if image else int(here.ndim - 1)

    def _places(self, column: str, size: int) -> torch.Tensor:
        places: list[int] = list(self.part[column])
        for name, place in zip(self.names, places, strict=True):
            if not -size <= place < size:
                raise PlayersError(
                    f"{name} is {column} {place}, and {self.site.name} has {size} of them"
                )
        return torch.tensor([place % size for place in places])


@final
class Nodes:
    """All players that are nodes.

    Args:
        hooked: the network.
        players: with a column `site`.
        bases: of the players that are directions.

    Raises:
        PlayersError: players without a hook point, or that overlap.
    """

    def __init__(self, hooked: HookedModel, players: Players, bases: Sequence[Basis]) -> None:
        at: dict[str, list[int]] = {}
        for i, name in enumerate(players.column("site")):
            at.setdefault(str(name), []).append(i)
        known = {basis.site: basis for basis in bases}
        sites = {name: hooked.site(name) for name in at}
        self.plans = [Plan(sites[n], who, players, known.get(n)) for n, who in at.items()]
        _refuse_nested(self.plans)
        self.loose: frozenset[str] = frozenset()  # hook points without a row for each prompt

    def check(self, here: Mapping[str, torch.Tensor]) -> None:
        """Refuse players that are not among what is there.

        Args:
            here: what is at each hook point, with a row for each prompt.

        Raises:
            PlayersError: a head, unit or position that is not there, or that is there twice.
        """
        for plan in self.plans:
            plan.check(here[plan.site.name])

    @property
    def sites(self) -> list[Site]:
        """Where something must be known of the other side."""
        return [plan.site for plan in self.plans]

    @property
    def checked(self) -> list[Site]:
        """Where more is looked at, for `check`: nowhere."""
        return []

    @property
    def places(self) -> dict[int, list[Site]]:
        """Where each player acts, by its number."""
        return {int(i): [plan.site] for plan in self.plans for i in plan.who}

    def edits(self, share: torch.Tensor, other: Other) -> dict[Site, Edit]:
        """The changes of a forward whose rows have these shares."""

        def edit(plan: Plan) -> Edit:
            return lambda here: plan.mix(self._rows(plan, here, share), other(plan.site), share)

        return {plan.site: edit(plan) for plan in self._busy(share)}

    def shifts(self, share: torch.Tensor, by: Mapping[str, torch.Tensor]) -> dict[Site, Edit]:
        """The same, with differences that were measured elsewhere."""

        def edit(plan: Plan) -> Edit:
            return lambda here: plan.shift(self._rows(plan, here, share), by[plan.site.name], share)

        return {plan.site: edit(plan) for plan in self.plans}

    def _rows(self, plan: Plan, here: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        return in_rows(here, len(share)) if plan.site.name in self.loose else here

    def _busy(self, share: torch.Tensor) -> list[Plan]:
        """Those at which something changes in some row."""
        if share.requires_grad:
            return self.plans
        gone = (share != 0).any(dim=0)
        return [plan for plan in self.plans if bool(gone[plan.who].any())]


def in_rows(here: torch.Tensor, rows: int) -> torch.Tensor:
    """What is the same for all prompts (of positions, often), once for each."""
    one = here if len(here) == 1 else here.unsqueeze(0)
    return one.expand(rows, *one.shape[1:])


def _refuse_nested(plans: Sequence[Plan]) -> None:
    """The same tensor under two names would be changed twice."""
    held: dict[tuple[str, str], Plan] = {}
    for plan in plans:
        site = plan.site
        key = (site.module, site.end)
        before = held.setdefault(key, plan)
        if before is not plan and (site.cut is None or before.site.cut is None):
            raise PlayersError(
                f"{before.site.name} and {site.name} are the same place in the network: the "
                f"players {some([*before.names[:2], *plan.names[:2]])} overlap"
            )
