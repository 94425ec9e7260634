"""What several answers in one picture are called."""

from collections.abc import Sequence
from typing import Any

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence.report.numbers import clean

_PLACES = ("the first", "the second", "the third", "the fourth", "the fifth", "the sixth")
MOST = len(_PLACES)


def several_answers(first: Attribution, others: Any) -> list[Attribution]:
    """The first answer and the others; one other need not stand in a list.

    Raises:
        OptionError: something that is not an answer, or too many.
    """
    every = [first, *([others] if isinstance(others, Attribution) else others)]
    for one in every:
        if not isinstance(one, Attribution):
            raise OptionError(
                f"others= takes answers, as in others=[b, c]; given {type(one).__name__}"
            )
    if len(every) > MOST:
        raise OptionError(
            f"at most {MOST} answers can be told apart in one picture; given {len(every)}"
        )
    return every


def names_of(answers: Sequence[Attribution], given: Any) -> list[str]:
    """The given names; or the models, or the methods, where these differ.

    Raises:
        OptionError: not one name for each answer.
    """
    if given is not None:
        if isinstance(given, str) or len(given) != len(answers):
            raise OptionError(
                f"names= has one name for each of the {len(answers)} answers, the first one "
                f"included; given {given!r}"
            )
        return [clean(name) for name in given]
    for kind in ([a.question.model for a in answers], [a.method for a in answers]):
        if len(set(kind)) == len(answers) and all(kind):
            return [clean(name) for name in kind]
    return list(_PLACES[: len(answers)])
