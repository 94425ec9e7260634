"""Draw bench/results/trees.json: seconds, on logarithmic axes.

python bench/trees_picture.py [--results FILE] [--out FILE]
"""

import argparse
import json
import re
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "images" / "bench-trees.png"
INK, FAINT, OURS = "#222222", "#dddddd", "#e0004d"
LOOKS = {  # colour, marker
    "whence": (OURS, "o"),
    "woodelf": ("#3d3d3d", "s"),
    "shap": ("#8c8c8c", "D"),
    "sage": ("#3d3d3d", "^"),
    "XGBoost": ("#6b6b6b", "v"),
    "LightGBM": ("#6b6b6b", "P"),
}
DEPTHS = {4: "o", 6: "s", 8: "^", 12: "D"}
LEAST = 0.02
STOPPED = re.compile(r"over (\d+) s")


def draw(results: dict, out: Path) -> None:
    """Values by job on the left; cold starts and the grid on the right."""
    mpl.rcParams.update({"font.size": 8.5, "axes.edgecolor": INK, "text.color": INK})
    figure = plt.figure(figsize=(13, 9), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
    records = {name: part["records"] for name, part in results["parts"].items()}
    panels = (
        ("Values of each row, on a background of rows", records.get("local", [])),
        ("Path-dependent values, 2,886 rows", records.get("path-dependent", [])),
        ("SAGE (global importance) of 2,886 rows", records.get("sage", [])),
    )
    heights = [1 + len({_words(r) for r in shown}) for _, shown in panels]
    for ax, (title, shown) in zip(
        left.subplots(3, 1, height_ratios=heights, sharex=True), panels, strict=True
    ):
        _title(ax, title)
        _dots(ax, shown)
    ax.set_xlabel("seconds (hollow: extrapolated; >: stopped there; x: values do not add up)")
    left.legend(handles=_legend(records), loc="outside upper right", ncols=6, frameon=False)
    beside = (("cold", _cold, 1.0), ("levers", _levers, 1.3), ("grid", _cells, 2.0))
    there = [(draw_it, records[name], high) for name, draw_it, high in beside if name in records]
    axes = right.subplots(len(there), 1, height_ratios=[high for *_, high in there], squeeze=False)
    for ax, (draw_it, shown, _) in zip(axes[:, 0], there, strict=True):
        draw_it(ax, shown)
    figure.suptitle(
        "Tree ensembles: seconds from the model object to the values, on two cores",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=150, facecolor="white")


def _title(ax, words: str) -> None:
    ax.set_title(words, loc="left", fontweight="bold", fontsize=9)


def _legend(records: dict[str, list[dict]]) -> list[Line2D]:
    there = {r["explainer"] for part in ("local", "path-dependent", "sage")
             for r in records.get(part, [])}  # fmt: skip
    return [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=who)
        for who, (colour, marker) in LOOKS.items()
        if who in there
    ]


def _words(record: dict) -> str:
    parts = [record["job"]]
    if "rows" in record and "background" in record:
        parts.append(f"{record['rows']:,} rows x {record['background']:,}")
    elif "background" in record:
        parts.append(f"background {record['background']:,}")
    return "\n".join(parts) if len(parts[0]) > 40 else ", ".join(parts)


def _dots(ax, records: list[dict]) -> None:
    """A line for each job, a mark for each explainer."""
    lines = list(dict.fromkeys(_words(r) for r in records))
    for record in records:
        if record.get("stops by") != "its own":  # the same rule as the peer's, where there are two
            _dot(ax, record, lines.index(_words(record)))
    for at in range(len(lines)):
        ax.axhline(at, color=FAINT, linewidth=0.6, zorder=0)
    ax.set_yticks(range(len(lines)), labels=lines)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.set_xscale("log")
    _axes(ax)


def _dot(ax, record: dict, at: int) -> None:
    colour, marker = LOOKS[record["explainer"]]
    stopped = STOPPED.fullmatch(record.get("failed", ""))
    seconds = record.get("seconds", record.get("seconds, not quoted"))
    if stopped:
        seconds, marker = float(stopped[1]), ">"
    if seconds is None:
        return
    if "wrong" in record:
        ax.scatter(seconds, at, s=38, marker="x", color=colour, zorder=3)
    else:
        face = "none" if "extrapolated" in record or stopped else colour
        ax.scatter(seconds, at, s=38, marker=marker, facecolor=face, edgecolor=colour, zorder=3)
    if off := record.get("there, distance from an enumeration"):
        words = f"off by {off['it']:.2g}"
        ax.annotate(words, (seconds, at), (0, 6), textcoords="offset points", ha="center",
                    fontsize=6.5)  # fmt: skip


