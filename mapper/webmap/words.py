"""Plain words for what an incident holds: dates, tolls, places, certainty."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from shapely.geometry import shape

from geodata.fold import fold
from geodata.gazetteer import distance_km
from mapper.export.styles import styles
from mapper.export.words import DRAWN_BY, figure_in_words, kind_label, kinds, reasons
from mapper.model import (
    Actor,
    Analysis,
    DateSpan,
    GeoJSONGeometry,
    Incident,
    IncidentPlace,
    Place,
    Span,
    Toll,
)

BY_HAND = "set by a person"
"""What is said of a value that a person gave without words of the text."""


_WORDS = Path(__file__).with_name("words.yaml")


@lru_cache(maxsize=1)
def words() -> Mapping[str, Any]:
    """The labels and styles of ``words.yaml``."""
    loaded: Mapping[str, Any] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return loaded


def label_of(group: str, key: str | None) -> str:
    """The label of ``key`` in a group of ``words.yaml``; the key itself, readable, without one."""
    if not key:
        return ""
    found = words()[group].get(key)
    return str(found) if found else key.replace("_", " ")


@lru_cache(maxsize=1)
def kind_styles() -> dict[str, dict[str, str]]:
    """Shape, colour, ink and label of every kind, and of ``_other``, in the ontology's order.

    ``ink`` is the colour darkened to a contrast of at least 4.5 on white, for outlines.
    """
    drawn = styles()
    names = [*kinds(), *(kind for kind in drawn if kind not in kinds() and kind != "other")]
    found = {}
    for kind in [*names, "_other"]:
        style = drawn.get("other" if kind == "_other" else kind) or drawn["other"]
        label = "Other" if kind == "_other" else kind_label(kind)
        found[kind] = {
            "shape": style.shape,
            "colour": style.colour,
            "ink": _darkened(style.colour),
            "label": label,
        }
    return found


def _darkened(colour: str) -> str:
    """The colour, darker where its WCAG contrast on white is below 4.5."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    while True:
        linear = [
            v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4
            for v in (part / 255 for part in parts)
        ]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        if 1.05 / (light + 0.05) >= 4.5:
            return "#" + "".join(f"{part:02X}" for part in parts)
        parts = [int(part * 0.94) for part in parts]


def state_of(incident: Incident) -> str:
    """``happened``, ``notyet`` (whatever did not happen, or not yet) or ``background``."""
    if incident.modality not in ("occurred", "ongoing"):
        return "notyet"
    return "background" if incident.background else "happened"


def sub_kind_in_words(kind: str, sub_kind: str) -> str:
    """The label of a kind's finer kind; its name, readable, where the ontology has none."""
    found = (kinds().get(kind, {}).get("sub_kinds") or {}).get(sub_kind, {})
    return str(found.get("label") or sub_kind.replace("_", " "))


def day_in_words(iso: str) -> str:
    """``2019-12-16`` as ``16 December 2019``; ``XXXX-10-28`` says that the year is not stated."""
    year, _, rest = iso.partition("-")
    month, _, day = rest.partition("-")
    if not (month.isdigit() and 1 <= int(month) <= 12):
        return iso if year != "XXXX" else "year not stated"
    name = calendar.month_name[int(month)]
    shown = f"{int(day[:2])} {name}" if day[:2].isdigit() else name
    return f"{shown} (year not stated)" if year == "XXXX" else f"{shown} {year}"


_TOLD_BY_DAY = re.compile(
    r"\b((?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|tonight|tomorrow"
    r"|(?:this|last|next) (?:week|weekend|month|year|night))\b",
    re.IGNORECASE,
)


def undated_for(analysis: Analysis, incident: Incident) -> str | None:
    """The words (``Tuesday``) that would date it if the date of publication were known, or None."""
    if incident.date is not None or analysis.article.published:
        return None
    for item in incident.evidence:
        if found := _TOLD_BY_DAY.search(item.quote):
            return found[0]
    return None


def when_of(analysis: Analysis, incident: Incident) -> str:
    """When, as ``dated_in_words``; where only the date of publication is missing it says so."""
    said = undated_for(analysis, incident)
    if said:
        return f"“{said}”: needs the date of publication"
    return dated_in_words(incident.date)


