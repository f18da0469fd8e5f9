"""Areas from words: what is read, where it is drawn, and what every drawing must be."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geodata.area_phrases import find, parse
from geodata.area_shapes import (
    CORRIDOR,
    SIDE_CITY_M,
    Anchor,
    Area,
    Impossible,
    Plane,
    centre_of,
    shape_area,
)
from geodata.areas import area_for
from geodata.gazetteer import Gazetteer, GazetteerError
from geodata.named_regions import compose, descriptive_of, direction_of, load_regions

GEOD = Geod(ellps="WGS84")
NAMES = {
    "South Africa", "North Korea", "West Bank", "South Sudan", "Northern Ireland", "East Timor",
    "South Carolina", "North Macedonia", "Western Sahara", "Central African Republic",
}  # fmt: skip
ADJECTIVES = {"Syrian", "Iraqi", "Turkish", "Iranian", "Lebanese"}
BEARING = {
    "north": 0, "north-east": 45, "east": 90, "south-east": 135, "south": 180, "south-west": 225,
    "west": 270, "north-west": 315,
}  # fmt: skip


def read(text: str):
    return parse(text, is_name=NAMES.__contains__, is_demonym=ADJECTIVES.__contains__)


@pytest.mark.parametrize(
    "phrase",
    [
        "c. 30 km west of Baghdad",
        "30 km (approx. 19 miles) west of Baghdad",
        "1.5 km north of Baghdad",
        "the southern outskirts of Baghdad",
    ],
)
def test_a_phrase_is_found_whole_among_other_sentences(phrase: str) -> None:
    text = f"It rained. Shells fell {phrase}. The north was calm! Nobody came."
    at = text.index("Baghdad")
    found = find(text, [(at, at + len("Baghdad"))])
    assert [p.text for p in found] == [phrase, "The north"]


def check(area: Area) -> None:
    """What holds of every area: valid, oriented, on the globe, its point well inside."""
    shape = area.geometry
    assert shape.is_valid and not shape.is_empty
    assert shape.geom_type in ("Polygon", "MultiPolygon")
    west, south, east, north = shape.bounds
    assert -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    for polygon in getattr(shape, "geoms", [shape]):
        assert polygon.exterior.is_ccw
        assert not any(ring.is_ccw for ring in polygon.interiors)
    assert shape.buffer(1e-4).contains(Point(area.lon, area.lat))
    assert area.explanation and area.precision and area.relation
    coords = shapely.get_coordinates(shape)
    _, _, far = GEOD.inv(
        [area.lon] * len(coords), [area.lat] * len(coords), coords[:, 0], coords[:, 1]
    )
    assert max(far) <= area.uncertainty_m + 1
    geo = area.to_geojson()
    assert geo["type"] == shape.geom_type and isinstance(geo["coordinates"], list)


# --------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "form", "direction", "anchors"),
    [
        ("southern Iraq", "part", "south", ["Iraq"]),
        ("Southern Iraq", "part", "south", ["Iraq"]),
        ("the north-east of Nigeria", "part", "north_east", ["Nigeria"]),
        ("northeastern Nigeria", "part", "north_east", ["Nigeria"]),
        ("eastern Ghouta", "part", "east", ["Ghouta"]),
        ("Iraq's south", "part", "south", ["Iraq"]),
        ("central Baghdad", "part", "centre", ["Baghdad"]),
        ("northern South Sudan", "part", "north", ["South Sudan"]),
        ("southern West Bank", "part", "south", ["West Bank"]),
        ("south of Krasnohorivka", "side", "south", ["Krasnohorivka"]),
        ("South of Krasnohorivka", "side", "south", ["Krasnohorivka"]),
        ("to the west of Aleppo", "side", "west", ["Aleppo"]),
        ("between Mosul and Erbil", "between", None, ["Mosul", "Erbil"]),
        ("the road from Damascus to Homs", "between", None, ["Damascus", "Homs"]),
        ("the Damascus-Homs highway", "between", None, ["Damascus", "Homs"]),
        ("near Baghdad", "near", None, ["Baghdad"]),
        ("outskirts of Kharkiv", "fringe", None, ["Kharkiv"]),
        ("on the northern outskirts of Kharkiv", "fringe", "north", ["Kharkiv"]),
        ("Aleppo's southern countryside", "countryside", "south", ["Aleppo"]),
        ("border between Syria and Turkey", "border", None, ["Syria", "Turkey"]),
        ("the Syria-Turkey border", "border", None, ["Syria", "Turkey"]),
        ("Turkey's border with Syria", "border", None, ["Turkey", "Syria"]),
        ("near the Syrian border", "border", None, ["Syrian"]),
        ("off the coast of Yemen", "off_coast", None, ["Yemen"]),
        ("waters off Libya", "off_coast", None, ["Libya"]),
        ("off Yemen's western coast", "off_coast", "west", ["Yemen"]),
        ("the south of the country", "part", "south", []),
        ("the country's northwest", "part", "north_west", []),
        ("the Shia-majority south", "part", "south", []),
        ("southern provinces", "part", "south", []),
    ],
)
def test_reading(text, form, direction, anchors):
    phrase = read(text)
    assert phrase is not None
    assert (phrase.form, phrase.direction) == (form, direction)
    assert [a.text for a in phrase.anchors] == anchors
    for anchor in phrase.anchors:
        assert text[anchor.start : anchor.end] == anchor.text
    assert text[phrase.start : phrase.end] == phrase.text


@pytest.mark.parametrize("name", sorted(NAMES))
def test_names_are_no_directions(name):
    assert read(name) is None
    inside = read(f"near {name}")
    assert inside is not None and [a.text for a in inside.anchors] == [name]
    assert not any(a.direction for a in find(f"Police in {name} said.", is_name=NAMES.__contains__))


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("30 km west of Baghdad", (30_000, 30_000)),
        ("about 30 kilometres (20 miles) west of the city of Baghdad", (30_000, 30_000)),
        ("10-15 miles west of Kabul", (16_093.44, 24_140.16)),
        ("a few kilometres west of Kabul", (2_000, 5_000)),
        ("twenty-five kilometres west of Kabul", (25_000, 25_000)),
        ("1,500 metres west of Kabul", (1_500, 1_500)),
        ("five miles outside Kyiv", (8_046.72, 8_046.72)),
        ("40km west of Homs", (40_000, 40_000)),
    ],
)
def test_distances_are_read(text, metres):
    phrase = read(text)
    assert phrase is not None and phrase.form == "distance"
    assert phrase.distance_m == pytest.approx(metres)


def test_compass_points_and_two_directions():
    assert read("10 km NNE of Kabul").bearing == 22.5
    both = read("northern and eastern Syria")
    assert both.direction == "east" and both.also == (("north", 0.0),)


def test_reading_a_text_gives_offsets_and_no_overlaps():
    text = (
        "Rebels shelled villages south of Krasnohorivka and north of Avdiivka. In the north, "
        "troops crossed the Syrian border about 5 km from the town of Azaz. Police in South "
        "Korea said no. Protests shook Iraq's southern provinces."
    )
    found = find(text, is_name=lambda s: s == "South Korea", is_demonym=lambda s: s == "Syrian")
    assert [p.form for p in found] == ["side", "side", "part", "border", "distance", "part"]
    assert found[-1].units
    for a, b in pairwise(found):
        assert a.end <= b.start
    for phrase in found:
        assert text[phrase.start : phrase.end] == phrase.text


def test_given_names_are_used():
    text = "Fighting raged in eastern ghouta and near deir ez-zor."
    names = [(26, 32), (42, 53)]
    assert [text[a:b] for a, b in names] == ["ghouta", "deir ez-zor"]
    assert [(p.form, p.anchors[0].text) for p in find(text, names)] == [
        ("part", "ghouta"), ("near", "deir ez-zor"),
    ]  # fmt: skip
    whole = "Fighting raged in eastern ghouta."
    assert find(whole, [(18, 32)])[0].direction == "east"


@given(st.text(alphabet=st.sampled_from("the south of Iraq's 30 km-,.\n AÉпор'’"), max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_without_error(text):
    for phrase in find(text):
        assert text[phrase.start : phrase.end] == phrase.text


# ---------------------------------------------------------------------- drawings

LATS = st.floats(-80, 80).map(lambda x: round(x, 4))
LONS = st.floats(-179.9, 179.9).map(lambda x: round(x, 4))


def town(lat: float, lon: float, radius: float = 5_000.0) -> Anchor:
    return Anchor("Town", lat, lon, radius, country="XX", id="t")


def blob(lat: float, lon: float, size: float) -> Anchor:
    """A country of irregular shape about a point, split at the antimeridian where need be."""
    plane = Plane(lat, lon)
    ring = [
        (size * (1 + 0.3 * math.sin(3 * a)) * math.cos(a),
         size * (1 + 0.2 * math.cos(2 * a)) * math.sin(a))
        for a in [i * math.tau / 40 for i in range(40)]
    ]  # fmt: skip
    shape = plane.lift(Polygon(ring))
    return Anchor("Land", lat, lon, size, shape, "country", "country", "XX", "c")


def angle_off(area: Area, lat: float, lon: float, bearing: float) -> float:
    """How far the point of an area is off a direction from a place, in degrees."""
    azimuth, _, _ = GEOD.inv(lon, lat, area.lon, area.lat)
    return abs((azimuth - bearing + 180) % 360 - 180)


@given(LATS, LONS, st.sampled_from(sorted(BEARING)), st.floats(2, 300))
@settings(max_examples=60, deadline=None)
def test_distance_and_direction_are_right(lat, lon, word, km):
    km = round(km, 1)
    area = shape_area(read(f"{km} km {word} of Town"), [town(lat, lon)])
    check(area)
    _, _, metres = GEOD.inv(lon, lat, area.lon, area.lat)
    assert metres == pytest.approx(km * 1000, rel=0.01, abs=5)
    assert angle_off(area, lat, lon, BEARING[word]) < 1
    assert area.relation == word.replace("-", "_") + "_of"


@given(LATS, LONS, st.sampled_from(sorted(BEARING)), st.floats(200, 20_000))
@settings(max_examples=50, deadline=None)
def test_a_side_lies_outside_on_that_side(lat, lon, word, radius):
    area = shape_area(read(f"{word} of Town"), [town(lat, lon, radius)])
    check(area)
    assert angle_off(area, lat, lon, BEARING[word]) < 46
    _, _, metres = GEOD.inv(lon, lat, area.lon, area.lat)
    assert radius * 0.9 < metres < radius + SIDE_CITY_M * 1.1
    assert not area.geometry.contains(Point(lon, lat))


@given(LATS, LONS, st.sampled_from(sorted(BEARING)), st.floats(20_000, 900_000))
@settings(max_examples=50, deadline=None)
def test_a_part_lies_inside_on_that_side(lat, lon, word, size):
    land = blob(lat, lon, size)
    area = shape_area(read(f"{word} Land"), [land])
    check(area)
    middle = centre_of(land.geometry)
    assert angle_off(area, *middle, BEARING[word]) < 90
    plane = Plane(*middle)
    part, whole = plane.draw(area.geometry), plane.draw(land.geometry)
    assert part.intersection(whole).area > 0.9 * part.area
    assert part.area < 0.75 * whole.area
    x, y = part.centroid.x, part.centroid.y
    angle = math.radians(BEARING[word])
    assert x * math.sin(angle) + y * math.cos(angle) > 0


@given(LATS, LONS, st.floats(-3, 3), st.floats(-3, 3))
@settings(max_examples=50, deadline=None)
def test_between_is_midway(lat, lon, up, across):
    a, b = town(lat, lon), town(max(-85, min(85, lat + up)), (lon + across + 180) % 360 - 180)
    _, _, length = GEOD.inv(a.lon, a.lat, b.lon, b.lat)
    phrase = read("between Town and Village")
    if length < 100:
        with pytest.raises(Impossible):
            shape_area(phrase, [a, b])
        return
    area = shape_area(phrase, [a, b])
    check(area)
    for end in (a, b):
        _, _, half = GEOD.inv(area.lon, area.lat, end.lon, end.lat)
        assert half == pytest.approx(length / 2, rel=0.01, abs=5)
    assert area.uncertainty_m >= length / 2 - 10
    assert CORRIDOR < 0.5


@given(LATS, LONS, st.sampled_from(["near Town", "outskirts of Town", "12 km from Town",
                                    "northern outskirts of Town", "countryside of Town",
                                    "western countryside of Town", "southern Town"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_form_of_a_town_is_whole(lat, lon, text):
    area = shape_area(read(text), [town(lat, lon)])
    check(area)
    _, _, metres = GEOD.inv(lon, lat, area.lon, area.lat)
    assert metres < 50_000


def test_split_at_the_antimeridian():
    area = shape_area(read("eastern Land"), [blob(-17.0, 179.5, 200_000)])
    check(area)
    assert isinstance(area.geometry, MultiPolygon)
    west, _, east, _ = area.geometry.bounds
    assert (west, east) == (-180.0, 180.0)
    assert area.geometry.area < 10


def test_near_a_pole():
    check(shape_area(read("near Town"), [town(89.99, 10.0, 20_000)]))
    check(shape_area(read("30 km north-east of Town"), [town(89.9, -120.0)]))


def test_border_and_sea():
    left = Anchor("Wesland", 5, 5, 1, box(0, 0, 10, 10), "country", "country", "WW", "w")
    right = Anchor("Osland", 5, 15, 1, box(10, 0, 20, 10), "country", "country", "EE", "e")
    area = shape_area(read("the border between Wesland and Osland"), [left, right])
    check(area)
    assert abs(area.lon - 10) < 0.3 and area.relation == "border_of"
    ours = shape_area(read("near the border with Wesland"), [left], context=right)
    check(ours)
    assert ours.geometry.bounds[0] > 9.9
    far = Anchor("Far", 5, 45, 1, box(40, 0, 50, 10), "country", "country", "FF", "f")
    with pytest.raises(Impossible):
        shape_area(read("the border between Wesland and Farland"), [left, far])
    sea = shape_area(
        read("off the coast of Wesland"), [left], land=lambda _: [left.geometry, right.geometry]
    )
    check(sea)
    assert sea.precision == "sea"
    assert not sea.geometry.intersects(box(0.1, 0.1, 19.9, 9.9))
    east_coast = shape_area(read("off Wesland's western coast"), [left], land=lambda _: [])
    assert east_coast.geometry.bounds[0] < 0 and east_coast.lon < 0.5


def test_whole_units_of_the_side_named():
    units = tuple((f"U{i}", box(0, i, 4, i + 1)) for i in range(6))
    land = Anchor("Land", 3, 2, 1, box(0, 0, 4, 6), "country", "country", "XX", "c", units)
    area = shape_area(read("the southern provinces of Land"), [land])
    check(area)
    assert area.geometry.bounds == pytest.approx((0, 0, 4, 3), abs=0.05)
    assert "U0, U1, U2" in area.explanation


def test_no_place_no_area():
    with pytest.raises(Impossible):
        shape_area(read("southern provinces"), [])


def test_same_words_same_area():
    a = shape_area(read("south of Town"), [town(33.3, 44.4)])
    assert a == shape_area(read("south of Town"), [town(33.3, 44.4)])


# --------------------------------------------------------------- with the gazetteer


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    try:
        return Gazetteer.open()
    except GazetteerError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("text", "country", "box_", "precision"),
    [
        ("southern Iraq", None, (42.7, 29.0, 48.6, 33.6), "region"),
        ("southern provinces", "IQ", (42.7, 29.0, 48.6, 33.6), "region"),
        ("the south of the country", "IQ", (42.7, 29.0, 48.6, 33.6), "region"),
        ("the north-east of Nigeria", None, (8.6, 6.3, 14.8, 13.9), "region"),
        ("30 km west of Baghdad", None, (43.9, 33.1, 44.2, 33.5), "district"),
        ("between Mosul and Erbil", None, (43.0, 36.0, 44.1, 36.5), "district"),
        ("border between Syria and Turkey", None, (35.6, 35.5, 42.7, 37.7), "region"),
        ("near the Syrian border", "TR", (35.6, 35.5, 42.8, 37.8), "region"),
        ("the northern outskirts of Kharkiv", None, (36.0, 49.9, 36.5, 50.2), "neighbourhood"),
    ],
)
def test_the_world(gazetteer, text, country, box_, precision):
    area = area_for(text, gazetteer, country)
    assert area is not None
    check(area)
    assert box(*box_).buffer(0.05).contains(area.geometry), area.geometry.bounds
    assert area.precision == precision


def test_a_descriptive_area_is_a_name_of_the_gazetteer(gazetteer):
    """Curated descriptions are looked up, not computed, and have their shape."""
    entry = gazetteer.lookup("Shia-majority south", limit=1)[0].entry
    assert entry.country == "IQ" and entry.precision == "region"
    assert box(42.7, 29.0, 48.6, 33.6).buffer(0.05).contains(gazetteer.geometry(entry.id))


@pytest.mark.parametrize("name", ["South Africa", "North Korea", "West Bank", "South Sudan",
                                  "Northern Ireland", "East Timor", "South Carolina"])  # fmt: skip
def test_names_of_the_gazetteer_stay_names(gazetteer, name):
    assert area_for(name, gazetteer) is None


def test_unknown_places_give_no_area(gazetteer):
    assert area_for("30 km west of Xqzzvw", gazetteer) is None
    assert area_for("southern provinces", gazetteer) is None


# ------------------------------------------------------------------ curated regions


def test_curated_areas_are_found():
    assert direction_of("IQ", "south").name == "southern Iraq"
    assert len(direction_of("IQ", "south").parts) == 9
    assert descriptive_of("IQ", "the Shia-majority south").country == "IQ"
    assert descriptive_of("TR", "the Shia-majority south") is None


def test_composition_closes_gaps_and_takes_away():
    region = next(r for r in load_regions() if len(r.parts) == 2 and not r.polygon)
    shapes = dict(zip(region.parts, (box(0, 0, 1, 1), box(1.001, 0, 2, 1)), strict=True))
    whole = compose(region, shapes.get)
    assert whole.geom_type == "Polygon" and whole.is_valid
    with pytest.raises(KeyError, match=region.id):
        compose(region, lambda _: None)
