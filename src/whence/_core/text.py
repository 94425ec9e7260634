"""Other people's words, made safe to print: no terminal obeys them, no spreadsheet runs them.

Names of columns, labels, file names and what a model says of itself come from files that anybody
may have written. An escape in them would set a terminal's title, clear its screen or fill its
clipboard; a sign that turns the direction of writing would make one name look like another.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

_WRITTEN = (str, bytes, bool, int, float, complex, list, tuple, dict, set, frozenset)
_RUN = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


def clean(text: object) -> str:
    r"""One line that no terminal obeys: white space joined, control characters replaced.

    >>> clean("two\nlines"), clean("a\x1b[31mred")
    ('two lines', 'a�[31mred')
    """
    line = " ".join(str(text).split())
    if line.isprintable():  # nearly every name is, and there may be a hundred thousand
        return line
    return "".join(c if c.isprintable() else "�" for c in line)


def printable(text: str) -> str:
    r"""Several lines that no terminal obeys: as they are, but for control characters.

    >>> printable("two\n  lines\x1b[2J")
    'two\n  lines�[2J'
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else " " if c.isspace() else "�" for c in text)


def brief(value: object, most: int = 80) -> str:
    r"""What was given, for a message: short, and on one line.

    Plain values as they are written, of arrays and frames their shape, of all others the class.

    >>> brief("a\nb"), brief([1, 2]), brief(Exception), brief(lambda: 0)
    ("'a\\nb'", '[1, 2]', 'Exception (a class)', 'function')
    """
    kind, shape = type(value), getattr(value, "shape", None)
    if isinstance(value, type):
        return f"{value.__name__} (a class)"
    if isinstance(shape, tuple) and shape:
        return f"{kind.__module__.partition('.')[0]} {kind.__name__} of shape {tuple(shape)}"
    if not (value is None or kind in _WRITTEN or kind.__module__ == "numpy"):
        return kind.__name__
    return elide(clean(repr(value)), most)


def elide(text: str, most: int) -> str:
    """The head and the tail of a long text.

    >>> elide("mean_temperature_of_the_sea_2021", 20)
    'mean_tempera…ea_2021'
    """
    if len(text) <= most:
        return text
    tail = (most - 1) * 2 // 5
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def unformula(cell: object) -> object:
    """A cell of a CSV that no spreadsheet runs: words that begin as formulas do get an apostrophe.

    Numbers stay numbers, also those in words.

    >>> unformula("=1+1"), unformula(-1.5), unformula("-1.5"), unformula("age")
    ("'=1+1", -1.5, '-1.5', 'age')
    """
    if not isinstance(cell, str) or not cell.startswith(_RUN):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


@lru_cache(maxsize=64)
def told_apart(names: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Long names shortened so that they still differ.

    Of names that begin and end alike the middle stays, where they differ; what differs nowhere is
    numbered.

    >>> told_apart(("all in all, with the speed of it", "all in all, with the price of it"), 14)
    ('all …speed… it', 'all …price… it')
    >>> told_apart(("a", "b", "a"), 20)
    ('a', 'b', 'a (2)')
    """
    shorter = {name: elide(name, most) for name in dict.fromkeys(names) if len(name) > most}
    alike: dict[str, list[str]] = {}
    for name, label in shorter.items():
        alike.setdefault(label, []).append(name)
    for family in alike.values():
        if len(family) > 1:
            shorter |= zip(family, _differing(family, most), strict=True)
    return numbered([shorter.get(name, name) for name in names])


def numbered(labels: Iterable[str]) -> tuple[str, ...]:
    """Labels that differ: the second of one kind is "a (2)".

    >>> numbered(["a", "b", "a"])
    ('a', 'b', 'a (2)')
    """
    labels = list(labels)
    taken, seen = set(labels), dict[str, int]()
    different = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        one = label
        while seen[label] > 1 and (one := f"{label} ({seen[label]})") in taken:
            seen[label] += 1
        taken.add(one)
        different.append(one)
    return tuple(different)


def _differing(family: list[str], most: int) -> list[str]:
    """Names with one head and one tail, each with the middle that is its own."""
    head, tail = _ends(family, _whole_words)
    if not head and not tail:  # one long word each
        head, tail = _ends(family, str)
    if not head and not tail:  # no room for one letter of theirs
        return [elide(name, most) for name in family]
    own = tuple(name[len(head) : len(name) - len(tail)] for name in family)
    wide = min(max(map(len, own)), most * 3 // 5)
    return [_around(head, middle, tail, most) for middle in told_apart(own, wide)]


def _ends(family: list[str], cut: Callable[[str], str]) -> tuple[str, str]:
    """What names begin with, and what they all end with behind that."""
    head = cut(_shared(family))
    rest = [name[len(head) :][::-1] for name in family]
    return head, cut(_shared(rest))[::-1]


def _shared(texts: list[str]) -> str:
    """What all of them begin with: what the first and the last by the alphabet do."""
    first, last = min(texts), max(texts)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first[:same] if same is not None else first[: min(len(first), len(last))]


def _whole_words(shared: str) -> str:
    """What names share, up to the last letter that ends a word there."""
    end = len(shared)
    while end and shared[end - 1].isalnum():
        end -= 1
    return shared[:end]


def _around(head: str, middle: str, tail: str, most: int) -> str:
    """The middle, and as much of the head and the tail as there is room for."""
    room = max(most - len(middle), 0)
    before = min(len(head), max(room * 3 // 5, room - len(tail)))
    after = min(len(tail), room - before)
    left = head if before == len(head) else f"{head[: max(before - 1, 0)]}…"
    right = tail if after == len(tail) else f"…{tail[len(tail) - max(after - 1, 0) :]}"
    return f"{left}{middle}{right}"