def when_in_words(date: DateSpan | None) -> str:
    """When, for people; empty words are never shown: without a date it says so."""
    if date is None or (date.start is None and date.end is None):
        return "No date in the text"
    if date.start is None:
        return f"until {day_in_words(str(date.end))}"
    if date.end is None:
        return f"since {day_in_words(date.start)}, still going on"
    if date.end == date.start:
        return day_in_words(date.start)
    return f"{day_in_words(date.start)} to {day_in_words(date.end)}"


def dated_in_words(date: DateSpan | None) -> str:
    """When, as ``when_in_words``, and that a person set it where no words of the text say so."""
    by_hand = date is not None and not date.quote and (date.start or date.end)
    return when_in_words(date) + (f" ({BY_HAND})" if by_hand else "")


def range_in_words(low: int | None, high: int | None) -> str:
    """A number of people as the text bounds it: ``at least 460``, ``2 to 3``, ``up to 100``."""
    if low is None and high is None:
        return "a number not stated"
    if low is None:
        return f"up to {high:,}"
    if high is None:
        return f"at least {low:,}"
    if low == high:
        return f"{low:,}" if low else "none"
    return f"{low:,} to {high:,}"


def toll_in_words(label: str, toll: Toll | None) -> dict[str, str] | None:
    """A toll as label, text and note, or None."""
    if toll is None:
        return None
    note = figures_in_words(toll) or (f"“{toll.quote}”" if toll.quote else BY_HAND)
    if toll.shared_with:
        several = len(toll.shared_with)
        note += f" – one figure for this and {several} other incident{'s' if several > 1 else ''}"
    return {"label": label, "text": range_in_words(toll.low, toll.high), "note": note}


def figures_in_words(toll: Toll) -> str:
    """Figures in conflict, each with who gives it: ``“nine people” (police), “12” (a doctor)``."""
    return ", ".join(figure_in_words(figure.to_dict()) for figure in toll.figures)


def actors_in_words(actors: Sequence[Actor]) -> str:
    """Who took part, by role; what is only alleged is said to be."""
    by_role: dict[str, list[str]] = {}
    for actor in actors:
        shown = actor.quote + (" (alleged)" if actor.alleged else "")
        by_role.setdefault(actor.role, [])
        if shown not in by_role[actor.role]:
            by_role[actor.role].append(shown)
    return "; ".join(
        f"{label_of('actor', role)}: {', '.join(who)}" for role, who in by_role.items()
    )


def reasons_in_words(incident: Incident) -> list[str]:
    """Why the incident holds what it holds, each reason after the name of what it is for."""
    return [
        f"{label_of('changed', name).capitalize()}: {reason}"
        for name, reason in reasons(incident).items()
    ]


def sureness_in_words(incident: Incident, placed: Mapping[Span, float] | None = None) -> str:
    """How sure an incident is: by whom it was checked or added, else the program's estimate.

    ``placed`` is how sure the place of each mention is (``abstain.confidences``).  Where the
    place or the date is less sure than the incident, or surer, each is told apart: that something
    surely happened says nothing of where.
    """
    added = "added" in incident.corrected
    if incident.verified:
        return "Added and checked by a person" if added else "Checked by a person"
    if added:
        return "Added by a person"
    parts = {"what": incident.confidence, **_sureness_of_parts(incident, placed or {})}
    if len({_band(confidence) for confidence in parts.values()}) == 1:
        return sure_in_words(incident.confidence)
    said = "; ".join(_sure_of(name, confidence) for name, confidence in parts.items())
    return f"{said[:1].upper()}{said[1:]}"


def _sure_of(name: str, confidence: float) -> str:
    """``unsure of where (41%), please check``."""
    sure, _, advice = _band(confidence).lower().partition(": ")
    return f"{sure} of {name} ({confidence:.0%})" + (f", {advice}" if advice else "")


