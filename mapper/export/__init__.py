"""Exports: analyses into one file, its ending choosing the format.

A format is a ``Format`` in ``FORMATS``: add one there and the command line, the app and the
tests know it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mapper.atomic import writing
from mapper.errors import InputError
from mapper.export.features import Options, feature_collection
from mapper.model import Analysis

__all__ = ["FORMATS", "Format", "Options", "feature_collection", "format_of", "write"]

Writer = Callable[[Sequence[Analysis], Path, Options], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its ending, what to call it, its media type and what writes it."""

    ending: str
    label: str
    media_type: str
    write: Writer


def _geojson(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    collection = feature_collection(analyses, options)
    path.write_text(
        json.dumps(collection, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )


def _lazily(module: str, name: str) -> Writer:
    """A writer whose module (and its heavy libraries) is loaded when first used."""

    def write_with(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
        from importlib import import_module

        getattr(import_module(f"mapper.export.{module}"), name)(analyses, path, options)

    return write_with


FORMATS: dict[str, Format] = {
    form.ending: form
    for form in (
        Format(".geojson", "GeoJSON", "application/geo+json", _geojson),
        Format(
            ".gpkg", "GeoPackage", "application/geopackage+sqlite3", _lazily("gis", "write_gpkg")
        ),
        Format(".kml", "KML", "application/vnd.google-earth.kml+xml", _lazily("kml", "write_kml")),
        Format(".kmz", "KMZ", "application/vnd.google-earth.kmz", _lazily("kml", "write_kmz")),
        Format(".csv", "CSV", "text/csv", _lazily("tables", "write_csv")),
        Format(
            ".parquet",
            "GeoParquet",
            "application/vnd.apache.parquet",
            _lazily("tables", "write_parquet"),
        ),
        Format(".fgb", "FlatGeobuf", "application/octet-stream", _lazily("gis", "write_fgb")),
        Format(".report.html", "printable report", "text/html", _lazily("report", "write_report")),
        Format(".html", "standalone map", "text/html", _lazily("page", "write_html")),
    )
}
"""The formats by their ending; a longer ending goes before a shorter."""


def format_of(path: Path) -> Format:
    """The format that a file's ending asks for.

    Raises:
        InputError: no format has that ending.
    """
    name = path.name.lower()
    for ending in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(ending):
            return FORMATS[ending]
    raise InputError(f"cannot write '{path.name}': its ending is none of {', '.join(FORMATS)}")


def write(analyses: Sequence[Analysis], path: Path, options: Options | None = None) -> None:
    """Write the analyses to ``path``, whole or not at all.

    Raises:
        InputError: the ending names no format.
        OutputError: the file cannot be written.
    """
    form = format_of(path)
    with writing(path) as temporary:
        form.write(analyses, temporary, options or Options())
