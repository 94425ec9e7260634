"""Trees first: the game on a sum of trees where a model is one, else that on its predictions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whence._core.account import seconds_left
from whence._core.attribution import Attribution
from whence._core.deadline import deadline
from whence._core.errors import OutOfTimeError, UnsupportedGameError, UnsupportedModelError


def trees_or(
    trees: Callable[[], Any], predictions: Callable[[], Any], *, insist: bool
) -> tuple[Any, str]:
    """The game, and why the model was not read as trees; nothing where it was.

    Args:
        trees: makes the game on a sum of trees.
        predictions: makes the other one.
        insist: the sum of trees was asked for.

    Raises:
        UnsupportedModelError: it was, and there is none.
        UnsupportedGameError: it was, and its trees are too wide.
        OutOfTimeError: it was, and its trees were not read by half of the time.
    """
    try:
        # tables of leaves that are still not made by half of the time are no gain
        with deadline(seconds_left() / 2):
            return trees(), ""
    except (UnsupportedModelError, UnsupportedGameError) as error:
        if insist:
            raise
        why = str(error)
    except OutOfTimeError:
        if insist:
            raise
        why = "half of the budget's seconds were over before its trees were read"
    return predictions(), why


def told(result: Attribution, why_not: str) -> Attribution:
    """The result, saying in its provenance why the model was not read as trees."""
    if not why_not:
        return result
    return replace(result, provenance={**result.provenance, "not read as trees": why_not})
