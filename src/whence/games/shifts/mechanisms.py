"""Why did it drop? The change of a metric between two data sets, over the mechanisms that shifted.

    v(S) = sum_i w_S(i) m_i / sum_i w_S(i),     i over the rows of before,

where m_i is the metric of a row and w_S weighs it as a world would in which the mechanisms of S are
after's and the rest before's (`law`). So v(nobody) is the metric before, and v(everybody) should be
the metric after. What it is not, is reported as the unexplained gap, never spread over players.

The game is deterministic for the data that it has. What other data would say is its data part:
units are left out by groups, with ratios refitted each time (the jackknife, twenty groups). The
bootstrap was not taken: repeated rows would stand on both sides of a fold, and ratios of counts
lose values at random; and its refits cannot be had by one Newton step from the whole fit.

Source: Zhang, Singh, Ghassemi & Joshi (2023). Ours: errors, refusals, the gap kept apart, ratios
that are counted or balanced, and an answer where no graph is known.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from whence._core.certificate import Certificate
from whence._core.errors import OptionError, did_you_mean
from whence._core.game import DearGame, PricedGame, Question
from whence._core.shaped import Bool, Float
from whence._core.types import Cases, Coalitions, Draws, Worths
from whence.games.shifts import carried, overlap
from whence.games.shifts.balance import Balance
from whence.games.shifts.columns import refuse_gone
from whence.games.shifts.evidence import evidence
from whence.games.shifts.law import Known, Law, Unknown
from whence.games.shifts.mechanism import as_mechanisms
from whence.games.shifts.ratios import KINDS, Ratios, Weigher

FLOOR = 50.0  # rows that weights must be worth


@final
class MechanismShift(DearGame, PricedGame):
    """The metric of a model on before, when some mechanisms are after's.

    Args:
        model: anything that `whence.models` can serve.
        before: (X, y) of the time when all was well.
        after: (X, y) of the time that is asked about; the same columns.
        mechanisms: a graph (child -> parents), texts such as "P(y | x)", or (children, parents)
            pairs; None where no graph is known: then the marginal of each feature, their
            dependence, and the label given all of them (see `law`).
        metric: "accuracy", "log-loss", "squared error", "auc", or a function of (y, prediction)
            that gives one number for each row. Losses count as minus the loss.
        label: what mechanisms call the label; the name of y, or "y".
        beside: columns of X that mechanisms know and the model does not get.
        units: a column, or a pair of arrays, that says which rows belong together.
        weights: "ratio" (of densities) or "balance" (none are estimated).
        ratios: how ratios are modelled where they are not counted: "auto", "linear", "quadratic"
            (exact for Gaussians) or "boosted".
        clip: ratios beyond this count as this; nothing is clipped by default.
        floor: how many rows weights must be worth, (sum w)^2 / sum w^2.
        groups: how many groups of units are left out in turn for the error.
        seed: of which units go together.

    Raises:
        OverlapError: before cannot speak for after; the message names the values.
        WhenceError: whatever else does not fit.
    """

    def __init__(
        self,
        model: Any,
        *,
        before: Any,
        after: Any,
        mechanisms: Any = None,
        metric: Any = "accuracy",
        label: str | None = None,
        beside: Sequence[str] = (),
        units: Any = None,
        weights: str = "ratio",
        ratios: str = "auto",
        clip: float | None = None,
        floor: float = FLOOR,
        groups: int = 20,
        seed: int = 0,
    ) -> None:
        _check(weights, ratios, clip, floor)
        self.evidence = evidence(
            model,
            before,
            after,
            metric,
            label=label,
            beside=beside,
            units=units,
            groups=groups,
            seed=seed,
        )
        own, self.floor = self.evidence, float(floor)
        known = None
        if mechanisms is None and len(own.features) == 1:
            mechanisms = [(own.features, ()), ((own.label,), own.features)]
        if mechanisms is not None:
            known = as_mechanisms(mechanisms, own.features, own.label)
        after_rows = own.problem.after > 0
        for mechanism in known or ():
            parents = [own.columns[p] for p in mechanism.parents]
            refuse_gone(parents, after_rows, mechanism.called)
        if known is None:
            every = [own.columns[f] for f in own.features]
            refuse_gone(every, after_rows, f"P({own.label} | X)")
        self.weigher: Weigher = (
            Balance(own.columns, own.label, own.problem)
            if weights == "balance"
            else Ratios(own.columns, own.label, own.problem, ratios, clip, own.seen)
        )
        self.law: Law = (
            Known(own, self.weigher, known) if known is not None else Unknown(own, self.weigher)
        )
        self.players, self.price = self.law.players, self.law.price
        self.most_rows = 0  # the model was asked above
        self.replicates = {"data": own.problem.groups}
        self.outputs = (own.before.name,) * (1 + own.problem.groups)
        self.question = Question(
            asks=f"whence the change of the {own.before.name} from before to after comes",
            unit=own.before.unit,
            removal=f"{self.law.removal}; {own.before.sense}",
            model=own.model.name,
            classes=tuple(str(c) for c in own.model.classes or ()),
        )
        overlap.refuse_thin(self)

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        del cases, draws
        different, back = np.unique(coalitions, axis=0, return_inverse=True)
        return np.stack([self._of(c) for c in different])[back.reshape(-1)]

    def _of(self, coalition: Bool[np.ndarray, " players"]) -> Float[np.ndarray, " replicates"]:
        """The worth of one coalition, with all rows and without each group."""
        key = coalition.tobytes()
        if key not in self._memo:
            w = self.law.weights(coalition)
            overlap.refuse_coalition(self, coalition, w[:, 0])
            self._memo[key] = self.evidence.before.worth(w)
        return self._memo[key]

    @cached_property
    def _memo(self) -> dict[bytes, np.ndarray]:
        return {}

    def measured(self) -> tuple[Float[np.ndarray, " replicates"], Float[np.ndarray, " replicates"]]:
        """The metric on before and on after as they are, with all rows and without each group."""
        own = self.evidence
        after = own.problem.after > 0
        return own.before.worth(own.kept[~after]), own.after.worth(own.kept[after])

    def explained(self) -> Float[np.ndarray, " replicates"]:
        """v(everybody), with all rows and without each group."""
        return self._of(np.ones(len(self.players), bool))

    def certificates(self) -> tuple[Certificate, ...]:
        """Whether before can speak for after, what is left unexplained, and how well it balances.

        Returns:
            "overlap", "unexplained gap", and for balancing weights "balance".
        """
        return overlap.certificates(self)

    def rows(self, mechanism: str | int, *, share: float = 0.5) -> "carried.Carried":
        """Which rows of before, and which values of which columns, carry a mechanism's value.

        Args:
            mechanism: by name or position.
            share: of what the rows on its side carry, that the rows named carry together.

        Raises:
            PlayersError: no such mechanism.
            OptionError: a metric that no row has a part of, or a share outside (0, 1).
        """
        return carried.carried(self, mechanism, share)


def _check(weights: Any, ratios: Any, clip: Any, floor: Any) -> None:
    for given, name, known in (
        (weights, "weights", ("ratio", "balance")),
        (ratios, "ratios", KINDS),
    ):
        if given not in known:
            raise OptionError(f"no {name} are called {given!r}. {did_you_mean(given, known)}")
    if clip is not None and not (_number(clip) and clip > 1):
        raise OptionError(f"clip is a ratio above 1, such as 50, or None; given {clip!r}")
    if not (_number(floor) and floor >= 2):
        raise OptionError(f"floor is a number of rows from 2; given {floor!r}")


def _number(given: Any) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool) and bool(given < np.inf)
