"""Fit which settlement "the city", "that village" takes up: ``mapper/models/antecedent.json``.

    python -m training.train_antecedent [--shared ../shared] [--out FILE] [--dry] [--cached]

Learns from the nominal mentions with coordinates of ``composed_places.jsonl`` and ``written.jsonl``
and from the places of coded incidents that such words stand for.  Every text is read by the
networks that have not seen it (``training/incident_data.py``); a reference that the tagger missed
is given.  With ``--cached`` only the texts count whose readings are kept in ``build/incidents``.
A choice is right where it lies near the label's place.  The weights are those of a conditional
logit with a penalty on their squares, texts with many references counting less; there is nothing
random in it.  Prints, out of fold, how many references take the right settlement, beside how many
do by taking the latest.  Minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import pickle
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from geodata.gazetteer import Gazetteer, distance_km
from mapper import refer
from mapper.lattice import Scorer
from mapper.model import Mention
from mapper.rank import Ranker
from mapper.recognise import recognise
from mapper.resolve import Resolver, settlement_head
from training.folds import FOLDS, SHARED
from training.incident_data import CACHE, ROOT, Document, Readers, coded_documents, readings

L2 = 1.0
NEAR_KM = 25.0
LONGEST = 4  # words of an incident's place that is a reference
LATEST = {"latest": 3.0, "ahead": -5.0}
"""The rule that it is measured against, and what earlier references mean while they are read."""

Floats = NDArray[np.float64]
Label = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """One reference: its text, fold and source, what each choice has, and which are right."""

    doc: str
    fold: int
    source: str
    rows: Floats
    right: NDArray[np.bool_]


def labels(shared: Path, documents: Sequence[Document]) -> dict[str, dict[tuple[int, int], Label]]:
    """Where the references of each document lie, by their spans (latitude, longitude)."""
    out: dict[str, dict[tuple[int, int], Label]] = {}
    text_of = {d.article.id: d.article.text for d in documents}

    def add(doc: str, said: Mapping[str, Any], *, reference: bool) -> None:
        start, end = said.get("start"), said.get("end")
        if doc not in text_of or not isinstance(start, int) or not isinstance(end, int):
            return
        words = text_of[doc][start:end]
        if said.get("lat") is None or settlement_head(words) is None:
            return
        if not reference and (len(words.split()) > LONGEST or re.search("[A-Z]", words[1:])):
            return
        known = out.setdefault(doc, {})
        if not any(a < end and start < b for a, b in known):
            known[start, end] = (float(said["lat"]), float(said["lon"]))

    for path in (
        ROOT / "training" / "data" / "composed_places.jsonl",
        shared / "evaluation" / "written.jsonl",
    ):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for said in row["mentions"]:
                if said["role"] == "nominal":
                    add(row["id"], said, reference=True)
    for d in documents:
        for incident in d.incidents:
            for place in incident["places"]:
                add(d.article.id, place, reference=False)
    return out


def _kept(name: str) -> set[str]:
    """The documents whose readings are kept."""
    out: set[str] = set()
    for path in CACHE.glob(f"{name}-*.pickle"):
        with path.open("rb") as handle:
            out |= set(pickle.load(handle))  # noqa: S301 - our own cache
    return out


def asked(shared: Path, names: list[str], *, cached: bool = False) -> Iterator[Asked]:
    """Every labelled reference with its choices; ``names`` is filled with the features."""
    documents = coded_documents(shared)
    wanted = labels(shared, documents)
    kept = _kept("coded") if cached else set(wanted)
    documents = [d for d in documents if d.article.id in wanted and d.article.id in kept]
    readers = Readers()
    read = readings("coded", documents, readers)
    gazetteer = Gazetteer.open()
    found: list[tuple[Document, list[refer.Choice], list[bool]]] = []
    for fold in range(FOLDS):
        spans, ranker = readers.judges(fold)
        scorer, resolver = Scorer.open(spans), Resolver(gazetteer, Ranker.open(ranker))
        for d in (d for d in documents if d.fold == fold):
            mentions = list(recognise(d.article, read[d.article.id][0], gazetteer, scorer))
            where = wanted[d.article.id]
            mentions += [
                Mention(a, b, d.article.text[a:b], "nominal", confidence=0.8)
                for a, b in where
                if not any(m.start < b and a < m.end for m in mentions)
            ]
            for i, choices in resolver.choices(d.article, mentions, LATEST).items():
                m = mentions[i]
                spot = next((p for (a, b), p in where.items() if a < m.end and m.start < b), None)
                if spot is None or not choices:
                    continue
                right = [distance_km((c.entry.lat, c.entry.lon), spot) <= NEAR_KM for c in choices]
                found.append((d, choices, right))
    names += sorted({n for _, choices, _ in found for c in choices for n in c.features})
    for d, choices, right in found:
        rows = np.array([[c.features.get(n, 0.0) for n in names] for c in choices])
        yield Asked(d.article.id, d.fold, d.source, rows, np.array(right))


def fit(some: Sequence[Asked], names: Sequence[str]) -> dict[str, float]:
    """The weights under which the right choices are likeliest."""
    some = [one for one in some if one.right.any() and not one.right.all()]
    times = Counter(one.doc for one in some)

    def loss(w: Floats) -> tuple[float, Floats]:
        total, slope = L2 * float(w @ w) / 2, L2 * w
        for one in some:
            score = one.rows @ w
            power = np.exp(score - score.max())
            chance = power / power.sum()
            mass = max(float(chance[one.right].sum()), 1e-9)
            counts = times[one.doc] ** -0.5
            total -= counts * float(np.log(mass))
            slope = slope - counts * ((chance * one.right / mass - chance) @ one.rows)
        return total, slope

    best = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B")
    return {n: round(float(v), 4) for n, v in zip(names, best.x, strict=True)}


def hits(some: Sequence[Asked], names: Sequence[str], by: Mapping[str, float]) -> int:
    """How many take a right choice."""
    w = np.array([by.get(n, 0.0) for n in names])
    return sum(bool(one.right[int(np.argmax(one.rows @ w))]) for one in some)


def main() -> None:
    """Fit, measure out of fold, and write."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ap.add_argument("--shared", type=Path, default=SHARED)
    ap.add_argument("--out", type=Path, default=refer.WEIGHTS)
    ap.add_argument("--dry", action="store_true", help="measure only")
    ap.add_argument("--cached", action="store_true", help="only texts that were read before")
    a = ap.parse_args()
    names: list[str] = []
    every = list(asked(a.shared, names, cached=a.cached))
    by_fold = [fit([one for one in every if one.fold != k], names) for k in range(FOLDS)]
    told = {}
    for source in sorted({one.source for one in every}):
        some = [one for one in every if one.source == source]
        mine = sum(hits([o for o in some if o.fold == k], names, by_fold[k]) for k in range(FOLDS))
        told[source] = (
            f"{mine} of {len(some)} right out of fold; the latest {hits(some, names, LATEST)}"
        )
        print(source, told[source], flush=True)
    if not a.dry:
        card = {
            "about": f"training/train_antecedent.py{' --cached' if a.cached else ''}: labelled "
            f"references to settlements in {', '.join(told)} texts",
            "references": len(every),
            "texts": len({one.doc for one in every}),
            "out_of_fold": told,
            "weights": fit(every, names),
        }
        a.out.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
