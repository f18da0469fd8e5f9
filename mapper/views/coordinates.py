"""Coordinates as people write them: decimal degrees, or degrees, minutes and seconds."""

from __future__ import annotations

import re

_DEGREES = r"(\d+(?:\.\d+)?)\s*(?:°|º|deg\b|d\b)?"
_MINUTES = r"(?:\s*(\d+(?:\.\d+)?)\s*(?:['′’‘`]|min\b|m\b)?)?"
_SECONDS = r"(?:\s*(\d+(?:\.\d+)?)\s*(?:[\"″”“]|''|′′|’’|sec\b|s\b)?)?"
_ANGLE = _DEGREES + _MINUTES + _SECONDS
_BETWEEN = r"\s*[,;/]?\s*"
_AFTER = re.compile(rf"{_ANGLE}\s*([NSEW]){_BETWEEN}{_ANGLE}\s*([NSEW])", re.IGNORECASE)
_BEFORE = re.compile(rf"([NSEW])\s*{_ANGLE}{_BETWEEN}([NSEW])\s*{_ANGLE}", re.IGNORECASE)

EXAMPLES = "33.3152, 44.3661 or 15°46'S 35°02'E"
"""How to write them, for messages."""


def coordinates(typed: str) -> tuple[float, float] | None:
    """Latitude and longitude in WGS 84 degrees, or None where that is no pair on Earth.

    With letters of the hemispheres (``15°46'30"S 35°02'E``, ``S15 46.5 E35 2``) the longitude
    may come first; without them it is latitude, longitude.

    >>> coordinates("33.3152, -44.3661")
    (33.3152, -44.3661)
    >>> coordinates("35°30'E 15°45'S")
    (-15.75, 35.5)
    """
    pair = _lettered(" ".join(typed.split())) or _plain(typed)
    if pair is None:
        return None
    lat, lon = pair
    return pair if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def _plain(typed: str) -> tuple[float, float] | None:
    parts = typed.replace(";", ",").replace("°", " ").split(",")
    if len(parts) != 2:
        parts = typed.replace("°", " ").split()
    try:
        lat, lon = (float(part.strip()) for part in parts)
    except ValueError:
        return None
    return lat, lon


def _lettered(typed: str) -> tuple[float, float] | None:
    if match := _AFTER.fullmatch(typed):
        a, b, c, first, d, e, f, second = match.groups()
    elif match := _BEFORE.fullmatch(typed):
        first, a, b, c, second, d, e, f = match.groups()
    else:
        return None
    one, other = _angle(a, b, c, first), _angle(d, e, f, second)
    if one is None or other is None:
        return None
    if first.upper() in "NS" and second.upper() in "EW":
        return one, other
    return (other, one) if first.upper() in "EW" and second.upper() in "NS" else None


def _angle(degrees: str, minutes: str | None, seconds: str | None, side: str) -> float | None:
    """Decimal degrees, south and west negative; None where only the last part may be broken."""
    parts = [part for part in (degrees, minutes, seconds) if part is not None]
    small, broken = [float(part) for part in parts[1:]], parts[:-1]
    if any(part >= 60 for part in small) or any("." in part for part in broken):
        return None
    value = sum(float(part) / (1, 60, 3600)[power] for power, part in enumerate(parts))
    return round(-value if side.upper() in "SW" else value, 7)
