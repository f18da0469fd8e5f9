"""The panel for checking and correcting one incident; every change is saved at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, get_args

import streamlit as st

from geodata.fold import fold
from mapper.abstain import confidences
from mapper.corrections import (
    Correction,
    Corrector,
    advance,
    area_lying_in,
    lying_in,
    place_area,
    place_at,
)
from mapper.errors import MapperError
from mapper.export.words import kinds
from mapper.model import ActorRole, Analysis, Incident, Mention, Modality, Place, Span
from mapper.views import engine, signing, state
from mapper.views.coordinates import EXAMPLES, coordinates
from mapper.views.filters import filtered
from mapper.webmap.rows import Row
from mapper.webmap.words import (
    BY_HAND,
    actors_in_words,
    country_in_words,
    dated_in_words,
    kind_styles,
    label_of,
    place_in_words,
    precision_in_words,
    spelling_in_words,
    sub_kind_in_words,
    sureness_in_words,
    toll_in_words,
    when_of,
)

Put = Callable[..., None]
"""Takes a place, and the span of the words that mean it where there are any."""

SURE_TO = {
    50: "50 metres: a building",
    250: "250 metres: a street or square",
    1_000: "1 km: a part of a town",
    5_000: "5 km: a town",
    20_000: "20 km: a district",
    100_000: "100 km: no more than the region",
}
"""How near a point that a person gives may lie to the true one, in metres, for choosing."""


def article_in_hand(rows: Sequence[Row]) -> str | None:
    """The article that corrections and undo are about."""
    chosen = st.session_state.article
    if chosen != state.ALL:
        return str(chosen) if chosen else None
    row = state.selected_row(rows)
    return row.analysis.article.id if row else None


def picking() -> str:
    """What the next click on the map is to give: ``point``, ``outline``, or nothing.

    Known before the panel is drawn.
    """
    memory = st.session_state
    asked = (
        memory.get("selected")
        and (memory.get("pane_choice") or memory.get("pane")) == "incident"
        and memory.get("editor") == "where"
    )
    way = memory.get(_key("where_how"), "") if asked else ""
    return {"point": "point", "draw": "outline"}.get(way, "")


def draft() -> list[tuple[float, float]]:
    """The points chosen so far, for the map: (latitude, longitude)."""
    memory = st.session_state
    if picking() == "point":
        point = coordinates(memory.get(_key("typed")) or "")
        return [point] if point else []
    return list(memory.get("outline") or ()) if picking() else []


def picked(points: Sequence[tuple[float, float]]) -> None:
    """Points came from the map: the panel shows them as numbers."""
    memory = st.session_state
    if picking() == "point":
        memory[_key("typed")] = "{:.5f}, {:.5f}".format(*points[-1]) if points else ""
    elif picking() == "outline":
        memory.outline = list(points)
        memory[_key("outline_text")] = _written(points)


def cancel() -> None:
    """Stop asking the map for anything; what was chosen on it so far is forgotten."""
    _forget_draft()


def _asked_of_the_map(asked: str) -> None:
    """What is to be done on the map, said where it was asked for, and the way out of it.

    The map says so too, but whoever just pressed the button looks here.
    """
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key="asked-of-the-map"
    ):
        st.text(asked, width="stretch")
        st.button("Cancel", icon=":material/close:", on_click=cancel, key="cancel-picking")


def _redraw() -> None:
    """The draft was changed here and not on the map: the map is to show it so."""
    st.session_state.draft_n = st.session_state.get("draft_n", 0) + 1


def _written(points: Sequence[tuple[float, float]]) -> str:
    return "\n".join(f"{lat:.5f}, {lon:.5f}" for lat, lon in points)


def panel(rows: Sequence[Row]) -> None:
    """The chosen incident with everything that can be changed about it."""
    row = state.selected_row(rows)
    row = row and replace(row, incident=_whole(row))
    _rejected(row)
    if row is None:
        st.info(
            "Choose an incident: click a mark on the map or a coloured sentence in the text. "
            "Then check it here, correct it or mark it as verified."
        )
        _missed(rows)
        return
    if picking():
        st.text(row.title)  # the form stays close under the map that is to be clicked
    else:
        _facts(row)
    reason, name = st.columns([3, 1]) if not signing.asked() else (st.container(), None)
    said = reason.text_input(
        "Why the change? (kept in the log)", key=_why_key(row), max_chars=300,
        placeholder="Optional: for example, “the ministry's later statement says two”",
    )  # fmt: skip
    if name is not None:
        with name:
            signing.ask()
    editors = {
        "where": "Where", "what": "What", "when": "When", "toll": "Toll", "who": "Who",
        "merge": "Merge or split",
    }  # fmt: skip
    chosen = st.segmented_control(
        "What to correct", list(editors), format_func=lambda e: editors[e], key="editor",
        label_visibility="collapsed",
    )  # fmt: skip
    draw = {
        "where": _where, "what": _what, "when": _when, "toll": _toll, "who": _who, "merge": _merge,
    }.get(chosen or "")  # fmt: skip
    if draw:
        draw(row, rows, said)
    _missed(rows)


def _rejected(row: Row | None) -> None:
    """What was just taken off, for as long as the incident shown after it is."""
    gone = st.session_state.get("rejected")
    if gone is None:
        return
    title, then = gone
    if then != (row.id if row else None):
        del st.session_state["rejected"]
        return
    with st.container(border=True):
        st.text(f"Taken off the map, as no incident: “{title}”.")
        st.caption(
            "“Undo” brings it back; “Changes” lists it. "
            + ("The next incident is below." if row else "No other incident is shown.")
        )


def _missed(rows: Sequence[Row]) -> None:
    """Choose a sentence that tells of an incident the machine missed, without a mouse."""
    identity = article_in_hand(rows)
    found = state.corrected(identity) if identity else None
    if identity is None or found is None:
        return
    text = found.analysis.article.text
    # Its sentences, of which a long text has thousands, are sent only when they are asked for.
    with st.expander(
        "Add an incident that was missed", icon=":material/add_circle:", key="missed",
        on_change="rerun",
    ) as box:  # fmt: skip
        if not box.open:
            return
        st.caption("Select its words in the text above, or choose its sentence here.")
        spans = _sentences(text)
        chosen = st.selectbox(
            "Sentence", range(len(spans)), None, placeholder="Choose or type to search",
            format_func=lambda i: " ".join(text[spans[i][0] : spans[i][1]].split())[:160],
            key=f"missed-{identity}",
        )  # fmt: skip
        if st.button("Take this sentence", disabled=chosen is None) and chosen is not None:
            mark(identity, *spans[chosen])
            st.rerun(scope="fragment")


@lru_cache(maxsize=4)
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    """The spans of a text's sentences; the text in hand is asked for at every click."""
    from mapper.segment import sentences

    return tuple(sentences(text))


