"""Incidents as GeoJSON features (RFC 7946): geometry, flat properties, quotes as selectors.

Geometry: null without a place; a point or an area with one; with several, their MultiPoint,
the union of their areas, or a GeometryCollection where points and areas mix.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry import box, mapping, shape
from shapely.geometry.base import BaseGeometry

from mapper.abstain import confidences, parted, surenesses
from mapper.export.crosswalk import codes, first_day, last_day, vaguest
from mapper.export.words import DRAWN_BY, kind_label, reasons
from mapper.model import Actor, Analysis, Incident, IncidentPlace, Place, Toll

DECIMALS = 6
"""Decimals of coordinates: a tenth of a metre, below RFC 7946's advice of at most 7."""

CONTEXT = 32
"""Code points of context on each side of a quote, as TextQuoteSelector's prefix and suffix."""

_KM_PER_DEGREE = 111.32
_ROLE_COLUMNS = {
    "perpetrator": "perpetrators",
    "participant": "participants",
    "target": "targets",
    "victim": "victims",
    "authority": "authorities",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may ask of an export.

    ``hxl`` puts a row of HXL tags under a CSV's header.  ``coarsen_km`` snaps coordinates to
    a grid of so many kilometres, to protect people; names and quotes stay as they are.
    ``least`` is the confidence (0..1) from which a place is drawn, None the default threshold
    (``mapper/abstain.py``); what is below is in ``unsure_places``.
    """

    hxl: bool = False
    coarsen_km: float | None = None
    least: float | None = None


def feature_collection(
    analyses: Sequence[Analysis], options: Options | None = None
) -> dict[str, Any]:
    """All incidents of the analyses as one GeoJSON FeatureCollection.

    Foreign members tell of the whole: ``documents`` (what each feature's ``document`` refers
    to, with the versions that made it) and ``attribution``.
    """
    return {
        "type": "FeatureCollection",
        "features": features(analyses, options),
        "documents": [document(analysis) for analysis in analyses],
        "attribution": attribution(analyses),
    }


def features(analyses: Sequence[Analysis], options: Options | None = None) -> list[dict[str, Any]]:
    """A feature an incident, in the order of the analyses; ids unique among them."""
    return [
        feature(analysis, incident, identity, options)
        for analysis, incident, identity in identified(analyses, options.least if options else None)
    ]


def identified(
    analyses: Sequence[Analysis], least: float | None = None
) -> Iterator[tuple[Analysis, Incident, str]]:
    """Each incident as it is drawn, with an id that no other of these analyses has.

    Places below ``least`` (None: the default threshold) are in its ``unsure``.

    It is the incident's own unless another article's incident bore it before; then the
    article's id stands before it.
    """
    seen: set[str] = set()
    for analysis in analyses:
        sure = surenesses(analysis)
        for found in analysis.incidents:
            incident = parted(found, sure, least)
            identity = incident.id
            if identity in seen:
                identity = f"{analysis.article.id}/{incident.id}"
            copy = 2
            while identity in seen:
                identity = f"{analysis.article.id}/{incident.id}-{copy}"
                copy += 1
            seen.add(identity)
            yield analysis, incident, identity


def feature(
    analysis: Analysis, incident: Incident, identity: str, options: Options | None = None
) -> dict[str, Any]:
    """One incident as a GeoJSON feature with a stable id."""
    if options and options.coarsen_km:
        incident = coarsened(incident, options.coarsen_km)
    geometry = incident_geometry(incident.places)
    found: dict[str, Any] = {
        "type": "Feature",
        "id": identity,
        "geometry": None if geometry is None else geojson(geometry),
        "properties": properties(analysis, incident, identity),
    }
    if geometry is not None:
        found["bbox"] = [round(bound, DECIMALS) for bound in geometry.bounds]
    time = _json_fg_time(incident)
    if time:
        found["time"] = time
    return found


def properties(analysis: Analysis, incident: Incident, identity: str) -> dict[str, Any]:
    """The flat properties of an incident's feature; the published schema describes each."""
    article = analysis.article
    date = incident.date
    quotes = [evidence.quote for evidence in incident.evidence]
    return {
        "id": identity,
        "title": label(incident),
        "kind": incident.kind,
        "kind_label": kind_label(incident.kind),
        "sub_kind": incident.sub_kind,
        "modality": incident.modality,
        "background": incident.background,
        "count": incident.count,
        "date_start": date.start if date else None,
        "date_end": date.end if date else None,
        "date_quote": date.quote or None if date else None,
        **_toll("fatalities", incident.fatalities),
        **_toll("injured", incident.injured),
        **_place(incident.places),
        **_unsure(analysis, incident.unsure),
        "actors": [actor.to_dict() for actor in incident.actors],
        **_actors(incident.actors),
        "confidence": round(incident.confidence, 4),
        "quote": quotes[0] if quotes else None,
        "quotes": quotes,
        "target": [
            {
                "source": article.url or article.id,
                "selector": selectors(article.text, e.start, e.end),
            }
            for e in incident.evidence
        ],
        "why": reasons(incident),
        "corrected": list(incident.corrected),
        "set_by_person": list(set_by_person(incident)),
        "verified": incident.verified,
        "document": article.id,
        "document_title": article.title,
        "document_url": article.url,
        "published": article.published,
        **codes(incident),
        **_darwin_core(analysis, incident),
        **analysis.provenance.to_dict(),
    }


def set_by_person(incident: Incident) -> tuple[str, ...]:
    """The values that a person gave without words of the text, by the names of their attributes.

    Each cites the empty quote; what cites words rests on them, whoever chose it.
    """
    values = (
        ("date", [incident.date.quote] if incident.date else []),
        ("fatalities", [incident.fatalities.quote] if incident.fatalities else []),
        ("injured", [incident.injured.quote] if incident.injured else []),
        ("places", [item.cited for item in incident.places]),
    )
    return tuple(name for name, words in values if not all(words))


def label(incident: Incident) -> str:
    """A short title: the kind, how many if a series, and where."""
    kind = kind_label(incident.kind)
    many = f"{incident.count} × " if incident.count and incident.count > 1 else ""
    names = ", ".join(dict.fromkeys(place.place.name for place in incident.places))
    if names:
        return f"{many}{kind}: {names}"
    guesses = ", ".join(dict.fromkeys(item.place.name for item in incident.unsure))
    return f"{many}{kind}: place unsure ({guesses}?)" if guesses else f"{many}{kind}: place unknown"


def selectors(text: str, start: int, end: int) -> list[dict[str, Any]]:
    """W3C Web Annotation selectors of a stretch of text (code points, end exclusive)."""
    return [
        {
            "type": "TextQuoteSelector",
            "exact": text[start:end],
            "prefix": text[max(0, start - CONTEXT) : start],
            "suffix": text[end : end + CONTEXT],
        },
        {"type": "TextPositionSelector", "start": start, "end": end},
    ]


def document(analysis: Analysis) -> dict[str, Any]:
    """What a reader of an export needs to know of one article."""
    article = analysis.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "domain": article.domain,
        "published": article.published,
        "language": analysis.language,
        **analysis.provenance.to_dict(),
    }


