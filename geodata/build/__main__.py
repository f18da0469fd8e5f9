"""``python -m geodata.build``: make the embedded gazetteer from the pinned packages."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from geodata.build import places, post_offices, shapes
from geodata.build.regions import add_physical, add_regions
from geodata.build.sources import Cache, SourceError, sources
from geodata.build.store import Staging, finish

DATA = Path(__file__).parent.parent / "data"
ATTRIBUTION = (
    "Places: GeoNames (geonames.org, CC BY 4.0). Areas: Natural Earth (public domain). "
    "Airports: OurAirports (public domain). US counties: US Census Bureau (public domain). "
    "Names of countries: Unicode CLDR (Unicode License v3). Demonyms: CIA World Factbook "
    "(public domain). Quarters of Indian cities: India Post (data.gov.in, GODL-India). "
    "Facilities, neighbourhoods and named regions: curated by the project."
)


def build(
    cache: Cache,
    target: Path,
    scratch: Path,
    *,
    keep: bool = False,
    again: bool = False,
    log: bool = True,
) -> dict[str, int]:
    """Build the file at ``target`` from the packages in ``cache``; gives its counts.

    ``keep`` leaves in ``scratch`` what came from the packages, ``again`` starts from that,
    so that a change of the project's own data files is built in a fraction of the time.
    """
    began = time.monotonic()

    def say(text: str) -> None:
        if log:
            print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    staging_path, base = scratch / "staging.sqlite", scratch / "packages.sqlite"
    if again and base.exists():
        shutil.copy(base, staging_path)
        staging = Staging(staging_path)
        world = places.World.from_staging(staging)
    else:
        staging_path.unlink(missing_ok=True)
        staging = Staging(staging_path)
        world = places.World(staging)
        _from_packages(cache, world, scratch, say)
        staging.db.commit()
        if keep:
            shutil.copy(staging_path, base)
        lost = world.unresolved
        world = places.World.from_staging(staging)
        world.unresolved = lost
    say("curated tables, regions, physical features")
    places.add_curated(world)
    add_physical(world)
    add_regions(world)
    say("demonyms, abbreviations, historical names")
    places.add_factbook_demonyms(cache, world, scratch)
    places.add_names(world)
    staging.close()
    used = sources()
    meta = {
        "source": "embedded",
        "attribution": ATTRIBUTION,
        "version": "+".join(
            f"{used[k].name}-{used[k].version}" for k in ("places", "admin1_shapes", "airports")
        ),
    }
    say("writing")
    counts = finish(staging.path, target, meta)
    (scratch / "unresolved.txt").write_text("\n".join(world.unresolved), encoding="utf-8")
    say(f"done: {counts}; {len(world.unresolved)} unresolved")
    return counts


def _from_packages(
    cache: Cache, world: places.World, scratch: Path, say: Callable[[str], None]
) -> None:
    """Everything that comes from the pinned packages alone."""
    places.register_admin(cache, world)
    points = places.geonames_points(cache)
    say("countries")
    places.add_countries(cache, world, points)
    say("populated places")
    inside = places.add_cities(cache, world)
    say("administrative units")
    places.add_admin(cache, world, points, inside)
    places.add_lesser(cache, world, points)
    say("airports")
    places.add_airports(cache, world)
    say("areas")
    shapes.build_shapes(cache, world)
    world.staging.db.execute("CREATE INDEX IF NOT EXISTS raw_key ON raw (key)")
    say("post offices")
    offices = post_offices.add_post_offices(cache, world, scratch)
    towns = places.add_airfield_towns(cache, world)
    say(f"{offices} places of post offices, {towns} of airfields")


def manifest(target: Path, counts: dict[str, int]) -> dict[str, object]:
    """What the file was made from, what is in it, and its hash."""
    import sqlite3

    from geodata.kinds import KINDS

    with sqlite3.connect(target) as db:
        kinds = Counter(
            {KINDS[k].name: n for k, n in db.execute("SELECT kind, count(*) FROM place GROUP BY 1")}
        )
        origin = json.loads(
            db.execute("SELECT value FROM meta WHERE key = 'origins'").fetchone()[0]
        )
        by_source = {
            origin[k]: n for k, n in db.execute("SELECT src, count(*) FROM place GROUP BY 1")
        }
    data = target.read_bytes()
    return {
        "file": target.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "attribution": ATTRIBUTION,
        "command": "python -m geodata.build",
        "counts": counts,
        "places_by_kind": dict(sorted(kinds.items())),
        "places_by_source": dict(sorted(by_source.items())),
        "sources": [
            {
                "package": f"{s.kind}:{s.name}",
                "version": s.version,
                "sha256": s.sha256,
                "holds": s.holds,
                "data": s.data,
                "licence": s.licence,
                "url": s.url,
            }
            for s in sources().values()
        ],
        "own_files": sorted(
            str(p.relative_to(DATA.parent.parent))
            for folder in ("names", "curated", "regions")
            for p in (DATA.parent / folder).glob("*.*")
            if p.suffix in (".csv", ".geojson", ".json", ".yaml")
        ),
    }


def main() -> int:
    """Run the build; 0 when done, 2 when a source cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m geodata.build", description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=Path.home() / ".cache" / "incident-mapper" / "packages",
        help="folder of fetched packages (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=DATA, help="folder to write to (default: geodata/data)"
    )
    parser.add_argument("--keep", type=Path, help="keep the scratch files in this folder")
    parser.add_argument(
        "--again", action="store_true", help="with --keep: redo the project's own files only"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = args.keep or Path(folder)
        scratch.mkdir(parents=True, exist_ok=True)
        part = args.out / "gazetteer.sqlite.part"
        try:
            counts = build(Cache(args.cache), part, scratch, keep=bool(args.keep), again=args.again)
        except SourceError as error:
            print(f"gazetteer build: {error}", file=sys.stderr)
            return 2
        target = args.out / "gazetteer.sqlite"
        part.replace(target)
    text = json.dumps(manifest(target, counts), indent=1, ensure_ascii=False)
    (args.out / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
