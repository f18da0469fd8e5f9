"""Which of the encoder's triggers are incidents, and of what kind.

A second look at each trigger with what the encoder's tagging head does not see: the cues of the
ontology, figures of speech, the links that it found, the triggers around it.
"""

from __future__ import annotations

import math
import re
from functools import cache

import numpy as np

from mapper.encode import KINDS, RELATIONS
from mapper.extract.linking import GROUP_NAMES, group_scores
from mapper.extract.modality import clause
from mapper.extract.resources import ontology
from mapper.extract.scene import Scene

__all__ = [
    "KIND_COLUMNS",
    "TRIGGER_COLUMNS",
    "cue_pattern",
    "figure_of_speech",
    "has_cue",
    "kind_row",
    "sub_kind",
    "trigger_row",
]

KIND_COLUMNS = (
    *(f"encoder_{k}" for k in KINDS),
    *(f"cue_{k}" for k in KINDS),
    *(f"near_{k}" for k in KINDS),
    *(f"document_{k}" for k in KINDS),
)
TRIGGER_COLUMNS = (
    "score",
    "kind_score",
    "kind_margin",
    "group_score",
    *(f"group_{g}" for g in GROUP_NAMES),
    "cue_own",
    "cue_any",
    "figure",
    "link_place",
    "link_date",
    "link_toll",
    "link_actors",
    "same_best",
    "same_count",
    "same_before",
    "triggers_in_sentence",
    "stronger_in_sentence",
    "words",
    "position",
    "sentence",
    "in_title",
    "background",
    "occurred",
    "denied",
    "hypothetical",
    "planned",
    "threatened",
    "capitals",
    "quoted",
    "has_digit",
    "document_triggers",
    "document_share",
)


def cue_pattern(words: list[str]) -> str:
    """A pattern for cues: stems match what is written onto them, ``x$`` the whole word."""
    out = []
    for w in sorted({str(w) for w in words}, key=lambda w: (-len(w), w)):
        whole = w.endswith("$")
        stem = re.escape(w.rstrip("$")).replace(r"\ ", r"\s+")
        out.append(stem + (r"\b" if whole else r"\w*"))
    return r"\b(?:" + "|".join(out) + r")"


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    return {k: re.compile(cue_pattern(v["cues"])) for k, v in ontology("kinds")["kinds"].items()}


@cache
def _any_cue() -> re.Pattern[str]:
    return re.compile("|".join(p.pattern for p in _cues().values()))


def _cue_row(text: str) -> list[float]:
    """For each kind whether a cue of it stands in a lower-case text."""
    if not _any_cue().search(text):
        return [0.0] * len(KINDS)
    return [float(_cues()[k].search(text) is not None) for k in KINDS]


@cache
def _sub_cues() -> dict[str, tuple[tuple[str, re.Pattern[str]], ...]]:
    return {
        k: tuple((name, re.compile(cue_pattern(s["cues"]))) for name, s in v["sub_kinds"].items())
        for k, v in ontology("kinds")["kinds"].items()
    }


@cache
def _figures() -> re.Pattern[str]:
    words = sorted(ontology("kinds")["figures_of_speech"], key=lambda w: (-len(w), w))
    return re.compile(r"\b(?:" + "|".join(re.escape(w) for w in words) + r")\b")


def figure_of_speech(scene: Scene, index: int) -> bool:
    """Whether the trigger stands in an idiom that only looks like an incident."""
    t = scene.triggers[index]
    a = max(0, t.start - 24)
    around = scene.text[a : t.end + 24].lower()
    return any(m.start() < t.end - a and t.start - a < m.end() for m in _figures().finditer(around))


def has_cue(scene: Scene, index: int) -> bool:
    """Whether the trigger's own words hold a cue of the kind that the encoder gives it."""
    t = scene.triggers[index]
    return _cues()[t.label].search(scene.text[t.start : t.end].lower()) is not None


