"""Train the toponym ranker: gradient-boosted trees with a softmax over each name's candidates.

    python -m training.train_ranker [--shared ../shared] [--anchors-only] [--out mapper/models]

Learns from LGL, GeoWebNews, GeoCorpora, written.jsonl, the project's composed texts and, in
other news texts, from the names whose places were coded with an incident (TUD-Loc is
non-commercial and is only measured).  Cross-validated by outlet (LGL: feed; web pages: host; else
document); every round is trained on beliefs that the round before gave out of fold, so that it
sees beliefs as uncertain as they will be.  Seeded: the same data give the same files.  Writes the
fold rankers to ``build/folds/ranker-K/`` and the shipped one, trained on everything, to ``--out``
with its calibration and the threshold at which what is placed is right 95 times in 100.

Names that no gazetteer knows are set in another place of the text.  Which one is learned
(``pick.onnx``) from every name with gold coordinates, taken as if nobody knew it; how likely it
lies there (``anchor.onnx``) from the names that the ranker gets wrong.  ``--anchors-only`` learns
these two anew and keeps the rounds that are there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, cast

import lightgbm as lgb
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper
from sklearn.isotonic import IsotonicRegression

from geodata.fold import fold
from geodata.gazetteer import Gazetteer, distance_km
from mapper.candidates import F32, Candidates
from mapper.discourse import Discourse, discourse
from mapper.model import Article, Mention, Role
from mapper.rank import (
    ANCHOR_COLUMNS,
    COLUMNS,
    FIRST_COLUMNS,
    ROUNDS,
    Name,
    Ranker,
    Table,
    anchors,
    believed,
    prefers_anchor,
    settle,
)
from mapper.setting import PICK_COLUMNS, Pairs, pairs
from training.corpora import fold_key
from training.folds import FOLDS
from training.folds import fold_of_key as fold_of
from training.incident_data import Readers, coded_documents, readings

SEED = 20191216
NEAR_KM = 161.0
COMPOSED = Path(__file__).parent / "data" / "composed_places.jsonl"
TREES = (100, 120, 160)
PARAMS: dict[str, Any] = {
    "learning_rate": 0.08,
    "num_leaves": 24,
    "min_data_in_leaf": 25,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "num_threads": 1,
    "seed": SEED,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "min_sum_hessian_in_leaf": 1e-2,
}
_ROLE_OF_TYPE: dict[str, Role] = {
    "Demonym": "demonym",
    "Language": "demonym",
    "Metonymic": "metonymic",
    "Coercion": "metonymic",
    "Embedded_Non_Lit": "organisation",
    "Embedded_Literal": "organisation",
}


@dataclass(slots=True)
class Doc:
    """A document to learn from or to measure on: its gold spans with their places."""

    corpus: str
    article: Article
    gold: list[dict[str, Any]]
    group: str
    weight: float = 1.0
    mentions: list[Mention] = field(default_factory=list)


def _role(corpus: str, toponym: dict[str, Any], candidates: Candidates) -> Role:
    if corpus in ("written", "composed"):
        role: Role = toponym["role"]
        return role
    kind = toponym.get("type")
    if corpus == "geowebnews":
        if toponym.get("modifier_type") == "Adjective":
            return "demonym"
        return _ROLE_OF_TYPE.get(str(kind), "literal")
    block = candidates.block(toponym["phrase"])
    return "demonym" if block.hows[:1] == ("demonym",) else "literal"


def load(path: Path, corpus: str, candidates: Candidates) -> list[Doc]:
    """The documents of one corpus, with their gold spans as mentions."""
    docs = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        raw = json.loads(line)
        article = Article(
            raw["id"],
            raw["text"],
            raw.get("published") or raw.get("publication_date"),
            raw.get("title"),
            raw.get("url"),
            raw.get("domain"),
        )
        gold = []
        seen: set[tuple[int, int]] = set()
        for t in raw["toponyms"] if "toponyms" in raw else raw["mentions"]:
            if t.get("role") == "nominal" or (t["start"], t["end"]) in seen:
                continue
            if corpus == "geocorpora" and (t.get("vague") or t.get("uncertain")):
                continue
            seen.add((t["start"], t["end"]))
            gold.append(t)
        if corpus == "geocorpora" and not gold:
            continue
        gold.sort(key=lambda t: (t["start"], t["end"]))
        mentions = [
            Mention(
                t["start"],
                t["end"],
                raw["text"][t["start"] : t["end"]],
                _role(corpus, t | {"phrase": raw["text"][t["start"] : t["end"]]}, candidates),
            )
            for t in gold
        ]
        weight = 0.3 if corpus == "geocorpora" else 1.0
        docs.append(Doc(corpus, article, gold, fold_key(raw), weight, mentions))
    return docs


ALIKE = 0.75
"""How like the head of a coded place's name a mention must be to be that place, 0 to 1."""
_COARSE_PRECISION = ("country", "region", "sea")


