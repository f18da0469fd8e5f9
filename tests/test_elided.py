"""Lists that say what happened once and then only how many and where."""

import pytest

from mapper.extract import extract
from mapper.extract.learned import NO_MODELS
from mapper.merge import merge
from mapper.model import Article
from tests.test_extract import mention, place, reading_of


def told(text, trigger, kind, names, toll=None, what="fatalities"):
    """Trigger words, places, dead and injured of each incident; the trigger is at every place."""
    links = [(0, n, "place") for n in range(len(names))]
    if toll:
        links.append((0, len(names), what))
    reading = reading_of(
        text,
        triggers=[(trigger, kind, "occurred")],
        places=[(n, "literal") for n in names],
        arguments=[(toll, what)] if toll else (),
        links=links,
    )
    mentions = [mention(text, n, place(n, 30.0 + 2 * i)) for i, n in enumerate(names)]
    article = Article("t", text, "2019-12-16")
    found = merge(article, extract(article, reading, mentions, NO_MODELS), NO_MODELS)
    return [
        (
            text[slice(*i.evidence[0].trigger)],
            [p.place.name for p in i.places],
            i.fatalities and i.fatalities.low,
            i.injured and i.injured.low,
        )
        for i in found
    ]


def test_the_dead_of_each_town_are_an_incident():
    text = "Floods: 43 people drowned in Arle, 27 in Brend and at least nine at Cove."
    assert told(text, "drowned", "disaster", ["Arle", "Brend", "Cove"], "43 people") == [
        ("drowned", ["Arle"], 43, None),
        ("27 in Brend", ["Brend"], 27, None),
        ("at least nine at Cove", ["Cove"], 9, None),
    ]


def test_counts_of_the_arrested_are_no_toll():
    text = "Police arrested 24 men in Arle and another three in Brend."
    assert told(text, "arrested", "strategic_development", ["Arle", "Brend"]) == [
        ("arrested", ["Arle"], None, None),
        ("another three in Brend", ["Brend"], None, None),
    ]


def test_the_injured_stay_the_injured():
    text = "The blasts wounded four in Arle and two at a market in Brend."
    found = told(text, "blasts", "explosion_remote_violence", ["Arle", "Brend"], "four", "injured")
    assert [(p, hurt) for _, p, _, hurt in found] == [(["Arle"], 4), (["Brend"], 2)]


def test_another_is_one_where_the_first_was_one():
    text = "A man was shot in Arle and another in Brend."
    found = told(text, "shot", "crime", ["Arle", "Brend"], "A man")
    assert [(p, dead) for _, p, dead, _ in found] == [(["Arle"], 1), (["Brend"], 1)]


@pytest.mark.parametrize(
    "text",
    [
        # a verb of its own, a part of those counted, people from a place, no count, no place before
        "Police arrested six men in Arle and two in Brend were fined.",
        "Police arrested 24 men, nine of them in Arle and two in Brend.",
        "Police arrested six men in Arle and two from Brend.",
        "Police arrested men in Arle and in Brend.",
        "Police arrested six men and two women in Brend, near Arle.",
        "Police arrested six men in Arle before 14,200 in Brend.",
    ],
)
def test_no_part_of_a_list(text):
    found = told(text, "arrested", "strategic_development", ["Arle", "Brend"])
    assert [t for t, *_ in found] == ["arrested"]


def test_the_parts_share_what_the_first_says_of_them_all():
    text = "Planned for Friday: two vigils in Arle and three in Brend."
    reading = reading_of(
        text,
        triggers=[("vigils", "protest", "planned")],
        places=[("Arle", "literal"), ("Brend", "literal")],
        links=[(0, 0, "place")],
    )
    mentions = [mention(text, "Arle", place("Arle", 30.0)), mention(text, "Brend")]
    article = Article("t", text, "2019-12-16")
    found = merge(article, extract(article, reading, mentions, NO_MODELS), NO_MODELS)
    assert [(i.kind, i.modality) for i in found] == [("protest", "planned")] * 2
    assert len({i.id for i in found}) == 2


def test_counts_that_say_nothing_of_what_they_count_go_on_with_the_toll_before():
    text = "Arle has 210 deaths. It is followed by 43 in Brend, 27 in Cove and 9 at Dunn."
    found = told(text, "43 in Brend", "riot", ["Arle", "Brend", "Cove", "Dunn"])
    assert [(where, dead) for _, where, dead, _ in found[-2:]] == [(["Cove"], 27), (["Dunn"], 9)]


def test_counts_of_something_else_take_no_toll_from_before():
    text = "It left 210 deaths. Police held 43 men in Brend, 27 in Cove and 9 at Dunn."
    found = told(text, "held", "strategic_development", ["Brend", "Cove", "Dunn"])
    assert [dead for _, _, dead, _ in found] == [None, None, None]


def test_a_trigger_that_runs_over_the_next_part_leaves_it_its_town():
    text = "On Saturday 43 people died in Arle, 27 in Brend and nine at Cove."
    found = told(text, "died in Arle, 27 in Brend", "riot", ["Arle", "Brend", "Cove"], "43 people")
    assert [(where, dead) for _, where, dead, _ in found] == [
        (["Arle"], 43),
        (["Brend"], 27),
        (["Cove"], 9),
    ]
