"""A task graph: which units of which layers carry a behaviour, and along which edges.

From the last layer to the first, a unit stays when its influence *through the units that stay in
the next layer* is told from nothing,

    effect(i) = mean over inputs of m - m(i gone for those readers, everything else as it was),

and exceeds a threshold; then each of its edges to one of those readers is judged likewise. So what
looks the same and is not read by what matters stays out, as does what is read by a bystander only.
An interval is Student's t over inputs, widened for all units, or edges, of a layer together
(Bonferroni, over all steps), so that with the chance of `level` no bystander is taken.

Source: causal path interventions for convolutional nets; path patching as in Goldowsky-Dill et al.
(2023). Ours: the intervals and their correction; edges, where single removal cannot tell readers
that stand in for one another, are kept together.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np
import torch

from whence._core.attribution import Cost
from whence._core.errors import GameError, OptionError
from whence._core.game import Question
from whence._core.meter import metering
from whence._core.players import Players
from whence._core.ratio import vanishes
from whence._core.selection import Selection
from whence._core.shaped import Bool, Float
from whence._core.student import quantile
from whence.methods.search._units import Units
from whence.models.hooked.model import HookedModel

_LEAST = 5  # inputs
_MOST = 10**6  # edges
_ROUNDING = 64  # units in the last place of the behaviour, or of its type


@final
@dataclass(frozen=True, slots=True)
class _Bar:
    """What an effect must clear.

    Attributes:
        level: of all intervals together.
        steps: how many times candidates are judged.
        least: the effect that is worth keeping.
    """

    level: float
    steps: int
    least: float

    def clears(self, lost: Float[np.ndarray, "asked inputs"]) -> Bool[np.ndarray, " asked"]:
        """Which effects are told from nothing, and large enough."""
        if not len(lost):
            return np.zeros(0, dtype=bool)
        mean, error = lost.mean(axis=1), _error(lost)
        one = 1 - (1 - self.level) / (self.steps * len(lost))
        half = quantile(one, np.array(float(lost.shape[1] - 1))) * error
        return np.asarray((np.abs(mean) > half) & (np.abs(mean) > self.least))


def task_graph(
    hooked: HookedModel,
    inputs: Any,
    behaviour: Callable[[Any], Any],
    layers: Sequence[str],
    *,
    ablation: str = "mean",
    reference: Any = None,
    threshold: float | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Selection:
    """The units and edges that carry a behaviour, from the last of some layers to the first.

    Args:
        hooked: the network.
        inputs: a tensor, a tuple of them, or a mapping; five rows or more.
        behaviour: of the network's answer to all inputs: a number for each, the higher the better.
        layers: paths of modules in the order in which they are computed: their channels (of
            convolutions) or neurons are the units.
        ablation: what takes the place of a unit: its "mean" at each place, "zero", or what it is on
            another input ("resample").
        reference: inputs that means, and other values, are taken from; `inputs` by default. For the
            graph of one class, give inputs of all. That they are a sample too is not in the
            intervals.
        threshold: the least absolute effect to keep, in units of the behaviour; rounding only by
            default.
        level: of all intervals together.
        seed: of which input stands in for which, where they are resampled.

    Returns:
        The graph: players are all edges from a unit to one of the next layer, and from the last
        layer to the output. `worth` is the behaviour with its edges alone, `path` has the effect of
        each edge.

    Raises:
        OptionError: an argument outside what is offered, or fewer than five inputs.
        HookError: batch norm or dropout in training mode, or layers that are not computed once.
        GameError: without all units of the last layer nothing changes; or a behaviour that is not
            one finite number for each input.
    """
    _check(level, threshold)
    start = time.perf_counter()
    with metering() as meter:
        units = Units(
            hooked, inputs, behaviour, layers, ablation=ablation, reference=reference, seed=seed
        )
        _check_size(units)
        masks = [np.zeros(shape, bool) for shape in _shapes(units)]
        empty = units.worth(masks)
        _check_effect(units, empty)
        bar = _Bar(level, 2 * len(masks) - 1, _least(units, threshold))
        taken = _walk(units, bar, masks)
        ends = _worths(units, masks, taken, empty)
    names = _names(units)
    order = tuple(names[_position(units, at, i, j)] for at, i, j, _ in taken)
    asked = units.asked
    told = meter.rows or None
    return Selection(
        players=_players(units, names),
        chosen=np.concatenate([mask.ravel() for mask in masks]),
        outputs=("behaviour",),
        method="task_graph",
        **ends,
        order=order,
        path=_path([lost for *_, lost in taken]),
        held_out=0,
        converged=bool(taken),
        verdict=_verdict(units, masks, level),
        cost=Cost(asked, asked, 0, told, 0, time.perf_counter() - start),
        question=Question(
            asks="which units carry the behaviour, and along which edges",
            unit="behaviour",
            removal=f"{ablation}: a unit gives way for one reader at a time",
            model=hooked.name,
        ),
        provenance={
            "layers": list(units.layers),
            "ablation": ablation,
            "threshold": threshold,
            "level": level,
            "seed": seed,
        },
    )


_Taken = tuple[int, int, int, np.ndarray]  # layer, unit, reader, effect by input


def _walk(units: Units, bar: _Bar, masks: list[np.ndarray]) -> list[_Taken]:
    """Fill the masks, from the last layer to the first; what was taken, in that order."""
    last = len(masks) - 1
    lost = units.alone(range(units.widths[last]))
    kept = np.flatnonzero(bar.clears(lost)).tolist()
    masks[last][kept, 0] = True
    taken: list[_Taken] = [(last, i, 0, lost[i]) for i in kept]
    for at in reversed(range(last)):
        if not kept:
            break
        every = list(range(units.widths[at]))
        through = units.through(at, every, [kept] * len(every))
        own = np.flatnonzero(bar.clears(through)).tolist()
        ways = [(i, j) for i in own for j in kept]
        edges = units.through(at, [i for i, _ in ways], [[j] for _, j in ways])
        stays = _edges(ways, edges, bar)
        taken += [(at, *ways[w], edges[w]) for w in stays]
        for w in stays:
            masks[at][ways[w]] = True
        kept = own
    return taken


def _edges(
    ways: list[tuple[int, int]], lost: Float[np.ndarray, "ways inputs"], bar: _Bar
) -> list[int]:
    """Which edges stay; of a unit with none that counts alone, all that change anything."""
    clear = bar.clears(lost)
    heard = {i for (i, _), c in zip(ways, clear, strict=True) if c}
    any_change = (np.abs(lost) > 0).any(axis=1)
    return [w for w, (i, _) in enumerate(ways) if clear[w] or (i not in heard and any_change[w])]


def _worths(
    units: Units, masks: list[np.ndarray], taken: list[_Taken], empty: Float[np.ndarray, " inputs"]
) -> dict[str, Any]:
    edges = sum(mask.size for mask in masks)
    less = np.full((units.rows, 1, edges), np.nan)
    for at, i, j, _ in taken:
        fewer = [mask.copy() for mask in masks]
        fewer[at][i, j] = False
        less[:, 0, _position(units, at, i, j)] = units.worth(fewer)
    return {
        "worth": units.worth(masks)[:, None],
        "empty": empty[:, None],
        "full": units.plain[:, None],
        "without": units.worth([~mask for mask in masks])[:, None],
        "less": less,
    }


def _path(lost: list[np.ndarray]) -> dict[str, np.ndarray]:
    every = np.array(lost) if lost else np.zeros((0, 2))
    return {
        "size": np.arange(1.0, len(lost) + 1),
        "effect": every.mean(axis=1),
        "stderr": _error(every),
    }


def _error(lost: Float[np.ndarray, "asked inputs"]) -> Float[np.ndarray, " asked"]:
    return np.asarray(lost.std(axis=1, ddof=1) / np.sqrt(lost.shape[1]))


# -- edges, and their names --


def _shapes(units: Units) -> list[tuple[int, int]]:
    """How many edges there are from each layer: units, by units that may read them."""
    return list(pairwise([*units.widths, 1]))


def _names(units: Units) -> list[str]:
    found = []
    for at in range(len(units.widths)):
        last = at + 1 == len(units.widths)
        readers = ["output"] if last else _of(units, at + 1)
        found += [f"{a} -> {b}" for a in _of(units, at) for b in readers]
    return found


def _of(units: Units, at: int) -> list[str]:
    return [f"{units.layers[at]} {u}" for u in range(units.widths[at])]


def _position(units: Units, at: int, i: int, j: int) -> int:
    shapes = _shapes(units)
    return sum(a * b for a, b in shapes[:at]) + i * shapes[at][1] + j


def _players(units: Units, names: list[str]) -> Players:
    ends = [name.split(" -> ") for name in names]
    layers = [at for at, (a, b) in enumerate(_shapes(units)) for _ in range(a * b)]
    columns: dict[str, tuple[object, ...]] = {
        "source": tuple(a for a, _ in ends),
        "target": tuple(b for _, b in ends),
        "layer": tuple(layers),
    }
    return Players(tuple(names), "edge", columns=columns)


# -- what makes no sense --


def _check(level: Any, threshold: Any) -> None:
    if not (isinstance(level, float) and 0 < level < 1):
        raise OptionError(f"level lies between 0 and 1, such as 0.95; given {level!r}")
    number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
    if threshold is not None and not (number and threshold >= 0):
        raise OptionError(
            f"threshold is an effect in units of the behaviour, 0 or more; given {threshold!r}"
        )


def _check_size(units: Units) -> None:
    if units.rows < _LEAST:
        raise OptionError(
            f"{units.rows} inputs are too few to tell effects from chance: give {_LEAST} or more"
        )
    edges = sum(a * b for a, b in _shapes(units))
    if edges > _MOST:
        raise OptionError(
            f"{edges:,} edges are more than {_MOST:,}: choose narrower layers, or fewer"
        )


def _check_effect(units: Units, empty: Float[np.ndarray, " inputs"]) -> None:
    if vanishes(empty[:, None], units.plain[:, None])[0]:
        raise GameError(
            f"the total effect is nothing: the behaviour is {units.plain.mean():.6g} as it is and "
            f"{empty.mean():.6g} without all units of {units.layers[-1]!r}. Measure what these "
            "layers make a difference to, or let units give way to something else."
        )


def _least(units: Units, threshold: float | None) -> float:
    """Rounding: of the behaviour, in the type that the network computes in."""
    fine = float(torch.finfo(units.clean[0].dtype).eps)
    return max(float(threshold or 0.0), _ROUNDING * fine * float(np.abs(units.plain).max()))


def _verdict(units: Units, masks: list[np.ndarray], level: float) -> str:
    inner = [
        f"{int(mask.any(axis=1).sum()):,} of {len(mask):,} in {path}"
        for path, mask in zip(units.layers, masks, strict=True)
    ]
    return (
        f"units that stay: {', '.join(inner)}; at {100 * level:g} % for all together, over "
        f"{units.rows:,} inputs, which are those of the search, so the numbers are optimistic"
    )
