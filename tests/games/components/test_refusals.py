"""What makes no sense is refused, by name, when the game is made."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from models.hooked.odd import Grouped, Net, Separate, filled, ids, of, sequential  # noqa: E402
from torch import nn  # noqa: E402

from whence._core.errors import GameError, HookError, OptionError, PlayersError  # noqa: E402
from whence._core.players import Players  # noqa: E402
from whence.games.components import (  # noqa: E402
    AblationGame,
    Basis,
    PatchingGame,
    directions,
    edges,
    heads,
    logit_difference,
    mlps,
    nodes,
    units,
)
from whence.models.hooked import HookedModel  # noqa: E402

torch.set_num_threads(1)
HOOKED = HookedModel(filled(Net(of(Separate))))
GROUPED = HookedModel(filled(Net(of(Grouped))))
OTHER = HookedModel(filled(sequential(of(Separate))))


def last(output):
    return output[:, -1, 1]


def ablation(**changes):
    usual = {"players": heads(HOOKED), "behaviour": logit_difference(1, 2)}
    settings = usual | changes
    return AblationGame(settings.pop("hooked", HOOKED), settings.pop("inputs", ids()), **settings)


def patching(**changes):
    usual = {"players": heads(HOOKED), "behaviour": logit_difference(1, 2)}
    settings = usual | changes
    pair = (settings.pop("clean", ids()), settings.pop("corrupted", ids(seed=1)))
    return PatchingGame(settings.pop("hooked", HOOKED), *pair, **settings)


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        # two runs that cannot stand in for one another
        (
            lambda: patching(corrupted=ids(length=5)),
            HookError,
            r"\(3, 6\) in the clean prompts and \(3, 5\).*Pad them alike",
        ),
        (lambda: patching(corrupted=ids(2, 1)), HookError, r"and \(2, 6\) in the corrupted ones"),
        (
            lambda: patching(corrupted=ids(seed=1).int()),
            HookError,
            "int64 in the clean prompts and torch.int32.*same type",
        ),
        (
            lambda: patching(corrupted={"ids": ids(seed=1)}),
            HookError,
            "the clean inputs are input 0, and the corrupted ones ids",
        ),
        (lambda: patching(corrupted=ids()), GameError, "the total effect is nothing"),
        (
            lambda: patching(players=nodes(HOOKED, ["hook_pos_embed"])),
            GameError,
            "the two runs are the same, bit for bit",
        ),
        # inputs
        (
            lambda: ablation(inputs=ids() + 9),
            HookError,
            r"tok knows the ids 0 to 10, and is asked for 19 \(prompt 0, position 0\)",
        ),
        (
            lambda: ablation(inputs=ids() - 9),
            HookError,
            r"is asked for -2 \(prompt 0, position 1\)",
        ),
        (
            lambda: ablation(inputs=ids(length=9)),
            HookError,
            r"pos knows the ids 0 to 5, and is asked for 6 \(position 6\).*longer",
        ),
        (
            lambda: ablation(inputs=[[1, 2, 3], [1, 2]]),
            HookError,
            "prompts of different lengths are padded first",
        ),
        (
            lambda: ablation(inputs=[ids()[0], ids()[1, :4]]),
            HookError,
            r"prompt 1 is \(4,\) where prompt 0 is \(6,\)",
        ),
        (lambda: ablation(inputs="When Mary"), HookError, "tokenize them first"),
        (lambda: ablation(inputs=["When", "Mary"]), HookError, "tokenize them first"),
        (lambda: ablation(inputs=ids()[:0]), HookError, "hold no prompts"),
        (lambda: ablation(inputs=[]), HookError, "hold no tensor"),
        (
            lambda: ablation(inputs=(ids(), ids(2))),
            HookError,
            r"input 0: \(3, 6\), input 1: \(2, 6\)",
        ),
        # behaviours
        (
            lambda: ablation(behaviour=lambda o: o[:2, -1, 1]),
            GameError,
            r"shape \(2,\) for 3 prompts",
        ),
        (lambda: ablation(behaviour=lambda o: o), GameError, r"shape \(3, 6, 11\) for 3 prompts"),
        (lambda: ablation(behaviour=lambda _: "x"), GameError, "gave a str"),
        (lambda: ablation(behaviour=lambda _: None), GameError, "gave a NoneType"),
        (
            lambda: ablation(behaviour=lambda o: o.logits),
            GameError,
            "failed on the network's answer.*no attribute 'logits'",
        ),
        (
            lambda: ablation(behaviour=lambda o: last(o) - last(o).mean()),
            GameError,
            "changes with the answers to other prompts",
        ),
        (
            lambda: ablation(behaviour=lambda o: torch.cat([last(o)[:1], last(o)[1:].flip(0)])),
            GameError,
            "behaviour of prompt 1 changes",
        ),
        (
            lambda: ablation(behaviour=lambda o: last(o) + torch.tensor([0, torch.nan, 0])),
            GameError,
            "answer for the prompts 1: ",
        ),
        (
            lambda: patching(
                behaviour=lambda o: last(o).masked_fill(o[:, 0, 0] != BASE, torch.inf)
            ),
            GameError,
            "not finite on the answer to the other prompts for the prompts 0, 1, 2",
        ),
        (lambda: logit_difference(1, 1), GameError, "a and b are the same token"),
        (
            lambda: logit_difference(1.5, 1),
            GameError,
            "a is a whole number, or one for each prompt; given 1.5",
        ),
        (lambda: logit_difference("a", "b"), GameError, "a is a whole number"),
        (
            lambda: ablation(behaviour=logit_difference([1, 2], [3, 4])),
            GameError,
            "a has 2 entries, one for each prompt, of 3",
        ),
        (
            lambda: ablation(behaviour=logit_difference([1, 2, 3, 4], 0)),
            GameError,
            "a has 4 entries, one for each prompt, of 3",
        ),
        (
            lambda: ablation(behaviour=logit_difference(1, 99)),
            GameError,
            "token 99 is asked about, and the network knows 11",
        ),
        (lambda: ablation(behaviour=logit_difference(1, -5)), GameError, "token -5 is asked about"),
        (
            lambda: ablation(behaviour=logit_difference(1, 2, 7)),
            GameError,
            "position 7 is asked about, and prompts have 6",
        ),
        (
            lambda: ablation(behaviour=logit_difference(1, 2, [0, 1, -9])),
            GameError,
            "position -9 is asked about",
        ),
        # players
        (
            lambda: ablation(players=Players(("a", "b"))),
            PlayersError,
            "players are parts of the network",
        ),
        (lambda: ablation(players=mlps(OTHER)), None, ""),
        (
            lambda: ablation(players=nodes(OTHER, ["1.attention"])),
            HookError,
            "no hook point '1.attention'. Did you mean 'layers.1.attention'",
        ),
        (
            lambda: ablation(hooked=GROUPED, players=nodes(HOOKED, ["blocks.0.attn.hook_k"])),
            PlayersError,
            r"hook_k\[1\] is head 1, and blocks.0.attn.hook_k has 1 of them",
        ),
        (
            lambda: ablation(players=heads(HOOKED, positions=[9])),
            PlayersError,
            "0.0 @ 9 is position 9, and blocks.0.attn.hook_z has 6",
        ),
        (
            lambda: ablation(players=heads(HOOKED, positions=[5, -1])),
            PlayersError,
            r"overlap.*position -1 is position 5 here",
        ),
        (lambda: heads(HOOKED, positions=[]), PlayersError, "positions are whole numbers"),
        (
            lambda: ablation(players=nodes(HOOKED, ["hook_embed", "tok"])),
            PlayersError,
            "hook_embed and tok are the same place in the network",
        ),
        (
            lambda: nodes(HOOKED, ["blocks.0.attn.hook_zz"]),
            HookError,
            "Did you mean 'blocks.0.attn.hook_z'",
        ),
        (
            lambda: nodes(HOOKED, ["blocks.0.attn.hook_pattern"]),
            HookError,
            "can be read, and not changed",
        ),
        (
            lambda: patching(players=nodes(HOOKED, ["blocks.0.attn.hook_k"]), mode="frozen"),
            PlayersError,
            "in frozen mode players are heads and MLPs",
        ),
        (
            lambda: patching(players=edges(HOOKED), mode="frozen"),
            PlayersError,
            "in frozen mode players are heads and MLPs",
        ),
        # bases
        (
            lambda: ablation(players=directions(HOOKED, BASIS)),
            PlayersError,
            r"directions: give the game bases=\[the Basis there\]",
        ),
        (
            lambda: ablation(players=directions(HOOKED, NARROW), bases=[NARROW]),
            PlayersError,
            "5 numbers, and at blocks.0.hook_resid_post there are 8",
        ),
        (
            lambda: directions(HOOKED, BASIS, NARROW),
            PlayersError,
            "two bases at blocks.0.hook_resid_post",
        ),
        (lambda: directions(HOOKED), PlayersError, "give at least one"),
        # how parts leave
        (lambda: ablation(ablation="Zero"), OptionError, "Did you mean 'zero'"),
        (lambda: patching(mode="noise"), OptionError, "Did you mean 'noising'"),
        (
            lambda: ablation(inputs=ids(1), ablation="resample"),
            GameError,
            "there is one prompt, and none to draw from",
        ),
        (
            lambda: ablation(ablation="resample", reference=ids(length=4)),
            HookError,
            'ablation="mean" needs no such thing',
        ),
        (
            lambda: ablation(ablation="mean-positional", reference=ids(length=4)),
            HookError,
            "reference prompts are as long as the prompts",
        ),
    ],
    ids=lambda x: x[:40] if isinstance(x, str) else "",
)
def test_it_says_what_is_wrong_and_where(make, kind, says):
    if kind is None:  # names that two networks share are no mistake that can be seen
        make()
        return
    with pytest.raises(kind, match=says):
        make()


BASIS = Basis("blocks.0.hook_resid_post", np.eye(8)[:2], names=("one", "two"))
NARROW = Basis("blocks.0.hook_resid_post", np.eye(5)[:2])
with torch.no_grad():
    BASE = HOOKED.run(ids())[:, 0, 0]


def test_a_behaviour_without_a_slope_has_worths_and_no_slopes():
    game = ablation(behaviour=lambda o: o[:, -1].argmax(-1))
    assert game.worth(np.zeros((3, 4), bool), np.arange(3), np.zeros(3, int)).shape == (3, 1)
    with pytest.raises(GameError, match="the behaviour has no slope"):
        game.slopes(np.arange(3), np.zeros(3, int))


def test_a_module_that_is_never_called_or_called_twice_is_refused():
    class Spare(Net):
        def __init__(self):
            super().__init__(of(Separate))
            self.spare = nn.Linear(3, 3)
            self.layers[1] = self.layers[0]

    hooked = HookedModel(filled(Spare()))
    with pytest.raises(HookError, match=r"comes by spare never.*With these inputs it is not used"):
        ablation(hooked=hooked, players=nodes(hooked, ["spare"]))
    with pytest.raises(HookError, match=r"comes by layers.0.feed 2 times.*The module is shared"):
        ablation(hooked=hooked, players=nodes(hooked, ["layers.0.feed"]))


def test_nan_in_a_coalition_is_named():
    game = ablation(
        behaviour=lambda o: torch.where(o[:, 0, 0] == BASE, last(o), torch.nan), ablation="zero"
    )
    with pytest.raises(GameError, match="not finite with nobody present"):
        game.worth(np.zeros((1, 4), bool), np.zeros(1, int), np.zeros(1, int))


def test_units_need_inputs_to_be_counted():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 4)

        def forward(self, x, *, scale):
            return self.inner(x) * scale

    hooked = HookedModel(Odd().eval())
    with pytest.raises(HookError, match=r"give inputs= .*missing 1 required keyword-only"):
        units(hooked, ["inner"])
    given = {"x": torch.randn(2, 3), "scale": torch.ones(2, 1)}
    assert len(units(hooked, ["inner"], inputs=given)) == 4


@pytest.mark.slow
def test_another_type_is_refused_where_nothing_checks_types():
    """In a process of its own, since the tests check every annotation before that."""
    code = """
