"""One incident once: triggers that report the same happening are joined, others kept apart.

Triggers are taken in the order of the text and each is put to the happening among the recent
ones that it fits best, by a learned scorer over pairs: the encoder's sameness, kind, place, date,
toll, the words of the trigger, definite reference ("the attack").  Linear in the text: each
trigger is compared with a bounded number of earlier ones.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from mapper.encode import KINDS, MODALITIES, FloatArray
from mapper.extract.compose import (
    Belief,
    Draft,
    bloodless,
    choose_places,
    compose,
    mean_kinds,
    place_beliefs,
    toll_choice,
)
from mapper.extract.learned import Models, load_models
from mapper.extract.linking import GROUP_NAMES, GROUPS
from mapper.extract.placing import RANK, distance_km, lies_in, one_spot
from mapper.extract.scene import Scene, place_key, stands_in
from mapper.extract.triggers import figure_of_speech, has_cue, sub_kind
from mapper.model import Article, Incident, Place, Toll

__all__ = [
    "INCIDENT_COLUMNS",
    "SAME_COLUMNS",
    "distance_km",
    "incident_matrix",
    "merge",
    "same_row",
]

RECENT = 24
"""How many earlier triggers each trigger is compared with."""
MEMBERS = 8
"""How many of a happening's latest triggers speak for it."""

SAME_COLUMNS = (
    "encoder_same",
    "kind_agree",
    "group_agree",
    "same_label",
    "sentences_apart",
    "log_words_apart",
    "same_paragraph",
    "triggers_between",
    "place_overlap",
    "place_same",
    "place_nested",
    "place_differs",
    "place_log_km",
    "place_missing",
    "place_surest",
    "date_same",
    "date_differs",
    "date_missing",
    "stem_same",
    "definite",
    "indefinite",
    "plural_same",
    "modality_agree",
    "background_apart",
    "toll_same",
    "toll_differs",
    "accept_least",
    "accept_most",
    "first_in_title",
    "actors_shared",
    "listed",
    "same_words",
    "first_place_here",
    "second_place_here",
    "second_finer",
    "first_finer",
    "lines_apart",
    "triggers_in_first",
    "triggers_in_second",
)
INCIDENT_COLUMNS = (
    "triggers",
    "accept_most",
    "accept_mean",
    "accept_any",
    "score_most",
    "place",
    "place_several",
    "place_fine",
    "date",
    "toll",
    "actors",
    *(f"group_{g}" for g in GROUP_NAMES),
    "kind",
    *(f"modality_{m}" for m in MODALITIES),
    "background",
    "position",
    "first_sentence",
    "only_title",
    "clusters",
    "same_elsewhere",
    "rival_in_sentence",
    "same_group",
    "rival_any",
    "rival_near",
    "cue",
    "figure",
    "place_here",
    "sentences",
    "words",
)

_DEFINITE = re.compile(
    r"\b(?:the|this|that|these|those|such|its|their|his|her)\s+(?:[\w-]+\s+){0,2}?$"
)
_INDEFINITE = re.compile(
    r"\b(?:an?|another|other|second|third|separate|new|more|similar|further|fresh|earlier|two|three"
    r"|several)\s+(?:[\w-]+\s+){0,2}?$"
)

_JOINED = re.compile(r"\s*(?:,|,?\s*and|;)\s*(?:\w+\s+)?")


