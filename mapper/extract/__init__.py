"""What happened: incidents found in a read and resolved article.

``believed`` tells which triggers report an incident and what belongs to each; ``mapper.merge``
joins those that report the same happening.  ``extract`` gives an incident for each by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mapper.encode import KINDS, MODALITIES, FloatArray, Reading
from mapper.extract.actors import actors_of
from mapper.extract.compose import Belief, compose
from mapper.extract.concord import CONCORD_COLUMNS, concord_features
from mapper.extract.elided import with_elided
from mapper.extract.learned import Models, load_models
from mapper.extract.linking import (
    DATE_COLUMNS,
    GROUP_NAMES,
    GROUPS,
    TOLL_COLUMNS,
    date_features,
    dates_near,
    toll_features,
    tolls_near,
)
from mapper.extract.modality import (
    BACKGROUND_COLUMNS,
    MODALITY_COLUMNS,
    background_row,
    decided,
    modality_row,
)
from mapper.extract.placing import PLACE_COLUMNS, own_place_first, place_features, places_near
from mapper.extract.scene import Scene, build_scene
from mapper.extract.triggers import (
    KIND_COLUMNS,
    TRIGGER_COLUMNS,
    document_kinds,
    kind_row,
    trigger_row,
)
from mapper.model import Article, Incident, Mention

__all__ = ["believed", "beliefs_of", "extract", "links_of", "trigger_probabilities"]

SETTLED = 0.75
"""Probability that goes to a modality which a turn of phrase settles."""
KEEP = 0.01
"""Links less likely than this are forgotten."""


def believed(
    article: Article,
    reading: Reading,
    mentions: Sequence[Mention],
    models: Models | None = None,
) -> tuple[Belief, ...]:
    """What is thought of each trigger that is believed, for :func:`mapper.merge.merge`.

    ``reading`` is the encoder's, ``mentions`` are resolved; ``models`` are the shipped scorers
    unless given.

    Raises ``mapper.extract.learned.ModelFileError`` when the scorers are missing.
    """
    models = models if models is not None else load_models()
    return tuple(with_elided(beliefs_of(build_scene(article, reading, mentions), models)))


def extract(
    article: Article,
    reading: Reading,
    mentions: Sequence[Mention],
    models: Models | None = None,
) -> tuple[Incident, ...]:
    """One incident for each trigger that is believed, in the order of the text.

    As :func:`believed`, each belief put into words: for looking at triggers one by one.  The
    incidents carry what :func:`mapper.merge.merge` needs to join them.
    """
    models = models if models is not None else load_models()
    found = believed(article, reading, mentions, models)
    return tuple(compose(b.scene, [b], models) for b in found)


def trigger_probabilities(scene: Scene, models: Models) -> FloatArray:
    """Probability that each trigger reports an incident."""
    scorer = models.get("trigger", TRIGGER_COLUMNS)
    if scorer is None or not scene.triggers:
        return np.array([t.score for t in scene.triggers], dtype=np.float32)
    return scorer.probability(trigger_matrix(scene))


def trigger_matrix(scene: Scene) -> FloatArray:
    """TRIGGER_COLUMNS for all triggers."""
    share = document_kinds(scene)
    group_share = {
        g: float(sum(share[i] for i, k in enumerate(KINDS) if GROUPS[k] == g)) for g in GROUP_NAMES
    }
    by_sentence: dict[int, list[int]] = {}
    for i, t in enumerate(scene.triggers):
        by_sentence.setdefault(scene.sentence_of(t.start), []).append(i)
    rows = [
        trigger_row(scene, i, group_share, by_sentence[scene.sentence_of(t.start)])
        for i, t in enumerate(scene.triggers)
    ]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(TRIGGER_COLUMNS))


def beliefs_of(scene: Scene, models: Models) -> list[Belief]:
    """Beliefs about every trigger above the threshold, in the order of the text."""
    accept = trigger_probabilities(scene, models)
    least = models.threshold("trigger", 0.5)
    kept = [
        i
        for i, p in enumerate(accept)
        if p >= least and not scene.of_another(scene.triggers[i].start)
    ]
    if not kept:
        return []
    places = placed(scene, kept, accept, models)
    dates = links_of(scene, kept, "date", models)
    dead = links_of(scene, kept, "fatalities", models)
    hurt = links_of(scene, kept, "injured", models)
    share = document_kinds(scene)
    kinds = _linear(models, "kind", KIND_COLUMNS, [kind_row(scene, i, share) for i in kept], KINDS)
    if kinds is None:
        kinds = np.array(
            [[scene.triggers[i].scores.get(k, 0.0) for k in KINDS] for i in kept], dtype=np.float32
        )
    rows, cues, starts = [], [], []
    for i, near in zip(kept, dates, strict=True):
        ahead = since = False
        start: str | None = None
        if near and near[0][1] >= 0.3:
            resolved = scene.dates[near[0][0]].resolved
            when = resolved.past or resolved.future
            start = when.start if when else None
            ahead = resolved.ahead
            since = resolved.expression.modifier in {"since"}
        row, found = modality_row(scene, i, ahead, since)
        rows.append(row)
        cues.append(tuple(found))
        starts.append(start)
    modalities = _linear(models, "modality", MODALITY_COLUMNS, rows, MODALITIES)
    if modalities is None:
        modalities = np.array(
            [[scene.triggers[i].modality.get(m, 0.0) for m in MODALITIES] for i in kept],
            dtype=np.float32,
        )
    turns = [decided(scene, i, KINDS[int(kinds[n].argmax())]) for n, i in enumerate(kept)]
    for n, settled in enumerate(turns):
        if settled is not None:
            modalities[n] *= 1.0 - SETTLED
            modalities[n][MODALITIES.index(settled[0])] += SETTLED
            cues[n] = (settled[1], *cues[n])
    scorer = models.get("background", BACKGROUND_COLUMNS)
    if scorer is not None:
        matrix = np.array(
            [background_row(scene, i, s) for i, s in zip(kept, starts, strict=True)],
            dtype=np.float32,
        )
        background = scorer.probability(matrix)
    else:
        background = np.array([scene.triggers[i].background for i in kept], dtype=np.float32)
    return [
        Belief(
            scene,
            i,
            float(accept[i]),
            kinds[n],
            modalities[n],
            float(background[n]),
            places[n],
            dates[n],
            dead[n],
            hurt[n],
            actors_of(scene, i),
            cues[n],
            settled[0] if settled is not None else None,
        )
        for n, (i, settled) in enumerate(zip(kept, turns, strict=True))
    ]


def placed(
    scene: Scene, kept: Sequence[int], accept: FloatArray, models: Models
) -> list[tuple[tuple[int, float], ...]]:
    """For each kept trigger its places with probabilities, best first.

    What each trigger says alone, then in concert with the others.
    """
    alone = links_of(scene, kept, "place", models)
    scorer = models.get("concord", CONCORD_COLUMNS)
    if scorer is None or not any(alone):
        return alone
    rows = concord_features(scene, kept, alone, [float(accept[i]) for i in kept])
    p = scorer.probability(np.concatenate(rows))
    found = _ranked([[j for j, _ in mine] for mine in alone], p)
    return [own_place_first(scene, i, mine) for i, mine in zip(kept, found, strict=True)]


def _linear(
    models: Models,
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[float]],
    classes: Sequence[str],
) -> FloatArray | None:
    """Probabilities over ``classes``; a class that training never saw has none."""
    scorer = models.get_linear(name, columns)
    if scorer is None:
        return None
    found = scorer.probability(np.array(rows, dtype=np.float32))
    out = np.zeros((len(rows), len(classes)), dtype=np.float32)
    for j, c in enumerate(scorer.classes):
        out[:, list(classes).index(c)] = found[:, j]
    return out


def candidates(scene: Scene, index: int, what: str) -> tuple[list[int], FloatArray]:
    """Candidates of one trigger for a relation, and their rows of features."""
    if what == "place":
        near = places_near(scene, index)
        return near, place_features(scene, index, near)
    if what == "date":
        near = dates_near(scene, index)
        return near, date_features(scene, index, near)
    near = tolls_near(scene, index, what)
    return near, toll_features(scene, index, near)


COLUMNS = {"place": PLACE_COLUMNS, "date": DATE_COLUMNS, "fatalities": TOLL_COLUMNS,
           "injured": TOLL_COLUMNS}  # fmt: skip


def links_of(
    scene: Scene, kept: Sequence[int], what: str, models: Models
) -> list[tuple[tuple[int, float], ...]]:
    """For each trigger its candidates with probabilities, best first."""
    scorer = models.get("toll" if what in {"fatalities", "injured"} else what, COLUMNS[what])
    found = [candidates(scene, i, what) for i in kept]
    if scorer is not None and any(len(rows) for _, rows in found):
        p = scorer.probability(np.concatenate([rows for _, rows in found]))
    else:
        links = [rows[:, 0] for _, rows in found] or [np.zeros(0, dtype=np.float32)]
        p = np.concatenate(links)
    return _ranked([near for near, _ in found], p)


def _ranked(near: Sequence[Sequence[int]], p: FloatArray) -> list[tuple[tuple[int, float], ...]]:
    """Each trigger's candidates with their part of ``p``, best first, the hopeless left out."""
    out = []
    at = 0
    for mine in near:
        pairs = [
            (j, float(x)) for j, x in zip(mine, p[at : at + len(mine)], strict=True) if x >= KEEP
        ]
        at += len(mine)
        out.append(tuple(sorted(pairs, key=lambda r: (-r[1], r[0]))))
    return out
