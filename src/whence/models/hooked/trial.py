"""Inputs to try a module on before anybody gives it any: a few ids, numbers, a small image."""

from collections.abc import Iterator
from typing import Any

import torch

from whence.models.hooked.inputs import Inputs

_LENGTHS = (5, 8)
_SIZES = (32, 28, 8, 64, 224)
_MOST = 512


def trials(module: torch.nn.Module) -> Iterator[Inputs]:
    """Inputs that the module may take, the likelier first; each has two rows.

    They are zeros and ones in turn: what is found out is where things are, not what they say.
    """
    config = getattr(module, "config", None)
    if config is not None:
        yield from _of_config(module, config)
    first = _first(module)
    weights = [p for p in module.parameters() if p.is_floating_point()]
    kind = weights[0].dtype if weights else torch.float32
    if isinstance(first, torch.nn.Embedding):
        for length in (*_LENGTHS, *_lengths(module)):
            yield Inputs((_ids(length, first.num_embeddings),))
    elif isinstance(first, torch.nn.Linear):
        yield Inputs((_numbers((2, first.in_features), kind),))
        yield Inputs((_numbers((2, 5, first.in_features), kind),))
    elif isinstance(first, (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)):
        axes = len(first.kernel_size)
        for size in _SIZES:
            yield Inputs((_numbers((2, first.in_channels, *[size] * axes), kind),))


def _of_config(module: torch.nn.Module, config: Any) -> Iterator[Inputs]:
    if getattr(module, "main_input_name", "") == "pixel_values":
        size, channels = getattr(config, "image_size", 224), getattr(config, "num_channels", 3)
        edges = (size, size) if isinstance(size, int) else tuple(size)
        yield Inputs((), {"pixel_values": _numbers((2, channels, *edges), torch.float32)})
    vocabulary = getattr(config, "vocab_size", None)
    if isinstance(vocabulary, int):
        ids = _ids(5, vocabulary)
        if getattr(config, "is_encoder_decoder", False):
            yield Inputs((), {"input_ids": ids, "decoder_input_ids": ids[:, :4]})
        yield Inputs((), {"input_ids": ids})


def _first(module: torch.nn.Module) -> torch.nn.Module | None:
    """The first module with parameters of its own."""
    for part in module.modules():
        if next(part.parameters(recurse=False), None) is not None and not list(part.children()):
            return part
    return None


def _lengths(module: torch.nn.Module) -> list[int]:
    """Lengths that the module is made for: its square masks, its tables of positions."""
    held = [*module.buffers(), *module.parameters()]
    square = [t.shape[-1] for t in held if t.ndim >= 2 and t.shape[-1] == t.shape[-2]]
    tables = [m.num_embeddings for m in module.modules() if isinstance(m, torch.nn.Embedding)]
    rows = [t.shape[0] for t in module.parameters(recurse=False) if t.ndim == 2]
    return sorted({n for n in (*square, *tables, *rows, *range(2, 33)) if 1 < n <= _MOST})


def _ids(length: int, vocabulary: int) -> torch.Tensor:
    """Different ones, where there are enough; not 0, which often means padding."""
    return (torch.arange(2 * length).reshape(2, length) % max(vocabulary - 1, 1)) + (vocabulary > 1)


def _numbers(shape: tuple[int, ...], kind: torch.dtype) -> torch.Tensor:
    """Different, bounded numbers: no generator is touched."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(count * 0.7).reshape(shape).to(kind)
