"""Joining: what belongs together is joined, tolls are shared or kept, nothing depends on luck."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.extract import extract
from mapper.extract.learned import NO_MODELS
from mapper.merge import distance_km, grouped, merge
from mapper.model import Article, Incident
from tests.test_extract import mention, place, reading_of

TEXT = "Rallies filled Najaf and Karbala on Friday and left at least 40 people dead."


def riots():
    reading = reading_of(
        TEXT,
        triggers=[("Rallies", "riot", "occurred")],
        places=[("Najaf", "literal"), ("Karbala", "literal")],
        arguments=[("at least 40 people", "fatalities")],
        links=[(0, 0, "place"), (0, 1, "place"), (0, 2, "fatalities")],
    )
    article = Article("t", TEXT, "2019-12-16")
    mentions = (mention(TEXT, "Najaf", place("Najaf", 32.0)), mention(TEXT, "Karbala"))
    return article, extract(article, reading, mentions, NO_MODELS)


def test_a_toll_given_for_two_incidents_names_the_other():
    article, drafts = riots()
    one, two = merge(article, drafts, NO_MODELS)
    assert one.fatalities is not None and two.fatalities is not None
    assert (one.fatalities.low, one.fatalities.high) == (40, None)
    assert one.fatalities.shared_with == (two.id,)
    assert two.fatalities.shared_with == (one.id,)


def test_the_same_text_gives_the_same_incidents():
    assert merge(*riots(), NO_MODELS) == merge(*riots(), NO_MODELS)


def test_what_comes_out_is_plain():
    assert {type(i) for i in merge(*riots(), NO_MODELS)} == {Incident}


def test_incidents_without_beliefs_are_kept_as_they_are():
    article, drafts = riots()
    plain = merge(article, drafts, NO_MODELS)
    assert merge(article, plain, NO_MODELS) == plain


class _Stub:
    """Stands for a belief: grouping looks only at positions."""


@settings(max_examples=50)
@given(
    st.integers(0, 30),
    st.dictionaries(st.tuples(st.integers(0, 29), st.integers(0, 29)), st.floats(0, 1)),
)
def test_grouping_keeps_every_trigger_once(n, same):
    beliefs = [_Stub() for _ in range(n)]
    pairs = {(i, j): p for (i, j), p in same.items() if i < j < n}
    groups = grouped(beliefs, pairs, 0.5)
    assert sorted(id(b) for g in groups for b in g) == sorted(map(id, beliefs))


def test_distances_are_kilometres():
    assert 440 < distance_km(place("Baghdad", 33.31, 44.36), place("Basra", 30.5, 47.8)) < 460


def test_different_acts_of_politics_are_no_one_incident():
    import mapper

    text = (
        "The foreign minister of Kenya arrived in Kampala on Monday for a two-day visit.\n\n"
        "On Tuesday the president of Uganda spoke by telephone with the king of Morocco."
    )
    incidents = mapper.analyse(text, published="2021-05-12").incidents
    together = [
        i
        for i in incidents
        if any("visit" in e.quote for e in i.evidence)
        and any("telephone" in e.quote for e in i.evidence)
    ]
    assert not together


@pytest.mark.parametrize(("shout", "left"), [(False, 1), (True, 0)])
def test_a_text_in_capitals_must_be_surer(shout, left):
    text = "Gunmen attacked Mosul on Monday."
    text = text.upper() if shout else text
    words = "ATTACKED" if shout else "attacked"
    reading = reading_of(text, triggers=[(words, "battle", "occurred")])
    models = replace(NO_MODELS, thresholds={"incident": 0.1, "incident_capitals": 1.1})
    article = Article("t", text)
    assert len(merge(article, extract(article, reading, (), models), models)) == left


def test_overlapping_phrases_count_the_same_people():
    from mapper.merge import _share

    one, two = merge(*riots(), NO_MODELS)
    assert one.fatalities is not None and two.fatalities is not None
    start, end = one.fatalities.span
    short = replace(two.fatalities, span=(start, end - 7), shared_with=())
    apart = [
        replace(one, fatalities=replace(one.fatalities, shared_with=())),
        replace(two, fatalities=short),
    ]
    found = [i.fatalities for i in _share(apart)]
    assert [t.shared_with for t in found if t] == [(two.id,), (one.id,)]


def merged(text, triggers, places, arguments=(), links=()):
    reading = reading_of(
        text,
        triggers=triggers,
        places=[(p, "literal") for p in places],
        arguments=arguments,
        links=links,
    )
    article = Article("t", text, "2019-12-16")
    mentions = [mention(text, name, place(name, lat)) for name, lat in places.items()]
    return merge(article, extract(article, reading, mentions, NO_MODELS), NO_MODELS)


@pytest.mark.parametrize(
    ("trigger", "kind", "latitude", "incidents"),
    [
        ("rioted", "riot", 32.05, 1),  # two quarters of one town
        ("rioted", "riot", 33.5, 2),
        ("Marches", "protest", 32.05, 2),  # told in the plural
    ],
)
def test_a_riot_in_two_quarters_is_one_incident(trigger, kind, latitude, incidents):
    text = "Marches were held in Arle and Brend, and crowds rioted in Arle and Brend."
    text = text if trigger == "Marches" else "On Friday crowds rioted in Arle and Brend."
    found = merged(
        text,
        [(trigger, kind, "occurred")],
        {"Arle": 32.0, "Brend": latitude},
        links=[(0, 0, "place"), (0, 1, "place")],
    )
    assert len(found) == incidents
    assert sum(len(i.places) for i in found) == 2


def test_a_toll_with_its_place_goes_to_the_incident_there():
    text = "Missiles hit Arle. At least five dead in Brend, medics say. Rockets struck there."
    first, second = merged(
        text,
        [
            ("Missiles hit", "explosion_remote_violence", "occurred"),
            ("Rockets struck", "explosion_remote_violence", "occurred"),
        ],
        {"Arle": 32.0, "Brend": 35.0},
        arguments=[("five dead", "fatalities")],
        links=[(0, 0, "place"), (1, 1, "place"), (0, 2, "fatalities")],
    )
    assert first.fatalities is None
    assert second.fatalities is not None
    assert second.fatalities.low == 5


def test_pieces_of_one_phrase_are_one_incident():
    text = "Protests in Arle have left at least 40 people dead, doctors in Brend said."
    (found,) = merged(
        text,
        [(piece, "riot", "occurred") for piece in ("Protests", "left", "dead")],
        {"Arle": 32.0, "Brend": 35.0},
        arguments=[("at least 40 people", "fatalities")],
        links=[(0, 0, "place"), (1, 0, "place"), (0, 2, "fatalities"), (1, 2, "fatalities"),
               (2, 2, "fatalities")],
    )  # fmt: skip
    assert found.fatalities is not None
    assert found.fatalities.low == 40


def test_a_count_beside_the_trigger_goes_before_one_elsewhere():
    text = "A man died in Brend. Later a clash in Arle killed two guards."
    (found,) = merged(
        text,
        [("clash", "battle", "occurred")],
        {"Brend": 35.0, "Arle": 32.0},
        arguments=[("A man", "fatalities"), ("two guards", "fatalities")],
        links=[(0, 1, "place"), (0, 2, "fatalities"), (0, 3, "fatalities")],
    )
    assert found.fatalities is not None
    assert found.fatalities.quote == "two guards"
