"""What recognition promises beyond the encoder's spans, on readings made by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.gazetteer import Gazetteer, GazetteerError
from mapper.encode import Reading, Sparse, TaggedSpan
from mapper.model import Article
from mapper.recognise import from_spans, proposed, recognise, trimmed

try:
    GAZETTEER = Gazetteer.open()
except GazetteerError:
    pytest.skip("the gazetteer is not built", allow_module_level=True)

NONE = Sparse((), (), (0, 0), None)


def reading(text: str, *tagged: tuple[str, str, float]) -> Reading:
    """A reading that tags the first place of each phrase with a role and a score."""
    spans = []
    for phrase, role, score in tagged:
        start = text.index(phrase)
        spans.append(TaggedSpan(start, start + len(phrase), (0, 1), role, score, {role: score}))
    return Reading((), tuple(spans), (), (), NONE, NONE)


def found(text: str, *tagged: tuple[str, str, float]) -> list[tuple[str, str]]:
    mentions = recognise(Article("t", text), reading(text, *tagged), GAZETTEER)
    assert all(text[m.start : m.end] == m.text for m in mentions)
    return [(m.text, m.role) for m in mentions]


@pytest.mark.parametrize(
    ("phrase", "kept"),
    [
        ("the Tigris", "Tigris"),
        ("Baghdad's", "Baghdad"),
        ("Baghdad’s", "Baghdad"),
        ("Baghdad,", "Baghdad"),
        ("“Basra", "Basra"),
        ("W.Va.", "W.Va."),
        ("The Hague's", "Hague"),
    ],
)
def test_spans_are_trimmed(phrase, kept):
    start, end = trimmed(phrase, 0, len(phrase))
    assert phrase[start:end] == kept


def test_a_name_found_once_is_proposed_again_but_not_within_a_persons():
    text = "Police met in Tikrit. Shops in Basra, Tikrit were shut. Then Omar Tikrit spoke."
    read = reading(text, ("Tikrit", "literal", 0.95), ("Basra", "literal", 0.95))
    spans = sorted(proposed(Article("t", text), read, GAZETTEER))
    assert [text[a:b] for a, b in spans] == ["Tikrit", "Basra", "Tikrit"]


def test_pieces_of_a_name_are_made_whole():
    assert found("Snow fell in Buenos Aires.", ("Aires", "literal", 0.9)) == [
        ("Buenos Aires", "literal")
    ]
    assert found("It fell in North Korea.", ("Korea", "literal", 0.9)) == [
        ("North Korea", "literal")
    ]
    assert found("Along the Zambezi River.", ("Zambezi", "literal", 0.9)) == [
        ("Zambezi River", "literal")
    ]
    text = "Votes in Bosnia and Herzegovina."
    assert found(text, ("Bosnia", "literal", 0.9), ("Herzegovina", "literal", 0.9)) == [
        ("Bosnia and Herzegovina", "literal")
    ]


def test_coordinated_names_stay_apart():
    text = "Shells fell on Mosul and Kirkuk."
    assert found(text, ("Mosul", "literal", 0.9), ("Kirkuk", "literal", 0.9)) == [
        ("Mosul", "literal"),
        ("Kirkuk", "literal"),
    ]


def test_an_abbreviation_keeps_its_full_stop_and_a_sentence_does_not():
    text = "HUNTINGTON, Ky. (AP) - A barge sank."
    assert ("Ky.", "literal") in found(text, ("Ky", "literal", 0.9))
    assert found("She flew to Kenya. He stayed.", ("Kenya", "literal", 0.9)) == [
        ("Kenya", "literal")
    ]


def test_a_sure_name_is_found_again():
    text = "Troops entered Sirte. By night Sirte was quiet."
    assert found(text, ("Sirte", "literal", 0.95)) == [("Sirte", "literal"), ("Sirte", "literal")]


def test_it_is_not_found_inside_words_or_a_persons_name():
    text = "Troops entered Assad. The ambassador met Assad Hariri."
    assert found(text, ("Assad", "literal", 0.95))[0] == ("Assad", "literal")
    assert len(found(text, ("Assad", "literal", 0.95))) == 1


def test_a_paper_is_an_organisation():
    text = "The Chicago Tribune reported a fire in Chicago."
    roles = dict(found(text, ("Chicago", "literal", 0.9)))
    first = recognise(Article("t", text), reading(text, ("Chicago", "literal", 0.9)), GAZETTEER)[0]
    assert first.role == "organisation"
    assert roles["Chicago"] in ("literal", "organisation")


def test_doubtful_spans_count_only_when_the_gazetteer_knows_them():
    text = "Reports from Nairobi and from Zzyxqv."
    assert found(text, ("Nairobi", "literal", 0.35), ("Zzyxqv", "literal", 0.35)) == [
        ("Nairobi", "literal")
    ]


def test_the_capital_and_described_areas_are_nominal():
    text = "In Peru the capital was quiet. Farmers 30 km west of Cusco were not."
    out = found(text, ("Peru", "literal", 0.9), ("Cusco", "literal", 0.9))
    assert ("the capital", "nominal") in out
    assert any(role == "nominal" and "west of Cusco" in phrase for phrase, role in out)
    assert ("Cusco", "literal") in out


PROSE = "the governor has asked the police to keep order, and six men were arrested here on monday."


@pytest.mark.parametrize(
    ("text", "towns"),
    [
        (f"lucknow: {PROSE}", ["lucknow"]),
        (f"Two held\nBy a reporter\n\nPATNA, March 3: {PROSE}", ["PATNA"]),
        (f"gandhinagar/ahmedabad: {PROSE}", ["gandhinagar", "ahmedabad"]),
        (f"opinion: {PROSE}", []),
        (f"Police: {PROSE}", []),
        ("lucknow: no comment", []),
        (f"{PROSE.capitalize()}\n\nlucknow: {PROSE}", []),
    ],
)
def test_a_town_before_a_colon_opens_the_report(text, towns):
    assert [name for name, role in found(text) if role == "literal"] == towns


@pytest.mark.parametrize(
    ("text", "nominals"),
    [
        ("Police said here on Monday that all was calm.", ["here"]),
        ("A judge there ordered a search.", ["there"]),
        ("The homes there were burned, and the school there is shut.", ["there", "there"]),
        ("Two men died there. There, people sleep in the open.", ["there", "There"]),
        ("Police said there were shots. There was a fire, and there is no water.", []),
        ("There ’s no end to it. Was there a plan? “Hi there,” he said.", []),
        ("Officials fear there will be more. There came a shout.", []),
        ("We are here to stay. Here is why.", []),
        ("Troops were sent to the temple town. The city council met.", ["the temple town"]),
        ("They met in the city hall.", []),
        (
            "trains to temple town were stopped, the pilgrim city was shut.",
            ["temple town", "the pilgrim city"],
        ),
        ("Crews in the port city of Basra and in a border town slept.", []),
    ],
)
def test_here_and_the_town_are_nominal(text, nominals):
    assert [name for name, role in found(text) if role == "nominal"] == nominals


def test_given_spans_come_back_in_order_with_roles():
    text = "Iraqi troops left Basra."
    mentions = from_spans(
        Article("t", text), [(18, 23), (0, 5)], Reading((), (), (), (), NONE, NONE), GAZETTEER
    )
    assert [(m.text, m.role) for m in mentions] == [("Basra", "literal"), ("Iraqi", "demonym")]
    with pytest.raises(ValueError, match=r"\[3, 99\]"):
        from_spans(Article("t", text), [(3, 99)], Reading((), (), (), (), NONE, NONE), GAZETTEER)


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet="Ab.,'’ -the\nZürich", max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(1, 12)), max_size=5),
)
def test_spans_lie_in_the_text_and_quote_it(text, cuts):
    spans = tuple(
        TaggedSpan(a, min(a + n, len(text)), (0, 1), "literal", 0.9, {"literal": 0.9})
        for a, n in sorted(cuts)
        if a < len(text)
    )
    mentions = recognise(Article("t", text), Reading((), spans, (), (), NONE, NONE), GAZETTEER)
    for m in mentions:
        assert 0 <= m.start < m.end <= len(text)
        assert text[m.start : m.end] == m.text
    plain = [m for m in mentions if m.role != "nominal"]
    for before, after in itertools.pairwise(plain):
        assert before.end <= after.start


def test_a_town_without_its_capital_is_found_where_a_place_is_spoken_of():
    text = "thousands gathered at ayodhya on friday. after the godhra attack the police were alert."
    assert found(text) == [("ayodhya", "literal"), ("godhra", "literal")]
    # a common word and the name of a person stay what they are, and capitals are for the tagger
    assert found("the minister arrived in march to meet advani about the temple.") == []
    assert found("Thousands gathered at Ayodhya on Friday. The Mayor of Kanpur came.") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Troops took the village of Qzorvat on Friday.", ["Qzorvat"]),
        (
            "Troops took the villages of Kafr Qzor, Al-Vorta and Beldun.",
            ["Kafr Qzor", "Al-Vorta", "Beldun"],
        ),
        ("Shells fell in the Qzorvat district.", ["Qzorvat"]),
        ("Shots were heard near the Qzorvat checkpoint.", ["Qzorvat"]),
        ("He was tried in Qzorvat District Court.", []),
        ("The Qzorvat bridge club met.", []),
        ("It was the village of the year.", []),
        ("Troops met in Qzorvat.", []),
    ],
)
def test_words_call_a_name_a_place_that_nobody_knows(text, names):
    assert [name for name, role in found(text) if role == "literal"] == names


def test_words_do_not_call_a_name_a_place_where_every_word_looks_like_one():
    text = "TROOPS TOOK THE VILLAGE OF QZORVAT ON FRIDAY AND THE TOWN OF BELDUN ON SUNDAY."
    assert found(text) == []


def test_a_month_beside_a_number_is_no_town():
    text = "This story is from March 4, 2002. Shots were heard in March, a town in the Fens."
    at = text.index("March 4")
    spans = reading(text, ("March", "literal", 0.95), ("Fens", "literal", 0.95))
    assert spans.places[0].start == at
    names = [m.text for m in recognise(Article("t", text), spans, GAZETTEER) if m.start == at]
    assert names == []
