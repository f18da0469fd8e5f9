"""Measure an encoder on texts it has not seen, head by head.

    python -m training.measure --model build/folds            # every fold on its own texts
    python -m training.measure --model build/folds/fold0 --fold 0

Figures: strict F of places (as the project's scorer trims them), roles on spans given,
F of triggers by overlap and by sentence, kinds and modalities at triggers given, the place
linked to a trigger given, sameness of triggers given, arguments by overlap.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from mapper.encode import ARGUMENTS, KINDS, MODALITIES, RELATIONS, ROLES, Encoder, Reading
from training.corpora import UNKNOWN, Example, Words, load
from training.folds import FOLDS, SHARED, fold_of_key

PLACE = RELATIONS.index("place")
SOURCES = ("lgl", "geowebnews", "written", "coded", "composed", "event_location")


class Tally:
    """Counts behind F scores and shares, by source and name."""

    def __init__(self) -> None:
        self.f: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.share: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def spans(self, key: tuple[str, str], gold: set[object], found: set[object]) -> None:
        """Count strict matches."""
        self.f[key].update(tp=len(gold & found), gold=len(gold), found=len(found))

    def right(self, key: tuple[str, str], is_right: bool) -> None:
        """Count one answer."""
        self.share[key].update(right=int(is_right), n=1)

    def rows(self) -> dict[str, dict[str, object]]:
        """All figures, by source."""
        out: dict[str, dict[str, object]] = defaultdict(dict)
        for (source, name), c in sorted(self.f.items()):
            p = c["tp"] / c["found"] if c["found"] else 0.0
            r = c["tp"] / c["gold"] if c["gold"] else 0.0
            f = 2 * p * r / (p + r) if p + r else 0.0
            out[source][name] = {
                "p": round(p, 3),
                "r": round(r, 3),
                "f": round(f, 3),
                "n": c["gold"],
            }
        for (source, name), c in sorted(self.share.items()):
            out[source][name] = {"right": round(c["right"] / c["n"], 3), "n": c["n"]}
        return dict(out)


def _overlaps(a: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(a[0] < d and c < a[1] for c, d in spans)


def _overlap_counts(
    tally: Tally, key: tuple[str, str], gold: list[tuple[int, int]], found: list[tuple[int, int]]
) -> None:
    hit_gold = sum(_overlaps(g, found) for g in gold)
    hit_found = sum(_overlaps(f, gold) for f in found)
    # overlap is many to many: precision by what was found, recall by what was to be found
    tally.f[key].update(gold=len(gold), found=len(found), tp=min(hit_gold, hit_found))


def measure(encoder: Encoder, example: Example, tally: Tally) -> None:
    """Add one text's counts."""
    text, source = example.text, example.source
    located = Words(text)

    def chars(a: int, b: int) -> tuple[int, int]:
        return located.starts[a], located.ends[b - 1]

    if source == "event_location":
        _verb(encoder, example, located, tally)
        return
    reading = encoder.read(text)
    if source in ("lgl", "geowebnews", "written"):
        _places(encoder, example, located, reading, tally)
    if not any(t.incidents for t in example.triggers):
        return
    gold = [(t.start, t.end) for t in example.triggers]
    found = [t.words for t in reading.triggers if t.score >= 0.5]
    _overlap_counts(tally, (source, "trigger overlap"), gold, found)
    tally.spans(
        (source, "trigger sentence"),
        {example.sentence[a] for a, _ in gold},
        {example.sentence[a] for a, _ in found},
    )
    wide = [t.words for t in reading.triggers]
    for g in gold:
        tally.right((source, "trigger recall at floor"), _overlaps(g, wide))
    for name in ARGUMENTS:
        head = example.tags[name]
        if (head == UNKNOWN).all():
            continue
        spans = [
            (s.start, s.end)
            for s in example.targets
            if s.label == len(ROLES) + ARGUMENTS.index(name)
        ]
        _overlap_counts(
            tally,
            (source, f"{name} overlap"),
            spans,
            [a.words for a in reading.arguments if a.label == name and a.score >= 0.5],
        )
    given = encoder.read(
        text,
        places=[chars(s.start, s.end) for s in example.targets if s.label < len(ROLES)],
        triggers=[chars(t.start, t.end) for t in example.triggers],
    )
    by_words = {t.words: i for i, t in enumerate(given.triggers)}
    place_at = {p.words: j for j, p in enumerate(given.places)}
    for i, t in enumerate(example.triggers):
        at = by_words.get((t.start, t.end))
        if at is None:
            continue
        seen = given.triggers[at]
        tally.right((source, "kind"), seen.label == KINDS[t.kind])
        best = max(seen.modality, key=seen.modality.__getitem__)
        tally.right((source, "modality"), best == MODALITIES[t.modality])
        tally.right((source, "background"), (seen.background >= 0.5) == bool(t.background))
        wanted = {
            place_at.get((example.targets[s].start, example.targets[s].end))
            for (trigger, s), r in example.relations.items()
            if trigger == i and r == PLACE
        } - {None}
        columns, scores = given.links.near(at)
        top = {
            int(j): float(v[PLACE])
            for j, v in zip(columns, scores, strict=True)
            if j < len(given.places)
        }
        if wanted and top:
            tally.right((source, "link top place"), max(top, key=top.__getitem__) in wanted)
            tally.right((source, "link top place over half"), max(top.values()) >= 0.5)
        elif top:
            tally.right((source, "no link where none"), max(top.values()) < 0.5)
        for k in range(i):
            other = example.triggers[k]
            if (other.start, other.end) not in by_words:
                continue
            same = bool(t.incidents & other.incidents)
            said = float(given.same[at, by_words[other.start, other.end]]) >= 0.5
            tally.f[source, "same"].update(gold=int(same), found=int(said), tp=int(same and said))


