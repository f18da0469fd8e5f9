"""Filters over rows: plain values in, the rows that pass out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from mapper.webmap.rows import Row
from mapper.webmap.totals import day_of, span_of


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show; an empty field asks for nothing.

    ``kinds``, ``modalities``, ``precisions`` and ``articles`` are what may pass; ``least`` the
    least confidence, 0..1; ``place``, ``actor`` and ``text`` are looked for whatever their case;
    ``start`` and ``end`` are ISO days that an incident's time must touch.  Undated incidents pass
    a time filter only with ``undated``.  ``checked``: ``corrected``, ``verified`` or ``open``.
    Places below the threshold are drawn only with ``unsure``.
    """

    kinds: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    least: float = 0.0
    place: str = ""
    actor: str = ""
    text: str = ""
    start: str = ""
    end: str = ""
    undated: bool = True
    background: bool = True
    checked: str = ""
    unsure: bool = False

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return self != Filter()

    def to_query(self) -> dict[str, str]:
        """The fields that ask for something, as strings for an address."""
        found = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value == item.default:
                continue
            if isinstance(value, tuple):
                found[item.name] = ",".join(value)
            else:
                found[item.name] = str(int(value)) if isinstance(value, bool) else str(value)
        return found

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filter:
        """Back from ``to_query``; what makes no sense is left out."""
        given: dict[str, Any] = {}
        for item in fields(cls):
            value = query.get(item.name)
            if value is None:
                continue
            if isinstance(item.default, tuple):
                given[item.name] = tuple(part for part in value.split(",") if part)
            elif isinstance(item.default, bool):
                given[item.name] = value not in ("0", "false", "False", "")
            elif isinstance(item.default, float):
                try:
                    given[item.name] = min(1.0, max(0.0, float(value)))
                except ValueError:
                    continue
            else:
                given[item.name] = value
        for name in ("start", "end"):
            if given.get(name) and day_of(given[name]) is None:
                del given[name]
        return replace(cls(), **given)


def passes(row: Row, wanted: Filter) -> bool:
    """Whether the row is to be shown."""
    incident = row.incident
    if wanted.kinds and incident.kind not in wanted.kinds:
        return False
    if wanted.modalities and incident.modality not in wanted.modalities:
        return False
    if incident.background and not wanted.background:
        return False
    if wanted.precisions and not any(
        item.place.precision in wanted.precisions for item in incident.places
    ):
        return False
    if wanted.articles and row.analysis.article.id not in wanted.articles:
        return False
    if incident.confidence < wanted.least:
        return False
    if wanted.place and not _within(wanted.place, _place_words(row)):
        return False
    if wanted.actor and not _within(wanted.actor, (actor.quote for actor in incident.actors)):
        return False
    if wanted.text and not _within(wanted.text, (e.quote for e in incident.evidence)):
        return False
    if wanted.checked and not _checked(row, wanted.checked):
        return False
    if wanted.start or wanted.end:
        span = span_of(row)
        if span is None:
            return wanted.undated
        after = not wanted.end or span[0].isoformat() <= wanted.end
        return after and (not wanted.start or span[1].isoformat() >= wanted.start)
    return wanted.undated or span_of(row) is not None


def _place_words(row: Row) -> Iterable[str]:
    for item in (*row.incident.places, *row.incident.unsure):
        yield from (item.place.name, item.place.admin1 or "", item.place.country or "")


def _within(sought: str, texts: Iterable[str]) -> bool:
    folded = sought.casefold()
    return any(folded in text.casefold() for text in texts)


def _checked(row: Row, wanted: str) -> bool:
    incident = row.incident
    if wanted == "verified":
        return incident.verified
    if wanted == "corrected":
        return bool(incident.corrected)
    return not incident.verified and not incident.corrected


def filtered(rows: Sequence[Row], wanted: Filter) -> list[Row]:
    """The rows that pass, in their order."""
    return [row for row in rows if passes(row, wanted)] if wanted.active else list(rows)
