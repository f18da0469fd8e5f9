"""What a web page put into an article's text is not taken for the article's own news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.extract.furniture import other_articles
from mapper.extract.scene import build_scene
from mapper.model import Article
from tests.test_extract import reading_of

BODY = "Two men were shot dead in Mosul on Friday, police said."


@pytest.mark.parametrize(
    "page",
    [
        " related stories: curfew in basra \u00b7 bomb kills nine in tikrit",
        " Related storiesBomb kills nine in Tikrit",
        "\n\nRelated articles\n\nBomb kills nine in Tikrit\nCurfew in Basra\n\nShare this",
        "\n\nMost read\nBomb kills nine in Tikrit\nCurfew in Basra",
        "\nRead more: Bomb kills nine in Tikrit",
        "\n\nALSO READ | Bomb kills nine in Tikrit",
    ],
)
def test_headlines_of_other_articles_are_set_apart(page):
    text = BODY + page
    spans = other_articles(text)
    assert spans and min(a for a, _ in spans) >= len(BODY)
    assert any(a <= text.lower().index("tikrit") < b for a, b in spans)


@pytest.mark.parametrize(
    "text",
    [
        BODY + " Police read more names out. Relatives see also a second attack in Tikrit.",
        BODY + "\n\nOfficials recounted related stories of a bomb in Tikrit.",
        BODY + " More stories of torture came from Tikrit.",
        BODY + "\n\nMost read of it in the paper of Tikrit.",
        BODY + "\n\nThe most read paper in Tikrit told of a bomb.",
    ],
)
def test_the_same_words_in_a_sentence_are_the_articles_own(text):
    assert other_articles(text) == ()


def test_the_article_goes_on_after_a_link_on_a_line_of_its_own():
    text = f"{BODY}\n\nRead more: Curfew in Basra\n\nA bomb went off in Tikrit hours later."
    spans = other_articles(text)
    assert [text[a:b] for a, b in spans] == ["Read more: Curfew in Basra"]


def test_the_article_goes_on_after_a_list_when_sentences_follow():
    text = f"{BODY}\n\nRelated stories\nCurfew in Basra\n\nA bomb went off in Tikrit hours later."
    scene = build_scene(Article("a", text), reading_of(text), ())
    assert scene.of_another(text.index("Basra"))
    assert not scene.of_another(text.index("Tikrit"))
    assert not scene.of_another(text.index("Mosul"))


@given(st.text(alphabet="ab .\n", max_size=60), st.integers(0, 5))
def test_spans_lie_in_the_text_in_order(filler, many):
    text = "\n\n".join([filler, *["Related stories", "Read more: a b"] * many, filler])
    spans = other_articles(text)
    assert list(spans) == sorted(spans)
    assert all(0 <= a < b <= len(text) for a, b in spans)
