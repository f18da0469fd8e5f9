"""Corrections and the workspace that keeps them."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import replace
from types import SimpleNamespace

import made
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.gazetteer import Gazetteer
from mapper import corrections, decode
from mapper.corrections import Corrector, apply, before_and_after, place_area, place_at
from mapper.errors import InputError, OutputError
from mapper.schema import validate
from mapper.store import GeoPackageStore, Source, StoreError
from mapper.webmap.words import (
    actors_in_words,
    known_in_words,
    place_in_words,
    precision_in_words,
    spelling_in_words,
    sub_kind_in_words,
)

AT = "2026-01-02T03:04:05Z"


@pytest.fixture
def store(tmp_path):
    return GeoPackageStore.open(tmp_path / "w.gpkg")


@pytest.fixture
def analysis():
    return made.analysis()


def by(analysis):
    return Corrector(analysis, user="Ada", at=AT)


def applied(analysis, *entries):
    return apply(analysis, [replace(e, number=i) for i, e in enumerate(entries, start=1)])


def incident(analysis, identity):
    return next(i for i in analysis.incidents if i.id == identity)


def test_decoding_is_the_way_back(analysis):
    data = json.loads(json.dumps(analysis.to_dict()))
    again = decode.analysis(data, analysis.article)
    assert again.to_dict() == analysis.to_dict()
    assert decode.analysis(again.to_dict(), analysis.article) == again


def test_setting_marks_what_a_person_changed(analysis):
    state = applied(
        analysis,
        by(analysis).set("i-shelling", "modality", "denied", why="last paragraph"),
        by(analysis).set("i-shelling", "date", {"start": "2021-05", "end": "2021-05"}),
        by(analysis).set("i-shelling", "fatalities", {"low": 3, "best": None, "high": 5}),
        by(analysis).verify("i-shelling"),
    )
    found = incident(state.analysis, "i-shelling")
    assert found.corrected == ("modality", "date", "fatalities") and found.verified
    assert (found.modality, found.date.start, found.fatalities.high) == ("denied", "2021-05", 5)
    assert incident(state.analysis, "i-march") == incident(analysis, "i-march")
    validate(json.loads(json.dumps(state.analysis.to_dict())), "analysis")


def test_old_value_is_logged(analysis):
    entry = by(analysis).set("i-shelling", "kind", "crime", why="no war")
    assert (entry.old, entry.new, entry.user, entry.at, entry.why) == (
        "explosion_remote_violence", "crime", "Ada", AT, "no war",
    )  # fmt: skip
    assert incident(applied(analysis, entry).analysis, "i-shelling").sub_kind is None


def test_the_log_names_roles_and_finer_kinds_as_the_card_does(analysis):
    shelled = incident(analysis, "i-shelling")
    card = actors_in_words(shelled.actors)
    assert card == "By: Gunmen (alleged); Victims: two dockers"
    by_hand = by(analysis)
    swapped = [a.to_dict() | {"role": "target"} for a in shelled.actors[1:]]
    before, after = before_and_after(by_hand.set("i-shelling", "actors", swapped))
    assert before == "Gunmen (by, alleged); two dockers (victims)"
    assert after == "two dockers (aimed at)"
    finer = by_hand.set("i-shelling", "sub_kind", "air_or_drone_strike")
    assert before_and_after(finer) == (
        sub_kind_in_words("explosion_remote_violence", "shelling"),
        sub_kind_in_words("explosion_remote_violence", "air_or_drone_strike"),
    )
    assert before_and_after(finer)[0] == "Shelling, rocket or missile attack"


def test_places_pointed_at_and_drawn(analysis):
    point = place_at(30.5, 47.8, name="the docks")
    square = [[47, 30], [48, 30], [48, 31], [47, 31], [47, 30]]
    area = place_area({"type": "Polygon", "coordinates": [square]}, name="the delta")
    state = applied(
        analysis,
        by(analysis).set_place("i-shelling", point),
        by(analysis).set_place("i-mayor", area, index=1),
        by(analysis).set_place("i-raid", point),
    )
    assert [p.place for p in incident(state.analysis, "i-shelling").places] == [point]
    assert [p.place.name for p in incident(state.analysis, "i-mayor").places] == [
        "Kut",
        "the delta",
    ]
    unplaced = incident(state.analysis, "i-raid").places[0]
    assert not unplaced.inferred and made.TEXT[slice(*unplaced.mention)] == ""
    validate(json.loads(json.dumps(state.analysis.to_dict())), "analysis")


def test_a_mention_takes_its_incidents_along(analysis):
    span = made.span(made.TEXT, "Kut")
    state = applied(analysis, by(analysis).place_mention(span, made.BASRA))
    assert incident(state.analysis, "i-march").places[1].place == made.BASRA
    assert "places" in incident(state.analysis, "i-mayor").corrected
    assert next(m for m in state.analysis.mentions if m.span == span).place == made.BASRA
    gone = applied(analysis, by(analysis).place_mention(span, None))
    assert [p.place.name for p in incident(gone.analysis, "i-march").places] == ["southern Iraq"]


def test_reject_merge_split_add(analysis):
    rejected = applied(analysis, by(analysis).reject("i-raid", why="an order, no raid"))
    assert [i.id for i in rejected.rejected] == ["i-raid"]
    assert len(rejected.analysis.incidents) == 3
    merged = applied(analysis, by(analysis).merge("i-march", ["i-mayor"]))
    whole = incident(merged.analysis, "i-march")
    assert len(whole.evidence) == 2 and len(merged.analysis.incidents) == 3
    assert [p.place.name for p in whole.places] == ["southern Iraq", "Kut", "Basra"]
    split = applied(analysis, by(analysis).split("i-march", places=[1]))
    left, new = split.analysis.incidents[1:3]
    assert ([p.place.name for p in left.places], [p.place.name for p in new.places]) == (
        ["southern Iraq"], ["Kut"],
    )  # fmt: skip
    entry = by(analysis).add(
        made.span(made.TEXT, "Clashes and marches"), "battle", place=made.KUT,
        date={"start": "2021-05-04", "end": "2021-05-04"},
    )  # fmt: skip
    added = applied(analysis, entry).analysis.incidents[-1]
    assert added.evidence[0].quote == "Clashes and marches" and added.corrected[0] == "added"
    for state in (rejected, merged, split):
        validate(json.loads(json.dumps(state.analysis.to_dict())), "analysis")


def test_a_value_set_by_a_person_cites_nothing_of_what_the_machine_read(analysis):
    toll = replace(incident(analysis, "i-shelling").fatalities, shared_with=("i-raid",))
    other = replace(toll, shared_with=("i-shelling",))
    incidents = tuple(
        replace(i, fatalities=toll) if i.id == "i-shelling"
        else replace(i, fatalities=other) if i.id == "i-raid" else i
        for i in analysis.incidents
    )  # fmt: skip
    analysis = replace(analysis, incidents=incidents)
    state = applied(
        analysis,
        by(analysis).set("i-shelling", "fatalities", {"low": 1, "high": 1}),
        by(analysis).set("i-shelling", "date", {"start": "2021-05-02", "end": "2021-05-02"}),
        by(analysis).set_place("i-shelling", place_at(30.5, 47.8, name="the docks")),
        by(analysis).set_place("i-mayor", made.BASRA, index=0),
    )
    found = incident(state.analysis, "i-shelling")
    assert (found.fatalities.quote, found.fatalities.shared_with) == ("", ())
    assert found.date.quote == "" and found.places[0].mention == (0, 0)
    # The other figure is no longer one for both.
    assert incident(state.analysis, "i-raid").fatalities.shared_with == ()
    assert incident(state.analysis, "i-mayor").places[0].mention == (0, 0)
    # The same place again, and a figure with words of the text, keep what they rest on.
    span = list(made.span(made.TEXT, "two dockers"))
    state = applied(
        analysis,
        by(analysis).set_place("i-shelling", made.BASRA),
        by(analysis).set("i-shelling", "fatalities", {"low": 2, "high": 2, "span": span}),
    )
    found = incident(state.analysis, "i-shelling")
    assert found.places == incident(analysis, "i-shelling").places
    assert found.fatalities.quote == "two dockers"


def test_places_without_words_are_split_apart(analysis):
    first = applied(analysis, by(analysis).set_place("i-mayor", made.SOUTH, index=0)).analysis
    docks = place_at(30.5, 47.8, name="the docks")
    both = applied(first, by(first).set_place("i-mayor", docks, index=1)).analysis
    state = applied(both, by(both).split("i-mayor", places=[1]))
    left, new = state.analysis.incidents[-2:]
    assert [p.place.name for p in (*left.places, *new.places)] == ["southern Iraq", "the docks"]


class Units:
    """A gazetteer of two provinces and a harbour town."""

    def admin1_at(self, lat, lon):
        if lon > 48:
            return None
        return SimpleNamespace(
            country="IQ" if lat < 33 else "TR", name="South" if lat < 31 else "N"
        )

    def around(self, lat, lon, km, *, limit=50, facilities=False):
        town = SimpleNamespace(country="KW", admin1_name="Coast", lat=29.0, lon=48.1)
        far = SimpleNamespace(country="IR", admin1_name="Khuzestan", lat=29.3, lon=48.3)
        return (far, town) if lon < 49 else ()


def test_a_point_or_an_area_lies_in_what_holds_it():
    found = lambda *points: corrections.lying_in(Units(), points)  # noqa: E731
    assert found((30, 47)) == ("IQ", "South")
    assert found((30, 47), (32, 47)) == ("IQ", None)
    assert found((30, 47), (34, 47)) == (None, None)
    assert found((29, 48.05)) == ("KW", "Coast")  # off the shore: the nearest town
    assert found((29, 60)) == (None, None)
    point = place_at(30, 47, name="", country="IQ", admin1="South")
    assert (point.name, point.country, point.admin1) == ("30, 47", "IQ", "South")


def box(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    ("drawn", "country", "admin1"),
    [
        (box(42.9, 36.2, 43.3, 36.5), "IQ", "Nīnawá"),
        (box(43, 35, 45, 36.5), "IQ", None),  # several provinces
        (box(35.35, 33.75, 35.65, 34.05), "LB", None),  # most of it is sea
        (box(47.7, 30.3, 48.1, 30.6), "IQ", None),  # a corner lies over the border
        (box(37, 36.4, 37.4, 36.9), None, None),  # on both sides of a border
        (box(-30, 30, -29, 31), None, None),  # all sea
    ],
)
def test_a_drawn_area_lies_in_the_country_that_holds_most_of_its_land(drawn, country, admin1):
    assert corrections.area_lying_in(Gazetteer.open(), drawn) == (country, admin1)


def test_a_drawn_area_says_who_drew_it_and_how_large_it_is(analysis):
    drawn = box(42.9, 36.2, 43.3, 36.5)
    place = place_area(drawn, name="", country="IQ", admin1="Nīnawá")
    # The circle around the point holds all of the area.
    assert 24_000 < place.uncertainty_m < 25_000
    state = applied(analysis, by(analysis).set_place("i-shelling", place))
    (item,) = incident(state.analysis, "i-shelling").places
    assert place_in_words(item) == "area drawn by hand, Nīnawá, Iraq"
    said = spelling_in_words(item, made.TEXT) + precision_in_words(item)
    assert said == "Area drawn by a person, 36 by 33 km"
    assert known_in_words(item.place) == "an area drawn by a person"
    # What a program drew, or rounded off, is not said to be a person's.
    (south, _) = incident(analysis, "i-march").places
    assert known_in_words(south.place) == "a wider region"
    rounded = replace(item, place=replace(item.place, geometry=None))
    assert precision_in_words(rounded) == "Known to an area drawn by a person, give or take 24 km"


def killed(analysis):
    """The dead of all incidents, a figure for several of them counted once."""
    total, seen = 0, set()
    for found in analysis.incidents:
        if found.fatalities and not seen & {found.id, *found.fatalities.shared_with}:
            total += found.fatalities.low
            seen |= {found.id, *found.fatalities.shared_with}
    return total


def of_one_story(analysis):
    """The analysis with its shelling and its march taken for one incident."""
    return applied(analysis, by(analysis).merge("i-shelling", ["i-march"])).analysis


def test_a_split_takes_toll_date_and_actors_along_with_their_words(analysis):
    whole = of_one_story(analysis)
    state = applied(whole, by(whole).split("i-shelling", evidence=[0], why="two stories"))
    march, shelling = state.analysis.incidents[:2]
    assert [e.quote[:7] for e in (*march.evidence, *shelling.evidence)] == ["Thousan", "Gunmen "]
    assert march.fatalities is None and shelling.fatalities.quote == "at least two dockers"
    assert shelling.injured is None and march.injured.quote == "nobody was hurt"
    assert march.date is None and shelling.date.start == "2021-05-03"
    assert march.actors == () and len(shelling.actors) == 2
    assert "date" not in march.why
    # The other way round what stays keeps all that is its own.
    state = applied(whole, by(whole).split("i-shelling", evidence=[1]))
    shelling, march = state.analysis.incidents[:2]
    assert shelling.fatalities and not march.fatalities and march.injured and not march.actors
    validate(json.loads(json.dumps(state.analysis.to_dict())), "analysis")


def test_a_toll_whose_words_stand_in_both_halves_or_none_is_counted_once(analysis):
    whole = of_one_story(analysis)
    for entry in (
        by(whole).split("i-shelling", places=[0]),
        by(whole).split("i-shelling", evidence=[1], places=[0]),
    ):
        assert killed(applied(whole, entry).analysis) == killed(whole) == 2
    by_hand = applied(whole, by(whole).set("i-shelling", "fatalities", {"low": 7})).analysis
    state = applied(by_hand, by(by_hand).split("i-shelling", evidence=[0]))
    assert [i.fatalities and i.fatalities.low for i in state.analysis.incidents[:2]] == [7, None]
    assert state.analysis.incidents[1].corrected == ("merged", "split")


def test_who_shares_a_toll_follows_it_to_the_half_it_goes_with(analysis):
    whole = of_one_story(analysis)
    toll = whole.incidents[0].fatalities
    incidents = tuple(
        replace(i, fatalities=replace(toll, shared_with=tuple(
            o for o in ("i-shelling", "i-raid") if o != i.id)))
        if i.id in ("i-shelling", "i-raid") else i
        for i in whole.incidents
    )  # fmt: skip
    whole = replace(whole, incidents=incidents)
    found = applied(whole, by(whole).split("i-shelling", evidence=[0])).analysis
    assert incident(found, "i-raid").fatalities.shared_with == (found.incidents[1].id,)
    assert killed(found) == killed(whole)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_split_makes_more_people_die(data):
    analysis = made.analysis()
    for _ in range(data.draw(st.integers(0, 2))):
        one, *others = data.draw(st.permutations([i.id for i in analysis.incidents]))
        analysis = applied(analysis, by(analysis).merge(one, others[:2])).analysis
    for found in analysis.incidents:
        quotes = data.draw(st.lists(st.integers(0, len(found.evidence) - 1), unique=True))
        spots = [n for n in range(len(found.places)) if data.draw(st.booleans())]
        try:
            entry = by(analysis).split(found.id, evidence=quotes, places=spots)
        except InputError:
            continue
        state = applied(analysis, entry)
        assert not state.unmatched and killed(state.analysis) == killed(analysis)
        validate(json.loads(json.dumps(state.analysis.to_dict())), "analysis")


def test_a_shared_toll_forgets_who_is_gone(analysis):
    toll = replace(incident(analysis, "i-shelling").fatalities, shared_with=("i-raid", "i-mayor"))
    incidents = tuple(
        replace(i, fatalities=toll) if i.id == "i-shelling" else i for i in analysis.incidents
    )
    analysis = replace(analysis, incidents=incidents)
    state = applied(
        analysis, by(analysis).reject("i-raid"), by(analysis).merge("i-march", ["i-mayor"])
    )
    assert incident(state.analysis, "i-shelling").fatalities.shared_with == ("i-march",)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("kind", "party"),
        ("modality", "maybe"),
        ("count", 0),
        ("count", "two"),
        ("date", {"start": "May"}),
        ("date", {"start": "2021-05-03", "end": "2021-05-02"}),
        ("fatalities", {"low": 5, "high": 2}),
        ("fatalities", {"low": -1}),
        ("actors", [{"quote": "Martians", "role": "victim"}]),
        ("actors", [{"quote": "Gunmen", "role": "hero"}]),
        ("id", "x"),
        ("sub_kind", "a party"),
        ("date", {"start": "2021", "span": [0, 10_000]}),
    ],
)
def test_values_that_do_not_fit_are_refused(analysis, attribute, value):
    with pytest.raises(InputError) as error:
        by(analysis).set("i-shelling", attribute, value)
    assert "\n" not in str(error.value)


def test_other_refusals(analysis):
    for refused in (
        lambda: by(analysis).set("nobody", "kind", "crime"),
        lambda: by(analysis).merge("i-march", ["i-march"]),
        lambda: by(analysis).split("i-march"),
        lambda: by(analysis).split("i-march", places=[0, 1]),
        lambda: by(analysis).split("i-march", evidence=[5]),
        lambda: by(analysis).place_mention((0, 1), None),
        lambda: by(analysis).add((5, 5), "crime"),
        lambda: place_at(91, 0, name="x"),
        lambda: place_area({"type": "Point", "coordinates": [0, 0]}, name="x"),
        lambda: place_area({"type": "Polygon"}, name="x"),
    ):
        with pytest.raises(InputError):
            refused()


def test_corrections_outlive_a_new_analysis(analysis):
    entries = (
        by(analysis).set("i-march", "modality", "ongoing"),
        by(analysis).reject("i-raid"),
        by(analysis).verify("i-shelling"),
    )
    # A later model: other ids, another kind, one incident no longer found, one more with the
    # trigger of the march but in another town.
    later = tuple(
        replace(i, id=f"new-{i.id}", kind="riot" if i.id == "i-march" else i.kind)
        for i in analysis.incidents
        if i.id != "i-raid"
    )
    twin = replace(later[1], id="twin", places=(replace(later[1].places[0], mention=(0, 7)),))
    state = applied(replace(analysis, incidents=(twin, *later)), *entries)
    assert incident(state.analysis, "new-i-march").modality == "ongoing"
    assert incident(state.analysis, "twin").modality == "occurred"
    assert incident(state.analysis, "new-i-shelling").verified
    assert [e.action for e in state.unmatched] == ["reject"]


def test_corrections_follow_a_text_that_moved(analysis):
    entry = by(analysis).add(made.span(made.TEXT, "Clashes and marches"), "battle")
    moved = replace(analysis, article=replace(analysis.article, text="NEW HEAD\n" + made.TEXT))
    added = applied(moved, entry).analysis.incidents[-1].evidence[0]
    assert moved.article.text[added.start : added.end] == added.quote
    assert applied(replace(moved, article=replace(moved.article, text="x")), entry).unmatched


# ----------------------------------------------------------------------------- the store


def test_the_workspace_survives_a_restart(store, analysis):
    store.put_analysis(analysis)
    store.correct(by(analysis).set("i-march", "modality", "ongoing"))
    store.put_setting("view", {"kind": ["protest"]})
    again = GeoPackageStore.open(store.path)
    assert incident(again.corrected("made").analysis, "i-march").modality == "ongoing"
    assert again.analysis("made").to_dict() == analysis.to_dict()
    assert again.article("made") == analysis.article
    assert again.setting("view") == {"kind": ["protest"]} and again.setting("none") is None
    (summary,) = again.articles()
    assert (summary.id, summary.incidents, summary.corrections) == ("made", 4, 1)


def test_undo_and_redo(store, analysis):
    store.put_analysis(analysis)
    store.correct(by(analysis).set("i-march", "kind", "riot"))
    store.correct(by(analysis).set("i-march", "kind", "battle"))
    kind = lambda: incident(store.corrected("made").analysis, "i-march").kind  # noqa: E731
    seen = [kind()]
    for step in (store.undo, store.undo, store.undo, store.redo, store.redo, store.redo):
        step("made", user="Ada", at=AT)
        seen.append(kind())
    assert seen == ["battle", "riot", "protest", "protest", "riot", "battle", "battle"]
    store.undo("made", user="Ada", at=AT)
    store.correct(by(analysis).verify("i-march"))
    assert store.redo("made", user="Ada", at=AT) is None  # a new change ends what can be redone
    assert kind() == "riot"
    assert [e.action for e in store.log("made")][:2] == ["set", "set"]


def test_where_an_article_came_from_is_kept_as_first_told(store, analysis):
    article = analysis.article
    store.put_article(article)
    assert store.source(article.id) is None
    told = Source("page.html", "ab" * 32, AT)
    store.put_source(article.id, told)
    store.put_source(article.id, Source("other.html", "cd" * 32, AT))
    store.put_article(replace(article, title="New title"))
    assert GeoPackageStore.open(store.path).source(article.id) == told
    assert store.source("nobody") is None


def test_a_workspace_made_before_sources_were_kept_still_opens(store, analysis):
    store.put_analysis(analysis)
    with sqlite3.connect(store.path) as database:
        for name in ("source_name", "source_sha256", "brought_in"):
            database.execute(f"ALTER TABLE articles DROP COLUMN {name}")
    again = GeoPackageStore.open(store.path)
    told = Source("pasted text", "ab" * 32, AT)
    again.put_source(analysis.article.id, told)
    assert again.source(analysis.article.id) == told
    assert again.analysis(analysis.article.id) is not None


def test_the_log_says_what_was_and_what_is(analysis):
    entries = [
        by(analysis).set("i-shelling", "fatalities", {"low": 1, "high": 1}),
        by(analysis).set("i-shelling", "kind", "crime"),
        by(analysis).set_place("i-shelling", place_at(30.5, 47.8, name="the docks")),
        by(analysis).reject("i-raid", why="an order"),
        by(analysis).verify("i-march"),
        by(analysis).merge("i-march", ["i-mayor"]),
    ]
    log = [replace(e, number=n) for n, e in enumerate(entries, 1)]
    told = [corrections.describe(entry, log) for entry in log]
    assert told[:4] == [
        "killed of “shelled”: at least 2 “at least two dockers” → 1 (set by a person)",
        "what of “shelled”: Explosion or remote violence → Crime",
        "where of “shelled”: Basra (30.5085, 47.7804) → the docks (30.5000, 47.8000)",
        "no incident: Strategic development: place unknown: an incident → no incident",
    ]
    assert told[4] == "verified: “marched”: not checked → checked"
    assert told[5].startswith("made one of “marched” and “said")
    undone = replace(corrections.undo(log[:1], user="Ada", at=AT), number=7)
    assert corrections.describe(undone, log) == (
        "took back change 1 (killed of “shelled”): "
        "1 (set by a person) → at least 2 “at least two dockers”"
    )
    assert corrections.describe(undone) == "took back change 1"


def test_the_log_is_append_only(store, analysis):
    store.put_analysis(analysis)
    store.correct(by(analysis).reject("i-raid"))
    with sqlite3.connect(store.path) as database:
        for change in ("DELETE FROM corrections", "UPDATE corrections SET user = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(change)
    store.remove_article("made")
    assert store.articles() == () and len(store.log()) == 1


def test_the_workspace_is_a_geopackage(store, analysis):
    store.put_analysis(analysis)
    store.correct(by(analysis).reject("i-raid"))
    layers = {name for name, _ in pyogrio.list_layers(store.path)}
    assert {"incidents", "articles", "corrections"} <= layers
    frame = pyogrio.read_dataframe(store.path, layer="incidents")
    assert list(frame["incident"]) == ["i-shelling", "i-march", "i-mayor"]
    assert frame.crs.to_epsg() == 4326 and frame.geometry[0].x == pytest.approx(47.7804)


def test_what_is_no_workspace_is_refused(tmp_path, analysis):
    (tmp_path / "a.gpkg").write_text("not a database, by far long enough to look at " * 9)
    sqlite3.connect(tmp_path / "b.gpkg").execute("CREATE TABLE t (x)")
    for name in ("a.gpkg", "b.gpkg"):
        with pytest.raises(StoreError, match="no workspace"):
            GeoPackageStore.open(tmp_path / name)
    store = GeoPackageStore.open(tmp_path / "w.gpkg")
    store.put_analysis(analysis)
    with pytest.raises(StoreError, match="another text"):
        store.put_article(replace(analysis.article, text="x"))
    with pytest.raises(StoreError, match="no article"):
        store.correct(replace(by(analysis).verify("i-raid"), article="none"))
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE settings SET value = '99' WHERE key = 'workspace_version'")
    with pytest.raises(StoreError, match="99"):
        GeoPackageStore.open(store.path)


def test_a_failed_write_changes_nothing(store, analysis, monkeypatch):
    store.put_analysis(analysis)
    monkeypatch.setattr("mapper.store._draw", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.correct(by(analysis).reject("i-raid"))
    assert store.log() == ()


def test_threads_share_the_file(store, analysis):
    store.put_analysis(analysis)
    work = lambda: [store.correct(by(analysis).verify("i-raid")) for _ in range(5)]  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.number for e in store.log()] == list(range(1, 16))


# ------------------------------------------------------------------------ round trips


def _entries(analysis):
    corrector = by(analysis)
    ids = [i.id for i in analysis.incidents]
    one = st.sampled_from(ids)
    return st.one_of(
        st.builds(lambda i, v: corrector.set(i, "modality", v), one,
                  st.sampled_from(["occurred", "denied", "planned"])),
        st.builds(lambda i, v: corrector.set(i, "count", v), one, st.integers(1, 99) | st.none()),
        st.builds(corrector.reject, one, why=st.text(max_size=20)),
        st.builds(corrector.verify, one, st.booleans()),
        st.builds(lambda i: corrector.merge(i, [o for o in ids if o != i][:2]), one),
        st.just(corrector.split("i-march", places=[0])),
        st.just(corrector.add((0, 7), "battle", place=made.KUT)),
        st.just(corrector.place_mention(made.span(made.TEXT, "Kut"), made.BASRA)),
        st.sampled_from(["undo", "redo"]),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_log_round_trips_and_fits_the_schema(data):
    analysis = made.analysis()
    log = []
    for entry in data.draw(st.lists(_entries(analysis), max_size=12)):
        if isinstance(entry, str):
            entry = getattr(corrections, entry)(log, user="Ada", at=AT)
            if entry is None:
                continue
        log.append(replace(entry, number=len(log) + 1))
    again = [corrections.Correction.from_dict(json.loads(json.dumps(e.to_dict()))) for e in log]
    state = apply(analysis, log)
    assert apply(analysis, again).analysis.to_dict() == state.analysis.to_dict()
    validate(json.loads(json.dumps(state.analysis.to_dict())), "analysis")
    ids = [i.id for i in state.analysis.incidents]
    for found in state.analysis.incidents:
        for quote in found.evidence:
            assert made.TEXT[quote.start : quote.end] == quote.quote
    assert len(ids) == len(set(ids))
    undone = list(log)
    while (entry := corrections.undo(undone, user="Ada", at=AT)) is not None:
        undone.append(replace(entry, number=len(undone) + 1))
    assert apply(analysis, undone).analysis == analysis
    for entry in log:
        assert "\n" not in corrections.describe(entry)


def test_trouble_with_the_file_is_told_in_one_line(store, analysis, tmp_path):
    with sqlite3.connect(store.path) as database:
        database.execute("DROP TABLE corrections")
    with pytest.raises(StoreError, match="cannot use workspace") as error:
        store.log()
    assert "\n" not in str(error.value)
    with pytest.raises(OutputError, match="cannot open workspace"):
        GeoPackageStore.open(tmp_path / "none" / "w.gpkg")


# ------------------------------------------------------------------------- kept in memory


def test_what_did_not_change_is_decoded_once_and_given_again(store, analysis):
    store.put_analysis(analysis)
    first = store.corrected(analysis.article.id)
    assert store.corrected(analysis.article.id) is first
    store.correct(by(first.analysis).verify("i-shelling"))
    second = store.corrected(analysis.article.id)
    assert incident(second.analysis, "i-shelling").verified
    others = [i for i in first.analysis.incidents if i.id != "i-shelling"]
    assert others
    assert all(any(i is kept for kept in second.analysis.incidents) for i in others)


def test_what_another_process_writes_is_seen_at_once(store, analysis):
    store.put_analysis(analysis)
    identity = analysis.article.id
    assert not incident(store.corrected(identity).analysis, "i-shelling").verified
    other = GeoPackageStore.open(store.path)
    other.correct(by(analysis).verify("i-shelling"))
    assert incident(store.corrected(identity).analysis, "i-shelling").verified
    other.put_article(replace(analysis.article, title="Another title"))
    assert store.corrected(identity).analysis.article.title == "Another title"
    other.undo(identity, user="Ada", at=AT)
    assert not incident(store.corrected(identity).analysis, "i-shelling").verified


def test_a_correction_that_could_not_be_saved_leaves_no_trace_in_memory(
    store, analysis, monkeypatch
):
    store.put_analysis(analysis)
    identity = analysis.article.id

    def broken(*_):
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("mapper.store._draw", broken)
        with pytest.raises(StoreError):
            store.correct(by(analysis).reject("i-shelling"))
    store.correct(by(analysis).verify("i-shelling"))  # takes the number that was given back
    assert incident(store.corrected(identity).analysis, "i-shelling").verified
    assert store.log(identity)[0].action == "verify"


@given(choices=st.lists(st.integers(0, 5), max_size=12))
@settings(max_examples=25, deadline=None)
def test_step_by_step_comes_to_what_the_whole_log_gives(tmp_path_factory, choices):
    analysis = made.analysis()
    store = GeoPackageStore.open(tmp_path_factory.mktemp("w") / "w.gpkg")
    store.put_analysis(analysis)
    identity = analysis.article.id
    for choice in choices:
        now = store.corrected(identity).analysis
        if choice == 0:
            store.undo(identity, user="Ada", at=AT)
        elif choice == 1:
            store.redo(identity, user="Ada", at=AT)
        elif now.incidents:
            some = now.incidents[choice % len(now.incidents)]
            entry = (
                by(now).reject(some.id) if choice == 2
                else by(now).set(some.id, "modality", "denied") if choice == 3
                else by(now).verify(some.id)
            )  # fmt: skip
            store.correct(entry)
    fresh = GeoPackageStore.open(store.path)
    assert store.corrected(identity) == fresh.corrected(identity)
    with sqlite3.connect(store.path) as database:
        drawn = database.execute("SELECT incident, modality, verified FROM incidents").fetchall()
    wanted = fresh.corrected(identity).analysis.incidents
    assert sorted(drawn) == sorted((i.id, i.modality, int(i.verified)) for i in wanted)


def test_only_so_much_is_kept(tmp_path, analysis):
    store = GeoPackageStore(GeoPackageStore.open(tmp_path / "w.gpkg").path, kept=1)
    for name in ("a", "b"):
        store.put_analysis(replace(analysis, article=replace(analysis.article, id=name)))
    second = store.corrected("b")
    assert store.corrected("b") is second
    store.corrected("a")
    assert store.corrected("b") is not second
    assert store.corrected("b") == second
