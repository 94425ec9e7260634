"""Judges: each looks at an answer, or at what it rests on, and returns a `Certificate`.

Some return more: a `Curve` (how faithful the first players of a ranking are), an `LDS` (how well
scores of training rows predict retraining), a `NoiseIndependent` (what of them no seed changes).
"""

from whence._core.calibration import calibration as calibration
from whence._core.lds import LDS as LDS
from whence.evaluate.brittleness import brittleness as brittleness
from whence.evaluate.faithfulness import Curve as Curve
from whence.evaluate.faithfulness import faithfulness_curve as faithfulness_curve
from whence.evaluate.fit import fit as fit
from whence.evaluate.illusion import illusion as illusion
from whence.evaluate.lds import lds as lds
from whence.evaluate.lds_curve import LDSCurve as LDSCurve
from whence.evaluate.lds_curve import lds_curve as lds_curve
from whence.evaluate.low_rank import low_rank as low_rank
from whence.evaluate.mislabels import mislabels as mislabels
from whence.evaluate.mutation import mutation as mutation
from whence.evaluate.noise_independent import NoiseIndependent as NoiseIndependent
from whence.evaluate.noise_independent import noise_independent as noise_independent
from whence.evaluate.reliability import reliability as reliability
from whence.evaluate.screen import screen as screen
from whence.evaluate.top_removal import top_removal as top_removal
