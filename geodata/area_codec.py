"""Areas packed small: coordinates in thousandths of a degree, differences, deflated.

A thousandth of a degree is at most 111 m, far below the 1 km to which shapes are simplified.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

SCALE = 1000
_LONGEST = 30 * SCALE


def _ring(ring: BaseGeometry) -> NDArray[np.int32]:
    """A ring's points as integers, long edges cut so that differences fit in 16 bits."""
    points: NDArray[np.int32] = np.rint(shapely.get_coordinates(ring) * SCALE).astype(np.int32)
    steps = np.abs(np.diff(points, axis=0)).max(axis=1)
    if steps.size and steps.max() > _LONGEST:
        out = [points[:1]]
        for start, end, step in zip(points[:-1], points[1:], steps, strict=True):
            cuts = int(step) // _LONGEST + 1
            fractions = np.arange(1, cuts + 1)[:, None] / cuts
            out.append(np.rint(start + (end - start) * fractions).astype(np.int32))
        points = np.concatenate(out)
    return points


def pack(area: BaseGeometry) -> bytes:
    """A polygon or multipolygon in lon/lat degrees as bytes.

    Raises ValueError for other geometry types.
    """
    polygons = [area] if isinstance(area, Polygon) else list(getattr(area, "geoms", []))
    polygons = [p for p in polygons if not p.is_empty]
    if not polygons or not all(isinstance(p, Polygon) for p in polygons):
        raise ValueError(f"not an area: {area.geom_type}")
    rings = [_ring(r) for p in polygons for r in (p.exterior, *p.interiors)]
    counts = [1 + len(p.interiors) for p in polygons]
    head = struct.pack(f"<I{len(counts)}I", len(counts), *counts)
    head += np.array([len(r) for r in rings], dtype="<u4").tobytes()
    head += np.array([r[0] for r in rings], dtype="<i4").tobytes()
    steps = np.concatenate([np.diff(r, axis=0) for r in rings]).astype("<i2")
    planes = np.frombuffer(np.ascontiguousarray(steps.T).tobytes(), dtype=np.uint8)
    split = np.concatenate([planes[0::2], planes[1::2]])
    return zlib.compress(head + split.tobytes(), 9)


def unpack(data: bytes) -> BaseGeometry:
    """The inverse of ``pack``: a Polygon or MultiPolygon in lon/lat degrees."""
    raw = zlib.decompress(data)
    (n,) = struct.unpack_from("<I", raw)
    counts = np.frombuffer(raw, "<u4", n, 4)
    at = 4 + 4 * n
    total = int(counts.sum())
    sizes = np.frombuffer(raw, "<u4", total, at).astype(np.int64)
    at += 4 * total
    starts = np.frombuffer(raw, "<i4", 2 * total, at).reshape(-1, 2)
    at += 8 * total
    split = np.frombuffer(raw, np.uint8, -1, at)
    half = len(split) // 2
    planes = np.empty(len(split), dtype=np.uint8)
    planes[0::2], planes[1::2] = split[:half], split[half:]
    steps = planes.view("<i2").reshape(2, -1).T
    full = np.zeros((int(sizes.sum()), 2), dtype=np.int64)
    ends = np.cumsum(sizes)
    first = ends - sizes
    mask = np.ones(len(full), dtype=bool)
    mask[first] = False
    full[mask] = steps
    full[first] = starts
    sums = np.cumsum(full, axis=0)
    before = np.zeros((total, 2), dtype=np.int64)
    before[1:] = sums[first[1:] - 1]
    points = (sums - np.repeat(before, sizes, axis=0)) / SCALE
    rings = shapely.linearrings(points, indices=np.repeat(np.arange(total), sizes))
    polygons = []
    at_ring = 0
    for count in counts:
        polygons.append(Polygon(rings[at_ring], list(rings[at_ring + 1 : at_ring + int(count)])))
        at_ring += int(count)
    return polygons[0] if n == 1 else MultiPolygon(polygons)
