"""The forecast comes first."""

from io import StringIO

import numpy as np
from rich.console import Console

import whence as wh
from whence._core.progress import Progress
from whence.games.synthetic import Noisy, Unanimity
from whence.report.progress import bar, line


def heard(steps, *, terminal):
    page = StringIO()
    with bar(Console(file=page, force_terminal=terminal, width=100)) as hear:
        for step in steps:
            hear(step)
    return page.getvalue()


STEPS = [
    Progress(10, 0, 0.1),
    Progress(20, 0, 0.2, forecast=4.0, error=8.0),
    Progress(200, 0, 2.0, forecast=5.0, error=1.5),
    Progress(500, 0, 5.0, forecast=5.0, error=0.9),
]


def test_a_log_has_the_forecast_once():
    assert heard(STEPS, terminal=False) == "forecast: 4 s\n"


def test_a_log_has_nothing_while_nothing_is_known():
    assert heard(STEPS[:1], terminal=False) == ""


def test_a_terminal_shows_forecast_share_and_error():
    text = heard(STEPS, terminal=True)
    for part in ("forecast: …", "forecast: 4 s", "5 %", "error 8.0 times what is enough",
                 "forecast: 5 s", "40 %", "100 %", "error small enough"):  # fmt: skip
        assert part in text, part
    assert text.index("forecast: 4 s") < text.index("40 %")


def test_nothing_told_nothing_shown():
    assert heard([], terminal=True) == ""


def test_the_error_in_words():
    assert line(STEPS[0]) == "error not known yet"
    assert line(STEPS[2]) == "error 1.5 times what is enough"
    assert line(STEPS[3]) == "error small enough"


def test_a_run_tells_it(capsys):
    game = Noisy(Unanimity({("a", "b"): 2.0}, ("a", "b", "c")), 0.5)
    att = wh.attribute(game, progress=True, budget=wh.Budget(relative_error=0.05))
    assert np.isfinite(att.values).all()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("forecast: ")
