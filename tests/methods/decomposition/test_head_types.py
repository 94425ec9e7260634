"""Types of heads, and the additive motif, on a network that recalls facts as a sum."""

from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from networks.facts import ANSWERS, PLACE, Facts, prompt  # noqa: E402
from networks.induction import ANSWERS as TOKENS  # noqa: E402
from networks.induction import CLEAN, Induction  # noqa: E402

import whence as wh  # noqa: E402
from whence._core.errors import OptionError, ResultError  # noqa: E402
from whence.models.hooked import HookedModel  # noqa: E402

COUNTRY, LANGUAGE = "is in the country of", "speaks the language of"
GROUPS = {name: [PLACE[name]] for name in ("subject", "relation")}


@cache
def network():
    return HookedModel(Facts())


@cache
def direct(answer, subject="Colosseum", relation=COUNTRY, **how):
    how = {"by_source": True} | how
    ids = prompt(subject, relation)
    return wh.methods.direct_logit(network(), ids, ANSWERS.index(answer), **how)


def every(subject="Colosseum", relation=COUNTRY, **how):
    return {answer: direct(answer, subject, relation, **how) for answer in ANSWERS}


@pytest.mark.parametrize(
    ("subject", "relation", "answer"),
    [
        ("Colosseum", COUNTRY, "Italy"),
        ("Colosseum", LANGUAGE, "Latin"),
        ("Alhambra", COUNTRY, "Spain"),
        ("Alhambra", LANGUAGE, "Arabic"),
    ],
)
def test_each_head_is_what_it_is(subject, relation, answer):
    found = wh.methods.head_types(direct(answer, subject, relation), GROUPS)
    assert found.names == ("0.0", "0.1", "0.2")
    assert found.types == ("subject", "relation", "mixed")
    wanted = [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]]
    np.testing.assert_allclose(found.shares, wanted, atol=1e-9)
    np.testing.assert_allclose(found.effects, [[3, 0, 0], [0, 3, 0], [1.5, 1.5, 0]], atol=1e-9)
    assert found.of("mixed") == ("0.2",)


def test_a_new_subject_moves_the_subject_s_part_alone():
    change = direct("Italy", "Alhambra") - direct("Italy", "Colosseum")
    loud = {n: v for n, v in zip(change.players.names, change.values[0, 0], strict=True)
            if abs(v) > 1e-9}  # fmt: skip
    assert loud == pytest.approx({"0.0 <- 1": -3, "0.2 <- 1": -1.5})


def test_heads_that_read_elsewhere_or_say_nothing():
    att = wh.methods.direct_logit(HookedModel(Induction()), CLEAN, *TOKENS, by_source=True)
    found = wh.methods.head_types(att, {"answer": [2]})
    assert dict(zip(found.names, found.types, strict=True)) == {
        "0.0": "neither",  # silent
        "0.1": "neither",  # next to nothing
        "1.0": "answer",
        "1.1": "neither",
    }
    found = wh.methods.head_types(att, {"begin": [0], "ask": [8]})
    assert found.types == ("neither",) * 4
    assert found.shares[2].tolist() == pytest.approx([0, 0, 1], abs=1e-9)


def test_the_ratio_is_where_mixed_begins():
    att = direct("Italy")
    groups = {"subject": [1], "relation": [2]}
    assert wh.methods.head_types(att, groups, ratio=1.0).types[2] in ("subject", "relation")
    assert wh.methods.head_types(att, {"both": [1, 2]}).types == ("both",) * 3


def test_words_and_frames():
    found = wh.methods.head_types(direct("Italy"), GROUPS)
    assert repr(found).splitlines() == [
        "head  type      subject  relation  elsewhere  adds",
        "0.0   subject   1.00     0.00      0.00       +3",
        "0.1   relation  0.00     1.00      0.00       +3",
        "0.2   mixed     0.50     0.50      0.00       +3",
    ]
    frame = found.to_frame()
    assert list(frame["type"]) == ["subject", "relation", "mixed"]
    assert frame["share subject"].tolist() == pytest.approx([1, 0, 0.5])
    with pytest.raises(OptionError, match="frames of 'abacus'"):
        found.to_frame("abacus")


@pytest.mark.parametrize(
    ("groups", "how", "said"),
    [
        ({}, {}, "groups are positions by name"),
        ({"a": [1, 2], "b": [2]}, {}, "position '2' stands in two groups"),
        ({"a": [9]}, {}, "no head reads position '9': the answer has positions 0 to 3"),
        (GROUPS, {"ratio": 0.5}, "ratio is a number from 1 upwards"),
    ],
)
def test_groups_that_make_no_sense(groups, how, said):
    with pytest.raises(OptionError, match=said):
        wh.methods.head_types(direct("Italy"), groups, **how)


def test_heads_that_were_not_split():
    with pytest.raises(ResultError, match=r"by_source=True"):
        wh.methods.head_types(direct("Italy", by_source=False), GROUPS)


# -- the additive motif --


def test_the_motif_by_hand():
    found = wh.methods.additive_motif(every(), "Italy")
    assert found.check == "additive motif"
    assert found.holds
    assert found.numbers == pytest.approx(
        {"parts": 4, "competitor sets": 2, "right alone": 0, "margin": 4.5, "gap": 0}, abs=1e-9
    )
    assert dict(zip(found.table["part"], found.table["raises too"], strict=True)) == {
        "0.0 <- 1": "Rome, Latin",
        "0.1 <- 2": "Spain, France",
        "0.2 <- 1": "Rome, Latin",
        "0.2 <- 2": "Spain, France",
    }


def test_a_wrong_answer_is_no_motif():
    found = wh.methods.additive_motif(every(), "Rome")
    assert not found.holds
    assert "the sum does not prefer the right answer" in found.words


def test_one_part_that_does_it_alone_is_no_motif():
    hooked = HookedModel(Induction(decoy=0.0))
    answers = {str(t): wh.methods.direct_logit(hooked, CLEAN, t) for t in TOKENS}
    found = wh.methods.additive_motif(answers, "2")
    assert not found.holds
    assert "fewer than two parts raise it" in found.words
    assert "most parts would give the right answer alone" in found.words


def test_heads_that_agree_are_no_motif():
    """Kills: votes for the same candidates taken for independent parts."""
    answers = {name: att.select(players=["0.0 <- 1", "0.2 <- 1"]) for name, att in every().items()}
    found = wh.methods.additive_motif(answers, "Italy")
    assert not found.holds
    assert "all parts raise the same competitors" in found.words
    assert "do not add up" in found.words  # some were left out


def test_candidates_that_make_no_sense():
    answers = every()
    with pytest.raises(OptionError, match="at least two"):
        wh.methods.additive_motif({"Italy": answers["Italy"]}, "Italy")
    with pytest.raises(OptionError, match=r"no candidate 'Itali'. Did you mean 'Italy'"):
        wh.methods.additive_motif(answers, "Itali")
    other = answers | {"Rome": direct("Rome", by_source=False)}
    with pytest.raises(ResultError, match="'Rome' was asked of other parts than 'Italy'"):
        wh.methods.additive_motif(other, "Italy")
