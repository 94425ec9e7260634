"""Answers of varied problems, here and in another state of the code: are they the same bits?

    python bench/nothing_lost.py /path/to/another/checkout

Each state answers in a process of its own. What differs is written down with how much, beside the
intervals, and with the reason where one is known. Writes results/nothing_lost.json.
"""

import json
import os
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

import whence as wh

HERE = Path(__file__).resolve().parent
OUT = HERE / "results" / "nothing_lost.json"

TAILS = "errors of losses have a part for heavy tails"
WITHIN = "the background's part is taken within cases, where it has less noise"
REASONS = {
    "importance, ridge": WITHIN,
    "importance, Banzhaf": WITHIN,
    "compare, forest and ridge": WITHIN,
    "importance, kernel machine, few questions": TAILS,
    "importance, three classes": TAILS,
    "importance, two classes": TAILS,
    "importance, boosted classes": TAILS,
    "explain, two classes": "the error of the background has a part for heavy tails",
    "explain, boosted trees": "intervals have a part for heavy tails; values differ by rounding",
    "interactions, boosted trees": "values differ by rounding",
    "network, features": "intervals have a part for heavy tails",
    "explain, kernel machine": "rows that are settled retire: fewer questions, the others more",
}


@cache
def diabetes():
    return load_diabetes(return_X_y=True, as_frame=True)


@cache
def fitted(name):
    """A model and the rows that it never saw."""
    from sklearn import ensemble, linear_model, svm, tree
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = diabetes()
    Xw, yw = load_wine(return_X_y=True, as_frame=True)
    Xc, yc = load_breast_cancer(return_X_y=True, as_frame=True)
    Xc = Xc.iloc[:, :8]
    made = {
        "forest": (ensemble.ExtraTreesRegressor(30, min_samples_leaf=5, random_state=0), X, y),
        "boosted": (ensemble.HistGradientBoostingRegressor(max_iter=40, random_state=0), X, y),
        "linear": (linear_model.Ridge(), X, y),
        "svr": (make_pipeline(StandardScaler(), svm.SVR(C=100)), X, y),
        "tree": (tree.DecisionTreeRegressor(max_depth=4, random_state=0), X, y),
        "wine": (make_pipeline(StandardScaler(), linear_model.LogisticRegression()), Xw, yw),
        "cancer": (make_pipeline(StandardScaler(), linear_model.LogisticRegression()), Xc, yc),
        "classes": (ensemble.GradientBoostingClassifier(n_estimators=30, random_state=0), Xc, yc),
    }
    model, X, y = made[name]
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    half = len(X) // 2
    train, test = order[:half], order[half : half + 80]
    return model.fit(X.iloc[train], y.iloc[train]), X.iloc[test], y.iloc[test], X.iloc[train][:50]


def importance(name, **options):
    model, X, y, background = fitted(name)
    return wh.importance(model, X, y, **({"background": background} | options))


def explain(name, **options):
    model, X, _, background = fitted(name)
    return wh.explain(model, X[:10], **({"background": background} | options))


def compared():
    model, X, y, background = fitted("forest")
    other = fitted("linear")[0]
    one, two = (wh.importance(m, X, y, background=background) for m in (model, other))
    return wh.compare(one, two).difference


def gloves(**options):
    def worth(stay):
        return np.minimum(stay[:, :3].sum(axis=1), stay[:, 3:].sum(axis=1)).astype(float)

    return wh.attribute(wh.FunctionGame(worth, list("abcde")), **options)


def large(**options):
    weights = np.linspace(-1, 2, 24)

    def worth(stay):
        return stay @ weights + (stay[:, 0] & stay[:, 5]) - 2.0 * (stay[:, 3] & ~stay[:, 7])

    game = wh.FunctionGame(worth, [f"p{i}" for i in range(24)])
    return wh.attribute(game, budget=wh.Budget(evaluations=2000), **options)


def trainer(kind):
    from sklearn.preprocessing import scale

    if kind == "ridge":
        X, y = diabetes()
        X, y = scale(X.to_numpy()), (y.to_numpy() - 150) / 75
        return wh.models.Trainer.ridge(X[:100], y[:100], 1.0), (X[100:110], y[100:110])
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X[:, :6])
    return wh.models.Trainer.logistic(X[:120], y[:120], 1.0), (X[120:130], y[120:130])


def trained(method, kind, **options):
    model, test = trainer(kind)
    return getattr(wh.methods, method)(model, test, **options)


def neighbours():
    X, y = load_digits(return_X_y=True)
    train, test = (X[:300], y[:300]), (X[300:340], y[300:340])
    return wh.value(*train, *test, method="knn")


def banzhaf():
    model, X, y, background = fitted("boosted")
    removal = wh.games.features.Marginal(background)
    game = wh.games.features.PredictivePower(model, X, y, removal=removal)
    return wh.attribute(game, index=wh.Banzhaf())


def pairs():
    model, X, _, background = fitted("boosted")
    return wh.interactions(model, X[:5], background=background)


def network():
    import torch

    torch.manual_seed(0)
    X, _ = load_iris(return_X_y=True)
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).eval()
    X = X.astype(np.float32)
    return wh.explain(net, X[:5], background=X[10:40])


