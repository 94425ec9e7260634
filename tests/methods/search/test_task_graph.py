"""Task graphs: exactly the paths that carry the answer, among decoys that look the same."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.paths import EDGES, Paths, stripes  # noqa: E402
from torch import nn  # noqa: E402

from whence._core.errors import GameError, HookError, OptionError  # noqa: E402
from whence.evaluate import reliability  # noqa: E402
from whence.methods.search import _units as units  # noqa: E402
from whence.methods.search.task_graph import task_graph  # noqa: E402
from whence.models.hooked.model import HookedModel  # noqa: E402

LAYERS = ["conv1", "conv2"]


pytestmark = pytest.mark.usefixtures("one_thread")


def margin(kind):
    """The logit of the right kind, less that of the other."""

    def behaviour(logits):
        rows = torch.arange(len(logits))
        return logits[rows, kind] - logits[rows, 1 - kind]

    return behaviour


def graph(images, kind, decoys=4, **options):
    hooked = HookedModel(Paths(decoys), example=images[:2])
    return task_graph(hooked, images, margin(kind), LAYERS, **options)


def named(found):
    return {tuple(name.replace("output", "head").split(" -> ")) for name in found.kept}


@pytest.mark.parametrize("ablation", ["mean", "zero", "resample"])
@pytest.mark.parametrize("decoys", [4, 7])
def test_the_two_paths_and_nothing_else(ablation, decoys):
    """Kills: a decoy for its energy; the orphan, which only a decoy reads."""
    found = graph(*stripes(), decoys, ablation=ablation)
    assert named(found) == EDGES
    assert found.converged
    assert found.faithfulness.value == pytest.approx(1.0, abs=1e-9)
    assert found.completeness.value == pytest.approx(0.0, abs=1e-9)
    assert all(0.4 < one.value < 0.6 for one in found.minimality.values())
    assert found.players.columns["layer"][-1] == 1
    assert found.order[:2] == ("conv2 0 -> output", "conv2 1 -> output")


def test_no_threshold_on_correlation_finds_them():
    """A ranking by correlation cannot: whatever keeps the two signals keeps decoys."""
    images, kind = stripes()
    seen = HookedModel(Paths(), example=images[:2]).cache(images, LAYERS)
    for path in LAYERS:
        x = seen[path].relu().mean((-1, -2))
        agrees = torch.corrcoef(torch.cat([x.T, kind[None].double()]))[-1, :-1].abs()
        assert int((agrees >= agrees[:2].min() - 1e-12).sum()) > 2


def test_it_is_the_same_graph_over_resamples():
    images, kind = stripes()
    rng, found = np.random.default_rng(0), []
    for _ in range(6):
        rows = torch.as_tensor(rng.integers(len(images), size=len(images)))
        found.append(graph(images[rows], kind[rows]))
    judged = reliability(found)
    assert judged.holds
    assert judged.numbers["jaccard"] >= 0.9
    assert judged.numbers["by chance"] < 0.1


def test_effects_are_those_of_cut_weights():
    """Zeros in place of what a reader reads, by hand: the same effect, edge by edge."""
    images, kind = stripes()
    found = graph(images, kind, ablation="zero")
    model = Paths()
    with torch.no_grad():
        clean = margin(kind)(model(images)).mean().item()
        model.conv2.weight[1, 1] = 0.0
        cut = margin(kind)(model(images)).mean().item()
    at = found.order.index("conv1 1 -> conv2 1")
    assert found.path["effect"][at] == pytest.approx(clean - cut, abs=1e-12)


def test_batches_change_nothing(monkeypatch):
    """Kills: rows of one candidate that are read as another's."""
    whole = graph(*stripes(), ablation="resample", seed=4)
    monkeypatch.setattr(units, "_ROWS", 130)
    pieces = graph(*stripes(), ablation="resample", seed=4)
    assert pieces.order == whole.order
    assert pieces.path["effect"] == pytest.approx(whole.path["effect"], abs=1e-12)
    assert pieces.cost.rows == whole.cost.rows


