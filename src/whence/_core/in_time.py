"""Work that is whole or nothing, in blocks, for as long as it can be done in time."""

from collections.abc import Iterator

from .account import Account
from .errors import OutOfTimeError
from .meter import ENDLESS

_TELLING = 0.1  # of the seconds: after them a forecast is believed


def in_time(account: Account, total: int, most: int, what: str) -> Iterator[slice]:
    """Blocks of questions, until there is no time for all of them.

    Where seconds are bounded, blocks grow from two questions, so that the price is known early.

    Args:
        account: what is spent from.
        total: questions in all.
        most: in a block, at most.
        what: is done, for the refusal.

    Raises:
        OutOfTimeError: it cannot be done in time.
    """
    start, done, blocks, bounded = account.elapsed, 0, 0, account.seconds < ENDLESS
    size = min(2, most) if bounded else most
    while done < total:
        first, began = done, account.elapsed
        done, blocks = min(first + size, total), blocks + 1
        yield slice(first, done)
        if not bounded or done == total:
            continue
        now, left = account.elapsed, account.seconds_left
        each = (now - began) / (done - first)
        paid = left / each if each > 0 else ENDLESS
        telling = blocks > 1 and now - start > _TELLING * account.seconds
        if paid < 1 or (telling and paid < total - done):
            raise OutOfTimeError(_late(account, what, now + (total - done) * each))
        size = int(min(2 * size, most, paid))


def _late(account: Account, what: str, forecast: float) -> str:
    part = f", of which {account.seconds:.3g} are for this part" if account.part < 1 else ""
    return (
        f"{what} would take about {forecast:,.2g} seconds, and the budget has "
        f"{account.budget.seconds:g}{part}: give more of them, or another method"
    )
