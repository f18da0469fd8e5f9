"""Where it happened: which of the places named belongs to a trigger.

Candidates are the mentions around the trigger and those of the text's opening; a learned scorer
weighs the encoder's link, the role of the mention, its preposition, chains ("X in Y": the most
specific counts), order and distance.  Names that are only an actor's origin, a speaker's seat or
part of a name are candidates that hardly ever win.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from geodata import gazetteer
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
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene, place_key, stands_in
from mapper.model import Mention, Place

__all__ = [
    "PLACE_COLUMNS",
    "chosen_for",
    "distance_km",
    "lies_in",
    "most_specific",
    "named_with",
    "one_spot",
    "own_place_first",
    "place_features",
    "places_near",
    "relation_of",
]

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
    "origin_before",
    "people_after",
    "hyphen_after",
    "possessive_after",
    "capital_after",
    "settlement_before",
    "facility_before",
    "of_event",
    "opens_sentence",
    "object",
    "subject",
    "clause_words_between",
    "reported_between",
    "same_clause",
    "trigger_participle",
    "inside_longer",
    "holds_shorter",
    "places_in_sentence",
    "order_in_sentence",
    "sentences",
    "chain_link",
    "list_link",
    "finer_linked",
    "stands_in",
    "words",
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
    return RANK[one.place.precision] <= RANK[other.place.precision] and place_key(one) != place_key(
        other
    )


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(str(w) for w in ontology("placing")[name])


_WORD = re.compile(r"[^\W_]+")
_OBJECT_ENDS = re.compile(r"[,;:.]|\b(?:in|at|near|on|from)\b")
_HEAD_BEFORE = re.compile(r"([^\W_]+)\s+(?:of|from|in|at|on|for|near|to|outside)\s+(?:the\s+)?$")


@dataclass(frozen=True, slots=True)
class _MentionPart:
    """What of a mention is the same for all triggers that it may be the place of.

    ``features`` are its columns from its role to the count of its place, ``before`` those of
    the words beside it.  ``in_previous`` and ``in_next`` say whether the text sets it and the
    mention beside it one in the other, ``mates`` which stand in one list with it; ``others``
    keeps how other mentions of its sentence lie to it.
    """

    key: str
    sentence: int
    rank: int
    features: tuple[float, ...]
    before: tuple[float, ...]
    in_previous: bool
    in_next: bool
    mates: tuple[int, ...]
    stands_in: float
    words: float
    others: dict[int, _Lie]


def _mention_part(scene: Scene, j: int) -> _MentionPart:
    found: _MentionPart | None = scene.notes.get(("mention", j))
    if found is not None:
        return found
    m = scene.mentions[j]
    key = place_key(m)
    column = scene.mention_columns[j]
    prep = preposition(scene, m)
    precision = m.place.precision if m.place is not None else None
    total = max(1, sum(scene.place_counts.values()))
    features = (
        *(float(m.role == r) for r in ROLES),
        scene.reading.places[column].scores.get("literal", 0.0) if column >= 0 else 0.5,
        m.confidence,
        float(m.place is not None),
        *(float(precision == p) for p in PRECISIONS),
        *(float(prep == p) for p in _PREPOSITIONS),
        float(prep is None),
        *map(float, _chain(scene, j)),
        float(m.start < scene.dateline_end or j in scene.datelines),
        float(m.start < scene.title_end),
        float(m.start < LEAD),
        scene.place_counts[key] / total,
        float(min(8, scene.place_counts[key])),
    )
    found = scene.notes["mention", j] = _MentionPart(
        key,
        scene.sentence_of(m.start),
        -1 if precision is None else RANK[precision],
        features,
        _beside(scene, m),
        j > 0 and _set_in(scene, j - 1, j),
        j + 1 < len(scene.mentions) and _set_in(scene, j, j + 1),
        tuple(k for k in named_with(scene, j) if k != j),
        float(stands_in(m)),
        float(min(6, len(m.text.split()))),
        {},
    )
    return found


def _beside(scene: Scene, m: Mention) -> tuple[float, ...]:
    """Cues of the words beside a mention: from its origin to whether it opens its sentence."""
    text = scene.text
    first, _ = scene.sentences[scene.sentence_of(m.start)] if scene.sentences else (0, len(text))
    before = text[max(first, m.start - 60) : m.start].lower()
    after = text[m.end : m.end + 40]
    head = _HEAD_BEFORE.search(before)
    noun = head.group(1) if head else ""
    linked_by = head.group(0).split()[1] if head else ""
    following = _WORD.findall(after.lower())[:2] if after[:1] in {" ", "-"} else []
    return (
        float(linked_by in {"of", "from"} and noun in _words("origin_before")),
        float(bool(following) and following[0] in _words("people_after")),
        float(after[:1] in {"-", "‑"}),
        float(after[:2] in {"'s", "’s"} or after[:1] in {"'", "’"}),
        float(re.match(r"\s[A-Z][a-z]", after) is not None),
        float(noun in _words("settlement_before") and linked_by == "of"),
        float(noun in _words("facility_before")),
        float(noun in _words("of_event")),
        float(len(_WORD.findall(text[first : m.start])) <= 4),
    )


def _between(scene: Scene, index: int, m: Mention) -> list[float]:
    """Cues of the words between a trigger and a mention, from object to same clause."""
    trigger, text = scene.triggers[index], scene.text
    is_after = trigger.start < m.end
    between = text[trigger.end : m.start] if is_after else text[m.end : trigger.start]
    if len(between) < 400:
        start = trigger.end if is_after else m.end
        words, breaks, reports = _running_words(scene).between(start, start + len(between))
    else:
        words, breaks, reports = 80, 0, 0
    return [
        float(is_after and words <= 3 and not _OBJECT_ENDS.search(between)),
        float(not is_after and words <= 1 and "," not in between),
        float(min(4, breaks)),
        float(reports > 0),
        float(not breaks and "," not in between and ";" not in between),
    ]


@dataclass(frozen=True, slots=True)
class _RunningWords:
    """Where the words of a text stand, and how many clause and report words go before each."""

    starts: list[int]
    ends: list[int]
    clause: list[int]
    report: list[int]

    def between(self, start: int, end: int) -> tuple[int, int, int]:
        """How many words, clause words and report words a stretch holds."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        if first >= last:
            return 0, 0, 0
        return (
            last - first,
            self.clause[last] - self.clause[first],
            self.report[last] - self.report[first],
        )


