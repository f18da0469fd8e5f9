"""The time bar: incidents over time; drag over it to see only those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from mapper.views import state
from mapper.views.filters import filtered
from mapper.webmap.rows import Row
from mapper.webmap.totals import span_of
from mapper.webmap.words import day_in_words, kind_styles


def time_bar(rows: Sequence[Row], shown: Sequence[Row]) -> None:
    """The chart of what the other filters leave, and what has no date beside it."""
    wanted = st.session_state.filter
    others = filtered(rows, replace(wanted, start="", end="", undated=True))
    dated = [(row, span) for row in others if (span := span_of(row))]
    undated = len(others) - len(dated)
    if not dated:
        if undated:
            st.caption(
                f"No time bar: {undated} incident{'s' if undated > 1 else ''} without a date."
            )
        return
    every = [(row, span[0]) for row, span in dated]
    near = of_the_story(every)
    far = len(every) - len(near)
    whole = bool(far) and bool(st.session_state.get("whole_time"))
    # What is filtered lies wholly outside the story: then that is what is asked for.
    outside = (wanted.start or wanted.end) and not any(
        (not wanted.end or day.isoformat() <= wanted.end)
        and (not wanted.start or (span_of(row) or (day, day))[1].isoformat() >= wanted.start)
        for row, day in near
    )
    drawn = every if whole or outside else near
    key = f"{_key((wanted.start, wanted.end))}{'-whole' if len(drawn) > len(near) else ''}"
    st.altair_chart(
        _chart(drawn, st.session_state.brush_from),
        key=key,
        on_select=lambda: _brushed(key),
        selection_mode="brush",
        width="stretch",
    )
    said = []
    if wanted.start or wanted.end:
        first = day_in_words(wanted.start) if wanted.start else "the beginning"
        last = day_in_words(wanted.end) if wanted.end else "the end"
        said.append(f"Time shown: {first} to {last}. Click beside the bars to see all of it.")
    else:
        said.append("Drag over the bars to see only that time.")
    if undated:
        said.append(
            f"{undated} incident without a date {'stays' if wanted.undated else 'is hidden'}."
            if undated == 1
            else f"{undated} incidents without a date {'stay' if wanted.undated else 'are hidden'}."
        )
    if far:
        bar, switch = st.columns([3, 1])
        bar.caption(" ".join(said))
        switch.toggle(
            f"Show recalled ({far})", key="whole_time",
            help="What is recalled from long ago, or dated to no more than a month or a year, "
            "would press the time that the article tells of into one bar.",
        )  # fmt: skip
    else:
        st.caption(" ".join(said))


def of_the_story(dated: Sequence[tuple[Row, date]]) -> list[tuple[Row, date]]:
    """Without what would press the story into one bar.

    That is background that would more than triple the time that the rest takes, and what is dated
    to no more than a month or a year where the rest is told by days.  All of it where there is
    nothing else, or where it lies near.
    """
    steps = [_known_to(row) for row, _ in dated]
    exact = [item for item, step in zip(dated, steps, strict=True) if step == "D"]
    if exact and len(exact) < len(dated):
        step = _step(min(day for _, day in exact), max(day for _, day in exact))
        dated = [
            item
            for item, known in zip(dated, steps, strict=True)
            if _STEPS.index(known) <= _STEPS.index(step)
        ]
    told = [day for row, day in dated if not row.incident.background]
    if not told:
        return list(dated)
    first, last = min(told), max(told)
    every = [day for _, day in dated]
    room = max(3 * (last - first), timedelta(days=62))
    if max(every) - min(every) <= room:
        return list(dated)
    return [(row, day) for row, day in dated if first <= day <= last]


def _key(shown: tuple[str, str]) -> str:
    """The chart's key: a new one, with the brush drawn, where the time was set elsewhere.

    A chart that is brushed must not change, or the brush would be lost.
    """
    memory = st.session_state
    if "brush_from" not in memory or shown not in (memory.brush_from, memory.get("brushed")):
        memory.brush_from, memory.brushed = shown, shown
        memory.brush = memory.get("brush", 0) + 1
    return f"time-{memory.brush}"


_STEPS = "DWMY"
"""Days, weeks, months, years: from fine to coarse."""

_FORMATS = {"D": "%-d %b %Y", "W": "%-d %b %Y", "M": "%b %Y", "Y": "%Y"}


def _known_to(row: Row) -> str:
    """Whether a row's date is known to its day, its month or only its year: its step."""
    stated = row.incident.date
    given = len((stated.start or stated.end or "")[:10]) if stated else 10
    return "Y" if given <= len("YYYY") else "M" if given <= len("YYYY-MM") else "D"


