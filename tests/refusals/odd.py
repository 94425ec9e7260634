"""Odd values, and the public doors that each of them is tried at, one argument at a time.

Arguments are read off the signatures, so that a new one is tried as soon as it is there.
"""

import inspect
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

import whence as wh

from .bench import Bench

NOWHERE = "no/such/folder/a.whence"


def values():
    """Label -> what nobody means, made afresh: some of it is right for some arguments."""
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    return {
        "None": None, "True": True, "False": False, "0": 0, "-1": -1, "1": 1, "1.5": 1.5,
        "0.5": 0.5, "nan": float("nan"), "inf": float("inf"), "10**30": 10**30, "1j": 1j,
        "''": "", "'x'": "x", "'no'": "no", "'1'": "1", "'a\\0b'": "a\0b", "escape": "\x1b[2Jx",
        "5000 letters": "x" * 5000, "bytes": b"x", "()": (), "[]": [], "[[]]": [[]],
        "['x']": ["x"], "[None]": [None], "[1, 'x']": [1, "x"], "{}": {}, "{'x': 1}": {"x": 1},
        "set()": set(), "{'x'}": {"x"}, "range": range(3), "object": object(),
        "a class": Exception, "a function": len, "lambda": lambda: 0, "array(1)": np.array(1),
        "array([])": np.array([]), "array([nan])": np.array([np.nan]),
        "array(['x'])": np.array(["x"]), "np.int64(-1)": np.int64(-1),
        "np.float32(nan)": np.float32("nan"), "np.bool_": np.bool_(True), "masked": np.ma.masked,
        "pd.NA": pd.NA, "pd.NaT": pd.NaT, "frame": frame, "series": frame["a"],
        "no file": Path(NOWHERE), "slice": slice(None), "a generator": (i for i in "ab"),
    }  # fmt: skip


