"""Arguments of the verbs, and of what is given to them, outside what is offered."""

import numpy as np

import whence as wh

V, T = ValueError, TypeError


def own(function):
    return lambda b: b.importance(b.regressor, y=b.t, loss=function)


def alone(make):
    return lambda b: make()


OPTIONS = [
    # -- games and losses of features, made by hand --
    (
        "a game's removal in words",
        V,
        ["a removal is Marginal(background) or Baseline(row)", "given 'marginal'"],
        lambda b: wh.games.features.Prediction(b.regressor, b.X, removal="marginal"),
    ),
    (
        "a game without a removal",
        V,
        ["a removal is Marginal(background) or Baseline(row)", "given None"],
        lambda b: wh.games.features.PredictivePower(b.classifier, b.X, b.y, removal=None),
    ),
    (
        "probabilities clipped at zero",
        V,
        ["clip is a probability between 0 and 1; given 0"],
        alone(lambda: wh.games.features.LogLoss(clip=0)),
    ),
    (
        "probabilities clipped at a word",
        V,
        ["clip is a probability", "given 'a'"],
        alone(lambda: wh.games.features.LogLoss(clip="a")),
    ),
    (
        "an own loss that is no function",
        V,
        ["a loss is a function of (y, prediction); given 3"],
        alone(lambda: wh.games.features.OwnLoss(3)),
    ),
    # -- losses --
    (
        "loss unknown",
        V,
        [
            "no loss is called 'focal'. There are: 'squared error',",
            "'squared error', 'log-loss', 'zero-one', 'brier', 'auc', 'absolute error'",
        ],
        lambda b: b.importance(loss="focal"),
    ),
    (
        "loss is a number",
        V,
        ["a loss is a name, or a function of", "a function of (y, prediction); given 2"],
        lambda b: b.importance(loss=2),
    ),
    (
        "loss is a class",
        V,
        ["the loss LogLoss is a class: give LogLoss()"],
        lambda b: b.importance(loss=wh.games.features.LogLoss),
    ),
    (
        "loss is nearly a scikit-learn scorer's name",
        V,
        ["no loss is called 'neg_log_los'. Did you mean 'log-loss'?"],
        lambda b: b.importance(loss="neg_log_los"),
    ),
    (
        "loss is R^2",
        V,
        [
            "the loss 'r2' is squared error as a share of the variance",
            "'squared error', and divide",
        ],
        lambda b: b.importance(b.regressor, y=b.t, loss="r2"),
    ),
    (
        "loss is no mean over rows",
        V,
        ["the loss 'f1' is no mean over rows", "'zero-one'"],
        lambda b: b.importance(loss="f1"),
    ),
    (
        "loss answers a mean",
        V,
        ["the loss function answered shape () for", "for each row (no mean over rows)"],
        own(lambda y, p: ((y - p) ** 2).mean()),
    ),
    (
        "loss answers another shape",
        V,
        ["the loss function answered shape (", "for each row (no mean over rows)"],
        own(lambda y, p: np.ones((len(y), 2))),
    ),
    (
        "loss answers NaN",
        V,
        ["the loss '<lambda>' answered nan for y=", "it must be finite for every prediction"],
        own(lambda y, p: np.where(y > 2, np.nan, y - p)),
    ),
    (
        "loss answers None",
        V,
        ["the loss function answered shape () for", "for each row (no mean over rows)"],
        own(lambda y, p: None),
    ),
    (
        "loss answers text",
        V,
        [
            "the loss '<lambda>' failed on y of shape (",
            "could not convert string to float: 'a'",
        ],
        own(lambda y, p: ["a"] * len(y)),
    ),
    (
        "loss fails",
        V,
        ["the loss '<lambda>' failed on y of shape", "IndexError"],
        own(lambda y, p: y["age"]),
    ),
    (
        "loss takes one argument",
        V,
        [
            "the loss '<lambda>' failed on y of shape (",
            "1 positional argument but 2 were given",
        ],
        own(lambda y: y),
    ),
    (
        "log-loss of a regressor",
        V,
        [
            "log-loss needs class probabilities, and LinearRegression answers value numbers.",
            "predict_proba knows its classes, or loss='squared error'.",
        ],
        lambda b: b.importance(b.regressor, y=b.t, loss="log-loss"),
    ),
    (
        "zero-one loss of a regressor",
        V,
        [
            "the zero-one loss needs a classifier, and LinearRegression answers",
            "LinearRegression answers value numbers. Use loss='squared error'.",
        ],
        lambda b: b.importance(b.regressor, y=b.t, loss="zero-one"),
    ),
    (
        "squared error of names",
        V,
        [
            "y holds 'yes', not numbers, and the model predicts",
            "If these are labels, explain a classifier.",
        ],
        lambda b: b.importance(loss="squared error"),
    ),
    (
        "squared error of a classifier's codes",
        V,
        [
            "y has 1 columns and the model 2 outputs",
            "(0, 1). For a classifier use loss='log-loss', or 'brier': squared error of proba",
        ],
        lambda b: b.importance(b.codes, b.A, b.k, loss="mse"),
    ),
    (
        "own loss and labels of another length",
        V,
        ["y has 5 rows, X has 40: give one", "X, in the order of its rows."],
        lambda b: b.importance(b.regressor, y=b.t[:5], loss=lambda y, p: y - p),
    ),
    # -- removals --
    (
        "removal unknown",
        V,
        ["no removal is called 'marginall'. Did you mean 'marginal'?"],
        lambda b: b.importance(removal="marginall"),
    ),
    (
        "removal conditional",
        V,
        ["no removal is called 'conditional'. There are: 'marginal', 'baseline'."],
        lambda b: b.importance(removal="conditional"),
    ),
    (
        "removal a number",
        V,
        ["no removal is called 0. There are: 'marginal', 'baseline'."],
        lambda b: b.importance(removal=0),
    ),
    (
        "removal a class",
        V,
        [
            "no removal is called Marginal (a class)",
            "There are: 'marginal', 'baseline'.",
        ],
        lambda b: b.importance(removal=wh.games.features.Marginal),
    ),
    (
        "baseline of many rows",
        V,
        [
            "baseline removal needs one row, and 40 were given.",
            "given. Give one row, or use removal='marginal'.",
        ],
        lambda b: b.explain(removal="baseline"),
    ),
    (
        "baseline lacks a column",
        V,
        [
            "the baseline lacks a value for 'smoker': give one",
            "for 'smoker': give one for each column",
        ],
        lambda b: b.explain(removal="baseline", background={"age": 1.0, "bmi": 2.0}),
    ),
    (
        "baseline has a column too many",
        V,
        ["the baseline names 'sex'. There are: 'age', 'bmi', 'smoker'."],
        lambda b: b.explain(
            removal="baseline", background={"age": 1.0, "bmi": 2.0, "smoker": 0, "sex": 1}
        ),
    ),
    (
        "baseline of another length",
        V,
        ["the baseline has 2 columns, and X has 3:", "and X has 3: 'age', 'bmi', 'smoker'"],
        lambda b: b.explain(removal="baseline", background=[0.0, 0.0]),
    ),
    (
        "baseline of text",
        V,
        ['column "age" holds numbers in X and text in', "text in baseline. Convert one of them."],
        lambda b: b.explain(removal="baseline", background={"age": "old", "bmi": 2.0, "smoker": 0}),
    ),
    (
        "baseline of NaN",
        V,
        ["LinearRegression failed", "Input X contains NaN", "Missing or infinite cells in 'age'"],
        lambda b: b.explain(
            removal="baseline", background={"age": np.nan, "bmi": 2.0, "smoker": 0}
        ),
    ),
    (
        "baseline without a row",
        V,
        ["baseline is None: give rows by columns."],
        lambda b: b.explain(removal="baseline", background=None),
    ),
    (
        "importance against a baseline without one",
        V,
        [
            "baseline removal needs one row, and 40 were given.",
            "given. Give one row, or use removal='marginal'.",
        ],
        lambda b: b.importance(removal="baseline"),
    ),
    (
        "sample of zero rows",
        V,
        [
            "sample is a positive whole number (background rows in",
            "(background rows in each draw); given 0",
        ],
        lambda b: wh.games.features.Marginal(b.X, sample=0),
    ),
    (
        "sample of half a row",
        V,
        [
            "sample is a positive whole number (background rows in",
            "number (background rows in each draw); given",
        ],
        lambda b: wh.games.features.Marginal(b.X, sample=0.5),
    ),
    (
        "sample in words",
        V,
        [
            "sample is a positive whole number (background rows in",
            "(background rows in each draw); given 'all'",
        ],
        lambda b: wh.games.features.Marginal(b.X, sample="all"),
    ),
    # -- groups --
    (
        "groups are a word",
        V,
        [
            "groups are a mapping such as {'size': ['height', 'width']};",
            "such as {'size': ['height', 'width']}; given str",
        ],
        lambda b: b.importance(groups="auto"),
    ),
    (
        "groups overlap",
        V,
        ["groups overlap: 'bmi' stands in 'a' and in 'b'.", "'b'. A column belongs to one player."],
        lambda b: b.importance(groups={"a": ["age", "bmi"], "b": ["bmi"]}),
    ),
    (
        "groups name no column",
        V,
        ["group 'a' names the column 'bmii', which is not", "in the table. Did you mean 'bmi'?"],
        lambda b: b.importance(groups={"a": ["age", "bmii"]}),
    ),
    (
        "groups name a column twice",
        V,
        ["groups overlap: 'age' stands in 'a' and in 'a'.", "'a'. A column belongs to one player."],
        lambda b: b.importance(groups={"a": ["age", "age"]}),
    ),
    (
        "a group is empty",
        V,
        ["group 'a' has no columns: leave it out"],
        lambda b: b.importance(groups={"a": []}),
    ),
    (
        "a group has a column's name",
        V,
        ["a group has the name of a column: 'age'.", "of a column: 'age'. Rename the group."],
        lambda b: b.importance(groups={"age": ["bmi", "smoker"]}),
    ),
    (
        "a group is a number",
        V,
        [
            "group 'a' must be a list of columns, such",
            "columns, such as ['height', 'width']; given 3",
        ],
        lambda b: b.importance(groups={"a": 3}),
    ),
    (
        "a group is None",
        V,
        [
            "group 'a' must be a list of columns, such",
            "columns, such as ['height', 'width']; given None",
        ],
        lambda b: b.importance(groups={"a": None}),
    ),
    (
        "a group's column has no place",
        V,
        [
            "group 'a' names the column '7', which is not",
            "the table. There are: 'age', 'bmi', 'smoker'.",
        ],
        lambda b: b.importance(groups={"a": [0, 7]}),
    ),
    (
        "groups are numbers",
        V,
        [
            "a group must be a list of columns, such",
            "columns, such as ['height', 'width']; given 0",
        ],
        lambda b: b.importance(groups=[0, 1, 1]),
    ),
    (
        "groups are empty lists",
        V,
        ["group '' has no columns: leave it out"],
        lambda b: b.importance(groups=[[]]),
    ),
    # -- output --
    (
        "output unknown",
        V,
        ["the model has no output 'yess'. Did you mean", "no output 'yess'. Did you mean 'yes'?"],
        lambda b: b.explain(b.classifier, output="yess"),
    ),
    (
        "output beyond the last",
        V,
        ["the model has no output 2. There are: 'no',", "no output 2. There are: 'no', 'yes'."],
        lambda b: b.explain(b.classifier, output=2),
    ),
    (
        "output is a list",
        V,
        [
            "the model has no output ['yes', 'no']. There are:",
            "output ['yes', 'no']. There are: 'no', 'yes'.",
        ],
        lambda b: b.explain(b.classifier, output=["yes", "no"]),
    ),
    (
        "output is a fraction",
        V,
        ["the model has no output", ". There are: 'no', 'yes'."],
        lambda b: b.explain(b.classifier, output=0.5),
    ),
    # -- budgets --
    (
        "budget of no evaluations",
        V,
        ["evaluations=0 buys nothing: give a positive bound, or None"],
        alone(lambda: wh.Budget(evaluations=0)),
    ),
    (
        "budget of negative seconds",
        V,
        ["seconds=-1 buys nothing: give a positive bound, or None"],
        alone(lambda: wh.Budget(seconds=-1)),
    ),
    (
        "budget of NaN",
        V,
        ["relative_error must be a number; given nan"],
        alone(lambda: wh.Budget(relative_error=float("nan"))),
    ),
    (
        "budget of endless time",
        V,
        ["seconds must be a number; given inf"],
        alone(lambda: wh.Budget(seconds=float("inf"))),
    ),
    (
        "budget in words",
        V,
        ["seconds must be a number; given '30s'"],
        alone(lambda: wh.Budget(seconds="30s")),
    ),
    (
        "budget of True",
        V,
        ["evaluations must be a number; given True"],
        alone(lambda: wh.Budget(evaluations=True)),
    ),
    (
        "budget without a bound",
        V,
        ["every bound is None, so nothing would ever stop:", "would ever stop: give at least one"],
        alone(lambda: wh.Budget(relative_error=None, data_share=None)),
    ),
    (
        "budget of the data share alone",
        V,
        [
            "data_share alone may never be met (one case has",
            "another bound beside it, such as seconds=60",
        ],
        alone(lambda: wh.Budget(relative_error=None)),
    ),
    (
        "budget is a number",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given",
            "a wh.Budget, such as wh.Budget(seconds=30); given int",
        ],
        lambda b: b.importance(budget=1000),
    ),
    (
        "budget is a mapping",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given",
            "a wh.Budget, such as wh.Budget(seconds=30); given dict",
        ],
        lambda b: b.importance(budget={"seconds": 3}),
    ),
    (
        "budget is a class",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given",
            "such as wh.Budget(seconds=30); given Budget (a class)",
        ],
        lambda b: b.importance(budget=wh.Budget),
    ),
    (
        "value with a budget of -1",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given int",
            "a wh.Budget, such as wh.Budget(seconds=30); given int",
        ],
        lambda b: wh.value(b.X, b.y, budget=-1),
    ),
    (
        "explain with a budget in words",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given str",
            "a wh.Budget, such as wh.Budget(seconds=30); given str",
        ],
        lambda b: b.explain(budget="60"),
    ),
    (
        "drop with a budget that is a number",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given int",
            "a wh.Budget, such as wh.Budget(seconds=30); given int",
        ],
        lambda b: wh.drop(b.classifier, before=(b.X, b.y), after=(b.X, b.y), budget=9),
    ),
    (
        "a method with a budget that is a number",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given int",
            "a wh.Budget, such as wh.Budget(seconds=30); given int",
        ],
        lambda b: wh.methods.Exact().attribute(b.game, 9),
    ),
    (
        "a budget of half a question",
        V,
        ["evaluations is a whole number; given 1.5"],
        alone(lambda: wh.Budget(evaluations=1.5)),
    ),
    (
        "a budget that does not pay for one walk",
        V,
        [
            "one walk over 30 players needs at least 31 questions, and the budget has 30: give",
            "evaluations=31 or more, or put players into groups",
        ],
        lambda b: wh.attribute(b.many(), budget=wh.Budget(evaluations=30)),
    ),
    (
        "exact with a budget that does not pay for it",
        V,
        ["needs at least 1,024 questions, and the budget has 48: give evaluations=1024 or more"],
        lambda b: wh.attribute(b.many(10), method="exact", budget=wh.Budget(evaluations=48)),
    ),
    (
        "budget of rows that nobody counts",
        V,
        [
            "nobody counts this game's model rows: bound its evaluations",
            "game's model rows: bound its evaluations instead",
        ],
        lambda b: b.sampled(budget=wh.Budget(rows=100)),
    ),
    (
        "max_evals of zero",
        V,
        ["evaluations=0 buys nothing: give a positive bound, or None"],
        lambda b: b.importance(max_evals=0),
    ),
    (
        "max_evals in words",
        V,
        ["evaluations must be a number; given 'auto'"],
        lambda b: b.importance(max_evals="auto"),
    ),
    (
        "max_evals beside a budget that is none",
        V,
        [
            "budget must be a wh.Budget, such as wh.Budget(seconds=30); given",
            "a wh.Budget, such as wh.Budget(seconds=30); given int",
        ],
        lambda b: b.importance(budget=5, max_evals=100),
    ),
    (
        "thresh of zero",
        V,
        ["relative_error=0 buys nothing: give a positive bound, or None"],
        lambda b: b.importance(thresh=0),
    ),
    # -- seeds, engines, jobs, progress, keep --
    (
        "seed negative",
        V,
        ["seed must be an integer from 0; given -1"],
        lambda b: b.importance(seed=-1),
    ),
    (
        "seed a fraction",
        V,
        ["seed must be an integer from 0; given"],
        lambda b: b.importance(seed=0.5),
    ),
    (
        "seed in words",
        V,
        ["seed must be an integer from 0; given '42'"],
        lambda b: b.importance(seed="42"),
    ),
    (
        "seed None",
        V,
        ["seed must be an integer from 0; given None"],
        lambda b: b.importance(seed=None),
    ),
    (
        "seed a generator",
        V,
        [
            "seed must be an integer from 0; given Generator",
        ],
        lambda b: b.importance(seed=np.random.default_rng(0)),
    ),
    (
        "seed and random_state",
        V,
        ["seed and random_state mean the same: give one of", "mean the same: give one of them"],
        lambda b: b.importance(seed=1, random_state=2),
    ),
    (
        "random_state negative",
        V,
        ["random_state must be an integer from 0; given -5"],
        lambda b: b.importance(random_state=-5),
    ),
    (
        "engine a number",
        V,
        [
            "engine must be an engine, such as wh.engines.Threads(4); given",
            "an engine, such as wh.engines.Threads(4); given int",
        ],
        lambda b: b.importance(engine=4),
    ),
    (
        "engine a class",
        V,
        [
            "engine must be an engine, such as wh.engines.Threads(4); given",
            "such as wh.engines.Threads(4); given Serial (a class)",
        ],
        lambda b: b.importance(engine=wh.engines.Serial),
    ),
    (
        "engine in words",
        V,
        [
            "engine must be an engine, such as wh.engines.Threads(4); given",
            "an engine, such as wh.engines.Threads(4); given str",
        ],
        lambda b: b.importance(engine="threads"),
    ),
    (
        "engine and n_jobs",
        V,
        ["engine and n_jobs mean the same: give one of", "mean the same: give one of them"],
        lambda b: b.importance(engine=wh.engines.Serial(), n_jobs=2),
    ),
    (
        "n_jobs zero",
        V,
        ["n_jobs is a number of processes, or -1 for", "or -1 for every core; given 0"],
        lambda b: b.importance(n_jobs=0),
    ),
    (
        "n_jobs a fraction",
        V,
        ["n_jobs is a number of processes, or -1 for", "processes, or -1 for every core; given"],
        lambda b: b.importance(n_jobs=1.5),
    ),
    (
        "n_jobs in words",
        V,
        ["n_jobs is a number of processes, or -1 for", "or -1 for every core; given all"],
        lambda b: b.importance(n_jobs="all"),
    ),
    (
        "no threads",
        V,
        ["workers is a positive whole number (threads); given 0"],
        alone(lambda: wh.engines.Threads(0)),
    ),
    (
        "threads in words",
        V,
        ["workers is a positive whole number (threads); given '4'"],
        alone(lambda: wh.engines.Threads("4")),
    ),
    (
        "negative processes",
        V,
        ["workers is a positive whole number (processes); given -2"],
        alone(lambda: wh.engines.Processes(-2)),
    ),
    (
        "a million processes",
        V,
        ["workers=1,000,000 processes are more than 64 for each", "give at most", "Threads"],
        alone(lambda: wh.engines.Processes(10**6)),
    ),
    (
        "progress in words",
        V,
        ["progress is True, or a function of a Progress;", "a function of a Progress; given 'yes'"],
        lambda b: b.importance(progress="yes"),
    ),
    (
        "progress a number",
        V,
        ["progress is True, or a function of a Progress;", "a function of a Progress; given 1"],
        lambda b: b.importance(progress=1),
    ),
    (
        "keep is no path",
        V,
        ["keep must be the path of a file", 'such as "run.db"; given int'],
        lambda b: b.importance(keep=3),
    ),
    (
        "keep in a folder that is not there",
        OSError,
        ["there is no folder", "make it first"],
        lambda b: b.importance(keep="nowhere/worths.db"),
    ),
    (
        "keep in a store without a path",
        V,
        ["a store is a path, such as 'run.db'; given ''"],
        lambda b: wh.engines.Store(""),
    ),
    # -- method and index --
    (
        "method unknown",
        V,
        ["no method is called 'permutations'. Did you mean 'permutation'?"],
        lambda b: b.explain(method="permutations"),
    ),
    (
        "method a class",
        V,
        [
            "method must be a method, such as wh.methods.Permutation(), or",
            "or its name; given Permutation (a class)",
        ],
        lambda b: b.explain(method=wh.methods.Permutation),
    ),
    (
        "method a number",
        V,
        [
            "method must be a method, such as wh.methods.Permutation(), or",
            "as wh.methods.Permutation(), or its name; given int",
        ],
        lambda b: b.explain(method=1),
    ),
    (
        "method of another index",
        V,
        [
            "Permutation computes Shapley(), and Banzhaf() was asked for: give",
            "was asked for: give one of them",
        ],
        lambda b: b.attribute(method=wh.methods.Permutation(), index=wh.Banzhaf()),
    ),
    (
        "method's name with another index",
        V,
        [
            "Permutation computes Shapley(), and Banzhaf() was asked for: give",
            "was asked for: give one of them",
        ],
        lambda b: b.attribute(method="permutation", index=wh.Banzhaf()),
    ),
    (
        "one player at a time for Shapley",
        V,
        [
            "OnePlayer computes a LeaveOneOut or FirstIn; given index=Shapley(). Leave",
            "and whence takes one that computes it.",
        ],
        lambda b: b.attribute(method="leave-one-out", index=wh.Shapley()),
    ),
    (
        "Exact of another index's kind",
        V,
        [
            "Exact computes a Semivalue; given index=AumannShapley(). Leave method= out,",
            "and whence takes one that computes it.",
        ],
        lambda b: b.attribute(method="exact", index=wh.AumannShapley()),
    ),
    (
        "Exact on 30 players",
        T,
        [
            "Exact takes at most 16 players, and this game",
            "Use Permutation(), or put players into groups.",
        ],
        lambda b: b.attribute(b.many(30), method=wh.methods.Exact()),
    ),
    (
        "Exact on draws without end",
        T,
        [
            "Exact needs finitely many draws, and this game's draws",
            "this game's draws never end. Use Permutation().",
        ],
        lambda b: wh.methods.Exact().attribute(EndlessGame()),
    ),
    (
        "Exact with no players allowed",
        V,
        [
            "max_players is a positive whole number (2^n coalitions are",
            "number (2^n coalitions are asked); given 0",
        ],
        alone(lambda: wh.methods.Exact(max_players=0)),
    ),
    (
        "Permutation in batches of nothing",
        V,
        ["batch is a positive whole number (walks a step;", "step; None lets steps grow); given 0"],
        alone(lambda: wh.methods.Permutation(batch=0)),
    ),
    (
        "Permutation in batches of words",
        V,
        [
            "batch is a positive whole number (walks a step;",
            "step; None lets steps grow); given 'all'",
        ],
        alone(lambda: wh.methods.Permutation(batch="all")),
    ),
    (
        "SampledSemivalue of a word",
        V,
        [
            "SampledSemivalue computes a Semivalue; given index='banzhaf'. Leave method= out,",
            "and whence takes one that computes it.",
        ],
        alone(lambda: wh.methods.SampledSemivalue(index="banzhaf")),
    ),
    (
        "OnePlayer of Shapley",
        V,
        [
            "OnePlayer computes a LeaveOneOut or FirstIn; given index=Shapley(). Leave",
            "and whence takes one that computes it.",
        ],
        alone(lambda: wh.methods.OnePlayer(index=wh.Shapley())),
    ),
    (
        "Sweep of Shapley",
        V,
        [
            "Sweep computes a LeaveOneOut or FirstIn; given index=Shapley(). Leave",
            "and whence takes one that computes it.",
        ],
        alone(lambda: wh.methods.Sweep(index=wh.Shapley())),
    ),
    (
        "index a class",
        V,
        [
            "index must be an index, such as wh.Banzhaf(); given",
            "such as wh.Banzhaf(); given Banzhaf (a class)",
        ],
        lambda b: b.attribute(index=wh.Banzhaf),
    ),
    (
        "index in words",
        V,
        [
            "index must be an index, such as wh.Banzhaf(); given",
            "an index, such as wh.Banzhaf(); given str",
        ],
        lambda b: b.attribute(index="banzhaf"),
    ),
    (
        "index that needs gradients",
        T,
        [
            "no method here computes AumannShapley() from worths alone. Offered:",
            "Offered: Shapley, Banzhaf, BetaShapley, LinearSurrogate, LeaveOneOut and FirstIn.",
        ],
        lambda b: b.attribute(index=wh.AumannShapley()),
    ),
    (
        "index that needs an identity",
        T,
        [
            "no method here computes Share(identity='flow') from worths alone. Offered:",
            "Offered: Shapley, Banzhaf, BetaShapley, LinearSurrogate, LeaveOneOut and FirstIn.",
        ],
        lambda b: b.attribute(index=wh.Share("flow")),
    ),
    (
        "BetaShapley of zero",
        V,
        ["BetaShapley needs numbers a > 0 and b >", "and b > 0; given a=0, b=1"],
        alone(lambda: wh.BetaShapley(0, 1)),
    ),
    (
        "BetaShapley of NaN",
        V,
        ["BetaShapley needs numbers a > 0 and b >", "and b > 0; given a=nan, b=1"],
        alone(lambda: wh.BetaShapley(float("nan"), 1)),
    ),
    (
        "BetaShapley of infinity",
        V,
        ["BetaShapley needs numbers a > 0 and b >", "and b > 0; given a=inf, b=1"],
        alone(lambda: wh.BetaShapley(float("inf"), 1)),
    ),
    (
        "BetaShapley in words",
        V,
        ["BetaShapley needs numbers a > 0 and b >", "and b > 0; given a='4', b=1"],
        alone(lambda: wh.BetaShapley("4", 1)),
    ),
]


class EndlessGame(wh.Game):
    players = wh.Players(("a", "b"))
    n_draws = None

    def _worth(self, coalitions, cases, draws):
        return coalitions.sum(axis=1)
