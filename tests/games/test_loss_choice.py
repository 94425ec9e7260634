"""Which loss judges a model: scores are never judged as if they were labels."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import ModelError, OptionError
from whence.games.features import (
    AbsoluteError,
    Brier,
    LogLoss,
    Marginal,
    PredictivePower,
    Squared,
    TreePower,
    ZeroOne,
)
from whence.games.features.loss import as_loss
from whence.games.features.loss_choice import chosen_loss
from whence.games.features.standing import Looked
from whence.models.class_answers import probabilities, votes
from whence.models.loss_names import KNOWN, canonical
from whence.models.predictor import predictor
from whence.models.table import Table

pytest.importorskip("sklearn")
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    IsolationForest,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import (
    LogisticRegression,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(160, 3))
Y = (X[:, 0] + X[:, 1] / 2 + 0.3 * RNG.normal(size=160) > 0).astype(int)
THREE = np.array(["left", "middle", "right"])[np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.6, 0.6])]
TRAIN, TEST = slice(0, 80), slice(80, None)


def choice(model, y, rows=X, loss=None):
    asked = predictor(model, like=Table.of(rows))
    return chosen_loss(loss, asked, y, looked(asked, rows))


def looked(asked, rows, weights=None):
    X = asked.aligned(Table.of(rows))
    return Looked(X, len(X), lambda some: asked(X.take(some).frame()), weights)


def power(model, y, loss=None):
    return PredictivePower(model, X[TEST], y[TEST], removal=Marginal(X[TRAIN][:12]), loss=loss)


def error_rate(game):
    everybody = np.ones((game.n_cases, len(game.players)), bool)
    cases = np.arange(game.n_cases)
    return -game.worth(everybody, cases, np.zeros_like(cases))[:, 0].mean()


# -- classifiers without probabilities --

SILENT = {
    "LinearSVC": LinearSVC(),
    "SVC": SVC(),
    "SVC of pairs": SVC(decision_function_shape="ovo"),
    "SGD": SGDClassifier(random_state=0),
    "Ridge": RidgeClassifier(),
    "voting": VotingClassifier(
        [("a", DecisionTreeClassifier(max_depth=2)), ("b", LogisticRegression())]
    ),
}


@pytest.mark.parametrize("y", [Y, THREE], ids=["two", "three"])
@pytest.mark.parametrize("name", SILENT)
def test_a_classifier_without_probabilities_is_judged_by_its_labels(name, y):
    """Kills: squared error of a score; the largest of three *pairs* taken for a label."""
    model = SILENT[name].fit(X[TRAIN], y[TRAIN])
    game = power(model, y)
    assert isinstance(game.loss, ZeroOne)
    assert "gives no probabilities, so it is judged by the labels" in game.why
    assert error_rate(game) == pytest.approx(1 - model.score(X[TEST], y[TEST]))
    assert game.question.classes == tuple(map(str, np.unique(y)))


def test_removed_features_are_put_to_the_vote():
    """With nobody there the label that most background rows name is named."""
    model = LinearSVC().fit(X[TRAIN], THREE[TRAIN])
    pool = X[TRAIN][:12]
    game = PredictivePower(model, X[TEST], THREE[TEST], removal=Marginal(pool))
    names, many = np.unique(model.predict(pool), return_counts=True)
    assert -game.nobody()[:, 0].mean() == (THREE[TEST] != names[many.argmax()]).mean()


def test_an_ensemble_counts_votes():
    models = [LinearSVC(C=c).fit(X[TRAIN], Y[TRAIN]) for c in (0.001, 1.0, 3.0)]
    game = power(models, Y)
    cast = np.mean([m.predict(X[TEST]) for m in models], axis=0) > 0.5
    assert error_rate(game) == (cast != Y[TEST]).mean()


def test_outliers_are_labels_too():
    model = IsolationForest(n_estimators=20, random_state=0).fit(X)
    y = np.where(np.abs(X).max(axis=1) > 2, -1, 1)
    assert error_rate(power(model, y)) == (model.predict(X[TEST]) != y[TEST]).mean()
    with pytest.raises(ModelError, match="answers scores, which order rows"):
        choice(model, Y)


@pytest.mark.parametrize(
    "model",
    [
        SVC(probability=True, random_state=0),
        FixedThresholdClassifier(LogisticRegression(), threshold=0.2),
    ],
    ids=["SVC", "a threshold"],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_labels_that_are_not_the_most_probable(model):
    """Kills: an error rate that is not that of the model's own labels."""
    y = (X[:, 0] + RNG.normal(size=160) > 0.9).astype(int)
    model.fit(X[TRAIN], y[TRAIN])
    assert error_rate(power(model, y, "zero-one")) == pytest.approx(
        1 - model.score(X[TEST], y[TEST])
    )


