"""Incidents, areas, mentions and articles as tables: what the GIS formats are written from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas
import pandas as pd
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from mapper.abstain import default_threshold, enough
from mapper.export.features import (
    Options,
    coarsened,
    document,
    features,
    geojson,
    identified,
    place_geometry,
)
from mapper.export.words import figure_in_words
from mapper.model import Analysis, Incident

CRS = "EPSG:4326"

# Columns whose values are whole numbers, some missing.
_WHOLE = (
    "count",
    "fatalities_low",
    "fatalities_best",
    "fatalities_high",
    "injured_low",
    "injured_best",
    "injured_high",
    "uncertainty_m",
    "coordinateUncertaintyInMeters",
    "acled_geo_precision",
    "acled_time_precision",
    "ucdp_type_of_violence",
    "ucdp_where_prec",
    "ucdp_date_prec",
)
_REAL = ("lat", "lon", "confidence")
_TRUTH = ("background", "inferred", "verified")
_LEFT_OUT = ("actors", "target", "places", "unsure_places", "why")  # nested; the GeoJSON has them


def incidents_frame(
    analyses: Sequence[Analysis], options: Options | None = None
) -> geopandas.GeoDataFrame:
    """The incidents, one a row, in WGS 84 (lon, lat); no geometry where the place is unknown.

    Lists become text joined by " | "; whole numbers that may be missing are ``Int64``.
    """
    found = features(analyses, options)
    rows = [flat(item["properties"]) for item in found]
    shapes = [None if item["geometry"] is None else shape(item["geometry"]) for item in found]
    return _frame(_typed(rows), shapes)


def points_frame(
    analyses: Sequence[Analysis], options: Options | None = None
) -> geopandas.GeoDataFrame:
    """As ``incidents_frame``, each incident drawn as the points of its places (MultiPoint)."""
    frame = incidents_frame(analyses, options)
    shapes: list[BaseGeometry | None] = []
    for _, incident, _ in identified(analyses, _least(options)):
        kept = _kept(incident, options)
        points = dict.fromkeys((item.place.lon, item.place.lat) for item in kept.places)
        shapes.append(shapely.MultiPoint(list(points)) if points else None)
    return frame.set_geometry(geopandas.GeoSeries(shapes, crs=CRS, index=frame.index))


def areas_frame(
    analyses: Sequence[Analysis], options: Options | None = None
) -> geopandas.GeoDataFrame:
    """The areas that incidents happened in: a row an incident and area (MultiPolygon)."""
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    for _, incident, identity in identified(analyses, _least(options)):
        for item in _kept(incident, options).places:
            if item.place.geometry is None:
                continue
            area = shape(geojson(place_geometry(item.place)))
            if area.geom_type == "Polygon":
                area = shapely.MultiPolygon([area])
            shapes.append(area)
            rows.append(
                {
                    "incident": identity,
                    "kind": incident.kind,
                    "modality": incident.modality,
                    "background": incident.background,
                    "place": item.place.name,
                    "place_id": item.place.id,
                    "country": item.place.country,
                    "precision": item.place.precision,
                    "uncertainty_m": item.place.uncertainty_m,
                    "source": item.place.source,
                }
            )
    columns = "incident kind modality background place place_id country precision uncertainty_m "
    return _frame(pd.DataFrame(rows, columns=[*columns.split(), "source"]), shapes)


def mentions_frame(
    analyses: Sequence[Analysis], options: Options | None = None
) -> geopandas.GeoDataFrame:
    """Every mention of a place, found or not, with its offsets (Point).

    One below the threshold names its guess and has no geometry.
    """
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    # The exact spot of a coarsened incident must not be given away by its mention.
    place_of = _mention_place if not (options and options.coarsen_km) else lambda _: None
    least = _least(options)
    floor = default_threshold() if least is None else least
    for analysis in analyses:
        for mention in analysis.mentions:
            place = place_of(mention)
            if not enough(mention, floor):
                place = None
            shapes.append(shapely.Point(place.lon, place.lat) if place else None)
            named = mention.place
            rows.append(
                {
                    "document": analysis.article.id,
                    "start": mention.start,
                    "end": mention.end,
                    "text": mention.text,
                    "role": mention.role,
                    "confidence": round(mention.confidence, 4),
                    "place": named.name if named else None,
                    "place_id": named.id if named else None,
                    "country": named.country if named else None,
                    "precision": named.precision if named else None,
                    "geonameid": str(named.geonameid) if named and named.geonameid else None,
                }
            )
    columns = "document start end text role confidence place place_id country precision geonameid"
    return _frame(pd.DataFrame(rows, columns=columns.split()), shapes)


def articles_frame(analyses: Sequence[Analysis]) -> pd.DataFrame:
    """The articles with the versions that analysed them; their text is not among it."""
    columns = "id title url domain published language tool config gazetteer text_sha256"
    rows = [document(analysis) for analysis in analyses]
    return pd.DataFrame(rows, columns=columns.split()).astype("string")


def _mention_place(mention: Any) -> Any:
    return mention.place


def _least(options: Options | None) -> float | None:
    return options.least if options else None


def _kept(incident: Incident, options: Options | None) -> Incident:
    return coarsened(incident, options.coarsen_km) if options and options.coarsen_km else incident


def flat(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties without the nested ones, lists joined by " | ", figures as words."""
    return {
        key: " | ".join(
            figure_in_words(item) if isinstance(item, dict) else str(item) for item in value
        )
        if isinstance(value, list)
        else value
        for key, value in properties.items()
        if key not in _LEFT_OUT
    }


def _typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A frame whose columns have the same types whatever is missing, no rows included."""
    frame = pd.DataFrame(rows, columns=None if rows else list(_columns()))
    for column in frame.columns:
        if column in _WHOLE:
            frame[column] = frame[column].astype("Int64")
        elif column in _REAL:
            frame[column] = frame[column].astype("float64")
        elif column in _TRUTH:
            frame[column] = frame[column].astype("bool")
        else:
            frame[column] = frame[column].astype("string")
    return frame


def _columns() -> tuple[str, ...]:
    """The names of the columns, of an incident that knows nothing."""
    from mapper.export.features import properties
    from mapper.model import Article, Provenance

    nothing = Incident("", "", None, "occurred", False, None, (), (), None, None, None, (), 0.0)
    analysis = Analysis(Article("", ""), "und", (), (nothing,), Provenance("", "", "", ""))
    return tuple(flat(properties(analysis, nothing, "")))


def _frame(frame: pd.DataFrame, shapes: Sequence[BaseGeometry | None]) -> geopandas.GeoDataFrame:
    series = geopandas.GeoSeries(list(shapes), index=frame.index, crs=CRS)
    return geopandas.GeoDataFrame(frame, geometry=series)
