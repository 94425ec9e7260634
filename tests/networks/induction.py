"""Two hand-set transformers that continue a pattern: one head looks back, one head uses it.

Head 0.0 writes at each token what stood before it; head 1.0 looks for the token that stood behind
this token's likeness, and predicts it. Neither is of use without the other.
Heads 0.1 and 1.1 have no part in it.

- `Induction`: two prompts that differ in two swapped tokens have opposite answers.
  Soft at beta = 2; at beta = 30 no gradient passes its attention.
- `Sink`: a head that finds nothing rests on the first token, so that the mechanism is an AND.

Facts that hold of each stand in test_induction.py.
"""

import torch

from networks.handset import Transformer, axes, write

# 0 begins; 1 is followed by 2, or by 4 once 1 and 3 have changed places. The last token asks: 1?
CLEAN = torch.tensor([[0, 1, 2, 6, 3, 4, 5, 6, 1]])
CORRUPTED = torch.tensor([[0, 3, 2, 6, 1, 4, 5, 6, 1]])
ANSWERS = (2, 4)


def _one_back(length):
    """[query, key]: position i asks for i - 1."""
    return torch.diag(torch.ones(length - 1, dtype=torch.float64), -1)


def Induction(*, decoy=0.02, beta=30.0, seed=1):  # noqa: N802  # reads as the class it makes
    """7 words, 9 positions, d = 30; float64.

    Args:
        decoy: how loud heads 0.1 and 1.1 are; at 0 they are silent.
        beta: how sharp attention is.
        seed: of the decoys.
    """
    V, T = 7, 9
    ax, d = axes(token=V, before=V, after=V, place=T)
    shift = _one_back(T)
    shift[0, 0] = 1.0
    alike = ax["token"].clone()
    alike[0] = 0.0  # the beginning asks for nothing
    draws = torch.Generator().manual_seed(seed)

    def random():
        q, k, o = (torch.randn(d, w, generator=draws, dtype=torch.float64) for w in (4, 4, d))
        return q * 0.3, k * 0.3, o * decoy, torch.eye(d, dtype=torch.float64)

    back = ax["place"] @ shift * beta, ax["place"], ax["token"], ax["before"].T
    go_on = alike * beta, ax["before"], ax["token"], ax["after"].T * 5.0
    return write(
        Transformer(
            vocabulary=V, words=V, length=T, d_model=d, n_layers=2, n_heads=2, d_head=d
        ).double(),
        embed=ax["token"].T,
        pos=ax["place"].T,
        heads=[[back, random()], [go_on, random()]],
        unembed=ax["after"],
    )


SINK_WORDS = 12


def Sink(*, beta=30.0, seed=1):  # noqa: N802
    """12 words and a first token (id 12), 26 positions; heads 0.1 and 1.1 write 0; float64."""
    V, T = SINK_WORDS, 2 * SINK_WORDS + 2
    ax, d = axes(token=V, first=1, place=T, before=V, after=V)
    shift = _one_back(T)
    shift[1] = 0.0  # nothing but the first token stands before it
    # Any token scores beta / 2 with the first: it wins whenever nothing scores beta.
    rest = (ax["token"].sum(1, keepdim=True) + ax["first"]) * beta / 2
    draws = torch.Generator().manual_seed(seed)

    def silent():
        q, k, v = (torch.randn(d, 4, generator=draws, dtype=torch.float64) * 0.3 for _ in range(3))
        return q, k, v, torch.zeros(4, d, dtype=torch.float64)

    def found(query, key, into):
        return (
            torch.cat([query * beta, rest], 1),
            torch.cat([key, ax["first"]], 1),
            ax["token"],
            into.T,
        )

    back = found(ax["place"] @ shift, ax["place"], ax["before"])
    go_on = found(ax["token"], ax["before"], ax["after"])
    return write(
        Transformer(
            vocabulary=V + 1, words=V, length=T, d_model=d, n_layers=2, n_heads=2, d_head=T + 1
        ).double(),
        embed=torch.cat([ax["token"], ax["first"]], 1).T,
        pos=ax["place"].T,
        heads=[[back, silent()], [go_on, silent()]],
        unembed=ax["after"] * 10.0,
    )


def repeated(n=16, seed=3):
    """Sequences [n, 25]: the first token, then a permutation of the words, twice."""
    draws = torch.Generator().manual_seed(seed)
    halves = torch.stack([torch.randperm(SINK_WORDS, generator=draws) for _ in range(n)])
    return torch.cat([torch.full((n, 1), SINK_WORDS), halves, halves], 1)


def continued(logits, ids):
    """The log-probability of each next word in the second half, averaged; [batch]."""
    at = SINK_WORDS + 1
    said = logits[:, at:-1].log_softmax(-1)
    return said.gather(-1, ids[:, at + 1 :, None])[..., 0].mean(-1)
