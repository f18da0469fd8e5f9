"""Tolls: what a phrase counts, and which phrases of a sentence count people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.extract.tolls import (
    counts_things,
    counts_things_next,
    find_tolls,
    is_day,
    parse_toll,
    with_number,
)
from mapper.segment import sentences


@pytest.mark.parametrize(
    ("quote", "low", "high"),
    [
        ("at least 460 people dead", 460, None),
        ("dozens", 24, None),
        ("several", 3, None),
        ("two or three", 2, 3),
        ("Nearly 100", None, 100),
        ("up to 100 people", None, 100),
        ("wounded others", 2, None),
        ("a soldier was killed", 1, 1),
        ("no one was hurt", 0, 0),
        ("between 30 and 40", 30, 40),
        ("40 to 60 combatants", 40, 60),
        ("an officer and two conscripts", 3, 3),
        ("two women and a 14-year-old schoolboy", 3, 3),
        ("thirty-one corpses", 31, 31),
        ("more than 15,000 people", 15000, None),
        ("No fewer than seven persons", 7, None),
        ("A 22-year-old man", 1, 1),
        ("hundreds of thousands", 200000, None),
        ("six million victims", 6000000, 6000000),
        ("half a dozen", 6, 6),
        ("Eleven people, or sixteen", 11, 16),
        ("unhurt", 0, 0),
        ("the ambush and five guards", 5, 5),
        ("The 726 includes the 60", 726, 726),
        ("an 11-year", 1, 1),
    ],
)
def test_what_a_phrase_counts(quote, low, high):
    found = parse_toll(quote)
    assert (found[0], found[2]) == (low, high)


def test_killed_and_hurt_in_one_phrase_are_told_apart():
    quote = "killed one Iraqi soldier and wounded others"
    assert parse_toll(quote, "fatalities") == (1, 1, 1)
    assert parse_toll(quote, "injured") == (2, 2, None)


def tolls(text):
    return {(t.what, t.low, t.high) for t in find_tolls(text, sentences(text))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The attacks have killed one Iraqi soldier and wounded three others.",
            {("fatalities", 1, 1), ("injured", 3, 3)},
        ),
        (
            "Six people were killed and at least 14 injured on Thursday.",
            {("fatalities", 6, 6), ("injured", 14, None)},
        ),
        ("unrest that has left at least 460 people dead", {("fatalities", 460, None)}),
        ("Nobody was hurt.", {("fatalities", 0, 0), ("injured", 0, 0)}),
        ("The death toll rose to 31.", {("fatalities", 31, 31)}),
        ("A gunman shot dead two guards.", {("fatalities", 2, 2)}),
        ("ELEVEN PEOPLE DIED AND 43 WERE WOUNDED.", {("fatalities", 11, 11), ("injured", 43, 43)}),
        (
            "The death toll in the riots, officials said, is now nearly 525.",
            {("fatalities", None, 525)},
        ),
        ("The death toll has crossed the 250-mark.", {("fatalities", 250, 250)}),
        ("Police Lieutenant Ann Poe and one private were killed.", {("fatalities", 2, 2)}),
        ("LIEUTENANT ANN POE AND ONE PRIVATE WERE KILLED.", {("fatalities", 2, 2)}),
        ("In the ambush and five soldiers were killed.", {("fatalities", 5, 5)}),
        ("A man and his two daughters drowned on Friday.", {("fatalities", 3, 3)}),
        ("A boy of 14 and three men were killed.", {("fatalities", 4, 4)}),
        ("An 18-year-old was hit in the chest and died in hospital.", {("fatalities", 1, 1)}),
        ("The death toll stood at 79, up from 77 on Wednesday.", {("fatalities", 79, 79)}),
        ("Some 200 villagers were put to the sword.", {("fatalities", 200, 200)}),
        ("14:10 Police raise toll to 11 dead, 64 hurt.", {("fatalities", 11, 11)}),
        ("Two shells fell without hurting anybody.", {("fatalities", 0, 0), ("injured", 0, 0)}),
        ("As many as forty may have died.", {("fatalities", None, 40)}),
        ("The blasts did not cause any casualties.", {("fatalities", 0, 0), ("injured", 0, 0)}),
    ],
)
def test_what_a_sentence_counts(text, expected):
    assert expected <= tolls(text)


@pytest.mark.parametrize(
    "text",
    [
        "Police seized 12 rifles and 300 rounds.",
        "The army destroyed 40 houses on 12 May.",
        "A 34-year-old man aged well.",
        "Shells hit 15 villages in 2014.",
        "Some 500 troops were sent.",
        "Had it gone off, dozens would have died.",
        "The mudslide could kill forty people.",
        "They had threatened to kill the 14 pupils.",
        "It promised Rs 1 lakh for those killed in the riots.",
    ],
)
def test_weapons_dates_and_ages_are_no_tolls(text):
    assert tolls(text) == set()


@given(st.text(alphabet="killed wounded 0123456789 two people,. a dead no one and", max_size=80))
def test_offsets_and_ranges_hold(text):
    for t in find_tolls(text, sentences(text)):
        assert text[t.start : t.end] == t.quote
        assert t.low is None or t.high is None or t.low <= t.high


@pytest.mark.parametrize(
    ("quote", "wanted"),
    [
        ("Three clerks died and nine others", (3, 3)),
        ("five dead, 12 or 13", (5, 5)),
        ("six herders, two of them boys", (6, 6)),
        ("seven were killed, one in the north", (7, 7)),
        ("two of those aboard died, maybe three", (2, 3)),
        ("killed four guards and two drivers", (6, 6)),
        ("five people were killed and three more died", (8, 8)),
        ("seven members of one family", (7, 7)),
        ("79, up from 77", (79, 79)),
        ("10 Police raise toll to 11 dead", (11, 11)),
    ],
)
def test_numbers_of_others_are_not_added(quote: str, wanted: tuple[int, int]) -> None:
    low, _, high = parse_toll(quote)
    assert (low, high) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The men stabbed her to death at the gate.", (1, 1)),
        ("The pile-up took the life of 30-year-old Ann Poe.", (1, 1)),
        ("Two gunmen were eliminated in the raid.", (2, 2)),
        ("The rocket fell in a field, harming no one.", (0, 0)),
        ("The ferry sank, but nobody drowned.", (0, 0)),
        ("The wall fell at night; no harm done.", (0, 0)),
    ],
)
def test_plain_words_of_death_are_found(text: str, wanted: tuple[int, int]) -> None:
    found = find_tolls(text, [(0, len(text))])
    assert [(e.low, e.high) for e in found if e.what == "fatalities"] == [wanted]


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        # what stands between the people and what became of them
        ("Seven miners, three of them from Wales, were killed when a rope parted.", [(7, 7)]),
        ("Two gunmen -- including a former officer -- were killed.", [(2, 2)]),
        ("One farmhand, Kyle Aune, died in his pickup.", [(1, 1)]),
        ("Three guards from the National Identification Department were killed.", [(3, 3)]),
        ("Four nuns who were travelling from the airport were killed.", [(4, 4)]),
        ("Two brothers were dragged from an auto-rickshaw and beaten to death.", [(2, 2)]),
        # who is counted with a number, and who without
        ("The bride, 19, and two drummers died.", [(3, 3)]),
        ("Eight men of the District Guard and their civilian driver were killed.", [(9, 9)]),
        ("He blew up the bus, killing himself and two guards.", [(3, 3)]),
        ("A Leeds couple in their 70s were killed.", [(2, 2)]),
        ("The roof fell, killing Norma Teague, 70, and breaking her husband's hip.", [(1, 1)]),
        ("The rebels lost four men near the river.", [(4, 4)]),
        ("The crash left a 34-year-old father of two dead.", [(1, 1)]),
        # numbers of something else
        ("A policeman of 32 was killed by a sniper.", [(1, 1)]),
        ("There were 14 fatal crashes in the region.", []),
        ("A storm with winds of 125 mph left three people dead.", [(3, 3)]),
        ("He was the third person to be killed there this year.", []),
        # people in a row, each of them one
        ("The plane fell, killing a baker, his daughter and her husband.", [(3, 3)]),
        ("A mine killed a cameraman, a reporter and the deputy head of a council.", [(3, 3)]),
        ("A teacher, her son and his friend were killed in the crash.", [(3, 3)]),
        # the day of a date
        ("PORT ALDA, March 5 - At least 27 people were killed by shells.", [(27, None)]),
        ("On Jan. 3 a woman, 88, died in Harwell.", [(1, 1)]),
        ("On May 12, 14 people died.", [(14, 14)]),
        ("In May 14 people died.", [(14, 14)]),
        # other words for a death
        ("A smuggler was bludgeoned to death in Alda.", [(1, 1)]),
        ("The drummer and a cook gave up the ghost on the spot.", [(2, 2)]),
        # nobody
        ("The guard was felled. No one else was hit.", []),
        ("Jets bombed a school (no one was inside).", [(0, 0)]),
        ("A primary school was burned without loss of life.", [(0, 0)]),
        ("None of the 41 passengers was touched.", [(0, 0)]),
        ("The building was empty at the time.", [(0, 0)]),
        ("No one was killed or wounded in this attack.", [(0, 0)]),
    ],
)
def test_the_dead_are_counted_however_they_are_told_of(
    text: str, dead: list[tuple[int, int]]
) -> None:
    found = find_tolls(text, sentences(text))
    assert [(t.low, t.high) for t in found if t.what == "fatalities"] == dead


@pytest.mark.parametrize(
    ("phrase", "things"),
    [
        ("SEVEN BLOCKS", True),
        ("a military bus", True),
        ("two houses", True),
        ("the village", True),
        ("a bus driver", False),
        ("a number of civilians", False),
        ("six of their members", False),
        ("a car bomb killed one", False),
        ("the army commander", False),
    ],
)
def test_what_is_no_person_is_no_toll(phrase, things):
    assert counts_things(phrase) is things


@pytest.mark.parametrize(
    ("quote", "after", "things"),
    [
        ("three", " mobile homes in Alda", True),
        ("destroyed three", " buses", True),
        ("three", " bus drivers", False),
        ("three people", " buses", False),
        ("three", ". Buses ran", False),
    ],
)
def test_a_number_cut_off_from_its_noun_counts_what_is_named_next(quote, after, things):
    assert counts_things_next(quote, after) is things


@pytest.mark.parametrize(
    ("text", "people", "wanted"),
    [
        ("Some 19 people were shot.", "people", "Some 19 people"),
        ("There two persons were buried.", "persons", "two persons"),
        ("The villagers were buried.", "villagers", "villagers"),
        ("On 19 March the villagers were buried.", "villagers", "villagers"),
    ],
)
def test_people_are_counted_by_the_number_before_them(text, people, wanted):
    start = text.index(people)
    assert text[with_number(text, start, people) : start + len(people)] == wanted


@pytest.mark.parametrize(
    ("text", "number", "day"),
    [
        ("in the night of 29 April", "29", True),
        ("on May 5 at noon", "5", True),
        ("29 people died in April", "29", False),
        ("in May some 40 died", "40", False),
    ],
)
def test_the_day_of_a_date_is_no_count(text, number, day):
    at = text.index(number)
    assert is_day(text, at, at + len(number)) is day
