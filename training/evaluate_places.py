"""Measure places on texts that nothing had seen, and of the public corpora what can be.

    python -m training.evaluate_places [--shared ../shared] [--corpus lgl ...] [--docs N]
        [--encoders build/folds] [--rankers build/folds] [--no-table] [--errors FILE]

Each document is read by the encoder, its spans weighed by the scorer (``spans-K.json``) and its
names placed by the ranker that have not seen its outlet (folds of ``training/folds.py``); TUD-Loc
is in no training set and is measured with the shipped models; ``second`` are the composed texts
of round 2 and later. Fold encoders that went on from earlier networks have seen LGL, GeoWebNews
and ``written``: for these only the figures of given spans are honest then, and they are measured
when asked for (``--corpus``). Prints recognition, resolution of given spans and end to end as
``score_places.py`` of the evaluation counts them, plus calibration and the precision of what
the default threshold lets onto a map.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geodata.gazetteer import Gazetteer, distance_km
from mapper import outlets
from mapper.encode import Encoder
from mapper.evaluate import NEAR_KM
from mapper.lattice import Scorer
from mapper.model import Article, Mention
from mapper.rank import Ranker
from mapper.recognise import from_spans, recognise
from mapper.resolve import resolve
from training.corpora import fold_key
from training.folds import FOLDS, fold_of_key

CORPORA = {
    "lgl": ("corpora/lgl.jsonl", "nominal"),
    "geowebnews": ("corpora/geowebnews.jsonl", "nominal"),
    "tud": ("corpora/tud_loc_2013.jsonl", "nominal,demonym,organisation"),
    "written": ("evaluation/written.jsonl", "nominal"),
    "second": ("composed_places.jsonl", "nominal"),
}
UNSEEN = ("tud", "second")
DATA = Path(__file__).parent / "data"


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of a JSON Lines file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _article(doc: Mapping[str, Any]) -> Article:
    return Article(
        doc["id"],
        doc["text"],
        doc.get("published") or doc.get("publication_date"),
        doc.get("title"),
        doc.get("url"),
        doc.get("domain"),
    )


def _line(doc_id: str, mentions: Sequence[Mention]) -> str:
    return json.dumps(
        {
            "id": doc_id,
            "mentions": [
                {
                    "start": m.start,
                    "end": m.end,
                    "role": m.role,
                    "place": {
                        "lat": m.place.lat,
                        "lon": m.place.lon,
                        "geonameid": m.place.geonameid,
                    }
                    if m.place
                    else None,
                }
                for m in mentions
            ],
        }
    )


def _score(scorer: Path, gold: Path, predicted: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own scorer
        [sys.executable, str(scorer), str(gold), str(predicted), "--json", *options],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Models:
    """The encoder, the scorer of spans and the ranker that have not seen a document."""

    def __init__(self, encoders: Path, rankers: Path) -> None:
        self._encoders, self._rankers = encoders, rankers
        self._open: dict[tuple[str, int | None], Any] = {}

    def encoder(self, fold: int | None) -> Encoder | None:
        """The encoder of a fold (None: the shipped one); None where it is not made yet."""
        key = ("encoder", fold)
        if key not in self._open:
            path = None if fold is None else self._encoders / f"fold{fold}"
            try:
                self._open[key] = Encoder.open(path)
            except (OSError, RuntimeError):
                self._open[key] = None
        found: Encoder | None = self._open[key]
        return found

    def spans(self, fold: int | None) -> Scorer:
        """The scorer of spans of a fold; the shipped one for None and where there is no other."""
        key = ("spans", fold)
        if key not in self._open:
            path = None if fold is None else self._encoders / f"spans-{fold}.json"
            self._open[key] = Scorer.open(path if path and path.is_file() else None)
        found: Scorer = self._open[key]
        return found

    def ranker(self, fold: int | None) -> Ranker:
        """The ranker of a fold (None: the shipped one)."""
        key = ("ranker", fold)
        if key not in self._open:
            path = None if fold is None else self._rankers / f"ranker-{fold}" / "ranker.json"
            self._open[key] = Ranker.open(path)
        found: Ranker = self._open[key]
        return found


def main() -> None:
    """Print the table of figures."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ap.add_argument("--shared", type=Path, default=Path("../shared"))
    ap.add_argument("--corpus", nargs="*", choices=list(CORPORA), default=list(UNSEEN))
    ap.add_argument("--docs", type=int, help="measure on the first N documents of each only")
    ap.add_argument("--encoders", type=Path, default=Path("build/folds"))
    ap.add_argument("--rankers", type=Path, default=Path("build/folds"))
    ap.add_argument("--no-table", action="store_true", help="hide the table of outlets")
    ap.add_argument("--errors", type=Path, help="write what went wrong here, a line each")
    a = ap.parse_args()
    if a.no_table:
        outlets._table().clear()
        outlets.outlet.cache_clear()
    gazetteer = Gazetteer.open()
    models = Models(a.encoders, a.rankers)
    errors: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for corpus in a.corpus:
            _measure(corpus, a, gazetteer, models, Path(folder), errors)
    if a.errors:
        a.errors.write_text("\n".join(errors) + "\n", encoding="utf-8")


