"""What leaves the app: the downloads, the picture, and the page that stands alone."""

from __future__ import annotations

import base64
import csv
import json
import re
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas
import jsonschema
import pyogrio
import pytest
from conftest import context_of
from lxml import etree
from PIL import Image
from playwright.sync_api import expect

import mapper.schema
import mapper.webmap as webmap
from mapper.model import DateSpan

import coded  # isort: skip


LABELS = {
    "GeoJSON": ".geojson",
    "GeoPackage": ".gpkg",
    "KML": ".kml",
    "KMZ": ".kmz",
    "CSV": ".csv",
    "GeoParquet": ".parquet",
    "FlatGeobuf": ".fgb",
    "Printable report": ".report.html",
    "Standalone map": ".html",
}


def fetched(app, label: str, ending: str, folder: Path) -> Path:
    """Download one format by its button."""
    with app.page.expect_download() as got:
        app.page.get_by_role("button", name=f"{label} ({ending})", exact=True).click()
    path = folder / f"out{ending}"
    got.value.save_as(path)
    return path


def read_geojson(path: Path):
    written = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(mapper.schema.schema("incidents")).validate(written)
    features = written["features"]
    assert all(feature["properties"]["quote"] for feature in features)
    return len(features), [feature["id"] for feature in features]


def read_geopackage(path: Path):
    assert {"incidents", "areas", "mentions", "articles"} <= set(
        dict(pyogrio.list_layers(path)).keys()
    )
    with sqlite3.connect(path) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    for layer in ("incidents", "areas"):
        assert etree.fromstring(styles[layer].encode()).tag == "qgis"
    frame = geopandas.read_file(path, layer="incidents")
    return len(frame), list(frame["id"])


def read_kml(path: Path):
    marks = list(etree.parse(path).iter("{*}Placemark"))
    assert len(geopandas.read_file(path)) == len(marks)  # through GDAL, as QGIS reads it
    return len(marks), None


def read_kmz(path: Path):
    with zipfile.ZipFile(path) as archive:
        tree = etree.fromstring(archive.read("doc.kml"))
    return len(list(tree.iter("{*}Placemark"))), None


