"""Structure to area: the one method by which a phrase and its anchors become a polygon.

Everything is drawn on a plane that is true to distance and direction from the anchor's centre
(azimuthal equidistant on the WGS 84 ellipsoid), then carried back to longitude and latitude.

========== =========================================================================
form       area
========== =========================================================================
part       the anchor's half beyond its middle: for north, east, south, west the
           half plane through the centre; for the four between, the quarter plane.
           ``extreme`` takes the outer half of that, ``centre`` what lies within half of
           the anchor's mean radius.  With ``units`` the union of the first-order units
           of which most lies there.  A curated area of the same words goes first.
side       outside the anchor: a wedge of 45 degrees to both sides of the direction, from
           the anchor's edge to ``SIDE_CITY_M`` beyond it (for an area: to half of its mean
           radius beyond its border, at most ``SIDE_AREA_M``).
distance   the piece of a ring at that distance, 22.5 degrees to both sides, as thick as
           the figure is rounded; without a direction the disc out to that distance.
between    a corridor along the shortest line, ``CORRIDOR`` of its length to both sides.
near       the anchor and ``NEAR_CITY_M`` around it (for an area: around its border).
fringe     from half of the anchor's radius to ``FRINGE_M`` beyond its edge, on the side
           named; without one the whole disc.
countryside as side, or the disc, out to ``COUNTRYSIDE_M``.
border     ``BORDER_M`` to both sides of the common border; of one country: of its land
           border, on the side of the country the text is about where that is known.
coast      ``COAST_M`` inland of the shore.
off_coast  the sea within ``OFF_COAST_M`` of the shore, other countries' land taken out.
========== =========================================================================

The figures are editorial: they say how far the words reach in news texts, not what is so.
``Area.uncertainty_m`` is the radius about the representative point that holds all of the area.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from pyproj import Geod, Proj
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geodata.area_phrases import AreaPhrase

SIDE_CITY_M = 25_000.0
SIDE_AREA_M = 100_000.0
NEAR_CITY_M = 10_000.0
NEAR_AREA_M = 15_000.0
FRINGE_M = 5_000.0
COUNTRYSIDE_M = 40_000.0
CORRIDOR = 0.15
CORRIDOR_LEAST_M = 2_000.0
BORDER_M = 20_000.0
GAP_M = 6_000.0
"""How far apart two simplified borders of neighbours may lie."""
COAST_M = 20_000.0
OFF_COAST_M = 50_000.0

_GEOD = Geod(ellps="WGS84")
_WIDE = 21_000_000.0

Land = Callable[[tuple[float, float, float, float]], Sequence[BaseGeometry]]
"""The lands (lon/lat) that meet a box of west, south, east, north degrees."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that an area is measured from.

    ``lat``/``lon`` WGS 84 degrees, ``radius_m`` how far a place without ``geometry`` (lon/lat
    polygon) reaches; ``country`` ISO alpha-2; ``kind`` and ``precision`` as in the gazetteer.
    ``units`` are its first-order units' areas, where whole units may be asked for.
    """

    name: str
    lat: float
    lon: float
    radius_m: float
    geometry: BaseGeometry | None = None
    kind: str = "city"
    precision: str = "city"
    country: str | None = None
    id: str = ""
    units: tuple[tuple[str, BaseGeometry], ...] = field(default=(), compare=False)

    @property
    def is_area(self) -> bool:
        """Whether it has a shape of its own."""
        return self.geometry is not None and not self.geometry.is_empty


@dataclass(frozen=True, slots=True)
class Area:
    """An area computed from words.

    ``geometry`` is a valid lon/lat Polygon or MultiPolygon, exterior rings counter-clockwise
    (RFC 7946), split at the antimeridian; ``lat``/``lon`` a point well inside it;
    ``uncertainty_m`` the radius about that point that holds the whole area.  ``relation`` says
    how a happening there lies to the anchors; ``explanation`` how the area came about, in
    words; ``source`` what it rests on.
    """

    name: str
    geometry: BaseGeometry
    lat: float
    lon: float
    uncertainty_m: int
    precision: str
    relation: str
    explanation: str
    source: str
    country: str | None = None
    anchors: tuple[str, ...] = ()

    def to_geojson(self) -> dict[str, Any]:
        """The geometry as a GeoJSON geometry object, coordinates of five decimals."""
        out: dict[str, Any] = _lists(shapely.geometry.mapping(self.geometry))
        return out


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _lists(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_lists(v) for v in value]
    return round(value, 5) if isinstance(value, float) else value


class Plane:
    """The azimuthal equidistant plane about a point: metres east and north of it."""

    def __init__(self, lat: float, lon: float) -> None:
        self.lat, self.lon = lat, lon
        self._to = Proj(proj="aeqd", lat_0=lat, lon_0=lon, ellps="WGS84", units="m")
        self._pole = {sign: float(self._to(lon, 90.0 * sign)[1]) for sign in (1, -1)}

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        """A place's metres east and north of the centre."""
        x, y = self._to(lon, lat)
        return float(x), float(y)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The (lat, lon) of a point of the plane."""
        lon, lat = self._to(x, y, inverse=True)
        return float(lat), (float(lon) + 180) % 360 - 180

    def draw(self, geometry: BaseGeometry) -> BaseGeometry:
        """A lon/lat shape on the plane, its pieces joined across the antimeridian."""
        west, south, east, north = geometry.bounds
        # As fine as the drawing needs: the published areas are simplified anyway.
        spread = geometry.simplify(max(min(east - west, 90.0), north - south) / 1500)
        spread = shapely.segmentize(spread, 1.0)
        flat = shapely.transform(spread, self._forward)
        flat = shapely.make_valid(flat) if not flat.is_valid else flat
        if geometry.bounds[0] <= -179.99 and geometry.bounds[2] >= 179.99:
            flat = flat.buffer(200).buffer(-200)
        return _polygons(flat)

    def _forward(self, coords: np.ndarray) -> np.ndarray:
        x, y = self._to(coords[:, 0], coords[:, 1])
        return np.column_stack([x, y])

    def _backward(self, coords: np.ndarray) -> np.ndarray:
        lon, lat = self._to(coords[:, 0], coords[:, 1], inverse=True)
        lon = (np.asarray(lon) - self.lon + 180) % 360 - 180 + self.lon
        # On the seam itself both sides are right: take the one the point came from.
        far = np.abs(np.abs(lon - self.lon) - 180) < 1e-6
        lon = np.where(far, self.lon + np.copysign(180.0, coords[:, 0]), lon)
        return np.column_stack([lon, lat])

    def lift(self, flat: BaseGeometry) -> BaseGeometry:
        """A shape of the plane in lon/lat: valid, split at the antimeridian, oriented."""
        flat = _polygons(flat)
        if flat.is_empty:
            return flat
        for sign, y in self._pole.items():
            # Cut open behind a pole, where longitudes jump.
            slit = box(-1.0, y, 1.0, sign * _WIDE) if sign > 0 else box(-1.0, -_WIDE, 1.0, y)
            if flat.intersects(slit):
                flat = flat.difference(slit)
        size = max(flat.bounds[2] - flat.bounds[0], flat.bounds[3] - flat.bounds[1])
        flat = shapely.segmentize(flat, max(size / 48, 50.0))
        globe = shapely.transform(flat, self._backward)
        globe = globe if globe.is_valid else shapely.make_valid(globe)
        parts = []
        for shift in (-360, 0, 360):
            window = box(-180 - shift, -90, 180 - shift, 90)
            piece = _polygons(globe.intersection(window))
            if not piece.is_empty:
                parts.append(affinity.translate(piece, shift))
        whole = shapely.union_all(parts)
        return finish(whole)


def _polygons(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry alone."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [p for g in getattr(geometry, "geoms", []) for p in [_polygons(g)] if not p.is_empty]
    return shapely.union_all(parts) if parts else Polygon()


def finish(geometry: BaseGeometry) -> BaseGeometry:
    """A lon/lat shape ready to publish: five decimals, valid, RFC 7946 orientation."""
    out = _polygons(shapely.set_precision(geometry, 1e-5))
    if not out.is_valid:
        out = _polygons(shapely.make_valid(out))
    if out.geom_type == "MultiPolygon" and len(out.geoms) == 1:
        out = out.geoms[0]
    return shapely.orient_polygons(out, exterior_cw=False)


def centre_of(geometry: BaseGeometry) -> tuple[float, float]:
    """(lat, lon) of the middle of a lon/lat shape by area, right across the antimeridian."""
    west, south, east, north = geometry.bounds
    lon = (west + east) / 2
    if west < -179 and east > 179:
        parts = getattr(geometry, "geoms", [geometry])
        lons = np.concatenate([shapely.get_coordinates(p)[:, 0] for p in parts]) % 360
        lon = float((lons.min() + lons.max()) / 2)
    lat = (south + north) / 2
    for _ in range(3):
        plane = Plane(lat, (lon + 180) % 360 - 180)
        middle = plane.draw(geometry).centroid
        lat, lon = plane.place(middle.x, middle.y)
    return lat, lon


def inside_point(flat: BaseGeometry) -> Point:
    """A point well inside a shape of the plane.

    The centroid where it lies at least half as deep as any point can, else the deepest point.
    """
    biggest = max(getattr(flat, "geoms", [flat]), key=lambda g: g.area)
    tolerance = max(math.sqrt(biggest.area) / 200, 1.0)
    line = shapely.maximum_inscribed_circle(biggest, tolerance=tolerance)
    deepest = Point(line.coords[0])
    middle = flat.centroid
    if flat.contains(middle) and flat.boundary.distance(middle) >= line.length / 2:
        return middle
    return deepest


def reach_m(lat: float, lon: float, geometry: BaseGeometry) -> float:
    """Greatest distance in metres from a point to a vertex of a lon/lat shape."""
    coords = shapely.get_coordinates(geometry)
    n = len(coords)
    _, _, far = _GEOD.inv(np.full(n, lon), np.full(n, lat), coords[:, 0], coords[:, 1])
    return float(np.max(far))


def _wedge(bearing: float, spread: float, radius: float) -> Polygon:
    """The sector about the plane's centre, ``spread`` degrees to both sides of ``bearing``."""
    steps = max(int(spread), 8)
    angles = np.radians(np.linspace(bearing - spread, bearing + spread, 2 * steps + 1))
    arc = [(radius * math.sin(a), radius * math.cos(a)) for a in angles]
    return Polygon([(0.0, 0.0), *arc])


