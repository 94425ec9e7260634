"""Whence did this behaviour come, and how sure are we?

An attribution says who could be responsible (players), what is measured when some of them leave (a
game), how credit is defined (an index), how that was computed (a method), and how sure we are
(error, cost, verdict).

The public names stand in `__init__.pyi`, and each is loaded on first touch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
