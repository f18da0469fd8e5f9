"""The panes under the map: table, summary, what could not be placed, exports, the log."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mapper.abstain import confidences, default_threshold, enough
from mapper.model import Analysis
from mapper.read import text_id
from mapper.views import correct, engine, signing, state
from mapper.webmap.rows import Row, title_of
from mapper.webmap.totals import Sum, Totals, totals
from mapper.webmap.words import (
    day_in_words,
    kind_styles,
    known_in_words,
    label_of,
    place_in_words,
    range_in_words,
    sure_in_words,
    undated_for,
    when_of,
)


def people(found: Sum) -> str:
    """A sum of people as a range."""
    return range_in_words(found.low, found.high)


def incidents_in_words(counted: Totals, of: int) -> str:
    """``15 incidents in 1 article``, with what did not happen told apart."""
    many = f"**{counted.incidents:,}** incident{'' if counted.incidents == 1 else 's'}"
    if counted.incidents != of:
        many += f" of {of:,}"
    where = f" in {counted.articles} article{'' if counted.articles == 1 else 's'}"
    states = [
        f"{counted.by_state[state_name]} {words}"
        for state_name, words in (
            ("happened", "happened"),
            ("notyet", "did not, or not yet"),
            ("background", "background"),
        )
        if counted.by_state.get(state_name)
    ]  # fmt: skip
    return many + where + (f": {', '.join(states)}" if len(states) > 1 else "")


def near_labels(rows: Sequence[Row]) -> list[tuple[str, float, float, int, int]]:
    """Places of the gazetteer around the incidents, so that the map is sharp where they are.

    As ``payload`` takes them: towns by size, then quarters, then facilities, the closer one looks.
    """
    gazetteer = engine.analyser().gazetteer
    if not hasattr(gazetteer, "around"):
        return []
    points = Counter(
        (round(item.place.lat, 1), round(item.place.lon, 1))
        for row in rows
        for item in row.incident.places
        if item.place.precision in ("facility", "neighbourhood", "city", "district")
    )
    found: dict[str, Any] = {}
    for (lat, lon), _ in points.most_common(120):
        for entry in gazetteer.around(lat, lon, km=40, limit=40):
            found[entry.id] = entry
        for entry in gazetteer.around(lat, lon, km=12, limit=40, facilities=True):
            found[entry.id] = entry
    return [
        (entry.name.split(",")[0], entry.lon, entry.lat, _named_from(entry), entry.prominence)
        for entry in found.values()
    ]


def _named_from(entry: Any) -> int:
    """The zoom from which a place is named on the map."""
    if entry.precision == "facility":
        return 12
    if entry.precision == "neighbourhood":
        return 11
    return 8 if entry.population > 20_000 else 9 if entry.population > 4_000 else 10


def table(shown: Sequence[Row]) -> None:
    """The incidents in a table that sorts; choosing a row shows it in text and map."""
    if not shown:
        _nothing()
        return
    several = len({row.analysis.article.id for row in shown}) > 1
    frame = pd.DataFrame([_line(row, several) for row in shown])

    def chosen() -> None:
        event = st.session_state.get("table") or {}
        picked = (event.get("selection") or {}).get("rows") or []
        if picked and picked[0] < len(shown):
            state.select(shown[picked[0]].id)

    st.dataframe(
        frame,
        key="table",
        on_select=chosen,
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        height=min(420, 60 + 35 * len(frame)),
        column_config={
            "How sure": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent"),
            "What": st.column_config.TextColumn(width="medium"),
            "Did it happen?": st.column_config.TextColumn(width=210),
            "Killed": st.column_config.TextColumn(width=125),
            "Injured": st.column_config.TextColumn(width=125),
            "Quote": st.column_config.TextColumn(width="large"),
        },
    )
    st.caption("Click a heading to sort; tick a row to see it in the text and on the map.")


def _line(row: Row, several: bool) -> dict[str, Any]:
    incident = row.incident
    found: dict[str, Any] = {
        "What": row.kind_label,
        "Did it happen?": label_of("modality", incident.modality)
        + (" (background)" if incident.background else ""),
        "Where": ", ".join(dict.fromkeys(p.place.name for p in incident.places))
        or row.guess
        or "–",
        "Known to": ", ".join(dict.fromkeys(known_in_words(p.place) for p in incident.places)),
        "When": incident.date.start or f"until {incident.date.end}"
        if incident.date
        else f"“{said}”?"
        if (said := undated_for(row.analysis, incident))
        else "–",
        "Until": (incident.date.end or "goes on") if incident.date else "",
        "Killed": _toll(incident.fatalities),
        "Injured": _toll(incident.injured),
        # What a person checked or added has no estimate.
        "How sure": None
        if incident.verified or "added" in incident.corrected
        else incident.confidence,
        "By hand": "verified" if incident.verified else ", ".join(incident.corrected),
        "Quote": row.quote,
    }
    if several:
        found["Article"] = row.article_title
    return found


def _toll(toll: Any) -> str:
    if toll is None:
        return ""
    return range_in_words(toll.low, toll.high) + (" (shared)" if toll.shared_with else "")


def _nothing() -> None:
    if st.session_state.filter.active:
        st.info("Nothing passes these filters. Take some off to see more.")
    else:
        st.info("No incident was found here. Select a sentence in the text to add one by hand.")


def summary(rows: Sequence[Row], shown: Sequence[Row]) -> None:
    """Counts and tolls, and what they cover."""
    if not shown:
        _nothing()
        return
    counted = totals(shown)
    boxes = st.columns(4)
    boxes[0].metric("Incidents", f"{counted.incidents:,}")
    boxes[1].metric("Killed", people(counted.killed) if counted.killed.stated else "not stated")
    boxes[2].metric("Injured", people(counted.injured) if counted.injured.stated else "not stated")
    boxes[3].metric("Checked by a person", f"{counted.verified:,} of {counted.incidents:,}")
    styles = kind_styles()
    lines = [
        {
            "What": styles.get(kind, styles["_other"])["label"],
            **{
                label_of("state", name): sum(
                    1 for row in shown if row.incident.kind == kind and row.state == name
                )
                for name in ("happened", "notyet", "background")
            },
            "All": number,
        }
        for kind, number in counted.by_kind.items()
    ]
    st.dataframe(pd.DataFrame(lines), hide_index=True, width="stretch")
    covers = [
        f"These figures cover {counted.incidents:,} of {len(rows):,} incidents in "
        f"{counted.articles} article{'' if counted.articles == 1 else 's'}"
        + (", as filtered" if st.session_state.filter.active else "") + "."
    ]  # fmt: skip
    if counted.first and counted.last:
        covers.append(
            f"What is told lies between {day_in_words(counted.first.isoformat())} and "
            f"{day_in_words(counted.last.isoformat())}"
            + (
                ", background apart; "
                if counted.by_state.get("background", 0) not in (0, counted.incidents)
                else "; "
            )
            + (
                "each has a date."
                if not counted.undated
                else "1 has no date, or no year."
                if counted.undated == 1
                else f"{counted.undated} have no date, or no year."
            )
        )
    covers.append(
        f"{counted.placed} are on the map, {counted.unplaced} name no place that was found."
    )
    for name, found in (("Killed", counted.killed), ("Injured", counted.injured)):
        if found.stated:
            shared = (
                f"; {'one is' if found.shared == 1 else f'{found.shared} are'} given for several "
                "incidents at once, and added a single time"
                if found.shared
                else ""
            )
            covers.append(
                f"{name}: the sum of {found.stated} figure{'' if found.stated == 1 else 's'} in "
                f"the text{shared}."
            )
    covers.append(
        "Only what happened or goes on counts towards the tolls; background, plans, threats and "
        "denials do not. Different articles may tell of the same event."
    )
    st.markdown(" ".join(covers))


def unplaced(shown: Sequence[Row]) -> None:
    """What could not be put on the map, each with its quote; and places that were not found."""
    missing = [row for row in shown if not row.incident.places]
    if missing:
        st.markdown(f"**{len(missing)}** incident{'s' if len(missing) > 1 else ''} without a place")
    for row in missing[:200]:
        with st.container(border=True):
            st.text(
                f"{row.title} · {label_of('modality', row.incident.modality)} · "
                f"{when_of(row.analysis, row.incident)}"
            )
            st.text(f"“{row.quote}”")
            _guesses(row)
            st.button(
                "Show in the text and give it a place", key=f"unplaced-{row.id}",
                on_click=_open, args=(row.id,),
            )  # fmt: skip
    floor = default_threshold() if state.least() is None else 0.0
    lost = [
        (analysis, mention)
        for analysis in state.analyses()
        for mention in analysis.mentions
        if (mention.place is None or not enough(mention, floor))
        and mention.role in ("literal", "nominal")
    ]
    if lost:
        st.markdown(
            f"**{len(lost)}** place{'s' if len(lost) > 1 else ''} named in the text but not found, "
            "or not surely enough"
        )
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Place": mention.text,
                        "In the text": _context(analysis, mention.start, mention.end),
                        "Considered": ", ".join(c.name for c in mention.candidates[:5])
                        or "nothing known by that name",
                    }
                    for analysis, mention in lost[:500]
                ]
            ),
            hide_index=True,
            width="stretch",
        )  # fmt: skip
    if not missing and not lost:
        st.success("Everything found is on the map.")


def _guesses(row: Row) -> None:
    """The places that were held back, each with how sure it is, and a click to take them."""
    if not row.incident.unsure:
        return
    sure = confidences(row.analysis)
    for item in row.incident.unsure:
        said = row.analysis.article.text[slice(*item.mention)]
        st.text(f"Perhaps {place_in_words(item)} – “{said}”, {sure[item.mention]:.0%} sure")
    st.button(
        "That is right: put it on the map", key=f"sure-{row.id}", on_click=correct.confirm_places,
        args=(row,),
    )  # fmt: skip


def _context(analysis: Analysis, start: int, end: int) -> str:
    text = analysis.article.text
    return " ".join(("…" + text[max(0, start - 60) : end + 60] + "…").split())


def _open(identity: str) -> None:
    state.select(identity)
    st.session_state.pane = "incident"
    st.session_state.pane_choice = "incident"


def take_away(rows: Sequence[Row], shown: Sequence[Row]) -> None:
    """Every format the exports offer, of all or of what is filtered."""
    from mapper.export import FORMATS, Options

    only = st.session_state.filter.active and st.toggle(
        f"Only what is filtered: {len(shown):,} of {len(rows):,} incidents", value=True
    )
    left, right = st.columns(2)
    hxl = left.checkbox("CSV with a row of HXL tags (humanitarian exchange language)")
    coarse = right.selectbox(
        "To protect people: coordinates rounded to a grid of", [None, 1, 5, 10, 50],
        format_func=lambda km: "no rounding" if km is None else f"{km} km",
    )  # fmt: skip
    chosen = _chosen(shown if only else rows)
    name = (
        "incidents"
        if st.session_state.article == state.ALL
        else _file_name(st.session_state.article, next(iter(state.analyses()), None))
    )
    options = Options(hxl=hxl, coarsen_km=coarse, least=state.least())
    columns = st.columns(3)
    for number, form in enumerate(FORMATS.values()):
        columns[number % 3].download_button(
            f"{form.label[0].upper()}{form.label[1:]} ({form.ending})",
            data=partial(_written, chosen, form.ending, options),
            file_name=f"{name}{form.ending}",
            mime=form.media_type,
            key=f"take-{form.ending}",
            on_click="ignore",
            width="stretch",
            icon=":material/download:",
        )
    st.caption(
        f"{sum(len(a.incidents) for a in chosen):,} incidents, with quotes, offsets, precision, "
        "certainty, corrections and the versions that made them. A picture of the map: the camera "
        "button on the map."
    )


def _chosen(rows: Sequence[Row]) -> list[Analysis]:
    """The analyses with only these rows' incidents; articles without any stay when unfiltered."""
    by_article: dict[str, list[Any]] = {}
    for row in rows:
        by_article.setdefault(row.analysis.article.id, []).append(row.incident)
    return [
        replace(analysis, incidents=tuple(by_article.get(analysis.article.id, ())))
        for analysis in state.analyses()
    ]


