"""The machine that a bench ran on, and figures as people read them."""

import platform
import re
from pathlib import Path


def processor() -> str:
    """Its name, where it says it."""
    about = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.*)", about.read_text()) if about.exists() else None
    return named[1] if named else platform.processor()


def rounded(thing):
    """Four digits are enough for a file that people read."""
    if isinstance(thing, dict):
        return {k: rounded(v) for k, v in thing.items()}
    if isinstance(thing, list | tuple):
        return [rounded(v) for v in thing]
    return float(f"{thing:.4g}") if isinstance(thing, float) else thing
