"""Was anything large missed? The players that nobody asked exactly leave in small groups.

A slope that is zero by saturation looks like a player that does nothing, so asking the largest
estimates exactly never finds it. In a group that leaves together it shows: the group does more than
its estimates add up to. Such a group is halved until the player is alone, and so asked exactly.

What two players of one group undo of one another stays hidden; so does who does it, where a group
does as a whole what none of its players does alone. (Group testing: Dorfman 1943. Our own use.)
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.certificate import Certificate
from whence._core.errors import some
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence._core.student import quantile
from whence.methods.gradient._losses import Losses

TOLERANCE = 0.2  # of the largest effect: what a group may do beyond its estimates
_FEW = 4  # one in so many groups may hold a player that stands out
_GROUPS = 43


@final
@dataclass(slots=True)
class Search:
    """A search among the players that nobody asked exactly; its turns follow the first output.

    Args:
        losses: what is asked.
        estimate: by slopes, [cases, outputs, players].
        scale: the largest effect known.
        questions: how many groups may be asked, at most.

    Attributes:
        found: players who came to be alone in a group, and what is lost without them.
        groups: the groups.
        beyond: what each did beyond its estimates, [groups, cases, outputs].
        unexplained: how far the worst group is that could not be halved to the end.
        suspects: who is in it.
    """

    losses: Losses
    estimate: Float[np.ndarray, "cases outputs players"]
    scale: float
    questions: int
    found: dict[int, Float[np.ndarray, "cases draws outputs"]] = field(default_factory=dict)
    groups: list[np.ndarray] = field(default_factory=list)
    beyond: list[Float[np.ndarray, "cases outputs"]] = field(default_factory=list)
    unexplained: float = 0.0
    suspects: tuple[int, ...] = ()

    def run(self, rest: Int[np.ndarray, " rest"], groups: int, seed: int) -> "Search":
        """Ask the rest in groups, and halve those that do more than they should."""
        order = rest[np.argsort(uniforms(len(rest), seed, _GROUPS)[0], kind="stable")]
        self.groups = np.array_split(order, min(groups, len(rest)))
        self.beyond = [self._beyond(group) for group in self.groups]
        did = [b + self._told(g) for b, g in zip(self.beyond, self.groups, strict=True)]
        self.scale = max(self.scale, *(abs(_turn(x)) for x in did))
        for at in np.argsort([-abs(_turn(b)) for b in self.beyond], kind="stable"):
            if abs(_turn(self.beyond[at])) > TOLERANCE * self.scale:
                self._halve(self.groups[at], _turn(self.beyond[at]))
        return self

    @property
    def worst(self) -> float:
        """How far a group was from its estimates."""
        return max(abs(_turn(b)) for b in self.beyond)

    def error(self) -> tuple[Float[np.ndarray, "cases outputs"], Float[np.ndarray, " outputs"]]:
        """What an estimate of the others is off by: in each case, and of the mean over cases.

        The misses of a group's players add up to what it did beyond its estimates, so their mean
        square is that of the groups, shared out; less one or two that stood out and were found
        (where many do, they stand for more like them). Few groups know it badly, which Student's t
        says.
        """
        left = np.stack([self._left(g, b) for g, b in zip(self.groups, self.beyond, strict=True)])
        others = sum(len(group) for group in self.groups) - len(self._odd())
        wide = quantile(0.95, np.array([float(len(left))]))[0] / quantile(0.95, np.array([1e9]))[0]
        share = wide / np.sqrt(max(others, 1))
        each = np.sqrt((left**2).sum(axis=0)) * share
        return each, np.sqrt((left.mean(axis=1) ** 2).sum(axis=0)) * share

    def _left(self, group: np.ndarray, beyond: np.ndarray) -> np.ndarray:
        known = [self._miss(i) for i in self._odd() if i in group]
        return np.asarray(beyond - sum(known)) if known else beyond

    def _odd(self) -> list[int]:
        """Those few that are not like the others."""
        hidden = self._hidden()
        return hidden if len(hidden) <= max(1, len(self.groups) // _FEW) else []

    def _hidden(self) -> list[int]:
        """Players whom their estimates had missed by far."""
        return [i for i in self.found if abs(_turn(self._miss(i))) > TOLERANCE * self.scale]

    def _miss(self, player: int) -> Float[np.ndarray, "cases outputs"]:
        return np.asarray(self.found[player].mean(axis=1) - self.estimate[:, :, player])

    def _halve(self, group: np.ndarray, beyond: float) -> None:
        """Follow the half that is further from its estimates, until one player is left."""
        while len(group) > 1 and self.questions > 0:
            first, second = np.array_split(group, 2)
            own = _turn(self._beyond(first))
            nearer = abs(own) < abs(beyond - own)
            group, beyond = (second, beyond - own) if nearer else (first, own)
        if len(group) == 1 and int(group[0]) not in self.found and self.questions > 0:
            beyond = _turn(self._beyond(group))
        if int(group[0]) not in self.found and abs(beyond) > self.unexplained:
            self.unexplained, self.suspects = abs(beyond), tuple(int(i) for i in group)

    def _beyond(self, group: np.ndarray) -> Float[np.ndarray, "cases outputs"]:
        """What a group does beyond its estimates; a group of one is asked exactly."""
        gone = np.zeros((1, self.estimate.shape[2]), dtype=bool)
        gone[0, group] = True
        (lost,) = self.losses.without(gone)
        self.questions -= 1
        if len(group) == 1:
            self.found[int(group[0])] = lost
        return np.asarray(lost.mean(axis=1) - self._told(group))

    def _told(self, group: np.ndarray) -> Float[np.ndarray, "cases outputs"]:
        return np.asarray(self.estimate[:, :, group].sum(axis=2))

    def certificate(self, rest: int) -> Certificate:
        """What was found among the rest."""
        share = self.worst / self.scale if self.scale else 0.0
        hidden = self._hidden()
        groups = f"{len(self.groups)} group{'s' if len(self.groups) > 1 else ''}"
        return Certificate(
            "missed",
            not self.unexplained,
            f"the other {rest} left in {groups}{self._words(hidden, share)}",
            {
                "groups": float(len(self.groups)),
                "worst": share,
                "found": float(len(hidden)),
                "unexplained": self.unexplained,
            },
        )

    def _words(self, hidden: list[int], share: float) -> str:
        names = self.losses.game.players.names
        if self.unexplained:
            who = some([names[i] for i in self.suspects], 3)
            return (
                f", and {who} do {self.unexplained:.3g} that their estimates do not: raise "
                "verify=, or ask them exactly"
            )
        if hidden:
            return f"; estimates had missed {some([names[i] for i in hidden])}: now asked exactly"
        if share > TOLERANCE:
            return f"; the one furthest from its estimates, by {100 * share:.2g} %, was taken apart"
        within = f"within {100 * share:.2g} % of the largest effect"
        return f": each did what its estimates add up to, {within}"


def _turn(beyond: Float[np.ndarray, "cases outputs"]) -> float:
    """What a search follows: the mean over cases, of the first output."""
    return float(beyond[:, 0].mean())
