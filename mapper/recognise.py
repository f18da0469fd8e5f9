"""Find the mentions of places in an article and say in what role each stands.

The encoder's tagged spans are the start; what a tagger gets wrong by nature is mended here:
ragged ends, halves of one name, a name that it tagged in one sentence and missed in the
next, the papers that news is quoted from.  What the rules propose and all that might stand in
its place are then weighed by a learned scorer (``mapper/lattice.py``).  Nothing is resolved here.
"""

from __future__ import annotations

import calendar
import csv
import inspect
import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from geodata.area_phrases import find
from geodata.gazetteer import GazetteerLike
from mapper.discourse import DATELINE_REACH, PROSE
from mapper.encode import Reading, TaggedSpan, whole_words
from mapper.lattice import Scorer, best, lattice
from mapper.model import Article, Mention, Role, Span
from mapper.names import any_of, clean, fold
from mapper.segment import one_case

TAKE_FROM = 0.5
"""Score of the encoder's span from which it is taken as it is."""

UNKNOWN_FROM = 0.8
"""Score from which a name that the gazetteer does not know is taken."""

KNOWN_FROM = 0.3
"""Score from which it is taken when its words are a name that the gazetteer knows."""

PROPAGATE_FROM = 0.6
"""Score of a tagged name from which on its other occurrences are taken too."""

_TOWN = 20_000
"""Inhabitants from which a town may be known by its name alone, where a tagger missed it."""
_FILED_SCORE = 0.9
_AREA_SCORE = 0.9
_LONGEST_AREA = 90

_CUES = Path(__file__).parent / "cues" / "mentions.yaml"
_CURATED = Path(__file__).parents[1] / "geodata" / "curated" / "places.csv"
_NAME_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_ROLES: frozenset[str] = frozenset(get_args(Role))
_ARTICLE = re.compile(r"(?:the|The|THE)\s+")
_SEAT = re.compile(r"\b([^\W\d_]+)\s+in\s+$")
_DETERMINER = re.compile(r"\b(?:the|this|that|these|those)\s+$", re.I)
_TAIL = re.compile(r"(?:['’][sS]|['’])$|[\s,;:.!?\"“”)\]]+$")
_FRONT = re.compile(r"^[\s,;:.!?\"“”'‘’(\[\-–—]+")
_WORD_BEFORE = re.compile(r"([^\W_]+\.?)([ -])$")
_WORD_AFTER = re.compile(r"^([ ])([^\W_]+)")
_LINE = re.compile(r"^(?=\S)", re.MULTILINE)
_FILED = re.compile(
    r"([^\W\d_][\w.'’-]*(?:[ /][^\W\d_][\w.'’-]*){0,4})"
    r"(?:,\s*[\w.’' ]{2,25})?\s?(?:\([^()\n]{2,40}\))?\s?:\s+(?=\S)"
)
"""The towns (group 1) that a report was filed from, at the beginning of its first line."""
_FILED_NAME = re.compile(r"[^/]+")
_DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}$|\b[A-Z][a-z]{0,4}\.$")


@lru_cache(maxsize=1)
def _cues() -> dict[str, frozenset[str]]:
    raw: dict[str, Any] = yaml.safe_load(_CUES.read_text(encoding="utf-8"))
    return {key: frozenset(str(v) for v in values) for key, values in raw.items()}


Found = dict[Span, tuple[Role, float]]
"""Spans in code points with the role and how sure it is that they name a place, 0..1."""


@lru_cache(maxsize=1)
def shipped_scorer() -> Scorer:
    """The scorer of spans that the project ships, opened once."""
    return Scorer.open()


def recognise(
    article: Article,
    reading: Reading,
    gazetteer: GazetteerLike,
    scorer: Scorer | None = None,
) -> tuple[Mention, ...]:
    """The mentions of places in text order, unresolved.

    Spans do not overlap, but for areas described around a name ("30 km west of Baghdad"),
    which are nominal mentions that hold the name's own.  ``scorer`` weighs the spans (None: the
    shipped one).
    """
    text = article.text
    known = _Known(gazetteer)
    found = proposed(article, reading, gazetteer)
    found = _weighed(text, reading, found, gazetteer, scorer or shipped_scorer())
    found = _filed_from(text, found, gazetteer)
    found = _without_capitals(text, found, gazetteer)
    found = _without_dates(text, found)
    found = _described(text, found)
    found = _designated(text, found)
    mentions: list[Mention] = []
    taken = 0
    for (start, end), (role, score) in sorted(found.items(), key=lambda kv: (kv[0][0], -kv[0][1])):
        if start < taken:
            continue
        if role == "nominal":
            start = _determined(text, start, taken)
        taken = end
        role = _role(text, start, end, role)
        mentions.append(Mention(start, end, text[start:end], role, confidence=round(score, 4)))
    return _with_areas(text, mentions, known)


