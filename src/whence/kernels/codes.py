"""Cells to codes, as `TreeEnsemble.encode` does it: unsigned, [features, rows], on every core."""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, UInt
from whence.kernels.compiled import compiled, spread

_ROWS = 4096


@compiled
def _encode(numbers, grid, start, known, single, codes):
    rows, features = numbers.shape
    for j in range(features):
        low, high, categories = start[j], start[j + 1], known[j]
        for r in range(rows):
            x = numbers[r, j]
            if single:
                x = np.float64(np.float32(x))
            if np.isnan(x):
                code = np.int64(-1)  # the last there is
            elif categories >= 0:
                whole = np.trunc(x)
                code = np.int64(whole) if 0 <= whole < categories else np.int64(categories)
            else:
                first, n = low, high - low
                while n > 1:  # lower bound, without branches
                    half = n >> 1
                    first += half if grid[first + half - 1] < x else 0
                    n -= half
                code = first - low
                if n == 1 and grid[first] < x:
                    code += 1
            codes[j, r] = code


def encode(
    ensemble: TreeEnsemble, numbers: Float[np.ndarray, "rows features"]
) -> UInt[np.ndarray, "features rows"]:
    """Each cell's code, uint16 where codes are small enough, else uint32; the last is missing."""
    sizes = [len(g) for g in ensemble.grid]
    known = np.array([-1 if c is None else len(c) for c in ensemble.categories], dtype=np.int64)
    small = max([*sizes, *known.tolist()]) < 2**16 - 2
    codes = np.empty((numbers.shape[1], len(numbers)), dtype=np.uint16 if small else np.uint32)
    grid = np.concatenate([*ensemble.grid, np.zeros(1)])
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    numbers = np.ascontiguousarray(numbers, dtype=float)

    def part(at: int) -> None:
        cut = slice(at, at + _ROWS)
        _encode(numbers[cut], grid, start, known, ensemble.precision == "float32", codes[:, cut])

    spread(part, range(0, len(numbers), _ROWS))
    return codes
