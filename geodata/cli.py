"""``python -m mapper gazetteer status | search | build``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from geodata.gazetteer import DEFAULT_PATH, ENVIRONMENT, Gazetteer, GazetteerError, Match

DONE, NOT_CARRIED_OUT = 0, 2


def default_target(source: str) -> Path:
    """Where a built gazetteer goes: the user's data folder, a file named by its source."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    name = source.lower().replace(",", "-")
    return home / "incident-mapper" / f"gazetteer-{name}.sqlite"


def add_parser(subparsers: Any) -> None:
    """Add the ``gazetteer`` command; each of its actions sets ``run`` to its handler."""
    parser = subparsers.add_parser(
        "gazetteer",
        help="what places are known; look one up; build a larger gazetteer",
        description="Show which gazetteer is in use, look up names in it, or build one from "
        "GeoNames' own files.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    status = actions.add_parser("status", help="what is loaded, from which sources")
    status.add_argument("--gazetteer", type=Path, metavar="FILE", help="another gazetteer file")
    status.set_defaults(run=run_status)

    search = actions.add_parser("search", help="look up a name")
    search.add_argument("name", metavar="NAME", nargs="+")
    search.add_argument("--limit", type=int, default=15, metavar="N", help="at most N (15)")
    search.add_argument("--gazetteer", type=Path, metavar="FILE", help="another gazetteer file")
    search.set_defaults(run=run_search)

    build = actions.add_parser(
        "build",
        help="build a gazetteer from GeoNames' files",
        description="Build a gazetteer from GeoNames' own files: allCountries or country files, "
        "alternateNamesV2, admin1CodesASCII, admin2Codes. An interrupted build goes on where it "
        f"stopped. Set {ENVIRONMENT} to the file to use it.",
    )
    build.add_argument(
        "--source", required=True, metavar="full|XX[,YY]",
        help="all countries, or ISO codes of countries",
    )  # fmt: skip
    build.add_argument(
        "--from-dir", required=True, type=Path, metavar="DIR",
        help="folder of GeoNames' files, plain or zipped",
    )  # fmt: skip
    build.add_argument("--to", type=Path, metavar="FILE", help="file to write")
    build.add_argument(
        "--download", action="store_true", help="first fetch what DIR lacks from GeoNames"
    )
    build.add_argument("--mirror", metavar="URL", help="fetch from here instead")
    build.set_defaults(run=run_build)


def run_status(args: argparse.Namespace) -> int:
    """Print what is loaded; 2 when there is none that can be used."""
    try:
        gazetteer = Gazetteer.open(args.gazetteer)
    except GazetteerError as error:
        return _refuse(error)
    print(f"file         {gazetteer.path}")
    print(f"source       {gazetteer.source}")
    print(f"version      {gazetteer.version}")
    print(f"sha256       {gazetteer.sha256}")
    for key, value in sorted(gazetteer.counts.items()):
        print(f"{key:12} {value:,}")
    print(f"attribution  {gazetteer.attribution}")
    if gazetteer.path == DEFAULT_PATH:
        print("A larger one can be built: python -m mapper gazetteer build --help")
    return DONE


def run_search(args: argparse.Namespace) -> int:
    """Print the entries for a name, best first; 2 when the gazetteer cannot be used."""
    try:
        gazetteer = Gazetteer.open(args.gazetteer)
    except GazetteerError as error:
        return _refuse(error)
    name = " ".join(args.name)
    found = gazetteer.search(name, limit=args.limit)
    if not found:
        print(f"no entry for {name!r}; try another spelling or a shorter form", file=sys.stderr)
        return DONE
    for match in found:
        print(_line(match))
    return DONE


def _line(match: Match) -> str:
    entry = match.entry
    where = ", ".join(filter(None, (entry.admin1_name, entry.country)))
    people = f"  pop. {entry.population:,}" if entry.population else ""
    how = match.how if match.how == "primary" else f"{match.how} {match.name!r}"
    return (
        f"{entry.id:28} {entry.name} ({where or 'no country'})  {entry.kind}  "
        f"{entry.lat:.4f}, {entry.lon:.4f}{people}  [{how}; {entry.source}]"
    )


def run_build(args: argparse.Namespace) -> int:
    """Build a gazetteer; 2 when it cannot be done, with nothing half-built in its place."""
    from geodata.build.full import MIRROR, FullBuild, download, wanted_files

    target = args.to or default_target(args.source)
    try:
        build = FullBuild(args.source, args.from_dir, target)
        if args.download or args.mirror:
            download(wanted_files(build.source), args.from_dir, args.mirror or MIRROR, build.say)
        elif not args.from_dir.is_dir():
            raise GazetteerError(f"--from-dir {args.from_dir} is not a folder; give one, or add "
                                 "--download to fetch GeoNames' files into it")  # fmt: skip
        target.parent.mkdir(parents=True, exist_ok=True)
        build.run()
    except (GazetteerError, OSError) as error:
        return _refuse(error)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return NOT_CARRIED_OUT
    print(f"{target} is ready; to use it: export {ENVIRONMENT}={target}")
    return DONE


def _refuse(error: Exception) -> int:
    print(f"gazetteer: {error}", file=sys.stderr)
    return NOT_CARRIED_OUT
