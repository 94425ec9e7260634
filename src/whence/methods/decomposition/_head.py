"""From the final norm to what is asked: an affine map, or logits are no sum of parts.

    f(y) = u . y + c,     so that also     f(-y) = c - u . y

The slope u is a gradient, c = f(0). Soft caps break the first equation, and hidden layers without
biases, for which f(y) = u . y too, the second.
"""

from dataclasses import dataclass
from typing import final

import torch

from whence._core.errors import GameError, HookError
from whence._core.shaped import Float, Int
from whence.methods.decomposition._asked import each_prompt


@final
@dataclass(frozen=True, slots=True)
class Affine:
    """What is asked of each prompt.

    Attributes:
        full: f(y), the network's own answer.
        slope: u.
        constant: c.
    """

    full: Float[torch.Tensor, " prompts"]
    slope: Float[torch.Tensor, "prompts width"]
    constant: Float[torch.Tensor, " prompts"]

    def check(
        self,
        given: Float[torch.Tensor, "prompts width"],
        turned: Float[torch.Tensor, " prompts"],
        name: str,
    ) -> None:
        """Refuse logits that are bent.

        Args:
            given: y.
            turned: f(-y) for the first prompt's y, as each prompt asks it.
            name: of the network.

        Raises:
            HookError: they are.
        """
        parts = self.slope * given
        size = parts.abs().sum(-1) + self.full.abs() + self.constant.abs()
        slack = 100 * torch.finfo(self.full.dtype).eps * float(size.max())
        straight = self.full - self.constant - parts.sum(-1)
        back = turned - self.constant + self.slope @ given[0]
        off = float(torch.cat([straight, back]).abs().max())
        if not off <= slack:
            raise HookError(
                f"the logits of {name} are not a linear map of its last stream (off by up to "
                f"{off:.3g}, of logits of up to {float(self.full.abs().max()):.3g}): a soft cap, "
                "a head with a layer of its own, or a norm that whence did not see (an Adapter "
                "names it). Direct effects do not add up to them. Patch or ablate parts instead."
            )


def slope_at(
    full: Float[torch.Tensor, " prompts"],
    leaf: Float[torch.Tensor, "rows positions width"],
    at: Int[torch.Tensor, " prompts"],
    name: str,
) -> Float[torch.Tensor, "prompts width"]:
    """The slope of what is asked, which must be of one position.

    Args:
        full: what is asked.
        leaf: what the norm gives, from which slopes were kept.
        at: the position of each prompt.
        name: of the network.

    Raises:
        HookError: there is no slope.
        GameError: what is asked depends on another position.
    """
    if not full.requires_grad:
        raise HookError(
            f"the logits of {name} do not depend on its last stream in a way that torch can follow"
        )
    (slope,) = torch.autograd.grad(full.sum(), leaf)
    slope = slope[: len(at)]
    where = slope.abs().sum(-1) > 0  # prompt, position
    where[torch.arange(len(at)), at] = False
    if bool(where.any()):
        prompt = int(torch.nonzero(where)[0, 0])
        places = torch.nonzero(where[prompt]).flatten().tolist()
        raise GameError(
            f"the logits of prompt {prompt} read the stream at position "
            f"{', '.join(map(str, places[:5]))}{' and more' * (len(places) > 5)}, and position "
            f"{int(at[prompt])} was asked about: give position= where they are read. (Logits that "
            "read several positions are no sum of parts at one.)"
        )
    return each_prompt(slope, at)
