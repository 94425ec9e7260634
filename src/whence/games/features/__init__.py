"""Games whose players are the columns of a table, or groups of them."""

from whence.games.features.bounded_losses import AbsoluteError as AbsoluteError
from whence.games.features.bounded_losses import Brier as Brier
from whence.games.features.loss import LogLoss as LogLoss
from whence.games.features.loss import Loss as Loss
from whence.games.features.loss import OwnLoss as OwnLoss
from whence.games.features.loss import Squared as Squared
from whence.games.features.loss import ZeroOne as ZeroOne
from whence.games.features.prediction import Prediction as Prediction
from whence.games.features.predictive_power import PredictivePower as PredictivePower
from whence.games.features.ranking_power import RankingPower as RankingPower
from whence.games.features.removal import Baseline as Baseline
from whence.games.features.removal import Marginal as Marginal
from whence.games.features.removal import Removal as Removal
from whence.games.features.tree_game import TreeGame as TreeGame
from whence.games.features.tree_power import TreePower as TreePower