def _same_name(mention: str, coded: str) -> bool:
    """Whether a mention is what a coded place is called: "oak creek", "Oak Creek, Wisconsin"."""
    a, b = (fold(x).replace(" ", "") for x in (mention, coded.split(",", maxsplit=1)[0]))
    return SequenceMatcher(None, a, b).ratio() >= ALIKE


def load_coded(shared: Path, have: Collection[str], candidates: Candidates) -> list[Doc]:
    """Coded news texts: their mentions as the encoders of their folds find them.

    Only names that a coded place of an incident is called by have a place to learn from, wherever
    they stand in the text; the others are what surrounds them.  Countries and the like, which
    coders put anywhere in their midst, and provinces whose midst is another's teach nothing.
    """
    documents = [
        d
        for d in coded_documents(shared)
        if d.source == "coded" and d.round > 1 and d.article.id not in have
    ]
    found = readings("coded", documents, Readers())
    docs = []
    for d in documents:
        mentions = [
            Mention(m.start, m.end, m.text, m.role)
            for m in found[d.article.id][1]
            if m.role != "nominal"
        ]
        called: dict[str, dict[str, Any]] = {}
        for p in (p for i in d.incidents for p in i["places"] if p.get("lat") is not None):
            if p["precision"] in _COARSE_PRECISION:
                continue
            for m in mentions:
                if not (
                    m.start < p["end"] and p["start"] < m.end and _same_name(m.text, p["name"])
                ):
                    continue
                place = {"lat": p["lat"], "lon": p["lon"]}
                near = any(_error(place, e) <= NEAR_KM for e in candidates.block(m.text).entries)
                if near or p["precision"] in ("facility", "neighbourhood", "city"):
                    called.setdefault(fold(m.text), place)
        gold = [
            called.get(fold(m.text), {}) if m.role in ("literal", "metonymic") else {}
            for m in mentions
        ]
        if any(gold):
            docs.append(Doc("coded", d.article, gold, d.article.id, 1.0, mentions))
    return docs


def _target(row_entries: Sequence[Any], gold: dict[str, Any]) -> NDArray[np.float64]:
    """How right each candidate is: the place itself 1, its surroundings less."""
    out = np.zeros(len(row_entries))
    gid = gold.get("geonameid")
    for i, entry in enumerate(row_entries):
        if gid and entry.geonameid is not None and str(entry.geonameid) == str(gid):
            out[i] = 1.0
            continue
        d = distance_km((gold["lat"], gold["lon"]), (entry.lat, entry.lon))
        out[i] = 0.7 if d <= 5 else 0.5 if d <= 25 else 0.25 if d <= NEAR_KM else 0.0
    return out


@dataclass(slots=True)
class Sheet:
    """One reading of a document: its rows, and what would be right."""

    doc: Doc
    told: Discourse
    table: Table
    target: F32  # per row, sums to 1 over a name with gold, else 0
    weight: F32  # per row


def sheet(doc: Doc, candidates: Candidates, *, outlet: bool = True, known: bool = True) -> Sheet:
    """Lay a document out; ``outlet`` and ``known`` hide the outlet or the table of outlets."""
    told = discourse(doc.article, doc.mentions, candidates, use_outlet=outlet, use_table=known)
    table = Table(told.names, told.home)
    target = np.zeros(table.rows, np.float64)
    weight = np.zeros(table.rows, np.float64)
    for at, gold in zip(told.of_mention, doc.gold, strict=True):
        if at < 0 or gold.get("lat") is None:
            continue
        start, none = table.starts[at], table.none_rows[at]
        right = _target(told.names[at].block.entries, gold)
        if right.max(initial=0.0) > 0:
            target[start:none] += right / right.sum()
        else:
            target[none] += 1.0
        weight[start : none + 1] += 1.0
    held = weight > 0
    target[held] /= weight[held]
    weight[held] = doc.weight * np.sqrt(weight[held])
    return Sheet(doc, told, table, target.astype(np.float32), weight.astype(np.float32))


