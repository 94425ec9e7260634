"""What a terminal shows."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import whence as wh
from whence._core.errors import OptionError
from whence.report.numbers import MINUS
from whence.report.terminal import bar


def line(text, start):
    found = [t for t in str(text).splitlines() if t.strip().startswith(start)]
    assert len(found) == 1, (start, str(text))
    return found[0]


def test_the_first_story(churn):
    text = str(churn.table(3))
    assert "Asking: how much of the model's predictive power each feature brings, in nats" in text
    assert "removal: marginal (100 background rows)" in " ".join(text.split())
    assert "mean of 3,000 cases" in " ".join(text.split())
    assert "brings" in text
    assert "0.1124" in line(text, "tenure_months")
    assert "0.1071 … 0.1177" in line(text, "tenure_months")
    assert "████████████████████" in line(text, "tenure_months")
    assert "2 more; 1 of them not distinguishable from nothing" in text
    assert line(text, "sum").strip() == (
        "sum 0.2252 of 0.2252 nats (model 0.4721, knowing nothing 0.6973)"
    )
    assert "error: estimation ±1.7 %, data ±4.3 % of the range" in text
    assert text.endswith("Why stop here: every error is small enough.")


def test_what_adding_up_leaves_is_no_error(make):
    """Kills: "background ±7.6e-14 %" of a table."""
    parts = {"estimation": 0.02, "background": 1e-17}
    text = str(make([1.0, 0.5], parts=parts).table())
    assert "error: estimation ±3.9 %, background none of the range" in text


def test_largest_first_whatever_the_sign(make):
    text = str(make([0.5, -2.0, 1.0], names=["a", "b", "c"]).table())
    names = [t.split()[0] for t in text.splitlines() if t.startswith((" a ", " b ", " c "))]
    assert names == ["b", "c", "a"]


def test_negative_bars_carry_their_sign(make):
    text = str(make([1.0, -0.5]).table())
    assert "  ████████████████████" in line(text, "x0")
    assert f"{MINUS}██████████" in line(text, "x1")


def test_bars_are_measured_in_eighths():
    assert bar(1 / 16, 1.0, 2) == "▏"
    assert bar(-1.0, 1.0, 3) == "███"
    assert bar(1.0, 0.0, 3) == ""


def test_printing_in_a_terminal_colours_it(churn):
    page = StringIO()
    Console(file=page, force_terminal=True, color_system="truecolor", width=120).print(
        churn.table()
    )
    assert "\x1b[" in page.getvalue()
    assert "\x1b[" not in str(churn.table())
    assert repr(churn.table()) == str(churn.table())


def test_odd_answers_have_tables(odd):
    text = str(odd.table())
    assert "Why stop here" in text
    assert "\x1b" not in text


def test_markup_in_names_is_text(make):
    assert "[bold]x" in str(make([1.0], names=["[bold]x"]).table())


def test_one_case_shows_the_values_of_its_features(one_row):
    text = str(one_row.table())
    assert f"age = {one_row.data['age'][0]:.4g}" in text
    assert "colour = blue" in text
    assert "fee = 2 " in text
    assert "adds" in text
    assert "from -0.5000 with no feature to" in text


def test_many_cases_are_averaged_and_sized(rows60):
    text = str(rows60.table())
    assert "typical size" in text
    assert "att.select(case=0).table()" in text
    assert "data ±" in text
    assert line(text, "age").index("0.") > 0
    assert f"{np.abs(rows60.values[:, 0, 0]).mean():.1f}" in line(text, "age")
    order = [t.split()[0] for t in text.splitlines() if t.split()[:1] and t.split()[0] in
             {"age", "fee", "colour"}]  # fmt: skip
    assert order == ["age", "fee", "colour"]  # by size: the mean of age is nearly zero
    assert "distinguishable" not in text


def test_losses_by_case_are_not_sized(make, churn):
    att = make(np.ones((5, 1, 2)), question=churn.question, outputs=("predictive power",))
    assert "typical size" not in str(att.table())


def test_a_column_for_each_of_four_outputs(make):
    values = np.arange(15.0).reshape(1, 5, 3)
    att = make(values, outputs=["no", "yes", "maybe", "later", "never"])
    text = str(att.table())
    head = next(t for t in text.splitlines() if "maybe" in t)
    assert head.split() == ["feature", "no", "yes", "maybe", "later"]
    assert "1 more output: att.select(output='never').table()" in text
    assert line(text, "x2").count("±") == 4
    assert line(text, "sum ").split()[1:] == ["3.000", "12.00", "21.00", "30.00"]
    assert "error of no" in text


def test_an_index_that_need_not_add_up(make):
    text = str(make([0.3, 0.1], index=wh.Banzhaf(), full=[[0.9]]).table())
    assert "all together 0.9000" in text
    assert "Banzhaf values need not add up" in " ".join(text.split())


def test_a_gap_is_shown(make):
    assert "0.5000 is unaccounted for" in str(make([0.3, 0.1], full=[[0.9]]).table())


@pytest.mark.parametrize("most", [0, -1, True])
def test_most_is_positive(churn, most):
    with pytest.raises(OptionError, match="positive number of players"):
        churn.table(most)


def test_comparison_says_which_differences_are_real(make):
    a = make([1.0, 0.5, 0.1], 0.01, names=["a", "b", "c"])
    b = make([0.4, 0.5, 0.1], 0.01, names=["a", "b", "c"])
    text = str(wh.compare(a, b).table(2))
    assert "real" in line(text, "a ")
    assert "+0.600" in line(text, "a ")
    assert "within noise" in line(text, "b ")
    assert "1 more; none distinguishable from nothing" in text


def test_comparison_names_the_models(churn, make):
    from dataclasses import replace

    other = replace(churn, question=replace(churn.question, model="LogisticRegression"))
    text = str(wh.compare(churn, other).table())
    assert "a: XGBClassifier; b: LogisticRegression" in " ".join(text.split())
    two = make(np.ones((1, 2, 2)), outputs=("p", "q"))
    assert "p is shown; 1 more output" in str(wh.compare(two, two).table())
    with pytest.raises(OptionError):
        wh.compare(churn, other).table(0)
