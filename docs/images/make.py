"""Draw the pictures of the README and of the documents: python docs/images/make.py."""

import re
import shutil
import tempfile
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import whence as wh
from whence.cli import demo_rows

HERE = Path(__file__).parent


def demo():
    """The demo's rows and model, asked as `whence demo` asks them."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        demo_rows.write(folder)
        train, holdout = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "holdout"))
        model = demo_rows.fitted(folder)
    y = holdout.pop(demo_rows.TARGET)
    return wh.importance(model, holdout, y, background=train.drop(columns=demo_rows.TARGET))


def tutorial(page="tabular.md", last="many"):
    """What the tutorial's own blocks find: one row explained, and many."""
    text = (HERE.parent / page).read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)  # noqa: S102 - the page is ours
        if last in names:
            break
    return names


def kinds(page="pictures.md"):
    """What the blocks of a page draw as `ax`, by the name of the picture below each."""
    text = (HERE.parent / page).read_text(encoding="utf-8")
    shown = r"(?:\n\n```text\n[^`]*```)?\n\n!\[[^\]]*\]\(images/(\S+)\)"
    block = re.compile(rf"```python\n(.*?)```(?:{shown})?", re.DOTALL)
    names = {}
    for code, picture in block.findall(text):
        exec(code, names)  # noqa: S102 - the page is ours
        if picture:
            names["ax"].figure.savefig(HERE / picture, dpi=80)


def draw(att, kind, path, height, *, legend=True):
    """One picture; without its legend where the page says what the marks mean."""
    figure = Figure(figsize=(8, height), layout="constrained")
    ax = att.plot(kind, ax=figure.subplots())
    if not legend:
        ax.set_xlabel(ax.get_xlabel().splitlines()[0])
    figure.savefig(HERE / path, dpi=120)


def photograph(att, path):
    """The head of a page, as Chromium shows it."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as made, sync_playwright() as driver:
        place = Path(made) / "page.html"
        att.to_html(place)
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 960, "height": 1240})
        page.goto(place.as_uri())
        page.wait_for_selector("#case .live[data-drawn] svg")
        page.screenshot(path=HERE / path)
        browser.close()


if __name__ == "__main__":
    draw(demo(), "bar", "importance.png", 4.4, legend=False)
    found = tutorial()
    draw(found["one"], "waterfall", "waterfall.png", 4.4)
    draw(found["many"], "beeswarm", "beeswarm.png", 4.8)
    photograph(tutorial("page.md", "att")["att"], "page.png")
    kinds()
    kinds("components.md")
    kinds("value.md")
