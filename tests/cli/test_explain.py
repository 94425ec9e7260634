"""One prediction, or many."""

import json

import numpy as np
import pytest

import whence as wh

from .typed import fail

ASK = ("explain", "churn.skops", "holdout.csv", "--background", "train.csv", "--drop", "left")


def test_a_table_for_each_of_a_few_rows(desk, run):
    got = run(*ASK, "--row", 7, "--row", 3, "--row", 7, "--output", "1", "--out", "e.whence")
    assert got.exit_code == 0
    assert [w for w in got.stdout.splitlines() if w.startswith("Row ")] == ["Row 7", "Row 3"]
    assert "2 rows of holdout.csv" in got.stderr
    saved = wh.load("e.whence")
    assert saved.provenance["rows"] == [7, 3]
    assert np.allclose(saved.gap, 0)


def test_the_rows_are_those_that_were_typed(desk, run):
    """Mutant killed: the first rows in place of those asked for."""
    every = json.loads(run(*ASK, "--json", "-q", "--evaluations", 800).stdout)
    one = json.loads(run(*ASK, "--row", 42, "--json", "-q").stdout)
    assert np.allclose(one["full"][0], every["full"][42], rtol=1e-9)
    assert not np.allclose(one["full"][0], every["full"][0], rtol=1e-3)


def test_many_rows_are_averaged_and_the_hint_says_so(desk, run):
    got = run(*ASK, "--output", "1", "--evaluations", 2000)
    assert "Row " not in got.stdout
    assert "--row N shows one row (100 were asked, the mean is shown)" in got.stderr


def test_all_outputs_by_default_one_by_name_or_position(desk, run):
    ask = (*ASK, "--row", 0, "--json", "-q")
    assert json.loads(run(*ask).stdout)["outputs"] == ["0", "1"]
    assert json.loads(run(*ask, "--output", "1").stdout)["outputs"] == ["1"]
    fail(run(*ask, "--output", "yes"), "no output 'yes'", "'0', '1'")


def test_an_output_by_position(desk, run):
    (desk / "two_targets.py").write_text(
        "import numpy as np\ndef model(X): return np.asarray(X, float)[:, :2]\n"
    )
    ask = ("explain", "two_targets:model", *ASK[2:], "--row", 0, "--json", "-q")
    both, one = (json.loads(run(*ask, *more).stdout) for more in ((), ("--output", "1")))
    assert one["outputs"] == both["outputs"][1:]


@pytest.mark.parametrize("name", ["Banzhaf", "leave-one-out", "first_in"])
def test_an_index_by_name(desk, run, name):
    got = json.loads(run(*ASK, "--row", 0, "--index", name, "--json", "-q").stdout)
    assert got["index"]["name"].lower() == name.replace("-", "").replace("_", "").lower()


def test_a_method_by_the_name_of_its_file(desk, run):
    ask = (*ASK, "--row", 0, "--json", "-q", "--evaluations", 400)
    assert json.loads(run(*ask, "--method", "permutation").stdout)["method"] == "Permutation"
    fail(run(*ask, "--method", "permutations"), "Did you mean 'permutation'?")
    fail(run(*ask, "--index", "Banzaf"), "Did you mean 'Banzhaf'?")


def test_a_row_that_is_not_there(desk, run):
    fail(run(*ASK, "--row", 100, "-q"), "no row 100", "0 to 99")
    assert run(*ASK, "--row", -1).exit_code == 2


def test_a_background_is_needed(desk, run):
    got = run("explain", "churn.skops", "holdout.csv")
    assert got.exit_code == 2
    assert "--background" in got.stderr


def test_the_target_left_in_is_named(desk, run):
    fail(run(*ASK[:-2], "-q"), "'left'", "--drop COLUMN")
