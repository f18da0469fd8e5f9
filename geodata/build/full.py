r"""Building a gazetteer from GeoNames' own files, for users with a connection.

The files are read as GeoNames publishes them (tab-separated, never quoted, ``\n`` alone ends
a line), plain or zipped: ``allCountries`` or ``XX`` for countries, ``alternateNamesV2`` (or
``alternatenames/XX``), ``admin1CodesASCII.txt``, ``admin2Codes.txt``, ``countryInfo.txt`` and,
where present, ``hierarchy``.  Everything streams through a scratch database beside the
target; how far each file was read is committed with what was read, so an interrupted build
goes on where it stopped.  Areas, seas, curated places, regions, demonyms and abbreviations
come from the gazetteer that ships with the project.  The finished file is moved into place
in one step.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import struct
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from geodata.build.places import alias_flag
from geodata.build.store import (
    ABBREVIATION,
    ALIAS,
    ALL_CAPS,
    DEMONYM,
    HISTORICAL,
    OWN_IDS_FROM,
    WEAK,
    Row,
    Staging,
    finish,
)
from geodata.gazetteer import Gazetteer, GazetteerError
from geodata.kinds import KINDS

MIRROR = "https://download.geonames.org/export/dump/"
TABLES = ("admin1CodesASCII.txt", "admin2Codes.txt", "countryInfo.txt")
BATCH = 20_000
STATE_CODES = ("PCLI", "PCLD", "PCLIX", "PCLS", "PCLF", "TERR")
LINES_PER_SECOND = 25_000
COLUMNS = 19
NOT_NAMES = frozenset(
    [
        "link",
        "wkdt",
        "post",
        "iata",
        "icao",
        "faac",
        "unlc",
        "tcid",
        "phon",
        "piny",
        "fr_1793",
        "abbr",
    ]
)

FEATURE_KINDS = {
    "A": {"ADM1": "admin1", "ADM2": "admin2", "ADM3": "admin3", "ADM4": "admin3",
          "ADM5": "admin3", "ADMD": "admin3", "PCLI": "country", "PCLIX": "territory",
          "PCLS": "territory", "PCLD": "territory", "PCLF": "territory", "PCL": "territory",
          "TERR": "territory", "ADM1H": "historical", "ADM2H": "historical",
          "PCLH": "historical"},
    "P": {"PPLC": "capital", "PPLX": "neighbourhood", "*": "city"},
    "L": {"RGN": "region", "RGNE": "region", "RGNH": "historical", "CONT": "continent",
          "AREA": "area", "MILB": "base", "NVB": "base", "PRK": "park", "PRT": "port",
          "CMPRF": "camp", "CMPLA": "camp", "CMPL": "camp", "CMPRE": "camp", "RESN": "park",
          "RESW": "park", "OILF": "oil_facility", "GASF": "oil_facility"},
    "H": {"STM": "river", "STMI": "river", "SEA": "sea", "GULF": "sea", "BAY": "sea",
          "OCN": "ocean", "STRT": "strait", "CHN": "strait", "CNL": "canal", "LK": "lake",
          "LKS": "lake", "RSV": "lake", "HBR": "sea", "SD": "sea", "FJD": "sea", "FLLS": "park"},
    "T": {"MT": "mountain", "MTS": "mountains", "PK": "mountain", "VLC": "mountain",
          "ISL": "island", "ISLS": "island", "DSRT": "desert", "PEN": "peninsula",
          "VAL": "valley", "PASS": "mountain", "CAPE": "peninsula", "ATOL": "island"},
    "S": {"AIRB": "air_base", "AIRP": "airport", "AIRF": "airport", "AIRQ": "airport",
          "INSM": "base", "SQR": "square", "PRN": "prison", "DAM": "dam", "DIP": "embassy",
          "HSP": "hospital", "UNIV": "university", "PSN": "nuclear_site", "OILR": "oil_facility",
          "OILT": "oil_facility", "BDG": "bridge", "MSQE": "holy_site", "CTRR": "holy_site",
          "SHRN": "holy_site", "PAL": "palace", "STDM": "stadium", "MKT": "market",
          "MUS": "museum", "MNMT": "monument", "RSTN": "station", "BUSTN": "station",
          "GOVL": "government_building", "PSTB": "crossing", "PSTC": "crossing",
          "CSTM": "crossing", "MN": "mine", "PS": "industrial_site", "AMTH": "theme_park"},
    "R": {"ST": "street", "TNL": "bridge"},
    "V": {"FRST": "forest"},
}  # fmt: skip
"""Our kind by GeoNames feature class and code; ``*`` for all other codes of a class."""


class FullBuildError(GazetteerError):
    """The build cannot go on; the message says why and what to do."""


def kind_of(feature_class: str, code: str) -> str | None:
    """Our kind for a GeoNames feature, None for those left out."""
    codes = FEATURE_KINDS.get(feature_class, {})
    return codes.get(code) or codes.get("*")


def find(folder: Path, stem: str) -> Path | None:
    """The file of this name in the folder, plain or zipped."""
    for name in (f"{stem}.txt", f"{stem}.zip"):
        if (folder / name).is_file():
            return folder / name
    return None


def lines_of(path: Path) -> Iterator[str]:
    r"""The lines of a plain or zipped GeoNames file, without the line feed.

    Only ``\n`` ends a line: names contain U+2028 and vertical tabs.
    Raises FullBuildError for a damaged archive or bytes that are not UTF-8.
    """
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                inner = [n for n in archive.namelist() if n == f"{path.stem}.txt"]
                if not inner:
                    raise FullBuildError(f"{path} holds no {path.stem}.txt; fetch it again")
                with archive.open(inner[0]) as raw:
                    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="\n")
                    for line in text:
                        yield line.rstrip("\n").rstrip("\r")
        else:
            with path.open(encoding="utf-8-sig", newline="\n") as file:
                for line in file:
                    yield line.rstrip("\n").rstrip("\r")
    except (zipfile.BadZipFile, UnicodeDecodeError, EOFError) as error:
        raise FullBuildError(f"{path} is damaged ({error}); delete it and fetch it again") from None


def download(names: list[str], folder: Path, mirror: str, say: Callable[[str], None]) -> None:
    """Fetch files that the folder lacks, each first under another name.

    Raises FullBuildError when one cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        target = folder / name
        if target.exists() or target.with_suffix(".txt").exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(target.suffix + ".part")
        say(f"fetching {mirror}{name}")
        try:
            with urllib.request.urlopen(mirror + name) as answer, part.open("wb") as out:  # noqa: S310
                shutil.copyfileobj(answer, out, 1 << 20)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise FullBuildError(
                f"could not fetch {mirror}{name} ({error}); "
                f"put {name} into {folder} and run without --download"
            ) from None
        part.replace(target)


