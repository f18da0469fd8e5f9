"""A person's corrections: small values in a log, applied to what the machine found.

A correction is never an edit in place.  It says which incident (or mention) is meant, what
changes, from what to what, by whom, when and why; ``apply`` plays the log over an analysis,
of this model or of a later one, and marks what a person changed.  Undo and redo are entries
of the log too.  Who and when are always passed in: nothing here asks a clock.

Values in ``old`` and ``new`` are JSON as the contract has it.  A value that a person gives
without words of the text to cite has the empty quote and an empty span: text[s:s] == "".
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer import distance_km
from mapper import decode
from mapper.errors import InputError, short
from mapper.export.features import label
from mapper.export.words import CHANGED, DRAWN_BY, kind_label, kinds
from mapper.model import (
    ActorRole,
    Analysis,
    Evidence,
    Incident,
    Mention,
    Modality,
    Place,
    Precision,
    Rejection,
    Span,
    Toll,
)

Action = Literal[
    "set", "reject", "merge", "split", "add", "verify", "place_mention", "undo", "redo"
]

ATTRIBUTES = (
    "kind",
    "sub_kind",
    "modality",
    "background",
    "count",
    "date",
    "fatalities",
    "injured",
    "actors",
    "places",
)
"""What of an incident can be set."""

_DATE = re.compile(r"(\d{4}|XXXX)(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_EMPTY: Span = (0, 0)
_TOLLS = ("fatalities", "injured")


@dataclass(frozen=True, slots=True)
class Target:
    """The incident or mention that a correction is about, so that it is found again.

    ``id`` is the incident's (None for a mention).  Should a later model give it another, it is
    known by its ``triggers`` (spans, with their words in ``quotes``), its kind and the mentions
    of its places.  For a mention, ``triggers`` holds its own span.
    """

    id: str | None
    kind: str | None
    triggers: tuple[Span, ...]
    quotes: tuple[str, ...]
    places: tuple[Span, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON for the log."""
        return {
            "id": self.id,
            "kind": self.kind,
            "triggers": [list(item) for item in self.triggers],
            "quotes": list(self.quotes),
            "places": [list(item) for item in self.places],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Target:
        """Back from ``to_dict``."""
        return cls(
            data["id"],
            data["kind"],
            tuple(decode.span(item) for item in data["triggers"]),
            tuple(data["quotes"]),
            tuple(decode.span(item) for item in data["places"]),
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry of the log.

    ``number`` is its place in the log, given by the store (0 before).  ``at`` is an ISO 8601
    time in UTC.  For undo and redo ``new`` is the number of the entry meant.
    """

    article: str
    action: Action
    target: Target | None
    attribute: str | None
    old: Any
    new: Any
    why: str
    user: str
    at: str
    number: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON for showing and exporting the log."""
        return {
            "number": self.number,
            "article": self.article,
            "action": self.action,
            "target": self.target.to_dict() if self.target else None,
            "attribute": self.attribute,
            "old": self.old,
            "new": self.new,
            "why": self.why,
            "user": self.user,
            "at": self.at,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Correction:
        """Back from ``to_dict``."""
        target = Target.from_dict(data["target"]) if data["target"] else None
        return cls(**{**data, "target": target})


@dataclass(frozen=True, slots=True)
class Corrected:
    """An analysis after its corrections.

    ``rejected`` are the incidents a person threw out, as they were; ``unmatched`` the
    corrections whose incident a newer analysis no longer has: shown, never dropped in silence.
    """

    analysis: Analysis
    rejected: tuple[Incident, ...] = ()
    unmatched: tuple[Correction, ...] = ()


class Corrector:
    """Makes the corrections of one person at one time, checked against the analysis shown.

    >>> by = Corrector(analysis, user="Ada", at="2026-01-02T03:04:05Z")  # doctest: +SKIP
    >>> by.set("i-1", "modality", "denied", why="see the last paragraph")  # doctest: +SKIP

    Every method returns a Correction and changes nothing.  All raise InputError where the
    incident does not exist or the value does not fit.
    """

    def __init__(self, analysis: Analysis, *, user: str, at: str) -> None:
        self._analysis = analysis
        self._user = user
        self._at = at

    def set(self, incident_id: str, attribute: str, new: Any, *, why: str = "") -> Correction:
        """Give an attribute (one of ATTRIBUTES) a new value, JSON as the contract has it."""
        incident = self._incident(incident_id)
        if attribute not in ATTRIBUTES:
            raise InputError(f"{short(attribute)} cannot be set: choose of {', '.join(ATTRIBUTES)}")
        value = _checked(attribute, new, self._analysis.article.text, incident)
        old = incident.to_dict()[attribute]
        return self._made("set", _target(incident, self._text), attribute, old, value, why)

    def set_place(
        self,
        incident_id: str,
        place: Place,
        *,
        mention: Span | None = None,
        index: int | None = None,
        why: str = "",
    ) -> Correction:
        """Put an incident somewhere else: all of it, or its place number ``index``.

        ``mention`` is the span of the words that mean this place.  Without one it rests on no
        words, and is said to be set by a person: those of the old place meant another.  The same
        place again keeps its words.
        """
        incident = self._incident(incident_id)
        if index is not None and not 0 <= index < len(incident.places):
            raise InputError(f"incident {short(incident_id)} has no place number {index}")
        before = incident.places[index or 0] if incident.places else None
        same = before if before and before.place == place else None
        item = {
            "mention": list(mention or (same.mention if same else _EMPTY)),
            "relation": same.relation if same else "in",
            "inferred": same.inferred if same and not mention else False,
            **place.to_dict(),
        }
        if index is None:
            items = [item]
        else:
            items = [other.to_dict() for other in incident.places]
            items[index] = item
        return self.set(incident_id, "places", items, why=why)

    def place_mention(self, span: Span, place: Place | None, *, why: str = "") -> Correction:
        """Say what a mention means (None: no place); the incidents that rest on it follow."""
        mention = next((m for m in self._analysis.mentions if m.span == span), None)
        if mention is None:
            raise InputError(f"there is no mention at {short(span)}")
        target = Target(None, None, (mention.span,), (mention.text,))
        old = mention.place.to_dict() if mention.place else None
        new = place.to_dict() if place else None
        return self._made("place_mention", target, "place", old, new, why)

    def reject(self, incident_id: str, *, why: str = "") -> Correction:
        """Throw an incident out: it is none."""
        incident = self._incident(incident_id)
        return self._made(
            "reject", _target(incident, self._text), None, incident.to_dict(), None, why
        )

    def verify(self, incident_id: str, verified: bool = True, *, why: str = "") -> Correction:
        """Mark an incident as checked by a person (or no longer)."""
        incident = self._incident(incident_id)
        return self._made(
            "verify",
            _target(incident, self._text),
            "verified",
            incident.verified,
            bool(verified),
            why,
        )

    def merge(self, incident_id: str, others: Sequence[str], *, why: str = "") -> Correction:
        """Make one incident of several: the first stays and takes the others' evidence."""
        incident = self._incident(incident_id)
        rest = [self._incident(other) for other in others if other != incident_id]
        if not rest:
            raise InputError("choose at least two incidents to merge")
        new = [_target(other, self._text).to_dict() for other in rest]
        old = [other.id for other in rest]
        return self._made("merge", _target(incident, self._text), None, old, new, why)

    def split(
        self,
        incident_id: str,
        *,
        evidence: Sequence[int] = (),
        places: Sequence[int] = (),
        why: str = "",
    ) -> Correction:
        """Move some of an incident's evidence or places (by number) into one of its own.

        What only evidence is moved of keeps the places, and the other way round; something
        must stay behind.  Tolls, actors and date go with the half whose evidence has their words.
        """
        incident = self._incident(incident_id)
        quotes = [_pick(incident.evidence, i, "evidence", incident_id) for i in evidence]
        spots = [_pick(incident.places, i, "place", incident_id) for i in places]
        if not quotes and not spots:
            raise InputError("choose the evidence or the places to split off")
        if (quotes and len(set(evidence)) == len(incident.evidence)) or (
            spots and len(set(places)) == len(incident.places)
        ):
            raise InputError("leave at least one behind: all of it cannot be split off")
        new = {
            "evidence": [[e.start, e.end] for e in quotes],
            "places": [list(p.mention) for p in spots],
            "place_ids": [p.place.id for p in spots],
        }
        return self._made("split", _target(incident, self._text), None, incident.id, new, why)

    def add(
        self,
        evidence: Span,
        kind: str,
        *,
        trigger: Span | None = None,
        place: Place | None = None,
        mention: Span | None = None,
        why: str = "",
        **values: Any,
    ) -> Correction:
        """An incident that the machine missed, reported by the text at ``evidence``.

        ``values`` sets further ATTRIBUTES.
        """
        start, end = evidence
        trigger = trigger or evidence
        if not 0 <= start < end <= len(self._text):
            raise InputError(f"{short(evidence)} does not lie within the text")
        quote = Evidence(start, end, self._text[start:end], trigger)
        made = Incident(
            id="",
            kind=_checked_kind(kind),
            sub_kind=None,
            modality="occurred",
            background=False,
            count=None,
            evidence=(quote,),
            places=(),
            date=None,
            fatalities=None,
            injured=None,
            actors=(),
            confidence=1.0,
            corrected=("added",),
        )
        if place:
            span = mention or _EMPTY
            values["places"] = [
                {
                    "mention": list(span),
                    "relation": "in",
                    "inferred": False,
                    **place.to_dict(),
                }
            ]
        for attribute, value in values.items():
            if attribute not in ATTRIBUTES:
                raise InputError(f"{short(attribute)} cannot be set")
            checked = _checked(attribute, value, self._text, made)
            made = _with(made, attribute, checked)
        new = made.to_dict()
        digest = hashlib.sha256(json.dumps(new, sort_keys=True).encode()).hexdigest()[:10]
        new["id"] = f"added-{digest}"
        return self._made("add", None, None, None, new, why)

    @property
    def _text(self) -> str:
        return self._analysis.article.text

    def _incident(self, incident_id: str) -> Incident:
        for incident in self._analysis.incidents:
            if incident.id == incident_id:
                return incident
        raise InputError(f"there is no incident {short(incident_id)} in this article")

    def _made(
        self,
        action: Action,
        target: Target | None,
        attribute: str | None,
        old: Any,
        new: Any,
        why: str,
    ) -> Correction:
        return Correction(
            self._analysis.article.id,
            action,
            target,
            attribute,
            old,
            new,
            why.strip(),
            self._user,
            self._at,
        )


def undo(log: Sequence[Correction], *, user: str, at: str) -> Correction | None:
    """The entry that takes the last standing correction back; None if there is none."""
    standing = effective(log)
    if not standing:
        return None
    last = standing[-1]
    return Correction(last.article, "undo", None, None, None, last.number, "", user, at)


def redo(log: Sequence[Correction], *, user: str, at: str) -> Correction | None:
    """The entry that brings the last undone correction back; None after a new correction."""
    undone: list[Correction] = []
    by_number = {entry.number: entry for entry in log}
    for entry in log:
        if entry.action == "undo":
            undone.append(by_number[entry.new])
        elif entry.action == "redo":
            undone = [item for item in undone if item.number != entry.new]
        else:
            undone.clear()
    if not undone:
        return None
    last = undone[-1]
    return Correction(last.article, "redo", None, None, None, last.number, "", user, at)


def effective(log: Iterable[Correction]) -> tuple[Correction, ...]:
    """The corrections that stand, in order: those undone (and not redone) left out."""
    standing: dict[int, Correction] = {}
    every: dict[int, Correction] = {}
    for entry in log:
        if entry.action == "undo":
            standing.pop(entry.new, None)
        elif entry.action == "redo":
            if entry.new in every:
                standing[entry.new] = every[entry.new]
        else:
            every[entry.number] = standing[entry.number] = entry
    return tuple(standing[number] for number in sorted(standing))


def apply(analysis: Analysis, log: Iterable[Correction]) -> Corrected:
    """The analysis with the log's standing corrections, each in its turn.

    The log may have been made on an earlier analysis of the text: incidents are found again by
    their id, else by their trigger (see Target).
    """
    return advance(Corrected(analysis), effective(log))


def advance(state: Corrected, entries: Iterable[Correction]) -> Corrected:
    """The state after further corrections, none of them an undo or a redo.

    Incidents that no entry touches stay the same objects.
    """
    for entry in entries:
        changed = _APPLY[entry.action](state, entry)
        state = changed or replace(state, unmatched=(*state.unmatched, entry))
    return state


def describe(entry: Correction, log: Sequence[Correction] = ()) -> str:
    """One line on what an entry did, for showing the log.

    ``log`` is what it stands in: an undo or a redo says what it took back or made again.
    """
    what = about(entry, log)
    before, after = before_and_after(entry, log)
    return f"{what}: {before} → {after}" if before or after else what


def about(entry: Correction, log: Sequence[Correction] = ()) -> str:
    """What an entry changed, in a line without its values."""
    from mapper.webmap.words import label_of  # brings folium along

    what = f"“{entry.target.quotes[0]}”" if entry.target and entry.target.quotes else ""
    if entry.action in ("set", "place_mention"):
        return f"{label_of('changed', entry.attribute)} of {what}"
    if entry.action == "add":
        return f"added: {label(decode.incident(entry.new))}"
    if entry.action == "verify":
        return f"{'verified' if entry.new else 'no longer verified'}: {what}"
    if entry.action in ("undo", "redo"):
        meant = next((other for other in log if other.number == entry.new), None)
        done = "took back" if entry.action == "undo" else "made again"
        return f"{done} change {entry.new}" + (f" ({about(meant)})" if meant else "")
    if entry.action == "reject":
        old = entry.old if isinstance(entry.old, Mapping) else None
        return f"no incident: {label(decode.incident(old)) if old else what}"
    if entry.action == "merge":
        others = ", ".join(f"“{quote}”" for item in entry.new for quote in item["quotes"][:1])
        return f"made one of {what} and {others}"
    return f"{entry.action}: {what}"


def before_and_after(entry: Correction, log: Sequence[Correction] = ()) -> tuple[str, str]:
    """The old and the new value of an entry in words; empty where it changed no value.

    Of an undo they are those of the change it took back, the other way round.
    """
    if entry.action in ("undo", "redo"):
        meant = next((other for other in log if other.number == entry.new), None)
        old, new = before_and_after(meant) if meant else ("", "")
        return (new, old) if entry.action == "undo" else (old, new)
    if entry.action in ("set", "place_mention"):
        return _shown(entry.attribute, entry.old), _shown(entry.attribute, entry.new)
    if entry.action == "verify":
        return ("checked" if entry.old else "not checked"), (
            "checked" if entry.new else "not checked"
        )
    if entry.action == "reject":
        return "an incident", "no incident"
    return "", ""


def lying_in(
    gazetteer: Any, points: Sequence[tuple[float, float]]
) -> tuple[str | None, str | None]:
    """The country (ISO 3166-1) and first-order division that hold all these (lat, lon) points.

    A point in no known division is where the nearest town within 15 km is; where the points lie
    in several, or in none, None is given.
    """
    found = [_unit_at(gazetteer, lat, lon) for lat, lon in points]
    countries, units = {country for country, _ in found}, set(found)
    if len(countries) != 1:
        return None, None
    return countries.pop(), units.pop()[1] if len(units) == 1 else None


OF_ONE_COUNTRY, OF_ONE_UNIT = 0.75, 0.99
"""Shares of an area's land from which it lies in a country, or wholly in a division.

Nobody draws along a border exactly, and the gazetteer's own are simplified.
"""


def area_lying_in(gazetteer: Any, geometry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The country (ISO 3166-1) and first-order division that hold an area, GeoJSON in lon, lat.

    What of it lies at sea belongs to neither; an area that is all sea lies where its middle is
    (see ``lying_in``).

    Raises:
        InputError: it is no area.
    """
    area = _area(geometry)
    shares = gazetteer.admin1_shares(area)
    land = sum(share for _, share in shares)
    if land < 1e-3:
        inside = area.representative_point()
        return lying_in(gazetteer, [(inside.y, inside.x)])
    countries: dict[str, float] = {}
    for unit, share in shares:
        countries[unit.country] = countries.get(unit.country, 0.0) + share
    country, most = max(countries.items(), key=lambda item: item[1])
    if most < OF_ONE_COUNTRY * land:
        return None, None
    unit, share = shares[0]
    return country, unit.name if share >= OF_ONE_UNIT * land else None


def _unit_at(gazetteer: Any, lat: float, lon: float) -> tuple[str | None, str | None]:
    unit = gazetteer.admin1_at(lat, lon)
    if unit is not None:
        return unit.country, unit.name
    near = gazetteer.around(lat, lon, 15, limit=200)
    if not near:
        return None, None
    town = min(near, key=lambda entry: distance_km((lat, lon), (entry.lat, entry.lon)))
    return town.country, town.admin1_name


def place_at(
    lat: float,
    lon: float,
    *,
    name: str,
    uncertainty_m: int = 100,
    country: str | None = None,
    admin1: str | None = None,
) -> Place:
    """A place that a person pointed at or typed: WGS 84 degrees.

    ``country`` and ``admin1`` are what holds it (``lying_in``), where that is known.

    Raises:
        InputError: the coordinates are not on Earth.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise InputError(f"{lat}, {lon} is not on Earth: latitude -90..90, longitude -180..180")
    lat, lon = round(lat, 6), round(lon, 6)
    return Place(
        f"point:{lat},{lon}",
        name.strip() or f"{lat}, {lon}",
        "point",
        country,
        admin1,
        lat,
        lon,
        None,
        "facility" if uncertainty_m <= 1000 else "city" if uncertainty_m <= 25_000 else "region",
        uncertainty_m,
        None,
        DRAWN_BY,
    )


def place_area(
    geometry: Mapping[str, Any],
    *,
    name: str,
    country: str | None = None,
    admin1: str | None = None,
    source: str = DRAWN_BY,
) -> Place:
    """A place that a person drew: a GeoJSON Polygon or MultiPolygon in lon, lat degrees.

    ``country`` and ``admin1`` are what holds it (``lying_in``), where that is known; ``source``
    is another where the area is joined from areas of the gazetteer.

    Raises:
        InputError: it is no area.
    """
    area = _area(geometry)
    inside = area.representative_point()
    lat, lon = round(inside.y, 6), round(inside.x, 6)
    corners = shapely.get_coordinates(area)
    radius = math.ceil(1000 * max(distance_km((lat, lon), (y, x)) for x, y in corners))
    digest = hashlib.sha256(area.normalize().wkb).hexdigest()[:10]
    return Place(
        f"area:{digest}",
        name.strip() or "area drawn by hand",
        "area",
        country,
        admin1,
        lat,
        lon,
        None,
        "region",
        radius,
        json.loads(json.dumps(mapping(area))),
        source,
    )


def _area(geometry: Mapping[str, Any]) -> BaseGeometry:
    """The GeoJSON Polygon or MultiPolygon as a shape, or an InputError."""
    try:
        area = shape(dict(geometry))
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError):
        raise InputError("the shape is no GeoJSON geometry: draw it again") from None
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty or not area.is_valid:
        raise InputError("the shape is no simple area: draw it without crossing lines")
    west, south, east, north = area.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise InputError("the shape is not on Earth: latitude -90..90, longitude -180..180")
    return area


# ---------------------------------------------------------------------------- applying


def _apply_set(state: Corrected, entry: Correction) -> Corrected | None:
    attribute = entry.attribute
    assert attribute is not None
    found = _found(state.analysis, entry.target)
    if found is None:
        return None
    changed = _with(found, attribute, entry.new)
    toll = getattr(changed, attribute) if attribute in _TOLLS else None
    sharing = toll.shared_with if toll else ()
    incidents = []
    for incident in state.analysis.incidents:
        if incident is found:
            incident = changed
        elif attribute in _TOLLS and incident.id not in sharing:
            # A figure of its own is no longer the one that others share.
            incident = _shared(incident, {found.id: None}, (attribute,))
        incidents.append(incident)
    return _with_incidents(state, tuple(incidents))


def _apply_verify(state: Corrected, entry: Correction) -> Corrected | None:
    return _changed(state, entry, lambda incident: replace(incident, verified=bool(entry.new)))


def _changed(
    state: Corrected, entry: Correction, change: Callable[[Incident], Incident]
) -> Corrected | None:
    found = _found(state.analysis, entry.target)
    if found is None:
        return None
    incidents = tuple(change(i) if i is found else i for i in state.analysis.incidents)
    return _with_incidents(state, incidents)


def _apply_reject(state: Corrected, entry: Correction) -> Corrected | None:
    found = _found(state.analysis, entry.target)
    if found is None:
        return None
    incidents = tuple(
        _shared(i, {found.id: None}) for i in state.analysis.incidents if i is not found
    )
    gone = Rejection(found, entry.why, entry.user, entry.at)
    analysis = replace(
        state.analysis, incidents=incidents, rejected=(*state.analysis.rejected, gone)
    )
    return replace(state, analysis=analysis, rejected=(*state.rejected, found))


def _apply_merge(state: Corrected, entry: Correction) -> Corrected | None:
    kept = _found(state.analysis, entry.target)
    others = [_found(state.analysis, Target.from_dict(item)) for item in entry.new]
    rest = [other for other in others if other is not None and other is not kept]
    if kept is None or not rest:
        return None
    merged = kept
    for other in rest:
        merged = replace(
            merged,
            evidence=tuple(dict.fromkeys((*merged.evidence, *other.evidence))),
            places=_distinct_places(merged, other),
            date=merged.date or other.date,
            fatalities=merged.fatalities or other.fatalities,
            injured=merged.injured or other.injured,
            actors=tuple(dict.fromkeys((*merged.actors, *other.actors))),
        )
    merged = _marked(merged, "merged")
    names = {other.id: kept.id for other in rest}
    incidents = tuple(
        _shared(merged if i is kept else i, names)
        for i in state.analysis.incidents
        if not any(i is other for other in rest)
    )
    return _with_incidents(state, incidents)


def _apply_split(state: Corrected, entry: Correction) -> Corrected | None:
    found = _found(state.analysis, entry.target)
    if found is None:
        return None
    spans = {tuple(item) for item in entry.new["evidence"]}
    spots = {tuple(item) for item in entry.new["places"]}
    ids = entry.new.get("place_ids")  # places without words are told apart by what they are
    quotes = tuple(e for e in found.evidence if (e.start, e.end) in spans)
    places = tuple(
        p for p in found.places if p.mention in spots and (ids is None or p.place.id in ids)
    )
    if (spans and not quotes) or (spots and not places):
        return None
    left = replace(
        found,
        evidence=tuple(e for e in found.evidence if e not in quotes) or found.evidence,
        places=tuple(p for p in found.places if p not in places),
    )
    digest = hashlib.sha256(f"{found.id} {sorted(spans)} {sorted(spots)}".encode()).hexdigest()[:10]
    new = replace(
        found,
        id=_fresh(f"split-{digest}", state),
        evidence=quotes or found.evidence,
        places=places if spots else found.places,
    )
    left, new = _parted(found, left, new)
    moved = [
        name for name in _TOLLS if getattr(found, name) is not None and getattr(left, name) is None
    ]
    incidents: list[Incident] = []
    for incident in state.analysis.incidents:
        if incident is found:
            incidents += [_marked(left, "split"), _marked(new, "split")]
        else:
            incidents.append(_shared(incident, {found.id: new.id}, moved))
    return _with_incidents(state, tuple(incidents))


def _parted(found: Incident, left: Incident, new: Incident) -> tuple[Incident, Incident]:
    """The two halves of a split incident, each with what its own evidence says.

    A toll is of one half alone, so that no one is counted twice: of the new one where only its
    evidence holds the words, else of the one that stays.  So is an actor.  A date goes with its
    words too, but where they stand in neither half, or in both, it is the date of both.
    """

    def goes(span: Span) -> tuple[bool, bool]:
        """Whether the evidence of what stays and of what is new holds the words."""
        stays, leaves = (
            any(e.start <= span[0] < span[1] <= e.end for e in half.evidence)
            for half in (left, new)
        )
        return stays, leaves

    alone = (False, True)
    for name in _TOLLS:
        toll = getattr(found, name)
        if toll is not None:
            taken = goes(toll.span) == alone
            left = _without(left, name) if taken else left
            new = new if taken else _without(new, name)
    if found.date is not None:
        held = goes(found.date.span)
        left = _without(left, "date") if held == alone else left
        new = _without(new, "date") if held == (True, False) else new
    theirs = tuple(a for a in found.actors if goes((a.start, a.end)) == alone)
    ours = tuple(a for a in found.actors if a not in theirs)
    return replace(left, actors=ours), replace(new, actors=theirs)


def _without(incident: Incident, attribute: str) -> Incident:
    """The incident without a value that went elsewhere, nor a trace of how it was set."""
    nothing: dict[str, Any] = {attribute: None}
    bare: Incident = replace(incident, **nothing)
    return replace(
        bare,
        corrected=tuple(name for name in bare.corrected if name != attribute),
        why={name: reason for name, reason in bare.why.items() if name != attribute},
    )


def _apply_add(state: Corrected, entry: Correction) -> Corrected | None:
    incident = decode.incident(entry.new)
    text = state.analysis.article.text
    quotes = tuple(_relocated(e, text) for e in incident.evidence)
    if any(quote is None for quote in quotes):
        return None
    incident = replace(
        incident,
        id=_fresh(incident.id, state),
        evidence=tuple(quote for quote in quotes if quote),
    )
    return _with_incidents(state, (*state.analysis.incidents, incident))


def _apply_place_mention(state: Corrected, entry: Correction) -> Corrected | None:
    assert entry.target is not None
    span = _where(entry.target, state.analysis.article.text)
    if span is None:
        return None
    place = decode.place(entry.new) if entry.new else None
    found = [m for m in state.analysis.mentions if m.span == span]
    if not found:
        return None
    mentions = tuple(_placed(m, place) if m.span == span else m for m in state.analysis.mentions)
    incidents = []
    for incident in state.analysis.incidents:
        if any(item.mention == span for item in incident.places):
            items = [
                replace(item, place=place) if place else None
                for item in incident.places
                if item.mention == span
            ]
            kept = [(items.pop(0) if item.mention == span else item) for item in incident.places]
            incident = _marked(
                replace(incident, places=tuple(item for item in kept if item)), "places"
            )
        incidents.append(incident)
    state = replace(state, analysis=replace(state.analysis, mentions=mentions))
    return _with_incidents(state, tuple(incidents))


_APPLY: Mapping[Action, Callable[[Corrected, Correction], Corrected | None]] = {
    "set": _apply_set,
    "verify": _apply_verify,
    "reject": _apply_reject,
    "merge": _apply_merge,
    "split": _apply_split,
    "add": _apply_add,
    "place_mention": _apply_place_mention,
}


def _fresh(identity: str, state: Corrected) -> str:
    """The id, or with ``-2``, ``-3``, ... where an incident has it (the same added twice)."""
    taken = {i.id for i in (*state.analysis.incidents, *state.rejected)}
    ids = (identity if n == 1 else f"{identity}-{n}" for n in itertools.count(1))
    return next(candidate for candidate in ids if candidate not in taken)


def _placed(mention: Mention, place: Place | None) -> Mention:
    return replace(
        mention, place=place, confidence=1.0 if place else 0.0, why=("chosen by a person",)
    )


def _with_incidents(state: Corrected, incidents: tuple[Incident, ...]) -> Corrected:
    return replace(state, analysis=replace(state.analysis, incidents=incidents))


def _with(incident: Incident, attribute: str, value: Any) -> Incident:
    """The incident with a JSON value put in, marked as a person's."""
    made: Any = value
    if attribute == "date":
        made = decode.date(value)
    elif attribute in ("fatalities", "injured"):
        made = decode.toll(value)
    elif attribute == "actors":
        made = tuple(decode.actor(item) for item in value)
    elif attribute == "places":
        made = tuple(decode.incident_place(item) for item in value)
    changed: Incident = replace(incident, **{attribute: made})
    if attribute == "kind" and value != incident.kind:
        changed = replace(changed, sub_kind=None)  # it was the old kind's
    return _marked(changed, attribute)


def _marked(incident: Incident, attribute: str) -> Incident:
    why = {key: reason for key, reason in incident.why.items() if key != attribute}
    return replace(
        incident,
        corrected=tuple(dict.fromkeys((*incident.corrected, attribute))),
        why=why | {attribute: CHANGED},
    )


def _shared(
    incident: Incident, names: Mapping[str, str | None], of: Sequence[str] = _TOLLS
) -> Incident:
    """The incident with ids in ``shared_with`` of these tolls renamed (None: left out)."""

    def renamed(toll: Toll | None) -> Toll | None:
        if toll is None or names.keys().isdisjoint(toll.shared_with):
            return toll
        ids = dict.fromkeys(names.get(other, other) for other in toll.shared_with)
        return replace(
            toll, shared_with=tuple(i for i in ids if i is not None and i != incident.id)
        )

    made: dict[str, Any] = {name: renamed(getattr(incident, name)) for name in of}
    if all(toll is getattr(incident, name) for name, toll in made.items()):
        return incident
    changed: Incident = replace(incident, **made)
    return changed


def _distinct_places(first: Incident, second: Incident) -> tuple[Any, ...]:
    known = {item.place.id for item in first.places}
    return (*first.places, *(item for item in second.places if item.place.id not in known))


# ------------------------------------------------------------------------- finding again


def _target(incident: Incident, text: str) -> Target:
    triggers = tuple(e.trigger for e in incident.evidence)
    return Target(
        incident.id,
        incident.kind,
        triggers,
        tuple(text[start:end] for start, end in triggers),
        tuple(item.mention for item in incident.places),
    )


def _found(analysis: Analysis, target: Target | None) -> Incident | None:
    """The incident meant: by its id, else the one that shares most of its triggers.

    Of several with one trigger (a protest in two towns) kind and places decide.
    """
    if target is None:
        return None
    for incident in analysis.incidents:
        if incident.id == target.id:
            return incident
    wanted = {
        position
        for span, quote in zip(target.triggers, target.quotes, strict=True)
        for position in range(*(_located(span, quote, analysis.article.text) or _EMPTY))
    }
    best: tuple[tuple[bool, int, int], Incident] | None = None
    for incident in analysis.incidents:
        held = {p for e in incident.evidence for p in range(*e.trigger)}
        overlap = len(wanted & held)
        if not overlap:
            continue
        spots = len({item.mention for item in incident.places} & set(target.places))
        rank = (incident.kind == target.kind, spots, overlap)
        if best is None or rank > best[0]:
            best = (rank, incident)
    return best[1] if best else None


def _where(target: Target, text: str) -> Span | None:
    return _located(target.triggers[0], target.quotes[0], text) if target.triggers else None


def _located(span: Span, quote: str, text: str) -> Span | None:
    """Where the quote stands now: at its span, else nearest to it; None if nowhere."""
    if text[span[0] : span[1]] == quote:
        return span
    starts = [match.start() for match in re.finditer(re.escape(quote), text)] if quote else []
    if not starts:
        return None
    start = min(starts, key=lambda at: abs(at - span[0]))
    return (start, start + len(quote))


def _relocated(evidence: Evidence, text: str) -> Evidence | None:
    span = _located((evidence.start, evidence.end), evidence.quote, text)
    if span is None:
        return None
    shift = span[0] - evidence.start
    trigger = (evidence.trigger[0] + shift, evidence.trigger[1] + shift)
    return replace(evidence, start=span[0], end=span[1], trigger=trigger)


# ----------------------------------------------------------------------------- checking


def _checked(attribute: str, value: Any, text: str, incident: Incident) -> Any:
    """The value in full JSON, or an InputError that names what does not fit."""
    if attribute == "kind":
        return _checked_kind(value)
    if attribute == "sub_kind":
        return _checked_sub_kind(value)
    if attribute == "modality":
        if value not in get_args(Modality):
            raise InputError(
                f"{short(value)} is no modality: choose of {', '.join(get_args(Modality))}"
            )
        return value
    if attribute == "background":
        return bool(value)
    if attribute == "count":
        return None if value is None else _whole(value, "count", least=1)
    if attribute == "date":
        return _checked_date(value, text)
    if attribute in ("fatalities", "injured"):
        return _checked_toll(attribute, value, text)
    if attribute == "actors":
        return [_checked_actor(item, text) for item in value]
    return [_checked_place(item, text) for item in value]


def _checked_kind(value: Any) -> str:
    if value not in kinds():
        raise InputError(f"{short(value)} is no kind: choose of {', '.join(kinds())}")
    return str(value)


def _checked_sub_kind(value: Any) -> str | None:
    if not value:
        return None
    known = [name for kind in kinds().values() for name in kind.get("sub_kinds") or ()]
    if value not in known:
        raise InputError(f"{short(value)} is no finer kind: choose of {', '.join(known)}")
    return str(value)


def _checked_date(value: Any, text: str) -> Any:
    if value is None:
        return None
    start, end = value.get("start") or None, value.get("end") or None
    for part in (start, end):
        if part is not None and not _DATE.fullmatch(str(part)):
            raise InputError(f"{short(part)} is no date: write YYYY, YYYY-MM or YYYY-MM-DD")
    if start is None and end is None:
        return None
    if start and end and start[: len(end)] > end[: len(start)]:
        raise InputError(f"the date ends ({end}) before it begins ({start})")
    return {"start": start, "end": end, **_cited(value, text)}


def _checked_toll(name: str, value: Any, text: str) -> Any:
    if value is None:
        return None
    low, best, high = (
        None if value.get(key) is None else _whole(value[key], f"{name} {key}")
        for key in ("low", "best", "high")
    )
    known = [bound for bound in (low, best, high) if bound is not None]
    if not known:
        return None
    if known != sorted(known):
        if low is not None and high is not None and low > high:
            raise InputError(f"{name}: at least {low} is more than at most {high}")
        raise InputError(f"{name}: the best figure {best} lies outside {low or 0} to {high}")
    shared = [str(item) for item in value.get("shared_with", ())]
    return {"low": low, "best": best, "high": high, **_cited(value, text), "shared_with": shared}


def _checked_actor(value: Mapping[str, Any], text: str) -> dict[str, Any]:
    role = value.get("role")
    if role not in get_args(ActorRole):
        raise InputError(f"{short(role)} is no role: choose of {', '.join(get_args(ActorRole))}")
    quote = str(value.get("quote") or "").strip()
    start = int(value.get("start") or 0)
    span = _located((start, start + len(quote)), quote, text) if quote else None
    if span is None:
        raise InputError(f"the text does not say {short(quote)}: name an actor in its words")
    return {
        "start": span[0],
        "end": span[1],
        "quote": quote,
        "role": role,
        "alleged": bool(value.get("alleged")),
    }


def _checked_place(value: Mapping[str, Any], text: str) -> dict[str, Any]:
    if value.get("precision") not in get_args(Precision):
        raise InputError(f"{short(value.get('precision'))} is no precision")
    if not (-90 <= value["lat"] <= 90 and -180 <= value["lon"] <= 180):
        raise InputError(f"{value['lat']}, {value['lon']} is not on Earth")
    start, end = value["mention"]
    if not 0 <= start <= end <= len(text):
        raise InputError(f"mention {short(value['mention'])} does not lie within the text")
    return decode.incident_place(value).to_dict()


def _cited(value: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The words of the text that a value rests on; the empty quote where there are none."""
    start, end = value.get("span") or _EMPTY
    if not 0 <= start <= end <= len(text):
        raise InputError(f"{short([start, end])} does not lie within the text")
    return {"quote": text[start:end], "span": [start, end]}


def _whole(value: Any, name: str, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{name} must be a whole number from {least}, not {short(value)}")
    return value


def _pick(items: Sequence[Any], index: int, what: str, identity: str) -> Any:
    if not 0 <= index < len(items):
        raise InputError(f"incident {short(identity)} has no {what} number {index}")
    return items[index]


def _shown(attribute: str | None, value: Any) -> str:
    """A JSON value for people, in one line."""
    # Here, for it brings folium along.
    from mapper.webmap.words import label_of, range_in_words, sub_kind_in_words, when_in_words

    if value is None or value == []:
        return "none"
    if attribute == "kind":
        return kind_label(str(value))
    if attribute == "sub_kind":
        of = next(
            (kind for kind, has in kinds().items() if value in (has.get("sub_kinds") or ())), ""
        )
        return sub_kind_in_words(of, str(value))
    if attribute == "modality":
        return label_of("modality", str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_shown(attribute, item) for item in value)
    if not isinstance(value, Mapping):
        return str(value)
    if attribute in _TOLLS:
        number = range_in_words(value["low"], value["high"])
        others = len(value.get("shared_with") or ())
        return _with_words(number + (f", shared with {others}" if others else ""), value)
    if attribute == "date":
        return _with_words(when_in_words(decode.date(value)), value)
    if "role" in value:
        alleged = ", alleged" if value.get("alleged") else ""
        return f"{value['quote']} ({label_of('actor', value['role']).lower()}{alleged})"
    if "name" in value:
        return f"{value['name']} ({value['lat']:.4f}, {value['lon']:.4f})"
    return str(value)


def _with_words(shown: str, value: Mapping[str, Any]) -> str:
    from mapper.webmap.words import BY_HAND  # brings folium along

    quote = " ".join(str(value.get("quote") or "").split())
    return f"{shown} “{quote}”" if quote else f"{shown} ({BY_HAND})"
