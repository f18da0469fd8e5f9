"""The page: loads what is needed, shows what is wrong in plain words, hands over to the panes."""

from __future__ import annotations

import streamlit as st

_STYLE = """\
<style>
.block-container { padding: 2.6rem 2rem 2rem; max-width: 1900px; }
.stApp iframe { border-radius: 8px; }
div[class*="st-key-hidden"] { position: absolute; height: 0; overflow: hidden; }
.stApp a:focus-visible, .stApp button:focus-visible {
  outline: 3px solid #0059b3; outline-offset: 1px;
}
div.st-key-unread {
  position: fixed; right: 1rem; bottom: 1rem; z-index: 1000; width: min(26rem, calc(100vw - 2rem));
  padding: .8rem 1rem; border-radius: 8px; background: Canvas; border: 2px solid #c0392b;
  box-shadow: 0 4px 18px rgba(0, 0, 0, .3);
}
div.st-key-unread-list { max-height: 30vh; overflow-y: auto; }
[data-testid="stText"] { overflow-wrap: anywhere; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: inherit !important; opacity: 1 !important;
}
button[data-testid="stBaseButton-segmented_controlActive"],
button[data-testid="stBaseButton-segmented_controlActive"] *,
[role="radiogroup"] button[aria-checked="true"], [role="radiogroup"] button[aria-checked="true"] * {
  color: inherit !important;
}
@media (max-width: 640px) {
  .block-container { padding: 4rem .7rem 1rem; }
  div[data-testid="stColumn"]:has(.rd-scroll) { order: 2; }
  .rd-scroll { max-height: 46vh !important; }
  div[class*="st-key-toolbar"] button p { font-size: .85rem; }
}
</style>
"""


def main() -> None:
    """Draw the page."""
    st.html(_STYLE)
    # Both are always there, so that what follows keeps its place and the map is not drawn anew.
    waiting, messages = st.empty(), st.container(key="messages")
    ready = "engine_ready" in st.session_state
    if not ready:
        with waiting.container():
            st.title("Incident Mapper")
            with st.spinner("Loading the language model and the gazetteer …", show_time=True):
                problem = _prepare()
        waiting.empty()
        if problem:
            st.title("Incident Mapper")
            st.error(problem, icon=":material/error:")
            return
        st.session_state.engine_ready = True
    from mapper.views import intake, state, workbench

    state.begin()
    if not ready and not state.store().articles():
        with waiting.container(), st.spinner("Mapping a sample article …", show_time=True):
            intake.open_sample()
        waiting.empty()
    intake.sidebar()
    with messages:
        for kind, text in st.session_state.notes:
            getattr(st, kind)(text)
        intake.unread()
    st.session_state.notes = []
    workbench.workbench()


def _prepare() -> str | None:
    """Load what every session shares; one line for the user where that fails."""
    from mapper.errors import MapperError

    try:
        from mapper.views import engine, state

        state.store()
        engine.analyser()
    except MapperError as error:
        return f"{error}"
    except Exception as error:
        said = str(error).strip().splitlines()
        reason = said[0] if said else "no reason given"
        return f"The app cannot start ({type(error).__name__}: {reason})."
    return None
