"""The Folium map: Leaflet's shell, the project's own layer, assets that are always local.

Folium compiles what it is given as a Jinja template, so nothing that came from outside may
reach it as text.  The layer below has one variable: base64 of JSON, decoded in the browser.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import folium
from folium.elements import JSCSSMixin
from folium.template import Template

ASSETS = Path(__file__).parent / "assets"
"""Folder of the scripts and styles that the map needs, served or inlined, never fetched."""

SCRIPTS = ("leaflet.js", "leaflet.markercluster.js", "basemap.js", "incident-map.js")
STYLES = ("leaflet.css", "leaflet.markercluster.css", "incident-map.css")
DETAIL = "basemap-detail.js"


class Incidents(JSCSSMixin):
    """The incident layer of a Folium map.

    >>> from mapper.webmap import encode, payload  # doctest: +SKIP
    >>> Incidents(encode(payload(rows))).add_to(offline_map())  # doctest: +SKIP

    ``data`` is what ``encode`` gives (or nothing: then the page sends it later over ``channel``,
    a BroadcastChannel's name); ``options`` are plain values for the script.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        IncidentMap.attach({{ this._parent.get_name() }}, "{{ this.data }}",
          IncidentMap.decode("{{ this.options }}"));
        {% endmacro %}
        """
    )

    def __init__(self, data: str = "", options: Mapping[str, Any] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self._name = "Incidents"
        if data and not data.replace("+", "").replace("/", "").replace("=", "").isalnum():
            raise ValueError("incident data must be base64, as mapper.webmap.encode gives it")
        self.data = data
        self.options = base64.b64encode(json.dumps(dict(options or {})).encode()).decode()


class OfflineMap(folium.Map):
    """A Folium map whose scripts and styles come from ``addresses`` (name to address) alone."""

    def __init__(self, addresses: Mapping[str, str], height: int | str = "100%") -> None:
        super().__init__(
            location=(25.0, 20.0), zoom_start=2, tiles=None, height=height, world_copy_jump=True,
            attribution_control=True, zoom_snap=0.5, prefer_canvas=False,
        )  # fmt: skip
        self.options["max_zoom"] = 17
        self.options["min_zoom"] = 1.5
        self.default_js = [(name, addresses[name]) for name in SCRIPTS]
        self.default_css = [(name, addresses[name]) for name in STYLES]


@lru_cache(maxsize=1)
def inline_addresses() -> dict[str, str]:
    """Every asset as a data address, for a map that stands alone."""
    return {
        name: f"data:text/{'css' if name.endswith('.css') else 'javascript'};base64,"
        + base64.b64encode((ASSETS / name).read_bytes()).decode()
        for name in (*SCRIPTS, *STYLES)
    }


def offline_map(
    data: str = "",
    *,
    addresses: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    height: int | str = "100%",
) -> OfflineMap:
    """A map with the incident layer on it.

    Without ``addresses`` all assets are inlined: the map needs neither server nor network.
    """
    drawn = OfflineMap(addresses or inline_addresses(), height)
    Incidents(data, options).add_to(drawn)
    return drawn


def asset_text(names: Sequence[str]) -> str:
    """Assets joined, for inlining into a page of our own."""
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)
