"""Writing the one file that is read at run time.

``Staging`` takes places and names in any order, in SQLite on disk so that the full GeoNames
passes through without being held in memory; ``finish`` writes the compact file.  The same
input gives the same bytes: everything is inserted in the order of its key.
"""

from __future__ import annotations

import json
import math
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodata.fold import (
    FOLD_VERSION,
    fold,
    key_bytes,
    key_text,
    sound_key,
    sound_number,
    strip_type,
    without_article,
)
from geodata.kinds import KIND_CODE, KINDS, country_number

SCHEMA_VERSION = 2
OWN_IDS_FROM = 16_000_000
"""Ids of places that GeoNames does not have; its own are below 14 million."""

PRIMARY, ALIAS, STRIPPED, DEMONYM, ABBREVIATION, WEAK, HISTORICAL = range(7)
CAPITALISED, ALL_CAPS = 0x10, 0x20
PENALTY = {PRIMARY: 0, ALIAS: 20, STRIPPED: 15, DEMONYM: 5, ABBREVIATION: 5, WEAK: 90,
           HISTORICAL: 20}  # fmt: skip
PREFERENCE = {PRIMARY: 0, DEMONYM: 1, ABBREVIATION: 2, HISTORICAL: 3, ALIAS: 4, STRIPPED: 5,
              WEAK: 6}  # fmt: skip
ARABIC = frozenset(
    [
        "AE",
        "BH",
        "DJ",
        "DZ",
        "EG",
        "EH",
        "ER",
        "IL",
        "IQ",
        "IR",
        "JO",
        "KW",
        "LB",
        "LY",
        "MA",
        "MR",
        "OM",
        "PS",
        "QA",
        "SA",
        "SD",
        "SO",
        "SY",
        "TD",
        "TN",
        "TR",
        "YE",
    ]
)
MAX_NAME = 80
MAX_POSTING = 400

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE place (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind INTEGER, cc INTEGER, a1 INTEGER,
  a2 INTEGER, lat INTEGER, lon INTEGER, pop INTEGER, prom INTEGER, feat INTEGER,
  src INTEGER, unc INTEGER);
