"""What a session remembers, and the workspace it works in."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
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
    memory.known = {}
    memory.notes = []
    memory.uploads = 0


def note(kind: str, text: str) -> None:
    """Keep a message (``error``, ``warning``, ``success``, ``info``) for the next drawing."""
    st.session_state.notes.append((kind, text))


def corrected(article_id: str) -> Corrected | None:
    """An article's analysis with its corrections, decoded once until it changes."""
    known = st.session_state.known
    if article_id not in known:
        known[article_id] = store().corrected(article_id)
    found: Corrected | None = known[article_id]
    return found


def changed(article_id: str | None = None) -> None:
    """Forget what was decoded of an article (or of all), so that it is read anew."""
    memory = st.session_state
    if article_id is None:
        memory.known = {}
    else:
        memory.known.pop(article_id, None)
    memory.revision += 1
    memory.pop("rows", None)


def analyses() -> list[Analysis]:
    """The corrected analyses shown: of one article, or of all."""
    chosen = st.session_state.article
    ids = [item.id for item in store().articles()] if chosen == ALL else [chosen]
    found = [corrected(identity) for identity in ids if identity]
    return [state.analysis for state in found if state is not None]


def least() -> float | None:
    """The confidence from which places are drawn: all, or (None) the default threshold."""
    return 0.0 if st.session_state.filter.unsure else None


def rows() -> list[Row]:
    """The rows of what is shown, made once until something changes."""
    from mapper.webmap.rows import rows_of

    memory = st.session_state
    token = (memory.article, memory.revision, memory.filter.unsure)
    if memory.get("rows", (None, None))[0] != token:
        memory.rows = (token, rows_of(analyses(), least()))
    made: list[Row] = memory.rows[1]
    return made


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


def user() -> str:
    """Who corrects: the name given in the app, else the account's, else ``analyst``."""
    given = str(st.session_state.get("user_name") or "").strip()
    return given or os.environ.get("USER") or os.environ.get("USERNAME") or "analyst"


def now() -> str:
    """The time of a correction, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def corrector(analysis: Analysis) -> Corrector:
    """Makes this person's corrections of an analysis, now."""
    from mapper.corrections import Corrector

    return Corrector(analysis, user=user(), at=now())


def save(entry: Correction) -> None:
    """Write a correction down; what is shown follows."""
    store().correct(entry)
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
