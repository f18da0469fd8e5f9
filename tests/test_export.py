"""What every export promises: RFC 7946, schemas, quotes, the same totals, nothing run as code."""

from __future__ import annotations

import csv
import html
import itertools
import json
import math
import re
import sqlite3
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import geopandas
import jsonschema
import made
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from shapely.geometry import shape

import mapper
from mapper import decode
from mapper.corrections import Corrector, apply, place_area, place_at
from mapper.errors import InputError
from mapper.export import FORMATS, Options, feature_collection, format_of, report, write
from mapper.export.crosswalk import codes
from mapper.export.features import geojson, incident_geometry
from mapper.export.styles import styles
from mapper.export.words import kinds
from mapper.model import Article, DateSpan, Evidence, Figure, IncidentPlace
from mapper.schema import validate
from mapper.webmap.rows import payload, rows_of
from mapper.webmap.words import sureness_in_words

NASTY = (
    "{{7*7}} ${1} <img src=x onerror=alert(1)> ]]> & \" ' \x01\x0b \ufffd\U0001f600 "
    "\u202e\u05e9\u05dc\u05d5\u05dd </script>"
)


@pytest.fixture
def analyses():
    return [made.analysis("one"), made.analysis("two")]


def written(analyses, tmp_path, ending, **options):
    path = tmp_path / f"out{ending}"
    write(analyses, path, Options(**options))
    return path


def rings(geometry):
    if geometry["type"] == "GeometryCollection":
        return [ring for part in geometry["geometries"] for ring in rings(part)]
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"]]
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else []


def positions(value):
    if isinstance(value, dict):
        inner = value.get("geometries") or value.get("coordinates")
        yield from positions(inner)
    elif value and isinstance(value[0], float | int):
        yield value
    else:
        for item in value:
            yield from positions(item)


def test_geojson_is_rfc_7946_and_fits_its_schema(analyses, tmp_path):
    collection = json.loads(written(analyses, tmp_path, ".geojson").read_text("utf-8"))
    validate(collection, "incidents")
    assert "crs" not in collection
    features = collection["features"]
    assert [f["geometry"] and f["geometry"]["type"] for f in features[:4]] == [
        "Point", "GeometryCollection", None, "MultiPoint",
    ]  # fmt: skip
    assert len({f["id"] for f in features}) == 8
    for feature in features:
        assert feature["id"] == feature["properties"]["id"]
        if feature["geometry"] is None:
            continue
        for lon, lat in positions(feature["geometry"]):
            assert -180 <= lon <= 180 and -90 <= lat <= 90
            assert all(len(repr(n).partition(".")[2]) <= 7 for n in (lon, lat))
        for exterior, *holes in rings(feature["geometry"]):
            assert shapely.LinearRing(exterior).is_ccw
            assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)


def test_geojson_opens_with_as_many_features(analyses, tmp_path):
    path = written(analyses, tmp_path, ".geojson")
    frame = geopandas.read_file(path)
    assert len(frame) == sum(len(a.incidents) for a in analyses)
    assert frame.crs.to_epsg() == 4326
    assert list(frame["date_start"][:3]) == ["2021-05-03", "XXXX-05", None] or pd.isna(
        frame["date_start"][2]
    )


def test_quotes_and_selectors_point_at_the_text(analyses):
    for feature in feature_collection(analyses)["features"]:
        properties = feature["properties"]
        assert len(properties["target"]) == len(properties["quotes"])
        for target, quote in zip(properties["target"], properties["quotes"], strict=True):
            words, position = target["selector"]
            start, end = position["start"], position["end"]
            assert made.TEXT[start:end] == words["exact"] == quote
            assert made.TEXT[:start].endswith(words["prefix"])
            assert made.TEXT[end:].startswith(words["suffix"])


