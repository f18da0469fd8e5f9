"""What the commands promise: exit status, atomic writing, order, errors of one line."""

from __future__ import annotations

import json
import re

import made
import pytest

from mapper import Analyser
from mapper.__main__ import build_parser, main
from mapper.evaluate import read_gold
from mapper.export import FORMATS, Format
from mapper.schema import validate


@pytest.fixture(autouse=True)
def made_stages(monkeypatch):
    monkeypatch.setattr(Analyser, "open", classmethod(lambda cls, path=None: cls(made.Stages())))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(capsys, *argv):
    """Status and the lines of the error stream."""
    try:
        status = main([str(a) for a in argv])
    except SystemExit as stop:
        status = stop.code
    return status, capsys.readouterr().err.splitlines()


def documents(path, *rows):
    path.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), "utf-8"
    )
    return path


def test_annotate_keeps_order_and_fits_the_schema(tmp_path, capsys):
    source = documents(
        tmp_path / "in.jsonl",
        {"id": "b", "text": "Rebels shelled Basra.", "published": "2021-05-05T23:59:00-11:00"},
        {"id": "a", "text": "Nothing here."},
    )
    status, said = run(capsys, "annotate", source, tmp_path / "out.jsonl")
    assert (status, said) == (0, [])
    rows = lines(tmp_path / "out.jsonl")
    assert [row["id"] for row in rows] == ["b", "a"]
    for row in rows:
        validate(row, "analysis")
    assert rows[0]["published"] == "2021-05-05"  # the date as written, in its own zone
    assert rows[0]["incidents"][0]["places"][0]["name"] == "Basra"


BAD = [
    ("{", None, "not JSON"),
    ("[1]", None, "not an object"),
    ('{"text": "x"}', None, '"id"'),
    ('{"id": true, "text": "x"}', None, '"id"'),
    ('{"id": "e"}', "e", '"text"'),
    ('{"id": "e", "text": ""}', "e", "empty"),
    ('{"id": "e", "text": " \\n "}', "e", "empty"),
    ('{"id": "e", "text": "a \\ud800 b"}', "e", "surrogate U+D800 at 2"),
    ('{"id": "e", "text": "x", "published": "yesterday"}', "e", "'yesterday'"),
    ('{"id": "e", "text": "x", "published": "2021-02-30"}', "e", "'2021-02-30'"),
    ('{"id": "e", "text": "x", "published": 2021}', "e", '"published"'),
    ('{"id": "e", "text": "abc", "spans": [[0, 4]]}', "e", "[0, 4]"),
    ('{"id": "e", "text": "abc", "spans": [[2, 1]]}', "e", "[2, 1]"),
    ('{"id": "e", "text": "abc", "spans": [[-1, 1]]}', "e", "[-1, 1]"),
    ('{"id": "e", "text": "abc", "spans": [[0, "1"]]}', "e", "[0, '1']"),
    ('{"id": "e", "text": "abc", "spans": 7}', "e", '"spans"'),
    (
        '{"id": "e", "text": "BREAK THE STAGE", "spans": []}',
        "e",
        "ZeroDivisionError: made to break",
    ),
    ("[" * 100_000, None, "not JSON"),
]


@pytest.mark.parametrize(("line", "identity", "reason"), BAD)
def test_a_bad_document_is_named_and_the_rest_written(tmp_path, capsys, line, identity, reason):
    good = {"id": "good", "text": "Rebels shelled Kut.", "spans": [[15, 18]]}
    source = documents(tmp_path / "in.jsonl", good, line, good | {"id": "last"})
    status, said = run(capsys, "annotate", source, tmp_path / "out.jsonl", "--given-spans")
    rows = lines(tmp_path / "out.jsonl")
    assert status == 1
    assert [row["id"] for row in rows] == ["good", identity, "last"]
    assert reason in rows[1]["error"] and rows[1].keys() == {"id", "error"}
    assert len(said) == 1 and reason in said[0] and (identity or "line 2") in said[0]


