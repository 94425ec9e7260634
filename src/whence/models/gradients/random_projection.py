"""Random projections of gradients: P g, shorter by far, with inner products kept on average.

    E <P g, P h> = <g, h>,   Var <P g, P h> <= (|g|^2 |h|^2 + <g, h>^2) / dim

for each kind here. A projection is a function of (kind, size, dim, seed): nothing is stored, and
the rows that come together do not change a row's bits. What is random is made anew for each call, a
block at a time, on the device of the gradients, by plain torch: there is one code for all devices.
(Bits are those of a kind of device: a GPU adds in another order.)

Source: Johnson & Lindenstrauss (1984); for training data, Park et al. (2023), TRAK.
"""

import abc
from typing import final

import torch

from whence._core.errors import ModelError, OptionError, positive

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class RandomProjection(abc.ABC):
    """A linear map of gradients to few numbers, by chance, but the same one each time.

    `repr` says all that it is a function of.
    """

    __slots__ = ()

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """Numbers in a gradient."""

    @property
    @abc.abstractmethod
    def dim(self) -> int:
        """Numbers in a projected gradient."""

    @abc.abstractmethod
    def _project(self, gradients: torch.Tensor) -> torch.Tensor:
        """Float [rows, size] -> float [rows, dim]."""

    @final
    def project(self, gradients: torch.Tensor) -> torch.Tensor:
        """Project the gradients of some rows.

        Args:
            gradients: float [rows, size], on any device.

        Returns:
            float32 [rows, dim]; float64 where the gradients are.

        Raises:
            OptionError: another shape, or no floats.
            ModelError: gradients that are not finite.
        """
        check_gradients(gradients, self.size)
        wide = gradients.detach()
        if wide.dtype != torch.float64:
            wide = wide.float()
        return finite(self._project(wide))


def check_gradients(gradients: object, size: int) -> None:
    """Refuse what no rows of gradients can be.

    Raises:
        OptionError: another shape, or no floats.
    """
    if not isinstance(gradients, torch.Tensor) or gradients.dtype not in _FLOATS:
        raise OptionError(
            f"gradients are a tensor of floats, [rows, {size}]; given "
            f"{getattr(gradients, 'dtype', type(gradients).__name__)}"
        )
    if gradients.ndim != 2 or gradients.shape[1] != size:
        raise OptionError(
            f"gradients of shape [rows, {size}] are projected here; given "
            f"{tuple(gradients.shape)}: one row for each example, one column for each parameter"
        )


def finite(projected: torch.Tensor) -> torch.Tensor:
    """Refuse what is not finite: each number of a gradient is in some number of its projection.

    Raises:
        ModelError: NaN or infinity, named by its row.
    """
    wrong = (~torch.isfinite(projected).all(dim=1)).nonzero()[:, 0]
    if len(wrong):
        raise ModelError(
            f"the gradients of {len(wrong)} of {len(projected)} rows are not finite, or too large: "
            f"first row {int(wrong[0])} of this batch. Mend the loss, or leave these rows out."
        )
    return projected


def check_sizes(size: int, dim: int, seed: int) -> None:
    """Refuse sizes that no projection has.

    Raises:
        OptionError: not positive, more dimensions than numbers, or a seed that is no whole number.
    """
    positive(size, "size", "numbers in a gradient")
    positive(dim, "dim", "numbers in a projected gradient")
    if dim > size:
        raise OptionError(f"dim is at most size, {size}: a projection makes shorter; given {dim}")
    check_seed(seed)


def check_seed(seed: object) -> None:
    """Refuse what is no seed.

    Raises:
        OptionError: not a whole number.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise OptionError(f"a seed is a whole number; given {seed!r}")
