"""Stores of gradients at scale: bench/results/data_scale.json.

python bench/data_scale.py

A small network (64-64-10, 4,810 parameters) on rows that are functions of their number; gradients
of TRAK's margin, one for each row, by torch.func; 512 numbers a row. Each size runs in a process of
its own, on one thread, so that its peak of memory is its own. A store is killed half-way, filled
again, and compared with one that nobody killed. What a day would cover is arithmetic on these
figures, and says on what assumptions.
"""

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from machine import processor, rounded

from whence._core.keyed import uniforms
from whence.models.gradients import (
    SJLT,
    Factored,
    GradientStore,
    fill,
    forecast,
    kernel,
    projection,
    top,
)

DIM, QUERIES, K, RIDGE = 512, 100, 100, 1.0
SIZES = (10**3, 10**5, 10**6)
KILLED = 10**4
GPU, GPUS = 50, 8  # assumed, and measured nowhere here


def inputs(rows):
    """float32 [rows, 64], a function of their numbers."""
    return torch.tensor(uniforms(64, 5, rows) * 2 - 1, dtype=torch.float32)


def labels(x):
    teacher = torch.tensor(uniforms(64, 6, np.arange(10)) * 2 - 1, dtype=torch.float32)
    return (x @ teacher.T).argmax(1)


def network():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    x = inputs(np.arange(4000))
    for _ in range(100):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(x), labels(x)).backward()
        optimiser.step()
    return net.requires_grad_(requires_grad=False)


def margins(logits, y):
    """log p / (1 - p) of the label."""
    own = logits.gather(-1, y[..., None])[..., 0]
    others = logits.scatter(-1, y[..., None], -torch.inf)
    return own - others.logsumexp(-1)


def gradients_of(net):
    weights = dict(net.named_parameters())

    def margin(weights, x, y):
        return margins(torch.func.functional_call(net, weights, (x[None],)), y[None])[0]

    each = torch.func.vmap(torch.func.grad(margin), in_dims=(None, 0, 0))

    def gradients(rows):
        x = inputs(rows)
        found = each(weights, x, labels(x))
        return torch.cat([g.flatten(1) for g in found.values()], dim=1)

    def doubt(rows):
        x = inputs(rows)
        y = labels(x)
        p = torch.softmax(net(x), 1).gather(1, y[:, None])
        return (1 - p).double().numpy()

    return gradients, doubt


def factors_of(net):
    """Slopes at the outputs of both layers, and their inputs with a one for the bias."""

    def factors(rows):
        x = inputs(rows)
        with torch.no_grad():
            hidden = net[0](x)
            active = hidden.relu()
        logits = net[2](active).requires_grad_()
        (slope,) = torch.autograd.grad(margins(logits, labels(x)).sum(), logits)
        one = torch.ones(len(x), 1)
        below = (slope @ net[2].weight) * (hidden > 0)
        return [(below, torch.cat([x, one], 1)), (slope, torch.cat([active, one], 1))]

    return factors


