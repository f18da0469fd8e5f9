"""Who took part: perpetrators, targets, victims, participants, authorities, and how surely.

The encoder links actors to triggers with a role; words such as "blamed on", "suspected" or
"claimed responsibility" near the actor make its part only alleged.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from mapper.encode import RELATIONS
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene
from mapper.model import Actor

__all__ = ["actors_of", "is_alleged", "phrase"]

_FIRST = RELATIONS.index("perpetrator")
_ROLES = RELATIONS[_FIRST:]
FLOOR = 0.4
"""Least probability of a role for an actor to be kept."""
ACROSS = 0.75
"""The same for an actor of another sentence than the trigger's."""


@cache
def _alleged() -> re.Pattern[str]:
    words = sorted(ontology("actors")["alleged"], key=lambda w: (-len(w), w))
    return re.compile(r"\b(?:" + "|".join(re.escape(w) for w in words) + r")\b")


def is_alleged(scene: Scene, start: int, end: int) -> bool:
    """Whether the words beside an actor say that its part is only alleged or claimed."""
    s = scene.sentences[scene.sentence_of(start)] if scene.sentences else (0, len(scene.text))
    before = scene.text[max(s[0], start - 40) : start].lower()
    within = scene.text[start:end].lower()
    after = scene.text[end : min(s[1], end + 30)].lower()
    return any(_alleged().search(part) for part in (before, within, after))


@cache
def _list(name: str) -> frozenset[str]:
    return frozenset(str(w) for w in ontology("actors")[name])


_WORD = re.compile(r"(?:[A-Z]\.){2,}|[^\W_](?:[\w'’-]*[^\W_])?")
_TIED = ("-backed", "-led", "-supported", "-aligned", "-linked", "-trained", "-affiliated")
LONGEST = 8
"""Words of the longest phrase."""


