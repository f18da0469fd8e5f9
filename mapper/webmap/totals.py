"""Totals over rows: the one place where incidents and people are counted for the app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mapper.export.crosswalk import first_day, last_day
from mapper.model import Toll
from mapper.webmap.rows import Row


@dataclass(frozen=True, slots=True)
class Sum:
    """People as a range: ``high`` None where one of the figures has no upper bound.

    ``stated`` is how many separate figures it adds up, ``shared`` how many of them the text gives
    for several incidents together (each counted once).
    """

    low: int
    high: int | None
    stated: int
    shared: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a selection holds.  Tolls are of what happened, background left out.

    ``first`` and ``last`` too leave out background, unless there is nothing else.
    """

    incidents: int
    articles: int
    by_kind: dict[str, int]
    by_state: dict[str, int]
    placed: int
    unplaced: int
    undated: int
    first: date | None
    last: date | None
    killed: Sum
    injured: Sum
    verified: int
    corrected: int


def totals(rows: Sequence[Row]) -> Totals:
    """Count the rows; a toll that several incidents share is added once."""
    dated = [(row, span) for row in rows if (span := span_of(row))]
    told = [span for row, span in dated if not row.incident.background] or [s for _, s in dated]
    counted = [row for row in rows if row.state == "happened"]
    return Totals(
        incidents=len(rows),
        articles=len({row.analysis.article.id for row in rows}),
        by_kind=dict(Counter(row.incident.kind for row in rows).most_common()),
        by_state=dict(Counter(row.state for row in rows)),
        placed=sum(1 for row in rows if row.incident.places),
        unplaced=sum(1 for row in rows if not row.incident.places),
        undated=len(rows) - len(dated),
        first=min((span[0] for span in told), default=None),
        last=max((span[1] for span in told), default=None),
        killed=_sum([(row, row.incident.fatalities) for row in counted]),
        injured=_sum([(row, row.incident.injured) for row in counted]),
        verified=sum(1 for row in rows if row.incident.verified),
        corrected=sum(1 for row in rows if row.incident.corrected),
    )


def _sum(tolls: Sequence[tuple[Row, Toll | None]]) -> Sum:
    low = stated = shared = 0
    high: int | None = 0
    seen: set[tuple[str, str]] = set()
    for row, toll in tolls:
        if toll is None:
            continue
        article = row.analysis.article.id
        group = {row.incident.id, *toll.shared_with}
        if toll.shared_with and any((article, member) in seen for member in group):
            seen |= {(article, member) for member in group}
            continue
        if toll.shared_with:
            seen |= {(article, member) for member in group}
            shared += 1
        stated += 1
        low += toll.low or 0
        high = None if high is None or toll.high is None else high + toll.high
    return Sum(low, high, stated, shared)


def span_of(row: Row) -> tuple[date, date] | None:
    """First and last day that a row's date may mean; None without a date or without its year."""
    stated = row.incident.date
    if stated is None:
        return None
    start = first_day(stated.start) if stated.start else None
    end = last_day(stated.end) if stated.end else None
    first, last = day_of(start), day_of(end)
    if first is None and last is None:
        return None
    if first is None:
        return (last, last) if last else None
    if last is None:
        published = day_of(row.analysis.article.published)
        last = max(first, published) if published else first
    return (first, max(first, last))


def day_of(value: Any) -> date | None:
    """The day of an ISO date or of a date; None for anything else."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
