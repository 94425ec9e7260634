"""One page for whoever must sign off: question, answer, how sure, and what it does not show.

Self-contained: no network, no server, no asset; light and dark; fit to print.
"""

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.numbers import clean, several
from whence.report.sections import TALL, WIDE, section
from whence.report.wording import asks, caveats, conditions, cost, reason, sized, unit, verb

_OUTPUTS = 4  # of several, the others are counted
_ROWS = 200  # of the page's tables, in all
_BRIEF = 12


def to_html(att: Attribution, path: str | Path | None = None) -> str:
    """A whole page; also written to `path` when it is given.

    Raises:
        ResultError: the file cannot be written.
    """
    text = _render("page.html.j2", att, _ROWS, whole=True)
    if path is not None:
        target = Path(path)
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ResultError(
                f"cannot write {target}: {error.strerror}. Nothing was saved."
            ) from error
    return text


def fragment(att: Attribution) -> str:
    """A table and a picture for a notebook's cell."""
    return _render("fragment.html.j2", att, _BRIEF, whole=False)


def _render(template: str, att: Attribution, most: int, *, whole: bool) -> str:
    names = range(min(len(att.outputs), _OUTPUTS if whole else 1))
    each = max(most // max(len(names), 1), 1)
    sections = [section(att, o, each, whole=whole) for o in names]
    page = _environment().get_template(template)
    return page.render(
        title=f"{asks(att)[:1].upper()}{asks(att)[1:]}",
        reason=reason(att),
        converged=att.converged,
        conditions=conditions(att),
        sections=sections,
        more_outputs=_more_outputs(att, len(sections)),
        kind=att.players.kind,
        head=f"{verb(att)} on average" if sized(att) else f"{verb(att)} ({unit(att)})",
        by_case=sized(att),
        cost=cost(att),
        costs=_costs(att),
        provenance=[(clean(k), clean(v)) for k, v in att.provenance.items() if v is not None],
        caveats=caveats(att),
        wide=WIDE,
        tall=TALL,
    )


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str) -> str:
    return files("whence.report").joinpath(name).read_text(encoding="utf-8")


def _more_outputs(att: Attribution, shown: int) -> str:
    left = [clean(name) for name in att.outputs[shown:]]
    if not left:
        return ""
    names = ", ".join(left[:6]) + (", …" if len(left) > 6 else "")
    return f"{several(len(left), 'more output')} not shown here: {names}"


def _costs(att: Attribution) -> list[tuple[str, str]]:
    c = att.cost
    said = [
        ("questions asked of the game", f"{c.asked:,}"),
        ("evaluated", f"{c.evaluations:,}"),
        ("found in a store", f"{c.found:,}" if c.found else ""),
        ("gradients", f"{c.gradients:,}" if c.gradients else ""),
        ("rows given to the model", f"{c.rows:,}" if c.rows is not None else ""),
        ("seconds", f"{c.seconds:.3g}"),
        ("cases averaged or shown", f"{max(att.averaged, len(att.values)):,}"),
    ]
    return [(what, how) for what, how in said if how]