def _cold(ax, records: list[dict]) -> None:
    """Bars, in parts: what a new process spends before its first answer."""
    _title(ax, "A new process: 100 rows on 1,000")
    shades = {"importing the explainer": 0.35, "first answer": 1.0}
    names = []
    for at, record in enumerate(r for r in records if "failed" not in r):
        colour, _ = LOOKS[record["explainer"]]
        state = {"empty": ", not yet compiled", "filled": ", compiled"}
        names.append(record["explainer"] + state.get(record["kernel cache"], ""))
        begin = record["whole process"] - sum(record[name] for name in shades)
        ax.barh(at, begin, color=FAINT)
        for name, alpha in shades.items():
            ax.barh(at, record[name], left=begin, color=colour, alpha=alpha)
            begin += record[name]
        ax.text(begin, at, f" {begin:.1f} s", va="center")
    ax.set_yticks(range(len(names)), labels=names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel("seconds: Python, model (grey); import (pale); first answer")
    ax.margins(x=0.12)
    _axes(ax)


def _levers(ax, records: list[dict]) -> None:
    """Model rows to the same error, without trees as a lever (hollow) and with them."""
    told = [r for r in records if r["used"]]
    _title(ax, "SAGE of other models, to 0.5 %")
    for at, record in enumerate(told):
        plain, ours = record["model rows without the lever"], record["model rows"]
        ax.plot([ours, plain], [at, at], color=FAINT, linewidth=2, zorder=1)
        ax.scatter(plain, at, s=38, facecolor="white", edgecolor=INK, zorder=3)
        ax.scatter(ours, at, s=38, color=OURS, zorder=3)
        ax.text((plain * ours) ** 0.5, at - 0.18, f"{plain / ours:.0f} times", ha="center",
                fontsize=7.5)  # fmt: skip
    names = [", ".join(r["job"].split(", ")[1:3]) for r in told]
    ax.set_yticks(range(len(names)), labels=names)
    ax.set_ylim(len(names) - 0.4, -0.7)
    ax.set(xscale="log", xlabel="model rows (hollow: without trees as a lever)")
    _axes(ax)


def _cells(ax, records: list[dict]) -> None:
    """Each cell of the grid: our seconds against woodelf's; below the diagonal we are behind."""
    _title(ax, "100 and 1,000 trees; 100 and 10,000 rows\n100, 1,000 and 10,000 background rows")
    cells: dict[tuple, dict[str, dict]] = {}
    for r in records:
        key = (r["trees"], r["depth"], r["background"], r["rows"])
        cells.setdefault(key, {})[r["explainer"]] = r
    for depth, marker in DEPTHS.items():
        both = [
            (c["whence"]["seconds"], c["woodelf"]["seconds"])
            for (_, d, _, _), c in cells.items()
            if d == depth and all("seconds" in c[who] for who in ("whence", "woodelf"))
        ]
        if both:
            ax.scatter(*zip(*both, strict=True), marker=marker, s=24, label=f"depth {depth}",
                       facecolor="none", edgecolor=OURS, zorder=3)  # fmt: skip
    alone = [
        c["whence"]["seconds"]
        for c in cells.values()
        if "seconds" in c["whence"] and "seconds" not in c["woodelf"]
    ]
    if alone:
        ax.scatter(alone, [110] * len(alone), marker="^", s=24, color=OURS, zorder=3,
                   label="woodelf over 60 s, not run")  # fmt: skip
    ends = (LEAST, 200)
    for times, words in ((1, "equal"), (10, "10 times"), (100, "100 times")):
        ax.plot(ends, [times * e for e in ends], color=INK if times == 1 else FAINT, linewidth=0.8)
        ax.text(LEAST * 1.2, LEAST * times * 1.6, words, fontsize=7.5)
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    ax.set(xlabel="whence, seconds", ylabel="woodelf, seconds")
    if cells:
        ax.legend(loc="lower right", frameon=False)
    _axes(ax)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))


def _axes(ax) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(visible=True, which="major", axis="x", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.15g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(which="minor", length=0)


def main() -> None:
    """Read the JSON, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--results", type=Path, default=HERE / "results" / "trees.json")
    parser.add_argument("--out", type=Path, default=PICTURE)
    options = parser.parse_args()
    draw(json.loads(options.results.read_text()), options.out)


if __name__ == "__main__":
    main()
