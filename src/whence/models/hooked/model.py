"""A network and its hook points. The module stays the user's own: same weights, same numbers.

What is folded, centred or rewritten is another model; here nothing is. Hooks are put on for one
forward, and taken off whatever happens.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import torch

from whence._core.errors import HookError, did_you_mean, some
from whence._core.meter import count
from whence._core.text import printable
from whence.models.hooked.adapter import Adapter
from whence.models.hooked.anatomy import Anatomy, Attention
from whence.models.hooked.attention import Attended
from whence.models.hooked.dissection import dissected
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.patches import checked, leaf
from whence.models.hooked.points import points
from whence.models.hooked.running import Edit, Enough, Forward
from whence.models.hooked.sites import Site
from whence.models.hooked.sound import device_of, refuse_compiled, refuse_unsteady, same
from whence.models.hooked.trace import trace
from whence.models.hooked.trial import trials


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HookedModel:
    """A torch module with named places to look and to change.

    Heads, MLPs, norms and embeddings are found by watching one forward: on a few ids or numbers
    that whence makes up, or on `example`. That hooks leave every bit of the answer as it is is
    tested there and then.

    Args:
        module: any torch module, in evaluation mode where that makes a difference.
        adapter: where its parts are, where they cannot be found.
        example: inputs to watch it on: a tensor, a tuple of them, or a mapping.

    Raises:
        HookError: not a module; dropout or batch norm in training mode; hooks change its answer.

    Source: names of hook points as in TransformerLens.
    """

    module: torch.nn.Module
    adapter: Adapter | None = None
    example: Any = field(default=None, kw_only=True)
    anatomy: Anatomy = field(init=False, repr=False)
    points: Mapping[str, Site] = field(init=False, repr=False)
    watched: str = field(init=False, repr=False)
    tried: Inputs | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.module, torch.nn.Module):
            raise HookError(
                f"HookedModel takes a torch module; given {type(self.module).__name__}. For a "
                "pipeline, give the module inside it."
            )
        if self.adapter is not None and not isinstance(self.adapter, Adapter):
            raise HookError(f"adapter is a wh.models.Adapter; given {type(self.adapter).__name__}")
        refuse_compiled(self.module)
        refuse_unsteady(self.module)
        tried, found, why = self._watch()
        if self.adapter is not None:
            found = self.adapter.anatomy(self.module)
        made = {"anatomy": found, "points": points(found), "watched": why, "tried": tried}
        for name, value in made.items():
            object.__setattr__(self, name, value)
        if tried is not None:
            self.check_parity(tried)

    def _watch(self) -> tuple[Inputs | None, Anatomy, str]:
        """The inputs that it took, what was seen, and why not where nothing was."""
        if self.example is not None:
            given = Inputs.of(self.example)
            return (
                given,
                dissected(self.module, trace(self.module, given.args, dict(given.kwargs))),
                "",
            )
        why = "whence knows no inputs to try it on"
        for made in trials(self.module):
            given = made.on(device_of(self.module))
            try:
                seen = trace(self.module, given.args, dict(given.kwargs))
            except Exception as error:  # it takes something else
                why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
                continue
            return given, dissected(self.module, seen), ""
        return None, Anatomy(), why

    def __repr__(self) -> str:
        found = self.anatomy
        heads = sum(a.heads for a in found.attentions)
        if self.watched and self.adapter is None:
            what = f"its parts could not be found ({self.watched})"
        elif not found.blocks:
            what = "no layers or heads seen"
        else:
            parts = ((len(found.blocks), "layer"), (heads, "head"), (len(found.mlps), "MLP"))
            what = ", ".join(f"{many} {name}{'' if many == 1 else 's'}" for many, name in parts)
        return printable(f"HookedModel({self.name}): {what}; {len(self.hook_names)} hook points")

    # -- what there is --

    @property
    def name(self) -> str:
        """The module's class."""
        return type(self.module).__name__

    @property
    def hook_names(self) -> tuple[str, ...]:
        """Every hook point: the known names first, then the path of every module."""
        paths = tuple(path for path, _ in self.module.named_modules() if path)
        return (*self.points, *paths)

    def site(self, name: str) -> Site:
        """A hook point by its name, or by the path of a module: then its output.

        Raises:
            HookError: there is none of that name.
        """
        if isinstance(name, str) and name in self.points:
            return self.points[name]
        if isinstance(name, str) and name and name in dict(self.module.named_modules()):
            return Site(name, name)
        raise HookError(
            f"{self.name} has no hook point {name!r}. {did_you_mean(name, self.hook_names)}"
            + (f" (Its parts could not be found: {self.watched}.)" if self.watched else "")
        )

    # -- what it does --

    def run(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module answers, as `module(...)` does: slopes are kept where it keeps them.

        Args:
            *inputs: as the module takes them; one mapping stands for its entries.
            **kwargs: by name.
        """
        return self.forward(Forward(self.module), Inputs.called(inputs, kwargs))

    def cache(self, inputs: Any, names: Sequence[str] | None = None) -> dict[str, torch.Tensor]:
        """What is at each hook point: [prompts, ...], heads on an axis of their own.

        Args:
            inputs: a tensor, a tuple of them, or a mapping.
            names: hook points; by default all that have a known name, else every module's output.

        Raises:
            HookError: no such hook point, or one that this forward does not come by once.
        """
        given = Inputs.of(inputs)
        if names is None:
            return self._all(given)
        with torch.no_grad():
            seen = self.read(given, [self.site(name) for name in _listed(names)])[1]
        return {name: seen[name] for name in names}

    def patch(self, inputs: Any, values: Mapping[str, torch.Tensor | Edit]) -> Any:
        """What the module answers with something else at some hook points.

        Args:
            inputs: a tensor, a tuple of them, or a mapping.
            values: by hook point, what is to be there (of the shape that `cache` has it in), or a
                function of what is there.

        Returns:
            The module's answer; everything downstream was computed anew.

        Raises:
            HookError: no such hook point; another shape or type; a patch that changes nothing.
        """
        if not isinstance(values, Mapping) or not values:
            raise HookError(
                "values says what is to be where, such as {'blocks.0.attn.hook_z': tensor}; given "
                f"{values!r}"
            )
        edits = {self._changeable(name): checked(name, value) for name, value in values.items()}
        with torch.no_grad():
            return self.forward(Forward(self.module, edits=edits), Inputs.of(inputs))

    def gradients(
        self, inputs: Any, behaviour: Callable[[Any], torch.Tensor], names: Sequence[str]
    ) -> dict[str, torch.Tensor]:
        """The slope of a behaviour, summed over prompts, at each hook point.

        Args:
            inputs: a tensor, a tuple of them, or a mapping.
            behaviour: of the module's answer: a number, or one for each prompt.
            names: hook points.

        Raises:
            HookError: no such hook point, or a behaviour that has no slope.
        """
        sites = [self._changeable(name) for name in _listed(names)]
        with torch.enable_grad():
            out, seen = self.read(Inputs.of(inputs), sites, slopes=True)
            measured = behaviour(out)
            leaves = [seen[site.name] for site in sites]
            slopes = isinstance(measured, torch.Tensor) and measured.requires_grad
            found = (
                torch.autograd.grad(measured.sum(), leaves, allow_unused=True)
                if slopes
                else [None] * len(leaves)
            )
        none = [name for name, slope in zip(names, found, strict=True) if slope is None]
        if none:
            raise HookError(
                f"the behaviour has no slope at {some(none)}: it does not depend on what is there, "
                "or not smoothly (an argmax, a count, or numbers taken out of torch)"
            )
        count(gradients=Inputs.of(inputs).rows())
        return dict(zip(names, found, strict=True))

    # -- what games and methods are made of --

    def forward(self, prepared: Forward, inputs: Inputs) -> Any:
        """Run a prepared forward, and count its rows.

        Raises:
            HookError: dropout or batch norm in training mode, or what the forward refuses.
        """
        refuse_unsteady(self.module)
        count(rows=inputs.rows())
        return prepared.run(inputs)

    def read(
        self, inputs: Inputs, sites: Sequence[Site], *, slopes: bool = False
    ) -> tuple[Any, dict[str, torch.Tensor]]:
        """The module's answer, and what is at some hook points, by name.

        Args:
            inputs: what it is given.
            sites: where to look.
            slopes: what is there is made a leaf of its own, so that slopes can be asked there.
        """
        attended: list[Attended] = []
        inside = [s for s in sites if s.end in ("scores", "pattern")]
        plain = [s for s in sites if s.end in ("in", "out")]
        edits: dict[Site, Edit] = dict.fromkeys(plain, leaf) if slopes else {}
        prepared = Forward(
            self.module, reads=plain, edits=edits, hear=attended.append if inside else None
        )
        out = self.forward(prepared, inputs)
        for site in inside:
            own = self._attention_at(site)
            parts = attended[own.number : own.number + own.parts]
            prepared.seen[site.name] = getattr(Attended.joined(parts), site.end)
        return out, prepared.seen

    def attention(self, inputs: Inputs, number: int, edits: Mapping[Site, Edit]) -> Attended:
        """One attention as it is under some changes; the forward ends there.

        Args:
            inputs: what the module is given.
            number: which attention, in the order in which they are computed.
            edits: what to change.
        """
        heard: list[Attended] = []

        def hear(what: Attended) -> None:
            heard.append(what)
            if len(heard) > number:
                raise Enough

        self.forward(Forward(self.module, edits=edits, hear=hear), inputs)
        return heard[number]

    def check_parity(self, inputs: Inputs) -> None:
        """Refuse a module whose answer is not the same, bit for bit, with hooks on it.

        Raises:
            HookError: it differs.
        """
        times = Counter(c.path for c in trace(self.module, inputs.args, dict(inputs.kwargs)).calls)
        edits: dict[Site, Edit] = {
            site: torch.clone
            for site in self.points.values()
            if site.end in ("in", "out") and times[site.module] == 1
        }
        with torch.no_grad():
            plain = self.module(*inputs.args, **inputs.kwargs)
            hooked = Forward(self.module, edits=edits).run(inputs)
        if not same(plain, hooked):
            raise HookError(
                f"{self.name} answers otherwise with hooks on it that change nothing, so whatever "
                "was measured there would not be of your module. Does it draw at random (dropout, "
                "sampling), or keep something between calls?"
            )

    def _attention_at(self, site: Site) -> Attention:
        return next(a for a in self.anatomy.attentions if a.output == site.module)

    def _changeable(self, name: str) -> Site:
        site = self.site(name)
        if site.end in ("scores", "pattern"):
            raise HookError(
                f"{name} can be read, and not changed: change hook_q, hook_k or hook_z instead"
            )
        return site

    def _all(self, given: Inputs) -> dict[str, torch.Tensor]:
        """Everything with a known name that this forward comes by once."""
        with torch.no_grad():
            seen = trace(self.module, given.args, dict(given.kwargs))
        times = Counter(call.path for call in seen.calls)
        sites = list(self.points.values()) or [
            Site(path, path) for path, _ in self.module.named_modules() if path
        ]
        with torch.no_grad():
            return self.read(given, [s for s in sites if times[s.module] == 1])[1]


def check_hooked(hooked: Any) -> None:
    """Refuse what is no hooked model, such as the module itself.

    Raises:
        HookError: it is none.
    """
    if not isinstance(hooked, HookedModel):
        raise HookError(f"give a wh.models.HookedModel(module) here; given {type(hooked).__name__}")


def _listed(names: Sequence[str]) -> Sequence[str]:
    if isinstance(names, str):
        raise HookError(f"names is a list of hook points, such as [{names!r}]")
    return names
