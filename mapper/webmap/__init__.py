"""The map of incidents: Folium's shell, our own layer, everything local.

``show_map`` is the notebook's display, ``standalone_html`` a page that works from a USB stick.
"""

from __future__ import annotations

from collections.abc import Sequence

from mapper.model import Analysis
from mapper.webmap.layer import ASSETS, OfflineMap, offline_map
from mapper.webmap.page import standalone_html
from mapper.webmap.rows import Row, encode, payload, rows_of

__all__ = [
    "ASSETS",
    "OfflineMap",
    "Row",
    "encode",
    "offline_map",
    "payload",
    "rows_of",
    "show_map",
    "standalone_html",
]


def show_map(
    analyses: Sequence[Analysis], height: int = 560, least: float | None = None
) -> OfflineMap:
    """The incidents of the analyses on a Folium map; a notebook displays it as it is.

    ``height`` in pixels; ``least`` the confidence from which a place is drawn (None: the default
    threshold).  All scripts and data are inside; no network is asked.
    """
    return offline_map(encode(payload(rows_of(analyses, least))), height=height)
