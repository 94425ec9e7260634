"""Games whose players are parts of a network: heads, MLPs, nodes, units, edges, directions.

Its names need torch, so each is loaded on first touch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
