"""Ask the gazetteer what a toponym may mean, as columns that a ranker can work on.

What is asked depends on the name alone, so answers are kept for the life of the process.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer import Entry, GazetteerLike, Match
from mapper.names import Shape, clean, fold, shape

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

MAX_CANDIDATES = 30
"""Candidates kept for a name: what the gazetteer ranks below is not considered."""

_LOOSE = ("fuzzy", "contained")
HOWS = ("primary", "alias", "stripped", "fuzzy", "demonym", "abbreviation", "part")
KIND_GROUPS = (
    "country",
    "admin1",
    "admin2",
    "admin3",
    "city",
    "neighbourhood",
    "facility",
    "water",
    "landform",
    "region",
    "continent",
    "other",
)
_GROUP_OF_KIND = {
    "country": "country",
    "territory": "country",
    "admin1": "admin1",
    "admin2": "admin2",
    "admin3": "admin3",
    "city": "city",
    "capital": "city",
    "neighbourhood": "neighbourhood",
    "airport": "facility",
    "air_base": "facility",
    "facility": "facility",
    "camp": "facility",
    "crossing": "facility",
    "square": "facility",
    "street": "facility",
    "building": "facility",
    "park": "facility",
    "sea": "water",
    "ocean": "water",
    "river": "water",
    "lake": "water",
    "strait": "water",
    "canal": "water",
    "mountain": "landform",
    "mountains": "landform",
    "desert": "landform",
    "island": "landform",
    "peninsula": "landform",
    "region": "region",
    "historical": "region",
    "continent": "continent",
}
_GROUP_OF_PRECISION = {
    "facility": "facility",
    "neighbourhood": "neighbourhood",
    "city": "city",
    "district": "admin2",
    "province": "admin1",
    "region": "region",
    "country": "country",
    "sea": "water",
}
_GROUP_OF_HINT = {
    "country": {"country"},
    "admin1": {"admin1", "region"},
    "admin2": {"admin2", "admin3"},
    "city": {"city", "neighbourhood"},
    "neighbourhood": {"neighbourhood"},
    "water": {"water"},
    "landform": {"landform"},
    "facility": {"facility"},
    "region": {"region"},
}

STATIC_FEATURES = (
    *(f"how_{h}" for h in HOWS),
    *(f"kind_{k}" for k in KIND_GROUPS),
    "name_is_primary",
    "name_is_match",
    "case_equal",
    "name_length",
    "name_words",
    "log_population",
    "population_below_best",
    "order",
    "log_candidates",
    "population_share",
    "candidates_in_country",
    "hint_given",
    "hint_fits",
    "hint_against",
    "direction",
    "curated",
    "best_how_here",
    "capital",
    "weak",
    "historical",
    "similarity",
    "prominence",
    "prominence_below_best",
    "seat",
)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The candidates of one name: entries and, row by row, their columns.

    ``static`` has one column for each of STATIC_FEATURES; ``xyz`` are unit vectors of the
    places; ``country``, ``admin1`` and ``admin2`` are interned numbers, 0 where unknown.
    """

    name: str
    shape: Shape
    entries: tuple[Entry, ...]
    hows: tuple[str, ...]
    matched: tuple[str, ...]
    static: F32
    xyz: F32
    country: I32
    admin1: I32
    admin2: I32
    group: I32


