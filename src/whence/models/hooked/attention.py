"""Attention as it happens: scores, pattern and values, in whatever way a module computes them.

No library says where its scores are; every one of them takes a softmax over them and multiplies
with the values, or calls torch's fused attention. Both are seen from outside, call by call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch.overrides import TorchFunctionMode

_PRODUCTS = {"matmul", "__matmul__", "bmm", "einsum", "__rmatmul__"}
_FUSED = "scaled_dot_product_attention"


@final
@dataclass(frozen=True, slots=True)
class Attended:
    """One attention, heads first.

    Attributes:
        scores: what the softmax was taken of, [prompts, heads, queries, keys].
        pattern: what came of it.
        values: [prompts, heads, keys, width].
        mixed: pattern times values, [prompts, heads, queries, width].
    """

    scores: torch.Tensor
    pattern: torch.Tensor
    values: torch.Tensor
    mixed: torch.Tensor

    @staticmethod
    def joined(several: "Sequence[Attended]") -> "Attended":
        """Several, their heads one after the other."""
        fields = ("scores", "pattern", "values", "mixed")
        return Attended(*(torch.cat([getattr(a, f) for a in several], dim=1) for f in fields))


@final
class Listening(TorchFunctionMode):  # type: ignore[misc]
    """Tells of every attention inside the block, the moment that it is computed.

    Args:
        hear: called with each.
        rows: how many prompts there are, so that heads that lie among the rows are told apart.
    """

    def __init__(self, hear: Callable[[Attended], None], rows: int) -> None:
        super().__init__()
        self.hear, self.rows = hear, rows
        self.softmaxes: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # pattern -> scores

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function, and see whether it was a piece of attention."""
        del types
        named = dict(kwargs or {})
        out = func(*args, **named)
        name = getattr(func, "__name__", "")
        if name == _FUSED:
            self._tell(*_fused(out, *args, **named))
        elif name == "softmax" and isinstance(out, torch.Tensor) and out.ndim >= 3:
            if _over_last(args, named, out.ndim):
                self.softmaxes[id(out)] = (out, _given(args, named))
        elif name in _PRODUCTS:
            self._product(name, args, out)
        elif isinstance(out, torch.Tensor) and args:
            self._follow(args[0], out)
        return out

    def _follow(self, given: Any, out: torch.Tensor) -> None:
        """A pattern that was cast, dropped out or copied is still the pattern."""
        known = self.softmaxes.get(id(given))
        if known is not None and out.shape == known[0].shape and out is not given:
            self.softmaxes[id(out)] = (out, known[1])

    def _product(self, name: str, args: tuple[Any, ...], out: torch.Tensor) -> None:
        equation = args[0] if name == "einsum" else ""
        operands = args[1:] if name == "einsum" else args
        if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
            operands = tuple(operands[0])
        if len(operands) != 2 or id(operands[0]) not in self.softmaxes:
            return
        pattern, scores = self.softmaxes[id(operands[0])]
        values, mixed = operands[1], out
        if equation:
            arranged = _arranged(equation, values, mixed)
            if arranged is None:
                return
            values, mixed = arranged
        self._tell(scores, pattern, values, mixed)

    def _tell(self, *four: torch.Tensor) -> None:
        self.hear(Attended(*(_heads_apart(tensor, self.rows) for tensor in four)))


def _over_last(args: tuple[Any, ...], named: Mapping[str, Any], ndim: int) -> bool:
    dim = named.get("dim", args[1] if len(args) > 1 else None)
    return dim in (-1, ndim - 1)


def _given(args: tuple[Any, ...], named: Mapping[str, Any]) -> torch.Tensor:
    scores: torch.Tensor = args[0] if args else named["input"]
    return scores


def _heads_apart(tensor: torch.Tensor, rows: int) -> torch.Tensor:
    """With an axis of heads, also where there is one head, or where they lie among the rows."""
    if tensor.ndim == 4:
        return tensor
    return tensor.reshape(rows if len(tensor) % rows == 0 else len(tensor), -1, *tensor.shape[1:])


def _arranged(
    equation: str, values: torch.Tensor, mixed: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The values as [prompts, (heads,) keys, width], and the product likewise; None if it is not.

    The first operand is the pattern, whose letters are (prompt, (head,) query, key).
    """
    left, _, result = equation.replace(" ", "").partition("->")
    first, _, second = left.partition(",")
    if "." in equation or len(first) not in (3, 4):
        return None
    *rows, query, key = list(first)
    width = [c for c in second if c not in first]
    if len(width) != 1 or key not in second or sorted(result) != sorted([*rows, query, *width]):
        return None
    heads = [c for c in rows if c in second]
    if heads != rows:
        return None
    wanted = [*rows, key, *width]
    return (
        values.permute([second.index(c) for c in wanted]),
        mixed.permute([result.index(c) for c in [*rows, query, *width]]),
    )


def _fused(
    out: torch.Tensor,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> tuple[torch.Tensor, ...]:
    """What torch's fused attention does not show, computed as its documentation says."""
    del dropout_p
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) for x in (key, value))
    scores = query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5)
    if is_causal:
        ahead = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(ahead, -torch.inf)
    if attn_mask is not None:
        off = attn_mask.dtype == torch.bool
        scores = scores.masked_fill(~attn_mask, -torch.inf) if off else scores + attn_mask
    return scores, scores.softmax(-1), value, out
