"""What happens when it does not: a user's slip is one line on stderr, never a stack trace."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

P = ParamSpec("P")

DONE, UNSURE, WRONG = 0, 1, 2


def told(verb: Callable[P, int]) -> Callable[P, None]:
    """The verb, with its exit code; errors that whence raises on purpose become one line.

    Ctrl-C and SIGTERM, where they leave no answer, are one line too. Anything else is a bug of
    ours, and is left to raise.
    """

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from whence import WhenceError
        from whence._core.interrupts import heeded

        try:
            with heeded():
                code = verb(*args, **kwargs)
        except WhenceError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(WRONG) from None
        except KeyboardInterrupt:
            typer.echo("interrupted before there was an answer: nothing was written", err=True)
            raise typer.Exit(UNSURE) from None
        raise typer.Exit(code)

    return run
