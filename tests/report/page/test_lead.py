"""The answer in a sentence or two."""

import numpy as np

from whence.report.page.lead import lead


def test_a_loss(churn):
    assert lead(churn) == (
        "tenure_months brings most: 0.1124 nats (95 % interval 0.1071 … 0.1177); then contract "
        "(0.0833) and monthly_fee (0.0312). 1 of 5 features cannot be told from nothing."
    )


def test_effects_of_both_signs_are_told_by_their_size(rows60):
    """Kills: the largest mean, which is near nothing where signs cancel."""
    assert lead(rows60).startswith("age has the largest typical effect: 0.")


def test_one_player(make):
    assert lead(make([0.01], 0.1)).endswith(" It cannot be told from nothing.")


def test_unknown_errors_claim_nothing(make):
    """Kills: 'cannot be told from nothing' where nobody asked how sure it is."""
    told = lead(make([2.0, -1.0], np.nan, uncertainty="unquantified"))
    assert "interval" not in told
    assert "nothing" not in told


def test_several_outputs_are_named(make):
    assert lead(make(np.ones((1, 2, 2)), outputs="ab"), 1).startswith("For output b, x0 ")


def test_only_numbers_have_minus_signs(make, rows60):
    """Kills: log-odds and names typeset as numbers."""
    told = lead(make([-2.0, 1.0], names=["a-b", "c"], question=rows60.question))
    assert told.startswith("a-b has the largest value: \N{MINUS SIGN}2.000 log-odds")
