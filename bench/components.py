"""whence and its peers on the parts of networks: cost, and who is found.

    python bench/components.py [--quick] [--only PART ...] [--out FILE]

The parts are each network of `components_nets`, their edges, and `sweep`: MiniLM's 72 heads beside
a plain loop. What matters is decided by exact leave-one-out: players with at least a tenth of the
largest effect. A method's recall is the share of them among as many of its own largest. One thread
unless it is said; everybody in the same process, on the same weights, warm, in turns.
Writes bench/results/components.json; a part that is not run again stays as it was.
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
from statistics import median

import numpy as np
import torch
from components_cost import counted, own_peak, peak, plain_forward
from components_methods import EDGES, EXACT, SIZES, Job, of
from components_minilm import records as sweeps
from components_nets import NETS, Net
from machine import processor, rounded
from trees_clock import _quiet

HERE = Path(__file__).parent
WEIGHTY = 0.1  # of the largest effect: what counts as mattering
WITH_EDGES = ("hand-built", "names")
HEAVY = ("gpt2", "minilm")  # where memory is looked at
PACKAGES = ("torch", "transformers", "transformer-lens", "captum", "scikit-learn", "numpy")


def environment() -> dict:
    """The machine and the versions."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def nodes(name: str, repeats: int) -> Iterator[dict]:
    """Everybody on the players of a network."""
    net = NETS[name]()
    for record in _compared(net, of(net), repeats):
        if name in HEAVY and "failed" not in record:
            record["MiB added"] = peak(name, record["method"])
        yield record


def edges(name: str, repeats: int) -> Iterator[dict]:
    """Everybody on its edges."""
    net = NETS[name]()
    net.game()
    yield from _compared(net, EDGES, repeats)


def _compared(net: Net, jobs: dict[str, Job], repeats: int) -> Iterator[dict]:
    plain, answers = plain_forward(net), {}
    found: dict[str, dict] = {}
    for method, job in jobs.items():
        found[method] = {"network": net.name, "method": method}
        try:
            with _quiet():
                answers[method] = job(net)
                found[method] |= counted(net, lambda job=job: job(net), plain)
        except Exception as error:  # a peer may fail in any way; the record says how
            found[method]["failed"] = f"{type(error).__name__}: {str(error)[:200]}"
    times = _timed(net, {m: jobs[m] for m in answers}, repeats)
    exact = answers[EXACT]
    for method, record in found.items():
        if method in answers:
            record.update(times[method] | agreement(answers[method], exact))
            if SIZES in method:
                del record["wrong sign"], record["largest difference"]
        yield record


def _timed(net: Net, jobs: dict[str, Job], repeats: int) -> dict[str, dict]:
    times: dict[str, list[tuple[float, float]]] = {method: [] for method in jobs}
    for _ in range(repeats):
        for method, job in jobs.items():
            start, busy = time.perf_counter(), time.process_time()
            with _quiet():
                job(net)
            times[method].append((time.perf_counter() - start, time.process_time() - busy))
    return {
        method: {
            "seconds": median(t for t, _ in own),
            "processor seconds": median(b for _, b in own),
        }
        for method, own in times.items()
    }


def agreement(values: np.ndarray, exact: np.ndarray) -> dict:
    """With exact leave-one-out."""
    size = np.abs(exact)
    many = int((size >= WEIGHTY * size.max()).sum())
    largest = np.argsort(-np.abs(values), kind="stable")[:many]
    ranks = [np.argsort(np.argsort(np.abs(v), kind="stable")) for v in (values, exact)]
    matter = size >= WEIGHTY * size.max()
    return {
        "players": len(exact),
        "that matter": many,
        "recall": float(matter[largest].mean()),
        "wrong sign": float((np.sign(values) != np.sign(exact))[matter].mean()),
        "rank correlation": float(np.corrcoef(*ranks)[0, 1]),
        "largest difference": float(np.abs(values - exact).max()),
        "largest effect": float(size.max()),
    }


def sweep(repeats: int) -> Iterator[dict]:
    """MiniLM beside a plain loop."""
    yield from sweeps(repeats)


PARTS: dict[str, Callable[[int], Iterator[dict]]] = {
    **{name: lambda repeats, name=name: nodes(name, repeats) for name in NETS},
    **{f"{name} edges": lambda repeats, name=name: edges(name, repeats) for name in WITH_EDGES},
    "sweep": sweep,
}


def run(name: str, quick: bool, out: Path, kept: dict) -> None:
    """One part, written after each of its records."""
    load, records = os.getloadavg()[0], []
    for record in PARTS[name](1 if quick else 5):
        records.append(rounded(record))
        print(f"{name}: {_line(records[-1])}", flush=True)
        kept[name] = {
            "quick": quick,
            "environment": environment(),
            "load average before and after": [load, os.getloadavg()[0]],
            "records": records,
        }
        out.write_text(json.dumps({"about": __doc__.strip(), "parts": kept}, indent=1) + "\n")


def _line(record: dict) -> str:
    return ", ".join(f"{k} {v}" for k, v in record.items() if not isinstance(v, dict))


def main() -> None:
    """Run, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="each once")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--peak", nargs=2, metavar=("NETWORK", "METHOD"), help="memory of one run")
    parser.add_argument("--out", type=Path, help="by default bench/results/components.json")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", module="captum|transformer_lens|transformers")
    torch.set_num_threads(1)
    if options.peak:
        net = NETS[options.peak[0]]()
        net.ask()
        with _quiet():
            added = own_peak(lambda: of(net)[options.peak[1]](net))
        print(json.dumps(added))
        return
    name = "components-quick.json" if options.quick else "components.json"
    out = options.out or HERE / "results" / name
    kept = json.loads(out.read_text())["parts"] if out.exists() else {}
    for part in options.only:
        run(part, options.quick, out, kept)


if __name__ == "__main__":
    main()
