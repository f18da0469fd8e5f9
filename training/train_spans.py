"""Train the scorer that weighs which spans of a text name places.

    python -m training.train_spans [--shared ../shared] [--encoders build/folds]
        [--out mapper/models] [--folds build/folds]

Learns from LGL, GeoWebNews and ``written.jsonl``, every document read by the encoder that has
not seen its outlet (folds of ``training/folds.py``); a part of them is read again in capitals and
in lower case.  Writes ``spans.json`` (trained on all) and ``spans-K.json`` (without fold K, for
measuring: ``python -m training.evaluate_places``), and prints what the folds' scorers reach.
Minutes on one core, seeded.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer import Gazetteer
from mapper.encode import Encoder, FloatArray
from mapper.extract.learned import Trees
from mapper.lattice import COLUMNS, Lattice, Scorer, best, lattice, sha256_of
from mapper.model import Article, Span
from mapper.recognise import proposed, trimmed
from training.corpora import fold_key
from training.folds import FOLDS, SHARED, fold_of_key

SEED = 20191216
TREES, DEPTH, LEAVES, RATE, SMALLEST_LEAF, L2, SHARE_OF_COLUMNS = 150, 5, 24, 0.08, 20, 3.0, 0.7
THRESHOLD = 0.35
"""Probability from which a span is taken: best for the mean F of the three corpora, out of fold."""

EVERY = 6
"""One document in so many is read in capitals too, and another in lower case."""

CORPORA = {
    "lgl": "corpora/lgl.jsonl",
    "geowebnews": "corpora/geowebnews.jsonl",
    "written": "evaluation/written.jsonl",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One text: its corpus, fold, candidates, which of them are right, and the coded spans."""

    corpus: str
    fold: int
    lattice: Lattice
    right: NDArray[np.bool_]
    spans: tuple[Span, ...]
    gold: frozenset[Span]