def _half_plane(bearing: float, shift: float = 0.0) -> BaseGeometry:
    """What lies beyond a line through the centre: a half, or for NE, SE, SW, NW a quarter.

    ``shift`` moves the line that many metres outwards.
    """
    if bearing % 90:
        shape: BaseGeometry = _wedge(bearing, 45, 2 * _WIDE)
    else:
        shape = affinity.rotate(box(-_WIDE, 0, _WIDE, _WIDE), -bearing, origin=(0, 0))
    angle = math.radians(bearing)
    return affinity.translate(shape, shift * math.sin(angle), shift * math.cos(angle))


def _extent(flat: BaseGeometry, bearing: float) -> float:
    """How far a shape reaches from the plane's centre in a direction."""
    angle = math.radians(bearing)
    coords = shapely.get_coordinates(flat)
    return float(np.max(coords @ np.array([math.sin(angle), math.cos(angle)])))


def _disc(radius: float) -> BaseGeometry:
    return Point(0, 0).buffer(radius, quad_segs=24)


def _mean_radius(flat: BaseGeometry) -> float:
    """The radius of the circle as large as the shape."""
    return math.sqrt(flat.area / math.pi)


def _words(direction: str) -> str:
    return direction.replace("_", "-")


def _km(metres: float) -> str:
    return f"{metres / 1000:.3g} km"


