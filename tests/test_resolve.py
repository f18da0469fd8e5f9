"""What resolution promises, on a small gazetteer of its own."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.gazetteer import Gazetteer, GazetteerError
from mapper.model import Article, Mention
from mapper.rank import MODEL, Ranker, RankerError
from mapper.resolve import FLOOR, resolve, simplified

try:
    GAZETTEER = Gazetteer.open()
except GazetteerError:
    pytest.skip("the gazetteer is not built", allow_module_level=True)
RANKER = Ranker.open()
CUES = Path(__file__).parents[1] / "mapper" / "cues" / "nominals.yaml"


def placed(text: str, *names: str, roles: dict[str, str] | None = None, **about: str):
    """The mentions of ``names`` (each at its first place not yet taken) after resolving."""
    mentions, at = [], {}
    for name in names:
        start = text.index(name, at.get(name, 0))
        at[name] = start + len(name)
        mentions.append(Mention(start, start + len(name), name, (roles or {}).get(name, "literal")))
    return resolve(Article("t", text, **about), mentions, GAZETTEER, RANKER)


def test_a_chain_decides_between_places_of_one_name():
    for state, code in (("Texas", "TX"), ("Kentucky", "KY"), ("Illinois", "IL")):
        text = f"The sheriff of Paris, {state}, closed the road on Friday."
        paris, _ = placed(text, "Paris", state)
        assert paris.place is not None
        assert (paris.place.country, paris.place.admin1) == ("US", state), code


def test_without_context_the_well_known_place_is_meant():
    (paris,) = placed("Talks were held in Paris on Monday.", "Paris")
    assert paris.place is not None
    assert paris.place.country == "FR"


def test_the_other_names_decide():
    text = "Police in Tripoli, Sidon and Beirut closed the roads."
    tripoli, _, _ = placed(text, "Tripoli", "Sidon", "Beirut")
    assert tripoli.place.country == "LB"
    text = "Fighters in Tripoli, Misrata and Benghazi closed the roads."
    tripoli, _, _ = placed(text, "Tripoli", "Misrata", "Benghazi")
    assert tripoli.place.country == "LY"


def test_the_word_region_outweighs_a_town_among_towns():
    text = "A clerk was shot in Mandalay and two in Monywa. A school in Sagaing region was hit."
    *_, sagaing = placed(text, "Mandalay", "Monywa", "Sagaing region")
    assert (sagaing.place.name, sagaing.place.kind) == ("Sagaing", "admin1")


def test_a_name_alone_means_the_town_and_with_its_word_the_province():
    text = "Rockets fell on Baghdad. Fields burned in Diyala Governorate."
    baghdad, diyala = placed(text, "Baghdad", "Diyala Governorate")
    assert baghdad.place.precision == "city"
    assert diyala.place.precision == "province"
    assert diyala.place.geometry is not None


def test_a_town_is_meant_and_not_the_district_that_has_its_name_from_it():
    text = "Thousands came to Ayodhya on Friday. Police closed the road at Karsewakpuram."
    ayodhya, quarter = placed(text, "Ayodhya", "Karsewakpuram")
    assert (ayodhya.place.name, ayodhya.place.kind) == ("Ayodhya", "city")
    assert quarter.place.lon == ayodhya.place.lon  # around the town, not in the district


def test_a_town_is_not_taken_for_the_province_that_borrows_its_name():
    text = "A bomb went off in Baquba on Monday, police said."
    (baquba,) = placed(text, "Baquba")
    assert baquba.place.precision == "city"


def test_one_unknown_name_never_empties_the_rest():
    text = "Qzxvrth and Mosul were quiet; Erbil was not."
    unknown, mosul, erbil = placed(text, "Qzxvrth", "Mosul", "Erbil")
    assert mosul.place.name == "Mosul"
    assert erbil.place is not None
    if unknown.place is not None:  # set where the text sets it, and says so
        assert unknown.why[0].startswith("no ")
        assert unknown.place.uncertainty_m >= 25_000


def test_the_capital_is_the_capital_of_the_country_spoken_of():
    text = "Protests spread in Peru. In Cusco and Arequipa shops shut. In the capital, buses ran."
    *_, capital = placed(
        text, "Peru", "Cusco", "Arequipa", "the capital", roles={"the capital": "nominal"}
    )
    assert capital.place.name == "Lima"


def test_a_demonym_beside_it_says_whose_capital():
    text = "Ministers from Kenya flew to the Armenian capital."
    *_, capital = placed(
        text,
        "Kenya",
        "Armenian",
        "the Armenian capital",
        roles={"Armenian": "demonym", "the Armenian capital": "nominal"},
    )
    assert capital.place.name == "Yerevan"


def test_that_town_is_the_town_just_named():
    text = "Rebels left Goma for Kampala's army. They had held Bunia, and that town was calm."
    *_, bunia, town = placed(text, "Goma", "Bunia", "that town", roles={"that town": "nominal"})
    assert town.place.id == bunia.place.id
    assert any("refers to" in reason for reason in town.why)


@pytest.mark.parametrize(
    ("text", "names", "meant"),
    [
        # where the report is from, not where people go
        ("KAMPALA: A party of sixty set out for Jinja on Tuesday after a short prayer, and talk of "
         "a bomb went through the city within the hour.", ("KAMPALA", "Jinja"), "Kampala"),
        # a metropolis is no village
        ("Men came by boat to Yangambi. They had left Kisangani at dawn. The village was asleep.",
         ("Yangambi", "Kisangani"), "Yangambi"),
        # the one that the text is about, not the one just named for a comparison
        ("Shells fell on Goma for a third day. Shops in Goma are shut. Doctors in Goma said that "
         "nine died. It is larger than Bukavu. Rain fell on the city.",
         ("Goma", "Goma", "Goma", "Bukavu"), "Goma"),
    ],
)  # fmt: skip
def test_a_settlement_is_taken_up_by_what_the_text_says_of_it(text, names, meant):
    head = "The village" if "village" in text else "the city"
    *_, said = placed(text, *names, head, roles={head: "nominal"})
    assert said.place is not None
    assert said.place.name == meant


def test_a_settlement_that_nothing_names_has_no_place():
    (said,) = placed("Rain fell on the city.", "the city", roles={"the city": "nominal"})
    assert said.place is None


def test_there_is_where_the_text_has_just_been_not_who_acts_in_its_clause():
    roles = {"there": "nominal"}
    text = "Crowds met in Bunia. Kinshasa closed the bridge there on Monday."
    *_, there = placed(text, "Bunia", "Kinshasa", "there", roles=roles)
    assert there.place.name == "Bunia"
    text = "Crowds met in Bunia. Troops drove to Kinshasa and fired shots there."
    *_, there = placed(text, "Bunia", "Kinshasa", "there", roles=roles)
    assert there.place.name == "Kinshasa"
    text = "Jets pounded Laiza. Eleven were killed there. In Yangon a grenade was thrown."
    *_, there = placed(text, "Laiza", "Yangon", "there", roles=roles)
    assert there.place.name == "Laiza"
    text = "Eleven were killed there. In Yangon a grenade was thrown."
    *_, there = placed(text, "Yangon", "there", roles=roles)
    assert there.place is None
    text = "Police raided a plant in Omaha, Nebraska. Nobody was held there."
    *_, there = placed(text, "Omaha", "Nebraska", "there", roles=roles)
    assert there.place.name == "Omaha"


def test_the_state_is_the_one_spoken_of_and_not_a_far_one():
    text = (
        "Manipur is calm, he said, and so is Punjab. A party leader in Delhi said that the Gujarat "
        "government had failed to keep order in the state."
    )
    roles = {"Gujarat": "metonymic", "the state": "nominal"}
    *_, state = placed(text, "Manipur", "Punjab", "Delhi", "Gujarat", "the state", roles=roles)
    assert state.place.name == "Gujarāt"
    text = "Buses burned in Surat and Vadodara on Sunday, and the state asked for troops."
    *_, state = placed(text, "Surat", "Vadodara", "the state", roles={"the state": "nominal"})
    assert state.place.name == "Gujarāt"


def test_a_direction_of_the_country_is_an_area_with_a_shape():
    text = "Iraq was tense. In Baghdad and the south crowds gathered."
    *_, south = placed(text, "Iraq", "Baghdad", "the south", roles={"the south": "nominal"})
    assert south.place is not None
    assert south.place.geometry is not None
    assert south.place.geometry["type"] in ("Polygon", "MultiPolygon")
    assert south.place.country == "IQ"
    assert south.place.lat < 33.0


@pytest.mark.parametrize(
    ("text", "phrase", "name"),
    [
        ("Jets bombed Aleppo in Syria. Six died in the east of the city.",
         "the east of the city", "the east of Aleppo"),
        ("Kenya was tense. In Nairobi shots fell in the south of the capital.",
         "the south of the capital", "the south of Nairobi"),
        ("Rebels took Goma in Congo. They fought in the north of the province.",
         "the north of the province", "the north of Nord-Kivu"),
        ("SHOTS WERE HEARD IN LIMA. A BOMB WENT OFF IN THE NORTH OF THIS CITY.",
         "THE NORTH OF THIS CITY", "the north of Lima"),
        ("Nigerian police reached Kano. The city's east was calm.",
         "The city's east", "Kano's east"),
    ],
)  # fmt: skip
def test_a_part_of_the_city_is_of_the_city_spoken_of_not_of_its_country(text, phrase, name):
    known = [w for w in ("Aleppo", "Nairobi", "Goma", "LIMA", "Kano") if w in text]
    *_, city, part = placed(text, *known, phrase, roles={phrase: "nominal"})
    assert part.place is not None
    assert part.place.name == name
    assert part.place.country == city.place.country
    far = 300_000 if "province" in phrase else 30_000
    assert part.place.uncertainty_m < far


def test_the_region_of_several_countries_is_the_wider_one():
    text = "Iran warned Iraq. More troops are to be sent to the region, Washington said."
    *_, region = placed(text, "Iran", "Iraq", "the region", roles={"the region": "nominal"})
    assert region.place.name == "Middle East"
    assert region.place.geometry is not None
    assert 25 < region.place.lat < 33 and 38 < region.place.lon < 48


def test_the_region_of_one_country_may_be_any_part_of_it():
    text = "Iraq is tense. More troops are to be sent to the region."
    *_, region = placed(text, "Iraq", "the region", roles={"the region": "nominal"})
    assert region.place is None


def test_every_wider_region_is_in_the_gazetteer_with_its_area():
    for name in yaml.safe_load(CUES.read_text(encoding="utf-8"))["wider_regions"]:
        found = [
            m.entry
            for m in GAZETTEER.lookup(name, limit=4)
            if m.how == "primary" and m.entry.kind in ("region", "continent")
        ]
        assert any(e.has_geometry for e in found), name


def test_a_reporters_here_is_where_the_report_was_filed_from():
    rest = "the governor of Bihar met people of Gaya on Monday. Police said here that six men "
    text = f"Lucknow: {rest}had been arrested at night."
    *_, here = placed(text, "Lucknow", "Bihar", "Gaya", "here", roles={"here": "nominal"})
    assert here.place.name == "Lucknow"


def test_a_quoted_here_is_the_speakers():
    rest = "the governor met the people of Gaya on Monday. A farmer said: “Nothing grows here now.”"
    *_, here = placed(f"Lucknow: {rest}", "Lucknow", "Gaya", "here", roles={"here": "nominal"})
    assert here.place.name == "Gaya"


def test_confidence_candidates_and_reasons_come_with_each():
    text = "A bridge fell in Springfield on Tuesday."
    (m,) = placed(text, "Springfield")
    assert len(m.candidates) > 1
    assert m.candidates[0].score >= 0
    assert 0 <= m.confidence <= 1
    assert m.why
    assert (m.place is not None) == (m.confidence >= FLOOR)


def test_the_outlets_home_is_heard():
    text = "City council met in Springfield on Tuesday to hear residents."
    (m,) = placed(text, "Springfield", domain="masslive.com")
    assert m.place.admin1 == "Massachusetts"


def test_same_input_same_output():
    text = "Police in Paris, Texas, and in Athens, Georgia, met in Washington."
    once = placed(text, "Paris", "Texas", "Athens", "Georgia", "Washington")
    again = placed(text, "Paris", "Texas", "Athens", "Georgia", "Washington")
    assert once == again


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["Paris", "Basra", "Qq", "the town", "Georgia", "x"]), max_size=8))
def test_spans_and_their_order_stay(words):
    text = ", ".join(words)
    mentions, at = [], 0
    for word in words:
        role = "nominal" if word == "the town" else "literal"
        mentions.append(Mention(at, at + len(word), word, role))
        at += len(word) + 2
    out = resolve(Article("t", text), mentions, GAZETTEER, RANKER)
    assert [m.span for m in out] == [m.span for m in mentions]
    assert [m.role for m in out] == [m.role for m in mentions]


def test_a_ranker_with_another_hash_is_not_opened(tmp_path: Path):
    card = json.loads(MODEL.read_text())
    for file in card["files"]:
        (tmp_path / file["name"]).write_bytes((MODEL.parent / file["name"]).read_bytes())
    (tmp_path / "ranker.json").write_text(json.dumps(card))
    Ranker.open(tmp_path / "ranker.json")
    (tmp_path / card["files"][0]["name"]).write_bytes(b"something else")
    with pytest.raises(RankerError, match=card["files"][0]["name"]):
        Ranker.open(tmp_path / "ranker.json")
    (tmp_path / card["files"][0]["name"]).unlink()
    with pytest.raises(RankerError, match="missing"):
        Ranker.open(tmp_path / "ranker.json")


def test_the_calibration_never_falls():
    steps = [RANKER.calibrate(x / 50) for x in range(51)]
    assert steps == sorted(steps)
    assert steps[0] >= 0
    assert steps[-1] <= 1


def test_a_simplified_area_is_small_and_keeps_its_extent():
    entry = next(m.entry for m in GAZETTEER.lookup("Iraq") if m.entry.kind == "country")
    area = GAZETTEER.geometry(entry.id)
    small = simplified(area)
    points = json.dumps(small).count("[")
    assert points < 400
    assert dataclasses.is_dataclass(entry)


def test_this_capital_is_where_the_report_is_from():
    text = "LA PAZ, March 21 (EFE) - A bomb left in this capital was defused by Bolivian police."
    *_, capital = placed(
        text,
        "LA PAZ",
        "Bolivian",
        "this capital",
        roles={"this capital": "nominal", "Bolivian": "demonym"},
    )
    assert capital.place.name == "La Paz"


def test_a_town_is_meant_before_the_airport_of_its_name():
    text = (
        "Bishkek buried its dead. About 200 people gathered in Jalal-Abad. At Manas, flights were "
        "suspended, and at Kant soldiers landed. Talas is where it had begun."
    )
    _, town, *_ = placed(text, "Bishkek", "Jalal-Abad", "Manas", "Kant", "Talas")
    assert town.place.kind == "city"


def test_a_street_is_in_the_town_spoken_of_not_in_the_province_of_its_name():
    text = "Crowds filled Bishkek on Friday. Looters emptied the shops along Chui Avenue there."
    *_, street = placed(text, "Bishkek", "Chui Avenue")
    assert street.place.name == "Bishkek"


def test_a_road_is_in_the_town_spoken_of_not_in_the_town_of_its_name():
    text = (
        "A boy was shot in Jackson, Mississippi, on Sunday. It was at a gas station on Terry Road."
    )
    *_, road = placed(text, "Jackson", "Mississippi", "Terry Road")
    assert road.place.name == "Jackson"


def test_a_province_that_says_so_is_surer_than_a_river_of_its_name():
    text = "Gunmen shot a clerk in Nasiriyah. A bomb hit a patrol in Diyala province near Basra."
    *_, province, _ = placed(text, "Nasiriyah", "Diyala province", "Basra")
    assert (province.place.name, province.place.kind) == ("Diyālá", "admin1")
    assert province.confidence > 0.9
