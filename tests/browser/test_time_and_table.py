"""Time bar, filters and table: they agree, nothing undated is lost, and the address keeps them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import TimeoutError, expect

from mapper.views.filters import Filter, filtered
from mapper.webmap.rows import rows_of

import coded  # isort: skip

DATED, UNDATED = 8, 5
"""Incidents of the article below with and without a date."""


@pytest.fixture
def app(make_app, library):
    return make_app(library.url).open("/?article=w-mena-05")


def brush(app, start: float, end: float) -> None:
    """Drag over the bars between two shares of the chart's width.

    The chart listens only some time after it is drawn: a drag that nothing came of is repeated.
    """
    page = app.page
    canvas = page.get_by_test_id("stVegaLiteChart").locator("svg.marks")
    for _ in range(6):
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        y = box["y"] + box["height"] * 0.4
        page.mouse.move(box["x"] + box["width"] * start, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y + 2, steps=4)
        page.mouse.move(box["x"] + box["width"] * end, y, steps=4)
        page.mouse.up()
        try:
            page.get_by_text(re.compile("Time shown: ")).wait_for(timeout=20_000)
        except TimeoutError:
            continue
        return
    raise AssertionError("brushing the time bar filters nothing")


def test_brushing_the_time_bar_filters_and_keeps_the_undated(app):
    page = app.page
    expect(page.get_by_text(f"{UNDATED} incidents without a date stay.")).to_be_visible()
    named = page.get_by_test_id("stVegaLiteChart").locator("svg.marks text", has_text="Oct 2019")
    expect(named.first).to_be_attached()
    days = named.all_text_contents()
    assert "28 Oct 2019" in days and len(set(days)) == len(days)
    brush(app, 0.7, 0.98)
    expect(page.get_by_text(re.compile("Time shown: "))).to_be_visible()
    page.wait_for_url(re.compile("start=2019-10-2[5-9]"))
    app.settled()
    shown = app.shown()
    assert UNDATED < shown < DATED + UNDATED
    assert app.headline().startswith(f"{shown} incidents of {DATED + UNDATED}")
    assert f"{UNDATED} without a date" in page.locator(".stApp").inner_text()

    # Without the undated, only what has a date within the brush is left, and it is said.
    page.get_by_role("button", name=re.compile("^Filters")).click()
    page.get_by_text("Show incidents without a date").click()
    expect(app.map.locator("[data-shown]")).to_have_attribute("data-shown", str(shown - UNDATED))
    expect(page.get_by_text(f"{UNDATED} incidents without a date are hidden.")).to_be_attached()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show all").click()
    expect(app.map.locator("[data-shown]")).to_have_attribute("data-shown", str(DATED + UNDATED))


def test_filters_reach_map_text_table_and_headline_alike(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05&kinds=protest&pane=table")
    assert app.shown() == 9
    assert app.headline().startswith("9 incidents of 13")
    expect(app.page.get_by_role("radio", name="Table (9)")).to_be_visible()
    expect(app.map.locator(".im-legend")).to_contain_text("Protest")
    expect(app.map.locator(".im-legend")).not_to_contain_text("Riot")
    expect(app.incident_of("beaten to death by the")).to_have_class(re.compile(r"\boff\b"))
    expect(app.page.locator('[role="gridcell"]', has_text="Riot")).to_have_count(0)
    expect(app.page.locator('[role="gridcell"]', has_text="Protest").first).to_be_attached()


def test_every_filter_by_word_and_choice_reaches_map_and_address(make_app, library):
    """Each alone, set and taken off again; what passes is as counted from the values."""
    document = next(d for d in coded.documents() if d["id"] == "w-mena-05")
    rows = rows_of([coded.analysis_of(document)])
    app = make_app(library.url).open("/?article=w-mena-05")
    page = app.page
    page.get_by_role("button", name=re.compile("^Filters")).click()

    def follows(**asked) -> None:
        count = len(filtered(rows, Filter(**asked)))
        expect(app.map.locator("[data-shown]")).to_have_attribute("data-shown", str(count))
        assert not asked or count < len(rows)
        if asked:
            page.wait_for_url(re.compile("&?".join(f"(?=.*{name}=)" for name in asked)))
        app.settled()

    for label, field, typed in (
        ("Place", "place", "nabatieh"), ("Who", "actor", "soldier"),
        ("Words in the quote", "text", "beaten to death"),
    ):  # fmt: skip
        box = page.get_by_role("textbox", name=label, exact=True)
        box.fill(typed)
        box.press("Enter")
        follows(**{field: typed})
        box.fill("")
        box.press("Enter")
        follows()
    for label, field, option, value in (
        ("What happened", "kinds", "Protest", "protest"),
        ("Did it happen?", "modalities", "Planned", "planned"),
        ("How precisely", "precisions", "A town or city", "city"),
    ):
        box = page.get_by_role("combobox", name=re.compile(re.escape(label)))
        box.fill(option)
        page.get_by_role("option", name=re.compile(f"^{option}")).first.click()
        follows(**{field: (value,)})
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Show all").click()
        follows()
        page.get_by_role("button", name=re.compile("^Filters")).click()
    for label, field, day in (("From", "start", "2019-10-28"), ("To", "end", "2019-10-25")):
        box = page.get_by_role("textbox", name=label, exact=True)
        box.fill(day)
        box.press("Enter")
        follows(**{field: day})
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Show all").click()
        follows()
        page.get_by_role("button", name=re.compile("^Filters")).click()


@pytest.mark.parametrize("left_by", ["Tab", "Enter", "a click into the form", "a click elsewhere"])
def test_dates_typed_one_after_the_other_all_count(make_app, library, left_by):
    """From, then at once To, however the field is left: nothing typed is lost."""
    app = make_app(library.url).open("/?article=w-mena-05")
    page = app.page
    page.get_by_role("button", name=re.compile("^Filters")).click()
    for label, typed in (("From", "20 Oct 2019"), ("To", "2019-10-25")):
        box = page.get_by_role("textbox", name=label, exact=True)
        box.click()
        page.keyboard.type(typed)
        if left_by == "a click into the form":
            page.get_by_role("textbox", name="Words in the quote").click()
        elif left_by != "a click elsewhere":
            page.keyboard.press(left_by)
        elif label == "To":
            page.mouse.click(700, 8)
    page.wait_for_url(re.compile("(?=.*start=2019-10-20)(?=.*end=2019-10-25)"))
    app.settled()
    document = next(d for d in coded.documents() if d["id"] == "w-mena-05")
    rows = rows_of([coded.analysis_of(document)])
    count = len(filtered(rows, Filter(start="2019-10-20", end="2019-10-25")))
    assert app.shown() == count < DATED + UNDATED
    # Opened again, both are there still.
    if not page.get_by_role("textbox", name="To", exact=True).is_visible():
        page.get_by_role("button", name=re.compile("^Filters")).click()
    expect(page.get_by_role("textbox", name="From", exact=True)).to_have_value("20 Oct 2019")
    expect(page.get_by_role("textbox", name="To", exact=True)).to_have_value("2019-10-25")


def test_dates_that_make_no_sense_are_said_to_make_none(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05&start=2019-10-28&end=2019-10-25")
    page = app.page
    expect(page.get_by_text("is after To (25 October 2019)").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Filters")).click()
    page.get_by_role("textbox", name="From", exact=True).fill("2019-13-01")
    page.keyboard.press("Tab")
    expect(page.get_by_text("“2019-13-01” is no date").last).to_be_visible()
    expect(page.get_by_text("is after To")).to_have_count(0)
    app.settled()
    assert "start=" not in page.url and "end=2019-10-25" in page.url
    page.get_by_role("textbox", name="From", exact=True).fill("2019-10")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("start=2019-10-01"))
    expect(page.get_by_text("is no date")).to_have_count(0)


def test_a_row_of_the_table_is_shown_in_text_and_map_sorted_or_not(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05&pane=table")
    grid = app.page.get_by_test_id("stDataFrame").locator(".dvn-scroller").first
    grid.scroll_into_view_if_needed()
    app.page.locator('[role="gridcell"]', has_text="Protest").first.wait_for(state="attached")
    grid.click(position={"x": 16, "y": 52})
    expect(app.text.locator(".cite.on").first).to_contain_text("Jal el Dib")
    expect(app.map.locator(".im-popup")).to_contain_text("Jal el Dib")
    app.settled()

    # Sorted by what happened, the first row is another, and choosing it shows that one.
    grid.click(position={"x": 50, "y": 17})
    first = app.page.locator('[role="row"][aria-rowindex="2"] [role="gridcell"]').first
    expect(first).to_have_text("Politics")
    grid.click(position={"x": 16, "y": 52})
    expect(app.map.locator(".im-popup")).to_contain_text("Politics")
    expect(app.text.locator(".cite.on").first).not_to_contain_text("Jal el Dib")


def test_nothing_found_is_said_in_words(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05&text=zebra&pane=table")
    assert app.shown() == 0
    expect(app.page.get_by_text("Nothing passes these filters")).to_be_visible()
    app.page.get_by_role("button", name="Show all").click()
    expect(app.map.locator("[data-shown]")).to_have_attribute("data-shown", "13")


def test_the_workspace_remembers_the_view(make_app, own_server):
    app = make_app(own_server.url).open()
    app.incident_of("defused by").click()
    app.page.wait_for_url(re.compile("incident=i3"))
    app.pane("Summary")
    app.page.wait_for_url(re.compile("pane=summary"))
    app.settled()
    own_server.stop()
    own_server.start()
    again = make_app(own_server.url).open("")
    expect(again.text.locator(".cite.on")).to_contain_text("defused by")
    again.page.wait_for_url(re.compile("pane=summary"))


def test_the_totals_are_the_same_everywhere(make_app, library):
    app = make_app(library.url).open("/?article=*&pane=summary")
    assert app.shown() == 31
    said = app.headline()
    assert said.startswith("31 incidents in 3 articles")
    assert "19 happened, 11 did not, or not yet, 1 background" in said
    assert "killed: 42 to 53" in said and "injured: 30" in said
    metrics = dict(
        zip(
            app.page.get_by_test_id("stMetricLabel").all_inner_texts(),
            app.page.get_by_test_id("stMetricValue").all_inner_texts(),
            strict=True,
        )
    )
    assert metrics["Incidents"] == "31"
    assert metrics["Killed"] == "42 to 53" and metrics["Injured"] == "30"
    expect(app.page.get_by_role("radio", name="Table (31)")).to_be_visible()
    expect(app.page.get_by_role("radio", name="Not on the map (1)")).to_be_visible()
    counts = app.map.locator(".im-count").all_inner_texts()
    assert sum(map(int, counts)) == 31
