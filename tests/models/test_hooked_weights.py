"""Linear maps as arrays: the same numbers, whichever way round a library keeps them."""

import pytest

torch = pytest.importorskip("torch")
from whence._core.errors import HookError  # noqa: E402
from whence.models.hooked.weights import affine  # noqa: E402


class Turned(torch.nn.Module):
    """Keeps its weight [inputs, outputs], as GPT-2 does."""

    def __init__(self, given, made):
        super().__init__()
        draws = torch.Generator().manual_seed(0)
        self.weight = torch.nn.Parameter(torch.randn(given, made, generator=draws).double())
        self.bias = torch.nn.Parameter(torch.randn(made, generator=draws).double())
        self.rows = 0

    def forward(self, x):
        self.rows += len(x)
        return x @ self.weight + self.bias


class Doubled(Turned):
    """Whose weight is not what it multiplies with."""

    def forward(self, x):
        return x @ (2 * self.weight) + self.bias


class Bent(Turned):
    def forward(self, x):
        return torch.relu(super().forward(x))


@pytest.mark.parametrize("kind", [Turned, Doubled])
@pytest.mark.parametrize(("given", "made"), [(6, 6), (6, 4), (4, 6)])
def test_a_map_is_what_it_does(kind, given, made):
    part, x = kind(given, made), torch.arange(5.0 * given).sin().reshape(5, given).double()
    weight, bias = affine(part, given)
    assert (x @ weight + bias - part(x)).abs().max() < 1e-12


def test_a_map_that_is_its_weight_is_not_run_on_every_axis():
    part = Turned(100, 100)
    affine(part, 100)
    assert part.rows < 10


def test_a_bent_map():
    with pytest.raises(HookError, match="Bent is not a linear map"):
        affine(Bent(6, 6), 6)
