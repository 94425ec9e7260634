"""How large a page is, and how soon it can be used: python bench/page.py.

1,000 cases x 50 players, opened from disk in headless Chromium, several times: bytes; seconds until
the table sorts at a click, until the first picture stands, and until all of them do; requests that
left the file; words on the console. Beside it, 100,000 cases, which must not make a larger page.
"""

import json
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import sync_playwright

import whence as wh

HERE = Path(__file__).parent
TIMES = 5
SORTED = """() => {
  const head = document.querySelectorAll('table.sortable th button')[1];
  if (!head || !document.documentElement.classList.contains('moving')) return false;
  head.click();
  return document.querySelector('th[aria-sort=ascending]') !== null;
}"""
FIRST = "() => document.querySelector('figure.main .live')?.dataset.drawn === 'yes'"
EVERY = """() => [...document.querySelectorAll('.live')]
  .filter(x => x.checkVisibility()).every(x => x.dataset.drawn === 'yes')"""


def answer(cases, players=50):
    """A linear model's exact values, with an error put on each: the page does not ask whence."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(cases, players)).round(3)
    weights = np.exp(-np.arange(players) / 8)
    game = wh.FunctionGame(lambda s: s @ weights, wh.Players([f"x{i:02d}" for i in range(players)]))
    one = wh.attribute(game, budget=wh.Budget(evaluations=200))
    values = (rows * weights)[:, None, :]
    ends = np.zeros((cases, 1))
    return replace(
        one,
        values=values,
        parts={"estimation": np.full(values.shape, 0.01)},
        freedom=np.full(cases, 30.0),
        uncertainty="sampled",
        empty=ends,
        full=ends + values.sum(axis=2),
        data={f"x{i:02d}": rows[:, i] for i in range(players)},
        trace=None,
    )


def opened(browser, path):
    """One visit: seconds from the start of navigation, requests, and words."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    left, words = [], []
    page.on("request", lambda r: left.append(r.url) if not r.url.startswith("file:") else None)
    page.on("console", lambda m: words.append(m.text))
    page.on("pageerror", lambda e: words.append(str(e)))
    start = time.perf_counter()
    page.goto(path.as_uri(), wait_until="commit")
    seconds = {}
    for name, ready in (("table", SORTED), ("picture", FIRST), ("everything", EVERY)):
        page.wait_for_function(ready, polling=20)
        seconds[name] = time.perf_counter() - start
    context.close()
    return seconds, left, words


def measured(browser, cases, folder):
    path = folder / f"{cases}.html"
    start = time.perf_counter()
    size = len(answer(cases).to_html(path).encode())
    written = time.perf_counter() - start
    visits = [opened(browser, path) for _ in range(TIMES)]
    seconds = {k: round(median(v[0][k] for v in visits), 2) for k in visits[0][0]}
    return {
        "cases": cases,
        "players": 50,
        "bytes": size,
        "seconds to write": round(written, 2),
        "seconds until usable": seconds,
        "requests": sum(len(v[1]) for v in visits),
        "console messages": sum(len(v[2]) for v in visits),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made, sync_playwright() as driver:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = {
            "chromium": browser.version,
            "visits": TIMES,
            "load of the machine": round(os.getloadavg()[0], 1),
            "pages": [measured(browser, cases, Path(made)) for cases in (1000, 100_000)],
        }
        browser.close()
    text = json.dumps(found, indent=1)
    (HERE / "results" / "page.json").write_text(text + "\n", encoding="utf-8")
    print(text)
