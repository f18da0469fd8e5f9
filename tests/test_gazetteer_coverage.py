"""How many gold toponyms of public corpora the gazetteer can find at all."""

import json
from pathlib import Path

import pytest

from benchmarks.gazetteer_coverage import right
from geodata.gazetteer import Gazetteer

CORPORA = Path(__file__).parent.parent.parent / "shared" / "corpora"


@pytest.mark.shared
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
@pytest.mark.parametrize(
    ("corpus", "least"), [("lgl", 0.95), ("geowebnews", 0.90), ("tud_loc_2013", 0.88)]
)
def test_gold_toponyms_have_a_right_candidate(corpus, least):
    gazetteer = Gazetteer.open()
    gold = covered = 0
    for line in (CORPORA / f"{corpus}.jsonl").open(encoding="utf-8"):
        document = json.loads(line)
        for toponym in document["toponyms"]:
            if toponym.get("lat") is None:
                continue
            found = gazetteer.lookup(document["text"][toponym["start"] : toponym["end"]])
            spot = (float(toponym["lat"]), float(toponym["lon"]), toponym.get("geonameid"))
            gold += 1
            covered += any(right(match, *spot) for match in found)
    assert gold > 1000
    assert covered / gold >= least
