"""Pictures of cases: those of one player, and one from nobody to everybody.

Data: `cases` (one for each case of the player); `steps` (one for each player of the case, from the
top) and `ends` (with nobody, with everybody).
"""

from whence.report.page.charts.style import (
    INK,
    POINTED,
    SOFT,
    WHICH,
    Spec,
    interval,
    number,
    player,
    wide,
)


def dependence(axis: str, *, numeric: bool) -> Spec:
    """The cases of one player: its value across, its contribution upwards, with intervals.

    Data: cases (x, value, low, high, inside, chosen, nudge).
    """
    across: Spec = {"field": "x", "type": "quantitative" if numeric else "nominal", "title": None}
    level = {"labelAngle": 0, "labelLimit": 110, "labelOverlap": True}
    across |= {"scale": {"zero": False}} if numeric else {"sort": "ascending", "axis": level}
    where: Spec = {"x": across} | ({} if numeric else {"xOffset": _nudge()})
    seen = {"condition": {"test": "datum.inside", "value": 0.75}, "value": 0.12}
    return {
        "width": "container",
        "height": 300,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": SOFT},
                "encoding": {"y": {"datum": 0}},
            },
            {
                "data": {"name": "cases"},
                "mark": {"type": "rule", "strokeWidth": 1, **POINTED},
                "encoding": {
                    **where,
                    "y": {**number("low", axis), "scale": {"zero": False}},
                    "y2": {"field": "high"},
                    "opacity": {"condition": {"test": "datum.inside", "value": 0.3}, "value": 0.05},
                },
            },
            {
                "data": {"name": "cases"},
                "mark": {"type": "circle", "size": 34, **POINTED},
                "encoding": {
                    **where,
                    "y": number("value", axis),
                    "color": WHICH,
                    "opacity": seen,
                },
            },
            {
                "data": {"name": "cases"},
                "transform": [{"filter": "datum.chosen"}],
                "mark": {"type": "point", "size": 150, "stroke": INK, "strokeWidth": 2},
                "encoding": {**where, "y": number("value", axis)},
            },
        ],
    }


def waterfall(axis: str) -> Spec:
    """One case, from nobody (bottom) to everybody (top).

    Data: steps (player, start, end, low, high, apart, far, left, said), ends (at).
    """
    who = player()
    return wide(
        {"step": 26},
        [
            {
                "data": {"name": "ends"},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": SOFT},
                "encoding": {"x": number("at", axis)},
            },
            {
                "data": {"name": "steps"},
                "mark": {"type": "bar", "height": {"band": 0.6}, **POINTED},
                "encoding": {
                    "y": who,
                    "x": {**number("start", axis), "scale": {"zero": False, "padding": 40}},
                    "x2": {"field": "end"},
                    "color": WHICH,
                    "opacity": {"condition": {"test": "datum.apart", "value": 1}, "value": 0.4},
                },
            },
            *interval("steps", who),
            {
                "data": {"name": "steps"},
                "mark": {
                    "type": "text",
                    "fontSize": 11,
                    "color": INK,
                    "align": {"expr": "datum.left ? 'right' : 'left'"},
                    "dx": {"expr": "datum.left ? -5 : 5"},
                },
                "encoding": {
                    "y": who,
                    "x": number("far", axis),
                    "text": {"field": "said"},
                },
            },
        ],
    )


def _nudge() -> Spec:
    return {"field": "nudge", "type": "quantitative", "scale": {"domain": [-0.4, 1.4]}}
