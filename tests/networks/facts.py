"""Recall as a sum of parts: a subject head, a relation head and one that is both.

A prompt is BOS, subject, relation, END. The subject's head writes everything that is known of the
subject, the relation's head everything that fits the relation; only their sum has one best answer.
The embedding says which kind a word is, and END asks each head for the kinds that it reads.

    logits of END = 3 (facts of the subject + facts of the relation + half of each)

After Chughtai, Cooney and Nanda (2024), "Summing up the facts": additive motif, mixed heads.
"""

import torch

from networks.handset import Transformer, axes, write

WORDS = ("BOS", "END", "Colosseum", "Alhambra", "is in the country of", "speaks the language of")
ANSWERS = ("Rome", "Italy", "Latin", "Spain", "France", "Granada", "Arabic")
KNOWN = {
    "Colosseum": ("Rome", "Italy", "Latin"),
    "Alhambra": ("Granada", "Spain", "Arabic"),
    "is in the country of": ("Italy", "Spain", "France"),
    "speaks the language of": ("Latin", "Arabic"),
}
SUBJECTS, RELATIONS = WORDS[2:4], WORDS[4:]
HEADS = ("subject", "relation", "mixed")
PLACE = {"subject": 1, "relation": 2}


def prompt(subject, relation):
    """Ids [1, 4]: BOS, subject, relation, END."""
    return torch.tensor([[WORDS.index(w) for w in ("BOS", subject, relation, "END")]])


def Facts(*, beta=30.0):  # noqa: N802
    """One layer of three heads, 4 positions, d = 14; the mixed head reads both halves; float64."""
    ax, d = axes(subject=1, relation=1, end=1, fact=len(ANSWERS), answer=len(ANSWERS))
    embed = torch.zeros(len(WORDS), d, dtype=torch.float64)
    embed[WORDS.index("END")] += ax["end"][:, 0]
    for word, facts in KNOWN.items():
        i = WORDS.index(word)
        embed[i] += ax["subject" if word in SUBJECTS else "relation"][:, 0]
        for fact in facts:
            embed[i] += ax["fact"][:, ANSWERS.index(fact)]
    asks = ax["end"] * beta
    heads = [
        (asks, key, ax["fact"], ax["answer"].T)
        for key in (ax["subject"], ax["relation"], ax["subject"] + ax["relation"])
    ]
    return write(
        Transformer(
            vocabulary=len(WORDS),
            words=len(ANSWERS),
            length=4,
            d_model=d,
            n_layers=1,
            n_heads=3,
            d_head=len(ANSWERS),
        ).double(),
        embed=embed,
        pos=torch.zeros(4, d),
        heads=[heads],
        unembed=ax["answer"] * 3.0,
    )
