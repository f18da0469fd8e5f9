"""What is on record as a failure of other geoparsers, each as a test of its class.

The whole way of the places: read by the shipped encoder, recognised, resolved.
"""

from __future__ import annotations

import pytest

from geodata.gazetteer import Gazetteer, GazetteerError
from mapper.encode import Encoder, ModelError
from mapper.model import Article, Mention
from mapper.rank import Ranker
from mapper.recognise import recognise
from mapper.resolve import resolve

try:
    GAZETTEER = Gazetteer.open()
    ENCODER = Encoder.open()
except (GazetteerError, ModelError, OSError):
    pytest.skip("the gazetteer or the encoder is not built", allow_module_level=True)
RANKER = Ranker.open()


def mapped(text: str, **about: str) -> tuple[Mention, ...]:
    article = Article("t", text, **about)
    mentions = recognise(article, ENCODER.read(text), GAZETTEER)
    return resolve(article, mentions, GAZETTEER, RANKER)


def one(mentions: tuple[Mention, ...], text: str) -> Mention:
    found = [m for m in mentions if m.text == text]
    assert found, [m.text for m in mentions]
    return found[0]


@pytest.mark.parametrize(
    ("phrase", "name", "south_of"),
    [
        ("South of Krasnohorivka", "Krasnohorivka", 48.1),
        ("South of Kupiansk", "Kupiansk", 49.8),
        ("South of Mosul", "Mosul", 36.4),
    ],
)
def test_south_of_a_town_is_an_area(phrase, name, south_of):
    mentions = mapped(f"{phrase}, shelling went on through the night, officers said on Monday.")
    area = next(m for m in mentions if m.text.startswith(phrase))
    assert area.place is not None, area.why
    assert area.place.geometry is not None
    assert area.place.lat < south_of
    assert any(m.text == name for m in mentions)


@pytest.mark.parametrize("unknown", ["Vrqznyk", "Abu Qqzt", "Port Xyqq"])
def test_one_unresolved_name_never_empties_the_result(unknown):
    text = f"Clashes were reported in {unknown}, in Aleppo and in Homs, Syria, on Friday."
    mentions = mapped(text)
    assert one(mentions, "Aleppo").place.country == "SY"
    assert one(mentions, "Homs").place.country == "SY"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("The ambassador met passadors of trade in Amman on Monday.", "assad"),
        ("The romance of the roman roads drew crowds to Split.", "Roma"),
        ("Nicely dressed people came to Lyon by train.", "Nice"),
    ],
)
def test_no_name_is_found_inside_a_word(text, hidden):
    for m in mapped(text):
        before, after = text[m.start - 1 : m.start], text[m.end : m.end + 1]
        assert not before.isalpha()
        assert not after.isalpha()
        assert m.text.lower() != hidden.lower()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("European leaders met on Tuesday to discuss the budget.", "European"),
        ("African ministers and Asian bankers signed it in Geneva.", "African"),
        ("Asian markets fell after the news from Tokyo.", "Asian"),
    ],
)
def test_a_continents_people_are_no_mine_in_arizona(text, word):
    for m in mapped(text):
        if m.text == word and m.place is not None:
            assert m.place.country is None or m.place.precision != "facility"
            assert m.place.kind in ("continent", "region"), m.place


@pytest.mark.parametrize(
    ("paper", "city"), [("Chicago Tribune", "Chicago"), ("Boston Globe", "Boston")]
)
def test_a_publishers_name_is_no_location(paper, city):
    text = f"Two people were killed in Lagos, the {paper} reported on Monday."
    for m in mapped(text):
        if m.text.startswith(city):
            assert m.role == "organisation"


def test_city_hall_is_in_the_articles_city():
    text = (
        "TOLEDO, Ohio - A fire broke out downtown on Monday. Firefighters in Toledo kept "
        "people away from City Hall, and Toledo police closed two streets."
    )
    mentions = mapped(text)
    assert one(mentions, "Toledo").place.country == "US"
    for m in mentions:
        if "City Hall" in m.text and m.place is not None:
            assert m.place.country == "US"
            assert abs(m.place.lat - 41.66) < 1.5


@pytest.mark.parametrize(
    ("text", "name", "country", "admin1"),
    [
        ("The fire began in Long Beach, CA, on Monday.", "Long Beach", "US", "California"),
        ("A storm hit Perth, Ontario, on Monday.", "Perth", "CA", "Ontario"),
        ("Police in Birmingham, Ala., made two arrests.", "Birmingham", "US", "Alabama"),
        ("Police in Cambridge, Mass., made two arrests.", "Cambridge", "US", "Massachusetts"),
    ],
)
def test_a_town_with_its_state_is_in_that_state(text, name, country, admin1):
    m = one(mapped(text), name)
    assert m.place is not None
    assert (m.place.country, m.place.admin1) == (country, admin1)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("Students of Aleppo University marched on Monday.", "Aleppo"),
        ("The Basra Oil Company shut the field.", "Basra"),
    ],
)
def test_nested_names_are_found(text, inner):
    held = [m for m in mapped(text) if inner in m.text]
    assert held
    assert held[0].place is not None
    assert held[0].place.country in ("SY", "IQ")


def test_a_dateline_is_found_and_helps():
    mentions = mapped("BAGHDAD (AP) - Police closed the road to the airport at Najaf on Sunday.")
    assert one(mentions, "BAGHDAD").place.country == "IQ"
    assert one(mentions, "Najaf").place.country == "IQ"


@pytest.mark.parametrize(
    "text",
    [
        "shells fell on mosul and kirkuk in northern iraq on monday, police said.",
        "SHELLS FELL ON MOSUL AND KIRKUK IN NORTHERN IRAQ ON MONDAY, POLICE SAID.",
    ],
)
def test_case_does_not_hide_places(text):
    names = {m.text.lower() for m in mapped(text) if m.place is not None}
    assert {"mosul", "kirkuk"} <= names
