"""A page of two answers."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from whence._core.errors import ResultError
from whence.recipes.compare import compare


def own(page):
    return re.sub(r'(?s)<script type="text/plain" class="library">.*?</script>', "", page)


def told(page):
    return json.loads(re.search(r'(?s)id="told">(.*?)</script>', page)[1])


@pytest.fixture
def other(churn):
    values = churn.values + np.array([0.02, 0.0, 0.0, 0.0, 0.0])
    return replace(churn, values=values, full=churn.full + 0.02)


def test_two_averages(churn, other):
    page = own(compare(churn, other).to_html())
    assert "1 of 5 features really differ. The largest: tenure_months, \N{MINUS SIGN}0.0200" in page
    assert "taken as independent" in page
    assert page.count("within noise") >= 4
    assert "about 0.25 would look real by chance" in page
    assert told(page)["cases"] is None


def test_names(churn, other):
    """Kills: two answers of one name, which would be one in a picture."""
    page = compare(churn, other).to_html(names=("<q2>", "q3"))
    assert "a: &lt;q2&gt;; b: q3" in page
    assert told(page)["sides"] == ["<q2>", "q3"]
    assert told(compare(churn, other).to_html(names=("x", "x")))["sides"] == ["x", "x (2)"]


def test_pairs_carry_both_sides_of_each_case(rows60):
    """Kills: a comparison ordered by typical size instead of by the mean difference."""
    steady = np.array([0.0, 0.2, 0.0])
    noisy = np.random.default_rng(0).normal(0, [1, 0, 0], (60, 1, 3))
    found = compare(rows60, replace(rows60, values=rows60.values - steady + noisy - noisy.mean(0)))
    assert found.paired
    page = told(found.to_html())
    assert page["outputs"][0]["top"][0] == 1
    assert len(page["outputs"][0]["sides"]) == 2
    assert page["outputs"][0]["values"] is None
    assert len(page["cases"]["labels"]) == 60
    low, high = found.difference.ci()
    assert page["outputs"][0]["rows"]["low"] == pytest.approx(low[0, 0].tolist(), abs=1e-6)
    assert page["outputs"][0]["rows"]["high"] == pytest.approx(high[0, 0].tolist(), abs=1e-6)


def test_nothing_is_real_without_errors(make):
    a, b = (make([x, 1.0], np.nan, uncertainty="unquantified") for x in (1.0, 2.0))
    page = own(compare(a, b).to_html())
    assert "no difference can be told from noise" in page
    same = make([1.0, 2.0])
    assert "None of the differences of 2 features" in own(compare(same, same).to_html())


def test_written_to_a_file(churn, other, tmp_path):
    found = compare(churn, other)
    assert found.to_html(tmp_path / "c.html") == (tmp_path / "c.html").read_text(encoding="utf-8")
    with pytest.raises(ResultError, match=r"cannot write .*c\.html"):
        found.to_html(tmp_path / "nowhere" / "c.html")
