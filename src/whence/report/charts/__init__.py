"""A page's interactive pictures, as Vega-Lite specifications: what is drawn, and never how.

The data comes by name, from the page's scripts.
"""

from whence.report.charts.cases import dependence, waterfall
from whence.report.charts.players import bars, dots, sides
from whence.report.charts.run import convergence
from whence.report.charts.style import CONFIG, Spec

__all__ = [
    "CONFIG",
    "Spec",
    "bars",
    "convergence",
    "dependence",
    "dots",
    "sides",
    "waterfall",
]