def _weighed(
    text: str, reading: Reading, found: Found, gazetteer: GazetteerLike, scorer: Scorer
) -> Found:
    """The best names of all that may be, with the nominals that they leave room for."""
    options = lattice(text, reading, found, gazetteer)
    out: Found = {}
    names = [(span, said) for span, said in found.items() if said[0] != "nominal"]
    tagged = [s for s in reading.places if s.label in _ROLES and s.label != "nominal"]
    roles = {text[a:b]: said[0] for (a, b), said in names}
    for span, chance in best(options.spans, scorer(options), scorer.threshold):
        start, end = span
        over = [
            (min(end, b) - max(start, a), said[0])
            for (a, b), said in names
            if a < end and start < b
        ]
        over = over or [
            (_overlap(s, start, end), cast(Role, s.label))
            for s in tagged
            if s.start < end and start < s.end
        ]
        if span in found and found[span][0] != "nominal":
            role = found[span][0]
        elif over:
            role = max(over, key=lambda o: o[0])[1]
        else:
            role = roles.get(text[start:end], "literal")
        out[span] = (role, chance)
    for span, said in found.items():
        if said[0] == "nominal" and not any(a < span[1] and span[0] < b for a, b in out):
            out[span] = said
    return out


def proposed(article: Article, reading: Reading, gazetteer: GazetteerLike) -> Found:
    """What the rules make of the tagger's spans; the scorer weighs it against all else."""
    text = article.text
    found: dict[Span, tuple[Role, float]] = {}
    for span in reading.places:
        nominal = span.label == "nominal"
        if span.label not in _ROLES or span.score < (TAKE_FROM if nominal else KNOWN_FROM):
            continue
        start, end = trimmed(text, span.start, span.end, nominal=nominal)
        if nominal and text[start:end].lower() in _cues()["titles_of_places"]:
            continue
        if start < end:
            found[(start, end)] = (cast(Role, span.label), span.score)
    known = _Known(gazetteer)
    found = _grown(text, found, known)
    shouted = one_case(text)
    found = {
        span: said
        for span, said in found.items()
        if said[0] == "nominal" or _taken(text[span[0] : span[1]], said[1], known, shouted)
    }
    found = _without_people(text, found, known)
    found = _curated_in(text, found)
    found = _coordinated(text, found, known)
    found = _propagated(text, found)
    return _referred(text, found)


def _filed_from(text: str, found: Found, gazetteer: GazetteerLike) -> Found:
    """With the towns that open the report: "lucknow: the governor has asked ...".

    Without its capitals a tagger takes it for a heading; that it is a town of some size, opens
    the first line of prose and ends in a colon says enough.
    """
    for match in _LINE.finditer(text[:DATELINE_REACH]):
        line = text[match.start() : match.start() + DATELINE_REACH].split("\n", 1)[0]
        if len(line) < PROSE:
            continue  # a heading, or who wrote it
        head = _FILED.match(line)
        out = dict(found)
        for name in _FILED_NAME.finditer(head[1]) if head else ():
            span = (match.start() + name.start(), match.start() + name.end())
            taken = any(a < span[1] and span[0] < b for a, b in found)
            if not taken and _is_town(name[0], gazetteer):
                out[span] = ("literal", _FILED_SCORE)
        return out
    return found


@lru_cache(maxsize=1)
def _without_capital() -> re.Pattern[str]:
    before, after = ("|".join(sorted(_cues()[f"small_{k}"])) for k in ("before", "after"))
    return re.compile(
        rf"(?<![\w-])(?:(?:{before})\s+(?P<at>[^\W\d_]{{4,}})|the\s+(?P<of>[^\W\d_]{{4,}})\s+(?:{after}))(?![\w-])"
    )


def _without_capitals(text: str, found: Found, gazetteer: GazetteerLike) -> Found:
    """With the towns that a tagger misses for want of capitals: "at ayodhya", "the godhra attack".

    Only in texts in small letters, for words that are no common ones and name a town of some size
    where a place or a happening is spoken of.
    """
    if not one_case(text) or text.isupper():
        return found
    out = dict(found)
    covered = sorted(found)
    at = 0
    for match in _without_capital().finditer(text):
        span = match.span("at" if match["at"] else "of")
        while at < len(covered) and covered[at][1] <= span[0]:
            at += 1
        if at < len(covered) and covered[at][0] < span[1]:
            continue
        name = text[slice(*span)]
        if name not in whole_words() and _is_town(name, gazetteer):
            out[span] = ("literal", _FILED_SCORE)
    return out