def _facts(row: Row) -> None:
    incident, text = row.incident, row.analysis.article.text
    left, right = st.columns([3, 1])
    with left:
        many = f"{incident.count} × " if incident.count and incident.count > 1 else ""
        st.subheader(f"{many}{row.kind_label}", anchor=False)
        lines = []
        if incident.sub_kind:
            lines.append(("More exactly", sub_kind_in_words(incident.kind, incident.sub_kind)))
        lines += [("Did it happen?", label_of("modality", incident.modality)
                  + (", recalled from earlier" if incident.background else ""))]  # fmt: skip
        lines += [
            (
                "Where",
                f"{place_in_words(item)}. {spelling_in_words(item, text)}"
                f"{precision_in_words(item)}",
            )
            for item in incident.places
        ] or [("Where", "no place that could be found")]
        lines.append(("When", when_of(row.analysis, incident)))
        for toll in (
            toll_in_words("Killed", incident.fatalities),
            toll_in_words("Injured", incident.injured),
        ):  # fmt: skip
            if toll:
                # "Nobody was hurt" tells of both; it is quoted once.
                told = toll["note"] != BY_HAND and any(
                    value.endswith(toll["note"]) for _, value in lines
                )
                note = "" if told else f" {toll['note']}"
                lines.append((toll["label"], toll["text"] + note))
        if incident.actors:
            lines.append(("Who", actors_in_words(incident.actors)))
        lines.append(("How sure", sureness_in_words(incident, confidences(row.analysis))))
        if incident.corrected:
            by_hand = ", ".join(label_of("changed", name) for name in incident.corrected)
            lines.append(("Changed by hand", by_hand))
        st.text("\n".join(f"{n} {v}" if n.endswith("?") else f"{n}: {v}" for n, v in lines))
        for evidence in incident.evidence[:3]:
            said = " ".join(text[slice(*evidence.trigger)].split())
            st.text(f"“{evidence.quote}”" + (f"\nWords that say so: {said}" if said else ""))
    with right:
        if incident.verified:
            st.success("Verified", icon=":material/verified:")
            st.button(
                "Take the mark off",
                on_click=_press,
                args=(row, lambda c: c.verify(row.incident.id, False)),
                width="stretch",
            )
        else:
            st.button(
                "Mark as verified", type="primary", icon=":material/verified:", width="stretch",
                on_click=_press, args=(row, lambda c: c.verify(row.incident.id)),
            )  # fmt: skip
        st.button(
            "Not an incident", icon=":material/delete:", width="stretch",
            help="Takes it off the map. Undo brings it back.",
            on_click=_reject, args=(row,),
        )  # fmt: skip


def _do(row: Row, make: Callable[[Corrector], Correction | Sequence[Correction]]) -> bool:
    """Make corrections of a row's incident and save them; tell what does not fit.

    Whether they were saved.
    """
    found = state.corrected(row.analysis.article.id)
    if found is None:
        return False
    try:
        made = make(state.corrector(found.analysis))
        for entry in (made,) if isinstance(made, Correction) else made:
            state.save(entry)
    except MapperError as error:
        state.note("error", f"Not saved: {error}.")
        st.session_state.problem = f"Not saved: {error}."
        return False
    st.session_state.changes_made = st.session_state.get("changes_made", 0) + 1
    return True


