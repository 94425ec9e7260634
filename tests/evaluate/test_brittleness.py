import numpy as np
import pytest
from models.trainer.rows import logistic, network, ridge

import whence as wh
from evaluate.noisy import answer, noisy, shuffled


def additive(worths, **options):
    """A margin that is a sum of the rows' worths: what must leave is known by counting."""
    trainer, test = noisy(n=len(worths[0]), tests=len(worths), measurement="margin", **options)
    trainer.worth = np.array(worths, float)
    return trainer, test, answer(trainer, test, trainer.worth)


class TestBrittleness:
    def test_the_least_count_by_hand(self):
        """5+1+1-4: the first leaves -2; 1+1+1+1-2: three leave -1 (two leave 0, which turns)."""
        trainer, test, own = additive([[5, 1, 1, -4, 0, 0], [1, 1, 1, 1, -2, 0]])
        found = wh.evaluate.brittleness(trainer, own, test, most=0.7)
        assert found.table["top"] == (1, 2)
        assert found.table["measured"] == (3.0, 2.0)

    def test_a_wrong_answer_is_turned_by_what_holds_it_down(self):
        trainer, test, own = additive([[-5, -1, 2, 1, 0, 0], [1, 1, 1, 1, 1, -9]])
        found = wh.evaluate.brittleness(trainer, own, test)
        assert found.table["top"] == (1, 1)

    def test_what_does_not_turn(self):
        trainer, test, own = additive([[3, 3, 3, 3, 3, 3], [9, -1, -1, -1, -1, -1]])
        found = wh.evaluate.brittleness(trainer, own, test)
        assert found.table["top"] == (-1, 1)
        assert found.numbers["turned"] == 0.5

    def test_bisection_finds_what_one_by_one_finds(self):
        trainer, test = noisy(n=80, tests=12, measurement="margin", seed=3)
        trainer.worth = np.abs(trainer.worth) * np.array([1.0, -0.4] * 40)
        own = answer(trainer, test, trainer.worth)
        found = wh.evaluate.brittleness(trainer, own, test, most=0.6)
        for q, worth in enumerate(trainer.worth):
            left = worth.sum() - np.cumsum(np.sort(worth)[::-1])
            assert found.table["top"][q] == np.flatnonzero(left <= 0)[0] + 1

    def test_better_than_the_controls(self):
        trainer, test = noisy(n=80, tests=25, measurement="margin", seed=3)
        trainer.worth = trainer.worth + 0.3
        own = shuffled(answer(trainer, test, trainer.worth))
        found = wh.evaluate.brittleness(trainer, own, test, most=0.8, draws=2)
        assert found.holds
        assert found.numbers["turned"] > found.numbers["turned of random"]
        upside = answer(trainer, test, -trainer.worth)
        assert wh.evaluate.brittleness(trainer, upside, test, most=0.8).holds is False

    def test_a_prediction_that_must_move(self):
        trainer, test = ridge()
        own = wh.methods.leave_one_out(trainer, test)
        found = wh.evaluate.brittleness(trainer, own, test, moved=0.2)
        before = trainer.measure(trainer.fit(), test)
        for q, k in enumerate(found.table["top"]):
            order = np.argsort(-own.values[q, 0])
            for count, turned in ((k, True), (k - 1, False)):
                kept = np.setdiff1d(np.arange(30), order[:count])
                after = trainer.measure(trainer.fit(kept), test)[q]
                assert (after <= before[q] - 0.2) is np.bool_(turned) or k == -1

    @pytest.mark.usefixtures("one_thread")
    def test_of_a_network_over_seeds(self):
        trainer, (X, y) = network(epochs=3, lr=1.0)
        test = X[:2], y[:2]
        own = answer(trainer, test, (trainer.rows.y == np.array(y[:2])[:, None]).astype(float))
        found = wh.evaluate.brittleness(trainer, own, test, most=0.2, seeds=2)
        assert len(found.table["test"]) == 2
        assert "the median test turns" in found.words

    def test_nothing_turns_or_one_test_alone(self):
        trainer, test, own = additive([[3, 3, 3, 3], [2, 2, 2, 2]])
        found = wh.evaluate.brittleness(trainer, own, test)
        assert found.holds is None
        assert "more than 2 (0 % turn)" in found.words
        trainer, test, own = additive([[5, 1, -1, -1]])
        assert wh.evaluate.brittleness(trainer, own, test).holds is None

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"moved": -1.0}, "positive number"),
            ({"most": 1.0}, "share of the 4 rows"),
            ({"seeds": 0}, "seeds is a positive"),
            ({"draws": 0}, "draws is a positive"),
        ],
    )
    def test_refusals(self, options, said):
        trainer, test, own = additive([[5, 1, -1, -1]])
        with pytest.raises(wh.WhenceError, match=said):
            wh.evaluate.brittleness(trainer, own, test, **options)

    def test_a_measurement_without_a_sign(self):
        trainer, test = ridge()
        own = wh.methods.leave_one_out(trainer, test)
        with pytest.raises(wh.WhenceError, match="has no sign"):
            wh.evaluate.brittleness(trainer, own, test)


