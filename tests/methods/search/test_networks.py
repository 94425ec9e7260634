"""Circuits of hand-set networks: exactly the parts that were written to do the work."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.induction import ANSWERS, CLEAN, CORRUPTED, Induction, Sink, continued, repeated  # noqa: E402

import whence as wh  # noqa: E402
from whence.evaluate import faithfulness_curve  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    PatchingGame,
    edges,
    heads,
    logit_difference,
)
from whence.methods import Exact, Sweep  # noqa: E402
from whence.methods.search.circuit import circuit  # noqa: E402
from whence.models.hooked.logits import logits_of  # noqa: E402
from whence.models.hooked.model import HookedModel  # noqa: E402

THREE = {"embed -> 0.0.v", "0.0 -> 1.0.k", "1.0 -> logits"}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(name="game", scope="module")
def _game():
    hooked = HookedModel(Induction())
    behaviour = logit_difference(*ANSWERS)
    return PatchingGame(hooked, CLEAN, CORRUPTED, players=edges(hooked), behaviour=behaviour)


@pytest.mark.parametrize("index", [wh.LeaveOneOut(), wh.FirstIn()])
def test_three_edges_are_the_induction(game, index):
    """Each of them is needed, and the decoys are not; whatever ranks them."""
    found = circuit(game, Sweep(index), faithfulness=1.0)
    assert set(found.kept) == THREE
    assert found.faithfulness.value == pytest.approx(1.0112, abs=1e-4)  # the decoys work against
    assert found.completeness.value == pytest.approx(-0.0002, abs=1e-4)
    assert all(one.value > 1 for one in found.minimality.values())


def test_the_curve_rises_with_the_third_edge(game):
    found = faithfulness_curve(game, Sweep(wh.LeaveOneOut()).attribute(game), range(6))
    assert found.faithfulness[:3] == pytest.approx(np.zeros(3), abs=1e-3)
    assert found.smallest(0.9) == 3


def test_both_heads_are_the_sink():
    """An AND of two heads, on cases that had no part in the search."""
    hooked, ids = HookedModel(Sink()), repeated()

    def behaviour(answer):
        return continued(logits_of(answer), ids)

    game = AblationGame(hooked, ids, players=heads(hooked), behaviour=behaviour)
    found = circuit(game, Exact())
    assert set(found.kept) == {"0.0", "1.0"}
    assert found.held_out == 8
    assert found.faithfulness.value == pytest.approx(1.0, abs=1e-6)
    assert found.completeness.value == pytest.approx(0.0, abs=1e-6)
    assert [one.value for one in found.minimality.values()] == pytest.approx([1.0, 1.0], abs=1e-5)