def _written(analyses: Sequence[Analysis], ending: str, options: Any) -> bytes:
    from mapper.export import write

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"incidents{ending}"
        write(analyses, path, options)
        return path.read_bytes()


def _file_name(identity: str, analysis: Analysis | None = None) -> str:
    """A name for a file: the article's own, or its title's where it is named after its hash."""
    if analysis is not None and identity.startswith(text_id(analysis.article.text)):
        identity = title_of(analysis)
    words = "".join(c if c.isalnum() or c in "-_" else " " for c in identity).split()
    return "-".join(words)[:60].strip("-") or "incidents"


def _signed_as() -> None:
    left, _ = st.columns([2, 3])
    with left:
        signing.field("log", "Your name or initials: what you change from now on is signed with it")


def log() -> None:
    """The log of corrections, oldest first; it only ever grows."""
    from mapper.corrections import about, before_and_after, effective

    chosen = st.session_state.article
    entries = state.store().log(None if chosen == state.ALL else chosen)
    if not entries:
        st.info("Nothing has been changed by hand yet.")
        _signed_as()
        return
    standing = {entry.number for entry in effective(entries)}
    titles = {item.id: item.title for item in state.store().articles()}
    values = [before_and_after(entry, entries) for entry in entries]
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "No.": entry.number,
                    "When (UTC)": entry.at.replace("T", " ").removesuffix("Z"),
                    "Who": entry.user,
                    "What": about(entry, entries),
                    "Before": before,
                    "After": after,
                    "Why": entry.why,
                    "Stands": "yes" if entry.number in standing else
                    ("–" if entry.action in ("undo", "redo") else "undone"),
                }
                | (
                    {"Article": titles.get(entry.article) or entry.article}
                    if chosen == state.ALL
                    else {}
                )
                for entry, (before, after) in reversed(list(zip(entries, values, strict=True)))
            ]
        ),
        hide_index=True,
        width="stretch",
        column_config={
            "No.": st.column_config.NumberColumn(width=50),
            "What": st.column_config.TextColumn(width=340),
            "Before": st.column_config.TextColumn(width=200),
            "After": st.column_config.TextColumn(width=200),
            "Why": st.column_config.TextColumn(width=200),
        },
    )  # fmt: skip
    st.caption("Click a cell to read all of it.")
    _signed_as()
    import json

    st.download_button(
        "The log as JSON lines",
        data="\n".join(json.dumps(entry.to_dict(), ensure_ascii=False) for entry in entries) + "\n",
        file_name="corrections.jsonl",
        mime="application/x-ndjson",
        on_click="ignore",
        icon=":material/download:",
    )
    for identity in (
        [chosen] if chosen != state.ALL else [item.id for item in state.store().articles()]
    ):
        found = state.corrected(identity)
        if found and found.unmatched:
            st.warning(
                f"Corrections of “{titles.get(identity) or identity}” that fit no incident of its "
                f"newer analysis: {len(found.unmatched)}. They stay in the log."
            )


__all__ = ["incidents_in_words", "log", "near_labels", "people", "summary", "sure_in_words",
           "table", "take_away", "unplaced"]  # fmt: skip
