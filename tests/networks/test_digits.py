"""They read digits; units' effects on margins are no sum; and the backdoor can be cut out."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")
from networks.digits import (  # noqa: E402
    TARGET,
    backdoored,
    data,
    digits,
    hidden,
    margin,
    triggered,
)
from networks.looking import before, inputs  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def masked(model, X, mask):
    """Logits when unit i is mask[i] itself, the first layer's units first."""
    readers = hidden(model)
    parts = mask.split([reader.in_features for reader in readers])
    with before(readers, lambda i, x: x * parts[i]):
        return model(X)


def accuracy(logits, y):
    return (logits.argmax(1) == y).double().mean().item()


def keeps(n, units, rate, seed):
    return (torch.rand(n, units, generator=torch.Generator().manual_seed(seed)) > rate).float()


@torch.no_grad()
def regressed(masks, answers):
    """The slope of each answer on each unit: [units, answers], with a whiff of ridge."""
    ones = torch.cat([masks, torch.ones(len(masks), 1)], 1).double()
    gram = ones.T @ ones + 1e-3 * torch.eye(ones.shape[1])
    return torch.linalg.solve(gram, ones.T @ answers.double())[:-1]


@torch.no_grad()
def test_it_reads_digits():
    _, X, _, y = data()
    assert accuracy(digits()(X), y) > 0.95


@torch.no_grad()
def test_a_difference_of_logits_is_linear_in_the_last_units():
    _, X, _, _ = data()
    model, X = digits(), X[:5]
    (h,) = inputs(model, X, [hidden(model)[-1]])
    masks = torch.cat([torch.ones(200, 64), keeps(200, 64, 0.3, 0)], 1)
    answers = torch.stack([masked(model, X, m) for m in masks])
    reader = hidden(model)[-1].weight
    says = ((reader[3] - reader[8]) * h).double() @ masks[:, 64:].double().T
    bias = (hidden(model)[-1].bias[3] - hidden(model)[-1].bias[8]).double()
    assert (answers[..., 3] - answers[..., 8] - says.T - bias).abs().max() < 1e-4


def test_a_regression_on_masks_predicts_margins_better_than_single_cuts():
    """At half of the units cut; correlations over fresh masks, averaged over images."""
    _, X, _, y = data()
    model, X, y = digits(), X[:100], y[:100]
    one = torch.ones(128)
    with torch.no_grad():
        masks, fresh = keeps(1000, 128, 0.5, 0), keeps(200, 128, 0.5, 1)
        answers = torch.stack([margin(masked(model, X, m), y) for m in masks])
        truth = torch.stack([margin(masked(model, X, m), y) for m in fresh])
        full = margin(model(X), y)
        single = torch.stack(
            [full - margin(masked(model, X, one - row), y) for row in torch.eye(128)]
        )
    slope = torch.stack(
        [
            torch.autograd.functional.jacobian(
                lambda m, i=i: margin(masked(model, X[i : i + 1], m), y[i : i + 1]).sum(), one
            )
            for i in range(len(X))
        ],
        1,
    )

    def agrees(weights):
        pairs = zip((fresh @ weights.float()).T, truth.T, strict=True)
        return torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs]).mean()

    fitted, cut, linear = (agrees(w) for w in (regressed(masks, answers), single, slope))
    assert fitted > cut + 0.05
    assert cut > linear
    assert fitted > 0.8


@torch.no_grad()
def test_the_backdoor_opens():
    _, X, _, y = data()
    model = backdoored()
    assert accuracy(model(X), y) > 0.95
    assert (model(triggered(X)).argmax(1) == TARGET).double().mean() > 0.99


@torch.no_grad()
def test_cutting_the_units_that_open_it_closes_it():
    """Ten pairs of images say which 20 of 192 units to cut; 20 others do nothing."""
    _, X, _, y = data()
    model = backdoored()
    few = torch.nonzero(y != TARGET)[:10, 0]
    masks = keeps(1500, 192, 0.1, 0)
    both, twice = torch.cat([X[few], triggered(X[few])]), y[few].repeat(2)
    weights = regressed(masks, torch.stack([margin(masked(model, both, m), twice) for m in masks]))
    clean, open_ = weights[:, :10], weights[:, 10:]
    spread = (clean.var(1) / 10 + open_.var(1) / 10).sqrt()
    worst = ((open_.mean(1) - clean.mean(1)) / spread).argsort()[:20]
    cut, other = torch.ones(192), torch.ones(192)
    cut[worst] = 0.0
    other[torch.randperm(192, generator=torch.Generator().manual_seed(0))[:20]] = 0.0
    assert accuracy(masked(model, triggered(X), cut), y) > 0.75
    assert accuracy(masked(model, X, cut), y) > 0.75
    assert accuracy(masked(model, triggered(X), other), y) < 0.2