def phrase(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The whole phrase of which a span names a part, or None where the span names nobody.

    "US Defense" grows to "US Defense Secretary Mark Esper", "Iraqi security" to "Iraqi security
    forces", "5" to "5 policemen"; prepositions, articles and stops at the edges fall away.
    Offsets in code points.
    """
    lo = max(0, start - 80)
    words = [(lo + m.start(), lo + m.end()) for m in _WORD.finditer(text[lo : end + 80])]
    inside = [k for k, (a, b) in enumerate(words) if a < end and start < b]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    empty, heads, modifiers = _list("empty"), _list("heads"), _list("modifiers")
    upper = text[words[first][0] : words[last][1]].isupper() and len(text) > 200 and text.isupper()

    def word(k: int) -> str:
        return text[words[k][0] : words[k][1]]

    def low(k: int) -> str:
        return word(k).lower()

    def bare(k: int) -> bool:
        """Whether a word names nobody; "US" does."""
        return low(k) in empty and not (not upper and len(word(k)) > 1 and word(k).isupper())

    def capital(k: int) -> bool:
        return not upper and word(k)[0].isupper() and not bare(k) and low(k) not in _days()

    def joined(k: int) -> bool:
        """Whether word ``k`` and the next stand side by side, nothing but a space between."""
        gap = text[words[k][1] : words[k + 1][0]]
        initial = gap == ". " and len(word(k)) == 1 and word(k).isupper()
        return gap in {" ", "\u00a0", "-"} or initial

    def number(k: int) -> bool:
        return word(k)[0].isdigit()

    def before_head(k: int) -> bool:
        """Whether word ``k`` is a modifier with a head one or two words on."""
        return low(k) in modifiers and any(
            k + n < len(words) and low(k + n) in heads and all(joined(k + i) for i in range(n))
            for n in (1, 2)
        )

    def goes_on(k: int) -> bool:
        """Whether the phrase that ends in word ``k`` takes in the next one."""
        nxt = k + 1
        if capital(k) and capital(nxt):
            return True  # the rest of a name
        if low(nxt) in heads:  # the head that the words so far describe or count
            return number(k) or (not bare(k) and (low(k) not in heads or capital(nxt)))
        if low(k) in heads:
            return capital(nxt) and (low(k) in modifiers or _title(low(k)))
        if not bare(k) and before_head(nxt):
            return True
        return low(k) in modifiers and word(nxt).islower() and not bare(nxt)

    def begins_before(k: int) -> bool:
        """Whether the phrase that begins with word ``k`` takes in the one before."""
        prev = k - 1
        lead = text[max(0, words[prev][0] - 2) : words[prev][0]].strip()
        # A capital that opens a sentence says nothing of the word.
        opens = prev == 0 or lead in {".", "“", '"', ":"}
        if _title(low(k)) and low(prev) in modifiers:
            return True
        if capital(k):
            known = low(prev) in heads or low(prev) in modifiers or word(prev).isupper()
            if capital(prev):
                return known or not opens
            return _title(low(prev))
        if capital(prev) and not opens and (low(k) in heads or low(k) in modifiers):
            return True
        if number(prev):
            return low(last) in heads
        return low(prev) in modifiers or low(prev).endswith(_TIED)

    while last + 1 < len(words) and last - first < LONGEST and joined(last) and goes_on(last):
        last += 1
    while first <= last and bare(first):
        first += 1
    while last >= first and bare(last):
        last -= 1
    if first > last:
        return None
    while first and last - first < LONGEST and joined(first - 1) and begins_before(first):
        first -= 1
    if all(bare(k) or number(k) for k in range(first, last + 1)):
        return None
    return words[first][0], words[last][1]


@cache
def _days() -> frozenset[str]:
    """Weekdays and months, whose capitals name nobody."""
    import calendar

    return frozenset(d.lower() for d in (*calendar.day_name, *calendar.month_name) if d)


def _title(word: str) -> bool:
    """Whether a head may stand before a name ("President", "Colonel")."""
    return word in _list("titles")


def actors_of(scene: Scene, index: int, floor: float = FLOOR) -> tuple[tuple[Actor, float], ...]:
    """The actors linked to a trigger with their best role, in the order of the text."""
    columns, values = scene.reading.links.near(index)
    trigger = scene.triggers[index]
    n_places = len(scene.reading.places)
    out: list[tuple[Actor, float]] = []
    for column, row in zip(columns.tolist(), values, strict=True):
        if column < n_places:
            continue
        span = scene.reading.arguments[column - n_places]
        if span.label != "actor":
            continue
        roles = row[_FIRST:]
        best = int(roles.argmax())
        p = float(roles[best])
        apart = scene.sentence_of(span.start) != scene.sentence_of(trigger.start)
        if p < (max(floor, ACROSS) if apart else floor):
            continue
        part = _actor_part(scene, column - n_places)
        if part is None:
            continue
        start, end, alleged = part
        actor = Actor(start, end, scene.text[start:end], _ROLES[best], alleged)  # type: ignore[arg-type]
        out.append((actor, p))
    return tuple(sorted(_distinct(out), key=lambda a: (a[0].start, a[0].end, a[0].role)))


def _actor_part(scene: Scene, n: int) -> tuple[int, int, bool] | None:
    """The whole phrase of an actor and whether its part is alleged, whatever trigger asks."""
    note = ("actor", n)
    if note not in scene.notes:
        span = scene.reading.arguments[n]
        whole = phrase(scene.text, span.start, span.end)
        scene.notes[note] = whole and (*whole, is_alleged(scene, *whole))
    found: tuple[int, int, bool] | None = scene.notes[note]
    return found


def _distinct(found: list[tuple[Actor, float]]) -> list[tuple[Actor, float]]:
    """One of each: of overlapping phrases the longest, with the surest role of its pieces."""
    out: list[tuple[Actor, float]] = []
    for actor, p in sorted(found, key=lambda a: (a[0].start - a[0].end, -a[1], a[0].start)):
        for n, (kept, q) in enumerate(out):
            if actor.start < kept.end and kept.start < actor.end:
                if p > q:
                    out[n] = (replace(kept, role=actor.role), p)
                break
        else:
            out.append((actor, p))
    return out
