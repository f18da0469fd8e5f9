"""Where names that no gazetteer knows are set: where the words just there set them."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.gazetteer import Gazetteer, GazetteerError
from mapper.candidates import Candidates
from mapper.discourse import discourse
from mapper.model import Article, Mention
from mapper.rank import Ranker, Table, anchors, settle
from mapper.resolve import ANCHOR_UNCERTAINTY_M, resolve
from mapper.setting import PICK_COLUMNS, pairs

try:
    GAZETTEER = Gazetteer.open()
except GazetteerError:
    pytest.skip("the gazetteer is not built", allow_module_level=True)
RANKER = Ranker.open()


def marked(text: str, *names: str) -> tuple[Article, list[Mention]]:
    """An article and the mentions of all occurrences of ``names`` in it."""
    mentions = []
    for name in names:
        at = text.find(name)
        while at >= 0:
            mentions.append(Mention(at, at + len(name), name, "literal"))
            at = text.find(name, at + 1)
    return Article("t", text), sorted(mentions, key=lambda m: m.start)


def links(text: str, *names: str) -> dict[tuple[str, str], set[str]]:
    """How the words set one name in another: (inner, outer) to the kinds of link."""
    article, mentions = marked(text, *names)
    told = discourse(article, mentions, Candidates(GAZETTEER))
    return {
        (told.names[i].block.name, told.names[j].block.name): how
        for i, name in enumerate(told.names)
        for j, how in name.links.items()
    }


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Shots were fired in Qzorvat, Durban, on Friday.", "comma"),
        ("Shots were fired at the Qzorvat market in Durban on Friday.", "inside"),
        ("Shots were fired in the Qzorvat neighbourhood of Durban.", "inside"),
        ("Shots were fired in Qzorvat near Durban.", "near"),
        ("Shots were fired in Qzorvat, a quiet suburb of Durban.", "apposition"),
        ("Shots were fired in Qzorvat (Durban) on Friday.", "paren"),
        ("Shots were fired in Durban's Qzorvat on Friday.", "possessive"),
        ("Shots were fired in Durban, at Qzorvat, on Friday.", "at"),
    ],
)
def test_words_link_an_unknown_name_to_the_place_it_lies_in(text: str, how: str) -> None:
    assert how in links(text, "Qzorvat", "Durban")[("Qzorvat", "Durban")]


def test_a_list_shares_what_its_last_name_is_set_in() -> None:
    found = links("Fires burned in Qzorvat and Vexlund in Durban.", "Qzorvat", "Vexlund", "Durban")
    assert "shared" in found[("Qzorvat", "Durban")]


def test_another_paragraph_links_nothing() -> None:
    assert not links("Fires burned in Qzorvat\n\nin Durban, too.", "Qzorvat", "Durban")


@pytest.mark.parametrize(
    "said",
    [
        "In Qzorvat Manor, Durban, men with clubs besieged a barber shop.",
        "In the Qzorvat Manor district of Durban, men with clubs besieged a barber shop.",
        "Men with clubs besieged a barber shop at Qzorvat Manor in Durban.",
    ],
)
def test_the_linked_place_outweighs_the_densest(said: str) -> None:
    text = (
        "JOHANNESBURG — Crowds marched in Johannesburg, Germiston and Boksburg on Monday. "
        "Police in Johannesburg and in Germiston made arrests, and Boksburg was quiet.\n\n" + said
    )
    article, mentions = marked(
        text, "JOHANNESBURG", "Johannesburg", "Germiston", "Boksburg", "Qzorvat Manor", "Durban"
    )
    manor = next(
        m for m in resolve(article, mentions, GAZETTEER, RANKER) if m.text == "Qzorvat Manor"
    )
    assert manor.place is not None and manor.place.name == "Durban"
    assert manor.why[0].startswith("no ")
    assert manor.place.uncertainty_m >= ANCHOR_UNCERTAINTY_M
    assert manor.place.precision not in ("facility", "neighbourhood")


def test_an_area_around_such_a_name_is_drawn_where_the_name_is_set() -> None:
    text = "Police opened fire near the Likoni ferry in Mombasa, Kenya. Crowds fled Nairobi."
    article, mentions = marked(text, "Likoni", "Mombasa", "Kenya", "Nairobi")
    at = text.index("near the")
    area = Mention(at, at + len("near the Likoni"), "near the Likoni", "nominal")
    out = resolve(article, [*mentions, area], GAZETTEER, RANKER)
    assert out[0].place is not None and out[0].place.name == "Mombasa"
    drawn = out[-1].place
    assert drawn is not None
    assert abs(drawn.lat + 4.05) < 0.5 and abs(drawn.lon - 39.67) < 0.5


def test_pairs_are_finite_and_never_of_a_name_with_itself() -> None:
    article, mentions = marked(
        "Qzorvat, Durban and Paris met in Rome.", "Qzorvat", "Durban", "Rome"
    )
    told = discourse(article, mentions, Candidates(GAZETTEER))
    table = Table(told.names, told.home)
    belief = RANKER.believe(table)
    chosen = settle(table, belief)
    paired = pairs(table, chosen)
    assert paired.features.shape == (len(paired.owner), len(PICK_COLUMNS))
    assert np.isfinite(paired.features).all()
    assert (paired.owner != paired.other).all()
    which, _ = anchors(table, belief, chosen, paired, RANKER.pick(paired.features))
    assert all(int(j) != i for i, j in enumerate(which))


def test_a_lone_name_has_no_pairs() -> None:
    article, mentions = marked("Fires burned in Qzorvat.", "Qzorvat")
    told = discourse(article, mentions, Candidates(GAZETTEER))
    table = Table(told.names, told.home)
    assert not len(pairs(table, settle(table, RANKER.believe(table))).owner)


def spots(text: str, *names: str) -> dict[str, list[tuple[bool, bool, bool]]]:
    """Of each name's mentions whether they are located, on the way there, or of an affair."""
    article, mentions = marked(text, *names)
    told = discourse(article, mentions, Candidates(GAZETTEER))
    return {
        n.block.name: [(s.located, s.toward, s.topic) for s in n.spots if s.start >= 0]
        for n in told.names
    }


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("A mob burnt shops in Lucknow.", (True, False, False)),
        ("Volunteers were heading for Lucknow.", (False, True, False)),
        ("Volunteers on the way to Lucknow were held.", (True, True, False)),
        ("Parliament debated the Lucknow issue.", (False, False, True)),
        ("The Lucknow killings were condemned.", (False, False, True)),
        ("Fire in Lucknow killings probe.", (True, False, False)),
        ("Lucknow was calm.", (False, False, False)),
    ],
)
def test_how_a_name_stands_in_its_sentence(text: str, flags: tuple[bool, bool, bool]) -> None:
    assert spots(text, "Lucknow")["Lucknow"] == [flags]


def test_a_sentence_that_speaks_of_the_city_says_so_of_its_names() -> None:
    text = "Two were hurt near Charbagh, in the old city. Buses for Ayodhya ran."
    article, mentions = marked(text, "Charbagh", "Ayodhya")
    told = discourse(article, mentions, Candidates(GAZETTEER))
    assert [n.in_town for n in told.names] == [True, False]
