"""One forward that sees, for each prompt, everything that a direct effect is made of.

Two more rows of the first prompt tell, in the same forward, what the logits and the norm are, y
being what the final norm gives:

    a row where y is 0          f(0), the constant part of the logits; and its stream is shifted
                                before the norm, which shows whether the norm takes the mean off
    a row where y is turned     f(-y), which tells a linear map from soft caps and hidden layers
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch

from whence._core.errors import GameError
from whence._core.shaped import Float, Int
from whence.methods.decomposition._asked import Asked, each_prompt, padding_mask
from whence.methods.decomposition._head import Affine, slope_at
from whence.models.hooked.attention import Attended
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.logits import logits_of
from whence.models.hooked.running import Edit, Forward
from whence.models.hooked.sites import Site
from whence.models.hooked.stream import Stream

_MORE = 2  # rows


@final
@dataclass(frozen=True, slots=True)
class FinalStream:
    """What was seen at the position asked about.

    Attributes:
        at: the position, of each prompt.
        here: by hook point, [prompts, 1, ...].
        kept: what some modules gave, by path: [prompts, 1, width], where it has that shape.
        taken: what the final norm took, of each prompt and of the shifted row.
        given: what it gave.
        head: what is asked, as an affine map of what the norm gives.
        fixed: the logits have a part that is the same whatever the stream is.
        attended: by attention, patterns [prompts, heads, keys] and values [prompts, heads, keys,
            width].
    """

    at: Int[torch.Tensor, " prompts"]
    here: dict[str, torch.Tensor]
    kept: dict[str, torch.Tensor]
    taken: Float[torch.Tensor, "rows width"]
    given: Float[torch.Tensor, "rows width"]
    head: Affine
    fixed: bool
    attended: dict[int, tuple[torch.Tensor, torch.Tensor]]


def final_stream(
    stream: Stream,
    inputs: Inputs,
    asked: Asked,
    *,
    keep: Sequence[str],
    attend: Sequence[int],
) -> FinalStream:
    """Run the network, and look.

    Args:
        stream: of which network.
        inputs: the prompts.
        asked: about each.
        keep: paths of modules to look at too, where they are called.
        attend: numbers of the attentions whose patterns and values are wanted.

    Raises:
        GameError: a token or position that there is none of, or logits from elsewhere.
        HookError: parts do not add up to the stream, or the logits are not affine in what the
            final norm gives.
    """
    return _Look(stream, inputs, asked).run(keep, attend)


@final
class _Look:
    """A forward with eyes."""

    def __init__(self, stream: Stream, inputs: Inputs, asked: Asked) -> None:
        self.hooked, self.stream, self.asked = stream.hooked, stream, asked
        self.rows = inputs.rows()
        self.mask = padding_mask(inputs, stream.stack)
        self.inputs = _with_first_again(inputs, self.rows)
        self.here: dict[str, torch.Tensor] = {}
        self.attended: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.heard = -1
        self.at = torch.empty(0, dtype=torch.long)

    def run(self, keep: Sequence[str], attend: Sequence[int]) -> FinalStream:
        edits: dict[Site, Edit] = {site: self._looking(site.name) for site in self.stream.sites}
        norm = self.hooked.points.get("ln_final.hook_normalized")
        if norm is None:
            edits[self.stream.last] = lambda y: self._given(y, self._taken(y, shift=False))
        else:
            edits[self.stream.last] = lambda x: self._taken(x, shift=True)
            edits[norm] = lambda y: self._given(y, y)
        forward = Forward(
            self.hooked.module,
            edits=edits,
            keep=keep,
            hear=self._hearing(frozenset(attend)) if attend else None,
        )
        with torch.no_grad():  # slopes are kept from the final norm on: see _given
            output = self.hooked.forward(forward, self.inputs)
            self.stream.check(self.here)
            logits = self._logits(output)
            full = self.asked.difference(logits[: self.rows])
            slope = slope_at(full, self.leaf, self.at, self.hooked.name)
        constant, turned = (
            self.asked.difference(logits[[self.rows + k]].detach().expand(self.rows, -1))
            for k in range(_MORE)
        )
        head = Affine(full.detach(), slope, constant)
        head.check(self.given[: self.rows], turned, self.hooked.name)
        return FinalStream(
            self.at,
            self.here,
            self._kept(forward.kept),
            self.taken,
            self.given,
            head,
            bool(logits[self.rows].any()),
            self.attended,
        )

    # -- looking --

    def _looking(self, name: str) -> Edit:
        def look(here: torch.Tensor) -> torch.Tensor:
            self.here[name] = self._asked_of(here).unsqueeze(1)
            return here

        return look

    def _asked_of(self, here: torch.Tensor) -> torch.Tensor:
        """What is where each prompt is asked; the first that is seen says how long they are."""
        if not len(self.at):
            self.at = self.asked.places(here.shape[1], self.mask)
        return each_prompt(here[: self.rows], self.at)

    def _taken(self, x: torch.Tensor, *, shift: bool) -> torch.Tensor:
        """Look at the last stream; shift that of the first of the two more rows."""
        self.here[self.stream.last.name] = self._asked_of(x).unsqueeze(1)
        new = x.clone()
        if shift:
            new[self.rows] += x[0].abs().max()
        self.taken = torch.cat([self._asked_of(x), new[self.rows, self.at[:1]]])
        return new

    def _given(self, y: torch.Tensor, passed: torch.Tensor) -> torch.Tensor:
        """Look at what the norm gave; from here on slopes are kept, and no earlier."""
        self.given = torch.cat([self._asked_of(y), y[self.rows, self.at[:1]]])
        new = passed.detach().clone()
        new[self.rows], new[self.rows + 1] = 0, -y[0]
        torch.set_grad_enabled(True)
        self.leaf = new.requires_grad_()
        return self.leaf

    def _hearing(self, wanted: frozenset[int]) -> Any:
        def hear(what: Attended) -> None:
            self.heard += 1
            if self.heard in wanted:
                pattern = what.pattern[: self.rows].transpose(1, 2)  # prompt, query, head, key
                self.attended[self.heard] = self._asked_of(pattern), what.values[: self.rows]

        return hear

    def _kept(self, kept: dict[str, Any]) -> dict[str, torch.Tensor]:
        wide, shape = {}, self.leaf.shape
        for path, out in kept.items():
            alike = isinstance(out, torch.Tensor) and out.shape[-2:] == shape[1:]
            if alike and (out.ndim == 2 or (out.ndim == 3 and out.shape[0] in (1, shape[0]))):
                wide[path] = self._asked_of(out.expand(shape)).unsqueeze(1)
        return wide

    # -- what the logits are of --

    def _logits(self, output: Any) -> torch.Tensor:
        """Those that are asked about: [rows, tokens]."""
        logits, length = logits_of(output), self.leaf.shape[1]
        if logits.ndim == 2:
            return logits
        if logits.shape[1] != length:
            raise GameError(
                f"the network answers at {logits.shape[1]} positions, and its stream has {length}: "
                "leave out what cuts its answer short, such as logits_to_keep"
            )
        return each_prompt(logits, torch.cat([self.at, *[self.at[:1]] * _MORE]))


def _with_first_again(inputs: Inputs, rows: int) -> Inputs:
    """The prompts, and the first of them twice more."""
    device = next(t.device for _, t in inputs.named())
    return inputs.take(torch.tensor([*range(rows), *[0] * _MORE], device=device))
