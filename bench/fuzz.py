"""Damaged files by the ten thousand: does any reader end its process, hang, or answer wrongly?

    python bench/fuzz.py [FILES [TARGET …]]

Each reader meets FILES (20,000) damaged copies of small good files, in forked children with limits
on processor time and memory; see `tests/fuzz`. Writes results/fuzz.json, target by target.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))  # before this folder, whose fuzz is this file

from fuzz import fuzz  # noqa: E402
from fuzz.models import EVERY  # noqa: E402
from machine import processor  # noqa: E402

RESULTS = HERE / "results" / "fuzz.json"
PACKAGES = ("scikit-learn", "skops", "lightgbm", "xgboost-cpu", "catboost", "onnxruntime")
TARGETS = tuple(f"fuzz.models:{name}" for name in EVERY)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    known = json.loads(RESULTS.read_text())["readers"] if RESULTS.exists() else {}
    for target in sys.argv[2:] or TARGETS:
        start = time.perf_counter()
        outcome = fuzz(target, count, timeout=7200)
        known[target] = {
            "files": count,
            "outcomes": dict(sorted(outcome.counts.items())),
            "faults": outcome.faults,
            "seconds": round(time.perf_counter() - start, 1),
        }
        print(target, outcome.words())
        about = {"processor": processor(), **{name: version(name) for name in PACKAGES}}
        RESULTS.write_text(json.dumps({**about, "readers": known}, indent=1) + "\n")


if __name__ == "__main__":
    main()
