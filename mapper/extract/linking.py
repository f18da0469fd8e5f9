"""What belongs to which trigger: features of a trigger and a span near it.

The encoder's link probabilities are one voice among others: order, distance, sentence and
clause, what stands between, how many rivals there are.  Small trees (``mapper/models``) weigh
them; they were trained on readings of documents that the encoder had not seen.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mapper.encode import KINDS, RELATIONS, FloatArray, Trigger
from mapper.extract.resources import ontology
from mapper.extract.scene import DateCandidate, Scene, TollCandidate

__all__ = [
    "DATE_COLUMNS",
    "GROUPS",
    "PAIR_COLUMNS",
    "TOLL_COLUMNS",
    "date_features",
    "dates_near",
    "pair_features",
    "rivals",
    "toll_features",
    "tolls_near",
]

BEFORE_SENTENCES, AFTER_SENTENCES = 6, 3
BEFORE_CHARS, AFTER_CHARS = 1600, 800
_ACTORS = slice(5, len(RELATIONS))

GROUPS: dict[str, str] = {}
"""Kind to its group of kinds, between which readers may differ; filled from the ontology."""


@cache
def groups() -> dict[str, str]:
    """Kind to group, from ``mapper/ontology/kinds.yaml``."""
    return {k: str(v["group"]) for k, v in ontology("kinds")["kinds"].items()}


GROUPS.update(groups())
GROUP_NAMES = tuple(dict.fromkeys(GROUPS[k] for k in KINDS))


def group_scores(scores: Mapping[str, float]) -> list[float]:
    """The scores of the kinds summed by group, in the order of GROUP_NAMES."""
    out = dict.fromkeys(GROUP_NAMES, 0.0)
    for kind, p in scores.items():
        out[GROUPS[kind]] += p
    return list(out.values())


PAIR_COLUMNS = (
    "link",
    "link_none",
    "link_actor",
    "log_gap",
    "after",
    "overlaps",
    "same_sentence",
    "sentence_delta",
    "same_paragraph",
    "commas_between",
    "stops_between",
    "quotes_between",
    "said_between",
    "triggers_between",
    "trigger_score",
    "trigger_first",
    *(f"group_{g}" for g in GROUP_NAMES),
    "occurred",
    "ahead",
    "background",
)

_SAID = re.compile(
    r"\b(?:said|says|told|reported|according to|announced|confirmed|added|who|which|where|that)\b"
)


_NOTHING = np.zeros(len(RELATIONS), dtype=np.float32)
_NOTHING[0] = 1.0


@dataclass(frozen=True, slots=True)
class TriggerPart:
    """What of a trigger is the same for all its candidates.

    ``word`` and ``next_word`` are the words where it starts and ends; ``links`` has the
    probabilities over RELATIONS by the column of the link target.
    """

    start: int
    end: int
    sentence: int
    paragraph: int
    word: int
    next_word: int
    features: tuple[float, ...]
    links: Mapping[int, FloatArray]

    def link(self, column: int) -> FloatArray:
        """Probabilities over RELATIONS of the trigger and a link target (column -1: none)."""
        return self.links.get(column, _NOTHING)


def pair_features(
    scene: Scene, index: int, start: int, end: int, column: int, relation: int
) -> list[float]:
    """Features of trigger ``index`` and the span ``start``-``end`` for one relation.

    ``column`` is the span's index among the reading's link targets, -1 for none.
    """
    own = trigger_part(scene, index)
    link = own.link(column)
    a, b = own.start, own.end
    overlaps = start < b and a < end
    if overlaps:
        between, gap, after = "", 0, 0.0
    elif start >= b:
        between, after = scene.text[b:start], 1.0
        gap = scene.word_of(start) - own.next_word
    else:
        between, after = scene.text[end:a], -1.0
        gap = own.word - scene.word_of(end)
    delta = scene.sentence_of(start) - own.sentence
    lo, hi = (b, start) if after > 0 else (end, a)
    near = between if len(between) < 400 else between[:200] + between[-200:]
    return [
        float(link[relation]),
        float(link[0]),
        float(np.add.reduce(link[_ACTORS])),
        math.log1p(max(0, gap)),
        after,
        float(overlaps),
        float(delta == 0),
        float(max(-6, min(4, delta))),
        float(scene.paragraph_of(start) == own.paragraph),
        float(min(6, near.count(",") + near.count(";") + near.count(":"))),
        float(min(4, near.count(". "))),
        float('"' in near or "“" in near or "”" in near),
        float(_SAID.search(near.lower()) is not None),
        float(min(6, _triggers_between(scene, lo, hi, index))),
        *own.features,
    ]


def trigger_part(scene: Scene, index: int) -> TriggerPart:
    """The features of a trigger that are the same for all its candidates."""
    found: TriggerPart | None = scene.notes.get(("trigger", index))
    if found is None:
        found = scene.notes["trigger", index] = _trigger_part(scene, index)
    return found


def _trigger_part(scene: Scene, index: int) -> TriggerPart:
    trigger = scene.triggers[index]
    m = trigger.modality
    columns, values = scene.reading.links.near(index)
    sentence = scene.sentence_of(trigger.start)
    features = (
        trigger.score,
        float(sentence == 0),
        *group_scores(trigger.scores),
        m.get("occurred", 0.0) + m.get("ongoing", 0.0),
        m.get("planned", 0.0) + m.get("threatened", 0.0) + m.get("hypothetical", 0.0),
        trigger.background,
    )
    return TriggerPart(
        trigger.start,
        trigger.end,
        sentence,
        scene.paragraph_of(trigger.start),
        scene.word_of(trigger.start),
        scene.word_of(trigger.end),
        features,
        dict(zip(columns.tolist(), np.asarray(values, dtype=np.float32), strict=True)),
    )


def _triggers_between(scene: Scene, lo: int, hi: int, index: int) -> int:
    """How many other likely triggers start between two offsets (counted near ``index``)."""
    count = 0
    step = -1 if hi <= scene.triggers[index].start else 1
    i = index + step
    while 0 <= i < len(scene.triggers) and abs(i - index) <= 8:
        t = scene.triggers[i]
        if not lo <= t.start < hi:
            break
        count += t.score >= 0.4
        i += step
    return count


def _near(scene: Scene, trigger: Trigger, starts: Sequence[int], most: int) -> list[int]:
    """Indices of the spans in the window around a trigger, the nearest when too many."""
    lo = max(0, scene.sentence_of(trigger.start) - BEFORE_SENTENCES)
    hi = min(len(scene.sentences) - 1, scene.sentence_of(trigger.start) + AFTER_SENTENCES)
    first = max(scene.sentences[lo][0], trigger.start - BEFORE_CHARS) if scene.sentences else 0
    last = min(scene.sentences[hi][1], trigger.end + AFTER_CHARS) if scene.sentences else 0
    found = list(range(bisect_left(starts, first), bisect_left(starts, last)))
    if len(found) > most:
        found = sorted(found, key=lambda j: abs(starts[j] - trigger.start))[:most]
        found.sort()
    return found


def rivals(rows: list[list[float]], column: int = 0) -> list[list[float]]:
    """Each row with its standing among the rows of one trigger: rank and margin of its link.

    Added columns: rank of the link, its margin to the best other, the nearest rank, how many.
    """
    if not rows:
        return rows
    links = [r[column] for r in rows]
    by_link = sorted(range(len(rows)), key=lambda i: -links[i])
    by_gap = sorted(range(len(rows)), key=lambda i: rows[i][3])
    rank = {i: n for n, i in enumerate(by_link)}
    near = {i: n for n, i in enumerate(by_gap)}
    first = links[by_link[0]]
    second = links[by_link[1]] if len(rows) > 1 else 0.0
    return [
        [
            *row,
            float(min(8, rank[i])),
            links[i] - (second if rank[i] == 0 else first),
            float(min(8, near[i])),
            float(min(12, len(rows))),
        ]
        for i, row in enumerate(rows)
    ]


RIVAL_COLUMNS = ("link_rank", "link_margin", "near_rank", "rivals")

# --- dates -------------------------------------------------------------------------------------

_DATE_RULES = (
    "day", "weekday", "month", "year", "day_word", "anchor_word", "clock", "ago", "later", "period",
    "weekend", "nth_day", "ordinal", "spell", "decade", "season", "forward", "day_range",
)  # fmt: skip
DATE_COLUMNS = (
    *PAIR_COLUMNS,
    "encoder_score",
    "in_dateline",
    "since",
    "comma_before",
    "day_precise",
    "years_back",
    "future_fits",
    *(f"rule_{r}" for r in _DATE_RULES),
    *RIVAL_COLUMNS,
)
_DATE = RELATIONS.index("date")


def dates_near(scene: Scene, index: int) -> list[int]:
    """Indices of the dates that may be this trigger's."""
    starts = [d.start for d in scene.dates]
    return _near(scene, scene.triggers[index], starts, 12)


