"""The certificate ladder: how far up an answer was checked, and honestly where it was not.

Six rungs, each harder than the one below. Only what is known of this very answer counts: that a
method passes the laws of whence's own tests says something of the method, not of the answer.
Certificates that ask whether the numbers predict the game decide the third; every other one has a
line of its own above it.
"""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence.report.numbers import clean, plain
from whence.report.rows import averaged
from whence.report.wording import name_of_index, unit

State = Literal["checked", "open", "not checked"]
_CLOSE = 1e-6  # of the scale: what rounding leaves
_FIT = ("calibration", "held-out fit")  # checks that judge the coalition fit


@final
@dataclass(frozen=True, slots=True)
class Rung:
    """One rung.

    Attributes:
        name: what is checked there.
        state: "checked", "open" (looked at, and not closed), or "not checked".
        said: what was found, or what would have to be done.
    """

    name: str
    state: State
    said: str


def ladder(att: Attribution) -> tuple[Rung, ...]:
    """The rungs, from the lowest."""
    return (
        _adds_up(att),
        Rung(
            "Known truth",
            "not checked",
            "nobody knows the true answer here; the method was not tried on a case like this one "
            "with a planted answer.",
        ),
        _coalition_fit(att),
        *(_rung(_title(c.check), [c]) for c in att.certificates if c.check not in _FIT),
        Rung(
            "Robustness",
            "not checked",
            "whether they stay when the model is trained anew, or the removal is another one.",
        ),
        Rung(
            "End task",
            "not checked",
            "whether a decision that follows them turns out better than one that does not.",
        ),
        Rung(
            "People",
            "not checked",
            "whether those who read them predict the model better than those who do not.",
        ),
    )


def _coalition_fit(att: Attribution) -> Rung:
    name, judged = "Coalition fit", [c for c in att.certificates if c.check in _FIT]
    if judged:
        return _rung(name, judged)
    return Rung(
        name,
        "not checked",
        "whether the numbers predict what happens when several leave at once.",
    )


def _rung(name: str, judged: list[Certificate]) -> Rung:
    """What certificates say: one that fails leaves it open, whatever the others say."""
    verdicts = {c.holds for c in judged}
    state: State = "open" if False in verdicts else "checked" if True in verdicts else "not checked"
    return Rung(name, state, " ".join(_sentence(c.words) for c in judged))


def _title(check: str) -> str:
    said = clean(check)
    return f"{said[:1].upper()}{said[1:]}"


def _sentence(words: str) -> str:
    said = clean(words)
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _adds_up(att: Attribution) -> Rung:
    one, name = averaged(att), "Axioms"
    if not att.index.efficient:
        return Rung(
            name,
            "not checked",
            f"{name_of_index(att)} values need not add up, so their sum says nothing.",
        )
    gap, span = att.gap, np.abs(att.full - att.empty)
    if not (np.isfinite(gap).any() and len(gap)):
        return Rung(name, "not checked", "the worth of everybody or of nobody was not asked.")
    worst = float(np.nanmax(np.abs(gap)))
    scale = max(float(np.nanmax(span)), float(np.nanmax(np.abs(one.values), initial=0.0)))
    exact = "; the values were computed exactly" if att.uncertainty == "exact" else ""
    if worst <= _CLOSE * scale:
        return Rung(name, "checked", f"the values add up to what there is to share{exact}.")
    return Rung(
        name,
        "open",
        f"the values leave up to {plain(worst)} {unit(att)} of a case unaccounted for.",
    )
