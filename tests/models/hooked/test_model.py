"""Looking, changing, slopes: the same numbers as the module's own, and nothing left behind."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.induction import Induction  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.utils.parametrizations import weight_norm  # noqa: E402

from models.hooked.odd import (  # noqa: E402
    ODD,
    Named,
    Net,
    Separate,
    Tuple,
    filled,
    ids,
    of,
)
from whence._core.errors import HookError  # noqa: E402
from whence.games.components import (  # noqa: E402
    PatchingGame,
    edges,
    heads,
    logit_difference,
    mlps,
)
from whence.models.hooked import Adapter, HookedModel  # noqa: E402
from whence.models.hooked.running import Forward  # noqa: E402
from whence.models.hooked.sound import row_by_row  # noqa: E402

torch.set_num_threads(1)


def net():
    return filled(Net(of(Separate)))


def untouched(module):
    """Nothing hangs on it, and nobody answers in its place."""
    return all(
        not part._forward_hooks and not part._forward_pre_hooks and "forward" not in vars(part)
        for part in module.modules()
    )


def same(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return all(same(a[k], b[k]) for k in a)
    return all(map(same, a, b)) if isinstance(a, tuple) else a == b


@pytest.mark.parametrize("name", ODD)
def test_run_is_the_module_bit_for_bit(name):
    model = filled(ODD[name]())
    hooked = HookedModel(model)
    assert same(hooked.run(ids()), model(ids()))
    assert untouched(model)


def test_weights_and_modes_stay_as_they_are():
    model = net().train()  # nothing in it differs in training
    before = copy.deepcopy(model.state_dict())
    hooked = HookedModel(model)
    hooked.cache(ids())
    hooked.gradients(ids(), logit_difference(1, 2), ["hook_embed"])
    PatchingGame(
        hooked, ids(), ids(seed=1), players=edges(hooked), behaviour=logit_difference(1, 2)
    )
    assert model.training
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert untouched(model)


def test_what_a_module_takes_and_gives_goes_through():
    inner = net()
    for model, given in (
        (Named(inner), {"tokens": ids()}),
        (Tuple(inner), ids()),
    ):
        hooked = HookedModel(model, example=given)
        assert len(heads(hooked)) == 4
        own = model(**given) if isinstance(given, dict) else model(given)
        ran = hooked.run(**given) if isinstance(given, dict) else hooked.run(given)
        assert same(own, ran)
    assert same(hooked.run(ids()), hooked.run({"ids": ids()}))


def test_cache_is_what_hooks_see():
    model = net()
    seen = {}
    model.layers[1].feed.down.register_forward_pre_hook(lambda _, a: seen.update(post=a[0]))
    model.layers[0].register_forward_hook(lambda _, a, out: seen.update(pre=a[0], post0=out))
    with torch.no_grad():
        model(ids())
    names = ["blocks.1.mlp.hook_post", "blocks.0.hook_resid_pre", "blocks.0.hook_resid_post"]
    found = HookedModel(model).cache(ids(), [*names, "layers.0"])
    assert list(found) == [*names, "layers.0"]
    for got, wanted in zip(found.values(), ("post", "pre", "post0", "post0"), strict=True):
        assert torch.equal(got, seen[wanted])


def test_a_patch_is_what_a_plain_hook_does():
    model = net()
    hooked = HookedModel(model)
    new = torch.zeros(3, 6, 2, 4, dtype=torch.float64)
    got = hooked.patch(ids(), {"blocks.0.attn.hook_z": new, "layers.1.feed": lambda x: 2 * x})
    handles = [
        model.layers[0].attention.wo.register_forward_pre_hook(lambda _, a: torch.zeros_like(a[0])),
        model.layers[1].feed.register_forward_hook(lambda _, __, out: 2 * out),
    ]
    with torch.no_grad():
        assert torch.equal(got, model(ids()))
    for handle in handles:
        handle.remove()
    in_place = hooked.patch(ids(), {"hook_embed": lambda x: x.mul_(2)})
    assert torch.equal(in_place, hooked.patch(ids(), {"hook_embed": lambda x: 2 * x}))


def test_gradients_are_those_of_autograd():
    model = net()
    hooked = HookedModel(model)
    behaviour = logit_difference(1, 2)
    embed = model.stream(ids()).detach().requires_grad_()
    x = embed
    for layer in model.layers:
        x = layer(x)
    behaviour(model.head(model.norm(x))).sum().backward()
    got = hooked.gradients(ids(), behaviour, ["blocks.0.hook_resid_pre"])
    torch.testing.assert_close(got["blocks.0.hook_resid_pre"], embed.grad)
    model.requires_grad_(requires_grad=False)
    fixed = hooked.gradients(ids(), behaviour, ["blocks.0.hook_resid_pre"])
    torch.testing.assert_close(fixed["blocks.0.hook_resid_pre"], embed.grad)


@pytest.mark.parametrize("wrong", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_no_hook_outlives_its_forward(wrong):
    """Also where the forward, or the change, breaks off."""
    model = net()
    hooked = HookedModel(model)
    game = PatchingGame(
        hooked, ids(), ids(seed=1), players=heads(hooked), behaviour=logit_difference(1, 2)
    )

    def breaks(_):
        raise wrong

    with pytest.raises(wrong):
        hooked.patch(ids(), {"layers.1.feed": breaks})
    assert untouched(model)
    site = hooked.site("blocks.1.hook_mlp_out")
    known = game.run.prefix.known(float(game.run.moments.max()), torch.arange(2))
    assert known
    with pytest.raises(wrong):
        Forward(model, edits={site: breaks}, known=known, hear=lambda _: None).run(
            hooked.tried
        )  # fmt: skip
    assert untouched(model)
    handle = model.head.register_forward_hook(lambda *_: breaks(None))
    with pytest.raises(wrong):
        hooked.cache(ids())
    handle.remove()
    assert untouched(model)
    assert torch.equal(hooked.run(ids()), model(ids()))


def test_a_forward_of_the_user_s_own_is_put_back():
    model = net()
    own = model.layers[0].forward
    model.layers[0].forward = own
    mine = vars(model.layers[0])["forward"]
    hooked = HookedModel(model)
    game = PatchingGame(
        hooked, ids(), ids(seed=1), players=mlps(hooked), behaviour=logit_difference(1, 2)
    )
    game.worth(np.array([[True, False]]), np.zeros(1, int), np.zeros(1, int))
    assert vars(model.layers[0])["forward"] is mine


def test_hooks_of_the_user_s_own_stay_and_count():
    model = net()
    doubled = model.layers[0].register_forward_hook(lambda _, __, out: 2 * out)
    hooked = HookedModel(model)
    game = PatchingGame(
        hooked, ids(), ids(seed=1), players=heads(hooked), behaviour=logit_difference(1, 2)
    )
    late = np.tile([True, True, False, True], (3, 1))
    got = game.worth(late, np.arange(3), np.zeros(3, int))
    game.run.prefix.keep({}, 0)
    assert np.allclose(got, game.worth(late, np.arange(3), np.zeros(3, int)))
    assert len(model.layers[0]._forward_hooks) == 1
    doubled.remove()


def test_weights_that_are_made_of_others():
    model = net()
    weight_norm(model.layers[0].attention.wo)
    weight_norm(model.layers[0].feed.up)
    hooked = HookedModel(model.eval())
    for who in (heads, mlps, edges):
        players = who(hooked)
        game = PatchingGame(
            hooked, ids(), ids(seed=1), players=players, behaviour=logit_difference(1, 2)
        )
        assert len(game.players) == len(players)


# -- refusals --


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"hook_embed": lambda x: x}, "is what was there already: it changes nothing"),
        ({"hook_embed": torch.zeros(3, 6, 9)}, r"is \(3, 6, 8\) there, and .* is \(3, 6, 9\)"),
        ({"hook_embed": torch.zeros(3, 6, 8)}, "is torch.float64 there, and .* is torch.float32"),
        ({"hook_embed": lambda _: None}, "and the patch is NoneType"),
        ({"hook_embd": torch.zeros(1)}, "no hook point 'hook_embd'. Did you mean 'hook_embed'"),
        ({"layers.0.fed": torch.zeros(1)}, "Did you mean 'layers.0.feed'"),
        ({"blocks.0.attn.hook_pattern": torch.zeros(1)}, "can be read, and not changed"),
        ({"spare": lambda x: x + 1}, r"spare \(spare\) was never come by in one forward"),
        ({}, "values says what is to be where"),
    ],
)  # fmt: skip
def test_patches_that_are_none(values, says):
    model = net()
    model.spare = nn.Linear(2, 2)
    with pytest.raises(HookError, match=says):
        HookedModel(model).patch(ids(), values)
    assert untouched(model)


def test_a_shared_module_is_no_hook_point():
    model = net()
    model.layers[1] = model.layers[0]
    hooked = HookedModel(model)
    with pytest.raises(HookError, match="was come by 2 times in one forward: the module is shared"):
        hooked.cache(ids(), ["layers.0.feed"])
    with pytest.raises(HookError, match="was come by 2 times"):
        hooked.patch(ids(), {"layers.0.feed": lambda x: x + 1})
    assert "hook_embed" in hooked.cache(ids())  # what is come by once is there


def test_behaviours_without_a_slope():
    hooked = HookedModel(net())
    for behaviour in (
        lambda o: o[:, -1].argmax(-1),
        lambda o: o.detach().sum(),
        lambda _: hooked.module.head.weight.sum(),
    ):
        with pytest.raises(HookError, match="the behaviour has no slope at 'hook_embed'"):
            hooked.gradients(ids(), behaviour, ["hook_embed"])


def test_answers_are_compared_up_to_the_rounding_of_their_type():
    every = torch.tensor([[1.0, -torch.inf], [3.0, torch.nan], [5.0, 6.0]])
    rows = torch.tensor([1, 0])
    assert row_by_row((every[rows],), (every,), rows)
    assert row_by_row(every[rows] * (1 + 1e-6), every, rows)
    assert not row_by_row(every[rows] * 1.01, every, rows)  # mutant: a tolerance of percents
    assert row_by_row((every[rows] * 1.01).bfloat16(), every.bfloat16(), rows)
    assert not row_by_row(every[:2], every, rows)  # mutant: rows taken in their own order
    assert row_by_row(torch.tensor(1.0), torch.tensor(2.0), rows)  # without rows, nothing is said


@pytest.mark.parametrize("part", [nn.Dropout(0.5), nn.BatchNorm1d(4)])
def test_training_mode_is_refused_where_it_matters(part):
    model = nn.Sequential(nn.Linear(4, 4), part, nn.Linear(4, 2))
    with pytest.raises(
        HookError, match=r"1 \(\w+\) is in training mode.*call module\.eval\(\) first"
    ):
        HookedModel(model)
    hooked = HookedModel(model.eval())
    model.train()
    with pytest.raises(HookError, match="is in training mode"):
        hooked.run(torch.zeros(2, 4))


def test_chance_in_a_module_is_refused():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            return self.inner(x) + torch.rand(1)

    with (
        torch.random.fork_rng(),
        pytest.raises(HookError, match="answers otherwise with hooks on it"),
    ):
        HookedModel(Noisy().eval())


def test_compiled_and_scripted_modules_go_past_hooks():
    compiled = torch.compile(net(), backend="eager")
    with pytest.raises(HookError, match=r"is compiled.*its _orig_mod"):
        HookedModel(compiled)
    HookedModel(compiled._orig_mod)
    inside = net()
    inside.layers[0].compile(backend="eager")
    with pytest.raises(
        HookError, match=r"layers\.0 is compiled, and compiled code goes past hooks"
    ):
        HookedModel(inside)


def test_adapters_say_what_they_miss():
    for said, message in (
        (Adapter("layer.{}"), "no part 'layer.0'. Did you mean 'layers.0'"),
        (Adapter("layers.{}", output="attention.wo"), "says how many heads= lie in its input"),
        (Adapter("layers.{}", mlp="fed"), "no part 'layers.0.fed'. Did you mean 'layers.0.feed'"),
    ):
        with pytest.raises(HookError, match=message):
            HookedModel(net(), said)


def test_what_it_says_of_itself():
    said = repr(HookedModel(Induction()))
    assert said == "HookedModel(Transformer): 2 layers, 4 heads, 0 MLPs; 36 hook points"
    plain = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    said = repr(HookedModel(plain))
    assert said == "HookedModel(Sequential): no layers or heads seen; 3 hook points"
    assert "could not be found" in repr(HookedModel(torch.nn.Identity()))
