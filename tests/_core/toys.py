"""Small games for the tests of the core."""

import numpy as np

from whence import Game, Players
from whence._core.keyed import uniforms
from whence._core.meter import count

NEVER = {"relative_error": None, "data_share": None}


class Blank(Game):
    """Worth nothing, with cases and draws."""

    def __init__(self, n_cases=1, n_draws=1, players=1):
        self.players = Players(tuple(f"p{i}" for i in range(players)))
        self.n_cases, self.n_draws = n_cases, n_draws

    def _worth(self, coalitions, cases, draws):
        return np.zeros(len(cases))


class Scattered(Game):
    """Players with coefficients that differ by case and by draw; a row is counted a question."""

    def __init__(
        self, weights, n_cases=1, n_draws=None, *, between=1.0, within=1.0, outputs=("worth",)
    ):
        self.weights = np.array(weights, dtype=float)
        self.players = Players(tuple(f"p{i}" for i in range(len(weights))))
        self.n_cases, self.n_draws, self.outputs = n_cases, n_draws, outputs
        self.between, self.within = between, within

    def coefficients(self, cases, draws):
        n = len(self.weights)
        case = np.sqrt(12) * (uniforms(n, 91, cases) - 0.5)
        draw = np.sqrt(12) * (uniforms(n, 92, cases, draws) - 0.5)
        return self.weights + self.between * case + self.within * draw

    def _worth(self, coalitions, cases, draws):
        count(rows=len(cases))
        worth = (coalitions * self.coefficients(cases, draws)).sum(axis=1)
        return worth[:, None] * np.arange(1, len(self.outputs) + 1)

    def truth(self):
        """Of the mean over these cases, over all draws."""
        cases = np.arange(self.n_cases)
        n = len(self.weights)
        return (self.weights + self.between * np.sqrt(12) * (uniforms(n, 91, cases) - 0.5)).mean(
            axis=0
        )