def sub_kind(kind: str, trigger: str, around: str) -> str | None:
    """The sub-kind whose cue stands in the trigger, else in the words around it, or None."""
    for text in (trigger.lower(), around.lower()):
        for name, pattern in _sub_cues()[kind]:
            if pattern.search(text):
                return name
    return None


def kind_row(scene: Scene, index: int, document: np.ndarray) -> list[float]:
    """A row of KIND_COLUMNS; ``document`` is the mean of the kinds over the text's triggers."""
    t = scene.triggers[index]
    before, inside, after = clause(scene, t.start, t.end)
    near = before[-60:] + " | " + after[:60]
    return [
        *(math.log(max(1e-3, t.scores.get(k, 0.0))) for k in KINDS),
        *_cue_row(inside),
        *_cue_row(near),
        *(float(x) for x in document),
    ]


def document_kinds(scene: Scene) -> np.ndarray:
    """Mean kind probabilities over all triggers, weighted by their scores."""
    total = np.zeros(len(KINDS))
    weight = 1e-6
    for t in scene.triggers:
        total += t.score * np.array([t.scores.get(k, 0.0) for k in KINDS])
        weight += t.score
    return np.asarray(total / weight)


_TOLLS = [RELATIONS.index("fatalities"), RELATIONS.index("injured")]
_PLACE, _DATE = RELATIONS.index("place"), RELATIONS.index("date")
_ACTORS = slice(RELATIONS.index("perpetrator"), len(RELATIONS))


def trigger_row(
    scene: Scene, index: int, group_share: dict[str, float], in_sentence: list[int]
) -> list[float]:
    """A row of TRIGGER_COLUMNS.

    ``group_share`` is the mean of each group over the text's triggers; ``in_sentence`` lists the
    triggers of the same sentence.
    """
    t = scene.triggers[index]
    _, inside, _ = clause(scene, t.start, t.end)
    kinds = sorted(t.scores.values(), reverse=True)
    by_group = group_scores(t.scores)
    _, values = scene.reading.links.near(index)
    best = values.max(axis=0) if len(values) else np.zeros(len(RELATIONS))
    same_columns, same_values = scene.reading.same.near(index)
    others = [
        (int(c), float(v))
        for c, v in zip(same_columns, same_values, strict=True)
        if int(c) != index
    ]
    quotes = scene.text[max(0, t.start - 200) : t.start]
    own_cue = _cues()[t.label].search(inside) is not None
    m = t.modality
    group = GROUP_NAMES[int(np.argmax(by_group))]
    return [
        t.score,
        kinds[0] if kinds else 0.0,
        kinds[0] - kinds[1] if len(kinds) > 1 else 0.0,
        max(by_group),
        *by_group,
        float(own_cue),
        float(own_cue or _any_cue().search(inside) is not None),
        float(figure_of_speech(scene, index)),
        float(best[_PLACE]),
        float(best[_DATE]),
        float(max(best[i] for i in _TOLLS)),
        float(best[_ACTORS].max()) if len(best) else 0.0,
        max((v for _, v in others), default=0.0),
        float(min(8, sum(v > 0.5 for _, v in others))),
        max((v for c, v in others if c < index), default=0.0),
        float(min(6, len(in_sentence))),
        float(min(6, sum(scene.triggers[k].score > t.score for k in in_sentence))),
        float(min(8, t.words[1] - t.words[0])),
        t.start / max(1, len(scene.text)),
        float(min(20, scene.sentence_of(t.start))),
        float(t.start < scene.title_end),
        t.background,
        m.get("occurred", 0.0),
        m.get("denied", 0.0),
        m.get("hypothetical", 0.0),
        m.get("planned", 0.0),
        m.get("threatened", 0.0),
        float(scene.text[t.start : t.end].isupper()),
        float(quotes.count("“") > quotes.count("”")),
        float(any(c.isdigit() for c in scene.text[t.start : t.end])),
        float(min(40, len(scene.triggers))),
        group_share.get(group, 0.0),
    ]
