"""Leaving out sees conjunctions and not backups; adding in, the reverse; Shapley, both."""

import pytest

torch = pytest.importorskip("torch")
from networks.backup import ON, PARTS, And, Or  # noqa: E402
from networks.looking import left_out, shapley, slopes, worths  # noqa: E402


def game(gate):
    """A mask over the parts to the gate's answer; what is off is 0."""

    def value(mask):
        handles = [
            getattr(gate, name).register_forward_hook(lambda *a, i=i: a[2] * mask[i])
            for i, name in enumerate(PARTS)
        ]
        answer = gate(ON).sum()
        for handle in handles:
            handle.remove()
        return answer

    return value


@pytest.mark.parametrize(
    ("gate", "missed", "added"), [(And, [1, 1, 0], [0, 0, 0]), (Or, [0, 0, 0], [1, 1, 0])]
)
def test_what_each_way_of_asking_says(gate, missed, added):
    worth = worths(game(gate()), 3)
    assert left_out(worth) == missed
    assert [worth[tuple(int(i == j) for j in range(3))] for i in range(3)] == added
    assert shapley(worth) == pytest.approx([0.5, 0.5, 0], abs=1e-15)


def test_a_backup_has_no_slope():
    """At a + b = 2 the two ramps of Or cancel, and so do their gradients."""
    assert slopes(game(Or()), (3,)).tolist() == [0, 0, 0]
    assert slopes(game(And()), (3,)).tolist() == [1, 1, 0]
