"""What before cannot speak for: cells that are missing, new values, broken columns; planted."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import whence as wh
from whence.games.shifts import MechanismShift
from whence.games.shifts.columns import shared
from whence.games.shifts.novelty import new_values
from whence.models.cells import Column


def month(seed, n=1000):
    """The label hangs on a and b; place says nothing."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 2)), columns=["a", "b"])
    X["place"] = rng.choice(["n", "s", "w"], n, p=[0.5, 0.3, 0.2])
    y = (2 * X.a + X.b + rng.normal(size=n) > 0).astype(int)
    return X, y.rename("ok")


def model(X):
    """Missing counts as 0; a place it does not know is sent the wrong way."""
    a = pd.to_numeric(X["a"]).fillna(0.0)
    score = 2 * a + X["b"]
    return np.where(X["place"].isin(["n", "s", "w"]), score, -score) > 0


def answer(X, *, before=None, **options):
    """Before is one month, after is the next one, with these rows for its own."""
    old = month(1)
    options = {"ratios": "linear", "groups": 5} | options
    return wh.drop(
        lambda rows: model(rows).astype(float),
        before=(old[0] if before is None else before, old[1]),
        after=(X, month(2)[1]),
        **options,
    )


def planted(X):
    """What the metric changes by when the next month's rows become these."""
    whole, y = month(2)
    return float((model(X) == y).mean() - (model(whole) == y).mean())


def gone(X, column, share, seed=0):
    return X.assign(**{column: X[column].mask(np.random.default_rng(seed).random(len(X)) < share)})


def blamed(att, column):
    """Mechanisms that do not name the column, and whose values noise does not explain."""
    clear = np.abs(att.values[0, 0]) > 4 * att.stderr[0, 0] + 0.005
    return [
        n
        for n, is_clear in zip(att.players.names, clear, strict=True)
        if is_clear and column not in n
    ]


def first(att):
    return att.players.names[int(np.argmax(np.abs(att.values[0, 0])))]


# -- missing cells --


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (0.1, 0.6, "P(a)"),
        (0.6, 0.1, "P(a)"),
        (0.4, 0.0, "P(a)"),
        (0.0, 0.4, "values of a never seen before"),
        (0.0, 1.0, "values of a never seen before"),
    ],
)
def test_a_column_that_is_empty_more_often_is_that_columns_mechanism(before, after, name):
    old, new = gone(month(1)[0], "a", before), gone(month(2)[0], "a", after, seed=1)
    att = answer(new, before=old)
    was = planted(gone(month(2)[0], "a", before, seed=2))
    value, error = att[name].value, att.stderr[0, 0, att.players.index(name)]
    assert abs(value - (planted(new) - was)) <= 3 * error
    assert first(att) == name
    assert not blamed(att, "a")


def test_texts_may_be_missing_too():
    att = answer(gone(month(2)[0], "place", 0.3))
    assert first(att) == "values of place never seen before"
    assert "'missing' in" in att.provenance["new values"]["place"]


def test_missing_is_a_value_and_no_number():
    """Mutant killed: a gap that counts as zero, or as infinitely much."""
    whole = np.r_[np.arange(100.0), np.full(50, np.nan)]
    column = shared("a", Column(whole), Column(whole[::-1].copy()))
    assert column.levels[-1] == "missing"
    assert column.missing.sum() == 100
    assert np.isnan(column.numbers[column.missing]).all()
    few = shared("b", Column(np.array([1.0, np.nan, 2.0])), Column(np.array([np.nan])))
    assert few.levels == (1, 2, "missing")
    assert few.codes.tolist() == [0, 2, 1, 2]


# -- broken columns --