def _ticks(step: str, starts: Sequence[date]) -> list[date]:
    """The days that the axis names, each the first of a bin: at most eight, none twice."""
    first, last = min(starts), max(starts)
    every = [first]
    while every[-1] < last:
        every.append(_bin(every[-1], step)[1])
    by = -(-len(every) // 8)
    return every[::by]


def _step(first: date, last: date) -> str:
    days = (last - first).days
    return "D" if days <= 62 else "W" if days <= 400 else "M" if days <= 5000 else "Y"


def _bin(day: date, step: str) -> tuple[date, date]:
    """The bin of a day: its first day and the first day after it."""
    if step == "D":
        return day, day + timedelta(days=1)
    if step == "W":
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=7)
    if step == "M":
        return day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _chart(dated: Sequence[tuple[Row, date]], shown: tuple[str, str]) -> Any:
    """Bars of incidents by kind; ``shown`` are the ISO days that the brush covers at first."""
    step, counts = _counted(dated)
    return _drawn(step, counts, shown)


_Bars = tuple[tuple[tuple[date, date, str], int], ...]
"""Bins (first day, day after the last, kind) with their numbers of incidents, in order."""


def _counted(dated: Sequence[tuple[Row, date]]) -> tuple[str, _Bars]:
    by_time = _step(min(day for _, day in dated), max(day for _, day in dated))
    step = max(by_time, *(_known_to(row) for row, _ in dated), key=_STEPS.index)
    styles = kind_styles()
    counts: dict[tuple[date, date, str], int] = {}
    for row, day in dated:
        start, end = _bin(day, step)
        kind = row.incident.kind if row.incident.kind in styles else "_other"
        counts[(start, end, kind)] = counts.get((start, end, kind), 0) + 1
    order = {kind: number for number, kind in enumerate(styles)}
    return step, tuple(sorted(counts.items(), key=lambda c: (c[0][0], order[c[0][2]])))


@lru_cache(maxsize=16)
def _drawn(step: str, counts: _Bars, shown: tuple[str, str]) -> Any:
    """The chart; most clicks leave it as it is, and making one takes long."""
    styles = kind_styles()
    heights: dict[date, int] = {}
    bars = []
    for (start, end, kind), n in counts:
        low = heights.get(start, 0)
        heights[start] = low + n
        bars.append(
            {
                "start": pd.Timestamp(start, tz="UTC"), "end": pd.Timestamp(end, tz="UTC"),
                "low": low, "high": low + n, "said": _said(start, step),
                "kind": styles[kind]["label"], "incidents": n,
            }
        )  # fmt: skip
    ticks = _ticks(step, [start for (start, _, _), _ in counts])
    frame, highest = pd.DataFrame(bars), max(heights.values())
    used = [style for style in styles.values() if style["label"] in set(frame["kind"])]
    covered: Any = alt.Undefined
    if any(shown):
        low, high = frame["start"].min(), frame["end"].max()
        given = (
            pd.Timestamp(shown[0], tz="UTC") if shown[0] else low,
            pd.Timestamp(shown[1], tz="UTC") + pd.Timedelta(hours=23) if shown[1] else high,
        )
        # A filter may reach beyond what is drawn; the brush cannot.
        covered = {"x": [int(min(max(end, low), high).timestamp() * 1000) for end in given]}
    brush = alt.selection_interval(name="brush", encodings=["x"], value=covered)
    return (
        alt.Chart(frame, height=92, padding={"left": 4, "right": 8, "top": 4, "bottom": 6})
        .mark_rect(stroke="#5b636a", strokeWidth=0.6)
        .encode(
            # In UTC, so that a day is that day wherever the browser stands.
            x=alt.X("start:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(
                labelOverlap=True, labelFlush=40, grid=False, format=_FORMATS[step],
                values=[
                    alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)
                    for day in ticks
                ],
            )),
            x2="end:T",
            y=alt.Y(
                "low:Q", title=None, scale=alt.Scale(domain=[0, highest], nice=False),
                axis=alt.Axis(values=sorted({0, highest // 2, highest}), format="d", grid=False),
            ),
            y2="high:Q",
            color=alt.Color(
                "kind:N",
                legend=None,
                scale=alt.Scale(
                    domain=[s["label"] for s in used], range=[s["colour"] for s in used]
                ),
            ),
            opacity=alt.condition(brush, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("said:N", title="When"), alt.Tooltip("kind:N", title="What"),
                alt.Tooltip("incidents:Q", title="Incidents"),
            ],
        )
        .add_params(brush)
        .properties(description="Incidents over time. The filters take dates by keyboard.")
    )  # fmt: skip


def _said(start: date, step: str) -> str:
    """A bin in words."""
    if step == "D":
        return day_in_words(start.isoformat())
    if step == "W":
        return f"week from {day_in_words(start.isoformat())}"
    return day_in_words(start.isoformat()[: 4 if step == "Y" else 7])


def _brushed(key: str) -> None:
    event = st.session_state.get(key) or {}
    picked = (event.get("selection") or {}).get("brush") or {}
    wanted = st.session_state.filter
    values = picked.get("start") or []
    if len(values) == 2:
        days = [datetime.fromtimestamp(float(v) / 1000, tz=UTC).date().isoformat() for v in values]
    else:
        days = ["", ""]
    if (days[0], days[1]) != (wanted.start, wanted.end):
        st.session_state.brushed = (days[0], days[1])
        st.session_state.brushes = st.session_state.get("brushes", 0) + 1
        state.set_filter(replace(wanted, start=days[0], end=days[1]))
