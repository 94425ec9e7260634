"""Who takes part: by name, a function of a network that returns a value for each player.

Each makes its own game, so that what a game asks of the network while it is made is paid for.
"""

from collections.abc import Callable

import numpy as np
from components_edges import eap
from components_nets import Net, mean
from components_peers import captum_layers, captum_slopes, ridge, tl_first_order, tl_loop
from components_plain import first_order, loop

import whence as wh
from whence.games import components as parts

Job = Callable[[Net], np.ndarray]
KEEP, STEPS = 0.9, 5
OURS = wh.methods


def asked(method: wh.Method) -> Job:
    """whence, through the front door."""
    return lambda net: mean(wh.attribute(net.game(), method=method).values)


EXACT = "whence, exact sweep"
NODES: dict[str, Job] = {
    EXACT: asked(OURS.Sweep()),
    "plain loop": loop,
    "whence, slopes alone": asked(
        OURS.AttributionPatching(qk_fix=False, grad_drop=False, verify=0)
    ),
    "whence, slopes, softmax fix": asked(OURS.AttributionPatching(grad_drop=False, verify=0)),
    "whence, AtP* (fix, GradDrop, 8 verified)": asked(OURS.AttributionPatching()),
    "whence, 8 verified, no GradDrop": asked(OURS.AttributionPatching(grad_drop=False)),
    "plain AtP": first_order,
    "whence, integrated gradients, 20 steps": asked(OURS.IntegratedGradients(20)),
    "whence, COAR": lambda net: asked(OURS.ComponentRegression(masks=net.masks, keep=KEEP))(net),
    "ridge on coin masks": lambda net: ridge(net, KEEP),
}
BRIDGED: dict[str, Job] = {  # what knows the libraries' own models
    "captum LayerIntegratedGradients, 20 steps": captum_layers,
    "captum LayerGradientXActivation": captum_slopes,
    "TransformerLens, loop": tl_loop,
    "TransformerLens, attribution_patch": tl_first_order,
}


def of(net: Net) -> dict[str, Job]:
    """Who can take part here."""
    return {**NODES, **(BRIDGED if net.name == "random GPT-2" else {})}


# -- edges --


def edge_game(net: Net) -> wh.Game:
    """Every edge is a player."""
    net.game()
    return parts.PatchingGame(
        net.hooked, net.inputs, net.other, players=parts.edges(net.hooked), behaviour=net.behaviour
    )


def _defined(steps: int | None) -> Job:
    def job(net: Net) -> np.ndarray:
        found = eap(net, steps)
        return np.array([found[name] for name in parts.edges(net.hooked).names])

    return job


def _edges(method: wh.Method) -> Job:
    return lambda net: mean(wh.attribute(edge_game(net), method=method).values)


SIZES = "from its definition"  # what is so called has sizes, and no signs
EDGES: dict[str, Job] = {
    EXACT: _edges(OURS.Sweep()),
    "whence, EAP": _edges(OURS.EdgeAttributionPatching(verify=0)),
    "whence, EAP, 8 verified": _edges(OURS.EdgeAttributionPatching()),
    "whence, EAP-IG, 5 and 10 midpoints": _edges(OURS.EdgeAttributionPatching(STEPS, verify=0)),
    "whence, EAP-IG, 8 verified": _edges(OURS.EdgeAttributionPatching(STEPS)),
    f"EAP, {SIZES}": _defined(None),
    f"EAP-IG, 5 steps, {SIZES}": _defined(STEPS),
    f"EAP-IG, 30 steps, {SIZES}": _defined(30),
}
