"""Which whence this is."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("whence")
except PackageNotFoundError:  # run from its files, and never installed
    __version__ = "unknown"
