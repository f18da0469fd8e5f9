"""Triggers to incidents, with readings made by hand: what is promised needs no model."""

import numpy as np
import pytest

from mapper.encode import KINDS, MODALITIES, RELATIONS, Reading, Sparse, TaggedSpan, Trigger
from mapper.extract import extract
from mapper.extract.actors import is_alleged
from mapper.extract.compose import LONGEST, evidence_for
from mapper.extract.learned import NO_MODELS, Linear, ModelFileError, Models, Trees, load_models
from mapper.extract.scene import build_scene
from mapper.extract.triggers import sub_kind
from mapper.merge import merge
from mapper.model import Article, Mention, Place
from mapper.segment import sentences, words


def place(name, lat=33.3, lon=44.4, precision="city", country="IQ"):
    return Place(name, name, "city", country, None, lat, lon, None, precision, 5000, None, "test")


def reading_of(text, triggers=(), places=(), arguments=(), links=(), same=()):
    """A reading with the given phrases tagged, each at its first occurrence."""
    spans = words(text)

    def tagged(phrase, label):
        start = text.index(phrase)
        end = start + len(phrase)
        inside = [n for n, (a, b) in enumerate(spans) if a < end and start < b]
        return start, end, (inside[0], inside[-1] + 1), label

    trig = tuple(
        Trigger(
            *tagged(p, k), 0.9, {x: 0.91 if x == k else 0.01 for x in KINDS},
            {m: 0.94 if m == mod else 0.01 for m in MODALITIES}, 0.0,
        )
        for p, k, mod in triggers
    )  # fmt: skip
    spots = tuple(TaggedSpan(*tagged(p, r), 0.9, {r: 0.9}) for p, r in places)
    args = tuple(TaggedSpan(*tagged(p, r), 0.9, {r: 0.9}) for p, r in arguments)
    n = len(spots) + len(args)
    table = np.zeros((len(trig), n, len(RELATIONS)), dtype=np.float32)
    table[:, :, 0] = 1
    for i, j, relation in links:
        table[i, j] = 0
        table[i, j, RELATIONS.index(relation)] = 0.95
        table[i, j, 0] = 0.05
    pairs = np.eye(len(trig), dtype=np.float32)
    for i, j, p in same:
        pairs[i, j] = pairs[j, i] = p
    columns = [np.arange(n)] * len(trig)
    return Reading(
        spans, spots, trig, args,
        Sparse(columns, list(table), table.shape, table[0, 0] if n and trig else np.zeros(1)),
        Sparse([np.arange(len(trig))] * len(trig), list(pairs), pairs.shape, np.float32(0)),
        sentences(text),
    )  # fmt: skip


def mention(text, phrase, where=None, role="literal"):
    start = text.index(phrase)
    return Mention(start, start + len(phrase), phrase, role, where or place(phrase), 0.9)


TEXT = (
    "A car bomb killed six people in Mosul on Friday. The blast was blamed on militants. "
    "Police arrested two men in Basra."
)


@pytest.fixture
def incidents():
    reading = reading_of(
        TEXT,
        triggers=[
            ("car bomb", "explosion_remote_violence", "occurred"),
            ("blast", "explosion_remote_violence", "occurred"),
            ("arrested", "strategic_development", "occurred"),
        ],
        places=[("Mosul", "literal"), ("Basra", "literal")],
        arguments=[("six people", "fatalities"), ("on Friday", "date"), ("militants", "actor")],
        links=[
            (0, 0, "place"), (1, 0, "place"), (2, 1, "place"), (0, 2, "date"),
            (0, 3, "date"), (0, 2, "fatalities"), (0, 4, "perpetrator"),
        ],
        same=[(0, 1, 0.9)],
    )  # fmt: skip
    article = Article("t", TEXT, "2019-12-16")
    mentions = (
        mention(TEXT, "Mosul", place("Mosul", 36.3, 43.1)),
        mention(TEXT, "Basra", place("Basra", 30.5, 47.8)),
    )
    # Arguments are sorted by the encoder in the order of the text.
    reading = Reading(
        reading.words, reading.places, reading.triggers,
        tuple(sorted(reading.arguments, key=lambda a: a.start)),
        reading.links, reading.same, reading.sentences,
    )  # fmt: skip
    return merge(article, extract(article, reading, mentions, NO_MODELS), NO_MODELS)


