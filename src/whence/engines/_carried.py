"""The file that carries a game to worker processes; it goes with the run, however that ends."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from joblib.externals.loky.backend import resource_tracker


@contextmanager
def carried(data: bytes) -> Iterator[str]:
    """A file with these bytes. The tracker removes it where this process is killed."""
    folder = tempfile.mkdtemp(prefix="whence-")
    resource_tracker.register(folder, "folder")
    try:
        path = Path(folder) / "game"
        path.write_bytes(data)
        yield str(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        resource_tracker.unregister(folder, "folder")
