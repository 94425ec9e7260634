"""Torch modules: what their numbers are, and that they are left as they were found."""

import numpy as np
import pytest

from whence._core.errors import TableError, UnsupportedModelError
from whence.models import Table, predictor

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

KINDS = ("numpy", "pandas", "polars")


@pytest.fixture(name="X")
def table(numbers):
    return numbers[0]


def own(module, X, kind=torch.float32):
    module.eval()
    with torch.no_grad():
        return module(torch.tensor(X, dtype=kind)).double().numpy().reshape(len(X), -1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_is_raw(X, kind):
    if kind != "numpy":
        pytest.importorskip(kind)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    table = Table.of(X, names=list("abcd")).to(kind)
    asked = predictor(module, like=table)
    assert (asked.kind, asked.space, asked.classes) == ("numpy", "raw", None)
    assert asked.outputs == ("prediction 0", "prediction 1", "prediction 2")
    aligned = asked.aligned(table)
    assert aligned.names == tuple("abcd")
    assert np.allclose(asked(aligned.frame()), own(module, X), atol=1e-6)


def test_softmax_and_sigmoid_at_the_end_are_probabilities(X):
    soft = predictor(nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1)), like=Table.of(X))
    assert (soft.space, soft.classes) == ("probability", (0, 1, 2))
    module = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid(), nn.Flatten(0))
    module = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
    two = predictor(module, like=Table.of(X))
    assert (two.space, two.classes) == ("probability", (0, 1))
    assert np.allclose(two(X)[:, 1], own(module, X)[:, 0], atol=1e-6)


class Gated(nn.Module):
    """A Sigmoid is registered last, and is not what is answered."""

    def __init__(self, last):
        super().__init__()
        self.body = nn.Linear(4, 1)
        self.gate = last

    def forward(self, x):
        return 0.5 * self.gate(self.body(x))


def test_a_sigmoid_that_is_not_the_answer_proves_nothing(X):
    assert predictor(Gated(nn.Sigmoid()), like=Table.of(X)).space == "raw"


def test_a_softmax_over_the_rows_proves_nothing(X):
    module = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=0))
    assert predictor(module, like=Table.of(X)).space == "raw"


def test_several_sigmoids_are_raw(X):
    module = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid())
    assert predictor(module, like=Table.of(X)).space == "raw"


def test_the_module_is_left_as_it_was(X):
    module = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 1))
    module.train()
    module[2].eval()
    modes = [m.training for m in module.modules()]
    mean = module[1].running_mean.clone()
    asked = predictor(module, like=Table.of(X))
    assert np.array_equal(asked(X), asked(X))
    assert [m.training for m in module.modules()] == modes
    assert torch.equal(module[1].running_mean, mean)
    assert not module[0]._forward_hooks
    assert all(p.grad is None for p in module.parameters())


def test_threads_do_not_change_bits_and_are_restored(X):
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(4, 512), nn.Tanh(), nn.Linear(512, 512), nn.Linear(512, 1))
    asked = predictor(module, like=Table.of(X))
    before = torch.get_num_threads()
    answers = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            answers.append(asked(X))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*answers)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16])
def test_the_modules_own_precision(X, kind):
    module = nn.Linear(4, 1).to(kind)
    asked = predictor(module, like=Table.of(X))
    assert np.allclose(asked(X), own(module, X, kind), atol=1e-12)


def test_rows_that_cannot_be_written_are_read(X):
    frozen = X.copy()
    frozen.setflags(write=False)
    asked = predictor(nn.Linear(4, 1), like=Table.of(frozen))
    assert asked(frozen).shape == (200, 1)


def test_a_module_without_parameters(X):
    class Total(nn.Module):
        def forward(self, x):
            return x.sum(dim=1)

    asked = predictor(Total(), like=Table.of(X))
    assert asked.outputs == ("prediction",)
    assert np.allclose(asked(X)[:, 0], X.sum(axis=1), atol=1e-5)


def test_text_is_refused(mixed):
    with pytest.raises(TableError, match="X holds 'region', 'plan', not numbers"):
        predictor(nn.Linear(4, 1), like=Table.of(mixed[0]))


def test_other_answers_are_refused(X):
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(UnsupportedModelError, match="Pair answered a tuple, not a tensor"):
        predictor(Pair(), like=Table.of(X))


def test_a_wrong_width_says_what_was_tried(X):
    with pytest.raises(UnsupportedModelError, match="forward on numpy: RuntimeError: mat1 and"):
        predictor(nn.Linear(3, 1), like=Table.of(X))


def test_a_tensor_is_not_a_model(X):
    with pytest.raises(UnsupportedModelError, match="Tensor is not a module"):
        predictor(torch.ones(3), like=Table.of(X))