def test_mentions_of_one_happening_are_one_incident(incidents):
    assert [i.kind for i in incidents] == ["explosion_remote_violence", "strategic_development"]
    assert len(incidents[0].evidence) == 2


def test_each_incident_has_its_own_place(incidents):
    assert [[p.place.name for p in i.places] for i in incidents] == [["Mosul"], ["Basra"]]


def test_everything_cites_the_text(incidents):
    for i in incidents:
        for e in i.evidence:
            assert TEXT[e.start : e.end] == e.quote
            assert e.start <= e.trigger[0] < e.trigger[1] <= e.end
        for a in i.actors:
            assert TEXT[a.start : a.end] == a.quote
        for toll in (i.fatalities, i.injured):
            assert toll is None or TEXT[toll.span[0] : toll.span[1]] == toll.quote
        assert i.date is None or TEXT[i.date.span[0] : i.date.span[1]] == i.date.quote
        assert {"kind", "modality", "places", "date"} <= set(i.why)


def test_the_toll_goes_to_the_incident_that_it_belongs_to(incidents):
    assert incidents[0].fatalities is not None
    assert (incidents[0].fatalities.low, incidents[0].fatalities.high) == (6, 6)
    assert incidents[1].fatalities is None


def test_ids_are_those_of_the_text(incidents):
    assert len({i.id for i in incidents}) == len(incidents)
    assert all(i.id.startswith("i-") for i in incidents)


def test_a_protest_in_two_towns_is_two_incidents_and_an_operation_in_two_is_one():
    text = "Crowds marched in Najaf and Karbala. Troops deployed in Tikrit and Samarra."
    reading = reading_of(
        text,
        triggers=[
            ("marched", "protest", "occurred"),
            ("deployed", "strategic_development", "occurred"),
        ],
        places=[(p, "literal") for p in ("Najaf", "Karbala", "Tikrit", "Samarra")],
        links=[(0, 0, "place"), (0, 1, "place"), (1, 2, "place"), (1, 3, "place")],
    )
    article = Article("t", text)
    mentions = tuple(
        mention(text, p, place(p, 30 + n, 40 + n))
        for n, p in enumerate(("Najaf", "Karbala", "Tikrit", "Samarra"))
    )
    found = merge(article, extract(article, reading, mentions, NO_MODELS), NO_MODELS)
    assert [[p.place.name for p in i.places] for i in found] == [
        ["Najaf"],
        ["Karbala"],
        ["Tikrit", "Samarra"],
    ]


def test_blamed_and_suspected_actors_are_alleged():
    text = "The raid was blamed on militants. Soldiers fired. Suspected rebels fled."
    scene = build_scene(Article("t", text), reading_of(text), ())
    for phrase, alleged in (("militants", True), ("Soldiers", False), ("rebels", True)):
        start = text.index(phrase)
        assert is_alleged(scene, start, start + len(phrase)) is alleged


def test_evidence_of_an_endless_sentence_is_cut_to_the_clause():
    text = "word " * 300 + "then a bomb exploded in the market, " + "word " * 300
    scene = build_scene(Article("t", text), reading_of(text), ())
    start = text.index("exploded")
    e = evidence_for(scene, start, start + 8)
    assert e.end - e.start <= LONGEST
    assert e.start <= start < start + 8 <= e.end
    assert text[e.start : e.end] == e.quote


def test_an_empty_reading_has_no_incidents():
    text = "..."
    article = Article("t", text)
    assert merge(article, extract(article, reading_of(text), (), NO_MODELS), NO_MODELS) == ()


def test_sub_kinds_come_from_the_trigger_then_its_surroundings():
    assert sub_kind("explosion_remote_violence", "drone strike", "") == "air_or_drone_strike"
    assert sub_kind("strategic_development", "were held", "police arrested them") == "arrest"
    assert sub_kind("politics", "xyz", "xyz") is None


def test_trees_give_what_their_nodes_say():
    trees = Trees(
        ("a", "b"), 0.0, np.array([[0, 1, 1]]), np.array([[0.5, 0.5, 0.5]], dtype=np.float32),
        np.array([[-2.0, 2.0, -1.0, 1.0]], dtype=np.float32),
    )  # fmt: skip
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    assert trees.margin(rows).tolist() == [-2, 2, -1, 1]
    again = Trees.from_dict(trees.to_dict())
    assert again.probability(rows).tolist() == trees.probability(rows).tolist()


