"""Incidents as rows: what the map, the table, the filters and the totals all read.

One row is one incident, flat and in words, with the incident itself beside it.  The map gets
the rows as data (base64 of JSON), so that no text ever becomes markup or code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapper.export.features import identified
from mapper.model import Analysis, Incident, IncidentPlace, Mention
from mapper.webmap.words import (
    actors_in_words,
    kind_styles,
    label_of,
    place_in_words,
    precision_in_words,
    reasons_in_words,
    spelling_in_words,
    state_of,
    sub_kind_in_words,
    sure_in_words,
    sureness_in_words,
    toll_in_words,
    when_of,
)

QUOTE_LIMIT = 600
"""Longest quote in a popup, in code points."""

_ZOOM = {
    "facility": 11, "neighbourhood": 11, "city": 9, "district": 8, "province": 7, "region": 6,
    "country": 5, "sea": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """An incident with the article it is from; ``id`` is unique among the rows shown together."""

    id: str
    incident: Incident
    analysis: Analysis

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return str(kind_styles().get(self.incident.kind, {}).get("label", self.incident.kind))

    @property
    def state(self) -> str:
        """``happened``, ``notyet`` or ``background``."""
        return state_of(self.incident)

    @property
    def title(self) -> str:
        """Kind, number and place, short."""
        count = self.incident.count
        many = f"{count} × " if count and count > 1 else ""
        names = ", ".join(dict.fromkeys(item.place.name for item in self.incident.places))
        if names:
            return f"{many}{self.kind_label}: {names}"
        return f"{many}{self.kind_label}: {self.guess or 'place unknown'}"

    @property
    def guess(self) -> str:
        """What is held back from the map as unsure, in words; or nothing."""
        names = ", ".join(dict.fromkeys(item.place.name for item in self.incident.unsure))
        return f"place unsure ({names}?)" if names else ""

    @property
    def quote(self) -> str:
        """The best evidence, or nothing."""
        return self.incident.evidence[0].quote if self.incident.evidence else ""

    @property
    def article_title(self) -> str:
        """The article's title or the beginning of its text."""
        return title_of(self.analysis)


def title_of(analysis: Analysis) -> str:
    """An article's title, or its first line, cut to 80 characters."""
    article = analysis.article
    lines = (article.title or article.text).strip().splitlines()
    first = lines[0].strip() if lines else article.id
    return first if len(first) <= 80 else first[:79].rstrip() + "…"


def rows_of(analyses: Iterable[Analysis], least: float | None = None) -> list[Row]:
    """A row an incident, in the order of the analyses.

    Places below the confidence ``least`` (None: the default threshold) are held back.
    """
    return [
        Row(identity, incident, analysis)
        for analysis, incident, identity in identified(tuple(analyses), least)
    ]


def payload(
    rows: Sequence[Row], labels: Sequence[tuple[str, float, float, int, int]] = ()
) -> dict[str, Any]:
    """What the browser needs to draw the rows.

    ``labels`` are (name, lon, lat, zoom to name it from, rank) of places around the incidents.
    Areas that several incidents share are sent once, under a key made of their geometry.
    """
    geometries: dict[str, Any] = {}
    keys: dict[int, str] = {}
    mentions: dict[int, Mapping[tuple[int, int], Mention]] = {}
    drawn = []
    for row in rows:
        which = id(row.analysis)
        if which not in mentions:
            mentions[which] = {m.span: m for m in row.analysis.mentions}
        drawn.append(_row(row, mentions[which], geometries, keys))
    return {
        "styles": kind_styles(),
        "geometries": geometries,
        "labels": [
            [name, round(lon, 4), round(lat, 4), zoom, rank]
            for name, lon, lat, zoom, rank in labels
        ],
        "rows": drawn,
    }


class Lines:
    """The rows as the app's map takes them: lines of JSON, each written once.

    The first line is ``payload`` without its rows; each further line is a row without what is
    empty.  A line is used again for as long as its row says the same, so that a correction costs
    one line here, and in the browser, which knows the other lines by their text.
    """

    def __init__(self) -> None:
        self._written: dict[str, tuple[Row, str, dict[str, Any]]] = {}

    def encode(
        self, rows: Sequence[Row], labels: Sequence[tuple[str, float, float, int, int]] = ()
    ) -> bytes:
        """UTF-8; a lone surrogate becomes a question mark."""
        written: dict[str, tuple[Row, str, dict[str, Any]]] = {}
        mentions: dict[int, Mapping[tuple[int, int], Mention]] = {}
        keys: dict[int, str] = {}
        geometries: dict[str, Any] = {}
        for row in rows:
            known = self._written.get(row.id)
            if known is None or not _same(known[0], row):
                which = id(row.analysis)
                if which not in mentions:
                    mentions[which] = {m.span: m for m in row.analysis.mentions}
                areas: dict[str, Any] = {}
                drawn = _row(row, mentions[which], areas, keys)
                areas = {
                    place["geometry"]: areas.get(
                        place["geometry"], geometries.get(place["geometry"])
                    )
                    for place in drawn["places"]
                    if place["geometry"]
                }
                known = (row, _compact(drawn), areas)
            geometries.update(known[2])
            written[row.id] = (row, *known[1:])
        self._written = written
        head = _json(payload((), labels) | {"geometries": geometries, "rows": []})
        lines = "\n".join([head, *(line for _, line, _ in written.values())])
        return lines.encode("utf-8", "replace")


