"""A model of a run on many workers, from what `bench/engines.py` measured.

One step of a sampler is a barrier: the method writes the questions down, the workers answer them,
the method takes them in. With Q questions a step, in B blocks and P parcels,

    seconds a step = Q method + way + max(workers, driver)
    workers = ceil(B / w) seconds a block            driver = P toll + B toll of a block

What it assumes:

- workers are alike, each has a core of its own, and nothing else runs on the driver's core;
- the network brings a parcel as fast as this machine does (`way`: there and back, idle);
- every step is a full one: 1,024 walks of 2n questions (fewer beyond 45 players), as late in a run;
- tolls do not grow with the number of workers (measured up to 8), and nothing dies;
- what a worker does around a block is free (`checked` says how far that is from the truth).
"""

from math import ceil, inf

from whence.engines._parcels import MOST, Pace
from whence.engines.engine import QUESTIONS, ROWS

CELLS = 2**22  # of a step's coalitions, as in whence/_core/driver.py
WORKERS = (1, 8, 64, 1000)
BILLION = 10**9


def step(players: int) -> int:
    """Questions in a full step."""
    return min(1024, max(8, CELLS // (2 * players**2))) * 2 * players


def seconds(questions: int, size: int, price: float, workers: int, toll: dict, method: float):
    """Of one call of so many questions, and what bounds it."""
    blocks = ceil(questions / size)
    pace = Pace(workers)
    pace.learn(1, price * size)
    parcel = min(pace.size(blocks), MOST)
    work = ceil(blocks / workers) * price * size
    driver = ceil(blocks / parcel) * toll["driver seconds a parcel"]
    driver += blocks * toll["driver seconds a block"]
    whole = questions * method + toll["seconds there and back"] + max(work, driver)
    if max(driver, questions * method) > work:
        bound = "the driver"
    elif blocks < 4 * workers:
        bound = "blocks in a step"
    else:
        bound = "workers"
    return whole, bound


def checked(records: list[dict], toll: dict[str, dict]) -> None:
    """Write beside each sleeping record what the model says: the measured calls had no method."""
    for record in records:
        if record["game"] == "sleeps":
            n, price = record["questions"], record["seconds a question"]
            told, _ = seconds(n, QUESTIONS, price, record["workers"], toll[record["engine"]], 0.0)
            record["questions a second, by the model"] = n / told


def table(toll: dict, method: float) -> list[dict]:
    """A billion rows: hours and speed-up, by price, players and workers."""
    jobs = [  # words, rows a question, questions a block
        ("a row a question", 1, QUESTIONS),
        ("importance, squared error", 4, ROWS // 4),
        ("importance, log-loss", 16, ROWS // 16),
    ]
    found = []
    for words, rows, size in jobs:
        for players in (10, 50):
            for price in (1e-4, 1e-3, 1e-2, 1.0):  # seconds a row
                alone = inf
                for workers in WORKERS:
                    n = step(players)
                    took, bound = seconds(n, size, price * rows, workers, toll, method)
                    alone = took if workers == 1 else alone
                    found.append(
                        {
                            "game": words,
                            "players": players,
                            "seconds a row": price,
                            "workers": workers,
                            "speed-up": alone / took,
                            "hours for a billion rows": took / (n * rows) * BILLION / 3600,
                            "bound by": bound,
                        }
                    )
    return found
