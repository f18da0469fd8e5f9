"""The filters, behind one button; what is filtered is always said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import streamlit as st

from mapper.errors import InputError
from mapper.export.crosswalk import first_day, last_day
from mapper.model import Modality, Precision
from mapper.views import state
from mapper.views.filters import Filter
from mapper.webmap.rows import Row, title_of
from mapper.webmap.words import day_in_words, kind_styles, label_of

_CHECKED = {"": "All", "open": "Not yet checked", "corrected": "Corrected", "verified": "Verified"}
_DAYS = (("From", "start"), ("To", "end"))


def filters(rows: Sequence[Row]) -> None:
    """The button with all filters, and one to take them off again."""
    wanted: Filter = st.session_state.filter
    asked = len(wanted.to_query())
    with st.popover(f"Filters ({asked})" if asked else "Filters", icon=":material/filter_list:"):
        _form(rows, wanted)
    if wanted.active:
        st.button("Show all", icon=":material/filter_list_off:", on_click=_clear)


def complaints() -> None:
    """What is wrong with the dates asked for, where it is seen with the filters closed too."""
    # A container that is always there: what follows keeps its place, and the map is not drawn anew.
    with st.container(key="complaints"):
        for said in _wrong():
            st.error(said, icon=":material/event_busy:")


def day_asked(typed: str, last: bool) -> str:
    """A day as typed (``2019-10-01``, ``1 Oct 2019``; a month or year for its first or last day).

    Nothing typed gives nothing.

    Raises:
        InputError: it is no day of the calendar.
    """
    from mapper.views.correct import iso_in_words

    form = iso_in_words(typed)
    if not form:
        return ""
    day = last_day(form) if last else first_day(form)
    if day is None or not len("YYYY") <= len(form) <= len("YYYY-MM-DD"):
        raise InputError(f"“{typed.strip()}” is no date: write it as 2024-05-14 or 14 May 2024")
    return day.isoformat()


def _wrong() -> list[str]:
    """Lines on the dates that cannot be filtered by."""
    lines = []
    for label, name in _DAYS:
        try:
            day_asked(str(st.session_state.get(_key(name)) or ""), name == "end")
        except InputError as error:
            lines.append(f"{label}: {error}. Until then it filters nothing.")
    wanted: Filter = st.session_state.filter
    if wanted.start and wanted.end and wanted.start > wanted.end:
        lines.append(
            f"From ({day_in_words(wanted.start)}) is after To ({day_in_words(wanted.end)}): "
            "no day lies between them. Change one of the two."
        )
    return lines


def _clear() -> None:
    state.set_filter(Filter())
    st.session_state.brush = st.session_state.get("brush", 0) + 1
    st.session_state.filter_form = st.session_state.get("filter_form", 0) + 1


def _key(name: str) -> str:
    """A field's key: new ones after "Show all"; the time's also after the time bar set it.

    Never after a field was filled in: a key that changes draws its field anew, and what is being
    typed into it, or into the next one, would be lost.
    """
    key = f"f-{name}-{st.session_state.get('filter_form', 0)}"
    return f"{key}-{st.session_state.get('brushes', 0)}" if name in ("start", "end") else key


def _changed(name: str) -> None:
    """A field was changed: the filter has it before anything is drawn, so it is drawn once."""
    value = st.session_state[_key(name)]
    if name == "least":
        value = value / 100
    elif name in ("start", "end"):
        try:
            value = day_asked(value, name == "end")
        except InputError:  # told where the field is
            value = ""
    elif isinstance(value, list):
        value = tuple(value)
    elif isinstance(value, str):
        value = value.strip()
    state.set_filter(replace(st.session_state.filter, **{name: value}))


def _form(rows: Sequence[Row], wanted: Filter) -> None:
    def field(name: str) -> dict[str, Any]:
        return {"key": _key(name), "on_change": _changed, "args": (name,)}

    present_kinds = {row.incident.kind for row in rows} | set(wanted.kinds)
    present_modalities = {row.incident.modality for row in rows} | set(wanted.modalities)
    present_precisions = {
        item.place.precision for row in rows for item in row.incident.places
    } | set(wanted.precisions)
    styles = kind_styles()
    st.multiselect(
        "What happened", [k for k in styles if k in present_kinds], list(wanted.kinds),
        format_func=lambda kind: styles[kind]["label"], placeholder="Any", **field("kinds"),
    )  # fmt: skip
    st.multiselect(
        "Did it happen?", [m for m in get_args(Modality) if m in present_modalities],
        list(wanted.modalities), format_func=lambda m: label_of("modality", m),
        placeholder="Any", **field("modalities"),
    )  # fmt: skip
    st.multiselect(
        "How precisely is the place known?",
        [p for p in get_args(Precision) if p in present_precisions], list(wanted.precisions),
        format_func=lambda p: label_of("precision", p).capitalize(), placeholder="Any",
        **field("precisions"),
    )  # fmt: skip
    documents = {row.analysis.article.id: title_of(row.analysis) for row in rows}
    if len(documents) > 1:
        st.multiselect(
            "Article", list(documents), [a for a in wanted.articles if a in documents],
            format_func=lambda a: documents.get(a, a), placeholder="Any", **field("articles"),
        )  # fmt: skip
    left, right = st.columns(2)
    left.text_input("Place", wanted.place, max_chars=100, **field("place"))
    right.text_input("Who", wanted.actor, max_chars=100, **field("actor"))
    st.text_input("Words in the quote", wanted.text, max_chars=200, **field("text"))
    left, right = st.columns(2)
    # Not date fields: those take what was typed only once they are left, and the wrong month for
    # one that does not exist; a field of text takes it with Enter, Tab or a click elsewhere.
    for box, (label, name) in zip((left, right), _DAYS, strict=True):
        st.session_state.setdefault(_key(name), getattr(wanted, name))
        box.text_input(
            label, max_chars=40, placeholder="YYYY-MM-DD",
            help="A day (2024-05-14, 14 May 2024), a month (2024-05) or a year.", **field(name),
        )  # fmt: skip
    with st.container():
        for said in _wrong():
            st.error(said)
    st.checkbox("Show incidents without a date", wanted.undated, **field("undated"))
    st.checkbox("Show background, recalled from earlier", wanted.background, **field("background"))
    st.checkbox(
        "Show places that are unsure", wanted.unsure,
        help="Without this, the map holds back a place that is less sure than 19 in 20; "
        "“Not on the map” lists it.", **field("unsure"),
    )  # fmt: skip
    st.slider(
        "How sure at least", 0, 100, round(wanted.least * 100), 5, format="%d%%", **field("least")
    )
    st.selectbox(
        "Checked by a person?", list(_CHECKED), list(_CHECKED).index(wanted.checked)
        if wanted.checked in _CHECKED else 0, format_func=lambda c: _CHECKED[c],
        **field("checked"),
    )  # fmt: skip
