"""What a report says in sentences: the question, the sum, the errors, the cost, the verdict."""

from typing import TypeAlias

import numpy as np

from whence._core.attribution import Attribution
from whence._core.index import Share
from whence._core.interactions import Interactions
from whence._core.selection import Selection
from whence.report.numbers import clean, duration, percent, plain, plural, rough, several
from whence.report.rows import averaged

PARTS = {
    "estimation": "random orders and draws: more computing narrows it",
    "data": "a finite set of cases: only more cases narrow it",
    "background": "a finite background: only more background rows narrow it",
    "tails": "a few rows decide much of it: more rows of either narrow it",
    "first order": "slopes in place of exact answers: only asking more players exactly narrows it",
    "model": "another training of the model would differ: only more members narrow it",
}

_ROUNDING = 1e-9  # of the range: an error that is smaller was made by adding up
Answer: TypeAlias = Attribution | Interactions


def is_loss(att: Attribution) -> bool:
    """The worth is minus a loss."""
    return att.question.loss


def sized(att: Attribution) -> bool:
    """Signs of predictions cancel over cases, so players are ordered by their typical size."""
    return len(att.values) > 1 and not is_loss(att)


def verb(att: Attribution) -> str:
    """What a value says of its player: it brings, it adds, or it just is a value."""
    if is_loss(att):
        return "brings"
    return "adds" if " adds " in f" {att.question.asks} " else "value"


def asks(att: Attribution) -> str:
    """The question in words."""
    q = att.question
    return clean(q.asks) or f"the {name_of_index(att)} value of each {att.players.kind}"


def unit(att: Answer) -> str:
    """The unit of every number, in words that fit "0.3 of it"."""
    given = clean(att.question.unit)
    return "units of the target" if given == "value" else given


def name_of_index(att: Answer) -> str:
    """The index, with its settings where it has some.

    Shapley() is "Shapley"; BetaShapley(a=4.0, b=1.0) stays in full; a share is one of something.
    """
    if isinstance(att.index, Share):
        return f"share ({att.index.identity})"
    return repr(att.index).removesuffix("()")


def conditions(att: Attribution) -> list[tuple[str, str]]:
    """How it was asked: (what, how), where known."""
    q = att.question
    said = [
        ("unit", unit(att)),
        ("removal", q.removal),
        ("model", q.model),
        ("index", name_of_index(att)),
        ("method", f"{att.method} ({certainty(att)})"),
        ("cases", cases(att)),
    ]
    return [(what, clean(how)) for what, how in said if how]


def certainty(att: Answer) -> str:
    """How the uncertainty is known."""
    return "uncertainty not quantified" if att.uncertainty == "unquantified" else att.uncertainty


def cases(att: Answer) -> str:
    """Whose answer this is."""
    if len(att.values) > 1:
        return several(len(att.values), "case")
    return f"mean of {att.averaged:,} cases" if att.averaged > 1 else "one case"


def axis(att: Attribution, output: int) -> str:
    """The label of an axis of values: what, of which output, in which unit."""
    name, of = clean(att.outputs[output]), unit(att)
    if is_loss(att):
        return f"brings {name} ({of})"
    if verb(att) == "adds":
        return f"adds to the prediction{'' if name == 'prediction' else f': {name}'} ({of})"
    what = f"{name_of_index(att)} value"
    return f"{what} ({of})" if name == of else f"{what}: {name} ({of})"


def worth_axis(att: Attribution, output: int) -> str:
    """The label of an axis of worths, which leads from nobody to everybody."""
    name, of = clean(att.outputs[output]), unit(att)
    if is_loss(att):
        return f"{name}: minus the loss ({of})"
    what = "prediction" if verb(att) == "adds" else "worth"
    named = what if name in {what, of} else f"{what}: {name}"
    return named if named == of else f"{named} ({of})"


def total(att: Attribution, output: int = 0) -> str:
    """The sum of the values, beside what it should be."""
    one = averaged(att)
    together, of = float(one.values[0, output].sum()), unit(att)
    low, high = float(one.empty[0, output]), float(one.full[0, output])
    if not np.isfinite([low, high]).all():
        who = " or ".join(
            w for w, end in (("nobody", low), ("everybody", high)) if not np.isfinite(end)
        )
        return f"sum {plain(together)} {of} (what {who} is worth was not asked)"
    ends = f"from {plain(low)} with no {att.players.kind} to {plain(high)} with all"
    if is_loss(att) and att.outputs[output] == "predictive power":
        ends = f"model {plain(-high)}, knowing nothing {plain(-low)}"
    if not att.index.efficient:
        return (
            f"sum {plain(together)} {of}; all together {plain(high - low)} ({ends}): "
            f"{name_of_index(att)} values need not add up"
        )
    scale = max(abs(high), abs(low), float(np.abs(one.values[0, output]).max()))
    gap = high - low - together
    left = f"; {plain(gap)} is unaccounted for" if abs(gap) > 1e-6 * scale else ""
    return f"sum {plain(together)} of {plain(high - low)} {of} ({ends}){left}"


