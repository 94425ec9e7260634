"""The same training finds the direction that is used in one place, and an illusion in another."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.agreement import Agreement, sentences, train  # noqa: E402
from networks.illusions import direction, kept, site, sites  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def shares(found):
    """Of the total effect: what the direction, its readable and its unreadable part, and all do."""
    rows = np.linalg.qr(found.reader)[0]
    read = rows @ (rows.T @ found.direction)
    total = found.total.mean()
    unread = found.direction - read

    def share(v):
        return found.effect(v / np.linalg.norm(v)).mean() / total

    return share(found.direction), share(read), share(unread), found.whole.mean() / total


def is_faithful(found):
    whole, read, unread, _ = shares(found)
    assert whole > 0.9
    assert read / whole > 0.9
    assert abs(unread) < 1e-9


def is_an_illusion(found):
    """It does more than the whole site does; its readable part does not do it; nor the other."""
    one, read, unread, all_ = shares(found)
    assert one > 0.6
    assert read / one < 0.5
    assert abs(unread) < 1e-9
    assert all_ < 0.25 < one


@torch.no_grad()
def test_it_answers_both_questions():
    model, _ = kept()
    ids, plural, other = sentences(512, torch.Generator().manual_seed(5))
    logits = model(ids)
    assert logits.shape == (512, 4, 4)
    assert (logits[:, -1, :2].argmax(1) == plural).all()
    assert (logits[:, -1, 2:].argmax(1) == other).all()


def test_the_direction_in_the_stream_is_used():
    is_faithful(site("stream"))


def test_the_direction_among_the_hidden_units_is_an_illusion():
    found = site("hidden")
    assert found.base.shape == found.source.shape == (256, 256)
    assert found.reader.shape == (256, 16)
    is_an_illusion(found)


def test_its_two_parts_are_what_varies_and_what_is_read():
    found = site("hidden")
    rows = np.linalg.qr(found.reader)[0]
    read = rows @ (rows.T @ found.direction)
    unread = found.direction - read
    steps = found.source - found.base  # either way, as the pair goes
    assert 0.4 < np.linalg.norm(unread) < 0.9
    sizes = [np.abs(steps @ v).mean() / np.linalg.norm(v) for v in (unread, read)]
    assert sizes[0] > 3 * sizes[1]


def test_effects_of_a_whole_site_are_those_of_all_its_directions():
    for name in ("stream", "hidden"):
        found = site(name, n=16)
        assert np.allclose(found.effect(np.eye(len(found.direction))), found.whole, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3])
def test_training_finds_both_again(seed):
    model = train(seed=seed).double()
    found = {name: site(name, model=model, trained=direction(model, name)) for name in sites(model)}
    is_faithful(found["stream"])
    is_an_illusion(found["hidden"])


def test_training_is_repeatable():
    one, same = (train(steps=3).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert set(one) == set(Agreement().state_dict())
