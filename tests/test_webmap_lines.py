"""The lines of JSON that the app's map takes its rows from."""

from __future__ import annotations

import json
from dataclasses import replace

import made

from mapper.export.features import features
from mapper.webmap.rows import Lines, payload, rows_of


def parsed(data: bytes):
    head, *lines = data.decode().split("\n")
    return json.loads(head), [json.loads(line) for line in lines]


def test_lines_say_what_the_payload_says():
    rows = rows_of([made.analysis()])
    whole = payload(rows, [("Town", 1.0, 2.0, 8, 5)])
    head, lines = parsed(Lines().encode(rows, [("Town", 1.0, 2.0, 8, 5)]))
    assert lines
    for name in ("styles", "geometries", "labels"):
        assert head[name] == json.loads(json.dumps(whole[name]))
    for line, row in zip(lines, whole["rows"], strict=True):
        for name, value in row.items():
            if name in ("aria", "document") or not value:
                continue
            if name == "places":
                value = [{k: v for k, v in p.items() if v is not None} for p in value]
            assert line[name] == json.loads(json.dumps(value))
        assert not set(line) - set(row)


def test_a_change_costs_one_line_and_keeps_the_areas():
    analysis = made.analysis()
    lines = Lines()
    first = lines.encode(rows_of([analysis])).split(b"\n")
    changed = replace(
        analysis, incidents=(replace(analysis.incidents[0], verified=True), *analysis.incidents[1:])
    )
    second = lines.encode(rows_of([changed])).split(b"\n")
    assert first[0] == second[0]  # areas stay, though their rows were not written again
    assert first[2:] == second[2:]
    assert json.loads(second[1])["verified"] is True
    assert lines.encode(rows_of([analysis])).split(b"\n") == first


def test_another_title_or_other_mentions_are_written_anew():
    analysis = made.analysis()
    lines = Lines()
    lines.encode(rows_of([analysis]))
    renamed = replace(analysis, article=replace(analysis.article, title="Renamed"))
    _, written = parsed(lines.encode(rows_of([renamed])))
    assert all(line["source"].startswith("Renamed") for line in written)
    sure = tuple(replace(m, why=("because of this",)) for m in analysis.mentions)
    _, written = parsed(lines.encode(rows_of([replace(analysis, mentions=sure)])))
    assert any("because of this" in " ".join(line.get("reasons", [])) for line in written)


def test_no_reason_is_given_for_what_an_incident_does_not_say():
    """A toll that was counted and then dropped is no part of the popup, nor of the exports."""
    analysis = made.analysis()
    guesses = {"kind": "it reads so", "fatalities": "“at least 460” counts its dead (32%)",
               "injured": "changed by a person", "date": "“May” (40%)"}  # fmt: skip
    first, raid = analysis.incidents[0], replace(analysis.incidents[2], why=guesses)
    told = replace(analysis, incidents=(replace(first, why=guesses), raid))
    _, (shelling, denied) = parsed(Lines().encode(rows_of([told], 0.0)))
    assert "Killed: “at least 460” counts its dead (32%)" in shelling["reasons"]
    assert "When: “May” (40%)" in shelling["reasons"]
    # That a person took a figure away is no guess.
    assert denied["reasons"] == ["What: it reads so", "Injured: changed by a person"]
    exported = features([told])[1]["properties"]["why"]
    assert list(exported) == ["kind", "injured"]


def test_what_is_hostile_stays_data_on_one_line():
    analysis = made.analysis()
    title = "{{7*7}} ${1}\n</script><img src=x onerror=alert(1)> \ud800 \u2028"
    named = replace(analysis, article=replace(analysis.article, title=title))
    data = Lines().encode(rows_of([named]))
    assert data.count(b"\n") == len(named.incidents)
    assert all("{{7*7}}" in line["source"] for line in parsed(data)[1])
