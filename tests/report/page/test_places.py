"""The inside of a network on a page."""

import re
from dataclasses import replace

import numpy as np
import pytest
from answers import edges, heads, many, sources

from whence.report.page.html import fragment
from whence.report.page.places import inside

ANSWERS = {
    "Layers by heads": heads(4, 6, 3, mlps=True),
    "Heads by the token": sources(5, 6),
    "The strongest edges": edges(12),
}


@pytest.mark.parametrize("said", ANSWERS)
def test_a_page_shows_each_part_at_its_place(said):
    """Kills: a page of bars about a network; a picture that scripts take away."""
    page = ANSWERS[said].to_html()
    (figure,) = re.findall(r'<figure class="inside">.*?</figure>', page, re.DOTALL)
    assert f'aria-label="{said}' in figure
    assert "currentColor" in figure
    assert "The same numbers are in the table" in figure
    assert '<figure class="main"' in page  # bars, dots, and what can be pointed at, as ever


@pytest.mark.parametrize("said", ANSWERS)
def test_a_cell_of_a_notebook_shows_it_instead_of_bars(said):
    text = fragment(ANSWERS[said])
    assert f'aria-label="{said}' in text
    assert text.count('role="img"') == 1


def test_other_answers_have_none():
    assert inside(many(4, 9), 0) == ""
    att = heads(2, 2)
    assert inside(replace(att, values=np.full_like(att.values, np.nan)), 0) == ""
    assert inside(edges(3), 0) != ""
    assert inside(heads(100, 100), 0) == ""


def test_ink_is_the_page_s_own():
    """Kills: letters that vanish on a dark page."""
    svg = str(inside(heads(4, 6), 0))
    assert "#010203" not in svg
    assert svg.count("currentColor") > 10


def test_a_large_network_leaves_the_page_small():
    assert len(heads(32, 32, mlps=True).to_html()) < 2.0e6