def attribution(analyses: Sequence[Analysis]) -> str:
    """Whom to thank for the places: the gazetteer's own line where it is at hand."""
    from mapper.export.sources import gazetteer_attribution

    used = {
        place.place.source
        for analysis in analyses
        for incident in analysis.incidents
        for place in incident.places
    }
    return gazetteer_attribution() or "; ".join(sorted(used))


def incident_geometry(places: Sequence[IncidentPlace]) -> BaseGeometry | None:
    """The geometry of an incident's places (lon, lat degrees), or None without places."""
    shapes = [place_geometry(item.place) for item in places]
    points = list({(p.x, p.y): p for p in shapes if p.geom_type == "Point"}.values())
    areas = [s for s in shapes if s.geom_type != "Point"]
    if not shapes:
        return None
    if not areas:
        return points[0] if len(points) == 1 else shapely.MultiPoint(points)
    area = areas[0] if len(areas) == 1 else shapely.union_all(areas)
    if not points:
        return area
    return shapely.GeometryCollection([*points, area])


def place_geometry(place: Place) -> BaseGeometry:
    """A place's area, or its point where it has none; lon, lat within the RFC's bounds."""
    if place.geometry is not None:
        area = _valid_area(shape(dict(place.geometry)))
        if not area.is_empty:
            return area
    return shapely.Point(_wrapped(place.lon), max(-90.0, min(90.0, place.lat)))


