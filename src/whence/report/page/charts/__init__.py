"""A page's interactive pictures, as Vega-Lite specifications: what is drawn, and never how.

The data comes by name, from the page's scripts.
"""

from whence.report.page.charts.cases import dependence, waterfall
from whence.report.page.charts.players import bars, dots, sides
from whence.report.page.charts.run import convergence
from whence.report.page.charts.style import CONFIG, Spec

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