_MONTH = re.compile(
    rf"(?:{'|'.join([*calendar.month_name[1:], *calendar.month_abbr[1:], 'Sept'])})\.?",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)?\s+\Z")
_DAY_AFTER = re.compile(r"\s+\d{1,4}\b")


def _without_dates(text: str, found: Found) -> Found:
    """Without months beside a number: March of "March 4, 2002" is no town."""
    return {
        (a, b): said
        for (a, b), said in found.items()
        if not (
            _MONTH.fullmatch(text[a:b])
            and (_DAY_AFTER.match(text, b) or _DAY_BEFORE.search(text[max(0, a - 8) : a]))
        )
    }


@lru_cache(maxsize=1)
def _town_described() -> re.Pattern[str]:
    kinds = "|".join(sorted(map(re.escape, _cues()["town_kinds"])))
    return re.compile(
        r"\b(?:(?=(?:the|this|that|The|This|That)\s)|(?:in|at|to|from|near|outside|around|into|across"
        r"|inside|over|for|of|towards?|reach(?:ed|ing)?|enter(?:ed|ing)?|le(?:ft|aving))\s+)"
        rf"(?P<town>(?:(?:the|this|that|The|This|That)\s+)?(?:{kinds})\s+(?:town|city|village))\b"
        r"(?!['’-]|\s+(?:of|called|named|[A-Z]|hall|council)\b|\s+[A-Z])"
    )


def _described(text: str, found: Found) -> Found:
    """With the towns that the text describes but does not name there: "entered temple town".

    They take the place of what a text in small letters has for a name in them ("temple"), but
    not of a name that goes on before or after, nor do they describe one that follows at once.
    """
    out = dict(found)
    spans = sorted(found)
    at = 0
    for match in _town_described().finditer(text):
        start, end = match.span("town")
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        over = []
        for span in spans[at:]:
            if span[0] > end + 1:
                break
            over.append(span)
        if any(s[0] < start or s[1] > end for s in over):
            continue
        for span in over:
            del out[span]
        out[start, end] = ("nominal", 0.8)
    return out


_ONE_NAME = (
    r"(?:(?:[Aa]l|[Ee]l|[Aa]d|[Aa]n|[Aa]r|[Aa]s|[Aa]sh|[Aa]t|[Aa]z)[- ])?[‘'’]?[^\W\d_a-z][\w’'‘]+"
    r"(?:[- ](?:(?:[Aa]l|[Ee]l|[Dd]e|[Dd]el|[Ll]a)[- ])?[‘'’]?[^\W\d_a-z][\w’'‘]+){0,2}"
)
_CAPITAL_NAMES = re.compile(_ONE_NAME)


