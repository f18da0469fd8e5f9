"""Everyone can use it: axe-core finds nothing serious, in light, dark, and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

AXE = Path(os.environ.get("AXE_CORE", "build/packages/axe-core/package/axe.min.js"))
pytestmark = pytest.mark.skipif(
    not AXE.is_file(),
    reason="needs axe-core: npm pack axe-core, unpacked; AXE_CORE names axe.min.js",
)
# The chart's brush is drawn by Vega without names; dates can be typed under Filters, and the table
# holds the same incidents.  Page landmarks are Streamlit's to set.
PARTS = {"exclude": [[".stVegaLiteChart"]]}
RULES = {"rules": {"region": {"enabled": False}}}


def serious(frame) -> list[str]:
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found = frame.evaluate("([parts, options]) => axe.run(parts, options)", [PARTS, RULES])
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(make_app, server, scheme):
    app = make_app(server.url, color_scheme=scheme).open()
    app.incident_of("defused by").click()
    app.map.locator(".im-popup").wait_for()
    app.settled()
    inner = next(f for f in app.page.frames if "streamlit_folium" in f.url)
    assert serious(inner) == []
    assert serious(app.page.main_frame) == []
