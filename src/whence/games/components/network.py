"""The one game of networks: its own answer, and the answer where some players gave way.

Prompts are cases. A coalition's players are as in the clean run, or recomputed from what is; the
others give way to what another run, or an average, has in their place: subclasses say what that is.

    v(S) is asked as a share for each player: how much of it has been replaced. Shares between 0 and
    1 make the game a relaxed one, and its slopes are those of attribution patching.
"""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, final

import numpy as np
import torch

from whence._core.asking import worths
from whence._core.errors import GameError, PlayersError
from whence._core.meter import count
from whence._core.network_game import NetworkGame
from whence._core.players import Players
from whence._core.shaped import Float
from whence._core.types import Cases, Coalitions, Draws, Ends, Gradients, Weights
from whence.games.components.base_run import BaseRun
from whence.games.components.basis import Basis
from whence.games.components.edge_wiring import Edges
from whence.games.components.node_wiring import Nodes
from whence.games.components.softmax import has_queries_or_keys, past_softmax
from whence.games.components.switches import Switches
from whence.models.hooked.anatomy import Block
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel
from whence.models.hooked.points import mlp_out, z
from whence.models.hooked.running import Edit, constant
from whence.models.hooked.sites import Site

MODES = ("noising", "denoising", "frozen")


class ComponentGame(NetworkGame):
    """What parts of a network do for a behaviour.

    Attributes:
        hooked: the network.
        base: the inputs of the run in which players act.
        behaviour: what is measured.
        mode: "noising", "denoising" or "frozen".
        bases: of players that are directions.
        also: hook points to look at, beside those of the players.
    """

    # What runs have shown is only remembered: it travels to workers, and has no part in the
    # game's fingerprint.

    hooked: HookedModel
    base: Inputs
    behaviour: Callable[[Any], Any]
    mode: str
    bases: tuple[Basis, ...]
    also: tuple[Site, ...]

    @abc.abstractmethod
    def _other(self, site: Site, cases: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
        """What takes the place of what is at a hook point: [rows or 1, ...]."""

    @abc.abstractmethod
    def _ends(self, empty: Ends, full: Ends) -> dict[str, Any]:
        """What an answer's ends say of what the players leave uncovered."""

    @abc.abstractmethod
    def _along(self, along: float, cases: torch.Tensor) -> dict[Site, Edit]:
        """The changes that put inputs this share of the way from the reference's to the clean."""

    # -- making it --

    @final
    def _settle(
        self,
        hooked: HookedModel,
        base: Inputs,
        players: Players,
        behaviour: Callable[[Any], Any],
        mode: str,
        bases: Sequence[Basis],
        also: Sequence[Site] = (),
    ) -> None:
        """Run the base inputs, and see where everything is."""
        if not isinstance(players, Players) or not _of_network(players):
            raise PlayersError(
                "players are parts of the network: heads(hooked), mlps(hooked), nodes(hooked, "
                "[...]), units(hooked, [...]) or edges(hooked)"
            )
        self.hooked, self.base, self.players, self.mode = hooked, base, players, mode
        self.behaviour, self.bases, self.also = behaviour, tuple(bases), tuple(also)
        if hooked.tried is None:
            hooked.check_parity(base)
        self.n_layers = len(self._layers)
        self.wiring.check(self.run.here)
        self.n_cases, many = self.run.measuring.cases, self.run.measuring.outputs
        self.outputs = tuple(f"behaviour {k}" for k in range(many)) if many > 1 else ("behaviour",)

    @final
    @cached_property
    def wiring(self) -> Nodes | Edges:
        """How players leave."""
        if {"source", "target"} <= set(self.players.columns):
            return Edges(self.hooked, self.players)
        return Nodes(self.hooked, self.players, self.bases)

    @final
    @cached_property
    def watched(self) -> list[Site]:
        """Where something is looked at."""
        return list(dict.fromkeys([*self.wiring.sites, *self.wiring.checked, *self.also]))

    @final
    @cached_property
    def run(self) -> BaseRun:
        """The base run."""
        made = BaseRun(
            self.hooked,
            self.base,
            self.behaviour,
            places=self.wiring.places,
            names=self.players.names,
            watched=self.watched,
            again=self.mode != "frozen",
        )
        self.wiring.loose = made.loose
        return made

    # -- asking it --

    @final
    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        share = coalitions if self.mode == "denoising" else ~coalitions
        moments = np.where(share, self.run.moments, np.inf).min(axis=1, initial=np.inf)
        answer: np.ndarray = self.run.measuring.plain.double().cpu().numpy()[cases]
        if self.n_draws == 1 and len(self.players) > 1:
            far = share.all(axis=1)
            moments[far] = np.inf
            answer[far] = self.far[cases[far]] if far.any() else answer[far]
        for moment in np.unique(moments[np.isfinite(moments)]):
            for rows in self.run.batches(np.flatnonzero(moments == moment)):
                where, what, how = (torch.as_tensor(x[rows]) for x in (cases, draws, share))
                with torch.no_grad():
                    measured = self._measured(where, what, how, float(moment))
                answer[rows] = measured.double().cpu().numpy()
        return answer

    @final
    @cached_property
    def far(self) -> Float[np.ndarray, "cases outputs"]:
        """What is measured where every player has been replaced: the other end of the base run."""
        cases = np.arange(self.n_cases)
        found = []
        for rows in self.run.batches(cases):
            where, every = torch.as_tensor(rows), torch.ones((len(rows), len(self.players)))
            with torch.no_grad():
                measured = self._measured(where, torch.zeros_like(where), every.bool())
            found.append(measured.double().cpu().numpy())
        return np.concatenate(found)

    @final
    def _measured(
        self,
        cases: torch.Tensor,
        draws: torch.Tensor,
        share: torch.Tensor,
        moment: float = -1.0,
        more: Mapping[Site, Edit] | None = None,
    ) -> torch.Tensor:
        """What is measured where players have left to these shares: [rows, outputs]."""
        prompts = self.run.prompts(cases)
        what, how = self.run.repeated(draws), self.run.repeated(share)
        leaving = self.wiring.edits(how, lambda site: self._other(site, prompts, what))
        edits = {**(more or {}), **self._held(prompts), **leaving}
        return self.run.measured(cases, edits, moment)

    @final
    def _held(self, prompts: torch.Tensor) -> dict[Site, Edit]:
        """In frozen mode, every part that writes is as it was in the base run."""
        return {
            replace(site, name=f"{site.name} (held)"): constant(self.run.here[site.name][prompts])
            for site in (writers(self.hooked) if self.mode == "frozen" else ())
        }

    @final
    def without(self, *players: str | int) -> Float[np.ndarray, "cases outputs"]:
        """What is measured where these players, and nobody else, have left.

        Args:
            *players: names or positions; with none, what is measured of everybody.

        Raises:
            PlayersError: nobody has that name.
        """
        stay = np.ones((1, len(self.players)), dtype=bool)
        stay[0, [self.players.index(player) for player in players]] = False
        return np.asarray(worths(self, stay, np.arange(self.n_cases))[0])

    # -- its slopes --

    @final
    def _gradient(self, weights: Weights, cases: Cases, draws: Draws) -> np.ndarray:
        first, found = float(self.run.moments.min()), []
        for rows in self.run.batches(np.arange(len(cases))):
            where, what, how = (torch.as_tensor(x[rows]) for x in (cases, draws, weights))
            with torch.enable_grad():
                leaf = how.double().requires_grad_()
                found.append(slope(self._measured(where, what, self._shares(leaf), first), leaf))
        return np.concatenate(found)

    @final
    def _shares(self, weights: torch.Tensor) -> torch.Tensor:
        """How much of each player has been replaced, in the base run."""
        return weights if self.mode == "denoising" else 1 - weights

    @final
    def slopes(self, cases: Cases, draws: Draws, along: float = 1.0) -> Gradients:
        """What each player adds, to first order, at everybody present."""
        if along == 1.0:
            return self.gradient(np.ones((len(cases), len(self.players))), cases, draws)
        if self.run.measuring.whole:
            raise GameError(
                "slopes along the inputs need a behaviour with a number for each prompt"
            )
        count(gradients=len(cases))
        found = []
        for rows in self.run.batches(np.arange(len(cases))):
            where, what = (torch.as_tensor(x[rows]) for x in (cases, draws))
            found.append(self._slopes_along(where, what, along))
        return np.concatenate(found)

    @final
    def _slopes_along(self, cases: torch.Tensor, draws: torch.Tensor, along: float) -> np.ndarray:
        """The slopes of players' differences from end to end, on inputs between the two ends."""
        by = {
            site.name: self._other(site, cases, draws) - self.run.here[site.name][cases]
            for site in self.wiring.sites
        }
        present = float(self.mode != "denoising")  # the base run is where these weights are
        with torch.enable_grad():
            leaf = torch.full((len(cases), len(self.players)), present).double().requires_grad_()
            edits = {
                **self._along(along, cases),
                **self.wiring.shifts(self._shares(leaf), by),
            }
            return slope(self.run.measured(cases, edits), leaf)

    @final
    def slopes_past_softmax(self, cases: Cases, draws: Draws) -> Gradients:
        """As `slopes`, with attention taken as it really changes; NaN for others."""
        seen = has_queries_or_keys(self.hooked, self.players)
        if self.mode != "noising" or self.run.measuring.whole or not seen:
            return np.full((len(cases), len(self.outputs), len(self.players)), np.nan)
        count(gradients=len(cases))
        found = []
        for rows in self.run.batches(np.arange(len(cases))):
            where, what = (torch.as_tensor(x[rows]) for x in (cases, draws))

            def other(site: Site, c: torch.Tensor = where, d: torch.Tensor = what) -> torch.Tensor:
                return self._other(site, c, d)

            def measure(output: Any, c: torch.Tensor = where) -> torch.Tensor:
                return self.run.measuring.of(output, c)

            inputs = self.base.take(where)
            found.append(past_softmax(self.hooked, inputs, self.players, other, measure))
        return np.concatenate(found)

    @final
    def slopes_without_layers(
        self, cases: Cases, draws: Draws
    ) -> Float[np.ndarray, "layers rows outputs players"]:
        """As `slopes`, with what one layer adds held fixed, for each layer in turn."""
        found = []
        for rows in self.run.batches(np.arange(len(cases))):
            where, what = (torch.as_tensor(x[rows]) for x in (cases, draws))
            switches = Switches(self._layers)
            with torch.enable_grad():
                leaf = torch.ones((len(rows), len(self.players))).double().requires_grad_()
                measured = self._measured(where, what, self._shares(leaf), more=switches.edits())
                found.append(np.stack([slope(measured, leaf) for _ in switches.each_off()]))
        count(gradients=len(cases) * self.n_layers)
        return np.concatenate(found, axis=1)

    @final
    @cached_property
    def _layers(self) -> list[Block]:
        return [block for block in self.hooked.anatomy.blocks if block.whole]

    # -- what it says of itself --

    @final
    def stamp(self, empty: Ends, full: Ends) -> dict[str, Any]:
        """What stands between inputs and behaviour, how it was found, and what it leaves uncovered.

        Source: of the words, Mueller et al. (2024), the quest for the right mediator.
        """
        return {
            "mediator": self.players.kind,
            "mediator search": "supervised" if self.players.kind == "direction" else "exhaustive",
            "candidates": len(self.players),
            "mode": self.mode,
            "parity": "bit-equal with hooks on",
            "prefix reuse": bool(self.run.prefix.kept),
            **self._ends(empty, full),
        }


def slope(measured: torch.Tensor, leaf: torch.Tensor) -> Float[np.ndarray, "rows outputs players"]:
    """One backward for each output.

    Args:
        measured: [rows, outputs].
        leaf: the weights [rows, players].

    Raises:
        GameError: the behaviour has no slope.
    """
    if not measured.requires_grad:
        raise GameError(
            "the behaviour has no slope (an argmax, a count, or numbers taken out of torch): "
            "first-order methods cannot see it. Measure a logit difference or a loss, or use a "
            "method that asks worths, such as wh.methods.Sweep()"
        )
    each = [
        torch.autograd.grad(measured[:, k].sum(), leaf, retain_graph=True)[0]
        for k in range(measured.shape[1])
    ]
    return np.stack([s.double().cpu().numpy() for s in each], axis=1)


def writers(hooked: HookedModel) -> list[Site]:
    """The hook points of all that writes into the stream after the embeddings."""
    found = hooked.anatomy
    names = [*(z(a) for a in found.attentions), *(mlp_out(m) for m in found.mlps)]
    return [hooked.points[name] for name in names]


def _of_network(players: Players) -> bool:
    return "site" in players.columns or {"source", "target"} <= set(players.columns)
