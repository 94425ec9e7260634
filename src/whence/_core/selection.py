"""The result of a search: a few of the players, and what they are worth without the others.

    faithfulness   F(C) = (v(C) - v(nobody)) / (v(everybody) - v(nobody))    near 1: they suffice
    completeness   the same of all but C                                     near 0: none is missed
    minimality     F(C) - F(C without i), for each i in C                    above 0: i is needed

Shares may lie outside [0, 1], and are not cut: parts that work against a behaviour are left out of
many a circuit, which then does more of it than the whole network. Worths are means over cases, and
intervals are of the ratio of means, by the delta method (see `ratio`).

Source: Wang et al. (2023) for the three criteria; Hanna et al. (2024) for the share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import numpy as np

from . import as_dict, store
from .arguments import check_arguments
from .attribution import Cost
from .certificate import Certificate
from .errors import PlayersError, ResultError
from .frozen import freeze
from .game import Question
from .outputs import place
from .players import Players
from .ratio import Ratios, ratios, vanishes
from .shaped import Bool, Float
from .text import printable
from .types import Ends, Scores


@final
@dataclass(frozen=True, slots=True)
class Share:
    """A share of v(everybody) - v(nobody), its standard error, and its 95 % interval."""

    value: float
    stderr: float
    ci: tuple[float, float]


@final
@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the players, found by a search, and how well they do alone.

    Attributes:
        players: who could have been chosen.
        chosen: bool [players].
        outputs: what was read off; the search went by the first.
        method: the name of what searched.
        worth: of the chosen alone, [cases, outputs]: all others left.
        empty: of nobody.
        full: of everybody.
        without: of everybody but the chosen.
        less: of the chosen without this one, [cases, outputs, players]; NaN of whom is not chosen.
        order: names of all that were taken on the way, in that order.
        path: the way, step by step, on the cases of the search: "size", and what was learnt there,
            such as "faithfulness" and "stderr".
        held_out: how many of the cases reported here had no part in the search: all, or none.
        converged: the faithfulness that was asked for was reached, on the cases of the search.
        verdict: how it ended, and what that means.
        cost: what it took.
        question: what was asked, in words.
        certificates: what was checked of it, and what came of it.
        provenance: where it comes from: seed, cases.

    Raises:
        ResultError: arrays that do not fit.
    """

    players: Players
    chosen: Bool[np.ndarray, " players"]
    outputs: tuple[str, ...]
    method: str
    worth: Ends
    empty: Ends
    full: Ends
    without: Ends
    less: Scores
    order: tuple[str, ...]
    path: Mapping[str, Float[np.ndarray, " steps"]]
    held_out: int
    converged: bool
    verdict: str
    cost: Cost
    question: Question = Question()
    certificates: tuple[Certificate, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ends = self.worth.shape
        wanted: dict[str, tuple[int, ...]] = dict.fromkeys(("empty", "full", "without"), ends)
        wanted |= {"chosen": (len(self.players),), "less": (*ends, len(self.players))}
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ResultError(
                    f"{name} has the shape {getattr(self, name).shape}; with worths of {ends} it "
                    f"is {shape}"
                )
        if not (ends[0] and ends[1] == len(self.outputs)):
            raise ResultError(
                f"worths of shape {ends}: [cases, outputs], with at least one case and "
                f"{len(self.outputs)} outputs"
            )
        if len({len(column) for column in self.path.values()}) > 1:
            raise ResultError("the columns of path differ in length: one entry for each step")
        freeze(self)

    # -- who, and how well --

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the chosen, in the order in which they were taken."""
        names = [n for n, stays in zip(self.players.names, self.chosen, strict=True) if stays]
        here = set(names)
        taken = [n for n in dict.fromkeys(self.order) if n in here]
        return (*taken, *(n for n in names if n not in set(taken)))

    @property
    def faithfulness(self) -> Share:
        """What the chosen do alone, of the first output.

        Raises:
            ResultError: everybody is worth what nobody is, so that no share is defined.
        """
        return self._share(self.worth)

    @property
    def completeness(self) -> Share:
        """What all others do without the chosen: small where none is missed.

        Raises:
            ResultError: as `faithfulness`.
        """
        return self._share(self.without)

    @property
    def minimality(self) -> Mapping[str, Share]:
        """What faithfulness loses when this one alone leaves, for each of the chosen.

        Raises:
            ResultError: as `faithfulness`.
        """
        lost = self.lost()
        low, high = lost.ci()
        return {
            name: Share(
                float(lost.value[0, i]),
                float(lost.stderr[0, i]),
                (float(low[0, i]), float(high[0, i])),
            )
            for name, i in ((name, self.players.index(name)) for name in self.kept)
        }

    def share(self, worths: Ends) -> Ratios:
        """What part of v(everybody) - v(nobody) some worths are, [outputs].

        Args:
            worths: [cases, outputs], of the same cases.

        Raises:
            ResultError: as `faithfulness`.
        """
        self._check_whole()
        return ratios(worths - self.empty, self.full - self.empty)

    def lost(self) -> Ratios:
        """What faithfulness loses without each player, [outputs, players]; NaN of those not chosen.

        Raises:
            ResultError: as `faithfulness`.
        """
        self._check_whole()
        whole = np.broadcast_to((self.full - self.empty)[..., None], self.less.shape)
        return ratios(self.worth[..., None] - self.less, whole)

    def _share(self, worths: Ends) -> Share:
        found = self.share(worths)
        low, high = found.ci()
        return Share(float(found.value[0]), float(found.stderr[0]), (float(low[0]), float(high[0])))

    def _check_whole(self) -> None:
        flat = vanishes(self.empty, self.full)
        if flat.any():
            name = self.outputs[int(np.flatnonzero(flat)[0])]
            raise ResultError(
                f"{name!r} is worth {self.full.mean():.6g} with everybody and "
                f"{self.empty.mean():.6g} with nobody: no share of the difference is defined. "
                "Measure a behaviour that the players make a difference to."
            )

    # -- looking at some of it --

    def __contains__(self, player: object) -> bool:
        """Whether a player was chosen.

        Raises:
            PlayersError: nobody has that name.
        """
        if not isinstance(player, (str, int)):
            raise PlayersError(f"ask for a {self.players.kind} by name; given {player!r}")
        return bool(self.chosen[self.players.index(player)])

    def select(self, *, output: str | int) -> "Selection":
        """One output. Certificates stay only where nothing is left out.

        Raises:
            ResultError: no such output.
        """
        at = place(self.outputs, output)
        arrays = ("worth", "empty", "full", "without", "less")
        return replace(
            self,
            **{name: getattr(self, name)[:, at : at + 1] for name in arrays},
            outputs=(self.outputs[at],),
            certificates=self.certificates if len(self.outputs) == 1 else (),
        )

    # -- keeping and showing it --

    @check_arguments
    def save(self, path: str | Path) -> Path:
        """Write a JSON header and plain arrays; never pickle. `wh.load` reads them."""
        return store.save(self, path)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, lists and strings, ready for JSON: see `wh.from_dict`."""
        return as_dict.to_dict(self)

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each output and player; a pandas, polars or pyarrow frame."""
        from whence.report.selection import to_frame

        return to_frame(self, backend)

    @check_arguments
    def to_dot(self, path: str | Path | None = None) -> str:
        """The chosen edges, or nodes, as Graphviz DOT text; also written to `path` when given."""
        from whence.report.selection import to_dot

        return to_dot(self, path)

    @check_arguments
    def table(self, most: int = 20) -> Any:
        """A table for the terminal (rich), and in words wherever it is printed."""
        from whence.report.selection import table

        return table(self, most)

    @check_arguments
    def plot(self, ax: Any = None, **options: Any) -> Any:
        """The chosen at their places, each with what faithfulness loses without it.

        Edges make a circuit, heads a map, all others bars.

        Args:
            ax: matplotlib axes; those of a new figure by default.
            **options: of that picture: max_display, output.

        Raises:
            OptionError: no such option.
            ResultError: nobody was chosen, or no share is defined.
        """
        from whence.report.selection import plot

        return plot(self, ax, **options)

    def __repr__(self) -> str:
        from whence.report.selection import words

        return printable(words(self))
