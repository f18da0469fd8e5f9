"""Everyone can use it: axe-core finds nothing serious, in light, dark, and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import context_of

from mapper.export import write

import coded  # isort: skip

AXE = Path(os.environ.get("AXE_CORE", "build/packages/axe-core/package/axe.min.js"))
pytestmark = pytest.mark.skipif(
    not AXE.is_file(),
    reason="needs axe-core: npm pack axe-core, unpacked; AXE_CORE names axe.min.js",
)
# The chart's brush is drawn by Vega without names; dates can be typed under Filters, and the table
# holds the same incidents.  Page landmarks are Streamlit's to set.
PARTS = {"exclude": [[".stVegaLiteChart"]]}
RULES = {"rules": {"region": {"enabled": False}}}


def serious(frame) -> list[str]:
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found = frame.evaluate("([parts, options]) => axe.run(parts, options)", [PARTS, RULES])
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(make_app, server, scheme):
    app = make_app(server.url, color_scheme=scheme).open()
    app.incident_of("defused by").click()
    app.map.locator(".im-popup").wait_for()
    app.settled()
    inner = next(f for f in app.page.frames if "streamlit_folium" in f.url)
    assert serious(inner) == []
    assert serious(app.page.main_frame) == []


def test_axe_finds_nothing_serious_in_any_pane_form_or_dialog(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05&incident=i1")
    page = app.page
    for pane in ("Table", "Summary", "Not on the map", "Take away", "Changes", "Check and correct"):
        app.pane(pane)
        assert serious(page.main_frame) == [], pane
    for editor in ("Where", "What", "When", "Toll", "Who", "Merge or split"):
        app.option(editor)
        assert serious(page.main_frame) == [], editor
    app.option("Where")
    app.way("Draw an area")
    app.map.locator(".im-tools").wait_for()
    assert serious(app.frame()) == []
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Words in the quote").wait_for()
    assert serious(page.main_frame) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add articles").click()
    page.get_by_label("Text of the article").wait_for()
    app.settled()
    assert serious(page.main_frame) == []


def test_axe_finds_nothing_serious_on_a_phone(make_app, server):
    app = make_app(server.url, viewport={"width": 390, "height": 844}, has_touch=True).open()
    app.incident_of("defused by").click()
    app.map.locator(".im-popup").wait_for()
    app.settled()
    assert serious(app.frame()) == []
    assert serious(app.page.main_frame) == []


def test_axe_finds_nothing_serious_in_the_standalone_page_and_the_report(chromium, tmp_path):
    analyses = [coded.analysis_of(document) for document in coded.documents()]
    for ending in (".html", ".report.html"):
        path = tmp_path / f"out{ending}"
        write(analyses, path)
        context, refused = context_of(chromium)
        page = context.new_page()
        page.goto(path.as_uri())
        if ending == ".html":
            page.locator(".cite", has_text="defused by").first.click()
            page.locator(".im-popup").wait_for()
        assert serious(page.main_frame) == [], ending
        assert refused == []
        context.close()
