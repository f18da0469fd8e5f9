"""What leaves the app: the downloads, the picture, and the page that stands alone."""

from __future__ import annotations

import json

import geopandas
import pytest
from conftest import context_of
from playwright.sync_api import expect

import mapper.webmap as webmap

import coded  # isort: skip


@pytest.fixture(scope="module")
def analyses():
    return [coded.analysis_of(document) for document in coded.documents()]


@pytest.fixture
def standalone(chromium, tmp_path, analyses):
    path = tmp_path / "map.html"
    path.write_text(webmap.standalone_html(analyses), encoding="utf-8")
    context, refused = context_of(chromium)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.locator("[data-incidents]").wait_for()
    yield page
    context.close()
    assert refused == [] and errors == []


def test_downloads_open_again_with_what_was_on_the_screen(app, tmp_path):
    app.pane("Take away")
    with app.page.expect_download() as got:
        app.page.get_by_role("button", name="GeoJSON (.geojson)").click()
    path = tmp_path / "out.geojson"
    got.value.save_as(path)
    assert len(geopandas.read_file(path)) == app.shown()
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert all(feature["properties"]["quote"] for feature in features)


def test_the_picture_of_the_map_is_a_png(app, tmp_path):
    with app.page.expect_download() as got:
        app.map.get_by_role("button", name="Save a picture of the map").click()
    path = tmp_path / "map.png"
    got.value.save_as(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 20_000


def test_the_standalone_page_has_map_text_and_totals(standalone, analyses):
    every = sum(len(analysis.incidents) for analysis in analyses)
    expect(standalone.locator("[data-incidents]")).to_have_attribute("data-incidents", str(every))
    expect(standalone.get_by_role("status")).to_contain_text(f"{every} of {every} incidents shown")
    expect(standalone.locator(".pg-text")).to_contain_text("Iraqi infantry")


def test_the_standalone_page_links_text_map_and_table(standalone):
    standalone.locator(".cite", has_text="defused by").first.click()
    expect(standalone.locator(".im-popup")).to_contain_text("Bartella")
    expect(standalone.locator("tr.on")).to_contain_text("Bartella")


def test_the_standalone_page_filters_by_kind_words_and_time(standalone):
    page = standalone
    page.get_by_label("Search places, people and quotes").fill("bulldozer crew")
    expect(page.locator("[data-shown]").first).to_have_attribute("data-shown", "1")
    page.get_by_role("button", name="Show all", exact=True).click()
    page.get_by_label("What happened").select_option(label="Battle")
    shown = int(page.locator(".pg").get_attribute("data-shown"))
    assert 0 < shown < 10
    page.get_by_role("button", name="Show all", exact=True).click()
    bar = page.locator(".pg-time svg")
    box = bar.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 20)
    page.mouse.up()
    assert page.get_by_label("From").input_value()


def test_hostile_words_stay_words_in_the_standalone_page(chromium, tmp_path):
    bad = "</script><img src=x onerror=window.ran=1>{{7*7}}${1}`"
    document = {
        "id": "bad",
        "text": f"An attack {bad} hit Mosul.",
        "mentions": [],
        "incidents": [
            {
                "id": "i1",
                "kind": "battle",
                "modality": "occurred",
                "background": False,
                "count": None,
                "mentions": [{"start": 3, "end": 9}],
                "date": None,
                "actors": [],
                "places": [
                    {
                        "name": bad,
                        "lat": 36.3,
                        "lon": 43.1,
                        "precision": "city",
                        "start": 0,
                        "end": 2,
                    }
                ],
            }
        ],
    }
    path = tmp_path / "bad.html"
    path.write_text(webmap.standalone_html([coded.analysis_of(document)]), encoding="utf-8")
    context, refused = context_of(chromium)
    page = context.new_page()
    page.goto(path.as_uri())
    page.locator(".cite").first.click()
    expect(page.locator(".im-popup")).to_contain_text("onerror=window.ran=1")
    assert page.evaluate("window.ran") is None
    assert refused == []
    context.close()
