"""Every error that whence raises on purpose.

Each says what is wrong, where (players, columns and rows by name) and what to do about it::

    WhenceError
    ├── GameError (ValueError)          a game was asked, or answered, something meaningless
    │   ├── BadQuestionError            a coalition, case or draw that the game does not have
    │   │   └── OrderError              a coalition that is not a prefix, of ordered players
    │   ├── BadAnswerError              worths of the wrong shape
    │   ├── NonFiniteWorthError         a worth that is NaN or infinite
    │   └── UnnamedGameError            contents that cannot be read, so cannot be told apart
    ├── PlayersError (ValueError)       names that clash, groups that overlap
    ├── TableError (ValueError)         rows, columns or labels that do not fit
    │   └── OverlapError                two data sets too far apart for one to speak for the other
    ├── ModelError (ValueError)         a model that answered nonsense
    │   ├── ModelFileError              a file that is not what it says, or that would run code
    │   └── HookError                   a hook point that is not there, or a patch that did nothing
    ├── BudgetError (ValueError)        a budget that can buy nothing
    │   └── OutOfTimeError              its seconds were over before there was an answer
    ├── OptionError (ValueError)        an argument outside what is offered
    ├── ResultError (ValueError)        a result that cannot be read, selected or compared
    ├── StoreError (OSError)            a store of worths that cannot be read or written
    ├── EngineError (RuntimeError)      workers that died, cannot be reached, or cannot get the game
    ├── LawBrokenError (AssertionError)    a game or method that its examiner refuses
    ├── UnsupportedGameError (TypeError)   a method that cannot attribute this game
    └── UnsupportedModelError (TypeError)  a model that no adapter can serve
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from .text import brief, clean, elide

_LONGEST = 999  # letters of a message: a model's own words may go on
_COUNTED = 2**63  # what machines can count


class WhenceError(Exception):
    """Base class of every error that whence raises on purpose: one line that is safe to print."""

    def __str__(self) -> str:
        return elide(clean(super().__str__()), _LONGEST)

    def __reduce__(self) -> tuple[Any, ...]:
        """By its message alone, so that it comes home from other processes as it is."""
        return _again, (type(self), self.args)


def _again(kind: type[WhenceError], args: tuple[object, ...]) -> WhenceError:
    return kind.__new__(kind, *args)


class GameError(WhenceError, ValueError):
    """A game was asked, or answered, something meaningless."""


class BadQuestionError(GameError):
    """A coalition, case or draw that the game does not have."""


class OrderError(BadQuestionError):
    """A coalition that is not a prefix, asked of a game whose players are ordered."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"the players are ordered ({kind}s): only prefixes can be asked, and something else "
            "was. Use a method that respects order, such as wh.methods.Exact() or Permutation()."
        )


class BadAnswerError(GameError):
    """Worths, or gradients, of the wrong shape."""

    def __init__(self, shape: tuple[int, ...], wanted: tuple[int, ...], game: str) -> None:
        super().__init__(
            f"{game} answered an array of shape {shape}; it must be {wanted}: one row for each "
            "question, one column for each output"
        )


class NonFiniteWorthError(GameError):
    """A worth that is NaN or infinite, named by the players who were present."""

    def __init__(self, coalition: np.ndarray, names: Sequence[str], case: int, draw: int) -> None:
        present = [n for n, stays in zip(names, coalition, strict=True) if stays]
        who = some(present) if present else "nobody"
        super().__init__(
            f"the worth is not finite with {who} present (case {case}, draw {draw}). "
            "Mend the behaviour that the game measures: NaN and infinity cannot be attributed."
        )


class UnnamedGameError(GameError):
    """Contents that cannot be read, so that two games could not be told apart."""


class PlayersError(WhenceError, ValueError):
    """Names that clash, groups that overlap or name nobody."""


class TableError(WhenceError, ValueError):
    """Rows, columns or labels that do not fit together."""


class OverlapError(TableError):
    """Two data sets too far apart for one to speak for the other."""


class ModelError(WhenceError, ValueError):
    """A model that answered nonsense."""


class ModelFileError(ModelError):
    """A file that is not what it says, or that would run code when opened."""


class HookError(ModelError):
    """A hook point that is not there, or an intervention that did not happen or did nothing."""


class BudgetError(WhenceError, ValueError):
    """A budget that can buy nothing, or bounds that nobody can keep."""


class OutOfTimeError(BudgetError):
    """The seconds of a budget were over before there was an answer."""

    def __init__(
        self,
        words: str = "the seconds of the budget were over before there was an answer: "
        "give more of them, or fewer rows",
    ) -> None:
        super().__init__(words)


class OptionError(WhenceError, ValueError):
    """An argument outside what is offered."""


class ResultError(WhenceError, ValueError):
    """A result that cannot be read, selected or compared."""


class StoreError(WhenceError, OSError):
    """A store of worths that cannot be read or written, or that holds something else."""


class EngineError(WhenceError, RuntimeError):
    """Workers that died, cannot be reached, or cannot be given the game."""


class LawBrokenError(WhenceError, AssertionError):
    """A game or method that breaks a law: see `whence.testing`."""


class UnsupportedGameError(WhenceError, TypeError):
    """This method cannot attribute this game."""


class UnsupportedModelError(WhenceError, TypeError):
    """No adapter can serve this model: the message lists the routes tried, and why each failed."""


def positive(value: Any, name: str, what: str) -> None:
    """Refuse what is not a positive whole number, or more than any machine can count.

    Raises:
        OptionError: something else.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not 1 <= value < _COUNTED:
        raise OptionError(f"{name} is a positive whole number ({what}); given {brief(value)}")


def some(names: Iterable[object], most: int = 5) -> str:
    """The first few names, and how many more there are.

    >>> some("abcdefg", most=3)
    "'a', 'b', 'c' and 4 more"
    """
    every = [repr(str(n)) for n in names]
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or else the known words.

    >>> did_you_mean("agee", ["age", "bmi"])
    "Did you mean 'age'?"
    """
    known = list(known)
    near = get_close_matches(str(word), known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {some(known, 12)}."