def _measure(
    corpus: str,
    a: argparse.Namespace,
    gazetteer: Gazetteer,
    models: Models,
    folder: Path,
    errors: list[str],
) -> None:
    name, leave_out = CORPORA[corpus]
    gold: list[str] = []
    given_lines: list[str] = []
    raw_lines: list[str] = []
    on_map: list[bool] = []
    sure: list[tuple[float, bool]] = []
    for doc in documents((DATA if corpus == "second" else a.shared) / name):
        if a.docs and len(gold) >= a.docs:
            break
        if corpus == "second" and doc.get("round", 1) == 1:
            continue
        fold = None if corpus == "tud" else fold_of_key(fold_key(doc), FOLDS)
        encoder = models.encoder(fold)
        if encoder is None:
            continue
        ranker = models.ranker(fold)
        article = _article(doc)
        reading = encoder.read(article.text)
        coded = doc["toponyms"] if "toponyms" in doc else doc["mentions"]
        spans = [(t["start"], t["end"]) for t in coded]
        given = resolve(article, from_spans(article, spans, reading, gazetteer), gazetteer, ranker)
        mentions = recognise(article, reading, gazetteer, models.spans(fold))
        raw = resolve(article, mentions, gazetteer, ranker)
        gold.append(json.dumps(doc))
        given_lines.append(_line(doc["id"], given))
        raw_lines.append(_line(doc["id"], raw))
        for m, t in zip(given, coded, strict=True):
            if m.place is None or t.get("lat") is None or t.get("role") == "nominal":
                continue
            right = distance_km((t["lat"], t["lon"]), (m.place.lat, m.place.lon)) <= NEAR_KM
            right |= bool(t.get("geonameid")) and str(m.place.geonameid) == str(t["geonameid"])
            sure.append((m.confidence, right))
            if m.confidence >= ranker.threshold:
                on_map.append(right)
        errors += _wrong(corpus, doc, coded, raw, leave_out)
    if not gold:
        print(f"{corpus}: no encoder of the folds is there yet", flush=True)
        return
    paths = {}
    for kind, content in (("gold", gold), ("given", given_lines), ("raw", raw_lines)):
        paths[kind] = folder / f"{corpus}-{kind}.jsonl"
        paths[kind].write_text("\n".join(content) + "\n", encoding="utf-8")
    scorer = a.shared / "evaluation" / "score_places.py"
    given_scores = _score(scorer, paths["gold"], paths["given"], "--given-spans")
    scores = _score(scorer, paths["gold"], paths["raw"], "--leave-out", leave_out)
    strict, end = scores["recognition_strict"], scores["end_to_end_161"]
    print(
        f"{corpus:11} {len(gold):4} documents  recognition strict F {strict['f']:.3f}"
        f" (p {strict['p']:.3f} r {strict['r']:.3f})"
        f"  overlap F {scores['recognition_overlap']['f']:.3f}"
        + (f"  role right {scores['role_right']:.3f}" if "role_right" in scores else "")
    )
    precision = sum(on_map) / len(on_map) if on_map else 0.0
    print(
        f"{'':11} given spans A@161 {given_scores['resolution'].get('a161', 0):.3f}"
        f"  A@20 {given_scores['resolution'].get('a20', 0):.3f}"
        f"  end to end F@161 {end['f']:.3f} (p {end['p']:.3f} r {end['r']:.3f})"
        f"  at the threshold: precision {precision:.3f}, {len(on_map)} of {len(sure)} placed",
        flush=True,
    )
    bins: dict[int, list[tuple[float, bool]]] = {}
    for c, r in sure:
        bins.setdefault(min(int(c * 10), 9), []).append((c, r))
    off = 0.0
    for k in sorted(bins):
        mean = sum(c for c, _ in bins[k]) / len(bins[k])
        share = sum(r for _, r in bins[k]) / len(bins[k])
        off += len(bins[k]) / len(sure) * abs(mean - share)
        print(f"{'':13}confidence {mean:.2f}: right {share:.2f} of {len(bins[k])}")
    print(f"{'':13}ECE {off:.3f}", flush=True)


def _wrong(
    corpus: str,
    doc: Mapping[str, Any],
    coded: Sequence[Mapping[str, Any]],
    found: Sequence[Mention],
    leave_out: str,
) -> list[str]:
    """What recognition missed, invented or cut otherwise, with context, a JSON line each."""
    left = set(leave_out.split(","))
    text = doc["text"]
    gold = {(t["start"], t["end"]): t for t in coded if t.get("role") not in left}
    mine = {(m.start, m.end): m for m in found if m.role not in left}
    out = []

    def around(a: int, b: int) -> str:
        return f"{text[max(0, a - 40) : a]}[{text[a:b]}]{text[b : b + 40]}".replace("\n", " ")

    for span, t in gold.items():
        if span not in mine:
            what = "cut" if any(s < span[1] and span[0] < e for s, e in mine) else "missed"
            out.append(
                json.dumps([corpus, what, str(t.get("role") or t.get("type")), around(*span)])
            )
        elif t.get("role") and mine[span].role != t["role"]:
            out.append(
                json.dumps([corpus, "role", f"{t['role']} as {mine[span].role}", around(*span)])
            )
    for span, m in mine.items():
        if span not in gold:
            over = any(s < span[1] and span[0] < e for s, e in gold)
            out.append(json.dumps([corpus, "mine" if over else "extra", m.role, around(*span)]))
    return out


if __name__ == "__main__":
    main()
