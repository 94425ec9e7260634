"""Games whose players are training rows, or groups of them."""

from whence.games.data.nearest_neighbours import NearestNeighbours as NearestNeighbours
from whence.models.trainer.retraining import RetrainingGame as RetrainingGame
