"""Tensors inside whatever a module takes or gives: tuples, mappings, model outputs, caches.

A module's *main* tensor is the first that is found: the hidden states, in every library we know.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch


def tensors(tree: Any) -> Iterator[torch.Tensor]:
    """Every tensor, from the first to the last."""
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from tensors(value)
    elif isinstance(tree, (tuple, list)):
        for value in tree:
            yield from tensors(value)
    elif is_dataclass(tree) and not isinstance(tree, type):
        for field in fields(tree):
            yield from tensors(getattr(tree, field.name))


def mapped(tree: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same tree, with every tensor changed; what is no container stays as it is."""
    if isinstance(tree, torch.Tensor):
        return change(tree)
    if isinstance(tree, Mapping):
        changed = {key: mapped(value, change) for key, value in tree.items()}
        return _like_mapping(tree, changed)
    if isinstance(tree, tuple) and type(tree) is not tuple:  # a named tuple
        return type(tree)(*(mapped(value, change) for value in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(mapped(value, change) for value in tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        named = {f.name: mapped(getattr(tree, f.name), change) for f in fields(tree)}
        return replace(tree, **named)
    return tree


def _like_mapping(tree: Mapping[Any, Any], changed: dict[Any, Any]) -> Any:
    """A mapping of the same kind; a model output, which is a dataclass too, by its fields."""
    kind: Any = type(tree)
    if kind is dict:
        return changed
    return kind(**changed) if is_dataclass(tree) else kind(changed)


def main(tree: Any) -> torch.Tensor | None:
    """The first tensor of floats; None where there is none."""
    return next((t for t in tensors(tree) if t.is_floating_point()), None)


def with_main(tree: Any, new: torch.Tensor) -> Any:
    """The same tree, with another main tensor."""
    old, done = main(tree), False

    def swap(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal done
        if tensor is old and not done:
            done = True
            return new
        return tensor

    return mapped(tree, swap)
