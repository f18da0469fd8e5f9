"""Areas computed from words: "southern Iraq", "30 km west of Baghdad", "the Syrian border".

Two steps that a caller may also take apart: ``geodata.area_phrases`` reads the words
(``find``, ``parse``), ``geodata.area_shapes`` draws the area from the anchors.  Between them
the anchors are resolved: here by the gazetteer's most prominent entry, elsewhere by whatever
knows the text.  ``regions/directions.yaml`` and ``regions/descriptive.yaml`` go before what is
computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_uppercase
from typing import Any
from weakref import WeakKeyDictionary

from shapely.geometry.base import BaseGeometry

from geodata.area_phrases import AnchorSpan, AreaPhrase, find, parse
from geodata.area_shapes import Anchor, Area, Impossible, Land, shape_area
from geodata.gazetteer import Entry, GazetteerLike
from geodata.named_regions import compose, descriptive_of, direction_of

Resolve = Callable[[str], Entry | None]
"""The gazetteer entry that a name means in its text."""

_STATES = ("country", "territory")
_BROAD = (*_STATES, "admin1", "region", "continent")


def is_name(gazetteer: GazetteerLike, text: str) -> bool:
    """Whether a phrase that begins with a direction is a name: South Africa, West Bank.

    True of exact names of the gazetteer, but for the regions that merely spell out a direction.
    """
    for match in gazetteer.lookup(text, limit=8):
        if match.how not in ("primary", "alias", "abbreviation"):
            continue
        if match.entry.id.startswith("region:dir-"):
            continue
        # "southern provinces" is also a name of Western Sahara, but not in small letters.
        if match.how == "primary" or (match.entry.kind in _BROAD and text[:1].isupper()):
            return True
    return False


def is_demonym(gazetteer: GazetteerLike, text: str) -> bool:
    """Whether a word is an adjective of a country or unit: Syrian, Iraqi."""
    matches = gazetteer.lookup(text, limit=5)
    return bool(matches) and matches[0].how == "demonym"


_OF_TOWNS = frozenset({"side", "distance", "between", "fringe", "countryside", "near"})
_TOWNS = ("city", "capital", "neighbourhood", "airport", "air_base")


def resolver(
    gazetteer: GazetteerLike,
    context_country: str | None = None,
    phrase: AreaPhrase | None = None,
) -> Resolve:
    """A resolver that takes the most prominent entry of a name, the context's country first.

    A country, territory or region goes before places of the same name in the context country.
    Where a unit is named after its town, ``phrase`` decides: one measures from towns, one is
    on the outskirts of a town, but in the south of a province.
    """
    towns = phrase is not None and (
        (phrase.form in _OF_TOWNS and not phrase.near_border) or phrase.direction == "centre"
    )

    def resolve(name: str) -> Entry | None:
        matches = gazetteer.lookup(name, limit=20)
        if not matches:
            return None
        if matches[0].entry.kind in _STATES or matches[0].how == "demonym":
            return matches[0].entry
        best = matches[0].entry
        if context_country:
            for match in matches:
                if match.entry.country == context_country and match.how != "fuzzy":
                    best = match.entry
                    break
        if towns and best.kind in ("admin1", "admin2", "admin3"):
            for match in matches:
                same = match.entry.country == best.country and match.entry.kind in _TOWNS
                if same and match.entry.admin1 in (best.admin1, None):
                    return match.entry
        return best

    return resolve


def country_entry(gazetteer: GazetteerLike, iso: str) -> Entry | None:
    """The country or territory of an ISO alpha-2 code."""
    ask = getattr(gazetteer, "country", None)
    if ask is not None:
        found: Entry | None = ask(iso)
        return found
    for match in gazetteer.lookup(iso, limit=20):
        if match.entry.kind in _STATES and match.entry.country == iso.upper():
            return match.entry
    return None


def unit_entry(gazetteer: GazetteerLike, country: str, name: str) -> Entry | None:
    """A country's first-order unit by its English or GeoNames name."""
    first: Entry | None = None
    for match in gazetteer.lookup(name, limit=200):
        if match.entry.kind == "admin1" and match.entry.country == country:
            # Where a former unit has the name of its successor, the one on the map.
            if match.entry.has_geometry:
                return match.entry
            first = first or match.entry
    return first


def shape_of_part(gazetteer: GazetteerLike) -> Callable[[str], BaseGeometry | None]:
    """The areas of ``IQ`` and ``IQ/Basra``, for ``named_regions.compose``."""

    def shape_of(part: str) -> BaseGeometry | None:
        country, _, unit = part.partition("/")
        entry = unit_entry(gazetteer, country, unit) if unit else country_entry(gazetteer, country)
        return gazetteer.geometry(entry.id) if entry and entry.has_geometry else None

    return shape_of