def _running_words(scene: Scene) -> _RunningWords:
    found: _RunningWords | None = scene.notes.get("words")
    if found is None:
        spans = [m.span() for m in _WORD.finditer(scene.text)]
        said = [scene.text[a:b].lower() for a, b in spans]
        found = scene.notes["words"] = _RunningWords(
            [a for a, _ in spans],
            [b for _, b in spans],
            [0, *accumulate(w in _words("clause_words") for w in said)],
            [0, *accumulate(w in _words("report_words") for w in said)],
        )
    return found


def _participle(scene: Scene, index: int) -> float:
    """Whether a trigger is a participle after a comma ("..., killing five")."""
    trigger, text = scene.triggers[index], scene.text
    inside = text[trigger.start : trigger.end].lower()
    return float(
        inside.split(" ")[0].endswith("ing")
        and text[max(0, trigger.start - 2) : trigger.start].strip() == ","
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
    own = trigger_part(scene, index)
    parts = {j: _mention_part(scene, j) for j in near}
    starts = [scene.mentions[j].start for j in near]
    link_of = {j: float(own.link(scene.mention_columns[j])[_PLACE]) for j in near}
    finest = min(
        (
            part.rank
            for j, part in parts.items()
            if part.rank >= 0
            and part.sentence == own.sentence
            and scene.mentions[j].role in {"literal", "nominal"}
        ),
        default=99,
    )
    links: dict[str, float] = {}
    in_sentence: dict[int, list[int]] = {}
    for j, part in parts.items():
        links[part.key] = max(links.get(part.key, 0.0), link_of[j])
        in_sentence.setdefault(part.sentence, []).append(j)
    participle = _participle(scene, index)
    sentences = float(min(10, len(scene.sentences)))
    seen: set[str] = set()
    rows = []
    syntax = []
    for j, part in parts.items():
        m = scene.mentions[j]
        lo, hi = (m.end, own.start) if own.start >= m.end else (own.end, m.start)
        others = max(0, bisect_left(starts, hi) - bisect_left(starts, lo))
        row = pair_features(scene, index, m.start, m.end, scene.mention_columns[j], _PLACE)
        row += part.features
        row += (
            float(part.key not in seen),
            float(min(8, others)),
            float(part.rank > finest),
            links[part.key],
        )
        seen.add(part.key)
        rows.append(row)
        here = in_sentence[part.sentence]
        lies = [(k, _lie(scene, k, j)) for k in here if k != j]
        beside = [(j - 1, part.in_previous), (j + 1, part.in_next)]
        syntax.append(
            [
                *part.before,
                *_between(scene, index, m),
                participle,
                float(any(lie.covers for _, lie in lies)),
                float(any(lie.covered for _, lie in lies)),
                float(min(8, len(here))),
                float(min(8, here.index(j))),
                sentences,
                max((link_of[k] for k, set_in in beside if set_in and k in link_of), default=0.0),
                max((link_of[k] for k in part.mates if k in link_of), default=0.0),
                max((link_of[k] for k, lie in lies if lie.finer), default=0.0),
                part.stands_in,
                part.words,
            ]
        )
    full = [[*row, *more] for row, more in zip(rivals(rows), syntax, strict=True)]
    return _matrix(full, len(PLACE_COLUMNS))


NEARLY = 0.8
"""From this share of the best one's probability on, a place that a trigger's own sentence sets it
in goes before one of another sentence: of 69 such triggers (rounds 2 and 3, out of fold) 32 were
there, 21 at the best."""
AHEAD = 0.01
"""By how much it is then put before that one."""


def own_place_first(
    scene: Scene, index: int, places: tuple[tuple[int, float], ...]
) -> tuple[tuple[int, float], ...]:
    """The places with what a trigger's own sentence says by a preposition first, if it is near."""
    if not places:
        return places
    here = scene.sentence_of(scene.triggers[index].start)
    best, most = places[0]
    if scene.sentence_of(scene.mentions[best].start) == here:
        return places
    key = place_key(scene.mentions[best])
    for n, (j, p) in enumerate(places):
        mention = scene.mentions[j]
        if p < NEARLY * most or place_key(mention) == key:
            continue
        if (
            scene.sentence_of(mention.start) == here
            and mention.role in ("literal", "nominal")
            and mention.place is not None
            and preposition(scene, mention) in ("in", "at", "near", "outside")
        ):
            return ((j, min(1.0, most + AHEAD)), *places[:n], *places[n + 1 :])
    return places


# --- places that belong together ---------------------------------------------------------------


def distance_km(a: Place, b: Place) -> float:
    """Great-circle distance in kilometres between two places' points."""
    return gazetteer.distance_km((a.lat, a.lon), (b.lat, b.lon))


REACH_KM = {"region": 400.0, "district": 60.0, "city": 15.0, "neighbourhood": 3.0, "sea": 400.0}
"""How far from the point of a place another may be and still lie in it."""


def lies_in(one: Mention, other: Mention) -> bool:
    """Whether ``one`` is the finer of two places and lies in ``other``, by their records.

    A name set in a place for want of its own lies in that place.
    """
    a, b = one.place, other.place
    if a is None or b is None or place_key(one) == place_key(other):
        return False
    if stands_in(one):
        return a.id == b.id and not stands_in(other)
    if stands_in(other) or RANK[a.precision] >= RANK[b.precision]:
        return False
    if b.precision == "country":
        return b.country == a.country
    if b.precision == "province":
        return b.admin1 is not None and b.admin1 == a.admin1 and b.country == a.country
    return distance_km(a, b) <= REACH_KM.get(b.precision, 0.0)


def _surely_in(one: Mention, other: Mention) -> bool:
    """Whether ``one`` lies in ``other`` by more than its distance: in a country, in a province.

    Regions are known by a point: "the capital and the south" are two, however near.
    """
    place = other.place
    return place is not None and place.precision in {"country", "province"} and lies_in(one, other)


class _Lie(NamedTuple):
    """How one mention lies to another of its sentence.

    ``finer``: it is a finer place within the other's, by more than its words.
    """

    covers: bool
    covered: bool
    finer: bool


def _lie(scene: Scene, k: int, j: int) -> _Lie:
    """How mention ``k`` lies to mention ``j``."""
    kept = _mention_part(scene, j).others
    if k not in kept:
        one, other = scene.mentions[k], scene.mentions[j]
        covers = _covers(one, other)
        kept[k] = _Lie(covers, _covers(other, one), not covers and lies_in(one, other))
    return kept[k]


def _covers(one: Mention, other: Mention) -> bool:
    """Whether the words of ``one`` hold those of ``other`` and more."""
    return one.start <= other.start and other.end <= one.end and one.span != other.span


_SET_IN = re.compile(
    r"\s*,\s*(?:in\s+)?(?:the\s+)?|\s*\(\s*"
    r"|(?:\s*,)?(?:\s+\w+)?\s+(?:in|of|inside|at)\s+(?:the\s+)?(?:[\w-]+\s+){0,2}?"
    r"(?:(?:city|town|village|district|province|state|region|governorate|county|suburb|capital|area"
    r"|island)\s+(?:of\s+)?)?",
    re.IGNORECASE,
)


def _set_in(scene: Scene, i: int, j: int) -> bool:
    """Whether the text sets mention ``i`` in the one after it ("I, J", "I in J")."""
    one, other = scene.mentions[i], scene.mentions[j]
    gap = scene.text[one.end : other.start] if one.end <= other.start else ""
    return 0 < len(gap) < 50 and _SET_IN.fullmatch(gap) is not None and lies_in(one, other)


def most_specific(scene: Scene, j: int, beliefs: Mapping[int, float], share: float = 0.2) -> int:
    """The finest place of the chain that mention ``j`` ends: A of "A in B", of "A, B", "B's A".

    Only what is itself believed by at least ``share`` of ``j``'s belief is taken: a place that
    says where somebody comes from is not.
    """
    for _ in range(4):
        floor = share * beliefs.get(j, 0.0)
        found = None
        for i in (j - 1, j + 1):
            if not 0 <= i < len(scene.mentions) or beliefs.get(i, 0.0) < floor:
                continue
            m = scene.mentions[i]
            if m.role not in {"literal", "nominal"} or m.place is None:
                continue
            gap = scene.text[scene.mentions[j].end : m.start]
            owned = i > j and len(gap) < 40 and _OWNS.match(gap) and lies_in(m, scene.mentions[j])
            if owned or (i < j and _set_in(scene, i, j)):
                found = i
                break
        if found is None:
            return j
        j = found
    return j


_BESIDE = re.compile(
    r"\s*(?:\([^()]{0,40}\))?\s*(?:,|,?\s*\b(?:and|or|as\s+well\s+as)\b|&|;)\s*"
    r"(?:(?:in|at|the|around|near|both|nearby|neighbou?ring|towns?|villages?|cities|city|of"
    r"|\w+-(?:majority|dominated|held|controlled|populated|run|ruled))\s+)*",
    re.IGNORECASE,
)


def named_with(scene: Scene, j: int) -> list[int]:
    """Mentions that stand in one list with mention ``j``, itself among them, in order.

    A comma alone joins only in a list that ends in "and": "A, B" sets A in B.
    """
    out = [j]
    for step in (-1, 1):
        pending: list[int] = []
        at = j
        while 0 <= at + step < len(scene.mentions) and len(out) + len(pending) < 12:
            one, other = sorted(
                (scene.mentions[at], scene.mentions[at + step]), key=lambda m: m.span
            )
            gap = scene.text[one.end : other.start] if one.end <= other.start else ""
            if not gap or len(gap) > 60 or not _BESIDE.fullmatch(gap):
                break
            if other.role not in {"literal", "nominal"} or one.role not in {"literal", "nominal"}:
                break
            if _surely_in(one, other) or _surely_in(other, one):
                break
            at += step
            pending.append(at)
            if re.search(r"\b(?:and|or|as\s+well\s+as)\b|&", gap):
                out += pending
                pending = []
        # "A, B and C" read from C: the commas before "and" belong to the list.
        if step < 0 and len(out) > 1:
            out += pending
    return sorted(out)


_BY = re.compile(
    r"\s+(?:(?:just|close|near|north|south|east|west|inside|outside)\s+)?"
    r"(?:at|by|in|inside|near|of|off|on|outside|to)\s+(?:the\s+)?(?:[a-z-]+\s+(?:of\s+)?)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?(?:[a-z-]+\s+of\s+)?$", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+(?:the\s+)?", re.IGNORECASE)


def one_spot(scene: Scene, i: int, j: int) -> bool:
    """Whether two mentions, the first before the second, say together where one thing was.

    "On the highway near X" and "between X and Y" are one spot each, "in X and Y" are two.
    """
    one, other = scene.mentions[i], scene.mentions[j]
    if other.start < one.end:
        return True
    if other.start - one.end > 40:
        return False
    gap = scene.text[one.end : other.start]
    if _AND.fullmatch(gap):
        return bool(_BETWEEN.search(scene.text[max(0, one.start - 40) : one.start]))
    return bool(_BY.fullmatch(gap))


def chosen_for(
    scene: Scene, ranked: Sequence[tuple[int, float]], floor: float, several: float = 0.8
) -> list[int]:
    """Of mentions with the belief in each, best first, those that say where a trigger happened.

    The best one from ``floor`` on, brought down to the most specific of its chain; with it what
    stands in one list with it, and others of its sentence believed nearly as much
    (``several`` of the best) that neither hold it nor lie in it.
    """
    if not ranked or ranked[0][1] < floor:
        return []
    beliefs = dict(ranked)
    best = ranked[0][1]
    out: list[int] = []
    for j, p in ranked:
        if out and p < max(floor, several * best):
            break
        if out and scene.sentence_of(scene.mentions[j].start) != scene.sentence_of(
            scene.mentions[out[0]].start
        ):
            continue
        k = most_specific(scene, _bare(scene, j, beliefs), beliefs)
        mates = [x for x in named_with(scene, k) if beliefs.get(x, 0.0) >= 0.3 * p]
        for x in (k, *mates):
            if not any(
                x == y
                or _covers(scene.mentions[x], scene.mentions[y])
                or _covers(scene.mentions[y], scene.mentions[x])
                or _surely_in(scene.mentions[y], scene.mentions[x])
                or (x not in mates and lies_in(scene.mentions[y], scene.mentions[x]))
                or (p < best and x not in mates and lies_in(scene.mentions[x], scene.mentions[y]))
                for y in out
            ):
                out.append(x)
    return out


def _bare(scene: Scene, j: int, beliefs: Mapping[int, float]) -> int:
    """The name inside a phrase that only describes it: Mosul of "the northern city of Mosul"."""
    m = scene.mentions[j]
    inside = [
        k
        for k in range(max(0, j - 2), min(len(scene.mentions), j + 3))
        if k != j and k in beliefs and _covers(m, scene.mentions[k])
        and scene.mentions[k].role == "literal"
    ]  # fmt: skip
    return inside[-1] if len(inside) == 1 else j


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
