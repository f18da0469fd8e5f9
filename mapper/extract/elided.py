"""Parts of a list that leave their verb out: "43 people died in X, 27 in Y and nine in Z".

By the rulings the part of each place is an incident of its own, but only the first has a verb
that the encoder could see as its trigger.  Such a part is a count with a place, joined to a clause
of a believed trigger that has a count and a place itself.  It takes that trigger's kind, modality,
background and date, and its own place; its count is a toll where the trigger's count is one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from mapper.encode import KINDS
from mapper.extract.compose import Belief
from mapper.extract.placing import named_with, preposition
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene, TollCandidate, place_key
from mapper.extract.tolls import What, figures, parse_toll
from mapper.model import Span
from mapper.names import any_of
from mapper.segment import small_letters

__all__ = ["with_elided"]

REACH = 200
"""Code points before a part in which the clause that it continues stands."""
CHAIN = 60
"""Code points between one part and the next of the same list."""
WORDS = 4
"""Words between the preposition of a part and the name of its place."""
OWN = 0.999
"""Belief in the place and the count that a part states itself."""
HEAD_TOLL = 0.3
"""Belief in a toll from which a trigger's count is taken to be one."""
HEAD_PLACE = 0.1
"""Belief in a place from which it is one of the trigger that a part continues."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A count with a place; offsets in code points, ``mention`` an index into the scene's."""

    joined: int
    """Where what joins it to the clause before begins."""
    start: int
    count_end: int
    end: int
    mention: int


_Pair = tuple[_Part, Belief, What | None]
"""A part, the trigger that it continues, and which toll its count is."""


def _list(name: str) -> list[str]:
    return [str(w) for w in ontology("elided")[name]]


@cache
def _count() -> str:
    t = ontology("tolls")
    before = any_of([*_list("before_count"), *t["at_least"], *t["at_most"], *t["about"]])
    return rf"(?:(?:{before})\s+)?(?:{figures()})(?![\w%])|another|one"


@cache
def _part() -> re.Pattern[str]:
    joins = any_of(_list("joins"))
    return re.compile(
        rf"(?:[,;]\s+(?:(?:{joins})\s+)?|\s(?:{joins})\s+)"
        rf"(?P<count>(?:{_count()})(?:\s+(?:{any_of(_list('counted'))})\b){{0,2}})"
        rf"\s+(?:{any_of(_list('prepositions'))})\s+"
    )


@cache
def _first_count() -> re.Pattern[str]:
    """The count of the clause that a part continues; "a man" counts one."""
    return re.compile(rf"(?<![\w.$£€])(?:{_count()}|an?)\s+(?!(?:per\s?cent|%))")


@cache
def _not_between() -> frozenset[str]:
    return frozenset(_list("not_between"))


@cache
def _places_next() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(_list('prepositions'))})\s")


_WHERE = frozenset({"in", "at", "near", "outside"})
"""What :func:`mapper.extract.placing.preposition` gives before a place where something was."""
_OF_THEM = re.compile(r"of\s+(?:them|whom|these|those)\b")
_SINGLE = re.compile(r"(?:.*\s)?(?:an?|one)")
_SETTING = re.compile(r"^(?:an?|the)\s+(?:[\w'’-]+\s+){1,2}(?:in|at|near|outside)\b")
"""Where in a place: "two at a market in X"."""


@cache
def _own_verb() -> re.Pattern[str]:
    return re.compile(rf"(?:['’]s\b|\s*(?:\([^)]*\)\s*)?(?:{any_of(_list('own_verb'))})\b)")


