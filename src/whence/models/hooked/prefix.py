"""What need not be run again: everything that a forward has done before the first change.

A module that ended before that answers as it did, row by row; only the largest such modules are
kept, and only those with weights. Nothing is known of architectures: the order of calls says it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import torch

from whence.models.hooked.sites import Site
from whence.models.hooked.trace import Call
from whence.models.hooked.trees import mapped


@final
class Prefix:
    """The order of a forward's calls, and what may be passed over before a moment in it.

    Args:
        module: whose.
        calls: of one forward.
        rows: of how many prompts; another number than will be asked about, so that what has a row
            for each prompt is told from what happens to be as long.
    """

    def __init__(self, module: torch.nn.Module, calls: Sequence[Call], rows: int) -> None:
        parts = dict(module.named_modules())
        times: dict[str, list[Call]] = {}
        for call in calls:
            times.setdefault(call.path, []).append(call)
        once = {path: found[0] for path, found in times.items() if len(found) == 1}
        self.loose = {path for path, call in once.items() if not _has_rows(call.out, rows)}
        self.once = {path: replace(call, given=None, out=None) for path, call in once.items()}
        self.heavy = [path for path in self.once if path and _worth_it(parts[path])]
        self.kept: Mapping[str, Any] = {}
        self.rows = 0

    def when(self, site: Site) -> float:
        """When a hook point is come by; never, where that is not once."""
        call = self.once.get(site.module)
        if call is None:
            return float("inf")
        return call.start if site.end == "in" else call.end

    def passed(self, moment: float) -> list[str]:
        """The largest modules that ended by a moment."""
        over = [path for path in self.heavy if self.once[path].end <= moment]
        inside = set(over)
        return [path for path in over if not any(up in inside for up in _above(path))]

    def all(self, moments: Iterable[float]) -> list[str]:
        """Those of any of these moments."""
        return list(dict.fromkeys(path for m in sorted(set(moments)) for path in self.passed(m)))

    def keep(self, answers: Mapping[str, Any], rows: int) -> None:
        """Take in what modules answered for all prompts."""
        self.kept, self.rows = dict(answers), rows

    def known(self, moment: float, cases: torch.Tensor) -> dict[str, Any]:
        """What modules answer for these prompts up to a moment, by path."""

        def rows_of(tensor: torch.Tensor) -> torch.Tensor:
            batched = tensor.ndim > 0 and len(tensor) == self.rows
            return tensor[cases] if batched else tensor

        if not self.kept:
            return {}
        return {
            path: self.kept[path] if path in self.loose else mapped(self.kept[path], rows_of)
            for path in self.passed(moment)
        }


def _has_rows(out: torch.Tensor | None, rows: int) -> bool:
    return out is not None and out.ndim > 0 and len(out) == rows


def _worth_it(part: torch.nn.Module) -> bool:
    return any(p.ndim >= 2 for p in part.parameters())


def _above(path: str) -> list[str]:
    pieces = path.split(".")
    return [".".join(pieces[:k]) for k in range(1, len(pieces))]
