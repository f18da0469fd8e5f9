"""Which of its candidates a toponym means: features of a whole article, and a learned ranker.

All toponyms of an article are judged together.  A first ensemble believes what the name
alone says; each later round sees, for every candidate, what the other names' candidates are
currently believed to be: votes for countries and provinces, distances, chains such as
"Paris, Texas", the dateline and the outlet's home.  One extra row per name stands for "none
of these", so that abstaining is learned too.

The ensembles are ONNX trees (trained by ``training/train_ranker.py``, gradient boosting with
a softmax over each name's rows), opened only when their SHA-256 is the one in the model's
card.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from geodata.gazetteer import EARTH_KM
from mapper.candidates import F32, KIND_GROUPS, STATIC_FEATURES, Block
from mapper.errors import SetupError
from mapper.names import fold
from mapper.setting import HINTS, PICK_COLUMNS, Pairs, Spot, bonus, cos_km

MODEL = Path(__file__).parent / "models" / "ranker.json"
ROUNDS = 3
"""Ensembles: the name alone, then two rounds that see the others' beliefs."""

GROUP_FEATURES = (
    "log_mentions",
    "role_demonym",
    "role_organisation",
    "role_metonymic",
    "role_nominal",
    "capitals",
    "first_position",
    "in_dateline",
    "after_preposition",
    "has_parent",
    "has_child",
    "in_list",
    "log_names",
    "outlet_known",
    "outlet_country_known",
)
HOME_FEATURES = ("home_log_km", "home_country", "home_admin1")
CONTEXT_FEATURES = (
    "country_votes",
    "country_votes_near",
    "country_votes_rank",
    "admin1_votes",
    "admin1_votes_near",
    "admin2_votes",
    "votes_30km",
    "votes_100km",
    "votes_300km",
    "votes_100km_near",
    "votes_300km_near",
    "log_km_nearest",
    "log_km_next",
    "country_named",
    "admin1_named",
    "country_names_belief",
    "parent_fits",
    "parent_against",
    "child_fits",
    "list_votes_300km",
    "list_country",
    "list_kind",
    "dateline_country",
    "dateline_log_km",
    "home_votes_100km",
    "belief",
    "belief_rank",
)
FIRST_COLUMNS = ("is_none", *STATIC_FEATURES, *GROUP_FEATURES, *HOME_FEATURES)
COLUMNS = (*FIRST_COLUMNS, *CONTEXT_FEATURES)

_LOG_FAR = float(np.log1p(20_040))
_COUNTRY = KIND_GROUPS.index("country")
_CONTINENT = KIND_GROUPS.index("continent")
_REGION = KIND_GROUPS.index("region")
_ADMIN1 = KIND_GROUPS.index("admin1")
_ADMIN2 = KIND_GROUPS.index("admin2")
_CITY = KIND_GROUPS.index("city")
_SOURCES_PER_NAME = 4


@dataclass(slots=True)
class Name:
    """One name of an article: its candidates and how the article uses it.

    ``positions`` are the starts of its mentions in code points.  ``parents`` are indices of
    names that it is said to lie in ("X, Y"), ``peers`` of names that it stands in a list with.
    ``links`` are names that the words between set it in, by how, whether or not a gazetteer
    agrees.  ``spots`` are its mentions.  ``in_town``: a sentence of one of them speaks of "the
    city" or "the town" without naming it.
    """

    block: Block
    positions: list[int]
    roles: list[str]
    capitals: bool = False
    in_dateline: bool = False
    after_preposition: bool = False
    parents: set[int] = field(default_factory=set)
    peers: set[int] = field(default_factory=set)
    is_home: bool = False
    links: dict[int, set[str]] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)
    in_town: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """The outlet's home: what is known of it, and the index of its pseudo-name, if any."""

    country: int = 0
    xyz: F32 | None = None
    known: bool = False
    name: int | None = None