def merge(
    article: Article, incidents: Sequence[Incident | Belief], models: Models | None = None
) -> tuple[Incident, ...]:
    """What is believed of single triggers to incidents of the text, in the order of the text.

    ``incidents`` are the beliefs of :func:`mapper.extract.believed` or the incidents of
    :func:`mapper.extract.extract`; any that carry no belief are kept as they are.  What is left
    out is what the scorer of whole incidents does not believe.

    Raises ``mapper.extract.learned.ModelFileError`` when the scorers are missing.
    """
    models = models if models is not None else load_models()
    beliefs: list[Belief] = []
    others: list[Incident] = []
    for given in incidents:
        belief = given.belief if isinstance(given, Draft) else given
        if isinstance(belief, Belief):
            beliefs.append(belief)
        elif isinstance(given, Incident):
            others.append(given)
    if not beliefs:
        return tuple(others)
    scene = beliefs[0].scene
    groups = clusters_of(beliefs, models)
    confidence = _confidence(scene, groups, models)
    kept = [
        (g, c) for g, c in zip(groups, confidence, strict=True) if c >= _threshold_of(g, models)
    ]
    out: list[Incident] = [*others]
    drafts: list[tuple[Draft, float]] = []
    for group, c in kept:
        for member in _parts(scene, group, models):
            draft = compose(scene, group, models, member)
            drafts.append((draft, c))
    drafts = _one_toll_each(drafts, scene, kept, models)
    drafts = _toll_where_told(drafts, scene)
    drafts.sort(key=lambda d: min(e.trigger for e in d[0].evidence))
    plain = _plain(drafts)
    return tuple(_share(plain) + out)


def _threshold_of(group: Sequence[Belief], models: Models) -> float:
    """The confidence that an incident needs: less for politics, which counts no dead.

    More in texts in capitals, where more is taken for a happening that is none.
    """
    least = models.threshold("incident", 0.0)
    if _in_capitals(group[0].scene):
        least = models.threshold("incident_capitals", least)
    if KINDS[int(mean_kinds(group).argmax())] == "politics":
        return models.threshold("incident_politics", least)
    return least


def _in_capitals(scene: Scene) -> bool:
    """Whether most letters of the text are capitals, as in old wire reports."""
    if "in_capitals" not in scene.notes:
        letters = [c for c in scene.text if c.isalpha()]
        scene.notes["in_capitals"] = sum(map(str.isupper, letters)) > len(letters) / 2
    return bool(scene.notes["in_capitals"])


def clusters_of(beliefs: Sequence[Belief], models: Models) -> list[list[Belief]]:
    """Beliefs grouped by the happening that they report, in the order of the text."""
    return grouped(beliefs, pair_probabilities(beliefs, models), models.threshold("same", 0.5))


def pair_probabilities(beliefs: Sequence[Belief], models: Models) -> dict[tuple[int, int], float]:
    """Probability that two beliefs, by their positions, report one happening; near ones only."""
    scorer = models.get("same", SAME_COLUMNS)
    pairs = [(i, j) for j in range(len(beliefs)) for i in range(max(0, j - RECENT), j)]
    if not pairs:
        return {}
    tops = [_Tops.of(b) for b in beliefs]
    rows = np.array(
        [_same_row(beliefs[i], beliefs[j], tops[i], tops[j], j - i) for i, j in pairs],
        dtype=np.float32,
    )
    p = scorer.probability(rows) if scorer is not None else rows[:, 0] * rows[:, 2]
    acts = [_act(b) for b in beliefs]
    surely = [_sure_group(top.groups) for top in tops]
    lists = [b.index if b.head is None else b.head for b in beliefs]
    for n, (i, j) in enumerate(pairs):
        if (
            lists[i] == lists[j]
            or (acts[i] and acts[j] and acts[i] != acts[j])
            or (surely[i] and surely[j] and surely[i] != surely[j])
        ):
            p[n] = NEVER
        elif _outcome(beliefs[i], beliefs[j], tops[i], tops[j]):
            p[n] = max(float(p[n]), OUTCOME)
    return _by_phrase(beliefs, dict(zip(pairs, p.tolist(), strict=True)))


def _by_phrase(
    beliefs: Sequence[Belief], same: dict[tuple[int, int], float]
) -> dict[tuple[int, int], float]:
    """The same with the pieces of one phrase ("left", "at least 40 people", "dead") as one.

    What links one of them to another happening links them all.
    """
    phrase = [0] * len(beliefs)
    for j in range(1, len(beliefs)):
        phrase[j] = phrase[j - 1] + (not _of_one_phrase(beliefs[j - 1], beliefs[j]))
    best: dict[tuple[int, int], float] = {}
    for (i, j), p in same.items():
        key = (phrase[i], phrase[j])
        best[key] = max(best.get(key, 0.0), p)
    return {
        (i, j): p
        if p <= NEVER
        else max(p, ONE_PHRASE)
        if phrase[i] == phrase[j]
        else best[phrase[i], phrase[j]]
        for (i, j), p in same.items()
    }


