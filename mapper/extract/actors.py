"""Who took part: perpetrators, targets, victims, participants, authorities, and how surely.

The encoder links actors to triggers with a role; words such as "blamed on", "suspected" or
"claimed responsibility" near the actor make its part only alleged.
"""

from __future__ import annotations

import re
from functools import cache

from mapper.encode import RELATIONS
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene
from mapper.model import Actor

__all__ = ["actors_of", "is_alleged"]

_FIRST = RELATIONS.index("perpetrator")
_ROLES = RELATIONS[_FIRST:]
FLOOR = 0.4
"""Least probability of a role for an actor to be kept."""


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


def actors_of(scene: Scene, index: int, floor: float = FLOOR) -> tuple[tuple[Actor, float], ...]:
    """The actors linked to a trigger with their best role, in the order of the text."""
    columns, values = scene.reading.links.near(index)
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
        if p < floor:
            continue
        quote = scene.text[span.start : span.end]
        out.append(
            (
                Actor(
                    span.start,
                    span.end,
                    quote,
                    _ROLES[best],  # type: ignore[arg-type]
                    is_alleged(scene, span.start, span.end),
                ),
                p,
            )
        )
    return tuple(sorted(out, key=lambda a: (a[0].start, a[0].end, a[0].role)))