def _press(row: Row, make: Callable[[Corrector], Correction | Sequence[Correction]]) -> None:
    """As ``_do``, for a button."""
    _do(row, make)


def _whole(row: Row) -> Incident:
    """The incident with all its places in their order, those held back as unsure too."""
    everyone = {incident.id: incident for incident in row.analysis.incidents}
    return everyone.get(row.incident.id, row.incident)


def confirm_places(row: Row) -> None:
    """Say that the places held back as unsure are right: the map shows them then."""
    whole = _whole(row)
    _do(row, lambda c: c.set(whole.id, "places", [item.to_dict() for item in whole.places]))


def _reject(row: Row) -> None:
    why = st.session_state.get(_why_key(row), "")
    shown = [other.id for other in filtered(state.rows(), st.session_state.filter)]
    if _do(row, lambda c: c.reject(row.incident.id, why=why)):
        then = _after(row.id, shown, {other.id for other in state.rows()})
        st.session_state.rejected = (row.title, then)
        state.select(then)


def _after(gone: str, shown: Sequence[str], left: Collection[str]) -> str | None:
    """The id after this one among those shown that are left, else the one before it."""
    at = shown.index(gone) if gone in shown else 0
    order = [*shown[at + 1 :], *reversed(shown[:at])]
    return next((identity for identity in order if identity in left), None)


def _why_key(row: Row) -> str:
    """The key of the reason's field: a new one after each change, for a reason is of one alone."""
    return f"why-{row.id}-{st.session_state.get('changes_made', 0)}"


def _apply(row: Row, make: Callable[[Corrector], Correction | Sequence[Correction]]) -> None:
    """As ``_do``, from within the panel: shows the error there or draws the page anew."""
    st.session_state.pop("problem", None)
    with st.spinner("Saving …"):
        _do(row, make)
    if problem := st.session_state.pop("problem", None):
        st.session_state.notes = []
        st.error(problem)
    else:
        st.toast("Saved.", icon=":material/check:")
        st.rerun(scope="fragment")


def _which_place(incident: Incident) -> int | None:
    """Which of several places to change; None for an incident with none."""
    if not incident.places:
        return None
    if len(incident.places) == 1:
        return 0
    return int(
        st.radio(
            "Which of its places?", range(len(incident.places)),
            format_func=lambda i: place_in_words(incident.places[i]), horizontal=True,
        )
    )  # fmt: skip


def _where(row: Row, rows: Sequence[Row], why: str) -> None:
    incident = row.incident
    index = _which_place(incident)
    ways = {
        "candidates": "Other candidates", "search": "Search by name",
        "point": "Click the map or type", "draw": "Draw an area", "area": "Area by name",
        "none": "Take a place away" if len(incident.places) > 1 else "No place",
    }  # fmt: skip
    way = st.radio(
        "How to choose the place", list(ways), format_func=lambda w: ways[w], horizontal=True,
        key=_key("where_how"), on_change=_redraw,
    )  # fmt: skip

    def put(place: Place, mention: Span | None = None) -> None:
        _apply(
            row, lambda c: c.set_place(incident.id, place, mention=mention, index=index, why=why)
        )

    if way == "candidates":
        _candidates(row, index, put)
    elif way == "search":
        _search(row, index, put)
    elif way == "point":
        _asked_of_the_map("Now click the spot on the map above, or type where it is.")
        typed = st.text_input(
            "Latitude, longitude", placeholder="33.3152, 44.3661", key=_key("typed"), max_chars=60,
            on_change=_redraw, help="Click the spot on the map above, or type where it is: "
            f"{EXAMPLES}.",
        )  # fmt: skip
        point = coordinates(typed)
        if typed and point is None:
            st.error(f"“{typed}” is no pair of coordinates: write them as {EXAMPLES}.")
        _named_point(point, put)
    elif way == "draw":
        _drawn(put)
    elif way == "area":
        _area(put)
    else:
        _without(row, index, why)


def _without(row: Row, index: int | None, why: str) -> None:
    """Take one of several places away, or all."""
    incident = row.incident
    if index is not None and len(incident.places) > 1:
        st.text(f"Chosen above: {place_in_words(incident.places[index])}")
        if st.button("Take this place away, keep the others", type="primary"):
            kept = [item.to_dict() for n, item in enumerate(incident.places) if n != index]
            _apply(row, lambda c: c.set(incident.id, "places", kept, why=why))
    if st.button("Say that the place is not known"):
        _apply(row, lambda c: c.set(incident.id, "places", [], why=why))


