"""The peers of training-data attribution, asked the same question on the same trained models.

Each returns scores [tests, rows] for every setting of its hyper-parameter, positive where a row
raises the margin. Which setting counts is decided outside, on held-out subsets, as for whence.
"""

import copy
import logging
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.utils.data import DataLoader, TensorDataset

DAMPINGS = tuple(10.0**k for k in np.arange(-4, 0.51, 0.5))
RIDGES = (0.0, *(10.0**k for k in np.arange(-2, 3.1, 0.5)))


class Case:
    """Trained models as plain torch, and the rows as tensors."""

    def __init__(self, make, states, train, test):
        self.make, self.states = make, [copy.deepcopy(dict(s)) for s in states]
        self.X, self.y = torch.as_tensor(train[0]), torch.as_tensor(train[1])
        self.Xt, self.yt = torch.as_tensor(test[0]), torch.as_tensor(test[1])

    def model(self, number=0):
        module = self.make()
        module.load_state_dict(self.states[number])
        return module

    def train(self):
        return DataLoader(TensorDataset(self.X, self.y), batch_size=len(self.X))

    def tests(self):
        return DataLoader(TensorDataset(self.Xt, self.yt), batch_size=len(self.Xt))


def margins(out, y):
    hot = torch.zeros_like(out).scatter(1, y.view(-1, 1), 1.0)
    return (out * hot).sum(1) - (out - 1e9 * hot).logsumexp(1)


def traker(case, models, dim):
    """TRAK (traker)."""
    from trak import TRAKer

    logging.disable(logging.CRITICAL)

    def at(ridge):
        folder = Path(tempfile.mkdtemp())
        try:
            asked = TRAKer(
                model=case.model(), task="image_classification", train_set_size=len(case.X),
                proj_dim=dim, lambda_reg=ridge, save_dir=str(folder), device="cpu",
                use_half_precision=False,
            )  # fmt: skip
            for k in range(models):
                asked.load_checkpoint(copy.deepcopy(case.states[k]), model_id=k)
                asked.featurize(batch=[case.X, case.y], num_samples=len(case.X))
            asked.finalize_features()
            for k in range(models):
                asked.start_scoring_checkpoint(
                    "e", copy.deepcopy(case.states[k]), model_id=k, num_targets=len(case.Xt)
                )
                asked.score(batch=[case.Xt, case.yt], num_samples=len(case.Xt))
            return np.array(asked.finalize_scores("e")).T
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return {ridge: at(ridge) for ridge in RIDGES}


def _dattri(case, kind, grid, **options):
    from dattri.task import AttributionTask

    module = case.model()

    def loss(params, rows):
        x, y = rows
        return nn.functional.cross_entropy(functional_call(module, params, x), y)

    def target(params, rows):
        x, y = rows
        out = functional_call(module, params, x.unsqueeze(0) if x.dim() == 1 else x)
        return margins(out, y.view(-1)).sum()

    found = {}
    for value in grid:
        task = AttributionTask(
            loss_func=loss, model=module, checkpoints=case.states[0], target_func=target
        )
        name = options.get("name", "regularization")
        own = {k: v for k, v in options.items() if k != "name"}
        asked = kind(task=task, **{name: value}, **own)
        asked.cache(case.train())
        with torch.no_grad():
            scores = asked.attribute(case.train(), case.tests())
        found[value] = scores.detach().numpy().T
    return found


def dattri_explicit(case):
    """Influence, the whole Hessian (dattri)."""
    from dattri.algorithm import IFAttributorExplicit

    return _dattri(case, IFAttributorExplicit, DAMPINGS)


def dattri_cg(case):
    """Influence, CG (dattri)."""
    from dattri.algorithm import IFAttributorCG

    return _dattri(case, IFAttributorCG, DAMPINGS, max_iter=10)


def dattri_ekfac(case):
    """Influence, EK-FAC (dattri)."""
    from dattri.algorithm import IFAttributorEKFAC

    return _dattri(case, IFAttributorEKFAC, DAMPINGS, name="damping", module_name=["0", "2"])


def dattri_trak(case, models, dim):
    """TRAK (dattri)."""
    from dattri.algorithm import TRAKAttributor
    from dattri.task import AttributionTask

    module = case.model()

    def margin(params, rows):
        x, y = rows
        return margins(functional_call(module, params, x.unsqueeze(0)), y.view(-1)).sum()

    def probable(params, rows):
        x, y = rows
        out = functional_call(module, params, x.unsqueeze(0))
        return torch.exp(-nn.functional.cross_entropy(out, y.view(-1)))

    found = {}
    for ridge in RIDGES:
        task = AttributionTask(loss_func=margin, model=module, checkpoints=case.states[:models])
        asked = TRAKAttributor(
            task=task, correct_probability_func=probable, device=torch.device("cpu"),
            projector_kwargs={"proj_dim": dim, "device": "cpu"}, regularization=ridge,
        )  # fmt: skip
        asked.cache(case.train())
        with torch.no_grad():
            found[ridge] = asked.attribute(case.tests()).detach().numpy().T
    return found


