"""`whence demo`: the main job on real data, and every file that it takes, in one folder.

The folder holds what a user would have (rows, a model), so that the tour is the command itself: it
is shown as it would be typed, and the next ones can be typed at once.
"""

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from whence.cli import answer, screen
from whence.cli import options as o
from whence.cli.failures import told

if TYPE_CHECKING:
    from whence import Attribution

NOISE = "coin flips"
COMMAND = (
    "whence importance model:model holdout.csv --target progression --background train.csv "
    "--out importance.whence --html importance.html"
)


@told
def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="A new folder, or that of an earlier demo.")
    ] = Path("demo"),
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> int:
    """A two-minute tour: real data, a real model, and what its features bring."""
    _check(out)
    with tempfile.TemporaryDirectory(prefix=".whence-demo-", dir=out.resolve().parent) as made:
        draft = Path(made)
        result = _made(draft, quiet=quiet or json)
        written = _moved(draft, out)
    if not json:
        screen.show(result.table())
        screen.tell(_reading(result), quiet=quiet)
        screen.tell(_next(out), quiet=quiet)
    else:
        answer.kept(result, written, as_json=True, quiet=quiet)
    return answer.code(result)


def _check(out: Path) -> None:
    from whence._core.errors import OptionError, UnsupportedModelError
    from whence.cli import demo_rows

    missing = [p for p in ("sklearn", "pandas") if not find_spec(p)]
    if missing:
        names = " and ".join({"sklearn": "scikit-learn"}.get(p, p) for p in missing)
        raise UnsupportedModelError(f"the demo needs {names}: pip install 'whence[demo]'")
    if out.exists() and not out.is_dir():
        raise OptionError(f"--out {out} is a file: the demo needs a folder")
    if not out.resolve().parent.is_dir():
        raise OptionError(f"--out {out}: there is no folder {out.parent}. Make it first (mkdir).")
    if out.is_dir() and any(out.iterdir()) and not demo_rows.ours(out):
        raise OptionError(
            f"the folder {out} holds other things, and the demo will not write over them. "
            "Name a new one: --out DIR"
        )


def _made(folder: Path, *, quiet: bool) -> "Attribution":
    from whence.cli import demo_rows, tables
    from whence.recipes.importance import importance

    demo_rows.write(folder)
    given = tables.read(folder / "holdout.csv", folder / "train.csv", target=demo_rows.TARGET)
    model = demo_rows.fitted(folder)
    _introduce(model, given, quiet=quiet)
    result = importance(
        model,
        given.X,
        given.y,
        background=given.background,
        progress=None if quiet else True,
    )
    result.save(folder / "importance.whence")
    result.to_html(folder / "importance.html")
    _picture(result, folder / "importance.png")
    return result


def _introduce(model: Any, given: Any, *, quiet: bool) -> None:
    skill = model.score(given.X.frame(), given.y)
    screen.tell(
        f"""\
{len(given.X) + len(given.background)} people with diabetes: ten measurements, and how far the \
disease had come a year later.
A forest learnt from half of them and was then asked about the others: it explains {skill:.0%} of
what differs between people it never saw. Which measurements is that owed to, and how sure is that?
As a trap, an eleventh column was added that holds nothing but {NOISE}.

$ {COMMAND}
""",
        quiet=quiet,
    )


def _picture(result: "Attribution", path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    result.plot("bar", ax=figure.subplots())
    figure.savefig(path, dpi=150)


def _moved(draft: Path, out: Path) -> list[Path]:
    from whence._core.atomic import write_files

    out.mkdir(exist_ok=True)
    made = {
        out / path.name: path.read_bytes() for path in sorted(draft.iterdir()) if path.is_file()
    }
    write_files(made)
    return list(made)


def _reading(result: "Attribution") -> str:
    best, noise = result.top(1)[0], result[NOISE]
    low, high = best.ci
    names = result.players.names
    unclear = [n for n in names if result[n].ci[0] <= 0 <= result[n].ci[1]]
    rest = [n for n in unclear if n != NOISE]
    found = (
        f"its interval ({noise.ci[0]:,.0f} … {noise.ci[1]:,.0f}) holds zero"
        if NOISE in unclear
        else f"its interval ({noise.ci[0]:,.0f} … {noise.ci[1]:,.0f}) misses zero by chance"
    )
    others = (
        f"\n  · So do those of {', '.join(rest)}: on these rows nobody can tell them from noise."
        if rest
        else ""
    )
    return f"""
How to read it
  · Knowing {best.player} makes the squared error smaller by {best.value:,.0f} (95 % sure:
    {low:,.0f} … {high:,.0f}), averaged over every order in which the columns could become known.
  · {NOISE.capitalize()} are what nothing looks like: {found}.{others}
  · It is about this model on these people. It does not say what causes the disease.
"""


def _next(out: Path) -> str:
    return f"""\
In {out}/: importance.whence (the answer), .html (a page), .png (a picture);
{" " * len(str(out))}     train.csv, holdout.csv, model.py (what it was asked of).

Next
  whence show {out}/importance.whence --open                    the page
  cd {out} && whence explain model:model holdout.csv --background train.csv \\
       --drop progression --row 0                        one person
  yours: whence importance MODEL DATA --target COLUMN           a model file, a CSV
  or, in Python: whence.importance(model, X, y)"""