def _of_one_phrase(one: Belief, two: Belief) -> bool:
    """Whether two triggers are pieces of one phrase: "left", "at least 40 people", "dead"."""
    between = one.scene.text[min(one.end, two.end) : max(one.start, two.start)]
    same_kind = GROUPS[KINDS[int(one.kinds.argmax())]] == GROUPS[KINDS[int(two.kinds.argmax())]]
    return same_kind and len(between) <= 2 and not between.strip()


def grouped(
    beliefs: Sequence[Belief], same: dict[tuple[int, int], float], threshold: float
) -> list[list[Belief]]:
    """Each belief put to the recent happening that it fits best, or to a new one."""
    groups: list[list[int]] = []
    recent: list[int] = []  # the groups that may still grow, so that time is linear in the text
    for j in range(len(beliefs)):
        best, best_p = -1, threshold
        recent = [g for g in recent if j - groups[g][-1] <= RECENT]
        for g in reversed(recent):
            members = groups[g][-MEMBERS:]
            scores = [same[i, j] for i in members if (i, j) in same]
            if not scores or min(scores) <= NEVER:
                continue
            mean = 0.5 * sum(scores) / len(scores) + 0.5 * max(scores)
            if mean >= best_p:
                best, best_p = g, mean
        if best >= 0:
            groups[best].append(j)
        else:
            recent.append(len(groups))
            groups.append([j])
    return [[beliefs[i] for i in g] for g in groups]


@dataclass(frozen=True, slots=True)
class _Tops:
    """What is looked up of a belief again and again when pairs are compared."""

    kind: int
    groups: FloatArray
    places: dict[str, tuple[float, int]]
    best: tuple[str, tuple[float, int]] | None
    place_here: float
    """Belief in the best place where it stands in the trigger's own sentence, else 0."""
    inside: str
    definite: bool
    indefinite: bool
    same: dict[int, float]
    """The encoder's word on which triggers before it tell of the same."""
    stems: set[str]
    actor_stems: set[str]
    plural: bool
    sentence: int
    paragraph: int
    beside: int

    @classmethod
    def of(cls, belief: Belief) -> _Tops:
        scene = belief.scene
        text = scene.text[belief.start : belief.end]
        places = _by_key(belief)
        best = max(places.items(), key=lambda r: r[1][0], default=None)
        sentence = scene.sentence_of(belief.start)
        before = scene.text[max(0, belief.start - 40) : belief.start].lower()
        inside = text.lower()
        same: dict[int, float] = {}
        if belief.index < len(scene.reading.same):
            columns, values = scene.reading.same.near(belief.index)
            same = dict(zip(columns.tolist(), values.tolist(), strict=True))
        return cls(
            int(belief.kinds.argmax()),
            _groups(belief.kinds),
            places,
            best,
            best[1][0]
            if best and scene.sentence_of(scene.mentions[best[1][1]].start) == sentence
            else 0.0,
            inside,
            bool(_DEFINITE.search(before))
            or inside.startswith(("the ", "this ", "that ", "these ")),
            bool(_INDEFINITE.search(before)) or inside.startswith(("a ", "an ", "another ")),
            same,
            _stems(text),
            {w for x, p in belief.actors if p > 0.4 for w in _stems(x.quote)},
            _plural(scene, belief.start, belief.end),
            sentence,
            scene.paragraph_of(belief.start),
            _beside(scene, belief.index),
        )


def _beside(scene: Scene, index: int) -> int:
    """How many other triggers stand in a trigger's sentence, counted near it."""
    here = scene.sentence_of(scene.triggers[index].start)
    near = scene.triggers[max(0, index - 6) : index] + scene.triggers[index + 1 : index + 7]
    return sum(scene.sentence_of(t.start) == here for t in near)