class Impossible(Exception):  # noqa: N818 - a statement, not a failure
    """The anchors do not allow the area (no common border, no coast, no shape)."""


def shape_area(
    phrase: AreaPhrase,
    anchors: Sequence[Anchor],
    *,
    context: Anchor | None = None,
    land: Land | None = None,
    curated: tuple[str, BaseGeometry, str] | None = None,
) -> Area:
    """The area that ``phrase`` names, measured from ``anchors`` (in the phrase's order).

    ``context`` is the country the text is about: the anchor of "the south", the near side of
    "the Syrian border".  ``land`` gives the lands nearby, so that a sea area
    leaves them out.  ``curated`` (name, shape, source) replaces the computed part.

    Raises Impossible when the words cannot be drawn from these anchors.
    """
    used = tuple(anchors) or ((context,) if context else ())
    if not used:
        raise Impossible(f"no place is named that {phrase.text!r} could be a part of")
    first = used[0]
    if curated is not None:
        name, geometry, source = curated
        lat, lon = centre_of(geometry)
        plane = Plane(lat, lon)
        flat = plane.draw(geometry)
        spot = inside_point(flat)
        return _area(
            phrase, used, plane, flat, spot, "region",
            f"“{phrase.text.strip()}” is taken as {name}, a curated area ({source})",
            source=f"curated region: {source}", globe=finish(geometry), name=name,
        )  # fmt: skip
    draw = {
        "part": _part, "side": _side, "distance": _distance, "near": _near,
        "fringe": _fringe, "countryside": _countryside,
    }.get(phrase.form)  # fmt: skip
    if phrase.form == "between":
        return _between(phrase, used)
    if phrase.form == "border" or (phrase.form == "distance" and phrase.near_border):
        return _border(phrase, used, context)
    if phrase.form == "off_coast":
        return _off_coast(phrase, first, land)
    if phrase.form == "coast":
        return _coast(phrase, first, land)
    if draw is None:
        raise Impossible(f"no method for {phrase.form}")
    plane = _plane(first)
    return draw(phrase, first, plane)


