"""Pictures of all players: bars, dots and two answers side by side.

Data: `rows` (one for each player), `dots` (one for each case and player), `sides` (one for each
player and answer).
"""

from collections.abc import Sequence

from whence.report.page.charts.style import (
    HINTED,
    INK,
    LINES,
    POINTED,
    SHADES,
    WHICH,
    Spec,
    interval,
    number,
    player,
    wide,
    zero,
)


def bars(axis: str) -> Spec:
    """One bar for each player, with its interval; pale where it may be nothing.

    Data: rows (player, value, low, high, apart).
    """
    return wide(
        {"step": 26},
        [
            zero(),
            {
                "data": {"name": "rows"},
                "mark": {"type": "bar", "height": {"band": 0.6}, **POINTED},
                "encoding": {
                    "y": player(),
                    "x": number("value", axis),
                    "color": WHICH,
                    "opacity": {"condition": {"test": "datum.apart", "value": 1}, "value": 0.4},
                },
            },
            *interval("rows", player()),
        ],
    )


def dots(axis: str, kind: str) -> Spec:
    """One dot for each case and player, piled; diamonds are means, with their intervals.

    Data: dots (player, value, shade from 0 to 1 or null), rows (as for `bars`).
    """
    who = player()
    return wide(
        {"step": 36},
        [
            zero(),
            {
                "data": {"name": "dots"},
                "transform": _piled(),
                "mark": {
                    "type": "circle",
                    "size": 16,
                    "opacity": 0.8,
                    "invalid": "show",  # a dot without a shade is a dot
                    **POINTED,
                },
                "encoding": {
                    "y": who,
                    "yOffset": {
                        "field": "off",
                        "type": "quantitative",
                        "scale": {"domain": [-1.15, 1.15]},
                    },
                    "x": number("value", axis),
                    "color": _shade(kind),
                },
            },
            *interval("rows", who),
            {
                "data": {"name": "rows"},
                "mark": {
                    "type": "point",
                    "shape": "diamond",
                    "size": 60,
                    "filled": True,
                    "fill": INK,
                    "stroke": "var(--paper)",
                    "strokeWidth": 1,
                    "opacity": 1,
                    **POINTED,
                },
                "encoding": {
                    "y": who,
                    "x": number("value", axis),
                },
            },
        ],
    )


def sides(axis: str, names: Sequence[str]) -> Spec:
    """Two answers side by side: for each player two points, with their intervals.

    Data: sides (player, side, value, low, high).
    """
    colour = {
        "field": "side",
        "type": "nominal",
        "title": None,
        "sort": None,
        "scale": {"domain": list(names), "range": LINES[:2]},
    }
    shape = colour | {"scale": {"domain": list(names), "range": ["circle", "diamond"]}}
    where = {"y": player(), "yOffset": {"field": "side", "sort": None}, "color": colour}
    return wide(
        {"step": 34, "for": "position"},
        [
            zero(),
            {
                "data": {"name": "sides"},
                "mark": {"type": "rule", "strokeWidth": 1.5, **HINTED},
                "encoding": {**where, "x": number("low", axis), "x2": {"field": "high"}},
            },
            {
                "data": {"name": "sides"},
                "mark": {"type": "point", "size": 55, "filled": True, "opacity": 1, **HINTED},
                "encoding": {
                    **where,
                    "x": number("value", axis),
                    "shape": shape,
                },
            },
        ],
    )


def _piled() -> list[Spec]:
    """Cases with near values lie over one another, higher values of the player upwards."""
    pile = ["player", "bin"]
    return [
        {"bin": {"maxbins": 150}, "field": "value", "as": "bin"},
        {"joinaggregate": [{"op": "count", "as": "high"}], "groupby": pile},
        {
            "joinaggregate": [{"op": "max", "field": "high", "as": "highest"}],
            "groupby": ["player"],
        },
        {
            "window": [{"op": "row_number", "as": "place"}],
            "groupby": pile,
            "sort": [{"field": "shade", "order": "descending"}],
        },
        {
            "calculate": "(datum.place - (datum.high + 1) / 2) / max(datum.highest / 2, 4)",
            "as": "off",
        },
    ]


def _shade(kind: str) -> Spec:
    return {
        "field": "shade",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": SHADES},
        "legend": {
            "title": f"value of the {kind}",
            "values": [0, 1],
            "labelExpr": "datum.value ? 'high' : 'low'",
            "gradientLength": 120,
            "gradientThickness": 8,
        },
    }