ACTS = ("politics", "strategic_development")
"""Kinds whose sub-kinds are different acts: a visit is no phone call, an arrest no convoy."""
NEVER = 0.0
"""A pair of this probability is never in one group, whatever stands between the two."""


ONE_PHRASE = 0.95
"""Probability of one happening for pieces of one phrase."""
OUTCOME = 0.8
"""Probability that a happening and the verb that counts its dead are one."""
_OUTCOMES = re.compile(
    r"(?:have |has |had )?(?:left|leaving|leaves|dead|deaths?|killed|killing|died|dying|claimed"
    r"|claiming|lives)(?: dead)?",
)
_CLAIMED = 0.2
"""Belief in a toll from which a trigger is taken to claim it."""


def _outcome(one: Belief, two: Belief, top_one: _Tops, top_two: _Tops) -> bool:
    """Whether one of two only says what came of the other: "the protests left 400 dead"."""
    if top_one.sentence != top_two.sentence or not one.fatalities or not two.fatalities:
        return False
    if one.scene.tolls[one.fatalities[0][0]].start != one.scene.tolls[two.fatalities[0][0]].start:
        return False
    if min(one.fatalities[0][1], two.fatalities[0][1]) < _CLAIMED:
        return False
    return any(_OUTCOMES.fullmatch(top.inside) for top in (top_one, top_two))


SURELY = 0.8
"""Probability from which a trigger's group of kinds keeps those surely of another group away."""


def _sure_group(groups: FloatArray) -> str | None:
    """The group of kinds that a trigger is surely of: a visit is never the attack before it."""
    best = int(groups.argmax())
    return GROUP_NAMES[best] if groups[best] >= SURELY else None


def _act(belief: Belief) -> tuple[str, str] | None:
    """Kind and sub-kind where the trigger's own words name an act of ACTS."""
    kind = KINDS[int(belief.kinds.argmax())]
    words = belief.scene.text[belief.start : belief.end]
    named = sub_kind(kind, words, "") if kind in ACTS else None
    return (kind, named) if named else None


# --- pairs -------------------------------------------------------------------------------------


def same_row(one: Belief, two: Belief, steps: int) -> list[float]:
    """A row of SAME_COLUMNS for two triggers, ``one`` before ``two``."""
    return _same_row(one, two, _Tops.of(one), _Tops.of(two), steps)


def _same_row(one: Belief, two: Belief, top_one: _Tops, top_two: _Tops, steps: int) -> list[float]:
    scene = one.scene
    a, b = scene.triggers[one.index], scene.triggers[two.index]
    gap = max(0, b.words[0] - a.words[1])
    toll_same, toll_differs = _compare_tolls(one, two)
    joined = gap < 12 and _JOINED.fullmatch(scene.text, a.end, max(a.end, b.start)) is not None
    return [
        top_two.same.get(one.index, 0.0),
        float(one.kinds @ two.kinds),
        float(top_one.groups @ top_two.groups),
        float(top_one.kind == top_two.kind),
        float(min(12, top_two.sentence - top_one.sentence)),
        math.log1p(gap),
        float(top_one.paragraph == top_two.paragraph),
        float(min(10, steps - 1)),
        *_compare_places(scene, top_one, top_two),
        *_compare_dates(one, two),
        float(not top_one.stems.isdisjoint(top_two.stems)),
        float(top_two.definite),
        float(top_two.indefinite),
        float(top_one.plural == top_two.plural),
        float(one.modalities @ two.modalities),
        abs(one.background - two.background),
        toll_same,
        toll_differs,
        min(one.accept, two.accept),
        max(one.accept, two.accept),
        float(a.start < scene.title_end),
        float(not top_one.actor_stems.isdisjoint(top_two.actor_stems)),
        float(joined),
        float(top_one.inside == top_two.inside),
        top_one.place_here,
        top_two.place_here,
        *_finer(scene, top_one, top_two),
        float(min(6, scene.text.count("\n", a.end, b.start))),
        float(min(6, top_one.beside)),
        float(min(6, top_two.beside)),
    ]


