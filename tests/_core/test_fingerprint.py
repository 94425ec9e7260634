"""Names from contents: equal for equal games, different for any change, refused for closures."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pytest

from whence._core.errors import UnnamedGameError
from whence._core.fingerprint import fingerprint
from whence.games.synthetic import Airport, Gloves, Linear, Noisy

SAMPLE = "{'a': np.arange(3.0), 'b': [1, None, 'x'], 'c': {3, 1, 2}}"


@dataclass(frozen=True)
class Point:
    x: float
    y: np.ndarray


class Knot:
    def __init__(self):
        self.self = self
        self.other = [self]


def test_equal_contents_have_equal_names():
    assert fingerprint(Noisy(Gloves(), 1.0, 3)) == fingerprint(Noisy(Gloves(), 1.0, 3))
    assert fingerprint(Point(1.0, np.ones(2))) == fingerprint(Point(1.0, np.ones(2)))
    assert fingerprint(Knot()) == fingerprint(Knot())  # a cycle ends


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Gloves(1, 3, 1), Gloves(3, 1, 1)),
        (Noisy(Gloves(), 1.0), Noisy(Gloves(), 2.0)),
        (Linear((1.0, 2.0)), Linear((1.0, 2.0), 2)),
        (Airport((1.0, 2.0)), Airport((1.0, 2.0 + 1e-15))),
        (np.arange(4), np.arange(4).reshape(2, 2)),
        (np.arange(4), np.arange(4.0)),
        (np.array(["a", None], dtype=object), np.array(["a", "b"], dtype=object)),
        ([1, [2, 3]], [1, [2], 3]),
        (["ab", "c"], ["a", "bc"]),
        (1, True),
        (1, 1.0),
        ("1", 1),
        ((1,), [1]),
        ({1, 2}, {1, 3}),
        (np.mean, np.sum),
        ("x".upper, "y".upper),
        (partial(max, 1), partial(max, 2)),
    ],
    ids=lambda thing: type(thing).__name__,  # an address would differ between the workers
)
def test_any_change_changes_the_name(one, other):
    """Kills: contents run together, dtypes or shapes left out, a type taken for another."""
    assert fingerprint(one) != fingerprint(other)


def test_the_name_is_the_same_in_another_process():
    """Kills: names made from addresses, or from the order of a set."""
    code = (
        "import numpy as np; from whence._core.fingerprint import fingerprint;"
        f"print(fingerprint({SAMPLE}))"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = {"a": np.arange(3.0), "b": [1, None, "x"], "c": {3, 1, 2}}
    assert there.stdout.strip() == fingerprint(here)


def test_a_fitted_model():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X = np.arange(6.0).reshape(3, 2)
    one, same, other = (
        linear_model.LinearRegression().fit(X, y) for y in ([1, 2, 4], [1, 2, 4], [1, 2, 5])
    )
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)


@pytest.mark.parametrize(
    "thing", [(i for i in range(3)), [threading.Lock()]], ids=["generator", "lock"]
)
def test_what_cannot_be_read_is_refused(thing):
    """Kills: two games of one name that differ in something nobody can read."""
    with pytest.raises(UnnamedGameError, match="no contents to read"):
        fingerprint(thing)


def test_what_is_only_remembered_is_not_read():
    """Kills: a name that changes once a game was asked."""

    class Forgetful:
        @cached_property
        def answer(self):
            return 42

    one, other = Forgetful(), Forgetful()
    assert one.answer == 42
    assert fingerprint(one) == fingerprint(other)


def test_the_bytes_between_fields_are_not_read():
    padded = np.dtype([("a", np.int8), ("b", np.float64)], align=True)
    one, other = (np.frombuffer(bytes([k]) * 32, np.uint8).view(padded).copy() for k in (1, 2))
    for array in (one, other):
        array["a"], array["b"] = 3, 4.0
    assert fingerprint(one) == fingerprint(other)
    other["b"][1] = 5.0
    assert fingerprint(one) != fingerprint(other)


def test_reading_is_linear_in_what_there_is():
    """Kills: a reader that follows every path, of which there are 2^60 here."""
    ladder = [1.0]
    for _ in range(60):
        ladder = [ladder, ladder]
    assert len(fingerprint(ladder)) == 32


def test_tensors_are_their_numbers():
    """Kills: names made of where torch keeps its numbers, which are of this process alone."""
    torch = pytest.importorskip("torch")
    for kind in (torch.float32, torch.bfloat16, torch.int64, torch.bool, torch.complex64):
        one, same, other = (torch.tensor(x).to(kind) for x in ([1, 0], [1, 0], [0, 1]))
        assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    numbers = torch.arange(6.0)
    apart = [numbers, numbers.double(), numbers.reshape(2, 3), numbers.reshape(2, 3).T, numbers[0]]
    assert len({fingerprint(x) for x in apart}) == len(apart)
    assert fingerprint(numbers[::2]) == fingerprint(torch.tensor([0.0, 2.0, 4.0]))  # a view
    assert fingerprint(numbers.new_zeros(0)) == fingerprint(torch.zeros(0))
    needs = torch.nn.Parameter(numbers)
    assert fingerprint(needs) == fingerprint(torch.nn.Parameter(numbers.clone()))
    code = "import torch; from whence._core.fingerprint import fingerprint;"
    code += "print(fingerprint(torch.nn.Parameter(torch.arange(6.0))))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == fingerprint(needs)
