"""whence and its peers on tree ensembles, side by side, by the clock.

    python bench/trees.py [--quick] [--only PART ...] [--out FILE]

One process, the libraries' own choice of threads, everybody through the front door and from the
model object, its reading included. A time is quoted only for values that add up. A whole run writes
bench/results/trees.json, where parts that are not run again stay as they were, and draws the
picture.
"""

import argparse
import json
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from machine import processor, rounded
from trees_cold import cold
from trees_explainers import SHAP, WHENCE, WOODELF
from trees_grid import grid
from trees_lever import levers, network
from trees_local import NOTES, by_cover, marginal
from trees_picture import PICTURE, draw
from trees_rows import each_row
from trees_sage import importances

HERE = Path(__file__).parent
PARTS: dict[str, Callable[[bool], Iterator[dict]]] = {
    "local": marginal,
    "path-dependent": by_cover,
    "rows": each_row,
    "cold": cold,
    "sage": importances,
    "levers": levers,
    "network": network,
    "grid": grid,
}
PACKAGES = (
    "woodelf_explainer", "shap", "shapiq", "sage-importance", "xgboost-cpu", "lightgbm",
    "scikit-learn", "numba", "numpy", "pandas",
)  # fmt: skip


def environment() -> dict:
    """The machine and the versions."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": "as each library chooses",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def run(name: str, quick: bool) -> Iterator[dict]:
    """One part, after each of its records: how long it took, and how busy the machine was."""
    start, load = time.perf_counter(), os.getloadavg()[0]
    records = []
    for record in PARTS[name](quick):
        records.append(rounded(record))
        print(f"{name}: {_line(record)}", flush=True)
        yield {
            "quick": quick,
            "environment": environment(),
            "took": rounded(time.perf_counter() - start),
            "load average before and after": [load, os.getloadavg()[0]],
            "records": records,
        }


def _line(record: dict) -> str:
    shown = {k: v for k, v in record.items() if k not in {"values", "verdict", "warm runs"}}
    return ", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{v}" for k, v in shown.items())


def summary(parts: dict[str, dict]) -> dict:
    """By how much peers take longer than whence; below 1, whence is behind."""
    found = {}
    for name in ("local", "path-dependent", "grid"):
        records = parts.get(name, {}).get("records", [])
        ours = {_job(r): r["seconds"] for r in records if r["explainer"] == WHENCE and _told(r)}
        found[name] = [
            {"job": _job(r), "explainer": r["explainer"], "times whence's": r["seconds"] / seconds}
            for r in records
            if r["explainer"] != WHENCE and _told(r) and (seconds := ours.get(_job(r)))
        ]
    return found


def _told(record: dict) -> bool:
    return "seconds" in record


def _job(record: dict) -> str:
    keys = ("job", "trees", "depth", "rows", "background")
    return ", ".join(f"{k} {record[k]}" for k in keys if k in record)


def main() -> None:
    """Run, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small jobs, under three minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, help="by default bench/results/trees.json")
    options = parser.parse_args()
    whole = HERE / "results" / ("trees-quick.json" if options.quick else "trees.json")
    out = options.out or whole
    warnings.filterwarnings("ignore", module="shap|woodelf|sklearn|lightgbm")
    kept = json.loads(out.read_text())["parts"] if out.exists() else {}
    for name in options.only:
        for part in run(name, options.quick):
            kept[name] = part
            _write(kept, out)
    if not options.quick:
        draw({"parts": kept}, PICTURE)


def _write(parts: dict[str, dict], out: Path) -> None:
    """After each record, so that an interrupted run leaves what it found."""
    result = {
        "about": __doc__.strip(),
        "notes": NOTES,
        "peers": [WOODELF, SHAP, "sage"],
        "summary": rounded(summary(parts)),
        "parts": parts,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
