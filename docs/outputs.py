"""Fill the ```text blocks of a page with what the ```python block above each prints.

python docs/outputs.py docs/tabular.md [...]
"""

import contextlib
import io
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(?P<code>```python\n.*?```)(?P<shown>\n\n```text\n.*?```)?", re.DOTALL)


def filled(page: str) -> str:
    """The page with fresh outputs; its blocks are run in turn, and share one namespace."""
    names: dict[str, object] = {"__name__": "page"}

    def run(found: re.Match[str]) -> str:
        code = found["code"].removeprefix("```python\n").removesuffix("```")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, "block", "exec"), names)  # noqa: S102 - the page is ours
        text = "\n".join(line.rstrip() for line in said.getvalue().strip("\n").splitlines())
        return found["code"] + (f"\n\n```text\n{text}\n```" if text or found["shown"] else "")

    return BLOCK.sub(run, page)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
