"""What a server of the tests imports, for the process that they are forked from."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

import coded  # noqa: E402, F401
import streamlit.web.cli  # noqa: E402, F401

import mapper.views.app  # noqa: E402, F401
