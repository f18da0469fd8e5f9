"""Coded documents with their readings, for training and measuring the incident stages.

A document's reading comes from the encoder of its fold (``build/folds/foldK``), its places from
the span scorer and the ranker of its fold, which have seen nothing of it; without them the shipped
ones are used and figures are flattering.  Readings are kept in ``build/incidents`` (delete it
after a change of the gazetteer or of the places' stages).
"""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapper.encode import MODEL, Encoder, Reading
from mapper.model import Article, Mention
from training.folds import SHARED, fold_of

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "build" / "incidents"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its coded incidents; ``source`` names the set that it comes from."""

    article: Article
    incidents: tuple[Json, ...]
    source: str
    fold: int
    round: int = 1
    """2: coded after the networks that the encoder's training started from were trained."""


def _lines(path: Path) -> Iterator[Json]:
    if path.is_file():
        with path.open(encoding="utf-8") as handle:
            for line in handle:
                if line.strip():
                    yield json.loads(line)


def _article(row: Json, published: str | None = None) -> Article:
    return Article(
        row["id"],
        row["text"],
        row.get("published") or published,
        row.get("title"),
        row.get("url"),
        row.get("domain"),
    )


def coded_documents(shared: Path = SHARED) -> list[Document]:
    """All coded documents: reviewed, single, written, and the project's own files of data."""
    evaluation, corpora, here = (
        shared / "evaluation",
        shared / "corpora",
        ROOT / "training" / "data",
    )
    out: list[Document] = []
    for source, texts, labels in (
        ("reviewed", "documents.jsonl", "incidents.jsonl"),
        ("single", "documents_single.jsonl", "incidents_single.jsonl"),
    ):
        rows = {d["id"]: d for d in _lines(evaluation / texts)}
        for label in _lines(evaluation / labels):
            row = rows[label["doc"]]
            out.append(
                Document(
                    _article(row, label.get("pub_date")),
                    tuple(label["incidents"]),
                    source,
                    fold_of(row["id"], shared),
                )
            )
    for row in _lines(evaluation / "written.jsonl"):
        out.append(
            Document(_article(row), tuple(row["incidents"]), "written", fold_of(row["id"], shared))
        )
    for name in ("composed.jsonl", "composed_places.jsonl"):
        for row in _lines(here / name):
            fold = fold_of(row["id"], shared)
            incidents = tuple(row["incidents"])
            number = row.get("round", 1)
            out.append(Document(_article(row), incidents, "composed", fold, number))
    labels_of = {r["doc"]: r for r in _lines(here / "coded.jsonl")}
    have = {d.article.id for d in out}
    for corpus in sorted({r["corpus"] for r in labels_of.values()}):
        for row in _lines(corpora / f"{corpus}.jsonl"):
            if row["id"] not in labels_of or row["id"] in have:
                continue
            label = labels_of[row["id"]]
            incidents = tuple(_quoted(i, row["text"]) for i in label["incidents"])
            article = _article(row, label.get("pub_date"))
            fold, number = fold_of(row["id"], shared), label.get("round", 1)
            out.append(Document(article, incidents, "coded", fold, number))
    return out


def _quoted(incident: Json, text: str) -> Json:
    """Labels that keep offsets only, with the quotes put back."""

    def whole(item: Json | None) -> Json | None:
        if item is None:
            return None
        span = item.get("span") or (
            [item["start"], item["end"]] if isinstance(item.get("start"), int) else None
        )
        return item | {"quote": text[span[0] : span[1]]} if span else item

    out = dict(incident)
    for key in ("mentions", "places", "actors"):
        out[key] = [whole(x) for x in incident.get(key) or []]
    for key in ("fatalities", "injured", "date"):
        out[key] = whole(incident.get(key))
    return out


def plain_documents(name: str, shared: Path = SHARED) -> list[Document]:
    """A public corpus for measuring only: its texts, dated, with no labels of ours."""
    out = []
    for row in _lines(shared / "corpora" / f"{name}.jsonl"):
        article = Article(row["id"], row["text"], row.get("published") or row.get("date"))
        out.append(Document(article, (), name, fold_of(row["id"], shared)))
    return out