def widths(att: Attribution, output: int = 0) -> dict[str, float]:
    """Error part -> the widest 95 % half-width over players, in the unit of the values."""
    one = averaged(att)
    if att.uncertainty == "unquantified":
        return {}
    found = {}
    for part in one.parts:
        half = half_widths(one, part)[0, output]
        found[part] = float(half.max())
    return found


def half_widths(att: Attribution, part: str | None = None) -> np.ndarray:
    """Half of each 95 % interval: float [cases, outputs, players]; NaN or inf where unknown."""
    low, high = att.ci(parts=part)
    with np.errstate(invalid="ignore"):
        return np.asarray((high - low) / 2)


def reach(att: Attribution, output: int = 0) -> float:
    """The range of the values and 0."""
    values = averaged(att).values[0, output]
    return float(max(values.max(), 0.0) - min(values.min(), 0.0))


def errors(att: Attribution, output: int = 0) -> str:
    """Where the uncertainty comes from."""
    if att.uncertainty == "unquantified":
        return "error: uncertainty not quantified"
    found, scale = widths(att, output), reach(att, output)
    whose = f"error of {clean(att.outputs[output])}" if len(att.outputs) > 1 else "error"
    if not found:
        return f"{whose}: unknown"
    if not any(found.values()):
        return f"{whose}: none (exact)"
    if scale > 0:
        said = ", ".join(
            f"{part} none" if half <= _ROUNDING * scale else f"{part} ±{percent(half / scale)}"
            for part, half in found.items()
        )
        return f"{whose}: {said} of the range (widest 95 % interval)"
    said = ", ".join(f"{part} ±{rough(half)}" for part, half in found.items())
    return f"{whose}: {said} (widest 95 % interval)"


def cost(att: Answer | Selection) -> str:
    """What it took."""
    c = att.cost
    found = f" ({c.found:,} found in a store)" if c.found else ""
    said = [f"{several(c.asked, 'question')}{found}"]
    said += [several(c.gradients, "gradient")] if c.gradients else []
    said += [several(c.rows, "model row")] if c.rows is not None else []
    return ", ".join([*said, duration(c.seconds)])


def verdict(att: Attribution) -> str:
    """Why it stopped, and whether that was for the better."""
    return reason(att) if att.converged else f"not converged: {reason(att)}"


def in_words(att: Attribution) -> str:
    """The answer in a sentence, where its recipe wrote one; of a part of an answer none is left."""
    return clean(str(att.provenance.get("in words", ""))) if att.certificates else ""


def certificates(att: Attribution) -> list[str]:
    """What was checked of the answer, one line each: "calibration: FAILS - wrong sign on 'a'"."""
    return [f"{clean(c.check)}: {c.verdict} - {clean(c.words)}" for c in att.certificates]


def reason(att: Answer) -> str:
    """Why it stopped."""
    return clean(att.verdict).rstrip(".") or "nobody said"


def others(count: int, unclear: int | None) -> str:
    """The players that are not shown.

    >>> others(17, 6), others(2, 2), others(3, 0), others(1, None)
    ('17 more; 6 of them not distinguishable from nothing', '2 more; none distinguishable from \
nothing', '3 more; all distinguishable from nothing', '1 more')
    """
    if unclear is None:
        return f"{count:,} more"
    if unclear == count:
        return f"{count:,} more; none distinguishable from nothing"
    few = f"{unclear:,} of them not" if unclear else "all"
    return f"{count:,} more; {few} distinguishable from nothing"


def caveats(att: Attribution) -> list[str]:
    """What this does not show."""
    kinds = plural(att.players.kind)
    said = []
    if "marginal" in att.question.removal:
        said.append(
            f"Marginal removal puts background values in the place of absent {kinds}, whatever the "
            "others are: it may pair values that never occur together, where the model was never "
            "tested."
        )
    if "baseline" in att.question.removal:
        said.append(
            "Every number is relative to the one baseline: another baseline, other numbers."
        )
    said.append(
        "It is about this model on these rows, not about the world: a large value is not a cause, "
        "and changing it in reality need not change the outcome."
    )
    said.append(
        f"{kinds[:1].upper()}{kinds[1:]} that carry the same information share credit by the rules "
        f"of the index ({name_of_index(att)}): a small value does not mean that the model could do "
        "without what it says."
    )
    said += [_unsure(att)] if _unsure(att) else []
    return said


def _unsure(att: Attribution) -> str:
    if att.uncertainty == "unquantified":
        return "Nobody quantified the uncertainty: differences between values may be noise."
    missing = [part for part in ("data", "background", "model") if part not in averaged(att).parts]
    if not missing:
        return ""
    return (
        f"The intervals do not include what is not in the error table ({', '.join(missing)}), and "
        f"each is for one {att.players.kind} alone: of 20 intervals one may miss by chance."
    )
