"""What one more explained row costs once the background is read, beside predicting it."""

from collections.abc import Callable, Iterator
from typing import Any

from trees_clock import Timed, in_turns
from trees_data import bike, boosted, forest, resampled
from trees_explainers import WHENCE, WOODELF, whence, woodelf

PREDICT = "predict"
MODELS = {  # words: how it is made, fewer and more rows explained
    "200 trees, depth 6": (boosted, (20_000, 120_000)),
    "10 trees, depth 12": (lambda: boosted(10, 12), (20_000, 120_000)),
    "forest, 2 trees": (lambda: forest(2), (100, 500)),
}


def each_row(quick: bool) -> Iterator[dict]:
    """The difference of two runs, over the difference of their rows."""
    background = bike().train[:1_000]
    for name, (make, rows) in list(MODELS.items())[: 1 if quick else None]:
        fewer, more = (n // 10 if quick else n for n in rows)
        model, X = (boosted(20) if quick else make()), resampled(bike().test, more)
        runs: dict[str, Callable[[], Any]] = {}
        for at in (fewer, more):
            runs |= {
                f"{WHENCE} {at}": lambda m=model, X=X[:at]: whence(m, X, background),
                f"{WOODELF} {at}": lambda m=model, X=X[:at]: woodelf(m, X, background),
                f"{PREDICT} {at}": lambda m=model, X=X[:at]: m.predict(X),
            }
        found = in_turns(runs, repeats=1 if quick else 3)
        price = {
            who: _price(found[f"{who} {fewer}"], found[f"{who} {more}"], more - fewer)
            for who in (WHENCE, WOODELF, PREDICT)
        }
        for who, seconds in price.items():
            yield {
                "job": name,
                "explainer": who,
                "rows": [fewer, more],
                "background": len(background),
                "microseconds a row": 1e6 * seconds,
                "predictions": seconds / price[PREDICT],
            }


def _price(fewer: Timed, more: Timed, rows: int) -> float:
    return (more.seconds - fewer.seconds) / rows
