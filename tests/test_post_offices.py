"""Quarters and towns of India after its post offices: which names count, and where they lie."""

from __future__ import annotations

import sqlite3

import pytest

from geodata.build import post_offices
from geodata.build.places import World
from geodata.build.store import Row, Staging
from geodata.gazetteer import distance_km


@pytest.mark.parametrize(
    ("office", "name"),
    [
        ("Girinagar S.O (Bengaluru)", "Girinagar"),
        ("Ellisbridge SO", "Ellisbridge"),
        ("Husainganj SO Fatehpur", "Husainganj"),
        ("THOTTAPPALLY", "Thottappally"),
        ("Patel Nagar East SO", None),  # no word of it is its own
        ("Gujarat High Court SO", None),
        ("Pipra Factory SO", None),
        ("M Ashram SO", None),
        ("Sector 15 SO", None),
        ("SO", None),
    ],
)
def test_what_an_office_is_named_after(office, name):
    assert post_offices.served(office) == name


class Package:
    """A package of post offices, made up."""

    def __init__(self, folder, rows):
        path = folder / "made.sqlite"
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE states (id INTEGER PRIMARY KEY, name TEXT)")
            db.execute("INSERT INTO states VALUES (1, 'TESTPRADESH'), (2, 'OTHERPRADESH')")
            db.execute(
                "CREATE TABLE post_offices (pincode INT, office_name TEXT, type_code INT,"
                " state_id INT, lat_e5 INT, lon_e5 INT, gq_code INT)"
            )
            db.executemany("INSERT INTO post_offices VALUES (1,?,?,?,?,?,?)", rows)
        db.close()
        self.data = path.read_bytes()

    def read(self, key, member):
        assert (key, member) == ("post_offices", post_offices.MEMBER)
        return self.data


@pytest.fixture
def world(tmp_path):
    staging = Staging(tmp_path / "staging.sqlite")
    world = World(staging)
    for number, (name, lat) in enumerate([("Testpradesh", 20.0), ("Otherpradesh", 25.0)], 1):
        row = Row(number, name, "admin1", "IN", lat, 75)
        staging.add_admin(row, f"IN.0{number}", "", 1, name)
        world.admin1_id[f"IN.0{number}"] = number
    staging.add(Row(10, "Bigtown", "city", "IN", 20.0, 75.0, 900_000, 1))
    staging.add(Row(11, "Faraway", "city", "IN", 20.4, 75.4, 2_000, 1))
    staging.add(Row(12, "Samename", "neighbourhood", "IN", 20.05, 75.0, 0, 1))
    yield world
    staging.close()


def added(world, tmp_path, rows):
    made = [(f"{name} SO", 1, state, round(lat * 1e5), round(lon * 1e5), 0)
            for name, state, lat, lon in rows]  # fmt: skip
    count = post_offices.add_post_offices(Package(tmp_path, made), world, tmp_path)
    rows = world.staging.db.execute(
        "SELECT name, kind, lat / 1e5, lon / 1e5, a1, unc FROM place WHERE src = 'India Post'"
    ).fetchall()
    assert len(rows) == count
    return {row[0]: row[1:] for row in rows}


def test_a_quarter_and_a_town(world, tmp_path):
    from geodata.kinds import KINDS

    found = added(world, tmp_path, [("Quarterabad", 1, 20.03, 75.02), ("Townabad", 1, 20.5, 75.5)])
    quarter, town = found["Quarterabad"], found["Townabad"]
    assert KINDS[quarter[0]].name == "neighbourhood" and KINDS[town[0]].name == "city"
    assert distance_km(quarter[1:3], (20.03, 75.02)) < 0.01
    assert quarter[3] == 1 and quarter[4] == post_offices.UNCERTAINTY_M


@pytest.mark.parametrize(
    ("office", "why"),
    [
        (("Samename", 1, 20.06, 75.01), "GeoNames has it"),
        (("Bigtown", 1, 20.9, 75.9), "the city bears the name"),
        (("Elsewhere", 2, 20.03, 75.02), "the coordinates lie in another state"),
        (("Nowhere", 1, 5.0, 65.0), "nothing lies around"),
    ],
)
def test_what_is_passed_over(world, tmp_path, office, why):
    assert added(world, tmp_path, [office]) == {}, why


def test_a_name_that_many_bear_is_no_name_of_one(world, tmp_path):
    many = [("Jawaharpet", 1, 20.0 + i / 4, 75.0 + i / 4) for i in range(post_offices.OFTEN)]
    assert added(world, tmp_path, many) == {}


def test_two_offices_of_one_quarter_are_one_place(world, tmp_path):
    two = [("Quarterabad", 1, 20.03, 75.02), ("Quarterabad", 1, 20.04, 75.03)]
    assert len(added(world, tmp_path, two)) == 1
