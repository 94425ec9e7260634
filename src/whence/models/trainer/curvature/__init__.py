"""The inverse of a training's curvature, by four solvers behind one interface."""

from whence.models.trainer.curvature.candidates import candidates as candidates
from whence.models.trainer.curvature.cg import ConjugateGradients as ConjugateGradients
from whence.models.trainer.curvature.choice import curvature as curvature
from whence.models.trainer.curvature.choice import mean_curvature as mean_curvature
from whence.models.trainer.curvature.dense import Dense as Dense
from whence.models.trainer.curvature.inverse import Curvature as Curvature
from whence.models.trainer.curvature.inverse import Spectral as Spectral
from whence.models.trainer.curvature.lanczos import Lanczos as Lanczos
