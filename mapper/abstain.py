"""Hold back from the map what is not known surely enough, and say what was held back.

A wrong dot is worse than none.  Analyses keep every place with its confidence; what is drawn
or exported passes through here: an incident's place stays where its mention reaches the
threshold at which 95 of 100 are right, or where a person has looked at it.  The others go from
``places`` to ``unsure``, so that the incident is still listed with its quote and its guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mapper.errors import SetupError
from mapper.model import Analysis, Incident, IncidentPlace, Mention, Span

__all__ = ["confidences", "default_threshold", "enough", "held_back", "parted", "surenesses"]

_CARD = Path(__file__).parent / "models" / "ranker.json"


@lru_cache(maxsize=1)
def default_threshold() -> float:
    """The confidence (0..1) from which on 95 of 100 places were right, measured out of fold.

    ``training/train_ranker.py`` finds it and stores it in the ranker's card.

    Raises:
        SetupError: the card is missing or broken.
    """
    try:
        return float(json.loads(_CARD.read_text(encoding="utf-8"))["threshold"])
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"cannot read the ranker's card {str(_CARD)!r}: {error}") from error


REFERENCE_SHARE = 0.96
"""Share of the threshold that a reference needs ("the capital", "the southern provinces").

Its confidence is that of the name it rests on, less a fixed part: of 613 such references in
composed and written texts .83 were right.  It is an area or a place that the text itself
describes, shown as such; held to the threshold of names no area would ever be drawn.
"""


def enough(mention: Mention, floor: float) -> bool:
    """Whether a mention's place is sure enough to be drawn where names need ``floor``."""
    return _sureness(mention) >= floor


def _sureness(mention: Mention) -> float:
    share = REFERENCE_SHARE if mention.role == "nominal" else 1.0
    return min(1.0, mention.confidence / share)


def surenesses(analysis: Analysis) -> dict[Span, float]:
    """What ``parted`` compares with the threshold: confidences, references by their own share."""
    return {m.span: _sureness(m) for m in analysis.mentions if m.place is not None}


def confidences(analysis: Analysis) -> dict[Span, float]:
    """How sure the place of each placed mention is, by its span."""
    return {m.span: m.confidence for m in analysis.mentions if m.place is not None}


def parted(incident: Incident, sure: Mapping[Span, float], least: float | None = None) -> Incident:
    """The incident with its places parted into ``places`` and ``unsure``.

    ``sure`` is what ``surenesses`` gives; ``least`` the confidence from which a place is
    drawn (None: ``default_threshold()``; 0 holds nothing back).  A place that a person chose or
    verified stays, and so does one that rests on no mention.  Parting again with another
    ``least`` starts from all places, so nothing is lost on the way.
    """
    everything = (*incident.places, *incident.unsure)
    if not everything:
        return incident
    floor = default_threshold() if least is None else least
    by_hand = incident.verified or not {"places", "added"}.isdisjoint(incident.corrected)

    def drawn(item: IncidentPlace) -> bool:
        return by_hand or sure.get(item.mention, 1.0) >= floor

    places = tuple(item for item in everything if drawn(item))
    unsure = tuple(item for item in everything if not drawn(item))
    if places == incident.places and unsure == incident.unsure:
        return incident  # the same object: what was made of it can be used again
    return replace(incident, places=places, unsure=unsure)


def held_back(analysis: Analysis, least: float | None = None) -> Analysis:
    """The analysis as a map shows it: what is below ``least`` held back, mentions included.

    A mention below it keeps its candidates and its confidence but has no place.  For ``least``
    see ``parted``.
    """
    sure = surenesses(analysis)
    floor = default_threshold() if least is None else least
    return replace(
        analysis,
        mentions=tuple(m if enough(m, floor) else _without_place(m) for m in analysis.mentions),
        incidents=tuple(parted(incident, sure, floor) for incident in analysis.incidents),
    )


def _without_place(mention: Mention) -> Mention:
    return replace(mention, place=None)