def wanted_files(source: str) -> list[str]:
    """The names under which GeoNames publishes what a source needs."""
    if source == "full":
        return ["allCountries.zip", "alternateNamesV2.zip", *TABLES]
    codes = source.upper().split(",")
    return [
        *(f"{c}.zip" for c in codes),
        *(f"alternatenames/{c}.zip" for c in codes),
        *TABLES,
    ]


class FullBuild:
    """One build: ``source`` is ``full`` or country codes with commas between."""

    def __init__(
        self,
        source: str,
        folder: Path,
        target: Path,
        base: Path | None = None,
        out: Callable[[str], None] | None = None,
    ) -> None:
        self.source = source if source == "full" else source.upper()
        self.folder = folder
        self.target = target
        self.base = base
        self.say = out or (lambda text: print(text, file=sys.stderr, flush=True))
        self.codes = [] if source == "full" else self.source.split(",")
        for code in self.codes:
            if len(code) != 2 or not code.isalpha():
                raise FullBuildError(
                    f"--source {source}: give 'full' or ISO country codes such as IQ,SY"
                )

    def places_files(self) -> list[Path]:
        """The files of places; raises FullBuildError for one that is missing."""
        stems = self.codes or ["allCountries"]
        found = []
        for stem in stems:
            path = find(self.folder, stem)
            if path is None:
                raise FullBuildError(
                    f"{self.folder} has no {stem}.zip or {stem}.txt; fetch it from {MIRROR} "
                    "or run with --download"
                )
            found.append(path)
        for table in TABLES[:2]:
            if not (self.folder / table).is_file():
                raise FullBuildError(
                    f"{self.folder} has no {table}; fetch it from {MIRROR} or run with --download"
                )
        return found

    def names_files(self) -> list[Path]:
        """The files of alternate names that are there."""
        whole = find(self.folder, "alternateNamesV2")
        found = [self.folder / "alternatenames" / f"{c}{e}" for c in self.codes
                 for e in (".txt", ".zip")]  # fmt: skip
        return [p for p in found if p.is_file()] or ([whole] if whole else [])

    def announce(self) -> tuple[int, int]:
        """Say and give the disk (bytes) and time (seconds) that the build will take."""
        size = 0
        for path in (*self.places_files(), *self.names_files()):
            if path.suffix == ".zip":
                try:
                    with zipfile.ZipFile(path) as archive:
                        size += sum(i.file_size for i in archive.infolist())
                except zipfile.BadZipFile as error:
                    raise FullBuildError(
                        f"{path} is damaged ({error}); delete it and fetch it again"
                    ) from None
            else:
                size += path.stat().st_size
        disk, seconds = round(size * 2.2) + 60_000_000, round(size / 110 / LINES_PER_SECOND) + 30
        free = shutil.disk_usage(self.target.parent).free
        self.say(
            f"building {self.target} from {self.folder}: about {disk / 1e6:,.0f} MB of disk while "
            f"building ({free / 1e6:,.0f} MB are free) and {max(1, seconds // 60)} minutes"
        )
        if free < disk:
            raise FullBuildError(
                f"{self.target.parent} has {free / 1e6:,.0f} MB free, {disk / 1e6:,.0f} MB are "
                "needed; free some or give another --to"
            )
        return disk, seconds

    def run(self) -> dict[str, int]:
        """Build, or go on with an interrupted build; gives the counts of what is in it."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.announce()
        scratch = self.target.with_suffix(".scratch")
        part = self.target.with_suffix(".part")
        plan = {"source": self.source, "files": self._fingerprint()}
        if scratch.exists() and not _same_plan(scratch, plan):
            scratch.unlink()
        resumed = scratch.exists()
        staging = Staging(scratch)
        staging.db.executescript(
            "PRAGMA journal_mode=DELETE; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE IF NOT EXISTS plan (value TEXT);"
            "CREATE TABLE IF NOT EXISTS progress (step TEXT PRIMARY KEY, line INT, done INT);"
        )
        if resumed:
            self.say("going on with the interrupted build")
        else:
            staging.db.execute("INSERT INTO plan VALUES (?)", (json.dumps(plan, sort_keys=True),))
            staging.db.commit()
        try:
            admin1, admin2 = self._codes()
            for path in self.places_files():
                self._step(staging, f"places {path.name}", path,
                           lambda line: self._place(staging, line, admin1, admin2))  # fmt: skip
            if not staging.db.execute("SELECT 1 FROM place LIMIT 1").fetchone():
                raise FullBuildError(
                    f"{self.folder} holds no places in GeoNames' format for {self.source}; "
                    "fetch its files again"
                )
            for path in self.names_files():
                known = {i for (i,) in staging.db.execute("SELECT id FROM place")}
                self._step(staging, f"names {path.name}", path, partial(self._name, staging, known))
            self._own(staging)
        except BaseException:
            staging.db.rollback()
            staging.db.close()
            raise
        staging.close()
        self.say("writing")
        try:
            counts = finish(
                scratch,
                part,
                {
                    "source": f"GeoNames {self.source}",
                    "version": f"geonames-{self.source}-{plan['files'][:12]}",
                    "attribution": _attribution(self.base),
                },
            )
            part.replace(self.target)
        finally:
            part.unlink(missing_ok=True)
        scratch.unlink()
        self.say(f"done: {counts['places']:,} places, {counts['names']:,} names")
        return counts

    def _fingerprint(self) -> str:
        import hashlib

        parts = [f"{p.name}:{p.stat().st_size}" for p in
                 (*self.places_files(), *self.names_files())]  # fmt: skip
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def _codes(self) -> tuple[dict[str, int], dict[str, int]]:
        out = []
        for table in TABLES[:2]:
            codes = {}
            for line in lines_of(self.folder / table):
                cells = line.split("\t")
                if len(cells) >= 4 and cells[3].isdigit():
                    codes[cells[0]] = int(cells[3])
            out.append(codes)
        return out[0], out[1]

    def _step(self, staging: Staging, step: str, path: Path, take: Callable[[str], bool]) -> None:
        row = staging.db.execute(
            "SELECT line, done FROM progress WHERE step = ?", (step,)
        ).fetchone()
        start, finished = row or (0, 0)
        if finished:
            return
        began, kept, number = time.monotonic(), 0, 0
        for number, line in enumerate(lines_of(path), 1):
            if number <= start:
                continue
            if line and not line.startswith("#"):
                kept += take(line)
            if number % BATCH == 0:
                self._commit(staging, step, number, 0)
                speed = (number - start) / max(0.001, time.monotonic() - began)
                self.say(f"{step}: {number:,} lines, {kept:,} kept, {speed:,.0f} lines/s")
        self._commit(staging, step, number, 1)
        self.say(f"{step}: {number:,} lines, {kept:,} kept")

    @staticmethod
    def _commit(staging: Staging, step: str, line: int, done: int) -> None:
        staging.db.execute("INSERT OR REPLACE INTO progress VALUES (?,?,?)", (step, line, done))
        staging.db.commit()

    def _place(
        self, staging: Staging, line: str, admin1: dict[str, int], admin2: dict[str, int]
    ) -> bool:
        cells = line.split("\t")
        if len(cells) != COLUMNS or not cells[0].isdigit():
            return False
        kind = kind_of(cells[6], cells[7])
        if kind is None:
            return False
        try:
            gid, lat, lon = int(cells[0]), float(cells[4]), float(cells[5])
            people = int(cells[14] or 0)
        except ValueError:
            return False
        if gid >= OWN_IDS_FROM or not (-90 <= lat <= 90 and -180 <= lon <= 180):
            return False
        country = cells[8] or None
        code1, code2 = f"{cells[8]}.{cells[10]}", f"{cells[8]}.{cells[10]}.{cells[11]}"
        row = Row(gid, cells[1], kind, country, lat, lon, people, admin1.get(code1, 0),
                  admin2.get(code2, 0) if cells[11] else 0, cells[7])  # fmt: skip
        if cells[7] == "ADM1" and admin1.get(code1) == gid:
            staging.add_admin(row, code1, "", 1)
        elif cells[7] == "ADM2" and admin2.get(code2) == gid:
            staging.add_admin(row, code2, "", 2)
        elif kind in ("country", "territory") and country and cells[7] in STATE_CODES:
            staging.add_admin(row, country, country, 0)
        else:
            staging.add(row)
        if cells[2] and cells[2] != cells[1]:
            staging.name(gid, cells[2], ALIAS, kind, country)
        for alias in cells[3].split(","):
            flag = alias_flag(alias.strip(), kind)
            if flag is not None:
                staging.name(gid, alias.strip(), flag, kind, country)
        return True

    def _name(self, staging: Staging, known: set[int], line: str) -> bool:
        cells = line.split("\t")
        if len(cells) < 4 or not cells[1].isdigit() or int(cells[1]) not in known:
            return False
        language = cells[2]
        if language in NOT_NAMES:
            if language != "abbr":
                return False
            staging.name(int(cells[1]), cells[3], ABBREVIATION | ALL_CAPS, "alias")
            return True
        historic = len(cells) > 7 and cells[7] == "1"
        colloquial = len(cells) > 6 and cells[6] == "1"
        flag = HISTORICAL if historic else WEAK if colloquial else alias_flag(cells[3], "alias")
        if flag is None:
            return False
        row = staging.db.execute(
            "SELECT kind, cc FROM place WHERE id = ?", (int(cells[1]),)
        ).fetchone()
        from geodata.kinds import country_code

        staging.name(int(cells[1]), cells[3], flag, KINDS[row[0]].name, country_code(row[1]))
        return True

    def _own(self, staging: Staging) -> None:
        """Copy from the shipped gazetteer what GeoNames does not have."""
        base = Gazetteer.open(self.base)
        db = sqlite3.connect(f"{base.path.resolve().as_uri()}?mode=ro", uri=True)
        done = staging.db.execute("SELECT 1 FROM progress WHERE step = 'own'").fetchone()
        if done:
            return
        features, origins = base.meta["features"], base.meta["origins"]
        known = {i for (i,) in staging.db.execute("SELECT id FROM place")}
        rows = db.execute(
            "SELECT place.*, ref, precision, own.note, code, iso, level, english FROM place"
            " LEFT JOIN own USING (id) LEFT JOIN admin USING (id)"
            " WHERE ref IS NOT NULL OR level IN (0, 1) ORDER BY place.id"
        ).fetchall()
        for r in rows:
            if r[0] in known:
                staging.db.execute(
                    "INSERT OR IGNORE INTO admin VALUES (?,?,?,?,?)", (r[0], *r[16:20])
                ) if r[18] is not None else None
                staging.db.execute(
                    "UPDATE admin SET iso = ?, english = ? WHERE id = ?", (r[17], r[19], r[0])
                )
                continue
            staging.db.execute(
                "INSERT INTO place VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (*r[:10], features[r[10]], origins[r[11]], r[12], r[13] or "", r[14] or "",
                 r[15] or ""),
            )  # fmt: skip
            if r[18] is not None:
                staging.db.execute("INSERT OR IGNORE INTO admin VALUES (?,?,?,?,?)",
                                   (r[0], *r[16:20]))  # fmt: skip
        copied = {r[0] for r in rows} - known
        everything = copied | known
        batch = []
        for key, posting in db.execute("SELECT key, posting FROM name"):
            for (value,) in struct.iter_unpack("<I", posting):
                place, flag = value & 0xFFFFFF, value >> 24
                if place in copied or (
                    place in everything and flag & 15 in (DEMONYM, ABBREVIATION, HISTORICAL)
                ):
                    batch.append((key, place, flag))
        staging.db.executemany("INSERT INTO raw VALUES (?,?,?)", batch)
        shapes = db.execute("SELECT id, area, coalesce(note, '') FROM shape").fetchall()
        staging.db.executemany(
            "INSERT OR REPLACE INTO shape VALUES (?,?,?)", [s for s in shapes if s[0] in everything]
        )
        self._commit(staging, "own", 0, 1)
        db.close()
        base.close()


def _same_plan(scratch: Path, plan: dict[str, str]) -> bool:
    try:
        db = sqlite3.connect(scratch)
        row = db.execute("SELECT value FROM plan").fetchone()
        db.close()
        return bool(row) and json.loads(row[0]) == plan
    except (sqlite3.Error, ValueError):
        return False


def _attribution(base: Path | None) -> str:
    gazetteer = Gazetteer.open(base)
    text = gazetteer.attribution
    gazetteer.close()
    return text
