"""Which training points made a small diffusion model deny a test point its noise: D-TRAK.

Its two claims are findings to test on each model, not defaults: here both features predict
retraining, and neither is ahead of the other by much.
"""

import numpy as np
import pytest

import whence as wh
from whence._core.ranks import rank_correlations
from whence.models import Trainer
from whence.models.trainer.subsets import JUDGING, trained

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.slow]

TIMES, NOISES = 6, 2
KEPT = torch.tensor(np.cumprod(1 - np.linspace(0.05, 0.6, TIMES)), dtype=torch.float32)
NOISE = torch.randn(TIMES, NOISES, 2, generator=torch.Generator().manual_seed(1))


class Denoiser(torch.nn.Module):
    """Answers the noise of every time and draw at once: [rows, times x noises x 2]."""

    def __init__(self):
        super().__init__()
        parts = torch.nn.Linear(2 + TIMES, 32), torch.nn.SiLU(), torch.nn.Linear(32, 2)
        self.net = torch.nn.Sequential(*parts)

    def forward(self, x):
        kept = KEPT[:, None, None]
        noisy = kept.sqrt() * x[:, None, None, :] + (1 - kept).sqrt() * NOISE
        when = torch.eye(TIMES)[None, :, None, :].expand(len(x), -1, NOISES, -1)
        return self.net(torch.cat([noisy, when], -1)).flatten(1)


def denoising(out, y):
    return ((out - NOISE.flatten()) ** 2).mean(-1)


def squared_norm(out, y):
    return (out**2).mean(-1)


def points(n, rng):
    centres = np.array([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0], [0.0, -2.0]])
    return (centres[rng.integers(0, 4, n)] + 0.3 * rng.normal(size=(n, 2))).astype(np.float32)


def test_features_of_a_diffusion_model():
    rng = np.random.default_rng(0)
    X, test = points(120, rng), (points(16, rng), np.zeros(16))
    trainer = Trainer.torch(
        Denoiser, X, np.zeros(120), loss=denoising, measurement="loss",
        epochs=60, lr=5e-3, batch=40, optimizer="adam",
    )  # fmt: skip
    subsets = trained(trainer, trainer.tests(test), subsets=50, seeds=1, keep=0.5, stream=JUDGING)

    def lds(values):
        return float(rank_correlations(subsets.predicted(values), subsets.truth).mean())

    scores = {
        feature.__name__: lds(wh.methods.trak(trainer, test, feature=feature, dim=256).values[:, 0])
        for feature in (denoising, squared_norm)
    }
    assert min(scores.values()) > 0.6
    assert abs(scores["denoising"] - scores["squared_norm"]) < 0.2
