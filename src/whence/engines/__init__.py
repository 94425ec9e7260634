"""Where the questions are answered. Every engine gives the same bits, with any number of workers."""

from whence.engines.engine import Engine as Engine
from whence.engines.local import Processes as Processes
from whence.engines.local import Serial as Serial
from whence.engines.local import Threads as Threads
