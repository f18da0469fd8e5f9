"""Spans that may name places, weighed against each other."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_recognise import GAZETTEER, reading

from mapper.errors import SetupError
from mapper.extract.learned import Trees
from mapper.lattice import COLUMNS, Scorer, best, lattice, sha256_of


def options(text, *tagged, rules=None):
    """The candidates of a text by their words, each with its features by name."""
    found = lattice(text, reading(text, *tagged), rules or {}, GAZETTEER)
    return {
        text[a:b]: dict(zip(COLUMNS, row.tolist(), strict=True))
        for (a, b), row in zip(found.spans, found.rows, strict=True)
    }


def test_longer_and_shorter_forms_are_candidates():
    found = options("He fell ill at Kenya State University.", ("Kenya State", "literal", 0.7))
    assert {"Kenya", "Kenya State", "Kenya State University"} <= set(found)
    assert found["Kenya State"]["exact"] == pytest.approx(0.7)
    assert found["Kenya"]["exact"] == 0 and found["Kenya"]["more_right"] == 1
    assert found["Kenya State University"]["last_organisation"] == 1


def test_lower_case_words_end_no_name():
    found = options("Rain fell on Kenya again today.", ("Kenya", "literal", 0.9))
    assert set(found) == {"Kenya"}


def test_a_name_is_looked_for_in_the_rest_of_the_text():
    text = "SIRTE (AP) - Troops entered Sirte. Later Sirte was quiet."
    found = lattice(text, reading(text, ("Sirte", "literal", 0.9)), {}, GAZETTEER)
    starts = {a for a, b in found.spans if text[a:b].lower() == "sirte"}
    assert starts == {0, text.index("Sirte"), text.rindex("Sirte")}


def test_a_person_is_known_by_what_stands_around_the_name_elsewhere():
    text = "Mayor Sirte spoke. The mayor then left, Sirte said. Near Sirte it rained."
    told = options(text, ("Sirte", "literal", 0.6))["Sirte"]
    assert told["share_title"] == pytest.approx(1 / 3)
    assert told["share_speech"] == pytest.approx(1 / 3)
    assert told["share_in"] == pytest.approx(1 / 3)


def test_the_rules_are_heard():
    text = "Troops entered Sirte."
    span = (text.index("Sirte"), text.index("Sirte") + 5)
    told = options(text, rules={span: ("literal", 0.8)})["Sirte"]
    assert told["rule"] == 1 and told["rule_score"] == pytest.approx(0.8)
    assert told["best_over"] == 0


def test_a_repeated_name_is_none_before_a_persons_name():
    text = "Troops entered Assad. The ambassador met Assad Hariri."
    found = lattice(text, reading(text, ("Assad", "literal", 0.95)), {}, GAZETTEER)
    always = Scorer(
        Trees(COLUMNS, 9.0, np.zeros((0, 1), np.int64), np.zeros((0, 1)), np.zeros((0, 2))), 0.5
    )
    chances = dict(zip(found.spans, always(found).tolist(), strict=True))
    second = text.rindex("Assad")
    assert chances[(text.index("Assad"), text.index("Assad") + 5)] > 0.5
    assert chances[(second, second + 5)] == 0


def test_an_empty_text_has_none():
    found = lattice("", reading(""), {}, GAZETTEER)
    assert found.spans == () and found.rows.shape == (0, len(COLUMNS))
    assert best(found.spans, [], 0.3) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 8), st.floats(0, 1, width=32)), max_size=9
    )
)
def test_the_best_set_has_no_overlaps_and_is_best(items):
    chances = {(a, a + n): p for a, n, p in items}
    spans = sorted(chances)
    kept = best(spans, [chances[s] for s in spans], 0.3)
    taken = [s for s, _ in kept]
    assert taken == sorted(taken)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(taken))
    assert all(chances[s] >= 0.3 for s in taken)

    def most(left):
        if not left:
            return 0.0
        first, rest = left[0], left[1:]
        without = most(rest)
        gain = chances[first] - 0.3
        if gain < 0:
            return without
        free = [s for s in rest if s[0] >= first[1]]
        return max(without, gain + most(free))

    assert sum(p - 0.3 for _, p in kept) == pytest.approx(most(spans), abs=1e-4)


def test_an_altered_file_is_refused(tmp_path):
    trees = Trees(COLUMNS, 0.0, np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.zeros((1, 2)))
    card = {"threshold": 0.4, "sha256": sha256_of(trees.to_dict()), "trees": trees.to_dict()}
    path = tmp_path / "spans.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    assert Scorer.open(path).threshold == 0.4
    card["trees"]["bias"] = 1.0
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(SetupError, match="altered"):
        Scorer.open(path)
    other = Trees(("x",), 0.0, np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.zeros((1, 2)))
    card = {"threshold": 0.4, "sha256": sha256_of(other.to_dict()), "trees": other.to_dict()}
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(SetupError, match="other features"):
        Scorer.open(path)
    with pytest.raises(SetupError, match="cannot read"):
        Scorer.open(tmp_path / "none.json")


def test_the_shipped_scorer_fits_the_code():
    assert 0 < Scorer.open().threshold < 1
