"""Analyses made of coded documents, for tests of the app that must not hang on a model."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from mapper.model import (
    Actor,
    Analysis,
    Article,
    Candidate,
    DateSpan,
    Evidence,
    Incident,
    IncidentPlace,
    Mention,
    Place,
    Provenance,
    Toll,
)

DOCUMENTS = Path(__file__).with_name("coded.jsonl")
UNCERTAINTY = {
    "facility": 300,
    "neighbourhood": 1500,
    "city": 8000,
    "district": 25000,
    "province": 80000,
    "region": 250000,
    "country": 400000,
    "sea": 200000,
}


def documents() -> list[dict]:
    return [json.loads(line) for line in DOCUMENTS.read_text(encoding="utf-8").splitlines()]


def place_of(item: dict) -> Place:
    lat, lon, precision = item["lat"], item["lon"], item["precision"]
    geometry = None
    if precision in ("province", "region", "country"):
        r = {"province": 0.7, "region": 1.6, "country": 4.0}[precision]
        ring = [
            [lon - r, lat - r],
            [lon + r, lat - r],
            [lon + r, lat + r],
            [lon - r, lat + r],
            [lon - r, lat - r],
        ]
        geometry = {"type": "Polygon", "coordinates": [ring]}
    digest = hashlib.sha256(item["name"].encode()).hexdigest()[:8]
    return Place(
        f"t:{digest}",
        item["name"].split(",")[0],
        precision,
        None,
        None,
        lat,
        lon,
        None,
        precision,
        UNCERTAINTY.get(precision, 5000),
        geometry,
        "coded",
    )


def sentence(text: str, at: int) -> tuple[int, int]:
    start = max((m.end() for m in re.finditer(r"[.!?…][\"”’]?\s+|\n+", text[:at])), default=0)
    end = re.compile(r"[.!?…][\"”’]?(?=\s|$)|\n").search(text, at)
    return start, end.end() if end and text[end.start()] != "\n" else end.start() if end else len(
        text
    )


def toll(item: dict | None, groups: dict, key: str) -> Toll | None:
    if not item:
        return None
    start = item.get("start", 0)
    shared = tuple(i for i in groups.get((start, item.get("end")), ()) if i != key)
    best = item["low"] if item["low"] == item["high"] else None
    return Toll(
        item["low"],
        best,
        item["high"],
        item["quote"],
        (start, item.get("end", 0)),
        shared if item.get("shared") else (),
    )


def analysis_of(document: dict, article: Article | None = None) -> Analysis:
    text = document["text"]
    article = article or Article(document["id"], text, document.get("published"))
    mentions = tuple(
        Mention(
            m["start"],
            m["end"],
            m["quote"],
            m["role"],
            place_of(m),
            0.9,
            (
                Candidate(place_of(m).id, m["name"], m["lat"], m["lon"], 0.9),
                Candidate(place_of(other).id, other["name"], other["lat"], other["lon"], 0.1),
            ),
            ("the best known place of that name",),
        )
        # Every name could also mean the place named before it.
        for other, m in zip(
            document["mentions"][-1:] + document["mentions"], document["mentions"], strict=False
        )
    )
    groups: dict = {}
    for incident in document["incidents"]:
        for name in ("fatalities", "injured"):
            item = incident.get(name)
            if item and item.get("shared"):
                groups.setdefault((item.get("start", 0), item.get("end")), []).append(
                    incident["id"]
                )
    incidents = []
    for number, i in enumerate(document["incidents"]):
        evidence = []
        for m in i["mentions"]:
            a, b = sentence(text, m["start"])
            b = max(b, m["end"])
            evidence.append(Evidence(a, b, text[a:b], (m["start"], m["end"])))
        date = i.get("date")
        span = (date.get("start_offset", 0), 0) if date else (0, 0)
        if date:
            at = text.find(date["quote"])
            span = (at, at + len(date["quote"]))
        incidents.append(
            Incident(
                i["id"],
                i["kind"],
                None,
                i["modality"],
                i["background"],
                i["count"],
                tuple(evidence),
                tuple(
                    IncidentPlace(
                        (p["start"], p["end"]), "in", p.get("inferred", False), place_of(p)
                    )
                    for p in i["places"]
                ),
                DateSpan(date["start"], date["end"], date["quote"], span) if date else None,
                toll(i.get("fatalities"), groups, i["id"]),
                toll(i.get("injured"), groups, i["id"]),
                tuple(
                    Actor(a["start"], a["end"], a["quote"], a["role"], "alleged" in a)
                    for a in i["actors"]
                ),
                0.5 + 0.45 * ((number * 7) % 10) / 10,
                {"place": "named in the sentence"},
            )
        )
    return Analysis(
        article,
        "en",
        mentions,
        tuple(incidents),
        Provenance("incident-mapper test", "c0dedc0dedc0dedc", "coded 1", "0"),
    )


class Gazetteer:
    """Knows the places of the coded documents."""

    version, sha256, attribution = "1", "0" * 64, "coded"

    def __init__(self) -> None:
        self.places = {}
        for document in documents():
            for m in document["mentions"]:
                self.places[place_of(m).id] = place_of(m)

    def entry(self, identity: str):
        place = self.places.get(identity)
        if place is None:
            return None
        return SimpleNamespace(
            id=place.id,
            name=place.name,
            kind=place.kind,
            country=place.country,
            admin1=None,
            admin1_name=None,
            admin2=None,
            lat=place.lat,
            lon=place.lon,
            population=1000,
            geonameid=None,
            precision=place.precision,
            uncertainty_m=place.uncertainty_m,
            has_geometry=place.geometry is not None,
            source="coded",
        )

    def geometry(self, identity: str):
        from shapely.geometry import shape

        place = self.places[identity]
        return shape(place.geometry) if place.geometry else None

    def admin1_shares(self, area):
        """All that is drawn lies in one province of Iraq."""
        return [(SimpleNamespace(country="IQ", name="Nineveh"), 1.0)]

    def lookup(self, name: str, *, limit: int = 50):
        return tuple(
            SimpleNamespace(entry=self.entry(p.id), how="primary", name=p.name)
            for p in self.places.values()
            if name.casefold() in p.name.casefold()
        )[:limit]


class Analyser:
    """Gives the coded analysis of a coded text; of other texts, an incident for each "attack".

    With a title that ends in "(newer)" it is a newer model: each incident has another id.
    """

    def __init__(self) -> None:
        self.gazetteer = Gazetteer()
        self.known = {document["text"]: document for document in documents()}

    def analyse(self, article: Article, given_spans=None) -> Analysis:
        document = self.known.get(article.text)
        if document:
            found = analysis_of(document, article)
            if (article.title or "").endswith("(newer)"):
                renamed = tuple(replace(i, id=f"newer-{i.id}") for i in found.incidents)
                return replace(found, incidents=renamed)
            return found
        incidents, mentions = [], []
        towns = [p for p in self.gazetteer.places.values() if p.precision == "city"]
        for number, match in enumerate(re.finditer("attack", article.text)):
            a, b = sentence(article.text, match.start())
            b = max(b, match.end())
            place = towns[number % len(towns)]
            incidents.append(
                Incident(
                    f"a{number}",
                    "explosion_remote_violence",
                    None,
                    "occurred",
                    False,
                    None,
                    (Evidence(a, b, article.text[a:b], match.span()),),
                    (IncidentPlace(match.span(), "in", True, place),),
                    None,
                    None,
                    None,
                    (),
                    0.6,
                )
            )
        if "BREAK" in article.text:
            raise ZeroDivisionError("made to break")
        language = "fr" if " est " in article.text else "en"
        return Analysis(
            article,
            language,
            tuple(mentions),
            tuple(incidents),
            Provenance("incident-mapper test", "c0dedc0dedc0dedc", "coded 1", "0"),
        )
