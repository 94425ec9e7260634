"""Each part alone is a tie, their sum the answer; a new subject moves its own part alone."""

import pytest

torch = pytest.importorskip("torch")
from networks.facts import ANSWERS, HEADS, PLACE, Facts, prompt  # noqa: E402
from networks.looking import inputs  # noqa: E402

COUNTRY, LANGUAGE = "is in the country of", "speaks the language of"


@torch.no_grad()
def sources(model, ids):
    """What each head adds to END's logits from each place: [head, place, answer]."""
    (attn,) = (layer.attn for layer in model.layers)
    q, k, v = (f(inputs(model, ids, [f])[0])[0] for f in (attn.q_proj, attn.k_proj, attn.v_proj))
    shares = []
    for h in range(len(HEADS)):
        at = slice(h * attn.d_head, (h + 1) * attn.d_head)
        pattern = (q[-1, at] @ k[:, at].T / attn.d_head**0.5).softmax(-1)
        written = pattern[:, None] * v[:, at] @ attn.o_proj.weight[:, at].T
        shares.append(written @ model.unembed.weight.T)
    return torch.stack(shares)


def best(logits):
    return {ANSWERS[i] for i in torch.nonzero(logits > logits.max() - 1e-6).flatten()}


@pytest.mark.parametrize(
    ("subject", "relation", "answer"),
    [
        ("Colosseum", COUNTRY, "Italy"),
        ("Colosseum", LANGUAGE, "Latin"),
        ("Alhambra", COUNTRY, "Spain"),
        ("Alhambra", LANGUAGE, "Arabic"),
    ],
)
def test_ties_add_up_to_the_answer(subject, relation, answer):
    model, ids = Facts(), prompt(subject, relation)
    found = sources(model, ids)
    assert (found.sum((0, 1)) - model(ids)[0, -1]).abs().max() < 1e-12
    assert best(model(ids)[0, -1]) == {answer}
    assert all(len(best(found[i].sum(0))) > 1 for i in (0, 1))
    assert len(best(found[2, PLACE["subject"]])) > 1


def test_heads_read_what_they_are_named_after():
    found = sources(Facts(), prompt("Colosseum", COUNTRY)).sum(-1)  # head, place
    share = found / found.sum(1, keepdim=True)
    assert share[0].tolist() == pytest.approx([0, 1, 0, 0], abs=1e-9)
    assert share[1].tolist() == pytest.approx([0, 0, 1, 0], abs=1e-9)
    assert share[2].tolist() == pytest.approx([0, 0.5, 0.5, 0], abs=1e-9)


def test_a_new_subject_moves_the_subjects_part_alone():
    model = Facts()
    moved = sources(model, prompt("Alhambra", COUNTRY)) - sources(
        model, prompt("Colosseum", COUNTRY)
    )
    size = moved.abs().amax(-1)  # head, place
    assert (size[:, PLACE["subject"]] > 1).tolist() == [True, False, True]
    assert size[:, [0, 2, 3]].max() < 1e-9
