"""Which stretches of a text are names of places: all that may be, weighed against each other.

A tagger cuts names raggedly, takes surnames for towns and misses in one sentence what it found
in the next.  Here every span that the tagger, the rules of ``mapper/recognise.py`` or another
occurrence of the name suggests becomes a candidate, with its shorter and longer forms; a small
learned scorer (``training/train_spans.py``) tells from the tagger's scores, the gazetteer, the
words around and the rest of the article how likely each is a name of a place, cut right.  The
best set without overlaps is kept.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from geodata.gazetteer import GazetteerLike, Match
from mapper.candidates import KIND_GROUPS
from mapper.encode import FloatArray, Reading, TaggedSpan
from mapper.errors import SetupError
from mapper.extract.learned import Trees
from mapper.model import Role, Span
from mapper.names import clean
from mapper.segment import abbreviations, one_case, words

__all__ = ["COLUMNS", "MODEL", "Lattice", "Scorer", "best", "lattice"]

MODEL = Path(__file__).parent / "models" / "spans.json"
_CUES = Path(__file__).parent / "cues" / "mentions.yaml"

LONGEST = 6
"""Words of a candidate at most, but for those that the tagger or the rules suggest."""

REPEATED_FROM = 0.5
"""A name is looked for in the rest of the text from this score of the tagger on."""

_ROLES = ("literal", "metonymic", "demonym", "organisation")
_HOWS = ("primary", "alias", "abbreviation", "demonym")
_WORDS_BEFORE = {
    "in": re.compile(r"^(?:in|at|near|around|outside|inside|throughout|across|within)$", re.I),
    "from": re.compile(r"^(?:from|to|into|toward|towards|through|via|off|between)$", re.I),
    "of": re.compile(r"^(?:of|for|by|with)$", re.I),
    "the": re.compile(r"^the$", re.I),
    "and": re.compile(r"^(?:and|or|&)$", re.I),
}
_TITLE = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Judge|Mayor|Sen|Rep|Sgt|Lt|Capt|Col|Gen|Chief|Officer|Senator|President|"
    r"Minister|Councillor|Cllr|Coach|Professor|Prof|Sir|Rev|Deputy|Detective|Det|Sheriff|Gov|"
    r"Governor|Secretary|Commissioner|Pope|Father|Bishop|King|Queen|Prince|Lord|Lady)$"
)
_SPEECH = re.compile(
    r"^(?:said|says|told|tells|added|asked|who|whose|testified|admitted|explained|noted|continued|"
    r"pleaded|argued|recalled|wrote|thinks|believes|hopes|wants|died|scored|won|his|her)$"
)

COLUMNS = (
    # what the tagger says
    "exact", "best_over", "covered", "starts_at", "ends_at", "more_left", "more_right",
    "spans_over",
    *(f"role_{r}" for r in _ROLES),
    # what the rules say
    "rule", "rule_over", "rule_inside", "rule_around", "rule_score",
    *(f"rule_{r}" for r in _ROLES),
    # its form
    "words", "characters", "capitals", "title", "lower", "digits", "dots", "hyphens", "links",
    "one_case_text", "first_lower",
    # the gazetteer
    *(f"known_{h}" for h in _HOWS), "weak", "log_matches", "log_population", "prominence",
    *(f"kind_{k}" for k in KIND_GROUPS), "known_longer_left", "known_longer_right", "known_words",
    # words around and at its edges
    "last_back", "last_organisation", "last_publisher", "first_front", "first_title",
    "next_capital", "next_back", "next_organisation", "next_publisher", "next_link",
    "before_capital", "before_front", "before_title", "before_person",
    *(f"before_{k}" for k in _WORDS_BEFORE),
    "comma_before", "comma_after", "possessive_after", "speech_after", "number_after",
    "stop_before", "stop_after", "hyphen_before", "hyphen_after", "bracket_before", "place_after",
    "place_before", "line_start", "first_words",
    # the rest of the article
    "log_count", "share_tagged", "share_rule", "best_elsewhere", "mean_elsewhere",
    "share_after_capital", "share_speech", "share_in", "share_title", "share_comma_after",
    "longer_elsewhere",
)  # fmt: skip
_AT = {name: i for i, name in enumerate(COLUMNS)}
_LONG_STEP = 4


@lru_cache(maxsize=1)
def _cues() -> dict[str, frozenset[str]]:
    raw: dict[str, Any] = yaml.safe_load(_CUES.read_text(encoding="utf-8"))
    return {key: frozenset(str(v).rstrip(".") for v in values) for key, values in raw.items()}


@dataclass(frozen=True, slots=True)
class Lattice:
    """The candidates of a text: ``spans`` in code points and a row of COLUMNS for each."""

    spans: tuple[Span, ...]
    rows: FloatArray


class _Names:
    """What the gazetteer knows of a name, asked once each."""

    def __init__(self, gazetteer: GazetteerLike) -> None:
        self._gazetteer = gazetteer
        exact = "loose" in inspect.signature(gazetteer.lookup).parameters
        self._options: dict[str, Any] = {"loose": False} if exact else {}
        self._known: dict[str, tuple[Match, ...]] = {}
        self._written: dict[str, tuple[Match, ...]] = {}

    def __call__(self, written: str) -> tuple[Match, ...]:
        if written in self._written:
            return self._written[written]
        name = clean(written)
        if name not in self._known:
            found = self._gazetteer.lookup(name, limit=12, **self._options) if name else ()
            self._known[name] = tuple(m for m in found if m.how in _HOWS)
        self._written[written] = self._known[name]
        return self._known[name]


@dataclass(slots=True)
class _Around:
    """What one occurrence of a name stands between."""

    after_capital: bool
    title: bool
    speech: bool
    preposition: bool
    comma: bool


class _Text:
    """A text cut into words, with what the tagger and the rules found in it."""

    def __init__(
        self,
        text: str,
        reading: Reading,
        rules: Mapping[Span, tuple[Role, float]],
        names: _Names,
    ) -> None:
        self.text = text
        self.words = reading.words or words(text)
        self.starts = [a for a, _ in self.words]
        self.ends = [b for _, b in self.words]
        self.said = [text[a:b] for a, b in self.words]
        self.names = names
        self.tagged = [s for s in reading.places if s.label in _ROLES]
        self.rules = {s: said for s, said in rules.items() if said[0] != "nominal"}
        self.one_case = one_case(text)
        self._tag_starts = [s.start for s in self.tagged]
        self._longest_tag = max((s.end - s.start for s in self.tagged), default=0)
        ordered = sorted(self.rules)
        self._rule_list = ordered
        self._rule_starts = [a for a, _ in ordered]
        self._longest_rule = max((b - a for a, b in ordered), default=0)
        self._around: dict[str, tuple[float, ...]] = {}

    def word_span(self, start: int, end: int) -> tuple[int, int]:
        """The words that a stretch of characters touches."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    def tags_over(self, start: int, end: int) -> list[TaggedSpan]:
        """The tagger's spans that touch a stretch."""
        low = bisect_left(self._tag_starts, start - self._longest_tag)
        high = bisect_left(self._tag_starts, end)
        return [s for s in self.tagged[low:high] if s.end > start]

    def rules_over(self, start: int, end: int) -> list[Span]:
        """The rules' spans that touch a stretch."""
        low = bisect_left(self._rule_starts, start - self._longest_rule)
        high = bisect_left(self._rule_starts, end)
        return [s for s in self._rule_list[low:high] if s[1] > start]

    def capital(self, i: int) -> bool:
        """Whether word ``i`` begins in upper case or is a number."""
        return 0 <= i < len(self.said) and (
            self.said[i][:1].isupper() or self.said[i][:1].isdigit()
        )

    def joined(self, i: int) -> bool:
        """Whether no more than a space or a line break parts word ``i`` from the one before."""
        return (
            0 < i < len(self.words)
            and self.starts[i] - self.ends[i - 1] <= 1
            and (self.text[self.ends[i - 1] : self.starts[i]] in ("", " ", "\n"))
        )

    def own_stop(self, i: int) -> bool:
        """Whether word ``i`` is a full stop that belongs to the abbreviation before it."""
        if self.said[i] != "." or self.starts[i] != self.ends[i - 1]:
            return False
        before = self.said[i - 1].lower()
        known = abbreviations()
        return (
            before in known["never"]
            or before in known["unless_starter"]
            or any(m.how == "abbreviation" for m in self.names(self.said[i - 1]))
        )

    def sentence_start(self, i: int) -> bool:
        """Whether word ``i`` opens a sentence or a line."""
        if i <= 0:
            return True
        return "\n" in self.text[self.ends[i - 1] : self.starts[i]] or self.said[i - 1] in (
            ".", "!", "?", ":", "•", "|", "”", '"',
        )  # fmt: skip

    def around(self, i: int, j: int) -> _Around:
        """What words ``i`` to ``j`` stand between."""
        before = self.said[i - 1] if i > 0 else ""
        if before == "." and i > 1:
            before = self.said[i - 2] if len(self.said[i - 2]) < 6 else before
        after = self.said[j] if j < len(self.said) else ""
        if after in ("'s", "’s", ",") and j + 1 < len(self.said):
            spoken = self.said[j + 1]
        else:
            spoken = after
        return _Around(
            before[:1].isupper() and before.isalpha() and not self.sentence_start(i - 1)
            and before.lower() not in _cues()["titles_of_places"],
            bool(_TITLE.match(before)),
            bool(_SPEECH.match(spoken)),
            bool(_WORDS_BEFORE["in"].match(before) or _WORDS_BEFORE["from"].match(before)),
            after == "," and self.capital(j + 1),
        )  # fmt: skip

    def elsewhere(self, name: str) -> tuple[float, ...]:
        """The last COLUMNS: how the article uses this name wherever it stands."""
        if name in self._around:
            return self._around[name]
        count = tagged = ruled = 0
        speech = capital = inside = title = comma = longer = 0
        scores: list[float] = []
        at = self.text.find(name)
        while at >= 0 and count < 60:
            end = at + len(name)
            whole = not (
                (at > 0 and self.text[at - 1].isalnum() and name[:1].isalnum())
                or (end < len(self.text) and self.text[end].isalnum() and name[-1:].isalnum())
            )
            if whole:
                count += 1
                i, j = self.word_span(at, end)
                seen = self.around(i, j)
                capital += seen.after_capital
                title += seen.title
                speech += seen.speech
                inside += seen.preposition
                comma += seen.comma
                over = [s for s in self.tags_over(at, end) if s.start <= at and end <= s.end]
                score = max((s.score for s in over), default=0.0)
                scores.append(score)
                tagged += score >= REPEATED_FROM
                longer += any(s.start < at or end < s.end for s in over)
                ruled += (at, end) in self.rules
            at = self.text.find(name, end)
        n = max(count, 1)
        found = (
            math.log1p(count), tagged / n, ruled / n, max(scores, default=0.0), sum(scores) / n,
            capital / n, speech / n, inside / n, title / n, comma / n, longer / n,
        )  # fmt: skip
        self._around[name] = found
        return found