def _candidates(row: Row, index: int | None, put: Put) -> None:
    mentions = {m.span: m for m in row.analysis.mentions}
    spans = [item.mention for item in row.incident.places]
    chosen = spans[index : index + 1] if index is not None else []
    near = [
        m.span
        for m in row.analysis.mentions
        if any(e.start <= m.start < e.end for e in row.incident.evidence)
        and m.role in ("literal", "nominal")
    ]
    offered = False
    seen: set[str] = set()
    for span in dict.fromkeys([*chosen, *near]):
        mention = mentions.get(span)
        if mention is None:
            continue
        here = row.incident.places[index].place.id if index is not None else None
        for candidate in mention.candidates[:5]:
            if candidate.id == here or candidate.id in seen or candidate.score < 0.01:
                continue
            seen.add(candidate.id)
            place = _place_of(candidate.id)
            if place is None:
                continue
            offered = True
            if st.button(
                f"“{mention.text}” is {_described(place)} – {candidate.score:.0%}",
                key=f"cand-{span}-{candidate.id}",
            ):
                put(place, span)
    if not offered:
        st.info("There is no other meaning of this name.")
    _elsewhere(row, index, put)


def _elsewhere(row: Row, index: int | None, put: Put) -> None:
    """Places that other words of the article mean, in the text's order."""
    here = row.incident.places[index].place.id if index is not None else None
    named = {
        mention.place.id: mention
        for mention in reversed(row.analysis.mentions)
        if mention.place and mention.place.id != here and mention.role in ("literal", "nominal")
    }
    mentions = list(reversed(named.values()))
    if not mentions:
        return
    chosen = st.selectbox(
        "Or another place of this article", range(len(mentions)), None,
        format_func=lambda i: _meant(mentions[i]), placeholder="Choose or type to search",
        key=f"elsewhere-{row.id}-{index}",
    )  # fmt: skip
    if chosen is not None and st.button("It is there", type="primary"):
        place = mentions[chosen].place
        if place:
            put(place, mentions[chosen].span)


def _search(row: Row, index: int | None, put: Put) -> None:
    sought = st.text_input("Name of the place", key="sought", max_chars=100).strip()
    if not sought:
        return
    gazetteer = engine.analyser().gazetteer
    find = getattr(gazetteer, "search", None) or gazetteer.lookup
    matches = find(sought, limit=30)
    found = [m for m in matches if m.how not in ("fuzzy", "contained")]
    if not found:
        st.info(
            f"The gazetteer knows no “{sought}”. Click the map or type coordinates instead"
            + (", or choose a place with a name like it:" if matches else ".")
        )
    about = {m.place.country for m in row.analysis.mentions if m.place and m.place.country}
    for match in best_first(found or matches, sought, about)[:12]:
        place = _place_of(match.entry.id)
        if place is None:
            continue
        other = fold(match.name) == fold(sought) != fold(place.name)
        label = _described(place) + (f" – also called “{match.name}”" if other else "")
        if st.button(label, key=f"found-{match.entry.id}"):
            put(place, _meaning(row, index, (match.name, place.name)))


def _meaning(row: Row, index: int | None, names: Collection[str]) -> Span | None:
    """The span of the words that the place rests on, where they are one of these names."""
    if index is None:
        return None
    span = row.incident.places[index].mention
    said = fold(row.analysis.article.text[slice(*span)])
    return span if said and said in {fold(name.partition(",")[0]) for name in names} else None


def best_first(matches: Sequence[Any], sought: str, about: Collection[str]) -> list[Any]:
    """Places of just this name before others, and those of the article's countries before others'.

    What is equal in both stays in the gazetteer's order.
    """
    name = fold(sought.partition(",")[0])
    return sorted(matches, key=lambda m: (fold(m.name) != name, m.entry.country not in about))


def _area(put: Put) -> None:
    sought = st.text_input(
        "Province, country or region", key="sought_area", max_chars=100,
        help="Several, separated by commas, are joined into one area.",
    )  # fmt: skip
    names = [part.strip() for part in sought.split(",") if part.strip()]
    if not names:
        return
    gazetteer = engine.analyser().gazetteer
    chosen = []
    for name in names:
        found = [m.entry for m in gazetteer.lookup(name, limit=30) if m.entry.has_geometry]
        if not found:
            st.info(f"The gazetteer has no area named “{name}”.")
            return
        pick = st.selectbox(name, found, format_func=_described_entry, key=f"area-{name}")
        chosen.append(pick)
    if st.button("Use this area"):
        if len(chosen) == 1:
            place = _place_of(chosen[0].id)
            if place:
                put(place)
            return
        import shapely
        from shapely.geometry import mapping

        shapes = [gazetteer.geometry(entry.id) for entry in chosen]
        joined = shapely.union_all([shape for shape in shapes if shape is not None])
        try:
            lands = {entry.country for entry in chosen}
            put(
                place_area(
                    mapping(joined),
                    name=", ".join(entry.name for entry in chosen),
                    country=lands.pop() if len(lands) == 1 else None,
                    source="; ".join(sorted({entry.source for entry in chosen})),
                )
            )
        except MapperError as error:
            st.error(f"Not saved: {error}.")


def _named_point(point: tuple[float, float] | None, put: Put) -> None:
    left, right = st.columns(2)
    name = left.text_input(
        "What to call it", key=_key("point_name"), max_chars=100,
        placeholder="Left empty, it is called by its coordinates",
    )  # fmt: skip
    metres = right.selectbox(
        "Sure to within", list(SURE_TO), None, format_func=lambda m: SURE_TO[m],
        key=_key("point_metres"), placeholder="Choose how near to the true spot it is",
    )  # fmt: skip
    ready = point is not None and metres is not None
    if st.button("Put it here", type="primary", disabled=not ready) and point and metres:
        country, admin1 = _lies_in([point])
        try:
            place = place_at(
                *point, name=name, uncertainty_m=metres, country=country, admin1=admin1
            )
        except MapperError as error:
            st.error(f"Not saved: {error}.")
            return
        _forget_draft()
        put(place)


