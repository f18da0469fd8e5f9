# ruff: noqa: E501 - one case a line
"""Actors: whole phrases from the pieces that were tagged, and parts that are only alleged."""

import pytest

from mapper.extract.actors import phrase


@pytest.mark.parametrize(
    ("text", "piece", "wanted"),
    [
        ("The UK Foreign Secretary Ann Poe flew home.", "UK Foreign", "UK Foreign Secretary Ann Poe"),
        ("Later Ruritanian security forces fired.", "Ruritanian security", "Ruritanian security forces"),
        ("It killed 9 policemen at dawn.", "9", "9 policemen"),
        ("In the yard President Poe spoke.", "Poe", "President Poe"),
        ("Then . Rudolf Sr fled.", ". Rudolf Sr", "Rudolf Sr"),
        ("On Friday Borduria-backed groups fired.", "groups", "Borduria-backed groups"),
        ("The death of an elderly baker shook them.", "of an elderly", "elderly baker"),
        ("Police shot a man.", "Police", "Police"),
    ],
)  # fmt: skip
def test_a_piece_grows_to_its_phrase(text, piece, wanted):
    start = text.index(piece)
    found = phrase(text, start, start + len(piece))
    assert found is not None and text[found[0] : found[1]] == wanted


@pytest.mark.parametrize("piece", ["an", "two of", "-", "14", "the"])
def test_a_piece_that_names_nobody_is_dropped(piece):
    text = f"It was said ({piece}) then."
    start = text.index(f"({piece})") + 1
    assert phrase(text, start, start + len(piece)) is None
