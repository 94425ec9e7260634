"""The harness sees what it is there to see."""

import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from fuzz import damaged, fuzz
from fuzz.damage import damage, found

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads /proc")
KINDS = {
    "r": "refused",
    "w": "wordy",
    "k": "killed",
    "e": "killed",
    "h": "hung",
    "s": "hung",
    "m": "greedy",
    "x": "exception",
    "d": "disagreed",
    "f": "wrote",
    "o": "wrote",
}


@pytest.mark.slow
def test_every_fault_is_seen():
    target, first = "fuzz.planted:every", 0
    outcome = fuzz(target, 90, first=first, seconds=0.05)
    kinds = {index: kind for index, kind, _ in outcome.faults}
    seen = set()
    for index in range(first, first + 90):
        letter = damaged(target, index).strip(b".")[:1].decode(errors="replace")
        wanted = KINDS.get(letter, "answered")
        if wanted not in {"answered", "refused"}:
            assert kinds.get(index) == wanted, (index, letter)
            seen.add(letter)
        else:
            assert index not in kinds
    assert seen == KINDS.keys() - {"r"}
    assert not Path("/dev/shm/whence-fuzz-trace").exists() or _removed()


def _removed():
    Path("/dev/shm/whence-fuzz-trace").unlink()
    return True


def test_damage_is_a_function_of_its_key():
    corpus = found("fuzz.planted:every")().corpus
    files = [damage(corpus, f"{k}") for k in range(200)]
    assert files == [damage(corpus, f"{k}") for k in range(200)]
    assert sum(file not in corpus for file in files) > 150


def test_members_of_a_zip_are_damaged_inside_it():
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        new.writestr("a.json", '{"one": 1, "two": [2, 3]}')
        new.writestr("b.npy", bytes(range(256)))
    whole = 0
    for k in range(100):
        try:
            with zipfile.ZipFile(BytesIO(damage([made.getvalue()], f"{k}"))) as again:
                whole += again.testzip() is None
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            continue
    assert whole > 60
