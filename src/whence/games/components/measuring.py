"""How a behaviour is asked: always of an answer to all prompts, in their order.

Rows of several coalitions are run together; each then takes its prompt's place in an answer to all
prompts, whose other rows are the unchanged ones. So a behaviour may hold what belongs to each
prompt, and never sees a batch of another size.
"""

from collections.abc import Callable
from typing import Any, final

import torch

from whence._core.errors import GameError
from whence.games.components.behaviour import Behaviour
from whence.models.hooked.trees import mapped


@final
class Measuring:
    """A behaviour, and the unchanged answer to all prompts.

    Args:
        behaviour: of an answer: a number for each prompt, several for each, or one for all.
        output: the unchanged answer.
        rows: how many prompts there are.

    Raises:
        GameError: it failed, gave something else, or a prompt's number depends on other prompts.

    Attributes:
        whole: one number for all prompts: they are one case.
        outputs: how many numbers each case has.
        plain: what is measured of the unchanged answer, [cases, outputs].
    """

    def __init__(self, behaviour: Callable[[Any], Any], output: Any, rows: int) -> None:
        if not callable(behaviour):
            raise GameError(
                "behaviour is a function of the network's answer, such as "
                f"logit_difference(a, b); given {type(behaviour).__name__}"
            )
        self.behaviour, self.output, self.rows = behaviour, output, rows
        measured = self._ask(output)
        self.whole = measured.ndim == 0
        if measured.ndim > 2 or (not self.whole and len(measured) != rows):
            raise GameError(
                f"the behaviour gave numbers of shape {tuple(measured.shape)} for {rows} prompts: "
                "it gives one for each prompt [prompts], several [prompts, outputs], or one for all"
            )
        self.outputs = measured.shape[1] if measured.ndim == 2 else 1
        self.plain = measured.detach().reshape(1 if self.whole else rows, self.outputs)
        self.refuse_nonfinite(self.plain, "the network's own answer")
        if not self.whole and rows > 1 and not isinstance(behaviour, Behaviour):
            self._refuse_neighbours()

    @property
    def cases(self) -> int:
        """How many cases there are: prompts, or one for all of them."""
        return 1 if self.whole else self.rows

    def of(self, output: Any, cases: torch.Tensor) -> torch.Tensor:
        """What is measured of each row of an answer: [rows, outputs].

        Args:
            output: the answer to these rows.
            cases: int [rows], the prompt of each; where all prompts are one case, each stretch of
                rows is all of them in turn, and this has one entry for each stretch.
        """
        if self.whole:
            blocks = range(0, len(cases) * self.rows, self.rows)
            each = [self._ask(_some(output, slice(b, b + self.rows))) for b in blocks]
            return torch.stack(each).reshape(len(cases), 1)
        if isinstance(self.behaviour, Behaviour):
            return self._checked(self.behaviour.of(output, cases)).reshape(len(cases), -1)
        return self._in_turn(output, cases)

    def _in_turn(self, output: Any, cases: torch.Tensor) -> torch.Tensor:
        """Each prompt at most once in an answer; as many answers as the most frequent prompt."""
        turn = _occurrences(cases, self.rows)
        pieces, places = [], []
        for t in range(int(turn.max()) + 1):
            here = torch.nonzero(turn == t).reshape(-1)
            measured = self._ask(self._placed(output, here, cases[here]))
            pieces.append(measured.reshape(self.rows, self.outputs)[cases[here]])
            places.append(here)
        back = torch.argsort(torch.cat(places))
        return torch.cat(pieces)[back]

    def _placed(self, output: Any, here: torch.Tensor, cases: torch.Tensor) -> Any:
        """An answer to all prompts in which these rows stand for theirs."""
        if len(cases) == self.rows and bool((cases == torch.arange(self.rows)).all()):
            return _some(output, here)
        own = iter(_batched(output))

        def place(tensor: torch.Tensor) -> torch.Tensor:
            mine = next(own)
            if tensor.ndim == 0 or len(tensor) != self.rows:
                return tensor
            return tensor.to(mine.dtype).index_copy(0, cases.to(mine.device), mine[here])

        return mapped(self.output, place)

    def _ask(self, output: Any) -> torch.Tensor:
        try:
            return self._checked(self.behaviour(output))
        except GameError:
            raise
        except Exception as error:
            raise GameError(
                f"the behaviour failed on the network's answer ({type(output).__name__}): "
                f"{type(error).__name__}: {error}"
            ) from error

    def _checked(self, measured: Any) -> torch.Tensor:
        if not isinstance(measured, torch.Tensor):
            try:
                measured = torch.as_tensor(measured)
            except (TypeError, ValueError, RuntimeError) as error:
                raise GameError(
                    f"the behaviour gave a {type(measured).__name__}; it gives numbers, one for "
                    "each prompt"
                ) from error
        if measured.is_complex():
            raise GameError("the behaviour gave complex numbers; worths are real")
        return measured if measured.is_floating_point() else measured.to(torch.get_default_dtype())

    def refuse_nonfinite(self, measured: torch.Tensor, where: str) -> None:
        """Refuse what is NaN or infinite.

        Args:
            measured: [cases, outputs].
            where: of which answer.

        Raises:
            GameError: it is, and for which prompts.
        """
        wrong = torch.nonzero(~torch.isfinite(measured).all(dim=1)).flatten().tolist()
        if wrong:
            which = "" if self.whole else f" for the prompts {', '.join(map(str, wrong[:5]))}"
            raise GameError(
                f"the behaviour is not finite on {where}{which}: {measured[wrong[0]].tolist()}. "
                "NaN and infinity cannot be attributed: mend the behaviour, or leave those out"
            )

    def _refuse_neighbours(self) -> None:
        """A prompt's number may change when its own answer does, and not when others' do.

        Any two prompts differ in some binary digit, and are told apart when those with it give way.
        """
        every = torch.arange(self.rows)
        for digit in range((self.rows - 1).bit_length()):
            for side in (0, 1):
                gone = (every >> digit) & 1 == side
                swapped = _some(self.output, torch.where(gone, every.roll(1), every))
                now = self._ask(swapped).detach().reshape(self.rows, -1)
                changed = (now != self.plain).any(dim=1) & ~gone
                if bool(changed.any()):
                    raise GameError(
                        f"the behaviour of prompt {int(torch.nonzero(changed)[0])} changes with "
                        "the answers to other prompts: it gives each prompt a number of its own, "
                        "or one number for all (then the prompts are one case)"
                    )


def _occurrences(cases: torch.Tensor, many: int) -> torch.Tensor:
    """For each row, how many rows of its prompt came before."""
    order = torch.argsort(cases, stable=True)
    counts = torch.bincount(cases, minlength=many)
    starts = torch.cumsum(counts, 0) - counts
    turn = torch.empty_like(cases)
    turn[order] = torch.arange(len(cases)) - starts[cases[order]]
    return turn


def _some(output: Any, rows: Any) -> Any:
    """Some rows of an answer."""
    size = _rows_of(output)
    return mapped(output, lambda t: t[rows] if t.ndim and len(t) == size else t)


def _rows_of(output: Any) -> int:
    return next((len(t) for t in _batched(output) if t.ndim), 0)


def _batched(output: Any) -> list[torch.Tensor]:
    from whence.models.hooked.trees import tensors

    return list(tensors(output))
