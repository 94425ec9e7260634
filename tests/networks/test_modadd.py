"""It adds; its frequencies add up in the lead, and do not in the accuracy."""

import pytest

torch = pytest.importorskip("torch")
from networks.looking import before, inputs  # noqa: E402
from networks.modadd import FREQUENCIES, ModAdd, every_pair, lead  # noqa: E402


@pytest.fixture(name="ask", scope="module")
def _ask():
    """(mean lead, accuracy) of some frequencies, the others' neurons at their means."""
    model, (pairs, right) = ModAdd(), every_pair()
    (means,) = inputs(model, pairs, [model.out])
    means = means.mean(0)

    @torch.no_grad()
    def ask(kept):
        on = torch.isin(model.frequency, torch.tensor(sorted(kept), dtype=torch.long))
        with before([model.out], lambda _, h: torch.where(on, h, means)):
            logits = model(pairs)
        return lead(logits, right).mean().item(), (logits.argmax(1) == right).double().mean().item()

    return ask


def test_it_adds(ask):
    assert ask(range(1, FREQUENCIES + 1))[1] == 1.0


def test_the_lead_is_additive(ask):
    every = set(range(1, FREQUENCIES + 1))
    full, empty = ask(every)[0], ask(())[0]
    out = [full - ask(every - {k})[0] for k in every]
    alone = [ask({k})[0] - empty for k in every]
    assert out == pytest.approx(alone, abs=1e-11)
    assert sum(out) == pytest.approx(full - empty, abs=1e-11)
    assert full - empty == pytest.approx(230.0, abs=0.05)


def test_the_accuracy_is_not(ask):
    accuracy = [ask(range(1, k + 1))[1] for k in range(FREQUENCIES + 1)]
    assert accuracy[0] < 0.06
    assert 0.1 < accuracy[1] < 0.2
    assert 0.95 < accuracy[6] <= accuracy[8] == 1.0
