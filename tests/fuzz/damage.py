"""What goes wrong with a file: bits, bytes, numbers, lines, lengths, ends, pieces of other files.

The members of a zip are damaged inside it, and the zip is made anew: a checksum would see the rest.
"""

import importlib
import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_EXTREMES = [0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1]
_LONG = [*_EXTREMES, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
_WORDS = [
    *["", "0", "1", "-1", "-2", "2", "7", "0.5", "-0.0", "nan", "inf", "-inf", "1e308", "1e-320"],
    *["1e999", "2147483647", "2147483648", "-2147483648", "4294967295", "99999999999999999999"],
    *["1000000000", "true", "null", "[]", "{}", '""', "a", "1 2", "\0", "é"],
]
_WORD = re.compile(rb'"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|[A-Za-z_]+')


@dataclass(frozen=True)
class Reader:
    """A reader under test.

    Attributes:
        corpus: good files, as bytes.
        read: reads the bytes of one file and uses what it read.
    """

    corpus: Sequence[bytes]
    read: Callable[[bytes], None]


def found(target: str) -> Callable[[], Reader]:
    """The function that "module:function" names."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def damage(corpus: Sequence[bytes], key: str) -> bytes:
    """One of these files, damaged in a way that is a function of the key."""
    chance = random.Random(key)
    raw = chance.choice(corpus)
    for _ in range(1 if chance.random() < 0.7 else chance.randint(2, 4)):
        raw = _once(raw, corpus, chance)
    return raw


def _once(raw: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    if raw[:2] == b"PK" and chance.random() < 0.9:
        try:
            return _inside(raw, corpus, chance)
        except Exception:  # its zip is damaged already
            return _bytes(raw, corpus, chance)
    if _is_text(raw) and chance.random() < 0.8:
        return _text(raw, chance)
    return _bytes(raw, corpus, chance)


def _inside(raw: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """Another zip, one of whose members is damaged."""
    with zipfile.ZipFile(io.BytesIO(raw)) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
        packed = {info.filename: info.compress_type for info in old.infolist()}
    names = sorted(members)
    texts = [n for n in names if _is_text(members[n])]
    name = chance.choice(texts if texts and chance.random() < 0.6 else names)
    members[name] = _once(members[name] or b"\0", [*members.values(), *corpus], chance)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for each, content in members.items():
            new.writestr(zipfile.ZipInfo(each), content, packed[each])
    return made.getvalue()


def _is_text(raw: bytes) -> bool:
    start = raw[:512]
    return bool(start) and sum(b in b"\t\n\r" or 32 <= b < 127 for b in start) == len(start)


def _text(raw: bytes, chance: random.Random) -> bytes:
    """Damage that leaves words and lines to be read."""
    kind = chance.choice(["digit", "word", "word", "swap", "copy", "line", "twice", "gone", "byte"])
    if kind in {"line", "twice"}:
        lines = raw.split(b"\n")
        at, other = (chance.randrange(len(lines)) for _ in range(2))
        if kind == "line":
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at : at + 1] = [lines[at]] * chance.choice([0, 0, 2])
        return b"\n".join(lines)
    if kind == "byte":
        at = chance.randrange(len(raw))
        return (
            raw[:at]
            + bytes([chance.choice(b"\0\n=,:[]{}\"' -\xff")])
            + raw[at + chance.randint(0, 1) :]
        )
    words = list(_WORD.finditer(raw))
    if not words:
        return _bytes(raw, [raw], chance)
    one = chance.choice(words)
    if kind == "digit":
        at = chance.randrange(one.start(), one.end())
        return raw[:at] + bytes([chance.choice(b"0123456789")]) + raw[at + 1 :]
    new = {"word": chance.choice(_WORDS).encode(), "gone": b""}.get(kind)
    if new is None:
        new = chance.choice(words).group()
    return raw[: one.start()] + new + raw[one.end() :]


def _bytes(raw: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """Damage of any file."""
    size = max(len(raw), 1)
    at = chance.randrange(size)
    kind = chance.choice(
        ["bit", "byte", "byte", "number", "number", "cut", "gone", "twice", "zeros", "splice"]
    )
    if kind == "bit" and raw:
        return raw[:at] + bytes([raw[at] ^ (1 << chance.randrange(8))]) + raw[at + 1 :]
    if kind == "byte":
        return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
    if kind == "number":
        wide = chance.choice([1, 2, 4, 4, 8])
        number = chance.choice(_LONG) % (1 << 8 * wide)
        return raw[:at] + number.to_bytes(wide, chance.choice(["little", "big"])) + raw[at + wide :]
    if kind == "cut":
        return raw[:at]
    end = min(size, at + int(2 ** (chance.random() * 10)))
    if kind == "gone":
        return raw[:at] + raw[end:]
    if kind == "twice":
        return raw[:end] + raw[at:end] + raw[end:]
    if kind == "zeros":
        return raw[:at] + bytes(end - at) + raw[end:]
    other = chance.choice(corpus)
    start = chance.randrange(max(len(other), 1))
    return raw[:at] + other[start : start + end - at] + raw[end:]
