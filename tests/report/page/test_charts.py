"""Vega-Lite specifications: what each picture draws, read without a browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from whence.report import page
from whence.report.page import charts

EVERY = {
    "bars": charts.bars("adds (nats)"),
    "dots": charts.dots("adds (nats)", "feature"),
    "sides": charts.sides("adds (nats)", ("a", "b")),
    "numeric": charts.dependence("adds (nats)", numeric=True),
    "nominal": charts.dependence("adds (nats)", numeric=False),
    "waterfall": charts.waterfall("prediction (nats)"),
    "convergence": charts.convergence("adds (nats)"),
}


def layers(spec):
    return [{**spec, **layer} for layer in spec["layer"]]


def fields(layer):
    return {c.get("field") for c in layer["encoding"].values() if isinstance(c, dict)}


@pytest.mark.parametrize("name", EVERY)
def test_intervals_are_always_drawn(name):
    """Kills: a picture of values alone."""
    drawn = set().union(*(fields(layer) for layer in layers(EVERY[name])))
    assert {"low", "high"} <= drawn


@pytest.mark.parametrize("name", EVERY)
def test_the_axis_says_what_and_in_which_unit(name):
    assert "(nats)" in json.dumps(EVERY[name])


@pytest.mark.parametrize("name", EVERY)
def test_pictures_are_as_wide_as_the_page_and_name_their_data(name):
    """Kills: data that stands in the specification; a picture wider than a telephone."""
    spec = EVERY[name]
    assert spec["width"] == "container"
    for layer in layers(spec):
        assert "name" in layer["data"] or layer["data"]["values"] == [{}]


@pytest.mark.parametrize("name", EVERY)
def test_what_can_be_pointed_at_has_a_hint(name):
    marks = [layer["mark"] for layer in layers(EVERY[name])]
    assert any(mark.get("tooltip") == {"content": "data"} for mark in marks)


@pytest.mark.parametrize("name", EVERY)
def test_one_picture_fits_light_and_dark(name):
    """Kills: black ink on a dark page."""
    text = json.dumps([EVERY[name], charts.CONFIG])
    assert "black" not in text
    assert "#000" not in text.replace('"#0072b2"', "").replace('"#009e73"', "")


def test_players_stand_as_the_data_has_them():
    """Kills: Vega-Lite's own order, which is that of the alphabet."""
    for name in ("bars", "dots", "sides", "waterfall"):
        found = [c["encoding"]["y"] for c in EVERY[name]["layer"] if "y" in c["encoding"]]
        assert found
        assert all(y["sort"] is None for y in found)


DRAWN = """
const fs = require("fs"), [folder, specs] = JSON.parse(fs.readFileSync(0));
const load = (file, known) => {
  const module = { exports: {} };
  new Function("module", "exports", "require", fs.readFileSync(folder + file, "utf8"))(
    module, module.exports, name => known[name]);
  return module.exports;
};
const vega = load("vega.min.js", {}), lite = load("vega-lite.min.js", { vega });
for (const spec of specs) new vega.View(vega.parse(lite.compile(spec).spec));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
def test_names_of_properties_are_titles_too():
    """Kills: a title that Vega takes for a property of its own objects, and draws nothing."""
    script = (Path(page.__file__).parent / "assets" / "panels.js").read_text()
    (template,) = re.findall(r"encoding\.x\.title = column \? `(.*?)`", script)
    specs = []
    for name in ("maker", "constructor", "toString", "hasOwnProperty"):
        spec = json.loads(json.dumps(EVERY["numeric"])) | {"width": 300}
        for layer in spec["layer"]:
            if "x" in layer["encoding"]:
                layer["encoding"]["x"]["title"] = template.replace("${told.players[p]}", name)
        specs.append(spec)
    folder = f"{Path(page.__file__).parent / 'vega'}/"
    done = subprocess.run(
        ["node", "-e", DRAWN],
        input=json.dumps([folder, specs]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-300:]