def _objective(
    starts: NDArray[np.int64], owner: NDArray[np.int64]
) -> Callable[[NDArray[np.float64], lgb.Dataset], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    def softmax_loss(
        scores: NDArray[np.float64], data: lgb.Dataset
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        y = np.asarray(data.get_label())
        w = np.asarray(data.get_weight())
        top = np.maximum.reduceat(scores, starts)
        e = np.exp(scores - top[owner])
        p = e / np.add.reduceat(e, starts)[owner]
        return (p - y) * w, np.maximum(2 * p * (1 - p), 1e-3) * w

    return softmax_loss


def fit(sheets: Sequence[Sheet], features: Sequence[F32], trees: int) -> lgb.Booster:
    """Boost trees for the softmax over each name's rows; names without gold take no part."""
    xs, ys, ws, sizes = [], [], [], []
    for s, x in zip(sheets, features, strict=True):
        held = s.weight > 0
        if not held.any():
            continue
        xs.append(x[held])
        ys.append(s.target[held])
        ws.append(s.weight[held])
        of = s.table.owner[held]
        sizes.append(np.bincount(of)[np.unique(of)])
    size = np.concatenate(sizes)
    starts = np.cumsum(size) - size
    owner = np.repeat(np.arange(len(size)), size)
    columns = COLUMNS[: xs[0].shape[1]]
    data = lgb.Dataset(
        np.concatenate(xs),
        np.concatenate(ys),
        weight=np.concatenate(ws),
        feature_name=list(columns),
        free_raw_data=True,
    )
    params = PARAMS | {"objective": _objective(starts, owner)}
    return lgb.train(params, data, num_boost_round=trees)


def _rows(sheet_: Sheet, belief: F32 | None) -> F32:
    if belief is None:
        return sheet_.table.first
    return np.concatenate([sheet_.table.first, sheet_.table.context(belief)], axis=1)


def _believe(model: lgb.Booster, sheet_: Sheet, x: F32) -> F32:
    if not sheet_.table.rows:
        return np.zeros(0, np.float32)
    return sheet_.table.softmax(np.asarray(model.predict(x, num_threads=1), np.float32))


def train(sheets: Sequence[Sheet], halves: Sequence[int]) -> list[lgb.Booster]:
    """The ensembles of all rounds; ``halves`` splits the sheets for out-of-fold beliefs."""
    models: list[lgb.Booster] = []
    beliefs: list[F32 | None] = [None] * len(sheets)
    for which in range(ROUNDS):
        x = [_rows(s, b) for s, b in zip(sheets, beliefs, strict=True)]
        models.append(fit(sheets, x, TREES[which]))
        if which == ROUNDS - 1:
            break
        fresh: list[F32 | None] = [None] * len(sheets)
        for half in sorted(set(halves)):
            inside = [i for i, h in enumerate(halves) if h != half]
            model = fit([sheets[i] for i in inside], [x[i] for i in inside], TREES[which])
            for i, h in enumerate(halves):
                if h == half:
                    fresh[i] = _believe(model, sheets[i], x[i])
        beliefs = fresh
    return models


def predict(models: Sequence[lgb.Booster], sheet_: Sheet) -> F32:
    """The last round's beliefs."""
    belief: F32 | None = None
    for model in models:
        belief = _believe(model, sheet_, _rows(sheet_, belief))
    assert belief is not None
    return belief


def to_onnx(model: lgb.Booster) -> bytes:
    """The trees as one ONNX TreeEnsembleRegressor; thresholds rounded down to float32."""
    fields = "treeids nodeids featureids values modes truenodeids falsenodeids"
    keys = [f"nodes_{f}" for f in fields.split()] + ["nodes_missing_value_tracks_true"]
    keys += [f"target_{f}" for f in ("treeids", "nodeids", "ids", "weights")]
    a: dict[str, list[Any]] = {k: [] for k in keys}
    dump = model.dump_model()
    for t, tree in enumerate(dump["tree_info"]):
        count = 0

        def walk(node: dict[str, Any], t: int = t) -> int:
            nonlocal count
            here = count
            count += 1
            leaf = "split_feature" not in node
            at = len(a["nodes_treeids"])
            for key in keys[:8]:
                a[key].append(0)
            a["nodes_treeids"][at] = t
            a["nodes_nodeids"][at] = here
            if leaf:
                a["nodes_modes"][at] = "LEAF"
                a["nodes_values"][at] = 0.0
                a["target_treeids"].append(t)
                a["target_nodeids"].append(here)
                a["target_ids"].append(0)
                a["target_weights"].append(float(node["leaf_value"]))
                return here
            cut = np.float32(node["threshold"])
            if float(cut) > node["threshold"]:
                cut = np.nextafter(cut, np.float32(-np.inf))
            a["nodes_featureids"][at] = int(node["split_feature"])
            a["nodes_values"][at] = float(cut)
            a["nodes_modes"][at] = "BRANCH_LEQ"
            a["nodes_truenodeids"][at] = walk(node["left_child"])
            a["nodes_falsenodeids"][at] = walk(node["right_child"])
            return here

        walk(tree["tree_structure"])
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        ["score"],
        domain="ai.onnx.ml",
        n_targets=1,
        post_transform="NONE",
        aggregate_function="SUM",
        **cast(Any, a),
    )
    graph = helper.make_graph(
        [node],
        "ranker",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, model.num_feature()])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
    )
    made.ir_version = 8
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())