class Doors(Bench):
    """The public doors, each with arguments that are right."""

    @cached_property
    def few(self):
        return wh.value(self.X, self.y)

    @cached_property
    def pairs(self):
        return wh.load(Path(__file__).parents[1] / "fixtures" / "interactions-v2.whence")

    @cached_property
    def found(self):
        from selections import chosen

        return chosen()

    @cached_property
    def versus(self):
        return wh.compare(self.answer, self.answer)

    def quick(self):
        """Doors at which nothing is computed: name -> (the function, arguments that are right)."""
        found = {
            "attribute": (wh.attribute, {"game": self.game}),
            "compare": (wh.compare, {"a": self.answer, "b": self.answer}),
            "from_shap": (wh.from_shap, {"explanation": np.ones((2, 3))}),
            "from_dict": (wh.from_dict, {"dictionary": self.answer.to_dict()}),
            "load": (wh.load, {"path": self.saved()}),
            "FunctionGame": (wh.FunctionGame, {"function": len, "players": ["a", "b"]}),
            "Players": (wh.Players, {"names": ("a", "b")}),
            "Budget": (wh.Budget, {}),
            "BetaShapley": (wh.BetaShapley, {}),
            "LinearSurrogate": (wh.LinearSurrogate, {}),
            "Share": (wh.Share, {"identity": "stream"}),
            "Certificate": (
                wh.Certificate,
                {"check": "a", "holds": True, "words": "b", "numbers": {}},
            ),
            "Permutation": (wh.methods.Permutation, {}),
            "SampledSemivalue": (wh.methods.SampledSemivalue, {"index": wh.Banzhaf()}),
            "ControlVariate": (wh.methods.ControlVariate, {}),
            "Threads": (wh.engines.Threads, {"workers": 1}),
            "Processes": (wh.engines.Processes, {"workers": 1}),
            "Store": (wh.engines.Store, {"path": self.folder / "a.db"}),
            "Marginal": (wh.games.features.Marginal, {"background": self.X}),
            "LogLoss": (wh.games.features.LogLoss, {}),
            "fit": (
                wh.evaluate.fit,
                {"game": self.game, "attribution": self.answer, "masks": 5},
            ),
        }
        for name, result in (
            ("att", self.answer), ("pairs", self.pairs), ("selection", self.found),
            ("comparison", self.versus),
        ):  # fmt: skip
            doors = {method: getattr(result, method, None) for method in METHODS}
            found |= {
                f"{name}.{method}": (door, self.right(method, result))
                for method, door in doors.items()
                if door is not None
            }
        return found

    def verbs(self):
        """Doors of verbs, likewise."""
        X, y, t, A, k = self.X, self.y, self.t, self.A, self.k
        of = {"X": X[:2], "background": X}
        sides = {"before": (X, y), "after": (X[::-1], y[::-1])}
        trained = {"model": self.trainer, "groups": y, "test": (X, y), "repeats": 3}
        flags = wh.suspects(self.few, X, y, most=3)
        return {
            "importance": (wh.importance, {"model": self.regressor, "X": X, "y": t}),
            "explain": (wh.explain, {**of, "model": self.regressor}),
            "interactions": (wh.interactions, {**of, "model": self.tree}),
            "value": (wh.value, {"X": X, "y": y}),
            "suspects": (wh.suspects, {"attribution": self.few, "X": X, "y": y}),
            "drop": (wh.drop, {"model": self.classifier, **sides}),
            "duplicates": (wh.duplicates, {"X": X}),
            "describe_difference": (
                wh.describe_difference,
                {"A": X, "B": X + 1, "permutations": 9},
            ),
            "marginal": (wh.marginal, trained),
            "knn_shapley": (
                wh.methods.knn_shapley,
                {"X": A, "y": k, "X_test": A[:3], "y_test": k[:3]},
            ),
            "data_oob": (wh.methods.data_oob, {"X": A, "y": k, "bags": 10}),
            "suspects.table": (flags.table, {}),
            "suspects.to_frame": (flags.to_frame, {}),
            "suspects.to_csv": (flags.to_csv, {"path": self.folder / "a.csv"}),
        }

    def right(self, method, result):
        places = {"save": "b.whence", "to_parquet": "b.parquet"}
        if method in places:
            return {"path": self.folder / places[method]}
        return {
            "certificate": {"check": "x"}, "group": {"by": {"g": ["a"]}}, "load": {
                "path": self.saved()}, "merge": {"runs": [self.sampled(), self.sampled(1)]},
            "select": {"output": 0}, "__sub__": {"other": result},
        }.get(method, {})  # fmt: skip

    @cached_property
    def tree(self):
        from sklearn.tree import DecisionTreeRegressor

        return DecisionTreeRegressor(max_depth=2).fit(self.X, self.t)

    @cached_property
    def trainer(self):
        from sklearn.linear_model import LogisticRegression

        return wh.models.Trainer.sklearn(
            LogisticRegression(), self.X, self.y, measurement="probability"
        )


METHODS = (
    "ci", "error", "certificate", "__getitem__", "top", "output", "select", "group", "__sub__",
    "merge", "save", "load", "to_parquet", "to_frame", "to_shapiq", "to_dot", "table", "plot",
    "to_html", "matrix", "real",
)  # fmt: skip


def arguments(door):
    """The names of what a door takes, one by one."""
    for name, one in inspect.signature(door).parameters.items():
        if one.kind is not one.VAR_KEYWORD:
            yield name, one.kind


def tried(door, right, name, kind, value):
    """Call a door with one odd argument among those that are right."""
    given = {key: one for key, one in right.items() if key != name}
    dunder = door.__name__.startswith("__")
    if kind is inspect.Parameter.VAR_POSITIONAL or dunder:
        return door(value, **given)
    return door(**given, **{name: value})


# -- what is right, though it looks odd --

