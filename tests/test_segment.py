import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.segment import paragraphs, sentences, words


def cut(function, text):
    return [text[a:b] for a, b in function(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gen. Lee left. He died on Dec. 3.", ["Gen. Lee left.", "He died on Dec. 3."]),
        ("They left the U.S. The war went on.", ["They left the U.S.", "The war went on."]),
        ("The U.S. Embassy was hit.", ["The U.S. Embassy was hit."]),
        ("THE FIRE SPREAD. NO. 4 BATTALION LEFT.", ["THE FIRE SPREAD.", "NO. 4 BATTALION LEFT."]),
        ('"Where?" he asked. "Here."', ['"Where?" he asked.', '"Here."']),
        ("police fired. mr. rao left. two died.", ["police fired.", "mr. rao left.", "two died."]),
        ("A Heading\n\nThe text. More", ["A Heading", "The text.", "More"]),
        (
            "He said it was reported.Major Ali died.",
            ["He said it was reported.", "Major Ali died."],
        ),
        ("One line.\n ", ["One line."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, expected):
    assert cut(sentences, text) == expected


def test_hard_wrapped_lines_are_one_paragraph():
    line = "the convoy moved slowly along the river road before it came under"
    text = "\n".join([line] * 5) + "\nfire.\n\nNext paragraph."
    assert len(cut(paragraphs, text)) == 2


def test_words_leave_possessives_and_hyphens_alone():
    assert cut(words, "Iraq's Sana'a-U.S. 1,649 20th.") == [
        "Iraq", "'s", "Sana'a", "-", "U.S.", "1,649", "20th", ".",
    ]  # fmt: skip


@given(st.text(alphabet=st.one_of(st.sampled_from("aB .\n!\"'é1-"), st.characters())))
def test_every_character_is_held_once(text):
    for function in (sentences, words, paragraphs):
        last = 0
        for a, b in function(text):
            assert last <= a < b <= len(text)
            assert not text[last:a].strip()
            last = b
        assert not text[last:].strip()