def test_codes_of_other_schemes(analyses):
    shelling, march, raid, _ = analyses[0].incidents
    assert codes(shelling) == {
        "acled_event_type": "Explosions/Remote violence",
        "acled_sub_event_type": "Shelling/artillery/missile attack",
        "acled_geo_precision": 1,
        "acled_time_precision": 1,
        "plover_event": "ASSAULT",
        "plover_mode": "heavy-weapons",
        "ucdp_type_of_violence": None,
        "ucdp_where_prec": 1,
        "ucdp_date_prec": 1,
    }
    assert codes(march)["ucdp_where_prec"] == 5  # as vague as its vaguest place
    assert codes(raid)["acled_geo_precision"] is None  # no place, no precision
    near = replace(shelling, places=(replace(shelling.places[0], relation="south_of"),))
    assert (codes(near)["acled_geo_precision"], codes(near)["ucdp_where_prec"]) == (2, 2)


@pytest.mark.parametrize(
    ("start", "end", "acled", "ucdp"),
    [
        ("2020-02-28", "2020-03-01", 2, 2),
        ("2020-02-01", "2020-02-07", 2, 3),
        ("2020-02", "2020-02", 3, 4),
        ("2020", "2020", None, 5),
        ("XXXX-10-28", "XXXX-10-28", None, None),
        ("2020-02-01", None, None, None),
    ],
)
def test_date_precision(analyses, start, end, acled, ucdp):
    incident = replace(analyses[0].incidents[0], date=DateSpan(start, end, "", (0, 0)))
    found = codes(incident)
    assert (found["acled_time_precision"], found["ucdp_date_prec"]) == (acled, ucdp)


def test_every_kind_has_a_style_and_a_schema_entry():
    listed = mapper.schema.schema("analysis")["$defs"]["incident"]["properties"]["kind"]["enum"]
    assert set(kinds()) == set(listed) == set(styles()) - {"other"}


def test_every_column_of_the_data_is_in_the_schema():
    for name in ("analysis", "incidents"):
        jsonschema.Draft202012Validator.check_schema(mapper.schema.schema(name))


# --------------------------------------------------------------------- the other formats


def test_all_formats_hold_the_same_incidents(analyses, tmp_path):
    ids = [f["id"] for f in feature_collection(analyses)["features"]]
    assert list(geopandas.read_file(written(analyses, tmp_path, ".fgb"))["id"]) == ids
    assert list(geopandas.read_parquet(written(analyses, tmp_path, ".parquet"))["id"]) == ids
    assert list(pd.read_csv(written(analyses, tmp_path, ".csv"))["id"]) == ids
    package = written(analyses, tmp_path, ".gpkg")
    assert list(geopandas.read_file(package, layer="incidents")["id"]) == ids
    # Who asks for no layer gets the first.
    assert next(iter(pyogrio.list_layers(package)))[0] == "incidents"
    for ending in (".kml", ".kmz"):
        assert len(geopandas.read_file(written(analyses, tmp_path, ending))) == len(ids)
    frame = mapper.to_geodataframe(analyses)
    assert list(frame["id"]) == ids and frame["fatalities_low"].sum() == 4


@pytest.mark.parametrize("ending", list(FORMATS))
def test_same_input_same_file(analyses, tmp_path, ending):
    first = written(analyses, tmp_path, ending).read_bytes()
    assert written(analyses, tmp_path, ending).read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == [f"out{ending}"]


@pytest.mark.parametrize("ending", list(FORMATS))
def test_no_incidents_is_a_file_too(tmp_path, ending):
    nothing = replace(made.analysis(), incidents=(), mentions=())
    path = written([nothing], tmp_path, ending)
    if ending in (".geojson", ".fgb", ".gpkg"):
        layer = {"layer": "incidents"} if ending == ".gpkg" else {}
        assert len(geopandas.read_file(path, **layer)) == 0


def test_geopackage_layers_and_style(analyses, tmp_path):
    path = written(analyses, tmp_path, ".gpkg")
    layers = dict(pyogrio.list_layers(path))
    assert layers == {
        "areas": "MultiPolygon", "incidents": "MultiPoint", "mentions": "Point",
        "articles": None, "layer_styles": None,
    }  # fmt: skip
    areas = geopandas.read_file(path, layer="areas")
    assert list(areas["place"]) == ["southern Iraq"] * 2 and areas.is_valid.all()
    mentions = geopandas.read_file(path, layer="mentions")
    for row in mentions.itertuples():
        assert made.TEXT[row.start : row.end] == row.text
    assert mentions.geometry.isna().sum() == 2  # "port" is nowhere
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    for layer, qml in rows:
        tree = etree.fromstring(qml)
        values = {c.get("value") for c in tree.iter("category")}
        assert set(kinds()) <= values
        symbols = {s.get("name") for s in tree.iter("symbol")}
        assert {c.get("symbol") for c in tree.iter("category")} == symbols, layer