ONE = {"1"}
FLAGS = {"True", "False", "np.bool_"}
PATHS = {"'x'", "'no'", "'1'", "escape"}  # files may be called so
WORDS = {"''", "'x'", "'no'", "'1'", "'a\\0b'", "escape", "5000 letters"}  # shown as they are
PLACES = {"0", "-1", "np.int64(-1)"}  # positions, from either end
BOUNDS = {"1", "1.5", "0.5", "10**30"}
SEEDS = {"0", "1", "10**30"}
LISTS = {"['x']", "[1, 'x']", "range", "array(['x'])", "series", "a generator"}
CALLED = {"a class", "a function", "lambda"}
TWO = {"frame", "series", "'1'"}  # numbers for the two rows of the answer
EVERY = set(values())  # it is looked at later, where the rows are known that it belongs to
RIGHT = {
    **dict.fromkeys(("by_case", "scale", "antithetic", "ordered"), FLAGS),
    **dict.fromkeys(("seed", "random_state"), SEEDS),
    **dict.fromkeys(("path", "keep"), PATHS),
    **dict.fromkeys(("max_evals", "thresh", "evaluations", "rows", "seconds"), BOUNDS),
    **dict.fromkeys(("relative_error", "absolute_error", "data_share", "a", "b"), BOUNDS),
    **dict.fromkeys(("most", "k", "batch", "sample", "workers", "more", "permutations"), ONE),
    **dict.fromkeys(("unit", "identity", "check", "words"), WORDS),
    "progress": FLAGS | CALLED,
    "n_jobs": {"-1", "1", "np.int64(-1)"},
    "output": PLACES,
    "groups": {"()", "[]", "{}"},
    "att.output.name": PLACES,
    "pairs.output.name": PLACES,
    "att.__getitem__.player": {*PLACES, "1"},
    "att.select.case": {*PLACES, "1", "array(1)", "slice"},
    "att.select.players": {"range", "a generator"},
    "att.group.by": {"{}", "{'x': 1}"},
    "att.table.most": {"1", "10**30"},
    "comparison.table.most": {"1", "10**30"},
    "comparison.to_html.names": {"a generator"},
    "Certificate.holds": FLAGS,
    "Certificate.numbers": {"{}", "{'x': 1}", "series"},
    "Certificate.intervals": {"{}"},
    "Certificate.table": {"{}", "frame"},
    "ControlVariate.proxy": FLAGS,
    "FunctionGame.function": CALLED,
    "FunctionGame.players": LISTS,
    "FunctionGame.outputs": {"['x']", "array(['x'])", "a generator"},
    "Players.names": LISTS,
    "Players.kind": WORDS,
    "Players.columns": {"{}"},
    "Store.path": {*PATHS, "no file"},
    "Store.name": WORDS,
    "Marginal.background": EVERY,
    "LinearSurrogate.keep": {"0.5"},
    "LogLoss.clip": {"0.5"},
    "fit.keep": {"0.5"},
    "drop.label": WORDS,
    "drop.beside": {"array([])"},
    "duplicates.X": {"frame"},
    "duplicates.y_test": {"()", "[]", "array([])"},
    "duplicates.near": {"0", *BOUNDS},
    "describe_difference.predicates": {"{}"},
    "describe_difference.rate": {"0.5"},
    "from_shap.explanation": {"range", "frame", "series"},
    "from_shap.base_values": SEEDS | FLAGS | BOUNDS | {"-1", "array(1)", "np.int64(-1)", *TWO},
    "from_shap.data": {"[1, 'x']", "series"},
    "from_shap.feature_names": {"range"},
    "from_shap.output_names": EVERY,
    "knn_shapley.y_test": {"range"},
    "explain.sample_weight": {"frame", "series"},  # a weight for each of the two rows
    "level": {"0.5"},
}


def is_right(door, name, label):
    """Whether a value that looks odd is right for this argument of this door."""
    if label == "None":  # where it is the default
        return True
    known = RIGHT.get(f"{door}.{name}", RIGHT.get(name, set()))
    return label in known
