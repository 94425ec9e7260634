"""Ablation: what a network still does without some of its parts.

    zero             nothing in their place; no prompt produces it, so it also tests the unusual
    mean             their average over reference prompts and positions
    mean-positional  their average over reference prompts, at each position
    resample         what they are in a reference prompt drawn at random: a draw of the game

(Chan et al. 2022, causal scrubbing; Wang et al. 2023.)
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError, HookError, OptionError, did_you_mean
from whence._core.game import Question
from whence._core.players import Players
from whence._core.types import Ends
from whence.games.components.basis import Basis
from whence.games.components.behaviour import unit_of
from whence.games.components.network import ComponentGame
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel, check_hooked
from whence.models.hooked.running import Edit, Forward
from whence.models.hooked.sites import Site

ABLATIONS = {
    "zero": "nothing, which no prompt produces",
    "mean": "their mean over the reference prompts and positions",
    "mean-positional": "their mean over the reference prompts, at each position",
    "resample": "what they are in a reference prompt drawn at random",
}


@final
class AblationGame(ComponentGame):
    """What parts of a network do for a behaviour.

    Args:
        hooked: the network.
        inputs: the prompts: a tensor, a tuple of them, or a mapping.
        players: from `heads`, `mlps`, `nodes`, `units`, `directions` or `edges`.
        behaviour: of the network's answer: a number for each prompt, several, or one for all.
        ablation: "zero", "mean", "mean-positional" or "resample".
        reference: prompts to average over or to draw from; the inputs themselves by default.
        bases: of players that are directions.

    Raises:
        OptionError: no such ablation.
        GameError: nothing to average over or to draw from.
        HookError: a hook point that is not come by once, or reference prompts of another length.
    """

    def __init__(
        self,
        hooked: HookedModel,
        inputs: Any,
        *,
        players: Players,
        behaviour: Callable[[Any], Any],
        ablation: str = "mean",
        reference: Any = None,
        bases: Sequence[Basis] = (),
    ) -> None:
        check_hooked(hooked)
        self.ablation = str(ablation).replace("_", "-")
        if self.ablation not in ABLATIONS:
            raise OptionError(
                f"no ablation {ablation!r} is offered. {did_you_mean(ablation, ABLATIONS)}"
            )
        base = Inputs.of(inputs)
        self._settle(hooked, base, players, behaviour, "noising", bases)
        self.own = reference is None  # prompts are one another's reference
        self.reference = base if reference is None else Inputs.of(reference)
        assert self.instead is not None  # what cannot be is refused now
        if self.ablation == "resample":
            self.n_draws = self._draws()
        self.question = Question(
            asks=f"what each {players.kind} does for the behaviour",
            unit=unit_of(behaviour),
            removal=f"{self.ablation} ablation: {players.kind}s give way to "
            f"{ABLATIONS[self.ablation]}",
            model=hooked.name,
        )

    @cached_property
    def instead(self) -> dict[str, torch.Tensor]:
        """What takes the place of what is at each hook point, over the reference prompts."""
        if self.ablation == "zero":
            return {name: torch.zeros_like(x[:1]) for name, x in self.run.here.items()}
        seen = self.run.here
        if not self.own:
            run = Forward(self.hooked.module, reads=self.watched)
            with torch.no_grad():
                self.hooked.forward(run, self.reference)
            seen = self.run.in_rows(run.seen, self.reference.rows())
        if self.ablation == "resample":
            self._check_lengths(seen)
            return seen
        apart = self.ablation == "mean-positional"
        if apart:
            self._check_lengths(seen)
        return {
            site.name: _mean(x := seen[site.name], site, self._real(x, site), apart=apart)
            for site in self.watched
        }

    def _real(self, x: torch.Tensor, site: Site) -> torch.Tensor | None:
        """Which positions of the reference prompts hold something, where a mask says it."""
        first = self.hooked.anatomy.blocks[0].stack if self.hooked.anatomy.blocks else ""
        read = "cross" in site.name and site.name.endswith(("hook_k", "hook_v"))  # of the encoder
        later = site.stack != first and not read
        mask = self.reference.kwargs.get(f"{'decoder_' * later}attention_mask")
        fits = isinstance(mask, torch.Tensor) and mask.shape == x.shape[:2]
        return mask.to(x.dtype) if fits else None  # type: ignore[union-attr]

    def _check_lengths(self, seen: dict[str, torch.Tensor]) -> None:
        for site in self.wiring.sites:
            own, other = self.run.here[site.name].shape[1:], seen[site.name].shape[1:]
            if own != other:
                raise HookError(
                    f"at {site.name} there is {tuple(own)} in a prompt and {tuple(other)} in a "
                    f"reference prompt: {self.ablation} goes position by position, so reference "
                    'prompts are as long as the prompts. ablation="mean" needs no such thing.'
                )

    def _draws(self) -> int:
        many = self.reference.rows() - self.own  # a prompt does not stand in for itself
        if many < 1:
            raise GameError(
                "there is one prompt, and none to draw from in its place: give reference= prompts"
            )
        return many

    def _other(self, site: Site, cases: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
        if self.ablation != "resample":
            return self.instead[site.name]
        which = (cases + 1 + draws) % self.reference.rows() if self.own else draws
        return self.instead[site.name][which]

    def _along(self, along: float, cases: torch.Tensor) -> dict[Site, Edit]:
        del along, cases
        raise GameError(
            "slopes along the inputs run from a corrupted prompt to the clean one, and an ablation "
            "has no corrupted prompt: ask a PatchingGame, or leave steps= out"
        )

    def _ends(self, empty: Ends, full: Ends) -> dict[str, Any]:
        ends = {"left without players": empty.mean(axis=0), "whole": full.mean(axis=0)}
        known = {name: end.tolist() for name, end in ends.items() if np.isfinite(end).all()}
        return {"ablation": self.ablation, **known}


def _mean(x: torch.Tensor, site: Site, real: torch.Tensor | None, *, apart: bool) -> torch.Tensor:
    """Over prompts, and over positions too unless they are kept apart: [1, ...]."""
    if apart or x.ndim == 2:
        axes = [0]
    else:  # channels come before the positions of an image
        axes = [0, 2, 3] if x.ndim == 4 and site.cut is None else [0, 1]
    if real is None:
        return x.mean(dim=axes, keepdim=True)
    weight = real.reshape(*real.shape, *[1] * (x.ndim - 2))
    total = weight.sum(dim=axes, keepdim=True)
    return (x * weight).sum(dim=axes, keepdim=True) / total.clamp_min(1)