def nasty(analysis):
    """The analysis with every string that came from outside made as bad as can be."""
    text = NASTY + " " + analysis.article.text
    quote = Evidence(0, len(NASTY), NASTY, (0, 3))
    place = replace(made.BASRA, name=NASTY, admin1=NASTY, source=NASTY)
    incidents = tuple(
        replace(
            i, evidence=(quote,), places=(IncidentPlace((0, 3), "in", False, place),),
            sub_kind=NASTY, why={"date": NASTY},
        )
        for i in analysis.incidents
    )  # fmt: skip
    article = Article(NASTY, text, None, NASTY, NASTY)
    return replace(analysis, article=article, incidents=incidents)


def test_kml_escapes_and_drops_what_xml_cannot_hold(analyses, tmp_path):
    tree = etree.parse(written([nasty(analyses[0])], tmp_path, ".kml"))
    name = tree.find(".//{*}Placemark/{*}name").text
    assert "{{7*7}} ${1} <img src=x" in name and "\x01" not in name
    assert not list(tree.iter("{*}img"))
    with zipfile.ZipFile(written(analyses, tmp_path, ".kmz")) as archive:
        assert archive.namelist() == ["doc.kml"]


def test_kml_times_are_dates_as_written(analyses, tmp_path):
    tree = etree.parse(written(analyses[:1], tmp_path, ".kml"))
    assert [e.text for e in tree.iter("{*}when")] == ["2021-05-03"]
    assert not list(tree.iter("{*}TimeSpan"))  # a month without its year is no time


class Scripts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)


def test_numbers_on_the_reports_map_stand_apart():
    close = [(500 + 6 * n, 300 + 5 * (n % 3)) for n in range(12)]
    placed = report._labels({spot: f"{n}, {n + 20}" for n, spot in enumerate(close)}, 600)
    boxes = [
        (x, y, x + report._CHARACTER * len(text), y + report._LINE)
        for text, (x, y) in placed.values()
    ]
    assert len(boxes) == len(close)
    for one, other in itertools.combinations(boxes, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        down = min(one[3], other[3]) - max(one[1], other[1])
        assert across <= 0.2 or down <= 0.2
    here = [(n, "#000000", "") for n in (2, 2, 3, 4, 18)]
    assert report._numbers(here) == "2–4, 18"


def test_report_holds_everything_and_runs_nothing(analyses, tmp_path):
    path = written([nasty(analyses[0]), analyses[1]], tmp_path, ".report.html")
    page = path.read_text("utf-8")
    parser = Scripts()
    parser.feed(page)
    assert not {"script", "img", "iframe", "link"} & set(parser.tags)
    assert "<svg" in page and page.count("<blockquote>") == 8
    assert "at least 2" in page and "0123456789abcdef" in page and "made 1 sha256:00" in page
    assert "http://" not in page.replace(NASTY, "") or "https://example.org/a" in page


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_csv_runs_no_formula(analyses, tmp_path, start):
    incident = replace(analyses[0].incidents[0], sub_kind=f"{start}|cmd' /C calc'!A0")
    path = written([replace(analyses[0], incidents=(incident,))], tmp_path, ".csv")
    (row,) = csv.DictReader(path.open(encoding="utf-8", newline=""))
    assert row["sub_kind"][0] == "'"
    assert float(row["lat"]) == pytest.approx(30.50852)


def test_hxl_tags_stand_under_the_header(analyses, tmp_path):
    with written(analyses, tmp_path, ".csv", hxl=True).open(encoding="utf-8", newline="") as file:
        header, tags, first, *_ = csv.reader(file)
    tagged = dict(zip(header, tags, strict=True))
    assert tagged["lat"] == "#geo+lat" and tagged["fatalities_low"] == "#affected+killed+min"
    assert tagged["quote"] == "#description" and len(first) == len(header)


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".csv", ".fgb", ".kml", ".report.html"])
def test_coarsening_gives_no_exact_spot_away(analyses, tmp_path, ending):
    path = written(analyses, tmp_path, ending, coarsen_km=25)
    data = path.read_bytes()
    assert b"30.50852" not in data and b"47.7804" not in data
    if ending == ".geojson":
        for feature in json.loads(data)["features"]:
            for place in feature["properties"]["places"]:
                true = made.BASRA if place["name"] == "Basra" else made.KUT
                if place["name"] == "southern Iraq":
                    continue  # wider than the grid: as it was
                north = (place["lat"] - true.lat) * 111_320
                east = (place["lon"] - true.lon) * 111_320 * math.cos(math.radians(true.lat))
                assert 0 < math.hypot(north, east) <= place["uncertainty_m"]
    if ending == ".gpkg":
        mentions = geopandas.read_file(path, layer="mentions")
        assert mentions.geometry.isna().all()