def heads():
    import torch

    torch.manual_seed(0)

    class Attention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.out = torch.nn.Linear(16, 48), torch.nn.Linear(16, 16)

        def forward(self, x):
            q, k, v = self.qkv(x).view(*x.shape[:2], 3, 4, 4).permute(2, 0, 3, 1, 4)
            z = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return x + self.out(z.transpose(1, 2).flatten(2))

    layers = [torch.nn.Embedding(11, 16), Attention(), Attention(), torch.nn.Linear(16, 11)]
    net = torch.nn.Sequential(*layers).eval()
    ids = torch.arange(24).reshape(4, 6) % 11
    hooked = wh.models.HookedModel(net)
    components = wh.games.components
    heads, behaviour = components.heads(hooked), components.logit_difference([1] * 4, [2] * 4)
    game = components.AblationGame(hooked, ids, players=heads, behaviour=behaviour, ablation="zero")
    return wh.attribute(game, method="exact")


PROBLEMS = {
    "importance, forest of numbers": lambda: importance("forest"),
    "importance, boosted trees": lambda: importance("boosted"),
    "importance, ridge": lambda: importance("linear"),
    "importance, kernel machine, few questions": lambda: importance("svr", seed=3),
    "importance, three classes": lambda: importance("wine"),
    "importance, two classes": lambda: importance("cancer", loss="log-loss"),
    "importance, boosted classes": lambda: importance("classes", loss="log-loss"),
    "importance, groups": lambda: importance(
        "forest", groups={"blood": ["s1", "s2", "s3", "s4", "s5", "s6"]}
    ),
    "importance, Banzhaf": banzhaf,
    "importance, baseline": lambda: importance(
        "linear", removal="baseline", background=fitted("linear")[3].iloc[:1]
    ),
    "explain, boosted trees": lambda: explain("boosted"),
    "explain, one tree": lambda: explain("tree"),
    "explain, along its paths": lambda: explain(
        "tree", background=None, method=wh.methods.PathDependent()
    ),
    "explain, two classes": lambda: explain("cancer"),
    "explain, kernel machine": lambda: explain("svr", seed=1),
    "compare, forest and ridge": compared,
    "gloves, exact": gloves,
    "gloves, Banzhaf": lambda: gloves(index=wh.Banzhaf()),
    "interactions, boosted trees": pairs,
    "24 players, permutation": lambda: large(method="permutation"),
    "24 players, default": large,
    "ridge, leave one out": lambda: trained("leave_one_out", "ridge"),
    "logistic, influence": lambda: trained("influence", "logistic", damping=0.01),
    "ridge, data Shapley": lambda: trained("data_shapley", "ridge", seed=0),
    "digits, neighbours": neighbours,
    "network, features": network,
    "network, heads": heads,
}


def answer():
    """Every problem's values and intervals, to the last digit."""
    warnings.simplefilter("ignore")
    said = {}
    for name, ask in PROBLEMS.items():
        try:
            found = ask()
        except wh.WhenceError as error:
            said[name] = {"refused": f"{type(error).__name__}: {error}"}
            continue
        low, high = found.ci() if hasattr(found, "ci") else (found.values, found.values)
        arrays = {"values": found.values, "low": low, "high": high}
        said[name] = {k: np.asarray(v, dtype=float).tolist() for k, v in arrays.items()} | {
            "method": found.method,
            "rows": found.cost.rows,
        }
    print(json.dumps(said))


def asked(root):
    env = {**os.environ, "PYTHONPATH": str(Path(root) / "src"), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, __file__, "--answer"], env=env, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise SystemExit(ran.stderr)
    return json.loads(ran.stdout.splitlines()[-1])


def judged(old, new):
    """Whether two answers are the same bits, and if not, how far apart they are."""
    if "refused" in old or "refused" in new:
        return {"same": old == new, "before": old.get("refused"), "now": new.get("refused")}
    a, b = (np.array(x["values"], dtype=float) for x in (old, new))
    if a.shape != b.shape:
        return {"same": False, "shapes": [a.shape, b.shape]}
    widths = np.array(old["high"]) - np.array(old["low"])
    wider = np.array(new["high"]) - np.array(new["low"])
    known = np.isfinite(widths) & (widths > 0)
    alike = {k: bool(np.array_equal(old[k], new[k], equal_nan=True)) for k in ("low", "high")}
    return {
        "same": bool(np.array_equal(a, b, equal_nan=True)),
        "intervals": all(alike.values()),
        "largest difference": float(np.nanmax(np.abs(a - b))),
        "intervals are wider by": float(np.median(wider[known] / widths[known]))
        if known.any()
        else 1,
        "method": [old["method"], new["method"]],
        "rows": [old["rows"], new["rows"]],
    }


def main():
    if sys.argv[1] == "--answer":
        return answer()
    old, new = asked(sys.argv[1]), asked(HERE.parent)
    result = {name: judged(old[name], new[name]) for name in PROBLEMS}
    for name, one in result.items():
        if not (one["same"] and one.get("intervals", True)):
            one["why"] = REASONS.get(name, "unknown")
    OUT.write_text(json.dumps(result, indent=1) + "\n")
    for name, one in result.items():
        print(f"{name:45}", one)
    return None


if __name__ == "__main__":
    main()
