"""Incidents for geographic information systems: GeoPackage with its style, FlatGeobuf."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pyogrio

from mapper.export.features import Options
from mapper.export.frames import (
    areas_frame,
    articles_frame,
    incidents_frame,
    mentions_frame,
    points_frame,
)
from mapper.export.qgis import AREAS_STYLE, INCIDENTS_STYLE, area_qml, incident_qml
from mapper.model import Analysis

# GeoPackage stamps its contents with the hour of writing; the same input must give the same file.
_NO_CLOCK = "1970-01-01T00:00:00.000Z"


def write_gpkg(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """Incidents (their points), areas, mentions and articles as layers of a GeoPackage.

    A ``layer_styles`` table makes QGIS draw incidents and areas as the app does.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _NO_CLOCK})
    try:
        layers = (
            # First what a reader that asks for no layer is given.
            ("incidents", points_frame(analyses, options), "MultiPoint"),
            ("areas", areas_frame(analyses, options), "MultiPolygon"),
            ("mentions", mentions_frame(analyses, options), "Point"),
        )
        for name, frame, kind in layers:
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", geometry_type=kind, append=path.exists()
            )
        pyogrio.write_dataframe(
            articles_frame(analyses), path, layer="articles", driver="GPKG", append=True
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    _add_styles(path)


def _add_styles(path: Path) -> None:
    """The table that QGIS looks for its default styles in."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            CREATE TABLE layer_styles (
                id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
                f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
                f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
                useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
                update_time DATETIME);
            """
        )
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, 'geom', ?, ?, 1, ?, '', ?)",
            [
                (
                    "incidents",
                    INCIDENTS_STYLE,
                    incident_qml(),
                    "by kind; faint: not so",
                    _NO_CLOCK,
                ),
                ("areas", AREAS_STYLE, area_qml(), "by kind", _NO_CLOCK),
            ],
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (_NO_CLOCK,),
        )


def write_fgb(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """Incidents as FlatGeobuf; without its spatial index, which unplaced ones cannot be in."""
    pyogrio.write_dataframe(
        incidents_frame(analyses, options),
        path,
        layer="incidents",
        driver="FlatGeobuf",
        geometry_type="Unknown",
        layer_options={"SPATIAL_INDEX": "NO"},
    )
