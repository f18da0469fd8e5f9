"""What is not known surely enough is held back from the map, listed, and never lost."""

from __future__ import annotations

import json
from dataclasses import replace

import made
import pytest
import shapely

from mapper import __main__ as command
from mapper.abstain import default_threshold, held_back, parted
from mapper.export import Options, feature_collection, write
from mapper.export.frames import areas_frame, mentions_frame, points_frame
from mapper.schema import validate
from mapper.views.filters import Filter, filtered
from mapper.webmap import rows_of, standalone_html
from mapper.webmap.reading import reading


def doubted(name, confidence, which=None):
    """The made analysis, with every mention of ``name`` that sure."""
    found = made.analysis()
    return replace(
        found,
        mentions=tuple(
            replace(m, confidence=confidence) if m.text == name else m for m in found.mentions
        ),
        incidents=tuple(which(i) if which else i for i in found.incidents),
    )


def by_id(analysis):
    return {incident.id: incident for incident in analysis.incidents}


def test_the_threshold_is_the_rankers():
    assert 0.5 < default_threshold() < 1


def test_a_doubtful_place_is_held_back_and_kept():
    incidents = by_id(held_back(doubted("Basra", 0.6)))
    assert incidents["i-shelling"].places == ()
    assert [p.place.name for p in incidents["i-shelling"].unsure] == ["Basra"]
    assert [p.place.name for p in incidents["i-mayor"].places] == ["Kut"]
    assert [p.place.name for p in incidents["i-mayor"].unsure] == ["Basra"]
    assert incidents["i-march"].unsure == ()


def test_what_is_sure_enough_stays():
    found = held_back(doubted("Basra", default_threshold()))
    assert all(not incident.unsure for incident in found.incidents)
    assert found.incidents == made.analysis().incidents


def test_a_mention_held_back_keeps_what_was_considered():
    basra = next(m for m in held_back(doubted("Basra", 0.6)).mentions if m.text == "Basra")
    assert basra.place is None and basra.confidence == 0.6 and basra.candidates


@pytest.mark.parametrize(
    "hand", [{"verified": True}, {"corrected": ("places",)}, {"corrected": ("added",)}]
)
def test_a_persons_word_is_never_held_back(hand):
    found = held_back(doubted("Basra", 0.1, lambda i: replace(i, **hand)))
    assert all(not incident.unsure for incident in found.incidents)


def test_a_place_without_a_mention_is_not_held_back():
    march = by_id(made.analysis())["i-march"]
    assert parted(march, {}, 0.99).unsure == ()


def test_parting_again_starts_from_everything():
    analysis = doubted("Basra", 0.6)
    mayor = by_id(held_back(analysis))["i-mayor"]
    everything = parted(mayor, {(0, 1): 0.5}, 0.0)
    assert {p.place.name for p in everything.places} == {"Basra", "Kut"} and not everything.unsure


def test_nothing_of_it_is_in_the_analysis():
    analysis = doubted("Basra", 0.6)
    validate(json.loads(json.dumps(analysis.to_dict())), "analysis")
    assert analysis.to_dict()["incidents"][0]["places"][0]["name"] == "Basra"


def test_geojson_says_what_was_held_back():
    collection = json.loads(json.dumps(feature_collection([doubted("Basra", 0.6)])))
    validate(collection, "incidents")
    shelling = collection["features"][0]
    assert shelling["geometry"] is None
    told = shelling["properties"]
    assert told["place"] is None and told["place_unsure"] == "Basra"
    (guess,) = told["unsure_places"]
    assert (guess["quote"], guess["confidence"], guess["name"]) == ("Basra", 0.6, "Basra")
    assert told["title"].endswith("place unsure (Basra?)") and told["quote"]


def test_asked_for_all_nothing_is_held_back():
    shelling = feature_collection([doubted("Basra", 0.3)], Options(least=0.0))["features"][0]
    assert shelling["geometry"]["type"] == "Point" and not shelling["properties"]["unsure_places"]


def test_what_protects_people_protects_the_guess_too():
    told = feature_collection([doubted("Basra", 0.6)], Options(coarsen_km=50))["features"][0]
    (guess,) = told["properties"]["unsure_places"]
    assert (guess["lat"], guess["lon"]) != (made.BASRA.lat, made.BASRA.lon)


def test_layers_leave_it_out():
    analyses = [doubted("southern provinces", 0.4)]
    assert len(areas_frame([made.analysis()])) == 1 and len(areas_frame(analyses)) == 0
    march = points_frame(analyses).geometry.iloc[1]
    assert march == shapely.MultiPoint([(made.KUT.lon, made.KUT.lat)])
    mentions = mentions_frame(analyses).set_index("text")
    assert mentions.geometry["southern provinces"] is None
    assert mentions.place["southern provinces"] == "southern Iraq"
    assert mentions.geometry["Kut"] is not None


@pytest.mark.parametrize("ending", [".csv", ".kml", ".report.html", ".geojson"])
def test_every_listing_names_the_guess(ending, tmp_path):
    path = tmp_path / f"out{ending}"
    write([doubted("Basra", 0.6)], path)
    said = path.read_text(encoding="utf-8")
    assert "unsure" in said and "Basra" in said


def test_the_page_shows_it_as_unsure():
    analysis = doubted("Basra", 0.6)
    rows = rows_of([analysis])
    assert rows[0].title.endswith("place unsure (Basra?)")
    pieces = [
        run
        for paragraph in reading(analysis, rows)["paragraphs"]
        for group in paragraph["groups"]
        for run in group["runs"]
        if run["t"] == "Basra"
    ]
    assert pieces and all(not p["placed"] and "perhaps Basra" in p["tip"] for p in pieces)
    assert standalone_html([analysis]) != standalone_html([analysis], Options(least=0.0))


def test_one_still_finds_it_by_name():
    rows = rows_of([doubted("Basra", 0.6)])
    assert [row.id for row in filtered(rows, Filter(place="basra"))] == ["i-shelling", "i-mayor"]
    assert Filter.from_query(Filter(unsure=True).to_query()).unsure


@pytest.mark.parametrize("value", ["2", "-0.1", "sure", "nan"])
def test_the_command_line_names_a_bad_confidence(value, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["map", "x.txt", "-o", "x.geojson", "--min-confidence", value])
    assert stopped.value.code == 2
    assert repr(value) in capsys.readouterr().err


def test_the_command_line_says_how_many(tmp_path, monkeypatch, capsys):
    text, out = tmp_path / "x.txt", tmp_path / "x.geojson"
    text.write_text(made.TEXT, encoding="utf-8")

    class Doubting:
        def each(self, jobs):
            return (lambda: doubted("Basra", 0.6) for _ in jobs)

    monkeypatch.setattr(command.Analyser, "open", Doubting)
    assert command.main(["map", str(text), "-o", str(out)]) == 0
    assert "1 held back as unsure" in capsys.readouterr().err
    assert command.main(["map", str(text), "-o", str(out), "--min-confidence", "0"]) == 0
    assert "held back" not in capsys.readouterr().err


def test_areas_that_the_text_describes_are_drawn():
    import mapper
    from mapper.abstain import held_back
    from mapper.samples import samples

    shown = held_back(mapper.Analyser.open().analyse(samples()[0].article))
    areas = [p for i in shown.incidents if i.kind == "protest" for p in i.places]
    assert {p.place.precision for p in areas} >= {"city", "region"}, [p.place.name for p in areas]
