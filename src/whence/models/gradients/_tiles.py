"""Products of matrices whose bits do not depend on how many rows come together.

A library for matrices takes another route for 3 rows than for 300, and the last bits differ. Here
each product has the same number of rows: the last tile is filled up with zeros.
"""

from collections.abc import Iterator

import torch

_TILE = 64  # rows
_NUMBERS = 2**24  # in a tile, at most


def tiles(rows: int, width: int) -> Iterator[slice]:
    """Which rows come together: as many as fit, by their width alone."""
    size = tile(width)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def tile(width: int) -> int:
    """How many rows of a width come together."""
    return max(1, min(_TILE, _NUMBERS // width))


def filled(part: torch.Tensor, rows: int) -> torch.Tensor:
    """The rows, and zeros up to so many rows."""
    if len(part) == rows:
        return part
    return torch.cat([part, part.new_zeros((rows - len(part), *part.shape[1:]))])


def times(x: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """`x @ matrix`, float [rows, columns], a tile at a time.

    Args:
        x: float [rows, width].
        matrix: float [width, columns].
    """
    rows, width = x.shape
    found = x.new_empty((rows, matrix.shape[1]))
    for span in tiles(rows, width):
        part = filled(x[span], tile(width))
        found[span] = (part @ matrix)[: span.stop - span.start]
    return found
