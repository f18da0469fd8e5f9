"""What the gazetteer in use asks to be said of its sources."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def gazetteer_attribution() -> str | None:
    """The shipped gazetteer's attribution line, or None where it is missing."""
    from geodata.gazetteer import Gazetteer, GazetteerError

    try:
        return Gazetteer.open().attribution
    except GazetteerError:
        return None