@lru_cache(maxsize=1)
def _place_said() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A name, or a list of them, after "the village of"; one before "village"."""
    of, after, before = (any_of(_cues()[k]) for k in ("of_places", "after_places", "before_places"))
    names = rf"{_ONE_NAME}(?:(?:,\s|\s(?:and|or)\s|,\sand\s){_ONE_NAME}){{0,9}}"
    return (
        re.compile(rf"\b(?i:{of})\s+of\s+(?P<names>{names})"),
        re.compile(rf"\b(?i:{before})\s+(?:the\s+)?(?P<names>{names})\s+(?i:{after})\b(?!\s[A-Z])"),
    )


def _designated(text: str, found: Found) -> Found:
    """With the names that the words beside them call places: "the villages of X and Y".

    A tagger hardly believes in names that it has never seen, and no gazetteer has them; such words
    are as good as both.  Not in texts of one case, where a name has no end.
    """
    if one_case(text):
        return found
    out = dict(found)
    spans = sorted(found)
    starts = [a for a, _ in spans]
    for pattern in _place_said():
        for match in pattern.finditer(text):
            for name in _CAPITAL_NAMES.finditer(text, *match.span("names")):
                start, end = name.span()
                k = bisect_left(starts, end)
                if any(spans[i][1] > start for i in range(max(0, k - 3), k)):
                    continue
                if (start, end) not in out and text[start:end].lower() not in _cues()["headings"]:
                    out[start, end] = ("literal", _SAID_SCORE)
    return out


_SAID_SCORE = 0.8
"""Score of a name that the words beside it call a place."""


def _is_town(name: str, gazetteer: GazetteerLike) -> bool:
    """Whether a name alone is known for a town, and is no word that heads a column."""
    if name.lower() in _cues()["headings"]:
        return False
    return any(
        m.how in ("primary", "alias")
        and m.entry.kind in ("city", "capital")
        and (m.entry.population >= _TOWN or m.entry.kind == "capital")
        for m in gazetteer.lookup(name, limit=8)
    )


def _with_areas(text: str, mentions: Sequence[Mention], known: _Known) -> tuple[Mention, ...]:
    """The mentions, and as nominal ones the areas that words around them describe.

    "South of Krasnohorivka" and "30 km west of Baghdad" hold a name and are more than it: the
    name stays a mention of its own.  A nominal that such a phrase holds goes into it.
    """
    names = [(m.start, m.end) for m in mentions if m.role != "nominal"]
    demonyms = {m.text for m in mentions if m.role == "demonym"}
    spans = set(names)
    out = list(mentions)
    roles = {(m.start, m.end): m.role for m in mentions}
    buildings: list[Span] = []
    for match in _EMBASSY.finditer(text):
        holds = [s for s in names if match.start() <= s[0] and s[1] <= match.end(1)]
        if holds and not any(a < match.end() and match.end(1) < b for a, b in names):
            span = (holds[0][0], match.end())
            buildings.append(span)
            out.append(Mention(*span, text[slice(*span)], "nominal", confidence=_AREA_SCORE))
    for phrase in find(text, names, is_name=known, is_demonym=demonyms.__contains__):
        span = (phrase.start, phrase.end)
        if span in spans or phrase.end - phrase.start > _LONGEST_AREA:
            continue
        if any(a < phrase.end and phrase.start < b and not _inside((a, b), span) for a, b in names):
            continue
        held = {s for s in names if _inside(s, span)}
        rests_on = {s for s in held if any(a.start < s[1] and s[0] < a.end for a in phrase.anchors)}
        if any(roles[s] in ("metonymic", "organisation") for s in rests_on) or any(
            a < phrase.end < b for a, b in buildings
        ):
            continue  # "near the US embassy" is not near the United States
        out = [
            m
            for m in out
            if m.end <= phrase.start
            or phrase.end <= m.start
            or (
                m.role != "nominal"
                and ((m.start, m.end) not in held or (m.start, m.end) in rests_on)
            )
        ]
        out.append(Mention(*span, text[slice(*span)], "nominal", confidence=_AREA_SCORE))
    return tuple(sorted(out, key=lambda m: (m.start, -m.end)))


def _determined(text: str, start: int, taken: int) -> int:
    """Where a nominal begins with its determiner ("the capital"), not before ``taken``."""
    before = _DETERMINER.search(text, max(taken, start - 12), start)
    return before.start() if before else start


def _inside(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def from_spans(
    article: Article, spans: Sequence[Span], reading: Reading, gazetteer: GazetteerLike
) -> tuple[Mention, ...]:
    """Mentions at the spans given (code points, end exclusive), in the order given.

    The role is the encoder's where it tagged a span that overlaps, else what the name's form
    says.  Spans outside the text raise ValueError naming the span.
    """
    text = article.text
    tagged = sorted(reading.places, key=lambda s: s.start)
    mentions = []
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            raise ValueError(
                f"span {[start, end]!r} is not inside the text (0 to {len(text)}): "
                "give offsets in code points, end exclusive"
            )
        over = [s for s in tagged if s.start < end and start < s.end and s.label in _ROLES]
        if over:
            role = cast(Role, max(over, key=lambda s: _overlap(s, start, end)).label)
        else:
            matches = gazetteer.lookup(clean(text[start:end]), limit=1)
            role = "demonym" if matches and matches[0].how == "demonym" else "literal"
        if role == "nominal" and text[start:end][:1].isupper():
            matches = gazetteer.lookup(clean(text[start:end]), limit=1)
            if matches and matches[0].how != "fuzzy":
                role = "literal"
        mentions.append(Mention(start, end, text[start:end], role))
    return tuple(mentions)


def _overlap(span: TaggedSpan, start: int, end: int) -> int:
    return min(span.end, end) - max(span.start, start)


def trimmed(text: str, start: int, end: int, *, nominal: bool = False) -> Span:
    """The span without stray punctuation, leading article (unless nominal) or possessive."""
    lead = _FRONT.match(text[start:end])
    if lead:
        start += lead.end()
    if not nominal:
        article = _ARTICLE.match(text[start:end])
        if article:
            start += article.end()
    while end > start:
        tail = _TAIL.search(text[start:end])
        if not tail or tail.end() == tail.start():
            break
        if text[end - 1] == "." and _DOTTED.search(text[start:end]):
            break  # "W.Va." and "Calif." keep their full stop
        end = start + tail.start()
    return start, end


class _Known:
    """Which words are names of the gazetteer, asked for exactly and once each."""

    def __init__(self, gazetteer: GazetteerLike) -> None:
        self._gazetteer = gazetteer
        self._answers: dict[str, bool] = {}
        self._exact = "loose" in inspect.signature(gazetteer.lookup).parameters

    def short(self, name: str) -> bool:
        """Whether a name is an abbreviation that its full stop belongs to ("Ky", "W.Va")."""
        if (name.isupper() and "." not in name) or len(name.rsplit(" ", 1)[-1]) > 6:
            return False
        return any(m.how == "abbreviation" for m in self._gazetteer.lookup(name, limit=3))

    def __call__(self, name: str) -> bool:
        name = clean(name)
        if name not in self._answers:
            options: dict[str, Any] = {"loose": False} if self._exact else {}
            self._answers[name] = bool(name) and any(
                m.how in ("primary", "alias", "abbreviation", "demonym")
                and not getattr(m, "weak", False)
                for m in self._gazetteer.lookup(name, limit=4, **options)
            )
        return self._answers[name]


def _taken(name: str, score: float, known: _Known, shouted: bool) -> bool:
    """Whether the encoder's belief in a span is enough, given what the gazetteer knows."""
    if not shouted and name.islower():
        return score >= 0.6 and len(name) > 3 and name not in _cues()["directions"] and known(name)
    if not shouted and len(name) > 2 and name.isupper() and name.isalpha() and score < 0.97:
        return known(name)  # agencies pass for places
    if score >= UNKNOWN_FROM:
        return True
    return len(name) > 2 and known(name)


