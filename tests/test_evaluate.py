"""Measuring against coded documents: figures by role and kind, the worst errors as snippets."""

from __future__ import annotations

import made

from mapper.evaluate import GoldDocument, GoldMention, evaluate, lines
from mapper.model import Article, Mention

TEXT = "Basra was quiet. Kut was not. Amara waited."


def report():
    spans = {name: (TEXT.index(name), TEXT.index(name) + len(name)) for name in ("Basra", "Kut")}
    gold = GoldDocument(
        Article("a", TEXT),
        (
            GoldMention(*spans["Basra"], 30.5, 47.8, "literal", "city", "99532"),
            GoldMention(*spans["Kut"], 60.0, 10.0, "literal", "city", None, "admin1"),
        ),
        True,
    )

    def mentions(article, given):
        return (
            Mention(*spans["Basra"], "Basra", "literal", made.BASRA, 0.95),
            Mention(*spans["Kut"], "Kut", "metonymic", made.KUT, 0.5),
            Mention(30, 35, "Amara", "literal", None, 0.0),
        )

    return evaluate([gold], mentions, kind_of={"99532": "city"}.get)


def test_slices_by_kind_and_role():
    by = report().by
    assert by["kind"]["city"].near == 1 and by["kind"]["admin1"].near == 0
    assert by["role"]["literal"].gold == 2 and by["role"]["literal"].role_right == 1


def test_what_a_map_shows_is_measured_apart():
    assert report().on_map == (1, 1)


def test_errors_are_shown_worst_first_in_their_words():
    said = list(lines(report()))
    first, second = said[said.index("worst:") + 1 :]
    assert "[Kut]" in first and "km off" in first
    assert "[Amara]" in second and "not coded" in second
    assert any(line.startswith("right of what a map shows") for line in said)
