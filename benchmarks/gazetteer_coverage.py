"""How many gold toponyms of the corpora the gazetteer can find at all.

    python benchmarks/gazetteer_coverage.py [--corpora ../shared/corpora] [--missing N]

A gold toponym is covered when some entry returned for its phrase has the gold GeoNames id
or lies within 161 km of the gold point, the usual tolerance of toponym resolution (Leidner
2007).  Printed per corpus: gold toponyms with a point, share covered, mean and largest
number of candidates, and the share that the first candidate alone covers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from geodata.gazetteer import Gazetteer, Match, distance_km

CORPORA = ("lgl", "geowebnews", "tud_loc_2013")
WITHIN_KM = 161.0


def right(match: Match, lat: float, lon: float, geonameid: str | None) -> bool:
    """Whether a candidate is the gold place or lies within 161 km of it."""
    entry = match.entry
    if geonameid and entry.geonameid is not None and str(entry.geonameid) == str(geonameid):
        return True
    return distance_km((entry.lat, entry.lon), (lat, lon)) <= WITHIN_KM


def main() -> int:
    """Print the figures; 2 when the corpora are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).parent.parent.parent / "shared" / "corpora"
    parser.add_argument("--corpora", type=Path, default=default)
    parser.add_argument("--gazetteer", type=Path, default=None)
    parser.add_argument("--limit", type=int, default=50, help="candidates asked for")
    parser.add_argument("--missing", type=int, default=0, help="list the most frequent misses")
    args = parser.parse_args()
    if not args.corpora.is_dir():
        print(f"no corpora at {args.corpora}; give --corpora DIR", file=sys.stderr)
        return 2
    gazetteer = Gazetteer.open(args.gazetteer)
    print(f"{'corpus':14} {'gold':>5} {'covered':>8} {'first':>6} {'mean cand.':>10} {'most':>5}")
    for corpus in CORPORA:
        gold = covered = first = candidates = most = 0
        missing: Counter[tuple[str, str, str]] = Counter()
        for line in (args.corpora / f"{corpus}.jsonl").open(encoding="utf-8"):
            document = json.loads(line)
            for toponym in document["toponyms"]:
                if toponym.get("lat") is None:
                    continue
                phrase = document["text"][toponym["start"] : toponym["end"]]
                found = gazetteer.lookup(phrase, limit=args.limit)
                spot = (float(toponym["lat"]), float(toponym["lon"]), toponym.get("geonameid"))
                hits = [right(m, *spot) for m in found]
                gold += 1
                covered += any(hits)
                first += bool(hits and hits[0])
                candidates += len(found)
                most = max(most, len(found))
                if not any(hits):
                    name = str(toponym.get("gazname") or toponym.get("type") or "")
                    missing[phrase, name, "none" if not found else "wrong"] += 1
        print(
            f"{corpus:14} {gold:5} {covered / gold:8.3f} {first / gold:6.3f} "
            f"{candidates / gold:10.2f} {most:5}"
        )
        for (phrase, name, why), n in missing.most_common(args.missing):
            print(f"   {n:4} {why:5} {phrase!r}  ({name})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
