"""Games whose players are mechanisms, or factors, that shifted between two data sets."""

from whence.games.shifts.carried import Carried as Carried
from whence.games.shifts.factors import FactorGame as FactorGame
from whence.games.shifts.mechanism import Mechanism as Mechanism
from whence.games.shifts.mechanisms import MechanismShift as MechanismShift