CREATE TABLE admin (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL, iso TEXT, level INTEGER, english TEXT);
CREATE TABLE own (id INTEGER PRIMARY KEY, ref TEXT NOT NULL, precision TEXT, note TEXT);
CREATE UNIQUE INDEX own_ref ON own (ref);
CREATE TABLE name (key BLOB PRIMARY KEY, posting BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE sound (key INTEGER PRIMARY KEY, posting BLOB NOT NULL);
CREATE TABLE shape (id INTEGER PRIMARY KEY, area BLOB NOT NULL, note TEXT);
"""


@dataclass(slots=True)
class Row:
    """A place on its way into the file.

    ``id`` is its GeoNames id or, from ``OWN_IDS_FROM`` on, our own with ``ref`` its public
    name.  ``admin1``/``admin2`` are GeoNames ids of the units that hold it (0: unknown).
    """

    id: int
    name: str
    kind: str
    country: str | None
    lat: float
    lon: float
    population: int = 0
    admin1: int = 0
    admin2: int = 0
    feature: str = ""
    source: str = "GeoNames"
    uncertainty_m: int = 0
    ref: str = ""
    precision: str = ""
    note: str = ""
    bonus: int = 0


FEATURE_BONUS = {"PPLC": 40, "PPLA": 15, "PPLA2": 8, "PPLA3": 3, "PPLX": -15, "PPLQ": -30,
                 "PPLH": -30, "PPLW": -30, "PPLF": -15, "PPLL": -8}  # fmt: skip


def prominence(row: Row) -> int:
    """How likely a bare mention means this place: people on a log scale plus its kind."""
    people = 20 * math.log10(row.population + 1)
    base = KINDS[KIND_CODE[row.kind]].base + FEATURE_BONUS.get(row.feature, 0)
    return max(0, round(people + base + row.bonus))


class Staging:
    """Places and names being gathered in a scratch database at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = sqlite3.connect(path)
        self.db.executescript(
            """
            PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;
            CREATE TABLE IF NOT EXISTS place (
              id INTEGER PRIMARY KEY, name TEXT, kind INT, cc INT, a1 INT, a2 INT, lat INT,
              lon INT, pop INT, prom INT, feat TEXT, src TEXT, unc INT, ref TEXT, precision TEXT,
              note TEXT);
            CREATE TABLE IF NOT EXISTS raw (key BLOB, id INT, flag INT);
            CREATE TABLE IF NOT EXISTS admin (id INTEGER PRIMARY KEY, code TEXT, iso TEXT,
              level INT, english TEXT);
            CREATE TABLE IF NOT EXISTS shape (id INTEGER PRIMARY KEY, area BLOB, note TEXT);
            """
        )

    def add(self, row: Row) -> None:
        """Add a place with its primary name; a second one of the same id is passed over."""
        done = self.db.execute(
            "INSERT OR IGNORE INTO place VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                row.id,
                row.name,
                KIND_CODE[row.kind],
                country_number(row.country),
                row.admin1,
                row.admin2,
                round(row.lat * 1e5),
                round(row.lon * 1e5),
                row.population,
                prominence(row),
                row.feature,
                row.source,
                row.uncertainty_m,
                row.ref,
                row.precision,
                row.note,
            ),
        )
        if done.rowcount:
            self.name(row.id, row.name, PRIMARY, row.kind, row.country)

    def add_admin(self, row: Row, code: str, iso: str, level: int, english: str = "") -> None:
        """Add an administrative unit of level 0 (country) to 2.

        ``code`` is GeoNames' (``IQ.07``), ``iso`` ISO 3166's, ``english`` its name in English.
        """
        self.add(row)
        self.db.execute(
            "INSERT OR IGNORE INTO admin VALUES (?,?,?,?,?)",
            (row.id, code, iso or None, level, english or None),
        )

    def name(
        self, place: int, name: str, flag: int, kind: str = "city", country: str | None = None
    ) -> None:
        """Add a name of a place, with the forms that follow from it (article, type words)."""
        key = fold(name)
        if not key or len(key) > MAX_NAME:
            return
        rows = [(key, place, flag)]
        how = flag & 0x0F
        if how in (PRIMARY, ALIAS, HISTORICAL):
            forms = strip_type(key) if kind in ("admin1", "admin2", "admin3", "country") else []
            forms = [form for form in forms if len(form) > 2 or not form.isascii()]
            if country in ARABIC or (forms and country in ARABIC):
                for form in (key, *forms):
                    bare = without_article(form)
                    if bare:
                        forms.append(bare)
            rows += [(form, place, STRIPPED) for form in forms if form != key]
        self.db.executemany(
            "INSERT INTO raw VALUES (?,?,?)", [(key_bytes(k), p, f) for k, p, f in rows]
        )

    def shape(self, place: int, area: bytes, note: str = "") -> None:
        """Add the packed area of a place; ``note`` says whose view a contested area is."""
        self.db.execute("INSERT OR REPLACE INTO shape VALUES (?,?,?)", (place, area, note))

    def close(self) -> None:
        """Commit and close."""
        self.db.commit()
        self.db.close()


def _postings(db: sqlite3.Connection) -> Iterator[tuple[bytes, list[tuple[int, int, int]]]]:
    """Stored keys in order with (place, flag, rank) of each place once, best first."""
    cursor = db.execute(
        "SELECT raw.key, raw.id, raw.flag, place.prom FROM raw JOIN place ON place.id = raw.id"
        " ORDER BY raw.key, raw.id"
    )
    key: bytes | None = None
    found: dict[int, tuple[int, int]] = {}
    for name, place, flag, prom in cursor:
        if name != key:
            if key is not None:
                yield key, _ordered(found)
            key, found = name, {}
        old = found.get(place)
        if (
            old is None
            or PREFERENCE[flag & 15] < PREFERENCE[old[0] & 15]
            or (PREFERENCE[flag & 15] == PREFERENCE[old[0] & 15] and flag < old[0])
        ):
            found[place] = (flag, prom)
    if key is not None:
        yield key, _ordered(found)


def _ordered(found: dict[int, tuple[int, int]]) -> list[tuple[int, int, int]]:
    rows = [(p, flag, prom - PENALTY[flag & 15]) for p, (flag, prom) in found.items()]
    rows.sort(key=lambda r: (-r[2], r[0]))
    return rows[:MAX_POSTING]