def texts(shared: Path) -> Iterator[tuple[str, int, str, list[Span]]]:
    """(corpus, fold, text, coded spans) of every document, some in another case too."""
    for corpus, path in CORPORA.items():
        with (shared / path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                doc = json.loads(line)
                text = doc["text"]
                coded = doc["toponyms"] if "toponyms" in doc else doc["mentions"]
                gold = [(t["start"], t["end"]) for t in coded if t.get("role") != "nominal"]
                fold = fold_of_key(fold_key(doc), FOLDS)
                yield corpus, fold, text, gold
                for turn, other in enumerate((text.upper(), text.lower())):
                    if number % EVERY == turn and len(other) == len(text):
                        yield (
                            f"{corpus} {('in capitals', 'in lower case')[turn]}",
                            fold,
                            other,
                            gold,
                        )


def sheets(shared: Path, encoders: Path) -> list[Sheet]:
    """All texts read and cut into candidates."""
    gazetteer = Gazetteer.open()
    readers = [Encoder.open(encoders / f"fold{fold}") for fold in range(FOLDS)]
    out = []
    for corpus, fold, text, coded in texts(shared):
        reading = readers[fold].read(text)
        rules = proposed(Article("", text), reading, gazetteer)
        found = lattice(text, reading, rules, gazetteer)
        spans = tuple(trimmed(text, *span) for span in found.spans)
        gold = frozenset(trimmed(text, *span) for span in coded)
        right = np.array([span in gold for span in spans], bool)
        out.append(Sheet(corpus, fold, found, right, spans, gold))
    return out


def fit(some: Sequence[Sheet]) -> Trees:
    """Gradient-boosted trees that tell whether a candidate is a name of a place, cut right."""
    rows: FloatArray = np.concatenate([s.lattice.rows for s in some])
    right = np.concatenate([s.right for s in some]).astype(float)
    model = lgb.train(
        {
            "objective": "binary", "max_depth": DEPTH, "num_leaves": LEAVES,
            "learning_rate": RATE, "min_data_in_leaf": SMALLEST_LEAF, "lambda_l2": L2,
            "feature_fraction": SHARE_OF_COLUMNS, "num_threads": 1, "deterministic": True,
            "seed": SEED, "verbose": -1,
        },
        lgb.Dataset(rows, right),
        TREES,
    )  # fmt: skip
    feature = np.zeros((TREES, 2**DEPTH - 1), np.int64)
    threshold = np.full((TREES, 2**DEPTH - 1), 3e38, np.float32)
    value = np.zeros((TREES, 2**DEPTH), np.float32)
    for i, tree in enumerate(model.dump_model()["tree_info"]):
        _unfold(tree["tree_structure"], 0, 0, feature[i], threshold[i], value[i])
    return Trees.from_dict(Trees(COLUMNS, 0.0, feature, threshold, value).to_dict())


def _unfold(node: Mapping[str, Any], slot: int, level: int, f: Any, t: Any, v: Any) -> None:
    """Write one tree into the arrays of a complete tree of DEPTH."""
    if level == DEPTH:
        v[slot - (2**DEPTH - 1)] = node["leaf_value"]
        return
    if "leaf_value" in node:
        _unfold(node, 2 * slot + 1, level + 1, f, t, v)
        _unfold(node, 2 * slot + 2, level + 1, f, t, v)
        return
    f[slot], t[slot] = node["split_feature"], node["threshold"]
    _unfold(node["left_child"], 2 * slot + 1, level + 1, f, t, v)
    _unfold(node["right_child"], 2 * slot + 2, level + 1, f, t, v)


def measure(
    some: Sequence[Sheet], chances: Callable[[Sheet], FloatArray], least: float
) -> tuple[float, float, float]:
    """Precision, recall and F of the spans taken, strictly cut."""
    hits = taken = coded = 0
    for sheet in some:
        place = dict(zip(sheet.lattice.spans, sheet.spans, strict=True))
        found = {place[s] for s, _ in best(sheet.lattice.spans, chances(sheet), least)}
        hits += len(found & sheet.gold)
        taken += len(found)
        coded += len(sheet.gold)
    return hits / max(taken, 1), hits / max(coded, 1), 2 * hits / max(taken + coded, 1)


def write(trees: Trees, path: Path, about: str) -> None:
    """The scorer as JSON with the SHA-256 of its trees."""
    data = trees.to_dict()
    card = {"about": about, "threshold": THRESHOLD, "sha256": sha256_of(data), "trees": data}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card) + "\n", encoding="utf-8")


def main() -> None:
    """Train, measure and write."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ap.add_argument("--shared", type=Path, default=SHARED)
    ap.add_argument("--encoders", type=Path, default=Path("build/folds"))
    ap.add_argument("--out", type=Path, default=Path("mapper/models"))
    ap.add_argument("--folds", type=Path, default=Path("build/folds"))
    a = ap.parse_args()
    made = sheets(a.shared, a.encoders)
    folds = [fit([s for s in made if s.fold != fold]) for fold in range(FOLDS)]
    for fold, trees in enumerate(folds):
        write(trees, a.folds / f"spans-{fold}.json", f"all but fold {fold}")
    write(fit(made), a.out / "spans.json", "LGL, GeoWebNews, written.jsonl")
    scorers = [Scorer(trees, THRESHOLD) for trees in folds]
    rule = COLUMNS.index("rule")
    for corpus in dict.fromkeys(s.corpus for s in made):
        some = [s for s in made if s.corpus == corpus]
        reach = sum(len(s.gold & set(s.spans)) for s in some) / sum(len(s.gold) for s in some)
        told = [f"rules alone F {measure(some, lambda s: s.lattice.rows[:, rule], 0.5)[2]:.3f}"]
        for least in (0.3, THRESHOLD, 0.4, 0.5):
            p, r, f = measure(some, lambda s: scorers[s.fold](s.lattice), least)
            told.append(f"{least:.2f}: p {p:.3f} r {r:.3f} F {f:.3f}")
        print(f"{corpus:26} {len(some):4} texts, reach {reach:.3f}  {'  '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
