"""Arnoldi's iteration on a symmetric matrix: the eigenpairs that m products with H find.

    H Q = Q T + rest,   T = Y diag(s) Y',   U = Q Y             Q orthonormal, [parameters, m]
    f(H) v ~ U f(s) U'v + f(rho) (v - U U'v)

rho is the mean eigenvalue of all that was not found: the trace of H is known without decomposing
it, so what is left of it is too. With a penalty and fewer rows than parameters that is the exact
answer for every direction that no row knows.

Departures from Schioppa et al. (2022): full re-orthogonalisation, twice, so that no eigenvalue
comes twice; where the iteration breaks down it begins again in a new direction; eigenvalues below
`least` times the largest are taken for zero, not inverted, and with no damping the answer is the
pseudo-inverse's; and the directions that were not found are not dropped.
"""

from collections.abc import Callable
from typing import final

import numpy as np

from whence._core.errors import OptionError, positive
from whence._core.keyed import uniforms
from whence._core.shaped import Float
from whence.models.trainer.curvature.inverse import Spectral, upright
from whence.models.trainer.curvature.products import Product

_START = 57
_BROKEN = 1e-10  # of the largest entry of T: the space that was begun in is exhausted


@final
class Lanczos(Spectral):
    """The leading eigenpairs of H, and the mean of the others.

    They are found once; every later query is a product with them.

    Args:
        product: H v.
        steps: products with H, each of one vector: as many eigenpairs at most.
        least: of the largest eigenvalue: what is below is zero.
        seed: of where it starts.

    Attributes:
        values: eigenvalues that were found.
        vectors: their eigenvectors, in columns.
        rest: the mean eigenvalue of what was not found.
    """

    def __init__(
        self, product: Product, steps: int = 200, least: float = 1e-10, seed: int = 0
    ) -> None:
        positive(steps, "steps", "products with the curvature")
        if not 0 <= least < 1:
            raise OptionError(f"least is a share of the largest eigenvalue; given {least!r}")
        self.width, self.at, self.solver = product.width, product.at, "arnoldi"
        self.pseudo = True
        steps, trace = min(steps, len(self.at)), product.trace()
        Q, T = _basis(product, steps, seed)
        values, Y = np.linalg.eigh(T)
        kept = upright(values) > least * np.abs(values).max()
        self.values, self.vectors = values[kept], Q @ Y[:, kept]
        others = len(self.at) - int(kept.sum())
        left = max(trace - float(self.values.sum()), 0.0)
        rest = left / others if others else 0.0
        largest = float(self.values.max(initial=0.0))
        self.rest = rest if rest > least * largest else 0.0
        self.provenance = {
            "solver": "arnoldi",
            "steps": steps,
            "kept": int(kept.sum()),
            "share": float(self.values.sum()) / trace if trace else 1.0,
            "rest": self.rest,
            "seed": seed,
        }

    def eigenvalues(self) -> Float[np.ndarray, " scope"]:
        """Those that were found, and the mean of the others in place of each of them."""
        return np.append(self.values, np.full(len(self.at) - len(self.values), self.rest))

    def _apply(
        self, function: Callable[[np.ndarray], np.ndarray], v: Float[np.ndarray, "vectors scope"]
    ) -> Float[np.ndarray, "vectors scope"]:
        found = function(self.values)
        if len(self.values) == len(self.at):
            return np.asarray(((v @ self.vectors) * found) @ self.vectors.T)
        other = float(function(np.array([self.rest]))[0])
        return np.asarray(((v @ self.vectors) * (found - other)) @ self.vectors.T + other * v)


def _basis(product: Product, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Q [scope, steps] and T [steps, steps]."""
    width = len(product.at)
    Q, images = np.zeros((steps, width)), np.zeros((steps, width))
    ahead, size, largest = np.zeros(width), 0.0, 0.0
    for m in range(steps):
        if size <= _BROKEN * largest:  # as at the start
            ahead = _across(uniforms(width, seed, _START, m)[0] - 0.5, Q[:m])
            size = float(np.linalg.norm(ahead))
        Q[m] = ahead / size
        images[m] = product(Q[m : m + 1])[0]
        largest = max(largest, float(np.linalg.norm(images[m])))
        ahead = _across(images[m], Q[: m + 1])
        size = float(np.linalg.norm(ahead))
    T = Q @ images.T
    return Q.T, (T + T.T) / 2


def _across(x: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """What of x is orthogonal to the rows of Q: twice, for once leaves rounding behind."""
    for _ in range(2):
        x = x - (Q @ x) @ Q
    return np.asarray(x)
