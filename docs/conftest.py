"""The blocks of a page run in the order in which they are read, whatever shuffles the tests."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    places = [i for i, item in enumerate(items) if item.path.suffix == ".md"]
    pages = list(dict.fromkeys(items[i].path for i in places))
    read = sorted((items[i] for i in places), key=lambda b: (pages.index(b.path), b.example.line))
    for place, block in zip(places, read, strict=True):
        items[place] = block