def date_features(scene: Scene, index: int, near: Sequence[int]) -> FloatArray:
    """One row of DATE_COLUMNS for each of the dates ``near`` a trigger."""
    rows = []
    for j in near:
        d: DateCandidate = scene.dates[j]
        row = pair_features(scene, index, d.start, d.end, d.column, _DATE)
        row += _date_part(scene, j)
        rows.append(row)
    return _matrix(rivals(rows), len(DATE_COLUMNS))


def _date_part(scene: Scene, j: int) -> tuple[float, ...]:
    """The features of a date that are the same for all triggers."""
    found: tuple[float, ...] | None = scene.notes.get(("date", j))
    if found is not None:
        return found
    d = scene.dates[j]
    e = d.resolved.expression
    year = int(scene.published[:4]) if scene.published else None
    when = d.resolved.past or d.resolved.future
    start = when.start if when and when.start else ""
    back = 0.0
    if year is not None and start[:4].isdigit():
        back = float(max(-2, min(30, year - int(start[:4]))))
    found = scene.notes["date", j] = (
        d.encoder,
        float(d.start < scene.dateline_end),
        float(e.modifier in {"since", "from", "until"}),
        float(scene.text[max(0, d.start - 2) : d.start].strip() == ","),
        float(len(start) == 10),
        back,
        float(d.resolved.ahead),
        *(float(e.rule == r) for r in _DATE_RULES),
    )
    return found


