"""The game that judges training-data attribution: train again without some rows, and measure.

    v(S) = what is measured of a test example after training on the rows of S alone

A case is a test example, a draw is a training seed; one training answers every case. Players are
rows, or groups of them: a source, a labeller, a day. It stands beside the trainers because methods
ask it too; `games.data` is where it is looked for.
"""

from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, OptionError, WhenceError, some
from whence._core.figures import figures
from whence._core.game import JointGame, PricedGame, Question, WeightedGame
from whence._core.players import Players
from whence._core.shaped import Bool, Float, Int
from whence._core.types import Coalitions, Draws
from whence.models.row_weights import as_weights
from whence.models.trainer.examples import Examples
from whence.models.trainer.linear import Ridge
from whence.models.trainer.trainer import Trainer
from whence.models.training_rows import group_players


@final
class RetrainingGame(JointGame, WeightedGame, PricedGame):
    """Train on the rows of a coalition, and measure the tests.

    Args:
        trainer: what is trained.
        test: (X, y), the cases.
        groups: names with the rows of each, or one label for each row: groups are then the players.
            Rows in no group play for themselves.
        seeds: how many runs the draws are taken from; 1 asks about the trainer's own run.
        nobody: what is measured where no row is left, [tests] or a number; by default that of the
            best model that never saw a row's features (see `constant`).
        sample_weight: how often each test counts, as if it were there so many times.

    Raises:
        OptionError: no seeds.
        PlayersError: groups that overlap.
    """

    def __init__(
        self,
        trainer: Trainer[Any],
        test: Any,
        *,
        groups: Any = None,
        seeds: int = 1,
        nobody: Any = None,
        sample_weight: Any = None,
    ) -> None:
        if seeds < 1:
            raise OptionError(f"seeds is how many runs there are, at least 1; given {seeds!r}")
        self.trainer = trainer
        self.tests = trainer.tests(test)
        self.players, self.owner = owners(trainer, groups)
        self.most_rows = len(trainer.rows)
        self.n_cases, self.n_draws = len(self.tests), seeds
        if sample_weight is not None:
            self.weights = as_weights(sample_weight, test[0], self.n_cases)
        self.outputs = (trainer.measurement,)
        empty = constant(trainer, self.tests) if nobody is None else figures(nobody, "nobody", "")
        self.nobody = np.broadcast_to(empty, len(self.tests))
        self.question = Question(
            asks="Which training rows made the model say this?",
            unit=trainer.unit,
            removal="retrained without them",
            model=trainer.name,
        )

    def columns(self) -> dict[str, np.ndarray]:
        """The cases in words: which test, and its label."""
        return self.tests.columns()

    def _worths(self, coalitions: Coalitions, draws: Draws) -> Float[np.ndarray, "rows cases"]:
        keep = self._rows(coalitions)
        worths = np.repeat(self.nobody[None], len(keep), axis=0)
        some_rows = keep.any(axis=1)
        if some_rows.any():
            seeds = np.asarray(self.trainer.seed + draws[some_rows])
            worths[some_rows] = self._measured(keep[some_rows], seeds, coalitions[some_rows])
        return worths

    def _measured(self, keep: np.ndarray, seeds: np.ndarray, coalitions: np.ndarray) -> np.ndarray:
        try:
            return self.trainer.outputs(keep, seeds, self.tests)
        except Exception as error:
            if len(keep) > 1:  # whose training was it? each by itself, until one fails
                each = zip(keep, seeds, coalitions, strict=True)
                return np.concatenate(
                    [self._measured(k[None], s[None], c[None]) for k, s, c in each]
                )
            raise ModelError(
                f"{self.trainer.name} cannot be trained {self._words(coalitions[0])}, or cannot "
                f"answer then: {_reason(error)}"
            ) from error

    def _words(self, coalition: np.ndarray) -> str:
        """Who is there, or who is not, whichever is shorter."""
        here, gone = (
            [
                n
                for n, stays in zip(self.players.names, coalition.tolist(), strict=True)
                if stays is wanted
            ]
            for wanted in (True, False)
        )
        if not gone:
            return "on all rows"
        return f"on {some(here)} alone" if len(here) < len(gone) else f"without {some(gone)}"

    def _rows(self, coalitions: Coalitions) -> Bool[np.ndarray, "rows own"]:
        return np.asarray(coalitions[:, self.owner])


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, WhenceError) else f"{type(error).__name__}: {error}"


def owners(trainer: Trainer[Any], groups: Any) -> tuple[Players, Int[np.ndarray, " rows"]]:
    """The players, each row or groups of them, and which of them each row belongs to.

    Args:
        trainer: whose rows.
        groups: names with the rows of each, or one label for each row; None: each row by itself.

    Raises:
        PlayersError: groups that overlap.
        TableError: rows that are not there.
    """
    n = len(trainer.rows)
    if groups is None:
        return trainer.players, np.arange(n)
    return group_players(trainer.rows.X, n, groups)


def constant(trainer: Trainer[Any], tests: Examples) -> Float[np.ndarray, " tests"]:
    """What is measured of a model that knows which labels there are, and nothing else.

    Every class is as likely as the others; a number is predicted to be the mean of the training
    labels, or 0 by a ridge without intercept, which starts there.

    Raises:
        OptionError: a measurement of the caller's own: nobody knows what that is without a model.
    """
    classes = len(set(trainer.rows.labels))
    level = 0.0 if isinstance(trainer, Ridge) and not trainer.intercept else trainer.rows.y.mean()
    known = {
        "margin": -np.log(max(classes - 1, 1)),
        "probability": 1 / classes,
        "correct": 1 / classes,
        "prediction": level,
        "loss": -np.log(classes) if trainer.classes else -((tests.y - level) ** 2),
    }
    if trainer.measurement not in known:
        raise OptionError(
            f"what is the {trainer.measurement} worth where no row is left? Give nobody=, a number "
            "or one for each test example"
        )
    return np.broadcast_to(np.asarray(known[trainer.measurement], dtype=float), len(tests))
