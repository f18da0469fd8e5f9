"""One article as the extraction stages see it: sentences, mentions, dates and tolls, indexed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from mapper.discourse import is_dateline
from mapper.encode import Reading, TaggedSpan, Trigger
from mapper.extract.dates import ResolvedDate, find_dates, resolve_dates
from mapper.extract.furniture import other_articles
from mapper.extract.resources import ontology
from mapper.extract.tolls import (
    TollExpression,
    counts_things,
    counts_things_next,
    find_tolls,
    is_day,
    parse_toll,
    says,
    with_number,
)
from mapper.model import Article, Mention, Span
from mapper.names import NO_FITTING_NAME, NO_SUCH_NAME
from mapper.segment import sentences as split_sentences

__all__ = ["Scene", "TollCandidate", "build_scene", "place_key", "stands_in"]

_DATELINE = re.compile(
    r"\A\W{0,3}(?:[A-Z][\w.'’-]*(?:[ ,/]+|\s+))[^\n]{0,110}?(?:\s[-–—]{1,2}\s|—|--|\s-\s)"
)
_TITLE_LENGTH = 160


@dataclass(frozen=True, slots=True)
class TollCandidate:
    """A phrase that may be a toll of some incident, as the rules or the encoder found it."""

    start: int
    end: int
    quote: str
    what: str
    low: int | None
    best: int | None
    high: int | None
    rule: float
    encoder: float
    column: int
    """Index among the reading's link targets, -1 where the encoder has no such span."""
    total: bool


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A resolved time expression, with the encoder's span that it overlaps (-1: none)."""

    start: int
    end: int
    resolved: ResolvedDate
    encoder: float
    column: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything about an article that the scorers look at.  Offsets are code points."""

    article: Article
    reading: Reading
    text: str
    published: str | None
    sentences: tuple[Span, ...]
    sentence_starts: tuple[int, ...]
    word_starts: tuple[int, ...]
    paragraph_starts: tuple[int, ...]
    mentions: tuple[Mention, ...]
    mention_columns: tuple[int, ...]
    dates: tuple[DateCandidate, ...]
    tolls: tuple[TollCandidate, ...]
    triggers: tuple[Trigger, ...]
    dateline_end: int
    datelines: frozenset[int]
    """Indices of the mentions that say where a report was filed from."""
    title_end: int
    place_counts: Counter[str]
    elsewhere: tuple[Span, ...] = ()
    """Headlines of other articles that a web page put into this one."""
    notes: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What a scorer has worked out of one trigger or mention, kept for the pairs it stands in."""

    def sentence_of(self, at: int) -> int:
        """Index of the sentence that holds this offset."""
        return max(0, bisect_right(self.sentence_starts, at) - 1)

    def word_of(self, at: int) -> int:
        """Index of the word that holds this offset, or of the next one."""
        return max(0, bisect_right(self.word_starts, at) - 1)

    def of_another(self, at: int) -> bool:
        """Whether this offset stands in the headline of another article."""
        k = bisect_right(self.elsewhere, at, key=lambda span: span[0]) - 1
        return k >= 0 and at < self.elsewhere[k][1]

    def paragraph_of(self, at: int) -> int:
        """Index of the paragraph that holds this offset."""
        return max(0, bisect_right(self.paragraph_starts, at) - 1)


def place_key(mention: Mention) -> str:
    """What makes two mentions one place: the place's id, else the folded words.

    A name that no gazetteer knows is set in a place that stands near it; it is still a place of
    its own, so it goes by its words.
    """
    if mention.place is not None and not stands_in(mention):
        return mention.place.id
    return " ".join(mention.text.lower().split())


def stands_in(mention: Mention) -> bool:
    """Whether a mention's place is only one that the text names near it, for want of its own."""
    return mention.place is not None and mention.why[:1] in ((NO_SUCH_NAME,), (NO_FITTING_NAME,))


def _overlapping(
    starts: Sequence[int], spans: Sequence[tuple[int, int, int, float]], start: int, end: int
) -> tuple[int, float]:
    """Column and score of the span (start, end, column, score) that overlaps most."""
    best, column, score = 0, -1, 0.0
    at = bisect_left(starts, end) - 1
    steps = 0
    while at >= 0 and steps < 12:
        a, b, c, s = spans[at]
        common = min(b, end) - max(a, start)
        if common > best:
            best, column, score = common, c, s
        at -= 1
        steps += 1
    return column, score


def _index(
    spans: Sequence[TaggedSpan], offset: int, label: str | None
) -> tuple[list[int], list[tuple[int, int, int, float]]]:
    rows = sorted(
        (s.start, s.end, offset + i, s.score)
        for i, s in enumerate(spans)
        if label is None or s.label == label
    )
    return [r[0] for r in rows], rows


