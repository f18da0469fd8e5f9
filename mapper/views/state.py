"""What a session remembers, and the workspace it works in."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from mapper.corrections import Corrected, Correction, Corrector
    from mapper.model import Analysis
    from mapper.store import GeoPackageStore
    from mapper.views.filters import Filter
    from mapper.webmap.rows import Row

ALL = "*"
"""In place of an article's id: all articles of the workspace."""


def workspace_path() -> Path:
    """Where the workspace lies: ``INCIDENT_MAPPER_WORKSPACE``, or a folder in the user's home."""
    given = os.environ.get("INCIDENT_MAPPER_WORKSPACE")
    return Path(given) if given else Path.home() / "incident-mapper" / "workspace.gpkg"


class Shown:
    """What all sessions that look at the same articles share: rows, and what is made of them.

    Nothing is made twice of what did not change; a correction costs what it changes.
    """

    def __init__(self) -> None:
        from mapper.webmap.rows import Lines

        self._lock = threading.Lock()
        self._states: tuple[Corrected, ...] = ()
        self._rows: list[Row] | None = None
        self._lines = Lines()
        self._near: tuple[list[Any], Sequence[Any]] | None = None
        self._sent: tuple[list[Row], str, bytes] | None = None
        self._readings: dict[str, tuple[list[Row], Analysis, str, bytes]] = {}

    def rows(self, states: Sequence[Corrected], least: float | None) -> list[Row]:
        """A row an incident; the same list for as long as the states are the same objects."""
        from mapper.webmap.rows import rows_of

        with self._lock:
            same = len(states) == len(self._states) and all(
                one is other for one, other in zip(states, self._states, strict=True)
            )
            if self._rows is None or not same:
                self._states = tuple(states)
                self._rows = rows_of([found.analysis for found in states], least)
            return self._rows

    def lines(
        self, rows: list[Row], labels: Callable[[Sequence[Row]], Sequence[Any]]
    ) -> tuple[str, bytes]:
        """The rows as the map takes them, under a name made of what they say."""
        with self._lock:
            if self._sent is None or self._sent[0] is not rows:
                spots = [
                    (item.place.lat, item.place.lon, item.place.precision)
                    for row in rows
                    for item in row.incident.places
                ]
                if self._near is None or self._near[0] != spots:
                    self._near = (spots, labels(rows))  # asks the gazetteer around each spot
                data = self._lines.encode(rows, self._near[1])
                self._sent = (rows, hashlib.sha256(data).hexdigest()[:12], data)
            return self._sent[1:]

    def reading(
        self, analysis: Analysis, rows: list[Row], least: float | None
    ) -> tuple[str, bytes]:
        """The article as the reading pane takes it, under a name made of what it says."""
        from mapper.webmap.reading import reading
        from mapper.webmap.words import kind_styles

        identity = analysis.article.id
        with self._lock:
            known = self._readings.get(identity)
            if known is None or known[0] is not rows or known[1] is not analysis:
                made = {"article": reading(analysis, rows, least), "styles": kind_styles()}
                data = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
                written = data.encode("utf-8", "replace")
                name = hashlib.sha256(written).hexdigest()[:12]
                known = (rows, analysis, name, written)
                if len(self._readings) >= 8:
                    self._readings.clear()
                self._readings[identity] = known
            return known[2:]


@st.cache_resource(show_spinner=False, max_entries=8)
def _shown(path: str, article: str | None, least: float | None) -> Shown:
    return Shown()


def shown() -> Shown:
    """What this session shares with others that look at the same."""
    return _shown(str(workspace_path()), st.session_state.article, least())


@st.cache_resource(show_spinner=False)
def _store(path: str) -> GeoPackageStore:
    from mapper.store import GeoPackageStore

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return GeoPackageStore.open(path)


def store() -> GeoPackageStore:
    """The workspace.

    Raises:
        StoreError: the file is no workspace, or cannot be written.
    """
    return _store(str(workspace_path()))


def begin() -> None:
    """Set what is missing in a new session.

    The address says what to show; an address that says nothing leaves it to the workspace, which
    remembers the last view.
    """
    from mapper.views.filters import Filter

    memory = st.session_state
    if "channel" in memory:
        return
    query = st.query_params.to_dict() or store().setting("view") or {}
    memory.channel = f"incidents-{uuid.uuid4().hex}"
    memory.article = query.get("article")
    memory.selected = query.get("incident")
    memory.follow = 0
    memory.fit = 0
    memory.revision = 0
    memory.filter = Filter.from_query(query)
    memory.pane = query.get("pane")
    memory.known, memory.stamp = {}, None
    memory.notes = []
    memory.unread = None
    # A name that was asked for and left out is kept as one that is empty.
    known = store().setting("user")
    memory.user, memory.user_asked = known or "", known is not None