def _plane(anchor: Anchor) -> Plane:
    if anchor.geometry is not None and anchor.is_area:
        return Plane(*centre_of(anchor.geometry))
    return Plane(anchor.lat, anchor.lon)


def _body(anchor: Anchor, plane: Plane) -> BaseGeometry:
    """The anchor itself on the plane: its shape, else the disc of its radius."""
    if anchor.geometry is not None and anchor.is_area:
        return plane.draw(anchor.geometry)
    x, y = plane.point(anchor.lat, anchor.lon)
    return affinity.translate(_disc(max(anchor.radius_m, 300.0)), x, y)


def _area(
    phrase: AreaPhrase,
    anchors: Sequence[Anchor],
    plane: Plane,
    flat: BaseGeometry,
    spot: Point | None,
    precision: str,
    explanation: str,
    *,
    source: str | None = None,
    globe: BaseGeometry | None = None,
    name: str | None = None,
) -> Area:
    flat = _slim(_polygons(flat))
    if flat.is_empty or flat.area < 1.0:
        raise Impossible(f"“{phrase.text.strip()}” leaves no area")
    if spot is None or not flat.contains(spot):
        spot = inside_point(flat)
    lat, lon = plane.place(spot.x, spot.y)
    geometry = globe if globe is not None else plane.lift(flat)
    if geometry.is_empty:
        raise Impossible(f"“{phrase.text.strip()}” is too small to draw")
    lat, lon = round(lat, 5), round(lon, 5)
    countries = {a.country for a in anchors if a.country}
    return Area(
        name=name or phrase.text.strip(),
        geometry=geometry,
        lat=lat,
        lon=lon,
        uncertainty_m=math.ceil(reach_m(lat, lon, geometry)),
        precision=precision,
        relation=phrase.relation,
        explanation=explanation,
        source=source or "computed from " + " and ".join(a.name for a in anchors),
        country=countries.pop() if len(countries) == 1 else None,
        anchors=tuple(a.id for a in anchors),
    )


def _slim(flat: BaseGeometry) -> BaseGeometry:
    """A shape without detail finer than a 400th of its size, and without its specks."""
    if flat.is_empty:
        return flat
    west, south, east, north = flat.bounds
    tolerance = max(east - west, north - south) / 400
    slim = _polygons(shapely.make_valid(flat.simplify(tolerance)))
    least = slim.area / 5_000
    parts = [g for g in getattr(slim, "geoms", [slim]) if g.area >= least]
    whole = shapely.union_all(parts) if parts else flat
    return whole if not whole.is_empty else flat


