"""The values that flow through the pipeline: frozen, comparable, JSON-ready.

Offsets are Unicode code points into ``Article.text``, end exclusive, so that
``text[start:end] == quote`` for everything that cites the text.  Each value has a
``to_dict`` that gives its part of the published JSON (``mapper/schema``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["literal", "metonymic", "demonym", "organisation", "nominal"]
Precision = Literal[
    "facility", "neighbourhood", "city", "district", "province", "region", "country", "sea"
]
Modality = Literal[
    "occurred", "ongoing", "planned", "threatened", "hypothetical", "denied", "foiled"
]
ActorRole = Literal["perpetrator", "participant", "target", "victim", "authority"]
Relation = str
"""How an incident lies to its place: ``in``, ``at``, ``near``, ``north_of``, ..."""

Span = tuple[int, int]
"""Start and end in code points, end exclusive."""

GeoJSONGeometry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Article:
    """A text and what is known of it.

    ``published`` is an ISO date (``2019-12-16``) or None; ``domain`` the outlet's host.
    """

    id: str
    text: str
    published: str | None = None
    title: str | None = None
    url: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a mention may mean; ``score`` is its share of belief, 0..1."""

    id: str
    name: str
    lat: float
    lon: float
    score: float

    def to_dict(self) -> dict[str, Any]:
        """The contract's candidate object."""
        return {
            "id": self.id,
            "name": self.name,
            "lat": self.lat,
            "lon": self.lon,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, slots=True)
class Place:
    """A place on Earth, as precise as the text is.

    ``lat`` and ``lon`` are WGS 84 degrees; for an area, a point well inside it.
    ``uncertainty_m`` is the radius in metres of the circle that holds the place.
    ``geometry`` is a simplified GeoJSON area, or None for a point.
    """

    id: str
    name: str
    kind: str
    country: str | None
    admin1: str | None
    lat: float
    lon: float
    geonameid: int | None
    precision: Precision
    uncertainty_m: int
    geometry: GeoJSONGeometry | None
    source: str

    def to_dict(self) -> dict[str, Any]:
        """The contract's PLACE object."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "country": self.country,
            "admin1": self.admin1,
            "lat": self.lat,
            "lon": self.lon,
            "geonameid": self.geonameid,
            "precision": self.precision,
            "uncertainty_m": self.uncertainty_m,
            "geometry": self.geometry,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names or refers to a place (a toponym, or a nominal).

    ``confidence`` is the calibrated probability that ``place`` is right; ``place`` is
    None where nothing is known or the belief is below the threshold (``candidates``
    still show what was considered, best first). ``why`` explains the choice in words.
    """

    start: int
    end: int
    text: str
    role: Role
    place: Place | None = None
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """(start, end) in code points."""
        return (self.start, self.end)

    def to_dict(self) -> dict[str, Any]:
        """The contract's mention object, with ``why``."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "role": self.role,
            "place": self.place.to_dict() if self.place else None,
            "confidence": round(self.confidence, 4),
            "candidates": [c.to_dict() for c in self.candidates],
            "why": list(self.why),
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence or clause (at most 600 code points) that reports an incident."""

    start: int
    end: int
    quote: str
    trigger: Span

    def to_dict(self) -> dict[str, Any]:
        """The contract's evidence object."""
        return {
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "trigger": list(self.trigger),
        }


@dataclass(frozen=True, slots=True)
class IncidentPlace:
    """Where an incident happened: the mention it rests on and the place meant."""

    mention: Span
    relation: Relation
    inferred: bool
    place: Place

    @property
    def cited(self) -> bool:
        """Whether it rests on words of the text; what a person gave without any rests on none."""
        return self.mention[0] < self.mention[1]

    def to_dict(self) -> dict[str, Any]:
        """The contract's incident place: the link, and PLACE flattened beside it."""
        return {
            "mention": list(self.mention),
            "relation": self.relation,
            "inferred": self.inferred,
        } | self.place.to_dict()


