"""The page as people meet it, in Chromium.

Every test ends with what `driven` checks: the console is empty, and nothing was asked of a network.
"""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from whence._core.players import Players
from whence.recipes.compare import compare
from whence.report.numbers import decimals, number, typeset

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def driven(browser, tmp_path):
    """Opens an answer's page; at the end, nothing may have been said or asked."""
    heard, contexts = [], []

    def opened(att, *, drawn=True, **options):
        path = tmp_path / "page.html"
        path.write_text(att if isinstance(att, str) else att.to_html(), encoding="utf-8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda m: heard.append(m.text))
        page.on("pageerror", lambda e: heard.append(str(e)))
        page.on("request", lambda r: heard.append(r.url) if r.url != path.as_uri() else None)
        page.goto(path.as_uri())
        if drawn:
            page.wait_for_selector("figure.main:visible .live[data-drawn] svg", timeout=30_000)
            settled(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert heard == []


FOCUSED = "document.activeElement.textContent.trim() || document.activeElement.type"
NAMELESS = """
    [...document.querySelectorAll('button, select, input, [role=img], [role=region]')]
    .filter(x => x.checkVisibility())
    .filter(x => !(x.ariaLabel || x.textContent.trim() || x.labels?.length))
    .map(x => x.outerHTML)
"""


def settled(page):
    """Wait until no picture is waiting to be drawn."""
    page.wait_for_function(
        "[...document.querySelectorAll('.live:not([hidden])')].every(x => x.dataset.drawn)"
    )
    page.wait_for_timeout(250)


def unfolded(page, place):
    """The table beside a picture is made when it is opened."""
    page.locator(f"{place} summary").click()
    page.locator(f"{place} tbody th").first.wait_for()


def column(page, name):
    return page.locator(f"table.sortable:visible tbody tr:visible td.{name}").all_inner_texts()


def names(page):
    return page.locator("table.sortable:visible tbody tr:visible th").all_inner_texts()


def status(page):
    return page.locator("#status").text_content()


def shown(value, stderr):
    return typeset(number(value, decimals(np.array([value]), np.array([stderr]))[0]))


def test_opens_from_disk_with_pictures(driven, many):
    """Kills: a library that needs eval, which the page's own policy forbids."""
    page = driven(many)
    assert page.locator("svg.marks:visible").count() == 3
    assert page.locator(".still:visible").count() == 0
    assert page.title() == "What each feature adds to the model's prediction"


def test_sorting(driven, many):
    """Kills: sorting what is written instead of what is meant (minus signs, thousands)."""
    page = driven(many)
    page.get_by_role("button", name="adds on average").click()
    values = [float(t.replace("\N{MINUS SIGN}", "-")) for t in column(page, "value")]
    assert values == sorted(values, reverse=True)
    assert status(page) == "Sorted by adds on average, descending."
    page.get_by_role("button", name="adds on average").click()
    values = [float(t.replace("\N{MINUS SIGN}", "-")) for t in column(page, "value")]
    assert values == sorted(values)
    page.get_by_role("button", name="feature", exact=True).click()
    assert names(page) == ["age", "colour", "fee"]
    assert page.locator("th[aria-sort]:visible").count() == 1


def test_searching(driven, many):
    page = driven(many)
    page.locator("input[type=search]:visible").fill("  COL")
    assert names(page) == ["colour"]
    assert status(page) == "1 feature shown."
    assert page.locator(".count:visible").text_content() == "1 of 3 features"
    page.locator("input[type=search]:visible").fill("")
    assert len(names(page)) == 3


def test_a_player_leads_to_its_cases(driven, many):
    """Kills: a panel of another player, or one that says nothing to who cannot see it."""
    page = driven(many)
    page.locator("tr:visible").get_by_role("button", name="colour").click()
    settled(page)
    one = many.mean()["colour"]
    said = page.locator("#player .said").text_content()
    assert said.startswith(f"colour: 80 cases, on average {shown(one.value, one.stderr)} log-odds")
    assert status(page) == "Showing the cases of colour."
    assert page.evaluate("document.activeElement.id") == "player-head"
    assert page.locator("#who").input_value() == "2"
    unfolded(page, "#player")
    page.locator("#who").select_option("age")
    assert "1 case without a value" in page.locator("#player .said").text_content()
    page.locator("#who").select_option("colour")
    twin = page.locator("#player tbody tr")
    assert twin.count() == 80
    value, stderr = many.values[3, 0, 2], many.stderr[3, 0, 2]
    assert twin.nth(3).locator("td").all_inner_texts()[:2] == ["blue", shown(value, stderr)]


def test_a_case_leads_to_its_waterfall(driven, many):
    page = driven(many)
    unfolded(page, "#player")
    page.get_by_role("button", name="row 103").click()
    settled(page)
    assert status(page) == "Showing row 103."
    said = page.locator("#case .said").text_content()
    assert said.startswith("row 103: from \N{MINUS SIGN}0.5000 with no feature to ")
    assert page.locator("#case svg.marks .mark-text.role-mark text").count() == 3
    unfolded(page, "#case")
    order = np.argsort(-np.abs(many.values[3, 0]))
    told = page.locator("#case tbody th").all_inner_texts()
    assert told == [many.players.names[i] for i in order]
    page.get_by_role("button", name="Next").click()
    assert page.locator("#which").input_value() == "4"


def test_a_dot_is_a_case(driven, many):
    """Kills: pictures that cannot be asked."""
    page = driven(many)
    page.locator("#player svg .mark-symbol path").nth(11).click(force=True)
    settled(page)
    assert status(page) == "Showing row 112."  # row 107 has no age, and no dot


def test_a_player_without_numbers_has_dots_too(driven, many):
    """Kills: dots that vanish, and players that change places, where a value has no colour."""
    page = driven(many)
    assert page.locator("figure.main:visible .mark-symbol.layer_1_marks path").count() == 240
    told = page.locator("figure.main:visible .role-axis-label text").all_text_contents()
    assert [t for t in told if t in many.players.names] == names(page)
    pale = page.locator("figure.main:visible .mark-symbol path[fill='var(--pale)']")
    assert pale.count() == 80 + 1  # colours are words, and one age is missing


def test_the_pointer_finds_value_interval_and_cost(driven, many):
    page = driven(many)
    page.get_by_role("button", name="Bars").click()
    settled(page)
    page.locator("figure.main:visible .mark-rect path").first.hover(force=True)
    hint = page.locator("#vg-tooltip-element.visible")
    hint.wait_for()
    one = many.mean()["age"]
    text = hint.inner_text()
    assert shown(one.value, one.stderr) in text
    assert "95 % interval" in text
    assert "cost of all" in text
    assert "1,200 questions, 98,000 model rows" in text


@pytest.mark.parametrize("by", ["category", "range"])
def test_a_subgroup_has_its_own_mean_and_interval(driven, many, by):
    """Kills: the normal quantile for Student's t, m for m - 1, or the noise added twice."""
    page = driven(many)
    if by == "category":
        page.locator("#by").select_option("colour")
        page.locator("#level").select_option("red")
        inside = np.flatnonzero(many.data["colour"] == "red")
    else:
        page.locator("#by").select_option("age")
        page.locator("#low").fill("35")
        page.locator("#high").fill("38.5")
        page.locator("#high").press("Tab")
        age = many.data["age"]
        inside = np.flatnonzero((age >= 35) & (age <= 38.5))
    settled(page)
    assert f"{len(inside)} of 80 cases: " in page.locator("#members").text_content()
    assert status(page) == page.locator("#members").text_content()
    part = many.select(case=inside.tolist()).mean()
    low, high = part.ci()
    places = decimals(part.values[0, 0], part.stderr[0, 0])
    told = dict(
        zip(
            names(page),
            zip(column(page, "value"), column(page, "interval"), strict=True),
            strict=True,
        )
    )
    for i, name in enumerate(many.players.names):
        wanted = [typeset(number(float(x[0, 0, i]), places[i])) for x in (part.values, low, high)]
        assert told[name] == (wanted[0], f"{wanted[1]} … {wanted[2]}")
    page.get_by_role("button", name="Show all cases").click()
    assert column(page, "value")[0] == shown(many.mean()["age"].value, many.mean()["age"].stderr)


def test_what_the_cases_share_is_not_in_a_subgroup(driven, many):
    shared = {"background": np.full((1, 2, 3), 0.1)}
    page = driven(replace(many, shared=shared))
    page.locator("#by").select_option("colour")
    assert "Not in these intervals: background" in page.locator("#members").text_content()


def test_an_empty_subgroup_is_said(driven, many):
    page = driven(many)
    page.locator("#by").select_option("age")
    page.locator("#low").fill("1000")
    page.locator("#low").press("Tab")
    assert status(page) == "No case is in this subgroup: what is shown has not changed."


def test_outputs_can_be_switched(driven, many):
    page = driven(many)
    page.locator("#output").select_option("no")
    settled(page)
    one = many.mean().select(output="no")
    assert column(page, "value")[names(page).index("age")] == shown(
        one["age"].value, one["age"].stderr
    )
    assert status(page) == "Showing no."


def test_by_keyboard_alone(driven, many):
    """Kills: what can only be clicked; a focus that is lost on the way."""
    page = driven(many)
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "document.activeElement.textContent.trim() || document.activeElement.type"
            )
        )
        if seen[-1] == "fee":
            break
    assert seen[:1] == ["yesno"]
    assert {"Dots", "Bars", "search", "feature", "typical size"} <= set(seen)
    page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate("document.activeElement.id") == "player-head"
    assert page.locator("#who").input_value() == "1"