def test_human_work_is_told_apart(analyses, tmp_path):
    one = replace(analyses[0].incidents[0], corrected=("places",), verified=True)
    (feature,) = feature_collection([replace(analyses[0], incidents=(one,))])["features"]
    properties = feature["properties"]
    assert properties["corrected"] == ["places"] and properties["verified"]
    # The place is still the one that the program read.
    assert properties["georeferencedBy"] == "incident-mapper 0.1.0"
    assert properties["georeferenceProtocol"].startswith("place name in the text, resolved")
    assert properties["georeferenceVerificationStatus"] == "verified by a person"
    validate(json.loads(json.dumps(feature_collection(analyses))), "incidents")


SQUARE = {"type": "Polygon", "coordinates": [[[47, 30], [48, 30], [48, 31], [47, 31], [47, 30]]]}


@pytest.mark.parametrize(
    ("place", "mention", "protocol"),
    [
        (place_at(30.5, 47.8, name="the docks"), None, "coordinates given by a person"),
        (place_area(SQUARE, name="the delta"), None, "area drawn by a person"),
        (
            place_area(SQUARE, name="Basra, Wasit", source="GeoNames"),
            None,
            "area joined of areas of a gazetteer by a person",
        ),
        (made.KUT, None, "place chosen by a person from a gazetteer"),
        (
            made.KUT,
            made.span(made.TEXT, "Basra"),
            "place chosen by a person from a gazetteer",
        ),
        (made.BASRA, None, "place name in the text, resolved against a gazetteer"),
    ],
)
def test_how_a_place_was_set_is_told_as_it_was(analyses, place, mention, protocol):
    by = Corrector(analyses[0], user="Ada", at="2026-01-02T03:04:05Z")
    entry = by.set_place("i-shelling", place, mention=mention)
    found = apply(analyses[0], [replace(entry, number=1)]).analysis
    collection = json.loads(json.dumps(feature_collection([found])))
    validate(collection, "incidents")
    properties = collection["features"][0]["properties"]
    assert properties["georeferenceProtocol"].split("; ")[0] == protocol
    assert (
        properties["georeferenceVerificationStatus"] == "unverified" and not properties["verified"]
    )
    maker = "incident-mapper 0.1.0" if place is made.BASRA else "a person"
    assert properties["georeferencedBy"] == maker
    by_hand = mention is None and place is not made.BASRA
    assert properties["set_by_person"] == (["places"] if by_hand else [])


def test_figures_set_by_a_person_cite_no_words(analyses, tmp_path):
    by = Corrector(analyses[0], user="Ada", at="2026-01-02T03:04:05Z")
    entries = (
        by.set("i-shelling", "fatalities", {"low": 1, "high": 1}),
        by.set("i-shelling", "date", {"start": "2021", "end": "2021"}),
    )
    found = apply(analyses[0], [replace(e, number=n) for n, e in enumerate(entries, 1)]).analysis
    row = next(
        csv.DictReader(written([found], tmp_path, ".csv").open(encoding="utf-8", newline=""))
    )
    assert (row["fatalities_quote"], row["date_quote"]) == ("", "")
    assert row["set_by_person"] == "date | fatalities"
    drawn = payload(rows_of([found]))["rows"][0]
    assert drawn["tolls"][0]["note"] == "set by a person"
    assert drawn["when"] == "2021 (set by a person)" and drawn["whenQuote"] is None