def read_csv(path: Path):
    with path.open(encoding="utf-8", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    return len(ids), ids


def read_parquet(path: Path):
    frame = geopandas.read_parquet(path)
    return len(frame), list(frame["id"])


def read_flatgeobuf(path: Path):
    frame = geopandas.read_file(path)
    return len(frame), list(frame["id"])


def read_report(path: Path):
    page = path.read_text(encoding="utf-8")
    assert "<svg" in page and "SHA-256 of the text" in page and "<script" not in page
    return page.count('<th scope="row">'), None


def read_page(path: Path):
    data = re.search(r'IncidentPage.start\("([A-Za-z0-9+/=]+)"\)', path.read_text("utf-8"))
    assert data
    rows = json.loads(base64.b64decode(data[1]))["rows"]
    return len(rows), [row["id"] for row in rows]


READERS = {
    ".geojson": read_geojson, ".gpkg": read_geopackage, ".kml": read_kml, ".kmz": read_kmz,
    ".csv": read_csv, ".parquet": read_parquet, ".fgb": read_flatgeobuf,
    ".report.html": read_report, ".html": read_page,
}  # fmt: skip


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


def test_every_download_opens_again_with_what_was_on_the_screen(make_app, library, tmp_path):
    """Of all three articles, each format through the reader that its users have."""
    app = make_app(library.url).open("/?article=*&pane=takeaway")
    shown = app.shown()
    ids = None
    for label, ending in LABELS.items():
        path = fetched(app, label, ending, tmp_path)
        found, these = READERS[ending](path)
        assert found == shown, ending
        if these is not None:
            ids = ids or these
            assert these == ids, ending
    assert shown == 31


def test_the_page_that_was_downloaded_works_from_its_file(make_app, library, chromium, tmp_path):
    app = make_app(library.url).open("/?article=w-mena-05&pane=takeaway")
    path = fetched(app, "Standalone map", ".html", tmp_path)
    context, refused = context_of(chromium)
    page = context.new_page()
    page.goto(path.as_uri())
    expect(page.get_by_role("status")).to_contain_text("13 of 13 incidents shown")
    page.locator(".cite", has_text="In Nabatieh the shopkeepers").first.click()
    expect(page.locator(".im-popup blockquote").first).to_contain_text("Nabatieh")
    page.get_by_label("What happened").select_option(label="Protest")
    expect(page.locator(".pg")).to_have_attribute("data-shown", "9")
    expect(page.locator(".pg-table tbody tr")).to_have_count(9)
    expect(page.locator(".pg-time svg")).to_be_visible()
    assert refused == []
    context.close()


def test_only_what_is_filtered_leaves_and_coordinates_can_be_coarsened(make_app, library, tmp_path):
    app = make_app(library.url).open("/?article=w-mena-05&kinds=riot,politics&pane=takeaway")
    assert app.shown() == 3
    exact = json.loads(fetched(app, "GeoJSON", ".geojson", tmp_path).read_text("utf-8"))
    assert {f["properties"]["kind"] for f in exact["features"]} == {"riot", "politics"}
    assert len(exact["features"]) == 3

    app.page.get_by_text(re.compile("^Only what is filtered")).click()
    app.settled()
    app.page.get_by_role("combobox", name=re.compile("To protect people")).click()
    app.page.get_by_role("option", name="10 km", exact=True).click()
    app.settled()
    coarse = json.loads(fetched(app, "GeoJSON", ".geojson", tmp_path).read_text("utf-8"))
    assert len(coarse["features"]) == 13
    spots = {f["id"]: f["geometry"] for f in coarse["features"]}
    for feature in exact["features"]:
        before, after = feature["geometry"], spots[feature["id"]]
        assert before != after and after["type"] == before["type"]


def test_the_csv_can_carry_a_row_of_hxl_tags(make_app, library, tmp_path):
    app = make_app(library.url).open("/?article=w-mena-05&pane=takeaway")
    app.page.get_by_text(re.compile("^CSV with a row of HXL tags")).click()
    app.settled()
    path = fetched(app, "CSV", ".csv", tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        header, tags, *rows = csv.reader(file)
    tagged = dict(zip(header, tags, strict=True))
    assert tagged["lat"] == "#geo+lat" and len(rows) == 13


def test_the_picture_has_the_map_whole_and_the_legend_under_it(app, tmp_path):
    frame = app.frame()
    size = frame.evaluate("[incidentLayer.map.getSize().x, incidentLayer.map.getSize().y]")
    with app.page.expect_download() as got:
        app.map.get_by_role("button", name="Save a picture of the map").click()
    path = tmp_path / "map.png"
    got.value.save_as(path)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        width, height = picture.size
        legend = picture.convert("RGB").crop((0, 2 * size[1], width, height))
    assert width == 2 * size[0]
    # Under the map, a line at least for what happened, and one for what did not.
    assert height >= 2 * size[1] + 2 * 48
    colours = {colour for _, colour in legend.getcolors(maxcolors=1 << 20)}
    styles = frame.evaluate(
        """() => [...incidentLayer.rows.values()].filter((row) => row.state === "happened")
          .map((row) => incidentLayer.styles[row.kind].colour)"""
    )
    for colour in styles:
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in colours


def test_the_picture_shows_spread_marks_once_and_what_was_changed_by_hand(make_app, library):
    app = make_app(library.url).open("/?article=w-mena-05")
    app.text.locator(".cite", has_text="In Nabatieh the shopkeepers").first.click()
    app.map.locator(".im-popup").wait_for()
    drawn = """async (hand) => {
      incidentLayer.map.closePopup();
      const mark = document.querySelector('.im-marker[aria-label*="Nabatieh"]');
      mark.classList.toggle("im-corrected", hand);
      const faded = [...document.querySelectorAll(".im-cluster")].find((node) => node.style.opacity
        && Number(node.style.opacity) < 0.9);
      const frame = incidentLayer.map.getContainer().getBoundingClientRect();
      const spot = (box, x, y) => [2 * (box.left - frame.left + x), 2 * (box.top - frame.top + y)];
      const picture = new Image();
      picture.src = await incidentLayer.picture();
      await picture.decode();
      const canvas = document.createElement("canvas");
      canvas.width = picture.width; canvas.height = picture.height;
      const context = canvas.getContext("2d");
      context.drawImage(picture, 0, 0);
      const at = ([x, y]) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
      const box = mark.getBoundingClientRect();
      // Beside the number, white where the cluster is drawn.
      const ring = faded.getBoundingClientRect();
      return [at(spot(ring, ring.width / 2, ring.height * 0.24)), at(spot(box, box.width + 5, -1))];
    }"""
    ring, plain = app.frame().evaluate(drawn, False)
    assert ring != [255, 255, 255]
    _, hand = app.frame().evaluate(drawn, True)
    assert hand == [11, 13, 14] != plain


def test_the_standalone_page_has_map_text_and_totals(standalone, analyses):
    every = sum(len(analysis.incidents) for analysis in analyses)
    expect(standalone.locator("[data-incidents]")).to_have_attribute("data-incidents", str(every))
    expect(standalone.get_by_role("status")).to_contain_text(f"{every} of {every} incidents shown")
    expect(standalone.locator(".pg-text")).to_contain_text("Iraqi infantry")


def test_the_standalone_page_links_text_map_and_table(standalone):
    standalone.locator(".cite", has_text="defused by").first.click()
    expect(standalone.locator(".im-popup")).to_contain_text("Bartella")
    expect(standalone.locator("tr.on")).to_contain_text("Bartella")


def test_no_chosen_mark_lies_under_the_legend(standalone):
    hidden = standalone.evaluate(
        """async () => {
          const hidden = [];
          for (const row of incidentLayer.rows.values()) {
            if (row.places.length !== 1 || row.places[0].geometry) continue;
            incidentLayer.select(row.id, { fly: true, quiet: true });
            await new Promise((done) => setTimeout(done, 450)); // the map makes room for the popup
            const mark = incidentLayer.markers.get(row.id)[0];
            if (!incidentLayer._clear(mark.getLatLng())) hidden.push(row.title);
          }
          return hidden;
        }"""
    )
    assert hidden == []


def test_what_was_framed_is_framed_again_on_a_narrower_screen(standalone):
    page = standalone
    wide = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".im-legend")).not_to_have_attribute("open", "")
    page.wait_for_function("window.incidentLayer._width < 400")
    seen = page.evaluate(
        """() => [...incidentLayer.markers.values()].flat().filter((mark) =>
          incidentLayer.map.getBounds().contains(mark.getLatLng())).length"""
    )
    assert seen >= 0.7 * page.evaluate("[...incidentLayer.markers.values()].flat().length")
    page.set_viewport_size(wide)


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


