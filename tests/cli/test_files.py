"""Whole files, or none."""

from pathlib import Path

import pytest

from whence import WhenceError
from whence.cli import files

from .typed import fail


def test_none_is_written_if_one_fails(tmp_path):
    def fails(path):
        path.write_text("half")
        raise OSError(28, "No space left on device", str(path))

    makers = {tmp_path / "a": lambda p: p.write_text("whole"), tmp_path / "b": fails}
    with pytest.raises(WhenceError, match="No space left"):
        files.write(makers)
    assert not list(tmp_path.iterdir())


def test_drafts_are_cleared_away_after_any_failure(tmp_path):
    def fails(path):
        path.write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        files.write({tmp_path / "a": fails})
    assert not list(tmp_path.iterdir())


def test_a_file_that_was_there_is_replaced(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    assert files.write({tmp_path / "a.csv": lambda p: p.write_text("new")}) == [tmp_path / "a.csv"]
    assert (tmp_path / "a.csv").read_text() == "new"


FILE = str(Path(__file__).parents[1] / "fixtures" / "explain-v2.whence")


def test_standard_output_gets_the_file_and_nothing_else(run):
    """Kills: a file called "-"; a table before the first line of the CSV."""
    for name in ("-", "/dev/stdout"):
        got = run("show", FILE, "--csv", name)
        assert got.exit_code == 0
        assert got.stdout.startswith("case,output,player,value")
        assert got.stderr == ""
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--parquet", "-"), "--parquet writes no text"),
        (("--csv", "-", "--json"), "--csv and --json both write to standard output"),
        (("--csv", "-", "--html", "/dev/stdout"), "--html and --csv both write to standard output"),
        (("--html", "-", "--open"), "--open shows a file"),
        (("--csv", "x" * 300), "File name too long"),
    ],
)
def test_what_standard_output_cannot_take(options, says, run):
    fail(run("show", FILE, *options), says)


def test_numbers_without_pandas(tmp_path, monkeypatch):
    import polars as pl

    class Result:
        def to_frame(self, backend):
            assert backend == "polars"
            return pl.DataFrame({"player": ["a"]})

    monkeypatch.setattr(files, "find_spec", lambda name: None)
    files.numbers(Result(), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "player\na\n"


def test_a_place_that_is_locked_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda place, mode: False)
    with pytest.raises(WhenceError, match="nothing may be written there"):
        files.check({"--out": tmp_path / "a.whence"})
