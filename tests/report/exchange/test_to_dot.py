"""Circuits as DOT."""

from dataclasses import replace

import pytest
from answers import edges as network

from whence._core.errors import OptionError, ResultError
from whence._core.players import Players
from whence.report.exchange.to_dot import quoted, to_dot


def test_edges_have_values_signs_and_doubt():
    att = network(30)
    text = att.to_dot()
    lines = [line for line in text.splitlines() if " -> " in line]
    assert len(lines) == 30
    one = next(line for line in lines if "tee" in line)
    assert "\N{MINUS SIGN}" in one
    assert "± 0.049" in one
    low, high = att.ci()
    assert text.count("style=dashed") == int(((low <= 0) & (high >= 0)).sum())
    assert text.count("arrowhead=tee") == int((att.values < 0).sum())


def test_the_strongest_are_kept_and_the_others_counted(tmp_path):
    att = network(30)
    text = att.to_dot(tmp_path / "circuit.dot", most=4)
    assert (tmp_path / "circuit.dot").read_text(encoding="utf-8") == text
    assert text.count(" -> ") == 4
    assert "26 more not shown" in text
    best = att.top(1)[0].player.split(" (")[0].split(" -> ")
    assert f'"{best[0]}" -> "{best[1]}"' in text


def test_names_cannot_end_their_quotes():
    """Kills: a name that becomes an attribute, or a graph of its own."""
    att = network(1)
    odd = 'a"]; evil [x="\\'
    players = Players((odd,), "edge", columns={"source": (odd,), "target": ("b\nc",)})
    text = replace(att, players=players).to_dot()
    assert '"a\\"]; evil [x=\\"\\\\" -> "b c"' in text
    assert quoted('"') == '"\\""'


def test_what_cannot_be_written(churn, tmp_path):
    with pytest.raises(ResultError, match="a circuit is made of edges"):
        churn.to_dot()
    with pytest.raises(OptionError, match="most is a positive whole number"):
        to_dot(network(2), most=0)
    with pytest.raises(ResultError, match="Nothing was saved"):
        to_dot(network(2), tmp_path / "no" / "such.dot")
