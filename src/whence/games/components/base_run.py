"""The run in which players act: what is there, what is measured, and the same under changes.

Rows are prompts, in any order and number. Nothing before the first change is run again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import HookError
from whence.games.components.measuring import Measuring
from whence.games.components.node_wiring import in_rows
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel
from whence.models.hooked.prefix import Prefix
from whence.models.hooked.running import Edit, Forward
from whence.models.hooked.sites import Site
from whence.models.hooked.sound import row_by_row
from whence.models.hooked.trace import trace

CELLS = 2**21  # numbers in a batch's widest hidden states, about: what fits in a core's caches


@final
class BaseRun:
    """A network's run on all prompts, and that run again with changes.

    Args:
        hooked: the network.
        inputs: the prompts.
        behaviour: of the network's answer.
        places: where each player acts; every place is come by once.
        names: of the players.
        watched: hook points to look at.
        again: whether anything is to be kept, so that it need not be run again.

    Attributes:
        moments: when each player first acts.
        here: what is at each hook point, with a row for each prompt.
        measuring: the behaviour, on the unchanged answer.

    Raises:
        HookError: a place that is come by never, or more than once.
    """

    def __init__(
        self,
        hooked: HookedModel,
        inputs: Inputs,
        behaviour: Callable[[Any], Any],
        *,
        places: Mapping[int, Sequence[Site]],
        names: Sequence[str],
        watched: Sequence[Site],
        again: bool,
    ) -> None:
        self.hooked, self.inputs, self.rows = hooked, inputs, inputs.rows()
        some = _some(self.rows)
        few = inputs.take(some)
        seen = trace(hooked.module, few.args, dict(few.kwargs))
        self.prefix = Prefix(hooked.module, seen.calls, few.rows())
        for i, sites in places.items():
            for site in sites:
                if self.prefix.when(site) == float("inf"):
                    times = len(seen.of(site.module))
                    raise HookError(_not_once(names[i], site, times))
        first = [min(map(self.prefix.when, places[i])) for i in range(len(names))]
        self.moments = np.array(first) * again
        run = Forward(hooked.module, reads=watched, keep=self.prefix.all(self.moments.tolist()))
        with torch.no_grad():
            output = hooked.forward(run, inputs)
        if not row_by_row(seen.output, output, some):
            raise HookError(_MIXED)
        loose = {s.name for s in watched if s.end == "out" and s.module in self.prefix.loose}
        self.loose = frozenset(loose)
        self.here = self.in_rows(run.seen, self.rows)
        self.measuring = Measuring(behaviour, output, self.rows)
        self.prefix.keep(run.kept, self.rows)
        self._check_prefix(output)

    def in_rows(self, seen: Mapping[str, torch.Tensor], rows: int) -> dict[str, torch.Tensor]:
        """What was seen, with a row for each prompt everywhere."""
        return {name: in_rows(x, rows) if name in self.loose else x for name, x in seen.items()}

    def batches(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Rows in batches that are run together."""
        each = max(t[0].numel() for _, t in self.inputs.named()) * self._width()
        each *= self.rows if self.measuring.whole else 1
        most = max(1, int(CELLS // max(each, 1)))
        sweep = self.measuring.cases if most > self.measuring.cases else 1
        many = max(1, ceil(len(rows) / (most - most % sweep)))
        size = max(1, ceil(len(rows) / (many * sweep))) * sweep  # alike, of whole sweeps of prompts
        for first in range(0, len(rows), size):
            yield rows[first : first + size]

    def prompts(self, cases: torch.Tensor) -> torch.Tensor:
        """The prompts of these cases: one each, or all of them for each, in turn."""
        return torch.arange(self.rows).repeat(len(cases)) if self.measuring.whole else cases

    def repeated(self, of_cases: torch.Tensor) -> torch.Tensor:
        """What belongs to cases, once for each of their prompts."""
        return of_cases.repeat_interleave(self.rows, 0) if self.measuring.whole else of_cases

    def measured(
        self, cases: torch.Tensor, edits: Mapping[Site, Edit], moment: float = -1.0
    ) -> torch.Tensor:
        """What is measured under some changes: [rows, outputs].

        Args:
            cases: of the rows.
            edits: the changes, in the rows of `prompts(cases)`.
            moment: nothing changes before it; by default anything may.
        """
        prompts = self.prompts(cases)
        known = self.prefix.known(moment, prompts)
        run = Forward(self.hooked.module, edits=edits, known=known)
        output = self.hooked.forward(run, self.inputs.take(prompts))
        return self.measuring.of(output, cases)

    def _width(self) -> int:
        """Numbers that a network makes of one that it is given, roughly."""
        numbers = any(t.is_floating_point() for _, t in self.inputs.named())
        sizes = [p.shape[-1] for p in self.hooked.module.parameters() if p.ndim >= 2]
        return 4 if numbers else max(sizes, default=1)

    def _check_prefix(self, output: Any) -> None:
        """What is passed over must not show: else everything is run, which is slower."""
        if not self.prefix.kept:
            return
        last = self.rows - 1  # few are enough: turned, one of them twice, and not as many as all
        cases = torch.tensor([last, 0, last, 0][: 4 if self.rows == 3 else 3])
        known = self.prefix.known(float(self.moments.max()), cases)
        try:
            with torch.no_grad():
                run = Forward(self.hooked.module, known=known)
                got = self.hooked.forward(run, self.inputs.take(cases))
            close = row_by_row(got, output, cases)
        except (RuntimeError, TypeError, ValueError, IndexError):
            close = False
        if not close:
            self.prefix.keep({}, 0)


_MIXED = (
    "the answer to a prompt depends on the prompts beside it: two run by themselves were answered "
    "otherwise than among all. Prompts are run beside one another with other parts left out, so "
    "values would be wrong. Give a module that takes its prompts one by one: batch statistics, a "
    "mean over the batch and experts with a limited capacity do not"
)


def _not_once(name: str, site: Site, times: int) -> str:
    often = f"{times} times" if times else "never"
    why = "The module is shared" if times else "With these inputs it is not used"
    return (
        f"{name} acts at {site.name}, and this forward comes by {site.module} {often}: it must be "
        f"once. {why}."
    )


def _some(rows: int) -> torch.Tensor:
    """Two prompts, or one of two: the order of calls is the same for any number."""
    return torch.arange(1 if rows == 2 else 2) % rows
