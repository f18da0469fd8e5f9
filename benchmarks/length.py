"""How each stage grows with the length of one text.

    python benchmarks/length.py [--words 1000 10000 100000] [--least 20000]

Prints, for one text of each length, the milliseconds of processor time that each stage takes for
a thousand words, and the last length's as a ratio to the first's: 1.0 is linear.  The texts are
the project's own composed news one after the other, over again when they run out; of a short
length several texts are taken from different parts of them, so that all lengths hold the like.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

STAGES = ("read", "recognise", "resolve", "extract", "merge")


def composed() -> list[str]:
    """The composed texts that the project carries."""
    found: list[str] = []
    for path in sorted((ROOT / "training" / "data").glob("composed*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            found += [json.loads(line)["text"] for line in lines]
    return found


def text_of(words: int, start: int = 0) -> str:
    """A text of ``words`` words: composed texts from number ``start`` on as its parts."""
    parts: list[str] = []
    have, pool, at = 0, composed(), start
    while have < words:
        part = " ".join(pool[at % len(pool)].split(" ")[: words - have])
        parts.append(part)
        have += len(part.split())
        at += 1
    return "\n\n".join(parts)


def spent_on(text: str) -> list[float]:
    """Milliseconds of processor time, by stage; models loaded, nothing kept from other texts."""
    from geodata.gazetteer import Gazetteer
    from mapper import encode, extract, merge, rank, recognise, resolve
    from mapper.model import Article

    encoder, gazetteer, ranker = encode.Encoder.open(), Gazetteer.open(), rank.Ranker.open()
    article = Article("a", text, published="2020-01-15")
    spent: list[float] = []
    began = time.process_time()

    def clock() -> None:
        nonlocal began
        now = time.process_time()
        spent.append(1000 * (now - began))
        began = now

    reading = encoder.read(text)
    clock()
    mentions = recognise.recognise(article, reading, gazetteer)
    clock()
    mentions = resolve.resolve(article, mentions, gazetteer, ranker)
    clock()
    found = extract.believed(article, reading, mentions)
    clock()
    merge.merge(article, found)
    clock()
    return spent


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    ap = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    ap.add_argument("--words", type=int, nargs="+", default=[1000, 3000, 10_000, 30_000, 100_000])
    ap.add_argument("--least", type=int, default=20_000, help="words to read at each length")
    a = ap.parse_args(argv)
    spent_on(text_of(2000))  # loads what is kept for good
    number = len(composed())
    print("ms a thousand words  " + "".join(f"{stage:>11}" for stage in (*STAGES, "all")))
    rows: list[list[float]] = []
    for words in a.words:
        texts = max(1, a.least // words)
        each = [spent_on(text_of(words, number * i // texts)) for i in range(texts)]
        row = [1000 * sum(column) / (words * texts) for column in zip(*each, strict=True)]
        rows.append([*row, sum(row)])
        print(f"{words:>9} words      " + "".join(f"{v:11.1f}" for v in rows[-1]), flush=True)
    growth = [last / first if first else 0.0 for first, last in zip(rows[0], rows[-1], strict=True)]
    print("last to first        " + "".join(f"{v:11.2f}" for v in growth))


if __name__ == "__main__":
    main()
