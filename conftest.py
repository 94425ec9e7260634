"""Every Python block in the documents runs: what the reader copies has been executed."""

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["docs/*.md", "README.md"]
).pytest()
