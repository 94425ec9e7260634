"""Why did it drop? The change of a metric between two data sets, over the mechanisms that shifted.

    v(S) = the metric on rows of both data sets, weighed as a world would have them in which the
           mechanisms of S are after's and the rest before's (`law`, `mixture`).

So v(nobody) is the metric before, and v(everybody) should be the metric after. What it is not, is
reported as the unexplained gap, never spread over players.

Values that before never had cannot be weighed in. Their rows are a mechanism of its own: what they
bring over rows alike without them is measured (`replaced`). A column that is new in most rows, and
a mechanism for which no weights are worth enough, are measured by difference, after all others
(`novelty`, `roles`).

The game is deterministic for the data that it has. What other data would say is its data part:
units are left out by groups, with ratios refitted each time (the jackknife, twenty groups). The
bootstrap was not taken: repeated rows would stand on both sides of a fold, and ratios of counts
lose values at random; and its refits cannot be had from the whole fit.

Source: Zhang, Singh, Ghassemi & Joshi (2023). Ours: errors, the gap kept apart, rows of both data
sets weighed, ratios that are counted or balanced, and an answer where no graph is known.
"""

from collections.abc import Sequence
from functools import cached_property
from time import perf_counter
from typing import Any, final

import numpy as np

from whence._core.certificate import Certificate
from whence._core.errors import OptionError, did_you_mean
from whence._core.game import DearGame, PricedGame, Question
from whence._core.shaped import Bool, Float
from whence._core.types import Cases, Coalitions, Draws, Worths
from whence.games.shifts import carried, overlap
from whence.games.shifts.balance import Balance
from whence.games.shifts.evidence import evidence
from whence.games.shifts.law import COARSE, as_law
from whence.games.shifts.limits import Limits
from whence.games.shifts.mixture import Mixture
from whence.games.shifts.ratios import KINDS, Ratios, Weigher
from whence.games.shifts.replaced import Replaced
from whence.games.shifts.roles import Roles, aside

