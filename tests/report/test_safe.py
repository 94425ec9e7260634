"""Other people's words in everything that is printed: terminals obey none of them."""

import ast
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from answers import many
from rich.console import Console
from selections import chosen

import whence as wh
from whence.recipes.differences import Differences, Finding
from whence.recipes.flagged import Suspect, Suspects

EVIL = "\x1b]0;PWN\x1b\\\x1b[2J\u202e\nverdict: fine [bold]x[/1] :smile:"
ROOT = Path(wh.__file__).parent
FIXTURES = Path(__file__).parents[1] / "fixtures"


def results():
    players = wh.Players(("a", f"b{EVIL}", "c"), f"head{EVIL}", columns={"layer": (0, 1, 1)})
    pairs = wh.load(FIXTURES / "interactions-v2.whence")
    named = wh.Players((*pairs.players.names[:-1], f"z{EVIL}"))
    found = Finding(EVIL, 0.1, 0.2, 0.1, (0.0, 0.1), 0.5, 0.5, 0.01, 0.01, True)
    flag = Suspect(EVIL, 0, EVIL, EVIL, 0.5, 0.1, (0.0, 0.2), {"value": 1, "model loss": 1})
    att = many(4, 1)
    evil = wh.Players((f"p{EVIL}", *att.players.names[1:]), f"kind{EVIL}")
    return {
        "attribution": replace(att, players=evil, verdict=EVIL, method="m" + EVIL),
        "selection": replace(chosen(), method="m" + EVIL, players=players, order=()),
        "interactions": replace(pairs, method="m" + EVIL, players=named),
        "certificate": wh.Certificate(EVIL, True, EVIL, {EVIL: 1.0}, table={EVIL: (1,)}),
        "differences": Differences((found,), 0.05, "benjamini-hochberg", (1, 1), (1, 1), 0),
        "suspects": Suspects((flag,), {}, {"model loss": 0.5}, 1, 1, 10, "m" + EVIL),
    }


def rendered(table):
    page = StringIO()
    Console(file=page, width=120, color_system=None).print(table)
    return page.getvalue()


@pytest.mark.parametrize("kind", results())
def test_what_is_printed_is_safe(kind):
    found = results()[kind]
    said = [repr(found), str(found)]
    if kind not in {"certificate", "interactions"}:
        said += [str(found.table()), rendered(found.table())]
    for text in said:
        assert text.replace("\n", "").isprintable()
        assert len(text) > 20


def test_markup_and_emoji_in_names_are_letters():
    """Kills: "[/1]" that is an error, "[bold]" that is lost, ":smile:" that becomes a face."""
    att = many(3, 1)
    names = ("run [/1]", "v[bold]1", ":smile:")
    text = rendered(replace(att, players=wh.Players(names)).table())
    assert [name for name in names if name not in text] == []


def test_every_repr_goes_through_the_one_door():
    """Kills: a new result whose own words reach the terminal as they are."""
    open_doors = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        if "def __repr__" in (source := path.read_text())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "__repr__"
        for leave in ast.walk(node)
        if isinstance(leave, ast.Return)
        and not (isinstance(leave.value, ast.Call) and leave.value.func.id == "printable")
    ]
    assert open_doors == []


@pytest.mark.parametrize("kind", ["bar", "waterfall", "force", "decision"])
def test_pictures_tell_long_names_apart(kind):
    """mlflow#6705, shap#1254. Kills: one label for several players."""
    stem, rest = "How satisfied are you, all in all, with the ", " of the service in these months?"
    att = many(3, 1)
    names = tuple(f"{stem}{word}{rest}" for word in ("speed", "price", "staff"))
    att = replace(att, players=wh.Players(names), data={})
    ax = att.plot(kind)
    labels = {t.get_text() for t in [*ax.get_yticklabels(), *ax.texts]}
    for text in (" ".join(labels), repr(att), str(att.table())):
        assert [w for w in ("speed", "price", "staff") if w not in text] == []
    ax.figure.clear()
