"""Text and map side by side, the time bar under them, and the panes for working on incidents.

All of it is one fragment, so that a click redraws this part of the page alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import folium  # noqa: F401 - loaded once here, so that no click waits for it
import streamlit as st
from streamlit_folium import st_folium

from mapper.model import Analysis
from mapper.views import channel, correct, filterbar, intake, panes, state, timebar
from mapper.views.filters import filtered
from mapper.webmap.layer import DETAIL, SCRIPTS, STYLES, offline_map
from mapper.webmap.rows import Row
from mapper.webmap.totals import totals

HEIGHT = 560
"""Height of the map in pixels, and of the reading pane with the key under it."""

KEY_HEIGHT = 56

PANES = {
    "incident": "Check and correct",
    "table": "Table",
    "summary": "Summary",
    "unplaced": "Not on the map",
    "takeaway": "Take away",
    "log": "Changes",
}


@st.fragment
def workbench() -> None:
    """The part of the page that follows every click."""
    memory = st.session_state
    if memory.pop("redraw", False):
        st.rerun()
    if not state.store().articles():
        _empty()
        return
    rows = state.rows()
    shown = filtered(rows, memory.filter)
    _headline(rows, shown)
    with st.container(key="toolbar", horizontal=True, vertical_alignment="center"):
        _step_buttons(shown)
        filterbar.filters(rows)
        _undo_buttons(rows)
    filterbar.complaints()
    text, where = st.columns([5, 7], gap="medium")
    with text:
        _reader(rows, shown)
    with where:
        _map(rows, shown)
    timebar.time_bar(rows, shown)
    memory.pane = memory.pane if memory.pane in PANES else "incident"
    chosen = st.segmented_control(
        "What to work on",
        list(PANES),
        default=memory.pane,
        format_func=lambda pane: _pane_label(pane, shown),
        label_visibility="collapsed",
        key="pane_choice",
    )
    memory.pane = chosen or memory.pane
    {
        "incident": lambda: correct.panel(rows),
        "table": lambda: panes.table(shown),
        "summary": lambda: panes.summary(rows, shown),
        "unplaced": lambda: panes.unplaced(shown),
        "takeaway": lambda: panes.take_away(rows, shown),
        "log": panes.log,
    }[memory.pane]()
    state.share_view()


def _pane_label(pane: str, shown: Sequence[Row]) -> str:
    if pane == "unplaced":
        # No "(0)": names of places that were not found may be listed there all the same.
        missing = sum(1 for row in shown if not row.incident.places)
        return f"{PANES[pane]} ({missing})" if missing else PANES[pane]
    if pane == "table":
        return f"{PANES[pane]} ({len(shown)})"
    return PANES[pane]


def _empty() -> None:
    with st.container(border=True):
        st.subheader("No article yet")
        st.write(
            "Bring in a news article, and its incidents appear on a map, each at the place the "
            "text gives, each with the words that say so. Nothing leaves this computer."
        )
        if st.button("Add an article", type="primary", key="add-first"):
            intake.add_articles()


def _headline(rows: Sequence[Row], shown: Sequence[Row]) -> None:
    counted = totals(shown)
    parts = [panes.incidents_in_words(counted, len(rows))]
    if counted.killed.stated:
        parts.append(f"killed: **{panes.people(counted.killed)}**")
    if counted.injured.stated:
        parts.append(f"injured: **{panes.people(counted.injured)}**")
    if counted.unplaced:
        parts.append(f"{counted.unplaced} not on the map")
    if counted.undated:
        parts.append(f"{counted.undated} without a date")
    st.markdown(" · ".join(parts), help="Tolls are of what happened, as the text bounds them; a "
                "figure given for several incidents together is counted once.")  # fmt: skip


def _step_buttons(shown: Sequence[Row]) -> None:
    def go(by: int) -> None:
        ids = [row.id for row in shown]
        if ids:
            chosen = st.session_state.selected
            at = ids.index(chosen) if chosen in ids else (-1 if by > 0 else 0)
            state.select(ids[(at + by) % len(ids)])

    # No arrow keys: those also move along radio buttons and sliders, and would change the incident.
    st.button("Previous", icon=":material/chevron_left:", on_click=go, args=(-1,),
              disabled=not shown, shortcut="P", help="Previous incident")  # fmt: skip
    st.button("Next", icon=":material/chevron_right:", on_click=go, args=(1,),
              disabled=not shown, shortcut="N", help="Next incident")  # fmt: skip


def _undo_buttons(rows: Sequence[Row]) -> None:
    identity = correct.article_in_hand(rows)
    log = state.store().log(identity) if identity else ()
    from mapper.corrections import redo, undo

    can_undo = bool(identity) and undo(log, user="", at="") is not None
    can_redo = bool(identity) and redo(log, user="", at="") is not None

    def back() -> None:
        assert identity
        state.store().undo(identity, user=state.user(), at=state.now())
        state.changed(identity)

    def again() -> None:
        assert identity
        state.store().redo(identity, user=state.user(), at=state.now())
        state.changed(identity)

    if log:
        st.button("Undo", icon=":material/undo:", on_click=back, disabled=not can_undo)
        st.button("Redo", icon=":material/redo:", on_click=again, disabled=not can_redo)


def _article_shown(rows: Sequence[Row], shown: Sequence[Row]) -> Analysis | None:
    """The article to read: the chosen one; where all are, the chosen or first incident's."""
    memory = st.session_state
    if memory.article != state.ALL:
        found = state.corrected(memory.article)
        return found.analysis if found else None
    row = state.selected_row(rows)
    if row is not None:
        return row.analysis
    first = next(iter(shown or rows), None)
    return first.analysis if first else next(iter(state.analyses()), None)


