"""Streamlit's own server in a process of its own, forked from one that has the packages imported.

Importing them takes seconds of processor time, and the tests start some forty servers.  What a
server holds is its own: the process it is forked from only imports.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]
# The process that servers are forked from is told no search path, and leaves out without a word
# what it does not find.
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
Process = multiprocessing.process.BaseProcess
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "coded",
        "mapper.views.app",
        "mapper.export.frames",
        "altair",
        "folium.plugins",
        "streamlit.web.cli",
    ]
)


def start(script: Path, port: int, environment: dict[str, str]) -> Process:
    """A process that serves a script on a port of this machine."""
    made = CONTEXT.Process(target=_serve, args=(str(script), port, environment), daemon=True)
    made.start()
    return made


def _serve(script: str, port: int, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    os.chdir(ROOT)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    from streamlit.web import cli

    cli.main(["run", script, "--server.port", str(port), "--server.headless", "true"])
