"""One forward, watched: which modules were called, in what order, and what they took and gave."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import torch

from whence.models.hooked.attention import Attended, Listening
from whence.models.hooked.trees import main, tensors
from whence.models.hooked.turns import TURN
from whence.models.hooked.vocabulary import naming_ids


@final
@dataclass(slots=True)
class Call:
    """One call of a module.

    Attributes:
        path: the module's name.
        start: when it began, counted in beginnings and ends.
        end: when it ended.
        given: the main tensor that it took.
        out: the main tensor that it gave.
        depth: how many modules were inside one another around it.
    """

    path: str
    start: int
    end: int = -1
    given: torch.Tensor | None = None
    out: torch.Tensor | None = None
    depth: int = 0


@final
@dataclass(slots=True)
class Trace:
    """What happened in one forward.

    Attributes:
        calls: of modules, in the order of their beginnings.
        attended: each attention, when it was computed, and the modules that it was inside of.
        output: what the whole module answered.
    """

    calls: list[Call] = field(default_factory=list)
    attended: list[tuple[int, tuple[str, ...], Attended]] = field(default_factory=list)
    output: Any = None

    def of(self, path: str) -> list[Call]:
        """The calls of one module."""
        return [call for call in self.calls if call.path == path]


def trace(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Trace:
    """Run a module once, and write down what happens. Nothing of the module changes.

    Args:
        module: whose forward.
        args: what it takes, in order.
        kwargs: what it takes, by name.
    """
    watch = _Watch()
    with TURN, ExitStack() as stack:
        for path, part in module.named_modules():
            before = partial(watch.before, path)
            stack.callback(part.register_forward_pre_hook(before, with_kwargs=True).remove)
            stack.callback(part.register_forward_hook(watch.after, with_kwargs=True).remove)
        stack.enter_context(torch.no_grad())
        stack.enter_context(Listening(watch.hear, _rows(args, kwargs)))
        stack.enter_context(naming_ids(module, args, kwargs))
        watch.seen.output = module(*args, **kwargs)
    return watch.seen


@final
class _Watch:
    """What hooks tell, written down."""

    def __init__(self) -> None:
        self.seen, self.open, self.time = Trace(), list[Call](), 0

    def before(self, path: str, _module: Any, given: Any, named: Any) -> None:
        first = main((given, named))
        first = first if first is not None else next(tensors((given, named)), None)
        call = Call(path, self.time, given=first, depth=len(self.open))
        self.seen.calls.append(call)
        self.open.append(call)
        self.time += 1

    def after(self, _module: Any, _given: Any, _named: Any, out: Any) -> None:
        call = self.open.pop()
        call.end, call.out = self.time, main(out)
        self.time += 1

    def hear(self, what: Attended) -> None:
        self.seen.attended.append((self.time, tuple(call.path for call in self.open), what))


def _rows(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    first = next(tensors((args, kwargs)), None)
    return max(1, len(first)) if first is not None and first.ndim else 1
