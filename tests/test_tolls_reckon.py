# ruff: noqa: E501 - one case a line
"""Figures put together: conflicts make a range, more dead are added, attackers count."""

import pytest

from mapper.extract.reckon import reckon
from mapper.extract.scene import build_scene
from mapper.model import Article, Toll
from tests.test_extract import reading_of


def reckoned(text, quote, low, high, trigger="attack", kind="explosion_remote_violence"):
    reading = reading_of(text, triggers=[(trigger, kind, "occurred")])
    scene = build_scene(Article("a", text), reading, ())
    start = text.index(quote)
    toll = Toll(low, low, high, quote, (start, start + len(quote)))
    own = [(text.index(trigger), text.index(trigger) + len(trigger))]
    found = reckon(scene, own, toll, "fatalities", kind).toll
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
