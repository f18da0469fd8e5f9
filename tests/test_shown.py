"""What sessions that look at the same articles share."""

from __future__ import annotations

from dataclasses import replace

import made

from mapper.corrections import Corrected
from mapper.views.state import Shown


def test_what_stays_the_same_is_made_once():
    analysis, asked = made.analysis(), []

    def labels(rows):
        asked.append(len(rows))
        return []

    shown = Shown()
    state = Corrected(analysis)
    rows = shown.rows([state], None)
    assert shown.rows([state], None) is rows
    sent = shown.lines(rows, labels)
    assert shown.lines(rows, labels)[1] is sent[1]
    read = shown.reading(analysis, rows, None)
    assert shown.reading(analysis, rows, None)[1] is read[1]

    first = analysis.incidents[0]
    other = (replace(first, background=not first.background), *analysis.incidents[1:])
    again = shown.rows([Corrected(replace(analysis, incidents=other))], None)
    assert again is not rows
    assert shown.lines(again, labels)[0] != sent[0]
    assert asked == [len(rows)]  # no place moved: the gazetteer is not asked again


def test_no_articles_are_no_rows():
    shown = Shown()
    rows = shown.rows([], None)
    assert rows == []
    assert shown.rows([], None) is rows
