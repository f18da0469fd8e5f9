"""Time expressions: what is found, and what it means against the day of publication."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.extract.dates import find_dates, of_saying, opens_saying, resolve_dates

MONDAY, FRIDAY, SATURDAY = "2019-12-16", "2019-12-20", "2019-12-21"


def read(text, published=MONDAY, modality="occurred"):
    found = resolve_dates(text, find_dates(text), published)
    return [(w.start, w.end) for r in found if (w := r.when(modality))]


@pytest.mark.parametrize(
    ("text", "published", "expected"),
    [
        ("He spoke on Monday.", MONDAY, ("2019-12-16", "2019-12-16")),
        ("A bomb went off on Friday.", MONDAY, ("2019-12-13", "2019-12-13")),
        ("It was hit last Thursday.", FRIDAY, ("2019-12-12", "2019-12-12")),
        ("It was hit on Thursday.", FRIDAY, ("2019-12-19", "2019-12-19")),
        ("They clashed on Oct. 28.", MONDAY, ("2019-10-28", "2019-10-28")),
        ("They clashed on 30 DECEMBER.", MONDAY, ("2018-12-30", "2018-12-30")),
        ("SAN MIGUEL, 3 JAN 90", "1990-01-05", ("1990-01-03", "1990-01-03")),
        ("SAN MIGUEL, 3 JAN 90", None, ("1990-01-03", "1990-01-03")),
        ("BASRA, 3 JAN 16", None, ("2016-01-03", "2016-01-03")),
        ("two days ago", MONDAY, ("2019-12-14", "2019-12-14")),
        ("He resigned in early December.", MONDAY, ("2019-12", "2019-12")),
        ("after two months of unrest", MONDAY, ("2019-10", "2019-12")),
        ("It happened overnight.", MONDAY, ("2019-12-15", "2019-12-16")),
        ("last week's attack", MONDAY, ("2019-12-09", "2019-12-15")),
        ("earlier this month", MONDAY, ("2019-12", "2019-12")),
        ("over the last three days", MONDAY, ("2019-12-14", "2019-12-16")),
        ("over the weekend", MONDAY, ("2019-12-14", "2019-12-15")),
        ("the 2003 invasion", MONDAY, ("2003", "2003")),
        ("in the early 1990s", MONDAY, ("1990", "1993")),
        ("from 24 to 27 June", MONDAY, ("2019-06-24", "2019-06-27")),
        ("28 April – 1 May 2019", MONDAY, ("2019-04-28", "2019-05-01")),
        ("on Wednesday and Thursday", SATURDAY, ("2019-12-18", "2019-12-19")),
        ("in the summer of 2014", MONDAY, ("2014-06", "2014-08")),
        ("The gate was locked two days back.", MONDAY, ("2019-12-14", "2019-12-14")),
        ("They broke in on the night before last.", MONDAY, ("2019-12-14", "2019-12-14")),
        ("They struck on 10th, the union said.", MONDAY, ("2019-12-10", "2019-12-10")),
        ("It began at the start of the month.", MONDAY, ("2019-12-01", "2019-12-01")),
        ("Masts fell in the small hours.", MONDAY, ("2019-12-16", "2019-12-16")),
        ("A cook died on New Year's Day.", MONDAY, ("2019-01-01", "2019-01-01")),
        ("A stabbing on New Year’s Eve.", MONDAY, ("2018-12-31", "2018-12-31")),
        ("since Easter", "2024-04-11", ("2024-03-31", "2024-04-11")),
        ("Shops shut on Good Friday.", "2024-03-01", ("2023-04-07", "2023-04-07")),
        ("The strike went into its sixth day.", MONDAY, ("2019-12-11", "2019-12-16")),
    ],
)
def test_what_a_phrase_means(text, published, expected):
    assert expected in read(text, published)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # counted back from the day just stated to what is told next
        ("They were freed on Friday, a week after gunmen took them.", "2019-12-06"),
        ("They were freed on Friday, two days before a rally in the port.", "2019-12-15"),
        ("It was hit on Friday. The raid came three days after a sit-in ended.", "2019-12-10"),
        # counted on from it to what is told there
        ("The town fell on Friday. Two days after, the army was back.", "2019-12-15"),
        ("The town fell on Friday. Two days later the army was back.", "2019-12-15"),
    ],
)
def test_days_are_counted_the_right_way(text, expected):
    assert (expected, expected) in read(text, MONDAY)


def test_a_ninth_day_is_counted_from_the_day_told_of():
    text = "Shells fell on Sunday as the two sides fought for a ninth day."
    assert ("2019-12-07", None) in read(text, MONDAY, "ongoing")


def test_that_day_is_one_stated_to_the_day():
    text = "They clashed on Sunday over the war of 2017. On the same day evacuees marched."
    assert read(text, MONDAY)[-1] == ("2019-12-15", "2019-12-15")


def test_what_would_be_done_lies_ahead():
    text = "Teachers threatened to walk out on Friday and said they would march on Saturday."
    assert read(text, MONDAY, "threatened") == [
        ("2019-12-20", "2019-12-20"),
        ("2019-12-21", "2019-12-21"),
    ]


def test_what_still_goes_on_has_no_end():
    assert read("They have camped there since October 28.", MONDAY, "ongoing") == [
        ("2019-10-28", None)
    ]
    assert read("Ten attacks since October 28.", MONDAY) == [("2019-10-28", MONDAY)]


def test_what_is_planned_lies_ahead():
    assert read("They will march on Friday.", MONDAY, "planned") == [("2019-12-20", "2019-12-20")]
    assert read("The ban holds until Saturday.", MONDAY, "planned") == [(MONDAY, "2019-12-21")]
    assert read("The visit is set for 5 July.", MONDAY, "planned") == [("2020-07-05", "2020-07-05")]


def test_without_a_publication_date_a_weekday_is_unknown_and_a_day_has_no_year():
    assert read("on Monday", None) == []
    assert read("since October 28", None) == [("XXXX-10-28", None)]
    assert read("in March", None) == [("XXXX-03", "XXXX-03")]


def test_dates_that_lean_on_the_one_before():
    text = "The town fell on 12 November. The next day it was retaken; it burned that night."
    assert read(text, "2019-11-20") == [
        ("2019-11-12", "2019-11-12"),
        ("2019-11-13", "2019-11-13"),
        ("2019-11-13", "2019-11-13"),
    ]


def test_a_story_told_with_its_year_keeps_it():
    text = "They came on 9 September 2003. On 30 September they shot five."
    assert read(text, "2023-09-10")[-1] == ("2003-09-30", "2003-09-30")


def test_numbers_that_are_no_dates():
    for text in ("2,000 troops", "1990 people died", "page 28", "a 16-year-old boy", "he may come"):
        assert read(text) == [], text


def test_march_and_may_as_verbs_are_no_months():
    assert read("They may march on the capital.") == []
    assert read("strikes on bases that may house troops") == []
    assert read("A FORCE THAT MAY MARCH ON THE CAPITAL") == []
    assert read("He resigned that June.", "2019-12-16") == [("2019-06", "2019-06")]
    assert read("earlier this january", "2019-12-16") == [("2019-01", "2019-01")]


@given(st.text(alphabet="on Mondayince 0123456789-/.,JuneApril\n’the last ago ", max_size=60))
def test_quotes_are_the_text_at_their_offsets(text):
    found = find_dates(text)
    resolve_dates(text, found, MONDAY)
    for e in found:
        assert text[e.start : e.end] == e.quote
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("text", "day", "wanted"),
    [
        ("The minister told reporters on Friday that a strike was possible.", "Friday", True),
        ("Officials said Tuesday they may close the port.", "Tuesday", True),
        ("The envoy on Monday denied that a base would open.", "Monday", True),
        ("A march is planned for Saturday.", "Saturday", False),
        ("The bridge was shelled on Sunday.", "Sunday", False),
        ("He said a convoy would leave on Thursday.", "Thursday", False),
    ],
)
def test_the_day_of_saying_is_told_from_the_day_of_the_deed(text, day, wanted):
    start = text.index(day)
    assert of_saying(text, start, start + len(day)) is wanted


def test_the_day_of_a_threat_is_not_the_day_of_what_is_threatened():
    text = "On Friday the minister, Ann Lee, threatened an answer if anyone attacked the base."
    assert opens_saying(text, len("On Friday"), text.index("attacked"))
    text = "On Friday the workers will strike, the union said."
    assert not opens_saying(text, len("On Friday"), text.index("strike"))


def test_a_day_after_is_that_of_what_is_told_next():
    text = "They shelled it on Thursday. The attack came a day after a drone struck the port."
    assert read(text, FRIDAY) == [("2019-12-19", "2019-12-19"), ("2019-12-18", "2019-12-18")]
    bare = "They shelled it on Thursday. The attack came a day after."
    assert read(bare, FRIDAY) == [("2019-12-19", "2019-12-19")]
    later = "They shelled it on Thursday. Two days later the army left."
    assert read(later, FRIDAY) == [("2019-12-19", "2019-12-19"), ("2019-12-21", "2019-12-21")]


def test_a_rally_called_off_was_to_be_on_the_coming_day():
    text = "The union cancelled a rally that had been planned for Friday."
    assert read(text, MONDAY, "denied") == [("2019-12-20", "2019-12-20")]
    assert read("He denied the raid of Friday.", MONDAY, "denied") == [("2019-12-13", "2019-12-13")]
