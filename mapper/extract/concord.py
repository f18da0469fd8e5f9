"""Where it happened, looked at again: what the text's other triggers say of the same places.

A first scorer weighs each trigger's places by themselves (``mapper.extract.placing``).  Reports
of one happening share a place, a place is carried from sentence to sentence, and a dateline holds
until the text goes elsewhere; a second scorer sees the first one's answers around each pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mapper.encode import FloatArray
from mapper.extract.placing import lies_in
from mapper.extract.scene import Scene, place_key

__all__ = ["CONCORD_COLUMNS", "Links", "concord_features"]

Links = Sequence[tuple[tuple[int, float], ...]]
"""For each trigger its mentions with the first scorer's probabilities, best first."""

CONCORD_COLUMNS = (
    "alone",
    "alone_rank",
    "alone_margin",
    "alone_place",
    "before",
    "before_best",
    "before_two",
    "after",
    "in_sentence",
    "in_text",
    "same_incident",
    "same_weight",
    "is_dateline",
    "in_dateline_place",
    "holds_dateline_place",
    "holds_better",
    "lies_in_better",
    "placed",
    "triggers",
)


def concord_features(
    scene: Scene, kept: Sequence[int], links: Links, accept: Sequence[float]
) -> list[FloatArray]:
    """For each kept trigger a row of CONCORD_COLUMNS for each of its links, in their order.

    ``accept`` is the probability of each kept trigger that it reports an incident.
    """
    keys = [place_key(m) for m in scene.mentions]
    by_key: list[dict[str, float]] = []
    for mine in links:
        best: dict[str, float] = {}
        for j, p in mine:
            best[keys[j]] = max(best.get(keys[j], 0.0), p)
        by_key.append(best)
    whole: defaultdict[str, float] = defaultdict(float)
    for a, best in zip(accept, by_key, strict=True):
        for key, p in best.items():
            whole[key] += a * p
    weight = max(1e-6, float(sum(accept)))
    sentence = [scene.sentence_of(scene.triggers[i].start) for i in kept]
    here: defaultdict[int, list[int]] = defaultdict(list)
    for n, s in enumerate(sentence):
        here[s].append(n)
    position = {i: n for n, i in enumerate(kept)}
    out = []
    for n, (i, mine) in enumerate(zip(kept, links, strict=True)):
        others, values = scene.reading.same.near(i)
        same = [
            (position[int(k)], float(v) * accept[position[int(k)]])
            for k, v in zip(others, values, strict=True)
            if int(k) != i and int(k) in position and v > 0.05
        ]
        total = sum(v for _, v in same)
        top = mine[0] if mine else (0, 0.0)
        second = next((p for j, p in mine if keys[j] != keys[top[0]]), 0.0)
        rows = []
        for rank, (j, p) in enumerate(mine):
            key = keys[j]
            m = scene.mentions[j]
            better = [scene.mentions[k] for k, q in mine[:rank] if keys[k] != key and q > p]
            rest = weight - accept[n]
            rows.append(
                [
                    p,
                    float(min(6, rank)),
                    p - (second if key == keys[top[0]] else top[1]),
                    by_key[n][key],
                    by_key[n - 1].get(key, 0.0) if n else 0.0,
                    float(n > 0 and bool(links[n - 1]) and keys[links[n - 1][0][0]] == key),
                    max((by_key[k].get(key, 0.0) for k in range(max(0, n - 3), n)), default=0.0),
                    max((by_key[k].get(key, 0.0) for k in range(n + 1, min(len(kept), n + 3))),
                        default=0.0),
                    max((by_key[k].get(key, 0.0) for k in here[sentence[n]] if k != n),
                        default=0.0),
                    (whole[key] - accept[n] * by_key[n][key]) / rest if rest > 1e-3 else 0.0,
                    sum(v * by_key[k].get(key, 0.0) for k, v in same) / total if total else 0.0,
                    min(3.0, total),
                    float(j in scene.datelines),
                    float(any(lies_in(m, scene.mentions[k]) for k in scene.datelines)),
                    float(any(lies_in(scene.mentions[k], m) for k in scene.datelines)),
                    float(any(lies_in(o, m) for o in better)),
                    float(any(lies_in(m, o) for o in better)),
                    float(m.place is not None),
                    float(min(30, len(kept))),
                ]
            )  # fmt: skip
        out.append(np.array(rows, dtype=np.float32).reshape(len(mine), len(CONCORD_COLUMNS)))
    return out
