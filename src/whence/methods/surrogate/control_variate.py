"""Shapley values with a lever: a proxy's own values, and what it leaves, by random orders.

    phi(game) = phi(proxy) + phi(game - proxy)

Plain walks come first. Only when they tell that many more are needed than a proxy costs is one
made, from rows of its own: no walk, before or after, shares its chance with what it was fitted to.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.account import Account, opened, rows_of_question
from whence._core.budget import Budget
from whence._core.driver import drive, walk_over
from whence._core.errors import OutOfTimeError, UnsupportedGameError
from whence._core.game import Game, view
from whence._core.index import Shapley
from whence._core.interrupts import welcoming
from whence._core.lever import Lever, LeverGame, Paired
from whence._core.method import Method, Outcome
from whence._core.reading import Reading
from whence._core.shaped import Float
from whence._core.stopping import averaged, judge, sufficient
from whence._core.visits import Visits
from whence._core.walks import Walks
from whence._core.wrap import bare, question_of
from whence.methods.perturbation.permutation import walked

_LOOK = 320  # walks before the first look at whether a lever pays: some cases were visited twice
_SOON = 64  # the same, where a lever is wanted anyway
_OWN = 0.3  # of the error that is asked for, may be the lever's own
_PAYS = 10.0  # model rows still to come, as a multiple of what the lever costs
_SPARE = 2  # of the budget, at least so many times what a lever takes must be left
Gains = Float[np.ndarray, "visits outputs players"]
Both = Float[np.ndarray, "2 visits outputs"]


@final
class _Plain:
    """The state of plain walks, which remembers them for a lever that may come."""

    __slots__ = ("past", "walks")

    def __init__(self, walks: Walks) -> None:
        self.walks = walks
        self.past: list[tuple[Gains, Visits, Both]] = []

    def add(self, gains: Gains, visits: Visits, ends: Both) -> "_Plain":
        """Take in walks."""
        self.walks.add(gains, visits, ends)
        self.past.append((gains, visits, ends))
        return self

    def reading(self) -> Reading:
        """What the walks say."""
        return self.walks.reading()


@final
class _Pair:
    """The state of walks with a lever: the game's own, and its residual's."""

    __slots__ = ("by_case", "lever", "own", "rest")

    def __init__(self, game: Game, own: Walks, lever: Lever, *, by_case: bool) -> None:
        self.own, self.lever, self.by_case = own, lever, by_case
        self.rest = Walks(game, Shapley())
        if self.rest.nobody is not None:
            self.rest.nobody = self.rest.nobody - lever.nobody

    def add(self, gains: Gains, visits: Visits, ends: Both) -> "_Pair":
        """Take in walks of the game and of its proxy, side by side."""
        o = gains.shape[1] // 2
        self.own.add(gains[:, :o], visits, ends[:, :, :o])
        self.unexplained(gains[:, :o] - gains[:, o:], visits, ends[:, :, :o] - ends[:, :, o:])
        return self

    def unexplained(self, gains: Gains, visits: Visits, ends: Both) -> None:
        """Take in what the proxy left of some walks."""
        self.rest.add(gains, visits, ends)

    def reading(self) -> Reading:
        """The proxy's values and the residual's; the pool's part of the error is the game's."""
        own, rest, lever = self.own.reading(), self.rest.reading(), self.lever
        seen = rest.visited
        mean = rest.over_cases(len(seen))
        filled = np.where(seen[:, None, None], rest.values, mean.values)
        within = np.where(seen[:, None, None], rest.stderr, mean.parts["estimation"])
        shared, freedom = dict(own.shared), rest.freedom
        if not self.by_case and len(seen) > 1:
            together = mean.parts["estimation"] ** 2 + lever.mean_stderr**2
            shared["estimation"] = np.sqrt(together)
            freedom = np.full(len(seen), mean.freedom[0])
        return Reading(
            lever.values + filled,
            np.sqrt(within**2 + lever.stderr**2),
            freedom,
            own.empty,
            own.full,
            shared,
            own.parts,
        )


@final
@dataclass(frozen=True, slots=True)
class ControlVariate(Method[Game]):
    """Random orders, with a distilled proxy as a lever where that pays.

    Args:
        proxy: True: always; False: never; None: when the forecast says that it pays.

    Source: control variates with a learned proxy: Witter, Liu & Musco (2025); ours for losses.
    """

    proxy: bool | None = None
    index: Shapley = field(default=Shapley(), init=False)
    computes = (Shapley,)
    every_draw: bool = field(default=False, init=False, repr=False)

    @property
    def needs(self) -> type[Game]:
        """Any game; one that cannot make a proxy is walked plainly."""
        return Game

    def _run(self, game: Game, budget: Budget, seed: int, by_case: bool) -> Outcome:
        can = view(game, LeverGame)
        usable = can is not None and can.lever_rows > 0 and self.proxy is not False
        if self.proxy and not usable:
            raise UnsupportedGameError(
                f"{type(bare(game)).__name__} can make no proxy of itself: leave proxy= out"
            )
        n = len(game.players)
        price = n + 1 if game.players.ordered else 2 * n
        with opened(budget) as account:
            account.require(game, price, walk_over(game))
            run = _Run(game, can if usable else None, account, seed, by_case=by_case)
            if self.proxy:
                run.always, run.due = True, _SOON
            done = drive(
                run.walk,
                run.reading,
                game,
                budget,
                None,
                seed=seed,
                by_case=by_case,
                price=price,
            )
        verdict = done.verdict
        if isinstance(run.state, _Pair):
            verdict = f"{verdict}; walks asked only for {run.state.lever.words}"
        return Outcome(done.reading, "sampled", done.converged, verdict, trace=done.trace)


@final
class _Run:
    """Walks, plain at first."""

    def __init__(
        self, game: Game, can: LeverGame | None, account: Account, seed: int, *, by_case: bool
    ) -> None:
        self.game, self.can, self.account, self.seed = game, can, account, seed
        self.budget, self.by_case, self.before = account.budget, by_case, account.used()
        self.state: _Plain | _Pair = _Plain(Walks(game, Shapley()))
        self.asked, self.walks, self.due, self.always = game, 0, _LOOK, False

    def walk(self, visits: Visits) -> None:
        """Take these walks."""
        state, asked = self._lifted(self.walks)
        gains, ends = walked(asked, visits)
        self.state, self.asked = state.add(gains, visits, ends), asked
        self.walks += len(visits)

    def _lifted(self, first: int) -> tuple[_Plain | _Pair, Game]:
        """The state and what is asked, with a lever from now on if that pays."""
        if self.can is None or isinstance(self.state, _Pair) or first < self.due:
            return self.state, self.asked
        self.due = 2 * first
        if not self._affords(self.can) or not (self.always or self._pays(self.can, first)):
            return self.state, self.asked
        with welcoming():
            try:
                return self._lift(self.can, self.state)
            except OutOfTimeError:  # plain walks go on
                self.can = None
                return self.state, self.asked

    def reading(self) -> Reading:
        """What is known so far."""
        return self.state.reading()

    def _affords(self, can: LeverGame) -> bool:
        """Whether a lever's rows leave some for walks, and take little of the time that is left."""
        account, (_, rows, seconds) = self.account, self.before
        each = (account.elapsed - seconds) / max(account.rows - rows, 1)
        in_time = _SPARE * can.lever_rows * each <= account.seconds_left
        return in_time and _SPARE * can.lever_rows <= account.rows_left

    def _pays(self, can: LeverGame, walks: int) -> bool:
        """Whether the walks still to come cost several times what a lever costs."""
        seen = judge(
            self.reading(),
            self.budget,
            self.game.n_cases,
            walks,
            by_case=self.by_case,
            loss=question_of(self.game).loss,
        )
        more = 2 * len(self.game.players) * can.sample * max(seen.walks - walks, 0)
        each = rows_of_question(self.game) or 1
        more = min(more, self.account.questions_left(self.game) * each)
        return bool(np.isfinite(more) and more > _PAYS * can.lever_rows)

    def _lift(self, can: LeverGame, before: _Plain) -> tuple[_Plain | _Pair, Game]:
        """Make the lever, unless its own values stay too uncertain; ask it of the walks so far."""
        now = averaged(self.reading(), self.game.n_cases, by_case=self.by_case)
        most = _OWN * float(sufficient(now, self.budget).min())
        lever = can.lever(self.seed, most)
        if not self.by_case and lever.mean_stderr.max() > 2 * most:
            self.can = None
            return before, self.game
        pair = _Pair(self.game, before.walks, lever, by_case=self.by_case)
        for gains, where, ends in before.past:
            other, others = walked(lever.proxy, where)
            pair.unexplained(gains - other, where, ends - others)
        return pair, Paired(self.game, lever.proxy)