def _finer(scene: Scene, one: _Tops, two: _Tops) -> tuple[float, float]:
    """Whether the second's place lies in the first's, and the other way round."""
    if one.best is None or two.best is None:
        return 0.0, 0.0
    a, b = scene.mentions[one.best[1][1]], scene.mentions[two.best[1][1]]
    return float(lies_in(b, a)), float(lies_in(a, b))


def _groups(kinds: FloatArray) -> FloatArray:
    out = np.zeros(len(GROUP_NAMES), dtype=np.float32)
    for i, k in enumerate(KINDS):
        out[GROUP_NAMES.index(GROUPS[k])] += kinds[i]
    return out


def _stems(text: str) -> set[str]:
    return {w[:5] for w in re.findall(r"[a-z]{4,}", text.lower())}


def _plural(scene: Scene, start: int, end: int) -> bool:
    return bool(re.search(r"\w{3,}s\b(?!\s+(?:of\s+)?a\b)", scene.text[start:end].lower()))


def _compare_places(scene: Scene, one: _Tops, two: _Tops) -> list[float]:
    """Overlap, same, nested, different, log km, missing, the surer of the two."""
    overlap = sum(min(p, two.places[k][0]) for k, (p, _) in one.places.items() if k in two.places)
    first, second = one.best, two.best
    if first is None or second is None or min(first[1][0], second[1][0]) < 0.25:
        return [float(overlap), 0.0, 0.0, 0.0, -1.0, 1.0, 0.0]
    surest = min(first[1][0], second[1][0])
    if first[0] == second[0]:
        return [float(overlap), 1.0, 0.0, 0.0, 0.0, 0.0, surest]
    one_m, two_m = scene.mentions[first[1][1]], scene.mentions[second[1][1]]
    a, b = one_m.place, two_m.place
    if a is None or b is None:
        return [float(overlap), 0.0, 0.0, 0.5, -1.0, 0.0, surest]
    nested = lies_in(one_m, two_m) or lies_in(two_m, one_m)
    # Where a name stands in for want of its own place, its distance says nothing.
    known = not (stands_in(one_m) or stands_in(two_m))
    km = math.log1p(distance_km(a, b)) if known else -1.0
    return [float(overlap), 0.0, float(nested), float(not nested), km, 0.0, surest]


def _by_key(belief: Belief) -> dict[str, tuple[float, int]]:
    out: dict[str, tuple[float, int]] = {}
    for j, p in belief.places:
        key = place_key(belief.scene.mentions[j])
        if p > out.get(key, (0.0, 0))[0]:
            out[key] = (p, j)
    return out


def _compare_dates(one: Belief, two: Belief) -> list[float]:
    """Same day, different days, one not known."""
    if not one.dates or not two.dates or min(one.dates[0][1], two.dates[0][1]) < 0.3:
        return [0.0, 0.0, 1.0]
    scene = one.scene
    a = scene.dates[one.dates[0][0]].resolved
    b = scene.dates[two.dates[0][0]].resolved
    same = one.dates[0][0] == two.dates[0][0] or (a.past is not None and a.past == b.past)
    return [float(same), float(not same), 0.0]


def _compare_tolls(one: Belief, two: Belief) -> tuple[float, float]:
    scene = one.scene
    if not one.fatalities or not two.fatalities:
        return 0.0, 0.0
    if min(one.fatalities[0][1], two.fatalities[0][1]) < 0.4:
        return 0.0, 0.0
    a, b = scene.tolls[one.fatalities[0][0]], scene.tolls[two.fatalities[0][0]]
    same = a.start == b.start or (a.low, a.high) == (b.low, b.high)
    return float(same), float(not same)


# --- whole incidents ---------------------------------------------------------------------------