@dataclass(frozen=True, slots=True)
class Judged:
    """One gold toponym after ranking: whether it is right, how sure, whether it had a chance.

    ``anchor`` are the ANCHOR_COLUMNS of its name, ``anchor_right`` whether the place that the
    text would set it in is near enough; None where there is no such place.
    """

    corpus: str
    fold: int
    belief: float
    right: bool
    placed: bool
    reachable: bool
    error_km: float
    phrase: str
    doc: str
    anchor: F32 | None
    anchor_right: bool
    anchor_km: float
    name: Name


def _error(gold: dict[str, Any], entry: Any) -> float:
    if gold.get("geonameid") and str(entry.geonameid) == str(gold["geonameid"]):
        return 0.0
    return distance_km((gold["lat"], gold["lon"]), (entry.lat, entry.lon))


@dataclass(frozen=True, slots=True)
class Read:
    """A document after ranking: its beliefs, what was chosen, its names in pairs."""

    sheet: Sheet
    belief: F32
    paired: Pairs


def read(sheet_: Sheet, belief: F32) -> Read:
    """Pair the names of a ranked document."""
    return Read(sheet_, belief, pairs(sheet_.table, settle(sheet_.table, belief)))


PICK_TREES = 200
PICK_PARAMS: dict[str, Any] = {
    "num_leaves": 8,
    "learning_rate": 0.08,
    "min_data_in_leaf": 20,
    # words that set a name in another never speak against it
    "monotone_constraints": [int(c.startswith("link_")) for c in PICK_COLUMNS],
}
LACKED = 3.0
PICK_GRADES = ((10.0, 1.0), (25.0, 0.85), (60.0, 0.3), (161.0, 0.08))
"""How good a place is to set a name in, by the distance in km from where the name lies."""
_COARSE = ("country", "admin1", "continent", "region", "sea", "ocean")


@dataclass(frozen=True, slots=True)
class Lesson:
    """The pairs of one name with gold coordinates: features, goodness (sums to 1), weight."""

    features: F32
    target: NDArray[np.float64]
    weight: float