class TestTopRemoval:
    def test_changes_by_hand(self):
        trainer, test, own = additive([[5, 1, 1, -4, 0, 0], [1, 1, 1, 1, -2, 0]])
        found = wh.evaluate.top_removal(trainer, own, test, (1, 2))
        assert found.table["top"] == (-3.0, -4.0)
        low, high = found.table["top low"], found.table["top high"]
        assert (low, high) == ((-5.0, -6.0), (-1.0, -2.0))

    def test_random_rows_take_their_share(self):
        trainer, test = noisy(n=40, tests=60, measurement="margin")
        trainer.worth = trainer.worth + 0.5
        own = answer(trainer, test, trainer.worth)
        found = wh.evaluate.top_removal(trainer, own, test, (10,), draws=20)
        want = -10 * trainer.worth.mean()
        assert found.table["random low"][0] < want < found.table["random high"][0]
        top = -np.sort(trainer.worth, axis=1)[:, -10:].sum(axis=1).mean()
        assert found.numbers["top"] == pytest.approx(top)
        assert found.holds

    def test_of_classes_the_nearest_are_of_the_same_label(self):
        trainer, test = logistic()
        from whence.evaluate.removals import controls

        tests = trainer.tests(test)
        first = controls(trainer, tests, 1, 0)["nearest"][0][:, :8]
        assert (trainer.rows.y[first] == tests.y[:, None]).all()
        own = wh.methods.influence(trainer, test)
        found = wh.evaluate.top_removal(trainer, own, test, (5,))
        assert found.numbers["top"] < found.numbers["nearest"]

    def test_rows_without_distance_have_one_control(self):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder

        from whence.models import Trainer

        X = np.array([["a", "x"], ["b", "x"], ["a", "y"], ["b", "y"]] * 3, dtype=object)
        y = np.array([0, 1, 0, 1] * 3)
        made = make_pipeline(OneHotEncoder(), LogisticRegression())
        trainer, test = Trainer.sklearn(made, X, y, measurement="margin"), (X[:3], y[:3])
        own = answer(trainer, test, np.random.default_rng(0).normal(size=(3, 12)))
        found = wh.evaluate.top_removal(trainer, own, test, (1, 2))
        assert set(found.numbers) == {"top", "random"}

    def test_one_test_is_not_judged(self):
        trainer, test, own = additive([[5, 1, -1, -1]])
        assert wh.evaluate.top_removal(trainer, own, test, (1,)).holds is None

    @pytest.mark.parametrize("counts", [(), (0,), (4,)])
    def test_counts_that_are_not_there(self, counts):
        trainer, test, own = additive([[5, 1, -1, -1]])
        with pytest.raises(wh.WhenceError, match="between 1 and 3"):
            wh.evaluate.top_removal(trainer, own, test, counts)
