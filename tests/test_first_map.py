"""The whole way with the real models: from an article to its map, and from any text to no crash."""

from __future__ import annotations

import json
import math
from pathlib import Path

import geopandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, shape

import mapper
from mapper.errors import MapperError
from mapper.export import feature_collection, write
from mapper.model import Article
from mapper.read import article_from_text, read_path
from mapper.samples import samples
from mapper.schema import validate

ARTICLE = Path(__file__).parents[2] / "shared" / "articles" / "iraq-2019-12-16.txt"


@pytest.fixture(scope="module")
def analyser():
    try:
        return mapper.Analyser.open()
    except MapperError as error:
        pytest.fail(f"the pipeline is not complete: {error}")


@pytest.fixture(
    scope="module",
    params=[
        "sample",
        pytest.param(
            "article",
            marks=[
                pytest.mark.shared,
                pytest.mark.skipif(not ARTICLE.exists(), reason="needs ../shared"),
            ],
        ),
    ],
)
def analysis(request, analyser):
    article = (
        samples()[0].article
        if request.param == "sample"
        else read_path(ARTICLE, published="2019-12-16")[0]
    )
    return analyser.analyse(article)


def km(place, lat, lon):
    north = (place.lat - lat) * 111.32
    east = (place.lon - lon) * 111.32 * math.cos(math.radians(lat))
    return math.hypot(north, east)


def mentions(analysis, words):
    found = [m for m in analysis.mentions if words.lower() in m.text.lower()]
    assert found, f"{words!r} is no mention"
    return found


def cited(analysis):
    """Each span of the analysis with the words it claims to hold."""
    for mention in analysis.mentions:
        yield mention.start, mention.end, mention.text
    for incident in analysis.incidents:
        for evidence in incident.evidence:
            yield evidence.start, evidence.end, evidence.quote
            assert evidence.start <= evidence.trigger[0] < evidence.trigger[1] <= evidence.end
        for value in (incident.date, incident.fatalities, incident.injured):
            if value is not None:
                yield *value.span, value.quote
        for actor in incident.actors:
            yield actor.start, actor.end, actor.quote


def check_citations(analysis):
    text = analysis.article.text
    for start, end, quote in cited(analysis):
        assert 0 <= start <= end <= len(text) and text[start:end] == quote
    for incident in analysis.incidents:
        assert incident.evidence
        for place in incident.places:
            start, end = place.mention
            assert 0 <= start <= end <= len(text)
    ids = [incident.id for incident in analysis.incidents]
    assert len(ids) == len(set(ids))


def test_every_quote_is_in_the_text(analysis):
    check_citations(analysis)
    validate(json.loads(json.dumps(analysis.to_dict())), "analysis")


@pytest.mark.parametrize(
    ("words", "lat", "lon", "within"),
    [
        ("Green Zone", 33.305, 44.390, 2),
        ("US embassy", 33.305, 44.390, 2),
        ("Al Asad Air Base", 33.786, 42.441, 5),
        ("Baghdad", 33.315, 44.366, 15),
        ("the capital", 33.315, 44.366, 15),
    ],
)
def test_places(analysis, words, lat, lon, within):
    placed = [m.place for m in mentions(analysis, words) if m.place]
    assert placed and all(km(place, lat, lon) <= within for place in placed)


def test_countries_and_roles(analysis):
    for name, code in (("Iraq", "IQ"), ("Iran", "IR")):
        places = [m.place for m in mentions(analysis, name) if m.text == name]
        assert {p.country for p in places if p} == {code}
    for name in ("Washington", "Tehran"):
        roles = [m.role for m in mentions(analysis, name)]
        assert roles[0] == "metonymic", roles


def test_the_south_is_an_area(analysis):
    (south, *_) = [m.place for m in mentions(analysis, "south") if m.place]
    area = shape(south.geometry)
    for lon, lat in ((47.78, 30.51), (46.26, 31.04), (44.34, 32.0), (47.14, 31.84)):
        assert area.contains(Point(lon, lat))
    for lon, lat in ((44.37, 33.31), (43.13, 36.34)):
        assert not area.contains(Point(lon, lat))


def find(analysis, kind, **wanted):
    return [
        i
        for i in analysis.incidents
        if i.kind == kind and all(getattr(i, key) == value for key, value in wanted.items())
    ]


def rockets(analysis):
    return find(analysis, "explosion_remote_violence")


def shared_dead(analysis):
    return [
        i.fatalities
        for i in find(analysis, "protest", modality="occurred")
        if i.fatalities and i.fatalities.low == 460
    ]


