"""The linear datamodelling score: do scores of training rows predict what retraining does?

    LDS = mean over tests q of Spearman's rho over subsets S of
          sum over i in S of phi_i(q)   with   f_q(model trained on S)

Subsets keep the same number of rows and are drawn from a stream of their own: nothing that was
tuned was tuned on them. Rows are matched by name. With one seed the truth is the trainer's own run,
and 1 could be reached; with several it is their mean, and noise bounds every score (see
`noise_ceiling`). Plain scores stand beside it, judged on the same trainings: what does not beat
"same class" has found nothing that labels do not say.

Source: Park et al. (2023, section 2); Ilyas et al. (2022). Ours: intervals over subsets and tests
alike (see `rank_resample`), the ceiling, and the plain scores.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import OptionError, positive
from whence._core.lds import LDS, Beside
from whence._core.rank_resample import Again, again
from whence._core.shaped import Bool, Float
from whence.evaluate.noise_ceiling import ceiling
from whence.evaluate.plain_scores import plain_scores
from whence.evaluate.row_values import values_of
from whence.models.trainer.retraining import owners
from whence.models.trainer.subsets import JUDGING, Subsets, trained
from whence.models.trainer.trainer import Trainer

_STILL = 1e-12  # of the largest measurement: what rounding makes of no change
_NOBODY: Mapping[str, Attribution] = MappingProxyType({})

PerTest = Float[np.ndarray, "tests players"]


@check_arguments
def lds(
    trainer: Trainer[Any],
    attribution: Attribution,
    test: Any,
    subsets: int = 100,
    seeds: int = 1,
    keep: float = 0.5,
    *,
    groups: Any = None,
    compared: Mapping[str, Attribution] = _NOBODY,
    seed: int = 0,
    resamples: int = 1000,
) -> LDS:
    """How well scores of training rows predict models trained on random subsets of them.

    The trainings are remembered by the trainer: judging ten answers trains once.

    Args:
        trainer: what is trained again.
        attribution: values of its rows (or of `groups`) for each test example, or one case that
            stands for all of them.
        test: (X, y), as it was attributed.
        subsets: how many random subsets.
        seeds: runs of each subset: 1 asks about the trainer's own run, more about their mean.
        keep: the share of rows that stays; which answer is best depends on it (see `lds_curve`).
        groups: names with the rows of each, or one label for each row: they stay or leave together.
        compared: other answers by name, judged beside the plain scores.
        seed: of the subsets and of resampling.
        resamples: of subsets and tests, for intervals at 95 %.

    Returns:
        An `LDS`: the score with its interval, the ceiling, plain scores, and all that it rests on.

    Raises:
        OptionError: fewer than 3 subsets, or an option outside its range.
        PlayersError: rows without a value, or values of unknown rows, by name.
        ResultError: other tests.

    Source: Park et al. (2023).
    """
    _check(subsets, resamples, compared)
    tests = trainer.tests(test)
    players, owner = owners(trainer, groups)
    judged = {"": values_of(attribution, players, tests)}
    judged |= {name: values_of(other, players, tests) for name, other in compared.items()}
    found = trained(
        trainer, tests, subsets=subsets, seeds=seeds, keep=keep, stream=JUDGING, seed=seed,
        owner=owner if groups is not None else None,
    )  # fmt: skip
    plain = plain_scores(trainer, tests, seed)
    beside = {name: _summed(scores, owner) for name, scores in plain.items()}
    bare = LDS(
        value=np.nan,
        ci=(np.nan, np.nan),
        ceiling=np.nan,
        baselines={},
        by_test=np.full(len(tests), np.nan),
        told=found.predicted(judged[""]),
        outputs=found.outputs,
        keep_masks=found.keep,
        seeds=found.seeds,
        players=players.names,
        tests=tests.names,
        method=attribution.method,
        measurement=trainer.measurement,
        model=trainer.name,
        keep=float(keep),
        seed=seed,
        resamples=resamples,
    )
    return _scored(bare, found, judged | beside)


def _scored(bare: LDS, found: Subsets, judged: Mapping[str, PerTest]) -> LDS:
    moves = moving(found.truth)
    if not moves.any():
        return bare
    told = [found.predicted(values)[:, moves] for values in judged.values()]
    drawn = again(told, found.truth[:, moves], bare.resamples, bare.seed)
    value, ends = drawn.mean(0)
    by_test = bare.by_test.copy()
    by_test[moves] = drawn.value[0]
    most = ceiling(found.outputs, bare.seed)[moves]
    return replace(
        bare,
        value=value,
        ci=ends,
        ceiling=float(np.nanmean(most)) if np.isfinite(most).any() else np.nan,
        baselines=_beside(drawn, list(judged)),
        by_test=by_test,
    )


def _beside(drawn: Again, names: list[str]) -> dict[str, Beside]:
    found = {}
    for which, name in enumerate(names[1:], start=1):
        value, ends = drawn.mean(which)
        less, apart = drawn.less(0, which)
        found[name] = Beside(value, ends, less, apart)
    return found


def moving(truth: Float[np.ndarray, "subsets tests"]) -> Bool[np.ndarray, " tests"]:
    """Tests whose measurement changes from subset to subset."""
    size = np.abs(truth).max(axis=0)
    return np.asarray(np.ptp(truth, axis=0) > _STILL * size)


def _summed(scores: Float[np.ndarray, "tests rows"], owner: np.ndarray) -> PerTest:
    """Of groups: the sums over their rows."""
    member = np.zeros((scores.shape[1], int(owner.max()) + 1))
    member[np.arange(len(owner)), owner] = 1.0
    return np.asarray(scores @ member)


def _check(subsets: Any, resamples: Any, compared: Any) -> None:
    positive(subsets, "subsets", "how many random subsets the model is trained on")
    positive(resamples, "resamples", "for the intervals")
    if subsets < 3 or resamples < 2:
        raise OptionError(
            "a score is judged on at least 3 subsets, and its interval takes at least 2 resamples; "
            f"given subsets={subsets}, resamples={resamples}"
        )
    if not isinstance(compared, Mapping) or "" in compared:
        raise OptionError("compared is a mapping: the name of each other answer, and the answer")
