"""What a reading says of the mean over cases."""

import numpy as np
import pytest
from scipy import stats

from whence._core.moments import Moments
from whence._core.reading import Reading


def reading(values, stderr, each=10, **more):
    cases, outputs, _ = values.shape
    free = np.full(cases, each - 1.0)
    ends = np.zeros((cases, outputs)), np.ones((cases, outputs))
    return Reading(values, stderr, free, *ends, **more)


def simulated(rng, n_cases, visited, draws, between, within):
    """Cases that differ, `visited` of them, each seen through the mean of noisy draws."""
    truth = between * rng.normal(size=(n_cases, 1, 2))
    at = rng.permutation(n_cases)[:visited]
    noisy = truth[at] + within * rng.normal(size=(draws, visited, 1, 2))
    m = Moments(n_cases, 1, 2)
    for x in noisy:
        m.add(x, at)
    values = np.where(m.count[:, None, None] > 0, m.mean, np.nan)
    got = Reading(values, m.stderr, m.count - 1.0, *np.zeros((2, n_cases, 1)))
    return truth.mean(axis=0), got.over_cases(n_cases)


@pytest.mark.slow
@pytest.mark.parametrize("visited", [10, 30, 40])
@pytest.mark.parametrize(("between", "within"), [(1.0, 0.3), (1.0, 3.0), (0.0, 1.0)])
def test_parts_are_what_they_say(visited, between, within):
    """Kills: noise in the data part; a pass's missing cases forgotten, or kept at its end."""
    rng, runs, n = np.random.default_rng(3), 600, 40
    errors, estimation, data = [], [], []
    for _ in range(runs):
        truth, got = simulated(rng, n, visited, 4, between, within)
        errors.append((got.values[0] - truth).ravel())
        estimation.append((got.parts["estimation"] ** 2).ravel())
        data.append((got.parts["data"] ** 2).ravel())
    true = np.var(np.ravel(errors))
    # 1200 numbers know their variance to 4 sqrt(2 / 1200) = 16 %
    assert np.mean(estimation) == pytest.approx(true, rel=0.16 + 4 / np.sqrt(runs * visited))
    clipped = within**2 / 4 / n * 0.5  # a variance cannot be negative: noise alone leaves some
    assert np.mean(data) == pytest.approx(between**2 / n, rel=0.15, abs=clipped)


def test_a_complete_pass_has_no_missing_cases():
    """By hand: v = 1, 3 with errors 0.6, 0.8."""
    r = reading(np.array([[[1.0]], [[3.0]]]), np.array([[[0.6]], [[0.8]]]))
    got = r.over_cases(2)
    assert got.values.item() == 2.0
    between = 2.0 - 0.5
    assert got.parts["estimation"].item() == pytest.approx(0.5)
    assert got.parts["data"].item() == pytest.approx(np.sqrt(between / 2))
    assert got.freedom.tolist() == [18.0]
    assert (got.empty.item(), got.full.item()) == (0.0, 1.0)


def test_an_unfinished_pass_by_hand():
    values = np.array([[[1.0]], [[3.0]], [[np.nan]], [[np.nan]]])
    r = reading(values, np.array([[[0.6]], [[0.8]], [[np.nan]], [[np.nan]]]))
    got = r.over_cases(4)
    assert r.visited.tolist() == [True, True, False, False]
    assert got.values.item() == 2.0
    assert got.parts["estimation"].item() ** 2 == pytest.approx(0.25 + (1 / 2 - 1 / 4) * 1.5)
    assert got.parts["data"].item() ** 2 == pytest.approx(1.5 / 4)


def test_one_draw_a_case_cannot_tell_the_parts_apart():
    r = reading(np.array([[[1.0]], [[3.0]], [[np.nan]]]), np.full((3, 1, 1), np.inf), each=1)
    got = r.over_cases(3)
    assert got.parts["estimation"].item() == pytest.approx(1.0)  # sqrt(2 / 2)
    assert "data" not in got.parts  # unknown, and not zero
    assert got.freedom.tolist() == [1.0]
    alone = reading(np.array([[[1.0]], [[np.nan]]]), np.full((2, 1, 1), np.inf), each=1)
    assert np.isinf(alone.over_cases(2).parts["estimation"]).all()


def test_one_case_is_itself():
    part = {"model": np.full((1, 1, 1), 0.3)}
    r = reading(np.ones((1, 1, 1)), np.full((1, 1, 1), 0.5), parts=part)
    got = r.over_cases(1)
    assert set(got.parts) == {"estimation", "model"}
    assert got.parts["estimation"].item() == 0.5
    many = reading(np.ones((2, 1, 1)), np.ones((2, 1, 1)), parts={"model": np.ones((2, 1, 1))})
    assert "model" not in many.over_cases(2).parts  # a case's own part is not the mean's


def test_one_case_of_many():
    values = np.array([[[1.0]], [[np.nan]]])
    got = reading(values, np.array([[[0.5]], [[np.nan]]])).over_cases(2)
    assert got.parts["estimation"].item() == 0.5
    assert got.parts["data"].item() == 0.0


def test_shared_parts_are_passed_on():
    r = reading(
        np.array([[[1.0]], [[3.0]]]),
        np.full((2, 1, 1), 0.5),
        shared={"background": np.full((1, 1, 1), 0.2)},
    )
    got = r.over_cases(2)
    assert got.parts["background"].item() == 0.2
    assert got.parts["estimation"].item() == pytest.approx(np.sqrt(0.5) / 2)