@dataclass(frozen=True, slots=True)
class DateSpan:
    """When: ISO 8601 prefixes (``2016-12``), ``XXXX-10-28`` with no year; end None: goes on.

    ``span`` is where ``quote`` stands in the text.
    """

    start: str | None
    end: str | None
    quote: str
    span: Span

    def to_dict(self) -> dict[str, Any]:
        """The contract's date object, with the quote's offsets."""
        return {
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "span": list(self.span),
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of people as one source gives it; ``source`` is None where the text names none."""

    low: int | None
    high: int | None
    quote: str
    span: Span
    source: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """One member of the toll object's ``figures``."""
        return {
            "low": self.low,
            "high": self.high,
            "quote": self.quote,
            "span": list(self.span),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Toll:
    """A number of people as the text states it; None is an open bound.

    ``shared_with`` lists the ids of the other incidents that the same toll is given for.
    ``figures`` are the statements in conflict that the bounds span, that of ``quote`` first;
    none where the text gives one figure.
    """

    low: int | None
    best: int | None
    high: int | None
    quote: str
    span: Span
    shared_with: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The contract's toll object, with the quote's offsets."""
        return {
            "low": self.low,
            "best": self.best,
            "high": self.high,
            "quote": self.quote,
            "span": list(self.span),
            "shared_with": list(self.shared_with),
            "figures": [figure.to_dict() for figure in self.figures],
        }


@dataclass(frozen=True, slots=True)
class Actor:
    """Who took part; ``alleged`` when the text only attributes it (blamed, suspected)."""

    start: int
    end: int
    quote: str
    role: ActorRole
    alleged: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The contract's actor object, with ``alleged``."""
        return {
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "role": self.role,
            "alleged": self.alleged,
        }


@dataclass(frozen=True, slots=True)
class Incident:
    """One real-world happening that a reader would put on a map.

    ``why`` maps a field's name to the reason for its value, in words.  ``corrected`` names
    the fields that a person has changed, ``verified`` says that a person has checked it all.
    ``unsure`` are places held back from the map (``mapper/abstain.py``); an analysis has them
    among ``places``, so they are no part of the JSON.
    """

    id: str
    kind: str
    sub_kind: str | None
    modality: Modality
    background: bool
    count: int | None
    evidence: tuple[Evidence, ...]
    places: tuple[IncidentPlace, ...]
    date: DateSpan | None
    fatalities: Toll | None
    injured: Toll | None
    actors: tuple[Actor, ...]
    confidence: float
    why: Mapping[str, str] = field(default_factory=dict)
    corrected: tuple[str, ...] = ()
    verified: bool = False
    unsure: tuple[IncidentPlace, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The contract's INCIDENT object, with ``why``, ``corrected`` and ``verified``."""
        return {
            "id": self.id,
            "kind": self.kind,
            "sub_kind": self.sub_kind,
            "modality": self.modality,
            "background": self.background,
            "count": self.count,
            "evidence": [e.to_dict() for e in self.evidence],
            "places": [p.to_dict() for p in self.places],
            "date": self.date.to_dict() if self.date else None,
            "fatalities": self.fatalities.to_dict() if self.fatalities else None,
            "injured": self.injured.to_dict() if self.injured else None,
            "actors": [a.to_dict() for a in self.actors],
            "confidence": round(self.confidence, 4),
            "why": dict(self.why),
            "corrected": list(self.corrected),
            "verified": self.verified,
        }


@dataclass(frozen=True, slots=True)
class Provenance:
    """The versions that made an output: same text and provenance, same output."""

    tool: str
    config: str
    gazetteer: str
    text_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """The contract's provenance object."""
        return {
            "tool": self.tool,
            "config": self.config,
            "gazetteer": self.gazetteer,
            "text_sha256": self.text_sha256,
        }


@dataclass(frozen=True, slots=True)
class Rejection:
    """An incident that a person threw out, as it was; why (or empty), by whom, when (UTC)."""

    incident: Incident
    why: str
    user: str
    at: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was found in one article.

    ``rejected`` is what a person threw out of it: for reports, no part of the JSON.
    """

    article: Article
    language: str
    mentions: tuple[Mention, ...]
    incidents: tuple[Incident, ...]
    provenance: Provenance
    rejected: tuple[Rejection, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The contract's analysis object."""
        return {
            "id": self.article.id,
            "published": self.article.published,
            "language": self.language,
            "mentions": [m.to_dict() for m in self.mentions],
            "incidents": [i.to_dict() for i in self.incidents],
            "provenance": self.provenance.to_dict(),
        }
