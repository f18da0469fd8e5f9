"""Measure the incident stages, out of fold, on every set that says something of them.

    python -m training.evaluate_incidents              # what nothing has seen, minutes
    python -m training.evaluate_incidents --only second muc
    python -m training.evaluate_incidents --only muc police --final    # with the shipped files
    python -m training.evaluate_incidents --write DIR  # predictions too, for the scorers' --show

Readings come from the fold encoders (``build/folds``) and scorers from the folds that
``training.train_incidents`` left in ``build/incidents``.  MUC-4's test set and the labels of
``police`` are in no training.  ``incidents``, ``single``, ``written`` and ``verbs`` are texts of
the first round, measured only when asked for.  Texts and labels are looked for in ../shared;
what is missing is left out.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mapper import merge as merging
from mapper.extract import candidates, extract
from mapper.extract.dates import find_dates, resolve_dates
from mapper.extract.learned import Models, load_models
from mapper.extract.placing import PLACE_COLUMNS, chosen_for
from mapper.extract.tolls import find_tolls, parse_toll
from mapper.model import Incident
from mapper.segment import sentences
from training.folds import FOLDS, SHARED
from training.incident_data import (
    CACHE,
    Document,
    Json,
    Readers,
    coded_documents,
    plain_documents,
    police_documents,
    readings,
)

EVALUATION = SHARED / "evaluation"


def scorers() -> list[Models]:
    """The scorers of each fold; the shipped ones where training left none."""
    out = []
    for k in range(FOLDS):
        path = CACHE / f"scorers{k}.json"
        out.append(load_models(path) if path.is_file() else load_models())
    return out


def predict(
    name: str, documents: Sequence[Document], models: Sequence[Models], readers: Readers
) -> dict[str, tuple[Incident, ...]]:
    """Incidents of each document by id, with the scorers of its fold."""
    read = readings(name, documents, readers)
    out = {}
    for d in documents:
        reading, mentions = read[d.article.id]
        m = models[d.fold]
        out[d.article.id] = merging.merge(d.article, extract(d.article, reading, mentions, m), m)
    return out


def write(path: Path, found: dict[str, tuple[Incident, ...]]) -> None:
    """Predictions as the scorers read them."""
    with path.open("w", encoding="utf-8") as handle:
        for key, incidents in found.items():
            row = {"id": key, "incidents": [_light(i) for i in incidents]}
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")


def _light(incident: Incident) -> Json:
    row = incident.to_dict()
    for p in row["places"]:
        p.pop("geometry", None)
    return row


def score(script: str, gold: Path, predicted: Path) -> Json:
    """Run one of the evaluation's own scorers."""
    done = subprocess.run(  # noqa: S603 - our own scorer
        [sys.executable, str(EVALUATION / script), str(gold), str(predicted), "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


# --- the sets ----------------------------------------------------------------------------------


def coded(folder: Path, models: Sequence[Models], wanted: set[str], folds: Sequence[int]) -> Json:
    """score_incidents.py on the reviewed, single and written documents of these folds."""
    documents = [d for d in coded_documents() if d.fold in folds and d.source in SEEN.values()]
    out: Json = {}
    found: dict[str, tuple[Incident, ...]] | None = None
    for name, source in SEEN.items():
        chosen = [d for d in documents if d.source == source]
        if name not in wanted or not chosen:
            continue
        if found is None:
            found = predict("seen", documents, models, Readers())
        out[name] = compare(folder, name, chosen, found)
    return out


SEEN = {"incidents": "reviewed", "single": "single", "written": "written"}
"""The first round's texts, by the name asked for."""


def compare(
    folder: Path,
    name: str,
    documents: Sequence[Document],
    found: dict[str, tuple[Incident, ...]],
) -> Json:
    """score_incidents.py on these documents, and the share that was right by confidence."""
    gold = folder / f"{name}-gold.jsonl"
    with gold.open("w", encoding="utf-8") as handle:
        for d in documents:
            row = {"doc": d.article.id, "incidents": d.incidents}
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
    answers = {d.article.id: found[d.article.id] for d in documents}
    write(folder / f"{name}.jsonl", answers)
    out = score("score_incidents.py", gold, folder / f"{name}.jsonl")
    out["confidence"] = calibration(answers, documents)
    return out


def second(folder: Path, models: Sequence[Models], folds: Sequence[int]) -> Json:
    """score_incidents.py on the documents of round 2 and later: real texts, and composed ones."""
    documents = [d for d in coded_documents() if d.round > 1 and d.fold in folds]
    found = predict("coded", documents, models, Readers())
    out: Json = {}
    for source in ("coded", "composed"):
        mine = [d for d in documents if d.source == source]
        if mine:
            out[f"second {source}"] = compare(folder, f"second-{source}", mine, found)
    return out


def calibration(found: dict[str, tuple[Incident, ...]], documents: Sequence[Document]) -> Json:
    """Share of incidents that are coded ones, by the confidence that was given."""
    sys.path.insert(0, str(EVALUATION))
    import score_incidents  # type: ignore[import-not-found]

    of: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for d in documents:
        mine = [_light(i) for i in found.get(d.article.id, ())]
        pairs = score_incidents.pair_up(list(d.incidents), mine)
        for p in mine:
            band = min(9, int(p["confidence"] * 10))
            of[band] += 1
            right[band] += any(p is q for _, q in pairs)
    return {f"{b / 10:.1f}": [round(right[b] / of[b], 2), of[b]] for b in sorted(of)}


def muc(folder: Path, models: Sequence[Models], *, final: bool) -> Json:
    """score_muc.py on the test part of MUC-4."""
    found = predict("muc4_tst12", plain_documents("muc4_tst12"), models, Readers(final=final))
    write(folder / "muc.jsonl", found)
    return score("score_muc.py", SHARED / "corpora" / "muc4_tst12.jsonl", folder / "muc.jsonl")


def verbs(models: Sequence[Models], folds: Sequence[int]) -> Json:
    """Token precision, recall and F of the place of a given verb (event_location)."""
    from training.train_incidents import verb_scenes

    hit = said = gold_n = 0
    exact = n = 0
    for scene, d, row in verb_scenes():
        if d.fold not in folds:
            continue
        gold = {
            w
            for s in row["events"][0]["location_spans"]
            for w in _tokens(scene.text, s["start"], s["end"])
        }
        mine: set[int] = set()
        if scene.triggers:
            near, x = candidates(scene, 0, "place")
            m = models[d.fold]
            trees = m.get("place", PLACE_COLUMNS)
            belief = trees.probability(x) if trees is not None else x[:, 0]
            ranked = sorted(zip(near, belief.tolist(), strict=True), key=lambda r: (-r[1], r[0]))
            chosen = chosen_for(scene, ranked, m.threshold("verb_place", 0.3))
            for j in chosen:
                mine.update(_tokens(scene.text, scene.mentions[j].start, scene.mentions[j].end))
        hit += len(gold & mine)
        said += len(mine)
        gold_n += len(gold)
        exact += gold == mine
        n += 1
    p, r = hit / max(1, said), hit / max(1, gold_n)
    return {
        "sentences": n, "p": round(p, 3), "r": round(r, 3),
        "f": round(2 * p * r / max(1e-9, p + r), 3), "sentence_right": round(exact / max(1, n), 3),
    }  # fmt: skip


def _tokens(text: str, start: int, end: int) -> set[int]:
    """Where the words between two offsets start, leading articles aside."""
    return {
        start + m.start()
        for m in re.finditer(r"\w[\w'’.-]*", text[start:end])
        if m.group().lower() not in {"the", "of"}
    }


_POLICE = re.compile(
    r"\b(?:police|cops?|policem[ae]n|constables?|officers?|crpf|rpf|bsf|rapid action|raf|army|"
    r"jawans?|paramilitary|security (?:forces|personnel)|troops|soldiers|authorities|"
    r"administration|dsp|sp|superintendents?|inspectors?|"
    r"law[- ]enforcing|commandos)\b"
)
_FIRING = re.compile(
    r"\b(?:police|army|forces?) (?:firing|bullets?)|fired|opened fire|firing|shot\b"
)
_ARREST = re.compile(
    r"\b(?:arrest|detain|nabbed|in custody|rounded up|picked up|apprehend|held\b|taken into|booked)"
)
_FORCE = re.compile(
    r"\b(?:fir(?:ed|ing|e)|shot|lathi|cane|caned|baton|tear ?gas|teargas|water cannon|beat|beaten|"
    r"thrash|charge[ds]?|force|burst|rounds)\b"
)


def police(models: Sequence[Models], *, final: bool) -> Json:
    """Sentence F for killed by police, arrests and force, from kinds, actors and tolls alone.

    ``KILL``: an incident that police or army had a part in by force, whose dead are counted in
    the sentence; ``ARREST``: an arrest that was made; ``FORCE``: force used by the authorities.
    """
    rows = police_documents()
    found = predict("police", [d for d, _ in rows], models, Readers(places=False, final=final))
    tally: dict[str, Counter[str]] = {k: Counter() for k in ("KILL", "ARREST", "FORCE")}
    for d, spans in rows:
        text = d.article.text
        said: list[set[str]] = [set() for _ in spans]
        for i in found[d.article.id]:
            if i.modality in {"denied", "planned", "hypothetical", "threatened"}:
                continue
            by_police = any(
                a.role in {"authority", "perpetrator", "participant"}
                and _POLICE.search(a.quote.lower())
                for a in i.actors
            )
            for e in i.evidence:
                for n, (a, b, _) in enumerate(spans):
                    if not (a <= e.trigger[0] < b):
                        continue
                    trigger = text[e.trigger[0] : e.trigger[1]].lower()
                    sentence = text[a:b].lower()
                    police_here = by_police or _POLICE.search(sentence) is not None
                    if i.kind == "strategic_development" and _ARREST.search(trigger):
                        said[n].add("ARREST")
                    forced = _FORCE.search(trigger) is not None
                    if police_here and forced and i.kind != "accident":
                        said[n].add("FORCE")
                    dead = (
                        i.fatalities is not None
                        and i.fatalities.high != 0
                        and (a <= i.fatalities.span[0] < b)
                    )
                    if dead and police_here and _FIRING.search(sentence):
                        said[n] |= {"KILL", "FORCE"}
        for (_, _, labels), mine in zip(spans, said, strict=True):
            for k, c in tally.items():
                c.update(
                    tp=int(k in labels and k in mine), gold=int(k in labels), said=int(k in mine)
                )
    return {k: _prf(c) for k, c in tally.items()}


def _prf(c: Counter[str]) -> Json:
    p = c["tp"] / c["said"] if c["said"] else 0.0
    r = c["tp"] / c["gold"] if c["gold"] else 0.0
    f = 2 * p * r / (p + r) if p + r else 0.0
    return {"p": round(p, 3), "r": round(r, 3), "f": round(f, 3),
            "n": c["gold"]}  # fmt: skip


def dates_alone() -> Json:
    """Share of coded dates that the grammar works out rightly, given where the quote stands."""
    tally: dict[str, Counter[str]] = {}
    for d in coded_documents():
        c = tally.setdefault(d.source, Counter())
        text = d.article.text
        found = resolve_dates(text, find_dates(text, sentences(text)), d.article.published)
        for i in d.incidents:
            g = i.get("date")
            if not g or not g.get("quote") or not i["mentions"]:
                continue
            at = (
                g["span"][0]
                if g.get("span")
                else _nearest(text, g["quote"], i["mentions"][0]["start"])
            )
            if at is None:
                continue
            here = [
                r
                for r in found
                if r.expression.start < at + len(g["quote"]) and at < r.expression.end
            ]
            when = next((w for r in here if (w := r.when(i["modality"]))), None)
            c.update(n=1, found=int(bool(here)))
            c.update(
                right=int(when is not None and (when.start, when.end) == (g["start"], g["end"]))
            )
    return {k: {x: round(c[x] / c["n"], 3) for x in ("found", "right")} | {"n": c["n"]}
            for k, c in tally.items() if c["n"]}  # fmt: skip


def _nearest(text: str, quote: str, at: int) -> int | None:
    hits = [m.start() for m in re.finditer(re.escape(quote), text)]
    return min(hits, key=lambda h: abs(h - at)) if hits else None


def tolls_alone() -> Json:
    """Share of coded tolls read rightly from their quotes, and found rightly in the sentence."""
    tally: dict[str, Counter[str]] = {}
    for d in coded_documents():
        c = tally.setdefault(d.source, Counter())
        text = d.article.text
        found = find_tolls(text, sentences(text))
        for i in d.incidents:
            for what in ("fatalities", "injured"):
                g = i.get(what)
                if not g or g.get("start") is None:
                    continue
                low, _, high = parse_toll(g["quote"], what)
                wanted = (g.get("low"), g.get("high"))
                here = [
                    t for t in found if t.what == what and t.start < g["end"] and g["start"] < t.end
                ]
                c.update(n=1, quote=int((low, high) == wanted), found=int(bool(here)))
                c.update(right=int(any((t.low, t.high) == wanted for t in here)))
    return {
        k: {x: round(c[x] / c["n"], 3) for x in ("quote", "found", "right")} | {"n": c["n"]}
        for k, c in tally.items() if c["n"]
    }  # fmt: skip


def speed(models: Sequence[Models]) -> Json:
    """Words a second of extraction and merging, given readings and mentions."""
    documents = [d for d in coded_documents() if d.source == "written"]
    read = readings("coded", coded_documents(), Readers())
    n, begun = 0, time.perf_counter()
    for d in documents:
        reading, mentions = read[d.article.id]
        m = models[d.fold]
        merging.merge(d.article, extract(d.article, reading, mentions, m), m)
        n += len(reading.words)
    return {"words_per_second": round(n / (time.perf_counter() - begun))}


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    unseen = ["second", "muc", "police", "dates", "tolls", "speed"]
    seen = [*SEEN, "verbs"]
    ap.add_argument("--only", nargs="+", choices=[*unseen, *seen], default=unseen)
    ap.add_argument("--write", type=Path, default=None)
    ap.add_argument(
        "--folds", type=int, nargs="+", default=range(FOLDS),
        help="of coded texts and verbs only these",
    )  # fmt: skip
    ap.add_argument(
        "--final", action="store_true",
        help="read muc and police, which nothing was trained on, with the shipped files",
    )  # fmt: skip
    a = ap.parse_args()
    if a.final and not set(a.only) <= {"muc", "police"}:
        sys.exit("--final: the shipped files have seen the rest; add --only muc police")
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is missing: the measures need its texts and labels")
    wanted = set(a.only)
    folder = a.write or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    without: dict[str, Callable[[], Json]] = {"dates": dates_alone, "tolls": tolls_alone}
    for name, run in without.items():
        if name in wanted:
            show(name, run())
    rest = wanted - set(without)
    if not rest:
        return
    models = [load_models()] * FOLDS if a.final else scorers()
    for name, value in coded(folder, models, wanted, a.folds).items():
        show(name, value)
    if "second" in wanted:
        for name, value in second(folder, models, a.folds).items():
            show(name, value)
    if "muc" in wanted:
        show("muc", muc(folder, models, final=a.final))
    if "verbs" in wanted:
        show("verbs", verbs(models, a.folds))
    if "police" in wanted:
        show("police", police(models, final=a.final))
    if "speed" in wanted:
        show("speed", speed(models))


def show(name: str, value: Any) -> None:
    """One line of figures."""
    print(f"{name}: {json.dumps(value)}", flush=True)


if __name__ == "__main__":
    main()
