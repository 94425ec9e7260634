"""The blocks of a page run in the order in which they are read, whatever shuffles the tests."""

import sys

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    places = [i for i, item in enumerate(items) if item.path.suffix == ".md"]
    pages = list(dict.fromkeys(items[i].path for i in places))
    read = sorted((items[i] for i in places), key=lambda b: (pages.index(b.path), b.example.line))
    for place, block in zip(places, read, strict=True):
        items[place] = block


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """A page's pictures are closed behind it."""
    if (nextitem is None or nextitem.path != item.path) and "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
