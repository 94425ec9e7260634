"""Judges: each looks at an answer, or at what it rests on, and returns a `Certificate`."""

from whence._core.calibration import calibration as calibration
from whence.evaluate.illusion import illusion as illusion
from whence.evaluate.screen import screen as screen
