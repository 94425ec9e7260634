"""Games whose players are training rows, or groups of them."""

from whence.models.trainer.retraining import RetrainingGame as RetrainingGame
