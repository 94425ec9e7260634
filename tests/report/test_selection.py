"""Selections as people see them: words, tables, pictures, graphs, frames."""

from dataclasses import replace

import numpy as np
import pytest
from selections import chosen, edges

import whence as wh
from whence._core.errors import OptionError, ResultError


def test_words():
    said = repr(chosen()).splitlines()
    assert said[0] == "circuit: 2 of 3 heads; worth, 2 cases, held out"
    assert said[1].startswith("faithfulness 0.9")
    assert said[2] == "cost: 12 questions, 0.5 s"
    assert said[3] == "verdict: the first 3"
    assert said[4] == "kept: b · a"
    again = chosen(
        converged=False, held_out=0, certificates=(wh.Certificate("again", None, "?", {}),)
    )
    assert "not converged: the first 3" in repr(again)
    assert "those of the search" in repr(again)
    assert repr(again).splitlines()[-1] == "again: not judged - ?"
    nobody = chosen(chosen=np.zeros(3, bool), less=np.full((2, 1, 3), np.nan))
    assert "kept: nobody" in repr(nobody)


def test_a_table():
    said = str(chosen().table())
    assert "lost without it" in said
    assert said.index(" b ") < said.index(" a ")
    assert "…  1 more" in str(chosen().table(1))
    one = chosen(
        **{n: getattr(chosen(), n)[:1] for n in ("worth", "empty", "full", "without", "less")}
    )
    assert "not quantified" in str(one.table())
    assert "undefined" in str(chosen(full=chosen().empty).table())
    with pytest.raises(OptionError, match="most is a positive"):
        chosen().table(0)


def test_a_frame():
    frame = chosen().to_frame()
    assert frame["player"].tolist() == ["a", "b", "c"]
    assert frame["chosen"].tolist() == [True, True, False]
    assert frame["lost"].isna().tolist() == [False, False, True]
    assert list(frame.columns) == ["output", "player", "chosen", "lost", "stderr", "low", "high"]


def test_edges_make_a_circuit(tmp_path):
    """Kills: a picture of all edges, or of nodes without them."""
    ax = edges().plot()
    nodes = {text.get_text() for text in ax.texts}
    assert {"embed", "0.0", "1.0"} <= nodes
    arrows = [p for p in ax.patches if p.get_label() in ("_edge", "_unsure")]
    assert len(arrows) == 2
    text = edges().to_dot(tmp_path / "c.dot")
    assert text == (tmp_path / "c.dot").read_text()
    assert '"embed" -> "0.0"' in text
    assert '"0.0" -> "1.0"' in text
    assert '"embed" -> "1.0"' not in text


def test_heads_make_a_map_and_others_bars():
    names = replace(
        chosen().players,
        names=("0.0", "1.0", "1.1"),
        columns={"layer": (0, 1, 1), "head": (0, 0, 1)},
    )
    assert chosen(players=names, order=("0.0",)).plot().get_xlabel().startswith("head")
    bars = chosen().plot()
    assert {t.get_text() for t in bars.get_yticklabels()} >= {"a", "b"}
    text = chosen().to_dot()
    assert text.count("[label=") == 2
    assert "->" not in text


def test_nobody_is_no_picture():
    nobody = chosen(chosen=np.zeros(3, bool), less=np.full((2, 1, 3), np.nan))
    for show in (nobody.plot, nobody.to_dot):
        with pytest.raises(ResultError, match="nobody was chosen"):
            show()