def test_boosters_with_an_objective_of_ones_own():
    lgb = pytest.importorskip("lightgbm")

    def own(true, score):
        p = 1 / (1 + np.exp(-score))
        return p - true, p * (1 - p)

    model = lgb.LGBMClassifier(objective=own, n_estimators=5, verbose=-1, n_jobs=1)
    model.fit(X[TRAIN], Y[TRAIN])
    right = ((model.booster_.predict(X[TEST]) > 0) == Y[TEST]).mean()
    game = power(model, Y)
    assert error_rate(game) == pytest.approx(1 - right)
    margin = model.booster_.predict(X[TEST])
    loss = np.logaddexp(0, np.where(Y[TEST] == 1, -margin, margin))
    assert error_rate(power(model, Y, "log-loss")) == pytest.approx(loss.mean())
    with pytest.raises(wh.WhenceError, match="no sum over leaves"):
        TreePower(model, X[TEST], Y[TEST], removal=Marginal(X[:5]))


def test_raw_log_odds_of_xgboost():
    xgb = pytest.importorskip("xgboost")
    model = xgb.XGBClassifier(objective="binary:logitraw", n_estimators=5, n_jobs=1)
    model.fit(X[TRAIN], Y[TRAIN])
    margin = model.predict(X[TEST], output_margin=True)
    assert error_rate(power(model, Y)) == ((margin > 0) != Y[TEST]).mean()
    loss = np.logaddexp(0, np.where(Y[TEST] == 1, -margin, margin))
    assert error_rate(power(model, Y, "log-loss")) == pytest.approx(loss.mean(), rel=1e-5)


# -- scores of anything else --