def test_everything_that_can_be_used_has_a_name(driven, many):
    page = driven(many)
    assert page.evaluate(NAMELESS) == []


def test_without_scripts(driven, many):
    """Kills: a table that scripts fill; a button that does nothing."""
    page = driven(many, drawn=False, java_script_enabled=False)
    assert page.locator("table.sortable:visible").count() == 2
    assert len(column(page, "interval")) == 6
    assert page.locator(".still svg[role=img]:visible").count() >= 2
    assert (
        page.locator("select:visible, input:visible, .live:visible, #player:visible").count() == 0
    )


def test_dark(driven, many):
    """Kills: dark letters on a dark page, in pictures too."""
    page = driven(many, color_scheme="dark")
    ink = page.evaluate(
        "getComputedStyle(document.querySelector('figure.main svg .role-axis-label text')).fill"
    )
    assert min(map(int, re.findall(r"\d+", ink)[:3])) > 150
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", paper)[:3])) < 60


def test_prints_in_ink_on_paper(driven, many):
    page = driven(many, color_scheme="dark")
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.locator(".tools:visible, .kinds:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.locator("figure.main svg:visible").count() == 1


def test_a_narrow_screen_has_no_sideways_page(driven, many):
    page = driven(many, viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_odd_answers_open(driven, odd):
    """Kills: NaN, no case, one player or a hostile name that stops the page."""
    page = driven(odd, drawn=bool(odd.players) and len(odd.values) > 0)
    assert page.locator("h1").count() == 1
    assert page.evaluate("window.stolen") is None


def test_hostile_names_stay_names(driven, make, many):
    """Kills: a name that ends a script, or becomes an element, in tables, pictures and hints."""
    bad = ["</script><script>stolen=1</script>", "<img src=x onerror=stolen=1>", 'a"b&c', "שלום 🙂"]
    cells = np.array([*bad, *bad], dtype=object)
    rng = np.random.default_rng(1)
    att = make(
        rng.normal(size=(8, 1, 4)),
        names=bad,
        question=many.question,
        data=dict.fromkeys(bad, cells),
    )
    page = driven(att)
    for name in bad:
        assert page.locator("tr:visible").get_by_role("button", name=name, exact=True).count() == 1
    page.locator("#by").select_option(bad[0])
    page.locator("#level").select_option(bad[1])
    page.locator("figure.main:visible .mark-symbol path").first.hover(force=True)
    settled(page)
    assert page.evaluate("window.stolen") is None
    assert bad[1] in page.locator("#members").text_content()


def test_a_run_shows_how_it_settled(driven, traced):
    page = driven(traced)
    page.wait_for_selector("#settling .live[data-drawn] svg")
    assert page.locator("#settling .mark-line path").count() == len(traced.players)


def test_differences_case_by_case(driven, many):
    """Kills: the difference of two means with the errors of two samples, in a subgroup."""
    rng = np.random.default_rng(2)
    other = replace(many, values=many.values * 0.9 + rng.normal(0, 0.05, many.values.shape))
    found = compare(many, other)
    page = driven(found.to_html(names=("spring", "autumn")))
    page.locator("#by").select_option("colour")
    settled(page)
    inside = np.flatnonzero(many.data["colour"] == "blue").tolist()
    part = compare(many.select(case=inside), other.select(case=inside)).difference
    age = names(page).index("age")
    each = (many.values - other.values)[inside, 0, 0]
    stderr = each.std(ddof=1) / np.sqrt(len(each))
    assert float(part.values[0, 0, 0]) == pytest.approx(each.mean())
    assert column(page, "value")[age] == shown(each.mean(), stderr)
    digits = decimals(np.array([each.mean()]), np.array([stderr]))[0]
    mean = many.values[inside, 0, 0].mean()
    assert column(page, "a")[age] == typeset(number(mean, digits))
    page.get_by_role("button", name="Side by side").click()
    settled(page)
    assert "spring" in page.locator("figure.main:visible svg.marks").text_content()


@pytest.mark.parametrize("name", ["constructor", "toString", "hasOwnProperty"])
def test_a_feature_with_the_name_of_a_property(driven, many, name):
    """Kills: a picture that Vega cannot draw, since objects have a property of that name."""
    first, *others = many.players.names
    players = Players((name, *others), many.players.kind)
    page = driven(replace(many, players=players, data={**many.data, name: many.data[first]}))
    page.select_option("#who", "0")
    settled(page)
    assert page.locator("#player .live[data-drawn] svg").count() == 1