def peak():
    """Bytes of this process alone."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def opened(folder, rows, made):
    key = {"model": "64-64-10, seed 0", "data": "uniforms 5", "projection": repr(made)}
    return GradientStore.open(folder, rows=rows, dim=DIM, key=key, extra=("1 - p",))


def one_size(rows, folder):
    """Fill a store, ask it; in a process of its own."""
    net = network()
    gradients, doubt = gradients_of(net)
    made = SJLT(sum(p.numel() for p in net.parameters()), DIM)
    store = opened(folder, rows, made)
    gradients(np.arange(64))  # torch warms up
    before, said = peak(), forecast(store, gradients, made, queries=QUERIES, k=K)
    did = fill(store, gradients, made, extra=doubt)
    after = peak()
    asked = made.project(gradients(np.arange(10**7, 10**7 + QUERIES))).numpy()
    start = time.perf_counter()
    kernel(store)
    once = time.perf_counter() - start
    start = time.perf_counter()
    top(store, asked, K, ridge=RIDGE, weight="1 - p")
    took = time.perf_counter() - start
    start = time.perf_counter()
    top(store, asked[:1], K, ridge=RIDGE, weight="1 - p")
    alone = time.perf_counter() - start
    start = time.perf_counter()
    store.check()
    checked = time.perf_counter() - start
    return {
        "rows": rows,
        "seconds to fill": did.seconds,
        "forecast of them": said.seconds,
        "rows a second": rows / did.seconds,
        "bytes on disk, without the kernel": store.size_bytes - said.kernel,
        "forecast, without the kernel": said.disk,
        "bytes a row": (store.size_bytes - said.kernel) / rows,
        "memory while it was filled, MB": (after - before) / 1e6,
        "forecast of it, MB": said.memory / 1e6,
        "seconds for the kernel, once": once,
        f"seconds for {QUERIES} questions, {K} rows each": took,
        "seconds a question, of these": took / QUERIES,
        "seconds for one question alone": alone,
        "seconds to check every byte": checked,
        "peak of memory of the whole process, MB": peak() / 1e6,
    }


def child(*arguments):
    return [sys.executable, __file__, *map(str, arguments)]


def sizes():
    found = []
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                child("size", rows, Path(folder) / "store"), check=True, stdout=subprocess.PIPE
            )
        found.append(json.loads(done.stdout))
    return found


def killed():
    """kill -9 with half of the blocks there, and the same call again."""
    with tempfile.TemporaryDirectory() as folder:
        broken, whole = Path(folder) / "broken", Path(folder) / "whole"
        process = subprocess.Popen(child("fill", KILLED, broken))
        blocks = -(-KILLED // 256)
        while not (broken / f"block-{blocks // 2:07d}.npy").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        store = GradientStore.load(broken)
        store.check()
        left = len(store.missing)
        for path in (broken, whole):
            subprocess.run(child("fill", KILLED, path), check=True)
        files = [
            {f.name: f.read_bytes() for f in path.iterdir() if f.name[0] != "."}
            for path in (broken, whole)
        ]
    return {
        "rows": KILLED,
        "blocks": blocks,
        "missing when it was killed": left,
        "bit-equal in the end": files[0] == files[1],
    }


def fill_only(rows, folder):
    net = network()
    gradients, _ = gradients_of(net)
    made = SJLT(sum(p.numel() for p in net.parameters()), DIM)
    key = {"projection": repr(made)}
    store = GradientStore.open(folder, rows=rows, dim=DIM, key=key, block=256)
    fill(store, gradients, made)


def clock(call, turns=5):
    call()
    took = []
    for _ in range(turns):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def projections():
    """Rows a second of each kind, on one thread; and of the gradients that they are given."""
    net, rows = network(), np.arange(4096)
    gradients, _ = gradients_of(net)
    given, factors = gradients(rows), factors_of(net)
    pairs = factors(rows)
    layers = Factored(((64, 65), (10, 65)), (16, 16))
    wide = torch.randn(32, 2**20)
    makes = {k: k for k in ("sjlt", "hadamard", "rademacher")}
    small = {k: len(given) / clock(lambda k=k: projection(k, given.shape[1], DIM).project(given))
             for k in makes}  # fmt: skip
    small["sjlt, 4 buckets each"] = len(given) / clock(
        lambda: SJLT(given.shape[1], DIM, per=4).project(given)
    )
    small["factored"] = len(rows) / clock(lambda: layers.project_pairs(pairs))
    large = {k: len(wide) / clock(lambda k=k: projection(k, 2**20, DIM).project(wide), 1)
             for k in makes}  # fmt: skip
    return {
        "4,810 numbers to 512 (factored: to 416), 4,096 rows": small,
        "1,048,576 numbers to 512, 32 rows": large,
        "quickest of gradients": max(makes, key=small.get),
        "the gradients themselves, by torch.func": len(rows) / clock(lambda: gradients(rows)),
        "the factors of their layers": len(rows) / clock(lambda: factors(rows)),
    }


def day(measured):
    """Arithmetic, and no measurement."""
    rate = measured[-1]["rows a second"]
    each = measured[-1]["bytes a row"]
    cases = {"one core, as measured": 1, "one GPU": GPU, f"{GPUS} GPUs": GPU * GPUS}
    return {
        "what this is": "arithmetic: the measured rows a second of one core of this machine, times "
        f"an assumed factor, times 86,400. That a GPU does {GPU} times what this core does, and "
        f"that {GPUS} of them do {GPUS} times what one does, is assumed and was not measured. For "
        "this network of 4,810 parameters; time grows with the model, and whether a disk takes so "
        "many bytes a second is another question.",
        **{
            name: {
                "rows a day": rate * by * 86400,
                "TB on disk": rate * by * 86400 * each / 1e12,
                "MB a second to disk": rate * by * each / 1e6,
            }
            for name, by in cases.items()
        },
    }


def main():
    found = sizes()
    record = {
        "whence": version("whence"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads used": 1,
        "network": "64-64-10, 4,810 parameters; 512 float32 numbers and one float64 column a row",
        "sizes": found,
        "kill -9": killed(),
        "projections, rows a second": projections(),
        "a day": day(found),
    }
    text = json.dumps(rounded(record), indent=1)
    (Path(__file__).parent / "results" / "data_scale.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "size":
        print(json.dumps(one_size(int(sys.argv[2]), sys.argv[3])))
    else:
        fill_only(int(sys.argv[2]), sys.argv[3])