def lattice(
    text: str,
    reading: Reading,
    rules: Mapping[Span, tuple[Role, float]],
    gazetteer: GazetteerLike,
) -> Lattice:
    """All candidates of a text with their features.

    ``rules`` are the spans (code points) that the rules would take, with role and score.
    """
    seen = _Text(text, reading, rules, _Names(gazetteer))
    spans = sorted(_candidates(seen))
    rows = [_row(seen, start, end) for start, end in spans]
    return Lattice(tuple(spans), np.array(rows, np.float32).reshape(len(spans), len(COLUMNS)))


def _candidates(seen: _Text) -> set[Span]:
    out: set[Span] = set(seen.rules)
    anchors = {seen.word_span(s.start, s.end) for s in seen.tagged}
    anchors |= {seen.word_span(a, b) for a, b in seen.rules}
    for name in {
        seen.text[s.start : s.end]
        for s in seen.tagged
        if s.score >= REPEATED_FROM and s.end - s.start > 3
    }:
        for written in {name, name.upper(), name.title() if name.isupper() else name}:
            at = seen.text.find(written)
            while at >= 0:
                end = at + len(written)
                i, j = seen.word_span(at, end)
                if i < j and seen.starts[i] == at and seen.ends[j - 1] == end:
                    anchors.add((i, j))
                at = seen.text.find(written, end)
    for a, b in anchors:
        if a >= b:
            continue
        out.add((seen.starts[a], seen.ends[b - 1]))
        left = a
        while left > 0 and a - left < 3 and seen.joined(left) and _inner(seen, left - 1):
            left -= 1
        right = b
        while (
            right < len(seen.words)
            and right - b < _LONG_STEP
            and seen.joined(right)
            and _inner(seen, right)
        ):
            right += 1
        for i in range(left, b):
            if not _edge(seen, i):
                continue
            for j in range(max(i, a) + 1, min(right, i + LONGEST) + 1):
                if _edge(seen, j - 1) or (j - i > 1 and seen.own_stop(j - 1)):
                    out.add((seen.starts[i], seen.ends[j - 1]))
    return out


