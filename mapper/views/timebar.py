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
from mapper.views.filters import filtered, span_of
from mapper.webmap.rows import Row
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
    drawn = [(row, span[0]) for row, span in dated]
    near = of_the_story(drawn)
    far = len(drawn) - len(near)
    whole = bool(far) and bool(st.session_state.get("whole_time"))
    if far and not whole and not (wanted.start or wanted.end):
        drawn = near
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
            help="Background far from the time that the article tells of would press that time "
            "into one bar.",
        )  # fmt: skip
    else:
        st.caption(" ".join(said))


def of_the_story(dated: Sequence[tuple[Row, date]]) -> list[tuple[Row, date]]:
    """Without the background that would more than triple the time that the rest takes.

    All of it where there is nothing but background, or where it lies near.
    """
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


_FORMATS = {"D": "%-d %b %Y", "W": "%-d %b %Y", "M": "%b %Y", "Y": "%Y"}


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
    step = _step(min(day for _, day in dated), max(day for _, day in dated))
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
                "start": pd.Timestamp(start), "end": pd.Timestamp(end), "low": low, "high": low + n,
                "kind": styles[kind]["label"], "incidents": n,
            }
        )  # fmt: skip
    frame, highest = pd.DataFrame(bars), max(heights.values())
    used = [style for style in styles.values() if style["label"] in set(frame["kind"])]
    covered: Any = alt.Undefined
    if any(shown):
        ends = (pd.Timestamp(shown[0] or frame["start"].min()),
                pd.Timestamp(shown[1] or frame["end"].max()) + pd.Timedelta(hours=23))  # fmt: skip
        covered = {"x": [int(end.timestamp() * 1000) for end in ends]}
    brush = alt.selection_interval(name="brush", encodings=["x"], value=covered)
    return (
        alt.Chart(frame, height=92, padding={"left": 4, "right": 8, "top": 4, "bottom": 6})
        .mark_rect(stroke="#5b636a", strokeWidth=0.6)
        .encode(
            x=alt.X("start:T", title=None, axis=alt.Axis(
                labelOverlap=True, labelFlush=40, grid=False, format=_FORMATS[step], tickCount=8,
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
                alt.Tooltip("start:T", title="From"), alt.Tooltip("kind:N", title="What"),
                alt.Tooltip("incidents:Q", title="Incidents"),
            ],
        )
        .add_params(brush)
        .properties(description="Incidents over time. The filters take dates by keyboard.")
    )  # fmt: skip


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