def test_the_example_line_of_evaluate_can_be_evaluated(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
    (tmp_path / "gold.jsonl").write_text(line + "\n", encoding="utf-8")
    (document,) = read_gold(tmp_path / "gold.jsonl")
    assert document.article.text[34:39] == "Paris"


def test_bytes_that_are_no_utf8_fail_their_line_only(tmp_path, capsys):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'\xef\xbb\xbf{"id": "a", "text": "x"}\n{"id": "b", "text": "\xe9"}\n')
    assert run(capsys, "annotate", source, tmp_path / "out.jsonl")[0] == 1
    rows = lines(tmp_path / "out.jsonl")
    assert "error" not in rows[0] and "line 2: not UTF-8" in rows[1]["error"]


def test_given_spans_are_resolved_as_given(tmp_path, capsys):
    text = "😀 Basra and Kut"
    source = documents(tmp_path / "in.jsonl", {"id": "a", "text": text, "spans": [[2, 7]]})
    assert run(capsys, "annotate", "--given-spans", source, tmp_path / "o.jsonl")[0] == 0
    (mention,) = lines(tmp_path / "o.jsonl")[0]["mentions"]
    assert text[mention["start"] : mention["end"]] == "Basra" == mention["place"]["name"]


def test_given_spans_without_spans_fail(tmp_path, capsys):
    source = documents(tmp_path / "in.jsonl", {"id": "a", "text": "Basra"})
    status, said = run(capsys, "annotate", "--given-spans", source, tmp_path / "o.jsonl")
    assert status == 1 and "spans" in said[0]


def test_published_is_for_documents_that_give_none(tmp_path, capsys):
    source = documents(
        tmp_path / "in.jsonl",
        {"id": "a", "text": "Kut", "published": "2020-01-01"},
        {"id": "b", "text": "Kut", "published": None},
    )
    out = tmp_path / "o.jsonl"
    assert run(capsys, "annotate", source, out, "--published", "2021-05-05")[0] == 0
    assert [row["published"] for row in lines(out)] == ["2020-01-01", "2021-05-05"]


def test_out_may_be_in(tmp_path, capsys):
    source = documents(tmp_path / "in.jsonl", {"id": "a", "text": "Kut"})
    assert run(capsys, "annotate", source, source)[0] == 0
    assert lines(source)[0]["language"]


def command_fails(capsys, tmp_path, *argv):
    """The command ends with 2, one line, and no file more than before."""
    before = sorted(tmp_path.rglob("*"))
    status, said = run(capsys, *argv)
    assert status == 2
    assert len(said) == 1, said
    assert sorted(tmp_path.rglob("*")) == before
    return said[0]


def test_commands_that_cannot_be_carried_out(tmp_path, capsys, monkeypatch):
    article = tmp_path / "a.txt"
    article.write_text("Rebels shelled Basra.", "utf-8")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n", "utf-8")
    fails = lambda *argv: command_fails(capsys, tmp_path, *argv)  # noqa: E731
    assert "missing.txt" in fails("map", tmp_path / "missing.txt", "-o", tmp_path / "o.geojson")
    assert "empty" in fails("map", empty, "-o", tmp_path / "o.geojson")
    assert ".xyz" in fails("map", article, "-o", tmp_path / "o.xyz")
    assert "does not exist" in fails("map", article, "-o", tmp_path / "no" / "o.geojson")
    assert "folder" in fails("map", article, "-o", tmp_path)
    assert "'5 May'" in fails("map", article, "-o", tmp_path / "o.csv", "--published", "5 May")
    assert "no.jsonl" in fails("annotate", tmp_path / "no.jsonl", tmp_path / "o.jsonl")
    assert "-o" in fails("map", article)
    assert "nonsense" in fails("nonsense")
    monkeypatch.setattr(Analyser, "open", classmethod(lambda cls, path=None: 1 / 0))
    assert "ZeroDivisionError" in fails("map", article, "-o", tmp_path / "o.geojson")
    source = documents(tmp_path / "in.jsonl", {"id": "a", "text": "Kut"})
    assert "ZeroDivisionError" in fails("annotate", source, tmp_path / "o.jsonl")