class Interner:
    """Small numbers for codes, the same code the same number; 0 means unknown."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, code: str | None) -> int:
        """The number of a code, given at its first sight."""
        if not code:
            return 0
        return self._numbers.setdefault(code, len(self._numbers) + 1)


class Candidates:
    """The gazetteer's answers as blocks, the latest names kept."""

    def __init__(self, gazetteer: GazetteerLike, *, keep: int = 20_000) -> None:
        self.gazetteer = gazetteer
        self._keep = keep
        self._blocks: OrderedDict[str, Block] = OrderedDict()
        self._country = Interner()
        self._admin1 = Interner()
        self._admin2 = Interner()

    def country_number(self, code: str | None) -> int:
        """The interned number of a country code."""
        return self._country.number(code)

    def block(self, name: str) -> Block:
        """The candidates of a name as it stands in a text."""
        name = clean(name)
        found = self._blocks.get(name)
        if found is not None:
            self._blocks.move_to_end(name)
            return found
        found = self._build(name)
        self._blocks[name] = found
        if len(self._blocks) > self._keep:
            self._blocks.popitem(last=False)
        return found

    def _first_level(self, entry: Entry) -> int:
        if not entry.country or not entry.admin1:
            return 0
        return self._admin1.number(f"{entry.country}.{entry.admin1}")

    def _second_level(self, entry: Entry) -> int:
        if not entry.country or not entry.admin1 or not entry.admin2:
            return 0
        return self._admin2.number(f"{entry.country}.{entry.admin1}.{entry.admin2}")

    def _matches(self, name: str, form: Shape) -> list[tuple[Match, str]]:
        found: dict[str, tuple[Match, str]] = {}

        def take(matches: tuple[Match, ...], how: str | None = None) -> None:
            for match in matches:
                said = "part" if match.how == "contained" else match.how
                found.setdefault(match.entry.id, (match, how or said))

        direct = self.gazetteer.lookup(name, limit=MAX_CANDIDATES)
        take(direct)
        if not any(m.how not in _LOOSE for m in direct):
            found.clear()
            for bare in form.stripped:
                take(self._unfuzzy(bare), "stripped")
            if not found:
                for part in form.parts:
                    take(self._unfuzzy(part), "part")
                    if found:
                        break
            take(direct)
        elif form.stripped and len(found) < MAX_CANDIDATES:
            for bare in form.stripped:
                take(self._unfuzzy(bare), "stripped")
        return list(found.values())[:MAX_CANDIDATES]

    def _unfuzzy(self, name: str) -> tuple[Match, ...]:
        return tuple(
            m for m in self.gazetteer.lookup(name, limit=MAX_CANDIDATES) if m.how not in _LOOSE
        )

    def _build(self, name: str) -> Block:
        form = shape(name)
        matches = self._matches(name, form) if name else []
        entries = tuple(m.entry for m, _ in matches)
        hows = tuple(how for _, how in matches)
        n = len(entries)
        static = np.zeros((n, len(STATIC_FEATURES)), np.float32)
        lat = np.radians(np.array([e.lat for e in entries], np.float64))
        lon = np.radians(np.array([e.lon for e in entries], np.float64))
        xyz = np.stack(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1
        ).astype(np.float32)
        groups = [kind_group(e) for e in entries]
        country = np.array([self._country.number(e.country) for e in entries], np.int32)
        admin1 = np.array([self._first_level(e) for e in entries], np.int32)
        admin2 = np.array([self._second_level(e) for e in entries], np.int32)
        folded = fold(name)
        column = {name_: i for i, name_ in enumerate(STATIC_FEATURES)}
        population = np.array([max(e.population, 0) for e in entries], np.float64)
        log_population = np.log10(population + 1)
        best = log_population.max(initial=0.0)
        prominent = max((e.prominence for e in entries), default=0)
        total = population.sum() + 1.0
        rank_of_how = {how: i for i, how in enumerate(HOWS)}
        best_how = min((rank_of_how.get(h, 6) for h in hows), default=0)
        fits = _GROUP_OF_HINT.get(form.kind or "", set())
        for i, ((match, how), entry) in enumerate(zip(matches, entries, strict=True)):
            row = static[i]
            row[column[f"how_{how}"]] = 1
            row[column[f"kind_{KIND_GROUPS[groups[i]]}"]] = 1
            row[column["name_is_primary"]] = fold(entry.name) == folded
            row[column["name_is_match"]] = fold(match.name) == folded
            row[column["case_equal"]] = name in (match.name, entry.name)
            row[column["name_length"]] = len(name)
            row[column["name_words"]] = name.count(" ") + 1
            row[column["log_population"]] = log_population[i]
            row[column["population_below_best"]] = best - log_population[i]
            row[column["order"]] = i
            row[column["log_candidates"]] = math.log(n)
            row[column["population_share"]] = population[i] / total
            row[column["candidates_in_country"]] = int((country == country[i]).sum())
            row[column["hint_given"]] = form.kind is not None
            row[column["hint_fits"]] = KIND_GROUPS[groups[i]] in fits
            row[column["hint_against"]] = bool(fits) and KIND_GROUPS[groups[i]] not in fits
            row[column["direction"]] = form.direction is not None
            row[column["curated"]] = entry.source.startswith("curated")
            row[column["weak"]] = match.weak
            row[column["historical"]] = match.historical
            row[column["similarity"]] = match.similarity
            row[column["prominence"]] = entry.prominence
            row[column["prominence_below_best"]] = prominent - entry.prominence
            row[column["seat"]] = entry.feature.startswith("PPLA") or entry.feature == "PPLC"
            row[column["capital"]] = entry.kind == "capital"
            row[column["best_how_here"]] = rank_of_how.get(how, 6) == best_how
        return Block(
            name,
            form,
            entries,
            hows,
            tuple(m.name for m, _ in matches),
            static,
            xyz.reshape(n, 3),
            country,
            admin1,
            admin2,
            np.array(groups, np.int32),
        )


def kind_group(entry: Entry) -> int:
    """The index in KIND_GROUPS of an entry's kind (its precision decides where unknown)."""
    group = _GROUP_OF_KIND.get(entry.kind) or _GROUP_OF_PRECISION.get(entry.precision, "other")
    return KIND_GROUPS.index(group)