def _places(
    encoder: Encoder, example: Example, located: Words, reading: Reading, tally: Tally
) -> None:
    source = example.source
    named = [s for s in example.targets if s.label < len(ROLES) - 1]
    if source == "written":
        nominal = {(s.start, s.end) for s in example.targets if s.label == len(ROLES) - 1}
        tally.spans(
            (source, "nominal strict"),
            set(nominal),
            {p.words for p in reading.places if p.label == "nominal" and p.score >= 0.5},
        )
        in_gold = [s for s in named if s.role != UNKNOWN]
    else:
        in_gold = [s for s in named if s.start >= 0]
    starts = {(a, b) for a, b in _tag_spans(example)}
    tally.spans(
        (source, "place strict"),
        set(starts),
        {
            located.of_place(p.start, p.end)
            for p in reading.places
            if p.label != "nominal" and p.score >= 0.5
        },
    )
    found = {p.words: p.label for p in reading.places}
    for s in in_gold:
        if s.role != UNKNOWN and (s.start, s.end) in found:
            tally.right((source, "role"), found[s.start, s.end] == ROLES[s.role])


def _tag_spans(example: Example) -> list[tuple[int, int]]:
    tags = example.tags["place"]
    out: list[tuple[int, int]] = []
    for w, tag in enumerate(tags):
        if tag == 1:
            out.append((w, w + 1))
        elif tag == 2:
            out[-1] = (out[-1][0], w + 1)
    return out


def _verb(encoder: Encoder, example: Example, located: Words, tally: Tally) -> None:
    if not example.triggers:
        return
    t = example.triggers[0]
    reading = encoder.read(
        example.text, triggers=[(located.starts[t.start], located.ends[t.end - 1])]
    )
    gold = {
        w
        for (_, s), r in example.relations.items()
        if r == PLACE
        for w in range(example.targets[s].start, example.targets[s].end)
    }
    found = {
        w
        for j, place in enumerate(reading.places)
        if place.score >= 0.5 and float(reading.links[0, j, PLACE]) >= 0.5
        for w in range(*place.words)
    }
    tally.spans((example.source, "place tokens"), set(gold), set(found))


def main(argv: list[str] | None = None) -> int:
    """Print the figures as JSON, a line a measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--fold", type=int)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--verbs", type=int, default=1000, help="verb sentences a fold")
    args = parser.parse_args(argv)
    examples = load(args.shared)
    tally = Tally()
    for fold in range(FOLDS) if args.fold is None else (args.fold,):
        folder = args.model / f"fold{fold}" if args.fold is None else args.model
        encoder = Encoder.open(folder)
        verbs = 0
        for example in examples:
            if example.source not in SOURCES or fold_of_key(example.fold_key) != fold:
                continue
            if example.source == "event_location":
                verbs += 1
                if verbs > args.verbs:
                    continue
            measure(encoder, example, tally)
    for source, figures in tally.rows().items():
        for name, figure in figures.items():
            print(f"{source:15} {name:26} {json.dumps(figure)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
