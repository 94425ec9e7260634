"""Bases: directions in what is at a hook point, each of which can be a player.

    x' = x + sum over the directions that leave of (z_j(reference) - z_j(x)) d_j

with z = x E the coordinates and d_j the rows of D. For an orthonormal basis E = D'; an overcomplete
dictionary (a sparse autoencoder's latents) brings a reader E of its own.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.errors import PlayersError
from whence._core.shaped import Float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Directions at a hook point.

    Args:
        site: the hook point.
        vectors: float [directions, width]: what each direction is.
        names: what each is called.
        readers: float [width, directions]: how much of each there is in x is x @ readers; by
            default the pseudo-inverse, for which directions in a span are read without error.

    Raises:
        PlayersError: directions that are none, not finite, or not as many as their names; without
            readers, directions that depend on one another.
    """

    site: str
    vectors: Float[np.ndarray, "directions width"]
    names: tuple[str, ...] = ()
    readers: Float[np.ndarray, "width directions"] | None = field(default=None)

    def __post_init__(self) -> None:
        vectors = np.atleast_2d(np.asarray(self.vectors, dtype=float))
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise PlayersError("a basis is finite numbers [directions, width]")
        names = tuple(self.names) or tuple(
            f"{self.site}: direction {i}" for i in range(len(vectors))
        )
        if len(names) != len(vectors):
            raise PlayersError(f"{len(names)} names for {len(vectors)} directions")
        readers = self.readers
        if readers is None:
            if np.linalg.matrix_rank(vectors) < len(vectors):
                raise PlayersError(
                    f"the {len(vectors)} directions at {self.site} depend on one another, so how "
                    "much there is of each is not determined: give readers="
                )
            readers = np.linalg.pinv(vectors)
        readers = np.asarray(readers, dtype=float)
        if readers.shape != vectors.T.shape:
            raise PlayersError(
                f"readers are [width, directions] = {vectors.T.shape}; given {readers.shape}"
            )
        for name, value in (("vectors", vectors), ("names", names), ("readers", readers)):
            object.__setattr__(self, name, value)