def _part_precision(anchor: Anchor) -> str:
    if anchor.is_area and anchor.kind in ("admin2", "admin3"):
        return "district"
    if anchor.precision in ("city", "neighbourhood", "facility"):
        return "neighbourhood"
    return "region"


def _one_part(direction: str, bearing: float | None, extreme: bool,
              body: BaseGeometry) -> BaseGeometry:  # fmt: skip
    if direction == "centre" or bearing is None:
        return _disc(_mean_radius(body) / 2)
    shift = _extent(body, bearing) / 2 if extreme else 0.0
    return _half_plane(bearing, shift)


def _part(phrase: AreaPhrase, anchor: Anchor, plane: Plane) -> Area:
    body = _body(anchor, plane)
    sides = [(phrase.direction or "centre", phrase.bearing), *phrase.also]
    cut = shapely.union_all([_one_part(d, b, phrase.extreme, body) for d, b in sides])
    where = " and ".join(_words(d) for d, _ in sides)
    if phrase.units and len(anchor.units) > 1:
        names, areas = [], []
        for name, geometry in anchor.units:
            flat = plane.draw(geometry)
            if flat.area and flat.intersection(cut).area > flat.area / 2:
                names.append(name)
                areas.append(flat.buffer(50))
        if names:
            union = shapely.union_all(areas).buffer(-50)
            return _area(
                phrase, [anchor], plane, union, inside_point(union), "region",
                f"the {len(names)} first-order units of {anchor.name} of which most lies in its "
                f"{where}: {', '.join(names)}",
            )  # fmt: skip
    part = body.intersection(cut)
    if part.is_empty:
        raise Impossible(f"{anchor.name} has no {where}")
    words = f"the {where} of {anchor.name}: what lies "
    if (phrase.direction or "centre") == "centre":
        words += "within half of its mean radius about its middle"
    else:
        words += f"{where} of its middle" + (", the outer half of it" if phrase.extreme else "")
    if not anchor.is_area:
        words += f"; {anchor.name} is taken as a disc of {_km(anchor.radius_m)}"
    return _area(phrase, [anchor], plane, part, inside_point(_polygons(part)),
                 _part_precision(anchor), words)  # fmt: skip


def _near_precision(anchor: Anchor) -> str:
    if anchor.is_area or anchor.precision in ("province", "region", "country", "sea"):
        return "region"
    return "district"


def _outward(flat: BaseGeometry, bearing: float, body: BaseGeometry, depth: float) -> Point:
    """The middle of a band beyond ``body`` in a direction, where it lies in ``flat``."""
    reach = _extent(body, bearing)
    angle = math.radians(bearing)
    ray = LineString(
        [(0, 0), ((reach + depth) * math.sin(angle), (reach + depth) * math.cos(angle))]
    )
    line = ray.intersection(flat)
    if line.is_empty:
        return inside_point(flat)
    longest = max(getattr(line, "geoms", [line]), key=lambda g: g.length)
    return longest.interpolate(0.5, normalized=True)


def _side(phrase: AreaPhrase, anchor: Anchor, plane: Plane) -> Area:
    body = _body(anchor, plane)
    if anchor.is_area:
        depth = min(max(_mean_radius(body) / 2, NEAR_AREA_M), SIDE_AREA_M)
    else:
        depth = SIDE_CITY_M
    pieces, names = [], []
    for direction, bearing in ((phrase.direction, phrase.bearing), *phrase.also):
        if bearing is None:
            continue
        far = _extent(body, bearing) + depth
        pieces.append(_wedge(bearing, 45, far * 1.5).intersection(body.buffer(depth)))
        names.append(_words(direction or ""))
    if not pieces:
        raise Impossible(f"no direction in {phrase.text!r}")
    flat = _polygons(shapely.union_all(pieces).difference(body))
    spot = _outward(flat, phrase.bearing or 0.0, body, depth) if len(pieces) == 1 else None
    return _area(
        phrase, [anchor], plane, flat, spot, _near_precision(anchor),
        f"{' and '.join(names)} of {anchor.name}: a wedge of 45° to both sides, "
        f"from its edge to {_km(depth)} beyond",
    )  # fmt: skip


