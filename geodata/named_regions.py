"""Named regions of the news, composed of countries and first-order units, or drawn.

``regions/*.yaml`` hold them: ``regions.yaml`` the names that news uses (Sahel, Donbas, Middle
East, Midwest), ``descriptive.yaml`` areas that only a description names ("Shia-majority south"
of Iraq, "Sunni Triangle", "Anglophone regions" of Cameroon), ``directions.yaml`` what a
direction of a country usually means ("southern Iraq" is nine governorates).  Which units belong
to such an area is an editorial choice; every entry states its source, and where it is contested
a note says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import shapely
import yaml
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.fold import fold

FOLDER = Path(__file__).parent / "regions"

ShapeOf = Callable[[str], BaseGeometry | None]
"""The area (lon/lat) of ``IQ`` (a country) or ``IQ/Basra`` (its first-order unit)."""


@dataclass(frozen=True, slots=True)
class NamedRegion:
    """A region: whole ``parts`` (``IQ``, ``IQ/Basra``), less ``minus``, or a drawn ``polygon``.

    ``polygon`` is one or more rings of (lon, lat) degrees.  ``country`` is the ISO code where it
    lies in one country.  ``direction`` and ``of`` are set for what a direction of a place means
    (``of`` is a part).  ``note`` says whose view it takes, or what is contested.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    country: str | None
    parts: tuple[str, ...]
    minus: tuple[str, ...]
    polygon: tuple[tuple[tuple[float, float], ...], ...]
    source: str
    note: str
    direction: str | None = None
    of: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases."""
        return (self.name, *self.aliases)


def _region(raw: dict[str, Any], prefix: str) -> NamedRegion:
    rings = raw.get("polygon") or []
    if rings and not isinstance(rings[0][0], list):
        rings = [rings]
    parts = tuple(str(p) for p in raw.get("parts") or ())
    countries = {p.split("/")[0] for p in parts}
    country = raw.get("country") or (countries.pop() if len(countries) == 1 else None)
    return NamedRegion(
        id=f"region:{prefix}{raw['id']}",
        name=str(raw["name"]),
        aliases=tuple(str(a) for a in raw.get("aliases") or ()),
        kind=str(raw.get("kind", "region")),
        country=country,
        parts=parts,
        minus=tuple(str(p) for p in raw.get("minus") or ()),
        polygon=tuple(tuple((float(x), float(y)) for x, y in ring) for ring in rings),
        source=str(raw["source"]),
        note=str(raw.get("note") or ""),
        direction=raw.get("direction"),
        of=raw.get("of"),
    )


def _load(name: str, prefix: str, folder: Path) -> tuple[NamedRegion, ...]:
    # Every text is quoted in these files, so that NO is Norway for any loader; the C one is fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw = yaml.load((folder / name).read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return tuple(_region(entry, prefix) for entry in raw)


@cache
def load_regions(folder: Path = FOLDER) -> tuple[NamedRegion, ...]:
    """The regions that have a name of their own."""
    return _load("regions.yaml", "", folder)


@cache
def load_descriptive(folder: Path = FOLDER) -> tuple[NamedRegion, ...]:
    """The areas that a description names, each in one country."""
    return _load("descriptive.yaml", "", folder)


@cache
def load_directions(folder: Path = FOLDER) -> tuple[NamedRegion, ...]:
    """What a direction of a country or unit means where usage has settled it."""
    return _load("directions.yaml", "dir-", folder)


def compose(region: NamedRegion, shape_of: ShapeOf) -> BaseGeometry:
    """The region's area in lon/lat, valid; hairline gaps between its units are closed.

    Raises KeyError naming the part that ``shape_of`` does not know.
    """
    shapes: list[BaseGeometry] = []
    for part in region.parts:
        found = shape_of(part)
        if found is None or found.is_empty:
            raise KeyError(f"{region.id}: no shape for {part}")
        shapes.append(found)
    if region.polygon:
        shapes += [shapely.make_valid(Polygon(ring)) for ring in region.polygon]
    # A continent needs no more detail than shows: a 3000th of its width.
    boxes = shapely.bounds(shapes)
    size = max(
        min(boxes[:, 2].max() - boxes[:, 0].min(), 90.0), boxes[:, 3].max() - boxes[:, 1].min()
    )
    if len(shapes) > 1:
        gap = max(0.01, size / 3000)
        shapes = [shapely.make_valid(_without_specks(s, gap).simplify(gap / 2)) for s in shapes]
        whole = shapely.union_all(shapes)
        whole = whole.buffer(gap, join_style="mitre").buffer(-gap, join_style="mitre")
    else:
        whole = shapely.union_all(shapes)
    for part in region.minus:
        found = shape_of(part)
        if found is None:
            raise KeyError(f"{region.id}: no shape for {part}")
        whole = whole.difference(found)
    if whole.geom_type not in ("Polygon", "MultiPolygon"):
        whole = shapely.union_all([g for g in whole.geoms if isinstance(g, Polygon | MultiPolygon)])
    return whole if whole.is_valid else shapely.make_valid(whole)


def _without_specks(shape: BaseGeometry, side: float) -> BaseGeometry:
    """A shape without the islets smaller than a square of ``side`` degrees, if others are left."""
    parts = [g for g in getattr(shape, "geoms", [shape]) if g.area > side * side * 4]
    return MultiPolygon(parts) if parts and len(parts) > 1 else (parts[0] if parts else shape)


def direction_of(of: str, direction: str) -> NamedRegion | None:
    """What ``direction`` (``south``) of a country (``IQ``) or unit (``CD/Nord Kivu``) means."""
    key = fold(of)
    for region in load_directions():
        if region.of is not None and region.direction == direction and fold(region.of) == key:
            return region
    return None


def descriptive_of(country: str | None, text: str) -> NamedRegion | None:
    """The descriptive area of a country that a phrase names ("the Shia-majority south")."""
    key = fold(text)
    for word in ("the ", "its ", "in the ", "their "):
        if key.startswith(word):
            key = key[len(word) :]
    for region in load_descriptive():
        if country is not None and region.country not in (None, country):
            continue
        if any(fold(name) == key for name in region.names):
            return region
    return None


__all__ = [
    "NamedRegion", "ShapeOf", "compose", "descriptive_of", "direction_of", "load_descriptive",
    "load_directions", "load_regions",
]  # fmt: skip