from models.hooked.odd import Net, Separate, filled, ids, of
from whence.games.components import AblationGame, heads, logit_difference
from whence.models.hooked import HookedModel

hooked = HookedModel(filled(Net(of(Separate))))
difference = logit_difference(1, 2)
for make in (
    lambda: AblationGame(hooked, ids(), players=heads(hooked), behaviour=3),
    lambda: AblationGame(hooked, ids(), players=["0.0"], behaviour=difference),
    lambda: AblationGame(hooked.module, ids(), players=heads(hooked), behaviour=difference),
    lambda: heads(hooked, positions=[0.5]),
    lambda: hooked.cache(ids(), "hook_embed"),
    lambda: hooked.patch(ids(), ["hook_embed"]),
    lambda: hooked.patch(ids(), {"hook_embed": 3}),
    lambda: HookedModel("gpt2"),
    lambda: HookedModel(hooked.module, "gpt2"),
):
    try:
        make()
    except Exception as error:
        print(type(error).__name__, error)
"""
    tests = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tests, capture_output=True, text=True, check=True
    )
    said = ran.stdout.splitlines()
    for line, wanted in zip(
        said,
        [
            "GameError behaviour is a function of the network's answer, such as logit_difference",
            "PlayersError players are parts of the network: heads(hooked)",
            "HookError give a wh.models.HookedModel(module) here; given Net",
            "PlayersError positions are whole numbers, such as [0, -1]",
            "HookError names is a list of hook points, such as ['hook_embed']",
            "HookError values says what is to be where",
            "HookError the patch of hook_embed is a tensor, or a function of what is there; given",
            "HookError HookedModel takes a torch module; given str",
            "HookError adapter is a wh.models.Adapter; given str",
        ],
        strict=True,
    ):
        assert line.startswith(wanted)


class Centred(nn.Module):
    """What stands beside a prompt is in its answer."""

    def __init__(self):
        super().__init__()
        self.inner = filled(Net(of(Separate)))

    def forward(self, tokens):
        out = self.inner(tokens)
        return out - out.mean(dim=0)


@pytest.mark.parametrize("behaviour", [last, lambda output: last(output).mean()])
def test_answers_that_depend_on_the_batch_are_refused(behaviour):
    # mutant: prompts are run beside one another, and nobody asks whether that may be
    hooked = HookedModel(Centred())
    with pytest.raises(HookError, match=r"depends on the prompts beside it.*one by one"):
        ablation(hooked=hooked, players=heads(hooked), behaviour=behaviour)
