"""What a network would answer, were it to stop after each layer: a table of layers by positions.

Each layer's stream is read as the last one is. KL is how far its distribution over tokens is from
the final one, KL(final || layer), in nats.

Source: the logit lens, nostalgebraist (2020); the tuned lens, Belrose et al. (2023).
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from .arguments import check_arguments
from .errors import ResultError
from .frozen import freeze
from .shaped import Float, Int
from .text import printable


@final
@dataclass(frozen=True, slots=True)
class Lens:
    """What each layer would answer at each position.

    Attributes:
        layers: their names, from the first to the last.
        positions: where in the text, from left to right.
        tokens: the token that the layer finds most probable, as text: a row for each layer.
        probability: of that token.
        kl: from the final distribution, in nats.
        agreement: share of positions, of all texts that were read, at which the layer's first
            token is the final one.
        rank: of the token that was asked for, 0 for the first; None if none was asked for.
        text: the token that stands at each position, where known.

    Raises:
        ResultError: something has another shape than layers and positions say.
    """

    layers: tuple[str, ...]
    positions: tuple[int, ...]
    tokens: tuple[tuple[str, ...], ...]
    probability: Float[np.ndarray, "layers positions"]
    kl: Float[np.ndarray, "layers positions"]
    agreement: Float[np.ndarray, " layers"]
    rank: Int[np.ndarray, "layers positions"] | None = None
    text: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        layers, positions = len(self.layers), len(self.positions)
        if not layers or not positions:
            raise ResultError("a lens needs at least one layer and one position; given none")
        if len(self.tokens) != layers or any(len(row) != positions for row in self.tokens):
            raise ResultError(
                f"tokens must have a row for each of {layers} layers, with {positions} entries each"
            )
        for name in ("probability", "kl", "agreement", *(() if self.rank is None else ("rank",))):
            given = getattr(self, name).shape
            wanted = (layers,) if name == "agreement" else (layers, positions)
            if given != wanted:
                raise ResultError(
                    f"{name} has the shape {given}; {layers} layers and {positions} positions make "
                    f"it {wanted}"
                )
        if self.text is not None and len(self.text) != positions:
            raise ResultError(f"text has {len(self.text)} tokens for {positions} positions")
        freeze(self)

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each layer and position; a pandas, polars or pyarrow frame."""
        from whence.report.lens import to_frame

        return to_frame(self, backend)

    @check_arguments
    def plot(self, ax: Any = None, **options: Any) -> Any:
        """A table of tokens on `ax` (new axes by default), which is returned.

        Args:
            ax: matplotlib axes.
            **options: max_display (positions), colour ("kl" or "probability").

        Raises:
            OptionError: no such option.
        """
        from whence.report.lens import plot

        return plot(self, ax, **options)

    def __repr__(self) -> str:
        from whence.report.lens import words

        return printable(words(self))
