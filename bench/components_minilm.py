"""The exact sweep of MiniLM's 72 heads on 24 sentences, beside a plain loop: numbers and time.

Turn by turn, so that what else the machine does hits both; processor time beside seconds, since
others may run. What is timed of whence begins with the making of the game. The plain loop runs in
inference mode, without a line that it does not need.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from components_cost import counted, plain_forward
from components_nets import Net, mean, minilm
from components_plain import first_order, loop

import whence as wh

ATP = wh.methods.AttributionPatching(qk_fix=False, grad_drop=False, verify=0)


def records(repeats: int, threads: tuple[int, ...] = (1, 2)) -> list[dict]:
    """One record for each attention and number of threads."""
    found = []
    for attention in ("eager", "sdpa"):
        net = minilm(attention)
        for many in threads:
            torch.set_num_threads(many)
            found.append({"attention": attention, "threads": many, **_measured(net, repeats)})
            torch.set_num_threads(1)
        found[-len(threads)] |= counts(net)
    return found


def _measured(net: Net, repeats: int) -> dict:
    jobs: dict[str, Callable[[], np.ndarray]] = {
        "plain loop": lambda: loop(net),
        "whence": lambda: mean(wh.attribute(net.game(), method=wh.methods.Sweep()).values),
        "whence, one number for all": lambda: whole(net),
        "one forward": lambda: _forward(net),
        "whence, slopes": lambda: mean(wh.attribute(net.game(), method=ATP).values),
        "plain AtP": lambda: first_order(net),
    }
    answers = {name: job() for name, job in jobs.items()}  # and so everything is warm
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            start, busy = time.perf_counter(), time.process_time()
            job()
            times[name].append((time.perf_counter() - start, time.process_time() - busy))
    wall, busy = ({n: [t[i] for t in ts] for n, ts in times.items()} for i in (0, 1))
    exact = answers["plain loop"]
    return {
        "largest value": float(np.abs(exact).max()),
        "largest difference": float(np.abs(answers["whence"] - exact).max()),
        "seconds, median": {n: median(ts) for n, ts in wall.items()},
        "seconds, least": {n: min(ts) for n, ts in wall.items()},
        "processor seconds, median": {n: median(ts) for n, ts in busy.items()},
        "of a plain loop": {
            n: {
                "seconds, median of turns": _ratio(wall, n),
                "seconds, least over least": min(wall[n]) / min(wall["plain loop"]),
                "processor seconds, median of turns": _ratio(busy, n),
            }
            for n in ("whence", "whence, one number for all")
        },
        "of one forward, processor seconds, least": {
            n: min(busy[n]) / min(busy["one forward"]) for n in ("whence, slopes", "plain AtP")
        },
    }  # fmt: skip


def _ratio(times: dict[str, list[float]], name: str) -> float:
    return median(a / b for a, b in zip(times[name], times["plain loop"], strict=True))


def whole(net: Net) -> np.ndarray:
    """The same, all sentences one case."""
    game = wh.games.components.AblationGame(
        net.hooked, net.inputs, players=net.players(net.hooked), ablation="mean",
        behaviour=lambda out: net.behaviour(out).mean(),
    )  # fmt: skip
    return mean(wh.attribute(game, method=wh.methods.Sweep()).values)


def counts(net: Net) -> dict:
    """Forward-equivalents of each."""
    plain = plain_forward(net)
    jobs = {
        "exact sweep": lambda: wh.attribute(net.game(), method=wh.methods.Sweep()),
        "slopes": lambda: wh.attribute(net.game(), method=ATP),
        "making of the game": net.game,
        "plain loop": lambda: loop(net),
        "plain AtP": lambda: first_order(net),
    }
    return {"cost": {name: counted(net, job, plain) for name, job in jobs.items()}}


def _forward(net: Net) -> np.ndarray:
    with torch.inference_mode():
        return net.behaviour(net.ask()).numpy()
