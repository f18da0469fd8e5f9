"""Remote towns after the airfields that are named after them."""

from __future__ import annotations

import pytest

from geodata.build.places import World, add_airfield_towns
from geodata.build.store import Row, Staging
from geodata.gazetteer import distance_km

HEAD = "ident,type,name,latitude_deg,longitude_deg,iso_country,iso_region,municipality"


class Package:
    """A package of airfields, made up."""

    def __init__(self, *rows):
        self.rows = rows

    def text(self, key, member):
        assert key == "airports"
        return "\n".join([HEAD, *self.rows])


@pytest.fixture
def world(tmp_path):
    staging = Staging(tmp_path / "staging.sqlite")
    staging.db.execute("CREATE INDEX raw_key ON raw (key)")
    staging.add(Row(10, "Knowntown", "city", "QQ", 10.0, 20.0, 5_000))
    world = World(staging)
    world.iso["QQ-N"] = 77
    staging.add(Row(11, "Nextown", "city", "QQ", 11.6, 21.6, 800, 78))
    yield world
    staging.close()


def towns(world):
    query = "SELECT name, lat / 1e5, lon / 1e5, a1, ref FROM place WHERE src = 'OurAirports'"
    return {r[0]: r[1:] for r in world.staging.db.execute(query)}


def test_a_town_that_an_airstrip_bears_the_name_of(world):
    package = Package("QQ1,small_airport,Farabad North Airstrip,11.5,21.5,QQ,QQ-N,Farabad (Nord)")
    assert add_airfield_towns(package, world) == 1
    lat, lon, admin1, ref = towns(world)["Farabad"]
    assert distance_km((lat, lon), (11.5, 21.5)) < 0.01
    assert (admin1, ref) == (77, "oa:QQ1:town")


@pytest.mark.parametrize(
    "row",
    [
        "QQ1,small_airport,Knowntown Airport,10.1,20.1,QQ,QQ-N,Knowntown",  # GeoNames has it
        "QQ1,small_airport,Smith Ranch Airport,11.5,21.5,QQ,QQ-N,Farabad",  # named otherwise
        "QQ1,small_airport,Farabad Airport,11.5,21.5,QQ,QQ-N,",  # in no town that it says
        "QQ1,heliport,Km 15 Heliport,11.5,21.5,QQ,QQ-N,Km 15",  # no name
    ],
)
def test_what_names_no_new_town(world, row):
    assert add_airfield_towns(Package(row), world) == 0


def test_two_airfields_of_one_town_are_one_place(world):
    package = Package(
        "QQ1,small_airport,Farabad Airport,11.5,21.5,QQ,QQ-N,Farabad",
        "QQ2,closed,Farabad Airstrip,11.6,21.5,QQ,QQ-N,Farabad",
        "QQ3,closed,Farabad Airport,15.0,25.0,QQ,QQ-N,Farabad",
    )
    assert add_airfield_towns(package, world) == 2


def test_a_town_of_an_unknown_region_lies_where_the_next_town_does(world):
    package = Package("QQ1,small_airport,Farabad Airport,11.5,21.5,QQ,QQ-X,Farabad")
    add_airfield_towns(package, world)
    assert towns(world)["Farabad"][2] == 78