def tolerance_m(distance: tuple[float, float]) -> float:
    """How sharp a stated distance is: a tenth of it, at least 500 m."""
    return max(distance[1] * 0.1, 500.0)


def _distance(phrase: AreaPhrase, anchor: Anchor, plane: Plane) -> Area:
    if phrase.distance_m is None:
        raise Impossible(f"no distance in {phrase.text!r}")
    low, high = phrase.distance_m
    near, far = low - tolerance_m((low, low)), high + tolerance_m(phrase.distance_m)
    middle = (low + high) / 2
    # Distances are told from a town's middle, from a province's or country's border.
    if anchor.is_area and anchor.precision in ("province", "region", "country"):
        body = _body(anchor, plane)
        band = _polygons(body.buffer(far).difference(body.buffer(max(near, 0.0))))
        if phrase.bearing is not None:
            band = _polygons(band.intersection(_half_plane(phrase.bearing)))
        return _area(phrase, [anchor], plane, band, None, "region",
                     f"{_km(middle)} outside the border of {anchor.name}")  # fmt: skip
    # A town that only its centre places: the plane's centre is that point.
    plane = Plane(anchor.lat, anchor.lon)
    if phrase.bearing is None:
        return _area(
            phrase, [anchor], plane, _disc(far), Point(0, 0), "district",
            f"no direction is stated: somewhere within the {_km(far)} around {anchor.name}",
        )  # fmt: skip
    ring = _disc(far).difference(_disc(max(near, 0.0))) if near > 0 else _disc(far)
    flat = ring.intersection(_wedge(phrase.bearing, 22.5, far * 1.5))
    angle = math.radians(phrase.bearing)
    spot = Point(middle * math.sin(angle), middle * math.cos(angle))
    return _area(
        phrase, [anchor], plane, flat, spot, "district",
        f"{_km(middle)} {_words(phrase.direction or '')} of the middle of {anchor.name}, "
        f"as sharp as the figure: ±{_km(tolerance_m(phrase.distance_m))}, 22.5° to both sides",
    )  # fmt: skip


def _near(phrase: AreaPhrase, anchor: Anchor, plane: Plane) -> Area:
    body = _body(anchor, plane)
    margin = NEAR_AREA_M if anchor.is_area else NEAR_CITY_M
    if anchor.precision == "facility":
        margin = NEAR_CITY_M / 4
    x, y = plane.point(anchor.lat, anchor.lon)
    flat = body.buffer(margin, quad_segs=16)
    return _area(
        phrase, [anchor], plane, flat, Point(x, y), _near_precision(anchor),
        f"near {anchor.name}: it and {_km(margin)} around it",
    )  # fmt: skip


def _fringe(phrase: AreaPhrase, anchor: Anchor, plane: Plane) -> Area:
    plane = Plane(anchor.lat, anchor.lon)
    radius = _mean_radius(_body(anchor, plane)) if anchor.is_area else anchor.radius_m
    radius = min(radius, 60_000.0)
    outer = _disc(radius + FRINGE_M)
    if phrase.bearing is None:
        return _area(
            phrase, [anchor], plane, outer, Point(0, 0), "district",
            f"the edge of {anchor.name}, on no side named: within {_km(radius + FRINGE_M)}",
        )  # fmt: skip
    band = outer.difference(_disc(radius / 2)).intersection(
        _wedge(phrase.bearing, 45, radius * 4 + 4e4)
    )
    return _area(
        phrase, [anchor], plane, band, None, "neighbourhood",
        f"the {_words(phrase.direction or '')} edge of {anchor.name}: from half of its radius to "
        f"{_km(FRINGE_M)} beyond its edge",
    )  # fmt: skip