def test_a_failing_writer_leaves_the_old_file(tmp_path, capsys, monkeypatch):
    article, out = tmp_path / "a.txt", tmp_path / "o.geojson"
    article.write_text("Rebels shelled Basra.", "utf-8")
    out.write_text("old", "utf-8")

    def half(analyses, path, options):
        path.write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(FORMATS, ".geojson", Format(".geojson", "", "", half))
    said = command_fails(capsys, tmp_path, "map", article, "-o", out)
    assert "No space" in said and out.read_text("utf-8") == "old"


def test_map_writes_what_it_can(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("Rebels shelled Basra.", "utf-8")
    (tmp_path / "b.txt").write_bytes(b"Caf\xe9")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("Rebels shelled Kut.", "utf-8")
    out = tmp_path / "o.geojson"
    status, said = run(
        capsys, "map", tmp_path / "a.txt", tmp_path / "b.txt", tmp_path / "sub" / "a.txt", "-o", out
    )
    assert status == 1
    assert said[0].startswith("b: this is not a text file")
    collection = json.loads(out.read_text("utf-8"))
    validate(collection, "incidents")
    assert [d["id"] for d in collection["documents"]] == ["a", "a-2"]
    assert [f["properties"]["place"] for f in collection["features"]] == ["Basra", "Kut"]
    assert len({f["id"] for f in collection["features"]}) == 2


def test_a_text_in_another_language_is_said_to_be(tmp_path, capsys):
    article = tmp_path / "fr.txt"
    article.write_text("Le président a démissionné lundi à Bagdad, selon la radio.", "utf-8")
    status, said = run(capsys, "map", article, "-o", tmp_path / "o.geojson")
    assert status == 0 and "(fr)" in said[0]


def test_same_input_same_output(tmp_path, capsys):
    article = tmp_path / "a.txt"
    article.write_text("Rebels shelled Basra, then shelled Kut.", "utf-8")
    for out in ("1.geojson", "2.geojson"):
        assert run(capsys, "map", article, "-o", tmp_path / out)[0] == 0
    assert (tmp_path / "1.geojson").read_bytes() == (tmp_path / "2.geojson").read_bytes()


def test_help_everywhere(capsys):
    commands = next(
        action.choices for action in build_parser()._actions if isinstance(action.choices, dict)
    )
    assert {"map", "annotate", "evaluate"} <= set(commands)
    for argv in ([], *[[name] for name in commands]):
        with pytest.raises(SystemExit) as stop:
            main([*argv, "--help"])
        assert stop.value.code == 0
        assert "usage: python -m mapper" in capsys.readouterr().out


def test_a_bad_line_is_named_with_its_file(tmp_path, capsys):
    source = documents(tmp_path / "in.jsonl", {"id": "a", "text": "Rebels shelled Kut."}, "{")
    status, said = run(capsys, "map", source, "-o", tmp_path / "o.csv")
    assert status == 1 and said[0].startswith(f"{source}: line 2: not JSON")


def test_gazetteer_tells_what_it_is_and_finds_names(capsys):
    assert main(["gazetteer", "status"]) == 0
    status = capsys.readouterr().out
    assert re.search(r"sha256 +[0-9a-f]{64}", status) and "CC BY 4.0" in status
    assert main(["gazetteer", "search", "Nasiriyya", "--limit", "5"]) == 0
    assert "Nasiriyah" in capsys.readouterr().out
    for action in ("status", "search", "build"):
        with pytest.raises(SystemExit) as stop:
            main(["gazetteer", action, "--help"])
        assert stop.value.code == 0


def test_a_gazetteer_that_is_not_there(tmp_path, capsys):
    said = command_fails(capsys, tmp_path, "gazetteer", "status", "--gazetteer", tmp_path / "none")
    assert "no gazetteer at" in said and "make it with" in said
