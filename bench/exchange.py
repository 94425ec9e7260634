"""What is said about other tools' files and numbers in docs/exchange.md, measured.

- shap's `error_std` beside the spread of its values over repeated runs, which is what a standard
  error estimates;
- how long the formats take for an answer of many rows, and how large they are.

python bench/exchange.py    (in the environment of the tests, which has every format)
"""

import json
import platform
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

import whence as wh

RESULTS = Path(__file__).parent / "results" / "exchange.json"
SIZES = ((1_000, 50), (10_000, 100))
REPEATS, ROUNDS = 40, 20


def model(Z):
    """Of three at once: shap's paired permutations are exact for two."""
    return 2 * Z[:, 0] - Z[:, 1] * Z[:, 2] * Z[:, 3] + np.tanh(Z.sum(axis=1))


def error_std():
    """Over repeats of one question, with nothing but the permutations' seed changed."""
    import shap

    rng = np.random.default_rng(0)
    row, background = rng.normal(size=(1, 8)), rng.normal(size=(50, 8))
    told, found = [], []
    for seed in range(REPEATS):
        masker = shap.maskers.Independent(background, 50)
        explainer = shap.explainers.Permutation(model, masker, seed=seed)
        got = explainer(row, max_evals=ROUNDS * 17, error_bounds=True, silent=True)
        told.append(got.error_std[0])
        found.append(got.values[0])
    actual = np.std(found, axis=0, ddof=1)
    ratio = np.mean(told, axis=0) / actual
    return {
        "shap": shap.__version__,
        "permutations": ROUNDS,
        "repeats": REPEATS,
        "error_std": np.mean(told, axis=0).tolist(),
        "spread over repeats": actual.tolist(),
        "times too wide": float(np.median(ratio)),
    }


def answer(cases, players):
    rng = np.random.default_rng(0)
    small = wh.explain(
        lambda Z: Z @ np.ones(2), rng.normal(size=(2, 2)), background=np.zeros((1, 2))
    )
    values = rng.normal(size=(cases, 1, players))
    return replace(
        small,
        values=values,
        parts={"estimation": np.full(values.shape, 0.1)},
        freedom=np.full(cases, 1e9),
        players=wh.Players(tuple(f"x{i}" for i in range(players)), "feature"),
        empty=np.zeros((cases, 1)),
        full=values.sum(axis=2),
        uncertainty="sampled",
        covariance={},
        shared={},
        data={f"x{i}": rng.normal(size=cases) for i in range(players)},
    )


def timed(action):
    start = perf_counter()
    got = action()
    return got, round(perf_counter() - start, 3)


def formats(cases, players, folder):
    att = answer(cases, players)
    paths = {name: folder / f"a.{name}" for name in ("whence", "parquet", "json")}
    ways = {
        "whence": lambda: att.save(paths["whence"]),
        "parquet": lambda: att.to_parquet(paths["parquet"]),
        "json": lambda: paths["json"].write_text(json.dumps(att.to_dict(), allow_nan=False)),
    }
    rows = []
    for name, write in ways.items():
        _, writing = timed(write)
        back, reading = timed(lambda path=paths[name]: wh.load(path))
        assert back.values.tobytes() == att.values.tobytes()
        size = round(paths[name].stat().st_size / 1e6, 2)
        rows.append({"format": name, "write_s": writing, "read_s": reading, "MB": size})
    for backend in ("pandas", "polars", "pyarrow"):
        att.to_frame(backend)
        rows.append({"format": backend, "write_s": timed(lambda b=backend: att.to_frame(b))[1]})
    return {"cases": cases, "players": players, "formats": rows}


def main():
    with TemporaryDirectory() as folder:
        sizes = [formats(*size, Path(folder)) for size in SIZES]
    machine = {"python": platform.python_version(), "numpy": np.__version__}
    told = {"machine": machine, "error_std": error_std(), "sizes": sizes}
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
