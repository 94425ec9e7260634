"""Every Python block in the documents runs: what the reader copies has been executed."""

import os
import signal

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["docs/*.md", "README.md"]
).pytest()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """What a test sees does not depend on who runs it.

    A shell lets what it runs in the background ignore Ctrl-C, and some tests are about Ctrl-C; a
    worker hears from its master how wide the terminal is.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("COLUMNS", None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Ray takes SIGTERM for itself when a document starts it: nobody's it is again."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