_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*\.?")
_JOIN = re.compile(r"[ \n]|-|")
_REACH = 48


def _right_ends(text: str, end: int) -> list[tuple[int, str]]:
    """Ends to which a name may run on: over capitalised words and the small words between."""
    cues = _cues()
    out: list[tuple[int, str]] = []
    at = end
    for _ in range(4):
        gap = text[at : at + 1]
        if gap not in (" ", "-", "\n") or text[at : at + 2] == "\n\n":
            break
        token = _TOKEN.match(text, at + 1)
        if not token:
            break
        word = token.group()
        stop = token.end()
        if word.endswith(".") and word.lower() not in cues["name_backs"]:
            stop -= 1
            word = word[:-1]
        if word[:1].isupper():
            out.append((stop, word))
        elif word.lower() not in cues["name_links"]:
            break
        at = stop
        if text[token.end() - 1 : token.end()] == "." and stop < token.end():
            break
    return out


def _left_starts(text: str, start: int) -> list[int]:
    """Starts from which a name may come: over capitalised words and small ones between."""
    cues = _cues()
    out: list[int] = []
    at = start
    for _ in range(3):
        head = text[max(0, at - _REACH) : at]
        before = re.search(r"([^\W_]+(?:['’][^\W_]+)*\.?)[ -]$", head)
        if not before:
            break
        word = before.group(1)
        at = at - len(head) + before.start()
        if word.endswith(".") and word.lower().rstrip(".") not in cues["name_fronts"]:
            break
        if word.lower() == "the":
            break
        if word[:1].isupper():
            out.append(at)
        elif word.lower() not in cues["name_links"]:
            break
    return out


def _runs_on(text: str, start: int, end: int) -> bool:
    """Whether "... City" only begins "City Council", "City Hall" and the like."""
    return text[start:end].endswith((" City", " CITY")) and bool(
        re.match(r" [A-Z]", text[end : end + 2])
    )


