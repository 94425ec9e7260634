"""The norm after the last block, with its scale held: then it is a linear map.

    y = s gain (x - mean x) + bias,     s = one number for each prompt, as it was in the real run

Whether the mean is taken off, whether the gain is the weight or one more than it, and which bias
there is, is read from numbers that went through the norm: no list of classes is kept.

    phi_c = s (gain (c - mean c)) . u = c . reader,   reader = s (gain u - mean(gain u))

is what a part c of the stream x adds along u. Norming each part by itself would be wrong: no sum
of those is the answer. Source: Elhage et al. (2021); the frozen scale, as in TransformerLens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch

from whence._core.errors import HookError
from whence._core.shaped import Float

_FITS = 1e-5  # of the largest output: some norms are computed in float32, whatever the model is


@final
@dataclass(frozen=True, slots=True)
class FrozenNorm:
    """A norm at its scale on some rows; float64.

    Attributes:
        words: which form it has.
        centred: it takes the mean off.
        gain: [width].
        bias: [width]; zero where there is none.
        scale: of each row.
    """

    words: str
    centred: bool
    gain: Float[torch.Tensor, " width"]
    bias: Float[torch.Tensor, " width"]
    scale: Float[torch.Tensor, " rows"]

    def reader(
        self, slope: Float[torch.Tensor, "prompts width"]
    ) -> Float[torch.Tensor, "prompts width"]:
        """What a part is multiplied with, number by number, to know what it adds.

        Args:
            slope: of what is asked, at what the norm gives, on the first rows.
        """
        along = self.gain * slope
        if self.centred:
            along = along - along.mean(-1, keepdim=True)
        return self.scale[: len(slope), None] * along

    def rounding(
        self, x: Float[torch.Tensor, "rows width"], y: Float[torch.Tensor, "rows width"]
    ) -> Float[torch.Tensor, "rows width"]:
        """What the norm gave beyond its form: some compute in fewer digits than the model has."""
        took, gave = (t.detach().cpu().double() for t in (x, y))
        before = took - took.mean(-1, keepdim=True) if self.centred else took
        return gave - self.bias - self.scale[:, None] * self.gain * before


def no_norm(x: Float[torch.Tensor, "rows width"]) -> FrozenNorm:
    """Where nothing stands between the stream and the unembedding."""
    one = torch.ones(x.shape[1], dtype=torch.float64)
    return FrozenNorm("none", False, one, torch.zeros_like(one), one.new_ones(len(x)))


def frozen_norm(
    part: torch.nn.Module,
    path: str,
    x: Float[torch.Tensor, "rows width"],
    y: Float[torch.Tensor, "rows width"],
) -> FrozenNorm:
    """The form that fits what went in and came out.

    Args:
        part: the norm, for its parameters.
        path: its path, for the message.
        x: what it took; the rows' means must not all be zero, or the mean's part cannot be told.
        y: what it gave.

    Raises:
        HookError: none fits.
    """
    took, gave = (t.detach().cpu().double() for t in (x, y))
    tried = [
        _fitted(form, took, gave, gain, bias, centred=centred)
        for centred in (True, False)
        for form, gain, bias in _forms(part, took.shape[1])
    ]
    off, best = min(tried, key=lambda found: found[0])
    slack = max(_FITS, 100 * torch.finfo(y.dtype).eps)
    if not off <= slack * float(gave.abs().max()):
        raise HookError(
            f"the norm after the last block ({path}, {type(part).__name__}) is no LayerNorm and no "
            f"RMSNorm that whence can hold at its scale (the nearest form is off by {off:.3g}), so "
            "direct effects on logits are not defined. Patch or ablate parts instead."
        )
    return best


def _forms(part: torch.nn.Module, width: int) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Gain and bias: from the parameters of its width."""
    own = {
        name.rpartition(".")[2]: p.detach().cpu().double()
        for name, p in part.named_parameters()
        if p.shape == (width,)
    }
    one = torch.ones(width, dtype=torch.float64)
    gains = [("", one)]
    for name, p in own.items():
        gains += [(name, p), (f"1 + {name}", 1 + p)]
    for said, gain in gains:
        for name, bias in [("", torch.zeros_like(one)), *own.items()]:
            yield ", ".join(filter(None, [said, name])), gain, bias


def _fitted(
    form: str,
    x: torch.Tensor,
    y: torch.Tensor,
    gain: torch.Tensor,
    bias: torch.Tensor,
    *,
    centred: bool,
) -> tuple[float, FrozenNorm]:
    """How far off a form is at its best scales, and the norm of that form."""
    before = gain * (x - x.mean(-1, keepdim=True) if centred else x)
    size = (before**2).sum(-1)
    scale = ((y - bias) * before).sum(-1) / size.where(size > 0, 1.0)
    off = float((y - bias - scale[:, None] * before).abs().max())
    kind = "mean taken off" if centred else "mean kept"
    return off, FrozenNorm("; ".join(filter(None, [kind, form])), centred, gain, bias, scale)
