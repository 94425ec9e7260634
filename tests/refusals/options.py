"""Arguments of the verbs, and of what is given to them, outside what is offered."""

import numpy as np

import whence as wh

V, T = ValueError, TypeError


def own(function):
    return lambda b: b.importance(b.regressor, y=b.t, loss=function)


def alone(make):
    return lambda b: make()


OPTIONS = [
    # -- losses --
    ("loss unknown", V, [], lambda b: b.importance(loss="crossentropy")),
    ("loss is a number", V, [], lambda b: b.importance(loss=2)),
    ("loss is a class", V, [], lambda b: b.importance(loss=wh.games.features.LogLoss)),
    ("loss is a scikit-learn scorer's name", V, [], lambda b: b.importance(loss="neg_log_loss")),
    ("loss answers a mean", V, [], own(lambda y, p: ((y - p) ** 2).mean())),
    ("loss answers another shape", V, [], own(lambda y, p: np.ones((len(y), 2)))),
    ("loss answers NaN", V, [], own(lambda y, p: np.where(y > 2, np.nan, y - p))),
    ("loss answers None", V, [], own(lambda y, p: None)),
    ("loss answers text", V, [], own(lambda y, p: ["a"] * len(y))),
    ("loss fails", V, [], own(lambda y, p: y["age"])),
    ("loss takes one argument", V, [], own(lambda y: y)),
    ("log-loss of a regressor", V, [], lambda b: b.importance(b.regressor, y=b.t, loss="log-loss")),
    (
        "zero-one loss of a regressor",
        V,
        [],
        lambda b: b.importance(b.regressor, y=b.t, loss="zero-one"),
    ),
    ("squared error of names", V, [], lambda b: b.importance(loss="squared error")),
    (
        "squared error of a classifier's codes",
        V,
        [],
        lambda b: b.importance(b.codes, b.A, b.k, loss="mse"),
    ),
    (
        "own loss and labels of another length",
        V,
        [],
        lambda b: b.importance(b.regressor, y=b.t[:5], loss=lambda y, p: y - p),
    ),
    # -- removals --
    ("removal unknown", V, [], lambda b: b.importance(removal="marginall")),
    ("removal conditional", V, [], lambda b: b.importance(removal="conditional")),
    ("removal a number", V, [], lambda b: b.importance(removal=0)),
    ("removal a class", V, [], lambda b: b.importance(removal=wh.games.features.Marginal)),
    ("baseline of many rows", V, [], lambda b: b.explain(removal="baseline")),
    (
        "baseline lacks a column",
        V,
        [],
        lambda b: b.explain(removal="baseline", background={"age": 1.0, "bmi": 2.0}),
    ),
    (
        "baseline has a column too many",
        V,
        [],
        lambda b: b.explain(
            removal="baseline", background={"age": 1.0, "bmi": 2.0, "smoker": 0, "sex": 1}
        ),
    ),
    (
        "baseline of another length",
        V,
        [],
        lambda b: b.explain(removal="baseline", background=[0.0, 0.0]),
    ),
    (
        "baseline of text",
        V,
        [],
        lambda b: b.explain(removal="baseline", background={"age": "old", "bmi": 2.0, "smoker": 0}),
    ),
    (
        "baseline of NaN",
        V,
        [],
        lambda b: b.explain(
            removal="baseline", background={"age": np.nan, "bmi": 2.0, "smoker": 0}
        ),
    ),
    ("baseline without a row", V, [], lambda b: b.explain(removal="baseline", background=None)),
    (
        "importance against a baseline without one",
        V,
        [],
        lambda b: b.importance(removal="baseline"),
    ),
    ("sample of zero rows", V, [], lambda b: wh.games.features.Marginal(b.X, sample=0)),
    ("sample of half a row", V, [], lambda b: wh.games.features.Marginal(b.X, sample=0.5)),
    ("sample in words", V, [], lambda b: wh.games.features.Marginal(b.X, sample="all")),
    # -- groups --
    ("groups are a word", V, [], lambda b: b.importance(groups="auto")),
    ("groups overlap", V, [], lambda b: b.importance(groups={"a": ["age", "bmi"], "b": ["bmi"]})),
    ("groups name no column", V, [], lambda b: b.importance(groups={"a": ["age", "bmii"]})),
    ("groups name a column twice", V, [], lambda b: b.importance(groups={"a": ["age", "age"]})),
    ("a group is empty", V, [], lambda b: b.importance(groups={"a": []})),
    (
        "a group has a column's name",
        V,
        [],
        lambda b: b.importance(groups={"age": ["bmi", "smoker"]}),
    ),
    ("a group is a number", V, [], lambda b: b.importance(groups={"a": 3})),
    ("a group is None", V, [], lambda b: b.importance(groups={"a": None})),
    ("a group's column has no place", V, [], lambda b: b.importance(groups={"a": [0, 7]})),
    ("groups are numbers", V, [], lambda b: b.importance(groups=[0, 1, 1])),
    ("groups are empty lists", V, [], lambda b: b.importance(groups=[[]])),
    # -- output --
    ("output unknown", V, [], lambda b: b.explain(b.classifier, output="yess")),
    ("output beyond the last", V, [], lambda b: b.explain(b.classifier, output=2)),
    ("output is a list", V, [], lambda b: b.explain(b.classifier, output=["yes", "no"])),
    ("output is a fraction", V, [], lambda b: b.explain(b.classifier, output=0.5)),
    # -- budgets --
    ("budget of no evaluations", V, [], alone(lambda: wh.Budget(evaluations=0))),
    ("budget of negative seconds", V, [], alone(lambda: wh.Budget(seconds=-1))),
    ("budget of NaN", V, [], alone(lambda: wh.Budget(relative_error=float("nan")))),
    ("budget of endless time", V, [], alone(lambda: wh.Budget(seconds=float("inf")))),
    ("budget in words", V, [], alone(lambda: wh.Budget(seconds="30s"))),
    ("budget of True", V, [], alone(lambda: wh.Budget(evaluations=True))),
    (
        "budget without a bound",
        V,
        [],
        alone(lambda: wh.Budget(relative_error=None, data_share=None)),
    ),
    ("budget of the data share alone", V, [], alone(lambda: wh.Budget(relative_error=None))),
    ("budget is a number", V, [], lambda b: b.importance(budget=1000)),
    ("budget is a mapping", V, [], lambda b: b.importance(budget={"seconds": 3})),
    ("budget is a class", V, [], lambda b: b.importance(budget=wh.Budget)),
    ("budget of rows that nobody counts", V, [], lambda b: b.sampled(budget=wh.Budget(rows=100))),
    ("max_evals of zero", V, [], lambda b: b.importance(max_evals=0)),
    ("max_evals in words", V, [], lambda b: b.importance(max_evals="auto")),
    (
        "max_evals beside a budget that is none",
        V,
        [],
        lambda b: b.importance(budget=5, max_evals=100),
    ),
    ("thresh of zero", V, [], lambda b: b.importance(thresh=0)),
    # -- seeds, engines, jobs, progress, keep --
    ("seed negative", V, [], lambda b: b.importance(seed=-1)),
    ("seed a fraction", V, [], lambda b: b.importance(seed=0.5)),
    ("seed in words", V, [], lambda b: b.importance(seed="42")),
    ("seed None", V, [], lambda b: b.importance(seed=None)),
    ("seed a generator", V, [], lambda b: b.importance(seed=np.random.default_rng(0))),
    ("seed and random_state", V, [], lambda b: b.importance(seed=1, random_state=2)),
    ("random_state negative", V, [], lambda b: b.importance(random_state=-5)),
    ("engine a number", V, [], lambda b: b.importance(engine=4)),
    ("engine a class", V, [], lambda b: b.importance(engine=wh.engines.Serial)),
    ("engine in words", V, [], lambda b: b.importance(engine="threads")),
    ("engine and n_jobs", V, [], lambda b: b.importance(engine=wh.engines.Serial(), n_jobs=2)),
    ("n_jobs zero", V, [], lambda b: b.importance(n_jobs=0)),
    ("n_jobs a fraction", V, [], lambda b: b.importance(n_jobs=1.5)),
    ("n_jobs in words", V, [], lambda b: b.importance(n_jobs="all")),
    ("no threads", V, [], alone(lambda: wh.engines.Threads(0))),
    ("threads in words", V, [], alone(lambda: wh.engines.Threads("4"))),
    ("negative processes", V, [], alone(lambda: wh.engines.Processes(-2))),
    ("progress in words", V, [], lambda b: b.importance(progress="yes")),
    ("progress a number", V, [], lambda b: b.importance(progress=1)),
    ("keep is not offered", V, [], lambda b: b.importance(keep="worths.db")),
    # -- method and index --
    ("method unknown", V, [], lambda b: b.explain(method="permutations")),
    ("method a class", V, [], lambda b: b.explain(method=wh.methods.Permutation)),
    ("method a number", V, [], lambda b: b.explain(method=1)),
    (
        "method of another index",
        V,
        [],
        lambda b: b.attribute(method=wh.methods.Permutation(), index=wh.Banzhaf()),
    ),
    (
        "method's name with another index",
        V,
        [],
        lambda b: b.attribute(method="permutation", index=wh.Banzhaf()),
    ),
    (
        "one player at a time for Shapley",
        V,
        [],
        lambda b: b.attribute(method="leave-one-out", index=wh.Shapley()),
    ),
    (
        "Exact of another index's kind",
        V,
        [],
        lambda b: b.attribute(method="exact", index=wh.AumannShapley()),
    ),
    ("Exact on 30 players", T, [], lambda b: b.attribute(b.many(30), method=wh.methods.Exact())),
    ("Exact on draws without end", T, [], lambda b: wh.methods.Exact().attribute(EndlessGame())),
    ("Exact with no players allowed", V, [], alone(lambda: wh.methods.Exact(max_players=0))),
    ("Permutation in batches of nothing", V, [], alone(lambda: wh.methods.Permutation(batch=0))),
    ("Permutation in batches of words", V, [], alone(lambda: wh.methods.Permutation(batch="all"))),
    (
        "SampledSemivalue of a word",
        V,
        [],
        alone(lambda: wh.methods.SampledSemivalue(index="banzhaf")),
    ),
    ("OnePlayer of Shapley", V, [], alone(lambda: wh.methods.OnePlayer(index=wh.Shapley()))),
    ("index a class", V, [], lambda b: b.attribute(index=wh.Banzhaf)),
    ("index in words", V, [], lambda b: b.attribute(index="banzhaf")),
    ("index that needs gradients", T, [], lambda b: b.attribute(index=wh.AumannShapley())),
    ("index that needs an identity", T, [], lambda b: b.attribute(index=wh.Share("flow"))),
    ("BetaShapley of zero", V, [], alone(lambda: wh.BetaShapley(0, 1))),
    ("BetaShapley of NaN", V, [], alone(lambda: wh.BetaShapley(float("nan"), 1))),
    ("BetaShapley of infinity", V, [], alone(lambda: wh.BetaShapley(float("inf"), 1))),
    ("BetaShapley in words", V, [], alone(lambda: wh.BetaShapley("4", 1))),
]


class EndlessGame(wh.Game):
    players = wh.Players(("a", "b"))
    n_draws = None

    def _worth(self, coalitions, cases, draws):
        return coalitions.sum(axis=1)
