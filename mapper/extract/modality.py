"""Whether it happened, goes on, is planned, threatened, possible, denied, foiled; or recalled.

The encoder's head gives probabilities; the words around the trigger (``ontology/modality.yaml``)
and the direction of its date are weighed beside them by a small logistic model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mapper.encode import MODALITIES
from mapper.extract.linking import GROUP_NAMES, group_scores
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene
from mapper.names import any_of

__all__ = [
    "BACKGROUND_COLUMNS",
    "MODALITY_COLUMNS",
    "background_row",
    "decided",
    "modality_row",
]

_CUED = ("ongoing", "planned", "threatened", "hypothetical", "denied", "foiled")
_SIDES = ("before", "after", "inside")
NEAR_UNLESS = 90
"""Code points before a trigger in which a word may forbid a turn of phrase to decide."""
RIVAL = 0.5
"""Encoder's score from which another trigger may be the one that a phrase is said of."""
MODALITY_COLUMNS = (
    *(f"encoder_{m}" for m in MODALITIES),
    *(f"{m}_{s}" for m in _CUED for s in _SIDES),
    "attributed",
    "date_ahead",
    "date_since",
    "headline",
    "quoted",
    *(f"group_{g}" for g in GROUP_NAMES),
)
BACKGROUND_COLUMNS = (
    "encoder_background",
    "encoder_ongoing",
    "date_years_back",
    "date_stated",
    "year_in_sentence",
    "cues",
    "past_perfect",
    "position",
    "sentence",
    "trigger_score",
    "published_known",
    *(f"group_{g}" for g in GROUP_NAMES),
)


@cache
def _patterns() -> dict[tuple[str, str], re.Pattern[str]]:
    out = {}
    for modality, sides in ontology("modality")["modalities"].items():
        for side in _SIDES:
            words = sides.get(side) or []
            alternatives = "|".join(
                re.escape(w).replace(r"\ ", r"\s+")
                for w in sorted(words, key=lambda w: (-len(w), w))
            )
            out[modality, side] = re.compile(
                rf"(?<![\w'’])(?:{alternatives})(?![\w])" if words else r"(?!)"
            )
    return out


@cache
def _flat(name: str, whole: bool) -> re.Pattern[str]:
    words = sorted(ontology("modality")[name], key=lambda w: (-len(w), w))
    end = r"(?!\w)" if whole else ""
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(w) for w in words)}){end}")


_CLAUSE = re.compile(r"[;:—–]|\.\s|\n|,\s+(?:but|while|and|which|who|as|after)\b")


def clause(scene: Scene, start: int, end: int) -> tuple[str, str, str]:
    """The words of the clause before a trigger, the trigger, and those after, in lower case."""
    sentence = scene.sentences[scene.sentence_of(start)] if scene.sentences else (0, end)
    before = scene.text[max(sentence[0], start - 140) : start].lower().replace("’", "'")
    after = scene.text[end : max(end, min(sentence[1], end + 100))].lower().replace("’", "'")
    cuts = [m.end() for m in _CLAUSE.finditer(before)]
    if cuts:
        before = before[cuts[-1] :]
    m = _CLAUSE.search(after)
    if m:
        after = after[: m.start()]
    return before, scene.text[start:end].lower().replace("’", "'"), after


def modality_row(
    scene: Scene, index: int, date_ahead: bool, date_since: bool
) -> tuple[list[float], list[str]]:
    """A row of MODALITY_COLUMNS for a trigger, and the cue words found, for the reasons."""
    trigger = scene.triggers[index]
    sides = dict(
        zip(("before", "inside", "after"), clause(scene, *_span(scene, index)), strict=True)
    )
    row = [math.log(max(1e-4, trigger.modality.get(m, 0.0))) for m in MODALITIES]
    found: list[str] = []
    for m in _CUED:
        for side in _SIDES:
            hit = _patterns()[m, side].search(sides[side])
            row.append(float(hit is not None))
            if hit:
                found.append(hit.group())
    quotes = scene.text[max(0, trigger.start - 200) : trigger.start]
    row += [
        float(_flat("attribution", True).search(sides["before"]) is not None),
        float(date_ahead),
        float(date_since),
        float(trigger.start < scene.title_end),
        float(quotes.count("“") > quotes.count("”")),
        *group_scores(trigger.scores),
    ]
    return row, found


@dataclass(frozen=True, slots=True)
class _Sure:
    """A turn of phrase that decides a modality, by where it stands."""

    modality: str
    near: int
    kinds: frozenset[str]
    before: re.Pattern[str] | None
    inside: re.Pattern[str] | None
    after: re.Pattern[str] | None
    next: re.Pattern[str] | None
    """What the next sentence opens with."""
    unless: re.Pattern[str] | None
    """Words before the trigger or in it with which the turn decides nothing."""