def build_scene(article: Article, reading: Reading, mentions: Sequence[Mention]) -> Scene:
    """Index an article for the scorers; linear in its length."""
    text = article.text
    sents = tuple(reading.sentences) or tuple(split_sentences(text))
    m = _DATELINE.match(text[:260])
    dateline_end = m.end() if m and _looks_like_dateline(m.group()) else 0
    first_line = text.find("\n")
    title_end = (
        first_line
        if 0 < first_line <= _TITLE_LENGTH and text[first_line + 1 : first_line + 2]
        else 0
    )
    expressions = find_dates(text, sents)
    published = article.published
    if published is None and dateline_end:
        # A wire text's dateline says when it was sent.
        for r in resolve_dates(text, [e for e in expressions if e.start < dateline_end], None):
            if r.past and r.past.start and len(r.past.start) == 10 and r.past.start[0] != "X":
                published = r.past.start
                break
    resolved = resolve_dates(text, expressions, published)
    n_places = len(reading.places)
    starts, rows = _index(reading.arguments, n_places, "date")
    dates = []
    for r in resolved:
        if r.past is None and r.future is None:
            continue
        column, score = _overlapping(starts, rows, r.expression.start, r.expression.end)
        dates.append(DateCandidate(r.expression.start, r.expression.end, r, score, column))
    starts, rows = _index(reading.places, 0, None)
    ordered = tuple(sorted(mentions, key=lambda x: x.span))
    columns = tuple(_overlapping(starts, rows, x.start, x.end)[0] for x in ordered)
    return Scene(
        article,
        reading,
        text,
        published,
        sents,
        tuple(a for a, _ in sents),
        tuple(a for a, _ in reading.words),
        (0, *(p.end() for p in re.finditer(r"\n\s*\n\s*", text))),
        ordered,
        columns,
        tuple(dates),
        _tolls(text, reading, find_tolls(text, sents), n_places),
        tuple(reading.triggers),
        dateline_end,
        frozenset(
            i
            for i, x in enumerate(ordered[:12])
            if x.role in {"literal", "nominal"} and is_dateline(text, x)
        ),
        title_end,
        Counter(place_key(x) for x in ordered if x.role in {"literal", "nominal"}),
        other_articles(text),
    )


def _looks_like_dateline(head: str) -> bool:
    """Whether the words before the first dash open a wire text: capitals, a date, an agency."""
    place = re.match(r"\W{0,3}([^,(—–-]{2,40})", head)
    if place is None:
        return False
    return place.group(1).isupper() or bool(re.search(r"\(|\d", head)) or len(head) < 40


_BARE = re.compile(
    r"(?:(?:dead|deaths?|killed|died|dies?|he|she|him|her|it|they|an?|the|people|persons|lives?|killing|"
    r"murder(?:ed)?|was|were|shot|body|bodies|injured|wounded|hurt|injur\w+|fatal\w*|casualt\w+|toll|"
    r"\d{1,3}-year-old|\W)\s*)+"
)
_AGE = re.compile(r",\s\d{1,3}[,;.)]|.\(\d{1,3}\)", re.DOTALL)
_OF_THEM = re.compile(r"[\w-]+\s+of\s+(?:them|whom)\b", re.IGNORECASE)
_BREAK = re.compile(r"[.;:\n]|\b(?:wound|injur|hurt|kill)")


