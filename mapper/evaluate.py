"""Measure the places of an analysis against files that a person coded.

``python -m mapper evaluate GOLD.jsonl`` gives, for a user's own documents, the figures that
the README gives for public corpora.  A gold file has one document a line::

    {"id", "text", "mentions" or "toponyms": [{"start", "end", "lat", "lon",
     "role"?, "precision"?, "geonameid"?}]}

with offsets in code points, end exclusive; a mention without ``lat`` counts for recognition
only.  Measures as in the field: strict and overlap F of spans (without leading article and
possessive), accuracy within 161 km (100 miles) over all gold with a miss an error, and F from
raw text at 161 km.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geodata.gazetteer import distance_km
from mapper.abstain import default_threshold, enough
from mapper.errors import InputError, short
from mapper.model import Article, Mention, Span

NEAR_KM = 161.0
"""100 miles: within this, a place counts as found (the field's usual threshold)."""

HALF_EARTH_KM = 20_039.0
_BINS = 10


@dataclass(frozen=True, slots=True)
class GoldMention:
    """A place mention as a person coded it; ``lat`` None: for recognition only."""

    start: int
    end: int
    lat: float | None
    lon: float | None
    role: str | None
    precision: str | None
    geonameid: str | None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A coded document."""

    article: Article
    mentions: tuple[GoldMention, ...]
    has_roles: bool


@dataclass(frozen=True, slots=True)
class Error:
    """Something that went wrong, with the text around it; ``km`` None: no distance."""

    document: str
    what: str
    snippet: str
    km: float | None


@dataclass(slots=True)
class Tally:
    """Counts of one slice (all, a role, a precision)."""

    gold: int = 0
    strict: int = 0
    overlap: int = 0
    located_gold: int = 0
    near: int = 0
    near20: int = 0
    role_right: int = 0
    role_seen: int = 0
    km: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """The figures over all documents; ``by`` has a tally for each role, precision and kind."""

    documents: int
    given_spans: bool
    everything: Tally
    by: dict[str, dict[str, Tally]]
    predicted: int
    placed: int
    reliability: list[tuple[float, float, int]]
    ece: float
    errors: list[Error]
    on_map: tuple[int, int] = (0, 0)
    """Of the places that a map shows by default: how many are right, of how many."""

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        out: dict[str, Any] = {
            "documents": self.documents,
            "resolution": _resolution(self.everything),
            "ece": round(self.ece, 3),
            "reliability": [
                {"confidence": round(c, 3), "right": round(r, 3), "n": n}
                for c, r, n in self.reliability
            ],
            "by": {
                name: {value: _slice(t, given=self.given_spans) for value, t in slices.items()}
                for name, slices in self.by.items()
            },
            "worst": [
                {"document": e.document, "what": e.what, "snippet": e.snippet, "km": e.km}
                for e in self.errors
            ],
        }
        if not self.given_spans:
            t = self.everything
            out["recognition_strict"] = f_score(t.strict, self.predicted, t.gold)
            out["recognition_overlap"] = f_score(t.overlap, self.predicted, t.gold)
            out["end_to_end_161"] = f_score(t.near, self.placed, t.located_gold)
            if t.role_seen:
                out["role_right"] = round(t.role_right / t.role_seen, 3)
        return out


def f_score(right: int, predicted: int, gold: int) -> dict[str, float]:
    """Precision, recall and their harmonic mean, to three decimals."""
    p = right / predicted if predicted else 0.0
    r = right / gold if gold else 0.0
    f = 2 * p * r / (p + r) if p + r else 0.0
    return {"p": round(p, 3), "r": round(r, 3), "f": round(f, 3)}


def _resolution(t: Tally) -> dict[str, float]:
    n = t.located_gold
    if not n:
        return {"n": 0}
    km = sorted(t.km)
    return {
        "n": n,
        "a161": round(t.near / n, 3),
        "a20": round(t.near20 / n, 3),
        "median_km": round(km[n // 2], 1),
        "mean_km": round(sum(km) / n),
    }


def _slice(t: Tally, *, given: bool) -> dict[str, Any]:
    out: dict[str, Any] = {"gold": t.gold, "resolution": _resolution(t)}
    if not given:
        out["recall_strict"] = round(t.strict / t.gold, 3) if t.gold else 0.0
        out["recall_overlap"] = round(t.overlap / t.gold, 3) if t.gold else 0.0
    return out


def read_gold(path: Path) -> Iterator[GoldDocument]:
    """The documents of a gold file.

    Raises InputError, naming the line, when one is not such a document.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{path.name} line {number}"
            try:
                raw = json.loads(line)
            except ValueError as error:
                raise InputError(f"{where} is not JSON: {error}") from error
            yield _document(raw, where)


def _document(raw: Any, where: str) -> GoldDocument:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("text"), str):
        raise InputError(f"{where} has no text: each line needs id, text and mentions")
    coded = raw.get("mentions", raw.get("toponyms"))
    if not isinstance(coded, list):
        raise InputError(f"{where} has no mentions: code them as a list, empty if there are none")
    text = raw["text"]
    mentions = []
    for m in coded:
        try:
            start, end = int(m["start"]), int(m["end"])
            lat = None if m.get("lat") is None else float(m["lat"])
            lon = None if m.get("lon") is None else float(m["lon"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where}: mention {short(m)} needs start, end, lat, lon") from error
        if not 0 <= start < end <= len(text):
            raise InputError(f"{where}: span {[start, end]} is outside the text")
        gid = m.get("geonameid")
        mentions.append(
            GoldMention(
                start,
                end,
                lat,
                lon,
                m.get("role"),
                m.get("precision"),
                str(gid) if gid else None,
                m.get("kind"),
            )
        )
    article = Article(
        str(raw.get("id", where)),
        text,
        raw.get("published"),
        raw.get("title"),
        raw.get("url"),
        raw.get("domain"),
    )
    return GoldDocument(article, tuple(mentions), any(m.role for m in mentions))


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without a leading article or a trailing possessive."""
    lead = re.match(r"(?i)the\s+", text[start:end])
    if lead:
        start += lead.end()
    if re.search(r"['’]s$", text[start:end]):
        end -= 2
    return start, end


def _error_km(gold: GoldMention, found: Mention | None) -> float:
    if found is None or found.place is None or gold.lat is None or gold.lon is None:
        return HALF_EARTH_KM
    place = found.place
    if gold.geonameid and str(place.geonameid) == gold.geonameid:
        return 0.0
    return min(HALF_EARTH_KM, distance_km((gold.lat, gold.lon), (place.lat, place.lon)))


def _snippet(text: str, start: int, end: int, reach: int = 45) -> str:
    before = text[max(0, start - reach) : start].replace("\n", " ")
    after = text[end : end + reach].replace("\n", " ")
    return f"…{before}[{text[start:end]}]{after}…"


def evaluate(
    documents: Iterable[GoldDocument],
    mentions_of: Callable[[Article, Sequence[Span] | None], Sequence[Mention]],
    *,
    given_spans: bool = False,
    leave_out: Sequence[str] = ("nominal",),
    worst: int = 20,
    kind_of: Callable[[str], str | None] | None = None,
) -> Report:
    """Compare what ``mentions_of`` finds in each document with what was coded.

    ``mentions_of(article, spans)`` gives placed mentions; ``spans`` is None, or the gold
    spans with ``given_spans``.  Roles in ``leave_out`` are left out on both sides.
    ``kind_of(geonameid)`` tells a coded place's kind where the coding does not.
    """
    everything = Tally()
    by: dict[str, dict[str, Tally]] = {
        "role": defaultdict(Tally),
        "precision": defaultdict(Tally),
        "kind": defaultdict(Tally),
    }
    threshold = default_threshold()
    shown = shown_right = 0
    predicted = placed = count = 0
    sure: list[tuple[float, bool]] = []
    errors: list[Error] = []
    for doc in documents:
        count += 1
        text = doc.article.text
        coded = [m for m in doc.mentions if given_spans or m.role not in leave_out]
        given = [(m.start, m.end) for m in coded] if given_spans else None
        found = {
            trimmed(text, m.start, m.end): m
            for m in mentions_of(doc.article, given)
            if given_spans or m.role not in leave_out
        }
        golds = {trimmed(text, m.start, m.end): m for m in coded}
        predicted += len(found)
        placed += sum(m.place is not None for m in found.values())
        taken: set[Span] = set()
        for span, gold in golds.items():
            tallies = [everything]
            if gold.role:
                tallies.append(by["role"][gold.role])
            if gold.precision:
                tallies.append(by["precision"][gold.precision])
            kind = gold.kind
            if kind is None and kind_of is not None and gold.geonameid:
                kind = kind_of(gold.geonameid)
            if kind:
                tallies.append(by["kind"][kind])
            mention = found.get(span)
            exact = mention is not None
            if mention is None:
                near = [
                    s
                    for s in found
                    if s not in taken and s not in golds and s[0] < span[1] and span[0] < s[1]
                ]
                if near:
                    mention = found[near[0]]
                    taken.add(near[0])
            km = _error_km(gold, mention)
            for tally in tallies:
                tally.gold += 1
                tally.strict += exact
                tally.overlap += mention is not None
                if mention is not None and gold.role:
                    tally.role_seen += 1
                    tally.role_right += mention.role == gold.role
                if gold.lat is not None:
                    tally.located_gold += 1
                    tally.near += km <= NEAR_KM
                    tally.near20 += km <= 20
                    tally.km.append(km)
            if gold.lat is None:
                placed -= bool(mention and mention.place)
                continue
            if mention is not None and mention.place is not None:
                sure.append((mention.confidence, km <= NEAR_KM))
                if enough(mention, threshold):
                    shown += 1
                    shown_right += km <= NEAR_KM
            if km > NEAR_KM:
                errors.append(_what_went_wrong(doc.article, gold, mention, km))
        for span, mention in found.items():
            if span not in golds and span not in taken:
                errors.append(
                    Error(
                        doc.article.id,
                        f"not coded, found as {mention.role}",
                        _snippet(text, mention.start, mention.end),
                        None,
                    )
                )
    reliability, ece = _reliability(sure)
    errors.sort(key=lambda e: (e.km is None, -(e.km or 0.0), e.document, e.snippet))
    return Report(
        count,
        given_spans,
        everything,
        {name: dict(sorted(slices.items())) for name, slices in by.items()},
        predicted,
        placed,
        reliability,
        ece,
        errors[:worst],
        (shown_right, shown),
    )


def _what_went_wrong(
    article: Article, gold: GoldMention, mention: Mention | None, km: float
) -> Error:
    snippet = _snippet(article.text, gold.start, gold.end)
    if mention is None:
        return Error(article.id, "not found", snippet, None)
    if mention.place is None:
        return Error(article.id, "found, not placed", snippet, None)
    name = f"{mention.place.name}, {mention.place.country or '-'}"
    return Error(
        article.id, f"placed at {name} (confidence {mention.confidence:.2f})", snippet, round(km)
    )


def _reliability(
    sure: Sequence[tuple[float, bool]],
) -> tuple[list[tuple[float, float, int]], float]:
    """(mean confidence, share right, n) in ten bins, and the expected calibration error."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in sure:
        bins[min(int(confidence * _BINS), _BINS - 1)].append((confidence, right))
    curve = []
    ece = 0.0
    for k in sorted(bins):
        held = bins[k]
        mean = sum(c for c, _ in held) / len(held)
        share = sum(r for _, r in held) / len(held)
        curve.append((mean, share, len(held)))
        ece += len(held) / len(sure) * abs(mean - share)
    return curve, ece


def lines(report: Report) -> Iterator[str]:
    """The report as lines for a terminal."""
    t = report.everything
    yield f"{report.documents} documents, {t.gold} mentions coded, {t.located_gold} with a place"
    if not report.given_spans:
        figures = report.to_dict()
        for key, title in (
            ("recognition_strict", "recognised, same span"),
            ("recognition_overlap", "recognised, overlapping"),
            ("end_to_end_161", "from raw text, within 161 km"),
        ):
            f = figures[key]
            yield f"{title:32} F {f['f']:.3f}  precision {f['p']:.3f}  recall {f['r']:.3f}"
        if "role_right" in figures:
            yield f"{'role right':32} {figures['role_right']:.3f}"
    whole = _resolution(t)
    if whole["n"]:
        yield (
            f"{'within 161 km, a miss an error':32} {whole['a161']:.3f}  within 20 km "
            f"{whole['a20']:.3f}  median {whole['median_km']} km"
        )
    right, shown = report.on_map
    if shown:
        yield (
            f"{'right of what a map shows':32} {right / shown:.3f}  ({shown} of {t.located_gold}, "
            f"confidence from {default_threshold():.2f})"
        )
    yield f"{'calibration error (ECE)':32} {report.ece:.3f}"
    for c, r, n in report.reliability:
        yield f"    confidence {c:.2f}: right {r:.2f} of {n}"
    for name, slices in report.by.items():
        for value, tally in slices.items():
            found = tally.overlap / tally.gold if tally.gold else 0.0
            near = tally.near / tally.located_gold if tally.located_gold else 0.0
            yield (
                f"{name:10} {value:14} coded {tally.gold:5}  found {found:.2f}"
                f"  within 161 km {near:.2f}"
            )
    if report.errors:
        yield "worst:"
    for e in report.errors:
        far = f"{e.km:,} km off, " if e.km is not None else ""
        yield f"  {e.document}: {far}{e.what}: {e.snippet}"