def _lies_in(points: Sequence[tuple[float, float]]) -> tuple[str | None, str | None]:
    """Country and first-order division of points, as far as the gazetteer at hand knows any."""
    gazetteer = engine.analyser().gazetteer
    return lying_in(gazetteer, points) if hasattr(gazetteer, "admin1_at") else (None, None)


def _area_lies_in(area: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Country and first-order division of an area, as ``_lies_in``."""
    gazetteer = engine.analyser().gazetteer
    return area_lying_in(gazetteer, area) if hasattr(gazetteer, "admin1_shares") else (None, None)


def _key(name: str) -> str:
    """A widget's key for the draft in hand: after a draft is used, the widgets begin empty."""
    return f"{name}-{st.session_state.get('drafts', 0)}"


def _forget_draft() -> None:
    """Nothing is being drawn any more."""
    st.session_state.drafts = st.session_state.get("drafts", 0) + 1
    st.session_state.outline = []
    _redraw()


def _drawn(put: Put) -> None:
    """An area by its corners: clicked on the map, or typed one a line."""
    memory = st.session_state
    _asked_of_the_map(
        "Now click the corners of the area on the map above, one after the other, or type them."
    )
    memory.setdefault(_key("outline_text"), _written(memory.get("outline") or ()))
    text = st.text_area(
        "Corners of the area, one a line: latitude, longitude", key=_key("outline_text"),
        height=140, placeholder="31.00, 45.50\n31.00, 48.50\n30.00, 48.50", max_chars=20_000,
        on_change=_outline_typed,
        help="Click the corners on the map above, one after the other, or type them here.",
    )  # fmt: skip
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = next((line for line in lines if coordinates(line) is None), None)
    name = st.text_input(
        "What to call it", key=_key("outline_name"), max_chars=100,
        placeholder="Left empty, it is called an area drawn by hand",
    )  # fmt: skip
    if wrong is not None:
        st.error(f"“{wrong}” is no corner: write it as {EXAMPLES}.")
    elif 0 < len(lines) < 3:
        st.caption(f"{len(lines)} of at least 3 corners.")
    ready = wrong is None and len(lines) >= 3
    if st.button("Use this area", type="primary", key="use-drawn", disabled=not ready):
        corners = list(filter(None, map(coordinates, lines)))
        ring = [[lon, lat] for lat, lon in corners]
        area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        try:
            country, admin1 = _area_lies_in(area)
            place = place_area(area, name=name, country=country, admin1=admin1)
        except MapperError as error:
            st.error(f"Not saved: {error}.")
            return
        _forget_draft()
        put(place)


def _outline_typed() -> None:
    memory = st.session_state
    lines = [line for line in memory[_key("outline_text")].splitlines() if line.strip()]
    points = [coordinates(line) for line in lines]
    if all(points):
        memory.outline = [point for point in points if point]
        _redraw()


def _place_of(identity: str) -> Place | None:
    """A gazetteer entry as a place, with its area."""
    gazetteer = engine.analyser().gazetteer
    entry = gazetteer.entry(identity)
    if entry is None:
        return None
    from shapely.geometry import mapping

    shape = gazetteer.geometry(identity) if entry.has_geometry else None
    return Place(
        entry.id, entry.name, entry.kind, entry.country, entry.admin1_name or entry.admin1,
        entry.lat, entry.lon, entry.geonameid, entry.precision, entry.uncertainty_m,
        mapping(shape.simplify(0.01)) if shape is not None else None, entry.source,
    )  # fmt: skip


def _described(place: Place) -> str:
    return _shown_as(place.name, place.admin1, place.country, place.kind)


def _shown_as(name: str, admin1: str | None, country: str | None, kind: str) -> str:
    parts = [part for part in (admin1, country_in_words(country)) if part and part != name]
    return f"{', '.join([name, *parts])} ({label_of('place_kind', kind)})"


def _described_entry(entry: Any) -> str:
    return _shown_as(entry.name, entry.admin1_name, entry.country, entry.kind)


def _what(row: Row, rows: Sequence[Row], why: str) -> None:
    incident = row.incident
    styles = {k: s for k, s in kind_styles().items() if not k.startswith("_")}
    # No form: which sub-kinds there are hangs on the kind that is chosen.
    turn = f"{row.id}-{st.session_state.get('changes_made', 0)}"
    kind = st.selectbox(
        "Kind", list(styles), list(styles).index(incident.kind) if incident.kind in styles else 0,
        format_func=lambda k: styles[k]["label"], key=f"kind-{turn}",
    )  # fmt: skip
    finer = list(kinds().get(kind, {}).get("sub_kinds") or {})
    now = incident.sub_kind if kind == incident.kind else None
    if now and now not in finer:
        finer.append(now)
    sub_kind = st.selectbox(
        "More exactly", [None, *finer], finer.index(now) + 1 if now else 0,
        format_func=lambda k: sub_kind_in_words(kind, k) if k else "not said",
        key=f"finer-{turn}-{kind}",
    )  # fmt: skip
    moods = get_args(Modality)
    modality = st.selectbox(
        "Did it happen?", moods, moods.index(incident.modality),
        format_func=lambda m: label_of("modality", m), key=f"mood-{turn}",
    )  # fmt: skip
    background = st.checkbox(
        "Background: recalled from earlier", incident.background, key=f"background-{turn}"
    )
    count = st.number_input(
        "How many times (a series told as one); 0: not a series", 0, 100_000,
        incident.count or 0, key=f"count-{turn}",
    )  # fmt: skip
    if st.button("Save", type="primary"):
        wanted = {
            "kind": kind, "sub_kind": sub_kind, "modality": modality, "background": background,
            "count": int(count) or None,
        }  # fmt: skip
        if kind != incident.kind and sub_kind is None:
            del wanted["sub_kind"]  # the old kind's goes with it
        _apply(row, lambda c: _changes(c, incident, wanted, why))


def _changes(
    by: Corrector, incident: Incident, wanted: dict[str, Any], why: str
) -> list[Correction]:
    now = incident.to_dict()
    return [
        by.set(incident.id, name, value, why=why)
        for name, value in wanted.items()
        if now[name] != value
    ]


def _when(row: Row, rows: Sequence[Row], why: str) -> None:
    incident = row.incident
    date = incident.date
    with st.form(f"when-{row.id}", border=False):
        left, right = st.columns(2)
        start = left.text_input(
            "From (YYYY, YYYY-MM or YYYY-MM-DD)", (date.start or "") if date else "", max_chars=40,
            help="Or in words: 11 May 2024, May 2024. XXXX-10-28 where the year is not known.",
        )  # fmt: skip
        end = right.text_input(
            "To (empty: still going on)", (date.end or "") if date else "", max_chars=40
        )
        said = st.text_input(
            "In these words of the text (optional)", "", max_chars=200, help=_WORDS_HELP,
            key=f"when-words-{row.id}-{date.quote if date else ''}",
        )  # fmt: skip
        if st.form_submit_button("Save", type="primary"):
            value = {
                "start": iso_in_words(start) or None, "end": iso_in_words(end) or None,
            }  # fmt: skip
            unchanged = date is not None and (date.start, date.end) == tuple(value.values())
            if unchanged and not said.strip():
                st.info("Nothing was changed.")
                return
            try:
                span = _words_at(row, said)
            except ValueError as error:
                st.error(f"Not saved: {error}.")
                return
            new = {**value, "span": span} if start.strip() or end.strip() else None
            _apply(row, lambda c: c.set(incident.id, "date", new, why=why))


_WORDS_HELP = (
    "As the article has them. Left empty, the value is said to be set by a person: the words "
    "that it was read from told of another."
)


def _words_at(row: Row, said: str) -> list[int]:
    """The span of words given for a value; the empty one where none are.

    Raises:
        ValueError: the text does not say so; the message names the words.
    """
    quote = said.strip().strip('“”"')
    if not quote:
        return [0, 0]
    start = _nearest(row, quote)
    if row.analysis.article.text[start : start + len(quote)] != quote:
        raise ValueError(f"the text does not say “{quote}”")
    return [start, start + len(quote)]


_WRITTEN_DATES = (
    ("%d %B %Y", 10), ("%d %b %Y", 10), ("%B %d %Y", 10), ("%b %d %Y", 10), ("%d.%m.%Y", 10),
    ("%Y/%m/%d", 10), ("%B %Y", 7), ("%b %Y", 7),
)  # fmt: skip
"""Ways to write a date that have one meaning, and how much of the ISO form each gives."""


def iso_in_words(typed: str) -> str:
    """A date as typed in its ISO form; as it is where it is in none of the known ways."""
    plain = " ".join(typed.replace(",", " ").split())
    for way, length in _WRITTEN_DATES:
        try:
            return datetime.strptime(plain, way).date().isoformat()[:length]
        except ValueError:
            continue
    return plain


def _toll(row: Row, rows: Sequence[Row], why: str) -> None:
    incident = row.incident
    with st.form(f"toll-{row.id}", border=False):
        wanted: dict[str, dict[str, Any] | None] = {}
        wrong: list[str] = []
        for name, title in (("fatalities", "Killed"), ("injured", "Injured")):
            toll = getattr(incident, name)
            left, right, third = st.columns([2, 2, 3])
            # Not number fields: those give back their old number when they are emptied.
            typed = [
                box.text_input(
                    f"{title}: {bound}", "" if number is None else str(number), max_chars=12,
                    help="Leave both empty where the text gives no number, one where it sets no "
                    "such bound.", key=f"toll-{row.id}-{name}-{bound}-{number}",
                )
                for box, bound, number in (
                    (left, "at least", toll.low if toll else None),
                    (right, "at most", toll.high if toll else None),
                )
            ]  # fmt: skip
            said = third.text_input(
                f"{title}: in these words (optional)", "", max_chars=200, help=_WORDS_HELP,
                key=f"toll-words-{row.id}-{name}-{toll.quote if toll else ''}",
            )  # fmt: skip
            try:
                low, high = _people(typed[0]), _people(typed[1])
                span = _words_at(row, said)
            except ValueError as error:
                wrong.append(f"{title}: {error}")
                continue
            if low is not None and high is not None and low > high:
                wrong.append(f"{title}: at least {low} is more than at most {high}")
                continue
            if low is None and high is None:
                wanted[name] = None
                continue
            wanted[name] = {
                "low": low, "high": high, "best": low if low == high else None, "span": span,
            }  # fmt: skip
        if st.form_submit_button("Save", type="primary"):

            def changes(by: Corrector) -> list[Correction]:
                made = []
                for name, value in wanted.items():
                    old = getattr(incident, name)
                    same = (old is None) == (value is None) and (
                        old is None
                        or value is None
                        or (
                            (old.low, old.high) == (value["low"], value["high"])
                            and value["span"] in ([0, 0], list(old.span))
                        )
                    )
                    if not same:
                        made.append(by.set(incident.id, name, value, why=why))
                return made

            if wrong:
                st.error(f"Not saved: {'; '.join(wrong)}.")
            else:
                _apply(row, changes)


def _people(typed: str) -> int | None:
    """A number of people as typed; None for nothing.

    Raises:
        ValueError: it is no such number; the message says what was typed.
    """
    digits = typed.strip().replace(",", "").replace(" ", "")
    if not digits:
        return None
    if not digits.isdecimal():
        raise ValueError(f"“{typed.strip()}” is no number of people; write digits, as in 12")
    return int(digits)


def _who(row: Row, rows: Sequence[Row], why: str) -> None:
    incident = row.incident
    roles = list(get_args(ActorRole))
    import pandas as pd

    frame = pd.DataFrame(
        [{"Who": a.quote, "Role": a.role, "Only alleged": a.alleged} for a in incident.actors],
        columns=["Who", "Role", "Only alleged"],
    )
    edited = st.data_editor(
        frame, num_rows="dynamic", hide_index=True, width="stretch", key=f"actors-{row.id}",
        column_config={
            "Who": st.column_config.TextColumn(required=True, help="In the words of the text"),
            "Role": st.column_config.SelectboxColumn(
                options=roles, required=True, format_func=lambda role: label_of("actor", str(role))
            ),
            "Only alleged": st.column_config.CheckboxColumn(default=False),
        },
    )  # fmt: skip
    if st.button("Save who", type="primary"):
        value = [
            {
                "quote": str(item["Who"]), "role": item["Role"],
                "alleged": item["Only alleged"] is not None and bool(item["Only alleged"]),
                "start": _nearest(row, str(item["Who"])),
            }
            for item in edited.to_dict("records")
            if item["Who"] and item["Role"]
        ]  # fmt: skip
        _apply(row, lambda c: c.set(incident.id, "actors", value, why=why))


def _nearest(row: Row, quote: str) -> int:
    """Where the text says this, nearest to the incident's first evidence."""
    text = row.analysis.article.text
    home = row.incident.evidence[0].start if row.incident.evidence else 0
    places, at = [], text.find(quote)
    while at >= 0 and quote:
        places.append(at)
        at = text.find(quote, at + 1)
    return min(places, key=lambda p: abs(p - home), default=home)


def _merge(row: Row, rows: Sequence[Row], why: str) -> None:
    incident = row.incident
    others = {
        other.incident.id: other
        for other in rows
        if other.analysis.article.id == row.analysis.article.id and other.incident.id != incident.id
    }
    same = st.multiselect(
        "The same happening as", list(others),
        format_func=lambda i: f"{others[i].title}: “{others[i].quote[:70]}”",
        key=f"same-{row.id}", placeholder="Choose incidents",
    )  # fmt: skip
    if st.button("Make them one", disabled=not same):
        _apply(row, lambda c: c.merge(incident.id, same, why=why))
    if len(incident.evidence) > 1 or len(incident.places) > 1:
        quotes = st.multiselect(
            "Sentences that tell of another incident", range(len(incident.evidence)),
            format_func=lambda i: incident.evidence[i].quote[:110], key=f"split-q-{row.id}",
            placeholder="Choose sentences",
        ) if len(incident.evidence) > 1 else []  # fmt: skip
        spots = st.multiselect(
            "Places of another incident", range(len(incident.places)),
            format_func=lambda i: place_in_words(incident.places[i]), key=f"split-p-{row.id}",
            placeholder="Choose places",
        ) if len(incident.places) > 1 else []  # fmt: skip
        _halves(row, quotes, spots)
        if st.button("Split these off", disabled=not (quotes or spots)):
            _apply(row, lambda c: c.split(incident.id, evidence=quotes, places=spots, why=why))
    else:
        st.caption("It rests on one sentence and one place: there is nothing to split.")


def _halves(row: Row, quotes: Sequence[int], spots: Sequence[int]) -> None:
    """What the two incidents would be after the split: where each value goes."""
    found = state.corrected(row.analysis.article.id)
    if found is None or not (quotes or spots):
        return
    by = state.corrector(found.analysis)
    try:
        entry = by.split(row.incident.id, evidence=quotes, places=spots)
    except MapperError:
        return  # told when it is tried
    halves = advance(found, [entry]).analysis.incidents
    before = {id(incident) for incident in found.analysis.incidents}
    changed = [i for i in halves if id(i) not in before and "split" in i.corrected]
    for name, half in zip(("Stays", "Split off"), changed, strict=False):
        st.text(f"{name}: {_in_short(half)}")


def _in_short(incident: Incident) -> str:
    tolls = (
        toll_in_words("killed", incident.fatalities), toll_in_words("injured", incident.injured),
    )  # fmt: skip
    parts = [
        f"“{incident.evidence[0].quote[:60]}…”" if incident.evidence else "",
        ", ".join(place_in_words(item) for item in incident.places) or "no place",
        dated_in_words(incident.date),
        *(f"{toll['label']}: {toll['text']}" for toll in tolls if toll),
        actors_in_words(incident.actors),
    ]
    return " · ".join(part for part in parts if part)


def mark(article: str, start: int, end: int) -> None:
    """Remember what was marked in an article, in whole words; where that is empty, its sentence.

    A sentence that was only clicked is asked about before the form opens.
    """
    found = state.corrected(article)
    if found is None:
        return
    span = whole_words(found.analysis.article.text, start, end)
    st.session_state.marked = (article, span, start != end) if span else None


def whole_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span widened to whole words, without space around; of an empty one its sentence.

    None where nothing stands there.
    """
    from mapper.segment import sentences

    start, end = max(0, start), min(len(text), end)
    if start >= end:
        return next(((a, b) for a, b in sentences(text) if a <= start <= b), None)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while 0 < start < end and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while start < end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return (start, end) if start < end else None


def unmark() -> None:
    """Forget a sentence that was only clicked."""
    asked = st.session_state.get("marked")
    if asked and not asked[2]:
        st.session_state.marked = None


def _begin() -> None:
    identity, span, _ = st.session_state.marked
    st.session_state.marked = (identity, span, True)


def marked() -> None:
    """Offer to make an incident of the text that is marked in the reading pane."""
    asked = st.session_state.get("marked")
    if not asked or asked[0] != st.session_state.get("reading"):
        return
    identity, (start, end), sure = asked
    found = state.corrected(identity)
    if found is None or end > len(found.analysis.article.text):
        return
    analysis: Analysis = found.analysis
    quote = analysis.article.text[start:end]
    if not sure:
        with st.container(border=True):
            st.text(f"“{quote[:160]}{'…' if len(quote) > 160 else ''}”")
            st.button(
                "Add an incident from this sentence", icon=":material/add_circle:", on_click=_begin
            )
        return
    styles = {k: s for k, s in kind_styles().items() if not k.startswith("_")}
    with st.container(border=True):
        st.text(f"Marked in the text: “{quote[:300]}{'…' if len(quote) > 300 else ''}”")
        inside = [m for m in analysis.mentions if start <= m.start and m.end <= end and m.place]
        nearby = sorted(
            (m for m in analysis.mentions if m.place and m.role in ("literal", "nominal")),
            key=lambda m: abs(m.start - start),
        )
        options = list({m.span: m for m in [*inside, *nearby[:8]]}.values())
        left, right = st.columns(2)
        kind = left.selectbox(
            "What happened", list(styles), None, format_func=lambda k: styles[k]["label"],
            key=f"add_kind-{start}-{end}", placeholder="Choose what it is",
        )  # fmt: skip
        chosen = right.selectbox(
            "Where", range(len(options)), None, format_func=lambda i: _meant(options[i]),
            key=f"add_place-{start}-{end}", placeholder="No place yet",
        )  # fmt: skip
        yes, no = st.columns(2)
        sure_of_it = yes.button(
            "Add this incident", type="primary", width="stretch", disabled=kind is None
        )
        if sure_of_it and kind is not None:
            mention = options[chosen] if chosen is not None else None
            try:
                entry = state.corrector(analysis).add(
                    (start, end), kind, place=mention.place if mention else None,
                    mention=mention.span if mention else None,
                )  # fmt: skip
                state.save(entry)
            except MapperError as error:
                st.error(f"Not saved: {error}.")
                return
            st.session_state.marked = None
            _select_added(entry)
            st.rerun(scope="fragment")
        if no.button("Leave it", width="stretch"):
            st.session_state.marked = None
            st.rerun(scope="fragment")


def _meant(mention: Mention) -> str:
    name = mention.place.name if mention.place else "?"
    return f"{name} (“{mention.text}”)"


def _select_added(entry: Correction) -> None:
    wanted = entry.new["id"] if isinstance(entry.new, dict) else None
    for row in state.rows():
        if row.incident.id == wanted:
            state.select(row.id)