@cache
def _spared() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What says before or after a count of people that they were not killed."""
    words = sorted((str(w) for w in ontology("tolls")["spared"]), key=lambda w: -len(w))
    one = rf"(?:{'|'.join(re.escape(w) for w in words)})"
    before = rf"\b{one}\s+(?:at\s+least\s+|about\s+|some\s+|more\s+than\s+|up\s+to\s+)?$"
    after = (
        r"^\s*(?:,?\s*(?:who|that)\s+)?(?:(?:were|was|are|is|have\s+been|had\s+been|been|being)\s+)?"
        rf"(?:\w+ly\s+)?{one}\b"
        r"(?!\W+(?:and|then)\W+(?:\w+\W+)?(?:kill|murder|shot|execut|behead|slain))"
    )
    return re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE)


def _kills(quote: str) -> bool:
    return (
        re.search(
            r"\b(?:kill|dead|death|die[ds]?\b|fatal|murder|bod(?:y|ies)\b|lives\b)", quote.lower()
        )
        is not None
    )


_BEFORE = re.compile(
    r"\b(?:up|down|rising|risen|revised|increased)\s+(?:\w+\s+)?from\s+$", re.IGNORECASE
)
_STOP = re.compile(r"[.;:!?](?=\s|$)|\n")


_NUMBERED = re.compile(r"\d|\b(?:two|couple|pair|both|some|several|at\s+least|more\s+than)\b", re.I)
_MANNER = re.compile(r"\b(?:killings|murders|assassinations|executions|lynchings)\b", re.IGNORECASE)


_OF_THEIR_DEATH = re.compile(r"(?:\s+(?:who|were|was|have|had|has|been|also|later)){0,4}\s+", re.I)


def _uncounted(quote: str, after: str) -> bool:
    """Whether a phrase names many, or killings, without a word of their number or their death."""
    if _NUMBERED.search(quote):
        return False
    led = _OF_THEIR_DEATH.match(after)
    died = led is not None and says("fatalities", " ".join(after[led.end() :].lower().split()[:2]))
    return (not _kills(quote) and not died) or _MANNER.search(quote) is not None


def _only_hurt(text: str, start: int, end: int) -> bool:
    """Whether the sentence around a phrase tells of the hurt and of nobody's death."""
    begin = max((m.end() for m in _STOP.finditer(text, max(0, start - 300), start)), default=0)
    begin = max(begin, start - 300)
    stop = _STOP.search(text, end, end + 300)
    around = text[begin : stop.start() if stop else end + 300].lower()
    return says("injured", around) and not says("fatalities", around)


def _not_dead(text: str, start: int, end: int) -> bool:
    """Whether the words around a phrase say that the people it counts were not killed."""
    before, after = _spared()
    return bool(
        before.search(text[max(0, start - 40) : start]) or after.match(text[end : end + 60])
    )


def _pieced(
    text: str, rows: Sequence[tuple[int, int, int, float]]
) -> list[tuple[int, int, int, float]]:
    """The encoder's spans, and those that it split put together ("Three", "people")."""
    out = list(rows)
    for (a, b, column, score), (c, d, _, other) in pairwise(rows):
        if 0 <= c - b <= 14 and d - a <= 90 and not _BREAK.search(text[b:c]):
            out.append((a, d, column, max(score, other)))
    return out


def _tolls(
    text: str, reading: Reading, found: Sequence[TollExpression], offset: int
) -> tuple[TollCandidate, ...]:
    """Toll phrases of the rules and of the encoder; where both see one, both readings stay."""
    out: list[TollCandidate] = []
    for what in ("fatalities", "injured"):
        starts, rows = _index(reading.arguments, offset, what)
        used: set[int] = set()
        for e in found:
            if e.what != what or _AGE.fullmatch(text[max(0, e.start - 2) : e.end + 1]):
                continue
            column, score = _overlapping(starts, rows, e.start, e.end)
            if column >= 0:
                used.add(column)
            out.append(
                TollCandidate(
                    e.start, e.end, e.quote, what, e.low, e.best, e.high,
                    e.strength, score, column, e.total,
                )
            )  # fmt: skip
        for a, b, column, score in _pieced(text, rows):
            if counts_things(text[a:b]) or counts_things_next(text[a:b], text[b : b + 60]):
                continue  # "seven blocks", "a military bus", "three" mobile homes
            a = with_number(text, a, text[a:b])
            low, best, high = parse_toll(text[a:b], what)
            near = [c for c in out if c.what == what and abs(c.start - a) < 160]
            if any(c.column == column and (c.low, c.high) == (low, high) for c in near):
                continue
            if what == "fatalities" and not _kills(text[a:b]) and _not_dead(text, a, b):
                continue  # "abducted 14 girls"
            if what == "fatalities" and not _kills(text[a:b]) and _only_hurt(text, a, b):
                continue  # "one person was stabbed and is in hospital"
            many = what == "fatalities" and (low, high) == (2, None)
            if many and _uncounted(text[a:b], text[b : b + 40]):
                continue  # "the passengers", "the killings": nobody says how many
            if is_day(text, a, b) or _BEFORE.search(text[max(0, a - 30) : a]):
                continue  # "29" April, up from "77"
            if _OF_THEM.match(text[a:b]) and text[max(0, a - 2) : a].strip() == ",":
                continue  # "Seven miners, three of them from Lesotho, were killed"
            if _AGE.fullmatch(text[max(0, a - 2) : b + 1]):
                continue  # "Vargas, 56, was shot"
            if near and _BARE.fullmatch(text[a:b].lower()):
                continue  # the verb alone, beside a phrase that counts
            rule = 0.3 if column in used else 0.0
            out.append(
                TollCandidate(a, b, text[a:b], what, low, best, high, rule, score, column, False)
            )
    return tuple(sorted(out, key=lambda c: (c.start, c.end, c.what, c.rule)))