def incident_matrix(groups: Sequence[Sequence[Belief]]) -> FloatArray:
    """INCIDENT_COLUMNS for all happenings of a text."""
    if not groups:
        return np.zeros((0, len(INCIDENT_COLUMNS)), dtype=np.float32)
    scene = groups[0][0].scene
    index_of = {b.index: n for n, group in enumerate(groups) for b in group}
    kinds = [mean_kinds(g) for g in groups]
    by_group = [_groups(k) for k in kinds]
    top_group = [int(g.argmax()) for g in by_group]
    strength = [max(b.accept for b in g) for g in groups]
    in_sentence: dict[tuple[int, int], list[int]] = {}
    in_any: dict[int, list[tuple[int, Belief]]] = {}
    for n, group in enumerate(groups):
        for b in group:
            key = (scene.sentence_of(b.start), top_group[n])
            in_sentence.setdefault(key, []).append(n)
            in_any.setdefault(key[0], []).append((n, b))
    rows = []
    for n, group in enumerate(groups):
        accepts = np.array([b.accept for b in group])
        elsewhere = 0.0
        for b in group:
            columns, values = scene.reading.same.near(b.index)
            for c, v in zip(columns.tolist(), values.tolist(), strict=True):
                if index_of.get(c, n) != n:
                    elsewhere = max(elsewhere, v)
        rival = max(
            (
                strength[k]
                for b in group
                for k in in_sentence[scene.sentence_of(b.start), top_group[n]]
                if k != n
            ),
            default=0.0,
        )
        rival_any, rival_near = _rivals_of(scene, group, n, in_any, strength)
        places = place_beliefs(group)
        modalities = np.mean([b.modalities for b in group], axis=0)
        fine = 0.0
        if places:
            place = scene.mentions[places[0][1]].place
            fine = float(place is not None and RANK[place.precision] <= RANK["province"])
        first = min(b.start for b in group)
        rows.append(
            [
                float(min(10, len(group))),
                float(accepts.max()),
                float(accepts.mean()),
                1.0 - float(np.prod(1.0 - accepts)),
                max(scene.triggers[b.index].score for b in group),
                places[0][2] if places else 0.0,
                places[1][2] if len(places) > 1 else 0.0,
                fine,
                max((b.dates[0][1] for b in group if b.dates), default=0.0),
                max((b.fatalities[0][1] for b in group if b.fatalities), default=0.0),
                float(min(6, sum(len(b.actors) for b in group))),
                *by_group[n].tolist(),
                float(kinds[n].max()),
                *modalities.tolist(),
                float(np.mean([b.background for b in group])),
                first / max(1, len(scene.text)),
                float(scene.sentence_of(first) == 0),
                float(all(b.start < scene.title_end for b in group)),
                float(min(40, len(groups))),
                elsewhere,
                rival,
                float(min(20, top_group.count(top_group[n]))),
                rival_any,
                rival_near,
                float(any(has_cue(scene, b.index) for b in group)),
                float(any(figure_of_speech(scene, b.index) for b in group)),
                float(
                    any(
                        scene.sentence_of(scene.mentions[j].start) == scene.sentence_of(b.start)
                        for _, j, _ in places[:1]
                        for b in group
                    )
                ),
                float(min(8, len({scene.sentence_of(b.start) for b in group}))),
                float(max(b.end - b.start for b in group)) / 10.0,
            ]
        )
    return np.array(rows, dtype=np.float32)


def _rivals_of(
    scene: Scene,
    group: Sequence[Belief],
    n: int,
    in_any: dict[int, list[tuple[int, Belief]]],
    strength: Sequence[float],
) -> tuple[float, float]:
    """The strongest other happening in a sentence of this one, and how near a stronger one is."""
    most = nearest = 0.0
    for b in group:
        for k, other in in_any[scene.sentence_of(b.start)]:
            if k == n:
                continue
            most = max(most, strength[k])
            if other.accept > b.accept:
                gap = max(0, other.start - b.end, b.start - other.end)
                nearest = max(nearest, 1.0 / (1.0 + gap / 10.0))
    return most, nearest


def _confidence(scene: Scene, groups: Sequence[Sequence[Belief]], models: Models) -> list[float]:
    scorer = models.get("incident", INCIDENT_COLUMNS)
    if scorer is None:
        return [max(b.accept for b in g) for g in groups]
    # The part of a list that has no verb of its own is as sure as the part that has it, and
    # makes nothing beside it less or more sure.
    told = [[b for b in g if b.head is None] for g in groups]
    rows = [g for g in told if g]
    found = iter(scorer.probability(incident_matrix(rows)).tolist() if rows else [])
    out = [next(found) if g else 0.0 for g in told]
    of_trigger = {b.index: p for g, p in zip(told, out, strict=True) for b in g}
    return [
        max([p, *(of_trigger.get(b.head, 0.0) for b in g if b.head is not None)])
        for g, p in zip(groups, out, strict=True)
    ]


