"""A circuit as Graphviz DOT: text that any of its tools lays out, and that people can edit.

An arrow raises the behaviour, a bar lowers it; dashed is an edge whose 95 % interval holds zero.

Source: the DOT language, https://graphviz.org/doc/info/lang.html.
"""

from pathlib import Path

from whence._core.atomic import write_file
from whence._core.attribution import Attribution
from whence._core.errors import positive
from whence._core.store import as_path
from whence.report.edges import Edge, edges
from whence.report.wording import axis

_WIDE, _THIN = 4.0, 0.6  # points
_PLUS, _MINUS = "#c2003d", "#0068bd"


def to_dot(
    att: Attribution, path: str | Path | None = None, *, most: int = 40, output: str | int = 0
) -> str:
    r"""The strongest edges as one DOT graph; also written to `path` when it is given.

    Args:
        att: an answer whose players are edges (columns `source`, `target` and perhaps `channel`).
        path: a file.
        most: edges in it; the others are left out, and the label counts them.
        output: by name or position.

    Returns:
        The graph. An edge's label is its channel, its value and half of its 95 % interval.

    Raises:
        OptionError: `most` is not positive.
        ResultError: the players are no edges, no such output, or the file cannot be written.
    """
    positive(most, "most", "how many edges")
    o = att.output(output)
    shown = edges(att, o, most)
    left = len(att.players) - len(shown)
    said = axis(att, o) + (f"; {left:,} more not shown" if left else "")
    far = max(abs(edge.row.value) for edge in shown)
    nodes = dict.fromkeys(name for edge in shown for name in (edge.source, edge.target))
    lines = [
        "digraph circuit {",
        f"  graph [rankdir=BT, label={quoted(said)}];",
        "  node [shape=box, style=rounded];",
        *(f"  {quoted(name)};" for name in nodes),
        *(f"  {_line(edge, far)};" for edge in shown),
        "}",
    ]
    return written("\n".join(lines) + "\n", path)


def _line(edge: Edge, far: float) -> str:
    plus = edge.row.value >= 0
    width = _THIN + (_WIDE - _THIN) * abs(edge.row.value) / (far or 1.0)
    label = f"{edge.channel}: {edge.said}" if edge.channel else edge.said
    given = {
        "label": quoted(label),
        "penwidth": f"{width:.2f}",
        "color": quoted(_PLUS if plus else _MINUS),
        "arrowhead": "normal" if plus else "tee",
        "style": "dashed" if edge.unsure else "solid",
    }
    told = ", ".join(f"{name}={value}" for name, value in given.items())
    return f"{quoted(edge.source)} -> {quoted(edge.target)} [{told}]"


def quoted(text: str) -> str:
    r"""A DOT string: no quote ends it, and no backslash means anything.

    >>> print(quoted('a "b" \\n'))
    "a \"b\" \\n"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(text: str, path: str | Path | None) -> str:
    """The text, also in this file where one is given.

    Raises:
        ResultError: it cannot be written.
    """
    if path is not None:
        write_file(as_path(path), text.encode(errors="replace"))
    return text