def _countryside(phrase: AreaPhrase, anchor: Anchor, plane: Plane) -> Area:
    plane = Plane(anchor.lat, anchor.lon)
    radius = anchor.radius_m if not anchor.is_area else 0.0
    outer = _disc(radius + COUNTRYSIDE_M)
    body = _body(anchor, plane)
    if anchor.is_area and _mean_radius(body) > COUNTRYSIDE_M:
        outer = body
    if phrase.bearing is None:
        return _area(
            phrase, [anchor], plane, outer, None, "district",
            f"the countryside of {anchor.name}: {_km(COUNTRYSIDE_M)} around it",
        )  # fmt: skip
    flat = outer.intersection(_wedge(phrase.bearing, 45, _WIDE / 4))
    if not anchor.is_area:
        flat = flat.difference(_disc(radius))
    return _area(
        phrase, [anchor], plane, flat, None, "district",
        f"the {_words(phrase.direction or '')} countryside of {anchor.name}: 45° to both sides, "
        f"to {_km(COUNTRYSIDE_M)} beyond its edge",
    )  # fmt: skip


def _between(phrase: AreaPhrase, anchors: Sequence[Anchor]) -> Area:
    if len(anchors) < 2:
        raise Impossible(f"{phrase.text!r} needs two places")
    a, b = anchors[0], anchors[1]
    azimuth, _, length = _GEOD.inv(a.lon, a.lat, b.lon, b.lat)
    if length < 100:
        raise Impossible(f"{a.name} and {b.name} are the same place")
    lon, lat, _ = _GEOD.fwd(a.lon, a.lat, azimuth, length / 2)
    plane = Plane(lat, lon)
    line = LineString([plane.point(a.lat, a.lon), plane.point(b.lat, b.lon)])
    width = max(length * CORRIDOR, CORRIDOR_LEAST_M)
    flat = line.buffer(width, cap_style="flat")
    return _area(
        phrase, anchors, plane, flat, Point(0, 0),
        "region" if length > 150_000 else "district",
        f"between {a.name} and {b.name}: a corridor of {_km(width)} to both sides of the "
        f"shortest line ({_km(length)}), its middle shown",
    )  # fmt: skip


def _border(phrase: AreaPhrase, anchors: Sequence[Anchor], context: Anchor | None) -> Area:
    first = anchors[0]
    second = anchors[1] if len(anchors) > 1 else None
    if second is None and context and context.id != first.id:
        second = context
    if not first.is_area or (second is not None and not second.is_area):
        raise Impossible(f"{phrase.text!r}: a border needs areas, not points")
    plane = _plane(first)
    body = _body(first, plane)
    low, high = phrase.distance_m or (0.0, BORDER_M)
    depth = max(high + (tolerance_m((low, high)) if phrase.distance_m else 0.0), 1_000.0)
    if second is not None:
        assert second.geometry is not None
        other = plane.draw(second.geometry)
        line = _polygons(body.buffer(GAP_M).intersection(other.buffer(GAP_M)))
        if line.is_empty:
            raise Impossible(f"{first.name} and {second.name} have no common border")
        cut = _directions(phrase, plane)
        if cut is not None:
            line = _polygons(line.intersection(cut))
        both = shapely.union_all([body, other]).buffer(GAP_M).buffer(-GAP_M)
        band = _polygons(line.buffer(depth).intersection(both))
        side = None
        if len(anchors) < 2 or phrase.distance_m:
            side = other  # the side of the country the text is about
            nearer = _polygons(band.intersection(other))
            band = nearer if not nearer.is_empty else band
        words = f"the border of {first.name} and {second.name}: {_km(depth)} to "
        words += f"the side of {second.name}" if side is not None else "both sides"
        return _area(phrase, [first, second], plane, band, None, "region", words)
    ring = body.boundary
    cut = _directions(phrase, plane)
    if cut is not None:
        ring = ring.intersection(cut)
    band = _polygons(ring.buffer(depth))
    if band.is_empty:
        raise Impossible(f"{first.name} has no border there")
    return _area(phrase, [first], plane, band, None, "region",
                 f"the border of {first.name}: {_km(depth)} to both sides of it")  # fmt: skip


