"""One forward with hands in it: read here, change there, pass over what is known already.

Hooks are there while the block runs, and never after it. Every change must happen exactly once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, final

import torch

from whence._core.errors import HookError
from whence.models.hooked.attention import Attended, Listening
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.sites import Site
from whence.models.hooked.trees import main, with_main
from whence.models.hooked.turns import TURN
from whence.models.hooked.vocabulary import naming_ids

Edit = Callable[[torch.Tensor], torch.Tensor]


def constant(value: torch.Tensor) -> Edit:
    """The change that puts this there, whatever was."""
    return lambda _here: value


class Enough(Exception):  # noqa: N818 - it is no error: what was wanted is there
    """Ends a forward early, from inside."""


@final
class Forward:
    """A forward in preparation.

    Args:
        module: whose.
        reads: what to look at; `seen` has it by name.
        edits: what to change, by hook point.
        known: what modules answered before, by path: they are not run again.
        keep: paths of modules whose whole answers are to be kept, in `kept`.
        hear: told of every attention.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        *,
        reads: Sequence[Site] = (),
        edits: Mapping[Site, Edit] | None = None,
        known: Mapping[str, Any] | None = None,
        keep: Sequence[str] = (),
        hear: Callable[[Attended], None] | None = None,
    ) -> None:
        self.module, self.reads, self.edits = module, reads, dict(edits or {})
        self.known, self.keep, self.hear = dict(known or {}), keep, hear
        self.seen: dict[str, torch.Tensor] = {}
        self.kept: dict[str, Any] = {}
        self.fired = dict.fromkeys((*self.edits, *reads), 0)

    def run(self, inputs: Inputs) -> Any:
        """Run it.

        Returns:
            What the module answers; None where the forward was ended early.

        Raises:
            HookError: something to be changed or read was not come by, or more than once.
        """
        parts = dict(self.module.named_modules())
        with TURN, ExitStack() as stack:
            for path, answer in self.known.items():
                stack.enter_context(_answering(parts[path], answer))
            for site in dict.fromkeys((*self.reads, *self.edits)):
                if site.end in ("in", "out"):
                    stack.callback(self._hook(parts[site.module], site).remove)
            for path in self.keep:
                stack.callback(parts[path].register_forward_hook(partial(self._keep, path)).remove)
            if self.hear is not None:
                stack.enter_context(Listening(self.hear, inputs.rows()))
            try:
                with naming_ids(self.module, inputs.args, inputs.kwargs):
                    out = self.module(*inputs.args, **inputs.kwargs)
            except Enough:
                return None
        self._check()
        return out

    def _hook(self, part: torch.nn.Module, site: Site) -> Any:
        if site.end == "in":
            return part.register_forward_pre_hook(partial(self._before, site), with_kwargs=True)
        return part.register_forward_hook(partial(self._after, site))

    def _keep(self, path: str, _part: Any, _args: Any, out: Any) -> None:
        self.kept[path] = out

    def _before(self, site: Site, _part: Any, args: Any, kwargs: Any) -> Any:
        return self._through(site, (args, kwargs))

    def _after(self, site: Site, _part: Any, _args: Any, out: Any) -> Any:
        return self._through(site, out)

    def _through(self, site: Site, tree: Any) -> Any:
        """Read, and change, what passes a hook point; None where nothing changes."""
        tensor = main(tree)
        if tensor is None:
            raise HookError(f"{site.name} ({site.module}) passes no tensor of numbers")
        self.fired[site] += 1
        edit, here = self.edits.get(site), site.take(tensor)
        if edit is None:
            self.seen[site.name] = here
            return None
        changed = edit(here)
        if site in self.reads:
            self.seen[site.name] = changed
        return None if changed is here else with_main(tree, site.put(tensor, changed))

    def _check(self) -> None:
        for site, times in self.fired.items():
            if site.end in ("in", "out") and times != 1:
                did = "was never come by" if times == 0 else f"was come by {times} times"
                why = (
                    "this forward does not call that module with these inputs"
                    if times == 0
                    else "the module is shared, or called again and again: what happens at one of "
                    "its calls cannot be told from the others"
                )
                raise HookError(f"{site.name} ({site.module}) {did} in one forward: {why}")


@contextmanager
def _answering(part: torch.nn.Module, answer: Any) -> Iterator[None]:
    """The module answers this, and does nothing; afterwards it is as it was."""
    own = part.__dict__.get("forward")
    part.__dict__["forward"] = lambda *_args, **_kwargs: answer
    try:
        yield
    finally:
        if own is None:
            del part.__dict__["forward"]
        else:
            part.__dict__["forward"] = own
