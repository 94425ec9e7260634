"""Showing an answer: tables, pictures, pages, frames. Nothing is loaded before it is asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import signature
from typing import Any

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import OptionError, did_you_mean
from whence.models.training_rows import KIND as ROW
from whence.report.beside import beside as beside
from whence.report.inside import picture_of

# each is a file of this folder, and the function in it
KINDS = {
    kind: kind
    for kind in (
        "bar",
        "beeswarm",
        "waterfall",
        "force",
        "scatter",
        "heatmap",
        "decision",
        "violin",
        "comparison",
        "convergence",
        "cost",
        "heads",
        "sources",
        "circuit",
        "proponents",
    )
}
_OTHER_NAMES = {
    "summary": "",
    "breakdown": "waterfall",
    "break_down": "waterfall",
    "dependence": "scatter",
    "heat_map": "heatmap",
    "compare": "comparison",
    "trace": "convergence",
    "cost_versus_error": "cost",
    "cost_vs_error": "cost",
    "cost_error": "cost",
    "head_map": "heads",
    "graph": "circuit",
    "edges": "circuit",
    "opponents": "proponents",
    "influential": "proponents",
}
_OTHER_OPTIONS = {"color": "colour", "feature": "player", "interaction_index": "colour"}


@check_arguments
def plot(att: Attribution, kind: str | None = None, ax: Any = None, **options: Any) -> Any:
    """A picture of an answer, on its axes; nothing is shown, and no setting of matplotlib changes.

    Many cases make a beeswarm, one explained case a waterfall, an average bars; players inside a
    network a map of heads, a matrix of sources, or a circuit; training rows of one test row its
    proponents and opponents.

    Args:
        att: the answer.
        kind: "bar", "beeswarm", "waterfall", "force", "scatter", "heatmap", "decision", "violin",
            "comparison", "convergence", "cost", "heads", "sources", "circuit" or "proponents";
            names of other libraries ("summary_plot", "dependence", "breakdown") are known too.
        ax: matplotlib axes; those of a new figure by default.
        **options: max_display (how many are shown), output (name or position; the first by
            default), and what the picture's own function takes, such as
            help(wh.report.pictures.scatter.scatter).

    Raises:
        OptionError: no such kind or option.
        ResultError: a picture that this answer cannot fill, such as a beeswarm of one case.
    """
    chosen = _kind(att, kind)
    draw = getattr(import_module(f"whence.report.pictures.{chosen}"), chosen)
    return draw(att, ax=ax, **checked(draw, options))


def _kind(att: Attribution, kind: str | None) -> str:
    if kind is None:
        return default_kind(att)
    plain = str(kind).lower().replace("-", "_").replace(" ", "_").removesuffix("_plot")
    named = _OTHER_NAMES.get(plain, plain)
    if not kind or (named and named not in KINDS):
        raise OptionError(f"no picture of kind {kind!r} is offered. {_hint(plain)}")
    return named or default_kind(att)


def _hint(kind: str) -> str:
    """The picture that was meant, or all there are."""
    near = did_you_mean(kind, [*KINDS, *_OTHER_NAMES])
    return near if near.startswith("Did") else f"There are: {', '.join(KINDS)}."


def default_kind(att: Attribution) -> str:
    """The picture that suits an answer."""
    if att.players.kind == ROW and len(att.values) == att.averaged == 1 and att.data:
        return "proponents"
    return picture_of(att.players) or by_cases(att)


def by_cases(att: Attribution) -> str:
    """The picture that suits players of any kind."""
    if len(att.values) > 1:
        return "beeswarm"
    return "waterfall" if att.averaged == 1 and att.data else "bar"


def checked(draw: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that this picture takes, by its own names.

    Raises:
        OptionError: an option that it does not take, or that opens a window.
    """
    known = [
        name
        for name, parameter in signature(draw).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name != "ax"
    ]
    if options.get("show"):
        raise OptionError(
            "whence draws and never opens a window: leave show= out, and call "
            "matplotlib.pyplot.show() when you want one"
        )
    taken = {_OTHER_OPTIONS.get(k, k): v for k, v in options.items() if k != "show"}
    for name in options:
        if _OTHER_OPTIONS.get(name, name) not in {*known, "show"}:
            raise OptionError(
                f"a {draw.__name__} picture takes no option {name!r}. {did_you_mean(name, known)}"
            )
    return taken
