"""What the interactive pictures share: a look, and the marks that come back in each.

Colours are the page's own variables wherever nothing is interpolated, so that one picture fits a
light, a dark and a printed page.
"""

from typing import Any, TypeAlias

Spec: TypeAlias = dict[str, Any]

INK, SOFT, RULE = "var(--ink)", "var(--soft)", "var(--rule)"
PLUS, MINUS, PALE = "var(--plus)", "var(--minus)", "var(--pale)"
SHADES = ["#55b8ff", "#9a4fe0", "#ff0051"]  # light to dark as well as blue to red
LINES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]  # Okabe and Ito
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4]]
_LABEL = {"expr": "max(80, min(240, 0.36 * containerSize()[0]))"}
HINTED: Spec = {"tooltip": {"content": "data"}}  # the page's scripts put it into words
POINTED = {**HINTED, "cursor": "pointer"}
WHICH = {"condition": {"test": "datum.value >= 0", "value": PLUS}, "value": MINUS}

CONFIG: Spec = {
    "background": None,
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": SOFT,
        "gridColor": RULE,
        "domainColor": RULE,
        "tickColor": RULE,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "gridOpacity": 0.6,
    },
    "axisX": {"labelColor": SOFT, "labelFlush": False, "tickCount": 6},
    "axisY": {"labelPadding": 6},
    "legend": {
        "labelColor": INK,
        "titleColor": SOFT,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "orient": "top",
        "labelLimit": 140,
        "columns": {"expr": "max(1, floor(containerSize()[0] / 190))"},
    },
    "mark": {"aria": False},  # a picture has one name; each number is in its table
    "scale": {"invalid": {"color": {"value": PALE}}},
    "rule": {"color": INK},
    "tick": {"color": INK},
}


def wide(height: Spec, layer: list[Spec]) -> Spec:
    """Layers as wide as the page."""
    return {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": layer,
    }


def player() -> Spec:
    """Players from above, in the order of the data."""
    axis = {"labelLimit": _LABEL, "ticks": False, "domain": False, "grid": False}
    return {"field": "player", "type": "nominal", "sort": None, "title": None, "axis": axis}


def number(field: str, title: str) -> Spec:
    """A field of numbers, and the title of its axis."""
    return {"field": field, "type": "quantitative", "title": title}


def zero() -> Spec:
    """A line where a value is nothing."""
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": SOFT},
        "encoding": {"x": {"datum": 0}},
    }


def interval(data: str, who: Spec) -> list[Spec]:
    """A line from end to end, and a cap at each; nothing where there is no interval."""
    known = [{"filter": "isValid(datum.low)"}]
    line: Spec = {
        "data": {"name": data},
        "transform": known,
        "mark": {"type": "rule", "strokeWidth": 1.4, **POINTED},
        "encoding": {"y": who, "x": number("low", ""), "x2": {"field": "high"}},
    }
    caps: list[Spec] = [
        {
            "data": {"name": data},
            "transform": known,
            "mark": {
                "type": "tick",
                "height": 9,
                "thickness": 1.4,
                "orient": "vertical",
                **POINTED,
            },
            "encoding": {"y": who, "x": number(end, "")},
        }
        for end in ("low", "high")
    ]
    return [line, *caps]