def _wrapped(lon: float) -> float:
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180


def _valid_area(area: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape, valid, and split where they cross the antimeridian."""
    area = shapely.make_valid(area, method="structure", keep_collapsed=False)
    west, _, east, _ = area.bounds if not area.is_empty else (0, 0, 0, 0)
    if west < -180 or east > 180:
        parts = [
            shapely.transform(
                area.intersection(box(-180 + turn, -90, 180 + turn, 90)),
                lambda xy, turn=turn: xy - (turn, 0),
            )
            for turn in (-360, 0, 360)
        ]
        area = shapely.union_all(parts)
    polygons = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    if not polygons:
        return shapely.MultiPolygon()
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """The geometry as RFC 7946 has it: rounded, exteriors counter-clockwise.

    Rounding a valid area may make it touch itself; it is mended after.
    """
    rounded = shapely.set_precision(geometry, 10**-DECIMALS)
    if rounded.is_empty:  # smaller than the grid: better rough than gone
        rounded = geometry.representative_point()
    rounded = shapely.orient_polygons(rounded, exterior_cw=False)
    shaped: dict[str, Any] = _lists(mapping(rounded))
    return shaped


def _lists(value: Any) -> Any:
    """Tuples of coordinates as lists of floats rounded to DECIMALS."""
    if isinstance(value, Mapping):
        return {key: _lists(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_lists(item) for item in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def coarsened(incident: Incident, kilometres: float) -> Incident:
    """The incident with every place snapped to a grid of ``kilometres``.

    Areas wider than the grid stay; a smaller one becomes its point.  The uncertainty grows to
    hold the cell (half its diagonal).
    """
    return replace(
        incident,
        places=tuple(
            replace(item, place=_snapped(item.place, kilometres)) for item in incident.places
        ),
        unsure=tuple(
            replace(item, place=_snapped(item.place, kilometres)) for item in incident.unsure
        ),
    )


def _snapped(place: Place, kilometres: float) -> Place:
    half_diagonal = math.ceil(kilometres * 1000 * math.sqrt(2) / 2)
    if place.geometry is not None and place.uncertainty_m > half_diagonal:
        return place
    step = kilometres / _KM_PER_DEGREE
    lat = max(-90.0, min(90.0, (math.floor(place.lat / step) + 0.5) * step))
    across = step / max(math.cos(math.radians(lat)), 0.01)
    lon = _wrapped((math.floor(place.lon / across) + 0.5) * across)
    return replace(
        place,
        lat=round(lat, DECIMALS),
        lon=round(lon, DECIMALS),
        geometry=None,
        uncertainty_m=max(place.uncertainty_m, half_diagonal),
    )


def _toll(name: str, toll: Toll | None) -> dict[str, Any]:
    return {
        f"{name}_low": toll.low if toll else None,
        f"{name}_best": toll.best if toll else None,
        f"{name}_high": toll.high if toll else None,
        f"{name}_quote": toll.quote or None if toll else None,
        f"{name}_shared_with": list(toll.shared_with) if toll else [],
        f"{name}_figures": [figure.to_dict() for figure in toll.figures] if toll else [],
    }


def _place(places: tuple[IncidentPlace, ...]) -> dict[str, Any]:
    """The places flat (as precise as the vaguest of them), and each in full but its shape."""
    whole = vaguest(places)
    first = places[0] if places else None
    return {
        "place": "; ".join(dict.fromkeys(item.place.name for item in places)) or None,
        "country": "; ".join(
            dict.fromkeys(item.place.country for item in places if item.place.country)
        )
        or None,
        "admin1": "; ".join(
            dict.fromkeys(item.place.admin1 for item in places if item.place.admin1)
        )
        or None,
        "lat": round(first.place.lat, DECIMALS) if first else None,
        "lon": round(first.place.lon, DECIMALS) if first else None,
        "precision": whole.place.precision if whole else None,
        "uncertainty_m": max(item.place.uncertainty_m for item in places) if places else None,
        "relation": first.relation if first else None,
        "inferred": any(item.inferred for item in places),
        "places": [item.to_dict() | {"geometry": None} for item in places],
    }


def _unsure(analysis: Analysis, unsure: tuple[IncidentPlace, ...]) -> dict[str, Any]:
    """What was held back from the map: the guesses by name, and each with its words."""
    sure = confidences(analysis) if unsure else {}
    return {
        "place_unsure": "; ".join(dict.fromkeys(item.place.name for item in unsure)) or None,
        "unsure_places": [
            {
                "quote": analysis.article.text[slice(*item.mention)],
                "confidence": round(sure[item.mention], 4),
            }
            | item.to_dict()
            | {"geometry": None}
            for item in unsure
        ],
    }


def _actors(actors: tuple[Actor, ...]) -> dict[str, Any]:
    """Actors as one line for each role; what is only alleged says so."""
    return {
        column: "; ".join(
            dict.fromkeys(
                actor.quote + (" (alleged)" if actor.alleged else "")
                for actor in actors
                if actor.role == role
            )
        )
        or None
        for role, column in _ROLE_COLUMNS.items()
    }


def _darwin_core(analysis: Analysis, incident: Incident) -> dict[str, Any]:
    """Darwin Core's terms for how sure a georeference is; None without a place."""
    places = incident.places
    ways = [_protocol(analysis, incident, item) for item in places]
    makers = dict.fromkeys(
        analysis.provenance.tool if way == _RESOLVED else "a person" for way in ways
    )
    return {
        "geodeticDatum": "EPSG:4326" if places else None,
        "coordinateUncertaintyInMeters": (
            max(item.place.uncertainty_m for item in places) if places else None
        ),
        "georeferencedBy": "; ".join(makers) or None,
        "georeferenceProtocol": (
            "; ".join(
                [*dict.fromkeys(ways), "the uncertainty is the radius of the circle that holds it"]
            )
            if places
            else None
        ),
        "georeferenceSources": (
            "; ".join(sorted({item.place.source for item in places})) if places else None
        ),
        "georeferenceVerificationStatus": (
            None if not places else "verified by a person" if incident.verified else "unverified"
        ),
    }


_RESOLVED = "place name in the text, resolved against a gazetteer"


def _protocol(analysis: Analysis, incident: Incident, item: IncidentPlace) -> str:
    """How one place was found: by the program, or in which way by a person."""
    place = item.place
    if {"places", "added"}.isdisjoint(incident.corrected):
        return _RESOLVED
    if place.id.startswith("point:"):
        return "coordinates given by a person"
    if place.id.startswith("area:"):
        drawn = place.source == DRAWN_BY
        return f"area {'drawn' if drawn else 'joined of areas of a gazetteer'} by a person"
    mention = next((m for m in analysis.mentions if m.span == item.mention), None)
    meant = mention is None or mention.why == ("chosen by a person",)
    if mention is not None and mention.place is not None:
        meant = meant or mention.place.id != place.id
    return "place chosen by a person from a gazetteer" if meant else _RESOLVED


def _json_fg_time(incident: Incident) -> dict[str, Any] | None:
    """The date as OGC JSON-FG's ``time``, where its days are known."""
    date = incident.date
    if date is None or date.start is None:
        return None
    first = first_day(date.start)
    last = last_day(date.end) if date.end else None
    if first is None or (date.end and last is None):
        return None
    if first == last:
        return {"date": first.isoformat()}
    return {"interval": [first.isoformat(), last.isoformat() if last else ".."]}
