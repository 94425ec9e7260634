"""The front door: which solver, for what was learned."""

from collections.abc import Sequence
from typing import Any

from whence._core.errors import OptionError, UnsupportedModelError, some
from whence.models.trainer.curvature.cg import ConjugateGradients
from whence.models.trainer.curvature.dense import Dense
from whence.models.trainer.curvature.inverse import Curvature
from whence.models.trainer.curvature.lanczos import Lanczos
from whence.models.trainer.curvature.products import Product, RootsProduct
from whence.models.trainer.curvature.scope import Scope, placed
from whence.models.trainer.gradient_trainer import GradientTrainer
from whence.models.trainer.linear import LinearTrainer
from whence.models.trainer.trainer import Trainer

SOLVERS = ("auto", "dense", "cg", "arnoldi", "ekfac")
FEW = 3000  # parameters: one decomposition of so small a matrix takes seconds


def curvature(
    trainer: Trainer[Any],
    model: Any,
    solver: str = "auto",
    *,
    scope: Scope = None,
    seed: int = 0,
) -> Curvature:
    """What training's objective is like around what was learned: (H + damping I)^-1, and more.

    Args:
        trainer: of the model.
        model: what it learned.
        solver: "dense": exact, every damping at once. "cg": exact, one damping at a time, no
            matrix. "arnoldi": the leading eigenpairs. "ekfac": layer by layer, of networks. "auto":
            "dense" up to 3,000 parameters; beyond, "ekfac" of a network, "cg" of a linear model.
        scope: the parameters that are moved, by name, by layer or by place; all by default.
        seed: of where "arnoldi" starts.

    Raises:
        OptionError: another solver, or one that this trainer has not.
        UnsupportedModelError: a trainer without gradients.
    """
    return mean_curvature(trainer, [model], solver, scope=scope, seed=seed)


def mean_curvature(
    trainer: Trainer[Any],
    models: Sequence[Any],
    solver: str = "auto",
    *,
    scope: Scope = None,
    seed: int = 0,
) -> Curvature:
    """The mean over several models, such as the checkpoints of a stretch of training.

    Args:
        trainer: of the models.
        models: parameters, at least one.
        solver: as in `curvature`.
        scope: as in `curvature`.
        seed: as in `curvature`.
    """
    if not isinstance(trainer, GradientTrainer):
        raise UnsupportedModelError(
            f"{type(trainer).__name__} can be trained again and has no gradients, so no curvature: "
            "give Trainer.torch, Trainer.ridge or Trainer.logistic"
        )
    if solver not in SOLVERS:
        raise OptionError(f"solver is one of {some(SOLVERS)}; given {solver!r}")
    if not models:
        raise OptionError("curvature is that of at least one model; given none")
    at = placed(trainer, scope)
    chosen, why = _chosen(trainer, len(at)) if solver == "auto" else (solver, "asked for")
    made = _made(trainer, models, chosen, at, seed)
    made.provenance = {**made.provenance, "why": why}
    return made


def _chosen(trainer: GradientTrainer[Any], parameters: int) -> tuple[str, str]:
    if parameters <= FEW:
        return "dense", f"{parameters:,} parameters: few enough for every eigenvalue"
    if isinstance(trainer, LinearTrainer):
        return "cg", f"{parameters:,} columns: too many for a matrix, and products are cheap"
    return "ekfac", f"{parameters:,} parameters: too many for a matrix"


def _made(
    trainer: GradientTrainer[Any], models: Sequence[Any], solver: str, at: Any, seed: int
) -> Curvature:
    if solver == "dense":
        return Dense.of(trainer, models, at)
    if solver == "ekfac":
        return _ekfac(trainer, models, at)
    product = _product(trainer, models, at)
    return ConjugateGradients(product) if solver == "cg" else Lanczos(product, seed=seed)


def _ekfac(trainer: GradientTrainer[Any], models: Sequence[Any], at: Any) -> Curvature:
    if isinstance(trainer, LinearTrainer):
        raise OptionError("'ekfac' is for networks, by their layers: use 'dense' or 'cg'")
    from whence.models.trainer.curvature.ekfac import EKFAC
    from whence.models.trainer.network import NetworkTrainer

    if not isinstance(trainer, NetworkTrainer):
        raise OptionError("'ekfac' is for networks, by their layers: use 'dense' or 'cg'")
    return EKFAC(trainer, models, at)


def _product(trainer: GradientTrainer[Any], models: Sequence[Any], at: Any) -> Product:
    if isinstance(trainer, LinearTrainer):
        return RootsProduct(trainer, models, at)
    from whence.models.trainer.network import NetworkTrainer

    if not isinstance(trainer, NetworkTrainer):
        return RootsProduct(trainer, models, at)
    from whence.models.trainer.curvature.network_product import NetworkProduct

    return NetworkProduct(trainer, models, at)
