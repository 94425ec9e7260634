"""Two results that are equal to the last bit."""

from dataclasses import fields

import numpy as np

from whence._core.trace import Trace


def same(a, b):
    """Every field of two results, whatever it is made of."""
    assert type(a) is type(b)
    for f in fields(a):
        left, right = arrays(getattr(a, f.name)), arrays(getattr(b, f.name))
        if isinstance(left, dict) and any(isinstance(v, np.ndarray) for v in left.values()):
            assert list(left) == list(right), f.name
            for name in left:
                equal(left[name], right[name], (f.name, name))
        else:
            assert left == right, f.name


def arrays(value):
    if isinstance(value, Trace):
        return {g.name: getattr(value, g.name) for g in fields(Trace)}
    return {"": value} if isinstance(value, np.ndarray) else value


def equal(left, right, where):
    assert left.dtype == right.dtype, where
    assert left.shape == right.shape, where
    if left.dtype == object:
        assert list(map(repr, left.tolist())) == list(map(repr, right.tolist())), where
    else:
        assert left.tobytes() == right.tobytes(), where