def _reader(rows: list[Row], shown: Sequence[Row]) -> None:
    memory = st.session_state
    analysis = _article_shown(rows, shown)
    if analysis is None:
        st.info("This article has not been read yet.")
        return
    memory.reading = analysis.article.id
    intake.notices(analysis)
    version, article = state.shown().reading(analysis, rows, state.least())
    channel.reader(
        key="reader", channel=memory.channel, version=version, article=article,
        height=HEIGHT - KEY_HEIGHT, on_selection=_marked,
    )  # fmt: skip
    st.caption(
        "Shaded: happened. Framed: did not, or not yet. Underlined: places (wavy: not found). "
        "Keys N and P: next, previous. Click any other sentence to add an incident."
    )
    correct.marked()


def _marked() -> None:
    """A stretch of text was selected, or a sentence clicked: it can be made an incident."""
    found = st.session_state.reader.get("selection")
    if found:
        start, end, _ = found
        correct.mark(st.session_state.reading, start, end)


def _map(rows: list[Row], shown: Sequence[Row]) -> None:
    memory = st.session_state
    addresses = {name: channel.asset_address(name) for name in (*SCRIPTS, *STYLES)}
    st_folium(
        offline_map(
            addresses=addresses,
            options={"channel": memory.channel, "detail": channel.asset_address(DETAIL)},
        ),
        key="map",
        height=HEIGHT,
        use_container_width=True,
        returned_objects=[],
    )
    version, lines = state.shown().lines(rows, panes.near_labels)
    with st.container(key="hidden"):
        channel.store(
            key="store", channel=memory.channel, scope=str(memory.article), version=version,
            lines=lines,
        )  # fmt: skip
        channel.link(
            key="link",
            channel=memory.channel,
            visible=None if len(shown) == len(rows) else [row.id for row in shown],
            selected=memory.selected,
            n=memory.follow,
            tiles=bool(memory.get("tiles")),
            pick=correct.picking(),
            draft={"points": correct.draft(), "n": memory.get("draft_n", 0)},
            fit=memory.fit,
            on_selected=_clicked,
            on_picked=_picked,
            on_cancelled=correct.cancel,
        )


def _clicked() -> None:
    """An incident was chosen in the text or on the map."""
    found = st.session_state.link.get("selected")
    if found:
        st.session_state.selected = found
        correct.unmark()


def _picked() -> None:
    """Points of the map were chosen while the correction panel asked for them."""
    found = st.session_state.link.get("picked")
    if found is not None:
        correct.picked([(round(lat, 5), round(lon, 5)) for lat, lon in found])
