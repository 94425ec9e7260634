"""One self-contained page."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from whence._core.errors import ResultError
from whence.report.numbers import MINUS
from whence.report.page import shell

NOTHING = """title kicker lead converged reason outputs cases_said columns more_outputs sections
kind many looks rungs conditions caveats costs provenance between"""
EMPTY = dict.fromkeys(NOTHING.split(), "")
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


def own(page):
    """What is ours of a page: all but the libraries that stand in it."""
    return re.sub(
        r'<script type="text/plain" class="library">.*?</script>', "", page, flags=re.DOTALL
    )


def told(page):
    """What a page's scripts are told."""
    return json.loads(re.search(r'id="told">(.*?)</script>', page, re.DOTALL)[1])


def test_no_network_and_small(page, page60, rows60):
    """Kills: a library, a font or a picture that is fetched; a policy that lets it be."""
    for text in (own(page), own(page60), rows60._repr_html_()):
        assert "http" not in text.replace("http-equiv", "")
        assert not re.search(r"<(link|img|iframe)\b|@import|url\((?!#)|\bsrc=", text)
        assert len(text.encode()) < 300_000
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "eval" not in policy
    assert len(page60.encode()) < 1_300_000


def test_only_the_scripts_of_the_page_may_run(page):
    """Kills: a policy whose hashes are of something else, or of none."""
    scripts = re.findall(r"<script(?: type=\"text/plain\"[^>]*)?>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 4
    for script in scripts:
        assert b64encode(sha256(script.encode()).digest()).decode() in page


def test_libraries_are_there_with_their_licences():
    """Kills: a wheel without them, or an address of a map that is not there."""
    folder = files("whence.report.page").joinpath("vega")
    for name in ("vega", "vega-lite", "vega-embed"):
        assert "Redistribution and use" in folder.joinpath(f"LICENSE-{name}").read_text()
        assert f"`{name}.min.js`" in folder.joinpath("README.md").read_text()
    assert "sourceMappingURL" not in shell.page("assets/answer.html.j2", {}, EMPTY)


def test_a_notebook_cell_carries_no_library(rows60):
    assert "<script" not in rows60._repr_html_()


def test_many_rows_and_players_stay_small(make):
    """Kills: a page that grows with the rows; one that does not say what it left out."""
    rng = np.random.default_rng(0)
    data = {f"x{i}": rng.normal(size=3000) for i in range(250)}
    att = make(rng.normal(size=(3000, 1, 250)), data=data)
    page = att.to_html()
    assert len(page.encode()) < 3_000_000
    here = len(told(page)["cases"]["labels"])
    assert here == 240_000 // 750
    assert f"All 3,000 cases in the table; {here} of them, evenly spaced" in said(own(page))
    wide = make(rng.normal(size=1300)).to_html()
    assert "300 more" in said(own(wide))
    assert len(wide.encode()) < 3_000_000


def test_the_largest_players_are_kept(make):
    """Kills: the first players kept instead of the largest."""
    att = make(np.arange(1300.0))
    kept = told(att.to_html())["players"]
    assert (kept[0], kept[-1], len(kept)) == ("x300", "x1299", 1000)


def test_a_page_does_not_say_where_files_lie(make):
    """Kills: an absolute path, and with it a user's name, on a page that goes to others."""
    told = {"kept in": "/home/ada/runs/run.db", "asked of": ["C:\\Users\\ada\\model.json"]}
    text = said(own(make([1.0, 0.5], provenance={**told, "data": "rows.csv"}).to_html()))
    assert "ada" not in text
    assert "run.db" in text
    assert "model.json" in text
    assert "rows.csv" in text


def test_names_are_escaped(make):
    name = "<script>alert(1)</script>"
    att = make([1.0, 0.5], names=[name, "a&b"], verdict=name, provenance={name: name})
    for page in (att.to_html(), att._repr_html_()):
        assert "alert(1)</script>" not in page
        assert "&lt;script&gt;" in page
        assert "a&amp;b" in page
        assert Reader(page).count("script") == 5 * ("<!doctype" in page)


def test_odd_answers_have_pages(odd):
    Reader(odd.to_html())


def test_accessible(page):
    reader = Reader(page)
    assert reader.count("html", lang="en") == 1
    assert reader.count("th", scope="row", dir="auto") == 5
    assert reader.count("button", type="button") == 3
    assert reader.count("p", role="status", **{"aria-live": "polite"}) == 1
    assert reader.count("div", role="img") == 1
    assert reader.count("input", type="search") == 1
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
    assert "var(--ink)" in told(page)["config"]["axis"]["labelColor"]
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
    att = make(np.ones((1, 10, 1)), outputs="abcdefghij")
    page = own(att.to_html())
    assert "2 more outputs not shown here: i, j" in said(page)
    assert Reader(page).count("table", **{"class": "sortable"}) == 8
    assert Reader(page).count("option") == 8
    assert "9 more outputs not shown here" in said(att._repr_html_())


def test_by_case_has_dots_and_bars(page60, one_row):
    assert Reader(page60).count("svg", role="img") == 2
    assert "One dot for each case" in page60
    assert "typical size" in page60
    one = one_row.to_html()
    assert "From nobody to everybody" in one
    assert "colour = blue" in one


def test_not_converged_stands_out(make):
    page = own(make([1.0], converged=False, verdict="the budget was spent").to_html())
    assert 'class="verdict open"' in page
    assert "Not converged" in page


def test_unquantified_is_said(make):
    text = said(make([1.0, 2.0], np.nan, uncertainty="unquantified").to_html())
    assert "error: uncertainty not quantified" in text
    assert "differences between values may be noise" in text


def test_a_baseline_is_named_as_a_limit(page60):
    assert "relative to the one baseline" in page60


def test_a_computed_answer_has_a_page(traced):
    page = own(traced.to_html())
    assert "The Shapley value of each player" in page
    assert "How the numbers settled" in page
    assert Reader(page).count("th", scope="row") > len(traced.players) + len(traced.trace)


def test_scripts_write_no_markup_of_names(page):
    """Kills: innerHTML of anything but what the page had; hints are escaped."""
    assert own(page).count("innerHTML") == 2