def pack_posting(rows: Iterable[tuple[int, int]]) -> bytes:
    """Places and flags as four bytes each: three of the id, one of the flag."""
    return b"".join(struct.pack("<I", place | flag << 24) for place, flag in rows)


SOUND_PROMINENCE = 76
MAX_SOUND = 25


def finish(staging: Path, target: Path, meta: dict[str, Any]) -> dict[str, int]:
    """Write the compact file from a staging database; gives the counts of what is in it."""
    target.unlink(missing_ok=True)
    src = sqlite3.connect(staging)
    out = sqlite3.connect(target, isolation_level=None)
    out.executescript("PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
    out.executescript(SCHEMA)
    out.execute("BEGIN")
    features = sorted({r[0] for r in src.execute("SELECT DISTINCT feat FROM place")} | {""})
    origins = sorted({r[0] for r in src.execute("SELECT DISTINCT src FROM place")})
    feature_code = {f: i for i, f in enumerate(features)}
    origin_code = {s: i for i, s in enumerate(origins)}
    out.executemany(
        "INSERT INTO place VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            (*r[:10], feature_code[r[10]], origin_code[r[11]], r[12])
            for r in src.execute(
                "SELECT id,name,kind,cc,a1,a2,lat,lon,pop,prom,feat,src,unc FROM place ORDER BY id"
            )
        ),
    )
    out.executemany(
        "INSERT INTO admin VALUES (?,?,?,?,?)",
        src.execute("SELECT admin.* FROM admin JOIN place USING (id) ORDER BY id"),
    )
    out.executemany(
        "INSERT INTO own VALUES (?,?,?,?)",
        src.execute(
            "SELECT id, ref, nullif(precision, ''), nullif(note, '') FROM place"
            " WHERE ref <> '' ORDER BY id"
        ),
    )
    out.executemany(
        "INSERT INTO shape VALUES (?,?,?)",
        src.execute(
            "SELECT shape.id, area, nullif(shape.note, '') FROM shape"
            " JOIN place USING (id) ORDER BY shape.id"
        ),
    )
    sounds: dict[int, dict[int, tuple[int, str]]] = {}
    primary: dict[int, str] = {}
    names = links = 0
    for stored, rows in _postings(src):
        out.execute(
            "INSERT INTO name VALUES (?,?)",
            (stored, pack_posting((p, f) for p, f, _ in rows)),
        )
        names += 1
        links += len(rows)
        key = key_text(stored)
        sound = sound_key(key)
        if sound is None:
            continue
        for place, flag, rank in rows:
            if rank >= SOUND_PROMINENCE and flag & 15 in (PRIMARY, ALIAS, STRIPPED, HISTORICAL):
                slot = sounds.setdefault(sound_number(sound), {})
                old = slot.get(place)
                if old is None or rank > old[0]:
                    slot[place] = (rank, key)
    for place, name in src.execute("SELECT id, name FROM place"):
        primary[place] = sound_key(fold(name)) or ""
    for number in sorted(sounds):
        ranked = sorted(sounds[number].items(), key=lambda item: (-item[1][0], item[0]))
        parts = []
        for place, (_, key) in ranked[:MAX_SOUND]:
            same = sound_number(primary.get(place, "")) == number
            text = b"" if same else key.encode()
            parts.append(struct.pack("<I", place | len(text) << 24) + text)
        out.execute("INSERT INTO sound VALUES (?,?)", (number, b"".join(parts)))
    counts = {
        "places": out.execute("SELECT count(*) FROM place").fetchone()[0],
        "names": names,
        "name_place_links": links,
        "sounds": len(sounds),
        "shapes": out.execute("SELECT count(*) FROM shape").fetchone()[0],
    }
    values = meta | {
        "schema_version": SCHEMA_VERSION,
        "fold_version": FOLD_VERSION,
        "features": features,
        "origins": origins,
        "counts": counts,
        "complete": True,
    }
    out.executemany(
        "INSERT INTO meta VALUES (?,?)",
        [(k, json.dumps(v, ensure_ascii=False, sort_keys=True)) for k, v in sorted(values.items())],
    )
    out.execute("COMMIT")
    out.execute("VACUUM")
    out.close()
    src.close()
    return counts