QUARTERS_KM = 30.0
"""How far apart two places of one town lie at most."""


def _of_one_town(scene: Scene, i: int, j: int) -> bool:
    """Whether two mentions are of places so near that one riot or march is in both."""
    one, other = scene.mentions[i].place, scene.mentions[j].place
    return one is not None and other is not None and distance_km(one, other) < QUARTERS_KM


def _parts(scene: Scene, group: Sequence[Belief], models: Models) -> list[Sequence[str] | None]:
    """Places of the incidents that a happening told in one breath stands for.

    "Demonstrations in the capital and the south" are two; one operation in two villages is one,
    and so is what was on the road between two towns.
    """
    chosen = choose_places(scene, group, models)
    if len(chosen) < 2:
        return [None]
    kind = KINDS[int(mean_kinds(group).argmax())]
    lead = max(group, key=lambda b: b.accept)
    several = GROUPS[kind] == "unrest" or (
        GROUPS[kind] == "armed" and _plural(scene, lead.start, lead.end)
    )
    if not several:
        return [None]
    parts: list[list[str]] = []
    before: int | None = None
    each = kind == "protest" and _plural(scene, lead.start, lead.end)  # "marches in A and B"
    for j in sorted((j for j, _ in chosen), key=lambda j: scene.mentions[j].span):
        if before is None or not (
            one_spot(scene, before, j) or (not each and _of_one_town(scene, before, j))
        ):
            parts.append([])
        parts[-1].append(place_key(scene.mentions[j]))
        before = j
    return [*parts] if len(parts) > 1 else [None]


def _one_toll_each(
    drafts: list[tuple[Draft, float]],
    scene: Scene,
    kept: Sequence[tuple[Sequence[Belief], float]],
    models: Models,
) -> list[tuple[Draft, float]]:
    """A toll belongs to the happening that claims it most, not to every one near it.

    Incidents of one breath (the parts of a series) keep it together; they share it.
    """
    best: dict[tuple[str, int], float] = {}
    claims: list[dict[str, float]] = []
    for group, _c in kept:
        mine: dict[str, float] = {}
        harmless = bloodless(KINDS[int(mean_kinds(group).argmax())])
        for what in ("injured",) if harmless else ("fatalities", "injured"):
            found = toll_choice(scene, group, what, models)
            if found:
                key = (what, found[0].start)
                mine[what] = found[1]
                best[key] = max(best.get(key, 0.0), found[1])
        claims.append(mine)
    by_triggers = {b.start: claims[n] for n, (group, _c) in enumerate(kept) for b in group}
    out = []
    for draft, c in drafts:
        mine = by_triggers.get(draft.evidence[0].trigger[0], {})
        changed = draft
        for what in ("fatalities", "injured"):
            toll: Toll | None = getattr(draft, what)
            if toll is None:
                continue
            if mine.get(what, 1.0) < 0.5 * best.get((what, toll.span[0]), 0.0):
                changed = _with_toll(changed, what, None)
        out.append((changed, c))
    return out


_TOLD_IN = re.compile(
    r"(?:\s+(?:people|persons|others|killed|dead|dying|died|wounded|injured|hurt|were|was|have|been|and"
    r"|more|at\s+least|about|\d+|[a-z]+teen|[a-z]+ty|two|three|four|five|six|seven|eight|nine|ten|twelve))*"
    r"\s+(?:in|at|near)\s+(?:the\s+)?(?:(?:city|town|village|district|province)\s+of\s+)?",
    re.IGNORECASE,
)
TOLD_IN_CHARS = 80
"""Code points between a toll and the place that it is counted in, at most."""
COMPATIBLE_KM = 60.0
"""How far from an incident's places the place of its toll may be."""


