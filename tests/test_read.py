"""What reading promises: clean text, dates and titles where they stand, errors that say why."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.read import (
    MAX_CHARACTERS,
    Document,
    Failure,
    article_from_text,
    clean,
    domain_of,
    iso_date,
    language,
    language_note,
    read_bytes,
    read_documents,
    read_head,
    read_path,
    text_id,
)
from mapper.samples import samples


@given(st.text(st.characters(), max_size=200))
def test_clean_text_is_clean(text):
    once = clean(text)
    assert clean(once) == once
    assert once == once.strip() and "\r" not in once and "\n\n\n" not in once
    once.encode("utf-8")  # no lone surrogate is left


def test_cleaning_keeps_words_and_paragraphs():
    text = "﻿Head\r\n\r\n\r\n\r\nOne\u00a0two\u200b \n“Quote” – dash\u2028cafe\u0301 \ud800😀\t"
    assert clean(text) == "Head\n\nOne two\n“Quote” – dash\ncafé �😀"


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Published 16 December 2019, 14:05 GMT", "2019-12-16"),
        ("16 Dec 2019", "2019-12-16"),
        ("Dec. 6th, 2019 10:05 am EST", "2019-12-06"),
        ("Monday, 16 December 2019 | Updated 3 hours ago", "2019-12-16"),
        ("Date: 2019-12-16", "2019-12-16"),
        ("BAGHDAD, Dec 16, 2019 (Agency) - Rockets hit a base", "2019-12-16"),
        ("MOSUL, Iraq (Agency) Nov 17, 2016 — Troops moved", "2016-11-17"),
        ("On 16 December 2019 rockets hit - and killed", None),
        ("The army took the town on December 16, 2019.", None),
        ("Dec 16 (Agency)", None),  # no year, no date
        ("31 February 2019", None),
        ("12/11/2019", None),  # which is the month?
        ("May be published in June 2019", None),
    ],
)
def test_dates_at_the_head(line, date):
    text = f"A heading\n\n{line}\n\nThe story."
    assert read_head(text).get("published") == date
    assert article_from_text(text).published == date
    assert article_from_text(text, published="2001-02-03").published == "2001-02-03"


def test_a_date_deep_in_the_story_is_the_storys():
    text = "Head\n\n" + "Line of the story.\n" * 20 + "16 December 2019\n"
    assert "published" not in read_head(text)


def test_titles():
    assert read_head("A heading\n\nThe story goes.")["title"] == "A heading"
    assert read_head("Title: Other\n\nA line\n\nText.")["title"] == "Other"
    assert "title" not in read_head("Only one line")
    assert "title" not in read_head("This is a sentence.\nAnd another.")
    assert read_head("Source: https://example.org/a\n\nx")["url"] == "https://example.org/a"


@pytest.mark.parametrize("value", ["yesterday", "2019-13-01", "2019-02-30", "16.12.2019", "2019"])
def test_bad_dates(value):
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        iso_date(value)


def test_times_are_never_shifted():
    assert iso_date("2019-12-16T23:59:00-11:00") == iso_date(" 2019-12-16 ") == "2019-12-16"
    assert iso_date(None) is None and iso_date("") is None


def test_domains():
    assert domain_of("https://www.example.org/a?b") == "example.org"
    assert domain_of("http://[bad") is None and domain_of(None) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The army said that rockets had hit the base on Monday.", "en"),
        ("Le président a démissionné lundi à Bagdad, selon la radio.", "fr"),
        ("اندلعت احتجاجات في بغداد يوم الاثنين", "ar"),
        ("123 !?", "und"),
        ("\ud800 The army said that rockets had hit the base on Monday.", "en"),
    ],
)
def test_language(text, code):
    assert language(text) == code
    assert (language_note(code) is None) == (code in ("en", "und"))


def one(name, data, **given):
    (found,) = read_bytes(name, data, **given)
    return found


def test_encodings():
    assert one("a.txt", "\ufeffCafé".encode()).text == "Café"
    assert one("a.txt", "Café".encode("utf-16")).text == "Café"
    failure = one("a.txt", "Café".encode("latin-1"))
    assert failure == Failure(
        "a",
        "this is not a text file, or its letters are written in another way than UTF-8 "
        "(byte 0xe9 at offset 3): save it as text in UTF-8",
    )


@pytest.mark.parametrize(
    ("begins", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "an image"),
        (b"\xff\xd8\xff\xe0", "an image"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00\xff", "document"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(begins, what):
    said = one("a.txt", begins + b"\xfe\xed" * 9).error
    assert said.startswith("this is not a text file but ")
    assert what in said and "UTF-8" not in said


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.jsonl"])
@pytest.mark.parametrize("data", [bytes(range(64)) * 9, b"GIF89a\x01\x00\x01\x00", b"\xff\xfe\x00"])
def test_what_is_no_text_is_told_so_first_and_once(name, data):
    """Of whatever ending: not by a line of JSON, nor by a page without an article."""
    (failure,) = read_bytes(name, data)
    assert failure.id == "a" and failure.error.startswith("this is not a text file")
    assert "save" in failure.error


def test_a_stray_control_character_makes_no_text_a_binary():
    assert one("a.txt", b"Rockets\x00 hit\x07 Basra on Monday.").text


def test_limits_and_kinds(tmp_path):
    assert isinstance(one("a.txt", b"x" * MAX_CHARACTERS).text, str)
    assert "split it" in one("a.txt", b"x" * (MAX_CHARACTERS + 1)).error
    assert "empty" in one("a.txt", b" \n").error
    assert "empty" in one("a.md", b"").error
    assert "no article text" in one("a.html", b"<html></html>").error
    assert "no article text" in one("a.html", b"").error
    with pytest.raises(InputError, match=r"ending is none of \.txt"):
        read_bytes("a.docx", b"x")
    with pytest.raises(InputError, match="cannot read"):
        read_path(tmp_path / "none.txt")
    with pytest.raises(InputError, match="cannot read"):
        read_path(tmp_path)


PAGE = """<html><head><title>Rockets hit base | The Paper</title>
<meta property="og:title" content="Rockets hit base">
<meta property="article:published_time" content="2019-12-16T23:30:00+03:00">
<link rel="canonical" href="https://www.example.org/news/rockets"></head><body>
<nav><a href="/">Home</a> <a href="/x">World</a></nav>
<article><h1>Rockets hit base</h1>
<p>Rockets hit a base near the city of Mosul on Monday, the army said in a statement.</p>
<p>Nobody was hurt in the attack, which came <b>after midnight</b> and lasted for an hour.</p>
<script>alert(1)</script></article><footer>Copyright</footer></body></html>"""


def test_web_pages():
    article = one("a.html", PAGE.encode())
    assert article.published == "2019-12-16"
    assert (article.url, article.domain) == ("https://www.example.org/news/rockets", "example.org")
    assert article.text.startswith("Rockets hit base\n\nRockets hit a base near")
    assert "\n\nNobody was hurt in the attack, which came after midnight" in article.text
    assert not {"alert", "Home", "Copyright"} & set(article.text.split())
    declared = PAGE.replace("<head>", '<head><meta charset="windows-1252">').replace("base", "bäse")
    assert "Rockets hit bäse" in one("a.html", declared.encode("cp1252")).text
    assert one("a.html", PAGE.encode(), published="2020-01-01").published == "2020-01-01"


def test_markdown():
    source = (
        "---\ntitle: Two towns\ndate: 2021-05-05\nurl: https://example.org/b\n---\n"
        "# Two *towns*\n\nGunmen [shelled](http://x.y) Basra.\nThey ran.\n\n- one\n- `two`\n"
    )
    article = one("a.md", source.encode())
    assert article.text == "Two towns\n\nGunmen shelled Basra.\nThey ran.\n\none\n\ntwo"
    assert (article.title, article.published) == ("Two towns", "2021-05-05")
    assert article.domain == "example.org"
    assert "not YAML" in one("a.md", b"---\na: [\n---\ntext").error


def test_documents_keep_their_text_to_the_character():
    text = "  \r\nTitle\u00a0😀\r\n\r\n\r\nBasra \t"
    line = json.dumps({"id": 7, "text": text, "spans": [[14, 19]], "url": "https://www.a.org/x"})
    (document,) = read_documents([line.encode()])
    assert isinstance(document, Document)
    assert document.article.text == text and document.article.id == "7"
    assert document.spans == ((14, 19),) and document.article.domain == "a.org"


def test_jsonl_articles_keep_their_own_dates():
    rows = [{"id": "a", "text": "x", "published": "2020-01-01"}, {"id": "b", "text": "y"}, {}]
    data = "\n".join(json.dumps(row) for row in rows).encode()
    a, b, bad = read_bytes("in.jsonl", data, published="2021-01-01")
    assert (a.published, b.published) == ("2020-01-01", "2021-01-01")
    assert isinstance(bad, Failure)


def test_ids_come_from_the_text():
    assert article_from_text("Some text.").id == text_id("Some text.")
    assert article_from_text("Some text.").id != article_from_text("Other text.").id


def test_samples_are_dated_and_in_english():
    assert [s.article.published for s in samples()] == ["2019-12-16", "2013-09-29", "2012-05-03"]
    for sample in samples():
        assert language(sample.article.text) == "en" and sample.note and sample.article.title
