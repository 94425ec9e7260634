"""A lens in words, as a picture, and as a frame."""

from typing import Any

import numpy as np

from whence._core.lens import Lens
from whence.report import checked
from whence.report.exchange.to_frame import framed
from whence.report.inside import token
from whence.report.numbers import elide, number, rough, several

_LAYERS = 14  # lines of a repr
_TOKEN = 18


def words(found: Lens) -> str:
    """What each layer would answer at the last position, a line each; never fails.

    Of many layers an evenly spaced choice, the last among them.
    """
    count = len(found.layers)
    some = np.unique(np.linspace(0, count - 1, min(count, _LAYERS)).round().astype(int))
    head = ["layer", "token", "probability", "KL in nats", "agreement"]
    head += [] if found.rank is None else ["rank"]
    lines = [head, *(_line(found, int(i)) for i in some)]
    wide = [max(len(line[c]) for line in lines) for c in range(len(head))]
    left = count - len(some)
    more = f"; {several(left, 'more layer')} not shown" if left else ""
    title = (
        f"lens: {several(count, 'layer')}, {several(len(found.positions), 'position')}; "
        f"at position {found.positions[-1]}{more}"
    )
    told = ["  ".join(cell.ljust(w) for cell, w in zip(x, wide, strict=True)) for x in lines]
    return "\n".join([title, *(line.rstrip() for line in told)])


def _line(found: Lens, i: int) -> list[str]:
    said = [
        elide(token(found.layers[i]), _TOKEN),
        elide(token(found.tokens[i][-1]), _TOKEN),
        number(float(found.probability[i, -1]), 3),
        rough(float(found.kl[i, -1])),
        number(float(found.agreement[i]), 2),
    ]
    return said + ([] if found.rank is None else [f"{int(found.rank[i, -1]):,}"])


def plot(found: Lens, ax: Any = None, **options: Any) -> Any:
    """A table of tokens: see `Lens.plot`."""
    from whence.report.pictures.lens import lens

    return lens(found, ax=ax, **checked(lens, options))


def to_frame(found: Lens, backend: str = "pandas") -> Any:
    """One row for each layer and position.

    Columns: layer, position, token, probability, kl, agreement (of the layer), rank if one was
    asked for, and text where known.

    Args:
        found: the lens.
        backend: "pandas", "polars" or "pyarrow".

    Raises:
        OptionError: no such backend, or it is not installed.
    """
    layer, at = np.indices(found.probability.shape).reshape(2, -1)
    columns = {
        "layer": np.array(found.layers, dtype=object)[layer],
        "position": np.array(found.positions)[at],
        "token": np.array([t for row in found.tokens for t in row], dtype=object),
        "probability": found.probability.ravel(),
        "kl": found.kl.ravel(),
        "agreement": found.agreement[layer],
    }
    if found.rank is not None:
        columns["rank"] = found.rank.ravel()
    if found.text is not None:
        columns["text"] = np.array(found.text, dtype=object)[at]
    return framed(columns, backend)