EXPECTED = {
    "a series of ten": lambda a: any(i.count == 10 for i in rockets(a)),
    "the first of the series has its day": lambda a: any(
        i.date and i.date.start == "2019-10-28" for i in rockets(a)
    ),
    "one soldier killed": lambda a: any(i.fatalities and i.fatalities.low == 1 for i in rockets(a)),
    "protests in two places": lambda a: len(find(a, "protest", modality="occurred")) >= 2,
    "at least 460 dead has no upper bound": lambda a: (
        bool(shared_dead(a)) and all(toll.high is None for toll in shared_dead(a))
    ),
    "the dead of both protests are shared": lambda a: (
        len(shared_dead(a)) >= 2 and all(toll.shared_with for toll in shared_dead(a))
    ),
    # The text tells of it as one with the embassy's new guard; the embassy stands in the zone.
    "the convoy is in the Green Zone": lambda a: any(
        km(p.place, 33.305, 44.390) <= 2
        for i in find(a, "strategic_development", modality="occurred")
        for p in i.places
    ),
    "politics besides": lambda a: len(find(a, "politics")) >= 2,
    "the visit is at the base": lambda a: any(
        "Asad" in p.place.name for i in a.incidents for p in i.places
    ),
    "a threat": lambda a: any(i.modality == "threatened" for i in a.incidents),
    "what is only considered": lambda a: any(i.modality == "hypothetical" for i in a.incidents),
    "what is denied": lambda a: any(i.modality == "denied" for i in a.incidents),
    "the invasion is background": lambda a: any(
        i.background and i.date and i.date.start == "2003" for i in a.incidents
    ),
    "nothing happens where a government speaks": lambda a: (
        not any(
            p.place.name.startswith(("Washington", "Tehran")) for i in a.incidents for p in i.places
        )
    ),
}
SHORT_OF: dict[str, set[str]] = {
    "sample": {"the convoy is in the Green Zone"},
    "article": set(),
}
"""What the model of today misses in each text: expected all the same, and seen to fail."""


@pytest.mark.parametrize("what", EXPECTED)
def test_incidents(request, analysis, what):
    text = request.node.callspec.params["analysis"]
    if what in SHORT_OF[text]:
        request.applymarker(pytest.mark.xfail(reason="the model misses it", strict=True))
    assert EXPECTED[what](analysis)


def test_same_ids_on_a_second_run(analysis, analyser):
    again = analyser.analyse(analysis.article)
    assert again == analysis


def test_geojson_of_a_real_analysis(analysis, tmp_path):
    path = tmp_path / "o.geojson"
    write([analysis], path)
    validate(json.loads(path.read_text("utf-8")), "incidents")
    assert len(geopandas.read_file(path)) == len(analysis.incidents)


ODD = {
    "no places": "The committee approved the minutes of its last meeting and adjourned.",
    "template": "Rebels shelled {{7*7}} near Basra {% if %} ${1} `x` <img src=x onerror=alert(1)>",
    "right to left": "اندلعت احتجاجات في بغداد يوم الاثنين وقتل شخصان.",
    "french": "Deux personnes ont été tuées à Bagdad lundi dans une explosion.",
    "emoji": "🚀🚀 hit the 🇮🇶 base at Basra 💥 two 🪖 killed 👩‍👩‍👧‍👦",
    "capitals": "TWO SOLDIERS WERE KILLED WHEN ROCKETS HIT A BASE IN BASRA ON MONDAY",
    "one letter": "x",
    "punctuation": "... --- ,,, !!!",
    "no space": "Basra" * 400,
    "one long line": "Rockets hit Basra and " * 400,
    "many lines": "Basra\n" * 300,
    "control": "Rockets\x00 hit\x07 Basra\x1b[31m on Monday\x7f.",
    "combining": "Ba\u0301\u0301\u0301sra " * 30,
    "spaces": "   \n\t  Basra  \u00a0 \u3000 ",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_texts(analyser, name):
    check_citations(analyser.analyse(Article("odd", ODD[name])))


words = st.sampled_from(
    [
        "Rockets",
        "hit",
        "killed",
        "Basra",
        "Baghdad",
        "the",
        "south",
        "of",
        "Iraq,",
        "on",
        "Monday.",
        "“at",
        "least”",
        "12",
        "protests",
        "in",
        "Washington",
        "said",
        "😀",
        "\u202e",
        "﷽",
        "\n\n",
        "-",
        "''",
        "U.S.",
        "two-thirds",
        "Al-Asad;",
        "2019",
        "troops",
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.lists(words | st.text(max_size=8), min_size=1, max_size=40).map(" ".join))
def test_any_text(analyser, text):
    text = text.encode("utf-8", "replace").decode()
    if text.strip():
        check_citations(analyser.analyse(Article("any", text, "2019-12-16")))


def test_given_spans_come_back_in_order(analyser):
    text = "From Kut to Basra and back to Kut."
    spans = [(12, 17), (5, 8), (30, 33)]
    found = analyser.analyse(Article("spans", text), spans)
    assert [m.span for m in found.mentions] == spans
    assert all(m.place and m.place.country == "IQ" for m in found.mentions)


def test_one_call_from_python():
    analysis = mapper.analyse("Two people were killed in Basra on Monday.", "2019-12-16")
    frame = mapper.to_geodataframe(analysis)
    assert len(frame) == len(analysis.incidents)
    assert feature_collection([analysis])["documents"][0]["published"] == "2019-12-16"
    assert article_from_text("x").published is None