def note(kind: str, text: str) -> None:
    """Keep a message (``error``, ``warning``, ``success``, ``info``) for the next drawing."""
    st.session_state.notes.append((kind, text))


def corrected(article_id: str) -> Corrected | None:
    """An article's analysis with its corrections, as it stands now whoever changed it."""
    known = _known()
    if article_id not in known:
        known[article_id] = store().corrected(article_id)
    return known[article_id]


def _known() -> dict[str, Corrected | None]:
    """What this session asked the workspace for since anything was written to it."""
    memory = st.session_state
    stamp = store().stamp()
    if memory.stamp != stamp:
        memory.known, memory.stamp = {}, stamp
    known: dict[str, Corrected | None] = memory.known
    return known


def changed(article_id: str | None = None) -> None:
    """Ask the workspace for an article (or all) anew."""
    memory = st.session_state
    if article_id is None:
        memory.known = {}
    else:
        memory.known.pop(article_id, None)
    memory.revision += 1


def analyses() -> list[Analysis]:
    """The corrected analyses shown: of one article, or of all."""
    return [found.analysis for found in _states()]


def _states() -> list[Corrected]:
    memory = st.session_state
    if memory.article != ALL:
        found = corrected(memory.article) if memory.article else None
        return [found] if found else []
    known = _known()
    ids = [item.id for item in store().articles()]
    for identity in ids:
        if identity not in known:
            known[identity] = store().corrected(identity)
    return [found for identity in ids if (found := known[identity]) is not None]


def least() -> float | None:
    """The confidence from which places are drawn: all, or (None) the default threshold."""
    return 0.0 if st.session_state.filter.unsure else None


def rows() -> list[Row]:
    """The rows of what is shown, made once until something changes."""
    return shown().rows(_states(), least())


def select(identity: str | None) -> None:
    """Choose an incident from Python: reading pane and map follow."""
    st.session_state.selected = identity
    st.session_state.follow += 1


def selected_row(among: Sequence[Row]) -> Row | None:
    """The chosen incident's row."""
    identity = st.session_state.selected
    return next((row for row in among if row.id == identity), None)


def set_filter(wanted: Filter) -> None:
    """Show what passes this filter."""
    st.session_state.filter = wanted


NAME_ASKED = "name-asked"
"""The key of the field that asks for a name before the first correction."""


def user() -> str:
    """Who corrects: the name given in the app, else the account's, else ``analyst``."""
    memory = st.session_state
    return str(memory.user or memory.get(NAME_ASKED) or "").strip() or unnamed()


def unnamed() -> str:
    """Who corrects where no name was given."""
    return os.environ.get("USER") or os.environ.get("USERNAME") or "analyst"


def sign_as(name: str) -> None:
    """Sign corrections by this name from now on, in this workspace; empty for none."""
    memory = st.session_state
    memory.user, memory.user_asked = name.strip(), True
    store().put_setting("user", memory.user)


def now() -> str:
    """The time of a correction, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def corrector(analysis: Analysis) -> Corrector:
    """Makes this person's corrections of an analysis, now."""
    from mapper.corrections import Corrector

    return Corrector(analysis, user=user(), at=now())


def save(entry: Correction) -> None:
    """Write a correction down; what is shown follows.

    Whoever was asked for a name before it, and gave none, is not asked again.
    """
    store().correct(entry)
    memory = st.session_state
    if not memory.user_asked and NAME_ASKED in memory:
        sign_as(str(memory[NAME_ASKED] or ""))
    changed(entry.article)


def share_view() -> None:
    """Put what is selected and filtered into the address and the workspace."""
    memory = st.session_state
    wanted: dict[str, Any] = dict(memory.filter.to_query())
    for name, value in (
        ("article", memory.article), ("incident", memory.selected), ("pane", memory.pane),
    ):  # fmt: skip
        if value:
            wanted[name] = value
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    if memory.get("view") != wanted:
        memory.view = wanted
        store().put_setting("view", wanted)