def _grown(
    text: str, found: dict[Span, tuple[Role, float]], known: _Known
) -> dict[Span, tuple[Role, float]]:
    """Pieces of names made whole: as far around as the gazetteer knows a longer name.

    A capitalised word for a kind of place that follows ("River", "Street") belongs to the
    name whether the gazetteer knows it or not; so does the full stop of an abbreviation.
    """
    cues = _cues()
    out: dict[Span, tuple[Role, float]] = {}
    covered = 0
    for start, end in sorted(found):
        role, score = found[(start, end)]
        if role == "nominal":
            out[(start, end)] = (role, score)
            continue
        beside = out and role != "demonym" and start == covered + 1 and text[covered] == " "
        if start < covered or beside:
            last = next((s for s in reversed(out) if s[0] <= start <= s[1] + 1), None)
            if (
                last is not None
                and out[last][0] != "nominal"
                and not (beside and out[last][0] in ("demonym", "organisation"))
            ):
                said = out[last]
                whole = max(end, last[1])
                if said[0] == "demonym" and role != "demonym":
                    said = (role, said[1])
                del out[last]
                out[(last[0], whole)] = (said[0], max(said[1], score))
                covered = max(covered, whole)
                continue
        ends = _right_ends(text, end)
        starts = [s for s in _left_starts(text, start) if s >= covered]
        best = (start, end)
        tried = [
            (a, b)
            for a in [*reversed(starts), start]
            for b in [*(e for e, _ in reversed(ends)), end]
            if (a, b) != (start, end)
        ]
        tried.sort(key=lambda s: s[0] - s[1])
        for a, b in tried:
            if known(text[a:b]) and not _runs_on(text, a, b):
                best = (a, b)
                break
        if best == (start, end) and ends and role != "demonym":
            stop, word = ends[0]
            if (
                text[end : end + 1] == " "
                and word.lower().rstrip(".") in cues["name_backs"]
                and (not text[start:end].isupper() or word.isupper())
                and not (role == "organisation" and len(ends) > 1 and word != "County")
            ):
                best = (start, stop)
        if starts and best[0] == start and role != "demonym":
            word = text[starts[0] : start].rstrip(" -").rstrip(".")
            fits = word.isupper() == text[start:end].isupper() or len(word) < 3
            first = text[: starts[0]].rstrip()[-1:] in (".", "", "!", "?")
            if (
                text[start - 1] == " "
                and fits
                and word.lower() in cues["name_fronts"]
                and not first
            ):
                best = (starts[0], best[1])
        if best != (start, end) and role == "demonym":
            role = "literal"
        start, end = best
        if text[end : end + 1] == "." and known.short(text[start:end]):
            end += 1
        covered = max(covered, end)
        out[(start, end)] = (role, score)
    return out


def _propagated(text: str, found: dict[Span, tuple[Role, float]]) -> dict[Span, tuple[Role, float]]:
    """The other occurrences of names that were found surely elsewhere in the article."""
    sure: dict[str, tuple[Role, float]] = {}
    for (start, end), (role, score) in sorted(found.items()):
        name = text[start:end]
        if role == "nominal" or score < PROPAGATE_FROM or len(name) < 4:
            continue
        if not (name[:1].isupper() or one_case(text)):
            continue
        if role == "organisation":
            role = "literal"
        if name not in sure or sure[name][1] < score:
            sure[name] = (role, score)
    if not sure:
        return found
    out = dict(found)
    covered = sorted(found)
    pattern = re.compile(
        r"(?<![\w-])(?:"
        + "|".join(re.escape(n) for n in sorted(sure, key=len, reverse=True))
        + r")(?![\w-])"
    )
    at = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        while at < len(covered) and covered[at][1] <= start:
            at += 1
        if at < len(covered) and covered[at][0] < end:
            continue
        role, score = sure[match.group()]
        after = _WORD_AFTER.match(text[end : end + 30])
        before = _WORD_BEFORE.search(text[max(0, start - 30) : start])
        if after and after.group(2)[:1].isupper() and not text[start:end].isupper():
            if after.group(2).lower() not in _cues()["organisations"]:
                continue  # a person's or a firm's name
            role = "organisation"
        if before and before.group(1)[:1].isupper() and not text[start:end].isupper():
            head = text[max(0, start - 30) : start]
            if not re.search(r"[.!?:]\s*$", head[: before.start()]):
                continue
        out[(start, end)] = (role, score * 0.9)
    return out


_PERSON = re.compile(
    r"(?:\b(?P<title>Mr|Mrs|Ms|Dr|Judge|Mayor|Sen|Rep|Sgt|Lt|Capt|Col|Gen|Chief|Officer|Senator|"
    r"President|Minister|Councillor|Coach|Professor|Prof|Sir)\.? (?:[A-Z][\w'’-]+ )?"
    r"|(?P<first>\b[A-Z][a-z]+) (?:[A-Z]\. )?)$"
)
_PERSON_AFTER = re.compile(
    r"(?:['’]s)?,? (?:said|says|told|tells|added|asked|who|joined|testified|admitted|explained|"
    r"noted|continued|pleaded|argued|recalled|also|his|her|head|mother|father|wife|husband|\d\d,)\b"
)
_PLACE_BEFORE = re.compile(
    r"(?:\b(?:in|at|near|from|to|of|into|around|outside|toward|towards|through|for)"
    r"(?: the)?|[,(—–-])\s*$"
)


