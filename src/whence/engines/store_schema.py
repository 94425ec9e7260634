"""The tables of a file of worths, by format."""

FORMAT = 2
READABLE = (1, 2)
OURS = 0x77686E63  # SQLite's application id: "whnc"
_GAMES = """create table games (
    id integer primary key, name text unique not null, kind text not null, asks text not null,
    players text not null, outputs text not null, whence text not null, made text not null,
    used text not null
)"""
_GAMES_NOW = _GAMES.replace("primary key", "primary key autoincrement")
_BATCHES = """create table batches (
    id integer primary key autoincrement, game integer not null, questions integer not null,
    rows integer not null, seal blob not null, keys blob not null, worths blob not null
)"""
_INDEX = "create index batches_of_games on batches (game, id, questions, rows)"
_CANARIES = """create table canaries (
    game integer not null, coalition blob not null, place integer not null, draw integer not null,
    worth blob not null
)"""
PRINTS = "create table prints (game integer not null, part text not null, print text not null)"

TABLES = (_GAMES_NOW, _BATCHES, _INDEX, _CANARIES)  # PRINTS, once a game has a name
# Games get numbers beyond all that stand anywhere: what a game that is gone left belongs to nobody.
UPGRADE = (
    "alter table games rename to games_before",
    _GAMES_NOW,
    "insert into games select * from games_before",
    "drop table games_before",
    "delete from sqlite_sequence where name = 'games'",
    """insert into sqlite_sequence select 'games', max(n) from (select max(id) as n from games
    union select max(game) from batches union select max(game) from canaries union select 0)""",
)


def knows(schema: list[tuple[str, str, str | None]]) -> bool:
    """Whether (type, name, statement) of everything in a file is as whence makes it.

    Views and triggers would run what somebody else wrote.
    """
    made = {_squeezed(sql) for _, _, sql in schema if sql is not None}
    now = {_squeezed(sql) for sql in ("create table sqlite_sequence(name,seq)", *TABLES)}
    first = now - {_squeezed(_GAMES_NOW)} | {_squeezed(_GAMES)}
    return made in (first, now, now | {_squeezed(PRINTS)})


def _squeezed(statement: object) -> str:
    return " ".join(str(statement).split()).lower()
