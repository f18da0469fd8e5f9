# ruff: noqa: E501 - one case a line
"""Figures put together: conflicts make a range, more dead are added, attackers count."""

import pytest

from mapper.extract.reckon import reckon
from mapper.extract.scene import build_scene
from mapper.model import Article, Mention, Toll
from tests.test_extract import reading_of


def whole(text, quote, low, high, trigger="attack", kind="explosion_remote_violence", places=()):
    reading = reading_of(text, triggers=[(trigger, kind, "occurred")])
    mentions = tuple(
        Mention(text.index(p), text.index(p) + len(p), p, "literal", None, 0.9, ()) for p in places
    )
    scene = build_scene(Article("a", text), reading, mentions)
    start = text.index(quote)
    toll = Toll(low, low, high, quote, (start, start + len(quote)))
    own = [(text.index(trigger), text.index(trigger) + len(trigger))]
    return reckon(scene, own, toll, "fatalities", kind).toll


def reckoned(text, quote, low, high):
    found = whole(text, quote, low, high)
    return found.low, found.high


@pytest.mark.parametrize(
    ("text", "quote", "stated", "wanted"),
    [
        (
            "The attack killed nine people, police said. A hospital counted 12 bodies.",
            "nine people", (9, 9), (9, 12),
        ),
        (
            "At least 15 died in the attack. Relatives insisted the toll was nearer 40.",
            "At least 15", (15, None), (15, 40),
        ),
        (
            "The attack left six soldiers dead, by the army's word; the rebels speak of 11.",
            "six soldiers", (6, 6), (6, 11),
        ),
        ("Thirty people died in the attack, or 50, nobody knows.", "Thirty people", (30, 30), (30, 50)),
        (
            "The attack killed four according to the mayor, six according to a doctor.",
            "four", (4, 4), (4, 6),
        ),
    ],
)  # fmt: skip
def test_figures_in_conflict_give_a_range(text, quote, stated, wanted):
    assert reckoned(text, quote, *stated) == wanted


@pytest.mark.parametrize(
    ("text", "quote", "stated", "wanted"),
    [
        ("The attack killed five clerks. Two others died later in a ward.", "five clerks", (5, 5), (7, 7)),
        ("The attack killed a guard. His driver was also killed.", "a guard", (1, 1), (2, 2)),
        (
            "The attack killed five clerks. A baker died on Monday, bringing the death toll to six.",
            "five clerks", (5, 5), (6, 6),
        ),
        ("The attack left at least two men dead on each side.", "at least two men", (2, None), (4, None)),
    ],
)  # fmt: skip
def test_more_dead_are_added_and_totals_taken(text, quote, stated, wanted):
    assert reckoned(text, quote, *stated) == wanted


@pytest.mark.parametrize(
    ("text", "quote", "wanted"),
    [
        ("The attack killed five clerks. Police shot the attacker dead.", "five clerks", (6, 6)),
        ("A man blew himself up in the attack, killing five clerks.", "five clerks", (6, 6)),
        ("The attack killed five people, including the bomber.", "five people", (5, 5)),
        ("The attack killed five people. One of the dead was the attacker.", "five people", (5, 5)),
    ],
)
def test_the_attacker_counts_once(text, quote, wanted):
    assert reckoned(text, quote, 5, 5) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "The attack killed nine people. The mayor said three of the dead were clerks.",
        "The attack killed nine people. The ministry says 40 were wounded.",
        "The attack killed nine people. Officials said it had 12 rooms.",
        "The attack killed nine people. The court gave him 30 years.",
        "The attack killed nine people. Police put up 12 roadblocks.",
        "The attack killed nine people, not 14 as first reported.",
    ],
)
def test_parts_and_other_numbers_change_nothing(text):
    assert reckoned(text, "nine people", 9, 9) == (9, 9)


@pytest.mark.parametrize(
    ("text", "quote", "stated", "wanted"),
    [
        (
            "The attack killed nine people, police said. A hospital counted 12 bodies.",
            "nine people", (9, 9), [("nine people", "police"), ("12", "A hospital")],
        ),
        (
            "At least 15 died in the attack. Relatives insisted the toll was nearer 40.",
            "At least 15", (15, None), [("At least 15", None), ("40", "Relatives")],
        ),
        (
            "The attack left six soldiers dead, by the army's word; the rebels speak of 11.",
            "six soldiers", (6, 6), [("six soldiers", "the army"), ("11", "the rebels")],
        ),
        (
            "The attack killed four according to the mayor, six according to a doctor.",
            "four", (4, 4), [("four", "the mayor"), ("six", "a doctor")],
        ),
        (
            "According to İzmir police, the attack killed one man. A doctor told us of more, and the union put the figure at three.",
            "one man", (1, 1), [("one man", "İzmir police"), ("three", "the union")],
        ),
        (
            "It was reported that the attack killed nine people. A hospital counted 12 bodies.",
            "nine people", (9, 9), [("nine people", None), ("12", "A hospital")],
        ),
    ],
)  # fmt: skip
def test_each_figure_in_conflict_is_kept_with_who_gives_it(text, quote, stated, wanted):
    toll = whole(text, quote, *stated)
    assert [(f.quote, f.source) for f in toll.figures] == wanted
    assert all(text[slice(*f.span)] == f.quote for f in toll.figures)


@pytest.mark.parametrize(
    "text",
    [
        "The attack killed nine people, police said.",
        "The attack killed nine people, police said. Two others died later in a ward.",
        "The attack killed nine people, police said. A baker died, bringing the death toll to ten.",
    ],
)
def test_one_figure_is_no_conflict(text):
    assert whole(text, "nine people", 9, 9).figures == ()


@pytest.mark.parametrize("rest", ["In Kut, a bus burned.", "Kut was quiet."])
def test_a_figure_is_of_another_place_only_where_its_own_sentence_says_so(rest):
    text = f"The attack killed nine people. A doctor counted 12 bodies. {rest}"
    assert whole(text, "nine people", 9, 9, places=["Kut"]).high == 12
    text = "The attack killed nine people. A doctor counted 12 bodies in Kut alone."
    assert whole(text, "nine people", 9, 9, places=["Kut"]).high == 9


def test_a_part_is_no_figure_in_conflict_with_a_running_total():
    text = (
        "The death toll of the attack has gone up to 231. Officials put at 73 those shot by police."
    )
    assert reckoned(text, "231", 231, 231) == (231, 231)
    higher = "The death toll of the attack has gone up to 231. A hospital counted 260 bodies."
    assert reckoned(higher, "231", 231, 231) == (231, 260)
