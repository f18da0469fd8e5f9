"""The gazetteer as the pipeline asks it: names in, entries out.

One read-only SQLite file (``geodata/data/gazetteer.sqlite``, made by ``geodata.build`` or
``python -m mapper gazetteer build``) answers.  A name is looked up as it folds (accents, case,
apostrophes, hyphens); then without the Arabic article and without type words (Governorate,
Oblast, State, ...); then by sound (``Nasiriyya`` finds Nasiriyah).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from shapely.geometry.base import BaseGeometry

from geodata.fold import (
    FOLD_VERSION,
    fold,
    key_bytes,
    key_text,
    similarity,
    sound_key,
    sound_number,
    strip_type,
    without_article,
)
from geodata.kinds import KIND_CODE, KINDS, country_code, country_number, radius_m

MatchKind = Literal["primary", "alias", "stripped", "fuzzy", "demonym", "abbreviation", "contained"]
"""How a name matched.  ``stripped``: without an article or a type word.  ``fuzzy``: by sound.
``contained``: the phrase as a whole is unknown, a part of it names the entry ("Belfast" of
"Belfast Magistrates' Court"): where it is near, seldom what it is."""

ENVIRONMENT = "INCIDENT_MAPPER_GAZETTEER"
"""Names the gazetteer file to use in place of the shipped one."""
DEFAULT_PATH = Path(__file__).parent / "data" / "gazetteer.sqlite"
SCHEMA_VERSION = 2
SIMILAR = 0.75
"""Least similarity (1 is equal, see ``fold.similarity``) of a name found by sound."""
MOST_WORDS = 12
PART_LIMIT = 12
PART_PROMINENCE = 85
"""Least prominence of a place named by a single word of a longer phrase."""
MEND = "python -m geodata.build"
MEND_OTHER = "python -m mapper gazetteer build --source full --from-dir DIR --to FILE"


class GazetteerError(Exception):
    """The gazetteer cannot be used; the message is one line that says what mends it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the gazetteer.

    ``kind`` is our own word for what it is (``country``, ``admin1``, ``admin2``, ``city``,
    ``neighbourhood``, ``airport``, ``air_base``, ``river``, ``sea``, ``region``, ...);
    ``precision`` the contract's.  ``uncertainty_m`` in metres.  ``admin1``/``admin2`` are
    GeoNames codes, ``admin1_name`` the English name.  ``source`` names where it is from.
    ``feature`` is the GeoNames feature code where one is known (``PPLC``, ``ADM1``), else
    empty; ``prominence`` how likely a bare mention means it (20 log10 of the population plus
    a number for the kind; about 0 to 450).
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
    feature: str = ""
    prominence: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found for a name, how it was found and the gazetteer name that matched.

    ``weak`` marks a name that rarely means the place: a code, a two-letter form.
    ``historical`` marks a former name.  ``similarity`` is 1 but for names found by sound.
    """

    entry: Entry
    how: MatchKind
    name: str
    language: str | None = None
    weak: bool = False
    historical: bool = False
    similarity: float = 1.0


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


_HOW: tuple[MatchKind, ...] = (
    "primary", "alias", "stripped", "demonym", "abbreviation", "alias", "alias",
)  # fmt: skip
_WEAK, _HISTORICAL = 5, 6
_CAPITALISED, _ALL_CAPS = 0x10, 0x20
_OWN_FROM = 16_000_000
_COUNTRY, _TERRITORY = KIND_CODE["country"], KIND_CODE["territory"]
_LOCAL = ("city", "neighbourhood", "facility")
_PLACE = "SELECT id,name,kind,cc,a1,a2,lat,lon,pop,prom,feat,src,unc FROM place WHERE id=?"


NEAR_KM = 40
"""How far from a town lies what a person looks for in it: ``Sadr City, Baghdad``."""


def _unpack(posting: bytes) -> list[tuple[int, int]]:
    """Place ids and flags of a posting, best first."""
    return [(v & 0xFFFFFF, v >> 24) for (v,) in struct.iter_unpack("<I", posting)]


class Gazetteer:
    """A gazetteer file, open for reading; ``Gazetteer.open`` makes one.

    Safe to share between threads.  ``version`` names what it was built from, ``sha256`` is
    the file's, ``attribution`` the sentence that must be shown with what comes from it.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, meta: dict[str, Any]) -> None:
        self.path = path
        self.version: str = meta["version"]
        self.attribution: str = meta["attribution"]
        self.source: str = meta["source"]
        self.counts: dict[str, int] = meta["counts"]
        self.meta = meta
        self._db = db
        self._features: list[str] = meta["features"]
        self._origins: list[str] = meta["origins"]
        self._sha256: str | None = None
        self._admin: dict[int, tuple[str, str]] = {
            i: (code, name)
            for i, code, name in db.execute(
                "SELECT admin.id, code, coalesce(english, name) FROM admin"
                " JOIN place ON place.id = admin.id WHERE level = 1"
            )
        }
        self._shaped = {i for (i,) in db.execute("SELECT id FROM shape")}
        self._own: dict[int, tuple[str, str | None]] = {
            i: (ref, precision)
            for i, ref, precision in db.execute("SELECT id, ref, precision FROM own")
        }
        self._units: dict[str, int] | None = None
        self._codes: dict[int, str] = {}
        self._point_index: Any = None
        self._towns: Any = None

    @classmethod
    def open(cls, path: str | Path | None = None) -> Gazetteer:
        """Open the file at ``path``.

        Default: the one that the environment's INCIDENT_MAPPER_GAZETTEER names, else the one
        that ships with the project.

        Raises GazetteerError when it is missing, damaged, half built or of another version.
        """
        file = Path(path or os.environ.get(ENVIRONMENT) or DEFAULT_PATH)
        mend = MEND if file == DEFAULT_PATH else MEND_OTHER
        if not file.is_file():
            raise GazetteerError(f"no gazetteer at {file}; make it with: {mend}")
        try:
            db = sqlite3.connect(
                f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            db.execute("PRAGMA mmap_size=268435456")
            db.execute("PRAGMA cache_size=-8192")
            meta = {k: json.loads(v) for k, v in db.execute("SELECT key, value FROM meta")}
            if not meta.get("complete"):
                raise GazetteerError(f"the gazetteer {file} is half built; make it with: {mend}")
            if (meta["schema_version"], meta["fold_version"]) != (SCHEMA_VERSION, FOLD_VERSION):
                raise GazetteerError(
                    f"the gazetteer {file} is of version {meta['schema_version']}."
                    f"{meta['fold_version']}, this program needs {SCHEMA_VERSION}."
                    f"{FOLD_VERSION}; make it with: {mend}"
                )
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            size = db.execute("PRAGMA page_size").fetchone()[0]
            if pages * size != file.stat().st_size:
                raise GazetteerError(f"the gazetteer {file} is cut short; make it with: {mend}")
            return cls(file, db, meta)
        except (sqlite3.Error, KeyError, ValueError, UnicodeDecodeError) as error:
            raise GazetteerError(
                f"the gazetteer {file} is damaged ({str(error)[:80]}); make it with: {mend}"
            ) from error

    @property
    def sha256(self) -> str:
        """The file's sha256: from its manifest when that fits the file's size, else computed."""
        if self._sha256 is None:
            manifest = self.path.with_name("manifest.json")
            try:
                known = json.loads(manifest.read_text(encoding="utf-8"))
                if known["file"] == self.path.name and known["bytes"] == self.path.stat().st_size:
                    self._sha256 = str(known["sha256"])
            except (OSError, ValueError, KeyError):
                pass
        if self._sha256 is None:
            with self.path.open("rb") as file:
                self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return self._sha256

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ------------------------------------------------------------------ names

    def lookup(
        self,
        name: str,
        *,
        limit: int = 50,
        fuzzy: bool = True,
        loose: bool = True,
        contained: bool = True,
    ) -> tuple[Match, ...]:
        """Entries that bear this name, most prominent first; exact before looser.

        ``loose=False`` stops after exact names; ``fuzzy=False`` leaves out names of like
        sound, ``contained=False`` places that a part of the phrase names; both are only asked
        for when nothing else is found.  At most ``limit`` matches.
        """
        key = fold(name)
        if not key:
            return ()
        out: list[Match] = []
        seen: set[int] = set()
        self._exact(key, name, None, limit, seen, out)
        if loose and len(out) < limit:
            self._stripped(key, name, limit, seen, out)
            if not out and fuzzy:
                self._fuzzy(key, limit, seen, out)
            if not out and contained:
                self._contained(name, limit, seen, out)
        return tuple(out)

    def _contained(self, text: str, limit: int, seen: set[int], out: list[Match]) -> None:
        """Places named by parts of a phrase, longest parts first, none inside another."""
        words = text.split()[:MOST_WORDS]
        taken = [False] * len(words)
        for size in range(len(words) - 1, 0, -1):
            for at in range(len(words) - size + 1):
                if any(taken[at : at + size]) or not words[at][:1].isupper():
                    continue
                part = " ".join(words[at : at + size]).rstrip(",;:")
                if part.endswith(("'s", "’s")):
                    part = part[:-2]
                least = PART_PROMINENCE if size == 1 else 0
                key = fold(part)
                if len(key) < 3 and not part.isupper():
                    continue
                found: list[Match] = []
                self._exact(key, part, None, PART_LIMIT, set(seen), found)
                found = [m for m in found if m.entry.prominence >= least and not m.weak]
                if found:
                    taken[at : at + size] = [True] * size
                for match in found:
                    number = self._number(match.entry.id)
                    if number is not None and number not in seen and len(out) < limit:
                        seen.add(number)
                        out.append(replace(match, how="contained", name=part))

    def _exact(
        self,
        key: str,
        text: str,
        how: MatchKind | None,
        limit: int,
        seen: set[int],
        out: list[Match],
        keep: Callable[[int], bool] | None = None,
    ) -> None:
        row = self._db.execute("SELECT posting FROM name WHERE key=?", (key_bytes(key),)).fetchone()
        if row is None:
            return
        for place, flag in _unpack(row[0]):
            if len(out) >= limit:
                return
            if place in seen:
                continue
            if flag & 0x30 and not _written_so(text, flag):
                continue
            found = self._db.execute(_PLACE, (place,)).fetchone()
            if found is None or (keep and not keep(found[2])):
                continue
            seen.add(place)
            entry = self._entry(found)
            low = flag & 0x0F
            shown = entry.name if low == 0 else text
            out.append(
                Match(entry, how or _HOW[low], shown, None, low == _WEAK, low == _HISTORICAL)
            )

    def _stripped(self, key: str, text: str, limit: int, seen: set[int], out: list[Match]) -> None:
        forms = strip_type(key)
        bare = without_article(key)
        if bare:
            if not forms or not out:
                self._exact(bare, text, "stripped", limit, seen, out)
            forms += [f for f in strip_type(bare) if f not in forms]
        for form in forms:
            if len(form) < 3 and form.isascii():
                continue
            had = bool(out)
            self._exact(form, form.title(), "stripped", limit, seen, out,
                        _is_unit if had else None)  # fmt: skip
            inner = without_article(form)
            if inner:
                self._exact(inner, inner.title(), "stripped", limit, seen, out,
                            _is_unit if had else None)  # fmt: skip

    def _fuzzy(self, key: str, limit: int, seen: set[int], out: list[Match]) -> None:
        forms = [key, *strip_type(key)]
        ranked: list[tuple[float, int, tuple[Any, ...], str]] = []
        for form in forms:
            sound = sound_key(form)
            if sound is None:
                continue
            row = self._db.execute(
                "SELECT posting FROM sound WHERE key=?", (sound_number(sound),)
            ).fetchone()
            if row is None:
                continue
            at, data = 0, row[0]
            while at < len(data):
                value = int.from_bytes(data[at : at + 4], "little")
                place, size = value & 0xFFFFFF, value >> 24
                alias = data[at + 4 : at + 4 + size].decode()
                at += 4 + size
                if place in seen:
                    continue
                found = self._db.execute(_PLACE, (place,)).fetchone()
                if found is None:
                    continue
                target = alias or fold(found[1])
                alike = similarity(form, target)
                if alike >= SIMILAR:
                    seen.add(place)
                    ranked.append((alike, found[9], found, alias or found[1]))
            if ranked:
                break
        ranked.sort(key=lambda r: (-r[0] * 200 - r[1], r[2][0]))
        for alike, _, found, shown in ranked[: limit - len(out)]:
            out.append(Match(self._entry(found), "fuzzy", shown, similarity=round(alike, 3)))

    def search(self, text: str, *, limit: int = 20) -> tuple[Match, ...]:
        """Entries for what a person types: the name itself, then names that begin so.

        Most prominent first among each.  What follows a comma says where to look: ``Athens,
        Ohio`` or ``Sadr City, Baghdad`` gives only what lies in that unit, or within
        ``NEAR_KM`` of that town; where nothing does, the whole is taken for a name.
        """
        head, *rest = (part.strip() for part in text.split(","))
        rest = [part for part in rest if part]
        if head and rest:
            within = self._search(head, 400)
            for part in rest:
                within = self._lying_in(within, part)
            if within:
                # Who names the unit too means the place called so itself: the town, no county.
                within.sort(key=lambda match: match.how != "primary")
                return tuple(within[:limit])
        return tuple(self._search(text, limit))

    def _lying_in(self, found: list[Match], name: str) -> list[Match]:
        """Those that lie in a unit of this name or code; where none does, near such a town."""
        others = [m.entry for m in self.lookup(name, limit=30, fuzzy=False, loose=False)]
        ids = {other.id for other in others}
        code = name.upper() if len(name) > 1 else ""
        inside = [
            match
            for match in found
            if code in (match.entry.country, match.entry.admin1)
            or any(parent.id in ids for parent in self.parents(match.entry))
        ]
        if inside:
            return inside
        towns = [(o.lat, o.lon) for o in others if o.precision in ("city", "district")]
        return [
            match
            for match in found
            if match.entry.id not in ids
            and any(distance_km((match.entry.lat, match.entry.lon), t) <= NEAR_KM for t in towns)
        ]

    def _search(self, text: str, limit: int) -> list[Match]:
        """Entries for a name without qualifiers, as ``search`` gives them."""
        out = list(self.lookup(text, limit=limit, fuzzy=False))
        seen = {m.entry.id for m in out}
        key = fold(text)
        if key and len(out) < limit:
            best: dict[int, tuple[int, str]] = {}
            rows = self._db.execute(
                "SELECT key, posting FROM name WHERE key > ? AND key < ? LIMIT 3000",
                (key_bytes(key), key_bytes(key) + b"\xff"),
            )
            for found_key, posting in rows:
                for place, flag in _unpack(posting)[:5]:
                    if flag & 0x0F != _WEAK and place not in best:
                        best[place] = (flag, key_text(found_key))
            places = [self._db.execute(_PLACE, (p,)).fetchone() for p in sorted(best)]
            places = [p for p in places if p]
            places.sort(key=lambda p: (-p[9], p[0]))
            for place in places:
                if len(out) >= limit:
                    break
                entry = self._entry(place)
                if entry.id not in seen:
                    seen.add(entry.id)
                    flag, found_key = best[place[0]]
                    shown = entry.name if flag & 15 == 0 else found_key
                    out.append(Match(entry, _HOW[flag & 15], shown))
        return out or list(self.lookup(text, limit=limit))

    # ------------------------------------------------------------------ entries

    def entry(self, entry_id: str) -> Entry | None:
        """The entry of this id (``gn:98182``, ``oa:ORAA``, ``cur:...``), or None."""
        place = self._number(entry_id)
        if place is None:
            return None
        row = self._db.execute(_PLACE, (place,)).fetchone()
        return self._entry(row) if row else None

    def note(self, entry_id: str) -> str | None:
        """What must be said of this entry's shape or position: whose view, which source."""
        place = self._number(entry_id)
        if place is None:
            return None
        for table in ("shape", "own"):
            row = self._db.execute(f"SELECT note FROM {table} WHERE id=?", (place,)).fetchone()
            if row and row[0]:
                return str(row[0])
        return None

    def country(self, iso: str) -> Entry | None:
        """The country or territory of an ISO 3166-1 alpha-2 code, or None."""
        place = self._by_code().get(iso.upper()) if len(iso) == 2 else None
        return self.entry(f"gn:{place}") if place is not None else None

    def capital(self, iso: str) -> Entry | None:
        """The capital of the country of an ISO 3166-1 alpha-2 code, or None."""
        row = self._db.execute(
            _PLACE.replace("WHERE id=?", "WHERE kind=? AND cc=? ORDER BY prom DESC, id LIMIT 1"),
            (KIND_CODE["capital"], country_number(iso)),
        ).fetchone()
        return self._entry(row) if row else None

    def unit(self, code: str) -> Entry | None:
        """The admin unit of a GeoNames code (``IQ.07``, ``US.AL.113``) or an ISO 3166-2 code."""
        place = self._by_code().get(code)
        if place is None:
            row = self._db.execute("SELECT id FROM admin WHERE code = ?", (code,)).fetchone()
            place = row[0] if row else None
        return self.entry(f"gn:{place}") if place is not None else None

    def _by_code(self) -> dict[str, int]:
        """GeoNames ids by GeoNames code and ISO code, of countries and admin-1 units."""
        if self._units is None:
            rows = self._db.execute(
                "SELECT code, iso, id FROM admin WHERE level < 2 OR iso IS NOT NULL"
                " ORDER BY level DESC, id DESC"
            ).fetchall()
            self._units = {iso: i for _, iso, i in rows if iso} | {c: i for c, _, i in rows}
        return self._units

    def units(self, country: str, level: int = 1) -> tuple[Entry, ...]:
        """The admin-1 (or admin-2) units of a country, by code."""
        rows = self._db.execute(
            "SELECT place.id,name,kind,cc,a1,a2,lat,lon,pop,prom,feat,src,unc FROM admin"
            " JOIN place ON place.id = admin.id WHERE level = ? AND code LIKE ? ORDER BY code",
            (level, f"{country.upper()}.%"),
        )
        return tuple(self._entry(row) for row in rows.fetchall())

    def _number(self, entry_id: str) -> int | None:
        if entry_id.startswith("gn:"):
            try:
                return int(entry_id[3:])
            except ValueError:
                return None
        row = self._db.execute("SELECT id FROM own WHERE ref=?", (entry_id,)).fetchone()
        return int(row[0]) if row else None

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        place, name, code, cc, a1, a2, lat, lon, people, prom, feat, src, unc = row
        kind = KINDS[code]
        unit = self._admin.get(a1)
        own = place >= _OWN_FROM
        return Entry(
            self._own[place][0] if own else f"gn:{place}",
            name,
            kind.name,
            country_code(cc),
            unit[0][3:] if unit else None,
            unit[1] if unit else None,
            self._admin2_code(a2) if a2 else None,
            lat / 1e5,
            lon / 1e5,
            people,
            None if own else place,
            (self._own[place][1] if own else None) or kind.precision,
            unc or radius_m(kind.name, people),
            place in self._shaped,
            self._origins[src],
            self._features[feat],
            prom,
        )

    def _admin2_code(self, place: int) -> str | None:
        if place not in self._codes:
            row = self._db.execute("SELECT code FROM admin WHERE id=?", (place,)).fetchone()
            self._codes[place] = row[0].rpartition(".")[2] if row else ""
        return self._codes[place] or None

    def parents(self, entry: Entry) -> tuple[Entry, ...]:
        """The entries that contain it: admin2, admin1, country, as far as known."""
        out: list[Entry] = []
        place = self._number(entry.id)
        row = self._db.execute(_PLACE, (place,)).fetchone()
        if row:
            for unit in (row[5], row[4]):
                if unit and unit != place:
                    above = self._db.execute(_PLACE, (unit,)).fetchone()
                    if above:
                        out.append(self._entry(above))
        if entry.country and entry.kind not in ("country", "territory"):
            state = self.country(entry.country)
            if state:
                out.append(state)
        return tuple(out)

    def around(
        self, lat: float, lon: float, km: float, *, limit: int = 50, facilities: bool = False
    ) -> tuple[Entry, ...]:
        """The towns and neighbourhoods within ``km`` of a point (WGS 84), most prominent first.

        ``facilities`` adds airports, camps and the like.  Distances are great-circle.
        """
        import numpy as np

        if self._towns is None:
            self._towns = self._populated()
        ids, lats, lons, prominence, facility = self._towns
        reach = km / 111.19  # one degree of latitude on the sphere of distance_km, in km
        first, last = np.searchsorted(lats, (lat - reach, lat + reach))
        here = slice(first, last)
        east = np.radians((lons[here] - lon + 180) % 360 - 180)
        north = np.radians(lats[here] - lat)
        h = np.sin(north / 2) ** 2 + (
            np.cos(np.radians(lat)) * np.cos(np.radians(lats[here])) * np.sin(east / 2) ** 2
        )
        near = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(h, 1))) <= km
        if not facilities:
            near &= ~facility[here]
        found = np.flatnonzero(near) + first
        found = found[np.lexsort((ids[found], -prominence[found]))][:limit]
        rows = (self._db.execute(_PLACE, (int(ids[i]),)).fetchone() for i in found)
        return tuple(self._entry(row) for row in rows)

    def _populated(self) -> Any:
        """Ids, latitudes, longitudes, prominences of what ``around`` may name, by latitude."""
        import numpy as np

        wanted = [n for n, k in enumerate(KINDS) if k.precision in _LOCAL]
        rows = self._db.execute(
            f"SELECT id,lat,lon,prom,kind FROM place WHERE kind IN ({','.join('?' * len(wanted))})"
            " ORDER BY lat, id",
            wanted,
        ).fetchall()
        table = np.array(rows, dtype=np.int64).reshape(-1, 5).T
        built = [n for n in wanted if KINDS[n].precision == "facility"]
        return table[0], table[1] / 1e5, table[2] / 1e5, table[3], np.isin(table[4], built)

    # ------------------------------------------------------------------ areas

    def geometry(self, entry_id: str) -> BaseGeometry | None:
        """The entry's area in lon/lat degrees, or None."""
        place = self._number(entry_id)
        if place is None or place not in self._shaped:
            return None
        return self._shape(place)

    def _shape(self, place: int) -> BaseGeometry:
        from geodata.area_codec import unpack

        row = self._db.execute("SELECT area FROM shape WHERE id=?", (place,)).fetchone()
        return unpack(row[0])

    def _index(self) -> tuple[Any, list[int], list[BaseGeometry]]:
        if self._point_index is None:
            from shapely import STRtree, prepare

            units = [i for i in sorted(self._admin) if i in self._shaped]
            areas = [self._shape(i) for i in units]
            prepare(areas)
            self._point_index = (STRtree(areas), units, areas)
        index: tuple[Any, list[int], list[BaseGeometry]] = self._point_index
        return index

    def admin1_at(self, lat: float, lon: float) -> Entry | None:
        """The admin-1 unit that holds the point (WGS 84 degrees), or None.

        By geometry alone: where a place's own ``admin1`` is known, that is to be preferred.
        """
        return self.admin1_of_points([(lat, lon)])[0]

    def admin1_of_points(self, points: Iterable[tuple[float, float]]) -> list[Entry | None]:
        """For each (lat, lon) the admin-1 unit that holds it; nearest within 5 km of a shore."""
        import numpy as np
        import shapely

        tree, units, _ = self._index()
        spots = list(points)
        lat, lon = np.array(spots, dtype=float).reshape(-1, 2).T
        array = shapely.points(lon, lat)
        found = np.full(len(spots), -1, dtype=np.int64)
        which, unit = tree.query(array)  # boxes only: the areas are prepared, the tree's are not
        inside = shapely.intersects_xy(tree.geometries[unit], lon[which], lat[which])
        which, unit = which[inside], unit[inside]
        found[which[::-1]] = unit[::-1]
        lost = np.flatnonzero(found < 0)
        if lost.size:
            which, unit = tree.query_nearest(array[lost], max_distance=0.05, all_matches=False)
            found[lost[which]] = unit
        cache: dict[int, Entry | None] = {-1: None}
        for i in np.unique(found):
            if i >= 0:
                cache[int(i)] = self.entry(f"gn:{units[int(i)]}")
        return [cache[int(i)] for i in found]

    def admin1_shares(self, area: BaseGeometry) -> list[tuple[Entry, float]]:
        """The admin-1 units that hold any of the area (lon/lat degrees), the largest part first.

        Each with its share of the area, 0..1; what is left over lies at sea.
        """
        import numpy as np
        import shapely

        whole = area.area
        if whole <= 0:
            return []
        tree, units, areas = self._index()
        found = []
        for i in np.sort(tree.query(area, predicate="intersects")):
            share = shapely.intersection(areas[i], area).area / whole
            entry = self.entry(f"gn:{units[int(i)]}")
            if entry is not None and share > 0:
                found.append((entry, float(share)))
        return sorted(found, key=lambda item: -item[1])


def _is_unit(kind: int) -> bool:
    """Whether a kind is an administrative unit or larger (what a type word can follow)."""
    return KINDS[kind].name in ("admin1", "admin2", "admin3", "country", "territory", "region")


def _written_so(text: str, flag: int) -> bool:
    """Whether the text is in the capitals that an abbreviation needs."""
    if flag & _ALL_CAPS:
        return text.replace(".", "").replace(" ", "").isupper()
    return text[:1].isupper()


EARTH_KM = 6371.0088
"""The Earth's mean radius (IUGG 1980)."""


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in km between two (lat, lon) points in degrees."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


__all__ = [
    "EARTH_KM", "Entry", "Gazetteer", "GazetteerError", "GazetteerLike", "Match", "MatchKind",
    "country_number", "distance_km",
]  # fmt: skip
