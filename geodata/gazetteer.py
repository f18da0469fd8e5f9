"""The gazetteer as the pipeline asks it: names in, entries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from shapely.geometry.base import BaseGeometry

MatchKind = Literal["primary", "alias", "stripped", "fuzzy", "demonym", "abbreviation"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the gazetteer.

    ``kind`` is our own word for what it is (``country``, ``admin1``, ``admin2``, ``city``,
    ``neighbourhood``, ``airport``, ``air_base``, ``river``, ``sea``, ``region``, ...);
    ``precision`` the contract's.  ``uncertainty_m`` in metres.  ``admin1``/``admin2`` are
    GeoNames codes, ``admin1_name`` the English name.  ``source`` names where it is from.
    """

    id: str
    name: str
    kind: str
    country: str | None
    admin1: str | None
    admin1_name: str | None
    admin2: str | None
    lat: float
    lon: float
    population: int
    geonameid: int | None
    precision: str
    uncertainty_m: int
    has_geometry: bool
    source: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found for a name, how it was found and the gazetteer name that matched."""

    entry: Entry
    how: MatchKind
    name: str
    language: str | None = None


class GazetteerLike(Protocol):
    """What a stage may ask of a gazetteer."""

    def lookup(self, name: str, *, limit: int = 50) -> tuple[Match, ...]:
        """Entries that bear this name (folded), most prominent first; exact before looser."""

    def entry(self, entry_id: str) -> Entry | None:
        """The entry of this id."""

    def geometry(self, entry_id: str) -> BaseGeometry | None:
        """The entry's area in lon/lat degrees, or None."""

    def admin1_at(self, lat: float, lon: float) -> Entry | None:
        """The admin-1 unit that holds the point (WGS 84 degrees), or None."""

    def parents(self, entry: Entry) -> tuple[Entry, ...]:
        """The entries that contain it: admin2, admin1, country, as far as known."""
