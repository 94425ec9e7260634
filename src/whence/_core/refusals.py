"""What several methods cannot be asked of, refused in the same words."""

from .errors import UnsupportedGameError
from .game import Game


def refuse_endless(game: Game, method: str, instead: str = "") -> None:
    """Refuse a game whose draws cannot all be taken.

    Args:
        game: what is asked.
        method: who refuses.
        instead: what to use, as a sentence.

    Raises:
        UnsupportedGameError: there is no end of draws.
    """
    if game.n_draws is None:
        refusal = f"{method} needs finitely many draws, and this game's draws never end. {instead}"
        raise UnsupportedGameError(refusal.rstrip())


INSTEAD = (
    "only the first so many of them can be asked, and credit is what each adds to those before it: "
    "index=wh.Shapley(), by Exact() or, where draws are many, by Permutation()"
)


def refuse_ordered(game: Game, method: str, why: str = INSTEAD) -> None:
    """Refuse players who can leave in one order only.

    Args:
        game: what is asked.
        method: who refuses.
        why: or what to do.

    Raises:
        UnsupportedGameError: the players are ordered.
    """
    if game.players.ordered:
        raise UnsupportedGameError(f"{method} does not know ordered players: {why}.")
