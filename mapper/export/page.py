"""The standalone map: one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mapper.export.features import Options
from mapper.model import Analysis


def write_html(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """The map with its text pane, popups, filter and time bar, all assets inlined."""
    from mapper.webmap import standalone_html

    path.write_text(standalone_html(analyses, options), encoding="utf-8")
