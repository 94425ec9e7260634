"""Draw docs/images/importance.png, the picture of the README: python docs/images/make.py."""

import tempfile
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import whence as wh
from whence.cli import demo_rows


def main() -> None:
    """The demo's rows and model, asked as `whence demo` asks them."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        demo_rows.write(folder)
        train, holdout = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "holdout"))
        model = demo_rows.fitted(folder)
    y = holdout.pop(demo_rows.TARGET)
    att = wh.importance(model, holdout, y, background=train.drop(columns=demo_rows.TARGET))
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    ax = att.plot("bar", ax=figure.subplots())
    ax.set_xlabel(ax.get_xlabel().splitlines()[0])  # the README says what the marks mean
    figure.savefig(Path(__file__).with_name("importance.png"), dpi=120)


if __name__ == "__main__":
    main()