@pytest.mark.parametrize(
    ("broken", "column"),
    [
        (lambda X: X.assign(a=X.a * 1000 + 50_000), "a"),
        (lambda X: X.assign(a=X.a.mask(X.index % 3 == 0, -99.0)), "a"),
        (lambda X: X.assign(a=X.a.mask(X.index % 3 == 0, -0.5)), "a"),  # within the range
        (lambda X: X.assign(a=-0.123), "a"),
        (lambda X: X.assign(place=X.place.mask(X.index % 4 == 0, "moon")), "place"),
        (lambda X: X.assign(place="moon"), "place"),
    ],
)
def test_a_broken_column_has_the_change_and_nobody_else_is_blamed(broken, column):
    X = broken(month(2)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        att = answer(X)
    name = next(n for n in att.players.names if n.startswith("values of"))
    assert column in name.split()
    assert first(att) == name
    value, error = att[name].value, att.stderr[0, 0, att.players.index(name)]
    assert abs(value - planted(X)) <= 3 * error
    assert abs(planted(X)) > 0.05
    assert not blamed(att, column)
    assert att.certificate("overlap").holds is False
    assert "Accuracy went from" in att.provenance["in words"]


def test_a_unit_that_changed_is_recognised():
    att = answer(
        month(2)[0].assign(b=lambda X: 40 * X.b + 80),
        before=month(1)[0].assign(b=lambda X: X.b + 2),
    )
    assert re.search(r"as if times (3[6-9]|4[0-4])", att.provenance["new values"]["b"])


def test_the_new_are_told_over_rows_alike():
    """Mutant killed: rows cut, so that who is like them is missed elsewhere."""
    X = month(2)[0]
    hit = (X.b > 0) & (np.random.default_rng(0).random(len(X)) < 0.6)
    att = answer(X.assign(place=X.place.mask(hit, "moon")))
    assert not blamed(att, "place")
    assert att.certificate("unexplained gap").holds


def test_new_values_that_the_model_does_not_mind_bring_nothing():
    """A batch number is new in every row, and no reason to refuse or blame."""
    old, new = (month(seed)[0].assign(batch=100 * seed) for seed in (1, 2))
    att = answer(new.assign(a=lambda X: X.a.mask(X.index % 2 == 0, 9.0)), before=old)
    assert not [n for n in att.players.names if "batch" in n]
    assert "do not depend on the new values of batch" in att.certificate("overlap").words
    assert first(att) == "values of a never seen before"


def test_two_broken_columns_have_a_part_each():
    X = month(2)[0]
    X = X.assign(a=X.a.mask(X.index % 3 == 0, -99.0), place=X.place.mask(X.index % 5 == 0, "moon"))
    att = answer(X)
    parts = [att[f"values of {c} never seen before"].value for c in ("a", "place")]
    assert max(parts) < -0.03
    assert sum(parts) == pytest.approx(planted(X), abs=0.03)


def test_rows_that_a_model_cannot_be_asked_about_are_left_out_and_told():
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    encoded = make_column_transformer((OneHotEncoder(), ["place"]), remainder="passthrough")
    fitted = make_pipeline(encoded, LogisticRegression()).fit(*month(0))
    X, y = month(2)
    moon = X.assign(place=X.place.mask(X.index < 300, "moon"))
    ask = {"before": month(1), "mechanisms": ["P(X)", "P(ok | X)"]}
    att, rest = (wh.drop(fitted, after=rows, **ask) for rows in ((moon, y), (X[300:], y[300:])))
    overlap = att.certificate("overlap")
    assert overlap.holds is False
    assert "the model fails on rows of after" in overlap.words
    assert "'moon' in 300 rows" in overlap.words
    measured = [a.certificate("unexplained gap").numbers["measured after"] for a in (att, rest)]
    assert measured[0] == measured[1]


def test_what_hardly_anybody_had_is_measured_by_difference():
    rng = np.random.default_rng(0)

    def drawn(west):
        place = np.where(np.arange(800) < west, "w", "n")
        use = rng.normal(size=800)
        return pd.DataFrame({"place": place, "use": use}), (use > 0).astype(int)

    game = MechanismShift(
        lambda X: ((X["use"] > 0) ^ (X["place"] == "w")).to_numpy(float),
        before=drawn(6),
        after=drawn(795),
        mechanisms=["P(place)", "P(use | place)", "P(y | place, use)"],
        ratios="linear",
        groups=5,
    )
    att = wh.attribute(game)
    assert att.players.names[-1] == "values of place hardly ever seen before"
    assert att.values[0, 0, -1] == pytest.approx((6 - 795) / 800, abs=0.01)
    overlap, gap = game.certificates()
    assert overlap.holds is False
    assert gap.holds is None
    with pytest.raises(wh.WhenceError, match="measured by difference"):
        game.rows(len(att.players) - 1)


def test_parents_that_are_gone_count_as_they_were():
    X, y = month(2)
    kept = (X.place != "w").to_numpy()
    names = ["P(place)", "P(a, b | place)", "P(ok | place)"]
    old = month(1)
    game = MechanismShift(
        lambda rows: model(rows).astype(float),
        before=old,
        after=(X[kept], y[kept]),
        mechanisms=names,
        ratios="linear",
    )
    overlap, _ = game.certificates()
    assert overlap.holds is False
    assert "after never has" in overlap.words


def test_columns_that_can_hardly_be_told_apart_are_two_mechanisms():
    """Sixty rows of twelve columns: rather two parts than a made-up dozen."""
    rng = np.random.default_rng(0)
    old, new = (rng.normal(size=(60, 12)) + 0.8 * k for k in range(2))
    att = wh.drop(
        lambda X: (X.sum(axis=1) > 0).astype(float),
        before=(old, (old.sum(axis=1) > 0).astype(int)),
        after=(new, (new.sum(axis=1) > 8).astype(int)),
    )
    assert len(att.players) <= 3
    assert "Accuracy went from" in att.provenance["in words"]


def test_odd_tables_are_answered():
    """Columns with nothing, one value or numbers of any size are no reason to give up."""
    X = month(2)[0]
    for old, new in [
        (month(1)[0].assign(b=np.nan), X),
        (month(1)[0].assign(b=np.nan), X.assign(b=np.nan)),
        (month(1)[0].assign(b=1.0), X.assign(b=2.0)),
        (month(1)[0].assign(b=lambda X: X.b * 1e300), X.assign(b=lambda X: X.b * 1e300)),
    ]:
        att = answer(new, before=old)
        assert np.isfinite(att.values).all()
        assert np.isfinite(att.stderr).all()


def test_too_few_rows_to_leave_any_out_are_told():
    old, (X, y) = month(1), month(2)
    told = "the accuracy of after is no number on its 1 rows once some"
    with pytest.raises(wh.WhenceError, match=told):
        wh.drop(lambda X: X["a"] * 0.0, before=old, after=(X[:1], y[:1]), metric="accuracy")


# -- what is new --


def values(old, new, floor=50.0):
    both = shared("a", Column(np.asarray(old)), Column(np.asarray(new)))
    return new_values(both, np.repeat([False, True], [len(old), len(new)]), floor)


def test_chance_is_not_new():
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert values(rng.normal(size=300), rng.normal(size=300)) is None
        assert values(rng.integers(0, 300, 500), rng.integers(0, 300, 500)) is None
        words = [np.array([f"w{k}" for k in rng.zipf(1.6, 400)], object) for _ in range(2)]
        assert values(*words) is None


def test_what_can_be_weighed_is_not_new():
    rng = np.random.default_rng(0)
    assert values(rng.normal(size=2000), rng.normal(0.7, 1.0, 2000)) is None
    few = np.repeat(["x", "y"], [60, 1940])
    assert values(few.astype(object), few[::-1].astype(object)) is None


def test_new_numbers_are_found_within_the_range_too():
    rng = np.random.default_rng(0)
    old = np.r_[rng.uniform(0, 1000, 2000)]
    found = values(old, old / 1000)
    assert found.share > 0.95
    assert not found.never or found.called.endswith("never seen before")
    assert "divided by 1e+03" in found.words


# -- times, and words that are rare --


def dated(seed, first, kind, n=600):
    """The model is right of rows before day 200 nearly always, later half of the time."""
    rng = np.random.default_rng(seed)
    day, a = rng.integers(first, 300, n), rng.normal(size=n)
    when = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(day, "D"))
    made = {
        "number": lambda: day.astype(float),
        "date": lambda: when,
        "zone": lambda: when.dt.tz_localize("Etc/GMT-1"),
        "day": lambda: when.dt.date,
        "duration": lambda: pd.to_timedelta(day, "h"),
        "period": lambda: when.dt.to_period("D"),
        "word": lambda: when.dt.strftime("%Y-%m-%d"),
    }[kind]()
    right = rng.random(n) < np.where(day < 200, 0.95, 0.5)
    return pd.DataFrame({"when": made, "a": a}), pd.Series((a > 0) == right, name="ok")


