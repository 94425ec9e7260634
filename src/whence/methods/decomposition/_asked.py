"""What is asked of the logits: which token, less which other one, and at which position."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError, some
from whence._core.shaped import Float, Int
from whence.models.hooked.inputs import Inputs


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """A logit, or the difference of two, for each prompt.

    Attributes:
        target: the token asked about.
        versus: the token that it is compared with; None for the logit alone.
        position: where, as it was given: from the end where negative.
    """

    target: Int[torch.Tensor, " prompts"]
    versus: Int[torch.Tensor, " prompts"] | None
    position: Int[torch.Tensor, " prompts"]

    @staticmethod
    def of(target: Any, versus: Any, position: Any, rows: int) -> "Asked":
        """From whole numbers, or one for each prompt.

        Raises:
            GameError: something else, several tokens for one prompt, or a token less itself.
        """
        asked = Asked(
            _each(target, "target", rows),
            None if versus is None else _each(versus, "versus", rows),
            _each(position, "position", rows),
        )
        if asked.versus is not None:
            same = torch.nonzero(asked.target == asked.versus).flatten().tolist()
            if same:
                raise GameError(
                    f"target and versus are the same token for prompt {some(same)}: their logits "
                    "never differ. Leave versus out, or give another token"
                )
        return asked

    def difference(self, logits: torch.Tensor) -> torch.Tensor:
        """The logit asked about, less that of the other token: [prompts].

        Args:
            logits: [prompts, tokens].
        """
        self._check_known(logits.shape[-1])
        own = logits.gather(-1, self.target.to(logits.device)[:, None])
        if self.versus is not None:
            own = own - logits.gather(-1, self.versus.to(logits.device)[:, None])
        return own[:, 0]

    def _check_known(self, many: int) -> None:
        for ids, name in ((self.target, "target"), (self.versus, "versus")):
            if ids is not None and not bool(((ids >= 0) & (ids < many)).all()):
                wrong = ids[(ids < 0) | (ids >= many)].unique().tolist()
                raise GameError(
                    f"{name} {some(wrong)} is no token of this network, which knows tokens 0 to "
                    f"{many - 1}"
                )

    def places(self, length: int, mask: torch.Tensor | None) -> Int[torch.Tensor, " prompts"]:
        """Where each prompt is asked, from the left.

        Args:
            length: how many positions there are.
            mask: [prompts, positions], 0 at padding.

        Raises:
            GameError: outside the prompt, or at padding.
        """
        at = torch.where(self.position < 0, self.position + length, self.position)
        if not bool(((at >= 0) & (at < length)).all()):
            wrong = self.position[(at < 0) | (at >= length)].unique().tolist()
            raise GameError(f"position {some(wrong)} is outside prompts of {length} positions")
        if mask is not None and mask.shape == (len(at), length):
            real = mask.cpu() != 0
            padded = torch.nonzero(~real[torch.arange(len(at)), at]).flatten().tolist()
            if padded:
                last = [int(torch.nonzero(row).max()) if row.any() else 0 for row in real]
                raise GameError(
                    f"prompt {some(padded)} has padding at the position asked about: give "
                    f"position= one for each prompt; their last tokens are at {last}"
                )
        return at

    def columns(self) -> dict[str, Int[np.ndarray, " prompts"]]:
        """What was asked, as columns of the cases."""
        made = {"target": self.target.numpy()}
        return made if self.versus is None else {**made, "versus": self.versus.numpy()}


def padding_mask(inputs: Inputs, stack: str) -> torch.Tensor | None:
    """The mask that says where padding is; None where there is none."""
    mask = inputs.kwargs.get(f"{stack}_attention_mask" if stack else "attention_mask")
    return mask if isinstance(mask, torch.Tensor) else None


def token_ids(inputs: Inputs, stack: str) -> torch.Tensor | None:
    """The ids that a stack reads, [prompts, positions]; None where it reads something else."""
    named = dict(inputs.named())
    ids = named.get("decoder_input_ids" if stack else "input_ids", named.get("input 0"))
    return None if ids is None or ids.ndim != 2 or ids.is_floating_point() else ids


def each_prompt(
    per_prompt: Float[torch.Tensor, "prompts positions *rest"], at: Int[torch.Tensor, " prompts"]
) -> torch.Tensor:
    """What is at each prompt's own position: [prompts, rest]."""
    return per_prompt[torch.arange(len(at)), at]


def _each(given: Any, name: str, rows: int) -> torch.Tensor:
    """One whole number for each prompt."""
    if _nested(given):
        raise GameError(
            f"{name} has several tokens for one prompt, and a logit belongs to one: give the first "
            "token of each answer, or ask about each step by itself and add up the answers"
        )
    ids = np.asarray(given.detach().cpu() if isinstance(given, torch.Tensor) else given)
    if ids.dtype.kind not in "iu":
        raise GameError(f"{name} is a whole number, or one for each prompt; given {given!r}")
    if ids.ndim == 1 and len(ids) != rows:
        raise GameError(f"{name} has {len(ids)} entries for {rows} prompts: give one for each")
    return torch.as_tensor(np.broadcast_to(ids.astype(np.int64), (rows,)).copy())


def _nested(given: Any) -> bool:
    if isinstance(given, (torch.Tensor, np.ndarray)):
        return given.ndim > 1
    if not isinstance(given, Sequence) or isinstance(given, str):
        return False
    return any(np.ndim(entry) > 0 for entry in given)
