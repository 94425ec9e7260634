"""Forests for every law: what is odd about each is in its name."""

from .forests import chain, constant, forest, leaf

ZOO = {
    "plain": lambda: forest(1),
    "missing and zero": lambda: forest(2, odd=True),
    "sets": lambda: forest(3, categorical=(1, 4), odd=True),
    "vector leaves": lambda: forest(4, outputs=3, vector=True, odd=True, depth=3),
    "an output each": lambda: forest(5, outputs=2, odd=True),
    "unbalanced": lambda: forest(6, trees=3, depth=8, ends=0.45, odd=True),
    "narrow": lambda: forest(7, trees=3, depth=14, lean=True, ends=0.05, odd=True),
    "bushy": lambda: forest(8, trees=2, depth=7, ends=0.05, odd=True, categorical=(0,)),
    "float32": lambda: forest(9, precision="float32"),
    "stumps": lambda: forest(10, trees=7, depth=1, ends=0.2, odd=True),
    "chain": lambda: chain(7),
    "a leaf": leaf,
    "leaves": lambda: constant([1.0, -2.0]),
    "no trees": lambda: constant([]),
}
