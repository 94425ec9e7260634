"""Shifts whose Shapley values are known: counted, Gaussian, balanced, and with no graph at all."""

from itertools import product
from math import factorial

import numpy as np
import pandas as pd
import pytest

import whence as wh
from whence.games.shifts import MechanismShift, boosted
from whence.games.shifts.overlap import effective, tail

OLD = (0.5, (0.1, 0.9), ((0.2, 0.6), (0.4, 0.9)))
NEW = (0.7, (0.4, 0.6), ((0.2, 0.5), (0.5, 0.7)))
GRAPH = {"G": [], "Y": ["G"], "X": ["G", "Y"]}
LINE_OLD, LINE_NEW, SLOPE = (2.0, 0.0, 1.0, 0.5), (1.8, 0.3, 1.0, 0.52), 1.5


def rows(law, n, seed):
    (pg, py, px), rng = law, np.random.default_rng(seed)
    g = (rng.random(n) < pg).astype(int)
    y = (rng.random(n) < np.array(py)[g]).astype(int)
    x = (rng.random(n) < np.array(px)[g, y]).astype(int)
    return pd.DataFrame({"G": g, "X": x}), pd.Series(y, name="Y")


def says(X):
    return ((X["G"] == 1) | (X["X"] == 1)).to_numpy(float)


def only_g(X):
    return (X["G"] == 1).to_numpy(float)


def truth(model):
    v = {}
    for s in product((0, 1), repeat=3):
        pg, py, px = (NEW[i] if s[i] else OLD[i] for i in range(3))
        v[s] = sum(
            (pg if g else 1 - pg)
            * (py[g] if y else 1 - py[g])
            * (px[g][y] if x else 1 - px[g][y])
            * (int(model(pd.DataFrame({"G": [g], "X": [x]}))[0]) == y)
            for g, y, x in product((0, 1), repeat=3)
        )
    phi = np.zeros(3)
    for i, s in product(range(3), v):
        if not s[i]:
            joined = (*s[:i], 1, *s[i + 1 :])
            phi[i] += factorial(sum(s)) * factorial(2 - sum(s)) / 6 * (v[joined] - v[s])
    return phi


def line(law, n, seed):
    (theta, mu, spread, noise), rng = law, np.random.default_rng(seed)
    x = rng.normal(mu, spread, n)
    return x[:, None], theta * x + rng.normal(0, noise, n)


def line_truth(old=LINE_OLD, new=LINE_NEW):
    """phi_x = (A0 + A1)(B1 - B0) / 2, phi_y = (B0 + B1)(A1 - A0) / 2 + noise; minus, as a loss."""
    A = [(law[0] - SLOPE) ** 2 for law in (old, new)]
    B = [law[1] ** 2 + law[2] ** 2 for law in (old, new)]
    noise = new[3] ** 2 - old[3] ** 2
    return -np.array([(A[0] + A[1]) * (B[1] - B[0]) / 2, (B[0] + B[1]) * (A[1] - A[0]) / 2 + noise])


def predict_line(X):
    return SLOPE * X[:, 0]


def graph_game(model=says, n=4000, **options):
    options = {"mechanisms": GRAPH} | options
    return MechanismShift(model, before=rows(OLD, n, 1), after=rows(NEW, n, 2), **options)


def line_game(n=4000, **options):
    return MechanismShift(
        predict_line,
        before=line(LINE_OLD, n, 1),
        after=line(LINE_NEW, n, 2),
        **{"mechanisms": ["P(x)", "P(y | x)"], "metric": "squared error"} | options,
    )


@pytest.mark.parametrize("model", [says, only_g])
def test_a_binary_graph_has_its_known_values(model):
    att = wh.attribute(graph_game(model))
    off = np.abs(att.values[0, 0] - truth(model))
    assert (off <= 3 * att.stderr[0, 0] + 1e-9).all()
    assert att.players.names == ("P(G)", "P(Y | G)", "P(X | G, Y)")
    assert (off < 0.02).all()


def test_counted_weights_explain_all_of_the_change():
    """Ratios of counts put before's shares to after's: nothing is left over."""
    game = graph_game()
    before, after = game.measured()
    assert game.explained()[0] == pytest.approx(after[0], abs=1e-9)
    att = wh.attribute(game)
    assert att.empty[0, 0] == pytest.approx(before[0])
    assert att.gap[0, 0] == pytest.approx(0, abs=1e-12)


