"""Logits in whatever a network answers."""

from typing import Any

import torch

from whence._core.errors import GameError
from whence.models.hooked.trees import main


def logits_of(output: Any) -> torch.Tensor:
    """The logits of an answer: what it calls so, or its first tensor of numbers.

    Args:
        output: what the network answered.

    Returns:
        [prompts, positions, tokens], or [prompts, classes].

    Raises:
        GameError: there is none.
    """
    named = getattr(output, "logits", None)
    logits = named if isinstance(named, torch.Tensor) else main(output)
    if logits is None or logits.ndim not in (2, 3):
        raise GameError(
            f"the network's answer ({type(output).__name__}) holds no logits [prompts, positions, "
            "tokens] or [prompts, classes]: give a model with its unembedding, such as "
            "AutoModelForCausalLM"
        )
    return logits