def test_shared_estimation_is_not_added_up():
    """One evaluation answers every case: errors do not average out."""
    r = reading(
        np.array([[[1.0]], [[3.0]]]),
        np.full((2, 1, 1), 0.5),
        shared={"estimation": np.full((1, 1, 1), 0.4)},
    )
    got = r.over_cases(2)
    assert got.parts["estimation"].item() == 0.4
    noise = (0.25 - 0.16) * 2 / 1
    assert got.parts["data"].item() ** 2 == pytest.approx((2.0 - noise) / 2)
    assert got.freedom.tolist() == [9.0]


@pytest.mark.parametrize("shared", [{}, {"estimation": np.full((1, 1, 1), 0.4)}])
def test_the_noise_of_cases_that_do_not_count_says_nothing(shared):
    """One draw of a case with weight 0: its error is infinite, and 0 times it no number."""
    values = np.array([[[1.0]], [[3.0]], [[9.0]]])
    noisy, quiet = (
        reading(
            values,
            np.array([0.6, 0.8, last])[:, None, None],
            shared=shared,
            weights=np.array([1.0, 1.0, 0.0]),
        ).over_cases(3)
        for last in (np.inf, 0.0)
    )
    assert np.isfinite(noisy.parts["data"]).all()
    for name, part in quiet.parts.items():
        np.testing.assert_array_equal(noisy.parts[name], part)


def test_fold():
    """Kills: the mean of the cases taken for one more case."""
    values = np.arange(12.0).reshape(1, 6, 2)  # two cases and their mean, of two outputs
    r = Reading(values, values / 10, np.array([5.0]), values[:, :, 0], values[:, :, 1])
    got = r.fold(2)
    assert np.array_equal(got.values, values[0, :4].reshape(2, 2, 2))
    assert np.array_equal(got.stderr, values[0, :4].reshape(2, 2, 2) / 10)
    assert np.array_equal(got.shared["estimation"], values[:, 4:] / 10)
    assert got.freedom.tolist() == [5.0, 5.0]
    assert np.array_equal(got.empty, [[0, 2], [4, 6]])
    assert np.array_equal(got.full, [[1, 3], [5, 7]])


def test_leave_out_is_the_jackknife():
    """Kills: k for k - 1, cases averaged after the squares, a normal law for six folds."""
    rng = np.random.default_rng(0)
    cases, outputs, players, k, b = 4, 2, 3, 5, 6
    values = rng.normal(size=(cases, outputs * (1 + k + b), players))
    square = rng.normal(size=(outputs * (1 + k + b), players, players))
    r = Reading(
        values,
        np.ones_like(values),
        np.ones(cases),
        values[:, :, 0],
        values[:, :, 1],
        {"estimation": np.ones((1, outputs * (1 + k + b), players))},
        covariance=square,
        shared_covariance={"walks": square},
        each=np.ones(cases),
    )
    got = r.leave_out(outputs, {"model": k, "background": b})
    assert np.array_equal(got.values, values[:, :outputs])
    assert got.stderr.shape == (cases, outputs, players)
    assert got.empty.shape == got.full.shape == (cases, outputs)
    assert np.array_equal(got.covariance, square[:outputs])
    assert np.array_equal(got.shared_covariance["walks"], square[:outputs])
    assert got.shared["estimation"].shape == (1, outputs, players)
    six = stats.t.ppf(0.975, b - 1) / stats.norm.ppf(0.975)
    for part, n, first, few in (
        ("model", k, outputs, 1.0),
        ("background", b, outputs * (1 + k), six),
    ):
        each = [values[:, first + j * outputs :][:, :outputs] for j in range(n)]
        mean = np.mean(each, axis=0)
        own = sum((e - mean) ** 2 for e in each) * (n - 1) / n
        assert np.allclose(got.parts[part], few * np.sqrt(own))
        over = [e.mean(axis=0) for e in each]
        together = sum((e - np.mean(over, axis=0)) ** 2 for e in over) * (n - 1) / n
        assert np.allclose(got.shared[part][0], few * np.sqrt(together))
        own = got.shared_covariance[part].diagonal(axis1=1, axis2=2)
        assert np.allclose(own, few**2 * together)


def test_leave_out_averages_the_cases_visited():
    values = np.array([[[1.0], [0.0], [2.0]], [[np.nan]] * 3])  # one own output, two members
    r = Reading(values, values, np.ones(2), values[:, :, 0], values[:, :, 0])
    got = r.leave_out(1, {"model": 2})
    assert got.shared["model"].item() == pytest.approx(1.0)


def test_covariance_between_players():
    """Against the variance of the players' sum, by its own reading."""
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(8, 30, 1, 3)) @ rng.normal(size=(3, 3)) + rng.normal(size=(30, 1, 1))
    cases = np.arange(30)

    def of(x):
        m = Moments(30, 1, x.shape[3])
        for one in x:
            m.add(one, cases)
        covariance = m.products / m.freedom.sum()
        return Reading(
            m.mean,
            np.sqrt(np.broadcast_to(covariance.diagonal(axis1=1, axis2=2) / 8, m.mean.shape)),
            m.freedom,
            *np.zeros((2, 30, 1)),
            covariance=covariance,
            each=m.count.astype(float),
        ).over_cases(60)

    many, total = of(draws), of(draws.sum(axis=3, keepdims=True))
    for part in ("estimation", "data"):
        assert many.covariance[part].sum() == pytest.approx(total.parts[part].item() ** 2)
        own = many.covariance[part].diagonal(axis1=1, axis2=2)
        assert np.allclose(np.sqrt(own), many.parts[part][0])


def test_no_covariance_of_one_case():
    r = reading(np.ones((2, 1, 1)), np.ones((2, 1, 1)), covariance=np.ones((1, 1, 1)))
    assert r.over_cases(2).covariance == {}