def test_figures_in_conflict_are_told_with_who_gives_each(analyses, tmp_path):
    shelling, *others = analyses[0].incidents
    text = analyses[0].article.text
    words = "at least two dockers"
    figures = (
        Figure(2, None, words, made.span(text, words), None),
        Figure(3, 3, "3", made.span(text, "3"), "police"),
    )
    toll = replace(shelling.fatalities, high=3, figures=figures)
    told = replace(analyses[0], incidents=(replace(shelling, fatalities=toll), *others))
    stored = json.loads(json.dumps(told.to_dict()))
    assert decode.incident(stored["incidents"][0]).fatalities == toll
    collection = feature_collection([told])
    validate(collection, "incidents")
    listed = collection["features"][0]["properties"]["fatalities_figures"]
    assert [f["source"] for f in listed] == [None, "police"]
    row = next(csv.DictReader(written([told], tmp_path, ".csv").open(encoding="utf-8", newline="")))
    assert row["fatalities_figures"] == "“at least two dockers” | “3” (police)"
    note = payload(rows_of([told]))["rows"][0]["tolls"][0]["note"]
    assert note == "“at least two dockers”, “3” (police)"
    assert note in written([told], tmp_path, ".report.html").read_text("utf-8")


def test_the_report_counts_and_lists_what_was_thrown_out(analyses, tmp_path):
    by = Corrector(analyses[0], user="Ada", at="2026-01-02T03:04:05Z")
    entries = (
        by.reject("i-raid", why="an order <b>only</b>"),
        by.set("i-shelling", "fatalities", {"low": 1, "high": 1}),
        by.set_place("i-shelling", place_at(30.5, 47.8, name="the docks")),
        by.verify("i-march"),
    )
    found = apply(analyses[0], [replace(e, number=n) for n, e in enumerate(entries, 1)]).analysis
    page = written([found], tmp_path, ".report.html").read_text("utf-8")
    assert "Nothing is listed without" not in page
    assert "Killed: 1 (1 figure)." in page and "Injured: none (1 figure)." in page
    assert "By a person: 1 checked, 1 changed or added, 1 thrown out." in page
    assert "Reason: an order &lt;b&gt;only&lt;/b&gt;. By Ada, 2026-01-02 03:04:05 UTC." in page
    assert "a raid was planned" in page and "1 (set by a person)" in page
    assert "the docks (set by a person)" in page and "Checked by a person" in page
    assert "changed by a person: killed, where" in page


def test_who_checked_an_incident_is_said_in_place_of_an_estimate(analyses):
    incident = analyses[0].incidents[0]
    said = lambda **changes: sureness_in_words(replace(incident, **changes))  # noqa: E731
    assert said() == "Quite sure (91%)"
    assert said(verified=True) == "Checked by a person"
    assert said(corrected=("added",)) == "Added by a person"
    assert said(corrected=("added",), verified=True) == "Added and checked by a person"


