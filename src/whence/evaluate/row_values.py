"""Values of an answer, in the order of a trainer's rows: by name, never by position.

An answer about other rows, or other tests, is refused; its order is its own business.
"""

from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, PlayersError, ResultError, some
from whence._core.players import Players
from whence._core.shaped import Float
from whence.models.trainer.examples import Examples


def values_of(
    attribution: Any, players: Players, tests: Examples
) -> Float[np.ndarray, "tests players"]:
    """Values for each test example and player; one case stands for every test.

    Args:
        attribution: the answer.
        players: in whose order.
        tests: what it must be about.

    Raises:
        OptionError: something that is not an answer.
        PlayersError: players without a value, or values of somebody else.
        ResultError: other tests, several outputs, or values that are not finite.
    """
    if not isinstance(attribution, Attribution):
        raise OptionError(
            f"what is judged is an Attribution of training rows; given {type(attribution).__name__}"
        )
    values = in_order(attribution, players)
    if len(values) not in {1, len(tests)}:
        raise ResultError(
            f"the answer is about {len(values):,} test examples, and {len(tests):,} are given: "
            "judge it on its own tests, or judge its mean, which stands for every test"
        )
    told = attribution.data.get("test")
    if told is not None and len(values) > 1 and tuple(map(str, told)) != tests.names:
        other = [str(a) for a, b in zip(told, tests.names, strict=True) if str(a) != b]
        raise ResultError(
            f"the answer is about other tests, or in another order: {some(other)} stand where "
            "others are given. Judge it on its own tests."
        )
    return np.asarray(np.broadcast_to(values, (len(tests), values.shape[1])))


def in_order(attribution: Attribution, players: Players) -> Float[np.ndarray, "cases players"]:
    """Values of the one output, in the order of these players.

    Raises:
        PlayersError: players without a value, or values of somebody else.
        ResultError: several outputs, or values that are not finite.
    """
    if attribution.values.shape[1] != 1:
        raise ResultError(
            f"the answer has the outputs {some(attribution.outputs)}: choose one, with "
            "attribution.select(output=...)"
        )
    place = {name: i for i, name in enumerate(attribution.players.names)}
    lacking = [name for name in players.names if name not in place]
    known = set(players.names)
    strangers = [name for name in place if name not in known]
    if lacking or strangers:
        said = [f"has no value for {some(lacking)}"] * bool(lacking)
        said += [f"has values for {some(strangers)}, who is no player here"] * bool(strangers)
        raise PlayersError(
            f"the answer {' and '.join(said)}: it must be about the {len(players):,} players of "
            f"kind {players.kind!r} that are retrained, by name. Of groups of rows, give groups="
        )
    values = attribution.values[:, 0][:, [place[name] for name in players.names]]
    if not np.isfinite(values).all():
        case, player = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise ResultError(
            f"the value of {players.names[player]!r} for case {case} is {values[case, player]}: "
            "a score that is no number predicts nothing"
        )
    return values
