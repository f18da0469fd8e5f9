"""The filters, behind one button; what is filtered is always said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args

import streamlit as st

from mapper.model import Modality, Precision
from mapper.views import state
from mapper.views.filters import Filter
from mapper.webmap.rows import Row, title_of
from mapper.webmap.words import kind_styles, label_of

_CHECKED = {"": "All", "open": "Not yet checked", "corrected": "Corrected", "verified": "Verified"}


def filters(rows: Sequence[Row]) -> None:
    """The button with all filters, and one to take them off again."""
    wanted: Filter = st.session_state.filter
    asked = len(wanted.to_query())
    with st.popover(f"Filters ({asked})" if asked else "Filters", icon=":material/filter_list:"):
        _form(rows, wanted)
    if wanted.active:
        st.button("Show all", icon=":material/filter_list_off:", on_click=_clear)


def _clear() -> None:
    state.set_filter(Filter())
    st.session_state.brush = st.session_state.get("brush", 0) + 1
    st.session_state.filter_form = st.session_state.get("filter_form", 0) + 1


def _form(rows: Sequence[Row], wanted: Filter) -> None:
    turn = st.session_state.get("filter_form", 0)
    present_kinds = {row.incident.kind for row in rows} | set(wanted.kinds)
    present_modalities = {row.incident.modality for row in rows} | set(wanted.modalities)
    present_precisions = {
        item.place.precision for row in rows for item in row.incident.places
    } | set(wanted.precisions)
    styles = kind_styles()
    kinds = st.multiselect(
        "What happened", [k for k in styles if k in present_kinds], list(wanted.kinds),
        format_func=lambda kind: styles[kind]["label"], key=f"f-kinds-{turn}", placeholder="Any",
    )  # fmt: skip
    modalities = st.multiselect(
        "Did it happen?", [m for m in get_args(Modality) if m in present_modalities],
        list(wanted.modalities), format_func=lambda m: label_of("modality", m),
        key=f"f-modalities-{turn}", placeholder="Any",
    )  # fmt: skip
    precisions = st.multiselect(
        "How precisely is the place known?",
        [p for p in get_args(Precision) if p in present_precisions], list(wanted.precisions),
        format_func=lambda p: label_of("precision", p).capitalize(), key=f"f-precisions-{turn}",
        placeholder="Any",
    )  # fmt: skip
    documents = {row.analysis.article.id: title_of(row.analysis) for row in rows}
    articles: Sequence[str] = wanted.articles
    if len(documents) > 1:
        articles = st.multiselect(
            "Article", list(documents), [a for a in wanted.articles if a in documents],
            format_func=lambda a: documents.get(a, a), key=f"f-articles-{turn}", placeholder="Any",
        )  # fmt: skip
    left, right = st.columns(2)
    place = left.text_input("Place", wanted.place, key=f"f-place-{turn}", max_chars=100)
    actor = right.text_input("Who", wanted.actor, key=f"f-actor-{turn}", max_chars=100)
    text = st.text_input("Words in the quote", wanted.text, key=f"f-text-{turn}", max_chars=200)
    left, right = st.columns(2)
    start = left.date_input(
        "From", date.fromisoformat(wanted.start) if wanted.start else None,
        min_value=date(1000, 1, 1), max_value=date(2100, 12, 31), format="YYYY-MM-DD",
        key=f"f-start-{turn}-{wanted.start}",
    )  # fmt: skip
    end = right.date_input(
        "To", date.fromisoformat(wanted.end) if wanted.end else None,
        min_value=date(1000, 1, 1), max_value=date(2100, 12, 31), format="YYYY-MM-DD",
        key=f"f-end-{turn}-{wanted.end}",
    )  # fmt: skip
    undated = st.checkbox("Show incidents without a date", wanted.undated, key=f"f-undated-{turn}")
    background = st.checkbox(
        "Show background, recalled from earlier", wanted.background, key=f"f-background-{turn}"
    )
    unsure = st.checkbox(
        "Show places that are unsure", wanted.unsure, key=f"f-unsure-{turn}",
        help="Without this, the map holds back a place that is less sure than 19 in 20; "
        "“Not on the map” lists it.",
    )  # fmt: skip
    least = st.slider(
        "How sure at least", 0, 100, round(wanted.least * 100), 5, format="%d%%",
        key=f"f-least-{turn}",
    )  # fmt: skip
    checked = st.selectbox(
        "Checked by a person?", list(_CHECKED), list(_CHECKED).index(wanted.checked)
        if wanted.checked in _CHECKED else 0, format_func=lambda c: _CHECKED[c],
        key=f"f-checked-{turn}",
    )  # fmt: skip
    now = Filter(
        tuple(kinds), tuple(modalities), tuple(precisions), tuple(articles), least / 100,
        place.strip(), actor.strip(), text.strip(),
        start.isoformat() if isinstance(start, date) else "",
        end.isoformat() if isinstance(end, date) else "",
        undated, background, checked, unsure,
    )  # fmt: skip
    if now != wanted:
        state.set_filter(now)
        st.rerun(scope="fragment")
