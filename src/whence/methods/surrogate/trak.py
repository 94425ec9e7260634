"""TRAK: influence of a linearised model, on random projections of its gradients.

    phi(t) = [mean_c g_c(t)' (Phi_c' Phi_c + ridge I)^-1 Phi_c'] diag(mean_c Q_c)

over checkpoints c; g = P' grad f of the measured output f (the margin of a classifier), P a random
projection, Phi the same of all training rows, and Q_i = - dloss_i / df, which is 1 - p_i for a
margin and twice the residual for a prediction. Both brackets are averaged by themselves. It is one
Newton step of a regression on gradients, its leverage left out.

A `feature` other than what is measured takes the place of f in both gradients, and Q is left out
(D-TRAK: for diffusion models the squared norm of the output did better than the loss).

Source: Park et al. (2023); Zheng et al. (2024), D-TRAK. Ours: scores keep their units, where the
public package divides by a mean of the inverse; and the ridge, which there is 0 by default, is
chosen on held-out subsets, since it decides more than anything else.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import torch

from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import ModelError, OptionError, UnsupportedModelError, positive
from whence._core.fingerprint import fingerprint
from whence._core.index import LinearSurrogate
from whence._core.shaped import Float
from whence.methods._training import Scores, attributed
from whence.methods._tuning import KEEP, chosen, tuning
from whence.models.gradients.filling import fill
from whence.models.gradients.rademacher import Rademacher
from whence.models.gradients.store import GradientStore
from whence.models.trainer.checkpoints import checkpoints_of
from whence.models.trainer.examples import Examples
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import Params

_BLOCK = 256  # rows whose gradients are held at once
GRID = tuple(10.0**k for k in np.arange(-4, 2.5, 0.5))  # of the mean eigenvalue of Phi'Phi


def trak(
    trainer: Any,
    test: Any,
    checkpoints: int | Sequence[Any] = 1,
    dim: int = 512,
    ridge: float | str = "auto",
    *,
    feature: Callable[[Any, Any], Any] | None = None,
    keep: float = KEEP,
    store: str | Path | None = None,
    seed: int = 0,
) -> Attribution:
    """What each training row did to each test example, by projected gradients.

    Args:
        trainer: a torch trainer; its rows are the players.
        test: (X, y), the cases.
        checkpoints: how many independently trained models, from the trainer's seed on; or their
            state dicts.
        dim: to how many dimensions gradients are projected; as many as there are parameters, or
            more, leaves them as they are.
        ridge: added to Phi'Phi; "auto" chooses it on held-out subsets.
        feature: of outputs [rows, …] and labels [rows] -> [rows], in place of what is measured.
        keep: the share of rows that stays in the subsets that the ridge is chosen by.
        store: a folder that keeps the projected gradients of the training rows, one store for each
            checkpoint: the next question finds them there, and so does a run that was cut off (see
            `whence.models.gradients`, whose `top` also streams over more rows than memory holds).
        seed: of the projection.

    Returns:
        values [tests, 1, rows], in the unit of the measurement (with a `feature`, only their order
        means anything).

    Raises:
        ModelError: checkpoints that are one and the same, or gradients that are not finite.
        OptionError: an argument outside its range.

    Source: Park et al. (2023); Zheng et al. (2024).
    """
    if not isinstance(trainer, NetworkTrainer):
        raise UnsupportedModelError(
            f"trak projects the gradients of a network; {type(trainer).__name__} is none. Use "
            "`influence`, which is exact there."
        )
    positive(dim, "dim", "dimensions of the projection")
    if ridge != "auto" and not (isinstance(ridge, (int, float)) and ridge >= 0):
        raise OptionError(f"ridge is 'auto' or a number from 0; given {ridge!r}")

    def work(tests: Examples) -> Scores:
        models = independent(trainer, checkpoints)
        parts = [
            _Part(trainer, m, tests, feature, dim, seed + c, _folder(store, c))
            for c, m in enumerate(models)
        ]
        weights = (
            np.ones(len(trainer.rows))
            if feature is not None
            else np.mean([trainer.pulls(m) for m in models], axis=0)
        )
        return _scores(trainer, tests, models, parts, weights, ridge, keep)

    return attributed(trainer, test, "trak", work, LinearSurrogate(keep))


def _folder(store: str | Path | None, checkpoint: int) -> Path | None:
    if store is None:
        return None
    Path(store).mkdir(parents=True, exist_ok=True)
    return Path(store) / f"checkpoint-{checkpoint}"


@final
class _Part:
    """One checkpoint's gradients, projected, in the directions of their own Phi'Phi."""

    def __init__(
        self,
        trainer: NetworkTrainer,
        model: Params,
        tests: Examples,
        feature: Any,
        dim: int,
        seed: int,
        folder: Path | None,
    ) -> None:
        read = trainer.read if feature is None else trainer.own(feature)
        size = len(trainer.penalty)
        project = Rademacher(size, dim, seed) if dim < size or folder is not None else None

        def gradients(rows: Any) -> torch.Tensor:
            return trainer.feature_gradients(model, read, rows)

        phi = (
            _rows(gradients, project, len(trainer.rows))
            if folder is None or project is None
            else _kept(folder, _key(trainer, model, feature), gradients, project)
        )
        asked = _short(gradients(tests), project, "test example")
        self.values, self.turn = _directions(phi)
        self.phi, self.asked = phi @ self.turn, asked @ self.turn

    def scores(self, ridge: float) -> Float[np.ndarray, "tests rows"]:
        return np.asarray((self.asked / (self.values + ridge)) @ self.phi.T)


def _directions(
    phi: Float[np.ndarray, "rows dim"],
) -> tuple[Float[np.ndarray, " found"], Float[np.ndarray, "dim found"]]:
    """Eigenvalues and directions of Phi'Phi; no more than there are rows."""
    if len(phi) >= phi.shape[1]:
        values, turn = np.linalg.eigh(phi.T @ phi)
        return values.clip(min=0), turn
    _, singular, across = np.linalg.svd(phi, full_matrices=False)
    return singular**2, across.T