def _toll_where_told(drafts: list[tuple[Draft, float]], scene: Scene) -> list[tuple[Draft, float]]:
    """A toll with its place beside it goes to the incident there: "five dead in Kyiv"."""
    there: dict[str, list[int]] = {}
    for n, (draft, _c) in enumerate(drafts):
        for place in draft.places:
            there.setdefault(place.place.id, []).append(n)
    out = list(drafts)
    for n, (draft, c) in enumerate(drafts):
        for what in ("fatalities", "injured"):
            toll: Toll | None = getattr(draft, what)
            told = _counted_in(scene, toll) if toll is not None else None
            if told is None or _near_places(draft, told):
                continue
            others = [k for k in there.get(told.id, ()) if k != n]
            if not others:
                continue
            at = min(others, key=lambda k: (drafts[k][0].kind != draft.kind, abs(k - n), k))
            out[n] = (_with_toll(out[n][0], what, None), c)
            if getattr(out[at][0], what) is None and not bloodless(out[at][0].kind):
                out[at] = (_with_toll(out[at][0], what, toll), out[at][1])
    return out


def _counted_in(scene: Scene, toll: Toll) -> Place | None:
    """The place that a toll's phrase is followed by ("five dead in Kyiv")."""
    end = toll.span[1]
    k = bisect_left(scene.mentions, end, key=lambda m: m.start)
    for m in scene.mentions[k : k + 2]:
        near = m.role == "literal" and m.start - end <= TOLD_IN_CHARS
        if near and _TOLD_IN.fullmatch(scene.text[end : m.start]):
            return m.place
    return None


def _near_places(draft: Draft, told: Place) -> bool:
    """Whether an incident's places and that of its toll may be one, or one in the other."""
    wide = {"country", "province", "region", "sea"}
    return not draft.places or any(
        distance_km(p.place, told) <= COMPATIBLE_KM
        or ({p.place.precision, told.precision} & wide and p.place.country == told.country)
        for p in draft.places
    )


_Kind = TypeVar("_Kind", bound=Incident)


def _with_toll(incident: _Kind, what: str, toll: Toll | None) -> _Kind:
    """The incident with another count of dead or injured."""
    if what == "fatalities":
        return replace(incident, fatalities=toll)
    return replace(incident, injured=toll)


def _plain(drafts: Sequence[tuple[Draft, float]]) -> list[Incident]:
    """Plain incidents with their confidence, no two with one id."""
    out: list[Incident] = []
    seen: dict[str, int] = {}
    for d, c in drafts:
        n = seen.get(d.id, 0)
        seen[d.id] = n + 1
        out.append(
            Incident(
                d.id if n == 0 else f"{d.id}-{n + 1}",
                d.kind, d.sub_kind, d.modality, d.background, d.count, d.evidence, d.places,
                d.date, d.fatalities, d.injured, d.actors, round(min(0.99, c), 4), d.why,
            )
        )  # fmt: skip
    return out


def _share(incidents: list[Incident]) -> list[Incident]:
    """Tolls that the text gives once for several incidents name the others.

    "One" and "one Iraqi soldier" are one toll: phrases that overlap count the same people.
    """
    shared: dict[tuple[str, str], tuple[str, ...]] = {}
    for what in ("fatalities", "injured"):
        told: list[tuple[int, int, str]] = []
        for i in incidents:
            toll: Toll | None = getattr(i, what)
            if toll is not None and toll.high != 0:
                told.append((*toll.span, i.id))
        group: list[str] = []
        reach = -1
        for start, end, who in sorted(told, key=lambda t: t[:2]):
            group = [*group, who] if start < reach else [who]
            reach = max(reach, end) if len(group) > 1 else end
            for member in group:
                shared[what, member] = tuple(x for x in group if x != member)
    out = []
    for i in incidents:
        changed = i
        for what in ("fatalities", "injured"):
            toll = getattr(i, what)
            others = shared.get((what, i.id), ())
            if toll is not None and others:
                changed = _with_toll(changed, what, replace(toll, shared_with=others))
        out.append(changed)
    return out