def test_what_cannot_matter_has_nothing():
    att = wh.attribute(graph_game(only_g))
    assert abs(att["P(X | G, Y)"].value) < 1e-9


@pytest.mark.parametrize("weights", ["ratio", "balance"])
def test_a_gaussian_line_has_its_known_values(weights):
    att = wh.attribute(line_game(weights=weights))
    off = np.abs(att.values[0, 0] - line_truth())
    assert (off <= 3 * att.stderr[0, 0]).all()


def test_no_shift_no_value():
    old, same = line(LINE_OLD, 3000, 1), line(LINE_OLD, 3000, 5)
    game = MechanismShift(
        predict_line, before=old, after=same, mechanisms=["P(x)", "P(y | x)"], metric="mse"
    )
    att = wh.attribute(game)
    assert (np.abs(att.values) <= 3 * att.stderr).all()


def test_a_drop_is_below_zero_and_a_growing_loss_too():
    """Mutant killed: a loss that is asked as it is."""
    accuracy = wh.attribute(graph_game())
    loss = wh.attribute(graph_game(metric=lambda y, p: -((y - p) ** 2)))
    squared = wh.attribute(graph_game(metric="squared error"))
    assert accuracy["P(Y | G)"].value < -0.1
    assert np.allclose(accuracy.values, squared.values)  # of 0 and 1, one is the other less 1
    assert np.allclose(loss.values, squared.values)


def test_auc_weighs_pairs_and_halves_ties():
    from sklearn.metrics import roc_auc_score

    from whence.games.shifts.metric import Auc

    rng = np.random.default_rng(0)
    y, s, w = rng.random(300) < 0.4, rng.integers(0, 8, 300), rng.random((300, 2))
    got = Auc(y, s.astype(float)).worth(w)
    assert got == pytest.approx([roc_auc_score(y, s, sample_weight=w[:, k]) for k in (0, 1)])


def test_freedom_is_that_of_the_groups():
    """Mutant killed: a variance of twenty groups taken for certain."""
    att = wh.attribute(graph_game())
    assert att.freedom.tolist() == [19.0]
    assert set(att.parts) == {"estimation", "data"}


def test_worths_do_not_depend_on_what_is_asked_beside():
    from whence.testing import check_game

    check_game(graph_game(n=400))


# -- no graph --


def table(n, seed, *, later=False, flipped=0.0):
    rng = np.random.default_rng(seed)
    region = rng.choice(list("nsw"), n, p=[0.2, 0.2, 0.6] if later else [0.5, 0.3, 0.2])
    use = rng.normal(size=n) + 0.5 * (region == "w")
    age = rng.integers(18, 80, n)
    y = rng.random(n) < 1 / (1 + np.exp(-3 * use * (region != "w")))
    y ^= (rng.random(n) < flipped) & (age > 50)
    frame = pd.DataFrame({"region": region, "use": use, "age": age})
    return frame, pd.Series(y.astype(int), name="ok")


def positive(X):
    return (X["use"] > 0).to_numpy(float)


@pytest.mark.parametrize(
    ("after", "first"),
    [({"later": True}, "P(region)"), ({"flipped": 0.5}, "P(ok | X)")],
)
def test_without_a_graph_the_one_that_shifted_comes_first(after, first):
    game = MechanismShift(positive, before=table(3000, 1), after=table(3000, 2, **after))
    att = wh.attribute(game)
    assert att.players.names == (
        "P(region)",
        "P(use)",
        "P(age)",
        "dependence of features",
        "P(ok | X)",
    )
    assert att.top(1)[0].player == first
    low, high = att.ci()
    others = [i for i, name in enumerate(att.players.names) if name == "P(age)"]
    assert all(low[0, 0, i] <= 0 <= high[0, 0, i] for i in others)


def test_marginals_alone_have_the_marginals_of_after():
    """Margins bring those of after; the dependence alone keeps those of before."""
    game = MechanismShift(positive, before=table(3000, 1), after=table(3000, 2, later=True))
    before, after = (table(3000, seed, later=seed == 2)[0]["region"] == "w" for seed in (1, 2))
    west = np.r_[before, after]
    only = np.array([True, False, False, False, False])
    assert game.weights(only)[:, 0] @ west == pytest.approx(after.mean(), abs=1e-3)
    ties = np.array([False, False, False, True, False])
    assert game.weights(ties)[:, 0] @ west == pytest.approx(before.mean(), abs=1e-3)


