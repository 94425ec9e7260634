"""One forward at a time: hooks are the module's, and so every thread's that runs it.

What one thread changes would show in the answers of another. Torch uses all cores by itself.
"""

import threading

TURN = threading.RLock()
