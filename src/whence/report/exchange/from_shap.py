"""A `shap.Explanation` as an attribution: values, base values, data and names, and what is unknown.

Nothing is known of the error. shap's `error_std` is no standard error: it is the spread over
passes, never divided by the root of their number (`bench/exchange.py` measures how far that is
off), so it is named and not used. Nor does shap say the unit, the removal or the cost.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution, Cost
from whence._core.errors import OptionError, ResultError, some
from whence._core.game import Question
from whence._core.index import Shapley
from whence._core.players import Players
from whence._core.reading import EXACT
from whence._core.text import brief
from whence.report.exchange.explained import arranged, bases, columns_of, listed

UNKNOWN = "unknown units"
_READS = frozenset({"__getitem__", "sample", "identity"})  # what leaves the numbers as they are


@runtime_checkable
class Explanation(Protocol):
    """What a `shap.Explanation` has; shap need not be installed to read one."""

    values: Any
    base_values: Any
    data: Any
    feature_names: Any
    output_names: Any


@check_arguments
def from_shap(
    explanation: Any,
    *,
    base_values: Any = None,
    data: Any = None,
    feature_names: Any = None,
    output_names: Any = None,
    unit: str = UNKNOWN,
) -> Attribution:
    """Shapley values of shap as an attribution, of unknown uncertainty.

    Base value + values = prediction: `att.empty` is the base, and `att.full` that sum.

    Args:
        explanation: a `shap.Explanation` of one row or more; or the values alone, as older shap
            gave them: [rows, features], [rows, features, outputs], or a list with an array for
            each output.
        base_values: what is predicted of nobody: one number, one for each output, or for each row
            and output. This and what follows stand in for what the explanation says.
        data: the explained rows, [rows, features] or a frame.
        feature_names: one for each feature; those of the frame, or x0, x1, … by default.
        output_names: one for each output.
        unit: of the values, such as "log-odds": shap does not say.

    Returns:
        Values [rows, outputs, features], in shap's words; errors are NaN.

    Raises:
        ResultError: interaction values, an explanation that was worked on (`.abs.mean(0)`), some of
            the features alone, or shapes that do not fit.
        OptionError: no explanation, and no values.
        PlayersError: feature names that clash.
    """
    if type(explanation).__name__ == "Cohorts":  # they pass for one explanation, and are several
        raise OptionError("these are cohorts of shap: read one, from cohorts.cohorts[its name]")
    given = isinstance(explanation, Explanation)
    if given:
        _refuse_worked_on(explanation)
    told = _Told(explanation if given else None)
    rows = told.of("data", data)
    values = arranged(
        explanation.values if given else explanation,
        told.of("base_values", base_values),
        rows,
        told.of("feature_names", feature_names),
        told.of("output_names", output_names),
    )
    cases, outputs, players = values.shape
    names = _names(told.of("feature_names", feature_names), rows, players)
    _refuse_some(told.of("op_history", None), names)
    base = bases(told.of("base_values", base_values), cases, outputs)
    return Attribution(
        values=values,
        parts={},
        freedom=np.full(cases, EXACT),
        players=Players(names, "feature"),
        outputs=_outputs(told.of("output_names", output_names), outputs, cases),
        index=Shapley(),
        method="shap",
        uncertainty="unquantified",
        empty=base,
        full=base + values.sum(axis=2),
        cost=Cost(0, 0, 0, None, 0, float(told.of("compute_time", None) or 0.0)),
        converged=False,
        verdict=_verdict(told.of("error_std", None)),
        question=Question("what each feature adds to the model's prediction", unit),
        data=columns_of(rows, names, cases),
        provenance={"read from": "shap.Explanation" if given else "values of shap"},
    )


class _Told:
    """What an explanation says, unless the caller said otherwise."""

    __slots__ = ("explanation",)

    def __init__(self, explanation: Any) -> None:
        self.explanation = explanation

    def of(self, field: str, given: Any) -> Any:
        return getattr(self.explanation, field, None) if given is None else given


def _refuse_worked_on(explanation: Any) -> None:
    done = [item.name for item in getattr(explanation, "op_history", ())]
    work = [name for name in done if name not in _READS]
    if work:
        raise ResultError(
            f"this explanation was worked on ({some(work)}): its numbers no longer add up to what "
            "the model says. Give it as the explainer made it; the mean over rows is "
            "wh.from_shap(explanation).mean()."
        )


def _refuse_some(history: Any, names: tuple[str, ...]) -> None:
    """Some of the features do not add up to the prediction, and shap does not say what is left."""
    before = [item.prev_shape for item in history or ()]
    widths = [shape[1] for shape in before if len(shape) > 1]
    if widths and widths[0] not in {None, len(names)}:  # None: each row has its own
        raise ResultError(
            f"this explanation has {len(names)} of {widths[0]} features, which do not add up to "
            "the prediction. Give all of them, and take some with att.select(players=[...])."
        )


def _names(given: Any, rows: Any, players: int) -> tuple[str, ...]:
    names = listed(given)
    if names is None:
        names = listed(getattr(rows, "columns", None)) or [f"x{i}" for i in range(players)]
    if any(isinstance(name, (list, tuple, np.ndarray)) for name in names):
        raise ResultError(
            "each row has feature names of its own, and an attribution has the same players in "
            "every case. Read one row at a time: wh.from_shap(explanation[i])."
        )
    if len(names) != players:
        raise ResultError(f"{len(names)} feature names for {players} features: give one for each")
    return tuple(map(str, names))


def _outputs(given: Any, outputs: int, cases: int) -> tuple[str, ...]:
    names = listed(given)
    if not all(isinstance(name, (str, int, np.integer)) for name in names or ()):
        raise ResultError(f"output_names are words, one for each output; given {brief(given)}")
    if names is None or (outputs == 1 and names == _numbered(len(names))):
        return ("prediction",) if outputs == 1 else tuple(_numbered(outputs))
    if outputs == 1 and len(names) == cases and len(set(map(str, names))) == 1:
        names = names[:1]  # said again for each row
    if len(names) != outputs:
        raise ResultError(
            f"{len(names)} output names for {outputs} outputs of {cases} rows: give one for each "
            "output, output_names=[...]"
        )
    return tuple(map(str, names))


def _numbered(count: int) -> list[str]:
    """The names that shap gives where nobody gave any: of features too, if it mistakes the axis."""
    return [f"Output {i}" for i in range(count)]


def _verdict(error_std: Any) -> str:
    said = "read from shap, which does not say how sure it is"
    if error_std is None:
        return said
    return f"{said}: its error_std is the spread over passes, no standard error, and is not used"
