"""Showing an answer: tables, pictures, pages, frames. Nothing is loaded before it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, did_you_mean

KINDS = {"bar": "bar", "beeswarm": "beeswarm", "waterfall": "waterfall"}
_OTHER_NAMES = {"bar_plot": "bar", "summary": "", "summary_plot": "", "breakdown": "waterfall"}
_OPTIONS = ("max_display", "output")


def plot(att: Attribution, kind: str | None = None, ax: Any = None, **options: Any) -> Any:
    """A picture of an answer, on its axes; nothing is shown, and no setting of matplotlib changes.

    Many cases make a beeswarm, one explained case a waterfall, an average bars.

    Args:
        att: the answer.
        kind: "bar", "beeswarm" or "waterfall" ("summary" is shap's name for the default).
        ax: matplotlib axes; those of a new figure by default.
        **options: max_display (players shown, 20 by default; 10 in a waterfall), and output (name
            or position; the first by default).

    Raises:
        OptionError: no such kind or option.
        ResultError: a picture that this answer cannot fill, such as a beeswarm of one case.
    """
    chosen = _kind(att, kind)
    draw = getattr(import_module(f"whence.report.{chosen}"), chosen)
    return draw(att, ax=ax, **_checked(options))


def _kind(att: Attribution, kind: str | None) -> str:
    if kind is not None and kind not in KINDS and kind not in _OTHER_NAMES:
        raise OptionError(
            f"no picture of kind {kind!r} is offered (there are: {', '.join(KINDS)}). "
            f"{did_you_mean(kind, KINDS)}"
        )
    named = _OTHER_NAMES.get(kind, kind) if kind is not None else ""
    return named or default_kind(att)


def default_kind(att: Attribution) -> str:
    """The picture that suits an answer."""
    if len(att.values) > 1:
        return "beeswarm"
    return "waterfall" if att.averaged == 1 and att.data else "bar"


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in options.items():
        if name == "show" and value:
            raise OptionError(
                "whence draws and never opens a window: leave show= out, and call "
                "matplotlib.pyplot.show() when you want one"
            )
        if name not in (*_OPTIONS, "show"):
            raise OptionError(f"pictures take no option {name!r}. {did_you_mean(name, _OPTIONS)}")
    return {name: value for name, value in options.items() if name != "show"}
