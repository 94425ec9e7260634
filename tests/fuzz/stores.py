"""Readers of stores: worths in SQLite, gradients in a folder."""

import tempfile
from pathlib import Path

import numpy as np

import whence as wh
from fuzz.damage import Reader
from whence.engines.store import Shelf
from whence.models.gradients.products import top
from whence.models.gradients.store import HEADER, GradientStore

WEIGHTS = np.array([1.0, 2.0, -3.0, 0.5, 0.25, 4.0])
GAMES = {
    name: wh.FunctionGame(lambda stay, w=weights: stay @ w, tuple("abcdef"))
    for name, weights in (("one", WEIGHTS), ("other", WEIGHTS[::-1] + 1))
}


def worths() -> Reader:
    """A file of worths, which is looked at, and from which two runs go on."""
    path = _empty() / "run.db"
    for name, game in GAMES.items():
        _asked(name, game, path)
    shelf = Shelf(path)
    shelf.drop([])  # the log becomes part of the file
    shelf.close()
    corpus = [path.read_bytes()]

    def read(raw: bytes) -> None:
        path = _empty() / "run.db"
        path.write_bytes(raw)
        shelf = Shelf(path, new=False)
        try:
            for game in shelf.games():
                for batch in shelf.batches(game.id, 0):
                    shelf.worths(batch.id, len(game.outputs))
        finally:
            shelf.close()
        for name, game in GAMES.items():
            found = _asked(name, game, path)
            wanted = WEIGHTS if name == "one" else WEIGHTS[::-1] + 1
            assert np.allclose(found.values.ravel(), wanted), name

    return Reader(corpus, read)


def _asked(name: str, game: wh.FunctionGame, path: Path) -> wh.Attribution:
    keep = wh.engines.Store(path, name=name) if name == "other" else path
    return wh.attribute(game, keep=keep, method="exact")


def gradients() -> Reader:
    """A folder of gradients: header, two blocks and a kernel, one after the other in one file."""
    rng = np.random.default_rng(0)
    folder = _empty() / "grads"
    key = {"model": "m", "data": "d", "projection": "p"}
    store = GradientStore.open(folder, rows=12, dim=4, key=key, block=8, extra=("w", "v"))
    for block in range(2):
        rows = len(store.layout.span(block))
        store.write(block, rng.normal(size=(rows, 4)), rng.normal(size=(rows, 2)))
    asked = rng.normal(size=(2, 4))
    wanted = _scores(folder, asked)
    names = sorted(path.name for path in folder.iterdir())
    parts = [(folder / name).read_bytes() for name in names]
    corpus = [len(part).to_bytes(4, "big") + part for part in parts]  # which one is first

    def read(raw: bytes) -> None:
        which = int(np.frombuffer(raw[-1:] or b"\0", np.uint8)[0]) % len(parts)
        size = [int.from_bytes(one[:4], "big") for one in corpus]
        head = int.from_bytes(raw[:4], "big")
        which = size.index(head) if head in size else which
        folder = _empty() / "grads"
        folder.mkdir()
        for at, name in enumerate(names):
            (folder / name).write_bytes(raw[4:] if at == which else parts[at])
        found = _scores(folder, asked)
        assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))

    assert HEADER in names
    return Reader(corpus, read)


def _scores(folder: Path, asked: np.ndarray) -> list[np.ndarray]:
    store = GradientStore.load(folder)
    assert store.size_bytes > 0
    plain, solved = top(store, asked, 3, weight="w"), top(store, asked, 12, ridge=0.1)
    return [plain.rows, plain.scores, plain.opposing, solved.rows, solved.scores]


def _empty() -> Path:
    return Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
