"""One self-contained page."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from whence._core.errors import ResultError
from whence.games.synthetic import Noisy, Unanimity
from whence.methods.perturbation.permutation import Permutation
from whence.report.numbers import MINUS

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """Texts, tags, and whether every tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def count(self, tag, **attrs):
        return sum(t == tag and attrs.items() <= a.items() for t, a in self.tags)


def said(page):
    return " ".join(" ".join(Reader(page).texts).split()).replace(" .", ".")


def test_the_page_answers_what_a_signer_asks(page):
    text = said(page)
    for part in (
        "How much of the model's predictive power each feature brings",
        "Converged. Why stop here: every error is small enough.",
        "marginal (100 background rows)",
        "sum 0.2252 of 0.2252 nats (model 0.4721, knowing nothing 0.6973)",
        "tenure_months 0.1124 0.1071 … 0.1177",
        f"region {MINUS}0.00210",
        "only more cases narrow it",
        "it may pair values that never occur together",
        "a large value is not a cause",
        "share credit by the rules of the index (Shapley)",
        "questions asked of the game 1,200",
        "seed 7",
    ):
        assert part in text, part


def test_no_network_and_small(page, page60, rows60):
    for text in (page, page60, rows60._repr_html_()):
        assert "http" not in text
        assert not re.search(r"<(link|img|iframe)\b|@import|url\((?!#)", text)
        assert len(text.encode()) < 300_000


def test_many_rows_and_players_stay_small(make):
    rng = np.random.default_rng(0)
    att = make(
        rng.normal(size=(600, 1, 250)), data={f"x{i}": rng.normal(size=600) for i in range(250)}
    )
    page = att.to_html()
    assert len(page.encode()) < 400_000
    assert "50 more" in page


def test_names_are_escaped(make):
    name = "<script>alert(1)</script>"
    att = make([1.0, 0.5], names=[name, "a&b"], verdict=name, provenance={name: name})
    for page in (att.to_html(), att._repr_html_()):
        assert "alert(1)</script>" not in page
        assert "&lt;script&gt;" in page
        assert "a&amp;b" in page
        assert Reader(page).count("script") == ("<!doctype" in page)


def test_odd_answers_have_pages(odd):
    Reader(odd.to_html())


def test_accessible(page):
    reader = Reader(page)
    assert reader.count("html", lang="en") == 1
    assert reader.count("th", scope="row") == 5 + 2
    assert reader.count("button", type="button") == 3
    assert reader.count("svg", role="img") == 1
    assert reader.count("table") == reader.count("caption")
    ids = [a["id"] for _, a in reader.tags if "id" in a]
    assert len(ids) == len(set(ids))
    used = re.findall(r'(?:href="|url\()#([^")]+)', page)
    assert used
    assert set(used) <= set(ids)


def test_light_dark_and_print(page):
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page
    assert "currentColor" in page
    assert "#010203" not in page


def test_sort_keys_are_numbers(page):
    cells = re.findall(r'data-v="([^"]+)"', page)
    assert float(cells[0]) == pytest.approx(0.1124)
    assert len(cells) == 10


def test_the_same_answer_gives_the_same_page(churn, page):
    assert churn.to_html() == page


def test_two_fragments_share_no_ids(churn, make):
    one, two = (set(re.findall(r'\bid="([^"]+)"', a._repr_html_())) for a in (churn, make([1.0])))
    assert churn._repr_html_().count("<tr") == 6
    assert one
    assert not one & two


def test_written_to_a_file(churn, page, tmp_path):
    assert churn.to_html(tmp_path / "page.html") == page
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    with pytest.raises(ResultError, match=r"cannot write .*page\.html"):
        churn.to_html(tmp_path / "nowhere" / "page.html")


def test_several_outputs_have_sections(make):
    att = make(np.ones((1, 6, 1)), outputs="abcdef")
    page = att.to_html()
    assert "2 more outputs not shown here: e, f" in said(page)
    assert Reader(page).count("table", **{"class": "sortable"}) == 4
    assert "5 more outputs not shown here" in said(att._repr_html_())


def test_by_case_has_dots_and_bars(page60, one_row):
    assert Reader(page60).count("svg", role="img") == 2
    assert "One dot for each case" in page60
    assert "typical size" in page60
    one = one_row.to_html()
    assert "From nobody to everybody" in one
    assert "colour = blue" in one


def test_not_converged_stands_out(make):
    page = make([1.0], converged=False, verdict="the budget was spent").to_html()
    assert 'class="verdict open"' in page
    assert "Not converged" in page


def test_unquantified_is_said(make):
    text = said(make([1.0, 2.0], np.nan, uncertainty="unquantified").to_html())
    assert "error: uncertainty not quantified" in text
    assert "differences between values may be noise" in text


def test_a_baseline_is_named_as_a_limit(page60):
    assert "relative to the one baseline" in page60


def test_a_computed_answer_has_a_page():
    game = Noisy(Unanimity({("a", "b"): 2.0, ("c",): 5.0}, ("a", "b", "c", "d")), 0.5)
    assert "The Shapley value of each player" in Permutation().attribute(game).to_html()
