"""What happens when it does not: a user's slip is one line on stderr, never a stack trace."""

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec

import typer

from whence._core.text import clean

P = ParamSpec("P")

DONE, UNSURE, WRONG = 0, 1, 2


def told(verb: Callable[P, int]) -> Callable[P, None]:
    """The verb, with its exit code; what users can mend becomes one line.

    That is errors that whence raises on purpose, and what the system refuses (files that may not
    be read, a full disk, no memory). Ctrl-C and SIGTERM, where they leave no answer, are one line
    too. Anything else is a bug of ours, and is left to raise.
    """

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from whence import WhenceError
        from whence._core.interrupts import heeded

        try:
            with heeded():
                code = verb(*args, **kwargs)
            sys.stdout.flush()
        except WhenceError as error:
            _fail(str(error))
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read the answer has read enough
                raise
            _fail(_refusal(error))
        except MemoryError:
            _fail("there is not enough memory for this: give fewer rows, or a smaller budget")
        except KeyboardInterrupt:
            typer.echo("interrupted before there was an answer: nothing was written", err=True)
            raise typer.Exit(UNSURE) from None
        raise typer.Exit(code)

    return run


def refused(error: OSError) -> None:
    """Say what the system refused, and leave with the exit code of something to mend."""
    _print_error(_refusal(error))
    raise SystemExit(WRONG) from None


def _fail(words: str) -> None:
    _print_error(words)
    raise typer.Exit(WRONG) from None


def _print_error(words: str) -> None:
    _leave_stdout()
    with suppress(OSError):  # stderr may lie on the same disk
        typer.echo(f"error: {clean(words)}", err=True)


def _refusal(error: OSError) -> str:
    """What the system refused, and of which file."""
    why = error.strerror or str(error)
    if error.filename is not None:
        return f"{error.filename}: {why}. Mend that, or name another file."
    if error.errno == errno.ENOSPC:
        return f"the answer could not be printed: {why}"
    try:
        os.getcwd()  # noqa: PTH109 - nothing else is asked of it
    except OSError:
        return "the current folder is no longer there: change to another one (cd)"
    return f"the system refused: {why}"


def _leave_stdout() -> None:
    """What cannot be written now cannot be written when Python ends: let nobody try again."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
