import numpy as np
import pytest

import whence as wh
from models.trainer.rows import classification, logistic, regression, ridge
from whence.models import Trainer


def test_a_worth_is_what_the_retrained_model_measures():
    trainer, test = ridge()
    game = wh.games.data.RetrainingGame(trainer, test)
    keep = np.random.default_rng(0).integers(0, 2, (3, 30)).astype(bool)
    cases = np.array([0, 4, 9])
    want = [trainer.measure(trainer.fit(k), test)[c] for k, c in zip(keep, cases, strict=True)]
    assert np.allclose(game.worth(keep, cases, np.zeros(3, dtype=int))[:, 0], want, atol=1e-12)


def test_groups_are_sources_and_the_other_rows_play_for_themselves():
    trainer, test = ridge()
    game = wh.games.data.RetrainingGame(trainer, test, groups={"a": [0, 1, 2], "b": range(3, 10)})
    assert game.players.names[:3] == ("a", "b", "row 10")
    keep = np.ones((1, 22), dtype=bool)
    keep[0, [1, 5]] = False
    rows = np.delete(np.arange(30), [*range(3, 10), 13])
    want = trainer.measure(trainer.fit(rows), test)[0]
    found = game.worth(keep, np.array([0]), np.array([0]))
    assert np.allclose(found, want, atol=1e-12)
    assert game.players.columns["rows"][:3] == (3, 7, 1)


def test_labels_of_rows_name_the_groups():
    trainer, test = ridge()
    game = wh.games.data.RetrainingGame(trainer, test, groups=["a", "b", "c"] * 10)
    assert game.players.names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("made", "measurement", "want"),
    [
        (logistic, "margin", 0.0),
        (logistic, "probability", 0.5),
        (logistic, "loss", -np.log(2)),
        (ridge, "prediction", 0.0),
    ],
)
def test_nobody_is_worth_the_best_constant(made, measurement, want):
    trainer, test = made(measurement=measurement)
    game = wh.games.data.RetrainingGame(trainer, test)
    nobody = game.worth(np.zeros((1, 30), dtype=bool), np.array([0]), np.array([0]))
    assert nobody == pytest.approx(want)


def test_nobody_of_a_regression_with_an_intercept():
    X, y = regression()
    trainer = Trainer.ridge(X, y, 1.0, intercept=True, measurement="loss")
    game = wh.games.data.RetrainingGame(trainer, (X[:2], y[:2]))
    nobody = game.worth(np.zeros((1, 40), dtype=bool), np.array([1]), np.array([0]))
    assert nobody == pytest.approx(-((y[1] - y.mean()) ** 2))


def test_the_game_obeys_the_laws_of_games():
    X, y = classification()
    trainer = Trainer.logistic(X[:8], y[:8], 1.0)
    wh.testing.check_game(wh.games.data.RetrainingGame(trainer, (X[8:11], y[8:11])))


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"a": []}, "has no rows"),
        ({"a": [0, 1], "b": [1]}, "overlap"),
        ({"a": [99]}, "positions 0 to 29"),
        (["a"] * 3, "3 rows"),
    ],
)
def test_groups_that_are_none(groups, words):
    trainer, test = ridge()
    with pytest.raises(wh.WhenceError, match=words):
        wh.games.data.RetrainingGame(trainer, test, groups=groups)


def test_seeds_and_measurements_that_nobody_knows():
    trainer, test = ridge()
    with pytest.raises(wh.WhenceError, match="seeds is"):
        wh.games.data.RetrainingGame(trainer, test, seeds=0)
    trainer.measurement = "size"
    with pytest.raises(wh.WhenceError, match="nobody="):
        wh.games.data.RetrainingGame(trainer, test)
