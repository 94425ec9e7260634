"""Five honest lines."""

import subprocess
import sys
from dataclasses import replace

import numpy as np

import whence as wh
from whence.games.synthetic import Noisy, Unanimity
from whence.methods.perturbation.permutation import Permutation


def test_five_lines_with_the_largest_three(churn):
    lines = repr(churn).splitlines()
    assert len(lines) == 5
    assert lines[0] == "Shapley of 5 features: predictive power, in nats; mean of 3,000 cases"
    assert lines[1] == "method: Permutation, sampled"
    assert lines[2] == "cost: 1,200 questions, 98,000 model rows, 4.2 s"
    assert lines[3] == "verdict: every error is small enough"
    half = 1.96 * np.hypot(0.001, 0.0025)
    assert f"tenure_months 0.1124 [{0.1124 - half:.4f}, {0.1124 + half:.4f}]" in lines[4]
    assert lines[4].endswith("2 more")


def test_odd_answers_have_five_lines_too(odd):
    text = repr(odd)
    assert len(text.splitlines()) == 5
    assert "\x1b" not in text


def test_a_line_for_each_certificate(churn):
    """Kills: a failed check that the answer is silent about."""
    bad = wh.Certificate("calibration", False, "wrong sign\non 'a'", {"sign": 0.5})
    fine = wh.Certificate("screen", True, "nothing is left", {})
    checked = replace(churn, certificates=(bad, fine))
    assert repr(checked).splitlines()[5:] == [
        "calibration: FAILS - wrong sign on 'a'",
        "screen: passes - nothing is left",
    ]
    assert "calibration: FAILS - wrong sign on 'a'" in str(checked.table())
    assert str(checked.table()).endswith("Why stop here: every error is small enough.")


def test_nobody_quantified(make):
    text = repr(make([1.0, 2.0], np.nan, uncertainty="unquantified"))
    assert "uncertainty not quantified" in text
    assert "[" not in text


def test_not_converged_is_said(make):
    assert "verdict: not converged: spent" in repr(make([1.0], converged=False, verdict="spent."))


def test_settings_of_an_index_stay(make):
    assert repr(make([1.0], index=wh.BetaShapley(4.0, 1.0))).startswith(
        "BetaShapley(a=4.0, b=1.0) of 1"
    )


def test_a_computed_answer():
    game = Noisy(Unanimity({("a", "b"): 2.0, ("c",): 5.0}, ("a", "b", "c", "d")), 0.5)
    text = repr(Permutation().attribute(game))
    assert "top: c " in text
    assert "Shapley of 4 players" in text


def test_words_need_nothing_heavy():
    code = """
import sys, numpy as np, whence as wh
att = wh.attribute(wh.FunctionGame(lambda s: s @ np.array([1.0, 2.0]), ("a", "b")))
repr(att)
import whence.report.table
found = {"matplotlib", "pandas", "rich", "jinja2", "polars", "narwhals"} & set(sys.modules)
sys.exit(", ".join(found))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == ""
