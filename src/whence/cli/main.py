"""The entry point: it imports nothing, so that Ctrl-C while the rest loads is one line too."""

import sys

_INTERRUPTED = 130  # what shells say of a program that Ctrl-C ended


def main() -> None:
    """Run the command line; a terminal without bars and dashes gets question marks."""
    try:
        _prepare()
        from whence.cli.app import app

        app()
    except OSError as error:  # of --help and --version; verbs say theirs themselves
        from whence.cli.failures import refused

        refused(error)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(_INTERRUPTED) from None


def _prepare() -> None:
    import os
    from io import TextIOWrapper
    from pathlib import Path

    nowhere = Path(os.devnull)  # where a stream was closed by whoever started the program
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def __getattr__(name: str) -> object:
    if name == "app":
        from whence.cli.app import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
