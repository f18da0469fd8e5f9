"""Named regions and physical features of the data files."""

from __future__ import annotations

import csv

from geodata.build.places import NAMES, World
from geodata.build.store import ALIAS, Row


def add_physical(world: World) -> None:
    """Rivers, lakes, mountains, deserts, islands, straits (``names/physical.csv``)."""
    path = NAMES / "physical.csv"
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            ref = f"phys:{row['id']}"
            gid = world.own(ref)
            world.staging.add(
                Row(gid, row["name"], row["kind"], row["country"] or None, float(row["lat"]),
                    float(row["lon"]), source="curated", ref=ref,
                    uncertainty_m=round(float(row["radius_km"]) * 1000))
            )  # fmt: skip
            for alias in (row["aliases"] or "").split("|"):
                if alias:
                    world.staging.name(gid, alias, ALIAS, row["kind"], row["country"] or None)


def add_regions(world: World) -> None:
    """Named regions of the news (``regions/``); none when the folder is empty."""
    del world