def of_dates(kind):
    return wh.drop(
        lambda X: (X["a"] > 0).to_numpy(float),
        before=dated(0, 0, kind),
        after=dated(1, 120, kind),
        mechanisms=["P(when)", "P(a)", "P(ok | when, a)"],
        ratios="linear",
        groups=3,
    )


@pytest.mark.parametrize("kind", ["date", "zone", "day", "duration"])
def test_times_shift_as_numbers_do(kind):
    found, numbers = (of_dates(k).values[0, 0] for k in (kind, "number"))
    assert numbers[0] < -0.05
    np.testing.assert_allclose(found, numbers, atol=1e-6)


@pytest.mark.parametrize("kind", ["period", "word"])
def test_rare_words_shift_with_their_neighbours(kind):
    truth = (0.95 * 80 + 0.5 * 100) / 180 - (0.95 * 200 + 0.5 * 100) / 300
    assert abs(of_dates(kind)["P(when)"].value - truth) < 0.03


def test_new_times_are_told_as_times():
    old, new = (Column(dated(0, first, "date")[0]["when"].to_numpy()) for first in (0, 120))
    column = shared("when", old, Column(new.data + np.timedelta64(400, "D")))
    words = new_values(column, np.arange(1200) >= 600, 50.0).words
    assert words.startswith("from 2025-06-07 to 2025-11-30 in 585 rows, before from 2024-01-01 to ")


def nearly_always_right(seed, shift=0.0, n=1000):
    rng = np.random.default_rng(seed)
    a = rng.normal(shift, 1.0, n)
    return pd.DataFrame({"a": a}), pd.Series((a > 0) ^ (rng.random(n) < 0.02), name="ok")


@pytest.mark.parametrize(("shift", "holds"), [(0.0, True), (3.5, False)])
def test_few_wrong_rows_are_no_heavy_tail(shift, holds):
    """Kills: a good model in two like months told that nothing can be relied on."""
    found = wh.drop(
        lambda X: (X["a"] > 0).to_numpy(float),
        before=nearly_always_right(0),
        after=nearly_always_right(1, shift),
        mechanisms=["P(a)", "P(ok | a)"],
        ratios="linear",
        groups=3,
    )
    assert found.certificate("overlap").holds is holds