def _parts(scene: Scene, lo: int, hi: int, starts: Sequence[int]) -> list[_Part]:
    """The counts with a place between two offsets that have no verb, in the order of the text."""
    lower = small_letters(scene.text[lo:hi])
    out = []
    for m in _part().finditer(lower):
        after = lo + m.end()
        j = bisect_left(starts, after)
        while j < len(starts) and scene.mentions[j].role != "literal":
            j += 1
        if j == len(starts) or scene.mentions[j].end > hi or starts[j] - after > CHAIN:
            continue
        between = lower[m.end() : starts[j] - lo]
        words = between.split()
        if len(words) > WORDS or re.search(r"[^\w\s'’-]", between):
            continue
        if not _not_between().isdisjoint(_SETTING.sub("", between).split()):
            continue
        last = max([j, *(k for k in named_with(scene, j) if k > j)])
        if _own_verb().match(lower, scene.mentions[last].end - lo):
            continue
        out.append(
            _Part(
                lo + m.start(), lo + m.start("count"), lo + m.end("count"),
                scene.mentions[j].end, j,
            )
        )  # fmt: skip
    return out


def _head_of(
    scene: Scene, part: _Part, lo: int, beliefs: Sequence[Belief]
) -> tuple[Belief, What | None] | None:
    """The believed trigger whose clause a part continues, and which toll its count is, if any.

    Its clause has a count and another place; parts of that count itself ("two of them") are none.
    """
    lower = small_letters(scene.text[lo : part.joined])
    clause = lo + max(lower.rfind(";"), lower.rfind(":")) + 1
    clause = max(clause, part.joined - REACH)
    counts = [
        m
        for m in _first_count().finditer(lower, clause - lo)
        if not any(
            d.start < lo + m.end() and lo + m.start() < d.end
            for d in scene.dates
            if d.start < part.joined and d.end > clause
        )
    ]
    if not counts:
        return None
    last = counts[-1]
    if _OF_THEM.match(lower, last.end()):
        return None
    if scene.text[part.start : part.count_end].lower() == "another" and not _SINGLE.fullmatch(
        last.group().strip()
    ):
        return None
    a, b = lo + last.start(), lo + last.end()
    own = place_key(scene.mentions[part.mention])
    found = []
    for belief in beliefs:
        if (
            not clause <= belief.start < part.joined
            or KINDS[int(belief.kinds.argmax())] == "politics"
        ):
            continue
        placed = any(
            p >= HEAD_PLACE
            and clause <= scene.mentions[j].start
            and scene.mentions[j].end <= part.joined
            and place_key(scene.mentions[j]) != own
            and preposition(scene, scene.mentions[j]) in _WHERE
            for j, p in belief.places
        )
        if placed:
            found.append((max(0, belief.start - b, a - belief.end), belief.start, belief))
    if not found:
        return None
    head = min(found, key=lambda f: f[:2])[2]
    what = _counted_as(scene, head, a, b)
    if what is None and _places_next().match(lower, last.end()):
        what = _told_before(scene, a)
    return head, what


def with_elided(beliefs: Sequence[Belief]) -> list[Belief]:
    """The beliefs and those in the parts of lists that leave their verb out, in the text's order.

    The scene gets a trigger and a toll for each, after those that it has; the reading, which says
    nothing of them, stays as it is.  Linear in the text.
    """
    if not beliefs:
        return list(beliefs)
    scene = beliefs[0].scene
    starts = [m.start for m in scene.mentions]
    by_sentence: dict[int, list[Belief]] = {}
    for b in beliefs:
        by_sentence.setdefault(scene.sentence_of(b.start), []).append(b)
    pairs: list[_Pair] = []
    for s, mine in by_sentence.items():
        lo, hi = scene.sentences[s] if scene.sentences else (0, len(scene.text))
        before: _Pair | None = None
        for part in _parts(scene, lo, hi, starts):
            if before is not None and part.joined - before[0].end <= CHAIN:
                found: tuple[Belief, What | None] | None = before[1:]
            else:
                found = _head_of(scene, part, lo, mine)
            if found is not None and not part.start <= found[0].start < part.end:
                before = (part, *found)
                pairs.append(before)
    return _continued(scene, beliefs, pairs) if pairs else list(beliefs)