def log_km(cosine: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """ln(1 + distance in km) of an angle's cosine."""
    far: NDArray[np.floating[Any]] = np.log1p(EARTH_KM * np.arccos(np.clip(cosine, -1.0, 1.0)))
    return far


class Table:
    """All rows of one article: each name's candidates, then its "none" row."""

    def __init__(self, names: Sequence[Name], home: Home) -> None:
        self.names = names
        self.home = home
        sizes = np.array([len(n.block.entries) for n in names], np.int64)
        self.sizes = sizes
        self.rows = int(sizes.sum()) + len(names)
        ends = np.cumsum(sizes + 1)
        self.starts = ends - sizes - 1
        self.none_rows = ends - 1
        self.owner = np.repeat(np.arange(len(names)), sizes + 1)
        self.is_none = np.zeros(self.rows, bool)
        self.is_none[self.none_rows] = True
        cand = ~self.is_none
        self.xyz = np.zeros((self.rows, 3), np.float32)
        self.country = np.zeros(self.rows, np.int32)
        self.admin1 = np.zeros(self.rows, np.int32)
        self.admin2 = np.zeros(self.rows, np.int32)
        self.group = np.full(self.rows, len(KIND_GROUPS), np.int32)
        self.first = np.zeros((self.rows, len(FIRST_COLUMNS)), np.float32)
        if cand.any():
            self.xyz[cand] = np.concatenate([n.block.xyz for n in names])
            self.country[cand] = np.concatenate([n.block.country for n in names])
            self.admin1[cand] = np.concatenate([n.block.admin1 for n in names])
            self.admin2[cand] = np.concatenate([n.block.admin2 for n in names])
            self.group[cand] = np.concatenate([n.block.group for n in names])
            self.first[cand, 1 : 1 + len(STATIC_FEATURES)] = np.concatenate(
                [n.block.static for n in names]
            )
        self._none_statics()
        self.first[:, 0] = self.is_none
        self._group_features()
        self._home_features()
        self._near = self._proximity()
        self._units = {
            plain: (codes, *np.unique(codes, return_inverse=True))
            for plain, codes in (
                ("country_votes", self.country),
                ("admin1_votes", self.admin1),
                ("admin2_votes", self.admin2),
            )
        }

    def _none_statics(self) -> None:
        """The "none" row carries the best of its name's own columns."""
        for name, row in zip(self.names, self.none_rows, strict=True):
            static = name.block.static
            if len(static):
                self.first[row, 1 : 1 + len(STATIC_FEATURES)] = static.max(axis=0)
            else:
                form = name.block.shape
                here = dict(zip(STATIC_FEATURES, range(len(STATIC_FEATURES)), strict=True))
                self.first[row, 1 + here["hint_given"]] = form.kind is not None
                self.first[row, 1 + here["name_length"]] = len(name.block.name)

    def _group_features(self) -> None:
        n = len(self.names)
        columns = np.zeros((n, len(GROUP_FEATURES)), np.float32)
        children = {p for name in self.names for p in name.parents}
        for i, name in enumerate(self.names):
            count = max(len(name.positions), 1)
            columns[i] = (
                np.log1p(count),
                name.roles.count("demonym") / count,
                name.roles.count("organisation") / count,
                name.roles.count("metonymic") / count,
                name.roles.count("nominal") / count,
                name.capitals,
                np.log1p(min(name.positions, default=0)),
                name.in_dateline,
                name.after_preposition,
                bool(name.parents),
                i in children,
                bool(name.peers),
                np.log1p(n),
                self.home.known,
                self.home.country != 0,
            )
        at = 1 + len(STATIC_FEATURES)
        self.first[:, at : at + len(GROUP_FEATURES)] = columns[self.owner]

    def _home_features(self) -> None:
        at = 1 + len(STATIC_FEATURES) + len(GROUP_FEATURES)
        block = self.first[:, at : at + len(HOME_FEATURES)]
        block[:, 0] = _LOG_FAR
        cand = ~self.is_none
        if self.home.xyz is not None:
            block[cand, 0] = log_km(self.xyz[cand] @ self.home.xyz)
        if self.home.country:
            block[:, 1] = cand & (self.country == self.home.country)
        self._best_of(block, lowest=(0,))

    def _best_of(self, block: F32, lowest: tuple[int, ...]) -> None:
        """Give each "none" row the best value among its name's candidates."""
        some = self.sizes > 0
        if not some.any():
            return
        # every other segment runs from a name's first candidate to before its "none" row
        bounds = np.column_stack([self.starts[some], self.none_rows[some]]).ravel()
        columns = list(lowest)
        best = np.maximum.reduceat(block, bounds, axis=0)[::2]
        best[:, columns] = np.minimum.reduceat(block[:, columns], bounds, axis=0)[::2]
        block[self.none_rows[some]] = best

    def _by_strength(self, strength: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
        """All rows, name by name, the strongest of each first, else in their order."""
        return np.lexsort((-strength, self.owner))

    def _proximity(self) -> F32:
        """How close two names stand in the text: exp(-gap / 200 code points), 0 for itself."""
        n = len(self.names)
        where = [np.array(name.positions[:12] or [-(10**7)]) for name in self.names]
        owner = np.repeat(np.arange(n), [len(w) for w in where])
        flat = np.concatenate(where) if n else np.zeros(0)
        near = np.exp(-np.abs(flat[:, None] - flat[None, :]) / 200.0).astype(np.float32)
        rows = np.zeros((n, len(flat)), np.float32)
        bounds = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if n else np.zeros(0, int)
        if n:
            rows = np.maximum.reduceat(near, bounds, axis=0)
            out = np.maximum.reduceat(rows, bounds, axis=1)
            np.fill_diagonal(out, 0.0)
            return np.asarray(out, np.float32)
        return np.zeros((0, 0), np.float32)

    def softmax(self, scores: F32) -> F32:
        """Beliefs: a softmax of the scores over each name's rows."""
        top = np.maximum.reduceat(scores, self.starts)
        e = np.exp(scores - top[self.owner])
        return np.asarray(e / np.add.reduceat(e, self.starts)[self.owner], np.float32)

    def contains(self, parent_rows: NDArray[np.int64], child_rows: NDArray[np.int64]) -> F32:
        """1 where a parent candidate (rows) holds a child candidate (columns)."""
        pg = self.group[parent_rows][:, None]
        same_country = self.country[parent_rows][:, None] == self.country[child_rows][None, :]
        known = self.country[parent_rows][:, None] > 0
        same1 = (self.admin1[parent_rows][:, None] == self.admin1[child_rows][None, :]) & (
            self.admin1[parent_rows][:, None] > 0
        )
        same2 = (self.admin2[parent_rows][:, None] == self.admin2[child_rows][None, :]) & (
            self.admin2[parent_rows][:, None] > 0
        )
        close = self.xyz[parent_rows] @ self.xyz[child_rows].T > cos_km(60)
        cg = self.group[child_rows][None, :]
        out = np.where(
            pg == _COUNTRY,
            same_country & known & (cg != _COUNTRY),
            np.where(
                pg == _ADMIN1,
                same1 & (cg != _COUNTRY) & (cg != _ADMIN1),
                np.where(pg == _ADMIN2, (same2 | (close & same1)) & (cg != _COUNTRY), close),
            ),
        )
        return np.asarray(out, np.float32)

    def _candidate_rows(self, index: int) -> NDArray[np.int64]:
        return np.arange(self.starts[index], self.none_rows[index])

    def context(self, belief: F32) -> F32:
        """The CONTEXT_FEATURES of every row, given what is believed of the others."""
        n = len(self.names)
        col = {name: i for i, name in enumerate(CONTEXT_FEATURES)}
        out = np.zeros((self.rows, len(CONTEXT_FEATURES)), np.float32)
        if not self.rows or n == 0:
            return out
        cand = ~self.is_none
        owner = self.owner
        weight = np.array([1.0 + np.log(max(len(x.positions), 1)) for x in self.names], np.float32)
        total = float(weight.sum()) + 1e-6
        near = self._near * weight[None, :]
        near_total = near.sum(axis=1) + 1e-3
        b = np.where(cand, belief, 0.0).astype(np.float32)
        # the continent and the region say little on where a name lies
        for plain, nearby in (
            ("country_votes", "country_votes_near"),
            ("admin1_votes", "admin1_votes_near"),
            ("admin2_votes", None),
        ):
            codes, values, local = self._units[plain]
            held = np.zeros((n, len(values)), np.float32)
            np.add.at(held, (owner, local), b * (codes > 0))
            everyone = (weight[:, None] * held).sum(axis=0)
            mine = weight[owner] * held[owner, local]
            votes = (everyone[local] - mine) / (total - weight[owner] + 1e-6)
            out[:, col[plain]] = np.where(codes > 0, votes, 0)
            if nearby:
                out[:, col[nearby]] = np.where(
                    codes > 0, (near @ held)[owner, local] / near_total[owner], 0
                )
            if plain == "country_votes":
                order = np.argsort(-everyone, kind="stable")
                place = np.empty(len(values), np.float32)
                place[order] = np.arange(len(values))
                out[:, col["country_votes_rank"]] = np.where(
                    codes > 0, np.minimum(place[local], 9), 9
                )
        # countries and provinces that the article names outright
        for group, codes, column in (
            (_COUNTRY, self.country, "country_named"),
            (_ADMIN1, self.admin1, "admin1_named"),
        ):
            outright = cand & (self.group == group)
            if outright.any():
                top = int(codes.max()) + 1
                per_name = np.zeros((n, top), np.float32)
                np.maximum.at(per_name, (owner[outright], codes[outright]), b[outright])
                best = per_name.max(axis=0)
                runner = np.where(per_name == best[None, :], 0, per_name).max(axis=0)
                mine = per_name[owner, codes]
                value = np.where(mine >= best[codes], np.maximum(runner[codes], 0), best[codes])
                # two names of one country both count: "Iraq" supports "Iraqi"
                twice = (per_name == best[None, :]).sum(axis=0) > 1
                value = np.where(twice[codes], best[codes], value)
                out[:, col[column]] = np.where(codes > 0, value, 0)
        self._distances(
            out, col=col, b=b, weight=weight, total=total, near=near, near_total=near_total
        )
        self._chains(out, col, b)
        self._dateline(out, col, b)
        out[:, col["belief"]] = belief
        out[self._by_strength(belief), col["belief_rank"]] = (
            np.arange(self.rows) - self.starts[owner]
        )
        lowest = (
            col["log_km_nearest"],
            col["log_km_next"],
            col["country_votes_rank"],
            col["dateline_log_km"],
        )
        kept = out[self.none_rows][:, [col["belief"], col["belief_rank"]]].copy()
        self._best_of(out, lowest)
        out[self.none_rows, col["belief"]] = kept[:, 0]
        out[self.none_rows, col["belief_rank"]] = kept[:, 1]
        return out

    def _distances(
        self,
        out: F32,
        *,
        col: Mapping[str, int],
        b: F32,
        weight: F32,
        total: float,
        near: F32,
        near_total: F32,
    ) -> None:
        """Votes by distance, from each name's few most believed candidates."""
        owner = self.owner
        far = np.isin(self.group, (_COUNTRY, _CONTINENT, len(KIND_GROUPS)))
        strength = np.where(far, 0.0, b)
        sources: list[int] = []
        for start, row in zip(self.starts, self.none_rows, strict=True):
            if row > start:
                local = strength[start:row]
                order = np.argsort(-local, kind="stable")[:_SOURCES_PER_NAME]
                sources.extend(int(start + k) for k in order if local[k] > 0.03)
        out[:, col["log_km_nearest"]] = _LOG_FAR
        out[:, col["log_km_next"]] = _LOG_FAR
        if not sources:
            return
        src = np.array(sources)
        cosine = self.xyz @ self.xyz[src].T
        own = owner[:, None] == owner[src][None, :]
        cosine[own] = -1.0
        w = (strength[src] * weight[owner[src]]).astype(np.float32)
        near_rows = near[owner][:, owner[src]] * strength[src][None, :]
        denominator = total - weight[owner] + 1e-6
        for km in (30, 100, 300):
            within = (cosine > cos_km(km)).astype(np.float32)
            out[:, col[f"votes_{km}km"]] = (within @ w) / denominator
            if km > 30:
                out[:, col[f"votes_{km}km_near"]] = (within * near_rows).sum(axis=1) / near_total[
                    owner
                ]
            if km == 300:
                peers = np.zeros((len(self.names), len(self.names)), np.float32)
                for i, name in enumerate(self.names):
                    for j in name.peers:
                        peers[i, j] = 1.0
                pr = peers[owner][:, owner[src]] * strength[src][None, :]
                out[:, col["list_votes_300km"]] = (within * pr).sum(axis=1)
            if km == 100 and self.home.name is not None:
                at_home = owner[src] == self.home.name
                if at_home.any():
                    out[:, col["home_votes_100km"]] = (
                        within[:, at_home] * strength[src][at_home][None, :]
                    ).sum(axis=1)
        sure = strength[src] > 0.3
        if sure.any():
            close = cosine[:, sure]
            best = close.max(axis=1)
            out[:, col["log_km_nearest"]] = log_km(best)
            if close.shape[1] > 1:
                second = np.partition(close, -2, axis=1)[:, -2]
                out[:, col["log_km_next"]] = log_km(second)

    def _chains(self, out: F32, col: Mapping[str, int], b: F32) -> None:
        """What "X, Y" and lists of names say."""
        for i, name in enumerate(self.names):
            rows = self._candidate_rows(i)
            for parent in name.parents:
                above = self._candidate_rows(parent)
                if not len(rows) or not len(above):
                    continue
                holds = self.contains(above, rows)
                fits = (holds * b[above][:, None]).max(axis=0)
                back = (holds * b[rows][None, :]).max(axis=1)
                np.maximum.at(out[:, col["parent_fits"]], rows, fits)
                np.maximum.at(out[:, col["parent_against"]], rows, b[above].max() - fits)
                np.maximum.at(out[:, col["child_fits"]], above, back)
            for peer in name.peers:
                other = self._candidate_rows(peer)
                if not len(rows) or not len(other):
                    continue
                same = self.country[rows][:, None] == self.country[other][None, :]
                kind = self.group[rows][:, None] == self.group[other][None, :]
                out[rows, col["list_country"]] += (same * b[other][None, :]).sum(axis=1)
                out[rows, col["list_kind"]] += (kind * b[other][None, :]).sum(axis=1)
            if name.peers:
                out[rows, col["list_country"]] /= len(name.peers)
                out[rows, col["list_kind"]] /= len(name.peers)

    def _dateline(self, out: F32, col: Mapping[str, int], b: F32) -> None:
        out[:, col["dateline_log_km"]] = _LOG_FAR
        for i, name in enumerate(self.names):
            if not name.in_dateline or not self.sizes[i]:
                continue
            rows = self._candidate_rows(i)
            top = rows[int(np.argmax(b[rows]))]
            others = self.owner != i
            same = others & (self.country == self.country[top]) & (self.country > 0)
            out[same, col["dateline_country"]] = np.maximum(
                out[same, col["dateline_country"]], b[top]
            )
            if self.group[top] not in (_COUNTRY, _CONTINENT):
                km = log_km(self.xyz @ self.xyz[top])
                out[:, col["dateline_log_km"]] = np.where(
                    others, np.minimum(out[:, col["dateline_log_km"]], km), _LOG_FAR
                )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best candidate of a name: its row (-1: no candidates) and the belief around it."""

    row: int
    mass: float


def settle(table: Table, belief: F32) -> list[Chosen]:
    """The best candidate of every name."""
    return [Chosen(*choose(table, i, belief)) for i in range(len(table.names))]


ANCHOR_COLUMNS = (
    "has_candidates",
    "mass",
    "none",
    "how_part",
    "how_fuzzy",
    "how_stripped",
    *(f"hint_{h}" for h in HINTS),
    "words",
    "literal",
    "organisation",
    "metonymic",
    "demonym",
    "capitals",
    "log_mentions",
    "log_first",
    "after_preposition",
    "near",
    "linked",
    "pick",
    "pick_lead",
    "concentration",
    "anchor_mass",
    "anchor_city",
    "anchor_admin",
    "anchor_country",
    "anchor_log_population",
    "within_161",
    "within_500",
    "country_share",
    "log_names",
    "home_known",
    "home_log_km",
    "candidate_log_km",
    "candidate_country_same",
)


def anchors(
    table: Table, belief: F32, chosen: Sequence[Chosen], paired: Pairs, scores: F32
) -> tuple[NDArray[np.int64], F32]:
    """Where the text would set each name, did nobody know it.

    ``scores`` say of each of the ``paired`` names how well the one is set in the other
    (:meth:`Ranker.pick`); a softmax over a name's pairs makes chances of them.  Gives, for
    each name, the index of the likeliest other name (-1: none), and the ANCHOR_COLUMNS from
    which :meth:`Ranker.anchored` tells how likely the name lies within 161 km of it.
    """
    n = len(table.names)
    out = np.zeros((n, len(ANCHOR_COLUMNS)), np.float32)
    which = np.full(n, -1, np.int64)
    points = paired.points
    if not len(paired.owner):
        return which, out
    score = np.full((n, n), -np.inf, np.float32)
    score[paired.owner, paired.other] = scores + bonus(paired.features)
    best = score.argmax(axis=1)
    top = score[np.arange(n), best]
    found = np.isfinite(top)
    which[found] = best[found]
    score = np.exp(score - np.where(found, top, 0.0)[:, None])
    score /= score.sum(axis=1, keepdims=True) + 1e-9
    rows = np.array([c.row for c in chosen], np.int64)
    mass = np.array([c.mass for c in chosen], np.float32)
    group = np.where(rows >= 0, table.group[rows], -1)
    weight = np.array([np.log1p(max(len(x.positions), 1)) for x in table.names], np.float32)
    xyz = table.xyz[rows[points]]
    cosine = xyz @ xyz.T
    local = np.full(n, -1, np.int64)
    local[points] = np.arange(len(points))
    share161 = (cosine > cos_km(161)).astype(np.float32) @ (weight * mass)[points]
    share500 = (cosine > cos_km(500)).astype(np.float32) @ (weight * mass)[points]
    everything = float((weight * mass)[points].sum()) + 1e-6
    placed = rows >= 0
    countries = np.where(placed, table.country[rows], 0)
    second = np.sort(score, axis=1)[:, -2]
    for i, name in enumerate(table.names):
        j = int(which[i])
        if j < 0:
            continue
        k = int(local[j])
        block = name.block
        row = int(rows[i])
        how = block.hows[row - table.starts[i]] if row >= 0 else ""
        count = max(len(name.roles), 1)
        place = rows[j]
        own = weight[i] * mass[i] if local[i] >= 0 else 0.0
        same = placed & (countries == table.country[place])
        lone = row >= 0
        out[i] = (
            lone,
            mass[i],
            belief[table.none_rows[i]],
            how == "part",
            how == "fuzzy",
            how == "stripped",
            *(block.shape.kind == h for h in HINTS),
            block.name.count(" ") + 1,
            name.roles.count("literal") / count,
            name.roles.count("organisation") / count,
            name.roles.count("metonymic") / count,
            name.roles.count("demonym") / count,
            name.capitals,
            np.log1p(count),
            np.log1p(min(name.positions, default=0)),
            name.after_preposition,
            table._near[i, j],
            j in name.links or j in name.parents or j in name.peers,
            score[i, j],
            score[i, j] - second[i],
            paired.gathered[i, k] / (paired.pull[i].sum() + 1e-6),
            mass[j],
            group[j] == KIND_GROUPS.index("city"),
            group[j] in (_ADMIN1, _ADMIN2),
            group[j] == _COUNTRY,
            table.first[place, 1 + STATIC_FEATURES.index("log_population")],
            (share161[k] - own) / everything,
            (share500[k] - own) / everything,
            float((weight * same).sum() / (weight * placed).sum()),
            np.log1p(n),
            table.home.known,
            log_km(table.xyz[place] @ table.home.xyz) if table.home.xyz is not None else _LOG_FAR,
            log_km(table.xyz[place] @ table.xyz[row]) if lone else _LOG_FAR,
            lone and bool(table.country[row] == table.country[place]),
        )
    return which, out


_ANCHOR_KM = ANCHOR_COLUMNS.index("candidate_log_km")
_LOG_NEAR = float(np.log1p(161))
ANCHOR_FLOOR = 0.45
"""A name that no gazetteer knows is set where the text sets it from this chance on."""


def prefers_anchor(name: Name, sure: float, chance: float, features: F32) -> bool:
    """Whether a name is set where the text sets it rather than at its best candidate.

    Never when the candidate lies there too: it bears the name and is the more precise; never
    for a name that says it is a country.
    """
    near = bool(features[_ANCHOR_KM] <= _LOG_NEAR) and bool(features[0])
    return (
        chance > max(sure, ANCHOR_FLOOR)
        and not near
        and name.block.shape.kind not in ("country", "admin1")
    )


def believed(sure: float, chance: float, features: F32) -> float:
    """The confidence in a candidate: where the text speaks of its surroundings, at least that."""
    near = bool(features[_ANCHOR_KM] <= _LOG_NEAR) and bool(features[0])
    return max(sure, chance) if near else sure


class RankerError(SetupError):
    """The ranker's files are missing, or are not those that its card names."""


class Ranker:
    """The learned ranker: three ensembles and the calibration of their belief."""

    def __init__(
        self,
        sessions: Sequence[onnxruntime.InferenceSession],
        calibration: tuple[Sequence[float], Sequence[float]],
        version: str,
        threshold: float,
        anchor: onnxruntime.InferenceSession | None = None,
        pick: onnxruntime.InferenceSession | None = None,
    ) -> None:
        self._sessions = tuple(sessions)
        self._pick = pick
        self._anchor = anchor
        self._x = np.array(calibration[0], np.float64)
        self._y = np.array(calibration[1], np.float64)
        self.version = version
        self.threshold = threshold

    @classmethod
    def open(cls, path: Path | str | None = None) -> Ranker:
        """Open the ranker that a card (JSON) describes; its files lie beside it.

        Raises RankerError, naming the file, when one is missing or has another hash.
        """
        card_path = Path(path) if path else MODEL
        try:
            card = json.loads(card_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RankerError(
                f"cannot read the ranker's card {str(card_path)!r}: {error}"
            ) from error
        columns = tuple(
            tuple(card.get(c, ())) for c in ("columns", "anchor_columns", "pick_columns")
        )
        if columns != (COLUMNS, ANCHOR_COLUMNS, PICK_COLUMNS):
            raise RankerError(
                f"the ranker {str(card_path)!r} was trained on other features; "
                "run python -m training.train_ranker"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        sessions = []
        for file in card["files"]:
            where = card_path.parent / file["name"]
            try:
                data = where.read_bytes()
            except OSError as error:
                raise RankerError(f"the ranker's file {str(where)!r} is missing") from error
            if hashlib.sha256(data).hexdigest() != file["sha256"]:
                raise RankerError(
                    f"the ranker's file {str(where)!r} is not the one in {card_path.name}: "
                    "its SHA-256 differs; restore it from the release"
                )
            sessions.append(
                onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            )
        pick = sessions.pop()
        anchor = sessions.pop()
        return cls(
            sessions,
            (card["calibration"]["belief"], card["calibration"]["right"]),
            str(card["version"]),
            float(card["threshold"]),
            anchor,
            pick,
        )

    def _scores(self, which: int, features: F32) -> F32:
        session = self._sessions[which]
        (found,) = session.run(None, {session.get_inputs()[0].name: features})
        return np.asarray(found, np.float32).reshape(-1)

    def believe(self, table: Table) -> F32:
        """The belief in every row after all rounds: for each name they sum to 1."""
        if not table.rows:
            return np.zeros(0, np.float32)
        belief = table.softmax(self._scores(0, table.first))
        for which in range(1, len(self._sessions)):
            features = np.concatenate([table.first, table.context(belief)], axis=1)
            belief = table.softmax(self._scores(which, features))
        return belief

    def pick(self, features: F32) -> F32:
        """For rows of PICK_COLUMNS: a score of how well the one name is set in the other."""
        if self._pick is None or not len(features):
            return np.zeros(len(features), np.float32)
        (found,) = self._pick.run(None, {self._pick.get_inputs()[0].name: features})
        return np.asarray(found, np.float32).reshape(-1)

    def anchored(self, features: F32) -> F32:
        """For rows of ANCHOR_COLUMNS: the chance that the name lies within 161 km of there."""
        if self._anchor is None or not len(features):
            return np.zeros(len(features), np.float32)
        (found,) = self._anchor.run(None, {self._anchor.get_inputs()[0].name: features})
        return np.asarray(1 / (1 + np.exp(-np.asarray(found).reshape(-1))), np.float32)

    def calibrate(self, belief: float) -> float:
        """The share of names given this belief that were right, measured out of fold."""
        return float(np.interp(belief, self._x, self._y))


def choose(table: Table, index: int, belief: F32, *, within_km: float = 60.0) -> tuple[int, float]:
    """The best candidate row of a name and the belief that the place is about there.

    A city and the county around it share belief: candidates within ``within_km`` of each
    other count together, and the most believed of the best such cluster wins.  Returns
    (row, belief); row is -1 when the name has no candidates.
    """
    rows = np.arange(table.starts[index], table.none_rows[index])
    if not len(rows):
        return -1, 0.0
    b = belief[rows]
    close = table.xyz[rows] @ table.xyz[rows].T >= cos_km(within_km)
    mass = close @ b
    # the centre of the best cluster is its most believed member
    order = np.lexsort((-b, -np.round(mass, 4)))
    cluster = close[order[0]]
    best = int(np.argmax(np.where(cluster, b, -1.0)))
    sure = float(min(1.0, mass[best]))
    town = _town_of_that_name(table, index, best, cluster)
    if town is None:
        town = _area_of_that_name(table, index, best, b)
    best = best if town is None else town
    return int(rows[best]), max(sure, _said_to_be(table, index, best, b))


_ALIKE, _UNLIKE = 0.8, 0.6
_WANTED = {"admin1": {_ADMIN1}, "region": {_ADMIN1}, "admin2": {_ADMIN2}}
"""Groups of entries that a head word such as "state", "region" or "district" asks for."""


def _town_of_that_name(table: Table, index: int, best: int, cluster: NDArray[Any]) -> int | None:
    """The town that bears the name, where an area was chosen that only an alias gives it.

    Gazetteers list a seat's names as aliases of its province ("Baquba" for Diyala), whose
    population then speaks for the province.
    """
    block = table.names[index].block
    area = block.entries[best]
    if block.group[best] not in (_ADMIN1, _ADMIN2) or block.shape.kind is not None:
        return None
    if _alike(block.name, area.name) >= _UNLIKE:
        return None
    towns = [
        (_alike(block.name, block.entries[i].name), -i)
        for i in np.flatnonzero(cluster)
        if block.group[i] == _CITY
        and block.entries[i].country == area.country
        and block.hows[i] in ("primary", "alias")
    ]
    alike, i = max(towns, default=(0.0, 0))
    return int(-i) if alike >= _ALIKE else None


def _area_of_that_name(table: Table, index: int, best: int, belief: F32) -> int | None:
    """The province or district that a name asks for by its head word ("Sagaing region").

    Its seat of the same name and the district around that share belief, and would outweigh it.
    """
    block = table.names[index].block
    wanted = _WANTED.get(block.shape.kind or "")
    if wanted is None or block.group[best] != _CITY:
        return None
    areas = [
        i
        for i, entry in enumerate(block.entries)
        if block.group[i] in wanted
        and entry.country == block.entries[best].country
        and block.hows[i] in ("primary", "alias")
        and belief[i] >= 0.5 * belief[best]
    ]
    return max(areas, key=lambda i: (belief[i], -i), default=None)


def _said_to_be(table: Table, index: int, best: int, belief: F32) -> float:
    """The belief in a unit whose head word the name gives, with that of what it says it is not.

    "Diyala province" is not the river of that name: what is believed of it speaks for the one.
    """
    block = table.names[index].block
    wanted = _WANTED.get(block.shape.kind or "")
    if wanted is None or block.group[best] not in wanted:
        return 0.0
    country = block.entries[best].country
    mine = [
        i
        for i, entry in enumerate(block.entries)
        if i == best or (entry.country == country and block.group[i] not in wanted)
    ]
    return float(min(1.0, belief[mine].sum()))


def _alike(a: str, b: str) -> float:
    return SequenceMatcher(None, fold(a), fold(b), autojunk=False).ratio()
