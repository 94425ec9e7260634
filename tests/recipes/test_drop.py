"""The verb: an answer, its sentence, its certificates, and that they survive a file."""

import numpy as np
import pandas as pd
import pytest

import whence as wh

MECHANISMS = ["P(region)", "P(X | region)", "P(ok | X, region)"]


def rows(n, seed, *, later=False):
    rng = np.random.default_rng(seed)
    region = rng.choice(list("nw"), n, p=[0.3, 0.7] if later else [0.8, 0.2])
    use = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-4 * use * (region == "n")))).astype(int)
    return pd.DataFrame({"region": region, "use": use}), pd.Series(y, name="ok")


def model(X):
    return (X["use"] > 0).to_numpy(float)


@pytest.fixture(scope="module")
def answer():
    return wh.drop(
        model, before=rows(2000, 1), after=rows(2000, 2, later=True), mechanisms=MECHANISMS
    )


def test_the_sentence_says_points_and_intervals(answer):
    said = answer.provenance["in words"]
    first = answer["P(region)"]
    assert f"\N{MINUS SIGN}{-100 * first.value:.1f} [" in said
    assert "came with P(region)" in said
    assert "is unexplained (effective sample" in said
    assert said in repr(answer).replace("\n", " ")
    assert "came with P(region)" in " ".join(str(answer.table()).split())
    assert "came with P(region)" in answer.to_html()


def test_the_ends_and_the_gap_are_what_was_measured(answer):
    gap = answer.certificate("unexplained gap").numbers
    (X0, y0), (X1, y1) = rows(2000, 1), rows(2000, 2, later=True)
    assert answer.empty[0, 0] == pytest.approx((model(X0) == y0).mean())
    assert gap["measured after"] == pytest.approx((model(X1) == y1).mean())
    left = gap["measured after"] - answer.full[0, 0]
    assert answer.provenance["gap_unexplained"] == pytest.approx(left)
    assert answer.provenance["target sense"] == "higher is better"


def test_a_part_of_an_answer_has_no_sentence(answer):
    assert "in words" not in repr(answer.select(players=["P(region)"]))


def test_a_loss_is_told_as_it_is_measured():
    """Mutant killed: a loss that grew, told as a drop."""
    att = wh.drop(
        model,
        before=rows(2000, 1),
        after=rows(2000, 2, later=True),
        mechanisms=MECHANISMS,
        metric="squared error",
    )
    assert att["P(region)"].value < 0
    assert "Of the +0." in att.provenance["in words"]
    assert att.provenance["target sense"] == "higher is better: worths are minus the squared error"


def test_it_survives_a_file(answer, tmp_path):
    back = wh.load(answer.save(tmp_path / "a.whence"))
    assert np.array_equal(back.values, answer.values)
    assert back.provenance["in words"] == answer.provenance["in words"]
    assert [c.check for c in back.certificates] == ["overlap", "unexplained gap"]


def test_one_seed_one_answer(answer):
    again, other = (
        wh.drop(
            model,
            before=rows(2000, 1),
            after=rows(2000, 2, later=True),
            mechanisms=MECHANISMS,
            random_state=seed,
        )
        for seed in (0, 5)
    )
    assert np.array_equal(again.values, answer.values)
    assert np.array_equal(again.stderr, answer.stderr)
    assert not np.array_equal(other.stderr, answer.stderr)


def test_nothing_is_said_of_noise():
    att = wh.drop(model, before=rows(800, 1), after=rows(800, 3), mechanisms=MECHANISMS)
    assert "nothing can be told from noise" in att.provenance["in words"]


def test_refusals():
    old = rows(800, 1)
    with pytest.raises(wh.WhenceError, match="seed must be"):
        wh.drop(model, before=old, after=old, seed=-1)


def test_labels_in_a_frame_of_one_column():
    (X, y), (X1, y1) = rows(300, 1), rows(300, 2, later=True)
    options = {"mechanisms": MECHANISMS, "groups": 3}
    framed = wh.drop(model, before=(X, y.to_frame()), after=(X1, y1.to_frame()), **options)
    plain = wh.drop(model, before=(X, y), after=(X1, y1), **options)
    assert framed.players.names == tuple(MECHANISMS)
    np.testing.assert_array_equal(framed.values, plain.values)


def test_one_target_at_a_time():
    X, y = rows(60, 1)
    with pytest.raises(wh.WhenceError, match=r"y of before has shape \(60, 2\).* one target at a"):
        wh.drop(model, before=(X, np.c_[y, y]), after=(X, np.c_[y, y]), metric="squared error")
