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
            wanted.wait_for(timeout=3000)
        except TimeoutError:
            continue
        break
    wanted.click()


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
    expect(page.get_by_text(re.compile("Did it happen.: Denied"))).to_be_visible()
    expect(page.get_by_text(re.compile("By hand: .*modality"))).to_be_visible()

    # A date that is none is refused in words, and nothing changes.
    editor(app, "When")
    page.get_by_label(re.compile("^From")).fill("last week")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Not saved: .*is no date"))).to_be_visible()
    page.get_by_label(re.compile("^From")).fill("2016-11-15")
    page.get_by_label(re.compile("^To")).fill("2016-11-15")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("When: 15 November 2016")).to_be_visible()

    # Typed coordinates.
    editor(app, "Where")
    page.get_by_text("Type coordinates", exact=True).click()
    app.settled()
    page.get_by_label("Latitude, longitude").fill("36.5, 43.5")
    page.get_by_label("Latitude, longitude").press("Enter")
    page.get_by_label("What to call it").fill("the bridge")
    page.get_by_label("What to call it").press("Enter")
    page.get_by_role("button", name="Put it here").click()
    expect(page.get_by_text(re.compile("Where: the bridge"))).to_be_visible()
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
    page.get_by_text("Search by name", exact=True).click()
    page.get_by_label("Name of the place").fill("Mosul")
    page.get_by_label("Name of the place").press("Enter")
    page.get_by_role("button", name=re.compile("^Mosul")).first.click()
    expect(page.get_by_text(re.compile("Where: Mosul"))).to_be_visible()

    page.get_by_text("Click the map", exact=True).click()
    expect(app.map.locator(".im-picking")).to_be_visible()
    app.map.locator(".im-map").click(position={"x": 300, "y": 80})
    expect(page.get_by_text(re.compile(r"Chosen: \d"))).to_be_visible()
    page.get_by_label("What to call it").fill("seen from the air")
    page.get_by_label("What to call it").press("Enter")
    page.get_by_role("button", name="Put it here").click()
    expect(page.get_by_text(re.compile("Where: seen from the air"))).to_be_visible()


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
    page.get_by_role("button", name="Add this incident").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", str(before + 1))
    expect(page.get_by_text(re.compile("By hand: added"))).to_be_visible()
    expect(app.text.locator(".cite.on")).to_contain_text("Colonel Laith")
