"""SHAP interactions: what do each two features add together, beyond what each adds alone?"""

from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from whence._attribute import attribute, check, shown
from whence._core.arguments import check_arguments
from whence._core.errors import OptionError, UnsupportedModelError
from whence._core.index import Banzhaf, Index, Semivalue, Shapley
from whence._core.interactions import Interactions
from whence._core.progress import Listener, listening
from whence._core.shaped import Int
from whence._core.types import Scores
from whence.models.threads import one_thread


@check_arguments
@one_thread(torch=False)
def interactions(
    model: Any,
    X: Any,
    *,
    background: Any,
    output: str | int | None = None,
    removal: Any = "marginal",
    groups: Any = None,
    index: Index | None = None,
    progress: Listener | bool | None = None,
) -> Interactions:
    """What each two features add together to what a tree model says of each row, exactly.

    Base + main effects + interactions = raw output:
    `found.empty + found.main.sum(axis=2) + found.values.sum(axis=2) == found.full`, to rounding.

    Args:
        model: a tree, a forest or a boosted model; see `whence.models.read_trees`.
        X: the rows to explain; one case each.
        background: rows that removed features are drawn from, all of them each time (for
            `removal="baseline"`, one row).
        output: one raw output, by name or position; all of them ("raw") by default.
        removal: how features leave: "marginal", "baseline", or a `Removal`.
        groups: columns that leave together: {"size": ["height", "width"]}.
        index: Shapley by default, or Banzhaf, whose numbers do not add up.
        progress: True shows a bar with a forecast; a function hears of every step.

    Returns:
        Values [rows, outputs, pairs], and main effects [rows, outputs, players], in the space in
        which the model's trees add up, which is recorded.

    Raises:
        UnsupportedModelError: no sum of trees.
        OptionError: another index, or an answer that would fill more than 4 GiB.
        WhenceError: whatever else does not fit; the message says what, where, and what to do.

    Source: Grabisch & Roubens (1999); Lundberg et al. (2020); the algorithm is ours.
    """
    from whence.methods.perturbation.tree_interactions import interact, pairs_of
    from whence.methods.perturbation.trees import TreeExact

    start, own = perf_counter(), _offered(index)
    game = _game(model, X, background, output, removal, groups)
    check(game, own, None, None, 0, None, None, progress)
    pairs = pairs_of(game)
    alone = attribute(game, index=own, method=TreeExact(own), by_case=True)
    with shown(progress) as listener, listening(listener):
        together = interact(game, pairs, own)
    asks = "what each two features add to the model's prediction together, beyond each alone"
    return Interactions(
        values=together,
        main=_less(alone.values, together, pairs) if own.efficient else alone.values,
        pairs=tuple((int(i), int(j)) for i, j in pairs),
        players=alone.players,
        outputs=alone.outputs,
        index=own,
        method=alone.method,
        empty=alone.empty,
        full=alone.full,
        cost=replace(alone.cost, seconds=perf_counter() - start),
        verdict=alone.verdict,
        question=replace(alone.question, asks=asks),
        provenance=alone.provenance,
    )


def _offered(index: Any) -> Semivalue:
    """Shapley by default.

    Raises:
        OptionError: an index whose interactions are not offered.
    """
    if index is None:
        return Shapley()
    if not isinstance(index, (Shapley, Banzhaf)):
        raise OptionError(
            f"interactions are offered for index=wh.Shapley() and wh.Banzhaf(); given {index!r}"
        )
    return index


def _game(model: Any, X: Any, background: Any, output: Any, removal: Any, groups: Any) -> Any:
    from whence.games.features.removal import as_removal
    from whence.games.features.tree_game import TreeGame

    removal = as_removal(removal, background)
    try:
        name = None if isinstance(output, str) and output == "raw" else output
        return TreeGame(model, X, removal=removal, output=name, groups=groups)
    except UnsupportedModelError as error:
        raise UnsupportedModelError(
            "interactions are offered for sums of trees only. Of any other model, wh.explain says "
            f"what each feature adds. The reason here: {error}"
        ) from error


def _less(alone: Scores, together: np.ndarray, pairs: Int[np.ndarray, "pairs 2"]) -> Scores:
    """What is left of each player's value without half of each of its interactions."""
    main = alone.copy()
    for player in range(main.shape[2]):
        own = (pairs == player).any(axis=1)
        main[:, :, player] -= together[:, :, own].sum(axis=2) / 2
    return main