def lessons(r: Read) -> list[Lesson]:
    """What a document teaches of where its names are set.

    A name that the gazetteer knows counts as if it did not; countries and provinces, which it
    never lacks, are left out, and towns that it never lacks weigh little.  Names that it does
    lack weigh most.  Those that lie near nothing in the text teach nothing.
    """
    table, names = r.sheet.table, r.sheet.told.names
    chosen = settle(table, r.belief)
    out = []
    for at, gold in dict(zip(r.sheet.told.of_mention, r.sheet.doc.gold, strict=True)).items():
        if at < 0 or gold.get("lat") is None:
            continue
        near = [e for e in names[at].block.entries if _error(gold, e) <= NEAR_KM]
        if any(e.kind in _COARSE for e in near[:1]):
            continue
        mine = np.flatnonzero(r.paired.owner == at)
        good = np.zeros(len(mine))
        for k, j in enumerate(r.paired.other[mine]):
            there = names[j].block.entries[chosen[j].row - table.starts[j]]
            away = distance_km((gold["lat"], gold["lon"]), (there.lat, there.lon))
            good[k] = next((g for limit, g in PICK_GRADES if away <= limit), 0.0)
        if good.max(initial=0.0) <= 0:
            continue
        good **= 2
        town = any(e.kind in ("city", "capital", "admin2") for e in near[:1])
        weight = LACKED if not near else 0.3 if town else 1.0
        out.append(Lesson(r.paired.features[mine], good / good.sum(), weight * r.sheet.doc.weight))
    return out


def fit_pick(reads: Sequence[Read]) -> lgb.Booster:
    """Learn which place of a text a name lies in or near: a softmax over a name's pairs."""
    found = [lesson for r in reads for lesson in lessons(r)]
    size = np.array([len(f.target) for f in found])
    data = lgb.Dataset(
        np.concatenate([f.features for f in found]),
        np.concatenate([f.target for f in found]),
        weight=np.repeat([f.weight for f in found], size),
        feature_name=list(PICK_COLUMNS),
        free_raw_data=True,
    )
    objective = _objective(np.cumsum(size) - size, np.repeat(np.arange(len(size)), size))
    params = PARAMS | PICK_PARAMS | {"objective": objective}
    return lgb.train(params, data, num_boost_round=PICK_TREES)


def judge(r: Read, pick: lgb.Booster | None) -> list[Judged]:
    """Every gold toponym of a document with the place chosen for its name."""
    out = []
    sheet_ = r.sheet
    table, names = sheet_.table, sheet_.told.names
    chosen = settle(table, r.belief)
    scores = np.zeros(len(r.paired.owner), np.float32)
    if pick is not None and len(scores):
        scores = np.asarray(pick.predict(r.paired.features, num_threads=1), np.float32)
    which, features = anchors(table, r.belief, chosen, r.paired, scores)
    fold = fold_of(sheet_.doc.group)
    for at, gold, mention in zip(
        sheet_.told.of_mention, sheet_.doc.gold, sheet_.doc.mentions, strict=True
    ):
        if gold.get("lat") is None or at < 0:
            continue
        row, sure = chosen[at].row, chosen[at].mass
        error, reachable = 20039.0, False
        if row >= 0:
            entries = names[at].block.entries
            errors = [_error(gold, e) for e in entries]
            error = errors[row - table.starts[at]]
            reachable = min(errors) <= NEAR_KM
        j = int(which[at])
        away = 20039.0
        if j >= 0:
            there = names[j].block.entries[chosen[j].row - table.starts[j]]
            away = _error(gold, there)
        out.append(
            Judged(
                sheet_.doc.corpus,
                fold,
                sure,
                error <= NEAR_KM,
                row >= 0,
                reachable,
                error,
                mention.text,
                sheet_.doc.article.id,
                features[at] if j >= 0 else None,
                away <= NEAR_KM,
                away,
                names[at],
            )
        )
    return out


def table_lacking(judged: Iterable[Judged], title: str) -> None:
    """Print how near the place of the text comes to names that the gazetteer lacks."""
    by: dict[str, list[float]] = defaultdict(list)
    for j in judged:
        if not j.reachable:
            by[j.corpus].append(j.anchor_km)
    for corpus, found in by.items():
        away = np.array(found)
        print(
            f"{title:14} {corpus:12} names no gazetteer knows {len(away):4}: in the text's place"
            + "".join(f"  A@{limit} {(away <= limit).mean():.3f}" for limit in (10, 25, 161)),
            flush=True,
        )


