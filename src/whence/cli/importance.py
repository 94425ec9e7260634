"""`whence importance`: how much of a model's predictive power each feature brings (SAGE)."""

from typing import Annotated

import typer

from whence.cli import options as o
from whence.cli import values
from whence.cli.failures import told


@told
def importance(
    model: o.Model,
    data: o.Data,
    target: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column to predict.", show_default=False)
    ],
    background: o.Background = None,
    also: o.Also = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="squared-error, absolute-error, log-loss, brier, zero-one or auc; by what the "
            "model answers, if not.",
        ),
    ] = None,
    removal: o.Removal = "marginal",
    group: o.Group = None,
    drop: o.Drop = None,
    weight: o.Weight = None,
    by_case: Annotated[
        bool,
        typer.Option(
            "--by-case",
            help="Keep every test row: two such answers of the same rows are compared row by row.",
        ),
    ] = False,
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
    """How much of the model's predictive power does each feature bring?"""
    from whence.cli.job import Job
    from whence.recipes.importance import importance as ask

    job = Job(
        places=(model, *(also or ())),
        data=data,
        background=background,
        target=target,
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
    given = job.opened("how much of its predictive power does each feature bring?", removal)
    result = ask(
        given.model,
        given.rows.X,
        given.rows.y,
        background=None if background is None else given.rows.background,
        removal=removal,
        loss=loss,
        groups=groups,
        sample_weight=given.rows.weight,
        by_case=by_case,
        budget=budget,
        seed=seed,
        engine=where,
        keep=keep,
        progress=job.progress,
    )
    pool = str(background or data)
    one = job.again("explain", "--drop", target, "--background", pool, "--row", "0")
    return job.finish(result, one)
