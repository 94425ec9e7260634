"""Was anything large missed? The players that nobody asked exactly leave in small groups.

A slope that is zero by saturation looks like a player that does nothing, so asking the largest
estimates exactly never finds it. But in a group that leaves together it shows: the group does more
than its estimates add up to. Such a group is halved until the player is alone, and so asked exactly.

What two players of a group undo of one another stays hidden; so does what a group does only as a
whole, which is told of, and found in nobody.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.certificate import Certificate
from whence._core.errors import some
from whence._core.game import Game
from whence._core.keyed import uniforms
from whence.methods.gradient.rows import Rows

_GROUPS = 43
TOLERANCE = 0.2  # of the largest effect: what a group may do beyond its estimates


@final
@dataclass(slots=True)
class Search:
    """A search among the players that nobody asked exactly.

    Args:
        game: what is asked.
        rows: where.
        estimate: means over cases, of the first output: [players].
        full: the worth of everybody, [cases, outputs].
        scale: the largest effect known.
        questions: how many groups may be asked, at most.

    Attributes:
        found: players that were found, and so are alone in a group.
        unexplained: how far the worst group is from its estimates, that nobody explains.
        culprits: the players of that group.
    """

    game: Game
    rows: Rows
    estimate: np.ndarray
    full: np.ndarray
    scale: float
    questions: int
    asked: int = 0
    worst: float = 0.0
    unexplained: float = 0.0
    culprits: tuple[int, ...] = ()
    found: dict[int, np.ndarray] | None = None  # player -> what is lost without it [cases, outputs]

    def run(self, rest: np.ndarray, groups: int, seed: int) -> "Search":
        """Ask the rest in groups, and halve those that do more than they should."""
        self.found = {}
        order = rest[np.argsort(uniforms(len(rest), seed, _GROUPS)[0], kind="stable")]
        parts = [g for g in np.array_split(order, min(groups, len(rest))) if len(g)]
        off = [self._off(group) for group in parts]
        self.scale = max([self.scale, *(abs(o + self._told(g)) for o, g in zip(off, parts, strict=True))])
        for at in np.argsort(-np.abs(off)):
            self.worst = max(self.worst, abs(off[at]))
            if abs(off[at]) > TOLERANCE * self.scale:
                self._halve(parts[at], off[at])
        return self

    def _halve(self, group: np.ndarray, off: float) -> None:
        """Follow the half that is further from its estimates, until one player is left."""
        while len(group) > 1 and self.asked < self.questions:
            half = group[: len(group) // 2]
            own = self._off(half)
            other = off - own
            group, off = (half, own) if abs(own) >= abs(other) else (group[len(half) :], other)
        assert self.found is not None
        if len(group) == 1 and int(group[0]) not in self.found and self.asked < self.questions:
            self._off(group)
        if len(group) > 1 and abs(off) > self.unexplained:
            self.unexplained, self.culprits = abs(off), tuple(int(i) for i in group)

    def _off(self, group: np.ndarray) -> float:
        """What a group does beyond its estimates; a group of one is asked exactly."""
        lost = self._lost(group)
        self.asked += 1
        if len(group) == 1 and self.found is not None:
            self.found[int(group[0])] = lost
        return float(lost[:, 0].mean() - self._told(group))

    def _told(self, group: np.ndarray) -> float:
        return float(self.estimate[group].sum())

    def _lost(self, group: np.ndarray) -> np.ndarray:
        """What is lost when a group leaves: [cases, outputs]."""
        n, many = len(self.game.players), len(self.rows.cases)
        stay = np.ones((many, n), dtype=bool)
        stay[:, group] = False
        worth = self.game.worth(stay, self.rows.cases, self.rows.draws)
        return np.asarray(self.full - self.rows.mean(worth))

    def certificate(self, rest: int, groups: int) -> Certificate:
        """What was found."""
        found = self.found or {}
        names = self.game.players.names
        said = f"the other {rest} left in {groups} groups"
        hidden = [names[i] for i in found if abs(self._miss(i)) > TOLERANCE * self.scale]
        share = 100 * self.worst / self.scale if self.scale else 0.0
        if self.unexplained:
            who = some([names[i] for i in self.culprits], 3)
            words = (
                f"{said}, and {who} together do {self.unexplained:.3g} that their estimates do "
                "not: raise verify, or look at them"
            )
        elif hidden:
            words = f"{said}; estimates had missed {some(hidden)}, now asked exactly"
        else:
            words = (
                f"{said}: each did what its estimates add up to, within {share:.2g} % of the "
                "largest effect"
            )
        numbers = {
            "groups": float(groups),
            "worst": self.worst / self.scale if self.scale else 0.0,
            "found": float(len(hidden)),
            "unexplained": self.unexplained,
        }
        return Certificate("missed", not self.unexplained, words, numbers)

    def _miss(self, player: int) -> float:
        assert self.found is not None
        return float(self.found[player][:, 0].mean() - self.estimate[player])
