"""Where it happened: which mentions are one place, which of a chain or a list is meant."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mapper.extract import extract
from mapper.extract.compose import is_origin, outermost, where_it_is, whole_phrase
from mapper.extract.learned import NO_MODELS, Linear, Models, Trees
from mapper.extract.placing import (
    PLACE_COLUMNS,
    chosen_for,
    lies_in,
    most_specific,
    named_with,
    one_spot,
    own_place_first,
    place_features,
    places_near,
)
from mapper.extract.scene import build_scene, place_key, stands_in
from mapper.merge import merge
from mapper.model import Article, Mention, Place
from mapper.names import NO_FITTING_NAME, NO_SUCH_NAME
from tests.test_extract import reading_of

MARLOW = Place("gn:1", "Marlow", "city", "CD", "Ituri", 1.56, 30.25, None, "city", 5000, None, "t")
UNKNOWN = (NO_SUCH_NAME, "the text speaks of Marlow just there")


def spot(name, precision, country="IQ", admin1=None, lat=33.0, lon=44.0):
    return Place(name, name, "x", country, admin1, lat, lon, None, precision, 1000, None, "t")


def scene_of(text, names, trigger=None):
    """A scene whose mentions are ``names``: phrase to (role, place) or (role, place, why)."""
    mentions = []
    for phrase, (role, where, *why) in names.items():
        start = text.index(phrase)
        end = start + len(phrase)
        mentions.append(Mention(start, end, phrase, role, where, 0.9, (), why[0] if why else ()))
    reading = reading_of(
        text,
        triggers=[(trigger, "politics", "occurred")] if trigger else [],
        places=[(p, "literal") for p in names],
    )
    return build_scene(Article("t", text), reading, mentions)


def at(scene, phrase):
    return next(i for i, m in enumerate(scene.mentions) if m.text == phrase)


def words_of(scene, chosen):
    return [scene.mentions[j].text for j in chosen]


# --- names that no gazetteer knows -------------------------------------------------------------


def known(text, start=0, why=()):
    return Mention(start, start + len(text), text, "literal", MARLOW, 0.9, (), why)


def test_names_no_gazetteer_knows_stay_places_of_their_own():
    unfit = (NO_FITTING_NAME, "the text speaks of Marlow just there")
    marlow, tasha, dombe = known("Marlow"), known("Tasha", 20, UNKNOWN), known("Dombe", 40, unfit)
    assert stands_in(tasha) and stands_in(dombe) and not stands_in(marlow)
    assert len({place_key(m) for m in (marlow, tasha, dombe)}) == 3
    assert place_key(tasha) == place_key(known("tasha", 90, UNKNOWN))
    assert lies_in(tasha, marlow)
    assert not lies_in(marlow, tasha) and not lies_in(tasha, dombe)


def test_spellings_of_a_known_place_are_one():
    assert place_key(known("Marlow")) == place_key(known("Marlo", 30))


def test_marches_in_two_unknown_villages_are_two_incidents():
    text = "Marlow was calm. Marches were held in Tasha and Dombe on Friday."
    reading = reading_of(
        text,
        triggers=[("Marches", "protest", "occurred")],
        places=[("Marlow", "literal"), ("Tasha", "literal"), ("Dombe", "literal")],
        links=[(0, 1, "place"), (0, 2, "place")],
    )
    mentions = [
        known("Marlow"),
        known("Tasha", text.index("Tasha"), UNKNOWN),
        known("Dombe", text.index("Dombe"), UNKNOWN),
    ]
    article = Article("t", text, "2020-05-06")
    found = merge(article, extract(article, reading, mentions, NO_MODELS), NO_MODELS)
    assert [[text[slice(*p.mention)] for p in i.places] for i in found] == [["Tasha"], ["Dombe"]]
    # The ids that go out are those of the gazetteer.
    assert {p.place.id for i in found for p in i.places} == {"gn:1"}


def test_an_incident_in_an_unknown_village_is_near_the_place_it_is_set_in():
    text = "Marlow was calm. Marches were held in Tasha on Friday."
    reading = reading_of(
        text,
        triggers=[("Marches", "protest", "occurred")],
        places=[("Marlow", "literal"), ("Tasha", "literal")],
        links=[(0, 1, "place")],
    )
    mentions = [known("Marlow"), known("Tasha", text.index("Tasha"), UNKNOWN)]
    (found,) = extract(Article("t", text, "2020-05-06"), reading, mentions, NO_MODELS)
    (place,) = found.places
    assert (place.relation, place.inferred) == ("near", True)


# --- the most specific of a chain --------------------------------------------------------------

BASE = spot("Qasr Field", "facility")
COUNTRY = spot("Iraq", "country")
TOWN = spot("Rimah", "city", admin1="Nineveh", lat=36.3, lon=42.4)
PROVINCE = spot("Nineveh", "province", admin1="Nineveh", lat=36.0, lon=42.0)


@pytest.mark.parametrize(
    ("text", "names", "top", "wanted"),
    [
        (
            "The minister visited engineers at Qasr Field, Iraq, on Sunday.",
            {"Qasr Field": ("literal", BASE), "Iraq": ("literal", COUNTRY)},
            "Iraq",
            "Qasr Field",
        ),
        (
            "The minister visited the town of Rimah in Nineveh.",
            {"Rimah": ("literal", TOWN), "Nineveh": ("literal", PROVINCE)},
            "Nineveh",
            "Rimah",
        ),
        (
            "The minister visited Rimah, in northern Nineveh province, Iraq.",
            {
                "Rimah": ("literal", TOWN),
                "Nineveh province": ("literal", PROVINCE),
                "Iraq": ("literal", COUNTRY),
            },
            "Iraq",
            "Rimah",
        ),
        (
            "The minister visited Iraq's Qasr Field.",
            {"Iraq": ("literal", COUNTRY), "Qasr Field": ("literal", BASE)},
            "Iraq",
            "Qasr Field",
        ),
    ],
)
@pytest.mark.parametrize("first", [0.6, 0.9])
def test_the_finest_of_a_chain_is_taken(text, names, top, wanted, first):
    scene = scene_of(text, names, "visited")
    beliefs = dict.fromkeys(range(len(scene.mentions)), 0.5) | {at(scene, top): first}
    assert scene.mentions[most_specific(scene, at(scene, top), beliefs)].text == wanted
    ranked = sorted(beliefs.items(), key=lambda r: -r[1])
    assert words_of(scene, chosen_for(scene, ranked, 0.3)) == [wanted]


def test_a_place_that_is_not_believed_is_no_end_of_a_chain():
    text = "The mayor of Rimah in Nineveh was robbed."
    scene = scene_of(text, {"Rimah": ("literal", TOWN), "Nineveh": ("literal", PROVINCE)})
    nineveh = at(scene, "Nineveh")
    assert most_specific(scene, nineveh, {nineveh: 0.9, at(scene, "Rimah"): 0.05}) == nineveh


def test_a_place_elsewhere_is_no_part_of_a_chain():
    far = spot("Lima", "city", "PE", lat=-12.0, lon=-77.0)
    text = "The minister flew from Lima, Iraq having asked him."
    scene = scene_of(text, {"Lima": ("literal", far), "Iraq": ("literal", COUNTRY)})
    iraq = at(scene, "Iraq")
    assert most_specific(scene, iraq, {iraq: 0.9, at(scene, "Lima"): 0.9}) == iraq


def test_a_description_gives_way_to_the_name_in_it():
    text = "Shells hit the northern city of Rimah."
    names = {"the northern city of Rimah": ("nominal", TOWN), "Rimah": ("literal", TOWN)}
    scene = scene_of(text, names, "hit")
    ranked = [(at(scene, "the northern city of Rimah"), 0.7), (at(scene, "Rimah"), 0.6)]
    assert words_of(scene, chosen_for(scene, ranked, 0.3)) == ["Rimah"]


# --- lists -------------------------------------------------------------------------------------


def towns(*names):
    return {n: ("literal", spot(n, "city", lat=30.0 + i)) for i, n in enumerate(names)}


def test_what_stands_in_one_list_is_chosen_together():
    text = "Rockets fell on Arda, Belmo and Corvat, police in Dunmar said."
    scene = scene_of(text, towns("Arda", "Belmo", "Corvat", "Dunmar"), "fell")
    assert words_of(scene, named_with(scene, at(scene, "Arda"))) == ["Arda", "Belmo", "Corvat"]
    assert words_of(scene, named_with(scene, at(scene, "Corvat"))) == ["Arda", "Belmo", "Corvat"]
    ranked = [(0, 0.8), (1, 0.4), (2, 0.3), (3, 0.1)]
    assert sorted(words_of(scene, chosen_for(scene, ranked, 0.5))) == ["Arda", "Belmo", "Corvat"]


def test_a_region_in_a_list_stands_beside_the_town_before_it():
    text = "Crowds marched in Rimah and the north."
    north = spot("the north", "region", lat=36.0, lon=42.0)
    scene = scene_of(text, {"Rimah": ("literal", TOWN), "the north": ("nominal", north)}, "marched")
    assert words_of(scene, named_with(scene, 0)) == ["Rimah", "the north"]
    assert words_of(scene, chosen_for(scene, [(0, 0.7), (1, 0.5)], 0.3)) == ["Rimah", "the north"]


def test_a_comma_alone_makes_no_list():
    text = "Rockets fell on Arda, Belmo."
    scene = scene_of(text, towns("Arda", "Belmo"), "fell")
    assert words_of(scene, named_with(scene, 0)) == ["Arda"]


def test_nothing_is_chosen_below_the_floor():
    scene = scene_of("Rockets fell on Arda.", towns("Arda"), "fell")
    assert chosen_for(scene, [(0, 0.2)], 0.3) == []
    assert chosen_for(scene, [], 0.3) == []


# --- features ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "trigger", "name", "column"),
    [
        ("A trader from Arda was stabbed.", "stabbed", "Arda", "origin_before"),
        ("Arda police stopped the march.", "march", "Arda", "people_after"),
        ("They met in the Arda-held valley.", "met", "Arda", "hyphen_after"),
        ("Arda's council resigned.", "resigned", "Arda", "possessive_after"),
        ("Fire broke out in the village of Arda.", "Fire", "Arda", "settlement_before"),
        ("Fire broke out at a hotel in Arda.", "Fire", "Arda", "facility_before"),
        ("He was hurt in the siege of Arda.", "hurt", "Arda", "of_event"),
        ("In Arda, crowds burned tyres.", "burned", "Arda", "opens_sentence"),
        ("Troops shelled Arda.", "shelled", "Arda", "object"),
        ("Shots rang out while a convoy left Arda.", "Shots", "Arda", "clause_words_between"),
    ],
)
def test_cues_around_a_place_are_seen(text, trigger, name, column):
    scene = scene_of(text, towns(name), trigger)
    rows = place_features(scene, 0, places_near(scene, 0))
    assert rows.shape == (1, len(PLACE_COLUMNS))
    assert rows[0, PLACE_COLUMNS.index(column)] > 0


def test_cues_are_not_seen_where_they_are_not():
    scene = scene_of("Two men were stabbed in Arda.", towns("Arda"), "stabbed")
    row = place_features(scene, 0, places_near(scene, 0))[0]
    for column in ("origin_before", "people_after", "of_event", "object", "clause_words_between"):
        assert row[PLACE_COLUMNS.index(column)] == 0.0
    assert row[PLACE_COLUMNS.index("same_clause")] == 1.0


def test_a_scorer_reads_rows_that_have_more_columns_than_it_knows():
    trees = Trees(
        ("b",), 0.0, np.array([[0]]), np.array([[0.5]], np.float32), np.array([[-2.0, 2.0]])
    )
    linear = Linear(("b",), ("x", "y"), np.array([[1.0], [-1.0]], np.float32), np.zeros(2))
    models = Models({"t": trees}, {"l": linear}, {}, "m")
    rows = np.array([[9.0, 0.0, 9.0], [0.0, 1.0, 0.0]], np.float32)
    p = models.get("t", ("a", "b", "c")).probability(rows)
    assert p.tolist() == trees.probability(rows[:, 1:2]).tolist()
    q = models.get_linear("l", ("a", "b", "c")).probability(rows)
    assert q.tolist() == linear.probability(rows[:, 1:2]).tolist()


def test_all_composed_texts_are_learned_from():
    pytest.importorskip("onnxruntime")
    from training.incident_data import ROOT, coded_documents

    files = [ROOT / "training" / "data" / f"{n}.jsonl" for n in ("composed", "composed_places")]
    lines = sum(len(f.read_text(encoding="utf-8").splitlines()) for f in files)
    found = coded_documents(Path("/nowhere"))
    assert sum(d.source == "composed" for d in found) == lines
    assert all(d.incidents for d in found if d.article.id.startswith("p-in"))


# --- where people come from --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "trigger", "origin"),
    [
        ("Soldiers from Arle flew in water.", "flew in water", True),
        ("A 16-year-old from Arle was stabbed.", "stabbed", True),
        ("Two battalions were flown in from Arle.", "flown in", True),
        ("Doctors from the town of Arle marched.", "marched", True),
        ("Workers from Arle were evacuated.", "evacuated", False),
        ("Four people were freed from Arle.", "freed", False),
        ("Shells were fired from Arle.", "fired", False),
    ],
)
def test_people_from_a_place_do_not_set_a_happening_there(text, trigger, origin):
    scene = scene_of(text, {"Arle": ("literal", spot("Arle", "city"))}, trigger)
    start = text.index(trigger)
    belief = SimpleNamespace(start=start, end=start + len(trigger))
    assert is_origin(scene, at(scene, "Arle"), [belief]) is origin


# --- what the trigger's own sentence says ------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "belief", "first"),
    [
        ("In Kut, one man was shot dead.", 0.5, "Kut"),  # nearly as likely: its own sentence
        ("In Kut, one man was shot dead.", 0.3, "Basra"),
        ("One man, who hated Kut, was shot dead.", 0.5, "Basra"),  # no preposition sets it there
    ],
)
def test_a_place_that_the_own_sentence_says_goes_before_one_nearly_as_likely(
    sentence, belief, first
):
    scene = scene_of(
        f"Police met in Basra on Monday. {sentence}",
        {"Basra": ("literal", spot("Basra", "city")), "Kut": ("literal", spot("Kut", "city"))},
        "shot dead",
    )
    likely = ((at(scene, "Basra"), 0.58), (at(scene, "Kut"), belief))
    found = own_place_first(scene, 0, likely)
    assert words_of(scene, [j for j, _ in found])[0] == first
    assert {j for j, _ in found} == {j for j, _ in likely}


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("Trucks were burned on the road between Arle and Brend.", True),
        ("Trucks were burned between the towns of Arle and Brend.", True),
        ("Trucks were burned on Arle near Brend.", True),
        ("Trucks were burned at Arle just outside Brend.", True),
        ("Trucks were burned in Arle and Brend.", False),
        ("Trucks were burned in Arle, in Brend and in Cove.", False),
        ("Trucks were burned in Arle and in Brend.", False),
    ],
)
def test_two_names_of_one_spot_and_two_spots(text, one):
    town = {n: ("literal", spot(n, "city", lat=i)) for i, n in enumerate(("Arle", "Brend"))}
    scene = scene_of(text, town)
    assert one_spot(scene, at(scene, "Arle"), at(scene, "Brend")) is one


# --- names that buildings bear -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap", "latitude", "wanted"),
    [
        (" hotel in ", 45.0, "Brend"),
        (" blu hotel in the city of ", 45.0, "Brend"),
        (" hotel in ", 33.5, "Arle"),  # near: it may well be there
        (", and a hotel in ", 45.0, "Arle"),
        (" fell to rebels in ", 45.0, "Arle"),
    ],
)
def test_a_building_called_after_a_far_place_is_where_the_text_sets_it(gap, latitude, wanted):
    text = f"Gunmen stormed the Arle{gap}Brend."
    towns = {
        "Arle": ("literal", spot("Arle", "city")),
        "Brend": ("literal", spot("Brend", "city", lat=latitude)),
    }
    scene = scene_of(text, towns)
    assert scene.mentions[where_it_is(scene, at(scene, "Arle"))].text == wanted


def test_a_name_inside_a_chosen_phrase_is_not_chosen_too():
    text = "Jets pounded positions outside Arle."
    scene = scene_of(
        text,
        {
            "outside Arle": ("nominal", spot("outside Arle", "district")),
            "Arle": ("literal", spot("Arle", "city")),
        },
    )
    kept = outermost(scene, [(0, 0.9), (1, 0.8)])
    assert words_of(scene, [j for j, _ in kept]) == ["outside Arle"]


@pytest.mark.parametrize(("precision", "wanted"), [("country", "southern Iraq"), ("city", "Iraq")])
def test_the_phrase_that_narrows_a_country_is_meant(precision, wanted):
    text = "Teachers protested across southern Iraq on Friday."
    scene = scene_of(
        text,
        {
            "southern Iraq": ("nominal", spot("southern Iraq", "region")),
            "Iraq": ("literal", spot("Iraq", precision)),
        },
    )
    assert scene.mentions[whole_phrase(scene, at(scene, "Iraq"))].text == wanted