def _counted_as(scene: Scene, head: Belief, start: int, end: int) -> What | None:
    """Which toll of a trigger the count between two offsets is, None where it is neither."""
    best: tuple[float, What] | None = None
    both: tuple[tuple[What, tuple[tuple[int, float], ...]], ...] = (
        ("fatalities", head.fatalities),
        ("injured", head.injured),
    )
    for what, options in both:
        believed = sum(
            p for j, p in options if scene.tolls[j].start < end and start < scene.tolls[j].end
        )
        if believed >= HEAD_TOLL and (best is None or believed > best[0]):
            best = (believed, what)
    return best[1] if best else None


def _told_before(scene: Scene, at: int) -> What | None:
    """Which toll the text last told of, for counts that say nothing of what they count.

    "X was hit worst, with 210 deaths.  This is followed by 43 in Y, 27 in Z".
    """
    starts = [t.start for t in scene.tolls]
    for t in reversed(scene.tolls[: bisect_left(starts, at)]):
        if t.start < at - REACH:
            break
        if t.end <= at and t.rule > 0:
            return cast(What, t.what)
    return None


def _continued(scene: Scene, beliefs: Sequence[Belief], pairs: Sequence[_Pair]) -> list[Belief]:
    """Beliefs in one scene that has the parts' triggers and counts too."""
    triggers, tolls = list(scene.triggers), list(scene.tolls)
    new: dict[int, Belief] = {}
    theirs: dict[int, set[int]] = {}
    counts: dict[int, list[Span]] = {}
    for part, head, what in pairs:
        seen = next((b for b in beliefs if b.start < part.end and part.start < b.end), None)
        if seen is not None and seen.index != head.index:
            index = seen.index
        else:
            index = len(triggers)
            t = scene.triggers[head.index]
            words = (scene.word_of(part.start), scene.word_of(part.end - 1) + 1)
            triggers.append(replace(t, start=part.start, end=part.end, words=words))
        toll: tuple[tuple[int, float], ...] = ()
        if what is not None:
            quote = scene.text[part.start : part.count_end]
            low, best, high = parse_toll(quote, what)
            toll = ((len(tolls), OWN),)
            tolls.append(
                TollCandidate(
                    part.start, part.count_end, quote, what, low, best, high, 0.4, OWN, -1, False
                )
            )
        mates = [k for k in named_with(scene, part.mention) if k > part.mention]
        new[index] = replace(
            head,
            index=index,
            places=((part.mention, OWN), *((k, OWN) for k in mates)),
            fatalities=toll if what == "fatalities" else (),
            injured=toll if what == "injured" else (),
            actors=tuple((a, p) for a, p in head.actors if a.role in {"perpetrator", "authority"}),
            head=head.index,
        )
        theirs.setdefault(head.index, set()).update([part.mention, *mates])
        counts.setdefault(head.index, []).append((part.start, part.count_end))
    grown = replace(scene, triggers=tuple(triggers), tolls=tuple(tolls), notes={})
    out = []
    for b in beliefs:
        if b.index in new:
            continue
        taken = theirs.get(b.index, set())
        spans = counts.get(b.index, [])
        out.append(
            replace(
                b,
                scene=grown,
                places=tuple((j, p) for j, p in b.places if j not in taken),
                fatalities=_others(scene, b.fatalities, spans),
                injured=_others(scene, b.injured, spans),
            )
        )
    out += [replace(b, scene=grown) for b in new.values()]
    return sorted(out, key=lambda b: (b.start, b.index))


def _others(
    scene: Scene, options: tuple[tuple[int, float], ...], spans: Sequence[Span]
) -> tuple[tuple[int, float], ...]:
    """The tolls that begin in none of these spans."""
    return tuple(
        (j, p) for j, p in options if not any(a <= scene.tolls[j].start < b for a, b in spans)
    )
