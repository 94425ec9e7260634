"""Games of networks in other processes, in threads and in stores: the same name, the same bits."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from models.hooked.odd import Net, Separate, filled, ids, of  # noqa: E402

import whence as wh  # noqa: E402
from whence._core.fingerprint import fingerprint  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    Basis,
    PatchingGame,
    directions,
    edges,
    heads,
    logit_difference,
)
from whence.models.hooked import HookedModel  # noqa: E402

torch.set_num_threads(1)
BASIS = Basis("blocks.0.hook_resid_post", np.eye(8)[:3])


def patching(seed=0, *, players=heads, kind=torch.float64, clean=0, mode="noising"):
    hooked = HookedModel(filled(Net(of(Separate)), seed).to(kind))
    return PatchingGame(
        hooked, ids(seed=clean), ids(seed=1), players=players(hooked),
        behaviour=logit_difference(1, 2), mode=mode,
    )  # fmt: skip


def ablation(how="mean", reference=None):
    hooked = HookedModel(filled(Net(of(Separate))))
    return AblationGame(
        hooked, ids(), players=directions(hooked, BASIS), bases=[BASIS],
        behaviour=logit_difference(1, 2), ablation=how, reference=reference,
    )  # fmt: skip


MADE = {
    "heads": patching,
    "edges": lambda: patching(players=edges),
    "bfloat16": lambda: patching(kind=torch.bfloat16),
    "directions": ablation,
}


def test_the_name_is_the_same_in_another_process():
    """Kills: names made of where torch keeps its numbers, or of activations."""
    code = (
        "from games.components.test_elsewhere import MADE, fingerprint\n"
        "for make in MADE.values():\n    print(fingerprint(make()))"
    )
    tests = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tests, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [fingerprint(make()) for make in MADE.values()]


def test_other_contents_have_another_name():
    nudged = patching()
    with torch.no_grad():
        nudged.hooked.module.layers[1].feed.down.weight[3, 4] += 1e-9
    games = [
        *(make() for make in MADE.values()),
        nudged,
        patching(seed=1),
        patching(clean=2),
        patching(mode="denoising"),
        ablation("zero"),
        ablation(reference=ids(seed=5)),
    ]
    assert len({fingerprint(game) for game in games}) == len(games)


def test_being_asked_changes_no_name():
    game = patching()
    before = fingerprint(game)
    game.worth(np.eye(4, dtype=bool), np.zeros(4, int), np.zeros(4, int))
    game.slopes(np.arange(3), np.zeros(3, int))
    game.run.here.clear()
    assert fingerprint(game) == before


def test_worths_are_found_again(tmp_path):
    shelf = str(tmp_path / "run.db")
    first = wh.attribute(patching(), keep=shelf)
    again = wh.attribute(patching(), keep=shelf)
    assert np.array_equal(first.values, again.values)
    assert first.cost.rows > 0
    assert not again.cost.rows
    assert again.cost.found == again.cost.asked


@pytest.mark.slow
@pytest.mark.parametrize("make", [patching, lambda: patching(players=edges)])
def test_workers_answer_the_same_bits(make):
    game = make()
    alone = wh.attribute(game, budget=wh.Budget(evaluations=2000, relative_error=None))
    for engine in (wh.engines.Threads(2), wh.engines.Processes(2)):
        other = wh.attribute(
            game, budget=wh.Budget(evaluations=2000, relative_error=None), engine=engine
        )
        assert np.array_equal(alone.values, other.values)
