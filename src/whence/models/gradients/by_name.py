"""Projections by name: what a configuration, or a command line, says."""

from collections.abc import Callable

from whence._core.errors import OptionError, did_you_mean
from whence.models.gradients.hadamard import Hadamard
from whence.models.gradients.rademacher import Rademacher
from whence.models.gradients.random_projection import RandomProjection
from whence.models.gradients.sjlt import SJLT

_KINDS: dict[str, Callable[[int, int, int], RandomProjection]] = {
    "hadamard": Hadamard,
    "rademacher": Rademacher,
    "sjlt": SJLT,
}


def projection(kind: str, size: int, dim: int, seed: int = 0) -> RandomProjection:
    """A projection by the name of its kind.

    Args:
        kind: "sjlt" (the quickest), "hadamard" or "rademacher" (the plainest).
        size: numbers in a gradient.
        dim: numbers in a projected gradient.
        seed: of its chance.

    Raises:
        OptionError: no such kind, or sizes that cannot be.
    """
    if kind not in _KINDS:
        raise OptionError(
            f"no projection {kind!r}. {did_you_mean(kind, _KINDS)} A layer's gradient that is a "
            "sum of outer products has `Factored(shapes, sides, seed)`."
        )
    return _KINDS[kind](size, dim, seed)