def captum_tracin(case, checkpoints):
    """TracInCP (captum): minus its influence on the loss is ours on the margin's."""
    from captum.influence import TracInCP

    return {0.0: _captum(case, TracInCP, checkpoints, nn.CrossEntropyLoss(reduction="sum"))}


def captum_naive(case):
    """Influence, projected Arnoldi (captum)."""
    from captum.influence import NaiveInfluenceFunction

    loss = nn.CrossEntropyLoss(reduction="none")
    return {
        d: _captum(case, NaiveInfluenceFunction, case.states[:1], loss, hessian_reg=d)
        for d in (0.1, 0.3, 1.0, 3.0, 10.0)  # each takes as long as all of the others together
    }


def _captum(case, kind, states, loss, **options):
    folder = Path(tempfile.mkdtemp())
    try:
        paths = []
        for k, state in enumerate(states):
            torch.save(dict(state), folder / f"{k}.pt")
            paths.append(str(folder / f"{k}.pt"))

        def load(module, path):
            module.load_state_dict(torch.load(path))
            return 1.0

        if kind.__name__ == "TracInCP":
            options = {"sample_wise_grads_per_batch": True}
        else:
            paths = paths[0]
        rows = TensorDataset(case.X, case.y)
        asked = kind(
            case.model(), rows, paths, load, loss_fn=loss, batch_size=len(case.X), **options
        )
        return asked.influence((case.Xt, case.yt)).detach().numpy()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kronfluence_ekfac(case):
    """Influence, EK-FAC (kronfluence)."""
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments, ScoreArguments
    from kronfluence.task import Task

    class Digits(Task):
        def compute_train_loss(self, batch, model, sample=False):
            x, y = batch
            out = model(x)
            if sample:
                with torch.no_grad():
                    y = torch.multinomial(out.softmax(-1), 1).flatten()
            return nn.functional.cross_entropy(out, y, reduction="sum")

        def compute_measurement(self, batch, model):
            x, y = batch
            return -margins(model(x), y).sum()

    folder, task = Path(tempfile.mkdtemp()), Digits()
    try:
        model = prepare_model(case.model(), task)
        asked = Analyzer(
            analysis_name="e", model=model, task=task, cpu=True, output_dir=str(folder),
            disable_tqdm=True, disable_model_save=True,
        )  # fmt: skip
        train, test = TensorDataset(case.X, case.y), TensorDataset(case.Xt, case.yt)
        asked.fit_all_factors(
            "f", train, per_device_batch_size=100, factor_args=FactorArguments(strategy="ekfac")
        )
        found = {}
        for d in DAMPINGS:
            asked.compute_pairwise_scores(
                f"s{d}", "f", test, train, per_device_query_batch_size=len(case.Xt),
                per_device_train_batch_size=100, score_args=ScoreArguments(damping_factor=d),
            )  # fmt: skip
            found[d] = asked.load_pairwise_scores(f"s{d}")["all_modules"].float().numpy()
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pydvl(case, kind, grid, name="regularization"):
    found = {}
    for d in grid:
        loss = () if name != "regularization" else (nn.functional.cross_entropy,)
        asked = kind(case.model(), *loss, **{name: d})
        asked = asked.fit(case.train())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[d] = asked.influences(case.Xt, case.yt, case.X, case.y).detach().numpy()
    return found


def pydvl_direct(case):
    """Influence on the loss, the whole Hessian (pyDVL): it has no other measurement."""
    from pydvl.influence.torch import DirectInfluence

    return _pydvl(case, DirectInfluence, DAMPINGS)


def pydvl_ekfac(case):
    """Influence on the loss, EK-FAC (pyDVL)."""
    from pydvl.influence.torch import EkfacInfluence

    return _pydvl(case, EkfacInfluence, DAMPINGS, "hessian_regularization")


PEERS = {
    "traker TRAK, 5 models, 128 dimensions": lambda c, _: traker(c, 5, 128),
    "traker TRAK, 5 models, 512 dimensions": lambda c, _: traker(c, 5, 512),
    "dattri TRAK, 5 models, 128 dimensions": lambda c, _: dattri_trak(c, 5, 128),
    "dattri influence, explicit": lambda c, _: dattri_explicit(c),
    "dattri influence, CG": lambda c, _: dattri_cg(c),
    "dattri influence, EK-FAC": lambda c, _: dattri_ekfac(c),
    "captum TracInCP, 5 checkpoints": captum_tracin,
    "captum NaiveInfluenceFunction": lambda c, _: captum_naive(c),
    "kronfluence EK-FAC": lambda c, _: kronfluence_ekfac(c),
    "pyDVL influence, direct": lambda c, _: pydvl_direct(c),
    "pyDVL influence, EK-FAC": lambda c, _: pydvl_ekfac(c),
}
