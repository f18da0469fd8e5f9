"""From beliefs about triggers to incidents: the fields that they agree on, with reasons.

A :class:`Belief` holds what the scorers think of one trigger: its kind, modality, and which
places, dates, tolls and actors are its own, each with a probability.  :func:`compose` turns the
beliefs of the triggers that report one happening into one :class:`mapper.model.Incident`.
"""

from __future__ import annotations

import hashlib
import math
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from mapper.encode import KINDS, MODALITIES, FloatArray
from mapper.extract.dates import When, leads_on, of_saying, opens_saying
from mapper.extract.learned import Models
from mapper.extract.placing import (
    INSIDE,
    RANK,
    distance_km,
    lies_in,
    most_specific,
    named_with,
    relation_of,
)
from mapper.extract.reckon import reckon
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene, TollCandidate, place_key, stands_in
from mapper.extract.tolls import What
from mapper.extract.triggers import sub_kind
from mapper.model import (
    Actor,
    DateSpan,
    Evidence,
    Incident,
    IncidentPlace,
    Modality,
    Span,
    Toll,
)
from mapper.names import any_of

__all__ = [
    "Belief",
    "Draft",
    "bloodless",
    "compose",
    "incident_id",
    "is_origin",
    "outermost",
    "where_it_is",
    "whole_phrase",
]

LONGEST = 600
"""Code points of the longest evidence."""


SURE_RULE = 0.5
"""Strength of a toll pattern from which it may speak without the scorer."""
CLEAR_RULE = 0.85
"""Strength of a toll pattern that knows where its phrase ends."""
TOTAL_AWAY = 0.4
"""Belief below which a running total is of no happening that other sentences tell of."""
TOTAL_FLOOR = 0.1
"""Belief from which a running total in a happening's own sentence is its toll, not a part of it."""
COUNTED_CHARS = 80
"""Code points between "two days after" and the happening that it counts to, at most."""
OTHER_TRIGGER = 0.3
"""Encoder's score from which another trigger of the sentence may own its toll."""
ORIGIN_SHARE = 0.3
"""Share of its belief that a place keeps which is only where people come from."""
NAMED_FAR_KM = 300.0
"""Kilometres from which a place is only what a building elsewhere is called."""
OWN_SHARE = 0.4
"""Share of the best count's belief from which one beside a trigger goes before it."""
SAID_ONCE = 3.0
"""Weight of a trigger by which the text says that something was foiled or never happened."""
NEAR_CHARS = 120
"""Code points between a killing and the phrase that counts its dead, among other triggers."""


_OUTCOMES = frozenset({"denied", "foiled"})

BESIDE_SHARE = 0.6
"""Share of a place's best belief from which its mention in the trigger's sentence is cited."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is thought of one trigger.  Indices point into the scene's tuples."""

    scene: Scene
    index: int
    accept: float
    """Probability that the trigger reports an incident."""
    kinds: FloatArray
    modalities: FloatArray
    background: float
    places: tuple[tuple[int, float], ...]
    dates: tuple[tuple[int, float], ...]
    fatalities: tuple[tuple[int, float], ...]
    injured: tuple[tuple[int, float], ...]
    actors: tuple[tuple[Actor, float], ...]
    cues: tuple[str, ...]
    """Words that speak for the modality."""
    settled: str | None = None
    """The modality that a turn of phrase beside it settles, else None."""
    head: int | None = None
    """Index of the trigger whose list this continues without a verb of its own, else None."""

    @property
    def start(self) -> int:
        """Where the trigger starts."""
        return self.scene.triggers[self.index].start

    @property
    def end(self) -> int:
        """Where the trigger ends."""
        return self.scene.triggers[self.index].end


@dataclass(frozen=True, slots=True)
class Draft(Incident):
    """An incident of a single trigger, with the belief behind it, for merging."""

    belief: Belief | None = field(default=None, compare=False, repr=False)


def incident_id(kind: str, evidence: Sequence[Evidence], places: Sequence[IncidentPlace]) -> str:
    """A name that the same text always gives: a hash of kind, triggers, quotes and places."""
    parts = [kind]
    parts += [f"{e.trigger[0]}-{e.trigger[1]}:{e.quote}" for e in sorted(evidence, key=_by_start)]
    parts += sorted(f"@{p.mention[0]}-{p.mention[1]}" for p in places)
    return (
        "i-" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    )


def _by_start(e: Evidence) -> tuple[int, int]:
    return e.trigger


