"""The app: ``streamlit run app.py``.  Wiring only; the page is in ``mapper/views``."""

from pathlib import Path

import streamlit as st

st.set_page_config(
    page_title="Incident Mapper",
    page_icon=str(Path(__file__).parent / "mapper" / "webmap" / "assets" / "icon.png"),
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)

from mapper.views.app import main  # noqa: E402 - the page must be set up first

main()
