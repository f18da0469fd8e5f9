"""Our kinds and precisions in the codes of ACLED, PLOVER and UCDP GED."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from mapper.export.words import kinds
from mapper.model import DateSpan, Incident, IncidentPlace

_TABLE = Path(__file__).with_name("crosswalk.yaml")
# From the sharpest to the vaguest; an incident is as precise as its vaguest place.
PRECISIONS = (
    "facility",
    "neighbourhood",
    "city",
    "district",
    "province",
    "region",
    "country",
    "sea",
)
_INSIDE = ("in", "at")


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return loaded


def codes(incident: Incident) -> dict[str, Any]:
    """The incident's codes, flat; None where the other scheme has none or the text no ground."""
    kind = kinds().get(incident.kind, {})
    own = (kind.get("sub_kinds") or {}).get(incident.sub_kind) or {}
    acled = own.get("acled", kind.get("acled")) or (None, None)
    plover = own.get("plover", kind.get("plover")) or None
    event, _, mode = (plover or "").partition("/")
    where, when = _where(incident.places), _when(incident.date)
    return {
        "acled_event_type": acled[0],
        "acled_sub_event_type": acled[1],
        "acled_geo_precision": where.get("acled"),
        "acled_time_precision": when.get("acled"),
        "plover_event": event or None,
        "plover_mode": mode or None,
        "ucdp_type_of_violence": _table()["violence"].get(kind.get("ucdp")),
        "ucdp_where_prec": where.get("ucdp"),
        "ucdp_date_prec": when.get("ucdp"),
    }


def vaguest(places: tuple[IncidentPlace, ...]) -> IncidentPlace | None:
    """The least precise of an incident's places, the first such; None without places."""
    if not places:
        return None
    return max(places, key=lambda place: PRECISIONS.index(place.place.precision))


def _where(places: tuple[IncidentPlace, ...]) -> Mapping[str, Any]:
    place = vaguest(places)
    if place is None:
        return {}
    precision: str = place.place.precision
    if place.relation not in _INSIDE and precision in ("facility", "neighbourhood", "city"):
        precision = "near"
    row: Mapping[str, Any] = _table()["precision"][precision]
    return row


def _when(date: DateSpan | None) -> Mapping[str, Any]:
    days = days_spanned(date)
    if days is None:
        return {}
    for row in _table()["date"]:
        if days <= row["up_to_days"]:
            found: Mapping[str, Any] = row
            return found
    return {}


def days_spanned(date: DateSpan | None) -> int | None:
    """How many days a date may lie in; None when open, without a year or unknown."""
    if date is None or date.start is None or date.end is None:
        return None
    first, last = first_day(date.start), last_day(date.end)
    return None if first is None or last is None else max((last - first).days + 1, 1)


def first_day(prefix: str) -> datetime.date | None:
    """The first day that an ISO prefix (``2016``, ``2016-12``, ``2016-12-18``) holds."""
    return _day(prefix, last=False)


def last_day(prefix: str) -> datetime.date | None:
    """The last day that an ISO prefix holds; None without a year."""
    return _day(prefix, last=True)


def _day(prefix: str, *, last: bool) -> datetime.date | None:
    try:
        parts = [int(part) for part in prefix[:10].split("-")]
        year, month, day = (*parts, *(None, None))[:3]
        month = month or (12 if last else 1)
        assert year is not None
        return datetime.date(
            year, month, day or (calendar.monthrange(year, month)[1] if last else 1)
        )
    except ValueError:
        return None
