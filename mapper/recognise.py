"""Find the mentions of places in an article and say in what role each stands.

The encoder's tagged spans are the start; what a tagger gets wrong by nature is mended here:
ragged ends, halves of one name, a name that it tagged in one sentence and missed in the
next, the papers that news is quoted from.  Nothing is resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from geodata.gazetteer import GazetteerLike
from mapper.encode import Reading, TaggedSpan
from mapper.model import Article, Mention, Role, Span
from mapper.names import clean, fold

PROPAGATE_FROM = 0.6
"""Score of a tagged name from which on its other occurrences are taken too."""

_CUES = Path(__file__).parent / "cues" / "mentions.yaml"
_ROLES: frozenset[str] = frozenset(get_args(Role))
_ARTICLE = re.compile(r"(?:the|The|THE)\s+")
_TAIL = re.compile(r"(?:['’][sS]|['’])$|[\s,;:.!?\"“”)\]]+$")
_FRONT = re.compile(r"^[\s,;:.!?\"“”'‘’(\[\-–—]+")
_WORD_BEFORE = re.compile(r"([^\W_]+\.?)([ -])$")
_WORD_AFTER = re.compile(r"^([ ])([^\W_]+)")
_DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}$|\b[A-Z][a-z]{0,4}\.$")


@lru_cache(maxsize=1)
def _cues() -> dict[str, frozenset[str]]:
    raw: dict[str, Any] = yaml.safe_load(_CUES.read_text(encoding="utf-8"))
    return {key: frozenset(str(v) for v in values) for key, values in raw.items()}


def recognise(article: Article, reading: Reading, gazetteer: GazetteerLike) -> tuple[Mention, ...]:
    """The mentions of places in text order, unresolved; spans do not overlap."""
    text = article.text
    found: dict[Span, tuple[Role, float]] = {}
    for span in reading.places:
        if span.label not in _ROLES:
            continue
        start, end = trimmed(text, span.start, span.end, nominal=span.label == "nominal")
        if start < end:
            found[(start, end)] = (cast(Role, span.label), span.score)
    found = _joined(text, found, gazetteer)
    found = _widened(text, found, gazetteer)
    found = _propagated(text, found)
    mentions = []
    taken = 0
    for (start, end), (role, score) in sorted(found.items(), key=lambda kv: (kv[0][0], -kv[0][1])):
        if start < taken:
            continue
        taken = end
        role = _role(text, start, end, role)
        mentions.append(Mention(start, end, text[start:end], role, confidence=round(score, 4)))
    return tuple(mentions)


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


def _known(name: str, gazetteer: GazetteerLike) -> bool:
    return any(
        m.how in ("primary", "alias", "abbreviation") and fold(m.name) == fold(name)
        for m in gazetteer.lookup(clean(name), limit=3)
    )


def _joined(
    text: str, found: dict[Span, tuple[Role, float]], gazetteer: GazetteerLike
) -> dict[Span, tuple[Role, float]]:
    """Halves of one name put together: only a space between, and the whole is a name."""
    out: dict[Span, tuple[Role, float]] = {}
    for span in sorted(found):
        role, score = found[span]
        if out and role != "nominal":
            last = next(reversed(out))
            before, said = out[last]
            gap = text[last[1] : span[0]]
            whole = text[last[0] : span[1]]
            if (
                before != "nominal"
                and before != "demonym"
                and gap in (" ", "-", "\n")
                and _known(whole, gazetteer)
            ):
                del out[last]
                out[(last[0], span[1])] = (before if role == "demonym" else role, max(said, score))
                continue
        out[span] = (role, score)
    return out


def _widened(
    text: str, found: dict[Span, tuple[Role, float]], gazetteer: GazetteerLike
) -> dict[Span, tuple[Role, float]]:
    """Names given the capitalised word at either end that belongs to them."""
    cues = _cues()
    spans = sorted(found)
    out: dict[Span, tuple[Role, float]] = {}
    for k, (start, end) in enumerate(spans):
        role, score = found[(start, end)]
        first, last = start, end
        if role in ("literal", "metonymic"):
            floor = spans[k - 1][1] if k else 0
            before = _WORD_BEFORE.search(text[max(floor, start - 30) : start])
            if before:
                word = before.group(1)
                wide = start - len(before.group(0))
                if (
                    word.lower().rstrip(".") in cues["name_fronts"]
                    and word[:1].isupper()
                    and _known(text[wide:end], gazetteer)
                ):
                    first = wide
            ceiling = spans[k + 1][0] if k + 1 < len(spans) else len(text)
            after = _WORD_AFTER.match(text[end : min(ceiling, end + 30)])
            if after:
                word = after.group(2)
                wide = end + after.end()
                if (
                    word.lower() in cues["name_backs"]
                    and word[:1].isupper()
                    and _known(text[first:wide], gazetteer)
                ):
                    last = wide
        out[(first, last)] = (role, score)
    return out


def _propagated(text: str, found: dict[Span, tuple[Role, float]]) -> dict[Span, tuple[Role, float]]:
    """The other occurrences of names that were found surely elsewhere in the article."""
    sure: dict[str, tuple[Role, float]] = {}
    for (start, end), (role, score) in sorted(found.items()):
        name = text[start:end]
        if role == "nominal" or score < PROPAGATE_FROM or len(name) < 4:
            continue
        if not name[:1].isupper():
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


def _role(text: str, start: int, end: int, role: Role) -> Role:
    """The role as the words after the name settle it: papers are organisations."""
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
