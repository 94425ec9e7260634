"""Peers, each in the way that its documentation shows: TransformerLens, captum, scikit-learn.

TransformerLens: `patching.get_act_patch_attn_head_out_by_pos` (one forward a patch) and
`attribution_patch` (nodes and edges, a forward and a backward for each prompt), on a bridge around
the same weights. It puts clean activations into the corrupted run; with the two prompts exchanged,
that is noising, with the sign turned.
captum: `LayerIntegratedGradients` of each layer's heads, whose path moves all heads of a layer at
once, and `LayerGradientXActivation`, which knows no prompt to compare with (its reference is zero).
`LayerConductance` needs inputs that can be scaled, and token ids cannot: left out.
scikit-learn: `RidgeCV` of worths on coin masks, as COAR is often written.
"""

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from components_nets import Net

RIDGES = np.logspace(-4, 3, 15)


@cache
def bridge(net: Net) -> torch.nn.Module:
    """TransformerLens around a copy of the module: the bridge changes what it is given."""
    import copy

    from transformer_lens.model_bridge.sources._bridge_builder import build_bridge_from_module

    module = copy.deepcopy(net.module).requires_grad_()  # without slopes its hooks hear of none
    return build_bridge_from_module(
        module, type(module).__name__, hf_config=module.config, device="cpu", dtype=torch.float32
    )


def tl_loop(net: Net) -> np.ndarray:
    """Exact, head by head and position by position: [layer, position, head] to our order."""
    from transformer_lens import patching

    model, metric = bridge(net), _metric(net)
    with torch.no_grad():
        _, cache_ = model.run_with_cache(net.other)
        whole = metric(model(net.inputs))
        found = patching.get_act_patch_attn_head_out_by_pos(model, net.inputs, cache_, metric)
    return (whole - found).permute(0, 2, 1).reshape(-1).double().numpy()


def tl_first_order(net: Net) -> np.ndarray:
    """Node attribution patching; heads at each position."""
    from transformer_lens.tools.analysis import EdgeAttributionConfig, attribution_patch

    config = EdgeAttributionConfig(granularity="node")
    got = attribution_patch(bridge(net), net.other, net.inputs, _metric(net), config)
    scores = {
        (n.layer, n.head, n.position): -value
        for n, value in got.node_scores.items()
        if n.kind == "attn_head_out"
    }
    return np.array([scores[key] for key in sorted(scores)])


def _metric(net: Net) -> Callable[[torch.Tensor], torch.Tensor]:
    """The mean over prompts."""
    measure = _each(net)
    return lambda logits: measure(logits).mean()


def _each(net: Net) -> Callable[[torch.Tensor], torch.Tensor]:
    """Of bare logits."""

    class Answer:
        def __init__(self, logits: torch.Tensor) -> None:
            self.logits = logits

    return lambda logits: net.behaviour(Answer(logits))


def captum_layers(net: Net, steps: int = 20) -> np.ndarray:
    """Integrated gradients of each layer between the two prompts, summed over each head."""
    from captum.attr import LayerIntegratedGradients

    found = {}
    for path in dict.fromkeys(p.path for p in net.places):
        job = LayerIntegratedGradients(_measured(net), net.module.get_submodule(path))
        found[path] = job.attribute(
            net.inputs, net.other, n_steps=steps, attribute_to_layer_input=True
        )
    return _by_place(net, found)


def captum_slopes(net: Net) -> np.ndarray:
    """Gradient times activation of each layer, summed over each head."""
    from captum.attr import LayerGradientXActivation

    found = {}
    for path in dict.fromkeys(p.path for p in net.places):
        job = LayerGradientXActivation(_measured(net), net.module.get_submodule(path))
        found[path] = job.attribute(net.inputs, attribute_to_layer_input=True)
    return _by_place(net, found)


def _measured(net: Net) -> Callable[..., torch.Tensor]:
    measure = _each(net)

    def run(ids: torch.Tensor) -> torch.Tensor:
        # captum stacks its steps along the prompts, and a behaviour is of all prompts in order
        return torch.cat([measure(part) for part in net.module(ids).logits.split(net.prompts)])

    return run


def _by_place(net: Net, found: dict) -> np.ndarray:
    tensors = {k: (v[0] if isinstance(v, tuple) else v) for k, v in found.items()}
    return np.array([float(tensors[p.path][p.at].sum()) / net.prompts for p in net.places])


def ridge(net: Net, keep: float, seed: int = 0) -> np.ndarray:
    """Coin masks, worths of the same game, and a ridge chosen by generalised cross-validation."""
    from sklearn.linear_model import RidgeCV

    game = net.game()
    stay = np.random.default_rng(seed).random((net.masks, len(game.players))) < keep
    cases = np.arange(game.n_cases)
    each = stay.repeat(len(cases), axis=0)
    worths = game.worth(each, np.tile(cases, len(stay)), np.zeros(len(each), dtype=int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RidgeCV(RIDGES).fit(stay, worths.reshape(len(stay), -1).mean(axis=1)).coef_