def test_a_doubtful_place_or_date_is_told_apart_from_a_sure_incident(analyses):
    incident = replace(analyses[0].incidents[0], confidence=0.91)
    basra = incident.places[0].mention

    def said(where: float, why: dict[str, str], **changes: object) -> str:
        return sureness_in_words(replace(incident, why=why, **changes), {basra: where})

    belongs = {"places": "“Basra (90%)” belongs to it (80%); carried over from elsewhere"}
    assert said(0.99, {}) == "Quite sure (91%)"
    assert said(0.41, {}) == "Quite sure of what (91%); unsure of where (41%), please check"
    # The name may be sure and still not be where it happened.
    assert said(0.9, belongs) == "Quite sure of what (91%); fairly sure of where (72%)"
    dated = belongs | {"date": "“on 3 May” counted from 2021-05-05 (96%)"}
    assert said(0.9, dated).endswith("fairly sure of where (72%); quite sure of when (96%)")
    assert said(1.0, dated) == "Quite sure (91%)"
    # Nobody asks how sure the program was of what a person set.
    assert said(0.41, belongs, corrected=("places",)) == "Quite sure (91%)"
    assert said(0.41, belongs, verified=True) == "Checked by a person"
    doubtful = {basra: 0.41}
    mentions = tuple(replace(m, confidence=doubtful.get(m.span, 0.9)) for m in analyses[0].mentions)
    (row, *_) = rows_of([replace(analyses[0], mentions=mentions)], 0.0)
    assert "unsure of where (41%)" in payload([row])["rows"][0]["sure"]


def test_an_ending_without_a_format_is_refused(tmp_path):
    assert format_of(tmp_path / "A.GeoJSON").label == "GeoJSON"
    assert format_of(tmp_path / "a.report.html").label == "printable report"
    with pytest.raises(InputError, match=r"\.geojson, \.gpkg"):
        format_of(tmp_path / "a.shp")


# ------------------------------------------------------------------------------ geometry


def test_an_area_over_the_antimeridian_is_split():
    ring = [[170, -20], [190, -20], [190, -10], [170, -10], [170, -20]]
    fiji = replace(made.SOUTH, geometry={"type": "Polygon", "coordinates": [ring]})
    found = incident_geometry([IncidentPlace((0, 0), "in", False, fiji)])
    assert found.geom_type == "MultiPolygon" and found.bounds == (-180, -20, 180, -10)
    assert found.area == pytest.approx(200)


rectangles = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.floats(-179, 170), st.floats(-89, 80), st.floats(1e-7, 9), st.floats(1e-7, 9),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(rectangles, min_size=1, max_size=4))
def test_written_areas_are_valid_and_wound_right(boxes):
    places = [
        IncidentPlace((0, 0), "in", False,
                      replace(made.SOUTH, geometry=shapely.geometry.mapping(box)))
        for box in boxes
    ]  # fmt: skip
    out = geojson(incident_geometry(places))
    assert shape(out).is_valid and not shape(out).is_empty
    for exterior, *holes in rings(out):
        assert shapely.LinearRing(exterior).is_ccw
        assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(texts, st.data())
def test_any_text_gives_valid_json_with_exact_quotes(text, data):
    end = data.draw(st.integers(1, len(text)))
    start = data.draw(st.integers(0, end - 1))
    base = made.analysis()
    incident = replace(
        base.incidents[0],
        evidence=(Evidence(start, end, text[start:end], (start, end)),),
    )
    analysis = replace(base, article=Article("x", text), incidents=(incident,))
    collection = json.loads(json.dumps(feature_collection([analysis])))
    validate(collection, "incidents")
    words, position = collection["features"][0]["properties"]["target"][0]["selector"]
    assert text[position["start"] : position["end"]] == words["exact"]


def test_standalone_map_holds_no_foreign_markup_and_asks_for_nothing(analyses, tmp_path):
    page = written([nasty(analyses[0])], tmp_path, ".html").read_text("utf-8")
    assert "<img src=x" not in page  # escaped in the title, base64 elsewhere
    assert "default-src 'none'" in page
    parser = Scripts()
    parser.feed(page)
    assert not {"link", "iframe", "img"} & set(parser.tags)


def test_the_notebook_map_brings_its_own_assets():
    shown = html.unescape(mapper.show(made.analysis())._repr_html_())
    addresses = re.findall(r'(?:src|href)="(.{5})', shown)
    assert addresses and set(addresses) == {"data:"}


def test_the_report_says_what_limits_the_reading(analyses, tmp_path):
    foreign = replace(
        analyses[0],
        language="fr",
        article=replace(analyses[0].article, published=None),
    )
    out = tmp_path / "a.report.html"
    write([foreign], out)
    page = out.read_text(encoding="utf-8")
    assert "another language (fr)" in page
    assert "date of publication is not known" in page
