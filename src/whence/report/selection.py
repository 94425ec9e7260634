"""A selection in words, as a table, a picture, a graph and a frame.

What a chosen player is worth to the circuit is leave-one-out inside it, as a share of what
everybody does beyond nobody: pictures are those of an attribution with these numbers.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ResultError, positive
from whence._core.index import LeaveOneOut
from whence._core.ratio import Ratios
from whence._core.selection import Selection
from whence._core.text import told_apart
from whence.report import plot as picture
from whence.report.exchange import to_dot as dot
from whence.report.exchange.to_frame import framed
from whence.report.inside import picture_of
from whence.report.numbers import clean, decimals, number, several
from whence.report.wording import cost

_TOP = 5
_NAME = 30


def words(found: Selection) -> str:
    """What was found in five lines of plain text, and one for each certificate; never fails."""
    first = clean(found.outputs[0])
    many, kind = int(found.chosen.sum()), several(len(found.players), found.players.kind)
    lines = [
        f"{found.method}: {many:,} of {kind}; {first}, {_cases(found)}",
        *_criteria(found),
        f"cost: {cost(found)}",
        f"verdict: {_verdict(found)}",
        f"kept: {_kept(found)}",
    ]
    judged = (f"{clean(c.check)}: {c.verdict} - {clean(c.words)}" for c in found.certificates)
    return "\n".join([*lines, *judged])


def _cases(found: Selection) -> str:
    said = several(len(found.worth), "case")
    return f"{said}, held out" if found.held_out else f"{said}, those of the search"


def _criteria(found: Selection) -> list[str]:
    try:
        alone, rest = found.share(found.worth), found.share(found.without)
    except ResultError:
        return ["faithfulness: undefined, as everybody is worth what nobody is"]
    return [f"faithfulness {_said(alone)}; the others without them {_said(rest)}"]


def _said(ratio: Ratios) -> str:
    """The first output's share, with its interval where there is one."""
    (low, high), value = ratio.ci(), float(ratio.value[0])
    (places,) = decimals(ratio.value[:1], ratio.stderr[:1])
    if not np.isfinite(low[0]):
        return f"{value:.3g}"
    ends = f"[{number(float(low[0]), places)}, {number(float(high[0]), places)}]"
    return f"{number(value, places)} {ends}"


def _verdict(found: Selection) -> str:
    said = clean(found.verdict).rstrip(".") or "nobody said"
    return said if found.converged else f"not converged: {said}"


def _kept(found: Selection) -> str:
    names = _short(found)
    left = len(names) - _TOP
    shown = " · ".join(names[:_TOP]) or "nobody"
    return shown + (f" · {left:,} more" if left > 0 else "")


def _short(found: Selection) -> list[str]:
    """The chosen in few letters, each as no other player is called."""
    every = told_apart(tuple(map(clean, found.players.names)), _NAME)
    return [every[found.players.index(name)] for name in found.kept]


# -- as an attribution --


def drops(found: Selection) -> Attribution:
    """What faithfulness loses without each of the chosen, as an answer about them alone.

    Raises:
        ResultError: nobody was chosen, or no share is defined.
    """
    at = np.flatnonzero(found.chosen)
    if not len(at):
        raise ResultError("nobody was chosen, so there is nothing to draw")
    lost, alone = found.lost(), found.share(found.worth)
    cases = len(found.worth)
    spread = {"data": lost.stderr[None][:, :, at]} if cases > 1 else {}
    return Attribution(
        values=lost.value[None][:, :, at],
        parts=spread,
        freedom=np.array([float(max(lost.freedom, 1))]),
        players=found.players.take(at.tolist()),
        outputs=found.outputs,
        index=LeaveOneOut(),
        method=found.method,
        uncertainty="sampled" if cases > 1 else "unquantified",
        empty=np.zeros((1, len(found.outputs))),
        full=alone.value[None],
        cost=found.cost,
        converged=found.converged,
        verdict=found.verdict,
        averaged=cases,
        question=replace(found.question, asks="", unit="share of everybody's", loss=False),
    )


def plot(found: Selection, ax: Any = None, **options: Any) -> Any:
    """A circuit, a map of heads, or bars: see `Selection.plot`."""
    return picture(drops(found), picture_of(found.players) or "bar", ax, **options)


def to_dot(found: Selection, path: str | Path | None = None) -> str:
    """One DOT graph: the chosen edges, or boxes for chosen players that are none.

    Raises:
        ResultError: nobody was chosen, no share is defined, or the file cannot be written.
    """
    att = drops(found)
    if picture_of(att.players) == "circuit":
        return dot.to_dot(att, path, most=len(att.players))
    boxes = (f"  {dot.quoted(name)} [label={dot.quoted(said)}];" for name, said in _labels(found))
    lines = ["digraph circuit {", "  node [shape=box, style=rounded];", *boxes, "}"]
    return dot.written("\n".join(lines) + "\n", path)


def _labels(found: Selection) -> Iterator[tuple[str, str]]:
    for name, share in found.minimality.items():
        half = (share.ci[1] - share.ci[0]) / 2
        said = f" ± {half:.2g}" if np.isfinite(half) else ""
        yield clean(name), f"{clean(name)}: {share.value:.3g}{said}"


def table(found: Selection, most: int) -> Any:
    """The chosen, in the order in which they were taken, with what is lost without each.

    Raises:
        OptionError: `most` is not positive.
    """
    positive(most, "most", "how many are shown")
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from whence.report.terminal import Shown

    body = Table(box=None, padding=(0, 2, 0, 1), pad_edge=False)
    for title in (f" {found.players.kind}", "lost without it", "95 % interval"):
        body.add_column(title)
    for row in _rows(found, most):
        body.add_row(*(Text(cell) for cell in row))
    left = len(found.kept) - most
    more = [Text(f" …  {left:,} more", style="dim")] if left > 0 else []
    lines = words(found).splitlines()[:-1]
    return Shown(Group(*(Text(line) for line in lines), Text(), body, *more))


def _rows(found: Selection, most: int) -> Iterator[tuple[str, str, str]]:
    kept, short = found.kept[:most], _short(found)
    try:
        shares = found.minimality
    except ResultError:
        yield from ((f" {name}", "undefined", "") for name in short[:most])
        return
    values = np.array([shares[name].value for name in kept])
    places = decimals(values, np.array([shares[name].stderr for name in kept]))
    for name, label, digits in zip(kept, short, places, strict=False):
        share = shares[name]
        ends = " … ".join(number(end, digits) for end in share.ci)
        sure = np.isfinite(share.stderr)
        yield (
            f" {label}",
            number(share.value, digits),
            ends if sure else "not quantified",
        )


def to_frame(found: Selection, backend: str = "pandas") -> Any:
    """One row for each output and player.

    Columns: output, player, chosen, and of the chosen: lost (of faithfulness, without this one),
    stderr, low, high (the 95 % interval).

    Args:
        found: the selection.
        backend: "pandas", "polars" or "pyarrow".

    Raises:
        OptionError: no such backend, or it is not installed.
        ResultError: no share is defined.
    """
    lost = found.lost()
    low, high = lost.ci()
    output, player = np.indices(lost.value.shape).reshape(2, -1)
    columns = {
        "output": np.array(found.outputs, dtype=object)[output],
        "player": np.array(found.players.names, dtype=object)[player],
        "chosen": found.chosen[player],
        "lost": lost.value.ravel(),
        "stderr": lost.stderr.ravel(),
        "low": low.ravel(),
        "high": high.ravel(),
    }
    return framed(columns, backend)