def _same(one: Row, other: Row) -> bool:
    """Whether the two rows are drawn alike."""
    return (
        one.incident == other.incident
        and one.analysis.mentions is other.analysis.mentions
        and one.analysis.article == other.analysis.article
    )


def _compact(drawn: Mapping[str, Any]) -> str:
    places = [{k: v for k, v in place.items() if v is not None} for place in drawn["places"]]
    row = {**drawn, "places": places}
    # What the browser can put together itself, or does not ask for, is not sent.
    return _json({k: v for k, v in row.items() if v and k not in ("aria", "document")})


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(data: Mapping[str, Any]) -> str:
    """Base64 of the JSON: no character in it means anything to a template or to markup."""
    return base64.b64encode(_json(data).encode("utf-8", "replace")).decode("ascii")


def _row(
    row: Row,
    mentions: Mapping[tuple[int, int], Mention],
    geometries: dict[str, Any],
    keys: dict[int, str],
) -> dict[str, Any]:
    incident = row.incident
    text = row.analysis.article.text
    modality = label_of("modality", incident.modality)
    tolls = (
        toll_in_words("Killed", incident.fatalities),
        toll_in_words("Injured", incident.injured),
    )
    article = row.analysis.article
    source = " · ".join(
        part for part in (row.article_title, article.domain, article.published) if part
    )
    corrected = tuple(getattr(incident, "corrected", ()))
    what = row.kind_label
    if incident.sub_kind:
        what += f" ({sub_kind_in_words(incident.kind, incident.sub_kind)})"
    if incident.count and incident.count > 1:
        what += f", {incident.count} times"
    reasons = reasons_in_words(incident)
    candidates: list[str] = []
    for item in (*incident.places, *incident.unsure):
        mention = mentions.get(item.mention)
        if mention is None:
            continue
        reasons += [f"“{mention.text}”: {why}" for why in mention.why]
        if mention.confidence:
            reasons.append(f"“{mention.text}”: {sure_in_words(mention.confidence).lower()}")
        candidates += _considered(mention)
    return {
        "id": row.id,
        "kind": incident.kind,
        "state": row.state,
        "title": row.title,
        "aria": f"{row.title}. {modality}. {when_of(row.analysis, incident)}",
        "modalityLabel": modality,
        "background": incident.background,
        "what": what,
        "places": [_place(item, text, geometries, keys) for item in incident.places],
        "unsure": row.guess,
        "zoom": min((_ZOOM.get(item.place.precision, 8) for item in incident.places), default=5),
        "when": when_of(row.analysis, incident),
        "whenQuote": incident.date.quote or None if incident.date else None,
        "start": incident.date.start if incident.date else None,
        "end": incident.date.end if incident.date else None,
        "tolls": [toll for toll in tolls if toll],
        "who": actors_in_words(incident.actors),
        "sure": sureness_in_words(
            incident,
            {m.span: m.confidence for item in incident.places if (m := mentions.get(item.mention))},
        ),
        "quotes": [_quote(text, e.start, e.end, e.trigger) for e in incident.evidence[:12]],
        "source": source,
        "document": article.id,
        "reasons": reasons,
        "candidates": candidates,
        "corrected": [name for name in corrected if name != "added"],
        "added": "added" in corrected,
        "verified": bool(getattr(incident, "verified", False)),
    }


def _considered(mention: Mention) -> list[str]:
    """The places considered, each with its share; of one name, with where each lies."""
    shown = mention.candidates[:5]
    names = [c.name for c in shown]
    return [
        f"{c.name}{_lies(c.lat, c.lon) if names.count(c.name) > 1 else ''} – {c.score:.0%}"
        for c in shown
    ]


def _lies(lat: float, lon: float) -> str:
    return f" ({abs(lat):.2f}°{'S' if lat < 0 else 'N'} {abs(lon):.2f}°{'W' if lon < 0 else 'E'})"


def _quote(text: str, start: int, end: int, trigger: tuple[int, int]) -> list[str]:
    """A quote as before, trigger, after; cut around the trigger where it is too long."""
    a, b = max(start, min(trigger[0], end)), max(start, min(trigger[1], end))
    before, middle, after = text[start:a], text[a:b], text[b:end]
    if end - start > QUOTE_LIMIT:
        room = QUOTE_LIMIT // 2
        before = ("…" + before[-room:]) if len(before) > room else before
        after = (after[:room] + "…") if len(after) > room else after
    return [before, middle, after]


def _place(
    item: IncidentPlace, text: str, geometries: dict[str, Any], keys: dict[int, str]
) -> dict[str, Any]:
    place = item.place
    key = None
    if place.geometry is not None:
        key = keys.get(id(place.geometry))
        if key is None:
            shape = json.dumps(place.geometry, separators=(",", ":"), default=list)
            key = hashlib.sha256(shape.encode()).hexdigest()[:16]
            keys[id(place.geometry)] = key
            geometries.setdefault(key, json.loads(shape))
    return {
        "lat": round(place.lat, 6),
        "lon": round(place.lon, 6),
        "name": place.name,
        "label": place_in_words(item),
        "precise": spelling_in_words(item, text) + precision_in_words(item),
        "precision": place.precision,
        "uncertainty": place.uncertainty_m,
        "geometry": key,
    }
