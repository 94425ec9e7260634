"""Torch modules on tables of numbers: evaluation mode, no gradients, one thread; left as found.

Outputs are "raw": a module does not say what its numbers are, and they may be log-odds. The
exception: its last module is a Softmax, or a Sigmoid with one output, when a trial shows that what
it answers is that module's own output: then they are the probabilities of classes 0, 1, ….
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import UnsupportedModelError
from whence._core.meter import count
from whence.models.answers import are_probabilities, output_names
from whence.models.boosted import both, of_classes
from whence.models.intake import intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane, probe_rows
from whence.models.table import Table
from whence.models.threads import one_thread


@final
@dataclass(frozen=True, slots=True, eq=False)
class Module(Predictor):
    """A module, and whether its one output is the probability of class 1."""

    module: Any
    second: bool

    def _predict(self, frame: Any) -> np.ndarray:
        answer = ask(self.module, frame)
        return both(answer) if self.second else answer


def adapt(model: Any, like: Table) -> Predictor:
    """Decide what a module's numbers are.

    Raises:
        UnsupportedModelError: the module failed, or does not answer one tensor.
    """
    name = type(model).__name__
    if not isinstance(model, torch.nn.Module):
        raise UnsupportedModelError(f"{name} is not a module: give the module, or a function.")
    given = intake(like, None, "numpy", numeric=True)
    route = Route("forward", given, lambda frame: ask(model, frame))
    _, answer = first_sane([route], like, name)
    ends_in = _ends_in(model, given.aligned(like.take(probe_rows(like))).frame())
    columns = answer.shape[1]
    second = ends_in == "Sigmoid" and columns == 1
    if second or (ends_in == "Softmax" and are_probabilities(answer)):
        outputs, classes, space = of_classes(range(2 if second else columns))
        return Module(name, outputs, classes, space, given, False, model, second)
    names = output_names(columns)
    return Module(name, names, None, "raw", given, False, model, False, scores="logits")


def ask(module: Any, frame: np.ndarray) -> np.ndarray:
    """The module's answer, as float64."""
    weights = [p for p in module.parameters() if p.is_floating_point()]
    kind = weights[0].dtype if weights else torch.float32
    device = weights[0].device if weights else torch.device("cpu")
    with one_thread(), _evaluating(module), torch.no_grad():
        answer = module(torch.tensor(frame, dtype=kind, device=device))
    if not isinstance(answer, torch.Tensor):
        raise UnsupportedModelError(
            f"{type(module).__name__} answered a {type(answer).__name__}, not a tensor. Give "
            "whence a function on rows that returns the tensor you ask about, as numpy."
        )
    return np.asarray(answer.to("cpu", torch.float64).numpy())


def _ends_in(module: Any, frame: np.ndarray) -> str:
    """The kind of the last module, if what it gives out is the answer itself; else ""."""
    last = list(module.modules())[-1]
    seen: list[Any] = []
    hook = last.register_forward_hook(lambda _module, _given, out: seen.append(out))
    count(rows=len(frame))
    try:
        answer = ask(module, frame)
    finally:
        hook.remove()
    if not seen or not isinstance(seen[-1], torch.Tensor) or seen[-1].numel() != answer.size:
        return ""
    own = seen[-1].detach().to("cpu", torch.float64).numpy().reshape(answer.shape)
    return type(last).__name__ if np.array_equal(own, answer) else ""


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Evaluation mode; then every part as it was."""
    training = [part for part in module.modules() if part.training]
    if training:
        module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True
