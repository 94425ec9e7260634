"""Where whence is fast and where it is not: backgrounds, rows, depths and trees, on bike."""

from collections.abc import Iterator
from functools import partial
from itertools import product

from trees_clock import in_turns
from trees_data import bike, boosted
from trees_explainers import WHENCE, WOODELF, checked, whence, woodelf

BACKGROUNDS, ROWS = (100, 1_000, 10_000), (100, 10_000)
DEPTHS, TREES = (4, 6, 8, 12), (100, 1_000)
CAP = 60.0
Cell = tuple[int, int, int, int]  # trees, depth, background, rows


def grid(quick: bool) -> Iterator[dict]:
    """Every cell of both; those that should take longer than the cap are written down as such."""
    backgrounds, rows = (BACKGROUNDS[:2], ROWS[:1]) if quick else (BACKGROUNDS, ROWS)
    depths, trees = (DEPTHS[:2], (20,)) if quick else (DEPTHS, TREES)
    known: dict[str, dict[Cell, float]] = {WHENCE: {}, WOODELF: {}}
    for cell in product(trees, depths, backgrounds, rows):
        yield from _cell(cell, known, quick)


def _cell(cell: Cell, known: dict[str, dict[Cell, float]], quick: bool) -> Iterator[dict]:
    trees, depth, members, many = cell
    X, background = bike().rows[-many:].reset_index(drop=True), bike().rows[:members]
    model = boosted(trees, depth)
    why = {who: _too_slow(cell, known[who]) for who in known}
    runs = {
        who: partial(f, model, X, background)
        for who, f in ((WHENCE, whence), (WOODELF, woodelf))
        if not why[who]
    }
    found = in_turns(runs, repeats=1 if quick else 3, patience=CAP / 6, most=2 * CAP)
    ours = found[WHENCE].answer if WHENCE in found else None
    for who, times in known.items():
        about = {"trees": trees, "depth": depth, "background": members, "rows": many}
        record = {"skipped": why[who]}
        if who in found:
            record = checked(found[who], model, X, background, ours)
            failed = "failed" in record
            times[cell] = 2 * CAP if failed else found[who].seconds
        yield about | {"explainer": who} | record


def _too_slow(cell: Cell, known: dict[Cell, float]) -> str:
    """Why a cell is left out; empty if it is not. Ten times the trees take ten times as long."""
    trees, *others = cell
    for (fewer, *same), seconds in known.items():
        forecast = seconds * trees / fewer
        below = all(a <= b for a, b in zip(same, others, strict=True))
        if below and forecast > CAP:
            return f"forecast of over {forecast:.0f} s: {seconds:.3g} s for {(fewer, *same)}"
    return ""
