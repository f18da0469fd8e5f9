"""Where a report was filed from, told from headlines and from names that open a sentence."""

from __future__ import annotations

import pytest

from mapper.discourse import is_dateline
from mapper.model import Mention

STORY = (
    "the district administration on tuesday imposed a curfew in three wards of the old town after "
    "two groups pelted each other with stones, officials said."
)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        (f"lucknow: {STORY}", "lucknow", True),
        (f"New Delhi (PTI): {STORY}", "New Delhi", True),
        (f"Curfew in three wards\nKANPUR: {STORY}", "KANPUR", True),
        (f"GOMA, Congo (AP) — {STORY}", "GOMA", True),
        ("Iraq: a timeline\nIt began in 2003.", "Iraq", False),
        (f"The mayor of Kanpur: {STORY}", "Kanpur", False),
        (f"Kanpur is calm again. {STORY}", "Kanpur", False),
    ],
)
def test_datelines(text, place, expected):
    start = text.index(place)
    assert is_dateline(text, Mention(start, start + len(place), place, "literal")) is expected