def test_where_one_marginal_shifted_the_dependence_has_nothing():
    """Mutant killed: absent marginals held in place, so that who follows undoes who moved."""
    rng = np.random.default_rng(0)

    def drawn(n, west):
        region = (rng.random(n) < west).astype(float)
        use, load = region + rng.normal(size=(2, n))
        return pd.DataFrame({"region": region, "use": use, "load": load}), region.astype(int)

    before, after = drawn(4000, 0.2), drawn(4000, 0.6)
    game = MechanismShift(
        lambda X: (X["use"] < 0).to_numpy(float),
        before=before,
        after=after,
        ratios="quadratic",
        groups=5,
    )
    wholly, moved = np.zeros((2, 5), bool)
    moved[0] = True
    ties = moved.copy()
    ties[3] = True
    worth = [game._of(c)[0] for c in (wholly, moved, ties)]
    assert abs(worth[1] - worth[0]) > 0.02
    assert worth[2] == pytest.approx(worth[1], abs=0.01)


def test_one_feature_alone_needs_no_dependence():
    game = MechanismShift(
        predict_line,
        before=line(LINE_OLD, 500, 1),
        after=line(LINE_NEW, 500, 2),
        metric="squared error",
    )
    assert game.players.names == ("P(x0)", "P(y | x0)")


# -- who carries it --


def test_rows_carry_the_whole_value():
    game = graph_game()
    att, found = wh.attribute(game), game.rows("P(Y | G)")
    assert found.exact
    assert found.value == pytest.approx(att["P(Y | G)"].value)
    heavy = found.each[found.rows].sum()
    assert heavy <= 0.5 * found.each[found.each < 0].sum() < 0
    by_value = dict(
        zip(
            zip(found.table["column"], found.table["value"], strict=True),
            found.table["carries"],
            strict=True,
        )
    )
    assert by_value["G", "0"] + by_value["G", "1"] == pytest.approx(found.value)
    assert "P(Y | G) carries -0." in repr(found)
    with pytest.raises(wh.WhenceError, match="share lies between 0 and 1"):
        game.rows("P(G)", share=2.0)


def test_no_row_carries_a_metric_of_pairs():
    with pytest.raises(wh.WhenceError, match="compares pairs"):
        graph_game(metric="auc").rows(0)


# -- certificates --


def test_certificates_say_what_is_left():
    overlap, gap = graph_game().certificates()
    assert overlap.holds
    assert overlap.numbers["effective sample"] > 1000
    assert gap.holds
    low, high = gap.intervals["gap_unexplained"]
    assert low <= gap.numbers["gap_unexplained"] <= high


def test_balancing_has_a_certificate_of_its_own():
    found = line_game(weights="balance").certificates()
    assert [c.check for c in found] == ["overlap", "unexplained gap", "balance"]
    assert 0 <= found[2].numbers["attained IPM"] < 0.1


def test_clipping_is_reported():
    overlap, _ = line_game(clip=2.0).certificates()
    assert overlap.numbers["clipped"] > 0
    assert "clipped" in overlap.words


def test_effective_samples_and_tails():
    rng = np.random.default_rng(0)
    assert effective(np.ones(10)) == pytest.approx(10)
    assert tail(np.ones(500)) == 0.0
    assert tail(rng.pareto(1.0, 5000)) > 0.7
    assert tail(rng.random(5000)) < 0.5


# -- units --


def test_rows_of_a_unit_stay_together():
    """Rows that repeat a unit say nothing new: by units the error is larger than by rows."""
    old, new = rows(OLD, 500, 1), rows(NEW, 500, 2)
    four = [
        (pd.concat([X] * 4, ignore_index=True), pd.concat([y] * 4, ignore_index=True))
        for X, y in (old, new)
    ]
    ids = np.tile(np.arange(500), 4), np.tile(np.arange(500, 1000), 4)
    by_row, by_unit = (
        wh.attribute(
            MechanismShift(says, before=four[0], after=four[1], mechanisms=GRAPH, units=units)
        ).stderr[0, 0, 1]
        for units in (None, ids)
    )
    assert by_unit > 1.4 * by_row