def test_rankers_and_hazards_are_refused():
    lgb, xgb = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    grades = RNG.integers(4, size=160)
    ranker = lgb.LGBMRanker(n_estimators=3, verbose=-1, n_jobs=1).fit(X, grades, group=[80, 80])
    cox = xgb.XGBRegressor(objective="survival:cox", n_estimators=3, n_jobs=1)
    cox.fit(X, np.abs(X[:, 0]) + 0.1)
    for model, y in ((ranker, grades), (cox, np.abs(X[:, 0]))):
        with pytest.raises(ModelError, match=r"order rows.*loss='auc' where y has two labels"):
            choice(model, y)
        with pytest.raises(ModelError, match="'auc', or a function of"):
            power(model, y, "log-loss")


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_raw_numbers_of_a_network(columns):
    """Refused by default; log-loss and zero-one, which the refusal names, then work."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Linear(3, columns)
    y = Y if columns < 3 else np.digitize(X[:, 0], [-0.5, 0.5])
    with pytest.raises(ModelError, match=r"'log-loss' takes.*'zero-one' judges"):
        choice(net, y)
    last = torch.nn.Sigmoid() if columns == 1 else torch.nn.Softmax(dim=1)
    whole = torch.nn.Sequential(net, last)
    for loss in ("log-loss", "brier", "zero-one"):
        raw, proper = power(net, y, loss), power(whole, y, loss)
        assert error_rate(raw) == pytest.approx(error_rate(proper), rel=1e-5)
        assert raw.question.unit == proper.question.unit
        if loss != "zero-one":  # which votes: a net without probabilities has no other way
            assert np.allclose(raw.nobody(), proper.nobody(), rtol=1e-4)
    assert isinstance(choice(net, X[:, 0]).loss, Squared)  # numbers are predicted, as ever
    if columns == 2:
        with pytest.raises(wh.WhenceError, match="For a classifier use loss='log-loss'"):
            power(net, y, "squared error")


def test_a_function_of_scores():
    with pytest.raises(ModelError, match=r"answers from -\d.*'auc' judges"):
        choice(lambda Z: 5 * Z[:, 0], Y)
    inside = choice(lambda Z: 1 / (1 + np.exp(-Z[:, 0])), Y)
    assert isinstance(inside.loss, Squared)
    assert isinstance(choice(lambda Z: 5 * Z[:, 0], X[:, 0]).loss, Squared)
    asked = choice(lambda Z: 5 * Z[:, 0], Y, loss="mse")
    assert isinstance(asked.loss, Squared)


class Hazards(BaseEstimator):
    """An estimator that is neither a classifier nor a regressor, as models of survival are."""

    def fit(self, rows, y):
        self.n_features_in_ = rows.shape[1]
        return self

    def predict(self, rows):
        return 3 * rows[:, 0]


def test_an_estimator_of_no_declared_kind():
    with pytest.raises(ModelError, match="Hazards answers from"):
        choice(Hazards().fit(X, Y), Y)
    assert isinstance(choice(Hazards().fit(X, Y), X[:, 0]).loss, Squared)


# -- probabilities --


def test_sound_forecasts_are_judged_by_log_loss():
    model = LogisticRegression().fit(X[TRAIN], Y[TRAIN])
    got = choice(model, Y)
    assert isinstance(got.loss, LogLoss)
    assert got.why == ""


def noisy(n=600, seed=3):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 3))
    return rows, (rows[:, 0] + rng.normal(size=n) > 0).astype(int)


def test_where_log_loss_is_infinite_it_is_the_brier_score():
    rows, y = noisy()
    model = RandomForestClassifier(15, random_state=0, n_jobs=1).fit(rows[:300], y[:300])
    got = choice(model, y[300:], rows[300:])
    assert isinstance(got.loss, Brier)
    p = model.predict_proba(rows[300:])
    zero = int((p[np.arange(300), y[300:]] == 0).sum())
    assert zero > 0
    assert f"{zero} of 300 rows had probability 0 for what happened" in got.why


def test_a_model_of_labels_alone_is_judged_by_them():
    """A grown tree is worse than the base rate by every loss of probabilities."""
    rows, y = noisy()
    model = DecisionTreeClassifier(random_state=0).fit(rows[:300], y[:300])
    got = choice(model, y[300:], rows[300:])
    assert isinstance(got.loss, ZeroOne)
    assert "the Brier score is worse than that of knowing how often each occurs" in got.why


def test_an_overconfident_model_is_not_judged_by_what_belies_it():
    rows, y = noisy()
    model = LogisticRegression().fit(rows[:300], y[:300])
    model.coef_ = 6 * model.coef_
    got = choice(model, y[300:], rows[300:])
    assert not isinstance(got.loss, LogLoss)
    assert "in log-loss the model is worse than knowing how often each label occurs" in got.why


def test_who_knows_nothing_is_left_with_log_loss():
    rows, y = noisy()
    model = GaussianNB().fit(rows[:300], np.random.default_rng(1).permutation(y[:300]))
    assert isinstance(choice(model, y[300:], rows[300:]).loss, LogLoss)


def test_weights_decide_too():
    """Rows of weight 0 are not there."""
    rows, y = noisy()
    model = RandomForestClassifier(15, random_state=0, n_jobs=1).fit(rows[:300], y[:300])
    asked = predictor(model, like=Table.of(rows))
    p = model.predict_proba(rows[300:])
    sure = p[np.arange(300), y[300:]] > 0
    got = chosen_loss(None, asked, y[300:], looked(asked, rows[300:], sure.astype(float)))
    assert isinstance(got.loss, LogLoss)


# -- the losses themselves, and their names --


def test_brier_by_hand():
    two = np.array([[0.2, 0.8], [0.7, 0.3]])
    assert Brier().plain(np.array([1, 1]), two) == pytest.approx([0.04, 0.49])
    assert Brier().plain(np.array([1, 1]), two[:, 1:]) == pytest.approx([0.04, 0.49])
    three = np.array([[0.5, 0.3, 0.2]])
    assert Brier().plain(np.array([2]), three) == pytest.approx([0.25 + 0.09 + 0.64])
    proxy = Brier().of_proxy()
    assert proxy.plain(np.array([2]), three - 0.1) == pytest.approx([0.16 + 0.04 + 0.81])
    with pytest.raises(ModelError, match="probability of label 1"):
        Brier().plain(np.array([1]), np.array([[3.0]]))


def test_absolute_error_by_hand():
    got = AbsoluteError().plain(np.array([[1.0, 2.0]]), np.array([[3.0, 1.5]]))
    assert got.tolist() == [2.5]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("squared-error squared_error mse neg_mean_squared_error l2", Squared),
        ("mae absolute-error neg_mean_absolute_error", AbsoluteError),
        ("neg_log_loss log_loss logloss cross_entropy LogLoss", LogLoss),
        ("brier brier_score neg_brier_score brier-score-loss", Brier),
        ("accuracy zero_one 0-1 error-rate accuracy_score", ZeroOne),
    ],
)
def test_names_that_people_type(names, kind):
    asked = predictor(LogisticRegression().fit(X, Y), like=Table.of(X))
    for name in names.split():
        assert isinstance(as_loss(name, asked), kind), name


@pytest.mark.parametrize("name", ["r2", "R^2", "rmse", "f1_macro", "balanced_accuracy", "hinge"])
def test_what_is_no_loss_of_a_row(name):
    asked = predictor(LogisticRegression().fit(X, Y), like=Table.of(X))
    with pytest.raises(OptionError, match=f"the loss '{name.replace('^', '.')}' is "):
        as_loss(name, asked)
    assert canonical(name) is None


def test_a_name_means_one_thing():
    assert all(canonical(name) == kind for name, kind in KNOWN.items())
    assert canonical("auroc") == "auc"


def test_forms_keep_what_they_are():
    asked = predictor(LogisticRegression().fit(X, Y), like=Table.of(X))
    assert probabilities(asked) is None
    named = votes(asked)
    assert named is not None
    assert named.hard
    assert votes(named) is named


def test_who_votes_is_known_by_its_scores_too():
    """Kills: an AUC of votes, which is lower, said of a model that has scores."""
    model = LinearSVC().fit(X[TRAIN], Y[TRAIN])
    seen = power(model, Y).standing()
    metrics = pytest.importorskip("sklearn.metrics")
    assert seen.auc == pytest.approx(
        metrics.roc_auc_score(Y[TEST], model.decision_function(X[TEST]))
    )
    assert seen.right == pytest.approx(model.score(X[TEST], Y[TEST]))
    assert seen.knows
