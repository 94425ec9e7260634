"""Code of the user's own is read: what was edited has another name."""

import functools
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from whence._core.fingerprint import fingerprint

GAME = """
import numpy as np
import whence as wh
from whence._core.fingerprint import fingerprint

RATE = {rate}

def helper(stay):
    return stay @ np.array([1.0, {weight}])

def worth(stay):
    return helper(stay) * RATE

class Mine(wh.Game):
    players = wh.Players(("a", "b"))
    @staticmethod
    def scaled(x):
        return x * {scale}
    def _worth(self, coalitions, cases, draws):
        return self.scaled(worth(coalitions))

print(fingerprint(wh.FunctionGame(worth, ("a", "b"))), fingerprint(Mine()))
"""


def names(folder, **told):
    script = folder / "script.py"
    script.write_text(
        textwrap.dedent(GAME).format(**{"rate": 1.0, "weight": 2.0, "scale": 1} | told)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_script_that_is_run_again_has_the_same_names(tmp_path):
    """Kills: names from addresses, lines or files; a refusal of what stands in __main__."""
    first = names(tmp_path)
    moved = tmp_path / "moved"
    moved.mkdir()
    assert names(tmp_path) == names(moved) == first


@pytest.mark.parametrize(
    ("edit", "changes"),
    [({"rate": 1.5}, (True, True)), ({"weight": 3.0}, (True, True)), ({"scale": 2}, (False, True))],
    ids=["a global", "a function that is called", "a method of the class"],
)
def test_an_edit_changes_the_name(edit, changes, tmp_path):
    """Kills: code that is told apart by its name alone."""
    before, after = names(tmp_path), names(tmp_path, **edit)
    assert tuple(b != a for b, a in zip(before, after, strict=True)) == changes


def closing(over):
    return lambda x: x + over


def recursive(n):
    return recursive(n - 1) if n else 0


def defaults(k=1, *, z=2):
    return k + z


class Base:
    def f(self):
        return 1


def test_what_makes_two_functions_one():
    assert fingerprint(closing(1)) == fingerprint(closing(1)) != fingerprint(closing(2))
    assert fingerprint(lambda x: x + 1) != fingerprint(lambda x: x + 2)
    assert fingerprint(lambda x: [lambda: x]) != fingerprint(lambda x: [lambda: -x])
    assert fingerprint(recursive) == fingerprint(recursive)
    assert fingerprint(defaults) != fingerprint(closing(1))
    assert fingerprint(np.linalg.norm) != fingerprint(np.linalg.det)


def test_defaults_count(monkeypatch):
    before = fingerprint(defaults)
    monkeypatch.setattr(defaults, "__kwdefaults__", {"z": 3})
    assert fingerprint(defaults) != before


def test_a_base_class_counts():
    def child(base):
        return type("Child", (base,), {})()

    class Other:
        def f(self):
            return 2

    assert fingerprint(child(Base)) != fingerprint(child(Other))


def test_a_function_behind_a_cache_is_read():
    """Kills: all cached functions of one name being one."""
    one, other = (functools.lru_cache(closing(k)) for k in (1, 2))
    assert fingerprint(one) != fingerprint(other)
