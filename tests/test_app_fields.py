"""What the app's fields take for a date or a number of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import made
import pytest

from mapper.errors import InputError
from mapper.model import Article, Candidate, DateSpan, Evidence, Mention
from mapper.read import text_id
from mapper.views.coordinates import coordinates
from mapper.views.correct import _after, _people, best_first, iso_in_words, whole_words
from mapper.views.filterbar import day_asked
from mapper.views.intake import _day
from mapper.views.panes import _file_name
from mapper.views.timebar import _counted, _ticks, of_the_story
from mapper.webmap.rows import Row, _considered
from mapper.webmap.totals import span_of, totals
from mapper.webmap.words import spelling_in_words, when_of


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("2024-05-11", "2024-05-11"),
        (" 11 May 2024 ", "2024-05-11"),
        ("May 11, 2024", "2024-05-11"),
        ("11 Sep 2024", "2024-09-11"),
        ("May 2024", "2024-05"),
        ("2024", "2024"),
        ("XXXX-10-28", "XXXX-10-28"),
        ("31 February 2024", "31 February 2024"),
        ("11/12/2024", "11/12/2024"),  # which is the month?
        ("", ""),
    ],
)
def test_dates_in_words(typed, iso):
    assert iso_in_words(typed) == iso


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2019-10-01", "2019-10-01", "2019-10-01"),
        (" 1 Oct 2019 ", "2019-10-01", "2019-10-01"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2019", "2019-01-01", "2019-12-31"),
        ("  ", "", ""),
    ],
)
def test_a_filter_s_day_is_the_first_or_last_of_what_was_typed(typed, first, last):
    assert (day_asked(typed, False), day_asked(typed, True)) == (first, last)


@pytest.mark.parametrize("typed", ["2019-13-01", "31 February 2024", "11/12/2024", "12", "soon"])
def test_a_filter_s_day_that_is_none_is_refused(typed):
    with pytest.raises(InputError, match=f"“{typed}” is no date"):
        day_asked(typed, False)


def test_a_day_of_publication_is_a_day():
    assert _day("") is None and _day("14 May 2024") == "2024-05-14" == _day("2024-05-14")
    for typed in ("2024-13-40", "31 February 2024", "yesterday", "May 2024"):
        with pytest.raises(InputError, match=typed):
            _day(typed)


def test_numbers_of_people():
    assert _people("") is None and _people("  ") is None
    assert _people("0") == 0 and _people("1,200") == 1200 and _people("2 000") == 2000
    for typed in ("some", "-3", "2.5", "3 to 4"):
        with pytest.raises(ValueError, match="is no number of people"):
            _people(typed)


@pytest.mark.parametrize(
    ("typed", "point"),
    [
        ("33.3152, 44.3661", (33.3152, 44.3661)),
        ("-15.7 35", (-15.7, 35.0)),
        ("15.5°; -35.25°", (15.5, -35.25)),
        ("15°46'S 35°02'E", (-15.7666667, 35.0333333)),
        ("15° 46′ 30″ S, 35° 2′ 15″ E", (-15.775, 35.0375)),
        ("15°46'30.6\"S 35°2'E", (-15.7751667, 35.0333333)),
        ("S15 46.5 E35 2", (-15.775, 35.0333333)),
        ("35°30'E 15°45'S", (-15.75, 35.5)),
        ("15.5 n 35.25 w", (15.5, -35.25)),
        ("15 46 30 N 35 2 15 W", (15.775, -35.0375)),
    ],
)
def test_coordinates_as_people_write_them(typed, point):
    assert coordinates(typed) == point


@pytest.mark.parametrize(
    "typed",
    ["", "nowhere", "33.3", "91, 0", "0, 181", "15°46'S 35°02'N", "15°60'S 35°E", "-15°S 35°E",
     "15.5°30'S 35°E", "95°S 35°E", "15 46 35 02"],
)  # fmt: skip
def test_what_is_no_pair_of_coordinates(typed):
    assert coordinates(typed) is None


def test_after_an_incident_that_is_none_comes_the_next():
    shown = ["a", "b", "c"]
    assert _after("a", shown, {"b", "c"}) == "b"
    assert _after("c", shown, {"a", "b"}) == "b"
    assert _after("b", shown, {"a"}) == "a"
    assert _after("a", ["a"], set()) is None
    assert _after("z", shown, {"b", "c"}) == "b"


def test_a_pasted_text_is_saved_under_its_title():
    text = "Rebels shelled Kut: “two dead”\n\nMore was not known."
    analysis = replace(made.analysis(), article=Article(text_id(text), text, title=None))
    assert _file_name(text_id(text), analysis) == "Rebels-shelled-Kut-two-dead"
    assert _file_name("my report.v2", analysis) == "my-report-v2"
    assert _file_name("…") == "incidents"


@pytest.mark.parametrize(
    ("marked", "whole"),
    [
        ("bel", "Rebels"),
        (" shelled K", "shelled Kut"),
        ("Rebels shelled Kut.", "Rebels shelled Kut."),
        ("😀 Tw", "😀 Two"),
    ],
)
def test_what_is_marked_is_widened_to_whole_words(marked, whole):
    text = "Rebels shelled Kut. 😀 Two died."
    start = text.index(marked)
    a, b = whole_words(text, start, start + len(marked))
    assert text[a:b] == whole


def test_a_click_marks_its_sentence():
    text = "Rebels shelled Kut. Two died."
    assert [text[slice(*whole_words(text, at, at))] for at in (3, 22)] == [
        "Rebels shelled Kut.", "Two died.",
    ]  # fmt: skip
    assert whole_words("   ", 1, 2) is None and whole_words("", 0, 0) is None


def test_the_texts_own_spelling_is_shown_where_it_differs():
    item = made.analysis().incidents[0].places[0]
    name = item.place.name
    here = replace(item, mention=(0, 10))
    assert spelling_in_words(here, "El Geneina fell.") == "“El Geneina” in the text. "
    assert spelling_in_words(replace(item, mention=(0, len(name))), name + " fell.") == ""
    unread = replace(item, mention=(0, 0))
    assert spelling_in_words(unread, "El Geneina fell.") == "Set by a person. "


def test_the_time_bar_leaves_out_what_is_recalled_from_long_ago():
    incident = made.analysis().incidents[0]

    def row(day, background=False):
        return Row(
            day, replace(incident, background=background), made.analysis()
        ), date.fromisoformat(day)

    week = [row("2024-05-10"), row("2024-05-12"), row("2024-05-16")]
    recalled, near = row("2003-04-25", True), row("2024-04-20", True)
    assert of_the_story([recalled, *week]) == week
    assert of_the_story([near, *week]) == [near, *week]
    assert of_the_story([recalled]) == [recalled]
    old = row("2003-04-25")
    assert of_the_story([old, *week]) == [old, *week]  # told of itself, it is no background


def dated(day, last=None):
    """A row whose text gives this date."""
    incident = made.analysis().incidents[0]
    span = DateSpan(day, last or day, day, (0, 0))
    row = Row(day, replace(incident, date=span, background=False), made.analysis())
    return row, span_of(row)[0]


def test_what_only_lacks_the_date_of_publication_says_so():
    analysis = made.analysis()
    incident = replace(analysis.incidents[0], date=None)

    def when(quote, published=None):
        found = replace(analysis, article=replace(analysis.article, published=published))
        told = replace(incident, evidence=(Evidence(0, len(quote), quote, (0, 1)),))
        return when_of(found, told)

    assert when("Rebels shelled Kut on Tuesday.") == "“Tuesday”: needs the date of publication"
    assert when("Last week they came.") == "“Last week”: needs the date of publication"
    assert when("Rebels shelled Kut.") == when("On Tuesday.", "2024-05-14") == "No date in the text"


def test_the_time_that_is_told_leaves_background_out():
    day, _ = dated("2024-05-10")
    recalled, _ = dated("2003-04-25")
    recalled = replace(recalled, incident=replace(recalled.incident, background=True))
    found = totals([day, recalled])
    assert (found.first, found.last) == (date(2024, 5, 10), date(2024, 5, 10))
    assert totals([recalled]).first == date(2003, 4, 25)


def test_the_time_bar_leaves_out_a_bare_year_where_days_are_told():
    days = [dated("2024-05-10"), dated("2024-05-12")]
    assert of_the_story([dated("2024"), *days, dated("2024-05")]) == days
    assert of_the_story([dated("2024"), dated("2023")]) == [dated("2024"), dated("2023")]
    years = [dated("2001-05-10"), dated("2024-05-12"), dated("2011")]
    assert of_the_story(years) == years


def test_a_bare_year_is_one_bar_a_year_wide():
    step, counts = _counted([dated("2024")])
    assert step == "Y" and [(a.year, b.year) for (a, b, _), _ in counts] == [(2024, 2025)]
    assert _ticks(step, [date(2024, 1, 1)]) == [date(2024, 1, 1)]


@pytest.mark.parametrize(
    ("step", "first", "last", "many"),
    [
        ("D", "2024-03-11", "2024-03-12", 2),
        ("D", "2024-03-11", "2024-05-05", 8),
        ("W", "2024-01-01", "2024-12-02", 7),
        ("M", "2020-01-01", "2020-01-01", 1),
        ("Y", "1890-01-01", "2024-01-01", 8),
    ],
)
def test_the_time_bar_names_no_day_twice(step, first, last, many):
    ticks = _ticks(step, [date.fromisoformat(last), date.fromisoformat(first)])
    assert ticks == sorted(set(ticks)) and len(ticks) == many
    assert ticks[0].isoformat() == first and ticks[-1].isoformat() <= last


def test_a_search_gives_the_name_itself_first_and_the_article_s_countries_before_others():
    found = [
        SimpleNamespace(name=name, entry=SimpleNamespace(id=number, country=country))
        for number, (name, country) in enumerate(
            [("Bama", "KY"), ("Bamako", "ML"), ("Bama", "NG"), ("BAMA", "CN"), ("Bamaur", "NG")]
        )
    ]
    ordered = [match.entry.id for match in best_first(found, "bama", {"NG"})]
    assert ordered == [2, 0, 3, 4, 1]
    assert [m.entry.id for m in best_first(found, "Bama, Nigeria", {"NG"})] == ordered


def test_places_of_one_name_are_told_apart_by_where_they_lie():
    candidates = (
        Candidate("a", "Maiduguri", 11.846, 13.157, 0.55),
        Candidate("b", "Maiduguri", -1.5, -3.25, 0.42),
        Candidate("c", "Baga", 13.1, 13.8, 0.03),
    )
    mention = Mention(0, 9, "Maiduguri", "literal", None, 0.9, candidates, ())
    assert _considered(mention) == [
        "Maiduguri (11.85°N 13.16°E) – 55%", "Maiduguri (1.50°S 3.25°W) – 42%", "Baga – 3%",
    ]  # fmt: skip
