"""Counts of people who were not killed are no toll of dead."""

from __future__ import annotations

import pytest

import mapper


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        (
            "Gunmen abducted 14 schoolgirls from a school near Kaduna on Thursday.",
            None,
        ),
        ("In 2014 Boko Haram kidnapped 276 girls from Chibok in Borno state.", None),
        ("Police arrested 22 protesters in Nairobi on Tuesday after clashes.", None),
        (
            "Two aid workers who were abducted near Nyala in February were freed on Tuesday.",
            None,
        ),
        ("Gunmen kidnapped and killed 14 people near Jos on Monday.", 14),
        ("Fourteen villagers were abducted and killed near Jos on Monday.", 14),
        ("Joel Arreola, 19, was gunned down in Toppenish on Friday.", 1),
    ],
)
def test_only_the_dead_are_counted(text, dead):
    found = [i.fatalities for i in mapper.analyse(text, "2024-03-08").incidents]
    counted = {toll.low for toll in found if toll}
    assert counted == ({dead} if dead is not None else set())