# --- tolls -------------------------------------------------------------------------------------

TOLL_COLUMNS = (
    *PAIR_COLUMNS,
    "encoder_score",
    "rule_strength",
    "is_total",
    "is_injured",
    "zero",
    "one",
    "log_low",
    "open",
    "single_name",
    "twins",
    "kill_in_trigger",
    "clause_has_kill",
    *RIVAL_COLUMNS,
)
_TOLL = {"fatalities": RELATIONS.index("fatalities"), "injured": RELATIONS.index("injured")}


@cache
def _kill() -> re.Pattern[str]:
    t: Any = ontology("tolls")
    words = [*t["kill_active"], *t["kill_passive"], *t["die"], *t["dead_nouns"]]
    return re.compile(r"\b(?:" + "|".join(re.escape(w.split()[0]) for w in words) + r")\b")


def tolls_near(scene: Scene, index: int, what: str) -> list[int]:
    """Indices of the toll phrases of one kind that may be this trigger's."""
    mine = [j for j, t in enumerate(scene.tolls) if t.what == what]
    starts = [scene.tolls[j].start for j in mine]
    return [mine[i] for i in _near(scene, scene.triggers[index], starts, 12)]


def toll_features(scene: Scene, index: int, near: Sequence[int]) -> FloatArray:
    """One row of TOLL_COLUMNS for each of the tolls ``near`` a trigger."""
    trigger = scene.triggers[index]
    kills = _kill().search(scene.text[trigger.start : trigger.end].lower()) is not None
    rows = []
    for j in near:
        t: TollCandidate = scene.tolls[j]
        row = pair_features(scene, index, t.start, t.end, t.column, _TOLL[t.what])
        twins = [
            k
            for k in near
            if k != j and scene.tolls[k].start < t.end and t.start < scene.tolls[k].end
        ]
        part, beside_kill = _toll_part(scene, j)
        row += part
        row += (float(min(3, len(twins))), float(kills), beside_kill)
        rows.append(row)
    return _matrix(rivals(rows), len(TOLL_COLUMNS))


def _toll_part(scene: Scene, j: int) -> tuple[tuple[float, ...], float]:
    """The features of a toll that are the same for all triggers; last, whether it is by a kill."""
    found: tuple[tuple[float, ...], float] | None = scene.notes.get(("toll", j))
    if found is not None:
        return found
    t = scene.tolls[j]
    low = t.low if t.low is not None else t.high or 0
    around = scene.text[max(0, t.start - 30) : t.end + 40].lower()
    part = (
        t.encoder,
        t.rule,
        float(t.total),
        float(t.what == "injured"),
        float(t.high == 0),
        float(t.low == 1 and t.high == 1),
        math.log1p(low),
        float(t.low is None or t.high is None),
        float(t.quote[:1].isupper() and t.low == 1),
    )
    found = scene.notes["toll", j] = part, float(_kill().search(around) is not None)
    return found


def _matrix(rows: Sequence[Sequence[float]], width: int) -> FloatArray:
    if not rows:
        return np.zeros((0, width), dtype=np.float32)
    return np.array(rows, dtype=np.float32)
