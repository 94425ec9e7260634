"""The acceptance list of reports, stores and engines, measured beside its targets.

    python bench/acceptance_runs.py [--only PART ...]

What has a bench of its own is taken from there (`store.py`, `page.py`); the rest is measured here.
Writes bench/results/acceptance_runs.json; a part that is not run again stays as it was.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from engines_games import Computing, chunks_a_second

import whence as wh

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests"
QUESTIONS, TURNS = 8_000, 5


def line(what, measured, target, met):
    return {"what": what, "measured": measured, "target": target, "met": bool(met)}


def pytest(*chosen):
    """Of some tests: what was said in the end, and whether all passed."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *map(str, chosen)]
    done = subprocess.run(words, cwd=HERE.parent, capture_output=True, text=True, check=False)
    dots = sum(text.count(".") for text in done.stdout.splitlines() if text.endswith("%]"))
    return f"{dots} tests passed", done.returncode == 0


def killed():
    import store

    found = store.killed()
    lost = max(found["worths computed and not kept, at each"])
    yield line(
        "1: ten kills: the end is that of a run nobody killed", found["identical"], True,
        found["identical"],
    )  # fmt: skip
    yield line(
        "1: worths lost at one death, at most", lost, f"<= {found['a batch']}",
        lost <= found["a batch"],
    )  # fmt: skip


def files():
    said, fine = pytest(
        TESTS / "engines/test_store.py",
        f"{TESTS / 'engines/test_kept.py'}::test_two_processes_on_one_file",
    )
    yield line("2: two processes; full disk; cut, foreign, older files", said, "all", fine)


def overhead():
    import store

    for seconds, questions, target in ((1e-5, 60_000, 2.0), (1e-3, 3_000, 1.05)):
        found = store.overhead(seconds, questions)["median"]
        what = f"3: time with a store, {seconds * 1e6:g} us a worth"
        yield line(what, found, f"<= {target}", found <= target)


def workers():
    """Worths that compute for 1 ms: processes and Ray beside one core, turn by turn."""
    import ray

    game = Computing(chunks_a_second() * 1e-3)
    budget = wh.Budget(
        evaluations=QUESTIONS, relative_error=None, absolute_error=1e-12, data_share=None
    )

    def seconds(engine):
        start = time.perf_counter()
        got = wh.attribute(game, method="permutation", seed=1, budget=budget, engine=engine)
        return time.perf_counter() - start, got

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    engines = {
        "one core": None,
        "processes": wh.engines.Processes(2),
        "Ray": wh.engines.Ray(workers=2),
    }
    times, values = {name: [] for name in engines}, {}
    for turn in range(TURNS + 1):  # the first one warms up
        for name, engine in engines.items():
            took, got = seconds(engine)
            values[name] = got.values
            times[name] += [took] if turn else []
    ray.shutdown()
    faster = median(a / b for a, b in zip(times["one core"], times["processes"], strict=True))
    dearer = median(a / b for a, b in zip(times["Ray"], times["processes"], strict=True))
    same = all(np.array_equal(v, values["one core"]) for v in values.values())
    yield line("4, 5: the same bits on each", same, True, same)
    yield line("5: two processes, times one core", round(faster, 3), ">= 1.8", faster >= 1.8)
    yield line("4: Ray's time, times processes'", round(dearer, 3), "<= 1.25", dearer <= 1.25)


def cluster():
    said, fine = pytest("-m", "slow or not slow", TESTS / "engines/test_ray.py")
    yield line("4: two nodes, one killed in the middle of a run", said, "all", fine)


def page():
    import page as bench
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        found = bench.measured(browser, 1000, Path(folder))
        browser.close()
    slowest = found["seconds until usable"]["everything"]
    yield line("6: seconds until everything is interactive", slowest, "< 2", slowest < 2)
    yield line("6: bytes", found["bytes"], "< 3,000,000", found["bytes"] < 3e6)
    asked = found["requests"], found["console messages"]
    yield line("6: requests, console messages", asked, (0, 0), asked == (0, 0))


def pictures():
    said, fine = pytest(
        TESTS / "report/pictures/test_kinds.py", TESTS / "report/pictures/test_images.py"
    )
    yield line("7: no text overlaps or leaves, at 3, 30 and 300 players", said, "all", fine)


def exchange():
    said, fine = pytest(
        TESTS / "report/exchange/test_shap.py",
        TESTS / "report/exchange/test_parquet.py",
        f"{TESTS / '_core/test_store.py'}",
    )
    yield line("8: shap and Parquet there and back; files of format 1", said, "all", fine)


PARTS = {
    part.__name__: part
    for part in (killed, files, overhead, workers, cluster, page, pictures, exchange)
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    out = HERE / "results" / "acceptance_runs.json"
    record = json.loads(out.read_text()) if out.exists() else {}
    for name in parser.parse_args().only:
        found = list(PARTS[name]())
        record[name] = {"load": round(os.getloadavg()[0], 2), "lines": found}
        for each in found:
            mark = "ok  " if each["met"] else "MISS"
            print(f"{mark} {each['what']}: {each['measured']} (target {each['target']})")
        out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
