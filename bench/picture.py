"""Draw bench/results/importance.json: error against model rows, and against seconds.

    python bench/picture.py [--results FILE] [--out FILE]

The error is the root of the squared error over the root of the truth's own square: 10 % means that
a typical value is off by a tenth of a typical value. Thin lines are tables, thick ones medians.
"""

import argparse
import json
from pathlib import Path
from statistics import median

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "images" / "bench-importance.png"
INK, FAINT = "#222222", "#dddddd"
LINES = {  # estimator: label, grey, marker, dashes, width
    "whence": ("whence", "#e0004d", "o", "-", 2.6),
    "sage permutation, 64 rows": ("sage, 64 rows", "#6b6b6b", "s", "-", 1.3),
    "sage permutation, 512 rows": ("sage, 512 rows", "#3d3d3d", "^", "--", 1.3),
    "sage kernel, 512 rows": ("sage kernel", "#8c8c8c", "v", ":", 1.3),
    "fippy, 8 samples": ("fippy", "#9a9a9a", "D", "-.", 1.3),
    "hidimstat": ("hidimstat*", "#b5b5b5", "x", "-", 1.3),
}
COLUMNS = (
    ("squared error", "boosted trees"),
    ("squared error", "network"),
    ("log-loss", "boosted trees"),
    ("log-loss", "network"),
)


def draw(results: dict, out: Path) -> None:
    """Two rows of small multiples: by rows, by seconds."""
    mpl.rcParams.update({"font.size": 9, "axes.edgecolor": INK, "text.color": INK})
    figure, grid = plt.subplots(2, 4, figsize=(12, 6.4), sharey=True, layout="constrained")
    for row, (records, unit) in enumerate(
        ((results["against rows"], "rows"), (results["against seconds"], "seconds"))
    ):
        for ax, column in zip(grid[row], COLUMNS, strict=True):
            tables = [p for p in results["problems"] if (p["loss"], p["kind"]) == column]
            _panel(ax, records, unit, tables)
            if row == 0:
                ax.set_title(f"{column[1]}, {column[0]}", loc="left", fontweight="bold", fontsize=9)
    for row, words in enumerate(("model rows", "seconds")):
        grid[row, 0].set_ylabel("error, % of the values")
        for ax in grid[row]:
            ax.set_xlabel(words)
    figure.suptitle(
        "SAGE values: how far from the exact ones, for the same model rows and the same seconds",
        x=0.01,
        ha="left",
    )
    figure.supxlabel(
        "Thick: median over tables; thin: each table. *hidimstat estimates another quantity, so it "
        "does not approach SAGE.",
        fontsize=8,
        x=0.01,
        ha="left",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=150, facecolor="white")


def _panel(ax, records: list[dict], unit: str, tables: list[dict]) -> None:
    size = {p["name"]: np.sqrt(sum(v**2 for v in p["truth"].values())) for p in tables}
    ends = []
    for estimator, (label, colour, marker, dashes, width) in LINES.items():
        by_budget: dict[float, list[tuple[float, float]]] = {}
        for name, whole in size.items():
            own = [
                (r["budget"], r[unit], 100 * np.sqrt(r["error"]) / whole)
                for r in records
                if (r["problem"], r["estimator"]) == (name, estimator) and "error" in r
            ]
            ax.plot(*_xy(own), color=colour, linewidth=0.6, alpha=0.35, linestyle=dashes)
            for budget, x, y in own:
                by_budget.setdefault(budget, []).append((x, y))
        if not by_budget:
            continue
        middle = [(b, *map(median, zip(*at, strict=True))) for b, at in sorted(by_budget.items())]
        x, y = _xy(middle)
        ax.plot(x, y, color=colour, linewidth=width, linestyle=dashes, marker=marker, markersize=4)
        ends.append((label, colour, x[-1], y[-1]))
    _name(ax, ends)
    ax.set(xscale="log", yscale="log")
    _axes(ax, unit)


def _xy(points: list[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    return [x for _, x, _ in points], [y for _, _, y in points]


def _name(ax, ends: list[tuple[str, str, float, float]]) -> None:
    """Labels at the ends of the lines, kept apart."""
    last, edge = np.inf, max(x for _, _, x, _ in ends)
    for label, colour, x, y in sorted(ends, key=lambda end: -end[3]):
        place = min(y, last / 1.38)
        last = place
        weight = "bold" if label == "whence" else "normal"
        ax.annotate(
            label,
            (x, y),
            ((edge if x > edge / 2 else x) * 1.18, place),
            color=colour if weight == "bold" else INK,
            fontweight=weight,
            fontsize=7.5,
            va="center",
        )


def _axes(ax, unit: str) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(visible=True, which="major", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    ticks = (1e5, 3e5, 1e6) if unit == "rows" else (0.5, 1, 2, 4)
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, 0.8 * ticks[0]), max(high, ticks[-1]) * 3.8)  # room for the labels
    ax.set_xticks(ticks, labels=["100k", "300k", "1M"] if unit == "rows" else list(map(str, ticks)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g} %"))
    ax.tick_params(which="minor", length=0)


def main() -> None:
    """Read the JSON, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--results", type=Path, default=HERE / "results" / "importance.json")
    parser.add_argument("--out", type=Path, default=PICTURE)
    options = parser.parse_args()
    draw(json.loads(options.results.read_text()), options.out)


if __name__ == "__main__":
    main()
