"""What tests in several rooms stand on."""

import pytest


@pytest.fixture(scope="module")
def one_thread():
    """Torch keeps to one thread, so that small networks are quick and their sums the same."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
