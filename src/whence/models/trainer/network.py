"""A torch module as a trainer: many runs are one batched program, and a run can be looked into.

All models of a batch take each step together (`torch.func`: gradients of stacked parameters), so
that hundreds of small networks cost little more than the arithmetic of their products. What a step
does is a pure function of parameters, weights and rows: runs repeat to the last bit.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

import numpy as np
import torch
from torch.func import functional_call, grad, jacrev, vmap

from whence._core.errors import ModelError, OptionError, TableError, some
from whence._core.shaped import Float, Int
from whence.models.trainer.examples import Examples, classes_of, labelled, pair
from whence.models.trainer.fresh import Maker, refuse_chance
from whence.models.trainer.gradient_trainer import GradientTrainer
from whence.models.trainer.losses import (
    CROSS,
    SQUARED,
    UNITS,
    Each,
    each_of,
    kind_of,
    measured_by,
    row_by_row,
)
from whence.models.trainer.outputs import bent_roots
from whence.models.trainer.rules import Memory, Params, moved, nothing
from whence.models.trainer.schedule import Schedule

_CELLS = 2**24  # of what models trained together hold at once
_LARGE = 10**6  # parameters, from which one call is work for several threads
ABSENT = ("scaled", "silent")


@final
class NetworkTrainer(GradientTrainer[Params]):
    """A torch module and how it is trained: see `Trainer.torch`.

    Attributes:
        schedule: steps, rows and rates.
        module: whose parameters are learned; its own are never changed.
    """

    def __init__(
        self,
        make_model: Callable[..., Any],
        X: Any,
        y: Any,
        schedule: Schedule,
        *,
        loss: Any,
        measurement: Any,
        absent: str,
        seed: int,
        names: Sequence[str] | None,
        device: str | None,
    ) -> None:
        if absent not in ABSENT:
            raise OptionError(f"absent is 'scaled' or 'silent'; given {absent!r}")
        self.schedule, self.scaled, self.seed = schedule, absent == "scaled", seed
        self.maker, self.remembered = Maker(make_model), {}
        self.module = self.maker.module(seed)
        refuse_chance(self.module)
        self.start = self.maker.repeatable(seed)
        first = next(iter(self.start.values()))
        self.device, self.dtype = torch.device(device) if device else first.device, first.dtype
        self.module.to(self.device)
        self.kind, self.each = kind_of(loss), each_of(loss)
        self.classes = classes_of(y) if self.kind == CROSS else None
        self.counted = self.kind == "own" and np.asarray(y).dtype.kind in "iub"
        self.measurement, self.read = (
            (getattr(measurement, "__name__", "own measurement"), self.own(measurement))
            if callable(measurement)
            else measured_by(measurement, loss)
        )
        self.unit = UNITS.get(self.measurement, self.measurement)
        self.rows = labelled(X, y, self.classes, "X", names)
        self.players, self.name = self.rows.players(), type(self.module).__name__
        self.X, self.y = self._tensors(self.rows)
        self._check_outputs()
        width = sum(p.numel() for p in self.start.values())
        self.large = width > _LARGE
        self.penalty = np.full(width, len(self.rows) * schedule.weight_decay)

    # -- what goes in --

    def tests(self, test: Any) -> Examples:
        """(X, y), with labels that it was trained on."""
        X, y = pair(test, "test")
        found = labelled(X, y, self.classes, "test")
        if tuple(np.shape(found.X)[1:]) != tuple(self.X.shape[1:]):
            raise TableError(
                f"a test row has shape {tuple(np.shape(found.X)[1:])}, and a training row "
                f"{tuple(self.X.shape[1:])}"
            )
        return found

    def _tensors(self, rows: Examples) -> tuple[torch.Tensor, torch.Tensor]:
        X = torch.as_tensor(np.asarray(rows.X) if not torch.is_tensor(rows.X) else rows.X)
        X = X.to(self.device, self.dtype) if X.is_floating_point() else X.to(self.device)
        y = torch.as_tensor(rows.y, device=self.device)
        if self.classes:  # labels by place have no rows under vmap
            return X, torch.nn.functional.one_hot(y, len(self.classes)).to(self.dtype)
        return X, (y.long() if self.counted else y.to(self.dtype))

    def _check_outputs(self) -> None:
        rows = self.X[: min(2, len(self.X))]
        out = functional_call(self.module, self._there(self.start), (rows,))
        wanted = len(self.classes) if self.classes else None
        if out.shape[:1] != rows.shape[:1] or (wanted and out.shape[1:] != (wanted,)):
            asked = f"[rows, {wanted}], a logit for each class" if wanted else "one row for each"
            raise ModelError(
                f"{self.name} answers shape {tuple(out.shape)} to {len(rows)} rows; with this loss "
                f"it must be {asked}"
            )

    def _there(self, params: Params) -> Params:
        return {k: p.to(self.device) for k, p in params.items()}

    # -- training --

    def present(self, weights: torch.Tensor) -> torch.Tensor:
        """What each row counts, [..., rows]: see `absent`."""
        if not self.scaled:
            return weights
        total = weights.sum(-1, keepdim=True)
        return weights * (weights.shape[-1] / total)

    def step_loss(
        self, params: Params, X: torch.Tensor, y: torch.Tensor, w: torch.Tensor
    ) -> torch.Tensor:
        """The loss of one step, without the weight decay."""
        out = functional_call(self.module, params, (X,))
        return (w * self.each(out, y)).sum() / len(w)

    def _fits(
        self, weights: Float[np.ndarray, "runs rows"], seeds: Int[np.ndarray, " runs"]
    ) -> list[Params]:
        if not (weights.sum(axis=1) > 0).all():
            raise TableError("no row is left to train on: keep at least one")
        size = sum(p.numel() for p in self.start.values()) * 4
        size += self.schedule.batch * self.X[0].numel()
        together, done = max(1, _CELLS // size), []
        for at in range(0, len(weights), together):
            w, own = weights[at : at + together], seeds[at : at + together]
            ((params, _),) = self.running(w, own, ())
            done += [{k: p[i] for k, p in params.items()} for i in range(len(w))]
        return done

    def running(
        self,
        weights: Float[np.ndarray, "runs rows"],
        seeds: Int[np.ndarray, " runs"],
        at: Sequence[int],
        since: tuple[int, Params, Memory] | None = None,
    ) -> Iterator[tuple[Params, Memory]]:
        """Train together; yields the parameters, stacked, before each step of `at`, and the last.

        Args:
            weights: of each run.
            seeds: of each run.
            at: steps, in order; the number of steps itself is always yielded, last.
            since: a step, and what was yielded before it: the run goes on from there, as it did.
        """
        w = self.present(torch.as_tensor(weights, device=self.device, dtype=self.dtype))
        first = {int(s): self._there(self.maker.start(int(s))) for s in np.unique(seeds)}
        params = {k: torch.stack([first[int(s)][k] for s in seeds]) for k in self.start}
        begin, memory = 0, nothing(params, self.schedule)
        if since:
            begin, params, memory = since
        same = len(first) == 1
        slopes = vmap(grad(self.step_loss), (0, None, None, 0) if same else (0, 0, 0, 0))
        orders = {s: self.schedule.order(s) for s in first}
        for step in range(begin, self.schedule.steps):
            if step in at:
                yield params, memory
            rows = [torch.as_tensor(orders[s][step], device=self.device) for s in first]
            if same:
                gradient = slopes(params, self.X[rows[0]], self.y[rows[0]], w[:, rows[0]])
            else:
                own = dict(zip(first, rows, strict=True))
                ix = torch.stack([own[int(s)] for s in seeds])
                gradient = slopes(params, self.X[ix], self.y[ix], w.gather(1, ix))
            params, memory = moved(params, memory, gradient, step, self.schedule)
        yield params, memory

    def replayed(
        self, at: Sequence[int], since: tuple[int, Params, Memory] | None = None
    ) -> Iterator[tuple[Params, Memory]]:
        """The trainer's own run, with all rows: see `running`."""
        return self.running(np.ones((1, len(self.rows))), np.array([self.seed]), at, since)

    def states(self, at: Sequence[int], seed: int | None = None) -> list[Params]:
        """The parameters of the whole run before each step of `at`; the last step's are its end.

        Args:
            at: steps, in order, from 0 to the number of steps.
            seed: of the run; the trainer's own by default.
        """
        trainer = self if seed is None else self.with_seed(seed)
        kept = [{k: p[0] for k, p in params.items()} for params, _ in trainer.replayed(at)]
        return kept if self.schedule.steps in at else kept[:-1]

    def loaded(self, state: Any) -> Params:
        """Parameters from a state dict.

        Raises:
            ModelError: others than the module's.
        """
        wanted = {k: tuple(p.shape) for k, p in self.start.items()}
        try:
            found = {k: torch.as_tensor(state[k]) for k in wanted}
        except (KeyError, TypeError) as error:
            raise ModelError(
                f"a checkpoint is a state dict of {self.name}, with {some(wanted)}: {error!r} is "
                "missing or wrong"
            ) from error
        wrong = [k for k in wanted if tuple(found[k].shape) != wanted[k]]
        if wrong:
            raise ModelError(f"a checkpoint has other shapes than {self.name} for {some(wrong)}")
        return {k: p.detach().clone().to(self.device, self.dtype) for k, p in found.items()}

    # -- looking in --

    def _measured(
        self, models: Sequence[Params], tests: Examples
    ) -> Float[np.ndarray, "runs tests"]:
        return self._read(models, tests, self.read)

    def _losses(self, models: Sequence[Params], rows: Examples) -> Float[np.ndarray, "runs rows"]:
        return self._read(models, rows, self.each)

    def _read(self, models: Sequence[Params], rows: Examples, read: Any) -> np.ndarray:
        X, y = self._tensors(rows)
        stacked = {k: torch.stack([m[k] for m in models]) for k in self.start}
        with torch.no_grad():
            out = vmap(lambda p: functional_call(self.module, p, (X,)))(stacked)
            return _array(vmap(lambda o: read(o, y))(out))

    def gradients(self, model: Params, rows: slice = slice(None)) -> Float[np.ndarray, "rows p"]:
        """Of each training row's loss, without the weight decay."""
        return _array(self.feature_gradients(model, self.each, rows))

    def measured_gradients(self, model: Params, tests: Examples) -> Float[np.ndarray, "tests p"]:
        """Of what is measured of each test example."""
        return _array(self.feature_gradients(model, self.read, tests))

    def feature_gradients(
        self, model: Params, feature: Any, rows: Examples | slice | np.ndarray
    ) -> torch.Tensor:
        """Of any function of outputs and labels, for training rows or tests: [rows, parameters]."""
        X, y = self._tensors(rows) if isinstance(rows, Examples) else (self.X[rows], self.y[rows])

        def one(params: Params, x: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
            out = functional_call(self.module, params, (x[None],))
            value: torch.Tensor = feature(out, label[None])
            return value[0]

        every = vmap(grad(one), (None, 0, 0))(model, X, y)
        return torch.cat([every[k].flatten(1) for k in self.start], 1)

    def own(self, function: Callable[..., Any]) -> Each:
        """A caller's function of outputs and labels, asked of one row at a time."""
        return row_by_row(self._worded(function))

    def _worded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """With labels as they are counted, where the loss sees them as columns."""
        if not self.classes:
            return function
        return lambda outputs, y: function(outputs, y.argmax(-1))

    def pulls(self, model: Params) -> Float[np.ndarray, " rows"]:
        """- dloss / d(what is measured), of each training row: what is left to learn of it.

        Raises:
            OptionError: what is measured does not decide the loss.
        """
        if (self.kind, self.measurement) == (CROSS, "margin"):
            return np.asarray(-np.expm1(-self.losses(model)))
        if (self.kind, self.measurement) == (SQUARED, "prediction"):
            with torch.no_grad():
                out = functional_call(self.module, model, (self.X,))
            return np.asarray(2 * (np.asarray(self.rows.y) - _array(out.reshape(-1))))
        raise OptionError(
            f"the {self.measurement} does not decide this loss, so that nobody knows what is left "
            "to learn: measure the margin (cross-entropy) or the prediction (squared error), or "
            "give feature="
        )

    def roots(self, model: Params, rows: slice = slice(None)) -> Float[np.ndarray, "roots p"]:
        """The root of the loss's curvature by the outputs, times their slopes.

        Raises:
            ModelError: a loss that is not convex in the outputs.
        """
        X, y = self.X[rows], self.y[rows]

        def one(params: Params, x: torch.Tensor) -> torch.Tensor:
            return functional_call(self.module, params, (x[None],))[0].reshape(-1)

        slopes = vmap(jacrev(one), (None, 0))(model, X)
        J = torch.cat([slopes[k].flatten(2) for k in self.start], 2)  # row, output, parameter
        root = self._root(model, X, y)
        return _array((root @ J).flatten(0, 1))

    def _root(self, model: Params, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return self.output_roots(functional_call(self.module, model, (X,)), y)

    def output_roots(self, out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """C with C'C = the loss's second derivative by the outputs: [rows, outputs, outputs].

        Raises:
            ModelError: a loss that is not convex in the outputs.
        """
        return bent_roots(self.kind, self.each, out, y)

    def untrained(self) -> Params:
        """Where the run starts."""
        return self._there(self.maker.start(self.seed))

    def parameters(self, model: Params) -> Float[np.ndarray, " p"]:
        """All of them, one after another."""
        return _array(torch.cat([model[k].reshape(-1) for k in self.start]))

    def named(self, vectors: torch.Tensor) -> Params:
        """Vectors [some, parameters] by name, each name's in the shape of its parameter."""
        parts = vectors.split([p.numel() for p in self.start.values()], dim=1)
        named = zip(self.start.items(), parts, strict=True)
        return {k: part.reshape(len(vectors), *p.shape) for (k, p), part in named}


def _array(x: torch.Tensor) -> np.ndarray:
    return np.asarray(x.detach().cpu().double().numpy())
