"""Where it happened: which of the places named belongs to a trigger.

Candidates are the mentions around the trigger and those of the text's opening; a learned scorer
weighs the encoder's link, the role of the mention, its preposition, chains ("X in Y": the most
specific counts), order and distance.  Names that are only an actor's origin, a speaker's seat or
part of a name are candidates that hardly ever win.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from mapper.encode import RELATIONS, ROLES, FloatArray
from mapper.extract.linking import (
    PAIR_COLUMNS,
    RIVAL_COLUMNS,
    _matrix,
    _near,
    pair_features,
    rivals,
    trigger_part,
)
from mapper.extract.scene import Scene, place_key
from mapper.model import Mention

__all__ = ["PLACE_COLUMNS", "place_features", "places_near", "relation_of"]

PRECISIONS = (
    "facility", "neighbourhood", "city", "district", "province", "region", "country", "sea",
)  # fmt: skip
RANK = {p: i for i, p in enumerate(PRECISIONS)}
_PREPOSITIONS = ("in", "at", "near", "from", "to", "of", "on", "outside", "into", "by")
PLACE_COLUMNS = (
    *PAIR_COLUMNS,
    *(f"role_{r}" for r in ROLES),
    "encoder_literal",
    "confidence",
    "placed",
    *(f"precision_{p}" for p in PRECISIONS),
    *(f"prep_{p}" for p in _PREPOSITIONS),
    "prep_none",
    "holder",
    "held",
    "listed",
    "in_dateline",
    "in_title",
    "in_lead",
    "doc_share",
    "doc_count",
    "first_of_place",
    "places_between",
    "finer_in_sentence",
    "same_place_linked",
    *RIVAL_COLUMNS,
)
_PLACE = RELATIONS.index("place")
_PREP = re.compile(
    r"\b(in|at|near|from|to|of|on|outside|into|by|around|inside|across|towards?|over|between|through"
    r"|within|throughout|against|off|along|for)\s+(?:the\s+|a\s+|nearby\s+|central\s+|downtown\s+"
    r"|(?:north|south|east|west)(?:ern)?\s+|(?:city|town|village|district|province|state|region"
    r"|outskirts|centre|center|suburb|port|capital|area|neighbou?rhood)\s+(?:of\s+)?){0,4}$",
    re.IGNORECASE,
)
_SAME = {"around": "near", "inside": "in", "across": "in", "toward": "to", "towards": "to",
         "over": "in", "between": "in", "through": "into", "within": "in", "throughout": "in",
         "against": "to", "off": "near", "along": "near", "for": "to"}  # fmt: skip
INSIDE = re.compile(
    r"^(?:['’]s)?\s*(?:,\s*(?:in\s+|a\s+\w+\s+(?:in|of|near)\s+)?(?:the\s+)?"
    r"|\s(?:\w+\s+){0,2}?(?:in|of)\s+(?:the\s+)?(?:[\w-]+\s+){0,3}?|\s*\(\s*)$"
)
_OWNS = re.compile(
    r"^(?:['’]s?\s+(?:[\w-]+\s+){0,2}?|\s+(?:neighbou?rhood|district|suburb|area|town|city|quarter|province"
    r"|state|county|region|village)s?\s+of\s+(?:the\s+)?)$"
)
_LIST = re.compile(r"^\s*(?:,|,?\s*\b(?:and|or|as well as)\b|;|/)\s*(?:in\s+|at\s+|the\s+)*$")
LEAD = 400


def preposition(scene: Scene, mention: Mention) -> str | None:
    """The preposition that governs a mention, normalised, or None."""
    m = _PREP.search(scene.text[max(0, mention.start - 60) : mention.start])
    if not m:
        return None
    word = m.group(1).lower()
    return _SAME.get(word, word)


def _chain(scene: Scene, i: int) -> tuple[bool, bool, bool]:
    """Whether mention ``i`` holds the one before it ("X in I"), is held by the next, is listed."""
    mentions = scene.mentions
    holder = held = listed = False
    me = mentions[i]
    if i > 0:
        gap = scene.text[mentions[i - 1].end : me.start]
        if len(gap) < 50 and _finer(mentions[i - 1], me) and INSIDE.match(gap):
            holder = True
        held = len(gap) < 40 and _finer(me, mentions[i - 1]) and bool(_OWNS.match(gap))
        listed = len(gap) < 24 and bool(_LIST.match(gap)) and not holder
    if i + 1 < len(mentions):
        gap = scene.text[me.end : mentions[i + 1].start]
        if len(gap) < 50 and _finer(me, mentions[i + 1]) and INSIDE.match(gap):
            held = True
        if len(gap) < 40 and _finer(mentions[i + 1], me) and _OWNS.match(gap):
            holder = True
        listed = listed or (len(gap) < 24 and bool(_LIST.match(gap)) and not held)
    return holder, held, listed


def _finer(one: Mention, other: Mention) -> bool:
    """Whether ``one`` is at least as fine a place as ``other``."""
    if one.place is None or other.place is None:
        return True
    return (
        RANK[one.place.precision] <= RANK[other.place.precision] and one.place.id != other.place.id
    )


def places_near(scene: Scene, index: int) -> list[int]:
    """Indices of the mentions that may say where trigger ``index`` happened."""
    starts = [m.start for m in scene.mentions]
    trigger = scene.triggers[index]
    near = _near(scene, trigger, starts, 18)
    lead = range(min(bisect_left(starts, LEAD), 6))
    return sorted({*near, *lead})


def place_features(scene: Scene, index: int, near: Sequence[int]) -> FloatArray:
    """One row of PLACE_COLUMNS for each of the mentions ``near`` a trigger."""
    trigger = scene.triggers[index]
    total = max(1, sum(scene.place_counts.values()))
    sentence = scene.sentence_of(trigger.start)
    finest = min(
        (
            RANK[m.place.precision]
            for j in near
            if (m := scene.mentions[j]).place is not None
            and m.role in {"literal", "nominal"}
            and scene.sentence_of(m.start) == sentence
        ),
        default=99,
    )
    links: dict[str, float] = {}
    for j in near:
        link = float(scene.link(index, scene.mention_columns[j])[_PLACE])
        key = place_key(scene.mentions[j])
        links[key] = max(links.get(key, 0.0), link)
    seen: set[str] = set()
    own = trigger_part(scene, index)
    rows = []
    for j in near:
        m = scene.mentions[j]
        column = scene.mention_columns[j]
        key = place_key(m)
        row = pair_features(scene, index, m.start, m.end, column, _PLACE, own)
        prep = preposition(scene, m)
        holder, held, listed = _chain(scene, j)
        if trigger.start >= m.end:
            lo, hi = m.end, trigger.start
        else:
            lo, hi = trigger.end, m.start
        between = sum(1 for k in near if k != j and lo <= scene.mentions[k].start < hi)
        encoder = scene.reading.places[column].scores.get("literal", 0.0) if column >= 0 else 0.5
        row += [
            *(float(m.role == r) for r in ROLES),
            encoder,
            m.confidence,
            float(m.place is not None),
            *(float(m.place is not None and m.place.precision == p) for p in PRECISIONS),
            *(float(prep == p) for p in _PREPOSITIONS),
            float(prep is None),
            float(holder),
            float(held),
            float(listed),
            float(m.start < scene.dateline_end),
            float(m.start < scene.title_end),
            float(m.start < LEAD),
            scene.place_counts[key] / total,
            float(min(8, scene.place_counts[key])),
            float(key not in seen),
            float(min(8, between)),
            float(m.place is not None and RANK[m.place.precision] > finest),
            links[key],
        ]
        seen.add(key)
        rows.append(row)
    return _matrix(rivals(rows), len(PLACE_COLUMNS))


def relation_of(scene: Scene, mention: Mention) -> str:
    """How an incident lies to a place: ``in``, ``at``, ``near``, ``north_of``, ..."""
    before = scene.text[max(0, mention.start - 60) : mention.start].lower()
    m = re.search(
        r"\b(north|south|east|west|north-?east|north-?west|south-?east|south-?west)\s+of\s+"
        r"(?:the\s+)?(?:\w+\s+of\s+)?$",
        before,
    )
    if m:
        return m.group(1).replace("-", "") + "_of"
    prep = preposition(scene, mention)
    if prep in {"near", "outside"}:
        return "near" if prep == "near" else "outside"
    if mention.place is not None and mention.place.precision == "facility":
        return "at"
    return "at" if prep == "at" else "in"