def evidence_for(scene: Scene, start: int, end: int) -> Evidence:
    """The sentence that holds a trigger, or the clause where it is too long."""
    a, b = scene.sentences[scene.sentence_of(start)] if scene.sentences else (start, end)
    a, b = min(a, start), max(b, end)
    if b - a > LONGEST:
        room = max(0, LONGEST - (end - start))
        lo = max(a, start - room // 2)
        hi = min(b, lo + LONGEST)
        # Begin and end at a clause's edge where one is near, else between words.
        for pattern in (r"[;:.]\s+|\n\s*|,\s+", r"\s+"):
            cut = [lo + m.end() for m in re.finditer(pattern, scene.text[lo:start])]
            if cut and lo > a:
                lo = cut[0]
                break
        for pattern in (r"[;:.,]\s|\n", r"\s"):
            cut = [end + m.start() for m in re.finditer(pattern, scene.text[end:hi])]
            if cut and hi < b:
                hi = cut[-1]
                break
        a, b = lo, max(hi, end)
        if b - a > LONGEST:
            a, b = start, min(end, start + LONGEST)
    while b > a and scene.text[b - 1].isspace():
        b -= 1
    while a < b and scene.text[a].isspace():
        a += 1
    return Evidence(a, b, scene.text[a:b], (start, end))


def mean_kinds(beliefs: Sequence[Belief]) -> FloatArray:
    """Kind probabilities of the beliefs together, weighted by how sure each trigger is."""
    total = np.zeros(len(KINDS), dtype=np.float32)
    for b in beliefs:
        total += b.kinds * (0.1 + b.accept)
    return total / max(1e-6, float(total.sum()))


def _mean_modalities(beliefs: Sequence[Belief]) -> FloatArray:
    """Of all triggers together; "was defused" is said of the bomb that others tell of too."""
    total = np.zeros(len(MODALITIES), dtype=np.float32)
    for b in beliefs:
        outcome = b.settled in _OUTCOMES and len(beliefs) > 1
        total += b.modalities * (0.1 + b.accept) * (SAID_ONCE if outcome else 1.0)
    return total / max(1e-6, float(total.sum()))


def place_beliefs(beliefs: Sequence[Belief]) -> list[tuple[str, int, float]]:
    """Places of the beliefs together: key, best mention, probability; best first.

    The probability is the best that any trigger gives, a little more where others agree.
    """
    best: dict[str, tuple[float, int]] = {}
    here: dict[str, tuple[float, int]] = {}
    support: dict[str, float] = {}
    for b in beliefs:
        seen: dict[str, float] = {}
        sentence = b.scene.sentence_of(b.start)
        for j, p in b.places:
            mention = b.scene.mentions[j]
            key = place_key(mention)
            if p > best.get(key, (0.0, 0))[0]:
                best[key] = (p, j)
            if p > here.get(key, (0.0, 0))[0] and b.scene.sentence_of(mention.start) == sentence:
                here[key] = (p, j)
            seen[key] = max(seen.get(key, 0.0), p)
        for key, p in seen.items():
            support[key] = support.get(key, 0.0) + p
    out = []
    for key, (p, elsewhere) in best.items():
        # The words beside a trigger are cited before the same place's name in another sentence.
        near, j = here.get(key, (0.0, elsewhere))
        j = j if near >= BESIDE_SHARE * p else elsewhere
        extra = support[key] - p
        out.append((key, j, min(0.999, p + 0.15 * (1 - p) * min(1.0, extra))))
    return sorted(out, key=lambda r: (-r[2], r[1]))


def _options(beliefs: Sequence[Belief], field_name: str) -> list[tuple[int, float]]:
    best: dict[int, float] = {}
    for b in beliefs:
        for j, p in getattr(b, field_name):
            best[j] = max(best.get(j, 0.0), p)
    return sorted(best.items(), key=lambda r: (-r[1], r[0]))


@cache
def _origins() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words before a place of those who come from there; triggers that are set there even so."""
    words = ontology("placing")
    people, come = (any_of(str(w) for w in words[k]) for k in ("people_from", "come_from"))
    old = r"\d{1,2}-year-old(?:\s+(?:man|woman|boy|girl))?"
    town = r"(?:the\s+)?(?:(?:city|town|village|province|state|region)\s+of\s+)?"
    return (
        re.compile(rf"\b(?:(?:{people}|{old})\s+from|(?:{come})\s+from)\s+{town}$", re.IGNORECASE),
        re.compile(rf"\b(?:{any_of(str(w) for w in words['leave'])})\b", re.IGNORECASE),
    )


def is_origin(scene: Scene, j: int, beliefs: Sequence[Belief]) -> bool:
    """Whether a place is only where people come from ("soldiers from X", "flown in from X")."""
    start = scene.mentions[j].start
    from_there, leaving = _origins()
    return from_there.search(scene.text[max(0, start - 60) : start]) is not None and not any(
        leaving.search(scene.text[b.start : b.end]) for b in beliefs
    )


def choose_places(
    scene: Scene, beliefs: Sequence[Belief], models: Models, among: Sequence[str] | None = None
) -> list[tuple[int, float]]:
    """The mentions that say where it happened, best first; empty where none is believed.

    ``among`` limits the choice to these places (a member of a series in several towns).
    """
    ranked = [r for r in place_beliefs(beliefs) if among is None or r[0] in among]
    origins = {j for _, j, _ in ranked[:3] if is_origin(scene, j, beliefs)}
    ranked = [(k, j, p * (ORIGIN_SHARE if j in origins else 1.0)) for k, j, p in ranked]
    ranked.sort(key=lambda r: (-r[2], r[1]))
    # A place that could not be resolved still counts against the others, but is no answer.
    floor = models.threshold("place", 0.3)
    ranked = [r for r in ranked if among is not None or r[2] >= floor]
    if not ranked:
        return []
    top = ranked[0]
    if scene.mentions[top[1]].place is None:
        # Named but not known: the place that it is said to lie in, else the next best near it.
        within = _holder(scene, top[1])
        placed = [r for r in ranked if scene.mentions[r[1]].place is not None]
        if within is not None:
            return [(within, top[2])]
        if not placed:
            return []
        top = placed[0]
    believed = _beliefs_in_mentions(beliefs)
    sentences = {scene.sentence_of(b.start) for b in beliefs}
    lead = most_specific(scene, top[1], believed, SPECIFIC_SHARE)
    lead = _finer_here(scene, lead, believed, sentences, FINER_SHARE * top[2])
    first = scene.mentions[lead]
    chosen = [(lead, top[2])]
    taken = {place_key(first)}
    same_place = [
        j
        for j, p in believed.items()
        if place_key(scene.mentions[j]) in taken
        and p >= BESIDE_SHARE * top[2]
        and scene.sentence_of(scene.mentions[j].start) in sentences
    ]
    for k in sorted({k for j in (lead, *same_place) for k in named_with(scene, j)}):
        # "in the capital and the south": said in one breath, so that belief in one is in both
        mate, key = scene.mentions[k], place_key(scene.mentions[k])
        spoken_of = among is None or key in among
        if mate.place is None or key in taken or not spoken_of:
            continue
        if believed.get(k, 0.0) >= MATE_SHARE * top[2]:
            chosen.append((k, max(believed.get(k, 0.0), MATE_SHARE * top[2])))
            taken.add(key)
    several = max(models.threshold("places_several", 0.5), 0.6 * top[2])
    for key, j, p in ranked:
        m = scene.mentions[j]
        if m.place is None or key in taken:
            continue
        if lies_in(m, first) or lies_in(first, m):
            continue
        if p < several or scene.sentence_of(m.start) != scene.sentence_of(first.start):
            continue
        if abs(RANK[m.place.precision] - RANK[first.place.precision]) <= 1:  # type: ignore[union-attr]
            chosen.append((j, p))
            taken.add(key)
    return chosen


MATE_SHARE = 0.01
"""Share of a place's belief from which what stands in one list with it is taken too."""
FINER_SHARE = 0.6
"""Share of a country's or a province's belief from which a place in it, named there, is taken."""
SPECIFIC_SHARE = 0.2
"""Share of a place's belief from which the finer place that the text sets in it is taken."""


def _finer_here(
    scene: Scene, lead: int, believed: Mapping[int, float], sentences: set[int], floor: float
) -> int:
    """The place named in a trigger's own sentence that lies in the country or province chosen.

    The most specific place that is stated counts, where it is believed by at least ``floor``.
    """
    coarse = scene.mentions[lead]
    if coarse.place is None or coarse.place.precision not in {"country", "province"}:
        return lead
    finer = [
        (p, -j)
        for j, p in believed.items()
        if p >= floor
        and scene.mentions[j].role == "literal"
        and not stands_in(scene.mentions[j])
        and scene.sentence_of(scene.mentions[j].start) in sentences
        and lies_in(scene.mentions[j], coarse)
    ]
    return -max(finer)[1] if finer else lead


def _beliefs_in_mentions(beliefs: Sequence[Belief]) -> dict[int, float]:
    """The best belief of any trigger in each mention."""
    return dict(_options(beliefs, "places"))


def _holder(scene: Scene, j: int) -> int | None:
    """The placed mention that the text says an unplaced one lies in ("X in Y", "X, Y")."""
    for k in range(j + 1, min(j + 3, len(scene.mentions))):
        gap = scene.text[scene.mentions[k - 1].end : scene.mentions[k].start]
        if len(gap) > 40 or not INSIDE.match(gap):
            return None
        if scene.mentions[k].place is not None and scene.mentions[k].role in {"literal", "nominal"}:
            return k
    return None


def outermost(scene: Scene, chosen: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Without the names inside another chosen phrase: "outside Laiza" is not Laiza too.

    Nor what is only set in another chosen place, for want of its own.
    """
    spans = [scene.mentions[j].span for j, _ in chosen]
    known = [scene.mentions[j] for j, _ in chosen if not stands_in(scene.mentions[j])]
    ids = {m.place.id for m in known if m.place is not None}
    return [
        (j, p)
        for (j, p), (a, b) in zip(chosen, spans, strict=True)
        if not any(x <= a and b <= y and (x, y) != (a, b) for x, y in spans)
        and not (stands_in(m := scene.mentions[j]) and m.place is not None and m.place.id in ids)
    ]


def whole_phrase(scene: Scene, j: int) -> int:
    """Mention ``j``, or the phrase around it alone that narrows it: Iraq of "southern Iraq"."""
    one = scene.mentions[j]
    if one.place is None or one.place.precision not in {"country", "province", "region"}:
        return j
    for k in (j - 1, j + 1):
        if not 0 <= k < len(scene.mentions):
            continue
        other = scene.mentions[k]
        inside = sum(
            other.start <= m.start and m.end <= other.end
            for m in scene.mentions[max(0, k - 2) : k + 4]
        )
        if (
            other.role == "nominal"
            and other.place is not None
            and other.start <= one.start
            and one.end <= other.end
            and inside == 2
        ):
            return k
    return j


@cache
def _bears_name() -> re.Pattern[str]:
    """What stands between a name that a thing bears and its town: "Paris" cafe in "Kabul"."""
    things = any_of(str(w) for w in ontology("placing")["facility_before"])
    inside = any_of(str(w) for w in ontology("placing")["settlement_before"])
    return re.compile(
        rf"\s+(?:[\w'’-]+\s+){{0,2}}(?:{things})\s+in\s+(?:the\s+)?(?:(?:{inside})\s+of\s+)?",
        re.IGNORECASE,
    )


def where_it_is(scene: Scene, j: int) -> int:
    """Mention ``j``, or the place far from it that the text sets the thing of its name in."""
    if j + 1 >= len(scene.mentions):
        return j
    one, other = scene.mentions[j], scene.mentions[j + 1]
    if one.place is None or other.place is None or other.role not in {"literal", "nominal"}:
        return j
    gap = scene.text[one.end : other.start]
    far = distance_km(one.place, other.place) > NAMED_FAR_KM
    return j + 1 if far and len(gap) < 60 and _bears_name().fullmatch(gap) else j


_ASKS = {
    "planned": "planned",
    "threatened": "threatened",
    "hypothetical": "only possible",
    "denied": "denied",
    "foiled": "foiled",
    "ongoing": "still going on",
    "occurred": "reported as having happened",
}


def compose(
    scene: Scene,
    beliefs: Sequence[Belief],
    models: Models,
    among: Sequence[str] | None = None,
) -> Draft:
    """One incident from the beliefs of the triggers that report it (at least one)."""
    ordered = sorted(beliefs, key=lambda b: (-b.accept, b.start))
    lead = ordered[0]
    why: dict[str, str] = {}

    kinds = mean_kinds(beliefs)
    kind = KINDS[int(kinds.argmax())]
    trigger_text = scene.text[lead.start : lead.end]
    why["kind"] = f"“{trigger_text}” reads as {_label(kind)} ({float(kinds.max()):.0%})"

    modalities = _mean_modalities(beliefs)
    modality: Modality = MODALITIES[int(modalities.argmax())]  # type: ignore[assignment]
    cues = list(dict.fromkeys(c for b in ordered for c in b.cues))
    why["modality"] = f"the text tells of it as {_ASKS[modality]}" + (
        f" (“{'”, “'.join(cues[:3])}”)" if cues and modality != "occurred" else ""
    )
    weights = np.array([0.1 + b.accept for b in beliefs])
    background_p = float(np.dot(weights, [b.background for b in beliefs]) / weights.sum())
    background = background_p >= models.threshold("background", 0.5)
    if background:
        why["background"] = "told for context or more than a year before publication"

    evidence: list[Evidence] = []
    taken: set[tuple[int, int]] = set()
    for b in ordered:
        e = evidence_for(scene, b.start, b.end)
        if (e.start, e.end) not in taken:
            taken.add((e.start, e.end))
            evidence.append(e)

    found = {
        whole_phrase(scene, where_it_is(scene, j)): p
        for j, p in choose_places(scene, beliefs, models, among)
    }
    chosen = outermost(scene, list(found.items()))
    places: list[IncidentPlace] = []
    carried = False
    for j, _p in chosen:
        m = scene.mentions[j]
        assert m.place is not None
        inferred = all(
            scene.sentence_of(m.start) != scene.sentence_of(b.start) for b in beliefs
        ) and (
            m.start < scene.dateline_end
            or min(abs(scene.sentence_of(m.start) - scene.sentence_of(b.start)) for b in beliefs)
            > 3
        )
        relation = relation_of(scene, m)
        if not places:
            carried = inferred
        if stands_in(m):
            # set in a place that the text names near it: it lies in or around there, not at it
            inferred = True
            relation = "near" if relation in {"in", "at"} else relation
        places.append(IncidentPlace(m.span, relation, inferred, m.place))
    if places:
        names = ", ".join(scene.text[p.mention[0] : p.mention[1]] for p in places)
        why["places"] = f"“{names}” belongs to it ({chosen[0][1]:.0%})" + (
            "; carried over from elsewhere in the text" if carried else ""
        )
    else:
        why["places"] = "no place near it is believed to be where it happened"

    date = _date(scene, beliefs, modality, models, why)
    fatalities = _toll(scene, beliefs, "fatalities", models, why)
    if fatalities and bloodless(kind) and not _brought_about(scene, beliefs, fatalities):
        fatalities = None
        del why["fatalities"]
    if fatalities is None and modality in {"occurred", "ongoing"} and kind in _deadly_kinds():
        fatalities = _toll_beside(scene, ordered, why)
    injured = _toll(scene, beliefs, "injured", models, why)
    spans = [(b.start, b.end) for b in beliefs]
    fatalities = _reckoned(scene, spans, fatalities, "fatalities", kind, why)
    injured = _reckoned(scene, spans, injured, "injured", kind, why)
    actors = _actors(beliefs)
    if any(a.alleged for a in actors):
        why["actors"] = "some parts are only alleged or claimed"
    sentence = scene.sentences[scene.sentence_of(lead.start)] if scene.sentences else (0, 0)
    around = scene.text[max(sentence[0], lead.start - 60) : min(sentence[1], lead.end + 60)]
    confidence = 1.0 - float(np.prod([1.0 - b.accept for b in beliefs]))
    best = sorted(evidence, key=lambda e: (-_worth(scene, e, places, date), e.start))
    return Draft(
        incident_id(kind, evidence, places),
        kind,
        sub_kind(kind, trigger_text, around),
        modality,
        background,
        _count(scene, ordered),
        tuple(best),
        tuple(places),
        date,
        fatalities,
        injured,
        actors,
        round(min(0.99, confidence), 4),
        why,
        belief=lead if len(beliefs) == 1 else None,
    )


def _label(kind: str) -> str:
    return str(ontology("kinds")["kinds"][kind]["label"]).lower()


def _worth(
    scene: Scene, e: Evidence, places: Sequence[IncidentPlace], date: DateSpan | None
) -> float:
    """How much of an incident a piece of evidence tells: place, date, not a headline."""
    worth = 0.0
    worth += any(e.start <= p.mention[0] < e.end for p in places)
    worth += 0.5 * (date is not None and e.start <= date.span[0] < e.end)
    return worth - 0.4 * (e.start < scene.title_end)


def choose_date(
    scene: Scene, beliefs: Sequence[Belief], modality: str, models: Models
) -> tuple[int, float, When] | None:
    """The date believed in most that says anything for this modality."""
    floor = models.threshold("date", 0.3)
    options = _options(beliefs, "dates")
    counted = _counted_to(scene, beliefs)
    if counted is not None and (len(beliefs) == 1 or not options or options[0][1] < floor):
        options = [(counted, max([floor, *(p for j, p in options if j == counted)])), *options]
    for j, p in options:
        if p < floor:
            break
        if j != counted and _counts_for_another(scene, beliefs, j):
            continue
        if modality in _TALKED_OF and _day_of_talk(scene, beliefs, j, modality):
            continue
        when = scene.dates[j].resolved.when(modality)
        if when is not None and (when.start or when.end):
            return j, p, when
    return None


def _counted_to(scene: Scene, beliefs: Sequence[Belief]) -> int | None:
    """The expression that counts the days to a happening: "two days after" ships were holed."""
    for b in beliefs:
        j = bisect_left(scene.dates, b.start, key=lambda d: d.start) - 1
        if j < 0 or not leads_on(scene.text, scene.dates[j].resolved.expression):
            continue
        end = scene.dates[j].end
        between = scene.text[end : max(end, b.start)]
        k = bisect_left(scene.triggers, end, key=lambda t: t.start)
        others = [t for t in scene.triggers[k : k + 12] if t.start < b.start]
        if (
            len(between) <= COUNTED_CHARS
            and not re.search(r"[.,;:\n]", between)
            and all(t.score < OTHER_TRIGGER for t in others)
        ):
            return j
    return None


def _counts_for_another(scene: Scene, beliefs: Sequence[Belief], j: int) -> bool:
    """Whether such an expression stands after a happening and counts to another."""
    d = scene.dates[j]
    here = scene.sentence_of(d.start)
    return leads_on(scene.text, d.resolved.expression) and all(
        b.end <= d.start and scene.sentence_of(b.start) == here for b in beliefs
    )


_TALKED_OF = frozenset({"planned", "hypothetical", "denied"})


def _day_of_talk(scene: Scene, beliefs: Sequence[Belief], j: int, modality: str) -> bool:
    """Whether a date tells when something was talked of that has not (yet) happened.

    What is only possible takes no date from another sentence either.
    """
    d = scene.dates[j]
    if of_saying(scene.text, d.start, d.end):
        return True
    here = scene.sentence_of(d.start)
    spoken_of = [b.start for b in beliefs if scene.sentence_of(b.start) == here]
    if spoken_of and opens_saying(scene.text, d.end, min(spoken_of)):
        return True
    return modality == "hypothetical" and not spoken_of


def _date(
    scene: Scene,
    beliefs: Sequence[Belief],
    modality: str,
    models: Models,
    why: dict[str, str],
) -> DateSpan | None:
    found = choose_date(scene, beliefs, modality, models)
    if found is None:
        why["date"] = "no date is stated for it"
        return None
    j, p, when = found
    e = scene.dates[j].resolved.expression
    relative = f" counted from {scene.published}" if scene.published else ""
    why["date"] = f"“{e.quote}”{relative} ({p:.0%})"
    return DateSpan(when.start, when.end, e.quote, (e.start, e.end))


def toll_choice(
    scene: Scene, beliefs: Sequence[Belief], what: str, models: Models
) -> tuple[TollCandidate, float] | None:
    """The toll phrase believed in most, or None."""
    floor = models.threshold(what, 0.5)
    options = _options(beliefs, what)
    if not options:
        return None
    # Two readings of one phrase (the rules' and the encoder's) speak for it together.
    best: tuple[float, int] | None = None
    for j, p in options:
        t = scene.tolls[j]
        doubt = 1.0 - p
        for k, q in options:
            u = scene.tolls[k]
            if k != j and u.start < t.end and t.start < u.end:
                doubt *= 1.0 - q
        if best is None or 1.0 - doubt > best[0] + 1e-6:
            best = (1.0 - doubt, j)
    if best is None or best[0] < floor:
        return None
    chosen = _own_toll_first(scene, beliefs, options, best[1])
    t = scene.tolls[chosen]
    if t.rule < SURE_RULE:
        # The encoder marks a part of what a pattern reads whole.
        whole = [
            j
            for j, _ in options
            if scene.tolls[j].rule >= CLEAR_RULE
            and scene.tolls[j].start <= t.start
            and t.end <= scene.tolls[j].end
        ]
        chosen = max(whole, key=lambda j: scene.tolls[j].rule, default=chosen)
    chosen = _running_total(scene, beliefs, options, chosen)
    if best[0] < TOTAL_AWAY and scene.tolls[chosen].total:
        at = scene.sentence_of(scene.tolls[chosen].start)
        if all(scene.sentence_of(b.start) != at for b in beliefs):
            return None
    return scene.tolls[chosen], best[0]


def _own_toll_first(
    scene: Scene, beliefs: Sequence[Belief], options: Sequence[tuple[int, float]], chosen: int
) -> int:
    """A clear count beside one of the triggers before one from a sentence that has none of them."""
    sentences = {scene.sentence_of(b.start) for b in beliefs}
    if scene.sentence_of(scene.tolls[chosen].start) in sentences:
        return chosen
    least = OWN_SHARE * dict(options)[chosen]
    own = [
        (p, -j)
        for j, p in options
        if p >= least
        and scene.tolls[j].rule >= CLEAR_RULE
        and scene.sentence_of(scene.tolls[j].start) in sentences
    ]
    return -max(own)[1] if own else chosen


def _running_total(
    scene: Scene, beliefs: Sequence[Belief], options: Sequence[tuple[int, float]], chosen: int
) -> int:
    """The toll that a report says has been reached, where one of a happening's sentences has it.

    "The death toll of the riots has gone up to 231 ... 27 of them in X": not a part of it.  What a
    sentence counts before it comes to the total ("43 died in X, as the toll reached 427") is said
    of X.
    """
    t = scene.tolls[chosen]
    if t.total or t.low is None:
        return chosen
    sentences = {scene.sentence_of(b.start) for b in beliefs}
    here = scene.sentence_of(t.start)
    totals = []
    for j, p in options:
        total = scene.tolls[j]
        at = scene.sentence_of(total.start)
        counted_before = at == here and t.start < total.start
        higher = total.total and (total.low or 0) > (t.high or t.low)
        if p >= TOTAL_FLOOR and higher and at in sentences and not counted_before:
            totals.append(j)
    return max(totals, key=lambda j: scene.tolls[j].low or 0, default=chosen)


def _toll(
    scene: Scene,
    beliefs: Sequence[Belief],
    what: str,
    models: Models,
    why: dict[str, str],
) -> Toll | None:
    found = toll_choice(scene, beliefs, what, models)
    if found is None:
        return None
    t, p = found
    why[what] = f"“{t.quote}” counts its {'dead' if what == 'fatalities' else 'injured'} ({p:.0%})"
    return Toll(t.low, t.best, t.high, t.quote, (t.start, t.end))


def _reckoned(
    scene: Scene,
    own: Sequence[Span],
    toll: Toll | None,
    what: What,
    kind: str,
    why: dict[str, str],
) -> Toll | None:
    """A toll together with what else the text says of the same people."""
    if toll is None:
        return None
    found = reckon(scene, own, toll, what, kind)
    if found.reason is not None:
        why[what] = f"{why.get(what, '')}; {found.reason}".lstrip("; ")
    return found.toll


def bloodless(kind: str) -> bool:
    """Whether a kind kills nobody by its meaning: the dead near it are mostly another's."""
    return kind in ontology("tolls")["bloodless_kinds"]


def _brought_about(scene: Scene, beliefs: Sequence[Belief], toll: Toll) -> bool:
    """Whether a trigger is said to have cost these lives: "protests have left 40 people dead"."""
    start, _ = scene.sentences[scene.sentence_of(toll.span[0])]
    before = scene.text[max(start, toll.span[0] - 30) : toll.span[0]].lower()
    return _leaves_dead().search(before) is not None and any(
        start <= b.start < toll.span[0] for b in beliefs
    )


@cache
def _leaves_dead() -> re.Pattern[str]:
    verbs = "|".join(re.escape(str(w)) for w in ontology("tolls")["leave_dead"])
    return re.compile(rf"\b(?:that|which|have|has|had)\s+(?:\w+\s+)?(?:{verbs})\s+\Z")


def _deadly_kinds() -> frozenset[str]:
    return frozenset(str(k) for k in ontology("tolls")["deadly_kinds"])


@cache
def _trigger_words(name: str) -> re.Pattern[str]:
    words = sorted((str(w) for w in ontology("tolls")[name]), key=lambda w: (-len(w), w))
    return re.compile(rf"\b(?:{'|'.join(re.escape(w) for w in words)})\b")


def _apart(t: TollCandidate, b: Belief) -> int:
    """Code points between a toll phrase and a trigger; 0 where they overlap."""
    return max(0, t.start - b.end, b.start - t.end)


def _toll_beside(scene: Scene, ordered: Sequence[Belief], why: dict[str, str]) -> Toll | None:
    """The dead where the scorer is unsure of every phrase, by plain rules.

    A sentence with one trigger and one phrase of the rules that counts dead says that they belong
    together.  A trigger that is itself a killing ("was shot dead") tells of one, its plural
    ("murders of journalists") of two or more, where nothing in its sentence counts them.
    """
    for b in ordered:
        here = scene.sentence_of(b.start)
        dead = [
            t for t in scene.tolls if t.what == "fatalities" and scene.sentence_of(t.start) == here
        ]
        ruled = [t for t in dead if t.rule >= SURE_RULE]
        alone = not any(
            u.score >= OTHER_TRIGGER
            and scene.sentence_of(u.start) == here
            and not (u.start < b.end and b.start < u.end)
            for u in scene.triggers
        )
        deadly = _trigger_words("deadly_trigger").search(scene.text[b.start : b.end].lower())
        if len(ruled) == 1 and (alone or (deadly and abs(ruled[0].start - b.start) < NEAR_CHARS)):
            t = ruled[0]
            why["fatalities"] = f"“{t.quote}” is the only count of dead beside it"
            return Toll(t.low, t.best, t.high, t.quote, (t.start, t.end))
        if ruled:
            continue
        # A bare verb or a bare figure (an age) names nobody.
        people = [t for t in dead if re.search(r"[^\W\d]\W+[^\W\d]", t.quote)]
        if deadly and people:
            t = min(people, key=lambda t: (_apart(t, b), -t.encoder, t.start))
            if _apart(t, b) < NEAR_CHARS // 2:
                why["fatalities"] = f"“{t.quote}” is the nearest to a killing"
                return Toll(t.low, t.best, t.high, t.quote, (t.start, t.end))
        quote = scene.text[b.start : b.end]
        before = scene.text[max(0, b.start - 12) : b.end].lower()
        of_people = re.match(r"\s+of\b", scene.text[b.end : b.end + 8]) or " of " in quote
        if of_people and _trigger_words("deadly_plural").search(quote.lower()):
            why["fatalities"] = f"“{quote}” tells of killings without a number"
            return Toll(2, 2, None, quote, (b.start, b.end))
        if deadly and not dead and _trigger_words("one_person").search(before):
            why["fatalities"] = f"“{quote}” tells of one death"
            return Toll(1, 1, 1, quote, (b.start, b.end))
    return None


def _actors(beliefs: Sequence[Belief]) -> tuple[Actor, ...]:
    best: dict[tuple[int, int], tuple[Actor, float]] = {}
    for b in beliefs:
        for actor, p in b.actors:
            key = (actor.start, actor.end)
            if p > best.get(key, (actor, 0.0))[1]:
                best[key] = (actor, p)
    # The same words said twice are one actor.
    out: dict[tuple[str, str], Actor] = {}
    for actor, _p in sorted(best.values(), key=lambda a: a[0].start):
        out.setdefault((actor.quote.lower(), actor.role), actor)
    return tuple(sorted(out.values(), key=lambda a: (a.start, a.end)))


_COUNT = re.compile(
    r"\b(?:a\s+series\s+of\s+)?(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty)\s+"
    r"(?!(?:minute|hour|day|night|week|month|year|decade)s?\b)(?:[\w-]+\s+){0,2}?$",
    re.IGNORECASE,
)
_HAPPENINGS = re.compile(
    r"(?:attacks|strikes|explosions|blasts|bombings|raids|clashes|protests|demonstrations|rallies|"
    r"marches|shootings|murders|killings|robberies|accidents|crashes|fires|ambushes|assaults|"
    r"incidents|kidnappings|abductions|barrages|earthquakes|quakes|tremors|floods|operations|"
    r"airstrikes|air strikes|visits|meetings|stabbings|burglaries|riots|sit-ins|launches|"
    r"landslides)\b",
    re.IGNORECASE,
)


def _count(scene: Scene, beliefs: Sequence[Belief]) -> int | None:
    """How many incidents a summarised series has: a number before a plural of happenings."""
    from mapper.extract.tolls import parse_toll

    for b in beliefs:
        text = scene.text[b.start : b.end]
        m = _HAPPENINGS.search(text)
        if not m:
            continue
        n = _COUNT.search(scene.text[max(0, b.start - 40) : b.start] + text[: m.start()])
        if n:
            low, _, high = parse_toll(n.group(1))
            if low is not None and low == high and low > 1:
                return low
    return None


def log_odds(p: float) -> float:
    """Log-odds, bounded."""
    p = min(0.9999, max(0.0001, p))
    return math.log(p / (1 - p))


def reasons(why: Mapping[str, str]) -> str:
    """All reasons in one line, for logs and tests."""
    return "; ".join(f"{k}: {v}" for k, v in why.items())
