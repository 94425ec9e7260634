"""Games and players that are none, or that answer nonsense."""

import numpy as np

import whence as wh

V, T = ValueError, TypeError


def game(function, players=("a", "b", "c"), **more):
    return lambda b: wh.attribute(wh.FunctionGame(function, players, **more))


def alone(make):
    return lambda b: make()


def at(coalition, *, case=0, draw=0):
    where = np.array([case]), np.array([draw])
    return lambda b: b.game.worth(np.array([coalition]), *where)


GAMES = [
    ("game is a function", V, [], lambda b: wh.attribute(lambda stay: stay)),
    ("game is None", V, [], lambda b: wh.attribute(None)),
    ("game is a class", V, [], lambda b: wh.attribute(wh.FunctionGame)),
    ("game is a model", V, [], lambda b: wh.attribute(b.classifier)),
    ("game answers NaN", V, [], game(lambda s: np.where(s[:, 0], np.nan, 1.0))),
    (
        "game answers infinity for everybody",
        V,
        [],
        game(lambda s: np.where(s.all(axis=1), np.inf, 1.0)),
    ),
    ("game answers NaN for nobody", V, [], game(lambda s: np.where(s.any(axis=1), 1.0, np.nan))),
    ("game answers one number", V, [], game(lambda s: 1.0)),
    ("game answers two columns", V, [], game(lambda s: np.ones((len(s), 2)))),
    ("game answers too few columns", V, [], game(lambda s: np.ones(len(s)), outputs=("a", "b"))),
    ("game answers None", V, [], game(lambda s: None)),
    ("game answers text", V, [], game(lambda s: ["a"] * len(s))),
    ("game answers complex numbers", V, [], game(lambda s: s.sum(axis=1) + 1j)),
    ("game answers ragged rows", V, [], game(lambda s: [[1.0], [1.0, 2.0]] * (len(s) // 2))),
    ("game fails", V, [], game(lambda s: s["a"])),
    ("function is no function", V, [], alone(lambda: wh.FunctionGame([1.0, 2.0], ("a", "b")))),
    (
        "outputs are a string",
        V,
        [],
        alone(lambda: wh.FunctionGame(len, ("a", "b"), outputs="worth")),
    ),
    ("outputs are empty", V, [], alone(lambda: wh.FunctionGame(len, ("a", "b"), outputs=()))),
    ("outputs clash", V, [], alone(lambda: wh.FunctionGame(len, ("a", "b"), outputs=("x", "x")))),
    ("players are a string", V, [], alone(lambda: wh.FunctionGame(len, "abc"))),
    ("players are a number", V, [], alone(lambda: wh.FunctionGame(len, 3))),
    ("players are none", V, [], alone(lambda: wh.FunctionGame(len, ()))),
    ("players clash", V, [], alone(lambda: wh.Players(("a", "b", "a")))),
    ("players clash as words", V, [], alone(lambda: wh.Players((1, "1")))),
    ("players are missing", V, [], alone(lambda: wh.Players(None))),
    (
        "a player's column of another length",
        V,
        [],
        alone(lambda: wh.Players(("a", "b"), columns={"layer": (1,)})),
    ),
    (
        "a player's column is a number",
        V,
        [],
        alone(lambda: wh.Players(("a", "b"), columns={"layer": 1})),
    ),
    (
        "players' columns are a list",
        V,
        [],
        alone(lambda: wh.Players(("a", "b"), columns=["layer"])),
    ),
    (
        "ordered players and random orders",
        V,
        [],
        lambda b: wh.attribute(
            wh.FunctionGame(
                lambda s: s.sum(axis=1), wh.Players(("a", "b", "c"), "step", ordered=True)
            ),
            method=wh.methods.Permutation(),
        ),
    ),
    (
        "ordered players and Exact",
        T,
        [],
        lambda b: wh.attribute(
            wh.FunctionGame(
                lambda s: s.sum(axis=1), wh.Players(("a", "b", "c"), "step", ordered=True)
            ),
            method=wh.methods.Exact(),
        ),
    ),
    ("a coalition of too few", V, [], at([True, False])),
    ("a case that is not there", V, [], at([True] * 3, case=1)),
    ("a draw that is not there", V, [], at([True] * 3, draw=-1)),
]
