"""Write the table of docs/methods.md from the classes in the folder: python docs/make_methods.py.

Names, indices, needs and sources are read off the classes; costs and kinds of uncertainty are
measured, on a game of ten players: gloves, a tree where a method needs leaves, a sum of products
where it needs a gradient, or ten neurons where it needs a network.
"""

import re
from dataclasses import fields
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from types import UnionType
from typing import get_args

import numpy as np
import torch
from sklearn.tree import DecisionTreeRegressor

import whence as wh
from whence._core.folder import classes
from whence._core.leaf_game import LeafGame
from whence._core.network_game import NetworkGame
from whence._core.visits import visits
from whence._core.wrap import Metered
from whence.games.synthetic import Gloves, Multilinear

PAGE = Path(__file__).with_name("methods.md")
START, END = "<!-- the table: make_methods.py -->\n", "<!-- end of the table -->"
HEAD = (
    "| method | index | needs | questions, for ten players | uncertainty | source |\n"
    "|---|---|---|---|---|---|\n"
)


def table():
    """One row for each method, by its file."""
    found = classes("whence.methods", wh.methods.__path__[0])
    kinds = [(module, getattr(import_module(module), name)) for name, module in found.items()]
    rows = [_row(module, kind) for module, kind in sorted(kinds, key=str) if _is_method(kind)]
    return HEAD + "".join(rows)


def written():
    """The page, with the table as the classes would have it."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(START)
    return before + START + table() + END + rest.split(END)[1]


def _is_method(kind):
    return isinstance(kind, type) and issubclass(kind, wh.Method) and not isabstract(kind)


def _row(module, kind):
    method = kind()
    game = _game(method)
    got = method.attribute(game, wh.Budget(evaluations=2**10))
    if isinstance(method, wh.AnytimeMethod):
        game = _game(method)
        method.step(game, method.init(game), visits(game, 0, 0, 1))
        cost = f"{game.asked:,} a walk"
    else:
        cost = _cost(game.asked, got.cost)
    name = module.removeprefix("whence.methods.").split(".")[-1]
    source = re.search(r"Source: (.*?)(?:\n\n|\Z)", kind.__doc__ or "", re.DOTALL)
    cells = (
        f"[`{name}`](../src/{module.replace('.', '/')}.py) · `{kind.__name__}`",
        _index(kind),
        "any game" if method.needs is wh.Game else f"`{method.needs.__name__}`",
        cost,
        got.uncertainty,
        " ".join(source[1].split()).rstrip(".") if source else "by definition",
    )
    return f"| {' | '.join(cells)} |\n"


def _cost(asked, cost):
    if cost.gradients:
        return f"{cost.evaluations:,}, and {cost.gradients:,} gradient{'s' * (cost.gradients > 1)}"
    return f"{asked:,} in all" if asked else "none: reads the leaves"


def _game(method):
    if issubclass(method.needs, NetworkGame):
        return Metered(_neurons())
    if issubclass(method.needs, wh.RelaxedGame):
        names = "abcdefghij"
        return Metered(Multilinear({tuple(names[: i + 1]): 1.0 for i in range(10)}, names))
    if not issubclass(method.needs, LeafGame):
        return Metered(Gloves(4, 4, 2))
    rows = np.random.default_rng(0).normal(size=(64, 10))
    tree = DecisionTreeRegressor(max_depth=4, random_state=0).fit(rows, rows.prod(axis=1))
    leaves = wh.games.features.TreeGame(tree, rows[:1], removal=wh.games.features.Marginal(rows))
    return Metered(leaves)


def _neurons():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [torch.nn.Linear(3, 10), torch.nn.Tanh(), torch.nn.Linear(10, 1)]
        hooked = wh.models.HookedModel(torch.nn.Sequential(*layers).eval())
        rows = torch.randn(1, 3)
    units = wh.games.components.units(hooked, ["0"])
    return wh.games.components.AblationGame(
        hooked, rows, players=units, behaviour=lambda out: out[:, 0], ablation="zero"
    )


def _index(kind):
    typed = next(f.type for f in fields(kind) if f.name == "index")
    if isinstance(typed, UnionType):
        return ", ".join(f"`{t.__name__}`" for t in get_args(typed))
    return "any semivalue" if isabstract(typed) else f"`{typed.__name__}`"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
