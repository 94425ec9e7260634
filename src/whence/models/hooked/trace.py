"""One forward, watched: which modules were called, in what order, and what they took and gave."""

from contextlib import ExitStack
from dataclasses import dataclass, field
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
    seen, open_calls, time = Trace(), list[Call](), 0

    def before(path: str) -> Any:
        def hook(_module: Any, given: Any, named: Any) -> None:
            nonlocal time
            first = main((given, named))
            first = first if first is not None else next(tensors((given, named)), None)
            call = Call(path, time, given=first, depth=len(open_calls))
            seen.calls.append(call)
            open_calls.append(call)
            time += 1

        return hook

    def after(_module: Any, _given: Any, _named: Any, out: Any) -> None:
        nonlocal time
        call = open_calls.pop()
        call.end, call.out = time, main(out)
        time += 1

    def hear(what: Attended) -> None:
        seen.attended.append((time, tuple(call.path for call in open_calls), what))

    with TURN, ExitStack() as stack:
        for path, part in module.named_modules():
            hooks = (
                part.register_forward_pre_hook(before(path), with_kwargs=True),
                part.register_forward_hook(after, with_kwargs=True),
            )
            for handle in hooks:
                stack.callback(handle.remove)
        stack.enter_context(torch.no_grad())
        stack.enter_context(Listening(hear, _rows(args, kwargs)))
        stack.enter_context(naming_ids(module, args, kwargs))
        seen.output = module(*args, **kwargs)
    return seen


def _rows(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    first = next(tensors((args, kwargs)), None)
    return max(1, len(first)) if first is not None and first.ndim else 1
