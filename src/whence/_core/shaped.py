"""Array annotations that name their axes: jaxtyping's, where somebody has imported it.

The tests import it, and check every shape. Nobody else pays for its import: a plain `import whence`
sees arrays without axes.
"""

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Int as Int
    from jaxtyping import UInt as UInt
    from jaxtyping import UInt8 as UInt8
    from jaxtyping import UInt64 as UInt64
else:

    class _Plain:
        def __class_getitem__(cls, axes: Any) -> type[np.ndarray]:
            return np.ndarray

    Bool = Float = Int = UInt = UInt8 = UInt64 = _Plain