def _short(
    gradients: torch.Tensor, projection: Rademacher | None, what: str
) -> Float[np.ndarray, "rows dim"]:
    """Projected, where that makes them shorter.

    Raises:
        ModelError: gradients that are not finite.
    """
    bad = torch.nonzero(~torch.isfinite(gradients).all(dim=1)).flatten()
    if len(bad):
        raise ModelError(
            f"the gradient of {what} {int(bad[0])} is not finite, and of {len(bad) - 1} more: "
            "lower the learning rate, or mend the feature"
        )
    made = gradients if projection is None else projection.project(gradients.double())
    return np.asarray(made.detach().cpu().double().numpy())


def _rows(
    gradients: Callable[[Any], torch.Tensor], projection: Rademacher | None, n: int
) -> Float[np.ndarray, "rows dim"]:
    blocks = (slice(at, at + _BLOCK) for at in range(0, n, _BLOCK))
    return np.concatenate([_short(gradients(b), projection, "training row") for b in blocks])


def _kept(
    folder: Path, key: dict[str, str], gradients: Callable[[Any], Any], projection: Rademacher
) -> Float[np.ndarray, "rows dim"]:
    """From a store on disk, where what is missing is made first."""
    whole = {**key, "projection": repr(projection)}
    rows = int(whole.pop("rows"))
    store = GradientStore.open(folder, rows=rows, dim=projection.dim, key=whole)
    fill(store, gradients, projection)
    return np.concatenate([store.read(b) for b in range(store.blocks)]).astype(float)


def _key(trainer: NetworkTrainer, model: Params, feature: Any) -> dict[str, str]:
    name = trainer.measurement if feature is None else getattr(feature, "__name__", "feature")
    return {
        "rows": str(len(trainer.rows)),
        "model": fingerprint(trainer.parameters(model)),
        "data": fingerprint((np.asarray(trainer.rows.X), trainer.rows.y)),
        "feature": name,
    }


def _scores(
    trainer: NetworkTrainer,
    tests: Examples,
    models: list[Params],
    parts: list[_Part],
    weights: Float[np.ndarray, " rows"],
    ridge: float | str,
    keep: float,
) -> Scores:
    def at(value: float) -> np.ndarray:
        return np.asarray(np.mean([part.scores(value) for part in parts], axis=0) * weights)

    unit = float(np.mean([part.values.mean() for part in parts]))
    least = min(float(part.values.min() / part.values.max()) for part in parts)
    dim = len(parts[0].turn)
    checked: tuple[Certificate, ...] = ()
    if ridge == "auto":
        by_ridge = {unit * share: at(unit * share) for share in GRID}
        best, curve = chosen("ridge", tuning(trainer, tests, keep), by_ridge)
        values, checked = by_ridge[best], (curve,)
    else:
        best = float(ridge)
        if best == 0 and (least < 1e-10 or dim > len(trainer.rows)):
            raise OptionError(
                f"with ridge=0 the {dim:,} dimensions of "
                f"{len(trainer.rows):,} rows have no inverse: give ridge above 0, or 'auto', or a "
                "smaller dim"
            )
        values = at(best)
    many = f"{len(models)} trained model{'s' if len(models) > 1 else ''}"
    return Scores(
        values=values,
        full=trainer.measured(models, tests).mean(axis=0),
        verdict=f"gradients of {many} in {dim:,} dimensions, ridge {best:.3g}"
        + (": " + checked[0].words if checked else ""),
        certificates=checked,
        stamp={"ridge": best, "dim": dim, "checkpoints": len(models)},
        evaluations=len(models),
        gradients=len(models) * (len(trainer.rows) + len(tests)),
    )


def independent(trainer: NetworkTrainer, given: Any) -> list[Params]:
    """Models trained from other seeds, or the state dicts that were given."""
    if isinstance(given, (int, np.integer)):
        positive(given, "checkpoints", "independently trained models")
        seeds = trainer.seed + np.arange(given)
        return list(trainer.fits(np.ones((len(seeds), len(trainer.rows))), seeds))
    return checkpoints_of(trainer, given)
