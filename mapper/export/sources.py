"""What the gazetteer in use asks to be said of its sources."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def gazetteer_attribution() -> str | None:
    """The shipped gazetteer's attribution line, or None where it is missing."""
    from mapper.errors import MapperError

    try:
        from geodata.gazetteer import Gazetteer

        return str(Gazetteer.open().attribution)
    except (ImportError, AttributeError, OSError, MapperError):
        return None
