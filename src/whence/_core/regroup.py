"""Some of a result, sums over groups of players, differences and merged runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import OptionError, PlayersError, ResultError, some
from .players import Players, listed
from .text import brief
from .weights import effective

if TYPE_CHECKING:
    from .attribution import Attribution


def select(
    result: "Attribution",
    output: str | int | None,
    case: int | slice | Sequence[int] | None,
    players: Iterable[str | int] | None,
    columns: Mapping[str, object],
) -> "Attribution":
    """Some of the cases, outputs or players: see `Attribution.select`."""
    o = np.arange(len(result.outputs)) if output is None else np.array([result.output(output)])
    n = len(result.values)
    c = _cases(case, n)
    p = np.arange(len(result.players))
    if players is not None:
        unordered = isinstance(players, (set, frozenset))
        names = list(players) if unordered else players
        chosen = [names] if isinstance(names, str) else listed(names, "players")
        p = np.array([result.players.index(name) for name in chosen], dtype=int)
        p = np.sort(p) if unordered else p
    if columns:
        p = p[np.isin(p, result.players.where(**columns))]
    every = np.array_equal(np.sort(c), np.arange(n))
    whole = every and (len(set(o)), len(set(p))) == (len(result.outputs), len(result.players))
    if not len(p):
        raise ResultError("nobody is left: no player has all of these names and columns")

    def cut(x: np.ndarray) -> np.ndarray:
        return np.asarray(x[c][:, o][:, :, p])

    def part(x: np.ndarray) -> np.ndarray:
        """Known of the mean over all cases; of a mean over some of them it is not."""
        return x if every else np.full_like(x, np.nan)

    return replace(
        result,
        values=cut(result.values),
        parts={name: cut(part) for name, part in result.parts.items()},
        freedom=result.freedom[c],
        players=result.players.take(p.tolist()),
        outputs=tuple(np.array(result.outputs, dtype=object)[o]),
        empty=result.empty[c][:, o],
        full=result.full[c][:, o],
        shared={name: part(s[:, o][:, :, p]) for name, s in result.shared.items()},
        covariance={k: v[o][:, p][:, :, p] for k, v in result.covariance.items()},
        data={name: column[c] for name, column in result.data.items()},
        case_names=tuple(result.case_names[i] for i in c) if result.case_names else (),
        weights=None if result.weights is None else result.weights[c],
        trace=result.trace.take(o, p) if result.trace is not None and every else None,
        certificates=result.certificates if whole else (),
    )


def _cases(case: int | slice | Sequence[int] | None, n: int) -> np.ndarray:
    """Positions: of one case, of a slice, of several, or of those that a mask marks."""
    every: np.ndarray = np.arange(n)
    if isinstance(case, slice):
        return _some(every[case], case, n)
    return every if case is None else _some(_positions(case, every), case, n)


def _some(chosen: np.ndarray | None, case: Any, n: int) -> np.ndarray:
    if chosen is None or not len(chosen):
        which = "is left" if chosen is not None else brief(case)
        raise ResultError(f"no case {which}: this answer has cases 0 to {n - 1}")
    return chosen


def _positions(case: Any, every: np.ndarray) -> np.ndarray | None:
    """None where these are no positions, no mask, or of cases that are not there."""
    try:
        at = np.asarray(list(case) if isinstance(case, range) else case)
    except ValueError:  # rows of different lengths
        return None
    if at.size == 0 and at.ndim == 1:
        return every[:0]
    one = at.ndim == 0 and at.dtype.kind in "iu"
    if not one and not (at.ndim == 1 and (at.dtype.kind in "iu" or at.shape == every.shape)):
        return None
    if at.dtype.kind not in "iub" or isinstance(case, np.ma.MaskedArray):
        return None
    try:
        return np.atleast_1d(every[at])
    except (IndexError, OverflowError):
        return None


def group(result: "Attribution", by: str | Mapping[str, Sequence[str]]) -> "Attribution":
    """Sums over groups of players: see `Attribution.group`."""
    groups = _groups(result.players, by)
    member = np.zeros((len(groups), len(result.players)))  # group, player
    for g, names in enumerate(groups.values()):
        member[g, [result.players.index(n) for n in names]] = 1.0
    parts = {
        name: _grouped_error(part, result.covariance.get(name), member)
        for name, part in result.parts.items()
    }
    return replace(
        result,
        values=result.values @ member.T,
        parts=parts,
        players=Players(tuple(groups), kind=f"group of {result.players.kind}s"),
        shared={},
        covariance={k: member @ v @ member.T for k, v in result.covariance.items()},
        trace=None,
        certificates=(),
    )


def _grouped_error(
    part: np.ndarray, covariance: np.ndarray | None, member: np.ndarray
) -> np.ndarray:
    if (part == 0).all():
        return np.zeros((*part.shape[:2], len(member)))
    if covariance is not None and len(part) == 1:
        variance = np.einsum("gp,opq,gq->og", member, covariance, member)
        return np.asarray(np.sqrt(np.maximum(variance, 0))[None])
    alone = (member.sum(axis=1) == 1)[None, None, :]
    return np.asarray(np.where(alone, part @ member.T, np.nan))


def _groups(players: Players, by: str | Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    if isinstance(by, str):
        column = players.column(by)
        return {
            str(v): [n for n, entry in zip(players.names, column, strict=True) if entry == v]
            for v in dict.fromkeys(column)
        }
    if not isinstance(by, Mapping):
        raise PlayersError(
            "groups are a mapping such as {'size': ['height', 'width']}, or the name of a column "
            f"of the players; given {type(by).__name__}"
        )
    groups = {
        str(name): [players.names[players.index(n)] for n in _members(members)]
        for name, members in by.items()
    }
    taken = [n for members in groups.values() for n in members]
    twice = {n for n in taken if taken.count(n) > 1}
    if twice:
        raise PlayersError(
            f"groups overlap: {some(sorted(twice))} stand in more than one. Take them out of one."
        )
    empty = [name for name, members in groups.items() if not members]
    if empty:
        raise PlayersError(f"groups without players: {some(empty)}. Leave them out.")
    clash = [n for n in groups if n in players.names and n not in groups[n]]
    if clash:
        raise PlayersError(f"a group has the name of another player: {some(clash)}. Rename it.")
    return groups | {n: [n] for n in players.names if n not in taken}


def _members(members: Any) -> list[Any]:
    return [members] if isinstance(members, (str, int)) else list(listed(members, "a group"))


def same_question(a: "Attribution", b: "Attribution") -> None:
    """Refuse to combine answers to different questions.

    Raises:
        OptionError: something that is not an answer.
        ResultError: what differs, by name.
    """
    from .attribution import Attribution

    for thing in (a, b):
        if not isinstance(thing, Attribution):
            raise OptionError(
                f"answers are compared and merged with answers; given {type(thing).__name__}"
            )
    pairs = {
        "players": (a.players.names, b.players.names),
        "outputs": (a.outputs, b.outputs),
        "index": (repr(a.index), repr(b.index)),
        "removal": (a.question.removal, b.question.removal),
        "unit": (a.question.unit, b.question.unit),
        "number of cases": (len(a.values), len(b.values)),
        "weights of cases": (_weighing(a, b), _weighing(b, a)),
    }
    if a.question.background and b.question.background:  # older answers do not say
        pairs["rows of the background"] = (a.question.background, b.question.background)
    for what, (left, right) in pairs.items():
        if left != right:
            raise ResultError(
                f"these answers are to different questions: the {what} differ ({left} and "
                f"{right}). Ask both in the same way before comparing them."
            )


def _weighing(one: "Attribution", other: "Attribution") -> str:
    """How cases count, in words that are the same where the weights are."""
    if one.weights is None:
        return "all count alike"
    same = other.weights is not None and np.array_equal(one.weights, other.weights)
    return "weighted" if same else f"an effective sample of {effective(one.weights):.6g}"


def difference(a: "Attribution", b: "Attribution") -> "Attribution":
    """A - b, as independent answers: see `Attribution.__sub__`."""
    same_question(a, b)
    zero = np.zeros_like(a.values)
    parts = {
        name: np.sqrt(a.parts.get(name, zero) ** 2 + b.parts.get(name, zero) ** 2)
        for name in dict.fromkeys([*a.parts, *b.parts])
    }
    unsure = "unquantified" in (a.uncertainty, b.uncertainty)
    exact = a.uncertainty == b.uncertainty == "exact"
    return replace(
        a,
        values=a.values - b.values,
        parts=parts,
        freedom=np.minimum(a.freedom, b.freedom),
        empty=a.empty - b.empty,
        full=a.full - b.full,
        averaged=min(a.averaged, b.averaged),
        method=f"{a.method} - {b.method}",
        uncertainty="unquantified" if unsure else "exact" if exact else "sampled",
        verdict="difference of two answers, whose errors are taken as independent",
        converged=a.converged and b.converged,
        shared={},
        covariance={},
        provenance={},
        trace=None,
        certificates=(),
        case_names=a.case_names if a.case_names == b.case_names else (),
    )


def _seed(run: "Attribution") -> int | None:
    seed: int | None = run.provenance.get("seed")
    return seed


def _same_evidence(a: "Attribution", b: "Attribution") -> None:
    if a.averaged != b.averaged:
        raise ResultError(
            f"the number of cases differ ({a.averaged} and {b.averaged}): runs to merge are runs "
            "on the same rows"
        )
    if a.parts.keys() != b.parts.keys():
        raise ResultError(
            f"the error parts differ ({some(a.parts)} and {some(b.parts)}): runs to merge are runs "
            "of the same method"
        )


def merge(runs: Sequence["Attribution"]) -> "Attribution":
    """Independent runs of one question: see `Attribution.merge`."""
    from .attribution import Attribution, Cost

    several = isinstance(runs, Iterable) and getattr(runs, "ndim", 1) == 1
    if isinstance(runs, Attribution) or not several:
        raise OptionError("merge takes a list of answers: Attribution.merge([a, b])")
    runs = list(runs)
    if not runs:
        raise ResultError("there is nothing to merge: give at least one run")
    for other in runs:
        same_question(runs[0], other)
        _same_evidence(runs[0], other)
    seeds = [s for run in runs for s in run.provenance.get("merged seeds", [_seed(run)])]
    known = [s for s in seeds if s is not None]
    if len(set(known)) < len(known):
        raise ResultError(
            f"runs with the seeds {known}: equal seeds take the same walks, and merging them would "
            "count the same evidence twice. Give each run its own seed."
        )
    weight = np.array([max(run.cost.asked, 1) for run in runs], dtype=float)
    weight /= weight.sum()

    def over(arrays: Iterable[np.ndarray]) -> np.ndarray:
        return np.asarray(sum(w * x for w, x in zip(weight, arrays, strict=True)))

    parts = {p: over(run.parts[p] for run in runs) for p in runs[0].parts}
    if "estimation" in parts:  # what chance adds to one run it does not add to another
        squares = (w**2 * r.parts["estimation"] ** 2 for w, r in zip(weight, runs, strict=True))
        parts["estimation"] = np.sqrt(np.asarray(sum(squares)))
    costs = [run.cost for run in runs]
    rows = [c.rows for c in costs if c.rows is not None]
    return replace(
        runs[0],
        values=over(run.values for run in runs),
        parts=parts,
        freedom=np.asarray(sum(run.freedom for run in runs)),
        empty=over(run.empty for run in runs),
        full=over(run.full for run in runs),
        cost=Cost(
            sum(c.asked for c in costs),
            sum(c.evaluations for c in costs),
            sum(c.gradients for c in costs),
            sum(rows) if rows else None,
            sum(c.found for c in costs),
            sum(c.seconds for c in costs),
        ),
        converged=all(run.converged for run in runs),
        verdict=f"{len(runs)} runs merged",
        shared={},
        covariance={},
        provenance={**runs[0].provenance, "seed": None, "merged seeds": seeds},
        trace=None,
        certificates=(),
    )
