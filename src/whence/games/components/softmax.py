"""What queries and keys do, past the softmax: AtP*'s repair of attention that is saturated.

Where a softmax is flat, its slope says that nothing can change, although the patch moves all the
attention there is. So the pattern is taken as it really becomes, and only what comes after it is
taken to first order, with g = dm/dp the slope at the pattern:

    a query:  sum over keys of (p' - p) g          p' with the reference's query in its row
    a key at one position t, which touches one score of every row r:
              sum over rows of (sigmoid(l + d) - sigmoid(l)) (g_t - gbar),
              l = S_t - logsumexp of the others,  d = S'_t - S_t,  gbar = mean of g without t

The second is the softmax of a row with one score changed, written so that nothing overflows; the
form in the paper divides infinities where attention is saturated, which is where it is needed.

Source: Kramar, Lieberum, Shah & Nanda (2024), AtP*. Departures: scores are read where the module
takes its softmax, so masks, rotations, scales and caps are the module's own; the key's form above.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from whence._core.players import Players
from whence.games.components.node_wiring import Other
from whence.models.hooked.anatomy import Attention
from whence.models.hooked.attention import Attended
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel
from whence.models.hooked.points import stem, z
from whence.models.hooked.running import Edit, Forward

_LETTERS = ("q", "k")


def past_softmax(
    hooked: HookedModel,
    inputs: Inputs,
    players: Players,
    other: Other,
    measure: Callable[[Any], torch.Tensor],
) -> np.ndarray:
    """What each query or key adds: float [rows, outputs, players]; NaN for other players.

    Args:
        hooked: the network.
        inputs: of the rows.
        players: who plays.
        other: what takes the place of what is at a hook point, in these rows.
        measure: of an answer to these rows: [rows, outputs].
    """
    own = _own(hooked, players)
    heard, slopes = _slopes(hooked, inputs, [a for a, _ in own], measure)
    answer = np.full((inputs.rows(), len(slopes), len(players)), np.nan)
    for attention, letter in own:
        site = hooked.points[f"{stem(attention.block)}.{attention.name}.hook_{letter}"]
        changed = other(site)
        with torch.no_grad():
            after = hooked.attention(inputs, attention.number, {site: _replaced(changed)})
        before, at = heard[attention.number], players.where(site=site.name)
        group = attention.heads // (site.heads or 1)
        for k, slope in enumerate(slopes):
            g = slope[attention.number] @ before.values.transpose(-2, -1)  # row, head, query, key
            for i in at:
                head: Any = players.columns["head"][i]
                position: Any = players.columns["position"][i]
                heads = slice(head * group, (head + 1) * group)
                moved = _moved(before, after, g, heads, letter, position)
                answer[:, k, i] = -moved.double().cpu().numpy()
    return answer


def has_queries_or_keys(hooked: HookedModel, players: Players) -> bool:
    """Whether there is anything among the players that a softmax hides."""
    return "site" in players.columns and bool(_own(hooked, players))


def _own(hooked: HookedModel, players: Players) -> list[tuple[Attention, str]]:
    """The attentions whose queries or keys play."""
    sites = set(players.columns["site"])
    return [
        (attention, letter)
        for attention in hooked.anatomy.attentions
        for letter in _LETTERS
        if f"{stem(attention.block)}.{attention.name}.hook_{letter}" in sites
    ]


def _slopes(
    hooked: HookedModel,
    inputs: Inputs,
    attentions: list[Attention],
    measure: Callable[[Any], torch.Tensor],
) -> tuple[list[Attended], list[dict[int, torch.Tensor]]]:
    """Every attention as it is; for each output, the slope at what each of these mixes."""
    sites = {a.number: hooked.points[z(a)] for a in attentions}
    heard: list[Attended] = []
    with torch.enable_grad():
        run = Forward(
            hooked.module,
            reads=list(sites.values()),
            edits=dict.fromkeys(sites.values(), _leaf),
            hear=heard.append,
        )
        measured = measure(hooked.forward(run, inputs))
        leaves = [run.seen[site.name] for site in sites.values()]
        found = []
        for k in range(measured.shape[1]):
            got = torch.autograd.grad(measured[:, k].sum(), leaves, retain_graph=True)
            found.append({n: s.transpose(1, 2) for n, s in zip(sites, got, strict=True)})
    return [Attended(*(t.detach() for t in _four(what))) for what in heard], found


def _four(what: Attended) -> tuple[torch.Tensor, ...]:
    """The values for each head that mixes them."""
    share = what.pattern.shape[1] // what.values.shape[1]
    return what.scores, what.pattern, what.values.repeat_interleave(share, 1), what.mixed


def _replaced(new: torch.Tensor) -> Edit:
    edit: Edit = new.expand_as
    return edit


def _leaf(here: torch.Tensor) -> torch.Tensor:
    return here.clone() if here.requires_grad else here.clone().requires_grad_()


def _moved(
    before: Attended,
    after: Attended,
    g: torch.Tensor,
    heads: slice,
    letter: str,
    position: Any,
) -> torch.Tensor:
    """What the behaviour changes by, in each row, when this query or key gives way."""
    if letter == "k" and position is not None:
        t = int(position)
        s = before.scores[:, heads].double()
        by = after.scores[:, heads, :, t].double() - s[..., t]
        return _one_key(s, torch.nan_to_num(by), g[:, heads].double(), t).sum(dim=(1, 2))
    apart = (after.pattern - before.pattern)[:, heads] * g[:, heads]
    rows = slice(None) if position is None else [int(position)]
    return apart[:, :, rows].sum(dim=(1, 2, 3))


def _one_key(s: torch.Tensor, by: torch.Tensor, g: torch.Tensor, t: int) -> torch.Tensor:
    """The change of each row's mean slope when its score t changes by this: [rows, heads, queries].

    Args:
        s: scores [rows, heads, queries, keys].
        by: the change of score t [rows, heads, queries].
        g: slopes at the pattern.
        t: which key.
    """
    t %= s.shape[-1]
    others = torch.cat([s[..., :t], s[..., t + 1 :]], dim=-1)
    rest = torch.cat([g[..., :t], g[..., t + 1 :]], dim=-1)
    alone = torch.isneginf(others).all(dim=-1)  # a row that sees nothing else keeps all on t
    level = s[..., t] - torch.logsumexp(others.masked_fill(alone[..., None], 0.0), dim=-1)
    mean = (torch.nan_to_num(others.softmax(dim=-1)) * rest).sum(dim=-1)
    moved = (torch.sigmoid(level + by) - torch.sigmoid(level)) * (g[..., t] - mean)
    unseen = torch.isneginf(s[..., t])
    return torch.where(alone | unseen, torch.zeros_like(moved), moved)