def fit_anchor(judged: Sequence[Judged]) -> lgb.Booster:
    """Learn how likely an unknown name lies near the place that the text speaks of."""
    held = [j for j in judged if j.anchor is not None]
    x = np.stack([j.anchor for j in held if j.anchor is not None])
    y = np.array([j.anchor_right for j in held], float)
    # names that the gazetteer could not place matter most: they are what this is for
    w = np.array([1.0 if not j.right else 0.15 for j in held])
    data = lgb.Dataset(x, y, weight=w, feature_name=list(ANCHOR_COLUMNS), free_raw_data=True)
    params = PARAMS | {"objective": "binary", "num_leaves": 8, "learning_rate": 0.05}
    return lgb.train(params, data, num_boost_round=120)


def with_anchor(j: Judged, chance: float, sure: float) -> tuple[bool, float]:
    """(right, confidence) once the likelier of candidate and surroundings is taken."""
    if j.anchor is not None:
        if prefers_anchor(j.name, sure, chance, j.anchor):
            return j.anchor_right, chance
        sure = believed(sure, chance, j.anchor)
    return j.right, sure if j.placed else 0.0


def ece(belief: NDArray[np.float64], right: NDArray[np.float64], bins: int = 10) -> float:
    """Expected calibration error over equally wide bins."""
    which = np.minimum((belief * bins).astype(int), bins - 1)
    total = 0.0
    for k in range(bins):
        held = which == k
        if held.any():
            total += float(held.mean() * abs(belief[held].mean() - right[held].mean()))
    return total


def threshold_for(belief: NDArray[np.float64], right: NDArray[np.float64], wanted: float) -> float:
    """The lowest confidence from which on at least ``wanted`` of the placed are right."""
    order = np.argsort(-belief, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= wanted)
    return float(belief[order][good[-1]]) if len(good) else 1.0


def isotonic(judged: Sequence[Judged]) -> tuple[list[float], list[float]]:
    """Belief to confidence as a piecewise linear map."""
    x = np.array([j.belief for j in judged])
    y = np.array([j.right for j in judged], float)
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(x, y)
    grid = np.linspace(0, 1, 41)
    smooth = np.clip(fitted.predict(grid), 0.0, 0.995)
    return [round(float(g), 3) for g in grid], [round(float(v), 4) for v in smooth]


def write(
    models: Sequence[lgb.Booster | bytes],
    out: Path,
    calibration: tuple[list[float], list[float]],
    threshold: float,
    about: dict[str, Any],
) -> None:
    """Write the ensembles and their card."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for i, model in enumerate(models):
        data = model if isinstance(model, bytes) else to_onnx(model)
        name = f"ranker-{i}.onnx" if i < ROUNDS else ("anchor.onnx", "pick.onnx")[i - ROUNDS]
        (out / name).write_bytes(data)
        files.append({"name": name, "sha256": hashlib.sha256(data).hexdigest()})
    version = hashlib.sha256("".join(f["sha256"] for f in files).encode()).hexdigest()[:12]
    card = {
        "version": version,
        "about": about,
        "threshold": round(threshold, 4),
        "calibration": {"belief": calibration[0], "right": calibration[1]},
        "files": files,
        "columns": list(COLUMNS),
        "anchor_columns": list(ANCHOR_COLUMNS),
        "pick_columns": list(PICK_COLUMNS),
    }
    (out / "ranker.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def table_of(judged: Iterable[Judged], title: str) -> None:
    """Print A@161 by corpus."""
    by: dict[str, list[Judged]] = defaultdict(list)
    for j in judged:
        by[j.corpus].append(j)
    for corpus, found in by.items():
        n = len(found)
        print(
            f"{title:14} {corpus:12} n {n:5}  A@161 {sum(j.right for j in found) / n:.3f}"
            f"  reachable {sum(j.reachable for j in found) / n:.3f}"
            f"  placed {sum(j.placed for j in found) / n:.3f}",
            flush=True,
        )


def table_anchored(
    judged: Sequence[Judged],
    title: str,
    of_fold: Sequence[lgb.Booster],
    whole: lgb.Booster,
    calibration: tuple[list[float], list[float]],
) -> dict[str, float]:
    """Print A@161 by corpus with unknown names set where the text sets them, and ECE.

    Gives, for each corpus, the confidence from which 95 of 100 placed are right.
    """
    cuts: dict[str, float] = {}
    by: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for j in judged:
        model = whole if j.corpus == "tud" else of_fold[j.fold]
        chance = 0.0
        if j.anchor is not None:
            chance = float(np.asarray(model.predict(j.anchor[None, :], num_threads=1))[0])
        by[j.corpus].append(with_anchor(j, chance, float(np.interp(j.belief, *calibration))))
    for corpus, found in by.items():
        right = np.array([r for r, _ in found], float)
        sure = np.array([s for _, s in found])
        placed = sure > 0
        print(
            f"{title:14} {corpus:12} set in context: A@161 {right.mean():.3f}"
            f"  placed {placed.mean():.3f}  ECE {ece(sure[placed], right[placed]):.3f}",
            flush=True,
        )
        cut = threshold_for(sure[placed], right[placed], 0.95)
        cuts[corpus] = cut
        print(f"{'':28}precision .95 from {cut:.3f}: {(sure >= cut).mean():.3f} of all kept")
    return cuts


def corpora(shared: Path, candidates: Candidates) -> tuple[list[Doc], list[Doc]]:
    """(documents to learn from, documents only to measure on)."""
    learn = []
    for corpus in ("lgl", "geowebnews", "geocorpora"):
        learn += load(shared / "corpora" / f"{corpus}.jsonl", corpus, candidates)
    learn += load(shared / "evaluation" / "written.jsonl", "written", candidates)
    learn += load(COMPOSED, "composed", candidates)
    learn += load_coded(shared, {d.article.id for d in learn}, candidates)
    return learn, load(shared / "corpora" / "tud_loc_2013.jsonl", "tud", candidates)


def _sessions(folder: Path) -> tuple[list[bytes], list[onnxruntime.InferenceSession]]:
    data = [(folder / f"ranker-{i}.onnx").read_bytes() for i in range(ROUNDS)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return data, [
        onnxruntime.InferenceSession(d, options, providers=["CPUExecutionProvider"]) for d in data
    ]


class Kept:
    """The rounds of a ranker that is there already, to learn its anchors anew."""

    def __init__(self, folder: Path) -> None:
        self.data, sessions = _sessions(folder)
        self._ranker = Ranker(sessions, ((0.0, 1.0), (0.0, 1.0)), "", 0.0)

    def believe(self, sheet_: Sheet) -> F32:
        """The last round's beliefs."""
        return self._ranker.believe(sheet_.table)