def police_documents(
    shared: Path = SHARED,
) -> list[tuple[Document, list[tuple[int, int, list[str]]]]]:
    """India police events: the sentences joined to a text, with offsets and labels of each."""
    out = []
    for row in _lines(shared / "corpora" / "india_police_events.jsonl"):
        text, spans = "", []
        for s in row["sentences"]:
            part = s["text"].strip()
            if not part:
                continue
            if text:
                text += " "
            spans.append((len(text), len(text) + len(part), list(s["labels"])))
            text += part
        if text:
            article = Article(row["id"], text, row["date"])
            out.append((Document(article, (), "police", fold_of(row["id"], shared)), spans))
    return out


# --- readings ----------------------------------------------------------------------------------


class Readers:
    """Encoders by fold and the place stages, opened when first needed."""

    def __init__(self, *, places: bool = True, final: bool = False) -> None:
        self._encoders: dict[int, Encoder] = {}
        self._places = places
        self._final = final
        self._gazetteer: Any = None
        self._judges: dict[int, tuple[Any, Any]] = {}

    def folder(self, fold: int) -> Path:
        """Where the encoder of a fold is: the shipped one where there is none."""
        path = ROOT / "build" / "folds" / f"fold{fold}"
        return path if not self._final and (path / "manifest.json").is_file() else MODEL

    def encoder(self, fold: int) -> Encoder:
        """The encoder that has not seen this fold's documents."""
        if fold not in self._encoders:
            self._encoders[fold] = Encoder.open(self.folder(fold))
        return self._encoders[fold]

    def judges(self, fold: int) -> tuple[Path | None, Path | None]:
        """Files of the span scorer and the ranker of a fold; None (the shipped one) without."""
        folds = ROOT / "build" / "folds"
        found = (folds / f"spans-{fold}.json", folds / f"ranker-{fold}" / "ranker.json")
        if self._final:
            return None, None
        spans, ranker = (path if path.is_file() else None for path in found)
        return spans, ranker

    def mentions(self, article: Article, reading: Reading, fold: int) -> tuple[Mention, ...]:
        """The places of an article, as the pipeline finds them with the scorers of its fold."""
        if not self._places:
            return ()
        from geodata.gazetteer import Gazetteer
        from mapper import lattice, rank, recognise, resolve

        if self._gazetteer is None:
            self._gazetteer = Gazetteer.open()
        if fold not in self._judges:
            spans, ranker = self.judges(fold)
            self._judges[fold] = lattice.Scorer.open(spans), rank.Ranker.open(ranker)
        scorer, ranker_of = self._judges[fold]
        found = recognise.recognise(article, reading, self._gazetteer, scorer)
        return resolve.resolve(article, found, self._gazetteer, ranker_of)

    def key(self, fold: int) -> str:
        """A hash of everything that a fold's readings depend on, for the cache."""
        digest = hashlib.sha256((self.folder(fold) / "manifest.json").read_bytes())
        for pattern in ("mapper/encode.py", "mapper/segment.py"):
            digest.update((ROOT / pattern).read_bytes())
        if self._places:
            for path in self.judges(fold):
                digest.update(path.read_bytes() if path else b"shipped")
        digest.update(str(self._places).encode())
        return digest.hexdigest()[:12]


Read = tuple[Reading, tuple[Mention, ...]]


def readings(
    name: str, documents: Iterable[Document], readers: Readers, triggers: Any = None
) -> dict[str, Read]:
    """Reading and mentions of each document by id, cached under ``name``."""
    documents = list(documents)
    CACHE.mkdir(parents=True, exist_ok=True)
    out: dict[str, Read] = {}
    for fold in sorted({d.fold for d in documents}):
        mine = [d for d in documents if d.fold == fold]
        path = CACHE / f"{name}-{fold}-{readers.key(fold)}.pickle"
        stored: dict[str, Read] = {}
        if path.is_file():
            with path.open("rb") as handle:
                stored = pickle.load(handle)  # noqa: S301 - our own cache
        missing = [d for d in mine if d.article.id not in stored]
        for n, d in enumerate(missing):
            given = triggers(d) if triggers else None
            reading = readers.encoder(fold).read(d.article.text, triggers=given)
            stored[d.article.id] = (reading, readers.mentions(d.article, reading, fold))
            if n % 200 == 199:
                print(f"  read {n + 1} of {len(missing)} ({name})", file=sys.stderr)
        if missing:
            for old in CACHE.glob(f"{name}-{fold}-*.pickle"):
                old.unlink()
            with path.open("wb") as handle:
                pickle.dump(stored, handle)
        out.update({d.article.id: stored[d.article.id] for d in mine})
    return out