def _edge(seen: _Text, i: int) -> bool:
    """Whether a name may begin or end with this word."""
    word = seen.said[i]
    return word[:1].isalnum() and (seen.one_case or seen.capital(i) or "-" in word)


def _inner(seen: _Text, i: int) -> bool:
    """Whether a name may run over this word."""
    word = seen.said[i]
    return (
        seen.capital(i)
        or word in (".", "-", "'s", "’s", "/", "&")
        or word.lower() in _cues()["name_links"]
        or seen.one_case
    )


def _row(seen: _Text, start: int, end: int) -> list[float]:
    """The features of one candidate."""
    row = [0.0] * len(COLUMNS)
    cues = _cues()
    text = seen.text
    i, j = seen.word_span(start, end)
    name = text[start:end]
    size = max(j - i, 1)

    def put(column: str, value: float) -> None:
        row[_AT[column]] = value

    over = seen.tags_over(start, end)
    strongest = max(over, key=lambda s: (s.score, -s.start), default=None)
    if strongest is not None:
        put("exact", max((s.score for s in over if (s.start, s.end) == (start, end)), default=0.0))
        put("best_over", strongest.score)
        at = [seen.word_span(s.start, s.end) for s in over]
        covered = sum(min(b, j) - max(a, i) for a, b in at)
        put("covered", min(1.0, covered / size))
        put("starts_at", any(a == i for a, _ in at))
        put("ends_at", any(b == j for _, b in at))
        put("more_left", max(0, i - min(a for a, _ in at)))
        put("more_right", max(0, max(b for _, b in at) - j))
        put("spans_over", len(over))
        for role in _ROLES:
            put(f"role_{role}", strongest.scores.get(role, 0.0))
    ruled = seen.rules_over(start, end)
    if ruled:
        put("rule", (start, end) in seen.rules)
        put("rule_over", 1)
        put("rule_inside", any(start <= a and b <= end for a, b in ruled))
        put("rule_around", any(a <= start and end <= b for a, b in ruled))
        role, score = max((seen.rules[s] for s in ruled), key=lambda said: said[1])
        put("rule_score", score)
        if role in _ROLES:
            put(f"rule_{role}", 1)
    put("words", size)
    put("characters", len(name))
    put("capitals", name.isupper() and len(name) > 1)
    put("title", name.istitle())
    put("lower", name.islower())
    put("digits", any(c.isdigit() for c in name))
    put("dots", name.count("."))
    put("hyphens", name.count("-"))
    put("links", sum(w.lower() in cues["name_links"] for w in seen.said[i:j]))
    put("one_case_text", seen.one_case)
    put("first_lower", name[:1].islower())
    matches = seen.names(name)
    if matches:
        for match in matches:
            put(f"known_{match.how}", 1)
        top = matches[0].entry
        put("weak", all(m.weak for m in matches))
        put("log_matches", math.log1p(len(matches)))
        put("log_population", math.log1p(max(m.entry.population for m in matches)))
        put("prominence", max(m.entry.prominence for m in matches))
        kind = "city" if top.kind == "capital" else top.kind
        if f"kind_{kind}" in _AT:
            put(f"kind_{kind}", 1)
    put("known_longer_left", _known_longer(seen, i, j, left=True))
    put("known_longer_right", _known_longer(seen, i, j, left=False))
    if size > 1:
        put("known_words", sum(bool(seen.names(w)) for w in seen.said[i:j] if len(w) > 2) / size)
    first = seen.said[i].lower() if i < len(seen.said) else ""
    last = seen.said[j - 1].lower().rstrip(".") if j else ""
    if last in (".", "") and j > i + 1:
        last = seen.said[j - 2].lower()
    put("last_back", size > 1 and last in cues["name_backs"])
    put("last_organisation", size > 1 and last in cues["organisations"])
    put("last_publisher", size > 1 and last in cues["publishers"])
    put("first_front", size > 1 and first in cues["name_fronts"])
    put("first_title", size > 1 and bool(_TITLE.match(seen.said[i])))
    after = seen.said[j] if j < len(seen.said) else ""
    follows = seen.joined(j)
    low = after.lower()
    put("next_capital", follows and after[:1].isupper())
    put("next_back", follows and low in cues["name_backs"])
    put("next_organisation", follows and low in cues["organisations"])
    put("next_publisher", follows and low in cues["publishers"])
    put("next_link", follows and low in cues["name_links"] and low not in ("and", "in", "on"))
    before = seen.said[i - 1] if i > 0 else ""
    leads = seen.joined(i)
    lead = before if before != "." or i < 2 else seen.said[i - 2]
    put("before_capital", leads and before[:1].isupper())
    put("before_front", leads and before.lower() in cues["name_fronts"])
    put("before_title", leads and bool(_TITLE.match(lead)))
    around = seen.around(i, j)
    put("before_person", around.after_capital)
    for key, pattern in _WORDS_BEFORE.items():
        put(f"before_{key}", leads and bool(pattern.match(before)))
    put("comma_before", before == ",")
    put("comma_after", after == ",")
    put("possessive_after", after in ("'s", "’s"))
    put("speech_after", around.speech)
    put("number_after", after[:1].isdigit())
    put("stop_before", before in (".", "!", "?", ":") or not before)
    put("stop_after", after in (".", "!", "?", ":") or not after)
    put("hyphen_before", start > 0 and text[start - 1] in "-–/")
    put("hyphen_after", end < len(text) and text[end] in "-–/")
    put("bracket_before", before in ("(", "["))
    put("place_after", after == "," and bool(seen.tags_over(end, end + 30)))
    put("place_before", before == "," and bool(seen.tags_over(max(0, start - 30), start)))
    put("line_start", start == 0 or text[start - 1] == "\n")
    put("first_words", math.log1p(i))
    row[-11:] = seen.elsewhere(name)
    return row


