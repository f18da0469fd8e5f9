"""The app as a user starts it, model and gazetteer and all: nothing is asked of anyone."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT, Server
from playwright.sync_api import expect

TEXT = (
    "Blast kills two in Basra\n\n12 May 2018\n\n"
    "A bomb went off outside a bank in Basra on Friday, killing two guards and wounding five "
    "people, the police said. Clashes had broken out in Mosul a day earlier."
)


@pytest.fixture
def real(tmp_path):
    made = Server(tmp_path / "workspace.gpkg", ROOT / "app.py").start()
    yield made
    made.stop()


def test_the_real_app_maps_a_pasted_text_and_asks_nobody(make_app, real):
    app = make_app(real.url).open("")
    page = app.page
    expect(page.locator(".rd .cite").first).to_be_visible()
    page.get_by_role("button", name="Add articles").click()
    page.get_by_role("textbox", name="Text of the article").fill(TEXT)
    page.get_by_role("dialog").get_by_role("button", name="Show on the map").first.click()
    expect(app.text).to_contain_text("outside a bank in Basra")
    # one mark at Basra, or a cluster of the marks there
    expect(app.map.locator(".im-marker, .im-cluster").first).to_be_visible()
    app.incident_of("A bomb went off").click()
    expect(app.map.locator(".im-popup")).to_contain_text("Basra")
    expect(app.map.locator(".im-popup")).to_contain_text("11 May 2018")
    app.settled()
    page.get_by_text("About this article").click()
    expect(page.get_by_text(re.compile("SHA-256 [0-9a-f]{64}"))).to_be_visible()
    for pane in ("Table", "Summary", "Not on the map", "Take away", "Changes", "Check and correct"):
        app.pane(pane)
    assert app.refused == []
