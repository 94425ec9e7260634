"""Ids that a network does not know, named: torch says only that an index is out of range."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from whence._core.errors import HookError


@contextmanager
def naming_ids(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[None]:
    """While a module runs: an index that an embedding does not have is named.

    Args:
        module: which runs.
        args: what it is given, in order.
        kwargs: what it is given, by name.

    Raises:
        HookError: which prompt asks for which id, and where.
    """
    try:
        yield
    except IndexError as error:
        wrong = list(_outside(module, args, kwargs))
        if not wrong:
            raise
        raise HookError(wrong[0]) from error


def _outside(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[str]:
    """What is asked of embeddings and not there, from another run of the module."""
    asked: list[tuple[str, int, torch.Tensor]] = []
    handles = [
        part.register_forward_pre_hook(
            lambda part, given, path=path: asked.append((path, part.num_embeddings, given[0]))
        )
        for path, part in module.named_modules()
        if isinstance(part, torch.nn.Embedding)
    ]
    try:
        module(*args, **kwargs)
    except IndexError:
        pass
    finally:
        for handle in handles:
            handle.remove()
    for path, many, ids in asked:
        places = torch.nonzero((ids < 0) | (ids >= many))
        if len(places):
            where = [int(x) for x in places[0]]
            yield (
                f"{path} knows the ids 0 to {many - 1}, and is asked for {int(ids[tuple(where)])} "
                f"({_place(where)}): prompts come from another vocabulary, or are longer than the "
                "network reads"
            )


def _place(where: list[int]) -> str:
    return f"prompt {where[0]}, position {where[1]}" if len(where) == 2 else f"position {where[0]}"