WIDE = (2.0, 0.0, 1.0, 0.5), (2.0, 0.3, 1.0, 0.8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_that_grew_is_no_harder_than_other_shifts(seed):
    """Mutant killed: rows of before alone, whose weights have no variance (0.64 > 2 x 0.25)."""
    old, new = (line(law, 4000, 2 * seed + k) for k, law in enumerate(WIDE))
    game = MechanismShift(
        predict_line,
        before=old,
        after=new,
        mechanisms=["P(x)", "P(y | x)"],
        metric="squared error",
        ratios="quadratic",
    )
    att = wh.attribute(game)
    assert (np.abs(att.values[0, 0] - line_truth(*WIDE)) <= 3 * att.stderr[0, 0]).all()
    assert all(c.holds for c in game.certificates())


def test_one_fit_a_group_serves_every_replicate(monkeypatch):
    """Every replicate of the jackknife has its own ratios, and nobody pays for 85 fits."""
    fits, fit = [], boosted._scores

    def counted(X, kinds, problem, rows, asked):
        fits.append((~rows).sum())
        return fit(X, kinds, problem, rows, asked)

    monkeypatch.setattr(boosted, "_scores", counted)
    game = MechanismShift(
        positive, before=table(600, 1), after=table(600, 2, later=True), ratios="boosted", groups=6
    )
    assert len(fits) == 2 * 6  # P(X), and with the label
    assert set(fits) == {200}
    log = game.law.ratio
    assert log.shape == (1200, 7)
    moved = np.abs(log[:, 1:] - log[:, :1])
    own = game.known.problem.group
    assert (moved[np.arange(1200), own] == 0).all()
    assert (np.median(moved, axis=0) > 0.01).all()


@pytest.mark.slow
@pytest.mark.parametrize("which", ["graph", "line", "wide"])
def test_intervals_hold_the_truth_as_often_as_they_say(which):
    held, times = [], 200 if which == "graph" else 60
    for seed in range(times):
        if which == "graph":
            made = {"before": rows(OLD, 1500, 2 * seed), "after": rows(NEW, 1500, 2 * seed + 1)}
            att = wh.drop(says, **made, mechanisms=GRAPH, seed=seed)
        else:
            laws = WIDE if which == "wide" else (LINE_OLD, LINE_NEW)
            old, new = (line(law, 1500, 2 * seed + k) for k, law in enumerate(laws))
            made = {"before": old, "after": new}
            att = wh.drop(
                predict_line,
                **made,
                mechanisms=["P(x)", "P(y | x)"],
                metric="squared error",
                seed=seed,
            )
        low, high = att.ci()
        right = truth(says) if which == "graph" else line_truth(*laws)
        held.append((low[0, 0] <= right) & (right <= high[0, 0]))
    share = np.mean(held, axis=0)
    assert (share > 0.95 - 3 * (0.95 * 0.05 / times) ** 0.5 - 0.01).all(), share


# -- refusals --


@pytest.mark.parametrize(
    ("options", "says_so"),
    [
        ({"mechanisms": {"G": ["Y"], "Y": ["G"], "X": []}}, "round in a circle"),
        ({"mechanisms": {"G": [], "Y": ["H"], "X": []}}, "a column 'H' that is not there"),
        ({"mechanisms": ["P(G)", "P(Y | G)"]}, "no mechanism makes 'X'"),
        ({"mechanisms": ["P(G)", "P(G, Y)", "P(X)"]}, "child of more than one"),
        ({"mechanisms": ["P(G", "P(Y)", "P(X)"]}, "no mechanism is written"),
        ({"mechanisms": "P(G)"}, "a graph such as"),
        ({"mechanisms": []}, "mechanisms are empty"),
        ({"mechanisms": [3]}, "a mechanism is a text"),
        ({"mechanisms": [([], ["G"]), "P(G)", "P(Y)", "P(X)"]}, "makes nothing"),
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"metric": lambda y, p: 1.0}, "one finite number for each row"),
        ({"metric": lambda y, p: 1 / 0}, "failed on y"),
        ({"weights": "ration"}, "Did you mean 'ratio'"),
        ({"ratios": "cubic"}, "no ratios are called"),
        ({"clip": 0.5}, "clip is a ratio above 1"),
        ({"floor": 0}, "floor is a number of rows"),
        ({"groups": 2}, "groups is a whole number from 3"),
        ({"beside": ["Z"]}, "beside names a column 'Z'"),
        ({"units": "Z"}, "units names a column 'Z'"),
        ({"units": 3}, "units are the name of a column"),
        ({"units": (np.arange(3), np.arange(4000))}, "units of before has 3 rows"),
        ({"label": "G"}, "and so is a feature"),
    ],
)
def test_slips_are_told(options, says_so):
    with pytest.raises(wh.WhenceError, match=says_so):
        graph_game(**options)


