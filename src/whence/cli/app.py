"""The app: one verb a file. Nothing is imported here that `--help` does not need."""

from typing import Annotated

import typer

from whence.cli.compare import compare
from whence.cli.demo import demo
from whence.cli.drop import drop
from whence.cli.explain import explain
from whence.cli.importance import importance
from whence.cli.methods import methods
from whence.cli.schema import schema
from whence.cli.show import show
from whence.cli.store import store
from whence.cli.value import value

EPILOG = "Exit codes: 0 done, 1 not converged or interrupted, 2 something to mend (said on stderr)."

app = typer.Typer(
    name="whence",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
for verb in (demo, importance, explain, drop, value, compare, show, methods, schema):
    app.command()(verb)
app.add_typer(store, name="store")


def _version(wanted: bool) -> bool:
    if not wanted:
        return wanted
    from importlib.metadata import PackageNotFoundError, version

    try:
        typer.echo(f"whence {version('whence')}")
    except PackageNotFoundError:
        typer.echo("whence (not installed: run from its source)")
    raise typer.Exit


@app.callback()
def whence(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which whence.")
    ] = False,
) -> None:
    """Whence did this behaviour come, and how sure are we? New here: whence demo."""
    del version