def _without_people(
    text: str, found: dict[Span, tuple[Role, float]], known: _Known
) -> dict[Span, tuple[Role, float]]:
    """Without surnames: a word that elsewhere in the text ends a person's name.

    Such a word stays a place where a preposition or a comma before it says so.
    """
    words = {
        text[a:b]
        for (a, b), (role, _) in found.items()
        if role in ("literal", "metonymic") and text[a:b].isalpha() and text[a:b].istitle()
    }
    people: set[str] = set()
    titled: set[str] = set()
    for match in re.finditer(r"\w+", text):
        word = match.group()
        if word not in words:
            continue
        head = text[max(0, match.start() - 40) : match.start()]
        person = _PERSON.search(head)
        if person is None:
            continue
        first = person.group("first")
        if first is not None:
            inside = re.search(r"[\w,)]\s$", head[: person.start("first")])
            if not inside or first.lower() in _cues()["name_fronts"] or known(first):
                continue
            if known(f"{first} {word}") or first.lower() in _cues()["titles_of_places"]:
                continue
        people.add(word)
        if first is None:
            titled.add(word)
    if not people:
        return found
    return {
        (a, b): said
        for (a, b), said in found.items()
        if text[a:b] not in people
        or (
            known(text[a:b])
            and text[a:b] not in titled
            and not _PERSON_AFTER.match(text[b : b + 24])
        )
        or (known(text[a:b]) and _PLACE_BEFORE.search(text[max(0, a - 16) : a]))
    }


@lru_cache(maxsize=1)
def _curated_names() -> dict[str, list[tuple[str, ...]]]:
    """Names of two words and more from the curated table, by their first word, longest first.

    The table is the one source of names that a text must not need context for; the gazetteer
    answers what is asked, and cannot say what to ask.
    """
    names: dict[str, set[tuple[str, ...]]] = {}
    if not _CURATED.exists():
        return {}
    with _CURATED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in (row["name"].split(",")[0], *row["aliases"].split("|")):
                words = tuple(fold(name).split())
                if len(words) > 1 and not _cues()["name_links"].intersection(words):
                    names.setdefault(words[0], set()).add(words)
    return {first: sorted(rest, key=lambda w: (-len(w), w)) for first, rest in names.items()}


def _curated_in(text: str, found: dict[Span, tuple[Role, float]]) -> dict[Span, tuple[Role, float]]:
    """Facilities and quarters of the curated table that stand in the text ("Green Zone")."""
    names = _curated_names()
    tokens = [(m.start(), m.end()) for m in _NAME_WORD.finditer(text)]
    out = dict(found)
    for i, (start, end) in enumerate(tokens):
        if not text[start].isupper():
            continue
        for words in names.get(fold(text[start:end]), ()):
            if i + len(words) > len(tokens):
                continue
            stop = tokens[i + len(words) - 1][1]
            if tuple(fold(text[start:stop]).split()) != words or "\n" in text[start:stop]:
                continue
            over = [s for s in out if s[0] < stop and start < s[1]]
            if any(out[s][0] != "nominal" and (s[0] < start or stop < s[1]) for s in over):
                break  # part of a longer name
            role: Role = next((out[s][0] for s in over if s == (start, stop)), "literal")
            for s in over:
                del out[s]
            out[(start, stop)] = ("literal" if role == "nominal" else role, 0.9)
            break
    return out


_BEFORE_AND = re.compile(r"([^\W\d_][\w'’-]{3,})(?:,| and| AND| or| OR)\s$")
_AFTER_AND = re.compile(r"(?:,| and| AND| or| OR)\s([^\W\d_][\w'’-]{3,})")


