"""From a news article to a map of its incidents, every point citing the words that say so.

>>> import mapper  # doctest: +SKIP
>>> analysis = mapper.analyse(text, published="2019-12-16")  # doctest: +SKIP
>>> mapper.to_geodataframe(analysis)  # doctest: +SKIP
>>> mapper.show(analysis)  # a Folium map, the notebook's display  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# The function of that name stands before its module: mapper.analyse(text) is the way in.
from mapper.analyse import Analyser, analyse
from mapper.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from mapper.model import Analysis

__all__ = ["Analyser", "__version__", "analyse", "show", "to_geodataframe"]


def to_geodataframe(
    analysis: Analysis | Sequence[Analysis], *, least: float | None = None
) -> GeoDataFrame:
    """The incidents of one or several analyses as a GeoDataFrame (WGS 84), one a row.

    A place surer than ``least`` (0..1; None: the threshold at which 95 of 100 are right) is
    drawn; the others are named in ``place_unsure``.
    """
    from mapper.export.features import Options
    from mapper.export.frames import incidents_frame

    return incidents_frame(_several(analysis), Options(least=least))


def show(analysis: Analysis | Sequence[Analysis], *, least: float | None = None) -> Any:
    """The incidents on a Folium map; in a notebook, the last value of a cell shows it.

    ``least`` as for ``to_geodataframe``.
    """
    from mapper.webmap import show_map

    return show_map(_several(analysis), least=least)


def _several(analysis: Analysis | Sequence[Analysis]) -> tuple[Analysis, ...]:
    from mapper.model import Analysis

    return (analysis,) if isinstance(analysis, Analysis) else tuple(analysis)
