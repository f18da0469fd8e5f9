"""Corrections: made in the page, saved at once, there again after a restart."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import TimeoutError, expect


@pytest.fixture
def mine(make_app, own_server):
    return make_app(own_server.url).open()


def choose(app, words: str) -> None:
    app.incident_of(words).click()
    expect(
        app.page.get_by_text("Mark as verified").or_(app.page.get_by_text("Take the mark off"))
    ).to_be_visible()
    app.settled()


def editor(app, name: str) -> None:
    app.page.get_by_role("radio", name=name, exact=True).or_(
        app.page.get_by_role("button", name=name, exact=True)
    ).first.click()
    app.settled()


def pick(page, label: str, option: str) -> None:
    """Choose from a list; a redraw may close it once while the server settles."""
    box = page.get_by_role("combobox", name=re.compile(label)).last
    wanted = page.get_by_role("option", name=re.compile(f"^{option}"))
    for _ in range(5):
        box.click()
        try:
            wanted.click(timeout=3000)
        except TimeoutError:  # not there, or gone again before it could be clicked
            continue
        return
    wanted.click(timeout=3000)


def test_corrections_are_saved_shown_undone_and_survive_a_restart(mine, own_server, make_app):
    app, page = mine, mine.page
    choose(app, "defused by")

    # Verified, in one click.
    page.get_by_role("button", name="Mark as verified").click()
    expect(page.get_by_text("Verified", exact=True)).to_be_visible()

    # Another modality.
    editor(app, "What")
    pick(page, "Did it happen", "Denied")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Did it happen. Denied"))).to_be_visible()
    expect(page.get_by_text(re.compile("Changed by hand: .*did it happen"))).to_be_visible()

    # A date that is none is refused in words, and nothing changes.
    editor(app, "When")
    page.get_by_label(re.compile("^From")).fill("last week")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Not saved: .*is no date"))).to_be_visible()
    page.get_by_label(re.compile("^From")).fill("15 November 2016")
    page.get_by_label(re.compile("^To")).fill("2016-11-15")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("When: 15 November 2016")).to_be_visible()

    # Typed coordinates.
    editor(app, "Where")
    app.way("Click the map or type")
    page.get_by_role("textbox", name="Latitude, longitude").fill("36°30'N 43°30'E")
    page.get_by_role("textbox", name="Latitude, longitude").press("Enter")
    page.get_by_label("What to call it").fill("the bridge")
    page.get_by_label("What to call it").press("Enter")
    pick(page, "Sure to within", "250 metres")
    app.settled()
    page.get_by_role("button", name="Put it here").click()
    expect(page.get_by_text(re.compile("Where: the bridge.*Set by a person"))).to_be_visible()
    expect(app.map.locator('.im-marker.im-corrected[aria-label*="the bridge"]')).to_have_count(1)

    # Undo, redo.
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("Where: Bartella"))).to_be_visible()
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_text(re.compile("Where: the bridge"))).to_be_visible()

    # The server ends and begins again: all of it is there.
    own_server.stop()
    own_server.start()
    again = make_app(own_server.url).open("/?" + page.url.partition("?")[2])
    expect(again.page.get_by_text(re.compile("Where: the bridge"))).to_be_visible()
    expect(again.page.get_by_text("When: 15 November 2016")).to_be_visible()
    expect(again.page.get_by_text("Verified", exact=True)).to_be_visible()
    again.pane("Changes")
    expect(again.page.get_by_role("button", name="The log as JSON lines")).to_be_visible()


def test_a_place_is_chosen_by_candidate_by_search_and_by_a_click_on_the_map(mine):
    app, page = mine, mine.page
    choose(app, "defused by")
    editor(app, "Where")
    app.way("Search by name")
    page.get_by_label("Name of the place").fill("Mosul")
    page.get_by_label("Name of the place").press("Enter")
    page.get_by_role("button", name=re.compile("^Mosul")).first.click()
    expect(page.get_by_text(re.compile("Where: Mosul"))).to_be_visible()

    app.way("Click the map or type")
    expect(app.map.locator(".im-picking")).to_be_visible()
    # The map says what to do, shows where the incident lies now, and the legend makes room.
    expect(app.map.locator(".im-tools")).to_contain_text("Click the spot")
    expect(app.map.locator("path.im-ring")).to_have_count(1)
    expect(app.map.locator(".im-legend")).not_to_have_attribute("open", "")
    app.map.locator(".im-map").click(position={"x": 300, "y": 80})
    expect(page.get_by_role("textbox", name="Latitude, longitude")).to_have_value(
        re.compile(r"\d+\.\d+, \d+\.\d+")
    )
    expect(app.map.locator(".im-corner")).to_have_count(1)
    page.get_by_label("What to call it").fill("seen from the air")
    page.get_by_label("What to call it").press("Enter")
    expect(page.get_by_role("button", name="Put it here")).to_be_disabled()
    pick(page, "Sure to within", "1 km")
    app.settled()
    page.get_by_role("button", name="Put it here").click()
    expect(page.get_by_text(re.compile("Where: seen from the air"))).to_be_visible()
    expect(app.map.locator(".im-tools")).to_have_count(0)


def test_what_the_map_is_to_be_clicked_for_is_said_and_in_sight_and_can_be_left(mine):
    app, page = mine, mine.page
    page.set_viewport_size({"width": 1400, "height": 700})
    choose(app, "defused by")
    editor(app, "Where")
    frame = page.locator('iframe[title="streamlit_folium.st_folium"]')
    for way, asked in (
        ("Click the map or type", "Now click the spot on the map above"),
        ("Draw an area", "Now click the corners of the area on the map above"),
    ):
        page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, main.scrollHeight)")
        expect(frame).not_to_be_in_viewport(ratio=0.5)
        app.way(way)
        expect(frame).to_be_in_viewport(ratio=0.99)
        expect(page.get_by_text(asked)).to_be_attached()
        expect(app.map.locator(".im-picking")).to_be_visible()
        app.map.locator(".im-map").click(position={"x": 300, "y": 80})
        expect(app.map.locator("[data-corners]")).to_have_attribute("data-corners", "1")
        app.settled()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text(asked)).to_have_count(0)
        expect(app.map.locator(".im-picking")).to_have_count(0)
        app.settled()
    # The map has the same way out, and what was begun is forgotten.
    app.way("Draw an area")
    app.settled()
    expect(page.get_by_role("textbox", name=re.compile("^Corners"))).to_have_value("")
    app.map.get_by_role("button", name="Cancel").click()
    expect(app.map.locator(".im-tools")).to_have_count(0)
    expect(page.get_by_text(re.compile("Where: Bartella"))).to_be_visible()


def test_another_candidate_is_one_click(mine):
    app, page = mine, mine.page
    choose(app, "defused by")
    page.get_by_label("Why the change?").fill("the bridge is there")
    page.get_by_label("Why the change?").press("Enter")
    editor(app, "Where")
    page.get_by_role("button", name=re.compile("^“Bartella” is .*10%")).click()
    expect(page.get_by_text(re.compile("Where: Bartella"))).to_have_count(0)
    expect(page.get_by_text(re.compile("Changed by hand: where"))).to_be_visible()
    app.settled()
    app.pane("Changes")
    expect(page.locator('[role="gridcell"]', has_text="the bridge is there")).to_be_attached()
    expect(page.locator('[role="gridcell"]', has_text="tester").first).to_be_attached()


def test_a_name_is_asked_for_once_and_can_be_changed_by_the_log(mine, own_server, make_app):
    app, page = mine, mine.page
    asked = page.get_by_role("textbox", name="Your name or initials (optional)")
    choose(app, "defused by")
    # Typed and then at once a correction: it is signed.
    asked.fill("Ada L.")
    page.get_by_role("button", name="Mark as verified").click()
    expect(page.get_by_text("Verified", exact=True)).to_be_visible()
    expect(asked).to_have_count(0)
    app.settled()
    app.pane("Changes")
    cell = page.locator('[role="gridcell"]')
    expect(cell.filter(has_text="Ada L.")).to_be_attached()
    changed = page.get_by_label(re.compile("^Your name or initials: "))
    expect(changed).to_have_value("Ada L.")
    changed.fill("AL")
    changed.press("Enter")
    app.settled()

    again = restarted(app, own_server, make_app)
    again.pane("Check and correct")
    expect(
        again.page.get_by_role("textbox", name="Your name or initials (optional)")
    ).to_have_count(0)
    again.page.get_by_role("button", name="Take the mark off").click()
    again.settled()
    again.pane("Changes")
    expect(again.page.locator('[role="gridcell"]').filter(has_text="AL").first).to_be_attached()
    expect(again.page.get_by_label(re.compile("^Your name or initials: "))).to_have_value("AL")


def test_whoever_gives_no_name_is_not_asked_again(mine):
    app, page = mine, mine.page
    choose(app, "defused by")
    asked = page.get_by_role("textbox", name="Your name or initials (optional)")
    expect(asked).to_be_visible()
    page.get_by_role("button", name="Mark as verified").click()
    expect(page.get_by_text("Verified", exact=True)).to_be_visible()
    expect(asked).to_have_count(0)


def test_an_incident_is_rejected_and_brought_back(mine):
    app, page = mine, mine.page
    before = app.shown()
    choose(app, "defused by")
    page.get_by_role("button", name="Not an incident").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", str(before - 1))
    page.get_by_role("button", name="Undo").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", str(before))


def test_a_marked_sentence_becomes_an_incident(mine):
    app, page = mine, mine.page
    before = app.shown()
    page.evaluate(
        """() => {
          const span = [...document.querySelectorAll(".rd [data-at]")]
            .find((node) => node.textContent.includes("Colonel Laith Hamid"));
          const range = document.createRange();
          range.selectNodeContents(span);
          const selection = document.getSelection();
          selection.removeAllRanges();
          selection.addRange(range);
          span.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
        }"""
    )
    expect(page.get_by_text(re.compile("Marked in the text: “Colonel Laith"))).to_be_visible()
    # Nothing is guessed: what it is must be said.
    expect(page.get_by_role("button", name="Add this incident")).to_be_disabled()
    pick(page, "What happened", "Battle")
    app.settled()
    page.get_by_role("button", name="Add this incident").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", str(before + 1))
    expect(page.get_by_text(re.compile("Changed by hand: added"))).to_be_visible()
    expect(app.text.locator(".cite.on")).to_contain_text("Colonel Laith")


def test_a_click_on_a_plain_sentence_offers_to_add_an_incident(mine):
    app, page = mine, mine.page
    offer = page.get_by_role("button", name="Add an incident from this sentence")
    app.text.get_by_text("put his own side's dead").click()
    expect(offer).to_be_visible()
    # An incident that is chosen takes the offer away.
    app.incident_of("defused by").click()
    expect(offer).to_have_count(0)
    app.text.get_by_text("put his own side's dead").click()
    offer.click()
    expect(
        page.get_by_text(re.compile("Marked in the text: “Colonel Laith .*check.”"))
    ).to_be_visible()
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_text(re.compile("Marked in the text"))).to_have_count(0)


CORNERS = "36.0, 43.0\n36.0, 44.0\n35.0, 44.0"


def use_area(app, name: str) -> None:
    page = app.page
    page.get_by_label("What to call it").fill(name)
    page.get_by_label("What to call it").press("Enter")
    app.settled()
    page.get_by_role("button", name="Use this area").click()
    expect(page.get_by_text(re.compile(f"Where: {name}"))).to_be_visible()


def test_an_area_is_drawn_on_the_map_and_survives_a_restart(mine, own_server, make_app):
    app, page = mine, mine.page
    choose(app, "defused by")
    editor(app, "Where")
    app.way("Draw an area")
    expect(app.map.locator(".im-tools")).to_be_visible()
    corners = page.get_by_role("textbox", name=re.compile("^Corners"))
    for number, (x, y) in enumerate([(150, 150), (330, 160), (320, 330), (200, 300)], start=1):
        app.map.locator(".im-map").click(position={"x": x, "y": y})
        expect(app.map.locator("[data-corners]")).to_have_attribute("data-corners", str(number))
    app.map.get_by_role("button", name="Take back the last corner").click()
    expect(corners).to_have_value(re.compile(r"^(\S+, \S+\n){2}\S+, \S+$"))
    expect(app.map.locator("path.im-outline")).to_be_visible()
    app.settled()
    use_area(app, "the valley")
    # What holds it is known from where it lies, how large it is from its shape.
    said = r"the valley, Nineveh, Iraq. Area drawn by a person, \S+ (by \S+ km|km across)"
    expect(page.get_by_text(re.compile(said))).to_be_visible()
    expect(app.map.locator(".im-area")).to_have_count(1)
    expect(app.map.locator('.im-area-marker[aria-label*="the valley"]')).to_have_count(1)
    expect(app.map.locator(".im-tools")).to_have_count(0)

    own_server.stop()
    own_server.start()
    again = make_app(own_server.url).open("/?" + page.url.partition("?")[2])
    expect(again.page.get_by_text(re.compile("Where: the valley"))).to_be_visible()
    expect(again.map.locator(".im-area")).to_have_count(1)
    expect(again.map.locator('.im-area-marker[aria-label*="the valley"]')).to_be_visible()


def test_an_area_is_typed_or_named_without_a_mouse(mine):
    app, page = mine, mine.page
    choose(app, "defused by")
    editor(app, "Where")
    app.way("Draw an area")
    corners = page.get_by_role("textbox", name=re.compile("^Corners"))
    corners.fill("36.0, 43.0\nnowhere")
    corners.press("Control+Enter")
    expect(page.get_by_text("“nowhere” is no corner")).to_be_visible()
    corners.fill(CORNERS)
    corners.press("Control+Enter")
    expect(app.map.locator("[data-corners]")).to_have_attribute("data-corners", "3")
    app.settled()
    use_area(app, "the triangle")
    app.settled()

    app.way("Area by name")
    page.get_by_role("textbox", name="Province, country or region").fill("Iraq")
    page.get_by_role("textbox", name="Province, country or region").press("Enter")
    page.get_by_role("button", name="Use this area").click()
    expect(page.get_by_text(re.compile("Where: Iraq"))).to_be_visible()


def test_crossing_lines_are_refused_in_words(mine):
    app, page = mine, mine.page
    choose(app, "defused by")
    editor(app, "Where")
    app.way("Draw an area")
    corners = page.get_by_role("textbox", name=re.compile("^Corners"))
    corners.fill("36, 43\n35, 44\n36, 44\n35, 43")
    corners.press("Control+Enter")
    app.settled()
    page.get_by_role("button", name="Use this area").click()
    expect(page.get_by_text(re.compile("Not saved: .*crossing lines"))).to_be_visible()


def restarted(app, own_server, make_app):
    """The same view after the server ended and began again."""
    app.settled()
    own_server.stop()
    own_server.start()
    return make_app(own_server.url).open("/?" + app.page.url.partition("?")[2])


def incidents(app) -> int:
    return int(app.map.locator("[data-incidents]").get_attribute("data-incidents"))


def test_incidents_are_merged_split_and_each_survives_a_restart(mine, own_server, make_app):
    app, page = mine, mine.page
    assert incidents(app) == 7
    choose(app, "defused by")
    editor(app, "Merge or split")
    pick(page, "The same happening as", "Explosion or remote violence: Tal Afar")
    page.keyboard.press("Escape")
    app.settled()
    page.get_by_role("button", name="Make them one").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "6")
    expect(page.get_by_text(re.compile("Changed by hand: .*made one of several"))).to_be_visible()

    again = restarted(app, own_server, make_app)
    assert incidents(again) == 6
    expect(again.page.get_by_text(re.compile("made one of several"))).to_be_visible()
    editor(again, "Merge or split")
    pick(again.page, "Sentences that tell of another", "The coalition denied")
    again.page.keyboard.press("Escape")
    again.settled()
    again.page.get_by_role("button", name="Split these off").click()
    expect(again.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "7")

    last = restarted(again, own_server, make_app)
    assert incidents(last) == 7
    last.page.get_by_role("button", name="Undo").click()
    expect(last.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "6")
    last.page.get_by_role("button", name="Undo").click()
    expect(last.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "7")
    expect(last.page.get_by_role("button", name="Undo")).to_be_disabled()
    last.page.get_by_role("button", name="Redo").click()
    expect(last.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "6")


def test_tolls_kind_and_rejection_survive_a_restart_and_reach_the_totals(
    mine, own_server, make_app
):
    app, page = mine, mine.page
    choose(app, "His explosives went off")
    assert "killed: 40 to 50" in app.headline()
    editor(app, "Toll")
    page.get_by_label("Why the change?").fill("the ministry says so")
    page.get_by_label("Why the change?").press("Enter")
    page.get_by_role("textbox", name="Killed: at least").fill("5")
    page.get_by_role("textbox", name="Killed: at most").fill("2")
    page.get_by_role("textbox", name="Killed: at most").press("Tab")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("at least 5 is more than at most 2")).to_be_visible()
    # Emptied, it stays empty: the text gives no number.
    page.get_by_role("textbox", name="Killed: at least").fill("")
    page.get_by_role("textbox", name="Killed: at most").fill("")
    page.get_by_role("textbox", name="Killed: at most").press("Tab")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Killed: 40"))).to_have_count(0)
    expect(page.get_by_role("textbox", name="Killed: at least")).to_have_value("")
    # The reason was for that change alone.
    app.settled()
    expect(page.get_by_label("Why the change?")).to_have_value("")
    page.get_by_role("textbox", name="Killed: at least").fill("3")
    page.get_by_role("textbox", name="Killed: at most").fill("4")
    page.get_by_role("textbox", name="Killed: at most").press("Tab")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Killed: 3 to 4 set by a person"))).to_be_visible()
    expect(page.get_by_text("42 to 53", exact=False).first).to_be_visible()
    editor(app, "What")
    pick(page, "Kind", "Battle")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Battle")).to_be_visible()
    app.settled()
    choose(app, "defused by")
    page.get_by_role("button", name="Not an incident").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "6")
    expect(page.get_by_text(re.compile("Taken off the map, as no incident: “"))).to_be_visible()
    expect(page.get_by_text("The next incident is below.", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Not an incident")).to_be_visible()

    again = restarted(app, own_server, make_app)
    assert incidents(again) == 6
    assert "killed: 42 to 53" in again.headline()
    expect(again.map.locator(".im-legend")).to_contain_text(re.compile(r"Battle\s*4"))


def test_what_it_is_more_exactly_can_be_changed(mine):
    app, page = mine, mine.page
    choose(app, "His explosives went off")
    editor(app, "What")
    pick(page, "More exactly", "Shelling, rocket or missile attack")
    app.settled()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("More exactly: Shelling, rocket or missile attack")).to_be_visible()
    app.settled()
    # Another kind has finer kinds of its own, and one of them can be chosen along with it.
    pick(page, "Kind", "Battle")
    app.settled()
    box = page.get_by_role("combobox", name=re.compile("More exactly")).last
    box.click()
    finer = page.get_by_role("option").nth(1)
    name = finer.inner_text()
    finer.click()
    app.settled()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Battle")).to_be_visible()
    expect(page.get_by_text(f"More exactly: {name}")).to_be_visible()


def test_a_missed_incident_is_added_by_keyboard_and_survives_a_restart(mine, own_server, make_app):
    app, page = mine, mine.page
    page.locator("summary", has_text="Add an incident that was missed").focus()
    page.keyboard.press("Enter")
    pick(page, "Sentence", "Colonel Laith Hamid")
    app.settled()
    page.get_by_role("button", name="Take this sentence").press("Enter")
    expect(page.get_by_text(re.compile("Marked in the text: “Colonel Laith"))).to_be_visible()
    pick(page, "What happened", "Battle")
    app.settled()
    page.get_by_role("button", name="Add this incident").press("Enter")
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "8")
    again = restarted(app, own_server, make_app)
    assert incidents(again) == 8
    expect(again.text.locator(".cite.on")).to_contain_text("Colonel Laith")


def test_corrections_survive_a_newer_analysis(mine):
    app, page = mine, mine.page
    choose(app, "defused by")
    editor(app, "When")
    page.get_by_label(re.compile("^From")).fill("2016-11-15")
    page.get_by_label(re.compile("^To")).fill("2016-11-15")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("When: 15 November 2016")).to_be_visible()
    app.settled()
    choose(app, "His explosives went off")
    page.get_by_role("button", name="Not an incident").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "6")
    app.settled()

    page.get_by_text("About this article").click()
    page.get_by_role("textbox", name="Title").fill("Seven incidents (newer)")
    page.get_by_role("button", name="Save and analyse again").click()
    expect(page.get_by_text("Seven incidents (newer)").first).to_be_visible()
    app.ready()
    assert incidents(app) == 6
    choose(app, "defused by")
    expect(page.get_by_text("When: 15 November 2016")).to_be_visible()
    expect(page.get_by_text("Changed by hand: when")).to_be_visible()
    app.pane("Changes")
    expect(page.locator('[role="gridcell"]', has_text="15 November 2016").first).to_be_attached()
    expect(page.get_by_text("fit no incident")).to_have_count(0)