class Backup(nn.Module):
    """Units x, p, q; readers x + 10 p and x + 10 q. The answer needs p, q, and x from either."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3, bias=False), nn.Linear(3, 2, bias=False)
        with torch.no_grad():
            self.first.weight.copy_(torch.eye(3))
            self.second.weight.copy_(torch.tensor([[1.0, 10.0, 0.0], [1.0, 0.0, 10.0]]))
        self.double().eval()

    def forward(self, x):
        y = self.second(self.first(x))
        tens = (y / 10).round()
        return tens.sum(1) + (y - 10 * tens).amax(1)


def test_readers_that_stand_in_for_one_another_are_kept_together():
    """Kills: a unit that stays and has no way to the output."""
    x = torch.rand(30, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = torch.cat([x[:, :1] * 4 + 0.5, (x[:, 1:] > 0.3).double()], 1)
    hooked = HookedModel(Backup(), example=x)
    found = task_graph(hooked, x, lambda y: y, ["first", "second"], ablation="zero")
    assert {"first 0 -> second 0", "first 0 -> second 1"} < set(found.kept)
    assert {"first 1 -> second 0", "first 2 -> second 1"} < set(found.kept)
    assert len(found.kept) == 6
    assert found.minimality["first 0 -> second 0"].value == pytest.approx(0.0, abs=1e-12)


class Tokens(nn.Module):
    """Positions of four features: feature 1 helps, feature 2 hinders, the others are not read."""

    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.mix = nn.Linear(4, 4, bias=False)
        with torch.no_grad():
            self.mix.weight.copy_(torch.eye(4))
        self.to(dtype).eval()

    def forward(self, x):
        y = self.mix(x)
        return 2 * y[..., 1].sum(1) - y[..., 2].sum(1)


def test_features_on_the_last_axis_and_of_both_signs():
    """Kills: positions taken for units; a unit that works against, left out."""
    x = 1 + 0.1 * torch.randn(12, 3, 4, generator=torch.Generator().manual_seed(1))
    hooked = HookedModel(Tokens(), example=x)
    found = task_graph(hooked, x, lambda y: y, ["mix"], ablation="zero")
    assert found.kept == ("mix 1 -> output", "mix 2 -> output")
    assert found.path["effect"] == pytest.approx([6.0, -3.0], rel=0.1)
    assert len(found.players) == 4
    strict = task_graph(hooked, x, lambda y: y, ["mix"], ablation="zero", threshold=4.0)
    assert strict.kept == ("mix 1 -> output",)
    nobody = task_graph(hooked, x, lambda y: y, ["mix"], ablation="zero", threshold=9.0)
    assert nobody.kept == ()
    assert not nobody.converged


def noisy(seed):
    draws = torch.Generator().manual_seed(seed)
    x, other = (torch.randn(20, 30, 4, generator=draws) for _ in range(2))
    hooked = HookedModel(Tokens(), example=x)
    return task_graph(
        hooked, x[:, :2], lambda y: y, ["mix"], ablation="resample", reference=other[:, :2]
    )


@pytest.mark.slow
def test_bystanders_are_taken_as_rarely_as_the_level_says():
    """Effects of mean zero: 5 % of graphs may have one, 10 +- 3.1 of 200."""
    assert sum(bool(noisy(seed).kept) for seed in range(200)) <= 18


X = torch.rand(6, 3, 4, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"ablation": "noise"}, OptionError, "no ablation 'noise' is offered"),
        ({"layers": "mix"}, OptionError, "layers are paths of different modules"),
        ({"layers": ["mix", "mix"]}, OptionError, "layers are paths of different modules"),
        ({"layers": ["mux"]}, HookError, "no hook point 'mux'"),
        ({"threshold": -1.0}, OptionError, "threshold is an effect"),
        ({"level": 1.0}, OptionError, "level lies between 0 and 1"),
        ({"inputs": X[:4]}, OptionError, "4 inputs are too few"),
        ({"reference": X[:, :2]}, OptionError, r"mix is \(4, 3\) on the inputs and \(4, 2\)"),
        ({"behaviour": lambda y: y.mean()}, GameError, r"shape \(\) for 6 inputs"),
        ({"behaviour": lambda y: y / 0}, GameError, "not finite on input 0"),
        ({"behaviour": lambda y: 0 * y + 3}, GameError, "the total effect is nothing: .* is 3 as"),
    ],
)
def test_what_makes_no_sense(given, error, message):
    asked = {"inputs": X, "behaviour": lambda y: y, "layers": ["mix"], "ablation": "zero"} | given
    if "reference" in given:
        asked["ablation"] = "mean"
    first = [asked.pop(name) for name in ("inputs", "behaviour", "layers")]
    with pytest.raises(error, match=message):
        task_graph(HookedModel(Tokens(), example=X), *first, **asked)


def test_layers_in_another_order_and_norms_that_learn():
    images, kind = stripes(8)
    hooked = HookedModel(Paths(), example=images)
    with pytest.raises(HookError, match="give them in the order in which they are computed"):
        task_graph(hooked, images, margin(kind), ["conv2", "conv1"])
    learning = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).eval()
    hooked = HookedModel(learning, example=torch.rand(6, 3))
    learning.train()
    with pytest.raises(HookError, match="in training mode"):
        task_graph(hooked, torch.rand(6, 3), lambda y: y[:, 0], ["0"])
