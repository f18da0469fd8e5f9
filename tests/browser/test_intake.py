"""What people bring in: good, empty, hostile, broken, long; the app answers in plain words."""

from __future__ import annotations

import re

from playwright.sync_api import expect

HOSTILE = (
    "Attack on the market {{7*7}} {% raw %} ${alert(1)} `x`.\n\n"
    "The attack <img src=x onerror=alert(1)> <script>document.title='run'</script> went on. "
    "Another attack שלום 😀 مرحبا </span><b>bold</b> ended it."
)


def paste(app, text: str) -> None:
    page = app.page
    page.get_by_role("button", name="Add articles").click()
    page.get_by_label("Text of the article").fill(text)
    page.get_by_role("dialog").get_by_role("button", name="Show on the map").first.click()


def choose(page, files) -> None:
    """Choose files to bring in, without yet bringing them in."""
    page.get_by_role("button", name="Add articles").click()
    page.get_by_role("tab", name="Upload files").click()
    page.locator('input[type="file"]').set_input_files(files)


def test_hostile_text_is_shown_as_it_stands_and_never_run(make_app, own_server):
    app = make_app(own_server.url).open()
    app.page.on("dialog", lambda dialog: app.errors.append("a dialog opened: " + dialog.message))
    paste(app, HOSTILE)
    expect(app.text).to_contain_text("{{7*7}}")
    expect(app.text).to_contain_text("<img src=x onerror=alert(1)>")
    expect(app.text).to_contain_text("</span><b>bold</b>")
    app.incident_of("went on").click()
    popup = app.map.locator(".im-popup")
    expect(popup.locator("blockquote")).to_contain_text("<script>document.title='run'</script>")
    assert popup.locator("blockquote img, blockquote script").count() == 0
    assert "run" not in app.page.title()


def test_an_empty_text_is_answered_in_one_line(make_app, own_server):
    app = make_app(own_server.url).open()
    paste(app, "   ")
    expect(app.page.get_by_text("The text is empty: nothing to map.")).to_be_visible()


def test_a_date_of_publication_that_is_none_is_refused_in_words(make_app, own_server):
    app = make_app(own_server.url).open()
    page = app.page
    page.get_by_role("button", name="Add articles").click()
    page.get_by_label("Text of the article").fill("Rebels shelled Kut.")
    page.get_by_role("textbox", name="Published (read from the text").fill("2024-13-40")
    page.get_by_role("dialog").get_by_role("button", name="Show on the map").first.click()
    expect(page.get_by_text("'2024-13-40' is no date")).to_be_visible()


def test_a_text_without_incidents_says_so(make_app, own_server):
    app = make_app(own_server.url).open()
    paste(app, "A quiet afternoon in the garden, and tea at four.")
    expect(app.page.get_by_text(re.compile("no incident was found"))).to_be_visible()
    expect(app.text).to_contain_text("tea at four")
    expect(app.map.locator(".im-legend")).to_contain_text("No incidents to show")


def test_another_language_is_said_to_be_one(make_app, own_server):
    app = make_app(own_server.url).open()
    paste(app, "La ville est calme ce soir et rien ne se passe dans les rues.")
    said = app.page.get_by_text(re.compile("another language"))
    expect(said).to_be_visible()
    # With another article it is gone, and back with this one.
    app.settled()
    app.page.get_by_text("All 2 articles").click()
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "7")
    app.settled()
    expect(said).to_have_count(0)
    app.page.get_by_test_id("stSidebar").get_by_text(re.compile("^text-")).first.click()
    expect(said).to_be_visible()


def test_a_weekday_asks_for_the_date_of_publication(make_app, own_server):
    app = make_app(own_server.url).open()
    page = app.page
    paste(app, "An attack was told of. The attack on Tuesday went on.")
    expect(
        page.get_by_text(re.compile("1 incident has no date: the text says “Tuesday”"))
    ).to_be_visible()
    app.incident_of("on Tuesday").click()
    expect(app.map.locator(".im-popup")).to_contain_text("needs the date of publication")
    app.settled()
    page.get_by_role("button", name="Give the date of publication").click()
    field = page.get_by_role("dialog").get_by_role("textbox", name="Published")
    field.fill("soon")
    page.get_by_role("dialog").get_by_role("button", name="Save and analyse again").click()
    expect(page.get_by_role("dialog").get_by_text(re.compile("is no date"))).to_be_visible()
    field.fill("14 May 2024")
    page.get_by_role("dialog").get_by_role("button", name="Save and analyse again").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text(re.compile("the text says “Tuesday”"))).to_have_count(0)


def test_a_file_that_is_no_text_is_told_of_where_it_was_chosen(make_app, own_server):
    app = make_app(own_server.url).open()
    page = app.page
    choose(
        page,
        [{"name": "bad.txt", "mimeType": "text/plain", "buffer": b"a\xc0b\x00"}],
    )
    expect(page.get_by_text("bad.txt")).to_be_visible()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Show on the map").last.click()
    expect(dialog.get_by_text(re.compile("this is not a text file"))).to_be_in_viewport()


def test_a_text_that_is_too_long_is_refused_in_words(make_app, own_server):
    app = make_app(own_server.url).open()
    paste(app, "word " * 200_000)
    expect(app.page.get_by_text(re.compile("characters, more than"))).to_be_visible()


def test_what_breaks_the_pipeline_breaks_nothing_else(make_app, own_server):
    app = make_app(own_server.url).open()
    paste(app, "BREAK: an attack that cannot be read.")
    expect(app.page.get_by_text(re.compile("could not be analysed"))).to_be_visible()
    expect(app.text).to_contain_text("Iraqi infantry")


def test_files_are_uploaded_listed_and_shown_together(make_app, own_server):
    app = make_app(own_server.url).open()
    page = app.page
    choose(
        page,
        [
            {"name": "one.txt", "mimeType": "text/plain", "buffer": b"An attack in the north."},
            {
                "name": "two.md",
                "mimeType": "text/markdown",
                "buffer": b"# Two\n\nAn attack, then an attack.",
            },
            {"name": "bad.txt", "mimeType": "text/plain", "buffer": b"\xff\xfe\x00"},
        ],
    )
    expect(page.get_by_text("two.md")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Show on the map").last.click()
    # The good ones are in, and what was bad of which stays in sight until it is closed.
    refused = page.get_by_text(re.compile("“bad.txt”: this is not a text file: save"))
    expect(refused).to_be_in_viewport()
    expect(page.get_by_text("Not brought in: 1. The rest is on the map.")).to_be_visible()
    expect(page.get_by_text("All 3 articles")).to_be_visible()
    app.settled()
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, main.scrollHeight)")
    page.get_by_text("All 3 articles").click()
    app.settled()
    expect(refused).to_be_in_viewport()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(refused).to_have_count(0)
    expect(app.map.locator("[data-incidents]")).to_have_attribute("data-incidents", "10")
    expect(page.get_by_text(re.compile("incidents in 3 articles"))).to_be_visible()
