"""A file of worths (SQLite, write-ahead log): what was answered once is never asked again.

Answers are written in batches, one after the other: the keys of the questions, their worths, and a
seal over both and the name of their game. A batch is whole or absent, whoever is killed; several
processes may share a file, and no byte that was damaged becomes a number. Where an answer stands is
looked up in memory (`places`): keys are hashes, and a tree on disk of scattered keys would be
written anew with each batch.

    1   the first: numbers of games were used again, and seals knew no game
    2   a game's number is never used again; seals know their game; prints of named games

Files of the first format are read as they are, and become of the second when a game is entered.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

import numpy as np

from whence._core.arguments import check_fields
from whence._core.errors import OptionError, StoreError
from whence._core.types import Worths
from whence.engines.places import Keys
from whence.engines.store_file import PATIENCE, meaning, refuse_others
from whence.engines.store_schema import FORMAT, OURS, PRINTS, READABLE, TABLES, UPGRADE, knows
from whence.engines.store_values import instant, names, numbers, seal, sealed, told, typed

_WORK = 10**6, 20  # steps of SQLite's machine that a call may take: at least, and for each byte


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
        check_fields(self)


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


class PrunedError(StoreError):
    """Somebody pruned a game while it was asked."""


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

    __slots__ = ("db", "left", "names", "path", "version")

    def __init__(self, path: str | Path, *, new: bool = True) -> None:
        self.path, self.left = Path(path), _WORK[0]
        self.names: dict[int, str] = {}  # of the games that were entered through this object
        refuse_others(self.path, new=new)
        with self._told("opened"):
            self.db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                self.db.set_progress_handler(self._tired, 1000)
                self.version = self._prepare()
            except BaseException:
                self.db.close()
                raise

    def _prepare(self) -> int:
        self.db.execute("pragma synchronous = normal")  # a process may die at any moment
        self.db.execute("pragma trusted_schema = off")
        if self._state() == (0, 0, 0):
            self.db.execute("pragma journal_mode = wal")
            with self._writing():
                if self._state() == (0, 0, 0):  # nobody else was quicker
                    for statement in TABLES:
                        self.db.execute(statement)
                    self.db.execute(f"pragma application_id = {OURS}")
                    self.db.execute(f"pragma user_version = {FORMAT}")
        ours, version, _ = self._state()
        if ours != OURS:
            raise StoreError(
                f"{self.path} is another program's SQLite file. Nothing was written to it: give "
                "keep= a path of its own."
            )
        if version not in READABLE:
            age = "a newer" if version > FORMAT else "an older"
            raise StoreError(
                f"{self.path} was made by {age} whence (store format {version}, this one keeps "
                f"{FORMAT}). Nothing was changed: use that version, or keep= another file."
            )
        if not knows(self.db.execute("select type, name, sql from sqlite_master").fetchall()):
            raise sqlite3.DatabaseError("its tables are others")
        return version

    def _upgrade(self) -> None:
        """Bring the file to the format of now, which whoever opened it before keeps to as well."""
        with self._writing():
            if self._one("pragma user_version") != FORMAT:
                for statement in UPGRADE:
                    self.db.execute(statement)
                self.db.execute(f"pragma user_version = {FORMAT}")
        self.version = FORMAT

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
            for game in found:
                typed(game, int, str, str, str, str, str, str, instant, instant, int, int)
            return [Shelved(*g[:4], *(names(n) for n in g[4:6]), *g[6:]) for g in found]

    def enter(self, name: str, **about: Any) -> int:
        """The number of a game, which is put on the shelf when it is new.

        Args:
            name: its fingerprint, or what somebody calls it.
            **about: kind, asks, players, outputs and whence.

        Raises:
            StoreError: a game of this name with other players or outputs.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        players, outputs = (told(about[n]) for n in ("players", "outputs"))
        with self._told("written"):
            if self.version != FORMAT:
                self._upgrade()
            with self._writing():
                self.db.execute(
                    "insert or ignore into games "
                    "(name, kind, asks, players, outputs, whence, made, used) "
                    "values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(name, about["kind"], about["asks"], players, outputs, about["whence"]),
                        *(now, now),
                    ),
                )
                self.db.execute("update games set used = ? where name = ?", (now, name))
                found = self.db.execute(
                    "select id, players, outputs from games where name = ?", (name,)
                ).fetchone()
                game, *kept = typed(found, int, str, str)
        if kept != [players, outputs]:
            raise StoreError(
                f"{self.path} holds a game called {name!r} with other players or outputs "
                f"({kept[0][:80]}, {kept[1][:80]}): give this game a name of its own"
            )
        self.names[game] = name
        return int(game)

    def holds(self, game: int) -> bool:
        """Whether a game that was entered is still there: nobody pruned it since."""
        with self._told("read"):
            return self._named(game) == self.names.get(game)

    def batches(self, game: int, after: int) -> list[Batch]:
        """A game's batches that came after another."""
        with self._told("read"):
            found = self.db.execute(
                "select id, keys, rows from batches where game = ? and id > ? order by id",
                (game, after),
            ).fetchall()
            for i, keys, rows in found:
                typed((i, keys, rows), int, bytes, int)
                if i <= after or len(keys) % 16 or rows < 0:
                    raise sqlite3.DatabaseError(f"batch {i} is not as it was written")
                after = i
        return [Batch(i, np.frombuffer(k, "<i8").reshape(-1, 2), rows) for i, k, rows in found]

    def worths(self, batch: int, outputs: int, game: int | None = None) -> Worths:
        """The worths of a batch, [questions, outputs].

        Args:
            batch: its number.
            outputs: how many worths each question has.
            game: whose batch it is; by default the one that the batch names.

        Raises:
            StoreError: it is not as it was written, or another game's.
        """
        with self._told("read"):
            found = self.db.execute(
                "select game, questions, seal, keys, worths from batches where id = ?", (batch,)
            ).fetchone()
            if found is None:
                raise sqlite3.DatabaseError(f"batch {batch} is not there")
            whose, questions, *rest = typed(found, int, int, bytes, bytes, bytes)
            name = self._named(whose if game is None else game)
            if name is None or len(rest[1]) != 16 * questions or not sealed(name, *rest):
                raise sqlite3.DatabaseError(f"batch {batch} is not as it was written")
            return numbers(rest[2], (questions, outputs))

    def add(self, game: int, keys: Keys, worths: Worths, rows: int) -> int:
        """Keep a batch: all of it, or nothing. Gives its number.

        Args:
            game: its number.
            keys: of the questions.
            worths: the answers.
            rows: model rows that they took.

        Raises:
            PrunedError: the game that was entered under this number is not there any more.
        """
        both = keys.astype("<i8").tobytes(), worths.astype("<f8").tobytes()
        with self._told("written"), self._writing():
            name = self._named(game)
            if name is None or name != self.names.get(game, name):
                raise PrunedError(f"{self.path}: somebody pruned this game while it was asked")
            made = self.db.execute(
                "insert into batches (game, questions, rows, seal, keys, worths) "
                "values (?, ?, ?, ?, ?, ?)",
                (game, len(keys), rows, seal(name, *both), *both),
            )
        return int(made.lastrowid or 0)

    def remember(
        self,
        game: int,
        questions: Sequence[tuple[bytes, int, int, bytes]],
        prints: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what tells a named game from others; where something is kept already it stays.

        Args:
            game: its number.
            questions: to be asked again: (packed coalition, case, draw, worth).
            prints: of its parts.
        """
        with self._told("written"), self._writing():
            if prints and "prints" not in self._tables():
                self.db.execute(PRINTS)
            for table, rows in (("canaries", questions), ("prints", [*(prints or {}).items()])):
                has = self.db.execute(f"select 1 from {table} where game = ?", (game,))
                if not rows or has.fetchone():
                    continue
                gaps = ", ".join("?" for _ in (0, *rows[0]))
                self.db.executemany(
                    f"insert into {table} values ({gaps})", [(game, *row) for row in rows]
                )

    def remembered(self, game: int) -> list[tuple[bytes, int, int, bytes]]:
        """The questions that `remember` kept."""
        with self._told("read"):
            found = self.db.execute(
                "select coalition, place, draw, worth from canaries where game = ?", (game,)
            ).fetchall()
            return [typed(row, bytes, int, int, bytes) for row in found]

    def prints(self, game: int) -> dict[str, str]:
        """The prints that `remember` kept."""
        with self._told("read"):
            if "prints" not in self._tables():
                return {}
            found = self.db.execute("select part, print from prints where game = ?", (game,))
            return dict(typed(row, str, str) for row in found.fetchall())

    def drop(self, games: Sequence[int]) -> None:
        """Forget games, and give their room back to the disk."""
        with self._told("written"):
            with self._writing():
                rooms = self._tables() & {"batches", "canaries", "prints"}
                for table, column in (*((room, "game") for room in rooms), ("games", "id")):
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
            for batch, *found in self.db.execute(
                "select id, game, seal, keys, worths from batches"
            ):
                game, *rest = typed(found, int, bytes, bytes, bytes)
                if not sealed(self._named(game), *rest):
                    raise sqlite3.DatabaseError(f"batch {batch} is not as it was written")

    def _named(self, game: int) -> str | None:
        """The name of a game, if it is there."""
        found = self.db.execute("select name from games where id = ?", (game,)).fetchone()
        return None if found is None else str(*typed(found, str))

    def _tables(self) -> set[str]:
        found = self.db.execute("select name from sqlite_master where type = 'table'")
        return {str(name) for (name,) in found.fetchall()}

    def _one(self, statement: str) -> Any:
        return self.db.execute(statement).fetchone()[0]

    def _tired(self) -> bool:
        """Called by SQLite every thousand steps: whether it goes round in circles."""
        self.left -= 1000
        return self.left < 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, what is read is of one moment, whatever others write."""
        with self._told("read"):
            self.db.execute("begin")
            try:
                yield
            finally:
                if self.db.in_transaction:
                    self.db.execute("rollback")

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
            size = self.path.stat().st_size if self.path.exists() else 0
            self.left = _WORK[0] + _WORK[1] * size
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise StoreError(f"{self.path} could not be {what}: {meaning(error)}") from error
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(f"{self.path} could not be {what}: {error.strerror}") from error