def _phrases(words: Sequence[str] | None) -> re.Pattern[str] | None:
    if not words:
        return None
    alternatives = any_of(words)
    for slot, fillers in ontology("modality")["slots"].items():
        choice = "|".join(re.escape(str(f)).replace(r"\ ", r"\s+") for f in fillers)
        alternatives = alternatives.replace(re.escape(f"{{{slot}}}"), f"(?:{choice})")
    return re.compile(rf"(?<![\w’])(?:{alternatives})(?!\w)")


@cache
def _sure() -> tuple[_Sure, ...]:
    return tuple(
        _Sure(
            str(rule["modality"]),
            int(rule.get("near", 0)),
            frozenset(rule.get("kinds", ())),
            _phrases(rule.get("before")),
            _phrases(rule.get("inside")),
            _phrases(rule.get("after")),
            _phrases(rule.get("next")),
            _phrases(rule.get("unless")),
        )
        for rule in ontology("modality")["sure"]
    )


def decided(scene: Scene, index: int, kind: str) -> tuple[str, str] | None:
    """The modality that a turn of phrase settles for a trigger, and its words; else None.

    A phrase counts within so many words of the trigger, in its sentence, where no other likely
    trigger and no new sentence part (semicolon, quotation) stands between.
    """
    trigger = scene.triggers[index]
    a, b = (
        scene.sentences[scene.sentence_of(trigger.start)] if scene.sentences else (0, trigger.end)
    )
    others = [
        (t.start, t.end)
        for t in scene.triggers
        if t.score >= RIVAL and t.end > a and t.start < b and t is not trigger
    ]
    before = scene.text[max(a, trigger.start - 160) : trigger.start].lower().replace("’", "'")
    after = scene.text[trigger.end : min(b, trigger.end + 160)].lower().replace("’", "'")
    inside = scene.text[trigger.start : trigger.end].lower().replace("’", "'")
    follows = scene.text[b : b + 60].lower().replace("’", "'").lstrip()
    for rule in _sure():
        if rule.kinds and kind not in rule.kinds:
            continue
        if rule.unless is not None and rule.unless.search(f"{before[-NEAR_UNLESS:]} {inside}"):
            continue
        if rule.inside is not None:
            m = rule.inside.search(inside)
            if m:
                return rule.modality, m.group()
        if rule.before is not None:
            for m in reversed(list(rule.before.finditer(before))):
                between = before[m.end() :]
                lo = trigger.start - len(between)
                if _close(between, rule.near) and not _crossed(others, lo, trigger.start):
                    return rule.modality, m.group()
        if rule.after is not None:
            m = rule.after.search(after)
            if m:
                between = after[: m.start()]
                hi = trigger.end + len(between)
                if _close(between, rule.near) and not _crossed(others, trigger.end, hi):
                    return rule.modality, m.group()
        if rule.next is not None:
            m = rule.next.match(follows)
            if m and not _crossed(others, trigger.end, b):
                return rule.modality, m.group()
    return None


def _close(between: str, most: int) -> bool:
    return len(between.split()) <= most and not re.search(r"[;\n]|\.\s", between)


def _crossed(others: Sequence[tuple[int, int]], lo: int, hi: int) -> bool:
    return any(x < hi and lo < y for x, y in others)


def _span(scene: Scene, index: int) -> tuple[int, int]:
    trigger = scene.triggers[index]
    return trigger.start, trigger.end


_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")


def background_row(scene: Scene, index: int, date_start: str | None) -> list[float]:
    """A row of BACKGROUND_COLUMNS for a trigger; ``date_start`` is its date's ISO prefix."""
    trigger = scene.triggers[index]
    before, inside, after = clause(scene, trigger.start, trigger.end)
    year = int(scene.published[:4]) if scene.published else None
    back = 0.0
    if date_start and date_start[:4].isdigit() and year is not None:
        back = float(max(-1, min(20, year - int(date_start[:4]))))
        if back == 1 and len(date_start) >= 7 and scene.published:
            # A little more than a year is what the rulings ask for.
            back = 0.5 + 0.5 * (date_start[5:7] < scene.published[5:7])
    sentence = scene.sentences[scene.sentence_of(trigger.start)] if scene.sentences else (0, 0)
    years = [int(y) for y in _YEAR.findall(scene.text[sentence[0] : sentence[1]])]
    old = 0.0
    if years:
        old = float(max(0, min(20, (year or max(years)) - min(years))))
        if year is None:
            old = 2.0
    return [
        trigger.background,
        trigger.modality.get("ongoing", 0.0),
        back,
        float(date_start is not None),
        old,
        float(min(3, len(_flat("background", False).findall(before + " " + after)))),
        float(
            re.search(r"\bhad\s+(?:\w+\s+)?\w+(?:ed|en|n)\b|\bhad\b", before + " " + inside)
            is not None
        ),
        trigger.start / max(1, len(scene.text)),
        float(min(20, scene.sentence_of(trigger.start))),
        trigger.score,
        float(year is not None),
        *group_scores(trigger.scores),
    ]
