"""A picture of a run: how the numbers settled. Data: `looks` (one for each look and player)."""

from whence.report.page.charts.style import (
    DASHES,
    HINTED,
    LINES,
    Spec,
    number,
)


def convergence(axis: str) -> Spec:
    """How the numbers settled: value and interval of a few players, look by look.

    Data: looks (asked, player, value, low, high).
    """
    across = {
        **number("asked", "questions asked"),
        "scale": {"type": "log", "nice": False},
        "axis": {"format": "~s", "tickCount": 5},
    }
    scale = {"range": LINES}
    colour = {"field": "player", "type": "nominal", "sort": None, "title": None, "scale": scale}
    return {
        "width": "container",
        "height": 260,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"name": "looks"},
        "encoding": {"x": across, "color": colour},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.18, "clip": True},
                "encoding": {"y": number("low", axis), "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {
                    "y": number("value", axis),
                    "strokeDash": colour | {"scale": {"range": DASHES}},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 30, "opacity": 0.9, **HINTED},
                "encoding": {
                    "y": number("value", axis),
                },
            },
        ],
    }
