"""The real app over coded analyses: only what reads texts is replaced, nothing of the page."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

st.set_page_config(
    page_title="Incident Mapper",
    page_icon=str(ROOT / "mapper" / "webmap" / "assets" / "icon.png"),
    layout="wide",
)

import coded  # noqa: E402

from mapper.model import Article  # noqa: E402
from mapper.samples import Sample  # noqa: E402
from mapper.views import engine, intake  # noqa: E402
from mapper.views.app import main  # noqa: E402


def samples():
    return tuple(
        Sample(Article(d["id"], d["text"], d.get("published"), d["text"].split("\n")[0][:60]), "")
        for d in coded.documents()
    )


engine.opener = coded.Analyser
intake.samples = samples
main()