_TOO_DEAR = 2**40  # to be enumerated in the time that is left
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
        metric: "accuracy", "balanced accuracy", "f1", "auc", "log-loss", "squared error", "absolute
            error", "r2", the name of a scikit-learn scorer, a scorer, or a function of (y,
            prediction) that gives one number for each row, or of (y, prediction, weights) that
            gives one number. Losses count as minus the loss.
        label: what mechanisms call the label; the name of y, or "y".
        beside: columns of X that mechanisms know and the model does not get.
        units: a column, or a pair of arrays, that says which rows belong together.
        weights: "ratio" (of densities) or "balance" (none are estimated).
        ratios: how ratios are modelled where they are not counted: "auto", "linear", "quadratic"
            (exact for Gaussians) or "boosted".
        clip: ratios beyond this count as this; nothing is clipped by default.
        floor: how many rows weights must be worth, (sum w)^2 / sum w^2; a mechanism for which they
            are not is measured by difference.
        groups: how many groups of units are left out in turn for the error.
        seed: of which units go together, and of which rows are weighed where there are many:
            20,000 of each data set, or fewer where the account that is open has few seconds.

    Attributes:
        evidence: both data sets, read.
        replaced: rows of after with new values, and who stands in for them.
        rows_known: positions of the rows that mechanisms are told of.
        known: these rows, without columns that are put aside.
        weigher: how ratios were modelled.
        law: of what before can speak for; None where that is nothing.
        mixture: the rows of both, weighed.
        sizes: the effective sample of each mechanism alone, and of all together.
        thin: mechanisms whose weights are worth too few rows, with how many.
        roles: which players are weighed, cut, or measured by difference.

    Raises:
        WhenceError: whatever does not fit; the message says what and where.
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
        self.floor = float(floor)
        self.evidence = own = evidence(
            model,
            before,
            after,
            metric,
            label=label,
            beside=beside,
            units=units,
            groups=groups,
            seed=seed,
            floor=self.floor,
        )
        limits = Limits.here()
        self.replaced = Replaced(own, limits)
        self.rows_known = self.replaced.rows(own.after)
        self.known = own.known(self.rows_known)
        self.weigher = self._weigher(weights, ratios, clip, limits)
        each = self._law(mechanisms)
        if mechanisms is None and len(self.thin) > len(self.sizes) / 2:
            each = self._law(COARSE)  # too few rows to tell so many mechanisms apart
        law = self.law
        names = () if law is None else law.players.names
        rest = (*aside(own.novelty.aside), *self.thin)
        weighed = np.array([i for i, name in enumerate(names) if name not in self.thin], np.int64)
        if not len(weighed) and not own.novelty.cut and not rest:
            rest = ("all that changed",)
        self.roles = Roles(None if law is None else law.players, weighed, own.novelty.cut, rest)
        self.players = self.roles.players()
        pays = 2 ** len(self.players) * each <= limits.left
        self.price = law.price if law is not None and pays else 1 if law is None else _TOO_DEAR
        self.most_rows = 0  # the model was asked above
        self.replicates = {"data": own.problem.groups}
        self.outputs = (own.metric.name,) * (1 + own.problem.groups)
        removal = "rows are measured as they are" if law is None else law.removal
        self.question = Question(
            asks=f"whence the change of the {own.metric.name} from before to after comes",
            unit=own.metric.unit,
            removal=f"{removal}; {own.metric.sense}",
            model=own.model.name,
            classes=tuple(str(c) for c in own.model.classes or ()),
        )

    def _law(self, mechanisms: Any) -> float:
        """The law, its weights, and what they are worth; the seconds that one coalition takes."""
        own, alone = self.evidence, bool(self.evidence.novelty.aside)
        self.law = as_law(mechanisms, own, self.known, self.weigher, before_alone=alone)
        self.mixture = Mixture(self.known, self.law, before_alone=alone)
        start = perf_counter()
        self.sizes = overlap.sizes(self.mixture)
        each = (perf_counter() - start) / max(len(self.sizes), 1)
        self.thin = overlap.thin(self.mixture, self.sizes, self.floor)
        return each

    def _weigher(self, weights: str, ratios: str, clip: float | None, limits: Limits) -> Weigher:
        known = self.known
        if weights == "balance":
            return Balance(known.columns, known.label, known.problem)
        return Ratios(known.columns, known.label, known.problem, ratios, clip, known.seen, limits)

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        del cases, draws
        different, back = np.unique(coalitions, axis=0, return_inverse=True)
        return np.stack([self._of(c) for c in different])[back.reshape(-1)]

    def _of(self, coalition: Bool[np.ndarray, " players"]) -> Float[np.ndarray, " replicates"]:
        """The worth of one coalition, with all rows and without each group."""
        key = coalition.tobytes()
        if key not in self._memo:
            if self.roles.by_difference and coalition[-1]:
                rest = coalition.copy()
                rest[-1] = False
                self._memo[key] = self._of(rest) + self._left
            else:
                self._memo[key] = self._weighed(coalition) + self._level
        return self._memo[key]

    def _weighed(self, coalition: Bool[np.ndarray, " players"]) -> Float[np.ndarray, " replicates"]:
        roles = self.roles
        worth = self.known.metric.worth(self.mixture.weights(roles.of_law(coalition)))
        return np.asarray(worth + self._brought(roles.of_cut(coalition)))

    def _brought(self, cut: Bool[np.ndarray, " cut"]) -> Float[np.ndarray, " replicates"]:
        """What rows with new values bring, over rows that stand in for them."""
        if not cut.any():
            return np.zeros(self.evidence.kept.shape[1])
        worths = [
            self.evidence.metric.worth(self.replaced.weights(present))
            for present in (cut, np.zeros_like(cut))
        ]
        return np.asarray(worths[0] - worths[1])

    def weights(
        self, coalition: Bool[np.ndarray, " players"]
    ) -> Float[np.ndarray, "rows replicates"]:
        """Of the rows that are weighed, before's first, where some mechanisms are after's.

        Args:
            coalition: who is present; what is measured by difference has no weights.

        Returns:
            each replicate's sum to 1: with all rows, then without each group. Rows that are
            replaced by rows with new values have less, and may have less than nothing.
        """
        seen = self.mixture.weights(self.roles.of_law(coalition))
        cut = self.roles.of_cut(coalition)
        if not self.roles.cut:
            return seen
        w = self.replaced.weights(cut) - self.replaced.weights(np.zeros_like(cut))
        np.add.at(w, self.rows_known, seen)
        return np.asarray(w)

    @cached_property
    def _memo(self) -> dict[bytes, np.ndarray]:
        return {}

    @cached_property
    def _level(self) -> Float[np.ndarray, " replicates"]:
        """What puts the worth of nobody to what was measured, on all rows of before."""
        nobody = self._weighed(np.zeros(len(self.players), bool))
        return np.asarray(self.measured()[0] - nobody)

    @cached_property
    def _left(self) -> Float[np.ndarray, " replicates"]:
        """What is left of the change once everybody else is after's."""
        return np.asarray(self.measured()[1] - self._of(self.roles.everybody_else()))

    def measured(self) -> tuple[Float[np.ndarray, " replicates"], Float[np.ndarray, " replicates"]]:
        """The metric on before and on after as they are, with all rows and without each group."""
        return self.evidence.measured

    def explained(self) -> Float[np.ndarray, " replicates"]:
        """v(everybody), with all rows and without each group."""
        return self._of(np.ones(len(self.players), bool))

    def columns(self, player: int) -> tuple[str, ...]:
        """The columns that a player is about, those that it makes last."""
        law, roles = self.law, self.roles
        if player < len(roles.weighed) and law is not None:
            return law.columns(int(roles.weighed[player]))
        cut = roles.cut[player - len(roles.weighed) :]
        return (cut[0].column,) if cut else ()

    def certificates(self) -> tuple[Certificate, ...]:
        """Whether before can speak for after, what is left unexplained, and how well it balances.

        Returns:
            "overlap", "unexplained gap", and for balancing weights "balance".
        """
        return overlap.certificates(self)

    def rows(self, mechanism: str | int, *, share: float = 0.5) -> "carried.Carried":
        """Which rows, and which values of which columns, carry a mechanism's value.

        Args:
            mechanism: by name or position.
            share: of what the rows on its side carry, that the rows named carry together.

        Raises:
            PlayersError: no such mechanism.
            OptionError: a metric that no row has a part of, a mechanism that is measured by
                difference, or a share outside (0, 1).
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
