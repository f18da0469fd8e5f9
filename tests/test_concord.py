"""Places in concert: one of several towns beside another, cited where the trigger stands."""

from __future__ import annotations

import pytest

import mapper
from mapper.extract.compose import _COUNT


@pytest.fixture(scope="module")
def analyser():
    return mapper.Analyser.open()


@pytest.mark.parametrize(
    ("before", "number"),
    [
        ("after two months of ", None),
        ("three days of ", None),
        ("after two ", "two"),
        ("a series of ten rocket ", "ten"),
    ],
)
def test_spans_of_time_count_no_incidents(before, number):
    found = _COUNT.search(before)
    assert (found.group(1) if found else None) == number


def test_a_visit_is_not_the_attack_before_it(analyser):
    text = (
        "Rockets fell on a base near Kirkuk on Monday, killing two soldiers, the army said.\n\n"
        "The foreign minister of France visited Erbil on Tuesday for talks with Kurdish leaders."
    )
    found = analyser.analyse(mapper.model.Article("visit", text, "2019-12-19")).incidents
    for incident in found:
        words = {text[e.trigger[0] : e.trigger[1]].lower() for e in incident.evidence}
        assert not (
            any("rocket" in w or "killing" in w for w in words) and any("visit" in w for w in words)
        )


@pytest.mark.parametrize(
    "places",
    ["Basra and Nasiriyah", "the capital and the Shia-majority south of Iraq"],
)
def test_places_said_in_one_breath_are_two(analyser, places):
    text = (
        f"Two months of protests in {places} have left at least 400 people dead, officials in "
        "Baghdad said."
    )
    analysis = analyser.analyse(mapper.model.Article("two", text, "2019-12-02"))
    tolls = [i.fatalities for i in analysis.incidents if i.kind in {"protest", "riot"}]
    assert len(tolls) == 2 and all(t and t.low == 400 and t.shared_with for t in tolls)
    names = {p.place.name for i in analysis.incidents for p in i.places}
    assert len(names) == 2, names
