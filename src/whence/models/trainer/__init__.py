"""Models that can be trained again: without some rows, under other seeds, and looked into."""

from whence.models.trainer.gradient_trainer import GradientTrainer as GradientTrainer
from whence.models.trainer.retraining import RetrainingGame as RetrainingGame
from whence.models.trainer.subsets import Subsets as Subsets
from whence.models.trainer.trainer import Trainer as Trainer
