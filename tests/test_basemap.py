"""The basemap is whole: no country is drawn as sea."""

from __future__ import annotations

import itertools
import json
import string
import sys
from pathlib import Path

import numpy as np
import pytest

import mapper.webmap as webmap
from geodata.gazetteer import Gazetteer

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import build_webmap_assets as builder

ASSETS = Path(webmap.__file__).parent / "assets"


def part(name):
    text = (ASSETS / name).read_text(encoding="utf-8")
    return json.loads(text[text.index("={") + 1 :].rstrip().rstrip(";"))


def rings(data):
    """The land's rings as arrays of longitude and latitude."""
    return [np.cumsum(np.array(s).reshape(-1, 2), axis=0) / data["unit"] for s in data["land"]]


def edges(data):
    """The sides of the land's rings, each as x0, y0, x1, y1 in degrees."""
    return np.vstack([np.hstack([r, np.roll(r, -1, axis=0)]) for r in rings(data)]).T


def on_an_islet(data, place):
    """Whether the land nearest to the place is an island too small to be seen from afar."""
    near = min(rings(data), key=lambda ring: np.hypot(*(ring - place).T).min())
    x, y = near.T
    area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    return area < 2 * builder.CORE_SMALLEST  # drawn simply, it is smaller still


def wet(sides, places, slack):
    """Those of the places (code: longitude, latitude) that lie in the sea.

    The browser fills where an odd number of rings lie around a point.  A capital by the sea may
    lie ``slack`` degrees off a shore that is drawn simply.
    """
    x0, y0, x1, y1 = sides
    dx, dy = x1 - x0, y1 - y0
    length = np.maximum(dx * dx + dy * dy, 1e-18)
    found = set()
    for code, (x, y) in places.items():
        crossed = (y0 > y) != (y1 > y)
        at = x0[crossed] + (y - y0[crossed]) * dx[crossed] / dy[crossed]
        if np.count_nonzero(at > x) % 2:
            continue
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1)
        if np.hypot(x0 + along * dx - x, y0 + along * dy - y).min() > slack:
            found.add(code)
    return found


@pytest.fixture(scope="module")
def capitals():
    gazetteer = Gazetteer.open()
    codes = map("".join, itertools.product(string.ascii_uppercase, repeat=2))
    found = {code: (e.lon, e.lat) for code in codes if (e := gazetteer.capital(code))}
    assert len(found) > 190
    return found


def test_every_capital_lies_on_land_near_by(capitals):
    assert wet(edges(part("basemap-detail.js")), capitals, 0.06) == set()


def test_every_capital_lies_on_land_from_afar(capitals):
    lost, detail = wet(edges(part("basemap.js")), capitals, 0.1), part("basemap-detail.js")
    assert {code for code in lost if not on_an_islet(detail, capitals[code])} == set()


def test_every_country_is_named(capitals):
    named = {label[1] for label in part("basemap.js")["labels"] if label[0] == "country"}
    assert {"France", "Brazil", "Australia", "Kazakhstan", "Somaliland"} <= named
    assert len(named) > 190


def test_countries_that_share_a_code_are_one():
    square = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]
    islet = [(50.0, 0.0), (50.1, 0.0), (50.1, 0.1)]
    rows = [
        ["Europe", "Main", "MM", "MMM", None, [(None, square)]],
        ["Oceania", "Islet", "MM", "MMM", None, [(None, islet)]],
        ["Africa", "Disputed", None, None, None, [(None, islet)]],
        ["Africa", "Disputed too", None, None, None, [(None, square)]],
    ]
    rings, names, codes = builder.countries_of(rows)
    assert {key: len(owned) for key, owned in rings.items()} == {
        "MMM": 2, "Disputed": 1, "Disputed too": 1,
    }  # fmt: skip
    assert names["MMM"] == "Main" and codes["MMM"] == "MM"
