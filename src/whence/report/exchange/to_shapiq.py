"""shapiq's common tongue: `InteractionValues`, of one case and one output each.

shapiq names what its numbers mean, and whence writes only what has a name there:

    Shapley values        SV      all features leave together the baseline value
    Banzhaf values        BV      the empty set is left out: there it is the mean of all worths
    Shapley interactions  k-SII   main effects and whole interactions, which add up
    Banzhaf interactions  BII     Banzhaf values and interactions, which do not

shapiq has no place for the error, the parts of it, the question, the unit and the names.
"""

from typing import Any, TypeAlias

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence._core.index import Banzhaf, Index, Shapley
from whence._core.interactions import Interactions
from whence.report.exchange.to_frame import installed

Numbers: TypeAlias = dict[tuple[int, ...], float]


def to_shapiq(att: Attribution, output: str | int = 0) -> Any:
    """One output of each case: one `InteractionValues`, or of several cases a list of them.

    Raises:
        OptionError: shapiq is not installed.
        ResultError: no such output, or an index that shapiq has no name for.
    """
    name = _named(att.index, {Shapley: "SV", Banzhaf: "BV"})
    at = att.output(output)
    alone: list[Numbers] = [
        {(i,): float(v) for i, v in enumerate(row)} for row in att.values[:, at]
    ]
    return _made(att, at, name, alone, order=1)


def pairs_to_shapiq(found: Interactions, output: str | int = 0) -> Any:
    """Main effects and pairs of one output: one of each case, as `to_shapiq`.

    Raises:
        OptionError: shapiq is not installed.
        ResultError: no such output.
    """
    name = _named(found.index, {Shapley: "k-SII", Banzhaf: "BII"})
    at = found.output(output)
    together: list[Numbers] = [
        {(i,): float(v) for i, v in enumerate(main)}
        | {pair: float(v) for pair, v in zip(found.pairs, values, strict=True)}
        for main, values in zip(found.main[:, at], found.values[:, at], strict=True)
    ]
    return _made(found, at, name, together, order=2)


def _named(index: Index, names: dict[type[Index], str]) -> str:
    if type(index) not in names:
        raise ResultError(
            f"shapiq has no name for {index!r}, only for Shapley and Banzhaf. "
            "The same numbers: to_frame()."
        )
    return names[type(index)]


def _made(
    answer: Attribution | Interactions,
    output: int,
    index: str,
    cases: list[Numbers],
    order: int,
) -> Any:
    shapiq = installed("shapiq")
    adds_up = answer.index.efficient
    made = [
        shapiq.InteractionValues(
            ({(): float(empty)} if adds_up else {}) | numbers,
            index=index,
            max_order=order,
            min_order=0 if adds_up else 1,
            n_players=len(answer.players),
            estimated=answer.uncertainty != "exact",
            estimation_budget=answer.cost.asked or None,
            baseline_value=float(empty),
        )
        for numbers, empty in zip(cases, np.asarray(answer.empty[:, output]), strict=True)
    ]
    return made[0] if len(made) == 1 else made