def _directions(phrase: AreaPhrase, plane: Plane) -> BaseGeometry | None:
    sides = [(phrase.direction, phrase.bearing), *phrase.also]
    parts = [_wedge(b, 60, _WIDE) for _, b in sides if b is not None]
    del plane
    return shapely.union_all(parts) if parts else None


def _lands(anchor: Anchor, plane: Plane, reach: float, land: Land | None) -> list[BaseGeometry]:
    """The lands near an anchor on its plane."""
    if land is None:
        return []
    west, south, east, north = (
        anchor.geometry.bounds if anchor.geometry is not None
        else (anchor.lon, anchor.lat, anchor.lon, anchor.lat)
    )  # fmt: skip
    up = reach / 110_000
    across = up / max(math.cos(math.radians(min(max(abs(south), abs(north)) + up, 85))), 0.05)
    near = (west - across, south - up, east + across, north + up)
    out = []
    for shape in land(near):
        part = shape if shape.bounds[0] < -179 else shapely.clip_by_rect(shape, *near)
        if not part.is_empty:
            out.append(plane.draw(part).simplify(500).buffer(1_500, quad_segs=4))
    return out


def _sea(anchor: Anchor, plane: Plane, out_to: float, land: Land | None) -> BaseGeometry:
    """The band of water off an anchor: what is in no known land."""
    body = _body(anchor, plane)
    around = [body.buffer(1_500), *_lands(anchor, plane, out_to * 1.5, land)]
    band = body.buffer(out_to, quad_segs=8)
    water = _polygons(band.difference(shapely.union_all(around)))
    opened = _polygons(water.buffer(-3_000).buffer(3_000)).intersection(water)
    return _polygons(opened)


def _off_coast(phrase: AreaPhrase, anchor: Anchor, land: Land | None) -> Area:
    plane = _plane(anchor)
    out_to = OFF_COAST_M
    if phrase.distance_m:
        out_to = phrase.distance_m[1] + tolerance_m(phrase.distance_m)
    if anchor.is_area:
        water = _sea(anchor, plane, out_to, land)
    else:
        # A town: the disc about it less the land it stands on and the land beyond.
        water = _disc(out_to)
        lands = _lands(anchor, plane, out_to * 1.5, land)
        if lands:
            water = water.difference(shapely.union_all(lands))
        water = _polygons(_polygons(water).buffer(-1_500).buffer(1_500))
    if phrase.distance_m:
        inner = phrase.distance_m[0] - tolerance_m(phrase.distance_m)
        if inner > 0:
            water = _polygons(water.difference(_body(anchor, plane).buffer(inner)))
    cut = _directions(phrase, plane)
    if cut is not None:
        water = _polygons(water.intersection(cut))
    if water.is_empty:
        raise Impossible(f"{anchor.name} has no coast there")
    return _area(phrase, [anchor], plane, water, None, "sea",
                 f"the sea off {anchor.name}, to {_km(out_to)} from the shore")  # fmt: skip


def _coast(phrase: AreaPhrase, anchor: Anchor, land: Land | None) -> Area:
    """The strip of land along an anchor's shore, ``COAST_M`` deep."""
    plane = _plane(anchor)
    if not anchor.is_area:
        raise Impossible(f"{anchor.name} has no shape to take a coast from")
    water = _sea(anchor, plane, OFF_COAST_M, land)
    cut = _directions(phrase, plane)
    if cut is not None:
        water = _polygons(water.intersection(cut))
    if water.is_empty:
        raise Impossible(f"{anchor.name} has no coast there")
    strip = _polygons(water.buffer(COAST_M + 1_500).intersection(_body(anchor, plane)))
    return _area(phrase, [anchor], plane, strip, None, "region",
                 f"the coast of {anchor.name}: {_km(COAST_M)} inland of the shore")  # fmt: skip


__all__ = [
    "Anchor", "Area", "Impossible", "Land", "MultiPolygon", "Plane", "centre_of",
    "finish", "inside_point", "reach_m", "shape_area", "tolerance_m",
]  # fmt: skip
