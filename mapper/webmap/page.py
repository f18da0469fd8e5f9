"""The standalone map: one HTML file with text, popups, filters and time bar, nothing beside it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace

from mapper.export.features import Options, attribution, coarsened
from mapper.model import Analysis
from mapper.webmap.layer import SCRIPTS, STYLES, asset_text
from mapper.webmap.reading import reading
from mapper.webmap.rows import encode, payload, rows_of

# Only what is inside the file runs, and it may ask nobody for anything.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


def standalone_html(analyses: Sequence[Analysis], options: Options | None = None) -> str:
    """A page that works from ``file://``: map, article texts, popups, filters, time bar, table.

    ``options.coarsen_km`` snaps coordinates and ``options.least`` holds back what is unsure, as
    in every export.  Data are base64 of JSON;
    the page's own script puts them in by textContent.
    """
    chosen = tuple(analyses)
    if options and options.coarsen_km:
        km = options.coarsen_km
        chosen = tuple(
            replace(a, incidents=tuple(coarsened(i, km) for i in a.incidents)) for a in chosen
        )
    rows = rows_of(chosen, options.least if options else None)
    data = payload(rows)
    data["articles"] = [
        reading(analysis, rows, options.least if options else None) for analysis in chosen
    ]
    data["attribution"] = attribution(chosen)
    data["versions"] = sorted(
        {f"{a.provenance.tool}; gazetteer {a.provenance.gazetteer}" for a in chosen}
    )
    script = asset_text((*SCRIPTS, "reading.js", "incident-page.js"))
    style = asset_text((*STYLES, "reading.css", "incident-page.css"))
    # "</script" or "</style" inside an asset would end the element early.
    script = script.replace("</script", "<\\/script")
    title = html.escape(rows[0].article_title if len(chosen) == 1 and rows else "Incident map")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body>"
        '<div id="app"></div>'
        f"<script>{script}</script>"
        f'<script>IncidentPage.start("{encode(data)}");</script>'
        "</body></html>\n"
    )
