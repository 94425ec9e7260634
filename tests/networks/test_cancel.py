"""The step is 2.379, the slope is 0, and it is 2 once the layer that cancels is stopped."""

import pytest

torch = pytest.importorskip("torch")
from networks.cancel import EFFECT, FROM, TO, Cancel  # noqa: E402


def slope(model, stopped=None):
    """dy of layer 0's step from FROM to TO, at FROM, one layer's writing taken for a constant."""
    share = torch.zeros((), dtype=torch.float64, requires_grad=True)
    step = model.layers[0](model.embed(TO)) - model.layers[0](model.embed(FROM))
    handles = [model.layers[0].register_forward_hook(lambda *a: a[2] + share * step)]
    if stopped is not None:
        handles.append(model.layers[stopped].register_forward_hook(lambda *a: a[2].detach()))
    y = model(FROM).sum()
    (found,) = torch.autograd.grad(y, share, allow_unused=True) if y.requires_grad else (None,)
    for handle in handles:
        handle.remove()
    return 0.0 if found is None else found.item()


def test_the_step_is_not_its_slope():
    model = Cancel()
    assert (model(TO) - model(FROM)).item() == pytest.approx(EFFECT, abs=1e-12)
    assert pytest.approx(2.379, abs=1e-3) == EFFECT
    assert slope(model) == pytest.approx(0.0, abs=1e-12)


def test_stopping_each_layer_shows_it():
    """GradDrop: the mean of |slope| over L - 1 layers, the node's own being 0."""
    terms = [abs(slope(Cancel(), stopped)) for stopped in range(3)]
    assert terms == pytest.approx([0.0, 6.0, 0.0], abs=1e-12)
    assert sum(terms) / 2 == pytest.approx(3.0, abs=1e-12)
