"""Patching: a clean and a corrupted prompt, and what changes when parts of one go into the other.

    noising    v(S) = m(clean run, with what is not in S as in the corrupted run)     necessary?
    denoising  v(S) = m(corrupted run, with what is in S as in the clean run)         sufficient?
    frozen     as noising, every part held as in one of the two runs                  directly?

A chain of two parts is an AND to noising and an OR to denoising: they are different games, and are
never mixed. (Vig et al. 2020; Wang et al. 2023; Heimersheim & Nanda 2024.)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError, HookError, OptionError, PlayersError, did_you_mean, some
from whence._core.game import Question
from whence._core.players import Players
from whence._core.types import Ends
from whence.games.components.basis import Basis
from whence.games.components.behaviour import unit_of
from whence.games.components.network import MODES, ComponentGame, writers
from whence.models.hooked.inputs import Inputs, check_alike
from whence.models.hooked.model import HookedModel, check_hooked
from whence.models.hooked.points import stem
from whence.models.hooked.running import Edit, Forward, constant
from whence.models.hooked.sites import Site
from whence.models.hooked.stream import Stream

_NOTHING = 1e-6  # of what is measured: a total effect below it is rounding


@final
class PatchingGame(ComponentGame):
    """What parts of a network carry of the difference between two prompts.

    Args:
        hooked: the network.
        clean: prompts that show the behaviour: a tensor, a tuple of them, or a mapping.
        corrupted: prompts of the same shape that do not; they are paired one by one.
        players: from `heads`, `mlps`, `nodes`, `units`, `directions` or `edges`.
        behaviour: of the network's answer: a number for each prompt, several, or one for all.
        mode: "noising", "denoising" or "frozen".
        bases: of players that are directions.

    Raises:
        HookError: inputs that differ in shape, or a hook point that is not come by once.
        GameError: the two runs do not differ in the behaviour, or nowhere among the players.
        OptionError: no such mode.
    """

    def __init__(
        self,
        hooked: HookedModel,
        clean: Any,
        corrupted: Any,
        *,
        players: Players,
        behaviour: Callable[[Any], Any],
        mode: str = "noising",
        bases: Sequence[Basis] = (),
    ) -> None:
        check_hooked(hooked)
        if mode not in MODES:
            raise OptionError(f"no mode {mode!r} is offered. {did_you_mean(mode, MODES)}")
        self.clean, self.corrupted = Inputs.of(clean), Inputs.of(corrupted)
        check_alike(self.clean, self.corrupted, ("clean", "corrupted"))
        base = self.corrupted if mode == "denoising" else self.clean
        self.starts = _starts(hooked)
        also = [*self.starts, *(_held(hooked, players) if mode == "frozen" else ())]
        self._settle(hooked, base, players, behaviour, mode, bases, also)
        if mode == "frozen":
            Stream(hooked).check(self.run.here)
        self._check_effect()
        assert self.far is not None  # both ends are seen
        does = {
            "noising": "give way to the corrupted prompt's",
            "denoising": "come from the clean prompt into the corrupted one",
            "frozen": "give way to the corrupted prompt's, and all else is held",
        }
        self.question = Question(
            asks=f"what each {players.kind} carries of the difference between two prompts",
            unit=unit_of(behaviour),
            removal=f"{mode}: {players.kind}s {does[mode]}",
            model=hooked.name,
        )

    @cached_property
    def _other_run(self) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """What is at the hook points in the run that parts come from, and is measured there."""
        inputs = self.clean if self.mode == "denoising" else self.corrupted
        run = Forward(self.hooked.module, reads=self.watched)
        with torch.no_grad():
            output = self.hooked.forward(run, inputs)
            measured = self.run.measuring.of(output, torch.arange(self.n_cases))
        return self.run.in_rows(run.seen, inputs.rows()), measured

    @cached_property
    def there(self) -> dict[str, torch.Tensor]:
        """What is at each hook point in the other run, with a row for each prompt."""
        return self._other_run[0]

    @cached_property
    def other_plain(self) -> torch.Tensor:
        """What is measured of the other run: [cases, outputs]."""
        return self._other_run[1]

    def _check_effect(self) -> None:
        plain, other = self.run.measuring.plain, self.other_plain
        self.run.measuring.refuse_nonfinite(other, "the answer to the other prompts")
        scale = torch.maximum(plain.abs(), other.abs())
        if bool(((plain - other).abs() <= _NOTHING * scale).all()):
            clean, corrupted = (x.mean().item() for x in self._runs())
            raise GameError(
                "the total effect is nothing: the behaviour is the same in the clean prompts and "
                f"the corrupted ones ({clean:.6g} and {corrupted:.6g} on average), so there is "
                "nothing to carry. Corrupt what the behaviour depends on, or measure what the "
                "prompts differ in."
            )
        if all(torch.equal(self.run.here[s.name], self.there[s.name]) for s in self.wiring.sites):
            raise GameError(
                f"at the {self.players.kind}s' hook points the two runs are the same, bit for "
                "bit: patching them changes nothing"
            )

    def _runs(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The behaviour in the clean run, and in the corrupted one: [cases, outputs]."""
        pair = (self.run.measuring.plain, self.other_plain)
        return pair if self.mode != "denoising" else pair[::-1]

    def _other(self, site: Site, cases: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
        del draws
        return self.there[site.name][cases]

    def _along(self, along: float, cases: torch.Tensor) -> dict[Site, Edit]:
        if not self.starts:
            raise HookError(
                f"{self.hooked.name} has no layers that whence can see, so where its embeddings "
                "enter them is not known: slopes along the inputs cannot be asked"
            )
        toward = along if self.mode == "denoising" else 1 - along
        made: dict[Site, Edit] = {}
        for site in self.starts:
            ends = (run[site.name][cases] for run in (self.run.here, self.there))
            mixed = torch.lerp(*ends, toward)
            made[replace(site, name=f"{site.name} (mixed)")] = constant(mixed)
        return made

    def _ends(self, empty: Ends, full: Ends) -> dict[str, Any]:
        del empty, full  # both are known without them
        clean, corrupted = (x.double().mean(dim=0).cpu().numpy() for x in self._runs())
        plain, other = (
            x.double().cpu().numpy() for x in (self.run.measuring.plain, self.other_plain)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            covered = (plain - self.far).mean(axis=0) / (plain - other).mean(axis=0)
        known = {"uncovered share": (1 - covered).tolist()} if np.isfinite(covered).all() else {}
        return {"clean": clean.tolist(), "corrupted": corrupted.tolist(), **known}


def _starts(hooked: HookedModel) -> list[Site]:
    """Where embeddings enter each stack of layers."""
    firsts = [b for b in hooked.anatomy.blocks if b.layer == 0 and b.whole]
    return [hooked.points[f"{stem(b)}.hook_resid_pre"] for b in firsts]


def _held(hooked: HookedModel, players: Players) -> list[Site]:
    """What a frozen run holds, and what says that direct effects are defined.

    Raises:
        PlayersError: players that do not write into the stream.
    """
    sites = {site.name: site for site in writers(hooked)}
    wrong = [
        name
        for name, site in zip(players.names, players.columns.get("site", ()), strict=False)
        if site not in sites
    ]
    if wrong or "site" not in players.columns:
        raise PlayersError(
            f"in frozen mode players are heads and MLPs, which write into the stream; "
            f"{some(wrong or players.names)} do not"
        )
    return [*sites.values(), *Stream(hooked).sites]
