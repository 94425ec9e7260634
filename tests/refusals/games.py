"""Games and players that are none, or that answer nonsense."""

import numpy as np

import whence as wh

V, T = ValueError, TypeError


def game(function, players=("a", "b", "c"), **more):
    return lambda b: wh.attribute(wh.FunctionGame(function, players, **more))


def alone(make):
    return lambda b: make()


def _steps():
    names = wh.Players(("a", "b", "c"), "step", ordered=True)
    return wh.FunctionGame(lambda s: s.sum(axis=1), names)


def at(coalition, *, case=0, draw=0):
    where = np.array([case]), np.array([draw])
    return lambda b: b.game.worth(np.array([coalition]), *where)


GAMES = [
    (
        "game is a function",
        V,
        [
            "game must be a Game, such as wh.FunctionGame(function, names);",
            "Game, such as wh.FunctionGame(function, names); given function",
        ],
        lambda b: wh.attribute(lambda stay: stay),
    ),
    (
        "game is None",
        V,
        [
            "game must be a Game, such as wh.FunctionGame(function, names);",
            "Game, such as wh.FunctionGame(function, names); given NoneType",
        ],
        lambda b: wh.attribute(None),
    ),
    (
        "game is a class",
        V,
        [
            "game must be a Game, such as wh.FunctionGame(function, names);",
            "as wh.FunctionGame(function, names); given FunctionGame (a class)",
        ],
        lambda b: wh.attribute(wh.FunctionGame),
    ),
    (
        "game is a model",
        V,
        [
            "game must be a Game, such as wh.FunctionGame(function, names);",
            "Game, such as wh.FunctionGame(function, names); given LogisticRegression",
        ],
        lambda b: wh.attribute(b.classifier),
    ),
    (
        "game answers NaN",
        V,
        [
            "the worth is not finite with 'a' present (case",
            "measures: NaN and infinity cannot be attributed.",
        ],
        game(lambda s: np.where(s[:, 0], np.nan, 1.0)),
    ),
    (
        "game answers infinity for everybody",
        V,
        [
            "the worth is not finite with 'a', 'b', 'c'",
            "measures: NaN and infinity cannot be attributed.",
        ],
        game(lambda s: np.where(s.all(axis=1), np.inf, 1.0)),
    ),
    (
        "game answers NaN for nobody",
        V,
        [
            "the worth is not finite with nobody present (case",
            "measures: NaN and infinity cannot be attributed.",
        ],
        game(lambda s: np.where(s.any(axis=1), 1.0, np.nan)),
    ),
    (
        "game answers one number",
        V,
        [
            "FunctionGame answered an array of shape (); it must",
            "each question, one column for each output",
        ],
        game(lambda s: 1.0),
    ),
    (
        "game answers two columns",
        V,
        [
            "FunctionGame answered an array of shape (8, 2); it",
            "each question, one column for each output",
        ],
        game(lambda s: np.ones((len(s), 2))),
    ),
    (
        "game answers too few columns",
        V,
        [
            "FunctionGame answered an array of shape (8,); it must",
            "each question, one column for each output",
        ],
        game(lambda s: np.ones(len(s)), outputs=("a", "b")),
    ),
    (
        "game answers None",
        V,
        [
            "FunctionGame answered an array of shape (); it must",
            "each question, one column for each output",
        ],
        game(lambda s: None),
    ),
    (
        "game answers text",
        V,
        ["FunctionGame answered", "worths are real numbers, one for each question"],
        game(lambda s: ["a"] * len(s)),
    ),
    (
        "game answers complex numbers",
        V,
        ["FunctionGame answered complex128", "worths are real numbers"],
        game(lambda s: s.sum(axis=1) + 1j),
    ),
    (
        "game answers ragged rows",
        V,
        ["FunctionGame answered something else", "worths are real numbers"],
        game(lambda s: [[1.0], [1.0, 2.0]] * (len(s) // 2)),
    ),
    (
        "game fails",
        V,
        ["the function failed on an array of shape (8, 3), one coalition a row: IndexError"],
        game(lambda s: s["a"]),
    ),
    (
        "function is no function",
        V,
        [
            "a FunctionGame needs a function of coalitions, bool [rows,",
            "of coalitions, bool [rows, players]; given list",
        ],
        alone(lambda: wh.FunctionGame([1.0, 2.0], ("a", "b"))),
    ),
    (
        "outputs are a string",
        V,
        [
            "outputs are different names, such as ('gain', 'cost'); given",
            "names, such as ('gain', 'cost'); given 'worth'",
        ],
        alone(lambda: wh.FunctionGame(len, ("a", "b"), outputs="worth")),
    ),
    (
        "outputs are empty",
        V,
        [
            "outputs are different names, such as ('gain', 'cost'); given",
            "names, such as ('gain', 'cost'); given ()",
        ],
        alone(lambda: wh.FunctionGame(len, ("a", "b"), outputs=())),
    ),
    (
        "outputs clash",
        V,
        [
            "outputs are different names, such as ('gain', 'cost'); given",
            "such as ('gain', 'cost'); given ('x', 'x')",
        ],
        alone(lambda: wh.FunctionGame(len, ("a", "b"), outputs=("x", "x"))),
    ),
    (
        "players are a string",
        V,
        [
            "players must be a sequence, one entry for each",
            "one entry for each player; given 'abc'",
        ],
        alone(lambda: wh.FunctionGame(len, "abc")),
    ),
    (
        "players are a number",
        V,
        ["players must be a sequence, one entry for each", "one entry for each player; given 3"],
        alone(lambda: wh.FunctionGame(len, 3)),
    ),
    (
        "players are none",
        V,
        ["a game needs at least one player, and no", "one player, and no name was given"],
        alone(lambda: wh.FunctionGame(len, ())),
    ),
    (
        "players clash",
        V,
        [
            "players need different names; given more than once: 'a'.",
            "given more than once: 'a'. Rename them.",
        ],
        alone(lambda: wh.Players(("a", "b", "a"))),
    ),
    (
        "players clash as words",
        V,
        [
            "players need different names; given more than once: '1'.",
            "given more than once: '1'. Rename them.",
        ],
        alone(lambda: wh.Players((1, "1"))),
    ),
    (
        "players are missing",
        V,
        ["names must be a sequence, one entry for each", "one entry for each player; given None"],
        alone(lambda: wh.Players(None)),
    ),
    (
        "a player's column of another length",
        V,
        ["column 'layer' has 1 entries for 2 players"],
        alone(lambda: wh.Players(("a", "b"), columns={"layer": (1,)})),
    ),
    (
        "a player's column is a number",
        V,
        ["column 'layer' must be a sequence, one entry for", "one entry for each player; given 1"],
        alone(lambda: wh.Players(("a", "b"), columns={"layer": 1})),
    ),
    (
        "players' columns are a list",
        V,
        ["columns are a mapping such as {'layer': [0, 0,", "as {'layer': [0, 0, 1]}; given list"],
        alone(lambda: wh.Players(("a", "b"), columns=["layer"])),
    ),
    (
        "ordered players and an index of any coalitions",
        T,
        [
            "Banzhaf() does not know ordered players: only the first so many of them can be asked",
            "index=wh.Shapley(), by Exact() or, where draws are many, by Permutation().",
        ],
        lambda b: wh.attribute(_steps(), index=wh.Banzhaf()),
    ),
    (
        "ordered players one at a time",
        T,
        ["LeaveOneOut() does not know ordered players: only the first so many", "wh.Shapley()"],
        lambda b: wh.attribute(_steps(), index=wh.LeaveOneOut()),
    ),
    (
        "ordered players and masks",
        T,
        ["ComponentRegression does not know ordered players: only the first so many", "Exact()"],
        lambda b: wh.attribute(_steps(), method=wh.methods.ComponentRegression()),
    ),
    ("a coalition of too few", V, ["coalitions of shape (1, 2) for 3 players"], at([True, False])),
    (
        "a case that is not there",
        V,
        ["this game has 1 cases, numbered from 0"],
        at([True] * 3, case=1),
    ),
    (
        "a draw that is not there",
        V,
        ["this game has draws 0 to 0 for each", "draws 0 to 0 for each case"],
        at([True] * 3, draw=-1),
    ),
]
