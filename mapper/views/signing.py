"""By what name corrections are signed: asked once, beside the first one, and changed at will."""

from __future__ import annotations

import streamlit as st

from mapper.views import state


def field(where: str, label: str) -> None:
    """A field with the name in use, to change it; ``where`` tells the fields of a page apart."""
    # The key names what is known, so that a name given elsewhere is shown here.
    key = f"name-{where}-{st.session_state.user}"
    st.text_input(
        label, st.session_state.user, key=key, max_chars=80, placeholder=state.unnamed(),
        on_change=_renamed, args=(key,),
    )  # fmt: skip


def _renamed(key: str) -> None:
    state.sign_as(str(st.session_state[key]))
    # The field may stand in a part of the page that is drawn alone; the others show it too.
    st.session_state.redraw = True


def asked() -> bool:
    """Whether the name was given, or left out, in this workspace."""
    return bool(st.session_state.user_asked)


def ask() -> None:
    """Ask for the name before the first correction; left empty, nothing is asked again."""
    st.text_input(
        "Your name or initials (optional)", key=state.NAME_ASKED, max_chars=80,
        placeholder=state.unnamed(),
        help="The log of changes tells who made each. You can change it there, under “Changes”.",
    )  # fmt: skip