def test_linear_probabilities_sum_to_one():
    linear = Linear(("a",), ("x", "y"), np.array([[1.0], [-1.0]]), np.array([0.0, 0.0]))
    p = linear.probability(np.array([[2.0], [-2.0]], dtype=np.float32))
    assert p.sum(axis=1) == pytest.approx([1, 1], abs=1e-4)
    assert p[0, 0] > 0.9 > 0.1 > p[1, 0]


def test_a_scorer_of_other_features_is_refused():
    trees = Trees(("old",), 0.0, np.zeros((0, 1), int), np.zeros((0, 1)), np.zeros((0, 2)))
    with pytest.raises(ModelFileError, match="train_incidents"):
        Models({"place": trees}, {}, {}, "x").get("place", ("new",))


def test_a_missing_file_of_scorers_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"nothing\.json"):
        load_models(tmp_path / "nothing.json")


def _one(text, trigger, kind="crime", modality="occurred", others=()):
    reading = reading_of(text, triggers=[(trigger, kind, modality), *others])
    return extract(Article("t", text), reading, (), NO_MODELS)[0]


@pytest.mark.parametrize(
    ("text", "trigger", "wanted"),
    [
        ("A bus overturned near the bridge, and nine passengers died.", "overturned", (9, 9)),
        ("The mayor of the town was shot dead at his gate.", "was shot dead", (1, 1)),
        ("The paper recalls the murders of clerks in the valley.", "murders of clerks", (2, None)),
    ],
)
def test_the_only_count_beside_a_trigger_is_its_own(text, trigger, wanted):
    toll = _one(text, trigger).fatalities
    assert toll is not None
    assert (toll.low, toll.high) == wanted
    assert text[toll.span[0] : toll.span[1]] == toll.quote


def _with_tolls(text, trigger, kind, *phrases):
    """One incident to which the encoder gives all these phrases as its dead, the first the most."""
    reading = reading_of(
        text,
        triggers=[(trigger, kind, "occurred")],
        arguments=[(p, "fatalities") for p in phrases],
        links=[(0, n, "fatalities") for n in range(len(phrases))],
    )
    found = extract(Article("t", text), reading, (), NO_MODELS)[0].fatalities
    return None if found is None else (found.low, found.high, found.quote)


def test_a_peaceful_kind_has_no_dead_unless_it_cost_them():
    text = "Clerks marched in Alda for the nine people killed in the fire."
    assert _with_tolls(text, "marched", "protest", "nine people") is None
    assert _with_tolls(text, "fire", "accident", "nine people") == (9, 9, "the nine people")
    text = "He resigned after marches in Alda that left nine people dead."
    assert _with_tolls(text, "marches", "protest", "nine people") == (9, 9, "nine people dead")
    text = "Weeks of marches in Alda have left nine people dead."
    assert _with_tolls(text, "marches", "protest", "nine people") == (9, 9, "nine people dead")


def test_no_toll_is_taken_from_what_did_not_happen_or_from_another_trigger():
    text = "A bus overturned near the bridge after a blast in which nine passengers died."
    blast = ("blast", "explosion_remote_violence", "occurred")
    assert _one(text, "overturned", "accident", others=[blast]).fatalities is None
    assert _one("He was not shot dead.", "shot dead", modality="denied").fatalities is None
    assert _one("Nine people died as clerks met.", "met", "politics").fatalities is None


@pytest.mark.parametrize("linked", [("27 deaths", "231"), ("231", "27 deaths")])
def test_a_running_total_goes_before_a_part_of_it(linked):
    text = "The toll of the riots in Arle has gone up to 231; it counts 27 deaths on Friday."
    reading = reading_of(
        text,
        triggers=[("riots", "riot", "occurred")],
        places=[("Arle", "literal")],
        arguments=[(quote, "fatalities") for quote in linked],
        links=[(0, 0, "place"), (0, 1, "fatalities"), (0, 2, "fatalities")],
    )
    found = extract(Article("t", text), reading, [mention(text, "Arle", place("Arle"))], NO_MODELS)
    assert [(i.fatalities.low, i.fatalities.high) for i in found] == [(231, 231)]
