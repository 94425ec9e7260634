"""The forecast comes first, then how far, and how sure."""

import sys
from io import StringIO
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

import whence as wh
from whence._core.progress import Progress
from whence.games.synthetic import Noisy, Unanimity
from whence.report.progress import bar, words


def heard(steps, *, terminal, width=170):
    page = StringIO()
    with bar(Console(file=page, force_terminal=terminal, width=width)) as hear:
        for step in steps:
            hear(step)
    return page.getvalue()


STEPS = [
    Progress(10, 0, 0.1),
    Progress(20, 0, 0.2, 4.0, 8.0, 0.9, 0.3, "nats"),
    Progress(200, 5_000, 2.0, 5.0, 1.5, 0.1, 0.034, "nats"),
    Progress(500, 9_000, 5.0, 5.0, 0.9, 0.05, 0.018, "nats"),
]


def test_a_log_has_the_forecast_once():
    assert heard(STEPS, terminal=False) == "forecast: 4 s\n"


def test_a_log_has_nothing_while_nothing_is_known():
    assert heard(STEPS[:1], terminal=False) == ""


def test_a_terminal_shows_forecast_share_interval_and_cost():
    """Kills: a bar without the interval; the state of the last look left out."""
    text = heard(STEPS, terminal=True)
    for part in (
        "forecast: …",
        "error not known yet",
        "forecast: 4 s",
        "5 %",
        "widest interval ±30 % of the range, error 8.0 times what is enough; 20 questions",
        "40 %",
        "200 questions, 5,000 model rows",
        "forecast: 5 s",
        "100 %",
        "widest interval ±1.8 % of the range, error small enough; 500 questions, 9,000 model rows",
    ):
        assert part in text, part
    assert text.index("forecast: 4 s") < text.index("40 %")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_it_is_one_line(width):
    """Kills: a line too long for the terminal, which it would leave behind at every change."""
    page = StringIO()
    console = Console(file=page, force_terminal=True, width=width, legacy_windows=False)
    with bar(console) as hear:
        for step in STEPS:
            hear(step)
    last = page.getvalue().split("\r")[-1]
    assert "±1.8 % of the range" in last
    assert last.count("\n") == 1


def test_no_more_is_shown_than_anybody_reads():
    """Kills: a thousand lines of a job with a thousand blocks; its last state left out."""
    steps = [Progress(k, 0, k / 1000, 1.0, exact=True) for k in range(1, 1001)]
    text = heard(steps, terminal=True)
    assert 10 < text.count("exact once it is done") < 30
    assert "100 %" in text


def test_nothing_to_wait_for_nothing_shown():
    assert heard([Progress(10, 0, 0.2, 0.2)], terminal=True) == ""
    assert heard([Progress(10, 0, 0.2, 0.2)], terminal=False) == ""


def test_a_notebook_has_one_line_that_changes(monkeypatch):
    """Kills: hundreds of lines below the cell; widgets that are not installed."""
    shown, changed = [], []

    class Handle:
        def update(self, drawn):
            changed.append(drawn._repr_mimebundle_([], [])["text/plain"])

    def display(drawn, display_id):
        assert display_id is True
        shown.append(drawn._repr_mimebundle_([], [])["text/plain"])
        return Handle()

    fake = ModuleType("IPython.display")
    fake.display = display
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    with bar(Console(force_jupyter=True, width=115)) as hear:
        for step in STEPS:
            hear(step)
    assert len(shown) == 1
    assert len(changed) == 3
    assert "±1.8 % of the range" in changed[-1]
    assert changed[-1].strip().count("\n") == 0


def test_nothing_told_nothing_shown():
    assert heard([], terminal=True) == ""


def test_how_sure_in_words():
    assert words(STEPS[0], 80) == "error not known yet; 10 questions"
    assert words(STEPS[1], 40) == "widest interval ±30 % of the range"
    assert words(STEPS[1], 5) == "±30 % of the range"
    flat = Progress(10, 0, 1.0, interval=0.25, unit="nats")
    assert words(flat, 80) == "widest interval ±0.25 nats; 10 questions"
    assert words(Progress(0, 0, 1.0, 2.0, exact=True), 80) == "exact once it is done"
    nobody = Progress(10, 0, 1.0, error=1e140, interval=0.2, share_of_range=0.1)
    assert words(nobody, 60) == "widest interval ±10 % of the range; 10 questions"


def test_a_run_tells_it(capsys):
    game = Noisy(Unanimity({("a", "b"): 2.0}, ("a", "b", "c")), 0.5)
    att = wh.attribute(game, progress=True, budget=wh.Budget(relative_error=0.05))
    assert np.isfinite(att.values).all()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("forecast: ")