def test_what_is_recalled_from_long_ago_does_not_press_the_standalone_time_bar(chromium, tmp_path):
    document = next(d for d in coded.documents() if d["id"] == "w-mena-05")
    made = coded.analysis_of(document)
    old = replace(
        made.incidents[0], background=True, date=DateSpan("1975-04-13", "1975-04-13", "", (0, 0))
    )
    made = replace(made, incidents=(old, *made.incidents[1:]))
    path = tmp_path / "old.html"
    path.write_text(webmap.standalone_html([made]), encoding="utf-8")
    context, refused = context_of(chromium)
    page = context.new_page()
    page.goto(path.as_uri())
    ticks = page.locator(".pg-ticks span")
    expect(ticks.first).to_have_text(re.compile(" Oct 2019$"))
    named = ticks.all_inner_texts()
    assert len(set(named)) == len(named) > 1
    # A filter does not bring it back among the bars.
    page.get_by_label("From", exact=True).fill("2019-10-20")
    page.get_by_label("From", exact=True).press("Enter")
    expect(page.get_by_label("From", exact=True)).to_have_value("2019-10-20")
    assert ticks.all_inner_texts() == named
    page.get_by_label("To", exact=True).fill("2019-10-01")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.locator(".pg-said")).to_contain_text("From is after To")
    page.get_by_role("button", name="Show all", exact=True).click()
    assert page.locator(".pg").get_attribute("data-shown") == "13"  # it is on map and table still
    page.get_by_label("Show recalled (1)").check()
    expect(ticks.first).to_have_text("1975")
    assert refused == []
    context.close()


def test_a_bare_year_is_drawn_as_a_year_on_the_standalone_time_bar(chromium, tmp_path):
    document = next(d for d in coded.documents() if d["id"] == "w-mena-05")
    made = coded.analysis_of(document)
    only = replace(made.incidents[0], date=DateSpan("2024", "2024", "2024", (0, 0)))
    path = tmp_path / "year.html"
    path.write_text(webmap.standalone_html([replace(made, incidents=(only,))]), encoding="utf-8")
    context, _ = context_of(chromium)
    page = context.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".pg-ticks span")).to_have_text(["2024"])
    expect(page.locator(".pg-time")).to_contain_text("2024. Drag over the bars")
    context.close()


def test_the_standalone_page_takes_days_months_and_years_and_says_what_is_no_date(standalone):
    page = standalone
    shown = page.locator(".pg")
    every = shown.get_attribute("data-shown")
    page.get_by_label("From", exact=True).fill("2016-11")
    page.get_by_label("From", exact=True).press("Tab")
    expect(page.get_by_label("From", exact=True)).to_have_value("2016-11-01")
    assert shown.get_attribute("data-shown") != every
    page.get_by_label("To", exact=True).fill("2016-13-40")
    page.get_by_label("To", exact=True).press("Tab")
    assert "is no date" in page.get_by_label("To", exact=True).evaluate("f => f.validationMessage")


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
