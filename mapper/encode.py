"""Read a text once with the encoder: word-level scores for places and for happenings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A stretch of text that a tagging head marked, with the head's probabilities.

    ``start``/``end`` are code points, ``words`` the word indices (end exclusive), ``label``
    the best label and ``scores`` the probability of each label of that head.
    """

    start: int
    end: int
    words: tuple[int, int]
    label: str
    score: float
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Trigger(TaggedSpan):
    """A trigger phrase: ``label`` is its kind; modality and background come scored beside."""

    modality: dict[str, float]
    background: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the encoder saw in one text.

    ``places`` carries spans labelled with a role (literal, metonymic, demonym, organisation,
    nominal); ``arguments`` spans labelled date, fatalities, injured, actor, count.
    ``links[i, j]`` gives, for trigger i and each span of ``places + arguments``, the
    probabilities over RELATIONS; ``same[i, k]`` the probability that triggers i and k
    report one incident.
    """

    words: tuple[tuple[int, int], ...]
    places: tuple[TaggedSpan, ...]
    triggers: tuple[Trigger, ...]
    arguments: tuple[TaggedSpan, ...]
    links: FloatArray  # (triggers, places + arguments, relations)
    same: FloatArray  # (triggers, triggers)


RELATIONS = (
    "none",
    "place",
    "date",
    "fatalities",
    "injured",
    "perpetrator",
    "participant",
    "target",
    "victim",
    "authority",
)
