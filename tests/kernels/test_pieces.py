"""Trees a few twigs at a time say what they say at once."""

import numpy as np
import pytest

from whence._core.index import Shapley
from whence.kernels import values as module
from whence.kernels.pieces import pieces
from whence.kernels.twigs import cut
from whence.kernels.values import Job, values

from .forests import alone, cells, constant, forest


def tables(twigs, wide):
    return np.diff(twigs.table) * np.diff(twigs.first_player) * wide


@pytest.mark.parametrize("most", [1, 500, 3000, 10**9])
def test_pieces(most):
    """Kills: twigs left out, or twice; pieces larger than they may be."""
    ensemble = forest(90, trees=3, depth=9, ends=0.05, outputs=2, vector=True)
    twigs = cut(ensemble, alone(ensemble), np.arange(3))
    found = list(pieces(twigs, 2, most))
    assert np.array_equal(np.concatenate([tables(p, 2) for p in found]), tables(twigs, 2))
    for piece in found:
        assert tables(piece, 2).sum() <= most or len(piece.path) == 1
        assert piece.first_twig[-1] == len(piece.path)
    assert (len(found) == 1) == (most == 10**9)


@pytest.mark.parametrize("pool", [True, False], ids=["background", "cover"])
@pytest.mark.parametrize("most", [1, 700, 5000])
def test_values_by_pieces(monkeypatch, most, pool):
    """Kills: a piece that reads the tables of another; nobody's worth of the last piece alone."""
    monkeypatch.setattr(module, "_slow", lambda job, twigs: twigs.wide)
    ensemble = forest(91, trees=3, depth=8, ends=0.05, outputs=2, odd=True, categorical=(2,))
    rows, members = cells(ensemble, 20), cells(ensemble, 30, seed=1) if pool else None
    job = Job.of(ensemble, alone(ensemble), rows, members)
    found = []
    for held in (10**9, most):
        monkeypatch.setattr(module, "_HELD", held)
        found += values(job, Shapley().weight, lambda _: None)
    assert np.allclose(found[0], found[2], rtol=0, atol=1e-13)
    assert np.allclose(found[1], found[3], rtol=0, atol=1e-13)


def test_no_twigs():
    ensemble = constant([])
    assert list(pieces(cut(ensemble, np.arange(2), np.arange(0)), 1, 10)) == []
