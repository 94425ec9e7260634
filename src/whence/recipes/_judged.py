"""What a reader of an importance must know first: that nothing matters, or that the loss misleads.

"Nothing matters" is said only where no interval that is printed excludes zero, on either side, and
none reaches what would matter: of few rows nothing can be told, which is not the same. Nor is it
said where the model names labels, or orders rows, better than chance does. A model that is worse
than knowing nothing in its loss, and does either, is too sure of itself: that is said instead.
Whether all features together are better or worse than nothing is told row by row where labels are
judged: the sum's error has what single features leave open too, such as a small background.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.reading import Averaged
from whence._core.stopping import DOUBT, NEGLIGIBLE, error_of_sum, negligible, nothing
from whence._core.student import quantile
from whence.games.features.loss import ZeroOne
from whence.games.features.predictive_power import PredictivePower
from whence.games.features.ranking_power import RankingPower
from whence.games.features.standing import Standing
from whence.games.features.tree_power import TreePower

_LARGE = 1000  # told without fractions
Game = PredictivePower | TreePower | RankingPower


def judged(result: Attribution, game: Game) -> Attribution:
    """The answer with its verdict, and with the loss that was taken."""
    stamp: dict[str, Any] = {"loss": game.loss.name}
    stamp |= {"loss chosen because": game.why} if game.why else {}
    words = [_told(result, game), game.why]
    return replace(
        result,
        verdict="; ".join(w for w in words if w),
        provenance={**result.provenance, **stamp},
    )


def _told(result: Attribution, game: Game) -> str:
    one = _averaged(result)
    free = np.minimum(one.freedom, max(result.averaged, len(result.values)) - 1.0)
    total = one.values.sum(axis=2)[0, 0]
    doubt = quantile(1 - DOUBT, free)[0] * error_of_sum(one)[0, 0]
    if total < -doubt:
        return _put(_worse(result, game), result)
    if not result.converged:
        return result.verdict
    seen = game.standing() if total <= doubt else None
    gap = seen.gap if seen is not None else None
    better = gap is not None and gap.better
    if gap is not None and gap.clearly and total < 0:
        return _put(_worse(result, game), result)
    if seen is not None and seen.knows and not better:
        return _put(_belied(result, game, seen), result)
    low, high = result.mean().ci()
    outside = ((low > 0) | (high < 0))[0, 0]
    if outside.any() or not nothing(one):
        return result.verdict
    rows = max(result.averaged, len(result.values))
    if better:
        said = (
            f"all features together are better than knowing nothing ({_figures(result)}), but no "
            f"one of them can be told from zero with these {rows:,} rows: more would narrow the "
            "intervals"
        )
    elif negligible(one):
        said = (
            "nothing matters: neither one feature nor all together can be told from bringing no "
            f"predictive power, nor can one bring {NEGLIGIBLE:.1%} of the loss of knowing nothing"
        )
    else:
        said = (
            f"nothing can be told from zero with these {rows:,} rows: intervals are wide enough to "
            "hide features that matter, and more rows would narrow them"
        )
    return _put(said, result)


def _put(words: str, result: Attribution) -> str:
    """First, unless the run was cut short, which a reader must know before all else."""
    verdict = result.verdict
    if not result.converged:
        return f"{verdict}; {words}"
    return f"{words}. {verdict[:1].upper()}{verdict[1:]}"


def _worse(result: Attribution, game: Game) -> str:
    below = result.mean().ci()[1][0, 0] < 0
    harm = f"; {int(below.sum())} of {len(below)} make the predictions worse" if below.any() else ""
    seen = game.standing()
    if seen is None or not seen.knows:
        figures = _figures(result)
        return f"in this loss the model is worse than knowing nothing ({figures}){harm}"
    sure = f"overconfident{_impossible(game, seen)}, not powerless"
    what = "not powerless" if isinstance(game.loss, ZeroOne) else sure
    return (
        f"in this loss the model is worse than knowing nothing ({_figures(result)}): it is {what}: "
        f"{seen}. {_instead(game)}{harm}"
    )


def _belied(result: Attribution, game: Game, seen: Standing) -> str:
    return (
        f"in this loss the model cannot be told from knowing nothing ({_figures(result)}), but it "
        f"is not powerless{_impossible(game, seen)}: {seen}. {_instead(game)}"
    )


def _figures(result: Attribution) -> str:
    """The loss of the model, and with all features removed."""
    own, without = (-float(end.mean(axis=0)[0]) for end in (result.full, result.empty))
    told = [f"{x:,.0f}" if abs(x) >= _LARGE else f"{x:.3g}" for x in (own, without)]
    return f"{told[0]} against {told[1]}, {result.question.unit}"


def _impossible(game: Game, seen: Standing) -> str:
    many = 0 if isinstance(game.loss, ZeroOne) else seen.impossible  # votes are no probabilities
    rows = "row" if many == 1 else "rows"
    return f" ({many:,} {rows} had probability 0 for what happened)" if many else ""


def _instead(game: Game) -> str:
    names = {"log-loss": "'brier' or 'auc', or calibrate it", "brier": "'zero-one' or 'auc'"}
    return f"Ask loss={names.get(game.loss.name, repr('auc'))}"


def _averaged(result: Attribution) -> Averaged:
    """The predictive power, averaged over cases, with what ties players together."""
    one = result.mean()
    covariance = {name: tied[:1] for name, tied in one.covariance.items()}
    each = result.values[np.isfinite(result.values).all(axis=(1, 2)), 0]
    if len(each) > 1:  # the spread of cases is the data part and the estimation part together
        spread = np.atleast_2d(np.cov(each.T))[None] / len(each)
        covariance = {"data": spread, "estimation": np.zeros_like(spread)}
    parts = {name: part[:, :1] for name, part in one.parts.items()}
    ends = one.empty[:, :1], one.full[:, :1]
    return Averaged(one.values[:, :1], parts, one.freedom, *ends, covariance)