def _coordinated(
    text: str, found: dict[Span, tuple[Role, float]], known: _Known
) -> dict[Span, tuple[Role, float]]:
    """In a text of one case, what is named side by side with a place and known as one."""
    if not one_case(text):
        return found
    out = dict(found)
    for (start, end), (role, _) in sorted(found.items()):
        if role != "literal":
            continue
        before = _BEFORE_AND.search(text[max(0, start - 40) : start])
        after = _AFTER_AND.match(text[end : end + 40])
        spans = []
        if before:
            spans.append((max(0, start - 40) + before.start(1), max(0, start - 40) + before.end(1)))
        if after:
            spans.append((end + after.start(1), end + after.end(1)))
        for span in spans:
            free = not any(a < span[1] and span[0] < b for a, b in out)
            if free and known(text[slice(*span)]):
                out[span] = ("literal", 0.5)
    return out


_HERE = re.compile(
    r"\bhere(?=[,.;]|\s+(?:on|today|yesterday|tonight|tomorrow|late|early|this|last|that|and|in|from"
    r"|after|before|at|for|with|by|when|who|where|while|as|since|during|without"
    r"|mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b)",
    re.IGNORECASE,
)
_IN_TOWN = re.compile(
    r"\b(?:in|at|to|from|near|outside|around|into|across|towards?|reach(?:ed|ing)?|enter(?:ed|ing)?"
    r"|le(?:ft|aving))\s+((?:the|this|that)\s+(?:[a-z]+\s+)?(?:town|city|village))\b"
    r"(?!['’-]|\s+(?:of|council|hall|court|police|centre|center|administration|corporation|limits"
    r"|officials?|authorities|board|planners|manager|attorney|jail|bus|market)\b)",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"\b(?:the|The|THE) (?:capital|CAPITAL)\b(?!\s+(?:city\s+)?of\b|['’]s?\b)")
_EMBASSY = re.compile(
    r"\b((?:[A-Z][\w.]+ )?(?:[A-Z][\w.]+)) ((?:[Ee]mbassy|[Cc]onsulate)(?: compound)?)\b"
)


_THERE = re.compile(
    r"\bthere\b(?!['’]?(?:s|re|ll|d|ve)\b)"
    r"(?=(?P<gap>\W{0,9})(?P<next>[\w'’]{0,20})(?:\s{1,3}(?P<then>[\w'’]{1,20}))?)",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"([\w'’.-]+)(\W*)$")


def _locative(text: str, match: re.Match[str]) -> bool:
    """Whether a "there" of _THERE names a place rather than says that something is."""
    cues = _cues()
    after, then = ((match[name] or "").lower().replace("’", "'") for name in ("next", "then"))
    word = _LAST_WORD.search(text[max(0, match.start() - 30) : match.start()])
    before = word[1].lower().replace("’", "'") if word else ""
    begins = word is None or bool(word[2].strip())
    gap = match["gap"].strip()
    if before in cues["there_said"] or (
        gap in ("'", "’") and after in ("s", "re", "ll", "d", "ve")
    ):
        return False
    if gap or not after:
        return True
    if after in cues["there_is"]:
        shown = then != "been" and (
            then.endswith(("ed", "en", "own", "ung")) or then in cues["there_state"]
        )
        verbal = before.endswith(("ed", "ing", "ly")) or before in cues["there_after"]
        return shown and not begins and not verbal
    if after in ("a", "an", "some") and before in ("is", "was", "are", "were"):
        return False  # "was there a plan?"
    return match[0] != "There"


def _referred(text: str, found: dict[Span, tuple[Role, float]]) -> dict[Span, tuple[Role, float]]:
    """References by their form: "the capital", "in the temple town", "said here", "shot there"."""
    out = dict(found)
    taken = bytearray(len(text))  # so that a long text takes no longer for each word
    for start, end in found:
        taken[start:end] = b"\1" * (end - start)
    for pattern, group in ((_CAPITAL, 0), (_IN_TOWN, 1), (_HERE, 0), (_THERE, 0)):
        for match in pattern.finditer(text):
            if pattern is _THERE and not _locative(text, match):
                continue
            start, end = match.span(group)
            if not any(taken[start:end]):
                out[start, end] = ("nominal", 0.8)
    return out


def _role(text: str, start: int, end: int, role: Role) -> Role:
    """The role as the words around the name settle it.

    Papers are organisations; a seat of power ("the leadership in Tehran") is a government.
    """
    if role == "literal":
        seat = _SEAT.search(text, max(0, start - 40), start)
        if seat and seat.group(1).lower() in _cues()["powers"]:
            return "metonymic"
    if role in ("literal", "metonymic"):
        after = _WORD_AFTER.match(text[end : end + 30])
        if (
            after
            and after.group(2)[:1].isupper()
            and not text[start:end].isupper()
            and after.group(2).lower() in _cues()["publishers"]
        ):
            return "organisation"
    return role