def anchor_of(gazetteer: GazetteerLike, entry: Entry, *, units: bool = False) -> Anchor:
    """An entry as a place to measure from; ``units`` adds its first-order units' areas."""
    parts: tuple[tuple[str, BaseGeometry], ...] = ()
    ask = getattr(gazetteer, "units", None)
    if units and ask is not None and entry.kind in _STATES and entry.country:
        found = []
        for unit in ask(entry.country):
            area = gazetteer.geometry(unit.id) if unit.has_geometry else None
            if area is not None and not area.is_empty:
                found.append((unit.name, area))
        parts = tuple(found)
    geometry = gazetteer.geometry(entry.id) if entry.has_geometry else None
    return Anchor(
        entry.name, entry.lat, entry.lon, float(entry.uncertainty_m), geometry, entry.kind,
        entry.precision, entry.country, entry.id, parts,
    )  # fmt: skip


_LANDS: WeakKeyDictionary[Any, list[BaseGeometry]] = WeakKeyDictionary()
_ISO = tuple(a + b for a in ascii_uppercase for b in ascii_uppercase)


def land_of(gazetteer: GazetteerLike) -> Land:
    """The countries' areas near a box, for the sea off a coast; read once per gazetteer."""

    def land(box: tuple[float, float, float, float]) -> list[BaseGeometry]:
        if gazetteer not in _LANDS:
            found = []
            for iso in _ISO if hasattr(gazetteer, "country") else ():
                entry = country_entry(gazetteer, iso)
                shape = gazetteer.geometry(entry.id) if entry and entry.has_geometry else None
                if shape is not None:
                    found.append(shape)
            _LANDS[gazetteer] = found
        west, south, east, north = box
        return [
            s for s in _LANDS[gazetteer]
            if s.bounds[0] <= east and west <= s.bounds[2]
            and s.bounds[1] <= north and south <= s.bounds[3]
        ]  # fmt: skip

    return land


def _curated(
    phrase: AreaPhrase, entry: Entry | None, context_country: str | None,
    gazetteer: GazetteerLike,
) -> tuple[str, BaseGeometry, str] | None:  # fmt: skip
    """The curated area of these words, if there is one: name, shape, source."""
    if phrase.form != "part" or phrase.also or (phrase.extreme and not phrase.descriptor):
        return None
    country = entry.country if entry else context_country
    region = descriptive_of(country, phrase.text)
    if region is None and phrase.direction and not phrase.descriptor:
        of = None
        if entry is None:
            of = context_country if phrase.nominal in (None, "country", "nation") else None
        elif entry.kind in _STATES:
            of = entry.country
        elif entry.kind == "admin1":
            of = f"{entry.country}/{entry.admin1_name or entry.name}"
        region = direction_of(of, phrase.direction) if of else None
    if region is None and phrase.descriptor and phrase.direction and country:
        region = direction_of(country, phrase.direction)
    if region is None:
        return None
    shape = gazetteer.geometry(region.id)
    if shape is None:
        try:
            shape = compose(region, shape_of_part(gazetteer))
        except KeyError:
            return None
    note = f"; {region.note}" if region.note else ""
    return region.name, shape, region.source + note


def draw(
    phrase: AreaPhrase,
    entries: Sequence[Entry],
    gazetteer: GazetteerLike,
    context_country: str | None = None,
) -> Area | None:
    """The area of a parsed phrase whose anchors mean ``entries`` (in the phrase's order).

    ``context_country`` is the ISO code of the country the text is about; it is the anchor of a
    phrase that names none ("the south", "southern provinces").  None where the words cannot be
    drawn: an unknown anchor, no common border, no coast.
    """
    if len(entries) < len(phrase.anchors):
        return None
    context_entry = country_entry(gazetteer, context_country) if context_country else None
    first = entries[0] if entries else None
    curated = _curated(phrase, first, context_country, gazetteer)
    anchors = [anchor_of(gazetteer, e, units=phrase.units) for e in entries]
    context = None
    if context_entry is not None:
        context = anchor_of(gazetteer, context_entry, units=phrase.units and not entries)
    try:
        return shape_area(
            phrase, anchors, context=context, land=land_of(gazetteer), curated=curated
        )
    except Impossible:
        return None


def area_for(
    phrase: str,
    gazetteer: GazetteerLike,
    context_country: str | None = None,
    resolve: Resolve | None = None,
) -> Area | None:
    """The area that a phrase names, or None when it is a plain name or cannot be drawn.

    ``resolve`` gives the entry of an anchor's name; by default the gazetteer's most prominent,
    in ``context_country`` (ISO alpha-2) first.
    """
    parsed = parse(
        phrase,
        is_name=lambda text: is_name(gazetteer, text),
        is_demonym=lambda text: is_demonym(gazetteer, text),
    )
    if parsed is None:
        return None
    ask = resolve or resolver(gazetteer, context_country, parsed)
    entries = []
    for anchor in parsed.anchors:
        entry = ask(anchor.text)
        if entry is None:
            return None
        entries.append(entry)
    return draw(parsed, entries, gazetteer, context_country)


__all__ = [
    "Anchor", "AnchorSpan", "Area", "AreaPhrase", "Impossible", "Resolve", "anchor_of", "area_for",
    "draw", "find", "is_demonym", "is_name", "land_of", "parse", "resolver", "shape_area",
    "shape_of_part", "unit_entry",
]  # fmt: skip
