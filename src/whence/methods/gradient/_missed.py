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
from whence.methods.gradient._losses import Losses

TOLERANCE = 0.2  # of the largest effect: what a group may do beyond its estimates
_GROUPS = 43


@final
@dataclass(slots=True)
class Search:
    """A search among the players that nobody asked exactly; of the first output's means.

    Args:
        losses: what is asked.
        estimate: by slopes, [players].
        scale: the largest effect known.
        questions: how many groups may be asked, at most.

    Attributes:
        found: players who came to be alone in a group, and what is lost without them.
        groups: how many groups there were.
        worst: how far one of them was from its estimates.
        unexplained: how far the worst group is that could not be halved to the end.
        suspects: who is in it.
    """

    losses: Losses
    estimate: Float[np.ndarray, " players"]
    scale: float
    questions: int
    found: dict[int, Float[np.ndarray, "cases draws outputs"]] = field(default_factory=dict)
    groups: int = 0
    worst: float = 0.0
    unexplained: float = 0.0
    suspects: tuple[int, ...] = ()

    def run(self, rest: Int[np.ndarray, " rest"], groups: int, seed: int) -> "Search":
        """Ask the rest in groups, and halve those that do more than they should."""
        order = rest[np.argsort(uniforms(len(rest), seed, _GROUPS)[0], kind="stable")]
        parts = np.array_split(order, min(groups, len(rest)))
        self.groups = len(parts)
        beyond = np.array([self._beyond(part) for part in parts])
        told = np.array([self.estimate[part].sum() for part in parts])
        self.scale = max(self.scale, float(np.abs(beyond + told).max()))
        self.worst = float(np.abs(beyond).max())
        for at in np.argsort(-np.abs(beyond), kind="stable"):
            if abs(beyond[at]) > TOLERANCE * self.scale:
                self._halve(parts[at], beyond[at])
        return self

    def _halve(self, group: np.ndarray, beyond: float) -> None:
        """Follow the half that is further from its estimates, until one player is left."""
        while len(group) > 1 and self.questions > 0:
            first, second = np.array_split(group, 2)
            own = self._beyond(first)
            nearer = abs(own) < abs(beyond - own)
            group, beyond = (second, beyond - own) if nearer else (first, own)
        if len(group) == 1 and int(group[0]) not in self.found and self.questions > 0:
            beyond = self._beyond(group)
        if int(group[0]) not in self.found and abs(beyond) > self.unexplained:
            self.unexplained, self.suspects = abs(beyond), tuple(int(i) for i in group)

    def _beyond(self, group: np.ndarray) -> float:
        """What a group does beyond its estimates; a group of one is asked exactly."""
        gone = np.zeros((1, len(self.estimate)), dtype=bool)
        gone[0, group] = True
        (lost,) = self.losses.without(gone)
        self.questions -= 1
        if len(group) == 1:
            self.found[int(group[0])] = lost
        return float(lost[..., 0].mean() - self.estimate[group].sum())

    def certificate(self, rest: int) -> Certificate:
        """What was found among the rest."""
        share = self.worst / self.scale if self.scale else 0.0
        hidden = [i for i in self.found if self._missed(i) > TOLERANCE * self.scale]
        groups = f"{self.groups} group{'s' if self.groups > 1 else ''}"
        return Certificate(
            "missed",
            not self.unexplained,
            f"the other {rest} left in {groups}{self._words(hidden, share)}",
            {
                "groups": float(self.groups),
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

    def _missed(self, player: int) -> float:
        return abs(float(self.found[player][..., 0].mean() - self.estimate[player]))