def _known_longer(seen: _Text, i: int, j: int, *, left: bool) -> bool:
    """Whether one or two words more make another name that the gazetteer knows."""
    for step in (1, 2):
        a, b = (i - step, j) if left else (i, j + step)
        if a < 0 or b > len(seen.words):
            return False
        if not (seen.joined(a + 1) if left else seen.joined(b - 1)):
            return False
        edge = a if left else b - 1
        if _edge(seen, edge) and seen.names(seen.text[seen.starts[a] : seen.ends[b - 1]]):
            return True
    return False


class Scorer:
    """The learned scorer and the probability from which a span is taken."""

    def __init__(self, trees: Trees, threshold: float, version: str = "") -> None:
        self.trees = trees
        self.threshold = threshold
        self.version = version

    @classmethod
    def open(cls, path: Path | str | None = None) -> Scorer:
        """The scorer of a JSON file (the shipped one without a path).

        Raises:
            SetupError: the file is missing, altered or made for other features.
        """
        where = Path(path) if path is not None else MODEL
        try:
            card = json.loads(where.read_text(encoding="utf-8"))
            trees, digest = card["trees"], card["sha256"]
        except (OSError, ValueError, KeyError) as error:
            raise SetupError(f"cannot read the scorer of spans {str(where)!r}: {error}") from error
        if sha256_of(trees) != digest:
            raise SetupError(f"the scorer of spans {str(where)!r} was altered: restore it")
        found = Trees.from_dict(trees)
        if found.names != COLUMNS:
            raise SetupError(
                f"the scorer of spans {str(where)!r} was trained on other features; "
                "run python -m training.train_spans"
            )
        return cls(found, float(card["threshold"]), digest[:12])

    def __call__(self, found: Lattice) -> FloatArray:
        """The probability of each candidate.

        One that nothing but another occurrence of its name suggests is none before a capitalised
        word: "Assad" in "Assad Hariri" is a person's.
        """
        chances = self.trees.probability(found.rows)
        rows = found.rows
        repeated = (rows[:, _AT["best_over"]] == 0) & (rows[:, _AT["rule_over"]] == 0)
        named = (rows[:, _AT["next_capital"]] > 0) & (rows[:, _AT["next_organisation"]] == 0)
        chances[repeated & named & (rows[:, _AT["one_case_text"]] == 0)] = 0.0
        return chances


def sha256_of(trees: Mapping[str, Any]) -> str:
    """Of the canonical JSON of the trees."""
    return hashlib.sha256(json.dumps(trees, sort_keys=True).encode()).hexdigest()


def best(
    spans: Sequence[Span], probability: Sequence[float] | FloatArray, least: float
) -> list[tuple[Span, float]]:
    """The set of spans without overlaps that is best by the sum of ``p - least``, in text order.

    Spans with ``p`` below ``least`` are never taken.
    """
    kept = [(s, float(p)) for s, p in zip(spans, probability, strict=True) if p >= least]
    kept.sort(key=lambda item: (item[0][1], item[0][0]))
    ends = [span[1] for span, _ in kept]
    total = [0.0]
    choice: list[bool] = []
    for k, ((start, _), p) in enumerate(kept):
        before = bisect_right(ends, start, 0, k)
        taken = total[before] + p - least + 1e-6
        choice.append(taken > total[-1])
        total.append(max(total[-1], taken))
    out = []
    k = len(kept)
    while k:
        if choice[k - 1]:
            out.append(kept[k - 1])
            k = bisect_right(ends, kept[k - 1][0][0], 0, k - 1)
        else:
            k -= 1
    return out[::-1]
