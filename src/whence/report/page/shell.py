"""What every page stands in: style, scripts, libraries, and a policy that forbids the network.

Only scripts whose hash is in the policy run, and nothing is fetched, sent or framed: a name that
smuggled markup into the page could still do nothing.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from whence._core.atomic import write_file
from whence._core.store import as_path
from whence.report.page.pack import inert

_IDEAS = ("numbers", "cases", "table", "pictures", "panels", "subgroup", "start")
_LIBRARIES = ("vega", "vega-lite", "vega-embed")
_MAP = "//# sourceMappingURL="


def page(template: str, told: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """A whole page.

    Args:
        template: its file.
        told: what its scripts need to know.
        words: what its template needs to know.
    """
    code = "\n".join(["(() => {", '"use strict";', *map(_idea, _IDEAS), "})();"])
    libraries = [_library(name) for name in _LIBRARIES]
    return render(
        template,
        policy=_policy([code, *libraries]),
        style=Markup(source("assets/page.css")),  # noqa: S704 - ours
        code=Markup(code),  # noqa: S704 - ours
        libraries=[Markup(text) for text in libraries],  # noqa: S704 - vendored
        told=Markup(inert(told)),  # noqa: S704 - inert
        **words,
    )


def written(text: str, path: str | Path | None) -> str:
    """The page; also written to `path` when it is given.

    Raises:
        ResultError: the file cannot be written.
    """
    if path is not None:
        write_file(as_path(path), text.encode(errors="replace"))
    return text


def render(template: str, **words: object) -> str:
    """A template, filled; every text is escaped."""
    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**words)


def source(name: str) -> str:
    """A file beside this one."""
    return files("whence.report.page").joinpath(name).read_text(encoding="utf-8")


def _idea(name: str) -> str:
    return source(f"assets/{name}.js")


def _library(name: str) -> str:
    """As published, less the address of a map that is not here."""
    return source(f"vega/{name}.min.js").partition(_MAP)[0].strip()


def _policy(scripts: list[str]) -> str:
    hashes = [b64encode(sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{h}'" for h in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
