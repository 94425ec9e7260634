"""`whence explain`: what each feature adds to what the model says of each row (SHAP)."""

from pathlib import Path
from typing import Annotated

import typer

from whence.cli import options as o
from whence.cli import values
from whence.cli.answer import FEW
from whence.cli.failures import told


@told
def explain(
    model: o.Model,
    data: o.Data,
    background: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Rows that removed features are drawn from, such as train.csv.",
            show_default=False,
        ),
    ],
    row: o.Rows = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="CLASS", help="One class or target, by name; all by default."),
    ] = None,
    also: o.Also = None,
    removal: o.Removal = "marginal",
    group: o.Group = None,
    drop: o.Drop = None,
    weight: o.Weight = None,
    index: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What each number means, such as Banzhaf (default: Shapley)."
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How to compute it: see whence methods."),
    ] = None,
    unpickle: o.Unpickle = False,
    trust: o.Trust = None,
    seed: o.Seed = 0,
    workers: o.Workers = None,
    engine: o.EngineName = None,
    address: o.Address = None,
    error: o.Error = None,
    seconds: o.Seconds = None,
    evaluations: o.Evaluations = None,
    rows: o.ModelRows = None,
    keep: o.Keep = None,
    out: o.Out = None,
    html: o.Html = None,
    csv: o.Csv = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    top: o.Top = 20,
) -> int:
    """What does each feature add to what the model says of each row?"""
    from whence.cli import modelarg
    from whence.cli.job import Job
    from whence.recipes.explain import explain as ask

    job = Job(
        places=(model, *(also or ())),
        data=data,
        background=background,
        target=None,
        drop=tuple(drop or ()),
        weight=weight,
        unpickle=unpickle,
        trust=tuple(trust or ()),
        keep=keep,
        out=out,
        html=html,
        csv=csv,
        json=json,
        quiet=quiet,
        top=top,
    )
    job.check()
    budget = values.budget(error, seconds, evaluations, rows)
    groups, where = values.groups(group), values.engine(engine, workers, address)
    kind = values.index(index)
    chosen = list(dict.fromkeys(row or ()))
    given = job.opened("what does each feature add to its prediction?", removal, chosen)
    result = ask(
        given.model,
        given.rows.X,
        background=given.rows.background,
        output=modelarg.output(output, given.model),
        removal=removal,
        groups=groups,
        sample_weight=given.rows.weight,
        index=kind,
        method=method,
        budget=budget,
        seed=seed,
        engine=where,
        keep=keep,
        progress=job.progress,
    )
    many = f"--row N shows one row ({len(result.values):,} were asked, the mean is shown)"
    return job.finish(result, many if len(result.values) > FEW else "", rows=chosen)
