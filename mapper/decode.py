"""The pipeline's values from their published JSON: the way back from each ``to_dict``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapper.model import (
    Actor,
    Analysis,
    Article,
    Candidate,
    DateSpan,
    Evidence,
    Figure,
    Incident,
    IncidentPlace,
    Mention,
    Place,
    Provenance,
    Span,
    Toll,
)

Json = Mapping[str, Any]


def span(value: Any) -> Span:
    """(start, end) of a JSON pair."""
    start, end = value
    return (int(start), int(end))


def place(data: Json) -> Place:
    """A PLACE object; other keys beside it are passed over."""
    return Place(
        id=data["id"],
        name=data["name"],
        kind=data["kind"],
        country=data["country"],
        admin1=data["admin1"],
        lat=float(data["lat"]),
        lon=float(data["lon"]),
        geonameid=data["geonameid"],
        precision=data["precision"],
        uncertainty_m=int(data["uncertainty_m"]),
        geometry=data["geometry"],
        source=data["source"],
    )


def incident_place(data: Json) -> IncidentPlace:
    """An incident's place: the link, and PLACE flat beside it."""
    return IncidentPlace(
        span(data["mention"]), data["relation"], bool(data["inferred"]), place(data)
    )


def date(data: Json | None) -> DateSpan | None:
    """An incident's date, or None."""
    if data is None:
        return None
    return DateSpan(data["start"], data["end"], data["quote"], span(data["span"]))


def toll(data: Json | None) -> Toll | None:
    """A toll, or None."""
    if data is None:
        return None
    return Toll(
        low=data["low"],
        best=data["best"],
        high=data["high"],
        quote=data["quote"],
        span=span(data["span"]),
        shared_with=tuple(data["shared_with"]),
        figures=tuple(
            Figure(f["low"], f["high"], f["quote"], span(f["span"]), f["source"])
            for f in data.get("figures", ())  # analyses of earlier versions have none
        ),
    )


def actor(data: Json) -> Actor:
    """An actor."""
    return Actor(data["start"], data["end"], data["quote"], data["role"], bool(data["alleged"]))


def evidence(data: Json) -> Evidence:
    """A quote that reports an incident."""
    return Evidence(data["start"], data["end"], data["quote"], span(data["trigger"]))


def incident(data: Json) -> Incident:
    """An INCIDENT object."""
    return Incident(
        id=data["id"],
        kind=data["kind"],
        sub_kind=data["sub_kind"],
        modality=data["modality"],
        background=bool(data["background"]),
        count=data["count"],
        evidence=tuple(evidence(item) for item in data["evidence"]),
        places=tuple(incident_place(item) for item in data["places"]),
        date=date(data["date"]),
        fatalities=toll(data["fatalities"]),
        injured=toll(data["injured"]),
        actors=tuple(actor(item) for item in data["actors"]),
        confidence=float(data["confidence"]),
        why=dict(data.get("why", {})),
        corrected=tuple(data.get("corrected", ())),
        verified=bool(data.get("verified", False)),
    )


def mention(data: Json) -> Mention:
    """A mention."""
    return Mention(
        start=data["start"],
        end=data["end"],
        text=data["text"],
        role=data["role"],
        place=place(data["place"]) if data["place"] else None,
        confidence=float(data["confidence"]),
        candidates=tuple(
            Candidate(c["id"], c["name"], float(c["lat"]), float(c["lon"]), float(c["score"]))
            for c in data["candidates"]
        ),
        why=tuple(data.get("why", ())),
    )


def analysis(data: Json, article: Article) -> Analysis:
    """An analysis object, with the article that it is of."""
    made = data["provenance"]
    return Analysis(
        article=article,
        language=data["language"],
        mentions=tuple(mention(item) for item in data["mentions"]),
        incidents=tuple(incident(item) for item in data["incidents"]),
        provenance=Provenance(made["tool"], made["config"], made["gazetteer"], made["text_sha256"]),
    )
