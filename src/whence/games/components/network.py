"""The one game of networks: its own answer, and the answer where some players gave way.

Prompts are cases. A coalition's players are as in the clean run, or recomputed from what is; the
others give way to what another run, or an average, has in their place. Two subclasses say what that
is. Worths are asked in batches of equal depth, and nothing before the first change is run again.
"""

import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError, HookError, PlayersError
from whence._core.meter import count
from whence._core.network_game import NetworkGame
from whence._core.players import Players
from whence._core.shaped import Float
from whence._core.types import Cases, Coalitions, Draws, Ends, Gradients, Weights
from whence.games.components.basis import Basis
from whence.games.components.edge_wiring import Edges
from whence.games.components.measuring import Measuring
from whence.games.components.node_wiring import Nodes, in_rows
from whence.games.components.softmax import has_queries_or_keys, past_softmax
from whence.games.components.switches import Switches
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel
from whence.models.hooked.points import mlp_out, z
from whence.models.hooked.prefix import Prefix
from whence.models.hooked.running import Edit, Forward
from whence.models.hooked.sites import Site
from whence.models.hooked.trace import trace

MODES = ("noising", "denoising", "frozen")
_CELLS = 2**21  # numbers in a batch's widest hidden states, about: what fits in a core's caches


class ComponentGame(NetworkGame):
    """What parts of a network do for a behaviour.

    Attributes:
        hooked: the network.
        base: the inputs of the run in which players act.
        behaviour: what is measured.
        mode: "noising", "denoising" or "frozen".
        bases: of players that are directions.
    """

    # What runs have shown is only remembered: it travels to workers, and has no part in the
    # game's fingerprint.

    hooked: HookedModel
    base: Inputs
    behaviour: Callable[[Any], Any]
    mode: str
    bases: tuple[Basis, ...]

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
        """Run the base inputs, and see where everything is; `also` is to be looked at too."""
        if not isinstance(hooked, HookedModel):
            raise HookError(f"give a HookedModel(module); given {type(hooked).__name__}")
        if not isinstance(players, Players) or not _of_network(players):
            raise PlayersError(
                "players are parts of the network: heads(hooked), mlps(hooked), nodes(hooked, "
                "[...]), units(hooked, [...]) or edges(hooked)"
            )
        self.hooked, self.base, self.players, self.mode = hooked, base, players, mode
        self.behaviour, self.bases = behaviour, tuple(bases)
        if hooked.tried is None:
            hooked.check_parity(base)
        also = [*also, *(self.wiring.stream.sites if isinstance(self.wiring, Edges) else ())]
        self.watched = list(dict.fromkeys([*self.wiring.sites, *also]))
        self.n_layers = sum(block.whole for block in hooked.anatomy.blocks)
        moments = [min(map(self.prefix.when, self.wiring.places[i])) for i in range(len(players))]
        self.moments = np.array(moments) * (mode != "frozen")  # frozen runs start anew
        self._check_base()
        self.n_cases = self.measuring.cases
        many = self.measuring.outputs
        name = "behaviour"
        self.outputs = (name,) if many == 1 else tuple(f"{name} {k}" for k in range(many))

    @final
    @cached_property
    def wiring(self) -> Nodes | Edges:
        """How players leave."""
        if {"source", "target"} <= set(self.players.columns):
            return Edges(self.hooked, self.players)
        return Nodes(self.hooked, self.players, self.bases)

    @final
    @cached_property
    def prefix(self) -> Prefix:
        """What need not be run again."""
        few = _few(self.base)
        calls = trace(self.hooked.module, few.args, dict(few.kwargs)).calls
        prefix = Prefix(self.hooked.module, calls, few.rows())
        places = self.wiring.places
        for i, sites in places.items():
            for site in sites:
                if prefix.when(site) == float("inf"):
                    times = sum(call.path == site.module for call in calls)
                    often = f"{times} times" if times else "never"
                    why = "The module is shared" if times else "With these inputs it is not used"
                    raise HookError(
                        f"{self.players.names[i]} acts at {site.name}, and this forward comes by "
                        f"{site.module} {often}: it must be once. {why}."
                    )
        if isinstance(self.wiring, Nodes):
            given = [site for site in self.wiring.sites if site.end == "out"]
            self.wiring.loose = frozenset(s.name for s in given if s.module in prefix.loose)
        return prefix

    @final
    @cached_property
    def _base_run(self) -> tuple[dict[str, torch.Tensor], Any]:
        """What is at the hook points, and what the network answers."""
        paths = self.prefix.all(self.moments.tolist())
        run = Forward(self.hooked.module, reads=self.watched, keep=paths)
        with torch.no_grad():
            output = self.hooked.forward(run, self.base)
        self.prefix.keep(run.kept, self.base.rows())
        return self._in_rows(run.seen, self.base.rows()), output

    @final
    @cached_property
    def here(self) -> dict[str, torch.Tensor]:
        """What is at each hook point in the base run, with a row for each prompt."""
        return self._base_run[0]

    @final
    @cached_property
    def measuring(self) -> Measuring:
        """The behaviour, on the base run's answer."""
        return Measuring(self.behaviour, self._base_run[1], self.base.rows())

    @final
    def _check_base(self) -> None:
        if isinstance(self.wiring, Nodes):
            self.wiring.check(self.here)
        else:
            self.wiring.stream.check(self.here)
        assert self.measuring.plain is not None
        self._check_prefix()

    @final
    def _in_rows(self, seen: Mapping[str, torch.Tensor], rows: int) -> dict[str, torch.Tensor]:
        """What was seen, with a row for each prompt everywhere."""
        loose = self.wiring.loose if isinstance(self.wiring, Nodes) else ()
        return {name: in_rows(x, rows) if name in loose else x for name, x in seen.items()}

    @final
    def _check_prefix(self) -> None:
        """What is passed over must not show: else everything is run, which is slower."""
        if not self.prefix.kept or self.measuring.whole:
            return
        turned = torch.arange(self.base.rows()).flip(0)
        cases = torch.cat([turned, turned[:1]])
        share = torch.zeros((len(cases), len(self.players)), dtype=torch.bool)
        moment = float(self.moments.max())
        try:
            with torch.no_grad():
                got = self._measured(cases, torch.zeros_like(cases), share, moment)
            wanted = self.measuring.plain[cases]
            close = bool(torch.allclose(got, wanted, rtol=1e-4, atol=1e-5))
        except (RuntimeError, TypeError, ValueError, IndexError):
            close = False
        if not close:
            self.prefix.keep({}, 0)

    # -- asking it --

    @final
    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        share = coalitions if self.mode == "denoising" else ~coalitions
        moments = np.where(share, self.moments, np.inf).min(axis=1, initial=np.inf)
        answer = self.measuring.plain.double().cpu().numpy()[cases]
        for moment in np.unique(moments[np.isfinite(moments)]):
            for rows in self._batches(np.flatnonzero(moments == moment)):
                with torch.no_grad():
                    measured = self._measured(
                        torch.as_tensor(cases[rows]),
                        torch.as_tensor(draws[rows]),
                        torch.as_tensor(share[rows]),
                        float(moment),
                    )
                answer[rows] = measured.double().cpu().numpy()
        return answer

    @final
    def _batches(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        each = max(t[0].numel() for _, t in self.base.named()) * self._width()
        each *= self.base.rows() if self.measuring.whole else 1
        size = max(1, int(_CELLS // max(each, 1)))
        if not self.measuring.whole and size > self.n_cases:
            size -= size % self.n_cases  # so that batches hold whole sweeps of the prompts
        for first in range(0, len(rows), size):
            yield rows[first : first + size]

    @final
    def _width(self) -> int:
        """Numbers that a network makes of one that it is given, roughly."""
        whole = any(t.is_floating_point() for _, t in self.base.named())
        sizes = [p.shape[-1] for p in self.hooked.module.parameters() if p.ndim >= 2]
        return 4 if whole else max(sizes, default=1)

    @final
    def _measured(
        self,
        cases: torch.Tensor,
        draws: torch.Tensor,
        share: torch.Tensor,
        moment: float,
        more: Mapping[Site, Edit] | None = None,
    ) -> torch.Tensor:
        """What is measured where players have left to these shares: [rows, outputs]."""
        where, what, how = cases, draws, share
        if self.measuring.whole:
            many = self.base.rows()
            where = torch.arange(many).repeat(len(cases))
            what, how = (x.repeat_interleave(many, dim=0) for x in (draws, share))
        edits = {**(more or {}), **self._held(where), **self._edits(where, what, how)}
        run = Forward(self.hooked.module, edits=edits, known=self.prefix.known(moment, where))
        output = self.hooked.forward(run, self.base.take(where))
        return self.measuring.of(output, cases)

    @final
    def _edits(
        self, cases: torch.Tensor, draws: torch.Tensor, share: torch.Tensor
    ) -> dict[Site, Edit]:
        return self.wiring.edits(share, lambda site: self._other(site, cases, draws))

    @final
    def _held(self, cases: torch.Tensor) -> dict[Site, Edit]:
        """In frozen mode, every part that writes is as it was in the base run."""
        held: dict[Site, Edit] = {}
        for site in writers(self.hooked) if self.mode == "frozen" else ():
            own = self.here[site.name].index_select(0, cases)
            held[replace(site, name=f"{site.name} (held)")] = lambda _here, own=own: own
        return held

    # -- its slopes --

    @final
    def _gradient(self, weights: Weights, cases: Cases, draws: Draws) -> np.ndarray:
        return np.concatenate(
            [
                self._slopes(torch.as_tensor(cases[rows]), torch.as_tensor(draws[rows]),
                             torch.as_tensor(weights[rows]))
                for rows in self._batches(np.arange(len(cases)))
            ]
        )  # fmt: skip

    @final
    def _slopes(
        self,
        cases: torch.Tensor,
        draws: torch.Tensor,
        weights: torch.Tensor,
        more: Mapping[Site, Edit] | None = None,
    ) -> np.ndarray:
        """[rows, outputs, players]."""
        with torch.enable_grad():
            leaf = weights.double().requires_grad_()
            share = leaf if self.mode == "denoising" else 1 - leaf
            measured = self._measured(cases, draws, share, float(self.moments.min()), more)
            return np.stack(self._backwards(measured, leaf), axis=1)

    @final
    def _backwards(self, measured: torch.Tensor, leaf: torch.Tensor) -> list[np.ndarray]:
        """One backward for each output: [rows, players] each."""
        if not measured.requires_grad:
            raise GameError(
                "the behaviour has no slope (an argmax, a count, or numbers taken out of torch): "
                "first-order methods cannot see it. Measure a logit difference or a loss, or use "
                "a method that asks worths, such as wh.methods.Sweep()"
            )
        many = measured.shape[1]
        found = []
        for k in range(many):
            (slope,) = torch.autograd.grad(measured[:, k].sum(), leaf, retain_graph=True)
            found.append(slope.double().cpu().numpy())
        return found

    @final
    def slopes(self, cases: Cases, draws: Draws, along: float = 1.0) -> Gradients:
        """What each player adds, to first order, at everybody present."""
        if along == 1.0:
            return self.gradient(np.ones((len(cases), len(self.players))), cases, draws)
        count(gradients=len(cases))
        found = []
        for rows in self._batches(np.arange(len(cases))):
            where = torch.as_tensor(cases[rows])
            found.append(self._slopes_along(where, torch.as_tensor(draws[rows]), along))
        return np.concatenate(found)

    @final
    def _slopes_along(self, cases: torch.Tensor, draws: torch.Tensor, along: float) -> np.ndarray:
        """The slopes of players' differences from end to end, on inputs between the two ends."""
        if self.measuring.whole:
            raise GameError(
                "slopes along the inputs need a behaviour with a number for each prompt"
            )
        by = {
            site.name: self._other(site, cases, draws) - self.here[site.name][cases]
            for site in self.wiring.sites
        }
        with torch.enable_grad():
            back = self.mode == "denoising"  # then the base run is where nobody is present
            leaf = torch.full((len(cases), len(self.players)), 0.0 if back else 1.0).double()
            leaf.requires_grad_()
            share = leaf if back else 1 - leaf
            edits = {**self._along(along, cases), **self.wiring.shifts(share, by)}
            run = Forward(self.hooked.module, edits=edits)
            output = self.hooked.forward(run, self.base.take(cases))
            return np.stack(self._backwards(self.measuring.of(output, cases), leaf), axis=1)

    @final
    def slopes_past_softmax(self, cases: Cases, draws: Draws) -> Gradients:
        """As `slopes`, with attention taken as it really changes; NaN for others."""
        if (
            self.mode != "noising"
            or self.measuring.whole
            or not has_queries_or_keys(self.hooked, self.players)
        ):
            return np.full((len(cases), len(self.outputs), len(self.players)), np.nan)
        count(gradients=len(cases))
        found = []
        for rows in self._batches(np.arange(len(cases))):
            where, what = (torch.as_tensor(x[rows]) for x in (cases, draws))
            found.append(
                past_softmax(
                    self.hooked,
                    self.base.take(where),
                    self.players,
                    lambda site, c=where, d=what: self._other(site, c, d),
                    lambda output, c=where: self.measuring.of(output, c),
                )
            )
        return np.concatenate(found)

    @final
    def slopes_without_layers(
        self, cases: Cases, draws: Draws
    ) -> Float[np.ndarray, "layers rows outputs players"]:
        """As `slopes`, with what one layer adds held fixed, for each layer in turn."""
        blocks = [block for block in self.hooked.anatomy.blocks if block.whole]
        where, what = torch.as_tensor(cases), torch.as_tensor(draws)
        switches = Switches(blocks)
        with torch.enable_grad():
            leaf = torch.ones((len(cases), len(self.players))).double().requires_grad_()
            share = leaf if self.mode == "denoising" else 1 - leaf
            measured = self._measured(where, what, share, -1.0, switches.edits())
            found = [np.stack(self._backwards(measured, leaf), axis=1) for _ in switches.each_off()]
        count(gradients=len(cases) * len(blocks))
        return np.stack(found)

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
            "prefix reuse": bool(self.prefix.kept),
            **self._ends(empty, full),
        }


def writers(hooked: HookedModel) -> list[Site]:
    """The hook points of all that writes into the stream after the embeddings."""
    found = hooked.anatomy
    names = [*(z(a) for a in found.attentions), *(mlp_out(m) for m in found.mlps)]
    return [hooked.points[name] for name in names]


def _of_network(players: Players) -> bool:
    return "site" in players.columns or {"source", "target"} <= set(players.columns)


def _few(inputs: Inputs) -> Inputs:
    """Two prompts, or one of two: the order of calls is the same for any number."""
    rows = inputs.rows()
    return inputs.take(torch.arange(1 if rows == 2 else 2) % rows)
