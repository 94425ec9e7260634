"""The folder is the registry."""

import json
from pathlib import Path

import whence.methods
from whence._attribute import named
from whence.cli.methods import _entry, entries


def test_every_method_in_the_folder_is_listed(run):
    got = run("methods")
    assert got.exit_code == 0
    for word in ("permutation", "exact", "Semivalue", "any game", "LeaveOneOut, FirstIn"):
        assert word in got.stdout


def test_json_names_files_that_are_there(run):
    told = json.loads(run("methods", "--json").stdout)["methods"]
    assert {"permutation", "exact"} <= {m["option"] for m in told}
    root = Path(whence.__file__).parents[1]
    for method in told:
        assert (root / method["file"]).is_file()
        assert method["about"].endswith(".")


def test_every_name_is_what_method_takes():
    for entry in entries():
        assert type(named(entry.option, None)).__name__ == entry.name


def test_a_method_whose_package_is_missing_says_so(monkeypatch):
    def missing(module):
        raise ModuleNotFoundError(name="torch")

    monkeypatch.setattr("whence.cli.methods.import_module", missing)
    entry = _entry("whence.methods.deep.lift", "Lift")
    assert entry is not None
    assert "pip install torch" in entry.about


def test_helpers_in_the_folder_are_no_methods():
    assert _entry("whence._core.method", "Outcome") is None
    assert _entry("whence._core.method", "AnytimeMethod") is None