class Fresh:
    """Rounds that were trained just now."""

    def __init__(self, models: Sequence[lgb.Booster]) -> None:
        self.data: Sequence[lgb.Booster | bytes] = models
        self._models = models

    def believe(self, sheet_: Sheet) -> F32:
        """The last round's beliefs."""
        return predict(self._models, sheet_)


def main() -> None:
    """Cross-validate, print the figures, write the fold rankers and the shipped one."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ap.add_argument("--shared", type=Path, default=Path("../shared"))
    ap.add_argument("--out", type=Path, default=Path("mapper/models"))
    ap.add_argument("--folds", type=Path, default=Path("build/folds"))
    ap.add_argument("--dry", action="store_true", help="measure only, write nothing")
    ap.add_argument("--anchors-only", action="store_true", help="keep the rounds that are there")
    ap.add_argument("--errors", type=Path, help="write the wrong ones here, a line each")
    a = ap.parse_args()
    began = time.perf_counter()
    gazetteer = Gazetteer.open()
    candidates = Candidates(gazetteer)
    learn, measure = corpora(a.shared, candidates)
    # three readings of each: with all that is known, without the table, without the outlet
    full = [sheet(d, candidates) for d in learn]
    bare = [sheet(d, candidates, known=False) for d in learn]
    blind = [sheet(d, candidates, outlet=False) for d in learn]
    folds = [fold_of(d.group) for d in learn]
    halves = [fold_of("half" + d.group) % 2 for d in learn]
    print(f"{len(learn)} documents read, {time.perf_counter() - began:.0f} s", flush=True)
    third = [i % 3 for i in range(len(learn))]
    readings = {"full": full, "no table": bare, "no outlet": blind}
    titles = tuple(readings)
    # an outlet of a table, of an address, or unknown: a third of the documents each
    mixed = [readings[titles[third[i]]][i] for i in range(len(learn))]

    def rounds(left_out: int | None) -> Kept | Fresh:
        if a.anchors_only:
            return Kept(a.out if left_out is None else a.folds / f"ranker-{left_out}")
        inside = [i for i, f in enumerate(folds) if f != left_out]
        local = [i for i in inside if learn[i].corpus in ("lgl", "geowebnews")]
        sheets = [mixed[i] for i in inside] + [full[i] for i in local]
        return Fresh(train(sheets, [halves[i] for i in inside] + [halves[i] for i in local]))

    fold_rounds: list[Kept | Fresh] = []
    reads: dict[str, dict[int, Read]] = {title: {} for title in readings}
    for k in range(FOLDS):
        models = rounds(k)
        fold_rounds.append(models)
        for i, f in enumerate(folds):
            if f == k:
                for title, of_title in readings.items():
                    reads[title][i] = read(of_title[i], models.believe(of_title[i]))
        print(f"fold {k}: {time.perf_counter() - began:.0f} s", flush=True)
    # tweets say too little around a name to learn where it is set
    news = [i for i, d in enumerate(learn) if d.corpus != "geocorpora"]
    taught = [(folds[i], reads[titles[third[i]]][i]) for i in news]
    pick_of_fold = [fit_pick([r for f, r in taught if f != k]) for k in range(FOLDS)]
    pick_model = fit_pick([r for _, r in taught])
    print(f"anchors picked: {time.perf_counter() - began:.0f} s", flush=True)
    judged = {
        title: [
            j
            for i, f in enumerate(folds)
            for j in judge(found[i], pick_of_fold[f] if learn[i].corpus != "geocorpora" else None)
        ]
        for title, found in reads.items()
    }
    for title, all_found in judged.items():
        table_of(all_found, title)
        table_lacking((j for j in all_found if j.corpus != "geocorpora"), title)
    judged_news = [j for f, r in taught for j in judge(r, pick_of_fold[f])]
    table_lacking(judged_news, "mixed")
    anchor_of_fold = [fit_anchor([j for j in judged_news if j.fold != k]) for k in range(FOLDS)]
    anchor_model = fit_anchor(judged_news)
    weighed = [j for j in judged["full"] if j.corpus in ("lgl", "geowebnews", "written")]
    weighed = [j for j in weighed if j.placed]
    calibration = isotonic(weighed)
    sure = np.interp([j.belief for j in weighed], *calibration)
    right = np.array([j.right for j in weighed], float)
    print(f"ECE over LGL, GeoWebNews and written, out of fold: {ece(sure, right):.3f}")
    threshold = 0.0
    shipped = rounds(None)
    tud = [
        j
        for d in measure
        for s in [sheet(d, candidates)]
        for j in judge(read(s, shipped.believe(s)), pick_model)
    ]
    table_of(tud, "never seen")
    table_lacking(tud, "never seen")
    for title, all_found in [*judged.items(), ("never seen", tud)]:
        cuts = table_anchored(all_found, title, anchor_of_fold, anchor_model, calibration)
        if title in ("full", "no table"):
            threshold = max(threshold, cuts["lgl"], cuts["geowebnews"])
    print(f"threshold {threshold:.3f}")
    if a.errors:
        lines = [
            json.dumps(
                [j.corpus, j.doc, j.phrase, round(j.error_km), round(j.belief, 2), j.reachable]
            )
            for j in judged["full"] + tud
            if not j.right
        ]
        a.errors.write_text("\n".join(lines) + "\n", encoding="utf-8")
    gain = Counter(dict(zip(PICK_COLUMNS, pick_model.feature_importance("gain"), strict=True)))
    print("what weighs most:", ", ".join(f"{n} {v:.0f}" for n, v in gain.most_common(15)))
    if a.dry:
        return
    about = {
        "trained_on": "LGL, GeoWebNews, GeoCorpora, written, composed_places and coded.jsonl",
        "gazetteer": getattr(gazetteer, "version", "unknown"),
        "seed": SEED,
        "first_columns": len(FIRST_COLUMNS),
    }
    for k, of_fold in enumerate(fold_rounds):
        write(
            [*of_fold.data, anchor_of_fold[k], pick_of_fold[k]],
            a.folds / f"ranker-{k}",
            calibration,
            threshold,
            about | {"left_out": k},
        )
    write([*shipped.data, anchor_model, pick_model], a.out, calibration, threshold, about)
    Ranker.open(a.out / "ranker.json")
    print(f"written to {a.out}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
