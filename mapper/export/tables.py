"""Incidents as a table: CSV (with HXL tags if asked) and GeoParquet."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mapper.export.features import Options
from mapper.export.frames import incidents_frame
from mapper.model import Analysis

HXL = {
    "id": "#event+id",
    "title": "#event+name",
    "kind": "#event+type",
    "sub_kind": "#event+type+sub",
    "modality": "#event+status",
    "date_start": "#date+occurred+start",
    "date_end": "#date+occurred+end",
    "place": "#loc+name",
    "country": "#country+code+v_iso2",
    "lat": "#geo+lat",
    "lon": "#geo+lon",
    "precision": "#geo+precision",
    "uncertainty_m": "#geo+uncertainty+m",
    "fatalities_low": "#affected+killed+min",
    "fatalities_best": "#affected+killed",
    "fatalities_high": "#affected+killed+max",
    "injured_low": "#affected+injured+min",
    "injured_best": "#affected+injured",
    "injured_high": "#affected+injured+max",
    "quote": "#description",
    "document_url": "#meta+url",
    "document_title": "#meta+title",
    "published": "#date+published",
}
"""HXL hashtags (HXL 1.1) of the CSV's columns; a column not here has none."""

# A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """Incidents as CSV (RFC 4180, UTF-8), one a row; ``wkt`` holds the geometry.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    frame = incidents_frame(analyses, options)
    table = pd.DataFrame(frame.drop(columns="geometry"))
    table["wkt"] = frame.geometry.to_wkt()
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(table.columns)
        if options.hxl:
            writer.writerow([HXL.get(column, "") for column in table.columns])
        for row in table.itertuples(index=False, name=None):
            writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if pd.isna(value):
        return ""
    if isinstance(value, str):
        value = "".join(c for c in value if c >= " " or c in "\t\n\r")
        return "'" + value if value.startswith(_FORMULA) else value
    return value


def write_parquet(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """Incidents as GeoParquet 1.1."""
    incidents_frame(analyses, options).to_parquet(path, schema_version="1.1.0")
