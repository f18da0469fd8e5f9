"""The curated tables: every row is where it says, and every region can be composed."""

from __future__ import annotations

import csv
import math
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from geodata.areas import unit_entry
from geodata.gazetteer import Gazetteer, GazetteerError
from geodata.named_regions import load_descriptive, load_directions, load_regions

GEODATA = Path(__file__).parents[1] / "geodata"
PLACES = GEODATA / "curated" / "places.csv"
PRECISIONS = {"facility", "neighbourhood", "district"}


@cache
def rows() -> tuple[dict[str, str], ...]:
    with PLACES.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    try:
        return Gazetteer.open()
    except GazetteerError as error:
        pytest.skip(str(error))


def test_size():
    assert len(rows()) >= 600
    assert len({row["country"] for row in rows()}) >= 90


def test_rows_are_whole():
    for row in rows():
        assert row["id"].startswith(f"curated:{row['country'].lower()}-"), row
        assert row["name"] and row["kind"] and row["source"], row
        assert row["precision"] in PRECISIONS, row
        assert -90 <= float(row["lat"]) <= 90 and -180 <= float(row["lon"]) <= 180, row
        assert 100 <= int(row["uncertainty_m"]) <= 130_000, row
        assert len(row["country"]) == 2 and row["country"].isupper(), row
        names = [row["name"], *filter(None, row["aliases"].split("|"))]
        assert len(names) == len(set(names)), row
        assert all(n == n.strip() for n in names), row


def test_ids_and_names_are_unique():
    assert max(Counter(r["id"] for r in rows()).values()) == 1
    in_unit = Counter((r["name"].casefold(), r["country"], r["admin1"]) for r in rows())
    assert max(in_unit.values()) == 1


def distance_km(a: dict[str, str], b: dict[str, str]) -> float:
    la, lo, lb, lp = (math.radians(float(x[k])) for x in (a, b) for k in ("lat", "lon"))
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((lp - lo) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(h))


def test_no_two_rows_of_one_name_in_one_town():
    by_name: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows():
        by_name.setdefault((row["country"], row["name"].casefold()), []).append(row)
    for same in by_name.values():
        for i, a in enumerate(same):
            for b in same[i + 1 :]:
                assert distance_km(a, b) > 20, (a["id"], b["id"])


def test_every_row_lies_in_its_stated_unit(gazetteer):
    at = gazetteer.admin1_of_points([(float(r["lat"]), float(r["lon"])) for r in rows()])

    @cache
    def units_of(country: str, name: str) -> set[str]:
        return {
            m.entry.id
            for m in gazetteer.lookup(name, limit=200)
            if m.entry.kind == "admin1" and m.entry.country == country
        }

    wrong = []
    for row, found in zip(rows(), at, strict=True):
        stated = row["polygon_admin1"] or (row["admin1"] and f"{row['country']}/{row['admin1']}")
        if stated == "-":
            if found is not None:
                wrong.append((row["id"], "said to be in no polygon", found.name))
        elif stated:
            country, _, name = stated.partition("/")
            same = found and found.country == country
            if not same or found.id not in units_of(country, name):
                wrong.append((row["id"], stated, found and f"{found.country}/{found.name}"))
    assert wrong == []


def test_disagreements_are_few_and_airfields_agree_with_their_source(gazetteer):
    assert sum(bool(r["polygon_admin1"]) for r in rows()) <= 45
    far = []
    for row in rows():
        if row["source"].startswith("OurAirports "):
            entry = gazetteer.entry(f"oa:{row['source'].split()[-1]}")
            if entry is None:
                continue
            there = {"lat": str(entry.lat), "lon": str(entry.lon)}
            if distance_km(row, there) > 5:
                far.append((row["id"], entry.name))
    assert far == []


def test_acid_test_of_the_bases():
    names = {
        name.casefold(): row for row in rows() for name in [row["name"], *row["aliases"].split("|")]
    }
    for name in ("Ain al-Asad", "Camp Taji", "K-1", "Tower 22", "al-Tanf", "International Zone",
                 "Zaatari", "Natanz", "Evin", "Al-Aqsa", "Maidan", "Cité Soleil"):  # fmt: skip
        assert name.casefold() in names, name


def test_regions_name_known_parts(gazetteer):
    parts = set()
    for region in load_regions() + load_descriptive() + load_directions():
        assert region.source and region.names, region.id
        assert bool(region.parts) or bool(region.polygon), region.id
        parts |= {*region.parts, *region.minus}
    unknown = set()
    for part in parts:
        country, _, unit = part.partition("/")
        entry = unit_entry(gazetteer, country, unit) if unit else gazetteer.country(country)
        if entry is None or not entry.has_geometry:
            unknown.add(part)
    assert unknown == set()


def test_region_ids_are_unique_and_names_are_known():
    regions = load_regions() + load_descriptive() + load_directions()
    assert max(Counter(r.id for r in regions).values()) == 1
    names = {n for r in load_regions() for n in r.names}
    for name in ("Middle East", "Levant", "Horn of Africa", "Sahel", "Sahara", "Maghreb", "Donbas",
                 "Golan Heights", "Kurdistan Region", "Sinai", "Darfur", "Kashmir", "Balkans",
                 "Strait of Hormuz", "Bab el-Mandeb", "Midwest", "New England", "Bay Area",
                 "Southeast Asia", "Latin America", "Scandinavia", "Baltic states"):  # fmt: skip
        assert name in names, name


def test_every_name_table_points_at_something():
    regions = {n for r in load_regions() + load_descriptive() for n in r.names}
    missing = set()
    for file in ("abbreviations.csv", "historical.csv", "demonyms.csv"):
        with (GEODATA / "names" / file).open(encoding="utf-8", newline="") as table:
            for row in csv.DictReader(table):
                assert row["name"] and row["target"], row
                if row["target_type"] == "region" and row["target"] not in regions:
                    missing.add(row["target"])
    # Continents and seas are the gazetteer's own.
    assert missing <= {"Africa", "Asia", "Europe", "Antarctica", "South China Sea"}
