"""Named regions, physical features and landmarks of the project's own data files."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.area_codec import unpack
from geodata.build.places import NAMES, Finder, World
from geodata.build.shapes import packed
from geodata.build.store import ALIAS, OWN_IDS_FROM, Row
from geodata.fold import fold, key_bytes
from geodata.kinds import KIND_CODE, country_number
from geodata.named_regions import NamedRegion, compose, load_descriptive, load_regions

REGION_SIMPLIFY_DEGREES = 0.02
SAME_AS = ("region", "continent", "peninsula", "desert", "mountains", "strait", "island", "sea")


def add_physical(world: World) -> None:
    """Rivers, lakes, mountains, deserts, islands, straits; landmarks known by name alone.

    A feature that the named regions have too is left to them, for they have its area.
    """
    taken = {fold(n) for region in load_regions() for n in region.names}
    for file in ("physical.csv", "landmarks.csv"):
        _add_file(world, NAMES / file, taken)


def _add_file(world: World, path: Path, taken: set[str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] in SAME_AS and fold(row["name"]) in taken:
                continue
            ref = f"{path.stem}:{row['id']}"
            gid = world.own(ref)
            country = row["country"] or None
            world.staging.add(
                Row(gid, row["name"], row["kind"], country, float(row["lat"]),
                    float(row["lon"]), source="curated", ref=ref,
                    uncertainty_m=round(float(row["radius_km"]) * 1000))
            )  # fmt: skip
            for alias in (row["aliases"] or "").split("|"):
                if alias:
                    world.staging.name(gid, alias, ALIAS, row["kind"], country)


def add_regions(world: World) -> None:
    """Named regions of the news, each with its area.

    Where GeoNames has a region of the same name, the area and the other names are added to
    its row, so that one place stays one entry; ``region:...`` finds it too.
    """
    finder = Finder(world.staging.db, world)

    def shape_of(part: str) -> BaseGeometry | None:
        place = finder.find(part, "admin1" if "/" in part else "country", "")
        row = world.staging.db.execute("SELECT area FROM shape WHERE id = ?", (place,)).fetchone()
        return unpack(row[0]) if row else None

    for region in (*load_regions(), *load_descriptive()):
        try:
            area = compose(region, shape_of)
        except KeyError as error:
            world.unresolved.append(str(error.args[0]))
            continue
        _add_region(world, region, area)


def _add_region(world: World, region: NamedRegion, area: BaseGeometry) -> None:
    data = packed(area.simplify(REGION_SIMPLIFY_DEGREES)) or packed(area)
    if data is None:
        world.unresolved.append(f"{region.id}: empty area")
        return
    point = middle(area)
    km_per_degree = 111.2 * math.cos(math.radians(point.y))
    radius = math.sqrt(area.area * 111.2 * km_per_degree / math.pi)
    gid = _same_in_geonames(world, region, point.y, point.x, radius)
    if gid is None:
        gid = world.own(region.id)
        kind = region.kind if region.kind in KIND_CODE else "region"
        world.staging.add(
            Row(gid, region.name, kind, region.country, point.y, point.x, source="curated",
                ref=region.id, note=f"{region.note}; {region.source}".strip("; "),
                uncertainty_m=round(radius * 1000), bonus=min(60, round(radius / 20)))
        )  # fmt: skip
    else:
        world.refs[region.id] = gid
        world.staging.db.execute(
            "UPDATE place SET ref = ?, unc = ?, note = ? WHERE id = ?",
            (region.id, round(radius * 1000), f"{region.note}; {region.source}".strip("; "), gid),
        )
    world.staging.shape(gid, data, region.note)
    for alias in region.names:
        world.staging.name(gid, alias, ALIAS, "region", region.country)


def middle(area: BaseGeometry) -> Point:
    """The middle of an area by its true extent; where that lies outside, a point inside.

    The centroid in Lambert's azimuthal equal-area projection about the plain centroid (Snyder
    1987, equations 24-2 to 24-4 and 20-14 on the sphere).
    """
    lon0, lat0 = np.radians([area.centroid.x, area.centroid.y])

    def forward(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = np.radians(points).T
        k = np.sqrt(
            2 / (1 + np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0))
        )
        x = k * np.cos(lat) * np.sin(lon - lon0)
        y = k * (np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0))
        return np.column_stack([x, y])

    flat = shapely.transform(area, forward).centroid
    rho = math.hypot(flat.x, flat.y)
    if rho < 1e-9:
        point = area.centroid
    else:
        c = 2 * math.asin(min(1.0, rho / 2))
        lat = math.asin(math.cos(c) * math.sin(lat0) + flat.y * math.sin(c) * math.cos(lat0) / rho)
        lon = lon0 + math.atan2(
            flat.x * math.sin(c),
            rho * math.cos(lat0) * math.cos(c) - flat.y * math.sin(lat0) * math.sin(c),
        )
        point = Point(math.degrees(lon), math.degrees(lat))
    return point if area.contains(point) else area.representative_point()


def _same_in_geonames(
    world: World, region: NamedRegion, lat: float, lon: float, radius_km: float
) -> int | None:
    """GeoNames' row for this region: same name, same kind of thing, no further than its radius."""
    codes = ",".join(str(KIND_CODE[k]) for k in SAME_AS)
    rows = world.staging.db.execute(
        f"SELECT DISTINCT place.id, lat / 1e5, lon / 1e5 FROM raw JOIN place ON place.id = raw.id"
        f" WHERE raw.key = ? AND raw.flag = 0 AND kind IN ({codes}) AND place.id < ?"
        f" AND (cc = 0 OR cc = ?) AND ref = '' ORDER BY place.id",
        (key_bytes(fold(region.name)), OWN_IDS_FROM, country_number(region.country)),
    ).fetchall()
    for gid, at_lat, at_lon in rows:
        away = 111.2 * math.hypot(at_lat - lat, (at_lon - lon) * math.cos(math.radians(lat)))
        if away <= max(300.0, 1.5 * radius_km):
            return int(gid)
    return None
