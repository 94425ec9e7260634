"""Draw bench/results/engines.json: what workers bring, measured and by the model.

python bench/engines_picture.py [--results FILE] [--out FILE]
"""

import argparse
import json
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "images" / "bench-engines.png"
INK, FAINT = "#222222", "#dddddd"
LOOKS = {  # colour, marker, dashes
    "threads": ("#8c8c8c", "s", ":"),
    "processes": ("#3d3d3d", "^", "--"),
    "ray": ("#e0004d", "o", "-"),
}
SHADES = (("#c4c4c4", "s"), ("#8c8c8c", "D"), ("#3d3d3d", "^"), ("#e0004d", "o"))
SPOKEN = {1e-4: "0.1 ms a row", 1e-3: "1 ms a row", 1e-2: "10 ms a row", 1.0: "1 s a row"}
LOSSES = {"importance, squared error": "squared error", "importance, log-loss": "log-loss"}


def draw(results: dict, out: Path) -> None:
    """Measured on the left, two panels by the model on the right."""
    mpl.rcParams.update({"font.size": 9, "axes.edgecolor": INK, "text.color": INK})
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 4.2), layout="constrained")
    _measured(axes[0], results["throughput"])
    table = results["capacity"]["table"]
    own = [r for r in table if (r["game"], r["players"]) == ("a row a question", 50)]
    _modelled(axes[1], own, "seconds a row", SPOKEN, "a row a question, 50 players")
    millisecond = [r for r in table if r["seconds a row"] == 1e-3 and r["game"] in LOSSES]
    for r in millisecond:
        r["job"] = f"{LOSSES[r['game']]}, {r['players']} features"
    jobs = dict.fromkeys(r["job"] for r in millisecond)
    _modelled(axes[2], millisecond, "job", {j: j for j in jobs}, "importance, 1 ms a row")
    figure.supxlabel(
        "Left: games that sleep, so that 8 workers can be tried on "
        f"{results['environment']['cores']} cores; medians. "
        "Middle and right: the capacity model with Ray's tolls; not measured.",
        fontsize=8,
        x=0.01,
        ha="left",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=150, facecolor="white")
    plt.close(figure)


def _measured(ax, records: list[dict]) -> None:
    slept = [r for r in records if r["game"] == "sleeps"]
    for price, width in ((0.001, 1.1), (0.01, 2.2)):
        for engine, (colour, marker, dashes) in LOOKS.items():
            own = [r for r in slept if (r["engine"], r["seconds a question"]) == (engine, price)]
            ax.plot(
                [r["workers"] for r in own],
                [r["questions a second"] for r in own],
                color=colour,
                marker=marker,
                linestyle=dashes,
                linewidth=width,
                markersize=4,
                label=engine if price == 0.01 else None,
            )
    for price, words in ((0.001, "1 ms a question"), (0.01, "10 ms a question")):
        ax.plot([1, 8], [1 / price, 8 / price], color=FAINT, linewidth=5, zorder=0)
        ax.annotate(words, (1.05, 1.35 / price), fontsize=8, rotation=24, color=INK)
    ax.set(xscale="log", yscale="log", xlabel="workers", ylabel="questions a second")
    ax.set_xticks((1, 2, 4, 8), labels=["1", "2", "4", "8"])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    ax.set_title("Measured (grey band: nothing lost)", loc="left", fontsize=9, fontweight="bold")
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    _plain(ax)


def _modelled(ax, records: list[dict], by: str, spoken: dict, title: str) -> None:
    for (key, words), (colour, marker) in zip(spoken.items(), SHADES, strict=True):
        own = [r for r in records if r[by] == key]
        x, y = [r["workers"] for r in own], [r["speed-up"] for r in own]
        ax.plot(x, y, color=colour, marker=marker, markersize=4, label=words)
    ax.plot([1, 1000], [1, 1000], color=FAINT, linewidth=5, zorder=0)
    ax.set(xscale="log", yscale="log", xlabel="workers", ylabel="times as fast as one worker")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    ax.set_xticks((1, 8, 64, 1000))
    ax.set_ylim(0.8, 1500)
    ax.set_title(f"By the model: {title}", loc="left", fontsize=9, fontweight="bold")
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    _plain(ax)


def _plain(ax) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(visible=True, which="major", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(which="minor", length=0)


def main() -> None:
    """Read the JSON, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--results", type=Path, default=HERE / "results" / "engines.json")
    parser.add_argument("--out", type=Path, default=PICTURE)
    options = parser.parse_args()
    draw(json.loads(options.results.read_text()), options.out)


if __name__ == "__main__":
    main()
