"""Which place of the text a name that no gazetteer knows is set in: pairs and their features.

Every name is paired with every other name of the article that is believed to be some place.
The features say how the text brings the two together: the words between them ("X in Y",
"Y's X"), the sentence, the paragraph, the dateline, what kind of place it is, how much of the
text speaks of its surroundings.  Nothing here asks whether the gazetteer knows the name, so
that what is learned from names that it knows holds for those that it lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer import EARTH_KM
from mapper.candidates import F32, KIND_GROUPS
from mapper.names import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper.rank import Chosen, Table

LINKS = ("comma", "inside", "near", "paren", "holder", "possessive", "at", "apposition", "shared")
"""How the words between two names set the one in the other; see ``mapper/discourse.py``."""

HINTS = ("facility", "neighbourhood", "water", "landform", "city", "admin2", "admin1", "region")
_KINDS = (
    "country",
    "admin1",
    "admin2",
    "admin3",
    "city",
    "neighbourhood",
    "facility",
    "landform",
    "region",
)
_FLOOR = 0.3
_SURE = 0.7
_REACH = 60
_FAR = 20_000.0

PICK_COLUMNS = (
    *(f"link_{k}" for k in LINKS),
    "linked_back",
    "listed",
    "log_gap_before",
    "log_gap_after",
    "log_gap",
    "order",
    "same_sentence",
    "sentence_before",
    "sentence_gap",
    "share_same_sentence",
    "same_paragraph",
    "paragraph_gap",
    "preposition_there",
    "shared_words",
    *(f"kind_{k}" for k in _KINDS),
    "log_population",
    "log_uncertainty",
    "mass",
    "literal",
    "organisation",
    "demonym",
    "mentions",
    "mentions_share",
    "log_first",
    "dateline",
    "home",
    "home_log_km",
    "toward_share",
    "topic_share",
    "toward_there",
    "topic_there",
    "pull_15",
    "pull_60",
    "pull_15_share",
    "pull_60_share",
    "votes_30",
    "votes_161",
    "sentence_votes_60",
    "country_share",
    *(f"hint_{h}" for h in HINTS),
    "words",
    "name_organisation",
    "name_after_preposition",
    "name_capitals",
    "name_mentions",
    "name_in_town",
    "log_points",
)


_OUTRIGHT = [
    PICK_COLUMNS.index(f"link_{k}")
    for k in ("comma", "inside", "near", "paren", "possessive", "apposition", "shared")
]
_SMALL = [
    PICK_COLUMNS.index(f"kind_{k}")
    for k in ("city", "neighbourhood", "facility", "admin2", "admin3")
]
LINKED_BONUS = 3.0


def bonus(features: F32) -> F32:
    """What the score of a pair gains where the words outright set the name in a small place.

    Few texts teach it, and readers see at once when "X, Y" is not set in Y: the gain (in
    logits) outweighs a cluster of places elsewhere but not a place that is hardly believed.
    """
    said = features[:, _OUTRIGHT].any(axis=1) & features[:, _SMALL].any(axis=1)
    sure = features[:, PICK_COLUMNS.index("mass")]
    return np.where(said & (sure > _SURE), LINKED_BONUS, 0.0).astype(np.float32)


class Spot(NamedTuple):
    """Where one mention of a name stands, and how.

    ``start`` and ``end`` in code points; ``sentence`` and ``paragraph`` are counted from the
    head of the text.  ``located``: after a preposition.  ``toward``: somebody is on the way to
    or from it ("heading for X").  ``topic``: it names an affair rather than a place ("the X
    issue").
    """

    start: int
    end: int
    sentence: int
    paragraph: int
    located: bool
    toward: bool = False
    topic: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names (``owner``) paired with names that they may be set in (``other``); features by row.

    ``points`` are the names that count as places; ``pull`` (names x points) how near and how
    much the text speaks of each; ``close`` (points x points) which lie within 60 km.
    """

    owner: NDArray[np.int64]
    other: NDArray[np.int64]
    features: F32
    points: NDArray[np.int64]
    pull: F32
    gathered: F32


def cos_km(km: float) -> float:
    """Cosine of the angle between two points so many km apart, for unit vectors."""
    return float(np.cos(km / EARTH_KM))


def _least(values: F32, bounds: NDArray[np.int64]) -> F32:
    return np.asarray(
        np.minimum.reduceat(np.minimum.reduceat(values, bounds, axis=0), bounds, axis=1), np.float32
    )


def pairs(table: Table, chosen: Sequence[Chosen]) -> Pairs:
    """Pair every name with the other names of the article that are believed to be a place."""
    names = table.names
    n = len(names)
    rows = np.array([c.row for c in chosen], np.int64)
    mass = np.array([c.mass for c in chosen], np.float32)
    group = np.where(rows >= 0, table.group[rows], -1) if n else rows
    kinds = np.array([KIND_GROUPS.index(k) for k in _KINDS])
    points = np.flatnonzero(np.isin(group, kinds) & (mass > _FLOOR))
    p = len(points)
    if not p or n < 2:
        none = np.zeros(0, np.int64)
        empty = np.zeros((n, p), np.float32)
        return Pairs(none, none, np.zeros((0, len(PICK_COLUMNS)), np.float32), points, empty, empty)
    # where the names stand: one row a mention, a lone one far away for the outlet's home
    nowhere = Spot(-(10**7), -(10**7), -(10**5), -(10**5), False)
    spots = [name.spots[:16] or [nowhere] for name in names]
    of = np.repeat(np.arange(n), [len(s) for s in spots])
    flat = np.array([s for found in spots for s in found], np.int64)
    bounds = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    start, end, sentence, paragraph = (flat[:, c] for c in range(4))
    at_preposition, toward, topic = (flat[:, c].astype(bool) for c in (4, 5, 6))
    before = (start[:, None] - end[None, :]).astype(np.float32)
    after = before.T
    gap_before = _least(np.where(before >= 0, np.minimum(before, _FAR), _FAR), bounds)
    gap_after = _least(np.where(after >= 0, np.minimum(after, _FAR), _FAR), bounds)
    back = (sentence[:, None] - sentence[None, :]).astype(np.float32)
    sentence_gap = _least(np.minimum(np.abs(back), 50), bounds)
    previous = 1 - _least((back != 1).astype(np.float32), bounds)
    together = back == 0
    paragraph_gap = _least(
        np.minimum(np.abs(paragraph[:, None] - paragraph[None, :]), 50).astype(np.float32), bounds
    )
    preposition, toward_there, topic_there = (
        1 - _least((~(together & how[None, :])).astype(np.float32), bounds)
        for how in (at_preposition, toward, topic)
    )
    each = np.maximum.reduceat(together.astype(np.float32), bounds, axis=1)
    share_same = np.add.reduceat(each, bounds, axis=0) / np.bincount(of, minlength=n)[:, None]
    gap = np.minimum(gap_before, gap_after)
    # the words between
    link = np.zeros((len(LINKS), n, n), np.float32)
    listed = np.zeros((n, n), np.float32)
    for i, name in enumerate(names):
        for j, found in name.links.items():
            for kind in found:
                link[LINKS.index(kind), i, j] = 1
        for j in name.peers:
            listed[i, j] = 1
    linked_back = link.max(axis=0).T
    # what the text speaks of
    count = np.array([max(len(x.positions), 1) for x in names], np.float32)
    weight = (np.log1p(count) * mass)[points]
    xyz = table.xyz[rows[points]]
    cosine = xyz @ xyz.T
    close15, close60 = ((cosine > cos_km(km)).astype(np.float32) for km in (15, 60))
    pull = (np.exp(-gap[:, points] / 200) + 0.05) * weight[None, :]
    pull[points, np.arange(p)] = 0.0
    pull15, pull60 = pull @ close15, pull @ close60
    itself = np.zeros((n, p), np.float32)
    itself[points, np.arange(p)] = weight
    total = float(weight.sum()) + 1e-6
    votes30 = (weight - itself) @ (cosine > cos_km(30)).astype(np.float32) / total
    votes161 = (weight - itself) @ (cosine > cos_km(161)).astype(np.float32) / total
    here = (sentence_gap[:, points] == 0) * (weight - itself)
    sentence60 = here @ close60 / (here.sum(axis=1, keepdims=True) + 1e-6)
    country = table.country[rows[points]]
    same_country = (country[:, None] == country[None, :]).astype(np.float32)
    country_share = (weight - itself) @ same_country / total
    order = np.argsort(np.argsort(gap[:, points], axis=1, kind="stable"), axis=1, kind="stable")
    held = [int(j) for j in points]
    words = [frozenset(fold(x.block.name).split()) for x in names]
    shared = np.array(
        [[len(mine & words[j]) / max(len(words[j]), 1) for j in held] for mine in words],
        np.float32,
    )
    entries = [names[j].block.entries[int(rows[j] - table.starts[j])] for j in held]
    home_km = np.full(p, np.log1p(_FAR), np.float32)
    if table.home.xyz is not None:
        angle = np.arccos(np.clip(xyz @ table.home.xyz, -1, 1))
        home_km = np.log1p(EARTH_KM * angle).astype(np.float32)

    def share(role: str) -> F32:
        return np.array(
            [x.roles.count(role) / max(len(x.roles), 1) for x in names],
            np.float32,
        )

    literal, organisation, demonym = share("literal"), share("organisation"), share("demonym")
    of_point = np.column_stack(
        [
            *((group[points] == k) for k in kinds),
            [np.log1p(max(e.population, 0)) for e in entries],
            [np.log1p(e.uncertainty_m) for e in entries],
            mass[points],
            literal[points],
            organisation[points],
            demonym[points],
            np.log1p(count[points]),
            count[points] / count.sum(),
            [np.log1p(min(names[j].positions, default=int(_FAR))) for j in held],
            [names[j].in_dateline for j in held],
            [names[j].is_home for j in held],
            home_km,
            *(
                (np.bincount(of, weights=how, minlength=n) / np.bincount(of, minlength=n))[points]
                for how in (toward, topic)
            ),
        ]
    ).astype(np.float32)
    of_name = np.column_stack(
        [
            *([x.block.shape.kind == h for x in names] for h in HINTS),
            [x.block.name.count(" ") + 1 for x in names],
            organisation,
            [x.after_preposition for x in names],
            [x.capitals for x in names],
            np.log1p(count),
            [x.in_town for x in names],
            np.full(n, np.log1p(p)),
        ]
    ).astype(np.float32)
    of_pair = [
        *(link[k][:, points] for k in range(len(LINKS))),
        linked_back[:, points],
        listed[:, points],
        np.log1p(gap_before[:, points]),
        np.log1p(gap_after[:, points]),
        np.log1p(gap[:, points]),
        np.minimum(order, 20),
        sentence_gap[:, points] == 0,
        previous[:, points],
        sentence_gap[:, points],
        share_same[:, points],
        paragraph_gap[:, points] == 0,
        paragraph_gap[:, points],
        preposition[:, points],
        shared,
    ]
    crowd = [
        toward_there[:, points],
        topic_there[:, points],
        pull15,
        pull60,
        pull15 / (pull15.max(axis=1, keepdims=True) + 1e-6),
        pull60 / (pull60.max(axis=1, keepdims=True) + 1e-6),
        votes30,
        votes161,
        sentence60,
        country_share,
    ]
    # in a long text the nearest, the linked and the most spoken of are enough
    spoken = np.argsort(np.argsort(-weight, kind="stable"), kind="stable") < _REACH // 3
    within = (order < _REACH) | (link.max(axis=0)[:, points] > 0) | spoken[None, :]
    owner, local = np.nonzero(within & (np.arange(n)[:, None] != points[None, :]))
    features = np.column_stack(
        [
            *(np.asarray(m)[owner, local] for m in of_pair),
            of_point[local],
            *(np.asarray(m)[owner, local] for m in crowd),
            of_name[owner],
        ]
    ).astype(np.float32)
    return Pairs(
        owner,
        points[local],
        features,
        points,
        pull.astype(np.float32),
        pull60.astype(np.float32),
    )