def test_tables_that_differ_are_told():
    old, new = rows(OLD, 300, 1), rows(NEW, 300, 2)
    for X, y, told in [
        (new[0].rename(columns={"X": "Z"}), new[1], "X of after lacks 'X'"),
        (new[0], new[1].rename("Z"), "called 'Y' before and 'Z' after"),
        (new[0].assign(X=np.inf), new[1], "'X' is infinite in 300 rows of after"),
        (new[0].assign(X="a"), new[1], "numbers before and texts after"),
        (new[0], new[1].astype(float).where(np.arange(300) > 3), "y of after is missing in 4 rows"),
        (new[0], new[1][:200], "y of after has 200 rows"),
        (new[0].to_numpy()[:, :1], new[1], "2 columns before and 1 after"),
    ]:
        with pytest.raises(wh.WhenceError, match=told):
            MechanismShift(says, before=old, after=(X, y), mechanisms=GRAPH)
    with pytest.raises(wh.WhenceError, match="after is a pair"):
        MechanismShift(says, before=old, after=new[0])


def test_metrics_refuse_what_they_cannot_judge():
    from sklearn.linear_model import LogisticRegression

    (X, y), new = table(500, 1), table(500, 2)
    numbers = X[["use", "age"]]
    fitted = LogisticRegression(max_iter=500).fit(numbers, y)
    old, late = (numbers, y), (new[0][["use", "age"]], new[1])
    ask = {"before": old, "after": late, "mechanisms": ["P(X)", "P(ok | X)"]}
    for metric, answer in [("log-loss", fitted), ("auc", fitted), ("accuracy", fitted)]:
        assert np.isfinite(wh.attribute(MechanismShift(answer, **ask, metric=metric)).values).all()
    with pytest.raises(wh.WhenceError, match="squared error is of numbers"):
        MechanismShift(fitted, **ask, metric="squared error")
    with pytest.raises(wh.WhenceError, match="outside the model's classes"):
        MechanismShift(fitted, **ask | {"after": (late[0], late[1].replace({1: 7}))})
    with pytest.raises(wh.WhenceError, match="accuracy needs labels"):
        MechanismShift(lambda X: X["use"].to_numpy(), **ask)
    with pytest.raises(wh.WhenceError, match="log-loss needs probabilities"):
        MechanismShift(lambda X: X["use"].to_numpy(), **ask, metric="log-loss")
    with pytest.raises(wh.WhenceError, match="one class only"):
        MechanismShift(
            fitted,
            **ask | {"before": (old[0], 0 * old[1]), "after": (late[0], 0 * y)},
            metric="auc",
        )


def test_columns_beside_the_model_may_be_mechanisms():
    from sklearn.linear_model import LogisticRegression

    old, new = table(1500, 1), table(1500, 2, later=True)
    fitted = LogisticRegression().fit(old[0][["use"]], old[1])
    before, after = ((X[["region", "use"]], y) for X, y in (old, new))
    game = MechanismShift(
        fitted,
        before=before,
        after=after,
        beside=["region"],
        mechanisms=["P(region)", "P(use | region)", "P(y | use, region)"],
    )
    assert wh.attribute(game).top(1)[0].player == "P(region)"


def test_boosted_trees_can_be_the_ratio():
    game = MechanismShift(
        positive, before=table(600, 1), after=table(600, 2, later=True), ratios="boosted", groups=4
    )
    att = wh.attribute(game)
    assert att.top(1)[0].player == "P(region)"
    assert "boosted trees" in game.certificates()[0].table["weights"]
