"""A file of worths (SQLite, write-ahead log): what was answered once is never asked again.

Answers are written in batches, one after the other: the keys of the questions, their worths, and a
seal over both. A batch is whole or absent, whoever is killed; several processes may share a file,
and no byte that was damaged becomes a number. Where an answer stands is looked up in memory
(`places`): keys are hashes, and a tree on disk of scattered keys would be written anew with each
batch.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, StoreError
from whence._core.types import Worths
from whence.engines.places import Keys
from whence.engines.store_file import PATIENCE, meaning, refuse_others

FORMAT = 1
_OURS = 0x77686E63  # SQLite's application id: "whnc"
_TABLES = """
create table games (
    id integer primary key, name text unique not null, kind text not null, asks text not null,
    players text not null, outputs text not null, whence text not null, made text not null,
    used text not null
);
create table batches (
    id integer primary key autoincrement, game integer not null, questions integer not null,
    rows integer not null, seal blob not null, keys blob not null, worths blob not null
);
create index batches_of_games on batches (game, id, questions, rows);
create table canaries (
    game integer not null, coalition blob not null, place integer not null, draw integer not null,
    worth blob not null
)
"""


@final
@dataclass(frozen=True, slots=True)
class Batch:
    """Where a batch stands, without its worths.

    Attributes:
        id: its number in the file.
        keys: of its questions.
        rows: model rows that its worths took.
    """

    id: int
    keys: Keys
    rows: int


@final
@dataclass(frozen=True, slots=True)
class Store:
    """Where worths are kept, for `keep=`. A path alone does too.

    Args:
        path: of the file; it is made when there is none. On a disk of this machine.
        name: of the game, where its contents cannot be read; change it when the game changes.

    Raises:
        OptionError: not a path, or an empty name.
    """

    path: str | Path
    name: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, Path)) or not str(self.path):
            raise OptionError(f"a store is a path, such as 'run.db'; given {self.path!r}")
        if not isinstance(self.name, str):
            raise OptionError(f"the name of a game is text; given {self.name!r}")


@final
@dataclass(frozen=True, slots=True)
class Shelved:
    """What a store knows of a game.

    Attributes:
        id: its number in the file.
        name: its fingerprint, or the name that somebody gave it.
        kind: the class of the game.
        asks: the question in words.
        players: their names.
        outputs: theirs.
        whence: the version that made it.
        made: when; UTC.
        used: when it was last asked.
        worths: how many are kept.
        rows: model rows that they took.
    """

    id: int
    name: str
    kind: str
    asks: str
    players: tuple[str, ...]
    outputs: tuple[str, ...]
    whence: str
    made: str
    used: str
    worths: int
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@final
class Shelf:
    """An open file of worths.

    Args:
        path: of the file.
        new: make one where there is none.

    Raises:
        StoreError: not such a file, a damaged one, one of another format, or a folder that is not
            there.
    """

    __slots__ = ("db", "path")

    def __init__(self, path: str | Path, *, new: bool = True) -> None:
        self.path = Path(path)
        refuse_others(self.path, new=new)
        with self._told("opened"):
            self.db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self.db.close()
                raise

    def _prepare(self) -> None:
        self.db.execute("pragma synchronous = normal")  # a process may die at any moment
        if self._state() == (0, 0, 0):
            self.db.execute("pragma journal_mode = wal")
            with self._writing():
                if self._state() == (0, 0, 0):  # nobody else was quicker
                    for statement in _TABLES.split(";"):
                        self.db.execute(statement)
                    self.db.execute(f"pragma application_id = {_OURS}")
                    self.db.execute(f"pragma user_version = {FORMAT}")
        ours, version, _ = self._state()
        if ours != _OURS:
            raise StoreError(
                f"{self.path} is another program's SQLite file. Nothing was written to it: give "
                "keep= a path of its own."
            )
        if version != FORMAT:
            age = "a newer" if version > FORMAT else "an older"
            raise StoreError(
                f"{self.path} was made by {age} whence (store format {version}, this one keeps "
                f"{FORMAT}). Nothing was changed: use that version, or keep= another file."
            )

    def _state(self) -> tuple[int, int, int]:
        """Whose file it is, its format, and how many tables it has."""
        asked = "pragma application_id", "pragma user_version", "select count(*) from sqlite_master"
        whose, version, tables = (int(self._one(statement)) for statement in asked)
        return whose, version, tables

    def close(self) -> None:
        """Give the file back."""
        self.db.close()

    def games(self) -> list[Shelved]:
        """What is kept, oldest first."""
        with self._told("read"):
            found = self.db.execute(
                "select id, name, kind, asks, players, outputs, whence, made, used, "
                "(select coalesce(sum(questions), 0) from batches where game = games.id), "
                "(select coalesce(sum(rows), 0) from batches where game = games.id) "
                "from games order by id"
            ).fetchall()
        return [Shelved(*g[:4], *(tuple(json.loads(n)) for n in g[4:6]), *g[6:]) for g in found]

    def enter(self, name: str, **told: Any) -> int:
        """The number of a game, which is put on the shelf when it is new.

        Args:
            name: its fingerprint, or what somebody calls it.
            **told: kind, asks, players, outputs and whence.

        Raises:
            StoreError: a game of this name with other players or outputs.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        players, outputs = (json.dumps(list(told[n])) for n in ("players", "outputs"))
        with self._told("written"), self._writing():
            self.db.execute(
                "insert or ignore into games "
                "(name, kind, asks, players, outputs, whence, made, used) "
                "values (?, ?, ?, ?, ?, ?, ?, ?)",
                (name, told["kind"], told["asks"], players, outputs, told["whence"], now, now),
            )
            self.db.execute("update games set used = ? where name = ?", (now, name))
            game, *kept = self.db.execute(
                "select id, players, outputs from games where name = ?", (name,)
            ).fetchone()
        if kept != [players, outputs]:
            raise StoreError(
                f"{self.path} holds a game called {name!r} with other players or outputs "
                f"({kept[0][:80]}, {kept[1][:80]}): give this game a name of its own"
            )
        return int(game)

    def batches(self, game: int, after: int) -> list[Batch]:
        """A game's batches that came after another."""
        with self._told("read"):
            found = self.db.execute(
                "select id, keys, rows from batches where game = ? and id > ? order by id",
                (game, after),
            ).fetchall()
        return [Batch(i, np.frombuffer(k, "<i8").reshape(-1, 2), rows) for i, k, rows in found]

    def worths(self, batch: int, outputs: int) -> Worths:
        """The worths of a batch, [questions, outputs].

        Raises:
            StoreError: it is not as it was written.
        """
        with self._told("read"):
            found = self.db.execute(
                "select questions, seal, keys, worths from batches where id = ?", (batch,)
            ).fetchone()
            if found is None or found[1] != _seal(*found[2:]):
                raise sqlite3.DatabaseError(f"batch {batch} is not as it was written")
        return np.frombuffer(found[3], "<f8").reshape(found[0], outputs)

    def add(self, game: int, keys: Keys, worths: Worths, rows: int) -> int:
        """Keep a batch: all of it, or nothing. Gives its number.

        Args:
            game: its number.
            keys: of the questions.
            worths: the answers.
            rows: model rows that they took.
        """
        both = keys.astype("<i8").tobytes(), worths.astype("<f8").tobytes()
        with self._told("written"), self._writing():
            made = self.db.execute(
                "insert into batches (game, questions, rows, seal, keys, worths) "
                "values (?, ?, ?, ?, ?, ?)",
                (game, len(keys), rows, _seal(*both), *both),
            )
        return int(made.lastrowid or 0)

    def remember(self, game: int, questions: Sequence[tuple[bytes, int, int, bytes]]) -> None:
        """Keep questions to ask again: (packed coalition, case, draw, worth)."""
        with self._told("written"), self._writing():
            self.db.executemany(
                "insert into canaries values (?, ?, ?, ?, ?)", [(game, *q) for q in questions]
            )

    def remembered(self, game: int) -> list[tuple[bytes, int, int, bytes]]:
        """What `remember` kept."""
        with self._told("read"):
            return self.db.execute(
                "select coalition, place, draw, worth from canaries where game = ?", (game,)
            ).fetchall()

    def drop(self, games: Sequence[int]) -> None:
        """Forget games, and give their room back to the disk."""
        with self._told("written"):
            with self._writing():
                for table, column in (("batches", "game"), ("canaries", "game"), ("games", "id")):
                    self.db.executemany(
                        f"delete from {table} where {column} = ?", [(game,) for game in games]
                    )
            self.db.execute("vacuum")

    def check(self) -> None:
        """Read the whole file.

        Raises:
            StoreError: some of it is damaged.
        """
        with self._told("read"):
            said = self._one("pragma quick_check(1)")
            if said != "ok":
                raise sqlite3.DatabaseError(said)
            for batch, seal, keys, worths in self.db.execute(
                "select id, seal, keys, worths from batches"
            ):
                if seal != _seal(keys, worths):
                    raise sqlite3.DatabaseError(f"batch {batch} is not as it was written")

    def _one(self, statement: str) -> Any:
        return self.db.execute(statement).fetchone()[0]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all or nothing."""
        self.db.execute("begin immediate")
        try:
            yield
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("rollback")
            raise
        self.db.execute("commit")

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """SQLite's errors, in words that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} could not be {what}: {meaning(error)}") from error


def _seal(keys: bytes, worths: bytes) -> bytes:
    return hashlib.blake2b(keys + worths, digest_size=16).digest()
