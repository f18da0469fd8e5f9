"""Incidents as KML 2.2, and KMZ, for Google Earth and its kin."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.builder import ElementMaker

from mapper.export.features import Options, attribution, features
from mapper.export.frames import flat
from mapper.export.styles import style_of
from mapper.model import Analysis

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_E = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE})
# Characters that XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"\d{4}(-\d\d){0,2}")


def write_kml(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """One Placemark an incident, unplaced ones without geometry; all text escaped."""
    path.write_bytes(_document(analyses, options))


def write_kmz(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """The KML zipped, as ``doc.kml``."""
    entry = zipfile.ZipInfo("doc.kml", date_time=(1980, 1, 1, 0, 0, 0))  # no clock
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, _document(analyses, options))


def _document(analyses: Sequence[Analysis], options: Options) -> bytes:
    found = features(analyses, options)
    kinds = sorted({item["properties"]["kind"] for item in found})
    root = _E.kml(
        _E.Document(
            _E.name("Incidents"),
            _E.description(_text(attribution(analyses))),
            *[_style(kind) for kind in kinds],
            _E.Folder(_E.name("incidents"), *[_placemark(item) for item in found]),
        )
    )
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _style(kind: str) -> Any:
    colour = style_of(kind).colour.lstrip("#")
    bgr = colour[4:6] + colour[2:4] + colour[0:2]
    return _E.Style(
        _E.IconStyle(_E.color("ff" + bgr), _E.scale("1")),
        _E.LineStyle(_E.color("ff" + bgr), _E.width("2")),
        _E.PolyStyle(_E.color("55" + bgr)),
        id=f"kind-{kind}",
    )


def _placemark(item: dict[str, Any]) -> Any:
    properties = item["properties"]
    parts = [
        _E.name(_text(properties["title"])),
        _E.description(_text("\n\n".join(properties["quotes"]))),
        *_time(properties),
        _E.styleUrl(f"#kind-{properties['kind']}"),
        _E.ExtendedData(
            *[
                _E.Data(_E.value(_text(value)), name=key)
                for key, value in flat(properties).items()
                if value is not None
            ]
        ),
        *_geometry(item["geometry"]),
    ]
    return _E.Placemark(*parts)


def _time(properties: dict[str, Any]) -> list[Any]:
    """A TimeStamp or TimeSpan where the year is known."""
    start, end = properties["date_start"], properties["date_end"]
    start = start if start and _DAY.fullmatch(start) else None
    end = end if end and _DAY.fullmatch(end) else None
    if start and start == end:
        return [_E.TimeStamp(_E.when(start))]
    if start or end:
        span = [_E.begin(start)] if start else []
        return [_E.TimeSpan(*span, *([_E.end(end)] if end else []))]
    return []


def _geometry(geometry: dict[str, Any] | None) -> list[Any]:
    """The KML elements of a GeoJSON geometry."""
    if geometry is None:
        return []
    kind, coordinates = geometry["type"], geometry.get("coordinates", [])
    if kind == "Point":
        return [_E.Point(_E.coordinates(_tuple(coordinates)))]
    if kind == "Polygon":
        outer, *inner = coordinates
        return [
            _E.Polygon(
                _E.outerBoundaryIs(_ring(outer)), *[_E.innerBoundaryIs(_ring(r)) for r in inner]
            )
        ]
    if kind == "GeometryCollection":
        parts = geometry["geometries"]
    else:
        parts = [{"type": kind.removeprefix("Multi"), "coordinates": c} for c in coordinates]
    return [_E.MultiGeometry(*[element for part in parts for element in _geometry(part)])]


def _ring(ring: list[Any]) -> Any:
    return _E.LinearRing(_E.coordinates(" ".join(_tuple(point) for point in ring)))


def _tuple(point: Sequence[float]) -> str:
    return f"{point[0]},{point[1]}"


def _text(value: Any) -> str:
    return _FORBIDDEN.sub("�", str(value))