def _sureness_of_parts(incident: Incident, placed: Mapping[Span, float]) -> dict[str, float]:
    """How sure where and when are, where the program says so; not what a person set."""
    found: dict[str, float] = {}
    by_hand = set(incident.corrected)
    names = [placed[item.mention] for item in incident.places if item.mention in placed]
    if names and "places" not in by_hand:
        # That the words mean this place, and that it is the incident's: both must be right.
        found["where"] = min(names) * _share(incident.why.get("places"), 1.0)
    told = _share(incident.why.get("date"), -1.0)
    if incident.date is not None and "date" not in by_hand and told >= 0:
        found["when"] = told
    return found


_SHARE = re.compile(r"\((\d{1,3})%\)")


def _share(reason: str | None, otherwise: float) -> float:
    """The share that a reason ends on ("belongs to it (81%)"), after whatever it quotes.

    An analysis keeps these beliefs in its reasons alone.
    """
    shares = _SHARE.findall(reason.rpartition("”")[2]) if reason else []
    return int(shares[0]) / 100 if shares else otherwise


def _band(confidence: float) -> str:
    """A confidence of 0..1 in words alone."""
    return next((str(said) for least, said in words()["confidence"] if confidence >= least), "")


def sure_in_words(confidence: float) -> str:
    """A confidence of 0..1 in words, with its share."""
    return f"{_band(confidence)} ({confidence:.0%})"


def distance_in_words(metres: float) -> str:
    """Metres as people say them."""
    if metres >= 10_000:
        return f"{metres / 1000:,.0f} km"
    if metres >= 1000:
        return f"{metres / 1000:.1f} km".replace(".0 ", " ")
    return f"{metres:.0f} m"


@lru_cache(maxsize=1)
def _territories() -> Mapping[str, str]:
    from babel import Locale

    names: Mapping[str, str] = Locale("en").territories
    return names


def country_in_words(code: str | None) -> str | None:
    """The English name of an ISO 3166-1 code; the code itself where CLDR knows none."""
    return _territories().get(code, code) if code else None


def place_in_words(item: IncidentPlace) -> str:
    """The place as the popup heads it: ``near Tal Afar, Nineveh, IQ``."""
    place = item.place
    parts = [place.name]
    for part in (place.admin1, country_in_words(place.country)):
        if part and not part.isdigit() and part not in place.name and part not in parts:
            parts.append(part)
    relation = item.relation or "in"
    return (
        ("" if relation in ("in", "at") else label_of("relation", relation) + " ")
        + ", ".join(parts)
        + (" (follows from the context)" if item.inferred and item.cited else "")
    )


def spelling_in_words(item: IncidentPlace, text: str) -> str:
    """What the text calls the place, where that is not how the gazetteer spells it; or nothing.

    Of a place that rests on no words, that a person set it.
    """
    if not item.cited:
        if _drawn(item.place):
            return ""  # how precisely it is known says that a person drew it
        return f"{BY_HAND.capitalize()}. "
    said = " ".join(text[slice(*item.mention)].split())
    if not said or fold(said) in fold(item.place.name):
        return ""
    return f"“{said}” in the text. "


def precision_in_words(item: IncidentPlace) -> str:
    """How precisely the place is known; of an area that a person made, how large it is."""
    place = item.place
    if _drawn(place) and place.geometry is not None:
        return f"Area drawn by a person, {_size_in_words(place.geometry)}"
    known = f"Known to {known_in_words(place)}"
    if place.uncertainty_m:
        known += f", give or take {distance_in_words(place.uncertainty_m)}"
    return known


def known_in_words(place: Place) -> str:
    """What a place is known to: ``a town or city``, ``an area drawn by a person``."""
    return "an area drawn by a person" if _drawn(place) else label_of("precision", place.precision)


def _drawn(place: Place) -> bool:
    return place.kind == "area" and place.source == DRAWN_BY


def _size_in_words(geometry: GeoJSONGeometry) -> str:
    """How wide and how high an area is: ``35 by 28 km``."""
    west, south, east, north = shape(dict(geometry)).bounds
    middle = (south + north) / 2
    wide = distance_km((middle, west), (middle, east))
    high = distance_km((south, west), (north, west))
    digits = 0 if min(wide, high) >= 2 else 1
    first, second = f"{wide:,.{digits}f}", f"{high:,.{digits}f}"
    return f"{first} km across" if first == second else f"{first} by {second} km"
